package incident

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/playbooks"
)

// An Exercised is the record of an exercise, with where it stands in the journal.
type Exercised struct {
	Incident string    `json:"incident"`
	At       time.Time `json:"at"` // concluded
	ExerciseConcluded
}

// Exercises are the records of all exercises, the oldest first.
func (d *Desk) Exercises() []Exercised { return d.exercised }

// A Proof says how well it is known what a playbook can do.
type Proof string

const (
	Verified          Proof = "verified"           // an exercise showed it, and nothing has changed since
	NeedsVerification Proof = "needs verification" // an exercise showed something, which is not enough, or no longer holds
	Expired           Proof = "expired"            // an exercise showed it too long ago
	NotVerified       Proof = "not verified"       // no exercise showed anything
)

// A Verification is how well it is known what a playbook can do, and by what.
type Verification struct {
	State   Proof      `json:"state"`
	Why     string     `json:"why"`
	Until   time.Time  `json:"until,omitzero"` // until when an exercise holds that verifies it
	Last    *Exercised `json:"-"`              // the exercise that counts; nil: none
	RTC     Span       `json:"rtc,omitempty"`  // what it measured
	LeftOut []string   `json:"left_out,omitempty"`
}

// Verify says of a playbook what the records of exercises show of it at an instant: verified by a parallel or full exercise
// that was carried through, unless that is older than the playbook's `exercise: every`, or the text of the playbook or what
// the analysis says of the things that it touches has changed since.
func (d *Documents) Verify(p *playbooks.Playbook, records []Exercised, now time.Time) Verification {
	var last, proof *Exercised
	for n := range records {
		if r := &records[n]; r.Playbook == p.ID {
			last = r
			if r.Exercise.Proves() && r.Result == "completed" {
				proof = r
			}
		}
	}
	switch {
	case last == nil:
		return Verification{State: NotVerified, Why: "it was never exercised"}
	case proof == nil:
		return Verification{State: NeedsVerification, Last: last, Why: fmt.Sprintf("the last exercise, a %s on %s, does not show how long it takes%s", last.Exercise, day(last.At), unless(last.Result == "completed", " ("+strings.ReplaceAll(last.Result, "_", " ")+")"))}
	}
	v := Verification{State: Verified, Last: proof, Until: proof.At.Add(p.Exercise.Every), RTC: proof.Recovered, LeftOut: proof.notShown(),
		Why: fmt.Sprintf("the %s exercise on %s", proof.Exercise, day(proof.At))}
	switch {
	case !now.Before(v.Until):
		v.State, v.Why = Expired, v.Why+" is older than "+days(p.Exercise.Every)
	case proof.Digest != p.Digest:
		v.State, v.Why = NeedsVerification, v.Why+" was of another text of the playbook"
	case proof.Touches != d.Touches(p):
		v.State, v.Why = NeedsVerification, v.Why+" was of other services or components than the playbook touches now"
	case proof.missed() != "":
		v.State, v.Why = NeedsVerification, v.Why+" did not show what it was to show: "+proof.missed()
	case len(v.LeftOut) > 0:
		v.Why += ", without " + listed(v.LeftOut)
	}
	return v
}

func unless(holds bool, text string) string {
	if holds {
		return ""
	}
	return text
}

// notShown are the steps that an exercise did not carry out.
func (e ExerciseConcluded) notShown() (steps []string) {
	for _, s := range e.Steps {
		if s.Shown != "carried_out" {
			steps = append(steps, s.Step)
		}
	}
	return steps
}

// missed says which objective an exercise did not meet; empty: none.
func (e ExerciseConcluded) missed() string {
	for _, o := range e.Objectives {
		if !o.Met {
			return fmt.Sprintf("%s took %s of %s", strings.ToUpper(o.Objective), o.Measured, o.Allowed)
		}
	}
	return ""
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func days(d time.Duration) string { return fmt.Sprintf("%dd", d/(24*time.Hour)) }

// Touches names, as a digest, what the analysis says of the things that a playbook touches: its services with what they rest
// on, and the components that it needs. When it changes, an exercise no longer shows what the playbook can do.
func (d *Documents) Touches(p *playbooks.Playbook) string {
	things := slices.Clone(p.For.Services)
	for _, c := range p.Preconditions {
		things = append(things, c.ComponentUp...)
	}
	things = union(things, nil)
	for n := 0; n < len(things); n++ { // it grows: what a service rests on rests on more
		if s, ok := d.BIA.Service(things[n]); ok {
			for _, need := range s.Needs {
				things = join(things, need.AnyOf)
			}
		}
	}
	var b strings.Builder
	for _, id := range union(things, nil) {
		if s, ok := d.BIA.Service(id); ok {
			fmt.Fprintf(&b, "service %s %s %s\n", id, s.RTO, s.MTPD)
			for _, n := range s.Needs {
				fmt.Fprintf(&b, "  %q %d %d %v %s\n", n.AnyOf, n.Full, n.Minimum, n.Partial, n.Tolerates)
			}
		}
		if c := d.BIA.Components[id]; c != nil {
			fmt.Fprintf(&b, "component %s %s %s %q\n", id, c.Site, c.Class, c.Domains)
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return "sha256:" + hex.EncodeToString(sum[:])
}
