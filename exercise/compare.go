package exercise

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/detector"
)

// A Comparison is what two analyses make of the same recording.
type Comparison struct {
	Old         Outcome      `json:"old"`
	New         Outcome      `json:"new"`
	Differences []Difference `json:"differences"`
}

// A Difference is an incident of which the two do not make the same.
type Difference struct {
	Old     string    `json:"old,omitempty"` // incident; empty: only the new analysis makes one
	New     string    `json:"new,omitempty"` // incident; empty: only the old one does
	Changes []Changed `json:"changes,omitempty"`
}

// Changed is one thing that is not the same in both.
type Changed struct {
	What string `json:"what"` // "level", "incident", "major_incident", "disaster", "decision_due", "recommended", "declared", "objective <service>"
	Old  string `json:"old"`
	New  string `json:"new"`
}

// Compare holds two outcomes of the same recording against each other.
func Compare(before, after Outcome) Comparison {
	c := Comparison{Old: before, New: after, Differences: []Difference{}}
	taken := map[int]bool{}
	for _, old := range before.Incidents {
		n := counterpart(old, after, taken)
		if n < 0 {
			c.Differences = append(c.Differences, Difference{Old: old.Incident})
			continue
		}
		taken[n] = true
		if changes := changes(old, after.Incidents[n]); len(changes) > 0 {
			c.Differences = append(c.Differences, Difference{Old: old.Incident, New: after.Incidents[n].Incident, Changes: changes})
		}
	}
	for n, added := range after.Incidents {
		if !taken[n] {
			c.Differences = append(c.Differences, Difference{New: added.Incident})
		}
	}
	return c
}

// counterpart is the incident of the other outcome that is about the same: the one of the same name, else the first that
// went on at the same time and shares a root or a service; -1: there is none.
func counterpart(c Case, in Outcome, taken map[int]bool) int {
	found := -1
	for n, other := range in.Incidents {
		switch {
		case taken[n] || !overlap(c, other) || !shared(c, other):
		case other.Incident == c.Incident:
			return n
		case found < 0:
			found = n
		}
	}
	return found
}

// overlap reports whether two incidents went on at the same time.
func overlap(a, b Case) bool {
	return (b.Closed.IsZero() || !a.Opened.After(b.Closed)) && (a.Closed.IsZero() || !b.Opened.After(a.Closed))
}

func shared(a, b Case) bool {
	if a.Incident == b.Incident || slices.ContainsFunc(a.Roots, func(id string) bool { return slices.Contains(b.Roots, id) }) {
		return true
	}
	return slices.ContainsFunc(a.Services, func(m Measured) bool {
		return slices.ContainsFunc(b.Services, func(n Measured) bool { return m.Service == n.Service })
	})
}

// changes are all that is not the same in two incidents that are about the same.
func changes(before, after Case) (all []Changed) {
	note := func(what, old, now string) {
		if old != now {
			all = append(all, Changed{what, old, now})
		}
	}
	note("level", before.Level.String(), after.Level.String())
	for level := detector.Impaired; level <= detector.Disaster; level++ {
		old, now := before.reached(level), after.reached(level)
		if above := level + 1; above <= detector.Disaster && old == before.reached(above) && now == after.reached(above) {
			continue // passed over on the way up; said once
		}
		note(level.String(), old, now)
	}
	for _, kind := range []string{asked, recommended, declared} {
		note(kind, before.decidedText(kind), after.decidedText(kind))
	}
	for _, service := range servicesOf(before, after) {
		note("objective "+service, before.kept(service), after.kept(service))
	}
	return all
}

// reached tells when and by what a level was reached.
func (c Case) reached(level detector.Level) string {
	if level > c.Level {
		return "never"
	}
	r, ok := c.first(level)
	if !ok {
		return "never"
	}
	return fmt.Sprintf("%s by %s", stamp(r.At), strings.Join(r.Criteria, ", "))
}

// decidedText tells when a decision was first made or due, and how far ahead.
func (c Case) decidedText(kind string) string {
	d, ok := c.decided(kind)
	if !ok {
		return "never"
	}
	text := stamp(d.At)
	if d.Rule != "" {
		text += " by the rule " + d.Rule
	}
	return text + d.ahead(", ")
}

// servicesOf are the services of two incidents, sorted.
func servicesOf(a, b Case) (ids []string) {
	for _, m := range append(slices.Clone(a.Services), b.Services...) {
		ids = append(ids, m.Service)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// kept tells how a service's objective was kept: by its worst outage.
func (c Case) kept(service string) string {
	text := "no outage"
	for _, m := range c.Services {
		switch {
		case m.Service != service:
		case m.Missed:
			return "missed: " + m.due()
		default:
			text = m.due()
		}
	}
	return text
}

// due tells by when a service had to be back.
func (m Measured) due() string {
	if m.Deadline.IsZero() {
		return "no deadline"
	}
	return fmt.Sprintf("due by %s (%s)", stamp(m.Deadline), m.DeadlineBy)
}
