package incident

import (
	"maps"
	"slices"
	"time"

	"holdfast/bia"
	"holdfast/detector"
)

// A word is what a person says of the world. It stands in the log of decisions, with their name, and every detector takes
// it at the instant of its record; so a restart, a standby and whoever replays the log judge by it as it was judged by.
type word interface {
	Event
	tell(d *detector.Detector, at time.Time)
	by() Actor
	// subject is what it is about, such that a later word on the same takes its place.
	subject() string
	// services are those that an incident has to know for the word to belong into its story.
	services(a *bia.Analysis) []string
}

// SaysOfTheWorld reports whether an event is what a person said of the world, which every detector has to be told to judge
// as it was judged then.
func SaysOfTheWorld(e Event) bool {
	_, ok := e.(word)
	return ok
}

func (e Estimated) tell(d *detector.Detector, at time.Time) {
	d.TellEstimate(at, e.By.Person, e.Service, e.End)
}

func (e FacilityReported) tell(d *detector.Detector, at time.Time) {
	d.TellFacility(at, e.Site, e.State)
}

func (e DataReported) tell(d *detector.Detector, at time.Time) {
	if e.State == stateRecoveryPoint {
		d.TellRecoveryPoint(at, e.Data, e.Point)
		return
	}
	d.TellData(at, e.Data, e.State)
}

func (e SwitchedOff) tell(d *detector.Detector, at time.Time) {
	d.TellSwitchedOff(at, e.By.Person, e.Component, e.Until)
}

func (e SwitchedOn) tell(d *detector.Detector, at time.Time) {
	d.TellSwitchedOff(at, e.By.Person, e.Component, at)
}

func (e MaintenanceAnnounced) tell(d *detector.Detector, at time.Time) {
	d.TellMaintenance(at, e.By.Person, bia.Maintenance{Change: e.Change, From: e.From, To: e.To, Grace: e.Grace, Scope: e.Scope, Expect: e.Expect})
}

func (e MaintenanceCalledOff) tell(d *detector.Detector, at time.Time) {
	d.TellCalledOff(at, e.Change)
}

func (e Backdated) tell(d *detector.Detector, at time.Time) {
	d.TellStart(at, e.By.Person, e.Service, e.To)
}

func (e Estimated) by() Actor            { return e.By }
func (e FacilityReported) by() Actor     { return e.By }
func (e DataReported) by() Actor         { return e.By }
func (e SwitchedOff) by() Actor          { return e.By }
func (e SwitchedOn) by() Actor           { return e.By }
func (e MaintenanceAnnounced) by() Actor { return e.By }
func (e MaintenanceCalledOff) by() Actor { return e.By }
func (e Backdated) by() Actor            { return e.By }

func (e Estimated) subject() string        { return "estimate " + e.Service }
func (e FacilityReported) subject() string { return "site " + e.Site }
func (e DataReported) subject() string {
	if e.State == stateRecoveryPoint {
		return "recovery point " + e.Data
	}
	return "data " + e.Data
}
func (e SwitchedOff) subject() string          { return "component " + e.Component }
func (e SwitchedOn) subject() string           { return "component " + e.Component }
func (e MaintenanceAnnounced) subject() string { return "change " + e.Change }
func (e MaintenanceCalledOff) subject() string { return "change " + e.Change }
func (e Backdated) subject() string            { return "start " + e.Service }

func (e Estimated) services(*bia.Analysis) []string          { return []string{e.Service} }
func (e Backdated) services(*bia.Analysis) []string          { return []string{e.Service} }
func (e DataReported) services(a *bia.Analysis) []string     { return holders(a, e.Data) }
func (e FacilityReported) services(a *bia.Analysis) []string { return restingOn(a, a.Members(e.Site)) }
func (e SwitchedOff) services(a *bia.Analysis) []string      { return restingOn(a, []string{e.Component}) }
func (e SwitchedOn) services(a *bia.Analysis) []string       { return restingOn(a, []string{e.Component}) }
func (e MaintenanceAnnounced) services(*bia.Analysis) []string {
	return slices.Sorted(maps.Keys(e.Expect))
}
func (e MaintenanceCalledOff) services(*bia.Analysis) []string { return nil }

// holders are the processes and services that hold data.
func holders(a *bia.Analysis, data string) (all []string) {
	for _, id := range a.Judged() {
		if s, _ := a.Service(id); s.Data[data] != nil {
			all = append(all, id)
		}
	}
	return all
}

// restingOn are the processes and services that rest on any of some components, directly or below.
func restingOn(a *bia.Analysis, components []string) (all []string) {
	for _, id := range a.Judged() {
		if below := a.Below(id); slices.ContainsFunc(components, func(c string) bool { return slices.Contains(below, c) }) {
			all = append(all, id)
		}
	}
	return all
}

// heed keeps a word of people, and puts it into the story of every open incident that it concerns.
func (b *book) heed(r Record, w word) {
	about := w
	if _, off := w.(MaintenanceCalledOff); off {
		if e, announced := b.said[w.subject()].Event.(MaintenanceAnnounced); announced {
			about = e
		}
	}
	for _, id := range b.going {
		i := b.incidents.of(id)
		if b.docs != nil && slices.ContainsFunc(about.services(b.text(i)), i.knows) {
			now := i.Apply(r)
			b.reregister(i, &now)
			b.incidents.put(id, &now)
		}
	}
	b.said[w.subject()] = r
}
