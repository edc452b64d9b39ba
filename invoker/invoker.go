// Package invoker is the will: it carries incidents through. It brings the desk its inputs and the time, commits what
// the desk decides, decides anew on a conflict, and sets the hands to work only after their orders are in the journal.
package invoker

import (
	"context"

	"holdfast/incident"
	"holdfast/oncall"
)

// Hands carry out effects on the world (package actions).
type Hands interface {
	// Carry carries out one effect and says how it went. It returns by e.Until, and when ctx ends at the latest.
	Carry(ctx context.Context, e incident.Effect) incident.Result
}

// An Invoker is the single writer of one house.
type Invoker struct{}

// Look shows the desk to a reader. The desk must not be kept or changed; looking never waits for a disk.
func (v *Invoker) Look(see func(*incident.Desk)) { panic("unwritten") }

// Order carries out what a person asks for; it returns when that is in the journal, or a *incident.Refusal.
func (v *Invoker) Order(ctx context.Context, by *oncall.Person, c incident.Command) ([]incident.Change, error) {
	panic("unwritten")
}

// Adopt makes documents the ones to live by (start, reload); it returns when that is in the journal.
func (v *Invoker) Adopt(ctx context.Context, docs *incident.Documents, by incident.Actor) error {
	panic("unwritten")
}
