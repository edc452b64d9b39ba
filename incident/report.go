package incident

import (
	"slices"
	"time"

	"holdfast/detector"
)

// ReportSchema names the form of a [Report] as JSON. Fields are added to it; what stands keeps its name and meaning.
const ReportSchema = "holdfast/report/1"

// A Report is the after-action report of an incident: what happened, what was decided by whom and on which grounds, what was
// delivered against the objectives, and where in the log of decisions all of it stands (ISO 22301 clauses 8.4.4, 9.1 and
// 10.1; DORA article 11). It is a function of the records alone, and of a closed incident always the same.
type Report struct {
	Schema     string         `json:"schema"` // "holdfast/report/1"
	Incident   string         `json:"incident"`
	As         time.Time      `json:"as_of"` // the instant it tells of; of a closed incident that of its last record
	Open       bool           `json:"open"`
	Retrospect bool           `json:"retrospect,omitempty"` // it was over before anybody could decide
	Level      detector.Level `json:"level"`                // the highest reached
	Exercise   Exercise       `json:"exercise,omitempty"`
	Summary    string         `json:"summary"`
	HandsOff   string         `json:"hands_off,omitempty"` // why holdfast shows the incident and does not drive it
	Setting    Setting        `json:"setting,omitzero"`
	JudgedBy   string         `json:"judged_by"` // digest of the bia.yaml, the last one it was judged by
	Texts      []Text         `json:"texts"`     // all that it was judged and acted by, in the order they came

	Disrupted  time.Time `json:"disrupted,omitzero"` // t0, the earliest of its services
	Opened     time.Time `json:"opened"`
	Confirmed  time.Time `json:"confirmed,omitzero"`           // the first of its outages
	Classified time.Time `json:"classified_disaster,omitzero"` // first classified disaster
	Declared   time.Time `json:"declared,omitzero"`
	Invoked    time.Time `json:"invoked,omitzero"` // first run
	Closed     time.Time `json:"closed,omitzero"`

	Figures     []Figure     `json:"figures"` // of the incident as a whole
	Declaration *Declaration `json:"declaration,omitempty"`
	Criteria    []Ground     `json:"criteria,omitempty"` // those met, as they were at the declaration, else last
	Explained   Explained    `json:"explained,omitzero"`
	Declined    []Refused    `json:"declined,omitempty"`
	NotCounted  []string     `json:"not_counted,omitempty"` // what was seen and not counted, and why

	Services  []ServiceReport `json:"services"`
	Runs      []RunReport     `json:"runs"`
	Reports   []ReportClock   `json:"reports,omitempty"` // to authorities, with their clocks
	Data      []DataWord      `json:"data,omitempty"`
	Checks    []Checked       `json:"checks,omitempty"`
	Actions   []Action        `json:"actions,omitempty"`
	Notices   []Notice        `json:"notices,omitempty"`   // who was told what, when, and over which channel
	Rehearsal *Rehearsal      `json:"rehearsal,omitempty"` // of an exercise: what it was to show, and what it showed
	Timeline  []Line          `json:"timeline"`
	Journal   Range           `json:"journal"`
}

// A Setting is what a report shows that no record of its incident holds. It is taken from the documents in force.
type Setting struct {
	Organisation string            `json:"organisation,omitempty"`
	Scenario     string            `json:"scenario,omitempty"` // that was played: nothing of it happened
	Zones        []Zone            `json:"zones,omitempty"`    // of the sites concerned; instants themselves are in UTC
	Names        map[string]string `json:"names,omitempty"`    // of people, by id, where they were asked for
}

// A Zone is the time of a site: what its clocks showed beside UTC when the disruption began.
type Zone struct {
	Site   string `json:"site"`
	Zone   string `json:"zone"`             // IANA
	Offset string `json:"offset,omitempty"` // from UTC, as +01:00
}

// A Text is a document that an incident was judged or acted by.
type Text struct {
	What   string    `json:"what"` // "bia.yaml", or "playbook" and its id
	Digest string    `json:"digest"`
	Since  time.Time `json:"since"`
	By     Actor     `json:"by,omitzero"`
	Reason string    `json:"reason,omitempty"`
}

// A Declaration is who declared, when, and by whose leave.
type Declaration struct {
	At        time.Time `json:"at"`
	By        Actor     `json:"by"`
	Automatic bool      `json:"automatic,omitempty"`
	Criteria  []string  `json:"criteria"`
	Reason    string    `json:"reason,omitempty"`
}

// A Ground is a criterion that was met.
type Ground struct {
	ID       string    `json:"id"`
	Level    string    `json:"level"`
	Since    time.Time `json:"since,omitzero"`
	Evidence []string  `json:"evidence"`
	Doubt    string    `json:"doubt,omitempty"` // why it could only be recommended
}

// Explained is the rest of the explanation it was declared on: where its t0 came from, and what single change would have
// made it another.
type Explained struct {
	Origin  []string `json:"origin,omitempty"`
	Unless  []string `json:"unless,omitempty"`
	NotMet  []string `json:"not_met,omitempty"` // ids of the criteria that were asked and not met
	Unknown []string `json:"unknown,omitempty"` // and of those that nobody could tell
}

// Refused is a declaration that was declined.
type Refused struct {
	At       time.Time `json:"at"`
	By       Actor     `json:"by"`
	Criteria []string  `json:"criteria"`
	Reason   string    `json:"reason"`
	Until    time.Time `json:"until,omitzero"`
}

// A DataWord is what a person said of data.
type DataWord struct {
	At     time.Time `json:"at"`
	Data   string    `json:"data"`
	State  string    `json:"state"`
	Point  time.Time `json:"point,omitzero"`
	By     Actor     `json:"by"`
	Reason string    `json:"reason,omitempty"`
}

// Checked is a check that was made, or evidence that was given, on the way.
type Checked struct {
	At       time.Time         `json:"at"`
	Run      string            `json:"run"`
	Step     string            `json:"step"`
	What     string            `json:"what"`
	Status   StepStatus        `json:"status"`
	By       Actor             `json:"by,omitzero"`
	Result   string            `json:"result,omitempty"` // what was measured or answered
	Answers  map[string]string `json:"answers,omitempty"`
	Evidence string            `json:"evidence,omitempty"`
}

// A Rehearsal is what an exercise was to show, and, once it is concluded, what it has shown.
type Rehearsal struct {
	Kind        Exercise           `json:"kind"`
	Playbook    string             `json:"playbook"`
	Service     string             `json:"service"`
	By          Actor              `json:"by"`
	Reason      string             `json:"reason"`
	Interrupted string             `json:"interrupted_by,omitempty"` // the disaster that was in earnest
	Concluded   *ExerciseConcluded `json:"concluded,omitempty"`
}

// A Line is one record told in a sentence.
type Line struct {
	At       time.Time `json:"at"`
	T        Span      `json:"t"` // since the disruption, else since the opening
	Kind     Kind      `json:"kind"`
	Text     string    `json:"text"`
	Envelope uint64    `json:"envelope,omitempty"` // in the log of decisions
}

// A Range is where in the log of decisions the records of an incident stand. The hash of an envelope stands for all before
// it too: whoever finds the same hash at the last one has the log that this report was written from.
type Range struct {
	Records   int    `json:"records"`
	First     uint64 `json:"first"` // sequence of the envelope
	FirstHash string `json:"first_hash,omitempty"`
	Last      uint64 `json:"last"`
	LastHash  string `json:"last_hash,omitempty"`
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
func (i Incident) Report(now time.Time, s Setting) Report {
	r := Report{Schema: ReportSchema, Incident: i.ID, As: i.asOf(now), Level: i.Level, Summary: i.Verdict.Explanation.Summary, Open: i.Open(), Retrospect: i.InRetrospect(), HandsOff: i.HandsOff,
		Setting: s, JudgedBy: i.JudgedBy, Opened: i.Opened, Classified: i.FirstDisaster, Declared: i.DeclaredAt, Closed: i.Closed,
		Actions: i.Actions, Reports: i.Reports, Notices: i.Notices, Texts: []Text{}, Services: []ServiceReport{}, Runs: []RunReport{}}
	for _, c := range i.Recoveries {
		r.Disrupted, r.Confirmed = sooner(r.Disrupted, c.Since), sooner(r.Confirmed, c.Confirmed)
	}
	if len(i.Runs) > 0 {
		r.Invoked = i.Runs[0].Started
	}
	until := ended(i.Closed, r.As)
	courses := i.courses(until)
	r.grounds(i)
	for _, c := range i.Recoveries {
		r.Services = append(r.Services, i.serviceReport(c, until))
	}
	for _, run := range i.Runs {
		r.Runs = append(r.Runs, i.runReport(run, courses[run.ID], until))
		r.Exercise = Exercise(orText(string(r.Exercise), string(run.Exercise)))
	}
	r.Exercise = Exercise(orText(string(i.Exercise), string(r.Exercise)))
	r.rehearsal(i)
	r.Figures = r.lags()
	r.checks(i)
	r.tell(i)
	return r
}

func (r *Report) rehearsal(i Incident) {
	e := i.Rehearsal
	if e == nil {
		return
	}
	r.Rehearsal = &Rehearsal{Kind: e.Exercise, Playbook: e.Playbook, Service: e.Service, By: e.By, Reason: e.Reason, Concluded: i.Concluded}
	if i.Interrupted != nil {
		r.Rehearsal.Interrupted = i.Interrupted.Disaster
	}
}

// asOf is the instant that a report at now tells of: nothing about a closed incident changes but by a further record.
func (i Incident) asOf(now time.Time) time.Time {
	if i.Open() || len(i.Timeline) == 0 {
		return now
	}
	return i.Timeline[len(i.Timeline)-1].At
}

func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func ended(at, otherwise time.Time) time.Time {
	if at.IsZero() {
		return otherwise
	}
	return at
}

// grounds are why it was declared, and everything that was seen and not counted over the whole incident.
func (r *Report) grounds(i Incident) {
	explanation, verdict := i.Verdict.Explanation, i.Verdict
	if d := i.Declared; d != nil {
		explanation = d.Explanation
		verdict.Explanation = d.Explanation
		r.Declaration = &Declaration{At: i.DeclaredAt, By: d.By, Automatic: d.Automatic, Criteria: d.Criteria, Reason: d.Reason}
		r.Summary = orText(explanation.Summary, r.Summary)
	}
	for _, c := range explanation.Criteria {
		switch c.Answer {
		case detector.Met:
			r.Criteria = append(r.Criteria, Ground{ID: c.ID, Level: c.Level.String(), Since: c.MetAt, Evidence: append([]string{}, c.Evidence...), Doubt: c.Doubt})
		case detector.NotMet:
			r.Explained.NotMet = append(r.Explained.NotMet, c.ID)
		default:
			r.Explained.Unknown = append(r.Explained.Unknown, c.ID)
		}
	}
	r.Explained.Origin, r.Explained.Unless = origin(explanation.Origin), verdict.Counterfactual()
	for _, record := range i.Timeline {
		r.ground(record)
	}
}

func (r *Report) ground(record Record) {
	switch e := record.Event.(type) {
	case Classified:
		r.NotCounted = join(r.NotCounted, e.Verdict.Explanation.NotCounted)
		if e.JudgedBy != "" && len(r.Texts) == 0 {
			r.Texts = append(r.Texts, Text{What: "bia.yaml", Digest: e.JudgedBy, Since: record.At})
		}
	case Rebased:
		r.Texts = append(r.Texts, Text{What: "bia.yaml", Digest: e.To, Since: record.At, By: e.By, Reason: e.Reason})
	case Invoked:
		r.Texts = append(r.Texts, Text{What: "playbook " + e.Playbook, Digest: e.Digest, Since: record.At, By: e.By, Reason: e.Reason})
	case DeclarationDeclined:
		r.Declined = append(r.Declined, Refused{At: record.At, By: e.By, Criteria: e.Criteria, Reason: e.Reason, Until: e.Until})
	case DataReported:
		r.Data = append(r.Data, DataWord{At: record.At, Data: e.Data, State: e.State, Point: e.Point, By: e.By, Reason: e.Reason})
	}
}

// origin says where t0 came from: by which statements, and how.
func origin(o detector.Origin) (lines []string) {
	for _, s := range o.Said {
		lines = append(lines, orText(s.Observer, "somebody without a name")+" said "+s.Of+" is "+s.Says+": own time "+stamp(s.Own)+", received "+stamp(s.Received))
	}
	if o.How != "" {
		lines = append(lines, o.How)
	}
	return lines
}

// tell writes the timeline. That a notice reached somebody is in the notices.
func (r *Report) tell(i Incident) {
	start := ended(r.Disrupted, r.Opened)
	r.Timeline = []Line{}
	for _, record := range i.Timeline {
		if e, ok := record.Event.(Notified); ok && e.Error == "" {
			continue
		}
		r.Timeline = append(r.Timeline, Line{At: record.At, T: Span(record.At.Sub(start)), Kind: record.Event.Kind(), Text: Sentence(record), Envelope: record.Sequence})
	}
	if n := len(i.Timeline); n > 0 {
		first, last := i.Timeline[0], i.Timeline[n-1]
		r.Journal = Range{Records: n, First: first.Sequence, FirstHash: first.Hash, Last: last.Sequence, LastHash: last.Hash}
	}
}

// within reports whether an instant belongs to an episode of a service: a relapse does not count from what was decided
// and done for the episode before.
func (i Incident) within(c Recovery, at time.Time) bool {
	first := slices.IndexFunc(i.Recoveries, func(r Recovery) bool { return r.Service == c.Service })
	return !at.Before(c.Since) || i.Recoveries[first].Since.Equal(c.Since)
}
