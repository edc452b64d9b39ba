package detector

import (
	"maps"
	"slices"
	"time"
)

// How long what was heard is remembered: a situation is shown for a day after its end, and what led to it may have been
// said a good while before.
const (
	memory    = 48 * time.Hour
	tidyEvery = time.Hour
)

// tidy forgets what can no longer matter, from time to time: statements replaced before every trouble that is open or
// still shown. What stands is kept for ever.
func (d *Detector) tidy() {
	if d.tidied == ever {
		d.tidied = d.at
	}
	if d.at < later(d.tidied, tidyEvery) {
		return
	}
	d.tidied = d.at
	d.settle(d.at)
	before := later(d.at, -memory)
	for _, j := range d.judged {
		for _, s := range slices.Concat(j.known, j.spans()) {
			if later(s.to, memory) > d.at {
				before = min(before, later(s.from, -memory))
			}
		}
	}
	d.forget(before)
}

func (j *judged) spans() []span {
	var all []span
	for _, t := range j.troubles {
		all = append(all, t.span)
	}
	return all
}

func (d *Detector) forget(before int64) {
	for id, p := range d.parts {
		p.forget(before, d.ears)
		if len(p.said) == 0 && len(p.off) == 0 {
			delete(d.parts, id)
		}
		d.touch(id)
	}
	for _, e := range d.ears {
		e.trim(before)
	}
	trim(d.sites, before)
	trim(d.data, before)
	for id := range d.points {
		d.points[id] = d.points[id].trim(before)
	}
	for id := range d.estimates {
		d.estimates[id] = d.estimates[id].trim(before)
	}
	d.windows = slices.DeleteFunc(d.windows, func(w window) bool { return w.to < before })
}

func trim[V facility | condition](subjects map[string]sayings[V], before int64) {
	for _, by := range subjects {
		for key := range by {
			by[key] = by[key].trim(before)
		}
	}
}

// forget drops what was replaced before an instant, and alerts that were over before it.
func (p *part) forget(before int64, ears map[string]*ear) {
	p.late = 0
	for o, by := range p.said {
		for alert, h := range by {
			by[alert] = h.trim(before)
			for i := range by[alert] {
				s := &by[alert][i]
				note(s, before, ears[o])
				p.late = max(p.late, s.lateness())
			}
		}
		maps.DeleteFunc(by, func(_ string, h history[word]) bool { return len(h) == 1 && h[0].heard < before && over(h[0], ears[o]) })
		if len(by) == 0 {
			delete(p.said, o)
		}
	}
	p.off = slices.DeleteFunc(p.off, func(m mark) bool { return m.until < before })
}

// note keeps with a statement what is about to be forgotten of its speaker: that it fell silent, or that a heartbeat
// proved the statement.
func note(s *saying[word], before int64, e *ear) {
	if e == nil || s.aged != 0 {
		return
	}
	age := begun(e.past, s.heard)
	if s.value == resolved && e.limit > 0 {
		if at := e.proof(s.heard); at < before && at <= age {
			s.value = isUp
		}
	}
	if age < before {
		s.aged = age
	}
}

// over reports whether a statement, long said, leaves nothing to be remembered.
func over(s saying[word], e *ear) bool {
	return s.value == isUp || s.value == resolved && (e == nil || e.limit == 0)
}
