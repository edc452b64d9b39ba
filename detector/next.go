package detector

import (
	"reflect"
	"slices"
	"time"

	"holdfast/bia"
)

// NextAt is the first instant after now at which any verdict or service state differs if nothing is observed; exact.
//
// What can differ is read off the scene, and each instant is then asked whether it does. As long as nothing is heard that
// changes the scene, what was found is found again without asking.
func (d *Detector) NextAt(now time.Time) (time.Time, bool) {
	t := instant(now)
	d.settle(t)
	silence := d.nextSilence(t)
	if at := d.difference(t, silence); at != never {
		return clock(at), true
	}
	if silence == never {
		return time.Time{}, false
	}
	if d.book.Criteria.On(bia.MonitoringLost) { // it shows, whatever else it means
		return clock(silence), true
	}
	return d.beyond(t, silence)
}

// looked is how far it was looked for a difference to an instant.
type looked struct {
	from, through int64
	differs       bool // at through
}

// difference is the first instant after t and before an end at which anything differs; never: there is none.
func (d *Detector) difference(t, end int64) int64 {
	l := &d.scene.looked
	if t < l.from || t >= l.through {
		*l = looked{from: t, through: t}
	}
	for !l.differs {
		at := d.scene.sameUntil(l.through)
		if at >= end {
			return never
		}
		l.through, l.differs = at, d.differs(t, at)
	}
	if l.through >= end {
		return never
	}
	return l.through
}

// differs compares two instants between which no silence begins.
func (d *Detector) differs(t, at int64) bool {
	for _, j := range d.judged {
		if j.state.state(t) != j.state.state(at) || j.state.since(t) != j.state.since(at) {
			return true
		}
	}
	return !reflect.DeepEqual(d.undated(t), d.undated(at))
}

// undated are the verdicts at an instant, without the instant itself.
func (d *Detector) undated(t int64) []Verdict {
	d.settle(t)
	verdicts := d.scene.verdicts(t)
	for i := range verdicts {
		verdicts[i].At = time.Time{}
	}
	return verdicts
}

// beyond looks for a difference from a silence on that nothing is judged by but what the observer watches.
func (d *Detector) beyond(t, silence int64) (time.Time, bool) {
	was := d.snapshot(t)
	for at := silence; at != never; at = min(d.scene.sameUntil(at), d.nextSilence(at)) {
		if !reflect.DeepEqual(was, d.snapshot(at)) {
			return clock(at), true
		}
	}
	return time.Time{}, false
}

// A snapshot is all that can be asked for at an instant.
type snapshot struct {
	Verdicts []Verdict
	States   map[string]ServiceState
}

func (d *Detector) snapshot(t int64) snapshot {
	s := snapshot{d.undated(t), map[string]ServiceState{}}
	for id, j := range d.judged {
		s.States[id] = ServiceState{j.state.state(t), clock(j.state.since(t))}
	}
	return s
}

// nextSilence is when the next silence after t begins if nothing is heard; never: none does.
func (d *Detector) nextSilence(t int64) int64 {
	next := int64(never)
	for _, e := range d.watching {
		if at := e.silentFrom(); at > t {
			next = min(next, at)
		}
	}
	return next
}

// next is the first instant after t at which anything can differ, as long as no silence begins; never: there is none.
func (sc *scene) next(t int64) int64 {
	if t < sc.after {
		sc.ahead, sc.after = sc.steps(t), t
	}
	i, found := slices.BinarySearch(sc.ahead, t)
	if found {
		i++
	}
	if i == len(sc.ahead) {
		return never
	}
	return sc.ahead[i]
}

// steps are the instants after t at which anything can differ, in order.
func (sc *scene) steps(t int64) []int64 {
	d, all, seen, places := sc.d, sc.borders(), sightings{}, map[territory]bool{}
	for _, j := range sc.joins {
		all = append(all, j.at)
	}
	for id, j := range d.judged {
		all = j.state.worst.after(t, j.state.best.after(t, all))
		for _, n := range d.book.needs[id] {
			if n.tolerates > 0 { // what does without it is said while it still does
				without := n
				without.tolerates = 0
				all = j.view.need(without).best.after(t, j.view.need(n).best.after(t, all))
			}
		}
		for _, c := range d.book.below(id) {
			all = seen.of(j.view, c, t, all)
		}
		for _, domain := range d.book.places(id) {
			if places[territory{j.view, domain}] {
				continue
			}
			places[territory{j.view, domain}] = true
			all = j.view.domain(domain).after(t, all)
			for _, said := range d.sites[domain] { // who says so, beside what is said
				all = said.line(j.view.lens).after(t, all)
			}
			for _, c := range d.book.membersOf(domain) {
				all = seen.of(j.view, c, t, all)
			}
		}
		all = d.heardOf(id, t, all)
	}
	for _, r := range d.book.own {
		all = append(all, d.ownSteps(r, t)...)
	}
	for _, w := range slices.Concat(d.book.windows, d.windows) {
		all = append(all, w.from, w.to)
	}
	all = slices.DeleteFunc(all, func(at int64) bool { return at <= t || at == never })
	slices.Sort(all)
	return slices.Compact(all)
}

// sightings are components whose steps were taken, each as a view sees it.
type sightings map[territory]bool

// of adds the steps of a component after t, and those of what is said of it: sentences tell who says what, also where that
// makes no difference to what it is.
func (seen sightings) of(v *view, id string, t int64, all []int64) []int64 {
	if seen[territory{v, id}] {
		return all
	}
	seen[territory{v, id}] = true
	for _, voice := range v.spoken(id) {
		all = voice.line.after(t, all)
	}
	return v.component(id).after(t, all)
}

// heardOf adds the instants after t at which something was heard that is told of a service.
func (d *Detector) heardOf(service string, t int64, all []int64) []int64 {
	all = d.estimates[service].line(asKnown).after(t, all)
	for _, r := range d.remarks[service] {
		all = append(all, r.heard)
	}
	s, _ := d.book.Service(service)
	for data := range s.Data {
		all = d.points[data].line(asKnown).after(t, all)
		for _, said := range d.points[data] {
			all = append(all, said.heard)
		}
		for _, said := range d.data[data] { // who says so, beside what is said
			all = said.line(plain).after(t, all)
		}
	}
	return all
}

// after adds to some instants the steps of a line after t.
func (l line[V]) after(t int64, all []int64) []int64 {
	for _, s := range l[l.find(t)+1:] {
		all = append(all, s.from)
	}
	return all
}
