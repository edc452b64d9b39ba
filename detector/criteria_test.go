package detector_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
	"holdfast/detector/alert"
)

// sites is a vital service with needs at one of two sites.
const sites = `
services:
  s: {vital: true, rto: 8h, mtpd: 24h, rtc: 30m, rpo: 5m, needs: [{any_of: [db-1, db-2], full: 2, minimum: 1}], data: {ledger: {rpo: 5m}}}
sites: {fra: {}, ams: {}}
observers: {a: {}, b: {}}
components:
  db-1: {site: fra, class: database, observers: [a, b]}
  db-2: {site: fra, class: database, observers: [a, b]}
  net:  {site: fra, class: network, observers: [a, b]}
  far:  {site: ams, class: network, observers: [a, b]}
`

func TestALostSiteIsADisasterOnceAVitalServiceThereIsConfirmedBelow(t *testing.T) {
	h := watch(t, sites)
	h.hear("0s", site("fra", "lost"))
	h.expectLevel("1h", detector.Event)
	h.hear("1h", says("a", "db-1", "down"), says("a", "db-2", "down"))
	h.expectLevel("1h4m59s", detector.Impaired)
	h.expectLevel("1h5m", detector.Disaster)
	h.expectCriterion("1h5m", "facility_lost", detector.Met)
	if lost := fmt.Sprint(h.situation("1h5m").Lost); lost != "[fra]" {
		t.Errorf("lost are %s, expected [fra]", lost)
	}
	h.hear("2h", site("fra", "ok"))
	h.expectCriterion("2h", "facility_lost", detector.NotMet)
	h.expectLevel("2h", detector.Disaster)
}

func TestALostSiteWithoutNeedsThereIsNone(t *testing.T) {
	h := watch(t, sites)
	h.hear("0s", site("ams", "lost"), says("a", "db-1", "down"), says("a", "db-2", "down"))
	h.expectLevel("1h", detector.MajorIncident)
}

func TestAnImpairedSiteCountsWithHalfOfItsComponentsDown(t *testing.T) {
	h := watch(t, sites)
	h.hear("0s", site("fra", "impaired"), says("a", "db-1", "down"), says("a", "db-2", "down"))
	h.expectLevel("5m", detector.Disaster)
	h.expectCriterion("5m", "facility_impaired", detector.Met)
	h.expectCriterion("5m", "facility_lost", detector.NotMet)
}

func TestASiteIsInferredLostByShareClassesAndObservers(t *testing.T) {
	h := watch(t, sites)
	h.hear("0s", says("a", "db-1", "down"), says("a", "db-2", "down"), says("a", "net", "down"))
	h.expectLevel("10m", detector.MajorIncident) // by one observer alone
	h.hear("10m", says("b", "net", "down"))
	h.expectLevel("10m", detector.Disaster)
	h.expectCriterion("10m", "site_loss_inferred", detector.Met)
}

func TestWhatWasSwitchedOffIsNoEvidenceOfALostSite(t *testing.T) {
	h := watch(t, sites)
	h.hear("0s", says("a", "db-1", "down"), says("b", "db-2", "down"), labelled(alert.Firing, "component", "net", "effect", "intentional", "by", "kim", "until", at("5h").Format("2006-01-02T15:04:05Z")))
	h.expectLevel("10m", detector.MajorIncident)
	if all := strings.Join(h.situation("10m").Explanation.NotCounted, "\n"); all != "" {
		t.Errorf("net is nothing to the service: %q", all)
	}
}

func TestAnEstimateBehindTheDeadlineIsADisasterAndANewerOneTakesItBack(t *testing.T) {
	h := watch(t, sites)
	h.hear("0s", says("a", "db-1", "down"), says("a", "db-2", "down"))
	h.hear("10m", estimates("s", "7h"))
	h.expectLevel("10m", detector.MajorIncident)
	h.hear("20m", estimates("s", "none"))
	h.expectCriterion("20m", "estimate_exceeds_rto", detector.Met)
	h.hear("30m", estimates("s", "1h"))
	h.expectCriterion("30m", "estimate_exceeds_rto", detector.NotMet)
	h.expectCurrent("30m", detector.MajorIncident)
	h.expectLevel("30m", detector.Disaster)
}

func TestAnEstimateOfAnEarlierOutageSaysNothingOfThisOne(t *testing.T) {
	h := watch(t, sites)
	h.hear("0s", estimates("s", "none"))
	h.hear("1h", says("a", "db-1", "down"), says("a", "db-2", "down"), says("b", "db-1", "down"))
	h.expectLevel("1h10m", detector.MajorIncident)
}

func TestUnusableDataIsADisasterIfTheRecoveryPointIsTooOldOrUnknown(t *testing.T) {
	point := labelled(alert.Firing, "data", "ledger", "effect", "recovery_point")
	for _, c := range []struct {
		point string
		want  detector.Level
	}{
		{"", detector.Disaster},
		{"-6m", detector.Disaster},
		{"-5m", detector.MajorIncident},
	} {
		h := watch(t, sites)
		if c.point != "" {
			h.hear("0s", with(point, "instant", at(c.point).Format("2006-01-02T15:04:05Z")))
		}
		h.hear("0s", says("a", "db-1", "down"), says("a", "db-2", "down"), labelled(alert.Firing, "data", "ledger", "effect", "unusable"))
		h.expectLevel("5m", c.want)
	}
}

func TestCompromisedDataIsAMajorIncidentAtOnceThoughAllIsUp(t *testing.T) {
	h := watch(t, sites)
	h.hear("0s", labelled(alert.Firing, "data", "ledger", "effect", "compromised"))
	h.expectLevel("0s", detector.MajorIncident)
	if c := h.criterion("0s", detector.DataCompromised); c.Answer != detector.Met || c.Doubt == "" {
		t.Errorf("compromised data is met and never automatic: %+v", c)
	}
	h.hear("1h", labelled(alert.Resolved, "data", "ledger"))
	h.expectLevel("1h9m59s", detector.MajorIncident)
	if h.situation("1h10m").Open {
		t.Error("expected the situation to be over")
	}
}

func TestTheImpactOverTimeMakesADisasterAtItsThreshold(t *testing.T) {
	h := watch(t, `
criteria: {off: [decision_point]}
processes:
  p: {vital: true, rto: 3h, mtpd: 3h, rtc: 10m, needs: [c], impact_over_time: {financial: {1h: moderate, 3h: intolerable}, customer: {8h: intolerable}}}
  q: {vital: true, rto: 8h, mtpd: 8h, rtc: 10m, needs: [e], activate_after: 90m}
components: {c: {}, e: {}}
`)
	h.hear("0s", down("c"))
	h.expectLevel("2h59m59s", detector.MajorIncident)
	h.expectLevel("3h", detector.Disaster)
	h.expectCriterion("3h", "impact_threshold", detector.Met)
	h.hear("3h", up("c"))
	h.hear("30h", down("e"))
	h.expectLevel("31h29m59s", detector.MajorIncident)
	h.expectLevel("31h30m", detector.Disaster)
}

// three are vital services that fail on their own.
const three = `
services:
  s1: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [a, shared]}
  s2: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [b, shared]}
  s3: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [c]}
components: {a: {}, b: {}, c: {}, shared: {}}
`

func TestThreeVitalServicesOfDifferentRootCausesTogetherAreADisaster(t *testing.T) {
	h := watch(t, three)
	h.hear("0s", down("a"), down("b"))
	h.hear("10m", down("c"))
	for _, v := range h.Verdicts(at("24m59s")) {
		if v.Level != detector.MajorIncident {
			t.Errorf("%s is %s before all three are lost for 15m", v.Key, v.Level)
		}
	}
	verdicts := h.Verdicts(at("25m"))
	if len(verdicts) != 3 {
		t.Errorf("expected three situations, one a root cause: %v", keys(verdicts))
	}
	for _, v := range verdicts {
		if got := fmt.Sprint(v.MetCriteria()); got != "[concurrent_loss service_impaired vital_below_mbco]" {
			t.Errorf("%s meets %s", v.Key, got)
		}
	}
}

func TestACommonCauseIsNoConcurrentLoss(t *testing.T) {
	h := watch(t, three)
	h.hear("0s", down("a"), down("b"), down("c"), down("shared"))
	for _, v := range h.Verdicts(at("1h")) {
		if v.Level != detector.MajorIncident {
			t.Errorf("%s is %s by %v", v.Key, v.Level, v.MetCriteria())
		}
	}
}

func TestACriterionThatIsSwitchedOffDoesNotApply(t *testing.T) {
	h := watch(t, "criteria: {off: [decision_point, service_impaired]}\n"+one)
	h.hear("0s", down("c"))
	h.expectLevel("4m", detector.Event)
	h.expectLevel("24h", detector.MajorIncident)
}

// planned is a vital service on two feeds, one of which is worked on between 1h and 3h.
const planned = `
services:
  s: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [{any_of: [feed-a, feed-b], full: 2, minimum: 1}, other]}
  above: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [s]}
sites: {dc: {}}
components: {feed-a: {site: dc}, feed-b: {site: dc}, other: {}}
maintenance:
  - {change: CHG-1, approved_by: board, from: 2026-11-23T13:00:00Z, to: 2026-11-23T15:00:00Z, scope: [feed-a], expect: {s: degraded}, grace: 5m}
`

func TestMaintenanceThatGoesAsPlannedIsNotCounted(t *testing.T) {
	h := watch(t, planned)
	h.hear("1h", down("feed-a"))
	h.expectService("1h", "s", detector.Up)
	h.expectService("1h", "above", detector.Up)
	h.hear("2h", up("feed-a"))
	h.expectLevel("24h", detector.Event)
}

func TestMaintenanceThatIsWorseOrWiderCountsAtOnce(t *testing.T) {
	h := watch(t, planned)
	h.hear("1h", down("feed-a"))
	h.hear("90m", down("feed-b"))
	h.expectService("90m", "s", detector.Down)
	h.expectOffset("t0", h.outage("100m", "s").Since, "90m")

	h = watch(t, planned)
	h.hear("1h", down("feed-a"))
	h.hear("90m", degraded("other"))
	h.expectService("90m", "s", detector.Degraded)
}

func TestMaintenanceThatOverrunsCountsFromTheEndOfItsGrace(t *testing.T) {
	h := watch(t, planned)
	h.hear("1h", down("feed-a"))
	h.expectNext("1h", "3h5m")
	h.expectService("3h4m59s", "s", detector.Up)
	h.expectService("3h5m", "s", detector.Degraded)
}

func TestMaintenanceBeforeItsWindowCounts(t *testing.T) {
	h := watch(t, planned)
	h.hear("50m", down("feed-a"))
	h.expectService("50m", "s", detector.Degraded)
	h.expectService("1h", "s", detector.Up)
}

func TestNoAlertMakesAVerdictTooLongToBeWrittenDown(t *testing.T) {
	h := watch(t, one)
	long := strings.Repeat("x", 900_000)
	h.hear("0s", labelled(alert.Firing, "component", "c", "effect", "intentional", "by", long, "until", "2026-11-24T12:00:00Z"),
		labelled(alert.Firing, "effect", "maintenance", "scope", "c", "change", long, "expect", "degraded", "from", "2026-11-23T12:00:00Z", "to", "2026-11-24T12:00:00Z"))
	text, err := json.Marshal(h.situation("10m"))
	if err != nil || len(text) > 64<<10 {
		t.Errorf("the verdict has %d bytes (%v)", len(text), err)
	}
}

func TestMaintenanceCanBeAnnouncedAndCalledOff(t *testing.T) {
	h := watch(t, planned)
	window := labelled(alert.Firing, "effect", "maintenance", "from", "2026-11-24T00:00:00Z", "to", "2026-11-24T02:00:00Z", "scope", "site dc,other", "expect", "degraded")
	window.Vouched = true
	h.hear("1h", window)
	h.hear("12h", down("feed-a"), degraded("other"))
	h.expectService("12h", "s", detector.Up)
	off := labelled(alert.Resolved, "effect", "maintenance", "from", window.Labels.Get("from"), "to", window.Labels.Get("to"), "scope", "site dc,other", "expect", "degraded")
	off.Vouched = true
	h.hear("13h", off)
	h.expectService("13h", "s", detector.Degraded)
	if n := h.Heard().Unmapped; n != 0 {
		t.Errorf("%d alerts are unmapped, expected none", n)
	}
}

// calendar is a house in which one observer may announce maintenance, and another may not.
const calendar = `
observers: {changes: {speaks_on: [holdfast.alerts.changes], maintenance: true}, a: {speaks_on: [holdfast.alerts.a]}}
components: {c: {observers: [a]}}
services: {s: {vital: true, rto: 2h, mtpd: 4h, rtc: 30m, needs: [c]}}
`

// announced is a window of two hours around the start.
func announced(status alert.Status) alert.Alert {
	return labelled(status, "effect", "maintenance", "change", "CHG-7", "from", at("-1h").Format(time.RFC3339), "to", at("1h").Format(time.RFC3339), "scope", "c", "expect", "down")
}

// Whoever can excuse an outage can hide one: a thief of any credential, or a sender that means well.
func TestMaintenanceIsAnnouncedByWhoMayAndByNobodyElse(t *testing.T) {
	for name, c := range map[string]struct {
		on, as string
		hides  bool
	}{
		"who may, where it speaks":        {"holdfast.alerts.changes", "", true},
		"nobody in particular":            {"holdfast.alerts.else", "", false},
		"an observer that may not":        {"holdfast.alerts.a", "", false},
		"somebody in the name of who may": {"holdfast.alerts.a", "changes", false},
	} {
		t.Run(name, func(t *testing.T) {
			h := watch(t, calendar)
			a := announced(alert.Firing)
			if c.as != "" {
				a = with(a, "observer", c.as)
			}
			h.on(c.on, "0s", a)
			h.on("holdfast.alerts.a", "1m", down("c"))
			if c.hides {
				h.expectService("10m", "s", detector.Up)
				h.on("holdfast.alerts.a", "11m", announced(alert.Resolved)) // it may not call it off either
				h.expectService("12m", "s", detector.Up)
				h.on("holdfast.alerts.changes", "13m", announced(alert.Resolved))
			}
			h.expectService("13m", "s", detector.Down)
			h.expectLevel("20m", detector.MajorIncident)
			told := strings.Join(h.situation("20m").Explanation.NotCounted, "\n")
			if shown := strings.Contains(told, "planned maintenance CHG-7 of c excuses nothing"); shown != (!c.hides && c.as == "") {
				t.Errorf("not counted is %q", told)
			}
		})
	}
}

// What is switched off on purpose is no evidence that a site is lost: who could say it of anything could hide that.
func TestWhatIsSwitchedOffIsSaidByWhoWatchesItOrByPeople(t *testing.T) {
	off := labelled(alert.Firing, "component", "c", "effect", "intentional", "by", "kim", "until", at("2h").Format(time.RFC3339))
	for on, want := range map[string]detector.State{"holdfast.alerts.a": detector.Down, "holdfast.alerts.changes": detector.Up, "holdfast.alerts.else": detector.Up} {
		h := watch(t, calendar)
		h.on(on, "0s", off)
		for _, c := range h.Components(at("1m")) {
			if c.State != want {
				t.Errorf("said on %s, c is %s, expected %s", on, c.State, want)
			}
		}
	}
	h := watch(t, calendar)
	h.TellSwitchedOff(at("0s"), "kim", "c", at("2h"))
	h.expectState("1m", "c", detector.Down, "intentional")
}

func TestWhoMayNotAnnounceMaintenanceCannotCrowdOutWhoMay(t *testing.T) {
	h := watch(t, calendar)
	for n := range 1000 {
		h.on("holdfast.alerts.a", "0s", with(announced(alert.Firing), "change", fmt.Sprint(n)))
	}
	h.on("holdfast.alerts.changes", "0s", announced(alert.Firing))
	h.on("holdfast.alerts.a", "1m", down("c"))
	h.expectService("10m", "s", detector.Up)
}
