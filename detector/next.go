package detector

import (
	"reflect"
	"slices"
	"time"

	"holdfast/bia"
)

// NextAt is the first instant after now at which any verdict or service state differs if nothing is observed; exact.
func (d *Detector) NextAt(now time.Time) (time.Time, bool) {
	t := instant(now)
	was := d.snapshot(t)
	for _, at := range d.steps(t) {
		if d.fallsSilent(at) || !reflect.DeepEqual(was, d.snapshot(at)) {
			return clock(at), true
		}
	}
	return time.Time{}, false
}

// fallsSilent reports whether an observer's silence begins at an instant, which shows where it is judged at all. To look
// at all that it means would take judging everything that the observer watches.
func (d *Detector) fallsSilent(at int64) bool {
	return d.book.Criteria.On(bia.MonitoringLost) && slices.ContainsFunc(d.book.observers, func(id string) bool { return d.ears[id].silentFrom() == at })
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
	all := d.scene.borders()
	for _, j := range d.scene.joins {
		all = append(all, j.at)
	}
	for _, e := range d.ears {
		all = append(all, e.silentFrom())
	}
	for id, j := range d.judged {
		all = append(all, j.state.best.next(t), j.state.worst.next(t))
		for _, n := range d.book.needs[id] {
			if n.tolerates > 0 {
				all = append(all, j.view.need(n).best.next(t))
			}
		}
		for _, c := range d.book.below(id) {
			all = append(all, j.view.component(c).next(t))
		}
		for _, site := range d.book.sites {
			if d.book.needsAt(id, site) {
				all = append(all, j.view.domain(site).next(t))
			}
		}
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
