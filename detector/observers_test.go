package detector_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector"
	"holdfast/detector/alert"
)

// twoWatch is a component that two observers with heartbeats watch, either of which is enough.
const twoWatch = `
observers:
  a: {heartbeat: {match: {alertname: Watchdog, from: a}, every: 2m}}
  b: {heartbeat: {match: {alertname: Watchdog, from: b}, every: 2m}}
components:
  c: {observers: [a, b]}
  alone: {observers: [a]}
services:
  s: {vital: true, rto: 2h, mtpd: 4h, rtc: 30m, needs: [c]}
`

var bothMust = strings.Replace(twoWatch, "observers: [a, b]", "observers: [a, b], quorum: 2", 1)

func TestAComponentIsDownWhenItsQuorumSaysSo(t *testing.T) {
	h := watch(t, bothMust)
	h.hear("0s", beat("a"), beat("b"), says("a", "c", "down"))
	h.expectState("1s", "c", detector.Up, "disputed")
	h.hear("1m", says("b", "c", "degraded"))
	h.expectState("1m", "c", detector.Degraded)
	h.hear("2m", says("b", "c", "down"))
	h.expectState("2m", "c", detector.Down)
}

func TestAnAlertWithoutObserverIsNoSecondOpinion(t *testing.T) {
	h := watch(t, bothMust)
	h.hear("0s", beat("a"), beat("b"), down("c"))
	h.expectState("1s", "c", detector.Up, "disputed")
	h.hear("1m", says("a", "c", "down"))
	h.expectState("1m", "c", detector.Up, "disputed")
	h.hear("2m", says("b", "c", "down"))
	h.expectState("2m", "c", detector.Down)
}

func TestAnAlertWithoutObserverSpeaksForTheSoleObserver(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"), down("alone"))
	h.hear("1m", resolves("a", "alone"), beat("b"))
	h.hear("2m", beat("a"))
	h.expectState("2m", "alone", detector.Up)
}

func TestTheLastTokenOfTheSubjectNamesTheObserver(t *testing.T) {
	h := watch(t, bothMust)
	for _, o := range []string{"a", "b"} {
		h.Observe(start, "holdfast.alerts."+o, beat(o), of("0s", down("c")))
	}
	h.expectState("0s", "c", detector.Down)
	want := map[string]uint64{"a": 2, "b": 2}
	if diff := cmp.Diff(want, h.Heard().Received); diff != "" {
		t.Error(diff)
	}
}

func TestAnObserverIsSilentAfterTwoAndAHalfIntervals(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"), beat("b"))
	h.hear("2m", beat("b"))
	h.expectNext("2m", "5m")
	h.expectLevel("4m59s", detector.Event)
	h.expectLevel("5m", detector.Impaired)
	h.expectCriterion("5m", "monitoring_lost", detector.Met)
	h.hear("5m30s", beat("a"))
	h.expectCurrent("5m30s", detector.Event)
	h.expectLevel("5m30s", detector.Impaired)
}

func TestAHeartbeatAtTheVeryInstantOfTheLimitIsInTime(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"), beat("b"))
	h.hear("5m", beat("a"), beat("b"))
	h.expectLevel("5m", detector.Event)
}

func TestAResolvedHeartbeatIsNoSignOfLife(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"), beat("b"))
	stopped := beat("a")
	stopped.Status = alert.Resolved
	h.hear("4m", stopped, beat("b"))
	h.expectLevel("5m", detector.Impaired)
	if n := h.Heard().Unmapped; n != 0 {
		t.Errorf("%d alerts are unmapped, expected none", n)
	}
}

func TestAnObserverThatWasNeverHeardIsSilentOnceItShouldHaveBeen(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"))
	h.hear("4m", beat("a"))
	h.expectLevel("5m", detector.Impaired)
}

func TestAllObserversSilentIsAMajorIncidentAndNeverADisaster(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"), beat("b"))
	h.expectLevel("19m59s", detector.Impaired)
	h.expectLevel("20m", detector.MajorIncident)
	h.expectCriterion("20m", "all_observers_lost", detector.Met)
	h.expectService("20m", "s", detector.Unknown)
	h.expectLevel("72h", detector.MajorIncident)
}

func TestAComponentThatNobodyCanSeeIsUnknownAndItsServiceIsJudgedBothWays(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"), beat("b"))
	h.expectState("4m", "c", detector.Up)
	h.hear("4m", beat("b"))
	h.expectState("6m", "c", detector.Up)
	h.expectState("6m", "alone", detector.Unknown)
	h.expectState("10m", "c", detector.Unknown)
	h.expectService("10m", "s", detector.Unknown)
}

func TestAComponentThatWasDownWhenItsObserversFellSilentIsHeldDown(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"), beat("b"), says("a", "c", "down"))
	h.hear("2m", beat("b"))
	h.expectState("4m", "c", detector.Down)
	h.expectState("5m", "c", detector.Down, "held_down")
	h.expectService("3h", "s", detector.Down)
	for _, c := range h.Components(at("3h")) {
		if c.Component == "c" && !c.Since.Equal(at("0s")) {
			t.Errorf("it is down since %v, not since it was said to be, though its observers have fallen silent", c.Since)
		}
	}
	for _, v := range h.Verdicts(at("90m")) {
		for _, c := range v.Explanation.Criteria {
			if c.ID == "decision_point" && (c.Answer != detector.Met || !strings.Contains(c.Doubt, "held down")) {
				t.Errorf("what rests on held-down evidence alone is in doubt, not %+v", c)
			}
		}
	}
}

func TestAComponentIsHeldDownNoLongerOnceAnotherObserverSaysAnewThatItIsUp(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"), beat("b"), says("a", "c", "down"))
	h.hear("4m", beat("b"))
	h.expectState("6m", "c", detector.Down, "held_down")
	h.hear("8m", beat("b"), says("b", "c", "up"))
	h.expectState("8m", "c", detector.Up)
}

func TestWhateverAnObserverSaysEndsItsSilence(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"), beat("b"))
	h.hear("7m", says("a", "c", "down"))
	h.expectState("7m", "c", detector.Down)
	h.expectState("12m", "c", detector.Down, "held_down")
}

func TestAReportAtTheInstantThatASilenceBeginsCountsAsBeforeIt(t *testing.T) {
	for _, order := range []string{"said first", "silent first"} {
		h := watch(t, twoWatch)
		h.hear("0s", beat("a"), beat("b"))
		said := []alert.Alert{says("a", "c", "down"), labelled(alert.Firing, "observer", "a", "effect", "silent")}
		if order == "silent first" {
			said[0], said[1] = said[1], said[0]
		}
		h.hear("1m", said...)
		h.expectState("1m", "c", detector.Down, "held_down")
		h.hear("2m", says("a", "c", "down"), beat("b"))
		h.expectState("2m", "c", detector.Down)
	}
}

func TestAResolveIsUpOnlyOnceAHeartbeatFollowsIt(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"), says("a", "alone", "down"))
	h.hear("2m", beat("a"), resolves("a", "alone"))
	h.expectState("3m", "alone", detector.Unknown)
	h.hear("4m", beat("a"))
	h.expectState("4m", "alone", detector.Up)
}

func TestAResolveStormBeforeSilenceIsNoRecovery(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"), says("a", "alone", "down"))
	h.hear("2m", resolves("a", "alone"))
	h.hear("9m", beat("a"))
	h.expectState("9m", "alone", detector.Unknown)
}

func TestAResolveByAnObserverWithoutAHeartbeatIsUnproven(t *testing.T) {
	h := watch(t, "observers: {a: {}}\ncomponents: {c: {observers: [a]}}\n")
	h.hear("0s", down("c"))
	h.hear("1m", up("c"))
	h.expectState("1m", "c", detector.Up, "unproven")
}

func TestAThirdStateIsUnknownNotUp(t *testing.T) {
	h := watch(t, "observers: {a: {}}\ncomponents: {c: {observers: [a]}}\n")
	h.hear("0s", labelled(alert.Unknown, "component", "c"))
	h.expectState("0s", "c", detector.Unknown)
}

func TestWhoIsNoObserverOfAComponentIsNotCounted(t *testing.T) {
	h := watch(t, twoWatch)
	h.hear("0s", beat("a"), beat("b"), says("b", "alone", "down"))
	h.expectState("0s", "alone", detector.Up)
	if n := h.Heard().Unmapped; n != 0 {
		t.Errorf("%d alerts are unmapped, expected none", n)
	}
}

func TestTwoAlertsOfOneObserverAreToldApartByTheirIdentity(t *testing.T) {
	h := watch(t, "observers: {a: {}}\ncomponents: {c: {observers: [a]}}\n")
	critical, warning := down("c"), degraded("c")
	critical.Fingerprint, warning.Fingerprint = "1", "2"
	h.hear("0s", critical)
	h.hear("1m", warning)
	h.expectState("1m", "c", detector.Down)
	gone := up("c")
	gone.Fingerprint = "2"
	h.hear("2m", gone)
	h.expectState("2m", "c", detector.Down)
	gone = up("c")
	gone.Fingerprint = "1"
	h.hear("3m", gone)
	h.expectState("3m", "c", detector.Up, "unproven")
}

func TestAComponentUnseenForLongCountsAsDownWhereTheAnalysisSaysSoAndIsNeverADisaster(t *testing.T) {
	h := watch(t, "defaults: {unknown: {down_after: 30m}}\n"+twoWatch)
	h.hear("0s", beat("a"), beat("b"))
	h.expectState("34m", "c", detector.Unknown)
	h.expectState("35m", "c", detector.Down, "presumed_down")
	h.expectState("35m", "alone", detector.Unknown)
	for _, v := range h.Verdicts(at("24h")) {
		if v.Level != detector.MajorIncident {
			t.Errorf("%s is %s by %v, expected no more than %s", v.Key, v.Level, v.MetCriteria(), detector.MajorIncident)
		}
	}
}

func TestALabelThatNamesASiteIsNotTheLossOfIt(t *testing.T) {
	h := watch(t, twoWatch+"sites: {north: {}}\n")
	h.hear("0s", labelled(alert.Firing, "alertname", "DiskFull", "site", "north"))
	if h.FactsAt(at("1m")).DomainLost("north") {
		t.Error("an alert about something in the north was taken for the loss of the north")
	}
	if got := h.Heard().Unmapped; got != 1 {
		t.Errorf("%d alerts were unmapped, expected 1", got)
	}
	h.hear("1m", site("north", "lost"))
	if !h.FactsAt(at("2m")).DomainLost("north") {
		t.Error("the loss of the north was not heard of")
	}
}

func TestAHeartbeatThatAnotherTextAsksForProvesWhatWasResolvedBefore(t *testing.T) {
	text := "observers: {p: {HEARTBEAT}}\ncomponents: {c: {observers: [p]}}\nservices: {s: {rto: 4h, needs: [c]}}\n"
	h := watch(t, strings.Replace(text, "HEARTBEAT", "", 1))
	h.hear("0s", says("p", "c", "down"))
	h.hear("10m", resolves("p", "c"))
	h.expectService("11m", "s", detector.Up)
	h.Rebase(analysis(t, strings.Replace(text, "HEARTBEAT", "heartbeat: {match: {alertname: Watchdog, from: p}, every: 4m}", 1)))
	h.hear("12m", beat("p"))
	h.expectService("12m", "s", detector.Up)
}
