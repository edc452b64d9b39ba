// Package incident is the life of an incident: classified, declared, answered by playbooks, recovered, stood down. It is
// event-sourced and pure: an [Incident] is the fold of its records, decisions are events returned, effects are read off
// the state. The [Desk] holds the detector and every incident, and is the one fold that the daemon, a restart, a
// rehearsal and a backtest all run.
package incident

import (
	"fmt"
	"time"

	"holdfast/bia"
	"holdfast/bia/condition"
	"holdfast/detector"
	"holdfast/playbooks"
)

// An Incident is the state that its records add up to. Its exported fields are the JSON of the API.
type Incident struct {
	ID      string           `json:"id"`  // can be read out on the phone: "payments-api-0412"
	Key     string           `json:"key"` // of the detector's situation it follows
	Opened  time.Time        `json:"opened"`
	Closed  time.Time        `json:"closed,omitzero"`
	Level   detector.Level   `json:"level"`   // the highest reached while open
	Verdict detector.Verdict `json:"verdict"` // as last committed

	JudgedBy string `json:"judged_by"` // digest of the bia.yaml that it is judged by: the one in force when it was opened, or that it was rebased to

	FirstDisaster time.Time            `json:"first_disaster,omitzero"` // first classified disaster; decision lag counts from here
	DecisionDue   *DecisionDue         `json:"decision_due,omitempty"`
	DecisionDueAt time.Time            `json:"decision_due_at,omitzero"` // when its first round was paged
	Recommended   *Recommended         `json:"recommended,omitempty"`
	RecommendedAt time.Time            `json:"recommended_at,omitzero"`
	Declared      *Declared            `json:"declared,omitempty"`
	DeclaredAt    time.Time            `json:"declared_at,omitzero"`
	Declined      *DeclarationDeclined `json:"declined,omitempty"` // the last one; whether it still binds depends on the facts
	DeclinedAt    time.Time            `json:"declined_at,omitzero"`
	NoPlaybook    []NoPlaybookFits     `json:"no_playbook,omitempty"`
	Reports       []ReportClock        `json:"reports,omitempty"` // statutory clocks, in the order they began
	Queued        []Queued             `json:"queued,omitempty"`  // invocations that wait for what stands in their way
	Aborted       *Ending              `json:"aborted,omitempty"` // as a whole: nothing is invoked any more without a person

	Recoveries             []Recovery `json:"recoveries"` // one per service and episode, in the order they began
	Runs                   []Run      `json:"runs"`
	Notices                []Notice   `json:"notices"`
	StandDownRecommendedAt time.Time  `json:"stand_down_recommended_at,omitzero"`
	StoodDown              *StoodDown `json:"stood_down,omitempty"`
	Actions                []Action   `json:"actions,omitempty"` // in the order they were agreed upon

	Exercise    Exercise             `json:"exercise,omitempty"` // empty: it is live
	Rehearsal   *ExerciseStarted     `json:"rehearsal,omitempty"`
	Interrupted *ExerciseInterrupted `json:"interrupted,omitempty"`
	Concluded   *ExerciseConcluded   `json:"concluded,omitempty"`

	// HandsOff is why this incident is shown and not driven (an unknown event kind, a hole in the journal); empty: driven.
	HandsOff string `json:"hands_off,omitempty"`

	Timeline []Record `json:"-"` // every record in order, for the report

	unsent int                   // notices that nobody has carried out yet
	seat   int                   // how many incidents there were before it
	shelf  []*playbooks.Playbook // those in force when something was last recorded

	made, runs *secret // that the incident is a part of, and its Runs; nil: others may know of it
	secret     *secret // of the desk, while that applies a record; nil: what is applied is tried out on a copy
}

// Open reports whether anything can still happen to the incident.
func (i Incident) Open() bool { return i.Closed.IsZero() }

// Recovery is the recovery clock of one service: from the start of the disruption to the start of the stable period at
// or above MBCO (domain section 3).
type Recovery struct {
	Service    string         `json:"service"`
	Objectives bia.Objectives `json:"objectives"`
	Clocks     bia.Clocks     `json:"clocks"`
	Since      time.Time      `json:"since"` // t0; stays through relapses inside recover_for
	Confirmed  time.Time      `json:"confirmed,omitzero"`
	Restored   time.Time      `json:"restored,omitzero"`
	Overrun    time.Time      `json:"overrun,omitzero"` // when its MTPD passed unrecovered
	Missed     time.Time      `json:"missed,omitzero"`  // when the deadline passed unrecovered
	Risk       Risk           `json:"risk,omitempty"`   // the worst that was forecast of it
	RiskAt     time.Time      `json:"risk_at,omitzero"` // when
}

// RTA is the recovery time actual; false while the outage lasts.
func (c Recovery) RTA() (time.Duration, bool) {
	if c.Restored.IsZero() {
		return 0, false
	}
	return c.Restored.Sub(c.Since), true
}

// Running is how long the outage has lasted at now; zero once restored.
func (c Recovery) Running(now time.Time) time.Duration {
	if !c.Restored.IsZero() || c.Since.IsZero() {
		return 0
	}
	return now.Sub(c.Since)
}

// A Run is one invocation of a playbook.
type Run struct {
	ID       string              `json:"id"`
	Service  string              `json:"service"`
	Covers   []string            `json:"covers,omitempty"` // every service it is to bring back
	By       Actor               `json:"by"`
	Written  *playbooks.Playbook `json:"-"` // the playbook as it is pinned; Playbook is what an exercise makes of it
	Playbook *playbooks.Playbook `json:"-"` // parsed from the pinned text; nil if it cannot be read any more
	Name     string              `json:"playbook"`
	Digest   string              `json:"digest"`
	Started  time.Time           `json:"started"`
	Ended    time.Time           `json:"ended,omitzero"`
	Result   string              `json:"result,omitempty"` // as in RunEnded
	Exercise Exercise            `json:"exercise,omitempty"`
	CleanUp  bool                `json:"clean_up,omitempty"` // it puts back what the exercise has done
	PutBack  []string            `json:"-"`                  // by which steps, as in Invoked
	Paused   *Brake              `json:"paused,omitempty"`   // nothing of it starts
	Ordered  time.Time           `json:"ordered,omitzero"`   // as in Invoked
	Resumed  time.Time           `json:"resumed,omitzero"`   // when a person last let it go on
	Ending   *Ending             `json:"ending,omitempty"`   // it is being ended before its last step
	Offered  []string            `json:"offered,omitempty"`  // steps that may be left out, since all that it covers is back
	Question string              `json:"question,omitempty"` // the step that asks whether to start, since a precondition does not hold
	Steps    []StepState         `json:"steps"`              // in the playbook's order

	plan  *rememberedPlan // how it is forecast, with what was known of the past when it began
	known int             // how many past runs that were
	steps *secret         // that Steps are a part of; nil: others may know of them
	cast  *cast           // what follows from how it stands; a new one for each change
}

// StepStatus is where a step stands.
type StepStatus string

const (
	Pending  StepStatus = "pending"  // what it waits for has not ended
	Running  StepStatus = "running"  // a machine is at it
	Waiting  StepStatus = "waiting"  // a person is asked
	Retrying StepStatus = "retrying" // failed; goes again by itself at Again
	Stuck    StepStatus = "stuck"    // failed or in doubt; a person has to say how it goes on (done, retry, skip)
	Done     StepStatus = "done"
	Declined StepStatus = "declined"
	Skipped  StepStatus = "skipped"
	Given    StepStatus = "failed" // failed, and the run went on

	CalledOff StepStatus = "called_off" // the run is being ended before the step was done
)

// StepState is a step of a run.
type StepState struct {
	ID        string            `json:"id"`
	Kind      playbooks.Kind    `json:"kind"`
	Phase     playbooks.Phase   `json:"phase"`
	Text      string            `json:"text"` // what is asked or done, for people
	Role      string            `json:"role,omitempty"`
	Status    StepStatus        `json:"status"`
	Milestone string            `json:"milestone,omitempty"`
	Attempt   int               `json:"attempt,omitempty"` // sendings in all
	Tries     int               `json:"tries,omitempty"`   // sendings under the present key
	Class     int               `json:"class,omitempty"`   // 1, and one more for each retry that a person ordered
	Key       string            `json:"key,omitempty"`
	Epoch     uint64            `json:"epoch,omitempty"`
	Started   time.Time         `json:"started,omitzero"` // first attempt
	Sent      time.Time         `json:"sent,omitzero"`    // this attempt
	Until     time.Time         `json:"until,omitzero"`
	Again     time.Time         `json:"again,omitzero"`
	Ended     time.Time         `json:"ended,omitzero"`
	Outcome   Outcome           `json:"outcome,omitempty"`  // of the last failure
	FailedAt  time.Time         `json:"failed_at,omitzero"` // when that was
	Reason    string            `json:"reason,omitempty"`
	By        Actor             `json:"by,omitzero"`    // who ended it
	Acked     Actor             `json:"acked,omitzero"` // who took it
	AckedAt   time.Time         `json:"acked_at,omitzero"`
	Offered   *Offer            `json:"offered,omitempty"` // to whom it is being handed over
	Retried   []Approval        `json:"retried,omitempty"` // who ordered it done once more
	Needed    int               `json:"approvals_needed,omitempty"`
	Approvals []Approval        `json:"approvals,omitempty"`
	Rung      int               `json:"rung,omitempty"`         // escalations so far
	Escalated []string          `json:"escalated_to,omitempty"` // roles that may act on it too by now
	Output    string            `json:"output,omitempty"`
	Answers   map[string]string `json:"answers,omitempty"`
	Evidence  string            `json:"evidence,omitempty"`
	Held      *Brake            `json:"held,omitempty"`      // it does not start, and takes no answer
	Undo      *StepState        `json:"undo,omitempty"`      // its undo, once that has begun
	Overruled []Overruling      `json:"overruled,omitempty"` // whose word it is that it be carried out though it would break a rule

	Values   map[string]condition.Value `json:"values,omitempty"`   // what was put in, by the text of its expression
	Release  *Release                   `json:"release,omitempty"`  // of a decision that waits or was taken: what it lets happen
	Changed  time.Time                  `json:"changed,omitzero"`   // when that last became another than people were told when they were asked
	Approved Values                     `json:"approved,omitempty"` // of a decision that was taken: what is put into the steps behind it
	For      string                     `json:"for,omitempty"`      // of a decision that was asked once more: the step that it is about
	Frozen   Values                     `json:"frozen,omitempty"`   // of a decision: what only the clock would change, as it was when it was asked
}

// An Offer is a step that is being handed over: To has to acknowledge it.
type Offer struct {
	To     string    `json:"to"`
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// An Approval is one person's yes.
type Approval struct {
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
	Digest string    `json:"digest,omitempty"` // of what they approved
}

// An Overruling is one person's word that a rule shall not stop a step. Two of them, of different people, make it so, as long as
// both stand: each for an hour, and for the facts that it was said of.
type Overruling struct {
	Rule   string    `json:"rule"`
	Broken string    `json:"broken,omitempty"` // how the rule would have been broken; empty: written by a version that did not keep it
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// A Notice is something a person is told. It exists as soon as the event that causes it is in the journal.
type Notice struct {
	N       int       `json:"n"`
	At      time.Time `json:"at"`
	Person  string    `json:"person"`
	Subject string    `json:"subject"` // one line
	Body    string    `json:"body"`    // a few lines: what happened, what to do, by when
	Run     string    `json:"run,omitempty"`
	Step    string    `json:"step,omitempty"`
	Sent    time.Time `json:"sent,omitzero"`
	Channel string    `json:"channel,omitempty"`
	Error   string    `json:"error,omitempty"`
}

// A Record is an event as it stands in the journal.
type Record struct {
	Sequence uint64    `json:"sequence"`       // of the envelope
	Hash     string    `json:"hash,omitempty"` // of the envelope: it stands for all before it too
	At       time.Time `json:"at"`
	Incident string    `json:"incident,omitempty"`
	Event    Event     `json:"event"`
}

// A Change is an event that has been decided and not yet committed.
type Change struct {
	Incident string
	Event    Event
}

// A Refusal is the error of an act that is not allowed in this state; nothing has changed. It says who and when.
type Refusal struct {
	Reason string
	By     Actor     // who was before you, if that is why
	At     time.Time // when
}

func (r *Refusal) Error() string { return "refused: " + r.Reason }

// NotFound is the error of a command that names something that does not exist.
type NotFound struct {
	What string // "incident", "step", "service", "playbook"
	ID   string
	Hint string // the nearest name, or those that exist
}

func (n *NotFound) Error() string {
	text := fmt.Sprintf("there is no %s %q", n.What, n.ID)
	if n.Hint != "" {
		text += "; " + n.Hint
	}
	return text
}

// Refuse is a Refusal with a formatted reason.
func Refuse(format string, args ...any) *Refusal {
	return &Refusal{Reason: fmt.Sprintf(format, args...)}
}

// An Effect is something that has to be done to the world. It is read off the state, so a restart finds it again.
type Effect struct {
	Key      string // idempotency key, sent along with the effect
	Incident string
	Run      string
	Step     string
	Undo     bool // it takes the step back
	Attempt  int
	Epoch    uint64
	Exercise Exercise          // of an exercise; empty: live
	Until    time.Time         // give up then
	Repeat   string            // of a machine step: safe | ask | never, as its playbook says
	Notice   *Notice           // tell a person
	Do       *playbooks.Run    // or act on the world
	Verify   *playbooks.Verify // or ask it, until it is true
}

// A Result is how an effect went.
type Result struct {
	Effect   Effect
	Outcome  Outcome // empty: done
	Output   string
	Reason   string
	Channel  string // of a notice
	Rule     string // with the outcome forbidden: which rule stopped it
	NoEffect bool   // it failed and certainly did nothing: it was not sent, or its target refused it outright
}
