package detector

import (
	"encoding/json"
	"time"

	"holdfast/bia"
	"holdfast/detector/alert"
)

// A Detector holds what observers said and judges it. It is not safe for concurrent use.
//
// What was observed is kept as a history, and a verdict at T is a function of that history and T alone: asking for the
// verdict at one instant never changes the answer for another, so replay, any order of arrival within a source's
// latitude, and any spacing of questions give the same verdicts.
type Detector struct{}

// New is a detector for an analysis that has heard nothing yet.
func New(a *bia.Analysis) *Detector { panic("unwritten") }

// Rebase judges from now on by another text; what was observed stays.
func (d *Detector) Rebase(a *bia.Analysis) { panic("unwritten") }

// Observe takes in alerts received together from one subject ("holdfast.alerts." and what follows it names the sender).
func (d *Detector) Observe(received time.Time, subject string, alerts ...alert.Alert) {
	panic("unwritten")
}

// Verdicts are the situations of level "incident" or above that are open at now, and those that ended within the day
// before (Open is false), in order of Since, then Key.
func (d *Detector) Verdicts(now time.Time) []Verdict { panic("unwritten") }

// NextAt is the first instant after now at which any verdict or service state differs if nothing is observed; exact.
func (d *Detector) NextAt(now time.Time) (time.Time, bool) { panic("unwritten") }

// FactsAt answers for one instant.
func (d *Detector) FactsAt(now time.Time) Facts { panic("unwritten") }

// Heard counts what came in.
func (d *Detector) Heard() Heard { panic("unwritten") }

// Components is every component of the analysis with its state at now, in order of id.
func (d *Detector) Components(now time.Time) []ComponentReport { panic("unwritten") }

// ComponentReport is what is known of one component.
type ComponentReport struct {
	Component string                     `json:"component"`
	State     State                      `json:"state"`
	Since     time.Time                  `json:"since,omitzero"`
	Flags     []string                   `json:"flags,omitempty"` // disputed, held_down, unproven, clock_suspect, intentional
	By        map[string]json.RawMessage `json:"by,omitempty"`    // observer -> what it says
}
