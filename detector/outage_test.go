package detector_test

import (
	"strings"
	"testing"
	"time"

	"holdfast/detector"
	"holdfast/detector/alert"
)

// shop is a vital service on two replicas, and a process on it.
const shop = `
processes:
  selling: {vital: true, rto: 2h, mtpd: 4h, needs: [shop]}
services:
  shop:
    rtc: 30m
    needs: [{any_of: [web-1, web-2], full: 2, minimum: 1}]
components: {web-1: {}, web-2: {}}
`

// one is a vital service on one component.
const one = `
services:
  s: {vital: true, rto: 2h, mtpd: 4h, wrt: 30m, rtc: 30m, needs: [c]}
components: {c: {}}
`

func TestAnOutageIsConfirmedAfterFiveMinutes(t *testing.T) {
	h := watch(t, one)
	h.hear("0s", down("c"))
	h.expectLevel("1m59s", detector.Event)
	h.expectLevel("2m", detector.Impaired)
	h.expectLevel("4m59s", detector.Impaired)
	h.expectLevel("5m", detector.MajorIncident)
	h.expectCriterion("5m", "vital_below_mbco", detector.Met)
}

func TestTheDecisionPointIsTheLatestTimeToInvoke(t *testing.T) {
	h := watch(t, one)
	h.hear("0s", down("c"))
	h.expectLevel("74m59s", detector.MajorIncident)
	h.expectLevel("75m", detector.Disaster) // 2h - 30m - 15m
	h.expectOffset("the deadline", h.outage("75m", "s").Clocks.Deadline, "2h")
	h.expectOffset("decision_point would be", h.criterion("10m", "decision_point").WouldAt, "75m")
	h.expectOffset("decision_point was", h.criterion("100m", "decision_point").MetAt, "75m")
}

func TestAnUnknownRecoveryTimeIsDecidedAtConfirmationByPeople(t *testing.T) {
	h := watch(t, strings.Replace(one, "rtc: 30m, ", "", 1))
	h.hear("0s", down("c"))
	h.expectLevel("5m", detector.Disaster)
	if c := h.criterion("5m", "decision_point"); !strings.Contains(c.Doubt, "RTC") {
		t.Errorf("an unknown RTC is never declared automatically; the doubt is %q", c.Doubt)
	}
}

func TestABlipIsNoOutage(t *testing.T) {
	h := watch(t, one)
	h.hear("0s", down("c"))
	h.hear("43s", up("c"))
	h.expectLevel("1h", detector.Event)
}

func TestOneOfTwoReplicasDegrades(t *testing.T) {
	h := watch(t, shop)
	h.hear("0s", down("web-1"))
	h.expectService("0s", "shop", detector.Degraded)
	h.expectService("0s", "selling", detector.Degraded)
	h.expectLevel("29m", detector.Impaired)
	h.expectLevel("30m", detector.MajorIncident)
	h.expectCriterion("30m", "vital_degraded", detector.Met)
	h.hear("31m", degraded("web-2"))
	h.expectService("31m", "shop", detector.Degraded)
	h.hear("32m", down("web-2"))
	h.expectService("32m", "shop", detector.Down)
	h.expectOffset("t0", h.outage("40m", "shop").Since, "32m")
}

func TestMoreThanEnoughReplicasAreUp(t *testing.T) {
	h := watch(t, strings.Replace(shop, "full: 2", "full: 1", 1))
	h.hear("0s", down("web-1"))
	h.expectService("0s", "shop", detector.Up)
}

func TestAPartialNeedNeverTakesDown(t *testing.T) {
	h := watch(t, `
services:
  s: {vital: true, rto: 2h, mtpd: 4h, needs: [a, {component: b, effect: partial}]}
components: {a: {}, b: {}}
`)
	h.hear("0s", degraded("b"))
	h.expectService("0s", "s", detector.Up)
	h.hear("1m", down("b"))
	h.expectService("1m", "s", detector.Degraded)
}

func TestALossCountsOnlyAfterItIsToleratedNoLonger(t *testing.T) {
	h := watch(t, `
services:
  s: {vital: true, rto: 2h, mtpd: 4h, rtc: 30m, needs: [{component: a, tolerates: 15m}]}
components: {a: {}}
`)
	h.hear("0s", down("a"))
	h.expectService("14m59s", "s", detector.Up)
	h.expectNext("0s", "15m")
	h.expectService("15m", "s", detector.Down)
	h.expectOffset("t0", h.outage("30m", "s").Since, "15m")
}

func TestACycleOfNeedsCannotHoldItselfDown(t *testing.T) {
	h := watch(t, `
services:
  a: {vital: true, rto: 2h, mtpd: 4h, needs: [b, c]}
  b: {needs: [a]}
components: {c: {}}
`)
	h.hear("0s", down("c"))
	h.expectService("0s", "a", detector.Down)
	h.expectService("0s", "b", detector.Down)
	h.hear("1m", up("c"))
	h.expectService("1m", "a", detector.Up)
	h.expectService("1m", "b", detector.Up)
}

func TestARelapseWithinRecoverForIsTheSameOutage(t *testing.T) {
	h := watch(t, one)
	h.hear("0s", down("c"))
	h.hear("20m", up("c"))
	h.expectOffset("up since", h.outage("25m", "s").UpSince, "20m")
	h.hear("29m59s", down("c"))
	o := h.outage("36m", "s")
	h.expectOffset("t0", o.Since, "0s")
	if !o.ConfirmedNow || o.Recovered {
		t.Errorf("expected the outage to go on, confirmed: %+v", o)
	}
}

func TestARelapseAfterRecoverForIsANewOutage(t *testing.T) {
	h := watch(t, one)
	h.hear("0s", down("c"))
	h.hear("20m", up("c"))
	if v := h.situation("30m"); v.Open || v.Level != detector.MajorIncident || v.Current != detector.Event || !v.Services[0].Recovered {
		t.Errorf("after recover_for the situation is over, with the level it had: %+v", v)
	}
	h.hear("30m", down("c"))
	verdicts := h.Verdicts(at("36m"))
	if len(verdicts) != 2 || !verdicts[1].Since.Equal(at("30m")) || !verdicts[1].Open {
		t.Errorf("expected a second situation since 30m: %+v", keys(verdicts))
	}
}

func TestFlappingIsConfirmedOnceHalfOfTheTimeWasBelow(t *testing.T) {
	h := watch(t, one)
	for _, flap := range [][2]string{{"0s", "1m"}, {"2m", "3m"}, {"4m", "6m"}} {
		h.hear(flap[0], down("c"))
		h.hear(flap[1], up("c"))
	}
	// At 5m: 3 of 5 minutes below since 0s.
	h.expectLevel("4m59s", detector.Event)
	h.expectCriterion("5m", "vital_below_mbco", detector.Met)
	h.expectLevel("7m", detector.MajorIncident)
	h.expectCurrent("7m", detector.Event)
}

func TestRareFlapsAreNotConfirmed(t *testing.T) {
	h := watch(t, one)
	for m := range 20 {
		h.Observe(start.Add(time.Duration(m)*5*time.Minute), "", down("c"))
		h.Observe(start.Add(time.Duration(m)*5*time.Minute+time.Minute), "", up("c"))
	}
	h.expectLevel("96m30s", detector.Event)
}

func TestTheLevelIsKeptUntilTheOutageEndsAndFallsThen(t *testing.T) {
	h := watch(t, shop)
	h.hear("0s", down("web-1"), down("web-2"))
	h.hear("80m", up("web-1"))
	h.expectLevel("80m", detector.Disaster)
	h.expectCurrent("80m", detector.MajorIncident) // degraded for long
	h.expectLevel("89m59s", detector.Disaster)
	v := h.situation("90m")
	if v.Level != detector.MajorIncident || v.Previous != detector.Disaster || !v.Open {
		t.Errorf("at or above MBCO for recover_for, and still degraded: %s after %s, open %v", v.Level, v.Previous, v.Open)
	}
	h.hear("100m", up("web-2"))
	v = h.situation("110m")
	if v.Open || v.Level != detector.Disaster {
		t.Errorf("over, it is told with the highest level: %s, open %v", v.Level, v.Open)
	}
	if v := h.situation("34h"); v.Key != "" {
		t.Errorf("a day after its end it is told no more: %+v", v)
	}
}

func TestAServiceThatIsNotVitalIsAtMostAnIncident(t *testing.T) {
	h := watch(t, "services: {s: {needs: [c]}}\ncomponents: {c: {}}\n")
	h.hear("0s", down("c"))
	h.expectLevel("72h", detector.Impaired)
	if all := h.situation("72h").Explanation.NotCounted; len(all) != 1 || !strings.Contains(all[0], "not vital") {
		t.Errorf("the explanation does not say why it is capped: %q", all)
	}
}

func TestAServiceCanBeSpokenOfAsAWhole(t *testing.T) {
	h := watch(t, one)
	h.hear("0s", labelled(alert.Firing, "service", "s", "effect", "down"))
	h.expectService("0s", "s", detector.Down)
	h.hear("0s", labelled(alert.Firing, "service", "s", "severity", "info"))
	if n := h.Heard().Unmapped; n != 1 {
		t.Errorf("a service label without an effect says nothing of the service; %d alerts are unmapped", n)
	}
}

func TestWhatIsSaidOfAServiceAsAWholeCountsThoughItWasJudgedBefore(t *testing.T) {
	h := watch(t, shop)
	h.hear("0s", down("web-1"))
	h.expectLevel("10m", detector.Impaired)
	h.hear("20m", labelled(alert.Firing, "service", "shop", "effect", "down"))
	h.expectOffset("the start of the outage", h.outage("30m", "shop").Since, "20m")
}

func TestWhatRespondersSwitchOffCountsAsDownUntilItsInstant(t *testing.T) {
	h := watch(t, one)
	h.hear("0s", labelled(alert.Firing, "component", "c", "effect", "intentional", "by", "kim", "until", at("20m").Format(time.RFC3339)))
	h.expectState("0s", "c", detector.Down, "intentional")
	h.expectLevel("5m", detector.MajorIncident)
	h.expectService("19m59s", "s", detector.Down)
	h.expectService("20m", "s", detector.Up)
}

func TestWhatRestsOnWhatRespondersSwitchedOffIsLeftToPeople(t *testing.T) {
	h := watch(t, one)
	off := labelled(alert.Firing, "component", "c", "effect", "intentional", "by", "kim", "until", at("5h").Format(time.RFC3339))
	h.hear("0s", off)
	if c := h.criterion("80m", "decision_point"); c.Answer != detector.Met || c.Doubt == "" {
		t.Errorf("expected it to be met and in doubt: %+v", c)
	}
	h.hear("80m", down("c"))
	if c := h.criterion("80m", "decision_point"); c.Answer != detector.Met || c.Doubt != "" {
		t.Errorf("monitoring says so too, expected no doubt: %+v", c)
	}
}
