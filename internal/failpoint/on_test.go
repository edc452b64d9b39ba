//go:build failpoint

package failpoint

import (
	"errors"
	"strings"
	"testing"
)

func plant(t *testing.T, text string) {
	t.Helper()
	traps = mustParse(text)
	t.Cleanup(func() { traps = nil })
}

func TestAPointGoesOffAtTheHitThatIsNamedAndOnce(t *testing.T) {
	plant(t, "journal/stored@2=error")
	for hit, want := range []bool{false, true, false} {
		if err := Fail("journal/stored"); errors.Is(err, ErrPlanted) != want {
			t.Errorf("hit %d: %v", hit+1, err)
		}
	}
}

func TestAPointIsNarrowedToWhatItIsAbout(t *testing.T) {
	plant(t, "invoker/committed[step_started]=panic;journal/stored=error")
	Hit("invoker/committed", "took_over")
	if Fail("journal/stored") == nil {
		t.Error("the second of two did not go off")
	}
	defer func() {
		if recover() == nil {
			t.Error("it did not go off")
		}
	}()
	Hit("invoker/committed", "step_started")
}

func TestAnErrorWhereNothingCanFailIsSaid(t *testing.T) {
	plant(t, "serve/ready=error")
	defer func() {
		if said, _ := recover().(string); !strings.Contains(said, "cannot fail") {
			t.Errorf("it said %q", said)
		}
	}()
	Hit("serve/ready")
}

func TestWhatCannotBeReadEndsTheProgram(t *testing.T) {
	for _, text := range []string{"journal/stored", "journal/stored=explode", "journal/stored@0=kill", "journal/stored@x=kill", "nowhere=kill", "serve/ready=sleep(a while)"} {
		if _, err := parse(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	if got, err := parse("invoker/folded[invoked]@3=sleep(2s)"); err != nil || got.left != 3 || got.about != "invoked" || got.sleep.Seconds() != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}
