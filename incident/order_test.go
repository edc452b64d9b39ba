package incident

import (
	"errors"
	"holdfast/playbooks"
	"testing"
	"time"
)

// finds gives a command that names something that does not exist.
func (h *house) finds(person string, c Command) *NotFound {
	h.Helper()
	_, err := h.draft().order(person, c)
	var missing *NotFound
	if !errors.As(err, &missing) {
		h.Fatalf("%s %s found something: %v", c.Verb, c.Step, err)
	}
	return missing
}

func TestARefusalSaysWhoWasBeforeAndWhen(t *testing.T) {
	h := invoked(t, automatic(t))
	h.says("dave", VerbAck, "page")
	r := h.refuses("erin", Command{Verb: VerbAck, Incident: acmeIncident, Step: "page"})
	says(t, r.Reason, "already done by dave (on-call-pay)", "2026-04-12 09:06:00Z")
	equal(t, r.By.Person, "dave")
	equal(t, r.At, t0.Add(6*time.Minute))

	h.says("dave", VerbAck, "assess")
	says(t, h.refuses("erin", Command{Verb: VerbAck, Incident: acmeIncident, Step: "assess"}).Reason, "already acknowledged by dave (on-call-pay) at 2026-04-12 09:06:00Z")
}

func TestNobodyApprovesTwice(t *testing.T) {
	h := runWith(t, "  - {id: go, decide: \"Go?\", role: incident-director, approvals: 2}\n")
	h.says("alice", VerbApprove, "go")
	says(t, h.refuses("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go"}).Reason, "alice already approved go", "1 of 2")
	says(t, h.refuses("dave", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go"}).Reason, "dave may not decide go")
}

func TestTheDeclarerDoesNotApproveWhereFourEyesAreAsked(t *testing.T) {
	files := acme()
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nsteps:\n  - {id: go, decide: \"Go?\", role: incident-director, four_eyes: true}\n"
	h := newHouse(t, files)
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.order("alice", Command{Verb: VerbDeclare, Incident: acmeIncident})
	says(t, h.refuses("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go"}).Reason, "alice declared the disaster")
	h.says("bob", VerbApprove, "go")
	equal(t, h.step("go").Status, Done)
}

func TestADecisionIsNotSkippedAndADoIsNotApproved(t *testing.T) {
	h := runWith(t, `
  - {id: go, decide: "Go?", role: incident-director}
  - {id: look, after: [], do: "Look", role: on-call-pay}
  - {id: act, after: [], run: {exec: {command: act}}}
  - {id: later, after: [look], do: "Later", role: on-call-pay}
`)
	for _, c := range []struct {
		verb         Verb
		step, reason string
	}{
		{VerbSkip, "go", "approve or decline it"},
		{VerbDone, "go", "approve or decline it"},
		{VerbApprove, "look", "not a decision"},
		{VerbAck, "act", "done by a machine"},
		{VerbDone, "act", "done by a machine"},
		{VerbSkip, "act", "being carried out"},
		{VerbRetry, "look", "not stuck"},
		{VerbFailed, "go", "is a decision: decline it with a reason (holdfast decline "},
		{VerbDone, "later", "has not started yet: it comes after look"},
	} {
		says(t, h.refuses("alice", Command{Verb: c.verb, Incident: acmeIncident, Step: c.step, Reason: "x"}).Reason, c.reason)
	}
	says(t, h.refuses("alice", Command{Verb: VerbSkip, Incident: acmeIncident, Step: "look"}).Reason, "needs a reason")
}

func TestAnswersHaveTheTypesThatThePlaybookAsksFor(t *testing.T) {
	h := invoked(t, automatic(t))
	h.says("dave", VerbAck, "page")
	for given, reason := range map[string]string{"": "asks for the answer", "soon": `has to be a duration such as 90m: "soon" is no duration`} {
		c := Command{Verb: VerbDone, Incident: acmeIncident, Step: "assess"}
		if given != "" {
			c.Answers = map[string]string{"estimated_time_to_restore": given}
		}
		says(t, h.refuses("dave", c).Reason, reason)
	}
	says(t, h.refuses("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "assess", Answers: map[string]string{"estimated_time": "3h"}}).Reason, "asks for no answer")
	h.order("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "assess", Answers: map[string]string{"estimated_time_to_restore": "2d"}})

	for kind, pair := range map[string][2]string{"number": {"1.5", "many"}, "boolean": {"true", "yes"}, "instant": {"2026-04-12T10:00:00Z", "noon"}, "integer": {"-3", "1.5"}} {
		for n, text := range pair {
			_, err := playbooks.Answer{Type: kind}.Read(text)
			equal(t, err == nil, n == 0)
		}
	}
}

func TestWhatCannotBeDoneIsSaidWithItsReasonAndPeopleAreTold(t *testing.T) {
	h := runWith(t, "  - {id: look, do: \"Look\", role: on-call-pay}\n")
	h.order("dave", Command{Verb: VerbCannot, Incident: acmeIncident, Step: "look", Reason: "no badge"})
	equal(t, h.step("look").Status, Stuck)
	equal(t, last[StepFailed](h).Tell, []string{"dave", "alice"})
	says(t, h.refuses("dave", Command{Verb: VerbFailed, Incident: acmeIncident, Step: "look"}).Reason, "is stuck (no badge)")
	h.says("erin", VerbRetry, "look")
	equal(t, h.step("look").Status, Waiting)
}

func TestAStepIsFoundByItsNameOrByRunAndNameAndNeverGuessed(t *testing.T) {
	h := runWith(t, `
  - {id: look, do: "Look", role: on-call-pay}
  - {id: listen, after: [], do: "Listen", role: on-call-pay}
`)
	equal(t, h.finds("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "lok"}).Error(), `there is no step "lok"; did you mean "look"?`)
	says(t, h.finds("dave", Command{Verb: VerbDone, Incident: "payments-api-0413", Step: "look"}).Error(), "did you mean \"payments-api-0412\"?")
	says(t, h.finds("dave", Command{Verb: "aprove", Incident: acmeIncident, Step: "look"}).Error(), "did you mean \"approve\"?")
	says(t, h.refuses("dave", Command{Verb: VerbDone, Incident: acmeIncident}).Reason, "name one of 1/look, 1/listen")
	h.says("dave", VerbAck, "1/look")
	h.order("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "1/look"})
	equal(t, h.order("dave", Command{Verb: VerbDone, Incident: acmeIncident}), []string{"step_done listen", "run_ended"})
	says(t, h.refuses("dave", Command{Verb: VerbDone, Incident: acmeIncident}).Reason, "no step of payments-api-0412 waits")
	says(t, h.refuses("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "look"}).Reason, "already done by dave")
}

func TestNothingHappensToAnIncidentThatWasStoodDown(t *testing.T) {
	h := invoked(t, automatic(t))
	says(t, h.refuses("dave", Command{Verb: VerbStandDown, Incident: acmeIncident}).Reason, "dave may not stand down")
	equal(t, h.order("carol", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "an error of ours"}), []string{"run_ended", "stood_down"})
	equal(t, h.only().Runs[0].Result, "stood_down")
	r := h.refuses("dave", Command{Verb: VerbAck, Incident: acmeIncident, Step: "page"})
	says(t, r.Reason, "was stood down by carol")
	equal(t, r.By.Person, "carol")
	equal(t, h.order("dave", Command{Verb: VerbNote, Incident: acmeIncident, Reason: "the facility called back"}), []string{"noted"})
	says(t, h.refuses("dave", Command{Verb: VerbNote, Incident: acmeIncident}).Reason, "says nothing")
}

func TestAnIncidentIsNotStoodDownWhileAMachineIsAtWork(t *testing.T) {
	h := runWith(t, "  - {id: act, run: {exec: {command: act}}, timeout: 10m}\n")
	says(t, h.refuses("alice", Command{Verb: VerbStandDown, Incident: acmeIncident}).Reason, "step act of run 1 is being carried out", "09:16:00Z")
}

func TestAnUndeclaredIncidentIsNotStoodDown(t *testing.T) {
	h := newHouse(t, acme())
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	says(t, h.refuses("alice", Command{Verb: VerbStandDown, Incident: acmeIncident}).Reason, "is not declared")
}

func TestNobodyActsWithoutAName(t *testing.T) {
	d := NewDesk()
	_, err := d.Order(t0, nil, Command{Verb: VerbArm})
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		t.Fatalf("obeyed nobody: %v", err)
	}
}
