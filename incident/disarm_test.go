package incident

import (
	"strings"
	"testing"
	"time"

	"holdfast/detector"
)

const armable = `
  - {id: fence, run: {exec: {command: fence}}, undo: {run: {exec: {command: open}}}, retry: 1, backoff: 1m}
  - {id: promote, run: {exec: {command: promote}}}
  - {id: look, after: [], do: "Look", role: on-call-pay}
  - {id: tell, after: [look], do: "Tell", role: on-call-pay}
`

func (h *house) disarms() {
	h.Helper()
	h.order("alice", Command{Verb: VerbDisarm, Reason: "something smells"})
}

func TestADisarmKeepsRunsUnderWayFromActingOnMachinesUntilAPersonLetsThem(t *testing.T) {
	h := runWith(t, armable)
	h.at(7 * time.Minute)
	h.disarms()
	equal(t, h.finish(Result{Effect: h.want("fence")}), []string{"step_done fence"}) // what is under way goes on
	equal(t, h.step("promote").Status, Pending)
	equal(t, h.reported("look", nil), []string{"step_done look", "step_started tell"}) // people go on
	says(t, h.only().waitsFor(h.draft().world(h.only(), nil), leg{incident: acmeIncident, run: h.only().Runs[0], n: 1}), "alice (incident-director) disarmed at", "holdfast resume payments-api-0412 1")

	says(t, h.refuses("dave", Command{Verb: VerbResume, Incident: acmeIncident, Reason: "go"}).Reason, "dave may not resume")
	h.at(9 * time.Minute)
	equal(t, h.control("bob", VerbResume, "", "1"), []string{"run_resumed", "step_started promote"})
}

func TestWhoArmsAgainLetsAllRunsGoOn(t *testing.T) {
	h := runWith(t, armable)
	h.at(7 * time.Minute)
	h.disarms()
	h.finish(Result{Effect: h.want("fence")})
	h.at(9 * time.Minute)
	equal(t, h.order("alice", Command{Verb: VerbArm, Reason: "it was the kitchen"}), []string{"armed", "step_started promote"})
}

func TestADisarmStopsTheNextAttemptAndWhatHasNotLeftTheHouse(t *testing.T) {
	h := runWith(t, armable)
	e := h.want("fence")
	h.at(7 * time.Minute)
	h.finish(Result{Effect: e, Outcome: Failed, Reason: "no"})
	h.disarms()
	equal(t, h.at(30*time.Minute), []string(nil))
	l := leg{incident: acmeIncident, run: h.only().Runs[0], n: 0}
	says(t, l.disarmed(h.draft().world(h.only(), nil)), "nothing that acts on machines starts by itself")
}

func TestWhoAbortsOrInvokesAfterADisarmHasLetItBeDone(t *testing.T) {
	h := runWith(t, armable)
	h.finish(Result{Effect: h.want("fence")})
	h.finish(Result{Effect: h.want("promote")})
	h.at(7 * time.Minute)
	h.disarms()
	h.at(8 * time.Minute)
	equal(t, h.control("alice", VerbAbort, "", "1"), []string{"run_aborted", "undo_started fence"})
	h.finish(Result{Effect: h.want("fence")})
	h.at(9 * time.Minute)
	equal(t, h.order("alice", Command{Verb: VerbInvoke, Incident: acmeIncident, Playbook: "short", Services: []string{"payments-api"}, Reason: "once more"}),
		[]string{"invoked", "step_started fence", "step_started look"})
}

func TestAnUndoByRuleWaitsWhileSomebodyHasDisarmed(t *testing.T) {
	h := runWith(t, `
  - {id: fence, run: {exec: {command: fence}}, undo: {run: {exec: {command: open}}}}
  - {id: promote, run: {exec: {command: promote}}, on_failure: undo}
`)
	h.finish(Result{Effect: h.want("fence")})
	h.at(7 * time.Minute)
	h.disarms()
	equal(t, h.finish(Result{Effect: h.want("promote"), Outcome: Failed, NoEffect: true}), []string{"step_failed promote", "run_aborted"})
	h.at(8 * time.Minute)
	// Whoever wants to stand down is told what the undo waits for, and nothing that would be refused.
	hint := h.refuses("alice", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "enough"}).Reason
	says(t, hint, "the undo of step fence of run 1 is still to come (alice (incident-director) disarmed at", "holdfast resume payments-api-0412 1 lets this run go on", "holdfast abort payments-api-0412 1 --keep")
	if strings.Contains(hint, "retry") {
		t.Errorf("%q offers what is refused: %s", hint, h.refuses("alice", Command{Verb: VerbRetry, Incident: acmeIncident, Step: "fence", Reason: "so"}).Reason)
	}
	equal(t, h.control("alice", VerbResume, "", "1"), []string{"run_resumed", "undo_started fence"})
}

// The clock was put back, or alerts were lost: declarations are left to people, and what is under way goes on.
func TestADisarmByARuleStopsNoRunAndTakesNoPersonsPlace(t *testing.T) {
	h := runWith(t, armable)
	h.at(7 * time.Minute)
	rule := Change{Event: Disarmed{By: Actor{Rule: "the clock was put back"}}}
	h.commit(rule)
	equal(t, h.finish(Result{Effect: h.want("fence")}), []string{"step_done fence", "step_started promote"})
	equal(t, h.book.gate() != "", true)

	h = runWith(t, armable)
	h.at(7 * time.Minute)
	h.disarms()
	h.commit(rule)
	equal(t, h.finish(Result{Effect: h.want("fence")}), []string{"step_done fence"})
}

// toMachines is what is to be done by machines.
func (s *shift) toMachines() Effect {
	s.Helper()
	for _, e := range s.desk.Wants() {
		if e.Do != nil {
			return e
		}
	}
	s.Fatal("nothing is to be done by machines")
	return Effect{}
}

// It was on record that it starts, and it waited for a place: nobody waits for what was never sent, and there is nothing to undo.
func TestWhatIsCalledOffBeforeItWasSentIsNotCarriedOut(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nsteps:\n" +
		"  - {id: fence, run: {exec: {command: fence}}, timeout: 30m, repeat: safe, undo: {run: {exec: {command: open}}}}\n"
	s := newShift(t, files)
	s.hear("component pay-fra down", "component ledger-db-fra down", "site fra1 lost")
	s.until(6 * time.Minute)
	waits := s.toMachines()
	s.order("alice", Command{Verb: VerbAbort, Incident: waits.Incident, Reason: "a false alarm"})
	r, forbidden := s.desk.Forbids(s.now, waits)
	equal(t, forbidden, true)
	says(t, r.Reason, "called off before it was sent")
	s.commit(false, s.desk.Finish(s.now, r)...)
	s.until(7 * time.Minute)
	run := s.desk.Incidents()[0].Runs[0]
	equal(t, run.Steps[0].Status, CalledOff)
	equal(t, run.Result, "aborted")
	if run.Steps[0].Undo != nil {
		t.Error("it is undone, and was never done")
	}
}

// It was on record before somebody disarmed, and waited for a place: it stays in the house, and people are told.
func TestWhatWaitedForItsTurnWhenSomebodyDisarmedIsNotCarriedOut(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nsteps:\n  - {id: fence, run: {exec: {command: fence}}, timeout: 30m}\n"
	s := newShift(t, files)
	s.hear("component pay-fra down", "component ledger-db-fra down", "site fra1 lost")
	s.until(6 * time.Minute)
	waits := s.toMachines()
	if _, forbidden := s.desk.Forbids(s.now, waits); forbidden {
		t.Fatalf("it does not wait: %+v", waits)
	}
	s.until(7 * time.Minute)
	s.order("alice", Command{Verb: VerbDisarm, Reason: "something smells"})
	r, forbidden := s.desk.Forbids(s.now, waits)
	equal(t, forbidden, true)
	equal(t, r.Outcome, Forbidden)
	says(t, r.Reason, "disarmed at", "nothing that acts on machines starts by itself")
	s.commit(false, s.desk.Finish(s.now, r)...)
	equal(t, s.desk.Incidents()[0].Runs[0].Steps[0].Status, Stuck)
	told := Sentence(s.kept[len(s.kept)-1].record)
	says(t, told, "Step fence of run 1 was NOT carried out: alice (incident-director) disarmed at")
	if strings.Contains(told, "break") {
		t.Errorf("%q: a disarm is no rule that could be broken", told)
	}

	// A person's word for this step is enough.
	s.until(8 * time.Minute)
	s.order("alice", Command{Verb: VerbRetry, Incident: s.desk.Incidents()[0].ID, Step: "fence", Reason: "the fence is right"})
	for _, e := range s.desk.Wants() {
		if e.Do != nil {
			_, forbidden = s.desk.Forbids(s.now, e)
			equal(t, forbidden, false)
		}
	}
}

// Queued before somebody disarmed, begun after it: who ordered it did not know.
func TestWhatWaitedForItsTurnSinceBeforeADisarmStartsNoMachineByItself(t *testing.T) {
	h := twoBooks(t)
	h.order("bob", Command{Verb: VerbInvoke, Incident: acmeIncident, Playbook: "restore", Services: []string{"core-ledger"}, Reason: "so", Supersede: true})
	h.at(6*time.Minute + 20*time.Second)
	h.disarms()
	h.at(6*time.Minute + 30*time.Second)
	equal(t, h.finish(Result{Effect: h.want("fence-a")}), []string{"step_done fence-a", "run_ended", "invoked"})
	h.at(9 * time.Minute)
	equal(t, h.control("bob", VerbResume, "", "2"), []string{"run_resumed", "step_started restore"})
}

// Declared by a person, then disarmed; what is invoked by that declaration afterwards waits as what was under way does.
func TestARunThatBeginsByAnEarlierDeclarationStartsNoMachineAfterADisarm(t *testing.T) {
	files := acme()
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\npreconditions:\n  - {component_up: [ledger-db-ams]}\nsteps:\n" + armable
	h := newHouse(t, files)
	h.disaster("facility_lost")
	h.facts.components["ledger-db-ams"] = detector.Down
	h.at(6 * time.Minute)
	h.order("alice", Command{Verb: VerbDeclare, Incident: acmeIncident, Reason: "it is one"})
	equal(t, len(h.only().Runs), 0)
	h.at(7 * time.Minute)
	h.disarms()
	h.facts.components["ledger-db-ams"] = detector.Up
	equal(t, h.at(8*time.Minute), []string{"invoked", "step_started look"})
	equal(t, h.only().Runs[0].By.Person, "alice")
	equal(t, h.step("fence").Status, Pending)
}

// A rule that disarmed stops no machine, so a person can still say that they stop.
func TestAPersonDisarmsThoughARuleHas(t *testing.T) {
	h := runWith(t, armable)
	h.at(7 * time.Minute)
	h.commit(Change{Event: Disarmed{By: Actor{Rule: "the clock was put back"}}})
	h.disarms()
	equal(t, h.finish(Result{Effect: h.want("fence")}), []string{"step_done fence"})
	says(t, h.refuses("bob", Command{Verb: VerbDisarm, Reason: "me too"}).Reason, "already disarmed by alice")
}

func TestAStepThatIsNotDoneAnywayKeepsNobodyWaitingAfterADisarm(t *testing.T) {
	h := runWith(t, `
  - {id: look, do: "Look", role: on-call-pay}
  - {id: fence, run: {exec: {command: fence}}, only: exercise}
  - {id: tell, do: "Tell", role: on-call-pay}
`)
	h.at(7 * time.Minute)
	h.disarms()
	equal(t, h.reported("look", nil), []string{"step_done look", "step_skipped fence", "step_started tell"})
}
