package invoker_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"holdfast/incident"
)

// reaches runs the world, with its people, until a step stands as it should.
func reaches(t *testing.T, w *world, p *process, step string, status incident.StepStatus) incident.StepState {
	t.Helper()
	var last incident.StepState
	for range 6000 {
		w.monitor()
		p.people()
		if i, ok := p.incident(); ok && len(i.Runs) > 0 {
			for _, s := range i.Runs[0].Steps {
				if s.ID == step {
					if last = s; s.Status == status {
						return s
					}
				}
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%s stands at %q (%s), want %q", step, last.Status, last.Reason, status)
	return last
}

func TestWhatIsUnderWayIsShownAndStoppedWhenAPersonLeavesItOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.hang = "fence"
		p := w.boot()
		s := reaches(t, w, p, "fence", incident.Running)
		time.Sleep(time.Second)
		flying := p.inv.Status().InFlight
		if len(flying) != 1 || flying[0].Key != s.Key || flying[0].Step != "fence" || !flying[0].Until.Equal(s.Until) {
			t.Fatalf("in flight: %+v", flying)
		}
		reaches(t, w, p, "fence", incident.Stuck) // it timed out again and again
		i, _ := p.incident()
		if _, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbSkip, Incident: i.ID, Step: "fence", Reason: "cut off by hand"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		for _, f := range p.inv.Status().InFlight {
			if f.Step == "fence" && f.Key == s.Key {
				t.Errorf("still under way: %+v", f)
			}
		}
		p.end()
	})
}

func TestRetriesKeepTheKeyAndEachIsRecordedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.hang = "fence"
		p := w.boot()
		s := reaches(t, w, p, "fence", incident.Stuck)
		attempts := 0
		for _, e := range w.sent() {
			if e.Step == "fence" && e.Notice == nil {
				attempts++
				if e.Attempt != attempts || e.Key != s.Key {
					t.Errorf("attempt %d of %s, want %d of %s", e.Attempt, e.Key, attempts, s.Key)
				}
			}
		}
		if attempts != 4 {
			t.Errorf("%d attempts, want one and three retries", attempts)
		}
		if w.happened(s.Key) != 1 {
			t.Errorf("it happened %d times", w.happened(s.Key))
		}
		p.end()
	})
}

func TestNoticesThatHangAreBoundedAndHoldUpNoStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.mute = true
		w.docs = documents(t, func(files map[string]string) {
			var roles strings.Builder
			var names []string
			for n := range 100 {
				names = append(names, fmt.Sprintf("r%d", n))
				fmt.Fprintf(&roles, "  r%d: {people: [p%d, q%d]}\n", n, n, n)
				files["people.yaml"] = strings.Replace(files["people.yaml"], "roles:\n", fmt.Sprintf("  p%d: {channels: [{log: true}]}\n  q%d: {channels: [{log: true}]}\nroles:\n", n, n), 1)
			}
			files["people.yaml"] += roles.String()
			head, _, _ := strings.Cut(files["playbooks/promote-south.yaml"], "steps:")
			files["playbooks/promote-south.yaml"] = head + `steps:
  - {id: fence, run: {http: {url: "https://fence.internal/north"}}, repeat: safe}
  - {id: page, after: [fence], notify: [` + strings.Join(names, ", ") + `]}
  - {id: promote, after: [fence], run: {nats: {subject: ledger.promote}}, repeat: safe}
`
		})
		p := w.boot()
		reaches(t, w, p, "promote", incident.Done)
		time.Sleep(time.Second)
		if n := len(p.inv.Status().InFlight); n != 64 {
			t.Errorf("%d notices are under way at once, want 64", n)
		}
		s := reaches(t, w, p, "page", incident.Given) // they were given up, and so were the others of each role
		if s.Ended.IsZero() {
			t.Error("the page has no end")
		}
	})
}

func TestAStopCancelsWhatIsUnderWayAndTheNextStartFindsItInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.hang = "promote"
		p := w.boot()
		s := reaches(t, w, p, "promote", incident.Running)
		time.Sleep(time.Second)
		p.end()
		if !w.calledOff(s.Key) {
			t.Error("the process ended before its effect was called off")
		}
		w.hang = ""
		p = w.boot()
		again := reaches(t, w, p, "promote", incident.Done)
		if again.Key != s.Key || again.Epoch != 2 || again.Attempt != s.Attempt+1 {
			t.Errorf("repeated as %s, attempt %d, epoch %d", again.Key, again.Attempt, again.Epoch)
		}
		w.check(w.live(p))
	})
}

func TestWhatMayNotBeRepeatedUnaskedWaitsForAPersonWhoMakesANewKey(t *testing.T) {
	for _, repeat := range []string{"ask", "never"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.docs = documents(t, func(files map[string]string) {
				name := "playbooks/promote-south.yaml"
				files[name] = strings.Replace(files[name], "retry: 3, repeat: safe, point_of_no_return", "repeat: "+repeat+", point_of_no_return", 1)
			})
			w.hang = "promote"
			p := w.boot()
			s := reaches(t, w, p, "promote", incident.Running)
			time.Sleep(time.Second)
			p.end()
			w.hang = ""

			p = w.boot()
			stuck := reaches(t, w, p, "promote", incident.Stuck)
			time.Sleep(time.Hour)
			for _, e := range w.sent() {
				if e.Step == "promote" && e.Notice == nil && e.Epoch != 1 {
					t.Errorf("%s was sent again by epoch %d, and nobody was asked", e.Key, e.Epoch)
				}
			}
			if stuck.Outcome != incident.InDoubt {
				t.Errorf("stuck because %q: %s", stuck.Outcome, stuck.Reason)
			}
			i, _ := p.incident()
			_, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbRetry, Incident: i.ID, Step: "promote", Reason: "the ledger says it never came"})
			if repeat == "never" {
				if err == nil {
					t.Error("what must never be repeated was")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if again := reaches(t, w, p, "promote", incident.Done); again.Key == s.Key || !strings.HasSuffix(again.Key, "/promote/2") {
				t.Errorf("a person's order went out as %s, after %s", again.Key, s.Key)
			}
		})
	}
}
