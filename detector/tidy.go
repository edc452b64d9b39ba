package detector

import (
	"slices"
	"time"
)

// How long what was heard is remembered: a situation is shown for a day after its end, and what led to it may have been
// said a good while before.
const (
	keptFor   = 48 * time.Hour
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
	oldest := later(d.at, -keptFor)
	for id := range d.judged {
		oldest = min(oldest, d.needed(id))
	}
	forgotten, needed := map[string]int64{}, map[string]int64{}
	for id, e := range d.ears {
		forgotten[id] = e.spare(oldest)
	}
	for id, p := range d.parts {
		needed[id] = d.needed(id)
		for _, service := range d.book.above(id) {
			needed[id] = min(needed[id], d.needed(service))
		}
		if d.forget(p, needed[id], forgotten) {
			d.touch(id)
		}
		if len(p.said) == 0 && len(p.off) == 0 {
			delete(d.parts, id)
		}
	}
	d.memory.unlearn()
	d.memory.pack(d.parts)
	for id, e := range d.ears {
		if e.trim(forgotten[id]) {
			d.touchWatched(id)
		}
	}
	trim(d.sites, oldest)
	trim(d.data, oldest)
	d.forgetWithdrawn(oldest)
	for id := range d.points {
		d.points[id] = d.points[id].trim(oldest)
	}
	for id := range d.estimates {
		d.estimates[id] = d.estimates[id].trim(oldest)
	}
	d.tidyTold(oldest)
	d.windows = slices.DeleteFunc(d.windows, func(w window) bool { return w.to < oldest })
}

// needed is from when on what was said still matters to a service: from well before every trouble of its that is open
// or still shown.
func (d *Detector) needed(service string) int64 {
	from := later(d.at, -keptFor)
	j := d.judged[service]
	if j == nil {
		return from
	}
	for _, s := range j.known {
		if later(s.to, keptFor) > d.at {
			from = min(from, later(s.from, -keptFor))
		}
	}
	for _, t := range j.troubles {
		if later(t.to, keptFor) > d.at {
			from = min(from, later(t.from, -keptFor))
		}
	}
	return from
}

func trim[V facility | integrity](subjects map[string]sayings[V], before int64) {
	for _, by := range subjects {
		for key := range by {
			by[key] = by[key].trim(before)
		}
	}
}

// forget drops what was replaced before an instant, and alerts that were over before it, and reports whether there was any.
// What is about to be forgotten of the speakers is noted with the statements that it is about.
func (d *Detector) forget(p *part, before int64, forgotten map[string]int64) (forgot bool) {
	p.late, p.wasLate = 0, 0
	for _, by := range p.said {
		e := d.ears[by.observer]
		d.memory.revise(by, func(said history[word]) history[word] {
			count := len(said)
			said = said.trim(before)
			forgot = forgot || len(said) < count
			for i := range said {
				note(&said[i], forgotten[by.observer], e)
				p.late = max(p.late, said[i].lateness())
			}
			if len(said) == 1 && said[0].heard < before && over(said[0], e) {
				forgot = true
				return nil
			}
			return said
		})
	}
	p.said = slices.DeleteFunc(p.said, func(s *speech) bool { return s.alerts == 0 })
	marks := len(p.off)
	p.off = slices.DeleteFunc(p.off, func(m mark) bool { return m.until < before })
	return forgot || len(p.off) < marks
}

// note keeps with a statement that its speaker fell silent after it, or that a heartbeat proved it.
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
