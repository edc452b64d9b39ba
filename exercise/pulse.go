package exercise

import (
	"maps"
	"slices"
	"time"

	"holdfast/detector/alert"
)

// pulse is the heartbeats of the observers that have one.
type pulse struct {
	observers []string
	match     map[string]map[string]string
	every     map[string]time.Duration
	due       map[string]time.Time // missing: silent
}

func newPulse(s *Scenario) *pulse {
	p := &pulse{match: map[string]map[string]string{}, every: map[string]time.Duration{}, due: map[string]time.Time{}}
	for _, id := range slices.Sorted(maps.Keys(s.Documents.BIA.Observers)) {
		if h := s.Documents.BIA.Observers[id].Heartbeat; h.Every > 0 && len(h.Match) > 0 {
			p.observers = append(p.observers, id)
			p.match[id], p.every[id], p.due[id] = h.Match.Example(), h.Every, time.Time{}
		}
	}
	return p
}

// beats are the heartbeats of an instant.
func (p *pulse) beats(now time.Time) (beats []alert.Alert) {
	for _, id := range p.observers {
		if due, beating := p.due[id]; beating && !due.After(now) {
			beats = append(beats, heartbeat(id, p.match[id], now))
			p.due[id] = now.Add(p.every[id])
		}
	}
	return beats
}

// heard stops and starts the pulse of observers that are said to be silent, or well again.
func (p *pulse) heard(alerts []alert.Alert, now time.Time) {
	for _, a := range alerts {
		id := a.Labels.Get("observer")
		if _, has := p.every[id]; !has {
			continue
		}
		switch a.Labels.Get("effect") {
		case "silent":
			delete(p.due, id)
		case "ok":
			if len(a.Labels) == 2 { // of the observer itself
				p.due[id] = now.Add(p.every[id])
			}
		}
	}
}

func (p *pulse) nextAt() (next time.Time, ok bool) {
	for _, id := range p.observers {
		if due, beating := p.due[id]; beating && (!ok || due.Before(next)) {
			next, ok = due, true
		}
	}
	return next, ok
}
