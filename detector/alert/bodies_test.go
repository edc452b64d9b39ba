package alert_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector/alert"
)

// ownOf is a body of holdfast's own format about a component.
func ownOf(component string) []byte {
	return fmt.Appendf(nil, `{"holdfast":1,"alerts":[{"status":"firing","labels":{"component":%q}}]}`, component)
}

// several reads bodies as they come in one message.
func several(bodies ...[]byte) (alert.Batch, error) {
	lengths, body := alert.Together(bodies)
	return alert.DecodeMessage(map[string][]string{alert.HeaderBodies: {lengths}}, body)
}

func componentsOf(b alert.Batch) (all []string) {
	for _, a := range b.Alerts {
		component := a.Labels.Get("component")
		all = append(all, component)
	}
	return all
}

func TestAMessageOfSeveralBodiesSaysWhatEachOfThemSays(t *testing.T) {
	b, err := several(ownOf("a"), ownOf("b"), ownOf("c"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, componentsOf(b)); diff != "" {
		t.Error(diff)
	}
	for n, body := range b.Bodies() {
		if want := ownOf(string(rune('a' + n))); string(body) != string(want) {
			t.Errorf("body %d is %s", n+1, body)
		}
	}
}

func TestABodyThatCannotBeReadDoesNotSilenceThoseBesideIt(t *testing.T) {
	b, err := several(ownOf("a"), []byte(`{"holdfast":1`), ownOf("c"), []byte(`{"version":"4","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"Down"}}]}`))
	var why *alert.Unreadable
	if !errors.As(err, &why) || why.Reason != alert.NotJSON || !strings.HasPrefix(why.Detail, "body 2 of 4: ") {
		t.Errorf("the reason is %v", err)
	}
	if diff := cmp.Diff([]string{"a", "c"}, componentsOf(b)); diff != "" {
		t.Errorf("one of another format may have other rules for its times: %s", diff)
	}
}

func TestLengthsThatAreNotThoseOfTheBodiesAreRefused(t *testing.T) {
	body := ownOf("a")
	for _, header := range [][]string{nil, {}, {""}, {"0"}, {"-1"}, {fmt.Sprint(len(body) + 1)}, {fmt.Sprint(len(body)) + ","}, {fmt.Sprint(len(body)) + ",1"},
		{"0x10"}, {" 71"}, {fmt.Sprint(len(body)), fmt.Sprint(len(body))}, {strings.Repeat("1,", alert.MaxBodies) + "1"}, {"4294967296"}} {
		if b, err := alert.DecodeMessage(map[string][]string{alert.HeaderBodies: header}, body); err == nil || len(b.Alerts) > 0 {
			t.Errorf("lengths %q are taken for those of %d bytes", header, len(body))
		}
	}
}
