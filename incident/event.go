package incident

import (
	"time"

	"holdfast/bia"
	"holdfast/bia/condition"
	"holdfast/detector"
	"holdfast/playbooks"
)

// An Event is one thing that happened to an incident, in the past tense. A kind once written keeps its name and its
// meaning for ever; old journals are replayed in every release. Events carry all that a reader needs: objectives as
// they were, playbooks whole, people by id.
//
// This file is the table of contents of the domain: the kinds stand in the order of a life.
type Event interface{ Kind() Kind }

// Kind is an event's name in the journal.
type Kind string

// The house: not of one incident.
const (
	KindTookOver         Kind = "took_over"
	KindDocumentsAdopted Kind = "documents_adopted"
	KindArmed            Kind = "armed"
	KindDisarmed         Kind = "disarmed"
	KindGapAdopted       Kind = "gap_adopted"
)

// What people say of the world: inputs to judging, not of one incident.
const (
	KindEstimated            Kind = "estimated"
	KindFacilityReported     Kind = "facility_reported"
	KindDataReported         Kind = "data_reported"
	KindSwitchedOff          Kind = "switched_off"
	KindSwitchedOn           Kind = "switched_on"
	KindMaintenanceAnnounced Kind = "maintenance_announced"
	KindMaintenanceCalledOff Kind = "maintenance_called_off"
	KindBackdated            Kind = "backdated"
)

// The life of an incident.
const (
	KindClassified          Kind = "classified"
	KindDecisionDue         Kind = "decision_due"
	KindRecommended         Kind = "recommended"
	KindDeclared            Kind = "declared"
	KindDeclarationDeclined Kind = "declaration_declined"
	KindReportingDue        Kind = "reporting_due"
	KindReminded            Kind = "reminded"
	KindReportingMissed     Kind = "reporting_missed"
	KindReported            Kind = "reported"

	KindInvoked               Kind = "invoked"
	KindNoPlaybookFits        Kind = "no_playbook_fits"
	KindStepStarted           Kind = "step_started"
	KindReleaseChanged        Kind = "release_changed"
	KindAcknowledged          Kind = "acknowledged"
	KindAcknowledgementLapsed Kind = "acknowledgement_lapsed"
	KindHandOverOffered       Kind = "hand_over_offered"
	KindStepApproved          Kind = "step_approved"
	KindStepDeclined          Kind = "step_declined"
	KindStepDone              Kind = "step_done"
	KindStepFailed            Kind = "step_failed"
	KindStepSkipped           Kind = "step_skipped"
	KindStepForbidden         Kind = "step_forbidden"
	KindRuleOverruled         Kind = "rule_overruled"
	KindEscalated             Kind = "escalated"
	KindNotified              Kind = "notified"

	KindRunPaused        Kind = "run_paused"
	KindRunResumed       Kind = "run_resumed"
	KindStepHeld         Kind = "step_held"
	KindStepReleased     Kind = "step_released"
	KindStillHeld        Kind = "still_held"
	KindInvocationQueued Kind = "invocation_queued"
	KindRunSuperseded    Kind = "run_superseded"
	KindRunAborted       Kind = "run_aborted"
	KindUndoStarted      Kind = "undo_started"
	KindUndoDone         Kind = "undo_done"
	KindUndoFailed       Kind = "undo_failed"
	KindUndoSkipped      Kind = "undo_skipped"
	KindRunEnded         Kind = "run_ended"

	KindObjectiveAtRisk      Kind = "objective_at_risk"
	KindObjectiveMissed      Kind = "objective_missed"
	KindRestored             Kind = "restored"
	KindRestOffered          Kind = "rest_offered"
	KindRestSkipped          Kind = "rest_skipped"
	KindRelapsed             Kind = "relapsed"
	KindStandDownRecommended Kind = "stand_down_recommended"
	KindStoodDown            Kind = "stood_down"
	KindNoted                Kind = "noted"
	KindRebased              Kind = "rebased"

	KindActionAgreed Kind = "action_agreed"
	KindActionDone   Kind = "action_done"
)

// The life of an exercise, beside what its runs have in common with live ones.
const (
	KindExerciseStarted     Kind = "exercise_started"
	KindExerciseInterrupted Kind = "exercise_interrupted"
	KindExerciseConcluded   Kind = "exercise_concluded"
)

// An Actor is who did something: a person, or the rule that the authority delegated to.
type Actor struct {
	Person string `json:"person,omitempty"`
	Role   string `json:"role,omitempty"`
	Rule   string `json:"rule,omitempty"` // "automatic_for site_loss_inferred", "on_no_decision", …
}

// TookOver starts an epoch: from here on this instance decides, and what an earlier one left under way is in doubt.
type TookOver struct {
	Epoch    uint64 `json:"epoch"`
	Instance string `json:"instance"`
	Version  string `json:"version"`
	Shadow   bool   `json:"shadow,omitempty"` // it judges and records, and does nothing
}

// DocumentsAdopted makes these texts the ones that are judged and acted by, whole, so that a replay judges by what held. In
// the journal large ones are packed.
type DocumentsAdopted struct {
	Digest string            `json:"digest"`
	Files  map[string]string `json:"files"` // "bia.yaml", "people.yaml", "playbooks/….yaml" -> text, token hashes left out
	By     Actor             `json:"by"`
}

// Armed lets declarations and invocations happen automatically again.
type Armed struct {
	By     Actor  `json:"by"`
	Reason string `json:"reason"`
}

// Disarmed leaves every declaration to people.
type Disarmed struct {
	By     Actor  `json:"by"`
	Reason string `json:"reason"`
}

// GapAdopted says that a person has looked at what envelopes may have held that are missing from the journal, and that
// holdfast may decide by itself again. Incidents that were open before the gap stay in people's hands.
type GapAdopted struct {
	From    uint64 `json:"from"` // sequences of envelopes
	Through uint64 `json:"through"`
	By      Actor  `json:"by"`
	Reason  string `json:"reason"`
}

// Estimated is a person's estimate of when an outage of a service ends. It counts for estimate_exceeds_rto.
type Estimated struct {
	Service string    `json:"service"`
	End     time.Time `json:"end,omitzero"` // zero: they have none
	By      Actor     `json:"by"`
	Reason  string    `json:"reason,omitempty"`
}

// FacilityReported is a person's signal of a site as a whole: lost, impaired or ok.
type FacilityReported struct {
	Site   string `json:"site"`
	State  string `json:"state"`
	By     Actor  `json:"by"`
	Reason string `json:"reason,omitempty"`
}

// DataReported is a person's signal of data: unusable, compromised, ok, or the newest point that it can be recovered to.
type DataReported struct {
	Data   string    `json:"data"`
	State  string    `json:"state"`
	Point  time.Time `json:"point,omitzero"` // with the state recovery_point
	By     Actor     `json:"by"`
	Reason string    `json:"reason,omitempty"`
}

// SwitchedOff says that responders took a component down on purpose: down for services, no evidence of a lost domain.
type SwitchedOff struct {
	Component string    `json:"component"`
	Until     time.Time `json:"until"`
	By        Actor     `json:"by"`
	Reason    string    `json:"reason,omitempty"`
}

// SwitchedOn ends what SwitchedOff said.
type SwitchedOn struct {
	Component string `json:"component"`
	By        Actor  `json:"by"`
	Reason    string `json:"reason,omitempty"`
}

// MaintenanceAnnounced is a window of planned maintenance: within it, and the grace after it, the services named may be
// as bad as named by nothing but the scope, from the record on.
type MaintenanceAnnounced struct {
	Change string            `json:"change"`
	From   time.Time         `json:"from"`
	To     time.Time         `json:"to"`
	Grace  time.Duration     `json:"grace,omitempty"`
	Scope  []string          `json:"scope"`
	Expect map[string]string `json:"expect"`
	By     Actor             `json:"by"`
	Reason string            `json:"reason,omitempty"`
}

// MaintenanceCalledOff ends a window that was announced.
type MaintenanceCalledOff struct {
	Change string `json:"change"`
	By     Actor  `json:"by"`
	Reason string `json:"reason,omitempty"`
}

// Backdated moves the start of an outage that goes on back further than any message may (domain section 6).
type Backdated struct {
	Service string    `json:"service"`
	From    time.Time `json:"from"` // where it stood
	To      time.Time `json:"to"`
	By      Actor     `json:"by"`
	Reason  string    `json:"reason"`
}

// Classified is a change of an incident's level or scope. The first one opens the incident; one at level "event" closes
// it where nothing was declared.
type Classified struct {
	Verdict  detector.Verdict `json:"verdict"`
	JudgedBy string           `json:"judged_by,omitempty"` // digest of the bia.yaml that it was given by
	Tell     []string         `json:"tell,omitempty"`      // of one that closes it: everybody who was told of it
}

// DecisionDue tells the authority that a decision is needed, by when.
type DecisionDue struct {
	Service string    `json:"service"`
	LTI     time.Time `json:"lti,omitzero"` // zero: its RTC is unknown, so it is due at once
	Round   int       `json:"round"`        // 1: the authority; 2: its successors; 3: the latest time to invoke has passed, both
	Tell    []string  `json:"tell"`         // person ids
}

// Recommended says that the criteria for a disaster are met and a person has to declare; Gate is why it is not automatic.
type Recommended struct {
	Criteria []string `json:"criteria"`
	Gate     string   `json:"gate"`
	Tell     []string `json:"tell"`
	Would    *Would   `json:"would,omitempty"` // of a shadow: what it would have led to
}

// Declared is the decision that this is a disaster. It pins the objectives.
type Declared struct {
	By          Actor                `json:"by"`
	Automatic   bool                 `json:"automatic"`
	Criteria    []string             `json:"criteria"`
	Reason      string               `json:"reason,omitempty"`
	Services    []Pinned             `json:"services"`
	Explanation detector.Explanation `json:"explanation"`
	Tell        []string             `json:"tell"`
}

// Pinned is a service with the objectives it will be measured against.
type Pinned struct {
	Service    string         `json:"service"`
	Objectives bia.Objectives `json:"objectives"`
	Clocks     bia.Clocks     `json:"clocks"`
}

// DeclarationDeclined binds for the criteria it names, until their facts get worse or until Until.
type DeclarationDeclined struct {
	By       Actor     `json:"by"`
	Criteria []string  `json:"criteria"`
	Services []string  `json:"services,omitempty"` // vital services lost when it was declined
	Lost     []string  `json:"lost,omitempty"`     // failure domains lost when it was declined
	Reason   string    `json:"reason"`
	Until    time.Time `json:"until,omitzero"`
}

// ReportingDue starts a statutory clock: the incident has to be reported to somebody. It pins the duty as it was written.
type ReportingDue struct {
	Report   string    `json:"report"` // its id in bia.yaml
	To       string    `json:"to"`
	What     string    `json:"what,omitempty"`
	From     string    `json:"from"` // aware, classified, declared
	Since    time.Time `json:"since"`
	Deadline time.Time `json:"deadline"`
	Remind   time.Time `json:"remind"`
	Role     string    `json:"role"` // who reports
	Escalate []string  `json:"escalate,omitempty"`
	Evidence bool      `json:"evidence,omitempty"` // it has to be said where the evidence is
	Tell     []string  `json:"tell,omitempty"`
}

// Reminded says that a report is still due: in round 1 to those who report, in round 2, when half of the time is left, to
// those it escalates to as well.
type Reminded struct {
	Report   string    `json:"report"`
	Round    int       `json:"round"`
	Deadline time.Time `json:"deadline"`
	Tell     []string  `json:"tell,omitempty"`
}

// ReportingMissed says that nobody has said by the deadline that a report was made.
type ReportingMissed struct {
	Report   string    `json:"report"`
	Deadline time.Time `json:"deadline"`
	Tell     []string  `json:"tell,omitempty"`
}

// Reported stops a statutory clock: the report was made, or the authority has found that there is no duty to.
type Reported struct {
	Report      string    `json:"report"`
	By          Actor     `json:"by"`
	At          time.Time `json:"at"` // when it was made
	Evidence    string    `json:"evidence,omitempty"`
	NotRequired bool      `json:"not_required,omitempty"`
	Reason      string    `json:"reason,omitempty"`
}

// Invoked starts a run of a playbook for a service. The playbook is in it whole.
type Invoked struct {
	Run      string   `json:"run"` // "1", "2", … within the incident
	Service  string   `json:"service"`
	Covers   []string `json:"covers,omitempty"` // every service this run is to bring back, Service among them
	Playbook string   `json:"playbook"`         // id
	File     string   `json:"file"`
	Text     string   `json:"text"`
	Digest   string   `json:"digest"`
	By       Actor    `json:"by"`
	Reason   string   `json:"reason,omitempty"` // of a person who invoked it by hand

	// Ordered is when By, a person, said what it begins by, where that was before: their declaration, or their order that waited
	// for its turn.
	Ordered time.Time `json:"ordered,omitzero"`

	Others   []string `json:"others,omitempty"` // ids of other playbooks that fit, offered
	Exercise Exercise `json:"exercise,omitempty"`
	CleanUp  bool     `json:"clean_up,omitempty"` // it puts back what the exercise has done
	PutBack  []string `json:"put_back,omitempty"` // by which steps; empty in what was written before only that was asked for which had been sent

	Children []playbooks.Child `json:"children,omitempty"` // the playbooks that it invokes, whole
	Asks     *Question         `json:"asks,omitempty"`     // it starts with a decision, since a precondition does not hold
}

// A Question is asked before anything of a run is done: whether to start though preconditions with else: ask do not hold.
type Question struct {
	Unmet  []string      `json:"unmet"` // sentences
	Role   string        `json:"role"`  // who decides
	Within time.Duration `json:"within,omitempty"`
}

// Exercise is the kind of exercise that a run is; empty: it is live.
type Exercise string

// Kinds of exercise, by how much of the world they touch.
const (
	Tabletop   Exercise = "tabletop"   // people talk it through; no machine is asked anything
	Simulation Exercise = "simulation" // machines are asked only what changes nothing, or at targets for exercises
	Parallel   Exercise = "parallel"   // the standby is brought up beside the primary
	Full       Exercise = "full"       // full interruption: everything but what is live only
)

// NoPlaybookFits is loud: nothing applicable exists for this service; Nearest is what comes closest, Missing what it lacks. With
// a Keeper something does, and is not started beside a run of that incident of which nobody knows how far it got.
type NoPlaybookFits struct {
	Service string   `json:"service"`
	Nearest string   `json:"nearest,omitempty"`
	Missing []string `json:"missing,omitempty"`
	Tell    []string `json:"tell"`

	Keeper string         `json:"keeper,omitempty"` // an incident that is shown and not driven
	Level  detector.Level `json:"level,omitzero"`   // of the situation it was said in; it is said again when that gets worse
	Lost   []string       `json:"lost,omitempty"`   // and its lost failure domains
}

// StepStarted is in the journal before the step has any effect.
type StepStarted struct {
	Run     string    `json:"run"`
	Step    string    `json:"step"`
	Attempt int       `json:"attempt"` // counts every sending, from 1
	Key     string    `json:"key"`     // idempotency key: incident/run/step/class; a new class only by a person
	Epoch   uint64    `json:"epoch"`
	Until   time.Time `json:"until,omitzero"` // when the attempt times out, or a person's time is up
	By      Actor     `json:"by,omitzero"`    // the person who ordered a retry
	Reason  string    `json:"reason,omitempty"`
	Tell    []string  `json:"tell,omitempty"`

	Values  map[string]condition.Value `json:"values,omitempty"`  // what is put in, by the text of its expression
	Release *Release                   `json:"release,omitempty"` // of a decide step: what it lets happen, as it stands
	For     string                     `json:"for,omitempty"`     // of a decide step that is asked once more: the step of which nobody knew what it would send when it was approved
	Frozen  Values                     `json:"frozen,omitempty"`  // of a decide step: what only the clock would change, as it was when it was asked
}

// Values are what is put into steps, by step and by the text of the expression.
type Values map[string]map[string]condition.Value

// ReleaseChanged says that what a decision lets happen is another while the decision waits. Approvals that were given for
// something else no longer count.
type ReleaseChanged struct {
	Run     string   `json:"run"`
	Step    string   `json:"step"`
	Release Release  `json:"release"`
	Lapsed  []string `json:"lapsed,omitempty"` // whose approvals no longer count
	Tell    []string `json:"tell,omitempty"`
}

// Acknowledged says that a person has taken a step (or the page that announced it) upon themselves.
type Acknowledged struct {
	Run  string   `json:"run"`
	Step string   `json:"step"`
	By   Actor    `json:"by"`
	From string   `json:"from,omitempty"` // who handed it over to them
	Tell []string `json:"tell,omitempty"` // who has it no longer

	Until time.Time `json:"until,omitzero"` // by when, where the slack leaves less than the playbook does
}

// AcknowledgementLapsed says that whoever had taken a step was silent for as long as it may take: it counts as not taken,
// and the next is told. Who took it may take it again.
type AcknowledgementLapsed struct {
	Run   string    `json:"run"`
	Step  string    `json:"step"`
	By    Actor     `json:"by"`    // who had taken it
	Since time.Time `json:"since"` // and when
	Rung  int       `json:"rung"`  // as in Escalated
	Role  string    `json:"role"`
	Until time.Time `json:"until,omitzero"`
	Tell  []string  `json:"tell"`
}

// HandOverOffered says that a step was offered to another person. It is theirs once they acknowledge it, and until then
// whoever holds it holds it.
type HandOverOffered struct {
	Run    string   `json:"run"`
	Step   string   `json:"step"`
	By     Actor    `json:"by"`
	To     string   `json:"to"` // person id
	Reason string   `json:"reason"`
	Tell   []string `json:"tell"`
}

// StepApproved is one approval of a decision; the last one needed is followed by StepDone.
type StepApproved struct {
	Run      string `json:"run"`
	Step     string `json:"step"`
	By       Actor  `json:"by"`
	Reason   string `json:"reason,omitempty"`
	Unproven string `json:"unproven,omitempty"` // what of the four eyes nobody can show
	Digest   string `json:"digest,omitempty"`   // of what the person was shown that it lets happen
}

// StepDeclined ends a decision with no; the run goes no further down that branch.
type StepDeclined struct {
	Run    string `json:"run"`
	Step   string `json:"step"`
	By     Actor  `json:"by"`
	Reason string `json:"reason"`
}

// StepDone ends a step well.
type StepDone struct {
	Run      string            `json:"run"`
	Step     string            `json:"step"`
	Attempt  int               `json:"attempt"`
	By       Actor             `json:"by,omitzero"`
	Output   string            `json:"output,omitempty"` // the first few KiB of what the target answered
	Answers  map[string]string `json:"answers,omitempty"`
	Evidence string            `json:"evidence,omitempty"`

	Approved Values `json:"approved,omitempty"` // of a decide step: what is put into the steps behind it
}

// Outcome is how a step ended badly.
type Outcome string

const (
	Failed   Outcome = "failed"    // the target said no, or a person did; it may have done a part all the same
	TimedOut Outcome = "timed_out" // given up; whether it had an effect is not known
	InDoubt  Outcome = "in_doubt"  // a daemon died while it was under way
	Cannot   Outcome = "cannot"    // a person says that it cannot be done
	Unclear  Outcome = "unclear"   // nobody can tell whether or how it is to be done; nothing was sent

	Forbidden Outcome = "forbidden" // a rule stopped it before it had any effect
)

// StepFailed ends an attempt badly. Again is when the next attempt starts by itself; zero: a person or nobody goes on.
type StepFailed struct {
	Run     string    `json:"run"`
	Step    string    `json:"step"`
	Attempt int       `json:"attempt"`
	Outcome Outcome   `json:"outcome"`
	Reason  string    `json:"reason"`
	By      Actor     `json:"by,omitzero"`
	Again   time.Time `json:"again,omitzero"`
	Tell    []string  `json:"tell,omitempty"`
	Unsent  bool      `json:"unsent,omitempty"` // it never left this house

	NoEffect bool `json:"no_effect,omitempty"` // it certainly did nothing: not sent, refused outright, or its playbook says so; false: it may have
}

// mayHaveActed reports whether the attempt may have had an effect though it did not end well.
func (e StepFailed) mayHaveActed() bool {
	switch e.Outcome {
	case TimedOut, InDoubt:
		return true
	case Failed:
		return !e.Unsent && !e.NoEffect
	}
	return false
}

// StepSkipped leaves a step out.
type StepSkipped struct {
	Run    string `json:"run"`
	Step   string `json:"step"`
	By     Actor  `json:"by"`
	Reason string `json:"reason"`
}

// StepForbidden says that a step, or its undo, was not carried out, since it would have broken a rule that no run may break.
// It is stuck until a person has seen to it.
type StepForbidden struct {
	Run     string   `json:"run"`
	Step    string   `json:"step"`
	Undo    bool     `json:"undo,omitempty"`
	Attempt int      `json:"attempt"` // the one that was stopped at the moment of its effect, or the last before it was to start
	Rule    string   `json:"rule"`    // id of an assertion of bia.yaml, or returns_to
	Reason  string   `json:"reason"`
	Tell    []string `json:"tell,omitempty"`
}

// RuleOverruled says that a person lets a step, or its undo, be carried out although it would break a rule of bia.yaml. It
// takes two different people; until the second has said so the rule stands.
type RuleOverruled struct {
	Run    string   `json:"run"`
	Step   string   `json:"step"`
	Undo   bool     `json:"undo,omitempty"`
	Rule   string   `json:"rule"`   // id of an assertion of bia.yaml
	Broken string   `json:"broken"` // how it would be broken, as it was when they said so
	By     Actor    `json:"by"`
	Reason string   `json:"reason"`
	Second bool     `json:"second,omitempty"` // it is the second person's word: from here on the rule does not stop this step
	Tell   []string `json:"tell,omitempty"`
}

// Escalated tells the next in line of a step: that it still waits, or (Why) that others could not be reached.
type Escalated struct {
	Run   string    `json:"run,omitempty"`
	Step  string    `json:"step,omitempty"`
	Rung  int       `json:"rung"` // 1 is the first escalation; the same again where somebody is told out of turn
	Role  string    `json:"role"`
	Until time.Time `json:"until,omitzero"`
	Why   string    `json:"why,omitempty"` // where it is not that a person's time was up
	Tell  []string  `json:"tell"`
}

// Notified is how one notice to one person went out, or did not.
type Notified struct {
	Notice  int    `json:"notice"`
	Person  string `json:"person"`
	Channel string `json:"channel,omitempty"` // "log", "webhook"
	Error   string `json:"error,omitempty"`
}

// RunPaused keeps a run from starting anything until it is resumed, or until an instant. What is under way goes on.
type RunPaused struct {
	Run    string    `json:"run"`
	Until  time.Time `json:"until,omitzero"` // zero: until a person resumes it
	By     Actor     `json:"by"`
	Reason string    `json:"reason"`
	Tell   []string  `json:"tell,omitempty"`
}

// RunResumed ends a pause: by a person, or by the rule that its time was over.
type RunResumed struct {
	Run    string `json:"run"`
	By     Actor  `json:"by"`
	Reason string `json:"reason,omitempty"`
}

// StepHeld keeps one step from starting, from being tried again and from being answered, until it is released.
type StepHeld struct {
	Run    string    `json:"run"`
	Step   string    `json:"step"`
	Until  time.Time `json:"until,omitzero"` // zero: until a person releases it
	By     Actor     `json:"by"`
	Reason string    `json:"reason"`
}

// StepReleased ends what StepHeld began.
type StepReleased struct {
	Run    string `json:"run"`
	Step   string `json:"step"`
	By     Actor  `json:"by"`
	Reason string `json:"reason,omitempty"`
}

// StillHeld tells the authority that a run, or a step, is still kept from going on, by a person who set no time.
type StillHeld struct {
	Run  string   `json:"run"`
	Step string   `json:"step,omitempty"`
	Tell []string `json:"tell"`
}

// InvocationQueued is a person's order to invoke a playbook as soon as what stands in its way has ended.
type InvocationQueued struct {
	Service    string   `json:"service"`
	Playbook   string   `json:"playbook"`
	Behind     []string `json:"behind"`               // what stands in its way, in words
	Supersedes []RunRef `json:"supersedes,omitempty"` // the runs that are ended for it
	By         Actor    `json:"by"`
	Reason     string   `json:"reason"`
}

// RunRef names a run of any incident.
type RunRef struct {
	Incident string `json:"incident"`
	Run      string `json:"run"`
}

// RunSuperseded ends a run before its last step, for another one that needs what it holds: it starts nothing any more, and
// ends when the effects that are under way have ended.
type RunSuperseded struct {
	Run      string   `json:"run"`
	For      string   `json:"for"` // a playbook
	Incident string   `json:"incident"`
	By       Actor    `json:"by"`
	Reason   string   `json:"reason"`
	Tell     []string `json:"tell,omitempty"`
}

// RunAborted calls a run off: nothing of it starts any more, and unless it is to be kept, what it did is undone in reverse
// order. Without a run it is the incident as a whole: all its runs, and nothing is invoked in it any more without a person.
type RunAborted struct {
	Run    string   `json:"run,omitempty"`
	Keep   bool     `json:"keep,omitempty"`    // leave what was done as it is
	By     Actor    `json:"by"`                // a person, or the rule "on_failure: undo"
	ByHand []string `json:"by_hand,omitempty"` // what the playbooks say that people do now
	Reason string   `json:"reason"`
	Tell   []string `json:"tell,omitempty"`
}

// UndoStarted is in the journal before the undo of a step has any effect.
type UndoStarted StepStarted

// UndoDone ends the undo of a step well.
type UndoDone StepDone

// UndoFailed ends an attempt to undo a step badly, or says that nobody knows whether there is anything to undo.
type UndoFailed StepFailed

// UndoSkipped leaves the undo of a step out.
type UndoSkipped StepSkipped

// RunEnded closes a run: "completed"; "declined" (a decision went against it); "failed" (it came to its end, but a person
// had to leave out a step that failed); "stood_down" (the incident ended first); "aborted"; "undone" (a step with
// on_failure: undo failed); "superseded"; "cut_short" (all that it
// covers was back, and a person left out the rest); "interrupted" (of an exercise: a live disaster was declared).
type RunEnded struct {
	Run    string `json:"run"`
	Result string `json:"result"`
}

// Risk is what is forecast of an objective, from bad to worse.
type Risk string

// Risks.
const (
	RiskPossible Risk = "possible" // P90 lies behind the deadline: it is missed more than once in ten times
	RiskLikely   Risk = "likely"   // P50 does: it is missed rather than not
	RiskMTPD     Risk = "mtpd"     // P50 lies behind the end of the MTPD
)

// ObjectiveAtRisk says that the run that is to bring a service back is forecast to come too late. Written once for each
// risk worse than the last, per service and episode; it never decides anything.
type ObjectiveAtRisk struct {
	Run       string    `json:"run"`
	Service   string    `json:"service"`
	With      []string  `json:"with,omitempty"` // other services of the run of which the same is on record at the same instant; one message tells of all
	Risk      Risk      `json:"risk"`
	Objective string    `json:"objective"` // as in ObjectiveMissed
	Deadline  time.Time `json:"deadline"`
	P50       time.Time `json:"p50"` // when it is expected back
	P90       time.Time `json:"p90"`
	HeldUpBy  []string  `json:"held_up_by,omitempty"` // steps under way that hold everybody up
	Advice    []string  `json:"advice,omitempty"`     // what could be done, in sentences, the quickest first
	Tell      []string  `json:"tell"`
}

// ObjectiveMissed says that a service was not back by its deadline. Written once per service and episode.
type ObjectiveMissed struct {
	Service   string    `json:"service"`
	With      []string  `json:"with,omitempty"` // other services of which the same is on record at the same instant; one message tells of all
	Objective string    `json:"objective"`      // as in bia.Clocks.DeadlineBy
	Deadline  time.Time `json:"deadline"`
	Tell      []string  `json:"tell"`
}

// Restored stops a service's recovery clock: at or above MBCO since At, for its recover_for.
type Restored struct {
	Service string    `json:"service"`
	At      time.Time `json:"at"`
}

// RestOffered says that all that a run covers is back while steps are still open: a person may leave out the rest.
type RestOffered struct {
	Run   string   `json:"run"`
	Steps []string `json:"steps"` // those that are open
	Tell  []string `json:"tell"`
}

// RestSkipped leaves out all that is open in a run.
type RestSkipped struct {
	Run    string   `json:"run"`
	Steps  []string `json:"steps"`
	By     Actor    `json:"by"`
	Reason string   `json:"reason"`
}

// Relapsed says that a service that had been restored is below MBCO again: a new episode from Since, or, where Since is
// the start of the old one, that late evidence has annulled its recovery.
type Relapsed struct {
	Service string    `json:"service"`
	With    []string  `json:"with,omitempty"` // other services of which the same is on record at the same instant; one message tells of all
	Since   time.Time `json:"since"`
	Tell    []string  `json:"tell,omitempty"`
}

// StandDownRecommended says that the deactivation criteria hold; a person stands down.
type StandDownRecommended struct {
	Tell []string `json:"tell"`
}

// StoodDown ends the incident.
type StoodDown struct {
	By     Actor    `json:"by"`
	Reason string   `json:"reason"`
	Tell   []string `json:"tell,omitempty"`
}

// Noted is a remark for the record.
type Noted struct {
	By   Actor  `json:"by"`
	Text string `json:"text"`
}

// Rebased makes an open incident be judged by the bia.yaml in force, where it was judged by the one in force when it was
// opened. By a rule where more texts would have to be kept than are.
type Rebased struct {
	From   string   `json:"from"` // digests
	To     string   `json:"to"`
	By     Actor    `json:"by"`
	Reason string   `json:"reason,omitempty"`
	Tell   []string `json:"tell,omitempty"`
}

// ActionAgreed is what somebody undertakes so that it goes better next time. It may be agreed upon while the incident goes
// on, and after it.
type ActionAgreed struct {
	Action int    `json:"action"` // 1, 2, … within the incident
	Text   string `json:"text"`
	Owner  string `json:"owner"` // a person or a role
	Due    string `json:"due"`   // the last day on which it is in time, as 2026-12-24, in UTC
	By     Actor  `json:"by"`
}

// ActionDone says that an action was carried out.
type ActionDone struct {
	Action int    `json:"action"`
	By     Actor  `json:"by"`
	Result string `json:"result"` // what was done, or where it can be seen
}

// ExerciseStarted opens an exercise of a playbook. It is an incident that nothing happened to: it follows no situation,
// counts in no figure of live incidents, declares nothing and blows no fuse.
type ExerciseStarted struct {
	Exercise Exercise `json:"exercise"`
	Playbook string   `json:"playbook"`
	Service  string   `json:"service"`   // that the playbook is to bring back
	JudgedBy string   `json:"judged_by"` // digest of the bia.yaml whose objectives it is held against
	By       Actor    `json:"by"`
	Reason   string   `json:"reason"` // what it is to show
	Tell     []string `json:"tell,omitempty"`
}

// ExerciseInterrupted says that a live disaster takes precedence: the exercise starts nothing more, lets go of what it
// holds, and is cleaned up when the disaster is over.
type ExerciseInterrupted struct {
	Disaster string   `json:"disaster"` // the incident
	Tell     []string `json:"tell,omitempty"`
}

// ExerciseConcluded closes an exercise, once what it did is put back: its record, whole (ISO 22301 clause 8.5).
type ExerciseConcluded struct {
	Exercise   Exercise         `json:"exercise"`
	Playbook   string           `json:"playbook"`
	Digest     string           `json:"digest"`  // of the playbook's text
	Touches    string           `json:"touches"` // digest of what the bia.yaml says of the things the playbook touches
	Service    string           `json:"service"`
	By         Actor            `json:"by"`
	Reason     string           `json:"reason"`
	Started    time.Time        `json:"started"`
	Ended      time.Time        `json:"ended"`               // of the run; cleaning up comes after it
	Result     string           `json:"result"`              // as in RunEnded
	Disaster   string           `json:"disaster,omitempty"`  // that interrupted it
	Recovered  Span             `json:"recovered,omitempty"` // from the start to the milestone recovered; 0: not reached
	Objectives []ObjectiveShown `json:"objectives,omitempty"`
	Steps      []StepShown      `json:"steps"`
	TookPart   []string         `json:"took_part,omitempty"` // people who acted
	CleanUp    CleanUp          `json:"clean_up"`
	Tell       []string         `json:"tell,omitempty"`
}

// ObjectiveShown is a time that an exercise was to show, and what it showed.
type ObjectiveShown struct {
	Objective string `json:"objective"` // rtc: of the playbook; rto: with confirmation and decision margin before it
	Allowed   Span   `json:"allowed"`
	Measured  Span   `json:"measured"`
	Met       bool   `json:"met"`
}

// StepShown is how a step went in an exercise.
type StepShown struct {
	Step   string     `json:"step"`
	Status StepStatus `json:"status"`
	Shown  string     `json:"shown"` // carried_out | talked_through | left_out
	Took   Span       `json:"took,omitempty"`
	By     Actor      `json:"by,omitzero"`
	Reason string     `json:"reason,omitempty"`
}

// CleanUp is how what an exercise did was put back.
type CleanUp struct {
	State  string      `json:"state"` // not_needed | done | waived
	Waived []StepShown `json:"waived,omitempty"`
}

// Unrecognised is an event of a kind that this version does not know, kept as it was written. Its incident is shown, not
// driven.
type Unrecognised struct {
	As  Kind
	Raw []byte
}

// Kind is the kind as it was written.
func (u Unrecognised) Kind() Kind { return u.As }

func (TookOver) Kind() Kind              { return KindTookOver }
func (DocumentsAdopted) Kind() Kind      { return KindDocumentsAdopted }
func (Armed) Kind() Kind                 { return KindArmed }
func (Disarmed) Kind() Kind              { return KindDisarmed }
func (GapAdopted) Kind() Kind            { return KindGapAdopted }
func (Estimated) Kind() Kind             { return KindEstimated }
func (FacilityReported) Kind() Kind      { return KindFacilityReported }
func (DataReported) Kind() Kind          { return KindDataReported }
func (SwitchedOff) Kind() Kind           { return KindSwitchedOff }
func (SwitchedOn) Kind() Kind            { return KindSwitchedOn }
func (MaintenanceAnnounced) Kind() Kind  { return KindMaintenanceAnnounced }
func (MaintenanceCalledOff) Kind() Kind  { return KindMaintenanceCalledOff }
func (Backdated) Kind() Kind             { return KindBackdated }
func (Classified) Kind() Kind            { return KindClassified }
func (DecisionDue) Kind() Kind           { return KindDecisionDue }
func (Recommended) Kind() Kind           { return KindRecommended }
func (Declared) Kind() Kind              { return KindDeclared }
func (DeclarationDeclined) Kind() Kind   { return KindDeclarationDeclined }
func (ReportingDue) Kind() Kind          { return KindReportingDue }
func (Reminded) Kind() Kind              { return KindReminded }
func (ReportingMissed) Kind() Kind       { return KindReportingMissed }
func (Reported) Kind() Kind              { return KindReported }
func (Invoked) Kind() Kind               { return KindInvoked }
func (NoPlaybookFits) Kind() Kind        { return KindNoPlaybookFits }
func (StepStarted) Kind() Kind           { return KindStepStarted }
func (ReleaseChanged) Kind() Kind        { return KindReleaseChanged }
func (Acknowledged) Kind() Kind          { return KindAcknowledged }
func (AcknowledgementLapsed) Kind() Kind { return KindAcknowledgementLapsed }
func (HandOverOffered) Kind() Kind       { return KindHandOverOffered }
func (StepApproved) Kind() Kind          { return KindStepApproved }
func (StepDeclined) Kind() Kind          { return KindStepDeclined }
func (StepDone) Kind() Kind              { return KindStepDone }
func (StepFailed) Kind() Kind            { return KindStepFailed }
func (StepSkipped) Kind() Kind           { return KindStepSkipped }
func (Escalated) Kind() Kind             { return KindEscalated }
func (Notified) Kind() Kind              { return KindNotified }
func (RunPaused) Kind() Kind             { return KindRunPaused }
func (RunResumed) Kind() Kind            { return KindRunResumed }
func (StepHeld) Kind() Kind              { return KindStepHeld }
func (StillHeld) Kind() Kind             { return KindStillHeld }
func (StepReleased) Kind() Kind          { return KindStepReleased }
func (InvocationQueued) Kind() Kind      { return KindInvocationQueued }
func (RunSuperseded) Kind() Kind         { return KindRunSuperseded }
func (RunAborted) Kind() Kind            { return KindRunAborted }
func (UndoStarted) Kind() Kind           { return KindUndoStarted }
func (UndoDone) Kind() Kind              { return KindUndoDone }
func (UndoFailed) Kind() Kind            { return KindUndoFailed }
func (UndoSkipped) Kind() Kind           { return KindUndoSkipped }
func (RunEnded) Kind() Kind              { return KindRunEnded }
func (ObjectiveAtRisk) Kind() Kind       { return KindObjectiveAtRisk }
func (ObjectiveMissed) Kind() Kind       { return KindObjectiveMissed }
func (Restored) Kind() Kind              { return KindRestored }
func (Relapsed) Kind() Kind              { return KindRelapsed }
func (StandDownRecommended) Kind() Kind  { return KindStandDownRecommended }
func (StoodDown) Kind() Kind             { return KindStoodDown }
func (Noted) Kind() Kind                 { return KindNoted }
func (Rebased) Kind() Kind               { return KindRebased }
func (ActionAgreed) Kind() Kind          { return KindActionAgreed }
func (ActionDone) Kind() Kind            { return KindActionDone }
func (StepForbidden) Kind() Kind         { return KindStepForbidden }
func (RuleOverruled) Kind() Kind         { return KindRuleOverruled }
func (RestOffered) Kind() Kind           { return KindRestOffered }
func (RestSkipped) Kind() Kind           { return KindRestSkipped }
func (ExerciseStarted) Kind() Kind       { return KindExerciseStarted }
func (ExerciseInterrupted) Kind() Kind   { return KindExerciseInterrupted }
func (ExerciseConcluded) Kind() Kind     { return KindExerciseConcluded }
