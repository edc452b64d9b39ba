package bia

import (
	"slices"
	"strings"
	"time"

	"holdfast/internal/source"
)

// checkPeriod looks at how a critical period is written.
func (c *checker) checkPeriod(p *CriticalPeriod) {
	c.positive(p.Marks, "rto", p.RTO)
	switch p.Kind {
	case "elevated":
		c.checkKeys(p, []string{"from", "to", "rto"}, []string{"at"})
		c.checkTimes(p, "from", p.From, "to", p.To)
	case "cutoff":
		c.checkKeys(p, []string{"at"}, []string{"from", "to", "rto"})
		c.checkTimes(p, "at", p.At, "at", p.At)
	default:
		c.word(p.Marks, "kind", "bia/critical-period", p.Kind, periodKinds...)
	}
}

func (c *checker) checkKeys(p *CriticalPeriod, needed, senseless []string) {
	for _, key := range needed {
		if !p.Marks.Has(key) {
			c.Errorf(p.Marks.Of(""), "bia/critical-period", "elevated has from, to and rto; cutoff has at", "an %s period needs %q", p.Kind, key)
		}
	}
	for _, key := range senseless {
		if p.Marks.Has(key) {
			c.Errorf(p.Marks.Of(key), "bia/critical-period", "elevated has from, to and rto; cutoff has at", "%q means nothing in an %s period", key, p.Kind)
		}
	}
}

// checkTimes: two instants, or two times of day in a zone, on days.
func (c *checker) checkTimes(p *CriticalPeriod, fromKey, from, toKey, to string) {
	if !p.Marks.Has(fromKey) || !p.Marks.Has(toKey) {
		return
	}
	start, once := instant(from)
	end, ends := instant(to)
	if once || ends {
		c.checkOnce(p, fromKey, once, toKey, ends, end.After(start))
		return
	}
	c.checkClock(p.Marks.Of(fromKey), from)
	if toKey != fromKey {
		c.checkClock(p.Marks.Of(toKey), to)
	}
	if !p.Marks.Has("zone") {
		c.Errorf(p.Marks.Of(""), "bia/zone", "zone: Europe/Berlin", "a time of day needs the zone that it is told in")
	}
	c.checkZone(p.Marks, p.Zone)
	c.distinct(p.Days, items(p.Marks, "days"))
	for i, day := range p.Days {
		at := item(p.Marks, "days", i)
		if !slices.Contains(weekdays, day) {
			c.Errorf(at, "bia/day", hintDay(day), "%q is no day of the week", day)
		}
	}
}

func (c *checker) checkClock(at source.Mark, s string) {
	if _, ok := timeOfDay(s); !ok {
		c.Errorf(at, "bia/time-of-day", `"18:00", or an instant such as 2026-11-27T00:00:00Z`, "%q is no time of day", s)
	}
}

// checkOnce: both ends are instants, in order, and nothing else says when.
func (c *checker) checkOnce(p *CriticalPeriod, fromKey string, once bool, toKey string, ends, ordered bool) {
	switch {
	case !once || !ends:
		c.Errorf(p.Marks.Of(""), "bia/critical-period", "once by two instants, or again and again by two times of day", "from and to are not told in the same way")
	case fromKey != toKey && !ordered:
		c.Errorf(p.Marks.Of(toKey), "bia/critical-period", "to is after from", "the period ends before it starts")
	}
	for _, key := range []string{"zone", "days"} {
		if p.Marks.Has(key) {
			c.Errorf(p.Marks.Of(key), "bia/critical-period", "leave it out: an instant carries its zone and its day", "%q means nothing for a period that comes once", key)
		}
	}
}

func hintDay(day string) string {
	short := strings.ToLower(day)
	if len(short) > 3 && slices.Contains(weekdays, short[:3]) {
		return "write " + short[:3]
	}
	return source.DidYouMean(short, weekdays)
}

// length is how long an elevated period lasts at most; false where nobody can tell.
func (r *CriticalRule) length() (time.Duration, bool) {
	switch s := r.when; {
	case r.cutoff:
		return 0, false
	case s.zone == nil:
		return s.end.Sub(s.start), true
	case s.to <= s.from:
		return 24*time.Hour - s.from + s.to, true
	default:
		return s.to - s.from, true
	}
}
