package oncall

import (
	"slices"
	"time"
)

func (c *Calendar) fillIn() {
	if !c.Marks.Has("zone") {
		c.Zone = "UTC"
	}
	if zone, ok := zoneOf(c.Zone); ok {
		c.zone = zone
	}
	for _, d := range c.Days {
		c.days = append(c.days, dayOf(d))
	}
	slices.Sort(c.days)
}

// has reports whether an instant lies on one of the days.
func (c *Calendar) has(at time.Time) bool {
	if c == nil || c.zone == nil {
		return false
	}
	_, found := slices.BinarySearch(c.days, dayOf(at.In(c.zone)))
	return found
}

// borders are the instants at which the days begin and end.
func (c *Calendar) borders() (at []time.Time) {
	if c == nil || c.zone == nil {
		return nil
	}
	for _, d := range c.days {
		for _, n := range []int{d, d + 1} {
			y, m, d := time.Unix(int64(n)*int64(day/time.Second), 0).UTC().Date()
			at = append(at, wall(y, m, d, 0, c.zone))
		}
	}
	return at
}

// dayOf counts the days from 1970 to the date that an instant shows.
func dayOf(at time.Time) int {
	y, m, d := at.Date()
	return floorDiv(int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()), int(day/time.Second))
}

// move puts the stand-in first; where nobody is named, the next in line comes before the one whose turn it is.
func (h *Holidays) move(line []string) []string {
	if h.StandIn != "" {
		return first(line, h.StandIn)
	}
	if len(line) > 1 {
		line[0], line[1] = line[1], line[0]
	}
	return line
}
