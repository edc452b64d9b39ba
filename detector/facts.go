package detector

import (
	"encoding/json"
	"slices"
	"time"
)

// FactsAt answers for one instant.
func (d *Detector) FactsAt(now time.Time) Facts { return facts{d, instant(now)} }

type facts struct {
	d *Detector
	t int64
}

// ComponentState is a component's state; unknown for an id that is none.
func (f facts) ComponentState(id string) State {
	if _, ok := f.d.book.Components[id]; !ok {
		return Unknown
	}
	f.d.settle(f.t)
	return f.d.plain.component(id).at(f.t).state()
}

// ServiceState is a service's state and since when it is so; unknown for an id that is none.
func (f facts) ServiceState(id string) ServiceState {
	if !f.d.book.isService(id) {
		return ServiceState{State: Unknown}
	}
	f.d.settle(f.t)
	state := f.d.plain.service(id)
	if j := f.d.judged[id]; j != nil {
		state = j.state
	}
	return ServiceState{state.state(f.t), clock(state.since(f.t))}
}

// DomainLost reports whether a failure domain is lost: signalled so, or by the test of site_loss_inferred.
func (f facts) DomainLost(id string) bool {
	f.d.settle(f.t)
	return f.d.plain.domain(id).at(f.t).lost()
}

// RecoveryPoint is the newest recovery point of data that anybody told of.
func (f facts) RecoveryPoint(data string) (time.Time, bool) {
	at := f.d.points[data].line(asKnown).at(f.t)
	return clock(at), at != 0
}

// Components is every component of the analysis with its state at now, in order of id.
func (d *Detector) Components(now time.Time) []ComponentReport {
	t := instant(now)
	d.settle(t)
	var all []ComponentReport
	for _, id := range sorted(d.book.Components) {
		l := d.plain.component(id)
		r := ComponentReport{Component: id, State: l.at(t).state(), Since: clock(l.since(t)), Flags: l.at(t).marks.names()}
		for _, v := range d.plain.spoken(id) {
			if said := v.says(t); said != nil {
				if r.By == nil {
					r.By = map[string]json.RawMessage{}
				}
				r.By[v.observer] = said
			}
		}
		all = append(all, r)
	}
	return slices.Clip(all)
}

// says is what one speaker says of a component; nil if it never spoke of it and is there.
func (v voice) says(t int64) json.RawMessage {
	u := v.line.at(t)
	if u == (utterance{}) {
		return nil
	}
	said, err := json.Marshal(struct {
		Says    string    `json:"says"`
		Since   time.Time `json:"since,omitzero"`
		Silent  bool      `json:"silent,omitempty"`
		Suspect bool      `json:"clock_suspect,omitempty"`
	}{wordNames[u.word], clock(v.line.since(t)), u.silent, u.suspect})
	if err != nil {
		return nil
	}
	return said
}
