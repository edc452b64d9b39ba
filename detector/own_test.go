package detector_test

import (
	"slices"
	"strings"
	"testing"

	"holdfast/detector"
	"holdfast/detector/alert"
)

// payday is an organisation with a criterion of its own; WHEN and LEVEL stand for what it asks, and for what.
const payday = `
services:
  payroll: {vital: true, rto: 8h, mtpd: 24h, rtc: 30m, needs: [c], confirm_for: 5m}
  wages:   {vital: true, rto: 8h, mtpd: 24h, rtc: 30m, needs: [payroll], data: {ledger: {rpo: 5m}}}
  other:   {vital: true, rto: 8h, mtpd: 24h, rtc: 30m, needs: [e]}
  wiki:    {needs: [w]}
  odd:     {vital: true, rto: 8h, needs: [o]}
sites: {fra: {}}
observers: {a: {}, b: {}}
components:
  c: {site: fra, observers: [a]}
  e: {observers: [a, b]}
  w: {site: fra, observers: [a]}
  o: {observers: [a]}
criteria: {off: [decision_point], custom: {payday: {when: "WHEN", level: LEVEL}}}
`

func own(t *testing.T, when, level string) *house {
	t.Helper()
	return watch(t, strings.NewReplacer("WHEN", when, "LEVEL", level).Replace(payday))
}

func TestACriterionOfOnesOwnIsADisasterFromTheNanosecondOnAtWhichItHolds(t *testing.T) {
	h := own(t, "service('payroll').down_for > duration('20m')", "disaster")
	h.hear("0s", down("c"))
	h.expectLevel("20m", detector.MajorIncident)
	h.expectOffset("payday would be", h.criterion("10m", "payday").WouldAt, "20m0.000000001s")
	h.expectNext("5m", "20m0.000000001s")
	h.expectLevel("20m0.000000001s", detector.Disaster)
	c := h.criterion("30m", "payday")
	if want := "service('payroll').down_for > duration('20m') holds since 2026-11-23 12:20:00Z"; !slices.Contains(c.Evidence, want) {
		t.Errorf("evidence is %q, expected %q", c.Evidence, want)
	}
	if strings.Join(c.Services, " ") != "payroll wages" || c.Doubt != "" {
		t.Errorf("it is about payroll and what rests on it, without doubt: %+v", c)
	}
}

func TestACriterionOfOnesOwnIsNoDisasterBeforeAVitalServiceIsConfirmedBelow(t *testing.T) {
	h := own(t, "service('payroll').certainly_down", "disaster")
	h.hear("0s", down("c"))
	h.expectLevel("4m59s", detector.Impaired)
	h.expectCriterion("4m59s", "payday", detector.NotMet)
	h.expectNext("2m", "5m")
	h.expectLevel("5m", detector.Disaster)
}

func TestACriterionOfOnesOwnBelowADisasterNeedsNoConfirmation(t *testing.T) {
	h := own(t, "service('payroll').state != 'up'", "major_incident")
	h.hear("0s", degraded("c"))
	h.expectLevel("0s", detector.MajorIncident)
}

func TestWhatIsNotVitalStaysAnIncidentByAnyCriterion(t *testing.T) {
	h := own(t, "service('wiki').certainly_down", "major_incident")
	h.hear("0s", down("w"))
	h.expectLevel("0s", detector.Impaired)
	h.expectLevel("4h", detector.Impaired)
}

func TestACriterionOfOnesOwnIsAboutWhatItNames(t *testing.T) {
	h := own(t, "service('payroll').down_for < duration('1h')", "disaster") // it holds while payroll is up
	h.hear("0s", down("e"))
	h.expectLevel("2h", detector.MajorIncident)
	h.expectCriterion("2h", "payday", detector.NotMet)
}

func TestACriterionOfOnesOwnCountsServices(t *testing.T) {
	h := own(t, "services_down >= 4 && vital_down >= 3", "disaster")
	h.hear("0s", down("c"), down("e"))
	h.expectPayday("1h", "other", detector.NotMet)
	h.hear("1h", down("w"))
	h.expectPayday("1h", "other", detector.Met)
	h.expectPayday("1h", "payroll", detector.Met)
}

func TestAGapShorterThanRecoverForDoesNotBeginTheTimeDownAnew(t *testing.T) {
	h := own(t, "service('payroll').down_for > duration('20m')", "disaster")
	h.hear("0s", down("c"))
	h.hear("10m", up("c"))
	h.hear("15m", down("c"))
	h.expectCurrent("20m1s", detector.Disaster)
	h.hear("30m", up("c"))
	h.expectCurrent("31m", detector.Event)
}

func TestACriterionThatRestsOnWhatNobodySeesCannotBeTold(t *testing.T) {
	h := own(t, "service('other').certainly_down || component('o').state == 'down'", "major_incident")
	h.hear("0s", degraded("o"), says("a", "e", "up"))
	h.expectPayday("2m", "odd", detector.NotMet)
	h.hear("3m", labelled(alert.Unknown, "observer", "a", "component", "o"))
	h.expectPayday("3m", "odd", detector.CannotTell)
	h.hear("4m", down("o"))
	h.expectPayday("4m", "odd", detector.Met)
}

func TestACriterionThatCannotBeAnsweredIsUnknownAndSaysWhy(t *testing.T) {
	for when, why := range map[string]string{
		"service('payroll').certainly_down && 1 / (vital_down - vital_down) > 0":         "division by zero",
		"service('payroll').certainly_down && data('ledger').age > duration('5m')":       "no recovery point of ledger is known",
		"service('payroll').certainly_down && [true][services_down]":                     "index out of bounds",
		"service('payroll').certainly_down && now + duration('1h') > service('odd').lti": "",
	} {
		h := own(t, when, "disaster")
		h.hear("0s", down("c"))
		if why == "" {
			h.expectCriterion("10m", "payday", detector.NotMet) // odd is up: its latest time to invoke is far away
			continue
		}
		c := h.criterion("10m", "payday")
		if c.Answer != detector.CannotTell || len(c.Evidence) == 0 || !strings.Contains(strings.Join(c.Evidence, "\n"), why) {
			t.Errorf("%s is %s by %q, expected unknown by %q", when, c.Answer, c.Evidence, why)
		}
		h.expectLevel("10h", detector.MajorIncident)
	}
	h := own(t, "service('odd').time_to_lti < duration('1h')", "disaster")
	h.hear("0s", down("o"))
	if c := h.criterion("10m", "payday"); c.Answer != detector.CannotTell || !strings.Contains(c.Evidence[0], "nobody knows how long the recovery of odd takes") {
		t.Errorf("without an RTC there is no latest time to invoke: %+v", c)
	}
}

func TestACriterionOfOnesOwnIsInDoubtWhereWhatItAsksAboutIs(t *testing.T) {
	h := own(t, "component('w').state == 'down' && service('payroll').certainly_down", "disaster")
	h.hear("0s", down("c"), labelled(alert.Firing, "component", "w", "effect", "intentional", "by", "kim", "until", at("5h").Format("2006-01-02T15:04:05Z")))
	if c := h.payday("10m", "payroll"); c.Answer != detector.Met || !strings.Contains(c.Doubt, "switched off by responders") {
		t.Errorf("what responders switched off is recommended, never declared by itself: %+v", c)
	}
	h.hear("11m", down("w"))
	if c := h.payday("11m", "payroll"); c.Answer != detector.Met || c.Doubt != "" {
		t.Errorf("its observer says so now: %+v", c)
	}
}

func TestACriterionOfOnesOwnAsksOfSitesDataAndObservers(t *testing.T) {
	h := own(t, "site('fra').down_share >= 0.5 && site('fra').signal == 'impaired'", "disaster")
	h.hear("0s", down("c"))
	h.expectPayday("10m", "payroll", detector.NotMet)
	h.hear("10m", site("fra", "impaired"))
	h.expectPayday("10m", "payroll", detector.Met)

	h = own(t, "data('ledger').age > duration('3m') && data('ledger').condition == 'ok' && now >= data('ledger').recovery_point", "disaster")
	h.hear("0s", down("c"), with(labelled(alert.Firing, "data", "ledger", "effect", "recovery_point"), "instant", at("8m").Format("2006-01-02T15:04:05Z")))
	h.expectOffset("payday would be", h.criterion("7m", "payday").WouldAt, "11m0.000000001s")

	h = own(t, "observer('b').silent && service('payroll').certainly_down", "disaster")
	h.hear("0s", down("c"))
	h.hear("10m", labelled(alert.Firing, "observer", "b", "effect", "silent"))
	h.expectPayday("10m", "payroll", detector.Met)
}

func TestACriterionOfOnesOwnHearsOfASiteThatNothingInTroubleRestsOn(t *testing.T) {
	h := own(t, "service('other').certainly_down && site('fra').signal == 'impaired'", "disaster")
	h.hear("0s", says("a", "e", "down"))
	h.expectPayday("10m", "other", detector.NotMet)
	h.hear("11m", site("fra", "impaired"))
	h.expectPayday("11m", "other", detector.Met)
}

func (h *house) payday(offset, service string) detector.Criterion {
	h.t.Helper()
	for _, v := range h.Verdicts(at(offset)) {
		if !slices.ContainsFunc(v.Services, func(o detector.Outage) bool { return o.Service == service }) {
			continue
		}
		for _, c := range v.Explanation.Criteria {
			if c.ID == "payday" {
				return c
			}
		}
	}
	h.t.Fatalf("at %s nothing is said of %s and payday", offset, service)
	return detector.Criterion{}
}

func (h *house) expectPayday(offset, service string, want detector.Answer) {
	h.t.Helper()
	if c := h.payday(offset, service); c.Answer != want {
		h.t.Errorf("at %s payday is %s for %s, expected %s: %q", offset, c.Answer, service, want, c.Evidence)
	}
}
