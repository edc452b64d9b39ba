//go:build newer

package incident

import "strings"

// tomorrow are the kinds of events of a version that is not there yet. No program that is shipped is built with the tag.
var tomorrow = []kindRead{{Entangled{}.Kind(), read[Entangled]()}}

// Entangled is an event that the version beside this one does not know.
type Entangled struct {
	With string `json:"with"`
}

// Kind is its name in the journal.
func (Entangled) Kind() Kind { return "entangled" }

// noting is what a note comes to: one that begins with the word entangles.
func noting(n Noted) []Event {
	if with, entangles := strings.CutPrefix(n.Text, "entangle "); entangles {
		return []Event{n, Entangled{With: with}}
	}
	return []Event{n}
}

// understoodTomorrow reports whether an event is one that only this version knows. It changes nothing of the incident.
func understoodTomorrow(e Event) bool {
	_, entangled := e.(Entangled)
	return entangled
}
