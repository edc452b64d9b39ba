package incident

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
	"holdfast/oncall"
)

// reload adopts bia.yaml with some words replaced, and has the desk decide.
func (s *shift) reload(files map[string]string, old, replacement string) map[string]string {
	s.Helper()
	files = with(s.T, files, "bia.yaml", old, replacement)
	docs, problems := ParseDocuments(files)
	if problems.HasErrors() {
		s.Fatal(problems.Error())
	}
	s.commit(false, s.desk.Adopt(docs, Actor{Rule: "reload"})...)
	s.settle()
	return files
}

func (s *shift) refuses(person string, c Command) *Refusal {
	s.Helper()
	_, err := s.desk.Order(s.now, &oncall.Person{ID: person}, c)
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		s.Fatalf("not refused: %v", err)
	}
	return refusal
}

func (s *shift) incident(id string) Incident {
	s.Helper()
	i, ok := s.desk.Incident(id)
	if !ok {
		s.Fatalf("there is no incident %s among %d", id, len(s.desk.Incidents()))
	}
	return i
}

func biaDigest(t *testing.T, files map[string]string) string {
	t.Helper()
	docs, _ := ParseDocuments(files)
	return docs.BIA.Digest
}

const reporting = "reporting-0412"

// lost8h is a shift on which reporting is lost and classified a major incident.
func lost8h(t *testing.T) (*shift, map[string]string) {
	t.Helper()
	files := acme()
	s := newShift(t, files)
	s.hear("component report-fra down")
	s.until(6 * time.Minute)
	i := s.incident(reporting)
	equal(t, i.Level, detector.MajorIncident)
	equal(t, i.JudgedBy, biaDigest(t, files))
	return s, files
}

func TestAnIncidentKeepsTheTextItWasOpenedUnderAndALaterOneHasTheNewOne(t *testing.T) {
	s, files := lost8h(t)
	opened := biaDigest(t, files)
	files = s.reload(files, "reporting: {vital: true, rto: 8h,", "reporting: {vital: true, rto: 2h,")

	i := s.incident(reporting)
	equal(t, i.JudgedBy, opened)
	c, _ := i.Recovery("reporting")
	equal(t, c.Objectives.RTO, 8*time.Hour)
	s.until(90 * time.Minute) // past the new latest time to invoke
	equal(t, s.incident(reporting).Level, detector.MajorIncident)
	equal(t, len(s.desk.Incidents()), 1)

	s.hear("component report-fra up")
	s.until(2 * time.Hour)
	equal(t, s.incident(reporting).Open(), false)
	equal(t, s.desk.olderTexts(), []string(nil))
	s.hear("component report-fra down")
	s.until(4*time.Hour + 30*time.Minute)
	again := s.incident(reporting + "-2")
	equal(t, again.JudgedBy, biaDigest(t, files))
	equal(t, again.Level, detector.Disaster)
	s.restartAnywhere()
}

func TestAReloadThatDropsAServiceDoesNotEndItsOutage(t *testing.T) {
	s, files := lost8h(t)
	s.reload(files, "  reporting: {vital: true, rto: 8h, mtpd: 24h, wrt: 1h, rtc: 1h, needs: [report-fra]}\n", "")
	s.until(30 * time.Minute)
	i := s.incident(reporting)
	equal(t, i.Open(), true)
	equal(t, i.Verdict.Open, true)
	s.hear("component report-fra up")
	s.until(time.Hour)
	equal(t, s.incident(reporting).Open(), false)
	s.restartAnywhere()
}

func TestARebaseMovesOneIncidentOverAndIsOnRecord(t *testing.T) {
	s, files := lost8h(t)
	opened := biaDigest(t, files)
	says(t, s.refuses("alice", Command{Verb: VerbRebase, Incident: reporting, Reason: "x"}).Reason, "judged by the bia.yaml in force")
	files = s.reload(files, "reporting: {vital: true, rto: 8h,", "reporting: {vital: true, rto: 2h,")
	s.until(90 * time.Minute)

	says(t, s.refuses("dave", Command{Verb: VerbRebase, Incident: reporting, Reason: "x"}).Reason, "dave may not rebase")
	says(t, s.refuses("alice", Command{Verb: VerbRebase, Incident: reporting}).Reason, "needs a reason")
	s.order("alice", Command{Verb: VerbRebase, Incident: reporting, Reason: "the new RTO holds"})
	i := s.incident(reporting)
	equal(t, i.JudgedBy, biaDigest(t, files))
	equal(t, i.Level, detector.Disaster)
	equal(t, s.desk.olderTexts(), []string(nil))
	var e Rebased
	for _, r := range i.Timeline {
		if found, ok := r.Event.(Rebased); ok {
			e = found
		}
	}
	equal(t, e, Rebased{From: opened, To: i.JudgedBy, By: Actor{Person: "alice", Role: "incident-director"}, Reason: "the new RTO holds", Tell: []string{"alice", "bob", "carol"}})
	refusal := s.refuses("bob", Command{Verb: VerbRebase, Incident: reporting, Reason: "me too"})
	equal(t, refusal.By.Person, "alice")
	equal(t, refusal.At, s.now)
	s.restartAnywhere()
}

func TestNeitherAReloadNorARebaseUndeclares(t *testing.T) {
	s := newShift(t, automatic(t))
	s.hear("component pay-fra down", "component ledger-db-fra down", "site fra1 lost")
	s.until(6 * time.Minute)
	s.reload(automatic(t), "vital: true, rto: 2h, mtpd: 4h, wrt: 30m, rtc: 40m", "rto: 2h, mtpd: 4h, wrt: 30m, rtc: 40m")
	s.until(20 * time.Minute)
	equal(t, s.incident(burning).Verdict.Level, detector.Disaster)
	s.order("alice", Command{Verb: VerbRebase, Incident: burning, Reason: "it is not vital after all"})
	s.until(time.Hour)
	if i := s.incident(burning); i.Declared == nil || !i.Open() {
		t.Fatal("a rebase took back a declaration")
	}
	s.restartAnywhere()
}

func TestAnOlderTextDelegatesNothingThatTheTextInForceDoesNot(t *testing.T) {
	for old, replacement := range map[string]string{
		"mode: automatic": "mode: recommend",
		"automatic_for: [decision_point, facility_lost]": "automatic_for: [decision_point]",
	} {
		s := newShift(t, automatic(t))
		s.order("alice", Command{Verb: VerbArm, Reason: "we watch it"})
		s.hear("component pay-fra down", "component ledger-db-fra down")
		s.until(6 * time.Minute)
		opened := s.incident(burning).JudgedBy
		s.reload(automatic(t), old, replacement)
		s.hear("site fra1 lost")
		s.until(7 * time.Minute)
		i := s.incident(burning)
		if equal(t, i.JudgedBy, opened); i.Declared != nil || i.Recommended == nil {
			t.Errorf("with %s the disaster was declared by %+v, recommended %+v", replacement, i.Declared, i.Recommended)
		}
		s.restartAnywhere()
	}
}

func TestWhatAnOlderTextKnowsNothingOfOpensAnIncidentOfItsOwn(t *testing.T) {
	s, files := lost8h(t)
	s.reload(files, "  unplanned:", "  ledger-reports: {vital: true, rto: 4h, mtpd: 8h, wrt: 1h, rtc: 1h, needs: [report-fra]}\n  unplanned:")
	s.until(10 * time.Minute)
	equal(t, len(s.desk.Incidents()), 2)
	own := s.incident("ledger-reports-0412")
	equal(t, len(own.Verdict.Services), 1)
	equal(t, own.Level, detector.MajorIncident)
	for _, c := range own.Verdict.Explanation.Criteria {
		if strings.Contains(strings.Join(c.Services, " "), "reporting") {
			t.Errorf("%s is carried by what the other incident answers for", c.ID)
		}
	}
	s.hear("component report-fra up")
	s.until(time.Hour)
	equal(t, s.incident(reporting).Open(), false)
	equal(t, s.incident("ledger-reports-0412").Open(), false)
	equal(t, len(s.desk.Incidents()), 2)
	s.restartAnywhere()
}

func TestATextUnderWhichAnOutageIsNotOverYetDoesNotOpenItAgain(t *testing.T) {
	s, files := lost8h(t)
	s.hear("component report-fra up")
	s.reload(files, "recover_for: 10m", "recover_for: 2h")
	s.until(time.Hour)
	equal(t, s.incident(reporting).Open(), false)
	equal(t, len(s.desk.Incidents()), 1)
	s.hear("component report-fra down") // a relapse by the text in force
	s.until(70 * time.Minute)
	equal(t, len(s.desk.Incidents()), 2)
	s.restartAnywhere()
}

func TestATextThatComesBackIntoForceIsTheOneThatWasJudgedByAllAlong(t *testing.T) {
	s, files := lost8h(t)
	s.reload(files, "reporting: {vital: true, rto: 8h,", "reporting: {vital: true, rto: 2h,")
	equal(t, len(s.desk.olderTexts()), 1)
	s.reload(files, "organisation: Acme Payments", "organisation: Acme Payments") // the first text again
	equal(t, s.desk.olderTexts(), []string(nil))
	says(t, s.refuses("alice", Command{Verb: VerbRebase, Incident: reporting, Reason: "x"}).Reason, "judged by the bia.yaml in force")
	s.restartAnywhere()
}

func TestOnlySoManyOlderTextsAreJudgedByAndTheOldestGivesWayOnTheRecord(t *testing.T) {
	files := with(t, acme(), "bia.yaml", "  loose: {class: compute, observers: [prom]}", "  loose: {class: compute, observers: [prom]}\n  c0: {}\n  c1: {}\n  c2: {}\n  c3: {}\n  c4: {}\n  c5: {}")
	files = with(t, files, "bia.yaml", "  unplanned:", "  s0: {rto: 1h, needs: [c0]}\n  s1: {rto: 1h, needs: [c1]}\n  s2: {rto: 1h, needs: [c2]}\n  s3: {rto: 1h, needs: [c3]}\n  s4: {rto: 1h, needs: [c4]}\n  s5: {rto: 1h, needs: [c5]}\n  unplanned:")
	s := newShift(t, files)
	for n := range 6 {
		s.hear(fmt.Sprintf("component c%d down", n))
		s.until(time.Duration(5*n+3) * time.Minute)
		files = s.reload(files, "rto: 8h, mtpd: 24h", fmt.Sprintf("rto: 8h, mtpd: %dh", 25+n))
		files = with(t, files, "bia.yaml", fmt.Sprintf("mtpd: %dh", 25+n), "mtpd: 24h")
	}
	equal(t, len(s.desk.olderTexts()), textsMost)
	first := s.incident("s0-0412")
	says(t, Sentence(first.Timeline[len(first.Timeline)-1]), "The rule at most 4 older texts are judged by had it judged by the bia.yaml")
	notice := first.Notices[len(first.Notices)-1]
	says(t, notice.Subject, "[s0-0412] The rule at most 4 older texts")
	s.restartAnywhere()
}

func TestPeopleAreAlwaysThoseInForce(t *testing.T) {
	s, files := lost8h(t)
	files = with(t, files, "people.yaml", "incident-director:", "crisis-lead:")
	files = with(t, files, "people.yaml", "head-of-operations:", "head-of-delivery:")
	files = with(t, files, "bia.yaml", "successors: [head-of-operations]", "successors: [head-of-delivery]")
	files = with(t, files, "playbooks/failover.yaml", "ack: {role: on-call-pay, within: 5m, escalate: [head-of-operations]}", "ack: {role: on-call-pay, within: 5m, escalate: [head-of-delivery]}")
	files["playbooks/failover.yaml"] = strings.ReplaceAll(files["playbooks/failover.yaml"], "incident-director", "crisis-lead")
	s.reload(files, "authority: incident-director", "authority: crisis-lead")
	equal(t, len(s.desk.olderTexts()), 1)
	s.order("alice", Command{Verb: VerbDeclare, Incident: reporting, Reason: "nobody can wait"})
	equal(t, s.incident(reporting).Declared.By, Actor{Person: "alice", Role: "crisis-lead"})
}

func TestPeopleCanStillSpeakOfWhatOnlyAnOlderTextKnows(t *testing.T) {
	s, files := lost8h(t)
	s.reload(files, "  reporting: {vital: true, rto: 8h, mtpd: 24h, wrt: 1h, rtc: 1h, needs: [report-fra]}\n", "")
	s.order("alice", Command{Verb: VerbFacility, Site: "fra1", State: "lost", Reason: "flooded"})
	s.order("alice", Command{Verb: VerbEstimate, Services: []string{"reporting"}, Estimate: "none"})
	s.order("alice", Command{Verb: VerbBackdate, Services: []string{"reporting"}, At: t0.Add(-time.Hour), Reason: "first tickets"})
	i := s.incident(reporting)
	equal(t, i.Level, detector.Disaster)
	equal(t, i.Verdict.MetCriteria(), []string{"estimate_exceeds_rto", "facility_lost", "service_impaired", "vital_below_mbco"})
	equal(t, i.Verdict.Since, t0.Add(-time.Hour))
	s.restartAnywhere()
	s.hear("component report-fra up")
	s.until(time.Hour)
	_, err := s.desk.Order(s.now, &oncall.Person{ID: "alice"}, Command{Verb: VerbEstimate, Services: []string{"reporting"}, Estimate: "none"})
	var missing *NotFound
	if !errors.As(err, &missing) {
		t.Errorf("nobody needs the older text any more: %v", err)
	}
}
