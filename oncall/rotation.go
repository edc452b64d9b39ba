package oncall

import (
	"slices"
	"strconv"
	"time"
)

// What holds where a rotation says nothing.
const (
	defaultHandover = "09:00"
	defaultEvery    = 7 * day
)

func (r *Rotation) fillIn() {
	if !r.Marks.Has("zone") {
		r.Zone = "UTC"
	}
	if !r.Marks.Has("handover") {
		r.Handover = defaultHandover
	}
	if !r.Marks.Has("every") {
		r.Every = defaultEvery
	}
	if zone, ok := zoneOf(r.Zone); ok {
		r.zone = zone
	}
	if at, ok := timeOfDay(r.Handover); ok {
		r.handover = at
	}
}

// zoneOf finds a zone by its IANA name. "Local" is none: a plan must read the same on every machine.
func zoneOf(name string) (*time.Location, bool) {
	if name == "" || name == "Local" {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

// timeOfDay reads "09:00" as minutes after midnight.
func timeOfDay(s string) (minutes int, ok bool) {
	if len(s) != len("09:00") || s[2] != ':' {
		return 0, false
	}
	h, errH := strconv.ParseUint(s[:2], 10, 8)
	m, errM := strconv.ParseUint(s[3:], 10, 8)
	return int(h*60 + m), errH == nil && errM == nil && h < 24 && m < 60
}

// order is whose turn it is at an instant, then everybody else in the order in which their turns come.
func (r *Rotation) order(at time.Time) []string {
	if len(r.People) == 0 {
		return nil
	}
	turn := r.turn(at)
	return append(slices.Clone(r.People[turn:]), r.People[:turn]...)
}

// override is who was put on duty for an instant; nil: nobody was.
func (r *Rotation) override(at time.Time) *Override {
	for i := range r.Overrides {
		if o := &r.Overrides[i]; !at.Before(o.From) && at.Before(o.To) {
			return o
		}
	}
	return nil
}

// turn is whose turn it is, as an index of People.
func (r *Rotation) turn(at time.Time) int {
	n, _ := r.count(at)
	return n - floorDiv(n, len(r.People))*len(r.People)
}

// count is how many handovers lie between the first one and an instant, and how many days lie between two;
// zero: nobody can tell. Handovers are a fixed number of local dates apart, always at the same local time, so a turn over a change of
// the clocks is an hour shorter or longer. Before Start the turns go on backwards.
func (r *Rotation) count(at time.Time) (n, days int) {
	days = int(r.Every / day)
	if r.zone == nil || days < 1 {
		return 0, 0
	}
	y, m, d := at.In(r.zone).Date()
	today := int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(r.Start) / day)
	n = floorDiv(today, days)
	if r.handoverOn(n * days).After(at) {
		n--
	}
	return n, days
}

// handoverOn is the instant of the handover that many days after the first.
func (r *Rotation) handoverOn(days int) time.Time {
	y, m, d := r.Start.Date()
	return wall(y, m, d+days, r.handover, r.zone)
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// wall is the instant at which the clocks of a zone show a time of day. A time that they skip is as much later as they
// skip; of a time that they show twice it is the first.
func wall(y int, m time.Month, d, minutes int, zone *time.Location) time.Time {
	utc := time.Date(y, m, d, 0, minutes, 0, 0, time.UTC)
	t := time.Date(y, m, d, 0, minutes, 0, 0, zone)
	shown := func(t time.Time) time.Time {
		_, offset := t.Zone()
		return t.UTC().Add(time.Duration(offset) * time.Second)
	}
	if s := shown(t); s.Before(utc) { // skipped, and t was reckoned by the clock after the gap
		_, offset := t.Zone()
		return utc.Add(-time.Duration(offset) * time.Second).In(zone)
	}
	start, _ := t.ZoneBounds()
	if start.IsZero() {
		return t
	}
	_, before := start.Add(-time.Second).Zone()
	first := utc.Add(-time.Duration(before) * time.Second)
	if first.Before(start) && first.Before(t) && shown(first.In(zone)).Equal(utc) {
		return first.In(zone)
	}
	return t
}
