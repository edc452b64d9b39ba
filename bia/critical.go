package bia

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// CriticalRule is a critical period made ready for arithmetic.
type CriticalRule struct {
	Owner    string // the service that it was written for
	Name     string
	HoldsOut time.Duration // how long the owner holds out without the service that inherited the rule

	cutoff bool
	rto    time.Duration // elevated
	wrt    time.Duration // cutoff: the owner's work recovery time
	mtpd   time.Duration // cutoff: of the owner; 0: none
	when   schedule
}

// A schedule is when a critical period is: once, or on days of the week in a zone.
type schedule struct {
	start, end time.Time // once

	zone     *time.Location // recurring
	days     [7]bool        // by time.Weekday
	from, to time.Duration  // times of day
}

// Deadline is the instant by which a service that went down at t0 has to be back because of this period, if it matters.
//
// The owner goes down HoldsOut later. In an elevated period [a,b) it has to be back at max(t0,a) + RTO, if it went down
// before b and that falls before b. Before a cutoff c it has to be back at c - WRT, if t0 < c < t0 + MTPD; a cutoff that
// has passed since stays the deadline.
func (r *CriticalRule) Deadline(t0 time.Time) (time.Time, bool) {
	down := t0.Add(r.HoldsOut)
	for a, b := range r.when.after(down, r.cutoff) {
		if r.cutoff {
			return a.Add(-r.wrt).UTC(), r.mtpd == 0 || a.Before(down.Add(r.mtpd))
		}
		start := a
		if down.After(a) {
			start = down
		}
		if candidate := start.Add(r.rto); candidate.Before(b) {
			return candidate.UTC(), true
		}
	}
	return time.Time{}, false
}

// after yields the periods [a,b) that end after an instant, or the cutoffs (a alone) after it, in order of time.
func (s schedule) after(t time.Time, cutoff bool) iter.Seq2[time.Time, time.Time] {
	return func(yield func(a, b time.Time) bool) {
		if s.zone == nil {
			if s.end.After(t) {
				yield(s.start, s.end)
			}
			return
		}
		local := t.In(s.zone)
		for day := -lookBack; day <= lookAhead; day++ {
			date := time.Date(local.Year(), local.Month(), local.Day()+day, 0, 0, 0, 0, time.UTC)
			if !s.days[date.Weekday()] {
				continue
			}
			if a, b := s.on(date, cutoff); b.After(t) && !yield(a, b) {
				return
			}
		}
	}
}

// How many local days around an instant are looked at: far enough back that a period over midnight is not missed,
// whatever the clocks do, and far enough on that one occurrence cut short by a change of clocks does not hide the next.
const (
	lookBack  = 2
	lookAhead = 30
)

// on is the occurrence that starts on a local date; a cutoff ends where it starts.
func (s schedule) on(date time.Time, cutoff bool) (a, b time.Time) {
	a, _ = instants(date.Add(s.from), s.zone)
	if cutoff {
		return a, a
	}
	if s.to <= s.from {
		date = date.AddDate(0, 0, 1)
	}
	_, b = instants(date.Add(s.to), s.zone)
	return a, b
}

// instants are the first and the second instant at which a zone's clocks show a local time (given as if it were UTC);
// they differ in an hour that clocks repeat. A time that clocks leap over is shifted forward by as much as they leap.
//
// Clocks are taken to change at most once within the day before and the day after.
func instants(local time.Time, zone *time.Location) (first, second time.Time) {
	before, after := offset(local.AddDate(0, 0, -1), zone), offset(local.AddDate(0, 0, 1), zone)
	first, second = local.Add(-before), local.Add(-after)
	firstShown, secondShown := offset(first, zone) == before, offset(second, zone) == after
	switch {
	case firstShown && secondShown:
		return first, second
	case secondShown:
		return second, second
	}
	return first, first
}

func offset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// criticalRules are the service's own critical periods, by name; what is written wrong is left out, the checks say so.
func (s *Service) criticalRules() []*CriticalRule {
	var rules []*CriticalRule
	for _, name := range slices.Sorted(maps.Keys(s.CriticalPeriods)) {
		p := s.CriticalPeriods[name]
		when, ok := p.schedule()
		if !ok || (p.Kind == "elevated" && p.RTO == 0) {
			continue
		}
		rules = append(rules, &CriticalRule{Owner: s.ID, Name: name, cutoff: p.Kind == "cutoff", rto: p.RTO, wrt: s.WRT, mtpd: s.MTPD, when: when})
	}
	return rules
}

// schedule reads when the period is; false if it is written wrong.
func (p *CriticalPeriod) schedule() (schedule, bool) {
	from, to := p.From, p.To
	if p.Kind == "cutoff" {
		from, to = p.At, p.At
	}
	if start, once := instant(from); once {
		end, ends := instant(to)
		return schedule{start: start, end: end}, ends && !end.Before(start)
	}
	var s schedule
	var known, opens, closes bool
	s.zone, known = location(p.Zone)
	s.from, opens = timeOfDay(from)
	s.to, closes = timeOfDay(to)
	for day := range s.days {
		s.days[day] = len(p.Days) == 0 || slices.Contains(p.Days, weekdays[day])
	}
	return s, known && opens && closes
}

func instant(s string) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339, s)
	return t.UTC(), err == nil
}

func timeOfDay(s string) (time.Duration, bool) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return 0, false
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, true
}

// location finds an IANA zone. "Local" is none: a plan must read the same on every machine.
func location(name string) (*time.Location, bool) {
	if name == "" || strings.EqualFold(name, "local") {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}
