// Package playbooks is the playbook language: what is done when a disaster is declared, by machines and by people. It
// reads playbooks/*.yaml, checks them, and finds the ones that fit. Values in, values out.
package playbooks

import (
	"time"

	"holdfast/bia/condition"
	"holdfast/internal/source"
)

// A Playbook is one recovery plan. It is read by [Parse] and never changed afterwards; a run is pinned to its Text.
type Playbook struct {
	Marks source.Marks `doc:",marks"`

	ID         string    `doc:"playbook,required"`
	Version    int       `doc:"version"`
	Title      string    `doc:"title"`
	Owner      string    `doc:"owner"`
	ApprovedBy string    `doc:"approved_by"`
	ApprovedOn time.Time `doc:"approved_on"`
	NextReview time.Time `doc:"next_review"`
	EditedBy   string    `doc:"edited_by"` // who changed it last: a person of people.yaml, who may not approve where four eyes are asked

	For           For            `doc:"for"`
	Loss          Loss           `doc:"loss"` // the kind of loss that it treats
	Priority      int            `doc:"priority"`
	Exclusive     []string       `doc:"exclusive"` // resources that one invocation at a time holds
	RTC           time.Duration  `doc:"rtc"`
	Unattended    bool           `doc:"unattended"` // a point of no return needs no decision; the linter says so loudly
	Preconditions []Precondition `doc:"preconditions"`
	Abort         string         `doc:"abort"` // what people do by hand when it is called off, beside what its steps undo
	Steps         []Step         `doc:"steps,required"`
	Exercise      Exercise       `doc:"exercise"`

	Asked    []Asked  // what of the analysis its expressions ask about
	Children []Child  // the playbooks that it invokes, directly or through others, once it is linked
	Editors  []string // who changed one of those last, each as its edited_by says; empty: it does not say

	File   string // where it was read from
	Text   string // exactly as written
	Digest string // "sha256:" and hex of Text; of one that invokes others, of their texts too
}

// For says what a playbook recovers and from what.
type For struct {
	Marks       source.Marks `doc:",marks"`
	Services    []string     `doc:"services"`
	Lost        []string     `doc:"lost"`          // failure domains it recovers from
	NotWhenLost []string     `doc:"not_when_lost"` // common mode: it does not fit
}

// A Precondition must hold before the run starts; Else says what happens when it does not.
type Precondition struct {
	Marks               source.Marks         `doc:",marks"`
	ComponentUp         []string             `doc:"component_up"`
	RecoveryPointWithin *RecoveryPointWithin `doc:"recovery_point_within"`
	Else                string               `doc:"else"` // ask | refuse; default refuse
}

// RecoveryPointWithin asks that data has a recovery point no older than Age.
type RecoveryPointWithin struct {
	Marks source.Marks  `doc:",marks"`
	Data  string        `doc:"data,required"`
	Age   time.Duration `doc:"age,required"`
}

// Loss is the kind of resource whose loss a playbook treats, after the resources of ISO 22301 (8.3.4).
type Loss string

const (
	LossOfSite       Loss = "site"       // buildings, workplaces, utilities
	LossOfTechnology Loss = "technology" // systems and their infrastructure
	LossOfData       Loss = "data"       // data unusable or compromised
	LossOfSupplier   Loss = "supplier"   // a third party
	LossOfPeople     Loss = "people"     // staff and their knowledge
	LossOfMonitoring Loss = "monitoring" // nobody sees what goes on
)

// Exercise says how the playbook is exercised: what is left out, how what an exercise did is put back, and how often.
type Exercise struct {
	Marks   source.Marks  `doc:",marks"`
	Skip    []string      `doc:"skip"`    // steps that are left out
	CleanUp []Step        `doc:"cleanup"` // put back, one after the other, what an exercise has done
	Every   time.Duration `doc:"every"`   // how long an exercise holds; default 365d
}

// Phase is a phase of recovery (NIST SP 800-34 r1 chapter 4).
type Phase string

const (
	Activation     Phase = "activation"
	Recovery       Phase = "recovery"
	Reconstitution Phase = "reconstitution"
)

// Kind is what a step is, told by which of its keys is written.
type Kind string

const (
	KindNotify Kind = "notify"
	KindDo     Kind = "do"
	KindDecide Kind = "decide"
	KindRun    Kind = "run"
	KindVerify Kind = "verify"
	KindWait   Kind = "wait"
	KindInvoke Kind = "invoke"
)

// Human reports whether a person finishes a step of this kind.
func (k Kind) Human() bool { return k == KindDo || k == KindDecide }

// A Step is one thing to be done. Exactly one of Notify, Do, Decide, Run, Verify, Wait and Invoke is written. A step waits
// for the one before it unless After says otherwise.
type Step struct {
	Marks source.Marks `doc:",marks"`

	ID    string   `doc:"id,required"`
	Phase Phase    `doc:"phase"` // default: that of the step before, the first recovery
	After []string `doc:"after"` // as read: also the default, the step before

	Notify []string      `doc:"notify"` // roles
	Do     string        `doc:"do"`
	Decide string        `doc:"decide"`
	Run    *Run          `doc:"run"`
	Verify *Verify       `doc:"verify"`
	Wait   time.Duration `doc:"wait"`
	Invoke string        `doc:"invoke"` // another playbook, whose steps are done here

	When     string   `doc:"when"`     // a CEL expression: the step is left out where it is false
	Only     string   `doc:"only"`     // exercise | live: left out in the other
	Needs    []string `doc:"needs"`    // components, services and failure domains without which it cannot be done
	Fallback string   `doc:"fallback"` // the step that is done instead where something it needs is lost

	Message   string   `doc:"message"`   // what a notify says, beside what holdfast says of the incident
	Ack       *Ack     `doc:"ack"`       // a notify is done when somebody of this role acknowledged
	Role      string   `doc:"role"`      // who does or decides
	Approvals int      `doc:"approvals"` // different people a decide needs; default 1
	FourEyes  bool     `doc:"four_eyes"` // who declared, invoked, ordered a retry before it or edited the playbook last may not approve
	Escalate  []string `doc:"escalate"`  // roles told in turn when Within has passed

	Answers  map[string]Answer `doc:"answers"`
	Evidence string            `doc:"evidence"` // "required": done needs a reference to evidence

	Within    time.Duration `doc:"within"`     // for people: by when; then it escalates
	Timeout   time.Duration `doc:"timeout"`    // for machines: an attempt is given up; default 1m, of a verify its For and 15m
	Expect    time.Duration `doc:"expect"`     // planned duration
	Retry     int           `doc:"retry"`      // attempts after the first
	Backoff   time.Duration `doc:"backoff"`    // before the first retry, doubled each time; default 1s, at most 1m
	Jitter    float64       `doc:"jitter"`     // by up to which share of itself a backoff is longer, so that many do not return at once; default 0.1
	OnFailure string        `doc:"on_failure"` // pause | escalate | continue | undo; default pause, of a notify continue
	Repeat    string        `doc:"repeat"`     // safe | ask | never: may it be sent again when a crash left the outcome unknown? default ask, of a verify safe

	FailedMeans string `doc:"failed_means"` // maybe_done | nothing_done: what a failure that its target reported says of its effect; default maybe_done

	Undo      *Undo    `doc:"undo"`       // takes the step's effect back when the run is aborted, or when a step with on_failure: undo fails
	ReturnsTo []string `doc:"returns_to"` // failure domains that it goes back to: refused while anything in them is not known to be well

	PointOfNoReturn bool   `doc:"point_of_no_return"`
	Milestone       string `doc:"milestone"` // recovered | work_recovered

	Condition  *condition.Expression            // of When
	Parameters map[string]*condition.Expression // what is put in, by its text

	Part          string         // the invoke step that this one is a part of, in a playbook that is linked
	Preconditions []Precondition // of the playbook that an invoke step invokes, once it is linked
	Abort         string         // the same: what people do by hand when it is called off
}

// What a failure that was reported says of the effect of its step: what nothing was done by needs no undo.
const (
	MaybeDone   = "maybe_done"
	NothingDone = "nothing_done"
)

// Undo takes back what a step did. It is a machine's effect like any other, with a key, a time and retries of its own.
type Undo struct {
	Marks   source.Marks  `doc:",marks"`
	Run     *Run          `doc:"run,required"`
	Timeout time.Duration `doc:"timeout"` // default 1m
	Retry   int           `doc:"retry"`   // attempts after the first
	Backoff time.Duration `doc:"backoff"` // before the first retry, doubled each time; default 1s, at most 1m
	Repeat  string        `doc:"repeat"`  // safe | ask | never; default ask
}

// Reversal is the undo of a step as a step of its own, which hands can carry out; nil where the step has none.
func (s *Step) Reversal() *Step {
	if s.Undo == nil {
		return nil
	}
	return &Step{ID: s.ID, Phase: s.Phase, Run: s.Undo.Run, Role: s.Role, Escalate: s.Escalate, OnFailure: "escalate",
		Timeout: s.Undo.Timeout, Retry: s.Undo.Retry, Backoff: s.Undo.Backoff, Repeat: s.Undo.Repeat}
}

// Kind tells which of its keys the step has.
func (s *Step) Kind() Kind {
	switch {
	case len(s.Notify) > 0:
		return KindNotify
	case s.Do != "":
		return KindDo
	case s.Decide != "":
		return KindDecide
	case s.Run != nil:
		return KindRun
	case s.Verify != nil:
		return KindVerify
	case s.Invoke != "":
		return KindInvoke
	}
	return KindWait
}

// Sibling is what a step that this one's own playbook calls so is called in the playbook that it is linked into.
func (s *Step) Sibling(id string) string {
	if s.Part == "" {
		return id
	}
	return s.Part + "." + id
}

// Ack asks for an acknowledgement by somebody of Role within a time; after that the roles of Escalate are told in turn.
type Ack struct {
	Marks    source.Marks  `doc:",marks"`
	Role     string        `doc:"role,required"`
	Within   time.Duration `doc:"within,required"`
	Escalate []string      `doc:"escalate"`
}

// A Run is an effect on the world; exactly one of its keys is written.
type Run struct {
	Marks source.Marks `doc:",marks"`
	HTTP  *HTTP        `doc:"http"`
	NATS  *NATS        `doc:"nats"`
	Exec  *Exec        `doc:"exec"`
}

// HTTP is a request; any 2xx answer is success. Scheme, host and port must be allow-listed in holdfast.yaml.
type HTTP struct {
	Marks  source.Marks    `doc:",marks"`
	URL    string          `doc:"url,required"`
	Method string          `doc:"method"` // default POST, of a verify GET
	Header map[string]Text `doc:"header"` // each written out, or {secret: NAME}
	Body   any             `doc:"body"`   // sent as JSON; {secret: NAME} within stands for a secret
	Expect int             `doc:"expect"` // a status that must be answered; default any 2xx
	Reply  any             `doc:"reply"`  // what the answer has to say beside its status: see [Says]
}

// NATS is a request on a subject that holdfast.yaml allow-lists; an answer within the timeout is success unless it
// carries the header Holdfast-Error.
type NATS struct {
	Marks   source.Marks    `doc:",marks"`
	Subject string          `doc:"subject,required"`
	Header  map[string]Text `doc:"header"`  // each written out, or {secret: NAME}
	Request any             `doc:"request"` // sent as JSON; {secret: NAME} within stands for a secret
	Reply   any             `doc:"reply"`   // what the answer has to say: see [Says]
}

// Exec runs a command that holdfast.yaml names; exit code 0 is success.
type Exec struct {
	Marks   source.Marks    `doc:",marks"`
	Command string          `doc:"command,required"` // the name, not a path
	Args    []string        `doc:"args"`             // added to the configured argv; none may begin with "-"
	Env     map[string]Text `doc:"env"`              // variables that the command's entry in holdfast.yaml accepts; each written out, or {secret: NAME}
}

// Verify polls until something is true; exactly one of Service, HTTP, NATS and Prometheus is written.
type Verify struct {
	Marks      source.Marks  `doc:",marks"`
	Service    string        `doc:"service"` // at or above MBCO, as the detector measures it
	At         string        `doc:"at"`      // mbco (default) | full
	For        time.Duration `doc:"for"`     // without a break for this long
	HTTP       *HTTP         `doc:"http"`
	NATS       *NATS         `doc:"nats"`
	Prometheus *Prometheus   `doc:"prometheus"`
	Every      time.Duration `doc:"every"` // between polls; default 5s
}

// Prometheus is a question in PromQL. It is true while the server answers with exactly one number, and that is within the
// bounds; no series, several, NaN, infinite or incomplete is not true. The server must be allow-listed in holdfast.yaml.
type Prometheus struct {
	Marks   source.Marks    `doc:",marks"`
	URL     string          `doc:"url,required"` // of the server, with the path it lives under; /api/v1/query is added
	Query   string          `doc:"query,required"`
	Header  map[string]Text `doc:"header"` // each written out, or {secret: NAME}
	AtLeast *float64        `doc:"at_least"`
	AtMost  *float64        `doc:"at_most"`
	Equals  *float64        `doc:"equals"`
}
