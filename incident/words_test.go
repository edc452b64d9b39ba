package incident

import (
	"errors"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
)

// owned is a house in which services have owners, data, and roles of responders.
func owned(t *testing.T) map[string]string {
	t.Helper()
	files := with(t, acme(), "bia.yaml", "reporting: {vital: true,", "reporting: {owner: on-call-pay, data: {figures: {rpo: 5m}}, vital: true,")
	files = with(t, files, "bia.yaml", "  decision_time_objective: 20m", "  decision_time_objective: 20m\n  responders: [facility-desk]")
	return with(t, files, "people.yaml", "  on-call-pay:", "  facility-desk: {people: [frank]}\n  on-call-pay:")
}

func outage(t *testing.T) *shift {
	t.Helper()
	s := newShift(t, owned(t))
	s.hear("component report-fra down")
	s.until(10 * time.Minute)
	return s
}

// criterion is the answer of a criterion to the outage of reporting.
func (s *shift) criterion(criterion string) detector.Answer {
	s.Helper()
	for _, v := range s.desk.VerdictsOn(s.incident(reporting), s.now) {
		for _, c := range v.Explanation.Criteria {
			if c.ID == criterion {
				return c.Answer
			}
		}
	}
	return ""
}

func TestWhatPeopleSayIsJudgedByAndStandsInTheStoryOfTheIncidentAfterAnyRestart(t *testing.T) {
	s := outage(t)
	s.order("dave", Command{Verb: VerbEstimate, Services: []string{"reporting"}, Estimate: "none", Reason: "the provider says nothing"})
	equal(t, s.criterion("estimate_exceeds_rto"), detector.Met)
	s.order("frank", Command{Verb: VerbFacility, Site: "fra1", State: "lost", Reason: "flooded"})
	equal(t, s.criterion("facility_lost"), detector.Met)
	s.order("frank", Command{Verb: VerbData, Data: "figures", State: "unusable", Reason: "the disks are under water"})
	equal(t, s.criterion("data_loss"), detector.Met)
	s.order("dave", Command{Verb: VerbData, Data: "figures", State: "recovery_point", At: t0.Add(-time.Minute)})
	equal(t, s.criterion("data_loss"), detector.NotMet)
	s.order("frank", Command{Verb: VerbFacility, Site: "fra1", State: "ok", Reason: "it was the other building"})
	equal(t, s.criterion("facility_lost"), detector.NotMet)
	s.order("dave", Command{Verb: VerbBackdate, Services: []string{"reporting"}, At: t0.Add(-3 * time.Hour), Reason: "first tickets of customers"})
	c, _ := s.incident(reporting).Recovery("reporting")
	equal(t, c.Since, t0.Add(-3*time.Hour))
	equal(t, c.Clocks.Deadline, t0.Add(5*time.Hour))
	s.order("dave", Command{Verb: VerbIntentional, Component: "report-fra", Until: s.now.Add(time.Hour)})
	s.order("frank", Command{Verb: VerbIntentional, Component: "report-fra", Over: true})
	s.until(20 * time.Minute)

	var told []string
	for _, r := range s.incident(reporting).Timeline {
		if _, ok := r.Event.(word); ok {
			told = append(told, string(r.Event.Kind()))
		}
	}
	equal(t, told, []string{"estimated", "facility_reported", "data_reported", "data_reported", "facility_reported", "backdated", "switched_off", "switched_on"})
	s.restartAnywhere()
}

func TestPlannedMaintenanceOfAPersonHoldsAfterARestartUntilItIsCalledOff(t *testing.T) {
	s := newShift(t, owned(t))
	plan := Command{Verb: VerbMaintenance, Change: "CHG-1", Until: t0.Add(3 * time.Hour), Scope: []string{"report-fra"}, Expect: map[string]string{"reporting": "down"}, Reason: "kernel"}
	s.order("dave", plan)
	s.hear("component report-fra down")
	s.until(time.Hour)
	equal(t, len(s.desk.Incidents()), 0)
	refusal := s.refuses("alice", plan)
	says(t, refusal.Reason, "CHG-1 was announced by dave (on-call-pay)")
	equal(t, refusal.By.Person, "dave")
	s.order("alice", Command{Verb: VerbMaintenance, Change: "CHG-1", Over: true, Reason: "not today"})
	s.until(70 * time.Minute)
	equal(t, s.incident(reporting).Level, detector.MajorIncident)
	says(t, s.refuses("alice", Command{Verb: VerbMaintenance, Change: "CHG-1", Over: true}).Reason, "nobody has announced")
	s.restartAnywhere()
}

func TestNotEverybodyMaySayWhatIsJudgedBy(t *testing.T) {
	s := outage(t)
	for _, c := range []struct {
		who     string
		command Command
		why     string
	}{
		{"erin", Command{Verb: VerbFacility, Site: "fra1", State: "lost"}, "erin may not signal the state of a site: that is for incident-director or head-of-operations or facility-desk"},
		{"frank", Command{Verb: VerbMaintenance, Change: "C", Until: t0.Add(time.Hour), Scope: []string{"report-fra"}, Expect: map[string]string{"reporting": "down"}}, "frank may not plan maintenance of reporting"},
		{"dave", Command{Verb: VerbMaintenance, Change: "C", Until: t0.Add(time.Hour), Scope: []string{"report-fra"}, Expect: map[string]string{"reporting": "down", "unplanned": "down"}}, "dave may not plan maintenance of unplanned"},
		{"dave", Command{Verb: VerbEstimate, Services: []string{"unplanned"}, Estimate: "1h"}, "dave may not estimate when unplanned is back"},
		{"dave", Command{Verb: VerbIntentional, Component: "loose", Until: t0.Add(time.Hour)}, "dave may not mark a component"},
		{"dave", Command{Verb: VerbBackdate, Services: []string{"unplanned"}, At: t0.Add(-time.Hour), Reason: "x"}, "dave may not move the start"},

		{"dave", Command{Verb: VerbEstimate, Services: []string{"reporting"}, Estimate: "soon"}, `not "soon"`},
		{"dave", Command{Verb: VerbEstimate}, "name the one service"},
		{"frank", Command{Verb: VerbFacility, Site: "fra1", State: "burning"}, `not "burning"`},
		{"frank", Command{Verb: VerbData, Data: "figures", State: "gone"}, `not "gone"`},
		{"frank", Command{Verb: VerbData, Data: "figures", State: "recovery_point", At: t0.Add(time.Hour)}, "an instant that has been"},
		{"frank", Command{Verb: VerbIntentional, Component: "report-fra"}, "until when"},
		{"frank", Command{Verb: VerbIntentional, Component: "report-fra", Over: true}, "nobody has marked"},
		{"dave", Command{Verb: VerbBackdate, Services: []string{"reporting"}, At: t0.Add(-time.Hour)}, "needs a reason"},
		{"dave", Command{Verb: VerbBackdate, Services: []string{"reporting"}, At: t0.Add(time.Minute), Reason: "x"}, "can only be moved back"},
		{"dave", Command{Verb: VerbBackdate, Services: []string{"reporting"}, At: t0.Add(-48 * time.Hour), Reason: "x"}, "max_age"},
		{"alice", Command{Verb: VerbBackdate, Services: []string{"unplanned"}, At: t0.Add(-time.Hour), Reason: "x"}, "in no outage"},
		{"alice", Command{Verb: VerbMaintenance}, "number of its change"},
		{"alice", Command{Verb: VerbMaintenance, Change: "C"}, "ends after it begins"},
		{"alice", Command{Verb: VerbMaintenance, Change: "C", Until: t0.Add(time.Hour)}, "what is worked on"},
		{"alice", Command{Verb: VerbMaintenance, Change: "C", Until: t0.Add(time.Hour), Scope: []string{"site fra1"}}, "what it may do"},
		{"alice", Command{Verb: VerbMaintenance, Change: "C", Until: t0.Add(time.Hour), Scope: []string{"site fra1"}, Expect: map[string]string{"reporting": "up"}}, `not "up"`},
	} {
		if refusal := s.refuses(c.who, c.command); !strings.Contains(refusal.Reason, c.why) {
			t.Errorf("%s %s: %q does not say %q", c.who, c.command.Verb, refusal.Reason, c.why)
		}
	}
	for _, c := range []Command{
		{Verb: VerbEstimate, Services: []string{"reportin"}, Estimate: "1h"}, {Verb: VerbFacility, Site: "fra", State: "lost"}, {Verb: VerbData, Data: "figure", State: "ok"},
		{Verb: VerbIntentional, Component: "report-fr"}, {Verb: VerbMaintenance, Change: "C", Until: t0.Add(time.Hour), Scope: []string{"site fra"}, Expect: map[string]string{"reporting": "down"}},
	} {
		_, err := s.desk.draft(s.now).order("alice", c)
		var missing *NotFound
		if !errors.As(err, &missing) || !strings.Contains(missing.Hint, "did you mean") {
			t.Errorf("%s of something that does not exist: %v", c.Verb, err)
		}
	}
	var missing *NotFound
	if err := s.desk.draft(s.now).missing("data", "figures", nil); !errors.As(err, &missing) || missing.Hint != "bia.yaml names none" {
		t.Errorf("data, where bia.yaml names none: %v", err)
	}
}

func TestWhatStandsAlreadyIsRefusedWithWhoSaidItAndWhen(t *testing.T) {
	s := outage(t)
	lost := Command{Verb: VerbFacility, Site: "fra1", State: "lost", Reason: "flooded"}
	s.order("frank", lost)
	at := s.now
	s.until(15 * time.Minute)
	refusal := s.refuses("alice", lost)
	says(t, refusal.Reason, "frank (facility-desk) signalled the site fra1 lost: flooded")
	equal(t, refusal.By, Actor{Person: "frank", Role: "facility-desk"})
	equal(t, refusal.At, at)
}

func TestAShadowHearsPeopleToo(t *testing.T) {
	docs, _ := ParseDocuments(owned(t))
	s := &shift{T: t, desk: NewDesk(), now: t0}
	changes, err := s.desk.Shadow("one", "test")
	if err != nil {
		t.Fatal(err)
	}
	s.commit(false, changes...)
	s.commit(false, s.desk.Adopt(docs, Actor{Rule: "start"})...)
	s.order("frank", Command{Verb: VerbFacility, Site: "fra1", State: "lost", Reason: "flooded"})
	says(t, s.refuses("alice", Command{Verb: VerbDeclare, Services: []string{"reporting"}}).Reason, "shadow mode")
}

func TestWithoutARosterAnybodyMaySayWhatTheySee(t *testing.T) {
	files := owned(t)
	delete(files, "people.yaml")
	s := newShift(t, files)
	s.order("somebody", Command{Verb: VerbFacility, Site: "fra1", State: "impaired", Reason: "on generator"})
}

func TestTheNumberOfAChangeIsShortEnoughToBeTold(t *testing.T) {
	s := outage(t)
	for _, change := range []string{"", strings.Repeat("x", longestChange+1)} {
		says(t, s.refuses("alice", Command{Verb: VerbMaintenance, Change: change, Until: s.now.Add(time.Hour), Scope: []string{"report-fra"}, Expect: map[string]string{"reporting": "down"}}).Reason,
			"the number of its change, of at most 256 bytes")
	}
}
