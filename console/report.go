package console

import (
	"net/http"
	"slices"
	"time"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/incident"
)

// Report is the answer of GET /api/v1/incidents/{id}/report?format=json: what an incident was, who decided what on which
// grounds, what was done, and what the recovery took against what was promised (ISO 22301 clauses 8.4.4 and 9.1).
type Report struct {
	Organisation string         `json:"organisation"`
	Incident     string         `json:"incident"`
	Level        detector.Level `json:"level"` // the highest reached
	Summary      string         `json:"summary"`
	Written      time.Time      `json:"written"`
	Opened       time.Time      `json:"opened"`
	Closed       time.Time      `json:"closed,omitzero"` // zero: the report is of an incident under way
	Documents    Documents      `json:"documents"`       // as they are lived by when the report is written

	Declaration *Declaration              `json:"declaration,omitempty"`
	Explanation detector.Explanation      `json:"explanation"` // of the declaration, else the last one
	Detection   Lag                       `json:"detection_lag"`
	Decision    Lag                       `json:"decision_lag"`
	Recoveries  []Measured                `json:"recoveries"`
	Runs        []RunReport               `json:"runs"`
	NoPlaybook  []incident.NoPlaybookFits `json:"no_playbook,omitempty"`
	Told        []incident.Notice         `json:"told"` // who was told what, when, and whether it reached them
	Story       []Told                    `json:"story"`
}

// Declaration is who declared, when, on which criteria.
type Declaration struct {
	By        incident.Actor `json:"by"`
	At        time.Time      `json:"at"`
	Automatic bool           `json:"automatic"`
	Criteria  []string       `json:"criteria"`
	Reason    string         `json:"reason,omitempty"`
}

// Lag is the time from one instant to another; zero instants mean that it did not come to that.
type Lag struct {
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`
	Seconds float64   `json:"seconds"`
}

func lag(from, to time.Time) Lag {
	l := Lag{From: from, To: to}
	if !from.IsZero() && !to.IsZero() {
		l.Seconds = max(0, to.Sub(from).Seconds())
	}
	return l
}

// Measured is one service's recovery against its objectives (domain section 3). Durations are seconds.
type Measured struct {
	Service       string     `json:"service"`
	Since         time.Time  `json:"since"`
	Restored      time.Time  `json:"restored,omitzero"`
	Clocks        bia.Clocks `json:"clocks"`
	Actual        float64    `json:"rta_seconds,omitempty"` // 0: not back
	RTO           float64    `json:"rto_seconds,omitempty"`
	MTPD          float64    `json:"mtpd_seconds,omitempty"`
	Capability    float64    `json:"rtc_seconds,omitempty"`
	SinceDeclared float64    `json:"recovered_after_declared_seconds,omitempty"`
	SinceInvoked  float64    `json:"recovered_after_invoked_seconds,omitempty"` // against RTC
	Missed        time.Time  `json:"missed,omitzero"`
	Verdict       string     `json:"verdict"` // "met", "missed", "no objective", "not back"
}

// RunReport is a run with what it took. The times of machines and of people can overlap where steps are parallel.
type RunReport struct {
	Run      string               `json:"run"`
	Playbook string               `json:"playbook"`
	Digest   string               `json:"digest"`
	Service  string               `json:"service"`
	Started  time.Time            `json:"started"`
	Ended    time.Time            `json:"ended,omitzero"`
	Result   string               `json:"result,omitempty"`
	Machines float64              `json:"machines_seconds"` // in which a machine was at a step
	People   float64              `json:"people_seconds"`   // in which a step waited for somebody
	Steps    []incident.StepState `json:"steps"`
}

// report is GET /api/v1/incidents/{id}/report: Markdown, or with ?format=json as JSON.
func (c *console) report(w http.ResponseWriter, r *http.Request) {
	format := r.URL.Query().Get("format")
	switch format {
	case "json":
		c.answerOne(w, r, func(_ *incident.Desk, s sight, i incident.Incident) any { return reportOf(s, i) })
		return
	case "", "md":
	default:
		writeProblem(w, badRequest("there is no such format of a report", "format=md or format=json"))
		return
	}
	var text []byte
	var problem *Problem
	c.look(func(d *incident.Desk, s sight) {
		if i, found := d.Incident(r.PathValue("id")); found {
			text = markdown(reportOf(s, i))
		} else {
			problem = unknownIncident(d, r.PathValue("id"))
		}
	})
	if problem != nil {
		writeProblem(w, *problem)
		return
	}
	w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	w.Write(text)
}

func reportOf(s sight, i incident.Incident) Report {
	r := Report{Incident: i.ID, Level: i.Level, Summary: i.Verdict.Explanation.Summary, Written: s.now, Opened: i.Opened, Closed: i.Closed,
		Explanation: i.Verdict.Explanation, Detection: lag(i.Verdict.Since, i.Opened), NoPlaybook: i.NoPlaybook,
		Recoveries: []Measured{}, Runs: []RunReport{}, Told: slices.Clone(i.Notices), Story: storyOf(i)}
	if s.documents != nil {
		r.Documents, r.Organisation = documentsOf(s.documents), s.documents.BIA.Organisation
	}
	if d := i.Declared; d != nil {
		r.Declaration = &Declaration{By: d.By, At: i.DeclaredAt, Automatic: d.Automatic, Criteria: d.Criteria, Reason: d.Reason}
		r.Explanation = d.Explanation
		r.Decision = lag(i.FirstDisaster, i.DeclaredAt)
	}
	for _, recovery := range i.Recoveries {
		r.Recoveries = append(r.Recoveries, measured(i, recovery))
	}
	for _, run := range i.Runs {
		r.Runs = append(r.Runs, runReport(s.now, run))
	}
	return r
}

func measured(i incident.Incident, r incident.Recovery) Measured {
	m := Measured{Service: r.Service, Since: r.Since, Restored: r.Restored, Clocks: r.Clocks, RTO: r.Objectives.RTO.Seconds(), MTPD: r.Objectives.MTPD.Seconds(),
		Capability: r.Objectives.RTC.Seconds(), Missed: r.Missed, Verdict: "met"}
	if rta, back := r.RTA(); back {
		m.Actual = rta.Seconds()
		m.SinceDeclared = lag(i.DeclaredAt, r.Restored).Seconds
		m.SinceInvoked = lag(invokedFor(i, r.Service), r.Restored).Seconds
	}
	switch {
	case !r.Missed.IsZero(), !r.Clocks.Deadline.IsZero() && r.Restored.After(r.Clocks.Deadline):
		m.Verdict = "missed"
	case r.Restored.IsZero():
		m.Verdict = "not back"
	case r.Clocks.Deadline.IsZero():
		m.Verdict = "no objective"
	}
	return m
}

// invokedFor is when the first run that is to bring a service back started.
func invokedFor(i incident.Incident, service string) time.Time {
	for _, run := range i.Runs {
		if run.Service == service || slices.Contains(run.Covers, service) {
			return run.Started
		}
	}
	return time.Time{}
}

func runReport(now time.Time, run incident.Run) RunReport {
	r := RunReport{Run: run.ID, Playbook: run.Name, Digest: run.Digest, Service: run.Service, Started: run.Started, Ended: run.Ended, Result: run.Result, Steps: run.Steps}
	var machines, people []stretch
	for _, step := range run.Steps {
		if step.Started.IsZero() {
			continue
		}
		s := stretch{step.Started, step.Ended}
		if s.to.IsZero() {
			s.to = now
		}
		if asked(step) {
			people = append(people, s)
		} else {
			machines = append(machines, s)
		}
	}
	r.Machines, r.People = covered(machines).Seconds(), covered(people).Seconds()
	return r
}

// A stretch is a time between two instants.
type stretch struct{ from, to time.Time }

// covered is how much time stretches cover together, what overlaps counted once.
func covered(all []stretch) time.Duration {
	slices.SortFunc(all, func(a, b stretch) int { return a.from.Compare(b.from) })
	var sum time.Duration
	var end time.Time
	for _, s := range all {
		if s.from.Before(end) {
			s.from = end
		}
		if s.to.After(s.from) {
			sum += s.to.Sub(s.from)
			end = s.to
		}
	}
	return sum
}
