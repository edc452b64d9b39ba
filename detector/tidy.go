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
		if len(p.said) == 0 && len(p.marked) == 0 {
			delete(d.parts, id)
		}
		d.touch(id)
	}
	for _, e := range d.ears {
		e.trim(before)
	}
	for _, by := range d.sites {
		for key := range by {
			by[key] = by[key].trim(before)
		}
	}
	for _, by := range d.data {
		for key := range by {
			by[key] = by[key].trim(before)
		}
	}
	for id := range d.points {
		d.points[id] = d.points[id].trim(before)
	}
	for id := range d.estimates {
		d.estimates[id] = d.estimates[id].trim(before)
	}
	d.windows = slices.DeleteFunc(d.windows, func(w window) bool { return w.to < before })
}

// forget drops what was replaced before an instant, and alerts that were up before it. What observers fell silent after
// is noted with the statement.
func (p *part) forget(before int64, ears map[string]*ear) {
	for o, by := range p.said {
		for alert, h := range by {
			h = h.trim(before)
			for i := range h {
				if e := ears[o]; e != nil && h[i].aged == 0 {
					if at := begun(e.past, h[i].heard); at < before {
						h[i].aged = at
					}
				}
			}
			by[alert] = h
		}
		maps.DeleteFunc(by, func(_ string, h history[word]) bool {
			last := h[len(h)-1]
			return len(h) == 1 && last.value == isUp && last.heard < before
		})
		if len(by) == 0 {
			delete(p.said, o)
		}
	}
	p.marked = p.marked.trim(before)
	maps.DeleteFunc(p.markers, func(to int64, _ string) bool { return to < before })
}
