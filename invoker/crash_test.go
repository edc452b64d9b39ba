package invoker_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/incident"
)

// whole is how the incident of this world ends if nothing goes wrong.
const whole = `level disaster
declared by automatic_for decision_point, automatically: true
run 1 of promote-south: completed
  page done, approvals 0, key "booking-0101/1/page/1"
  fence done, approvals 0, key "booking-0101/1/fence/1"
  go done, approvals 2, key "booking-0101/1/go/1"
  promote done, approvals 0, key "booking-0101/1/promote/1"
  serves done, approvals 0, key "booking-0101/1/serves/1"
booking restored: true
stood down by ada
`

func TestAnOutageBecomesARecoveredIncident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.live(w.boot())
		w.check(p)
		if len(w.sent()) != len(w.done) {
			t.Errorf("%d effects were sent %d times", len(w.done), len(w.sent()))
		}
	})
}

func TestKilledAnywhereItComesToTheSameEnd(t *testing.T) {
	killedAnywhere(t, false, 0, beforeCommit, afterCommit, beforeEffect, afterEffect)
}

// What people say and the text an incident was opened under are judged by after a crash as before it: by the bia.yaml
// that is adopted on the way nothing would ever be declared.
func TestKilledAnywhereWhilePeopleSpeakAndDocumentsAreEditedItComesToTheSameEnd(t *testing.T) {
	killedAnywhere(t, true, 0, beforeCommit, afterCommit)
}

func TestKilledAnywhereItComesToTheSameEndFromWhatWasKept(t *testing.T) {
	killedAnywhere(t, true, 20*time.Second, beforeCommit, afterCommit)
}

func killedAnywhere(t *testing.T, talk bool, keeps time.Duration, moments ...string) {
	for _, moment := range moments {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			for n, more := 1, true; more; n++ {
				t.Run(fmt.Sprint(n), func(t *testing.T) { more = killed(t, talk, keeps, moment, n) })
			}
		})
	}
}

// killed lets the process die at the n-th such moment; false: there is none.
func killed(t *testing.T, talk bool, keeps time.Duration, moment string, n int) (struck bool) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.talk, w.keeps = talk, keeps
		w.crash = crash{moment: moment, at: n}
		p := w.live(w.boot())
		struck = w.struck()
		w.check(p)
		if i, _ := p.incident(); talk && (i.JudgedBy == w.docs.BIA.Digest || i.Verdict.Services[0].StartBy != "ada") {
			t.Errorf("not all was said and edited: judged by %s, start by %q", i.JudgedBy, i.Verdict.Services[0].StartBy)
		}
		if struck && w.boots != 3 { // the last one is the replay
			t.Errorf("it was started %d times", w.boots)
		}
	})
	if n <= 8 && !struck {
		t.Errorf("the process did not die at moment %d; the test has lost its grip", n)
	}
	return struck
}

// check holds the end against what must be true of every life, however often it was interrupted.
func (w *world) check(p *process) {
	w.t.Helper()
	i, _ := p.incident()
	if diff := cmp.Diff(whole, summary(i)); diff != "" {
		w.t.Errorf("(-want +got)\n%s\n%s", diff, w.log.String())
	}
	keys := map[string]string{} // what an effect is about -> its key
	for _, e := range w.sent() {
		about := fmt.Sprintf("%s/%s/%s", e.Incident, e.Run, e.Step)
		if e.Notice != nil {
			about = fmt.Sprintf("%s notice %d", e.Incident, e.Notice.N)
		}
		if before, again := keys[about]; again && before != e.Key {
			w.t.Errorf("%s was repeated with another key: %s, then %s", about, before, e.Key)
		}
		keys[about] = e.Key
	}
	for key, times := range w.done {
		if times != 1 {
			w.t.Errorf("%s happened %d times", key, times)
		}
	}
	w.replays(p)
}

// replays starts once more, from nothing but the two logs, and compares.
func (w *world) replays(p *process) {
	w.t.Helper()
	w.crash, w.kept = crash{}, nil
	p.end()
	again := w.boot()
	defer again.end()
	time.Sleep(time.Minute)
	if !again.inv.Status().Live {
		w.t.Errorf("the replay has not come alive: %v\n%s", again.inv.Ready(), w.log.String())
	}
	if diff := cmp.Diff(records(w.t, p), records(w.t, again)); diff != "" {
		w.t.Errorf("the replay is another incident (-lived +replayed)\n%s", diff)
	}
}

func records(t *testing.T, p *process) string {
	t.Helper()
	var text []byte
	p.inv.Look(func(d *incident.Desk) {
		var err error
		if text, err = json.MarshalIndent(d.Incidents(), "", " "); err != nil {
			t.Fatal(err)
		}
	})
	return string(text)
}
