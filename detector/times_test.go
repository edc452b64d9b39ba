package detector_test

import (
	"strings"
	"testing"
	"time"

	"holdfast/detector"
	"holdfast/detector/alert"
)

func labelledNothing() alert.Alert { return labelled(alert.Firing, "alertname", "DiskFull") }

func TestALateAlertMovesTheStartBackByNoMoreThanMaxBackdate(t *testing.T) {
	h := watch(t, one) // max_backdate is min(RTO/4, 1h) = 30m
	h.hear("2h", of("1h45m", down("c")))
	h.expectOffset("t0", h.outage("2h", "s").Since, "1h45m")
	h.expectLevel("2h", detector.MajorIncident)

	h = watch(t, one)
	h.hear("2h", of("0s", down("c")))
	h.expectOffset("t0", h.outage("2h2m", "s").Since, "1h30m")
	h.expectLevel("2h4m59s", detector.Impaired) // a stale message confirms only from its receipt
	h.expectLevel("2h5m", detector.MajorIncident)
}

func TestManyLateAlertsMoveTheStartBackNoFurtherThanOne(t *testing.T) {
	h := watch(t, one)
	h.hear("2h", down("c"))
	for _, offset := range []string{"2h10m", "2h20m", "2h25m"} {
		h.hear(offset, of("0s", down("c")), of("1h", down("c")))
	}
	h.expectOffset("t0", h.outage("2h30m", "s").Since, "1h40m")
}

func TestALateAlertDoesNotJoinAnOutageToOneThatWasOver(t *testing.T) {
	h := watch(t, one)
	h.hear("0s", down("c"))
	h.hear("20m", up("c"))
	h.hear("45m", down("c"))
	h.hear("46m", of("20m", down("c"))) // it was never up, says this
	verdicts := h.Verdicts(at("46m"))
	v := verdicts[len(verdicts)-1]
	if o := v.Services[0]; o.Since.Before(at("15m")) {
		t.Errorf("one message moved t0 from 45m to %s", o.Since.Sub(start))
	}
}

func TestALateRecoveryAndThenALateDownDoNotBringBackAnOutageLongOver(t *testing.T) {
	h := watch(t, strings.Replace(strings.Replace(one, "{c: {}}", "{c: {observers: [p, q]}}", 1), "components:", "observers: {p: {}, q: {}}\ncomponents:", 1))
	h.hear("0s", says("p", "c", "down"))
	h.hear("105m", says("q", "c", "down"))
	h.hear("120m", of("60m", resolves("p", "c")))
	h.expectOffset("t0 after the recovery", h.outage("120m", "s").Since, "105m")
	h.hear("121m", of("96m", says("p", "c", "down")), of("61m", says("q", "c", "down")))
	if since := h.outage("121m", "s").Since; since.Before(at("75m")) {
		t.Errorf("one message moved t0 from 105m to %s", since.Sub(start))
	}
}

func TestAnOldDownCorrectsHistoryNeverThePresent(t *testing.T) {
	h := watch(t, one)
	h.hear("10m", up("c"))
	h.hear("11m", of("9m", down("c")))
	h.expectService("11m", "s", detector.Up)
}

func TestWithinASourceItsOwnSequenceOrdersBetterThanTime(t *testing.T) {
	h := watch(t, one)
	first, second := of("5m", down("c")), of("4m", up("c"))
	first.Sequence, second.Sequence = 1, 2
	h.hear("6m", second, first)
	h.expectService("6m", "s", detector.Up)
}

func TestATimeThatCannotBeIsTheTimeOfReceipt(t *testing.T) {
	for name, own := range map[string]time.Time{
		"none": {}, "the future": at("3m"), "ancient": at("-24h").Add(-time.Second), "the year 1": time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), "the far future": time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		h := watch(t, one)
		a := down("c")
		a.StartsAt = own
		h.Observe(start, "", a)
		h.expectState("0s", "c", detector.Down, "clock_suspect")
		h.expectOffset(name+": t0", h.outage("5m", "s").Since, "0s")
		if n := h.Heard().Suspect; n != 1 {
			t.Errorf("%s: %d suspect clocks are counted, expected 1", name, n)
		}
	}
}

func TestAClockThatIsALittleFastIsBelieved(t *testing.T) {
	h := watch(t, one)
	h.hear("0s", of("2m", down("c")))
	h.expectState("0s", "c", detector.Down)
	h.expectOffset("t0", h.outage("5m", "s").Since, "0s")
}

func TestTheLogsTimeNeverRunsBackwards(t *testing.T) {
	h := watch(t, one)
	h.hear("10m", labelledNothing())
	h.hear("9m", down("c"))
	h.expectOffset("t0", h.outage("15m", "s").Since, "9m") // its own time is believed
	h.expectLevel("15m", detector.MajorIncident)
}

func TestAnOutageThatWasOverBeforeItWasHeardOfIsToldAsOver(t *testing.T) {
	h := watch(t, one)
	h.hear("2h", of("1h35m", down("c")), of("1h45m", up("c")))
	v := h.situation("2h")
	if v.Open || v.Level != detector.MajorIncident {
		t.Errorf("expected a finding in hindsight: %s, open %v", v.Level, v.Open)
	}
}

func TestQuestionsChangeNoAnswer(t *testing.T) {
	asked, silent := watch(t, twoWatch), watch(t, twoWatch)
	for _, h := range []*house{asked, silent} {
		h.hear("0s", beat("a"), beat("b"), says("a", "c", "down"))
		if h == asked {
			h.Verdicts(at("100h"))
			h.NextAt(at("3m"))
			h.Components(at("-1h"))
		}
		h.hear("4m", beat("a"), beat("b"))
	}
	expectSame(t, silent.Verdicts(at("6m")), asked.Verdicts(at("6m")))
	expectSame(t, silent.Components(at("6m")), asked.Components(at("6m")))
}

func TestWhatWasObservedIsJudgedByTheNewTextFromARebaseOn(t *testing.T) {
	h := watch(t, one)
	h.hear("0s", down("c"))
	h.expectOffset("decision_point would be", h.criterion("10m", "decision_point").WouldAt, "75m")
	h.Rebase(analysis(t, "services: {s: {vital: true, rto: 1h, mtpd: 4h, rtc: 30m, needs: [c]}}\ncomponents: {c: {}}\n"))
	h.expectOffset("decision_point would be", h.criterion("10m", "decision_point").WouldAt, "15m")
}

func TestAnOutageOfWeeksKeepsItsStartAndMemoryStaysBounded(t *testing.T) {
	h := watch(t, strings.Replace(one, "{c: {}}", "{c: {}, noise: {}}", 1))
	h.hear("0s", down("c"))
	for i := range 24 * 14 {
		now := start.Add(time.Duration(i) * time.Hour)
		for m := range 4 {
			at := now.Add(time.Duration(m) * time.Minute)
			a, b := down("noise"), up("noise")
			a.StartsAt, b.EndsAt = at, at.Add(30*time.Second)
			h.Observe(at.Add(30*time.Second), "", a, b)
		}
	}
	h.expectOffset("t0", h.outage("336h", "s").Since, "0s")
	h.expectLevel("336h", detector.Disaster)
}

func expectSame(t *testing.T, want, got any) {
	t.Helper()
	if w, g := written(t, want), written(t, got); w != g {
		t.Errorf("expected the same, got a difference:\n%s\n%s", w, g)
	}
}
