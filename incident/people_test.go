package incident

import (
	"slices"
	"testing"
	"time"

	"holdfast/detector"
)

// handsOver offers a step to somebody else.
func (h *house) handsOver(person, step, to string) []string {
	h.Helper()
	return h.order(person, Command{Verb: VerbHandOver, Incident: acmeIncident, Step: step, To: to, Reason: "end of shift"})
}

func (h *house) done(person, step string) []string {
	h.Helper()
	return h.order(person, Command{Verb: VerbDone, Incident: acmeIncident, Step: step})
}

// fails lets the notices to some people fail, and the others go out.
func (h *house) fails(people ...string) (due []string) {
	h.Helper()
	for again := true; again; {
		again = false
		for _, e := range h.book.wants() {
			if e.Notice == nil {
				continue
			}
			r := Result{Effect: e, Channel: "webhook"}
			if slices.Contains(people, e.Notice.Person) {
				r.Outcome, r.Reason = Failed, "no answer on any channel"
			}
			h.commit(h.book.finish(h.now, r)...)
			again = true
		}
		due = append(due, h.due()...)
	}
	return due
}

const lookThenGo = `
  - {id: look, do: "Look", role: on-call-pay, within: 10m, escalate: [head-of-operations]}
  - {id: go, decide: "Go?", role: incident-director, approvals: 2, within: 10m}
`

func TestAnAcknowledgementThatIsFollowedByNothingLapses(t *testing.T) {
	h := runWith(t, lookThenGo)
	h.at(10 * time.Minute)
	h.says("dave", VerbAck, "look")
	equal(t, h.at(20*time.Minute), []string{"acknowledgement_lapsed look"})
	equal(t, last[AcknowledgementLapsed](h), AcknowledgementLapsed{Run: "1", Step: "look", By: Actor{Person: "dave", Role: "on-call-pay"}, Since: t0.Add(10 * time.Minute),
		Rung: 1, Role: "on-call-pay", Until: t0.Add(30 * time.Minute), Tell: []string{"erin", "dave"}})
	equal(t, h.step("look").Acked, Actor{})
	says(t, h.only().Notices[len(h.only().Notices)-2].Subject, "nobody is at it", "Look")

	// It escalates as if nobody had taken it; whoever is awake takes it, who had it before too.
	equal(t, h.at(30*time.Minute), []string{"escalated look"})
	equal(t, last[Escalated](h).Tell, []string{"carol"})
	h.says("dave", VerbAck, "look")
	equal(t, h.at(40*time.Minute), []string{"acknowledgement_lapsed look"})
	equal(t, last[AcknowledgementLapsed](h).Tell, []string{"alice", "dave"})

	// Where everybody was told, the whole line is told again.
	h.says("dave", VerbAck, "look")
	equal(t, h.at(50*time.Minute), []string{"acknowledgement_lapsed look"})
	equal(t, last[AcknowledgementLapsed](h).Tell, []string{"erin", "dave"})
	equal(t, h.done("erin", "look"), []string{"step_done look", "step_started go"})
}

func TestWhoHasApprovedIsNotSilent(t *testing.T) {
	h := runWith(t, "  - {id: go, decide: \"Go?\", role: incident-director, approvals: 2, within: 10m}\n")
	h.says("alice", VerbAck, "go")
	h.says("alice", VerbApprove, "go")
	equal(t, h.at(16*time.Minute), []string{"escalated go"})
	equal(t, h.step("go").Acked.Person, "alice")
}

func TestAStepIsHandedOverWhenTheOtherAcknowledges(t *testing.T) {
	h := runWith(t, lookThenGo)
	h.says("dave", VerbAck, "look")
	h.now = t0.Add(8 * time.Minute)
	equal(t, h.handsOver("dave", "look", "erin"), []string{"hand_over_offered look"})
	equal(t, h.step("look").Acked.Person, "dave")
	notice := h.only().Notices[len(h.only().Notices)-1]
	equal(t, notice.Person, "erin")
	says(t, notice.Subject, "dave (on-call-pay) hands over to you: Look", "end of shift")
	says(t, notice.Body, "holdfast ack payments-api-0412 1/look", "Until then it is not yours")
	says(t, h.refuses("dave", Command{Verb: VerbHandOver, Incident: acmeIncident, Step: "look", To: "erin", Reason: "again"}).Reason, "already offered to erin by dave (on-call-pay) at 2026-04-12 09:08:00Z")

	h.now = t0.Add(9 * time.Minute)
	equal(t, h.says("erin", VerbAck, "look"), []string{"acknowledged look"})
	equal(t, last[Acknowledged](h), Acknowledged{Run: "1", Step: "look", By: Actor{Person: "erin", Role: "on-call-pay"}, From: "dave", Tell: []string{"dave"}})
	equal(t, h.step("look").Acked.Person, "erin")
	says(t, h.refuses("dave", Command{Verb: VerbAck, Incident: acmeIncident, Step: "look"}).Reason, "already acknowledged by erin (on-call-pay) at 2026-04-12 09:09:00Z")
	equal(t, h.nextAt(), 19*time.Minute) // her own time
}

func TestWhatIsHandedOverAndNotTakenStaysWhereItIs(t *testing.T) {
	h := runWith(t, lookThenGo)
	h.says("dave", VerbAck, "look")
	h.handsOver("dave", "look", "erin")
	equal(t, h.at(16*time.Minute), []string{"acknowledgement_lapsed look"})
	equal(t, last[AcknowledgementLapsed](h).By.Person, "dave")
	if h.step("look").Offered != nil {
		t.Error("the offer outlives who made it")
	}
}

func TestAHandOverIsForWhoeverMayAndToWhoeverMay(t *testing.T) {
	h := runWith(t, lookThenGo)
	hand := func(to string) Command {
		return Command{Verb: VerbHandOver, Incident: acmeIncident, Step: "look", To: to, Reason: "end of shift"}
	}
	says(t, h.refuses("frank", hand("erin")).Reason, "frank may not hand over look: that is for on-call-pay")
	says(t, h.refuses("dave", hand("carol")).Reason, "carol may not act on look")
	says(t, h.refuses("dave", hand("")).Reason, "to whom")
	if _, err := h.draft().order("dave", hand("eric")); err == nil || err.Error() != `there is no person "eric"; did you mean "erin"?` {
		t.Error(err)
	}
	noReason := hand("erin")
	noReason.Reason = " "
	says(t, h.refuses("dave", noReason).Reason, "needs a reason")
	h.says("dave", VerbAck, "look")
	r := h.refuses("erin", hand("erin"))
	says(t, r.Reason, "was taken by dave (on-call-pay) at 2026-04-12 09:06:00Z: they hand it over, or the authority does")
	equal(t, r.By.Person, "dave")
	says(t, h.refuses("dave", hand("dave")).Reason, "dave has had")
	equal(t, h.order("alice", hand("erin")), []string{"hand_over_offered look"})
	h.done("dave", "look")
	says(t, h.refuses("dave", hand("erin")).Reason, "was already done by dave")
	says(t, h.refuses("erin", Command{Verb: VerbAck, Incident: acmeIncident, Step: "look"}).Reason, "was already done by dave")
}

func TestWhoCannotBeReachedCostsNoTime(t *testing.T) {
	h := runWith(t, lookThenGo)
	h.now = t0.Add(7 * time.Minute)
	equal(t, h.fails("dave"), []string{"escalated look"})
	equal(t, last[Escalated](h), Escalated{Run: "1", Step: "look", Rung: 0, Role: "on-call-pay", Until: t0.Add(16 * time.Minute), Why: unreachable, Tell: []string{"erin"}})
	equal(t, h.nextAt(), 16*time.Minute) // erin has the time that is left, then it goes on as ever
}

func TestIfNobodyCanBeReachedAllAreTriedAtOnce(t *testing.T) {
	people := with(t, automatic(t), "people.yaml", "erin: {}", "erin: {deputy: {person: frank, after_escalation: true}}")
	people["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nsteps:\n" + lookThenGo
	h := invoked(t, people)
	h.now = t0.Add(7 * time.Minute)
	h.fails("alice", "bob", "carol", "dave", "erin", "frank")
	var told []string
	for _, r := range h.records {
		if e, ok := r.Event.(Escalated); ok {
			equal(t, r.At, h.now)
			told = append(told, e.Tell...)
		}
	}
	equal(t, told, []string{"erin", "frank", "carol", "alice"}) // in line, deputies, the ladder to its end
	equal(t, h.step("look").Status, Waiting)
}

func TestADecisionThatNeedsTwoIsPassedOnWhereOneIsOutOfReach(t *testing.T) {
	h := runWith(t, "  - {id: go, decide: \"Go?\", role: incident-director, approvals: 2, within: 10m, escalate: [head-of-operations]}\n")
	equal(t, h.fails("bob"), []string{"escalated go"})
	equal(t, last[Escalated](h).Tell, []string{"carol"}) // everybody in the line was told: the next rung
	h.deliver()
	h.says("alice", VerbApprove, "go")
	equal(t, h.only().Open(), true)
}

func TestADeputyStandsInAfterAnEscalationAndNotBefore(t *testing.T) {
	files := with(t, automatic(t), "people.yaml", "dave: {}", "dave: {deputy: {person: frank, after_escalation: true}}")
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nsteps:\n" + lookThenGo
	h := invoked(t, files)
	says(t, h.refuses("frank", Command{Verb: VerbAck, Incident: acmeIncident, Step: "look"}).Reason, "frank may not acknowledge look")
	equal(t, h.at(16*time.Minute), []string{"escalated look"})
	equal(t, last[Escalated](h).Tell, []string{"erin"})
	equal(t, h.at(26*time.Minute), []string{"escalated look"})
	equal(t, last[Escalated](h).Tell, []string{"frank"})
	equal(t, h.says("frank", VerbAck, "look"), []string{"acknowledged look"})
	equal(t, h.step("look").Acked, Actor{Person: "frank", Role: "on-call-pay"})
}

func TestTheDeputyOfSomebodyAwayIsToldAndActs(t *testing.T) {
	files := with(t, automatic(t), "people.yaml", "dave: {}", "dave: {deputy: {person: frank}, absences: [{from: 2026-04-12T00:00:00Z, to: 2026-04-13T00:00:00Z}]}")
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nsteps:\n" + lookThenGo
	h := invoked(t, files)
	equal(t, last[StepStarted](h).Tell, []string{"frank"})
	equal(t, h.done("frank", "look"), []string{"step_done look", "step_started go"})
}

func TestTheSuccessorsAreAskedAtOnceWhereTheAuthorityIsOutOfReach(t *testing.T) {
	for _, reach := range []bool{true, false} {
		h := newHouse(t, acme())
		h.verdicts = []detector.Verdict{h.situation(detector.MajorIncident, []detector.Outage{confirmed(h.down("payments-api", 0))})}
		decideBy := DecideBy(h.book.docs.BIA.Declaration, h.verdicts[0].Services[0]).Sub(t0)
		h.at(decideBy)
		equal(t, h.only().DecisionDue.Round, roundAuthority)
		if reach {
			h.fails("alice")
			equal(t, h.only().DecisionDue.Round, roundAuthority) // bob was reached
			continue
		}
		equal(t, h.fails("alice", "bob"), []string{"decision_due"})
		equal(t, h.only().DecisionDue.Tell, []string{"carol"})
	}
}

func TestFourEyesBarWhoeverOrderedARetryBeforeTheDecisionOrEditedThePlaybook(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = `
playbook: short
edited_by: carol
for: {services: [payments-api]}
steps:
  - {id: fence, run: {exec: {command: fence}}, role: on-call-pay}
  - {id: go, decide: "Go?", role: incident-director, four_eyes: true}
  - {id: also, after: [fence], decide: "And else?", role: head-of-operations, four_eyes: true}
`
	h := invoked(t, files)
	h.finish(Result{Effect: h.want("fence"), Outcome: Failed, Reason: "no"})
	h.order("alice", Command{Verb: VerbRetry, Incident: acmeIncident, Step: "fence", Reason: "the target is back"})
	h.finish(Result{Effect: h.want("fence")})
	r := h.refuses("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go"})
	says(t, r.Reason, "alice ordered fence once more at 2026-04-12 09:06:00Z, and go needs somebody else's eyes")
	equal(t, r.By.Person, "alice")
	says(t, h.refuses("carol", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "also"}).Reason, "carol edited the playbook last (edited_by)")
	says(t, h.refuses("bob", Command{Verb: VerbHandOver, Incident: acmeIncident, Step: "go", To: "alice", Reason: "asleep"}).Reason, "somebody else's eyes")
	h.says("bob", VerbApprove, "go")
	equal(t, last[StepApproved](h).Unproven, "")
}

func TestAnApprovalSaysWhatOfTheFourEyesNobodyCanShow(t *testing.T) {
	h := runWith(t, "  - {id: go, decide: \"Go?\", role: incident-director, four_eyes: true}\n")
	h.says("bob", VerbApprove, "go")
	says(t, last[StepApproved](h).Unproven, "does not say who edited it last")
}
