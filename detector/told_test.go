package detector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
)

// A word is what a person tells a detector at an instant.
type word struct {
	at   time.Time
	tell func(*detector.Detector, time.Time)
}

var anyWord = rapid.Custom(func(t *rapid.T) word {
	n, minutes := rapid.IntRange(0, 3).Draw(t, "which"), time.Duration(rapid.IntRange(0, 300).Draw(t, "minutes"))*time.Minute
	pick := func(from ...string) string { return rapid.SampledFrom(from).Draw(t, "word") }
	var w word
	switch rapid.IntRange(0, 7).Draw(t, "verb") {
	case 0:
		w.tell = func(d *detector.Detector, at time.Time) {
			d.TellEstimate(at, "ann", fmt.Sprintf("s%d", n), at.Add(minutes))
		}
	case 1:
		site, state := pick("x", "y"), pick("lost", "impaired", "ok")
		w.tell = func(d *detector.Detector, at time.Time) { d.TellFacility(at, site, state) }
	case 2:
		state := pick("unusable", "compromised", "ok")
		w.tell = func(d *detector.Detector, at time.Time) { d.TellData(at, fmt.Sprintf("d%d", n), state) }
	case 3:
		w.tell = func(d *detector.Detector, at time.Time) {
			d.TellRecoveryPoint(at, fmt.Sprintf("d%d", n), at.Add(-minutes))
		}
	case 4:
		w.tell = func(d *detector.Detector, at time.Time) {
			d.TellSwitchedOff(at, "ann", fmt.Sprintf("c%d", n), start.Add(minutes))
		}
	case 5:
		m := bia.Maintenance{Change: "C1", From: start.Add(minutes), To: start.Add(minutes + time.Hour), Scope: []string{fmt.Sprintf("c%d", n)}, Expect: map[string]string{fmt.Sprintf("s%d", n): pick("degraded", "down")}}
		w.tell = func(d *detector.Detector, at time.Time) { d.TellMaintenance(at, "ann", m) }
	case 6:
		w.tell = func(d *detector.Detector, at time.Time) { d.TellCalledOff(at, "C1") }
	case 7:
		w.tell = func(d *detector.Detector, at time.Time) {
			d.TellStart(at, "ann", fmt.Sprintf("s%d", n), at.Add(-minutes))
		}
	}
	w.at = start.Add(time.Duration(rapid.IntRange(0, 200*60).Draw(t, "at")) * time.Second)
	return w
})

// drawWords are a few words in the order of the log of decisions.
func drawWords(t *rapid.T) []word {
	words := rapid.SliceOfN(anyWord, 0, 5).Draw(t, "words")
	slices.SortStableFunc(words, func(a, b word) int { return a.at.Compare(b.at) })
	return words
}

func tellAll(d *detector.Detector, words []word) {
	for _, w := range words {
		w.tell(d, w.at)
	}
}

func TestWhatPeopleSayMeansTheSameWhereverItFallsAmongTheAlerts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawHouse(t, true)
		messages, words := drawMessages(t, anyAlerts), drawWords(t)
		before, among := detector.New(a), detector.New(a)
		tellAll(before, words)
		hear(before, messages)
		for _, w := range words {
			n := rapid.IntRange(0, len(messages)).Draw(t, "heard")
			hear(among, messages[:n])
			messages = messages[n:]
			w.tell(among, w.at)
		}
		hear(among, messages)
		now := drawInstant(t, start.Add(6*time.Hour))
		if want, got := all(t, before, now), all(t, among, now); want != got {
			t.Fatalf("it matters: %s", difference(want, got))
		}
	})
}

func TestAnEstimateCountsFromAPersonOrASourceThatMayGiveOne(t *testing.T) {
	text := strings.Replace(sites, "observers: {", "observers: {provider: {estimates: true}, ", 1)
	if text == sites {
		t.Fatal("the house has no observers to add to")
	}
	none := labelled(alert.Firing, "service", "s", "estimate", "none")
	for _, c := range []struct {
		who  string
		say  func(*house)
		want detector.Answer
		told string
	}{
		{"a source that nobody names", func(h *house) { h.hear("10m", none) }, detector.NotMet,
			"s: a source that nobody names has no estimate of its end, said at 2026-11-23 12:10:00Z; it is no source of estimates (observers.*.estimates)"},
		{"an observer without the right", func(h *house) { h.hear("10m", with(none, "observer", "a")) }, detector.NotMet,
			"s: a has no estimate of its end, said at 2026-11-23 12:10:00Z; it is no source of estimates (observers.*.estimates)"},
		{"an observer with the right", func(h *house) { h.hear("10m", with(none, "observer", "provider")) }, detector.Met,
			"there is no estimate of the end of s's outage, said at 2026-11-23 12:10:00Z by provider"},
		{"a person", func(h *house) { h.TellEstimate(at("10m"), "ann", "s", time.Time{}) }, detector.Met,
			"there is no estimate of the end of s's outage, said at 2026-11-23 12:10:00Z by ann"},
	} {
		t.Run(c.who, func(t *testing.T) {
			h := watch(t, text)
			h.hear("0s", says("a", "db-1", "down"), says("a", "db-2", "down"))
			c.say(h)
			h.expectCriterion("11m", "estimate_exceeds_rto", c.want)
			said := append(h.situation("11m").Explanation.NotCounted, h.criterion("11m", "estimate_exceeds_rto").Evidence...)
			if !slices.Contains(said, c.told) {
				t.Errorf("%q is not among %q", c.told, said)
			}
		})
	}
}

func TestPeopleTakeBackWhatOneOfThemSaidOfASiteButNotWhatAnAlertSays(t *testing.T) {
	h := watch(t, sites)
	h.hear("0s", says("a", "db-1", "down"), says("a", "db-2", "down"))
	h.TellFacility(at("1m"), "fra", "lost")
	h.expectCriterion("10m", "facility_lost", detector.Met)
	h.TellFacility(at("11m"), "fra", "ok")
	h.expectCriterion("12m", "facility_lost", detector.NotMet)
	h.hear("13m", site("fra", "lost"))
	h.TellFacility(at("14m"), "fra", "ok")
	h.expectCriterion("15m", "facility_lost", detector.Met)
}

func TestAPersonMovesTheStartOfAnOutageBackFurtherThanAnyMessage(t *testing.T) {
	h := watch(t, "services: {s: {vital: true, rto: 4h, mtpd: 8h, rtc: 30m, needs: [c]}}\ncomponents: {c: {}}\n")
	late := down("c")
	late.StartsAt = at("-5h")
	h.hear("0s", late)
	h.expectOffset("by messages alone the start", h.outage("6m", "s").Since, "-1h")
	h.TellStart(at("7m"), "ann", "s", at("-3h"))
	o := h.outage("8m", "s")
	h.expectOffset("the start", o.Since, "-3h")
	h.expectOffset("the deadline", o.Clocks.Deadline, "1h")
	h.expectOffset("it is confirmed as before,", o.Confirmed, "5m")
	if o.StartBy != "ann" {
		t.Errorf("its start is by %q", o.StartBy)
	}
	h.TellStart(at("9m"), "ann", "s", at("-2h"))
	h.expectOffset("put right, the start", h.outage("10m", "s").Since, "-2h")
	h.TellStart(at("11m"), "ann", "s", at("1m"))
	h.expectOffset("never later than monitoring shows, the start", h.outage("12m", "s").Since, "-1h")
}

func TestTheStartOfAnOutageIsNeverMovedIntoTheOneBefore(t *testing.T) {
	h := watch(t, "services: {s: {vital: true, rto: 4h, mtpd: 8h, rtc: 30m, needs: [c]}}\ncomponents: {c: {}}\n")
	h.hear("0s", down("c"))
	h.hear("1h", up("c"))
	h.hear("3h", down("c"))
	h.TellStart(at("3h10m"), "ann", "s", at("30m"))
	verdicts := h.Verdicts(at("3h11m"))
	h.expectOffset("the start of the second of two", verdicts[len(verdicts)-1].Services[0].Since, "1h10m")
}

func TestPlannedMaintenanceOfAPersonExcusesWhatItSaysAndNothingFromBefore(t *testing.T) {
	h := watch(t, "services: {s: {vital: true, rto: 4h, mtpd: 8h, rtc: 30m, needs: [c]}}\ncomponents: {c: {}}\n")
	m := bia.Maintenance{Change: "CHG-1", From: at("-1h"), To: at("2h"), Scope: []string{"c"}, Expect: map[string]string{"s": "down"}, Grace: 15 * time.Minute}
	h.TellMaintenance(at("0s"), "ann", m)
	h.hear("1m", down("c"))
	h.expectLevel("1h", detector.Event)
	h.TellCalledOff(at("1h"), "CHG-1")
	h.expectCurrent("1h6m", detector.MajorIncident)
}

func TestAMarkOfAPersonEndsWhenTheySaySo(t *testing.T) {
	h := watch(t, "services: {s: {vital: true, rto: 4h, mtpd: 8h, rtc: 30m, needs: [c]}}\ncomponents: {c: {}}\n")
	h.TellSwitchedOff(at("0s"), "ann", "c", at("2h"))
	h.expectState("1h", "c", detector.Down, "intentional")
	h.TellSwitchedOff(at("1h"), "bob", "c", at("1h"))
	h.expectState("1h1m", "c", detector.Up)
}

func TestNoAlertTakesBackWhatAPersonSaid(t *testing.T) {
	h := watch(t, "sites: {x: {}}\nobservers: {p: {}}\ncomponents: {c: {site: x, observers: [p]}}\nservices: {s: {vital: true, rto: 4h, data: {ledger: {}}, needs: [c]}}\n")
	h.TellFacility(at("0s"), "x", "lost")
	h.TellData(at("0s"), "ledger", "compromised")
	for _, print := range []string{"people", "", "\x00people", "people\x00"} {
		for _, alike := range []alert.Alert{site("x", "ok"), labelled(alert.Firing, "data", "ledger", "effect", "ok")} {
			alike.Fingerprint = print
			h.hear("1m", alike)
		}
	}
	if !h.FactsAt(at("2m")).DomainLost("x") {
		t.Error("an alert took back that a person signalled a site lost")
	}
	if vs := h.Verdicts(at("2m")); len(vs) != 1 || !slices.Contains(vs[0].MetCriteria(), bia.DataCompromised) {
		t.Errorf("an alert took back that a person signalled data compromised: %v", vs)
	}
}
