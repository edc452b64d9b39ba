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
	VerbDecline   Verb = "decline" // a decide step; with no Step: the recommended declaration
	VerbRetry     Verb = "retry"   // a stuck step, with a new key
	VerbSkip      Verb = "skip"    // a stuck or waiting step, with a reason
	VerbDeclare   Verb = "declare" // an incident, or (no Incident) the named Services by hand
	VerbInvoke    Verb = "invoke"  // the named Playbook for Services[0] of a declared incident, though it does not fit
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
	Playbook string            `json:"playbook,omitempty"`
	Reason   string            `json:"reason,omitempty"`
	Answers  map[string]string `json:"answers,omitempty"`
	Evidence string            `json:"evidence,omitempty"`
	Until    time.Time         `json:"until,omitzero"`
}
