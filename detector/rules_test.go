package detector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
	"holdfast/detector/alert"
)

func TestAServiceThatIsNotVitalIsNeverMoreThanAnIncident(t *testing.T) {
	h := watch(t, strings.Replace(sites, "vital: true, ", "", 1))
	h.hear("0s", site("fra", "lost"), says("a", "db-1", "down"), says("b", "db-2", "down"), says("a", "net", "down"), labelled(alert.Firing, "data", "ledger", "effect", "unusable"),
		labelled(alert.Firing, "service", "s", "estimate", "none"))
	h.expectLevel("48h", detector.Impaired)
	if all := strings.Join(h.situation("48h").Explanation.NotCounted, "\n"); !strings.Contains(all, "s cannot be more than an incident: it is not vital") {
		t.Error(all)
	}
}

func TestAVitalServiceWithoutObjectivesIsNeverMoreThanAnIncident(t *testing.T) {
	h := watch(t, "services: {s: {vital: true, needs: [c]}}\ncomponents: {c: {}}\n")
	h.hear("0s", down("c"))
	h.expectLevel("48h", detector.Impaired)
}

func TestTimesDegradedAndDownCountTogetherTowardsLongDegradation(t *testing.T) {
	h := watch(t, shop)
	h.hear("0s", down("web-1"))
	h.hear("14m", down("web-2"))
	h.hear("16m", up("web-2"))
	h.expectCriterion("29m59s", "vital_degraded", detector.NotMet)
	h.expectCriterion("30m", "vital_degraded", detector.Met)
}

func TestDegradedTimeDoesNotCountTowardsT0(t *testing.T) {
	h := watch(t, shop)
	h.hear("0s", down("web-1"))
	h.hear("90m", down("web-2"))
	h.expectOffset("the start of the outage", h.outage("2h", "shop").Since, "90m")
	h.expectOffset("its deadline", h.outage("2h", "shop").Clocks.Deadline, "210m")
}

func TestTheImpactThresholdIsTheLevelThatTheAnalysisNames(t *testing.T) {
	text := `
criteria: {off: [decision_point], impact_threshold: {level: LEVEL}}
impact: {scale: [minor, major, intolerable], categories: [customer]}
processes: {p: {vital: true, rto: 6h, mtpd: 8h, rtc: 10m, needs: [c], impact_over_time: {customer: {1h: major, 8h: intolerable}}}}
components: {c: {}}
`
	for level, from := range map[string]string{"major": "1h", "intolerable": "8h"} {
		h := watch(t, strings.Replace(text, "LEVEL", level, 1))
		h.hear("0s", down("c"))
		h.expectOffset(level+" would be", h.criterion("10m", "impact_threshold").WouldAt, from)
	}
}

func TestRootCausesAreThoseThatEachOutageHadWhenItWasConfirmed(t *testing.T) {
	h := watch(t, three)
	h.hear("0s", down("a"), down("b"), down("c"))
	h.hear("6m", down("shared")) // too late to make one cause of two
	for _, v := range h.Verdicts(at("15m")) {
		if v.Level != detector.Disaster {
			t.Errorf("%s is %s by %v", v.Key, v.Level, v.MetCriteria())
		}
	}
	h = watch(t, three)
	h.hear("0s", down("a"), down("b"), down("c"), down("shared"))
	h.hear("6m", up("shared")) // each goes on for a cause of its own
	for _, v := range h.Verdicts(at("1h")) {
		if v.Level != detector.MajorIncident {
			t.Errorf("%s is %s by %v", v.Key, v.Level, v.MetCriteria())
		}
	}
}

func TestACauseThatIsFixedIsNoRecovery(t *testing.T) {
	h := watch(t, sites)
	h.hear("0s", site("fra", "lost"), says("a", "db-1", "down"), says("a", "db-2", "down"))
	h.hear("20m", site("fra", "ok"), labelled(alert.Firing, "service", "s", "estimate", "5m"))
	o := h.outage("3h", "s")
	if o.Recovered || o.State != detector.Down {
		t.Errorf("only the measured state of the service is recovery: %+v", o)
	}
	h.expectOffset("t0", o.Since, "0s")
}

func TestALevelIsKeptUntilAPersonTakesBackWhatCarriedIt(t *testing.T) {
	lost := func(h *house) {
		h.hear("0s", site("fra", "lost"), says("a", "db-1", "down"), says("a", "db-2", "down"))
		h.expectLevel("20m", detector.Disaster)
	}
	h := watch(t, sites)
	lost(h)
	h.hear("20m", site("fra", "ok"))
	h.expectLevel("20m", detector.Disaster) // monitoring takes nothing back
	h.expectCurrent("20m", detector.MajorIncident)

	h = watch(t, sites)
	lost(h)
	h.hear("20m", site("fra", "ok"))
	h.TellFacility(at("21m"), "fra", "ok")
	h.expectLevel("21m", detector.MajorIncident)
	h.hear("30m", site("fra", "lost"))
	h.hear("40m", site("fra", "ok"))
	h.expectLevel("40m", detector.Disaster) // it was lost once more since

	h = watch(t, sites)
	h.hear("0s", says("a", "db-1", "down"), says("a", "db-2", "down"))
	h.TellEstimate(at("1m"), "kim", "s", time.Time{})
	h.expectLevel("10m", detector.Disaster)
	h.TellEstimate(at("20m"), "kim", "s", at("1h"))
	h.expectLevel("20m", detector.MajorIncident)

	h = watch(t, sites)
	h.hear("0s", says("a", "db-1", "down"), says("a", "db-2", "down"))
	h.TellData(at("1m"), "ledger", "unusable")
	h.expectLevel("10m", detector.Disaster)
	h.TellData(at("20m"), "ledger", "ok")
	h.expectLevel("20m", detector.MajorIncident)
}

func TestWhatAPersonTakesBackLeavesALevelThatRestsOnMore(t *testing.T) {
	h := watch(t, sites)
	h.hear("0s", site("fra", "lost"), says("a", "db-1", "down"), says("b", "db-2", "down"), says("a", "net", "down"))
	h.hear("20m", site("fra", "ok"))
	h.TellFacility(at("20m"), "fra", "ok")
	h.expectLevel("20m", detector.Disaster)
	h.expectCriterion("20m", "site_loss_inferred", detector.Met)
}

// worked is a vital service all of which is worked on from 1h to 3h, in one site.
const worked = `
services: {s: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [{any_of: [feed-a, feed-b], full: 2, minimum: 1}]}}
sites: {dc: {}}
components: {feed-a: {site: dc}, feed-b: {site: dc}}
maintenance:
  - {change: CHG-1, approved_by: board, from: 2026-11-23T13:00:00Z, to: 2026-11-23T15:00:00Z, scope: [site dc], expect: {s: down}}
`

func TestMaintenanceExcusesNothingOfASiteThatIsSignalledLost(t *testing.T) {
	h := watch(t, worked)
	h.hear("1h", down("feed-a"), down("feed-b"), site("dc", "impaired"))
	h.expectService("90m", "s", detector.Up)
	h.expectLevel("90m", detector.Event)
	h.hear("100m", site("dc", "lost"))
	h.expectService("100m", "s", detector.Down)
	h.expectOffset("t0", h.outage("2h", "s").Since, "100m")
	h.expectLevel("105m", detector.Disaster)
	h.expectCriterion("105m", "facility_lost", detector.Met)
	h.hear("2h", site("dc", "ok"))
	h.expectService("2h", "s", detector.Up)
}

func TestACohortThatIsLostIsNotHiddenByThoseThatAreWell(t *testing.T) {
	h := watch(t, `
services:
  shop: {vital: true, rto: 4h, mtpd: 8h, rtc: 10m, needs: [{any_of: [cell-1, cell-2, cell-3, cell-4], full: 4, minimum: 3}]}
  shop-of-cell-1: {vital: true, rto: 4h, mtpd: 8h, rtc: 10m, needs: [cell-1]}
components: {cell-1: {}, cell-2: {}, cell-3: {}, cell-4: {}}
`)
	h.hear("0s", down("cell-1"))
	h.expectService("5m", "shop", detector.Degraded)
	h.expectService("5m", "shop-of-cell-1", detector.Down)
	h.expectCriterion("5m", "vital_below_mbco", detector.Met)
}

func TestACutoffThatHasPassedStaysTheDeadlineAndIsMissed(t *testing.T) {
	h := watch(t, `
services:
  s: {vital: true, rto: 8h, mtpd: 24h, wrt: 30m, rtc: 10m, needs: [c], critical_periods: {settlement: {kind: cutoff, days: [mon, tue, wed, thu, fri], at: "16:00", zone: Europe/Berlin}}}
components: {c: {}}
`)
	h.hear("0s", down("c")) // Monday noon UTC: 13:00 in Berlin
	h.expectOffset("the deadline", h.outage("10m", "s").Clocks.Deadline, "2h30m")
	h.expectOffset("the deadline once it has passed", h.outage("5h", "s").Clocks.Deadline, "2h30m")
	h.expectLevel("125m", detector.Disaster) // 2h30m - 10m - 15m
	h.expectCriterion("125m", "decision_point", detector.Met)
}

func TestAPlannedWindowIsNamedWhereItIsWhyAServiceDoesNotCount(t *testing.T) {
	h := watch(t, planned)
	h.hear("90m", degraded("other"), down("feed-a"))
	h.hear("95m", up("other"))
	if all := strings.Join(h.situation("96m").Explanation.NotCounted, "\n"); !strings.Contains(all, "s is degraded by planned maintenance CHG-1 until 2026-11-23 15:05:00Z") {
		t.Errorf("%q", all)
	}
}

func TestAStormOfAlertsAboutOneComponentIsOneOutage(t *testing.T) {
	h := watch(t, one)
	for i := range 5000 {
		a := down("c")
		a.Fingerprint = fmt.Sprintf("%016x", i)
		h.hear("0s", a)
	}
	h.expectLevel("4m", detector.Impaired)
	if v := h.situation("4m"); len(v.Services) != 1 || len(v.Roots) != 1 {
		t.Errorf("%+v", v)
	}
}

func TestAStateOfAServiceAsAWholeCountsLikeThatOfAComponent(t *testing.T) {
	h := watch(t, one)
	h.hear("0s", labelled(alert.Firing, "service", "s", "effect", "down"))
	h.expectCriterion("5m", "vital_below_mbco", detector.Met)
	if v := h.situation("5m"); fmt.Sprint(v.Roots) != "[s]" || !strings.Contains(v.Explanation.Unless, "if s were up") {
		t.Errorf("%v: %s", v.Roots, v.Explanation.Unless)
	}
}

// t0 and where it comes from.

func (h *house) expectOrigin(offset, want string) {
	h.t.Helper()
	o := h.situation(offset).Explanation.Origin
	got := fmt.Sprintf("%s at %s:", o.Service, o.At.Sub(start))
	for _, s := range o.Said {
		got += fmt.Sprintf(" %s said %s %s;", s.Observer, s.Of, s.Says)
	}
	if got += " " + o.How; got != want {
		h.t.Errorf("at %s t0 comes from\n%s\nexpected\n%s", offset, got, want)
	}
}

func TestTheOriginOfT0NamesTheStatementThatSetIt(t *testing.T) {
	h := watch(t, bothMust)
	h.hear("0s", beat("a"), beat("b"))
	h.hear("1m", beat("a"), beat("b"), says("a", "c", "down"))
	h.hear("3m", beat("a"), of("2m", says("b", "c", "down")))
	h.expectOrigin("4m", "s at 2m0s: b said c down; the sender's own time, 1m before it was heard")

	h = watch(t, one)
	h.hear("2h", of("0s", down("c")))
	h.expectOrigin("2h2m", "s at 1h30m0s:  said c down; backdated by 30m, which is as far as a message moves t0; the sender's own time is 2026-11-23 12:00:00Z")

	h = watch(t, one)
	suspect := down("c")
	suspect.StartsAt = at("9h")
	h.hear("0s", suspect)
	h.expectOrigin("2m", "s at 0s:  said c down; the sender gave no time that can be believed (clock_suspect): the time of receipt counts")

	h = watch(t, "services: {s: {vital: true, rto: 2h, mtpd: 4h, rtc: 30m, needs: [{component: c, tolerates: 15m}]}}\ncomponents: {c: {}}\n")
	h.hear("0s", down("c"))
	h.expectOrigin("20m", "s at 15m0s:  said c down; the loss that was said to begin at 2026-11-23 12:00:00Z was tolerated, or planned, until then")

	h = watch(t, one)
	h.hear("0s", labelled(alert.Firing, "component", "c", "effect", "intentional", "by", "kim", "until", at("5h").Format("2006-01-02T15:04:05Z")))
	h.expectOrigin("20m", "s at 0s: c was switched off by kim until 2026-11-23 17:00:00Z")

	h = watch(t, sites)
	h.hear("0s", says("a", "db-1", "up"), labelled(alert.Firing, "data", "ledger", "effect", "compromised", "observer", "a"))
	h.expectOrigin("1m", "s at 0s: a said ledger compromised; said and heard at that instant")

	h = watch(t, twoWatch)
	h.hear("0s", beat("a"), beat("b"))
	h.hear("2m", beat("b"))
	h.expectOrigin("6m", " at 5m0s: a was last heard before it")
}

func TestWhatOnlyRepeatsLaterChangesNothingOfWhereT0ComesFrom(t *testing.T) {
	h := watch(t, one)
	h.hear("5m", of("0s", down("c")))
	before := h.situation("10m").Explanation.Origin
	again := of("0s", down("c"))
	again.Fingerprint = "another"
	h.hear("9m", again)
	expectSame(t, before, h.situation("10m").Explanation.Origin)
}

func TestSomebodyWithoutANameVouchesForNothingBeforeTheySpoke(t *testing.T) {
	h := watch(t, "observers: {a: {}, b: {}}\ncomponents: {c: {observers: [a, b]}}\n")
	for _, observer := range []string{"a", "b"} {
		h.hear("0s", labelled(alert.Unknown, "observer", observer, "component", "c"))
	}
	h.expectState("5m", "c", detector.Unknown)
	h.hear("10m", up("c"))
	h.expectState("5m", "c", detector.Unknown)
}

func TestWhatWouldChangeTheSilenceOfObserversComesTrue(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"), beat("b"))
	v := h.situationOf("21m", "all_observers_lost")
	want := "if any one of a and b were heard, it would be incident by monitoring_lost"
	if v.Explanation.Unless != want {
		t.Errorf("%q, expected %q", v.Explanation.Unless, want)
	}
	h.hear("21m", beat("a"))
	v = h.situationOf("21m", "monitoring_lost")
	if v.Current != detector.Impaired || v.Level != detector.MajorIncident {
		t.Errorf("%s, kept %s", v.Current, v.Level)
	}
	if !strings.Contains(v.Explanation.Unless, "if b were heard, no criterion would hold") {
		t.Error(v.Explanation.Unless)
	}
}

// situationOf is the one that meets a criterion.
func (h *house) situationOf(offset, criterion string) detector.Verdict {
	h.t.Helper()
	for _, v := range h.Verdicts(at(offset)) {
		if slices.Contains(v.MetCriteria(), criterion) {
			return v
		}
	}
	h.t.Fatalf("at %s nothing meets %s", offset, criterion)
	return detector.Verdict{}
}
