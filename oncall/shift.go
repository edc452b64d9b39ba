package oncall

import (
	"slices"
	"time"
)

// horizon is how far ahead the next handover is looked for: a turn lasts a year at most, an absence as a rule less.
const horizon = 2 * 366 * day

// NextHandover is the next instant at which somebody else comes first for a role, and who; false: nobody within two
// years, as far as is written down.
func (r *Roster) NextHandover(role string, at time.Time) (when time.Time, to string, ok bool) {
	head := func(at time.Time) string {
		if line := r.Line(role, at); len(line) > 0 {
			return line[0]
		}
		return ""
	}
	now, fixed := head(at), r.borders(role)
	for when = at; ; {
		next, more := r.nextBorder(role, fixed, when)
		if !more || next.Sub(at) > horizon {
			return time.Time{}, "", false
		}
		if to = head(next); to != now {
			return next, to, true
		}
		when = next
	}
}

// A Hole is a time in which nobody who holds a role is there, nor anybody who acts for them.
type Hole struct{ From, To time.Time }

// Holes are the times between two instants in which nobody holds a role who is not absent. They are still on call then,
// since a line falls back on all its people; but nobody should count on that.
func (r *Roster) Holes(role string, from, to time.Time) (holes []Hole) {
	fixed := r.borders(role)
	for at := from; at.Before(to); {
		next, more := r.nextBorder(role, fixed, at)
		if !more || next.After(to) {
			next = to
		}
		if line := r.nominal(role, at); len(r.there(line, at)) == 0 {
			if n := len(holes); n > 0 && holes[n-1].To.Equal(at) {
				holes[n-1].To = next
			} else {
				holes = append(holes, Hole{at, next})
			}
		}
		at = next
	}
	return holes
}

// borders are the instants written down at which a role's line can change, in order: those of absences, whoever's,
// overrides and holidays. The handovers of a rotation are not among them, for they never end.
func (r *Roster) borders(role string) (all []time.Time) {
	for _, p := range r.People {
		for _, a := range p.Absences {
			all = append(all, a.From, a.To)
		}
	}
	if found := r.Roles[role]; found != nil {
		if found.Rotation != nil {
			for _, o := range found.Rotation.Overrides {
				all = append(all, o.From, o.To)
			}
		}
		if found.Holidays != nil {
			all = append(all, r.Calendars[found.Holidays.Calendar].borders()...)
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}

// nextBorder is the first instant after another at which a role's line can change; fixed are its borders.
func (r *Roster) nextBorder(role string, fixed []time.Time, after time.Time) (next time.Time, ok bool) {
	n, exact := slices.BinarySearchFunc(fixed, after, time.Time.Compare)
	for exact && n < len(fixed) && fixed[n].Equal(after) {
		n++
	}
	if n < len(fixed) {
		next, ok = fixed[n], true
	}
	if found := r.Roles[role]; found != nil && found.Rotation != nil {
		if count, days := found.Rotation.count(after); days > 0 {
			if at := found.Rotation.handoverOn((count + 1) * days); !ok || at.Before(next) {
				next, ok = at, true
			}
		}
	}
	return next, ok
}
