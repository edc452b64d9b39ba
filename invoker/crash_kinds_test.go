package invoker_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"holdfast/incident"
)

// Every kind of step, by machines that may be asked again and that may not.
const everyKind = `
  - {id: page, phase: activation, notify: [director], ack: {role: director, within: 30s, escalate: [director]}}
  - {id: tell, after: [], notify: [director]}
  - {id: assess, after: [page], do: "How many are lost?", role: director, within: 1m, answers: {count: number}, evidence: required}
  - {id: safe, after: [page], run: {http: {url: "https://fence.internal/north", method: POST}}, timeout: 20s, retry: 2, backoff: 3s, repeat: safe}
  - {id: asks, after: [page], run: {exec: {command: asks}}, timeout: 20s, repeat: ask}
  - {id: never, after: [page], run: {exec: {command: never}}, timeout: 20s, repeat: never}
  - {id: go, after: [assess, safe, asks, never], decide: "Make the south the primary?", role: director, approvals: 2, within: 5m}
  - {id: promote, run: {nats: {subject: ledger.promote, request: {site: south}}}, timeout: 20s, retry: 3, repeat: safe, point_of_no_return: true}
  - {id: probe, verify: {http: {url: "https://south.internal/health"}}, timeout: 1m}
  - {id: settle, wait: 10s}
  - {id: sub, invoke: check-south}
  - {id: serves, verify: {service: booking, for: 20s}, timeout: 10m, milestone: recovered}
`

// A playbook that it invokes.
const checkSouth = `
playbook: check-south
for: {services: [nothing]}
steps:
  - {id: copy, run: {exec: {command: copy}}, timeout: 20s, retry: 1, repeat: safe}
  - {id: look, do: "Is all there?", role: director, within: 1m}
`

// What is done is taken back when a machine fails for good.
const takenBack = `
  - {id: one, run: {exec: {command: one}}, timeout: 20s, repeat: safe, undo: {run: {exec: {command: back-one}}, repeat: safe, timeout: 20s}}
  - {id: two, run: {exec: {command: two}}, timeout: 20s, repeat: ask, undo: {run: {exec: {command: back-two}}, repeat: ask, timeout: 20s}}
  - {id: three, run: {exec: {command: three}}, timeout: 20s, repeat: safe, undo: {run: {exec: {command: back-three}}, retry: 1, repeat: safe, timeout: 20s}}
  - {id: broken, run: {exec: {command: broken}}, timeout: 20s, repeat: safe, on_failure: undo}
  - {id: after, run: {exec: {command: after}}, repeat: safe}
`

func TestWhateverTheStepKilledAnywhereItComesToTheSameEnd(t *testing.T) {
	killedAtEveryMoment(t, everyKind, func(w *world, i incident.Incident) {
		if i.Runs[0].Result != "completed" {
			w.t.Errorf("the run ended %q", i.Runs[0].Result)
		}
		for _, s := range i.Runs[0].Steps {
			if s.Status != incident.Done {
				w.t.Errorf("%s ended %s: %s", s.ID, s.Status, s.Reason)
			}
			if n := w.machines(s.ID); n > 1 || n == 0 && (s.ID == "safe" || s.ID == "promote" || s.ID == "sub.copy") {
				w.t.Errorf("%s really happened %d times", s.ID, n)
			}
		}
		if s := i.Runs[0].Steps[2]; s.Answers["count"] != "12" || s.Evidence != "photo 3" {
			t.Errorf("what people answered is lost: %v, %q", s.Answers, s.Evidence)
		}
	})
}

func TestKilledAnywhereWhatWasDoneIsTakenBackInReverseOrder(t *testing.T) {
	killedAtEveryMoment(t, takenBack, func(w *world, i incident.Incident) {
		if i.Runs[0].Result != "undone" {
			w.t.Errorf("the run ended %q", i.Runs[0].Result)
		}
		var back []string
		for _, e := range w.sent() {
			if e.Do != nil && strings.HasPrefix(e.Do.Exec.Command, "back-") && !slices.Contains(back, e.Do.Exec.Command) {
				back = append(back, e.Do.Exec.Command)
			}
		}
		if want := []string{"back-three", "back-two", "back-one"}; !subsequence(back, want) {
			w.t.Errorf("taken back in the order %v", back)
		}
		for _, s := range i.Runs[0].Steps[:3] {
			if s.Undo == nil || s.Undo.Status != incident.Done {
				w.t.Errorf("%s was not taken back: %+v", s.ID, s.Undo)
			}
		}
		if w.machines("after") > 0 {
			w.t.Error("it went on after it was called off")
		}
	})
}

// An exercise is killed as anything else is. It ends with everything put back, and nothing that it did was taken for live.
func TestAnExerciseKilledAnywhereIsStillOneAndIsPutBack(t *testing.T) {
	atEveryMoment(t, func(t *testing.T, moment string, n int) (struck bool) {
		w := worldOf(t, everyKind)
		w.alarmed, w.cleared = true, true // all is well
		w.crash = crash{moment: moment, at: n}
		p := w.boot()
		for i, ok := p.incident(); time.Since(w.start) < time.Hour; i, ok = p.incident() {
			if p.dead() {
				time.Sleep(3 * time.Second)
				p = w.boot()
			}
			switch {
			case ok && !i.Open():
				p.end()
				w.exercised(i)
				return w.struck()
			case !ok && p.inv.Status().Live:
				_, _ = p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbRehearse, Playbook: "promote-south", Exercise: incident.Full, Reason: "the yearly one"})
			default:
				p.people()
			}
			time.Sleep(time.Second)
		}
		i, _ := p.incident()
		t.Fatalf("it has not ended within an hour:\n%s\n%s", summary(i), w.log.String())
		return false
	})
}

func (w *world) exercised(i incident.Incident) {
	if len(i.Runs) != 2 || i.Runs[0].Result != "completed" || i.Runs[1].Result != "completed" {
		w.t.Errorf("it ended as\n%s", summary(i))
	}
	if s := i.Runs[0].Steps; !slices.ContainsFunc(s, func(s incident.StepState) bool { return s.ID == "sub.copy" && s.Status == incident.Done }) {
		w.t.Errorf("the playbook that it invokes was not carried out:\n%s", summary(i))
	}
	for _, e := range w.sent() {
		if e.Exercise != incident.Full {
			w.t.Errorf("%s went out as if it were live", e.Key)
		}
	}
	w.keysKept(i)
}

// subsequence reports whether some are all in their order; a person may have done one of them by hand.
func subsequence(some, all []string) bool {
	n := 0
	for _, x := range all {
		if n < len(some) && some[n] == x {
			n++
		}
	}
	return n == len(some) && n >= len(all)-1
}

// killedAtEveryMoment lets the process die once, at every moment there is, and holds the end of each life.
func killedAtEveryMoment(t *testing.T, steps string, end func(*world, incident.Incident)) {
	atEveryMoment(t, func(t *testing.T, moment string, n int) bool { return livesOn(t, steps, moment, n, end) })
}

// atEveryMoment lives once for every moment there is, until the process does not die any more.
func atEveryMoment(t *testing.T, life func(t *testing.T, moment string, n int) (struck bool)) {
	for _, moment := range []string{beforeCommit, afterCommit, beforeEffect, afterEffect} {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			n := 1
			for more := true; more; n++ {
				t.Run(fmt.Sprint(n), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { more = life(t, moment, n) })
				})
			}
			if n < 8 {
				t.Errorf("the process died at %d moments; the test has lost its grip", n-2)
			}
		})
	}
}

func livesOn(t *testing.T, steps, moment string, n int, end func(*world, incident.Incident)) (struck bool) {
	w := worldOf(t, steps)
	w.crash = crash{moment: moment, at: n}
	p := w.live(w.boot())
	struck = w.struck()
	i, _ := p.incident()
	end(w, i)
	w.keysKept(i)
	w.replays(p)
	if t.Failed() {
		t.Log(w.log.String())
	}
	return struck
}

// worldOf is a world whose playbook has these steps. Its engineers do what they are asked; one machine never works, another
// does not the first time.
func worldOf(t *testing.T, steps string) *world {
	w := newWorld(t)
	w.docs = documents(t, func(files map[string]string) {
		head, _, _ := strings.Cut(files["playbooks/promote-south.yaml"], "steps:")
		files["playbooks/promote-south.yaml"] = head + "steps:" + steps
		if strings.Contains(steps, "invoke:") {
			files["playbooks/check-south.yaml"] = checkSouth
			files["bia.yaml"] = strings.Replace(files["bia.yaml"], "services:\n", "services:\n  nothing: {owner: team-booking, rto: 5h, needs: [ledger]}\n", 1)
		}
	})
	w.staff = w.engineers
	failed := false
	w.answer = func(e incident.Effect) *incident.Result {
		no := &incident.Result{Effect: e, Outcome: incident.Failed, Reason: "no"}
		switch w.mu.Lock(); {
		case e.Step == "broken" && e.Notice == nil:
		case e.Step == "safe" && e.Notice == nil && !failed:
			failed = true
		default:
			no = nil
		}
		w.mu.Unlock()
		return no
	}
	return w
}

// engineers acknowledge, answer, and look at the machine where nobody knows how a step went: they say that it is done, or
// have it done once more; what must not be repeated they do by hand.
func (w *world) engineers(i incident.Incident, order func(string, incident.Command)) {
	for _, run := range i.Runs {
		for _, s := range run.Steps {
			of := s
			if s.Undo != nil {
				of = *s.Undo
			}
			name := run.ID + "/" + s.ID
			switch {
			case s.ID == "page" && s.Status == incident.Waiting:
				order("ada", incident.Command{Verb: incident.VerbAck, Step: name})
			case s.ID == "assess" && s.Status == incident.Waiting:
				order("ben", incident.Command{Verb: incident.VerbDone, Step: name, Answers: map[string]string{"count": "12"}, Evidence: "photo 3"})
			case s.ID != "page" && s.ID != "go" && s.Status == incident.Waiting:
				order("ben", incident.Command{Verb: incident.VerbDone, Step: name})
			case of.Status == incident.Stuck && (w.happened(of.Key) > 0 || s.ID == "never"):
				order("ada", incident.Command{Verb: incident.VerbDone, Step: name, Reason: "we looked", Evidence: "photo 4"})
			case of.Status == incident.Stuck:
				order("ada", incident.Command{Verb: incident.VerbRetry, Step: name, Reason: "it never came"})
			}
		}
		if run.Result == "undone" && i.StoodDown == nil {
			order("ada", incident.Command{Verb: incident.VerbStandDown, Reason: "we go another way"})
		}
	}
}

// machines is how often a step really happened, under whatever key; what took it back is not counted.
func (w *world) machines(step string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	counted := map[string]bool{}
	for _, e := range w.sends {
		if e.Step == step && e.Notice == nil && !counted[e.Key] && !(e.Do != nil && e.Do.Exec != nil && strings.HasPrefix(e.Do.Exec.Command, "back-")) {
			counted[e.Key] = true
			n += w.done[e.Key]
		}
	}
	return n
}

// keysKept holds every effect of a life against the journal: another key than before was ordered by a person, and what
// must not be sent again unasked was not.
func (w *world) keysKept(i incident.Incident) {
	w.t.Helper()
	ordered := map[string]bool{} // keys that a person has made
	for _, r := range i.Timeline {
		switch e := r.Event.(type) {
		case incident.StepStarted:
			ordered[e.Key] = ordered[e.Key] || e.By.Person != ""
		case incident.UndoStarted:
			ordered[e.Key] = ordered[e.Key] || e.By.Person != ""
		}
	}
	last, sent := map[string]string{}, map[string]int{}
	for _, e := range w.sent() {
		if e.Notice != nil {
			continue
		}
		about := e.Key[:strings.LastIndex(e.Key, "/")]
		if before, again := last[about]; again && before != e.Key && !ordered[e.Key] {
			w.t.Errorf("%s followed %s, and no person ordered that", e.Key, before)
		}
		last[about] = e.Key
		if sent[e.Key]++; sent[e.Key] > 1 && (e.Step == "asks" || e.Step == "never") {
			w.t.Errorf("%s was sent %d times", e.Key, sent[e.Key])
		}
	}
}
