package detector

import (
	"reflect"
	"slices"
	"time"
)

// NextAt is the first instant after now at which any verdict or service state differs if nothing is observed; exact.
func (d *Detector) NextAt(now time.Time) (time.Time, bool) {
	t := instant(now)
	was := d.snapshot(t)
	for _, at := range d.steps(t) {
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
	d.settle(t)
	s := snapshot{d.scene.verdicts(t), map[string]ServiceState{}}
	for i := range s.Verdicts {
		s.Verdicts[i].At = time.Time{}
	}
	for id, j := range d.judged {
		s.States[id] = ServiceState{j.state.state(t), clock(j.state.since(t))}
	}
	return s
}

// steps are the instants after t at which anything can differ, in order.
func (d *Detector) steps(t int64) []int64 {
	var all []int64
	add := func(at int64) {
		if at > t && at != never {
			all = append(all, at)
		}
	}
	for _, e := range d.ears {
		add(e.silentFrom())
	}
	for _, j := range d.judged {
		add(j.state.best.next(t))
		add(j.state.worst.next(t))
	}
	for _, s := range d.scene.situations(never - 1) {
		for _, at := range s.changes() {
			add(at)
			add(later(at, shown))
		}
	}
	for _, at := range d.scene.openings(t) {
		add(at)
	}
	for _, s := range d.scene.borders() {
		add(s)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
