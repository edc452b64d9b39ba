package incident

import (
	"errors"
	"testing"
	"time"

	"holdfast/detector"
)

const threeDuties = `
  reporting:
    - {id: initial, to: regulator, what: initial notification, within: 4h, from: classified, role: on-call-pay, evidence: required}
    - {to: csirt, within: 24h, from: aware, level: disaster, remind: 2h, escalate: [incident-director]}
    - {to: customers, within: 1h, from: declared}
`

// owing is a house with three duties to report, and a major incident six minutes in.
func owing(t *testing.T) *house {
	t.Helper()
	h := newHouse(t, with(t, acme(), "bia.yaml", "  successors: [head-of-operations]\n", "  successors: [head-of-operations]"+threeDuties))
	h.verdicts = []detector.Verdict{h.situation(detector.MajorIncident, []detector.Outage{confirmed(h.down("payments-api", 0))})}
	equal(t, h.at(6*time.Minute), []string{"classified", "reporting_due"})
	return h
}

func (h *house) report(person, report, evidence string) []string {
	h.Helper()
	return h.order(person, Command{Verb: VerbReported, Incident: acmeIncident, Report: report, Evidence: evidence})
}

func TestAReportingClockIsRemindedOfEscalatesAndIsMissed(t *testing.T) {
	h := owing(t)
	due := last[ReportingDue](h)
	equal(t, due, ReportingDue{Report: "initial", To: "regulator", What: "initial notification", From: "classified", Since: h.now, Deadline: h.now.Add(4 * time.Hour),
		Remind: h.now.Add(3 * time.Hour), Role: "on-call-pay", Escalate: []string{"head-of-operations"}, Evidence: true, Tell: []string{"dave"}})
	says(t, h.only().Notices[0].Body, "holdfast reported payments-api-0412 initial --evidence WHERE")
	h.verdicts[0].Services[0].Clocks = h.down("reporting", 0).Clocks // no decision is due meanwhile
	h.at(3*time.Hour + 6*time.Minute)
	equal(t, last[Reminded](h), Reminded{Report: "initial", Round: 1, Deadline: due.Deadline, Tell: []string{"dave", "erin"}})
	h.at(3*time.Hour + 36*time.Minute)
	equal(t, last[Reminded](h).Tell, []string{"dave", "erin", "carol"})
	h.at(4*time.Hour + 6*time.Minute)
	equal(t, last[ReportingMissed](h), ReportingMissed{Report: "initial", Deadline: due.Deadline, Tell: []string{"dave", "erin", "alice", "bob", "carol"}})
	equal(t, h.only().Reports[0].Late(), true)

	// Late is better than never, and stays late.
	h.now = h.now.Add(time.Hour)
	equal(t, h.report("dave", "initial", "receipt 4711"), []string{"reported"})
	equal(t, h.only().Reports[0].Late(), true)
}

func TestEachClockCountsFromWhereItsRuleSays(t *testing.T) {
	h := owing(t)
	h.disaster("facility_lost")
	equal(t, h.at(20*time.Minute), []string{"classified", "recommended", "reporting_due"})
	csirt := last[ReportingDue](h)
	equal(t, csirt.Since, t0.Add(6*time.Minute)) // aware, though it had to be reported only since it is a disaster
	equal(t, csirt.Remind, csirt.Deadline.Add(-2*time.Hour))
	equal(t, csirt.Role, "incident-director")
	h.now = t0.Add(30 * time.Minute)
	h.order("alice", Command{Verb: VerbDeclare, Incident: acmeIncident})
	equal(t, last[ReportingDue](h).Report, "customers")
	equal(t, last[ReportingDue](h).Deadline, t0.Add(90*time.Minute))
	equal(t, count[ReportingDue](h), 3)
}

func TestAReportIsMadeByWhoeverIsToMakeItWithEvidenceAndOnce(t *testing.T) {
	h := owing(t)
	h.now = t0.Add(time.Hour)
	c := Command{Verb: VerbReported, Incident: acmeIncident, Report: "initial", Evidence: "receipt 4711"}
	says(t, h.refuses("frank", c).Reason, "frank may not report to regulator: that is for on-call-pay or incident-director or head-of-operations")
	bare := c
	bare.Evidence = ""
	says(t, h.refuses("dave", bare).Reason, "requires evidence")
	early := c
	early.At = t0
	says(t, h.refuses("dave", early).Reason, "between 2026-04-12 09:06:00Z, when its clock began, and now")
	if _, err := h.draft().order("dave", Command{Verb: VerbReported, Incident: acmeIncident, Report: "initail"}); err == nil || err.Error() != `there is no report "initail"; did you mean "initial"?` {
		t.Error(err)
	}
	c.At = t0.Add(50 * time.Minute)
	h.order("dave", c)
	equal(t, last[Reported](h).At, t0.Add(50*time.Minute))
	r := h.refuses("erin", c)
	says(t, r.Reason, "initial was already settled by dave (on-call-pay) at 2026-04-12 10:00:00Z")
	equal(t, r.By.Person, "dave")
	equal(t, h.only().Reports[0].Late(), false)
}

func TestOnlyTheAuthorityFindsThatNothingHasToBeReported(t *testing.T) {
	h := owing(t)
	c := Command{Verb: VerbReported, Incident: acmeIncident, Report: "initial", Over: true}
	says(t, h.refuses("dave", c).Reason, "dave may not report to regulator")
	says(t, h.refuses("alice", c).Reason, "needs a reason")
	c.Reason = "it was a test of the site"
	equal(t, h.order("alice", c), []string{"reported"})
	equal(t, h.only().Reports[0].Late(), false)
	for range 3 {
		h.now = h.now.Add(4 * time.Hour)
		h.due()
	}
	equal(t, count[ReportingMissed](h), 0)
}

// What is mended in an hour has to be reported all the same: the clock outlives the incident.
func TestAClockGoesOnWhenTheIncidentIsOver(t *testing.T) {
	h := owing(t)
	h.now = t0.Add(30 * time.Minute)
	v := h.verdicts[0]
	v.Services = []detector.Outage{recovered(back(v.Services[0], 20*time.Minute))}
	v.Open, v.Current, v.Level = false, detector.Event, detector.Event
	h.verdicts = []detector.Verdict{v}
	h.due()
	h.verdicts = nil
	h.due()
	equal(t, h.only().Open(), false)
	equal(t, h.nextAt(), 3*time.Hour+6*time.Minute)
	equal(t, h.at(3*time.Hour+6*time.Minute), []string{"reminded"})
	equal(t, h.at(3*time.Hour+36*time.Minute), []string{"reminded"})
	h.now = t0.Add(4 * time.Hour)
	equal(t, h.report("erin", "initial", "receipt 4711"), []string{"reported"})
	equal(t, h.nextAt(), time.Duration(-1))
	equal(t, h.at(48*time.Hour), []string(nil))
}

// A version that does not know all that happened, or a hole in the journal, changes nothing of what a person did outside.
func TestThatAReportWasMadeIsSaidOfAnIncidentThatIsShownAndNotDriven(t *testing.T) {
	h := owing(t)
	h.disaster("facility_lost")
	h.at(20 * time.Minute)
	e, err := Decode("teleported", []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	h.commit(Change{Incident: acmeIncident, Event: e})
	says(t, h.only().HandsOff, "teleported")

	// It is held to what it is held to otherwise.
	says(t, h.refuses("dave", Command{Verb: VerbReported, Incident: acmeIncident, Report: "initial"}).Reason, "requires evidence")
	says(t, h.refuses("alice", Command{Verb: VerbReported, Incident: acmeIncident, Report: "csirt", Over: true}).Reason, "needs a reason")
	says(t, h.refuses("dave", Command{Verb: VerbReported, Incident: acmeIncident, Report: "csirt", Over: true, Reason: "no duty"}).Reason, "dave may not report to csirt")

	_, err = h.draft().order("dave", Command{Verb: VerbReported, Incident: acmeIncident, Report: "insurer", Evidence: "receipt"})
	var unknown *NotFound
	if !errors.As(err, &unknown) {
		t.Fatalf("%v", err)
	}
	says(t, unknown.Hint, "does not know all that happened", "holdfast note")

	h.now = t0.Add(30 * time.Minute)
	equal(t, h.report("dave", "initial", "receipt 4711"), []string{"reported"})
	equal(t, h.order("alice", Command{Verb: VerbReported, Incident: acmeIncident, Report: "csirt", Over: true, Reason: "no personal data"}), []string{"reported"})
	for _, c := range h.only().Reports {
		equal(t, c.Open(), false)
	}
	says(t, h.only().Reports[0].Ending(), "in time")
	says(t, h.refuses("erin", Command{Verb: VerbReported, Incident: acmeIncident, Report: "initial", Evidence: "receipt 4712"}).Reason, "was already settled by dave")
	says(t, h.only().HandsOff, "teleported") // and it drives nothing again

	// So do the other words that only say what is so; those that would set something going do not.
	h.order("dave", Command{Verb: VerbNote, Incident: acmeIncident, Reason: "the provider called"})
	h.order("dave", Command{Verb: VerbAction, Incident: acmeIncident, Reason: "update both instances", Owner: "alice", Due: "2026-05-01"})
	h.order("alice", Command{Verb: VerbActionDone, Incident: acmeIncident, Action: 1, Reason: "change 17"})
	for _, verb := range []Verb{VerbDeclare, VerbInvoke, VerbAck, VerbDone, VerbApprove, VerbRetry, VerbSkip, VerbPause, VerbAbort, VerbRebase} {
		says(t, h.refuses("alice", Command{Verb: verb, Incident: acmeIncident, Step: "go", Reason: "so"}).Reason, "is shown, not driven", "nothing would come of it", "holdfast note "+acmeIncident, "holdfast stand-down "+acmeIncident)
	}
	h.order("alice", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "carried through by hand"})
}
