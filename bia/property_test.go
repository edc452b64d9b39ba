package bia_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/bia"
)

// anAnalysis draws a text of a few services that need each other in any way, cycles included.
func anAnalysis(t *rapid.T) string {
	const most = 6
	var b strings.Builder
	b.WriteString("organisation: drawn\nservices:\n")
	n := rapid.IntRange(1, most).Draw(t, "services")
	for i := range n {
		fmt.Fprintf(&b, "  s%d: {vital: %v", i, rapid.Bool().Draw(t, "vital"))
		mtpd := rapid.IntRange(2, 600).Draw(t, "mtpd")
		wrt := rapid.IntRange(0, mtpd-1).Draw(t, "wrt")
		if rapid.Bool().Draw(t, "has mtpd") {
			fmt.Fprintf(&b, ", mtpd: %dm", mtpd)
		}
		if rapid.Bool().Draw(t, "has rto") {
			fmt.Fprintf(&b, ", rto: %dm", rapid.IntRange(1, mtpd-wrt).Draw(t, "rto"))
		}
		fmt.Fprintf(&b, ", wrt: %dm, rpo: %dm", wrt, rapid.IntRange(1, 60).Draw(t, "rpo"))
		if rapid.Bool().Draw(t, "has rtc") {
			fmt.Fprintf(&b, ", rtc: %dm", rapid.IntRange(1, 600).Draw(t, "rtc"))
		}
		fmt.Fprintf(&b, ", critical_periods: {%s}", aPeriod(t))
		var needs []string
		for range rapid.IntRange(0, 3).Draw(t, "needs") {
			need := fmt.Sprintf("{service: s%d, tolerates: %dm", rapid.IntRange(0, n-1).Draw(t, "need"), rapid.IntRange(0, 30).Draw(t, "tolerates"))
			if rapid.IntRange(0, 3).Draw(t, "effect") == 0 {
				need += ", effect: partial"
			}
			needs = append(needs, need+"}")
		}
		fmt.Fprintf(&b, ", needs: [%s]}\n", strings.Join(needs, ", "))
	}
	return b.String()
}

func aPeriod(t *rapid.T) string {
	zone := rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"}).Draw(t, "zone")
	days := rapid.SampledFrom([]string{"", "days: [sat, sun], ", "days: [mon], "}).Draw(t, "days")
	clock := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("%02d:%02d", rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute"))
	})
	switch rapid.IntRange(0, 2).Draw(t, "period") {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("p: {kind: cutoff, %sat: %q, zone: %s}", days, clock.Draw(t, "at"), zone)
	}
	return fmt.Sprintf("p: {kind: elevated, %sfrom: %q, to: %q, zone: %s, rto: %dm}", days, clock.Draw(t, "from"), clock.Draw(t, "to"), zone,
		rapid.IntRange(1, 300).Draw(t, "elevated rto"))
}

func drawn(t *rapid.T) *bia.Analysis {
	text := anAnalysis(t)
	a, problems := bia.Parse("bia.yaml", []byte(text))
	if problems.HasErrors() {
		t.Fatalf("drawn with errors:\n%v\n%s", problems, text)
	}
	return a
}

// looser reports whether an objective (0: none) lets more time pass than another.
func looser(a, b time.Duration) bool { return b > 0 && (a == 0 || a > b) }

func TestInheritanceNeverLoosensAnObjective(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawn(t)
		for _, id := range a.Judged() {
			s, o := a.Services[id], a.Objectives(id)
			if looser(o.RTO, s.RTO) || looser(o.MTPD, s.MTPD) || looser(o.RPO, s.RPO) || (s.Vital && !o.Vital) {
				t.Errorf("%s has looser objectives than its own: %+v", id, o)
			}
			for _, n := range s.Needs {
				need := a.Objectives(n.AnyOf[0])
				if n.Partial {
					continue
				}
				if looser(need.RTO, plus(o.RTO, n.Tolerates)) || looser(need.Bound, plus(o.Bound, n.Tolerates)) || looser(need.RPO, o.RPO) ||
					(o.Vital && !need.Vital) || len(need.Critical) < len(o.Critical) {
					t.Errorf("%s needs %s, which has looser objectives: %+v, %+v", id, n.AnyOf[0], o, need)
				}
			}
		}
	})
}

func plus(objective, tolerates time.Duration) time.Duration {
	if objective == 0 {
		return 0
	}
	return objective + tolerates
}

func TestALaterStartNeverMakesForAnEarlierDeadline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawn(t)
		// Around the change of clocks in Berlin, where most can go wrong.
		start := time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 5*24*60).Draw(t, "start")) * time.Minute)
		later := start.Add(time.Duration(rapid.IntRange(0, 48*60).Draw(t, "later")) * time.Minute)
		for _, id := range a.Judged() {
			before, after := a.Clocks(id, start), a.Clocks(id, later)
			if latest(after.Deadline, later).Before(latest(before.Deadline, start)) || (before.LTI.After(after.LTI) && !after.LTI.IsZero()) {
				t.Errorf("%s: down at %v by %s: %v; down at %v by %s: %v", id, start, before.DeadlineBy, before.Deadline, later, after.DeadlineBy, after.Deadline)
			}
		}
	})
}

// latest is a deadline, or, where there is none, the end of what the arithmetic looks at: a period can matter in one
// night of the year alone, when clocks make it longer.
func latest(deadline, start time.Time) time.Time {
	if deadline.IsZero() {
		return start.AddDate(0, 0, 28)
	}
	return deadline
}

func TestADeadlineIsNeverLaterThanTheRTOAndTheMTPDAllow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawn(t)
		start := time.Date(2026, 3, 28, 0, rapid.IntRange(0, 3*24*60).Draw(t, "start"), 0, 0, time.UTC)
		for _, id := range a.Judged() {
			o, c := a.Objectives(id), a.Clocks(id, start)
			for _, bound := range []time.Duration{o.RTO, o.Bound} {
				if bound > 0 && c.Deadline.After(start.Add(bound)) {
					t.Errorf("%s: down at %v, deadline %v by %s, although %v is all there is", id, start, c.Deadline, c.DeadlineBy, bound)
				}
			}
		}
	})
}
