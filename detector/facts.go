package detector

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"holdfast/bia/condition"
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

// Compromised reports whether anybody says of data that somebody has tampered with it.
func (f facts) Compromised(data string) bool {
	return worst(f.d.data[data], plain).at(f.t) == dataCompromised
}

// RecoveryPointBy is the newest recovery point of data, of those that anybody told of, that is not later than an instant.
func (f facts) RecoveryPointBy(data string, by time.Time) (time.Time, bool) {
	var newest int64
	for _, s := range f.d.points[data] {
		if s.heard <= f.t && s.value <= instant(by) {
			newest = max(newest, s.value)
		}
	}
	return clock(newest), newest != 0
}

// Doubt is why a component that counts as up may not be: some say that it is worse, or nothing vouches for its being back;
// empty: nothing.
func (f facts) Doubt(component string) string {
	f.d.settle(f.t)
	switch is := f.d.plain.component(component).at(f.t); {
	case is.marks&disputed != 0:
		return "disputed: some say that it is worse"
	case is.marks&unvouched != 0:
		return "unproven: nothing vouches for its being back, since who says so has no heartbeat"
	}
	return ""
}

// Alone is why that a failure domain is lost is the word of one voice alone, which is not enough to act on without people; empty: it
// is not, or the domain is not lost.
func (f facts) Alone(domain string) string {
	f.d.settle(f.t)
	if l := f.d.plain.domain(domain).at(f.t); l.inferred || l.signal < facilityLost {
		return ""
	}
	return f.d.plain.alone(domain, facilityLost, f.t)
}

// Unsigned is why what is said of a component, a service or a site as a whole does not rest on signatures: too few observers
// signed their word that it is lost. What counts is whether the word that stands was signed when it was heard, whatever key
// its observer has by now. What a person said bears a name. Empty: it does.
func (f facts) Unsigned(id string) string {
	f.d.settle(f.t)
	if said, signalled := f.d.sites[id]; signalled {
		return unsigned(f, id, said, facilityOK)
	}
	if _, holds := f.d.book.holders[id]; holds {
		return unsigned(f, id, f.d.data[id], dataOK)
	}
	signed := 0
	for _, v := range f.d.plain.spoken(id) {
		if u := v.line.at(f.t); (u.word == isDown || u.word == heldDown) && f.signedBy(v.observer, id) {
			signed++
		}
	}
	quorum := max(f.d.book.quorum(id), 1)
	if f.d.book.isService(id) {
		quorum = f.d.book.wholeQuorum(id)
	}
	if signed < quorum {
		return fmt.Sprintf("of those who say that %s is down %d signed what they say, and it takes %d", id, signed, quorum)
	}
	return ""
}

// signedBy reports whether an observer has signed that a component, or a service as a whole, is down, and that stands.
func (f facts) signedBy(observer, id string) (signed bool) {
	p := f.d.parts[id]
	if p == nil {
		return false
	}
	by := p.speechBy(observer)
	if by == nil {
		return false
	}
	f.d.memory.each(by, func(_ uint32, said history[word]) {
		signed = signed || said.signedAt(f.t, plain, func(w word) bool { return w == isDown || w == heldDown })
	})
	return signed
}

// signedAt reports whether what stands at an instant is one of the values asked for, and was signed.
func (h history[V]) signedAt(t int64, l lens, asked func(V) bool) bool {
	return slices.ContainsFunc(h.laid(l), func(s stretch[V]) bool { return s.has(t) && s.said.signed && asked(s.said.value) })
}

// Unseen is why no probe of holdfast's own sees that a component, or a service as a whole, is down. What it saw before it fell
// silent it does not see. Empty: one does.
func (f facts) Unseen(id string) string {
	f.d.settle(f.t)
	own := f.d.book.eyes
	if own == "" {
		return "no observer is holdfast itself"
	}
	for _, v := range f.d.plain.spoken(id) {
		if v.observer != own {
			continue
		}
		switch u := v.line.at(f.t); {
		case u.silent:
			return own + ", holdfast's own probe, is silent"
		case u.word == isDown:
			return ""
		case u.word == isUp:
			return fmt.Sprintf("%s, holdfast's own probe, says that %s is up", own, id)
		case u.word != nothing:
			return fmt.Sprintf("%s, holdfast's own probe, cannot tell how %s is", own, id)
		}
	}
	if e := f.d.ears[own]; e != nil && e.silentFrom() <= f.t {
		return own + ", holdfast's own probe, is silent"
	}
	return fmt.Sprintf("%s, holdfast's own probe, has said nothing of %s", own, id)
}

// unsigned is the same of what is signalled as a whole: one who signed it, or a person, has to say it.
func unsigned[V facility | integrity](f facts, id string, said sayings[V], well V) string {
	if len(said) == 0 {
		return ""
	}
	worse := func(v V) bool { return v != well }
	for key, history := range said {
		if history.signedAt(f.t, asKnown, worse) || key == people && worse(history.line(asKnown).at(f.t)) {
			return ""
		}
	}
	return "nobody who signs says that " + id + " is lost"
}

// Disputed reports whether some say that a component is worse than it counts as.
func (f facts) Disputed(component string) bool {
	f.d.settle(f.t)
	return f.d.plain.component(component).at(f.t).marks&disputed != 0
}

// Ask is what a condition comes to, and the first instant after this one at which it holds, or no longer does, if nothing else
// happens; zero: never.
func (f facts) Ask(c *condition.Condition, others condition.Facts) (Reply, time.Time) {
	f.d.settle(f.t)
	if len(f.d.book.own) == 0 {
		f.d.tallies = map[string]tallies{} // nobody else asks for them, so nobody has cleared them
	}
	sheet := &factSheet{d: f.d, everybody: true}
	r := &ownRule{question: c.Of(mixed{sheet, others}), facts: sheet}
	is, until := r.reply(f.t)
	for range turnsMost {
		if until == never {
			break
		}
		then, further := r.reply(until)
		if then.holds != is.holds {
			break
		}
		until = further
	}
	return Reply{is.holds, is.unsure, is.why}, clock(until)
}

// turnsMost bounds how often it is asked when a condition turns. What it asks about steps a few times at most; beyond that
// whoever waits for it asks once more.
const turnsMost = 64

// mixed answers what is asked of the world, and passes on what is not.
type mixed struct {
	*factSheet
	others condition.Facts
}

// Fact is one fact at an instant.
func (m mixed) Fact(of condition.Kind, id, field string, t int64) condition.Fact {
	switch of {
	case "", condition.Service, condition.Component, condition.Site, condition.Data, condition.Observer:
		return m.factSheet.Fact(of, id, field, t)
	}
	if m.others == nil {
		return condition.Fact{Until: never, Err: errors.New("nobody can tell here")}
	}
	return m.others.Fact(of, id, field, t)
}

// Components is every component of the analysis with its state at now, in order of id.
func (d *Detector) Components(now time.Time) []ComponentReport {
	t := instant(now)
	d.settle(t)
	var all []ComponentReport
	for _, id := range sorted(d.book.Components) {
		l := d.plain.component(id)
		is := l.at(t)
		from := l.where(func(c cell) bool { return c.state() == is.state() }) // whoever falls silent holds it where it was: that begins nothing
		r := ComponentReport{Component: id, State: is.state(), Since: clock(startOf(from, t)), Flags: is.marks.names()}
		for _, v := range d.plain.spoken(id) {
			if said := v.says(t); said != nil {
				if r.By == nil {
					r.By = map[string]json.RawMessage{}
				}
				r.By[v.observer] = said
			}
		}
		if r.State != Up {
			r.Alerts = d.active(id)
		}
		all = append(all, r)
	}
	return slices.Clip(all)
}

// activeMost is how many alerts are shown of a component, and activeAmong among how many of each observer they are sought:
// people read a few, and in a storm there are thousands.
const activeMost, activeAmong = 3, 64

// active are some of the alerts that say that a component is not up, the first heard first.
func (d *Detector) active(component string) (all []ActiveAlert) {
	p := d.parts[component]
	if p == nil {
		return nil
	}
	for _, by := range p.said {
		seen := 0
		d.memory.each(by, func(n uint32, said history[word]) {
			if seen++; seen > activeAmong {
				return
			}
			if last := said.inOrder()[len(said)-1]; last.value == isDown || last.value == isDegraded {
				all = append(all, ActiveAlert{by.observer, wordNames[last.value], clock(said[0].heard), d.memory.labelsOf(n)})
			}
		})
	}
	slices.SortStableFunc(all, func(a, b ActiveAlert) int { return a.Heard.Compare(b.Heard) })
	return all[:min(len(all), activeMost)]
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
