package detector_test

import (
	"fmt"
	"strings"
	"testing"

	"holdfast/detector"
	"holdfast/detector/alert"
)

// eachOnItsOwn is as bothMust, and each observer speaks on a subject of its own; loose is bound to nothing.
var eachOnItsOwn = strings.NewReplacer("a: {heart", "a: {speaks_on: [holdfast.alerts.a], heart", "b: {heart", "b: {speaks_on: [monitoring.b.>], heart",
	"components:", "  loose: {}\ncomponents:", "alone: {observers: [a]}", "alone: {observers: [a]}\n  free: {observers: [loose]}").Replace(bothMust)

const onA, onB, elsewhere = "holdfast.alerts.a", "monitoring.b.prod", "holdfast.alerts.somebody"

func (h *house) on(subject, offset string, alerts ...alert.Alert) {
	for _, a := range alerts {
		h.Observe(at(offset), subject, of(offset, a))
	}
}

// beats has both observers there, every two minutes.
func (h *house) beats(from, to int) {
	for minute := from; minute <= to; minute += 2 {
		h.hear(fmt.Sprintf("%dm", minute), beat("a"), beat("b"))
	}
}

func TestWhoSpeaksOnASubjectOfItsOwnIsHeardThereAndNowhereElse(t *testing.T) {
	h := watch(t, eachOnItsOwn)
	h.on(onA, "0s", beat("a"), says("a", "c", "down"))
	h.on(onB, "0s", beat("b"))
	h.on(onA, "1m", says("b", "c", "down"))
	h.on(elsewhere, "1m", says("b", "c", "down"))
	h.expectState("1m", "c", detector.Up, "disputed")
	h.on(onB, "2m", says("b", "c", "down"))
	h.expectState("2m", "c", detector.Down)
}

func TestWhatComesOnASubjectWithoutANameIsItsOwners(t *testing.T) {
	h := watch(t, eachOnItsOwn)
	h.on(onA, "0s", beat("a"), down("c"))
	h.on(onB, "0s", beat("b"), down("c"))
	h.expectState("0s", "c", detector.Down)
}

func TestOneCredentialSaysNothingForAnybodyElse(t *testing.T) {
	h := watch(t, eachOnItsOwn)
	h.on(onA, "0s", beat("a"))
	h.on(onB, "0s", beat("b"), down("alone"), says("", "alone", "down"), says("loose", "free", "down"), says("a", "alone", "down"))
	h.expectState("1s", "alone", detector.Up)
	h.expectState("1s", "free", detector.Up)
	h.on(elsewhere, "1m", says("loose", "free", "down"))
	h.expectState("1m", "free", detector.Down)
}

// Whoever can keep another's heart beating hides that it is silent, and proves what it resolved.
func TestTheHeartbeatOfAnotherIsNoHeartbeat(t *testing.T) {
	h := watch(t, eachOnItsOwn)
	h.on(onA, "0s", beat("a"))
	h.on(onB, "0s", beat("b"))
	for _, minute := range []string{"2m", "4m", "6m", "8m"} {
		h.on(onA, minute, beat("a"), beat("b"))
	}
	h.expectCriterion("8m", "monitoring_lost", detector.Met)
}

// A heartbeat that several observers share a label for is that of whoever it comes from.
func TestAHeartbeatThatLooksLikeAnothersIsThatOfWhoseSubjectItIs(t *testing.T) {
	h := watch(t, strings.ReplaceAll(strings.ReplaceAll(eachOnItsOwn, ", from: a}", "}"), ", from: b}", "}"))
	h.on(onA, "0s", labelled(alert.Firing, "alertname", "Watchdog"))
	h.on(onB, "0s", labelled(alert.Firing, "alertname", "Watchdog"))
	for _, minute := range []string{"2m", "4m", "6m", "8m"} {
		h.on(onA, minute, labelled(alert.Firing, "alertname", "Watchdog"))
	}
	h.expectCriterion("8m", "monitoring_lost", detector.Met)
	if n := len(h.Heard().Misattributed); n > 0 {
		t.Errorf("%d observers are said to be spoken for", n)
	}
}

func TestWhatIsNotItsObserversIsCountedAndShown(t *testing.T) {
	h := watch(t, eachOnItsOwn)
	h.on(onA, "0s", beat("a"), says("a", "c", "down"), says("b", "c", "down"), says("b", "c", "down"), beat("b"))
	heard := h.Heard()
	if heard.Misattributed["b"] != 3 || len(heard.Misattributed) != 1 || heard.Received["b"] != 0 || heard.Received["a"] != 2 || heard.Unmapped != 0 {
		t.Errorf("heard %+v", heard)
	}
	if last := heard.Strays; len(last) != 3 || last[0].Observer != "b" || last[0].Subject != onA || !strings.Contains(string(last[0].Labels), `"component":"c"`) {
		t.Errorf("shown are %+v", last)
	}
	h.on(onB, "1s", beat("b"), says("b", "c", "down"))
	h.on(onA, "3m", beat("a"))
	h.on(onB, "3m", beat("b"))
	if told := strings.Join(h.situation("4m").Explanation.NotCounted, "\n"); !strings.Contains(told, "c was spoken of as if by b, on a subject that is not its (speaks_on)") {
		t.Errorf("the explanation says\n%s", told)
	}
	if a, b := written(t, h.Copy().Heard()), written(t, h.Heard()); a != b {
		t.Errorf("a copy has heard %s, not %s", a, b)
	}
}

func TestNoNumberOfStraysIsKept(t *testing.T) {
	h := watch(t, eachOnItsOwn)
	for range 100 {
		h.on(onA, "0s", says("b", "c", "down"))
	}
	if heard := h.Heard(); heard.Misattributed["b"] != 100 || len(heard.Strays) != 20 {
		t.Errorf("%d were counted, %d are kept", heard.Misattributed["b"], len(heard.Strays))
	}
}

func TestWhatIsSignedIsItsObserversWordWhereverItComes(t *testing.T) {
	h := watch(t, eachOnItsOwn)
	a := says("b", "c", "down")
	a.Signer = "b"
	h.on(onA, "0s", beat("a"), says("a", "c", "down"), a)
	h.expectState("0s", "c", detector.Down)
}

// A service as a whole: one voice opens an incident and is recommended; to be declared by, it takes as many as its quorum.
func TestOneWhoSaysThatAServiceAsAWholeIsDownIsDoubted(t *testing.T) {
	whole := func(observer string) alert.Alert {
		return labelled(alert.Firing, "observer", observer, "service", "s", "effect", "down")
	}
	for name, c := range map[string]struct {
		text  string
		by    []string
		doubt bool
	}{
		"one of two":                             {bothMust, []string{"a"}, true},
		"one, and nobody":                        {bothMust, []string{"a", ""}, true},
		"both":                                   {bothMust, []string{"a", "b"}, false},
		"one, where one is enough of components": {twoWatch, []string{"a"}, false},
		"one, where the service asks for two":    {strings.Replace(twoWatch, "needs: [c]", "quorum: 2, needs: [c]", 1), []string{"a"}, true},
		"one, where the service asks for one":    {strings.Replace(bothMust, "needs: [c]", "quorum: 1, needs: [c]", 1), []string{"a"}, false},
		"nobody, where one is enough":            {twoWatch, []string{""}, false},
		"nobody, where all who watch are known":  {strings.ReplaceAll(twoWatch, "{heartbeat", "{speaks_on: [holdfast.alerts.>], heartbeat"), []string{""}, true},
		"one, where nothing is below it":         {strings.Replace(twoWatch, ", needs: [c]", "", 1), []string{"a"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := watch(t, c.text)
			h.hear("0s", beat("a"), beat("b"))
			for _, by := range c.by {
				h.hear("0s", whole(by))
			}
			h.beats(2, 6)
			h.expectService("6m", "s", detector.Down)
			h.expectCurrent("6m", detector.MajorIncident)
			h.beats(8, 92)
			met := h.criterion("92m", "decision_point")
			if met.Answer != detector.Met || (met.Doubt != "") != c.doubt {
				t.Errorf("decision_point is %s, the doubt %q", met.Answer, met.Doubt)
			}
			if c.doubt && !strings.Contains(met.Doubt, " of s as a whole, and ") {
				t.Errorf("the doubt is %q", met.Doubt)
			}
			if told := strings.Join(h.situation("92m").Explanation.NotCounted, "\n"); strings.Contains(told, "recommended, never automatic") != c.doubt {
				t.Errorf("the explanation says\n%s", told)
			}
		})
	}
}

// What is seen of the components is enough by itself, whoever says something of the whole besides.
func TestWhatAQuorumSaysOfComponentsIsNotDoubtedForAWordAboutTheWhole(t *testing.T) {
	h := watch(t, bothMust)
	h.hear("0s", beat("a"), beat("b"), says("a", "c", "down"), says("b", "c", "down"), labelled(alert.Firing, "observer", "a", "service", "s", "effect", "down"))
	h.beats(2, 92)
	if met := h.criterion("92m", "decision_point"); met.Answer != detector.Met || met.Doubt != "" {
		t.Errorf("decision_point is %s, the doubt %q", met.Answer, met.Doubt)
	}
}

// Where every observer of something is known by what it signs or where it speaks, whoever is not takes nothing down: not even
// where one is enough.
func TestNobodysWordIsNoneWhereAllObserversAreKnown(t *testing.T) {
	const services = "services: {s: {vital: true, rto: 2h, mtpd: 4h, rtc: 30m, needs: [c]}}\n"
	unsigned := says("a", "c", "down")
	for name, c := range map[string]struct {
		observers string
		said      alert.Alert
		want      detector.State
	}{
		"the only one signs":       {"observers: {a: {key: " + someKey + "}}\ncomponents: {c: {observers: [a]}}\n", unsigned, detector.Up},
		"two sign":                 {"observers: {a: {key: " + someKey + "}, b: {key: " + someKey + "}}\ncomponents: {c: {observers: [a, b]}}\n", unsigned, detector.Up},
		"each has a subject":       {"observers: {a: {speaks_on: [x.a]}, b: {speaks_on: [x.b]}}\ncomponents: {c: {observers: [a, b]}}\n", down("c"), detector.Up},
		"one is known by its name": {"observers: {a: {key: " + someKey + "}, b: {}}\ncomponents: {c: {observers: [a, b]}}\n", unsigned, detector.Down},
		"nobody watches it":        {"observers: {a: {key: " + someKey + "}}\ncomponents: {c: {}}\n", unsigned, detector.Down},
	} {
		t.Run(name, func(t *testing.T) {
			h := watch(t, c.observers+services)
			h.hear("0s", of("0s", c.said))
			if c.want == detector.Up {
				h.expectState("1m", "c", c.want, "disputed")
			} else {
				h.expectState("1m", "c", c.want)
			}
		})
	}
}

// One outage is what a quorum says, and two more, of whole services, what one credential does: three are not certain.
func TestConcurrentLossThatOneVoiceMakesUpIsDoubted(t *testing.T) {
	const house = `
criteria: {concurrent_loss: {for: 5m}}
observers: {a: {speaks_on: [holdfast.alerts.a]}, b: {speaks_on: [monitoring.b.>]}}
components: {c1: {observers: [a, b], quorum: 2}, c2: {observers: [a, b], quorum: 2}, c3: {observers: [a, b], quorum: 2}}
services:
  s1: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [c1]}
  s2: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [c2]}
  s3: {vital: true, rto: 8h, mtpd: 24h, rtc: 10m, needs: [c3]}
`
	for _, honest := range []bool{false, true} {
		h := watch(t, house)
		h.on(onA, "0s", says("a", "c1", "down"))
		h.on(onB, "0s", says("b", "c1", "down"))
		for _, s := range []string{"s2", "s3"} {
			h.on(onA, "0s", labelled(alert.Firing, "observer", "a", "service", s, "effect", "down"))
			if honest {
				h.on(onB, "0s", labelled(alert.Firing, "observer", "b", "service", s, "effect", "down"))
			}
		}
		verdicts := h.Verdicts(at("20m"))
		if len(verdicts) != 3 {
			t.Fatalf("expected three situations: %v", keys(verdicts))
		}
		for _, v := range verdicts {
			for _, c := range v.Explanation.Criteria {
				if c.ID == "concurrent_loss" && (c.Answer != detector.Met || (c.Doubt == "") != honest) {
					t.Errorf("of %s concurrent_loss is %s, the doubt %q", v.Key, c.Answer, c.Doubt)
				}
			}
			if v.Level != detector.Disaster {
				t.Errorf("%s is %s", v.Key, v.Level)
			}
		}
	}
}
