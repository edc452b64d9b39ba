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

// line is who is on duty at an instant, then everybody else in the order in which their turns come. Somebody who stands
// in is followed by the one they stand in for.
func (r *Rotation) line(at time.Time) []string {
	if len(r.People) == 0 {
		return nil
	}
	turn := r.turn(at)
	line := append(slices.Clone(r.People[turn:]), r.People[:turn]...)
	for _, o := range r.Overrides {
		if !at.Before(o.From) && at.Before(o.To) {
			line = slices.DeleteFunc(line, func(id string) bool { return id == o.Person })
			return slices.Insert(line, 0, o.Person)
		}
	}
	return line
}

// turn is whose turn it is, as an index of People. Handovers are a fixed number of local dates apart, always at the same
// local time, so a turn over a change of the clocks is an hour shorter or longer. Before Start the turns go on backwards.
func (r *Rotation) turn(at time.Time) int {
	days := int(r.Every / day)
	if r.zone == nil || days < 1 {
		return 0
	}
	y, m, d := at.In(r.zone).Date()
	today := int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(r.Start) / day)
	n := floorDiv(today, days)
	if r.handoverOn(n * days).After(at) {
		n--
	}
	return n - floorDiv(n, len(r.People))*len(r.People)
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
