package detector_test

import (
	"fmt"
	"testing"

	"holdfast/detector"
)

// chain is two services on components of their own and one that both need.
const chain = `
services:
  s: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [a, both]}
  u: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [b, both]}
sites: {fra: {}}
components: {a: {site: fra}, b: {site: fra}, both: {}}
`

func TestOutagesOfOneRootAreOneSituation(t *testing.T) {
	h := watch(t, chain)
	h.hear("0s", down("both"))
	v := h.situation("5m")
	if got := fmt.Sprintf("%s %v %d", v.Key, v.Roots, len(v.Services)); got != "s@2026-11-23T12:00:00Z [both] 2" {
		t.Error(got)
	}
}

func TestOutagesOfDifferentRootsMergeWhenTheyComeToShareOneAndNeverSplit(t *testing.T) {
	h := watch(t, chain)
	h.hear("0s", down("b"))
	h.hear("1m", down("a"))
	if got := fmt.Sprint(keys(h.Verdicts(at("9m")))); got != "[u@2026-11-23T12:00:00Z s@2026-11-23T12:01:00Z]" {
		t.Errorf("before: %s", got)
	}
	h.hear("10m", down("both"))
	v := h.situation("10m")
	if got := fmt.Sprintf("%s %v", v.Key, v.Absorbed); got != "u@2026-11-23T12:00:00Z [s@2026-11-23T12:01:00Z]" {
		t.Errorf("merged: %s", got)
	}
	h.hear("20m", up("both"))
	if v := h.situation("40m"); len(v.Services) != 2 {
		t.Errorf("a situation never splits: %v", v.Services)
	}
	h.expectOffset("t0", h.situation("40m").Since, "0s")
}

func TestALossThatOnlyDegradesOneOfThemJoinsThemAsWell(t *testing.T) {
	h := watch(t, `
services:
  s: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [a, {component: both, effect: partial}]}
  u: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [both]}
components: {a: {}, both: {}}
`)
	h.hear("0s", down("a"), down("both"))
	if v := h.situation("5m"); len(v.Services) != 2 {
		t.Errorf("expected one situation of two services: %+v", v.Services)
	}
}

func TestOutagesInALostDomainAreOneSituation(t *testing.T) {
	h := watch(t, chain)
	h.hear("0s", down("b"))
	h.hear("1m", down("a"))
	h.hear("10m", site("fra", "lost"))
	if v := h.situation("10m"); len(v.Services) != 2 || v.Level != detector.Disaster {
		t.Errorf("expected one disaster of two services: %+v", v)
	}
}

func TestARelapseWhileTheSituationIsOpenBelongsToIt(t *testing.T) {
	h := watch(t, chain)
	h.hear("0s", down("both"))
	h.hear("20m", down("b"), up("both"))
	h.hear("40m", down("a")) // s was back for 20m, u was not
	v := h.situation("50m")
	if got := fmt.Sprintf("%s %d", v.Key, len(v.Services)); got != "s@2026-11-23T12:00:00Z 2" {
		t.Error(got)
	}
	h.expectOffset("t0 of the relapse", h.outage("50m", "s").Since, "40m")
	h.expectOffset("t0 of the situation", v.Since, "0s")
}

func TestTheKeyOfASituationDoesNotChangeWhenItsStartIsCorrected(t *testing.T) {
	h := watch(t, chain)
	h.hear("1h", down("a"))
	before := h.situation("1h5m").Key
	h.hear("1h6m", of("50m", down("a")), of("30m", down("both")))
	after := h.situation("1h6m")
	if after.Key != before {
		t.Errorf("the key was %s and is %s", before, after.Key)
	}
	h.expectOffset("t0", after.Since, "30m")
}

func TestNotCountedAreUnmappedAlerts(t *testing.T) {
	h := watch(t, chain)
	for range 50 {
		h.hear("0s", down("nowhere"), labelledNothing())
	}
	h.expectLevel("1h", detector.Event)
	heard := h.Heard()
	if heard.Unmapped != 100 || len(heard.Samples) != 20 {
		t.Errorf("expected 100 unmapped alerts and 20 samples: %d and %d", heard.Unmapped, len(heard.Samples))
	}
}
