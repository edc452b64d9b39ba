package detector

import (
	"fmt"
	"slices"

	"holdfast/bia"
)

// watching are the rules about the observers. Silence alone is never a disaster.
func watching(on func(id string) bool) []*rule {
	all := []*rule{
		{id: bia.MonitoringLost, level: Impaired, none: "every observer is heard"},
		{id: bia.AllObserversLost, level: MajorIncident, none: "some observer is heard"},
	}
	return slices.DeleteFunc(all, func(r *rule) bool { return !on(r.id) })
}

// silences are the periods in which an observer is silent, as the rules about observers see them.
func (d *Detector) silences(observer string) spans {
	return joined(d.ears[observer].silences(d.until), 0)
}

// allSilent is when every observer is.
func (d *Detector) allSilent() spans {
	var all spans
	for i, id := range d.book.observers {
		if i == 0 {
			all = d.silences(id)
		}
		all = all.intersect(d.silences(id))
	}
	return all
}

// watch makes the claims about one observer's silence, and the silence that carries them.
func (d *Detector) watch(observer string, carrier span) []claim {
	silent, all := d.silences(observer).within(carrier), d.allSilent().lasting(blindFor).within(carrier)
	var claims []claim
	for _, r := range d.book.watching {
		c := claim{rule: r, level: r.level, carrier: carrier}
		switch r.id {
		case bia.MonitoringLost:
			c.would = func(s *supposition) bool { return s.heard != observer && silent.has(s.t) }
			c.met, c.says = silent, func(at int64) string {
				if !silent.has(at) {
					return observer + " is heard again"
				}
				return fmt.Sprintf("%s is silent since %s", observer, written(startOf(silent, at)))
			}
		case bia.AllObserversLost:
			c.would = func(s *supposition) bool { return s.heard == "" && all.has(s.t) }
			c.met, c.says = all, func(at int64) string {
				if !all.has(at) {
					return fmt.Sprintf("not every observer has been silent for %s", words(blindFor))
				}
				return fmt.Sprintf("all %d observers are silent", len(d.ears))
			}
		}
		claims = append(claims, c)
	}
	return claims
}
