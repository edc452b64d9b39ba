package incident

import (
	"slices"
	"time"

	"holdfast/bia"
	"holdfast/detector"
)

// A Report is the after-action report of an incident: what happened, what was decided by whom and on which grounds, and
// what was delivered against the objectives (ISO 22301 clauses 8.4.4, 9.1 and 10.1; DORA article 11). It is a function of
// the records alone.
type Report struct {
	Incident string         `json:"incident"`
	As       time.Time      `json:"as_of"`
	Level    detector.Level `json:"level"`
	Summary  string         `json:"summary"`
	Open     bool           `json:"open"`
	HandsOff string         `json:"hands_off,omitempty"`
	JudgedBy string         `json:"judged_by"` // digest of the bia.yaml, the last one it was judged by

	Disrupted  time.Time `json:"disrupted,omitzero"` // t0, the earliest of its services
	Opened     time.Time `json:"opened"`
	Classified time.Time `json:"classified_disaster,omitzero"` // first classified disaster
	Declared   time.Time `json:"declared,omitzero"`
	Invoked    time.Time `json:"invoked,omitzero"` // first run
	Closed     time.Time `json:"closed,omitzero"`

	DetectionLag Span `json:"detection_lag,omitempty"` // opened - disrupted
	DecisionLag  Span `json:"decision_lag,omitempty"`  // declared - first classified disaster

	By         Actor                `json:"declared_by,omitzero"`
	Reason     string               `json:"declared_reason,omitempty"`
	Criteria   []detector.Criterion `json:"criteria,omitempty"` // as they were at the declaration, else now
	NotCounted []string             `json:"not_counted,omitempty"`

	Services []ServiceReport `json:"services"`
	Runs     []RunReport     `json:"runs"`
	Notices  []Notice        `json:"notices,omitempty"`
	Timeline []Line          `json:"timeline"`
}

// A ServiceReport is one episode of one service against its objectives, by both conventions: from the disruption, and
// from the declaration. A zero span was not measured.
type ServiceReport struct {
	Service    string         `json:"service"`
	Objectives bia.Objectives `json:"objectives"`
	Clocks     bia.Clocks     `json:"clocks"`
	Since      time.Time      `json:"since"`
	Confirmed  time.Time      `json:"confirmed,omitzero"`
	Restored   time.Time      `json:"restored,omitzero"`
	Missed     time.Time      `json:"missed,omitzero"`
	Overrun    time.Time      `json:"overrun,omitzero"` // when its MTPD passed unrecovered

	RTA             Span `json:"rta,omitempty"`              // restored - disruption, against RTO
	Running         Span `json:"running,omitempty"`          // while it is not restored
	FromDeclaration Span `json:"from_declaration,omitempty"` // restored - declared
	FromInvocation  Span `json:"from_invocation,omitempty"`  // restored - invoked, against RTC
	WRA             Span `json:"wra,omitempty"`              // work recovered - restored, against WRT
	Total           Span `json:"total,omitempty"`            // work recovered (else restored) - disruption, against MTPD
}

// A RunReport is one invocation: how long it took, and of that, how long machines worked and how long it waited for
// people alone.
type RunReport struct {
	Run      string       `json:"run"`
	Playbook string       `json:"playbook"`
	Digest   string       `json:"digest"`
	Services []string     `json:"services"`
	By       Actor        `json:"by"`
	Started  time.Time    `json:"started"`
	Ended    time.Time    `json:"ended,omitzero"`
	Result   string       `json:"result,omitempty"`
	Took     Span         `json:"took"`
	Machines Span         `json:"machines"`
	People   Span         `json:"people"`
	Steps    []StepReport `json:"steps"`
}

// A StepReport is how one step went.
type StepReport struct {
	Step      string            `json:"step"`
	Text      string            `json:"text"`
	Milestone string            `json:"milestone,omitempty"`
	Status    StepStatus        `json:"status"`
	Attempts  int               `json:"attempts,omitempty"`
	Started   time.Time         `json:"started,omitzero"`
	Acked     time.Time         `json:"acked,omitzero"`
	Ended     time.Time         `json:"ended,omitzero"`
	Took      Span              `json:"took,omitempty"`
	By        Actor             `json:"by,omitzero"`
	Approved  []Approval        `json:"approved,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	Answers   map[string]string `json:"answers,omitempty"`
	Evidence  string            `json:"evidence,omitempty"`
}

// A Line is one record told in a sentence.
type Line struct {
	At   time.Time `json:"at"`
	T    Span      `json:"t"` // since the disruption, else since the opening
	Kind Kind      `json:"kind"`
	Text string    `json:"text"`
}

// A Span is a duration written as Go writes it ("1h30m0s"), for readers of JSON.
type Span time.Duration

// MarshalText writes the duration.
func (s Span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

// UnmarshalText reads the duration.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*s = Span(d)
	return err
}

func (s Span) String() string { return span(time.Duration(s)) }

// Report is the report as it stands at now.
func (i Incident) Report(now time.Time) Report {
	r := Report{Incident: i.ID, As: now, Level: i.Level, Summary: i.Verdict.Explanation.Summary, Open: i.Open(), HandsOff: i.HandsOff, JudgedBy: i.JudgedBy,
		Opened: i.Opened, Classified: i.FirstDisaster, Declared: i.DeclaredAt, Closed: i.Closed, Notices: i.Notices}
	if !i.Open() {
		r.As = i.Closed
	}
	for _, c := range i.Recoveries {
		if r.Disrupted.IsZero() || c.Since.Before(r.Disrupted) {
			r.Disrupted = c.Since
		}
	}
	if len(i.Runs) > 0 {
		r.Invoked = i.Runs[0].Started
	}
	r.DetectionLag, r.DecisionLag = between(r.Disrupted, r.Opened), between(r.Classified, r.Declared)
	r.grounds(i)
	for _, c := range i.Recoveries {
		r.Services = append(r.Services, i.serviceReport(c, r.As))
	}
	for _, run := range i.Runs {
		r.Runs = append(r.Runs, i.runReport(run, r.As))
	}
	r.tell(i)
	return r
}

// between is the time from a to b; zero unless both are known and in order.
func between(a, b time.Time) Span {
	if a.IsZero() || b.IsZero() || b.Before(a) {
		return 0
	}
	return Span(b.Sub(a))
}

// grounds are why it was declared, and everything that was seen and not counted over the whole incident.
func (r *Report) grounds(i Incident) {
	explanation := i.Verdict.Explanation
	if i.Declared != nil {
		explanation = i.Declared.Explanation
		r.By, r.Reason = i.Declared.By, i.Declared.Reason
		r.Summary = orText(explanation.Summary, r.Summary)
	}
	for _, c := range explanation.Criteria {
		if c.Answer == detector.Met {
			r.Criteria = append(r.Criteria, c)
		}
	}
	for _, record := range i.Timeline {
		if e, ok := record.Event.(Classified); ok {
			r.NotCounted = join(r.NotCounted, e.Verdict.Explanation.NotCounted)
		}
	}
}

func (i Incident) serviceReport(c Recovery, now time.Time) ServiceReport {
	s := ServiceReport{Service: c.Service, Objectives: c.Objectives, Clocks: c.Clocks, Since: c.Since, Confirmed: c.Confirmed,
		Restored: c.Restored, Missed: c.Missed, Overrun: c.Overrun, Total: between(c.Since, c.Restored)}
	if rta, ok := c.RTA(); ok {
		s.RTA = Span(rta)
	} else {
		s.Running = Span(c.Running(now))
	}
	if i.within(c, i.DeclaredAt) {
		s.FromDeclaration = between(i.DeclaredAt, c.Restored)
	}
	n := slices.IndexFunc(i.Runs, func(r Run) bool { return r.covers(c.Service) && i.within(c, r.Started) })
	if n < 0 {
		return s
	}
	s.FromInvocation = between(i.Runs[n].Started, c.Restored)
	for _, step := range i.Runs[n].Steps {
		if step.Milestone == "work_recovered" && step.Status == Done {
			s.WRA, s.Total = between(c.Restored, step.Ended), between(c.Since, step.Ended)
		}
	}
	return s
}

// within reports whether an instant belongs to an episode of a service: a relapse does not count from what was decided
// and done for the episode before.
func (i Incident) within(c Recovery, at time.Time) bool {
	first := slices.IndexFunc(i.Recoveries, func(r Recovery) bool { return r.Service == c.Service })
	return !at.Before(c.Since) || i.Recoveries[first].Since.Equal(c.Since)
}

func (i Incident) runReport(run Run, now time.Time) RunReport {
	r := RunReport{Run: run.ID, Playbook: run.Name, Digest: run.Digest, Services: orElse(run.Covers, run.Service), By: run.By,
		Started: run.Started, Ended: run.Ended, Result: run.Result, Took: between(run.Started, ended(run.Ended, now))}
	r.Machines, r.People = i.effort(run.ID, now)
	for _, s := range run.Steps {
		r.Steps = append(r.Steps, StepReport{Step: s.ID, Text: s.Text, Milestone: s.Milestone, Status: s.Status, Attempts: s.Attempt, Started: s.Started,
			Acked: s.AckedAt, Ended: s.Ended, Took: between(s.Started, s.Ended), By: s.By, Approved: s.Approvals,
			Reason: s.Reason, Answers: s.Answers, Evidence: s.Evidence})
	}
	return r
}

func ended(at, otherwise time.Time) time.Time {
	if at.IsZero() {
		return otherwise
	}
	return at
}

// effort splits the time of a run: while any machine step is under way it is the machines'; while none is and a person is
// asked it is waiting for people.
func (i Incident) effort(id string, now time.Time) (machines, people Span) {
	var state Incident
	add := func(until time.Time) {
		n := slices.IndexFunc(state.Runs, func(r Run) bool { return r.ID == id && r.Active() })
		if n < 0 {
			return
		}
		elapsed := between(state.Timeline[len(state.Timeline)-1].At, until)
		switch steps := state.Runs[n].Steps; {
		case slices.ContainsFunc(steps, func(s StepState) bool { return s.Status == Running || s.Status == Retrying }):
			machines += elapsed
		case slices.ContainsFunc(steps, func(s StepState) bool { return s.Status == Waiting || s.Status == Stuck }):
			people += elapsed
		}
	}
	for _, record := range i.Timeline {
		add(record.At)
		state = state.Apply(record)
	}
	add(now)
	return machines, people
}

// tell writes the timeline. That a notice reached somebody is in the notices.
func (r *Report) tell(i Incident) {
	start := ended(r.Disrupted, r.Opened)
	for _, record := range i.Timeline {
		if e, ok := record.Event.(Notified); ok && e.Error == "" {
			continue
		}
		r.Timeline = append(r.Timeline, Line{At: record.At, T: Span(record.At.Sub(start)), Kind: record.Event.Kind(), Text: Sentence(record)})
	}
}
