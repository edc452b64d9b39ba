package incident

import "time"

// Verb is what a person can ask for.
type Verb string

const (
	VerbAck       Verb = "ack"
	VerbDone      Verb = "done"
	VerbFailed    Verb = "failed"
	VerbCannot    Verb = "cannot"
	VerbApprove   Verb = "approve"
	VerbDecline   Verb = "decline"   // a decide step; with no Step: the recommended declaration
	VerbRetry     Verb = "retry"     // a stuck step, with a new key
	VerbSkip      Verb = "skip"      // a stuck or waiting step, with a reason
	VerbOverrule  Verb = "overrule"  // the rule that a step would break, with a reason; it takes two different people
	VerbHandOver  Verb = "hand-over" // a step that waits, to the person To, with a reason; it is theirs once they acknowledge
	VerbDeclare   Verb = "declare"   // an incident, or (no Incident) the named Services by hand
	VerbInvoke    Verb = "invoke"    // the named Playbook for Services[0] of a declared incident, though it does not fit
	VerbSkipRest  Verb = "skip-rest" // all that is open in the Run (or the only one), once all that it covers is back
	VerbPause     Verb = "pause"     // the Run (or the only one) starts nothing, Until an instant or resumed
	VerbHold      Verb = "hold"      // the same for one Step; with no Step: of the Run
	VerbResume    Verb = "resume"    // ends a pause of the Run, or the hold of the Step
	VerbAbort     Verb = "abort"     // the Run, or with none everything in the incident; what was done is undone unless Keep
	VerbStandDown Verb = "stand-down"
	VerbArm       Verb = "arm"
	VerbDisarm    Verb = "disarm"
	VerbAdoptGap  Verb = "adopt-gap" // the log of decisions with the Gap that it has, with a reason
	VerbNote      Verb = "note"
	VerbReported  Verb = "reported" // the Report was made, At an instant; or, Over, there is no duty to
	VerbRehearse  Verb = "rehearse" // the named Playbook, as an Exercise, with a reason: what it is to show
	VerbRebase    Verb = "rebase"   // an open incident onto the bia.yaml in force, with a reason

	// What is to be done so that it goes better next time; also after the incident.
	VerbAction     Verb = "action"      // Owner undertakes what Reason says, by the day Due
	VerbActionDone Verb = "action-done" // Action was carried out, as Reason says

	// What people say of the world. It takes no incident; whoever it concerns shows it.
	VerbEstimate    Verb = "estimate"    // of Services[0]: how long until it is back, or "none"
	VerbFacility    Verb = "facility"    // Site is State: lost | impaired | ok
	VerbData        Verb = "data"        // Data is State: unusable | compromised | ok | recovery_point, of the instant At
	VerbIntentional Verb = "intentional" // Component was switched off on purpose, Until; Over ends that
	VerbMaintenance Verb = "maintenance" // Change may have the effects Expect by work on Scope, From to Until; Over calls it off
	VerbBackdate    Verb = "backdate"    // the outage of Services[0] began At, with a reason
)

// A Command is what one person asks for.
type Command struct {
	Verb     Verb              `json:"verb"`
	Incident string            `json:"incident,omitempty"`
	Step     string            `json:"step,omitempty"` // "go", or "2/go" where several runs have it
	Report   string            `json:"report,omitempty"`
	To       string            `json:"to,omitempty"`  // person id
	Run      string            `json:"run,omitempty"` // of pause, hold, resume and abort
	Services []string          `json:"services,omitempty"`
	Playbook string            `json:"playbook,omitempty"`
	Reason   string            `json:"reason,omitempty"`
	Answers  map[string]string `json:"answers,omitempty"`
	Evidence string            `json:"evidence,omitempty"`
	Digest   string            `json:"digest,omitempty"` // of what the decision lets happen, as it was shown; of approve
	Until    time.Time         `json:"until,omitzero"`
	Exercise Exercise          `json:"exercise,omitempty"` // the kind of a rehearsal

	Gap string `json:"gap,omitempty"` // the missing envelopes, as holdfast names them: 7-9

	Keep      bool `json:"keep,omitempty"`      // of abort: leave what was done as it is
	Supersede bool `json:"supersede,omitempty"` // of invoke: end, between steps, the runs that stand in its way
	Queue     bool `json:"queue,omitempty"`     // of invoke: start it as soon as what stands in its way has ended

	Action int    `json:"action,omitempty"` // its number within the incident
	Owner  string `json:"owner,omitempty"`  // a person or a role
	Due    string `json:"due,omitempty"`    // a day: 2026-12-24

	Estimate  string            `json:"estimate,omitempty"` // "6h" from now, or "none"
	Site      string            `json:"site,omitempty"`
	Data      string            `json:"data,omitempty"`
	Component string            `json:"component,omitempty"`
	State     string            `json:"state,omitempty"`
	At        time.Time         `json:"at,omitzero"`
	Over      bool              `json:"over,omitempty"`
	Change    string            `json:"change,omitempty"`
	From      time.Time         `json:"from,omitzero"` // zero: now
	Scope     []string          `json:"scope,omitempty"`
	Expect    map[string]string `json:"expect,omitempty"` // service -> degraded | down
}
