package invoker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"holdfast/incident"
	"holdfast/invoker"
	"holdfast/journal"
)

// slow is a journal that takes a while to answer after it has stored that a step started.
type slow struct {
	journal.Log
	step string
}

func (s slow) Append(ctx context.Context, e journal.Envelope) (journal.Committed, error) {
	c, err := s.Log.Append(ctx, e)
	for _, entry := range e.Entries {
		if entry.Kind == string(incident.KindStepStarted) && strings.Contains(string(entry.Data), `"step":"`+s.step+`"`) {
			time.Sleep(4 * time.Second)
		}
	}
	return c, err
}

// The rule is kept when the fence is ordered, and broken by the time its order is in the journal.
func TestARuleThatComesToBeBrokenBeforeTheEffectStopsItAtTheLastMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.docs = documents(t, func(files map[string]string) {
			files["bia.yaml"] += "assertions:\n  not-so-late: {never: \"next.id == 'fence' && now >= timestamp('2000-01-01T00:01:57Z')\", why: the batch has begun}\n"
		})
		p := w.boot(func(c *invoker.Config) { c.Log = slow{c.Log, "fence"} })
		s := reaches(t, w, p, "fence", incident.Stuck)
		if s.Outcome != incident.Forbidden || s.Attempt != 1 || !strings.Contains(s.Reason, "not-so-late: the batch has begun") {
			t.Errorf("it is stuck, attempt %d, as %q: %s", s.Attempt, s.Outcome, s.Reason)
		}
		for _, e := range w.sent() {
			if e.Step == "fence" && e.Notice == nil {
				t.Errorf("%s was carried out", e.Key)
			}
		}
		p.end()
	})
}

// aborting is a world whose fence can be opened again, and whose director aborts instead of deciding.
func aborting(t *testing.T, c crash) *world {
	w := newWorld(t)
	w.docs = documents(t, func(files map[string]string) {
		book := files["playbooks/promote-south.yaml"]
		files["playbooks/promote-south.yaml"] = strings.Replace(book, "timeout: 20s, retry: 3, repeat: safe}",
			"timeout: 20s, retry: 3, repeat: safe, undo: {run: {http: {url: \"https://fence.internal/north\", method: DELETE}}, repeat: safe}}", 1)
	})
	w.aborts, w.crash = true, c
	return w
}

func TestKilledAnywhereWhileItIsAbortedEveryUndoHappensOnce(t *testing.T) {
	for _, moment := range []string{beforeCommit, afterCommit, beforeEffect, afterEffect} {
		for n, struck := 1, true; struck; n++ {
			t.Run(fmt.Sprintf("%s, %d", moment, n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := aborting(t, crash{moment: moment, at: n})
					p := w.live(w.boot())
					struck = w.struck()
					i, _ := p.incident()
					if run := i.Runs[0]; run.Result != "aborted" || run.Steps[1].Undo == nil || run.Steps[1].Undo.Status != incident.Done {
						t.Errorf("run 1 ended %q, its fence %+v", run.Result, run.Steps[1].Undo)
					}
					for key, want := range map[string]int{"booking-0101/1/fence/1": 1, "booking-0101/1/fence/undo/1": 1, "booking-0101/1/promote/1": 0} {
						if got := w.happened(key); got != want {
							t.Errorf("%s happened %d times, not %d", key, got, want)
						}
					}
					w.replays(p)
				})
			})
		}
	}
}
