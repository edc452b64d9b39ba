package detector

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"holdfast/bia"
)

// What people say who have the right to is told, not observed: it comes out of the log of decisions, at the instant of its
// record, and past the signals of the analysis, which map alerts. Each of these stands at its own instant, whatever is
// heard before or after it: told among the alerts at one place or another, it means the same. What the analysis does not
// know of is passed over, as it is with alerts.

// people are one speaker among those who speak of a site or of data: whoever of them says so can take back what another
// of them said. No alert can speak as them: what an alert says is kept under its observer and its fingerprint, with a NUL
// between, and either may be anything.
const people = "people"

// toldMost bounds what is kept of what was said of one service; the oldest is forgotten.
const toldMost = 64

// A remark is somebody's estimate of the end of a service's outage.
type remark struct {
	heard, own int64  // as of the statement
	end        int64  // never: no estimate
	by         string // who; empty: nobody owned up
	counts     bool
	person     bool // who bears a name, and no credential of a source is theirs
}

// repeats reports whether it says nothing that an earlier one did not.
func (r remark) repeats(o remark) bool {
	o.heard = r.heard
	return r == o
}

// A move is a person's word that an outage began earlier than monitoring could show.
type move struct {
	at, to int64 // when it was said, and when it began
	by     string
}

// TellEstimate takes a person's estimate of when an outage of a service ends; zero: there is none.
func (d *Detector) TellEstimate(at time.Time, by, service string, end time.Time) {
	if !d.book.isService(service) {
		return
	}
	said := spokenAt(at, int64(never))
	if !end.IsZero() {
		said.value = instant(end)
	}
	d.estimate(service, said, remark{by: by, counts: true, person: true})
	d.takeBack("estimate "+service, said.heard)
}

// TellFacility takes a facility signal: a site is lost, impaired or ok.
func (d *Detector) TellFacility(at time.Time, site, state string) {
	f := slices.Index(facilityNames[:], state)
	if _, known := d.book.Sites[site]; known && f >= 0 {
		speak(d.sites, site, spokenAt(at, facility(f)))
		if facility(f) == facilityOK {
			d.takeBack("site "+site, instant(at))
		}
		d.reappraise(site)
	}
}

// TellData takes the state of data: unusable, compromised or ok.
func (d *Detector) TellData(at time.Time, data, state string) {
	c, ok := map[string]integrity{"unusable": dataUnusable, "compromised": dataCompromised, "ok": dataOK}[state]
	if holders := d.book.holders[data]; ok && len(holders) > 0 {
		speak(d.data, data, spokenAt(at, c))
		if c == dataOK {
			d.takeBack("data "+data, instant(at))
		}
		d.reconsiderAll(holders)
	}
}

// TellRecoveryPoint takes the newest point to which data can be recovered.
func (d *Detector) TellRecoveryPoint(at time.Time, data string, point time.Time) {
	if holders := d.book.holders[data]; len(holders) > 0 {
		d.points[data] = d.points[data].place(spokenAt(at, instant(point)))
		d.reconsiderAll(holders)
	}
}

// TellSwitchedOff takes it that responders have switched a component off until an instant; one that is not after at ends it.
func (d *Detector) TellSwitchedOff(at time.Time, by, component string, until time.Time) {
	if _, known := d.book.Components[component]; !known {
		return
	}
	d.part(component).switchOff(mark{at: instant(at), own: instant(at), until: instant(until), by: by})
	d.upset(component)
}

// TellMaintenance takes a window that a person announces. It excuses nothing that was before it was announced.
func (d *Detector) TellMaintenance(at time.Time, by string, m bia.Maintenance) {
	w := d.book.planned(m)
	w.from, w.by = max(w.from, instant(at)), by
	d.windows = append(d.windows, w)
	d.rework(w)
}

// TellCalledOff ends a window that a person announced, whoever they are.
func (d *Detector) TellCalledOff(at time.Time, change string) {
	for i, w := range d.windows {
		if w.by != "" && w.change == change {
			d.windows[i].to = min(w.to, instant(at))
			d.rework(w)
		}
	}
}

// TellStart takes a person's word that the outage of a service that goes on at an instant began earlier than it counts
// from: the only way past max_backdate. It moves the clocks; for how long an outage is confirmed it changes nothing.
func (d *Detector) TellStart(at time.Time, by, service string, start time.Time) {
	if d.book.isService(service) {
		d.moves[service] = recent(append(d.moves[service], move{instant(at), instant(start), by}))
		d.reconsider(service)
	}
}

// spokenAt is a statement whose own time is that of its record.
func spokenAt[V cmp.Ordered](at time.Time, value V) saying[V] {
	return saying[V]{own: instant(at), heard: instant(at), value: value}
}

// speak adds what people say of a subject. Of what they say in one instant the last counts: the log has an order.
func speak[V facility | integrity](subjects map[string]sayings[V], id string, said saying[V]) {
	if subjects[id] == nil {
		subjects[id] = sayings[V]{}
	}
	before := subjects[id][people]
	said.sequence = 1
	if n := len(before); n > 0 {
		said.sequence = before[n-1].sequence + 1
	}
	subjects[id][people] = before.place(said)
}

// place adds what may not be the last that was heard.
func (h history[V]) place(s saying[V]) history[V] {
	at := len(h)
	for at > 0 && (h[at-1].heard > s.heard || h[at-1].heard == s.heard && s.order(h[at-1]) < 0) {
		at--
	}
	h = slices.Insert(h, at, s)
	if len(h) > most {
		h = slices.Delete(h, 1, 1+most/4)
	}
	return h
}

// rework passes on that a window has changed.
func (d *Detector) rework(w window) {
	for _, id := range w.scope {
		d.upset(id)
	}
	for service := range w.expect {
		d.disturb(service)
		d.redrawn()
	}
}

// estimate takes an estimate in, and, where it does not count, keeps it only to be shown.
func (d *Detector) estimate(service string, said saying[int64], r remark) {
	r.heard, r.own, r.end = said.heard, said.own, said.value
	if h := d.estimates[service]; r.counts && !h.says(said, func(int64) bool { return false }) {
		d.estimates[service] = h.place(said)
	}
	if !slices.ContainsFunc(d.remarks[service], r.repeats) {
		d.remarks[service] = recent(append(d.remarks[service], r))
	}
	d.reconsider(service)
}

func recent[V any](all []V) []V { return all[max(0, len(all)-toldMost):] }

// mayEstimate reports whether a source is configured to estimate the end of an outage.
func (b *book) mayEstimate(observer string) bool {
	o, known := b.Observers[observer]
	return known && o.Estimates
}

// estimator says by whom an estimate is, where that is known.
func (d *Detector) estimator(service string, said saying[int64]) string {
	for _, r := range d.remarks[service] {
		if r.counts && r.heard == said.heard && r.end == said.value && r.by != "" {
			return " by " + r.by
		}
	}
	return ""
}

// hearsay are the estimates of the present outage that do not count.
func (d *Detector) hearsay(j *judged, t int64) []string {
	last := map[string]string{}
	for _, r := range d.remarks[j.id] {
		if r.counts || r.heard > t || !slices.ContainsFunc(j.troubles, func(x trouble) bool { return x.from <= r.heard && x.to > t }) {
			continue
		}
		who, says := r.by, "puts its end at "+written(r.end)
		if who == "" {
			who = "a source that nobody names"
		}
		if r.end == never {
			says = "has no estimate of its end"
		}
		last[who] = fmt.Sprintf("%s: %s %s, said at %s; it is no source of estimates (observers.*.estimates)", j.id, who, says, written(r.heard))
	}
	var all []string
	for _, who := range sorted(last) {
		all = append(all, last[who])
	}
	return all
}

// moveBack puts the start of each outage where a person said last that it was, while it went on: never later than
// monitoring shows, and never into the outage before it.
func (j *judged) moveBack(t *trouble) {
	floor := int64(ever)
	if n := len(j.troubles); n > 0 {
		floor = j.troubles[n-1].to
	}
	for i := range t.episodes {
		e := &t.episodes[i]
		if m, ok := j.moved(*e); ok && m.to < e.from {
			e.from, e.movedBy = max(m.to, floor), m.by
			e.clocks = j.objectives.Clocks(clock(e.from))
			t.from = min(t.from, e.from)
		}
		floor = e.to
	}
}

// moved is the last word of a person on when an outage began.
func (j *judged) moved(e episode) (last move, ok bool) {
	for _, m := range j.view.d.moves[j.id] {
		if e.has(m.at) && (!ok || m.at >= last.at) {
			last, ok = m, true
		}
	}
	return last, ok
}

// tidyTold forgets what was said before an instant.
func (d *Detector) tidyTold(oldest int64) {
	for id, all := range d.remarks {
		d.remarks[id] = slices.DeleteFunc(slices.Clone(all), func(r remark) bool { return r.heard < oldest })
	}
	for id, all := range d.moves {
		d.moves[id] = slices.DeleteFunc(slices.Clone(all), func(m move) bool { return m.at < oldest })
	}
}
