package oncall

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"holdfast/internal/source"
)

func (c *checker) absence(a *Absence) {
	if !a.From.Before(a.To) {
		c.found.Errorf(a.Marks.Of("to"), "people/absence", "an absence ends at the instant to: that day itself is a day of duty again", "the absence ends before it begins")
	}
}

// deputies checks that everybody's deputy is somebody else, and that from deputy to deputy one comes to an end.
func (c *checker) deputies() {
	told := map[string]bool{}
	for _, p := range c.inReadingOrder() {
		if p.Deputy == nil || !p.Deputy.Marks.Has("person") {
			continue
		}
		at := p.Deputy.Marks.Of("person")
		c.known(at, p.Deputy.Person)
		if p.Deputy.Person == p.ID {
			c.found.Errorf(at, "people/deputy", "a deputy is somebody else", "%s would be their own deputy", p.ID)
			continue
		}
		if round := c.round(p); len(round) > 0 && !told[p.ID] {
			for _, id := range round {
				told[id] = true
			}
			c.found.Errorf(at, "people/deputy-cycle", "let one of them have another deputy, or none",
				"from deputy to deputy this comes back to %s: %s; if all are away nobody acts", p.ID, strings.Join(append(round, p.ID), " -> "))
		}
	}
}

// round are the people through whom a chain of deputies comes back to where it began; none: it does not.
func (c *checker) round(p *Person) (round []string) {
	for q := p; q != nil && q.Deputy != nil && q.Deputy.Person != q.ID; q = c.r.People[q.Deputy.Person] {
		round = append(round, q.ID)
		if q.Deputy.Person == p.ID {
			return round
		}
		if slices.Contains(round, q.Deputy.Person) { // it goes round without p
			return nil
		}
	}
	return nil
}

func (c *checker) holidays(h *Holidays) {
	if _, ok := c.r.Calendars[h.Calendar]; !ok && h.Marks.Has("calendar") {
		c.found.Errorf(h.Marks.Of("calendar"), "people/calendar", source.DidYouMean(h.Calendar, slices.Sorted(maps.Keys(c.r.Calendars))),
			"there is no calendar called %q", h.Calendar)
	}
	if h.Marks.Has("stand_in") {
		c.known(h.Marks.Of("stand_in"), h.StandIn)
	}
}

func (c *checker) calendar(k *Calendar) {
	c.id(k.Marks.Of(""), k.ID)
	if _, ok := zoneOf(k.Zone); !ok {
		c.found.Errorf(k.Marks.Of("zone"), "people/zone", "such as Europe/Berlin, or UTC", "%q is not a time zone", k.Zone)
	}
	if k.Marks.Has("days") && len(k.Days) == 0 {
		c.found.Errorf(k.Marks.Of("days"), "people/calendar", "write its dates, or leave the calendar out", "the calendar has no days")
	}
	seen := map[int]bool{}
	for i, d := range k.Days {
		at := k.Marks.Of(fmt.Sprintf("days[%d]", i))
		switch {
		case !d.Equal(d.Truncate(day)):
			c.found.Errorf(at, "people/calendar", "such as 2026-12-25", "a calendar holds dates, not times of day")
		case seen[dayOf(d)]:
			c.found.Errorf(at, "people/twice", "", "this day is already in it")
		}
		seen[dayOf(d)] = true
	}
}
