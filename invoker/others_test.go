package invoker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"holdfast/incident"
	"holdfast/invoker"
	"holdfast/journal"
)

// What broke others: one run that is stuck, a machine that hangs, very much at once, answers that cross.

// fleet is a world of so many services, s0 and on, each with a playbook of its own; "%s" in its steps is its service.
func fleet(t *testing.T, services int, steps string) *world {
	w := newWorld(t)
	w.alarmed, w.cleared = true, true // nothing happens here that people do not start
	w.docs = documents(t, func(files map[string]string) {
		var all strings.Builder
		delete(files, "playbooks/promote-south.yaml")
		for n := range services {
			s := fmt.Sprintf("s%d", n)
			fmt.Fprintf(&all, "  %s: {owner: team, vital: true, mtpd: 10h, rto: 3h, wrt: 1m, rtc: 1m, needs: [ledger]}\n", s)
			files["playbooks/"+s+".yaml"] = fmt.Sprintf("playbook: mend-%s\nfor: {services: [%s]}\nsteps:\n", s, s) + strings.ReplaceAll(steps, "%s", s)
		}
		files["bia.yaml"] = strings.Replace(files["bia.yaml"], "services:\n", "services:\n"+all.String(), 1)
	})
	return w
}

// declare has ada declare services by hand; it is the incident.
func (p *process) declare(services ...string) string {
	p.w.t.Helper()
	changes, err := p.inv.Order(context.Background(), person("ada"), incident.Command{Verb: incident.VerbDeclare, Services: services, Reason: "we see it"})
	if err != nil {
		p.w.t.Fatal(err)
	}
	return changes[0].Incident
}

func (p *process) run(id string, n int) (run incident.Run) {
	p.w.t.Helper()
	p.inv.Look(func(d *incident.Desk) {
		i, _ := d.Incident(id)
		if len(i.Runs) <= n {
			p.w.t.Fatalf("%s has %d runs", id, len(i.Runs))
		}
		run = i.Runs[n]
	})
	return run
}

func (p *process) step(id, step string) incident.StepState {
	p.w.t.Helper()
	for _, s := range p.run(id, 0).Steps {
		if s.ID == step {
			return s
		}
	}
	p.w.t.Fatalf("%s has no step %s", id, step)
	return incident.StepState{}
}

const machineThenMachine = `  - {id: one, run: {exec: {command: "one"}}, timeout: 30m, repeat: safe}
  - {id: two, run: {exec: {command: "two"}}, timeout: 30m, repeat: safe}
`

// ready waits until a process is in charge.
func (p *process) ready() *process {
	for range 100 {
		if p.inv.Status().Live {
			return p
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.w.t.Fatalf("it does not come alive: %v", p.inv.Ready())
	return p
}

func TestHoweverManyMachinesHangEveryOtherRunGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := fleet(t, 101, machineThenMachine)
		w.hang = "one"
		p := w.boot().ready()
		for n := range 100 {
			p.declare(fmt.Sprintf("s%d", n))
		}
		time.Sleep(time.Second)
		if n := len(p.inv.Status().InFlight); n < 100 {
			t.Errorf("only %d of a hundred hanging machines are under way", n)
		}
		w.mu.Lock()
		w.hang = ""
		w.mu.Unlock()
		id := p.declare("s100")
		time.Sleep(time.Second)
		if run := p.run(id, 0); run.Result != "completed" {
			t.Errorf("beside a hundred machines that hang the next run stands at %+v", run.Steps)
		}
		p.end()
	})
}

func TestARunThatTakesEveryPlaceLeavesTheNextSome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var wide strings.Builder
		for n := range 150 {
			fmt.Fprintf(&wide, "  - {id: w%d, after: [], run: {exec: {command: wide}}, timeout: 30m, repeat: safe}\n", n)
		}
		w := fleet(t, 2, wide.String())
		w.answer = func(e incident.Effect) *incident.Result {
			if e.Notice == nil && strings.HasPrefix(e.Incident, "s1") {
				return &incident.Result{Effect: e}
			}
			return nil
		}
		w.hang = "w0"
		hangs := func(e incident.Effect) bool { return e.Notice == nil && strings.HasPrefix(e.Incident, "s0") }
		p := w.boot(func(c *invoker.Config) { c.Hands = hanging{c.Hands, hangs} }).ready()
		first := p.declare("s0")
		time.Sleep(time.Second)
		if n := len(p.inv.Status().InFlight); n != 64 {
			t.Errorf("%d of its steps are under way, not 64", n)
		}
		second := p.declare("s1")
		time.Sleep(time.Second)
		if run := p.run(second, 0); run.Result != "completed" {
			t.Errorf("the second run stands at %q, %d under way", run.Result, len(p.inv.Status().InFlight))
		}
		if run := p.run(first, 0); !run.Active() {
			t.Errorf("the first run has ended: %s", run.Result)
		}
		p.end()
	})
}

// hanging are hands that do not answer for some effects until they are called off.
type hanging struct {
	invoker.Hands
	on func(incident.Effect) bool
}

func (h hanging) Carry(ctx context.Context, e incident.Effect) incident.Result {
	if h.on(e) {
		<-ctx.Done()
	}
	return h.Hands.Carry(ctx, e)
}

func TestOneRunThatIsStuckDoesNotStopTheNextOfItsIncident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := fleet(t, 2, `  - {id: one, run: {exec: {command: "%s"}}, repeat: safe}
  - {id: two, run: {exec: {command: "two"}}, repeat: safe}
`)
		w.answer = func(e incident.Effect) *incident.Result {
			if e.Do != nil && e.Do.Exec.Command == "s0" {
				return &incident.Result{Effect: e, Outcome: incident.Failed, Reason: "no"}
			}
			return nil
		}
		p := w.boot().ready()
		id := p.declare("s0", "s1")
		time.Sleep(time.Second)
		if s := p.run(id, 0).Steps[0]; s.Status != incident.Stuck {
			t.Errorf("the first run is not stuck: %+v", s)
		}
		if run := p.run(id, 1); run.Result != "completed" {
			t.Errorf("the second run stands at %+v", run.Steps)
		}
		p.end()
	})
}

// A hand that dies says nothing, not even when it is called off.
func TestARunnerThatDiesIsNoticedAndAskedAboutOrReplaced(t *testing.T) {
	for repeat, want := range map[string]incident.StepStatus{"safe": incident.Done, "ask": incident.Stuck} {
		t.Run(repeat, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := fleet(t, 1, `  - {id: one, run: {exec: {command: "one"}}, timeout: 1m, retry: 1, repeat: `+repeat+`}
`)
				var died atomic.Bool
				dies := func(e incident.Effect) bool { return e.Notice == nil && died.CompareAndSwap(false, true) }
				p := w.boot(func(c *invoker.Config) { c.Hands = hanging{c.Hands, dies} }).ready()
				id := p.declare("s0")
				time.Sleep(time.Minute)
				if s := p.step(id, "one"); s.Status != incident.Running {
					t.Errorf("before its time is up it is given up: %+v", s)
				}
				time.Sleep(30 * time.Second)
				s := p.step(id, "one")
				if s.Status != want || s.Outcome != incident.TimedOut {
					t.Errorf("it stands at %s (%s, %s)", s.Status, s.Outcome, s.Reason)
				}
				p.end()
			})
		})
	}
}

const question = `  - {id: first, run: {exec: {command: "first"}}, timeout: 1m, repeat: safe}
  - {id: ask, do: "Is %s up?", role: director, within: 5m}
  - {id: beside, after: [first], do: "Is it dry?", role: director, within: 5m}
`

func TestAnAnswerBeforeTheQuestionIsRefusedAndTheQuestionIsStillAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := fleet(t, 1, question)
		w.hang = "first"
		p := w.boot().ready()
		id := p.declare("s0")
		time.Sleep(time.Second)
		answer := func() error {
			_, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbDone, Incident: id, Step: "ask"})
			return err
		}
		var refused *incident.Refusal
		if err := answer(); !errors.As(err, &refused) || !strings.Contains(refused.Reason, "has not started yet: it comes after first") {
			t.Errorf("an answer before the question: %v", err)
		}
		w.mu.Lock()
		w.hang = ""
		w.mu.Unlock()
		if s := p.step(id, "ask"); s.Status != incident.Pending {
			t.Errorf("a refused answer left the step %s", s.Status)
		}
		for p.step(id, "ask").Status != incident.Waiting { // the machine is tried again
			if _, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbRetry, Incident: id, Step: "first", Reason: "once more"}); err != nil && !errors.As(err, &refused) {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if err := answer(); err != nil {
			t.Errorf("the answer after the question: %v", err)
		}
		p.end()
	})
}

func TestAnswersThatComeAtOnceAreTakenOnceEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := fleet(t, 1, question)
		p := w.boot().ready()
		id := p.declare("s0")
		time.Sleep(time.Second)
		var all sync.WaitGroup
		var mu sync.Mutex
		taken, refusals := map[string]int{}, []string{}
		for _, step := range []string{"ask", "beside"} {
			for _, by := range []string{"ada", "ben", "ada"} {
				all.Go(func() {
					_, err := p.inv.Order(t.Context(), person(by), incident.Command{Verb: incident.VerbDone, Incident: id, Step: step})
					mu.Lock()
					defer mu.Unlock()
					var refused *incident.Refusal
					switch {
					case err == nil:
						taken[step]++
					case errors.As(err, &refused):
						refusals = append(refusals, refused.Reason)
					default:
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
		if taken["ask"] != 1 || taken["beside"] != 1 || len(refusals) != 4 {
			t.Errorf("taken %v, refused %q", taken, refusals)
		}
		for _, reason := range refusals {
			if !strings.Contains(reason, "by a") && !strings.Contains(reason, "by b") || !strings.Contains(reason, " at 2000-01-01") {
				t.Errorf("%q does not say who was before, and when", reason)
			}
		}
		p.end()
	})
}

func TestAQuestionThatNobodyAnswersIsPassedOnAndNeverAnswersItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := fleet(t, 1, `  - {id: go, decide: "Fail over?", role: director, within: 5m}
  - {id: act, run: {exec: {command: "act"}}, repeat: safe}
`)
		p := w.boot().ready()
		id := p.declare("s0")
		time.Sleep(24 * time.Hour)
		s := p.step(id, "go")
		if s.Status != incident.Waiting || s.Rung == 0 {
			t.Errorf("after a day it stands at %s, passed on %d times", s.Status, s.Rung)
		}
		if p.step(id, "act").Status != incident.Pending {
			t.Error("silence was taken for a yes")
		}
		if _, err := p.inv.Order(t.Context(), person("ben"), incident.Command{Verb: incident.VerbApprove, Incident: id, Step: "go", Digest: s.Release.Digest}); err != nil {
			t.Errorf("a late answer is an answer: %v", err)
		}
		time.Sleep(time.Second)
		if run := p.run(id, 0); run.Result != "completed" {
			t.Errorf("the run ended %q", run.Result)
		}
		p.end()
	})
}

func TestTwoHundredStepsEndOneAfterTheOtherAndAllAtOnce(t *testing.T) {
	for name, after := range map[string]string{"in a row": "", "side by side": "after: [], "} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var steps strings.Builder
				for n := range 200 {
					fmt.Fprintf(&steps, "  - {id: n%d, %srun: {exec: {command: go}}, repeat: safe}\n", n, after)
				}
				w := fleet(t, 1, steps.String())
				p := w.boot().ready()
				id := p.declare("s0")
				time.Sleep(time.Minute)
				if run := p.run(id, 0); run.Result != "completed" || len(run.Steps) != 200 {
					t.Errorf("the run of %d steps ended %q", len(run.Steps), run.Result)
				}
				for key, times := range w.done {
					if times != 1 {
						t.Errorf("%s happened %d times", key, times)
					}
				}
				p.end()
			})
		})
	}
}

// A target may answer more than any envelope holds, in bytes that take six times the room when they are written down, and
// many may at once.
func TestOutputsThatNoEnvelopeHoldsAreCutAndNoResultIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var steps strings.Builder
		for n := range 100 {
			fmt.Fprintf(&steps, "  - {id: n%d, after: [], run: {exec: {command: go}}, repeat: safe, on_failure: continue}\n", n)
		}
		w := fleet(t, 1, steps.String())
		flood := strings.Repeat("\x01", 2*journal.MaxEnvelope)
		gate := make(chan struct{})
		w.answer = func(e incident.Effect) *incident.Result {
			if e.Notice != nil {
				return nil
			}
			<-gate // so that they come back together
			r := incident.Result{Effect: e, Output: flood}
			if strings.HasSuffix(e.Step, "5") {
				r.Outcome, r.Reason = incident.Failed, flood
			}
			return &r
		}
		p := w.boot().ready()
		id := p.declare("s0")
		time.Sleep(time.Second)
		close(gate)
		time.Sleep(10 * time.Second)
		run := p.run(id, 0)
		if run.Active() {
			t.Errorf("the run goes on: %d under way", len(p.inv.Status().InFlight))
		}
		for _, s := range run.Steps {
			if text := s.Output + s.Reason; !strings.HasSuffix(text, " …") || len(text) > 5000 || s.Outcome == incident.TimedOut {
				t.Errorf("%s is %s with %d bytes: %s", s.ID, s.Status, len(text), s.Outcome)
			}
		}
		p.end()
	})
}

// Somebody else writes into the log before every other append of ours: each decision is made anew, and none is made twice.
func TestEveryOtherCommitMeetsAConflictAndTheEndIsTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		known, appends, rivals := map[string]bool{}, 0, 0
		kind, remark, err := incident.Encode(incident.Noted{By: incident.Actor{Person: "ben"}, Text: "also here"})
		if err != nil {
			t.Fatal(err)
		}
		log := &unreliable{Log: w.journal}
		log.before = func(e journal.Envelope) error {
			id := e.Entries[0].Incident
			if appends++; appends%2 == 0 || !known[id] {
				return nil
			}
			rivals++
			rival := e
			rival.CommitID, rival.Entries = fmt.Sprintf("rival-%d", rivals), []journal.Entry{{Incident: id, Kind: string(kind), Data: remark}}
			_, err := w.journal.Append(t.Context(), rival)
			return err
		}
		log.after = func(c journal.Committed) error {
			known[c.Entries[0].Incident] = c.Entries[0].Incident != ""
			return nil
		}
		w.check(w.live(w.boot(func(c *invoker.Config) { c.Log = log })))
		if rivals < 8 {
			t.Errorf("only %d rivals", rivals)
		}
	})
}
