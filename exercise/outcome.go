package exercise

import (
	"slices"
	"time"

	"holdfast/detector"
	"holdfast/incident"
)

// An Outcome is what holdfast would have made of recorded alerts.
type Outcome struct {
	From    time.Time `json:"from,omitzero"`
	Through time.Time `json:"through,omitzero"`

	Organisation string `json:"organisation"`
	Version      string `json:"version,omitempty"` // of the analysis
	BIA          string `json:"bia"`               // its digest

	Messages   uint64 `json:"messages"`
	Alerts     uint64 `json:"alerts"`
	Unreadable uint64 `json:"unreadable"` // messages
	Unmapped   uint64 `json:"unmapped"`   // alerts

	Incidents []Case `json:"incidents"` // in the order in which they were opened
}

// A Case is one incident of a backtest.
type Case struct {
	Incident  string         `json:"incident"`
	Opened    time.Time      `json:"opened"`
	Closed    time.Time      `json:"closed,omitzero"` // zero: still open at the end of the recording
	Since     time.Time      `json:"since,omitzero"`  // t0
	Level     detector.Level `json:"level"`           // the highest reached
	Reached   []Reached      `json:"reached"`
	Decisions []Decision     `json:"decisions"`
	Services  []Measured     `json:"services"` // those that were below their MBCO
	Roots     []string       `json:"roots"`    // all components that explained it at some time, sorted
	Lost      []string       `json:"lost"`     // all failure domains lost at some time, sorted
}

// Reached is a level reached for the first time.
type Reached struct {
	Level    detector.Level `json:"level"`
	At       time.Time      `json:"at"`
	Criteria []string       `json:"criteria"`
	Summary  string         `json:"summary"`
}

// The kinds of a Decision.
const (
	asked           = "decision_due" // the authority would have been asked
	askedSuccessors = "escalated"    // its successors would have been asked
	tooLate         = "too_late"     // the latest time to invoke came without a declaration
	recommended     = "recommended"  // a person would have had to declare; Gate says why
	declared        = "declared"     // a rule would have declared
)

// A Decision is something that the authority, or the rule that it delegated to, would have had to do.
type Decision struct {
	At       time.Time           `json:"at"`
	Kind     string              `json:"kind"` // decision_due, escalated, too_late, recommended, declared
	Criteria []string            `json:"criteria,omitempty"`
	Rule     string              `json:"rule,omitempty"`
	Gate     string              `json:"gate,omitempty"`
	Service  string              `json:"service,omitempty"` // whose latest time to invoke comes first
	LTI      time.Time           `json:"lti,omitzero"`      // that time; zero: not known
	Margin   *Span               `json:"margin,omitempty"`  // how far the decision is ahead of it; behind it where negative
	Invoke   []incident.Prospect `json:"invoke,omitempty"`
}

// Measured is the recovery clock of a service, as measured.
type Measured struct {
	Service    string    `json:"service"`
	Vital      bool      `json:"vital"`
	Since      time.Time `json:"since"` // t0
	Confirmed  time.Time `json:"confirmed,omitzero"`
	LTI        time.Time `json:"lti,omitzero"`
	Deadline   time.Time `json:"deadline,omitzero"`
	DeadlineBy string    `json:"deadline_by,omitempty"`
	Restored   time.Time `json:"restored,omitzero"`
	RTA        *Span     `json:"rta,omitempty"`
	Missed     bool      `json:"missed"`
}

// A Span is a duration that programs read as Go writes it: "1h30m0s".
type Span time.Duration

// MarshalText writes the span.
func (s Span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

// caseOf reads off an incident's records what came of it.
func caseOf(i incident.Incident, plans bool) Case {
	c := Case{Incident: i.ID, Opened: i.Opened, Closed: i.Closed, Level: i.Level,
		Reached: []Reached{}, Decisions: []Decision{}, Services: []Measured{}, Roots: []string{}, Lost: []string{}}
	var now detector.Verdict
	for _, r := range i.Timeline {
		if e, ok := r.Event.(incident.Classified); ok {
			now = e.Verdict
			c.classified(r.At, now)
			continue
		}
		if d, ok := decision(r, now); ok {
			if !plans {
				d.Invoke = nil
			}
			c.Decisions = append(c.Decisions, d)
		}
	}
	for _, r := range i.Recoveries {
		c.Services = append(c.Services, measuredBy(r))
	}
	slices.Sort(c.Roots)
	slices.Sort(c.Lost)
	c.Roots, c.Lost = slices.Compact(c.Roots), slices.Compact(c.Lost)
	return c
}

func (c *Case) classified(at time.Time, v detector.Verdict) {
	c.Since = v.Since
	c.Roots, c.Lost = append(c.Roots, v.Roots...), append(c.Lost, v.Lost...)
	if v.Open && (len(c.Reached) == 0 || v.Level > c.Reached[len(c.Reached)-1].Level) {
		c.Reached = append(c.Reached, Reached{Level: v.Level, At: at, Criteria: met(v), Summary: v.Explanation.Summary})
	}
}

// decision is what a record says of a decision, by the verdict that held then.
func decision(r incident.Record, v detector.Verdict) (Decision, bool) {
	d := Decision{At: r.At}
	switch e := r.Event.(type) {
	case incident.DecisionDue:
		d.Kind = [...]string{asked, asked, askedSuccessors, tooLate}[min(max(e.Round, 0), 3)]
		d.Service, d.LTI = e.Service, e.LTI
	case incident.Recommended:
		d.Kind, d.Criteria, d.Gate = recommended, e.Criteria, e.Gate
		if e.Would != nil {
			d.Rule, d.Invoke = e.Would.Rule, e.Would.Invoke
		}
		if d.Rule != "" {
			d.Kind, d.Gate = declared, ""
		}
		d.Service, d.LTI = soonest(v)
	default:
		return d, false
	}
	if !d.LTI.IsZero() {
		margin := Span(d.LTI.Sub(r.At))
		d.Margin = &margin
	}
	return d, true
}

// soonest is the vital service that is lost and whose latest time to invoke comes first.
func soonest(v detector.Verdict) (service string, lti time.Time) {
	for _, o := range v.Services {
		if !o.Objectives.Vital || o.Since.IsZero() || !o.UpSince.IsZero() || o.Recovered || o.Clocks.LTI.IsZero() {
			continue
		}
		if lti.IsZero() || o.Clocks.LTI.Before(lti) {
			service, lti = o.Service, o.Clocks.LTI
		}
	}
	return service, lti
}

func measuredBy(r incident.Recovery) Measured {
	m := Measured{Service: r.Service, Vital: r.Objectives.Vital, Since: r.Since, Confirmed: r.Confirmed, LTI: r.Clocks.LTI,
		Deadline: r.Clocks.Deadline, DeadlineBy: r.Clocks.DeadlineBy, Restored: r.Restored, Missed: !r.Missed.IsZero()}
	if rta, ok := r.RTA(); ok {
		span := Span(rta)
		m.RTA = &span
	}
	return m
}

// first is when a level was first reached at least; false: never.
func (c Case) first(level detector.Level) (Reached, bool) {
	n := slices.IndexFunc(c.Reached, func(r Reached) bool { return r.Level >= level })
	if n < 0 {
		return Reached{}, false
	}
	return c.Reached[n], true
}

// decided is the first decision of a kind.
func (c Case) decided(kind string) (Decision, bool) {
	n := slices.IndexFunc(c.Decisions, func(d Decision) bool { return d.Kind == kind })
	if n < 0 {
		return Decision{}, false
	}
	return c.Decisions[n], true
}
