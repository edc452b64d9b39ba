// Package bia is the business impact analysis: what the business does, what IT runs for it, how long each can be missed,
// and what each needs. It reads bia.yaml, checks it, knows the graph of needs, hands objectives down it, and does the
// arithmetic of the recovery clock. Values in, values out.
//
// Terms: ISO 22301 clause 8.2.2 and ISO/TS 22317 (MTPD, RTO, RPO, MBCO), NIST SP 800-34 r1 section 3.2 (MTD, WRT).
package bia

import (
	"crypto/ed25519"
	"encoding/base64"
	"time"

	"holdfast/bia/condition"
	"holdfast/internal/source"
)

// An Analysis is a whole bia.yaml. It is read by [Parse] and never changed afterwards.
type Analysis struct {
	Marks source.Marks `doc:",marks"`

	Organisation string    `doc:"organisation,required"`
	Version      string    `doc:"version"`
	Owner        string    `doc:"owner"`
	ApprovedBy   string    `doc:"approved_by"`
	ApprovedOn   time.Time `doc:"approved_on"`
	NextReview   time.Time `doc:"next_review"`

	Defaults    Defaults              `doc:"defaults"`
	Impact      Impact                `doc:"impact"`
	Processes   map[string]*Service   `doc:"processes"` // what the business does; judged like services
	Services    map[string]*Service   `doc:"services"`  // what IT runs for it
	Risks       map[string]*Risk      `doc:"risks"`
	Sites       map[string]*Site      `doc:"sites"`
	Observers   map[string]*Observer  `doc:"observers"`
	Components  map[string]*Component `doc:"components"`
	Probes      map[string]*Probe     `doc:"probes"` // what holdfast looks at itself
	Mappings    []Mapping             `doc:"mappings"`
	Signals     []Signal              `doc:"signals"`
	Criteria    Criteria              `doc:"criteria"`
	Assertions  map[string]Assertion  `doc:"assertions"` // what no run may ever bring about
	Declaration Declaration           `doc:"declaration"`
	Maintenance []Maintenance         `doc:"maintenance"`
	Accepted    []Acceptance          `doc:"accepted"`

	// Digest names the text this was read from: "sha256:" and hex.
	Digest string

	graph graph
}

// Defaults hold for every process and service that does not say otherwise.
type Defaults struct {
	Marks          source.Marks  `doc:",marks"`
	ConfirmFor     time.Duration `doc:"confirm_for"`     // below MBCO this long confirms an outage; default 5m
	RecoverFor     time.Duration `doc:"recover_for"`     // at or above MBCO this long is recovered; default 10m
	DecisionMargin time.Duration `doc:"decision_margin"` // kept free before the deadline; default 15m
	MaxBackdate    Backdate      `doc:"max_backdate"`    // how far a late alert may move a start back; default auto
	MaxFutureSkew  time.Duration `doc:"max_future_skew"` // default 2m
	MaxAge         time.Duration `doc:"max_age"`         // default 24h
	Unknown        Unknown       `doc:"unknown"`         // default hold
}

// Backdate is how far one late message may move t0 back: Auto is min(RTO/4, 1h).
type Backdate struct {
	Auto  bool
	Limit time.Duration
}

// Unknown says what a component nobody can see counts as: held as it was, or down after a while.
type Unknown struct{ DownAfter time.Duration }

// Impact is the scale that impact_over_time uses, mildest first.
type Impact struct {
	Marks      source.Marks `doc:",marks"`
	Scale      []string     `doc:"scale"`
	Categories []string     `doc:"categories"`
}

// A Service is a process of the business or a service of IT; both are judged alike.
type Service struct {
	Marks source.Marks `doc:",marks"`
	ID    string       `doc:",key"`

	Name  string `doc:"name"`
	Owner string `doc:"owner"`
	Vital bool   `doc:"vital"` // a vital business function: its loss is judged, others are capped at "incident"

	ImpactOverTime map[string]Bands `doc:"impact_over_time"` // by category
	MTPD           time.Duration    `doc:"mtpd"`
	RTO            time.Duration    `doc:"rto"`
	WRT            time.Duration    `doc:"wrt"`
	RPO            time.Duration    `doc:"rpo"`
	RTC            Capability       `doc:"rtc"`
	MBCO           string           `doc:"mbco"`
	ActivateAfter  time.Duration    `doc:"activate_after"`

	ConfirmFor     time.Duration `doc:"confirm_for"`
	RecoverFor     time.Duration `doc:"recover_for"`
	DecisionMargin time.Duration `doc:"decision_margin"`

	CriticalPeriods map[string]*CriticalPeriod `doc:"critical_periods"`
	Workaround      Workaround                 `doc:"workaround"`
	RecoveryOption  string                     `doc:"recovery_option"` // immediate | fast | intermediate | gradual | none
	Needs           []Need                     `doc:"needs"`
	RecoveryNeeds   []string                   `doc:"recovery_needs"`
	Data            map[string]*Data           `doc:"data"`
	Quorum          int                        `doc:"quorum"` // observers that must say of the service as a whole that it is down, before that is enough to declare without a person; default: the largest quorum below it, or 2

	Process bool // written under processes
}

// Bands are how the impact in one category grows with the length of an outage, earliest first: from After on it is Level.
type Bands []Band

// A Band is one step of an impact over time.
type Band struct {
	After   time.Duration
	Level   string      // of the impact scale
	At      source.Mark // where After is written
	LevelAt source.Mark
}

// Capability is the recovery time capability (RTC): what the plan can really do. Written as a duration, or with where
// it comes from.
type Capability struct {
	Marks      source.Marks  `doc:",marks"`
	Value      time.Duration `doc:"value,required"`
	Source     string        `doc:"source"` // exercise | estimate
	ValidUntil time.Time     `doc:"valid_until"`
}

// Known reports whether anybody said what the plan can do.
func (c Capability) Known() bool { return c.Value > 0 }

// A Need is one thing a service cannot do without: a word, {service: …}, {component: …} or {any_of: […]}.
type Need struct {
	Marks     source.Marks `doc:",marks"`
	At        source.Mark
	AnyOf     []string // ids of components or services; a plain need has one
	Full      int      // healthy members for "up"; default all
	Minimum   int      // healthy members for MBCO; default Full
	Partial   bool     // effect: partial — losing it degrades, never takes down
	Tolerates time.Duration

	only string // "service" or "component" where the author said which
}

// Data is a set of data that a service holds, with its recovery point objective.
type Data struct {
	Marks source.Marks  `doc:",marks"`
	RPO   time.Duration `doc:"rpo"`
}

// Workaround is how the business goes on without the service, and for how long.
type Workaround struct {
	Marks       source.Marks  `doc:",marks"`
	Description string        `doc:"description"`
	ValidFor    time.Duration `doc:"valid_for"`
}

// A CriticalPeriod is a time in which a service is needed sooner (elevated) or a moment by which its work must be done
// (cutoff). Recurring in a zone by days and times of day, or once by instants.
type CriticalPeriod struct {
	Marks source.Marks  `doc:",marks"`
	Kind  string        `doc:"kind,required"` // elevated | cutoff
	Days  []string      `doc:"days"`
	From  string        `doc:"from"` // "18:00", or an instant
	To    string        `doc:"to"`
	At    string        `doc:"at"`
	Zone  string        `doc:"zone"`
	RTO   time.Duration `doc:"rto"`
}

// A Risk is a loss to plan for, and what treats it or who accepted it.
type Risk struct {
	Marks      source.Marks `doc:",marks"`
	Lost       []string     `doc:"lost"`
	Likelihood string       `doc:"likelihood"`
	Treatment  string       `doc:"treatment"`
	AcceptedBy string       `doc:"accepted_by"`
	Until      time.Time    `doc:"until"`
}

// A Site is a place that can be lost as a whole.
type Site struct {
	Marks source.Marks `doc:",marks"`
	Zone  string       `doc:"zone"`
}

// An Observer is a source of monitoring with its own heartbeat.
type Observer struct {
	Marks       source.Marks `doc:",marks"`
	Site        string       `doc:"site"`
	Heartbeat   Heartbeat    `doc:"heartbeat"`
	Estimates   bool         `doc:"estimates"`   // what it says of when an outage ends counts; default false
	Maintenance bool         `doc:"maintenance"` // what it announces of planned maintenance counts; default false
	Own         bool         `doc:"own"`         // it is holdfast itself: what its probes see; default false
	SpeaksOn    []string     `doc:"speaks_on"`   // subjects, wildcards allowed, that are its own: what claims to be of it is its word only there, and what comes there is nobody else's
	Key         string       `doc:"key"`         // base64 of the Ed25519 public key that it signs with: what is not signed by it is not taken for its word
}

// PublicKey is the key that an observer signs with; nil: none.
func (o *Observer) PublicKey() ed25519.PublicKey {
	if key, err := base64.StdEncoding.DecodeString(o.Key); err == nil && len(key) == ed25519.PublicKeySize {
		return key
	}
	return nil
}

// A Heartbeat is an alert that always fires; the observer is silent when it has not come for 2.5 x Every.
type Heartbeat struct {
	Marks source.Marks  `doc:",marks"`
	Match Matchers      `doc:"match"`
	Every time.Duration `doc:"every"`
}

// A Component is the smallest thing that monitoring speaks about.
type Component struct {
	Marks     source.Marks `doc:",marks"`
	ID        string       `doc:",key"`
	Site      string       `doc:"site"` // one of its failure domains
	Class     string       `doc:"class"`
	Domains   []string     `doc:"domains"`
	Observers []string     `doc:"observers"`
	Quorum    int          `doc:"quorum"` // observers that must say down; default 1
}

// A Mapping reads JSON that no format is for: the messages of a subject, by expressions of CEL over the body. In every
// expression "body" is the message, and in all but each "item" is one of what each lists, or the message where each is left
// out. The first mapping that is for a subject reads its messages, whatever they hold.
type Mapping struct {
	Marks       source.Marks           `doc:",marks"`
	Subject     source.Text            `doc:"subject,required"` // which messages: * is any token, > all that follow
	Each        source.Text            `doc:"each"`             // a list; each of it is an alert; default: the message is one
	Status      source.Text            `doc:"status,required"`  // comes to "firing", "resolved" or "unknown"
	Labels      map[string]source.Text `doc:"labels,required"`  // text, number or truth each; null, none and "" leave it out
	Annotations map[string]source.Text `doc:"annotations"`      // likewise
	At          source.Text            `doc:"at"`               // the sender's own time: as text or number; null for none
	Fingerprint source.Text            `doc:"fingerprint"`      // the identity; default: the labels together
}

// A Signal maps alert labels to what is affected, and how. The first signal whose matchers all match wins. ${label} in
// Component, Site, Data and Service is put in as it stands.
type Signal struct {
	Marks     source.Marks `doc:",marks"`
	Match     Matchers     `doc:"match,required"`
	Component string       `doc:"component"`
	Site      string       `doc:"site"`
	Data      string       `doc:"data"`
	Effect    string       `doc:"effect"`
	Observer  string       `doc:"observer"`
}

// Criteria are the thresholds of the disaster rules. Each rule is on unless switched off with {off: true}.
type Criteria struct {
	Marks            source.Marks      `doc:",marks"`
	SiteLossInferred SiteLossInferred  `doc:"site_loss_inferred"`
	FacilityImpaired FacilityImpaired  `doc:"facility_impaired"`
	ImpactThreshold  ImpactThreshold   `doc:"impact_threshold"`
	ConcurrentLoss   ConcurrentLoss    `doc:"concurrent_loss"`
	Custom           map[string]Custom `doc:"custom"`
	Off              []string          `doc:"off"` // ids of criteria that do not apply here
}

// SiteLossInferred is when a site counts as lost though nobody said so.
type SiteLossInferred struct {
	Marks      source.Marks `doc:",marks"`
	Share      float64      `doc:"share"`      // of its components down; default 0.9
	Components int          `doc:"components"` // at least this many; default 3
	Classes    int          `doc:"classes"`    // of at least this many classes; default 2
	Observers  int          `doc:"observers"`  // reported by at least this many; default 2
}

// FacilityImpaired is the share of an impaired site's components that must be down; default 0.5.
type FacilityImpaired struct {
	Marks source.Marks `doc:",marks"`
	Share float64      `doc:"share"`
}

// ImpactThreshold is the level of the impact scale that makes a disaster; default the last of the scale.
type ImpactThreshold struct {
	Marks source.Marks `doc:",marks"`
	Level string       `doc:"level"`
}

// ConcurrentLoss is how many vital services of different root causes must be lost together for how long; default 3, 15m.
type ConcurrentLoss struct {
	Marks source.Marks  `doc:",marks"`
	Count int           `doc:"count"`
	For   time.Duration `doc:"for"`
}

// Custom is a criterion of the user's own: a CEL expression.
type Custom struct {
	Marks source.Marks `doc:",marks"`
	When  string       `doc:"when,required"`
	Level string       `doc:"level,required"`

	Condition *condition.Condition // When, compiled; nil where it cannot be

	named []source.Mark // of each of the condition's names
}

// An Assertion is a rule that no step of a run may break, whatever its playbook says. It is asked when a step is to start,
// and once more at the moment of its effect. What nobody can tell counts as broken.
type Assertion struct {
	Marks source.Marks `doc:",marks"`
	Never string       `doc:"never,required"` // an expression that must not hold then
	Why   string       `doc:"why,required"`   // for those who are told that a step was not carried out

	Condition *condition.Condition // Never, compiled; nil where it cannot be

	named []source.Mark // of each of the condition's names
}

// Deactivation adds to the criteria by which standing down is recommended.
type Deactivation struct {
	Marks source.Marks `doc:",marks"`
	When  string       `doc:"when,required"` // an expression that has to hold too

	Condition *condition.Condition // When, compiled; nil where it cannot be

	named []source.Mark
}

// Declaration says who may declare a disaster, and which criteria they delegated in writing.
type Declaration struct {
	Marks                 source.Marks  `doc:",marks"`
	Authority             string        `doc:"authority"` // a role
	Successors            []string      `doc:"successors"`
	DecisionTimeObjective time.Duration `doc:"decision_time_objective"` // default 20m
	Mode                  string        `doc:"mode"`                    // automatic | recommend; default recommend
	AutomaticFor          []string      `doc:"automatic_for"`
	OnNoDecision          string        `doc:"on_no_decision"` // escalate | declare; default escalate
	RearmAfter            time.Duration `doc:"rearm_after"`    // the fuse; default 24h
	Responders            []string      `doc:"responders"`     // roles that may say what monitoring cannot, beside the authority and owners
	Deactivate            *Deactivation `doc:"deactivate"`     // what has to hold, beside the rest, before standing down is recommended
	Reporting             []Reporting   `doc:"reporting"`      // statutory reporting clocks
	Rehearsers            []string      `doc:"rehearsers"`     // roles that may order an exercise, beside the authority and successors
	Require               Require       `doc:"require"`        // what has to hold besides for a declaration without a person
}

// Require are gates that a declaration without a person has to pass besides.
type Require struct {
	Marks           source.Marks  `doc:",marks"`
	Signed          bool          `doc:"signed"`           // what the loss rests on was signed by as many observers as its quorum
	OwnProbe        bool          `doc:"own_probe"`        // a probe of holdfast's own sees the loss too, now
	Abort           bool          `doc:"abort"`            // the playbook that would be invoked says of all that it does to machines what becomes of it when it is called off
	ExercisedWithin time.Duration `doc:"exercised_within"` // the playbook that would be invoked was verified by an exercise so recently; 0: not asked
}

// Maintenance is an approved window in which a declared effect on a declared scope is not counted.
type Maintenance struct {
	Marks      source.Marks      `doc:",marks"`
	Change     string            `doc:"change"`
	ApprovedBy string            `doc:"approved_by"`
	From       time.Time         `doc:"from"`
	To         time.Time         `doc:"to"`
	Scope      []string          `doc:"scope"`
	Expect     map[string]string `doc:"expect"`
	Grace      time.Duration     `doc:"grace"` // default 15m
}

// An Acceptance is a warning of the linter that somebody decided to live with, and until when: a residual risk, retained
// by decision (ISO 31000 clause 6.5). It holds for one rule at one place.
type Acceptance struct {
	Marks  source.Marks `doc:",marks"`
	Rule   string       `doc:"rule,required"`   // as printed in brackets, such as bia/rtc-late
	Where  string       `doc:"where,required"`  // id of the process, service, component, site, risk, role or playbook, PLAYBOOK/STEP, a top-level key, the underlined word, or the file
	Reason string       `doc:"reason,required"` // why it can be lived with
	By     string       `doc:"by,required"`     // who decided that
	Until  time.Time    `doc:"until,required"`  // a date, which holds to its end, or an instant; it comes back after that
}

// Objectives are what holds for one service after inheritance: its own, and the tightest of what its dependents hand
// down over full-effect needs (domain rule 4.5).
type Objectives struct {
	Vital       bool            `json:"vital"`
	RTO         time.Duration   `json:"rto,omitempty"`  // 0: none
	MTPD        time.Duration   `json:"mtpd,omitempty"` // its own, or deduced
	WRT         time.Duration   `json:"wrt,omitempty"`
	Bound       time.Duration   `json:"bound,omitempty"` // tightest MTPD - WRT; 0: none
	RPO         time.Duration   `json:"rpo,omitempty"`
	RTC         time.Duration   `json:"rtc,omitempty"` // 0: unknown; a process has the largest of its needs
	Margin      time.Duration   `json:"margin"`
	ConfirmFor  time.Duration   `json:"confirm_for"`
	RecoverFor  time.Duration   `json:"recover_for"`
	MaxBackdate time.Duration   `json:"max_backdate"`
	Critical    []*CriticalRule `json:"-"`
	RTOFrom     string          `json:"rto_from,omitempty"` // the service whose RTO it is
}

// Judged reports whether there is anything to judge the service against.
func (o Objectives) Judged() bool {
	return o.Vital && (o.RTO > 0 || o.Bound > 0 || len(o.Critical) > 0)
}

// Clocks are the instants that follow from a start of disruption (domain section 3). Zero instants do not apply.
type Clocks struct {
	Start      time.Time `json:"start"`                 // t0
	Deadline   time.Time `json:"deadline,omitzero"`     // min(t0+RTO, t0+MTPD-WRT, critical periods)
	DeadlineBy string    `json:"deadline_by,omitempty"` // which of them: "rto", "mtpd-wrt", or a critical period's name
	LTI        time.Time `json:"lti,omitzero"`          // latest time to invoke: deadline - RTC - margin; zero if RTC is unknown
	MTPDEnd    time.Time `json:"mtpd_end,omitzero"`     // t0 + MTPD
	RTCKnown   bool      `json:"rtc_known"`
}
