package incident

import (
	"time"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
	"holdfast/internal/source"
	"holdfast/oncall"
	"holdfast/playbooks"
)

// Documents are the texts that a house lives by, read and found free of errors.
type Documents struct {
	BIA       *bia.Analysis
	People    *oncall.Roster
	Playbooks []*playbooks.Playbook
	Files     map[string]string // as written; see DocumentsAdopted
	Digest    string
}

// ParseDocuments reads the texts of a continuity directory: bia.yaml, people.yaml, playbooks/*.yaml.
func ParseDocuments(files map[string]string) (*Documents, source.Problems) { panic("unwritten") }

// A Desk is the duty desk: it hears alerts, follows every incident, and knows what is due. It holds the detector and all
// incidents; everything else (the daemon, a rehearsal, a backtest) only brings it inputs and time.
//
// What it hears and the records it applies are all its state. Decisions come out as Changes, which do nothing until they
// are committed and come back through Apply; so the past is never decided again.
type Desk struct{}

// NewDesk is an empty desk.
func NewDesk() *Desk { panic("unwritten") }

// Apply folds one committed record into the desk. It is total: what is in the journal has happened.
func (d *Desk) Apply(r Record) { panic("unwritten") }

// Hear takes in one message of the alert log, as it was received: its alerts, or why it could not be read.
func (d *Desk) Hear(sequence uint64, received time.Time, from string, batch alert.Batch, unreadable *alert.Unreadable) {
	panic("unwritten")
}

// AlertsThrough is the sequence of the last message heard.
func (d *Desk) AlertsThrough() uint64 { panic("unwritten") }

// Due is everything that has to be recorded at now: what the world and the clock say of all incidents. It is a fixed
// point: once its changes are committed, Due at the same instant is empty.
func (d *Desk) Due(now time.Time) []Change { panic("unwritten") }

// NextAt is the next instant at which Due can have something to say if nothing else happens; exact.
func (d *Desk) NextAt() (time.Time, bool) { panic("unwritten") }

// Order carries out what a person asks for, or refuses with a *Refusal.
func (d *Desk) Order(now time.Time, by *oncall.Person, c Command) ([]Change, error) {
	panic("unwritten")
}

// Finish records how an effect went; empty if it came too late to matter.
func (d *Desk) Finish(now time.Time, r Result) []Change { panic("unwritten") }

// TakeOver is what an instance commits first: a new epoch.
func (d *Desk) TakeOver(instance, version string) []Change { panic("unwritten") }

// Adopt is the change that makes documents the ones to live by; empty if they already are.
func (d *Desk) Adopt(docs *Documents, by Actor) []Change { panic("unwritten") }

// Wants are the effects that have to be under way now, in a stable order.
func (d *Desk) Wants() []Effect { panic("unwritten") }

// Incidents are all incidents, the newest first.
func (d *Desk) Incidents() []Incident { panic("unwritten") }

// Incident finds one incident.
func (d *Desk) Incident(id string) (Incident, bool) { panic("unwritten") }

// Verdicts are the situations open at now, also those that are no incident yet.
func (d *Desk) Verdicts(now time.Time) []detector.Verdict { panic("unwritten") }

// Documents are the ones adopted last; nil before the first.
func (d *Desk) Documents() *Documents { panic("unwritten") }

// Armed reports whether declarations may happen automatically, and why not.
func (d *Desk) Armed() (bool, string) { panic("unwritten") }

// Facts answers questions about components and services at the last instant the desk was brought to.
func (d *Desk) Facts() detector.Facts { panic("unwritten") }

// Counts are the numbers of what came in.
func (d *Desk) Counts() Counts { panic("unwritten") }

// Counts are part of the state: a restart counts the same.
type Counts struct {
	detector.Heard
	Unreadable map[alert.Reason]uint64 `json:"unreadable"`
	Truncated  uint64                  `json:"truncated"`
}

// Verb is what a person can ask for.
type Verb string

const (
	VerbAck       Verb = "ack"
	VerbDone      Verb = "done"
	VerbFailed    Verb = "failed"
	VerbCannot    Verb = "cannot"
	VerbApprove   Verb = "approve"
	VerbDecline   Verb = "decline" // a decide step; with no Step: the recommended declaration
	VerbRetry     Verb = "retry"   // a stuck step, with a new key
	VerbSkip      Verb = "skip"    // a stuck or waiting step, with a reason
	VerbDeclare   Verb = "declare" // an incident, or (no Incident) the named Services by hand
	VerbStandDown Verb = "stand-down"
	VerbArm       Verb = "arm"
	VerbDisarm    Verb = "disarm"
	VerbNote      Verb = "note"
)

// A Command is what one person asks for.
type Command struct {
	Verb     Verb              `json:"verb"`
	Incident string            `json:"incident,omitempty"`
	Step     string            `json:"step,omitempty"` // "go", or "2/go" where several runs have it
	Services []string          `json:"services,omitempty"`
	Reason   string            `json:"reason,omitempty"`
	Answers  map[string]string `json:"answers,omitempty"`
	Evidence string            `json:"evidence,omitempty"`
	Until    time.Time         `json:"until,omitzero"`
}
