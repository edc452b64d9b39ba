package invoker_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"holdfast/invoker"
)

// A clock that was an hour ahead for a while has written so into the journal. What monitoring says after it was put right
// is not an hour old.
func TestAClockThatWasAheadMakesNoDisasterOfABlip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.alarmed, w.cleared = true, true
		w.boot(func(c *invoker.Config) { c.Now = func() time.Time { return time.Now().Add(time.Hour) } }).endAfter(time.Minute)
		p := w.boot()
		time.Sleep(time.Second)
		w.say("firing")
		time.Sleep(2 * time.Second)
		w.say("resolved")
		time.Sleep(3 * time.Hour)
		if i, ok := p.incident(); ok && i.Declared != nil {
			t.Errorf("it was declared:\n%s", summary(i))
		}
		p.end()
	})
}

func TestAClockThatIsPutBackMakesNoDisasterOfABlip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.alarmed, w.cleared = true, true
		ahead := time.Hour
		p := w.boot(func(c *invoker.Config) {
			c.Now = func() time.Time {
				w.mu.Lock()
				defer w.mu.Unlock()
				return time.Now().Add(ahead)
			}
		})
		time.Sleep(5 * time.Minute)
		w.mu.Lock()
		ahead = 0
		w.mu.Unlock()
		w.say("firing")
		time.Sleep(2 * time.Second)
		w.say("resolved")
		time.Sleep(3 * time.Hour)
		if i, ok := p.incident(); ok && i.Declared != nil {
			t.Errorf("it was declared:\n%s", summary(i))
		}
		p.end()
	})
}

func TestAClockThatIsPutBackALittleIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ahead := 40 * time.Second
		p := w.boot(func(c *invoker.Config) {
			c.Now = func() time.Time {
				w.mu.Lock()
				defer w.mu.Unlock()
				return time.Now().Add(ahead)
			}
		})
		time.Sleep(5 * time.Second)
		w.mu.Lock()
		ahead = 0
		w.mu.Unlock()
		if err := p.inv.Hear(t.Context(), invoker.Heard{CaughtUp: true}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if err := p.inv.Ready(); err == nil || !strings.Contains(err.Error(), "clock") {
			t.Errorf("it is ready: %v", err)
		}
		w.check(w.live(p))
	})
}
