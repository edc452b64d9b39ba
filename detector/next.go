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
		if j.next(t) > at {
			continue
		}
		if j.state.state(t) != j.state.state(at) || j.state.since(t) != j.state.since(at) {
			return true
		}
	}
	d.settle(t)
	sc := d.scene
	before := make([]*account, len(sc.clusters))
	for i, c := range sc.clusters {
		before[i] = c.account(sc, t)
	}
	d.settle(at)
	for _, stepping := range []bool{true, false} { // whoever steps by then is the likeliest to differ
		for i, c := range sc.clusters {
			if (before[i].until <= at) == stepping && !same(before[i].verdicts, c.account(sc, at).verdicts) {
				return true
			}
		}
	}
	return false
}

// undated are the verdicts at an instant, without the instant itself.
func (d *Detector) undated(t int64) []*Verdict {
	d.settle(t)
	return d.scene.verdicts(t).verdicts
}

// same reports whether two readings say the same.
func same(a, b []*Verdict) bool {
	return slices.EqualFunc(a, b, func(v, o *Verdict) bool { return v == o || reflect.DeepEqual(v, o) })
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
	Verdicts []*Verdict
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
	if sc.horizon.has(t) {
		return sc.horizon.to
	}
	next := sc.signals(t)
	for _, c := range sc.clusters {
		next = min(next, c.next(t))
	}
	for _, j := range sc.d.judged {
		next = min(next, j.next(t))
	}
	for _, r := range sc.d.book.own {
		next = min(next, sc.d.ownNext(r, t))
	}
	sc.horizon = span{t, next}
	return next
}

// signals is the first instant after t at which a window of maintenance begins or ends, or what is signalled of a site or of
// data differs: any situation may say what it would be without that.
func (sc *scene) signals(t int64) int64 {
	d, next := sc.d, int64(never)
	for _, windows := range [][]window{d.book.windows, d.windows} {
		for _, w := range windows {
			next = min(next, spans{w.span}.next(t))
		}
	}
	for _, said := range d.sites {
		next = min(next, nextSaid(said, plain, t))
	}
	for _, said := range d.data {
		next = min(next, nextSaid(said, plain, t))
	}
	return next
}

// nextSaid is the first instant after t at which any speaker says anything: it counts who says so, and that it was said at all,
// beside what it comes to.
func nextSaid[V facility | integrity](all sayings[V], l lens, t int64) int64 {
	next := int64(never)
	for _, said := range all {
		for _, s := range said.laid(l) {
			next = min(next, spans{s.span}.next(t))
		}
	}
	return next
}

// next is the first instant after t at which anything can differ that is told of a service. It is the same until then: where
// anything is heard of it, it is judged anew.
func (j *judged) next(t int64) int64 {
	if j.horizon.has(t) {
		return j.horizon.to
	}
	d := j.view.d
	next := min(j.state.best.next(t), j.state.worst.next(t))
	for _, v := range j.seen { // what would be if one thing were otherwise is asked of all of them
		next = min(next, v.nextFor(j.id, t))
		for _, id := range d.book.restsOn(j.id) {
			next = min(next, v.nextFor(id, t))
		}
		for _, c := range d.book.below(j.id) {
			next = min(next, v.nextOf(c, t))
		}
	}
	for _, domain := range d.book.places(j.id) {
		next = min(next, j.view.nextIn(domain, t))
	}
	j.horizon = span{t, min(next, d.nextHeard(j.id, t))}
	return j.horizon.to
}

// nextFor is the next step after t of what is said of a service as a whole, and of what it needs and can do without for a while:
// what does without it is said while it still does.
func (v *view) nextFor(service string, t int64) int64 {
	next := int64(never)
	if _, spokenOf := v.d.parts[service]; spokenOf {
		next = v.nextOf(service, t)
	}
	for _, n := range v.d.book.needs[service] {
		if n.tolerates > 0 {
			without := n
			without.tolerates = 0
			next = min(next, v.need(without).best.next(t), v.need(without).worst.next(t), v.need(n).best.next(t), v.need(n).worst.next(t))
		}
	}
	return next
}

// nextOf is the next step of a component after t, or of what is said of it: sentences tell who says what, also where that
// makes no difference to what it is.
func (v *view) nextOf(id string, t int64) int64 {
	next := v.component(id).next(t)
	for _, voice := range v.spoken(id) {
		next = min(next, voice.line.next(t))
	}
	if p := v.d.parts[id]; p != nil && len(p.off) > 0 {
		when, _ := p.switchedOff()
		for _, s := range when { // by another, though nobody has switched it on between
			next = min(next, spans{s}.next(t))
		}
	}
	return next
}

// nextIn is the next step of a failure domain after t, or of any component of it. It is kept as long as the domain is.
func (v *view) nextIn(domain string, t int64) int64 {
	l := v.domain(domain)
	if known, ok := v.ahead[domain]; ok && known.has(t) {
		return known.to
	}
	next := min(l.next(t), nextSaid(v.d.sites[domain], v.lens, t))
	for _, c := range v.d.book.membersOf(domain) {
		next = min(next, v.nextOf(c, t))
	}
	v.ahead[domain] = span{t, next}
	return next
}

// nextHeard is the first instant after t at which something was heard that is told of a service.
func (d *Detector) nextHeard(service string, t int64) int64 {
	next := d.estimates[service].line(asKnown).next(t)
	for _, r := range d.remarks[service] {
		if r.heard > t {
			next = min(next, r.heard)
		}
	}
	s, _ := d.book.Service(service)
	for data := range s.Data {
		next = min(next, nextSaid(d.data[data], plain, t), d.points[data].line(asKnown).next(t))
		for _, said := range d.points[data] {
			if said.heard > t {
				next = min(next, said.heard)
			}
		}
	}
	return next
}
