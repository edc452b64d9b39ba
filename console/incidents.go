package console

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast/detector"
	"holdfast/incident"
	"holdfast/playbooks"
)

// Incidents is the answer of GET /api/v1/incidents: open ones, the worst first; with ?all=true all, the newest first. With
// ?limit=100 it is the first 100 of them.
type Incidents struct {
	Now       time.Time        `json:"now"`
	Incidents []IncidentStatus `json:"incidents"`
}

// Incident is the answer of GET /api/v1/incidents/{id}: the incident whole, and what waits in it.
type Incident struct {
	incident.Incident
	Now       time.Time      `json:"now"`
	Status    IncidentStatus `json:"status"`
	Story     []Told         `json:"story"`
	Playbooks []PlaybookFit  `json:"playbooks"` // those that match, with their preconditions

	Deactivation []incident.Deactivation `json:"deactivation,omitempty"` // criteria to stand down, of what was declared
}

// Situations is the answer of GET /api/v1/situations: what the detector sees, whether or not an incident follows it.
type Situations struct {
	Now        time.Time                  `json:"now"`
	Situations []detector.Verdict         `json:"situations"`
	Components []detector.ComponentReport `json:"components"` // all
}

// Explained is the answer of GET /api/v1/incidents/{id}/explain: why an incident is on its level, and what would change it.
type Explained struct {
	Incident  string           `json:"incident"`
	Now       time.Time        `json:"now"`
	Closed    time.Time        `json:"closed,omitzero"`
	Fresh     bool             `json:"fresh"` // judged now; else as last written down
	Verdict   detector.Verdict `json:"verdict"`
	JudgedBy  string           `json:"judged_by"`            // digest of the bia.yaml that it is judged by
	OlderText bool             `json:"older_text,omitempty"` // which is not the one in force
	Declared  time.Time        `json:"declared,omitzero"`
	Awaits    string           `json:"awaits,omitempty"`
	Gate      string           `json:"gate,omitempty"` // recommended, and why it is not declared by itself
	Playbooks []PlaybookFit    `json:"playbooks"`      // those that fit first

	Deactivation []incident.Deactivation `json:"deactivation,omitempty"` // criteria to stand down, of what was declared
	NoPlaybook   []string                `json:"no_playbook,omitempty"`  // services for which nothing applicable exists
	Kept         []Kept                  `json:"kept,omitempty"`         // services for which none is started, since an incident that is not driven has a run for them
}

// Kept is a service that is not brought back, since another incident has a run for it that nobody carries out.
type Kept struct {
	Service  string `json:"service"`
	Incident string `json:"incident"` // which keeps it, until a person stands it down
	Why      string `json:"why"`
}

// Criteria are the criteria of the verdict, those that are met first, then those that cannot be told.
func (e Explained) Criteria() []detector.Criterion {
	var all []detector.Criterion
	for _, answer := range []detector.Answer{detector.Met, detector.CannotTell, detector.NotMet} {
		for _, c := range e.Verdict.Explanation.Criteria {
			if c.Answer == answer {
				all = append(all, c)
			}
		}
	}
	return all
}

// Scope is what the verdict is about, in lines for people.
func (e Explained) Scope() []string {
	v := e.Verdict
	var lines []string
	for _, o := range v.Services {
		lines = append(lines, outageLine(o))
	}
	if len(v.Roots) > 0 {
		lines = append(lines, "root components: "+few(v.Roots))
	}
	if len(v.Lost) > 0 {
		lines = append(lines, "lost: "+few(v.Lost))
	}
	if len(v.Absorbed) > 0 {
		lines = append(lines, "merged into it: "+few(v.Absorbed))
	}
	return lines
}

func outageLine(o detector.Outage) string {
	line := fmt.Sprintf("%s %s", o.Service, o.State)
	if !o.Objectives.Vital {
		line += ", not vital"
	}
	switch {
	case o.Since.IsZero():
		return line + ", never below its MBCO"
	case o.Recovered:
		return fmt.Sprintf("%s, recovered since %s", line, stamp(o.UpSince))
	}
	line += ", below its MBCO since " + stamp(o.Since)
	if o.Confirmed.IsZero() {
		return line + ", not confirmed yet"
	}
	return line + ", confirmed at " + stamp(o.Confirmed)
}

// Start says where t0 comes from.
func (e Explained) Start() []string {
	o := e.Verdict.Explanation.Origin
	if o.At.IsZero() {
		return nil
	}
	line := stamp(o.At)
	if o.Service != "" {
		line += ", of " + o.Service
	}
	lines := []string{line}
	for _, s := range o.Said {
		who := s.Observer
		if who == "" {
			who = "somebody without a name"
		}
		lines = append(lines, fmt.Sprintf("%s said %s is %s: own time %s, received %s", who, s.Of, s.Says, stamp(s.Own), stamp(s.Received)))
	}
	return append(lines, o.How)
}

// Clocks are the instants that follow from the outages of services that are judged.
func (e Explained) Clocks() []string {
	var lines []string
	for _, o := range e.Verdict.Services {
		if o.Since.IsZero() || o.Recovered || o.Clocks.Deadline.IsZero() {
			continue
		}
		line := fmt.Sprintf("%s: deadline %s (%s)", o.Service, stamp(o.Clocks.Deadline), o.Clocks.DeadlineBy)
		if o.Clocks.RTCKnown {
			line += ", latest time to invoke " + stamp(o.Clocks.LTI)
		} else {
			line += ", no latest time to invoke: the RTC is unknown"
		}
		if !o.Clocks.MTPDEnd.IsZero() {
			line += ", MTPD ends " + stamp(o.Clocks.MTPDEnd)
		}
		lines = append(lines, line)
	}
	return lines
}

// Before is the level before this one, and what holds now where that is less than what was reached.
func (e Explained) Before() string {
	v := e.Verdict
	line := strings.ReplaceAll(v.Level.String()+", before that "+v.Previous.String(), "_", " ")
	if v.Current != v.Level {
		line += "; at this instant the rules say " + strings.ReplaceAll(v.Current.String(), "_", " ")
	}
	return line
}

// few names the first of many.
func few(names []string) string {
	const most = 12
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// PlaybookFit says whether a playbook fits an incident, and what is missing.
type PlaybookFit struct {
	Playbook string   `json:"playbook"`
	Title    string   `json:"title,omitempty"`
	Fits     bool     `json:"fits"`
	Missing  []string `json:"missing,omitempty"`
	Running  string   `json:"running,omitempty"` // the run that carries it out

	Preconditions []incident.Condition `json:"preconditions,omitempty"` // met, not met or unknown
}

func (c *console) incidents(w http.ResponseWriter, r *http.Request) {
	all := r.URL.Query().Get("all") == "true"
	limit, problem := limitOf(r)
	if problem != nil {
		writeProblem(w, *problem)
		return
	}
	c.answer(w, func(_ *incident.Desk, s sight) (any, *Problem) {
		list := s.incidents()
		if !all {
			list = slices.Values(s.open())
		}
		answer := Incidents{Now: s.now, Incidents: make([]IncidentStatus, 0, min(limit, 128))}
		for i := range list {
			if answer.Incidents = append(answer.Incidents, incidentStatus(s, i)); len(answer.Incidents) == limit {
				break
			}
		}
		return answer, nil
	})
}

// limitOf is how many incidents are asked for; all of them where nothing is said.
func limitOf(r *http.Request) (int, *Problem) {
	asked := r.URL.Query().Get("limit")
	if asked == "" {
		return math.MaxInt, nil
	}
	limit, err := strconv.Atoi(asked)
	if err != nil || limit < 1 {
		p := badRequest(fmt.Sprintf("limit=%q is no number of incidents", asked), "limit=100")
		return 0, &p
	}
	return limit, nil
}

func (c *console) incident(w http.ResponseWriter, r *http.Request) {
	c.answerOne(w, r, func(d *incident.Desk, s sight, i incident.Incident) any {
		matching := slices.DeleteFunc(fitsOf(d, s, i), func(f PlaybookFit) bool { return !f.Fits })
		return Incident{Incident: i, Now: s.now, Status: incidentStatus(s, i), Story: storyOf(i), Playbooks: append([]PlaybookFit{}, matching...), Deactivation: d.Deactivation(s.now, i)}
	})
}

func (c *console) explain(w http.ResponseWriter, r *http.Request) {
	c.answerOne(w, r, func(d *incident.Desk, s sight, i incident.Incident) any { return explainedOf(d, s, i) })
}

// answerOne answers with a view of the incident that the path names, or says that there is none.
func (c *console) answerOne(w http.ResponseWriter, r *http.Request, view func(*incident.Desk, sight, incident.Incident) any) {
	c.answer(w, func(d *incident.Desk, s sight) (any, *Problem) {
		i, found := d.Incident(r.PathValue("id"))
		if !found {
			return nil, unknownIncident(d, r.PathValue("id"))
		}
		return view(d, s, i), nil
	})
}

func (c *console) situations(w http.ResponseWriter, _ *http.Request) {
	c.answer(w, func(d *incident.Desk, s sight) (any, *Problem) {
		situations := d.Verdicts(s.now)
		if situations == nil {
			situations = []detector.Verdict{}
		}
		return Situations{Now: s.now, Situations: situations, Components: s.components()}, nil
	})
}

func explainedOf(d *incident.Desk, s sight, i incident.Incident) Explained {
	e := Explained{Incident: i.ID, Now: s.now, Closed: i.Closed, JudgedBy: i.JudgedBy, OlderText: s.olderText(i), Declared: i.DeclaredAt, Awaits: awaits(s, i), Playbooks: []PlaybookFit{}}
	e.Verdict, e.Fresh = verdictNow(d, s, i)
	e.Gate = s.gate(i)
	e.Deactivation = d.Deactivation(s.now, i)
	for _, missing := range i.Unanswered() {
		if missing.Keeper != "" {
			e.Kept = append(e.Kept, Kept{missing.Service, missing.Keeper, strings.Join(missing.Missing, "; ")})
			continue
		}
		e.NoPlaybook = append(e.NoPlaybook, missing.Service)
	}
	e.Playbooks = append(e.Playbooks, fitsOf(d, s, i)...)
	return e
}

// verdictNow is what the detector says of an incident at this instant; once it follows it no more, what was written down.
func verdictNow(d *incident.Desk, s sight, i incident.Incident) (v detector.Verdict, fresh bool) {
	if i.Open() {
		for _, v := range d.VerdictsOn(i, s.now) {
			if v.Key == i.Key || slices.Contains(v.Absorbed, i.Key) {
				return v, true
			}
		}
	}
	return i.Verdict, false
}

// fitsOf looks at every playbook for an incident.
func fitsOf(d *incident.Desk, s sight, i incident.Incident) []PlaybookFit {
	if s.documents == nil {
		return nil
	}
	facts := d.Facts()
	situation := playbooks.Situation{Roots: i.Verdict.Roots, Lost: facts.DomainLost, Domain: s.documents.BIA.Members}
	for _, o := range i.Verdict.Services {
		if o.Objectives.Vital {
			situation.Services = append(situation.Services, o.Service)
		}
	}
	running := map[string]string{}
	for _, run := range i.Runs {
		running[run.Name] = run.ID
	}
	var fits []PlaybookFit
	for _, f := range playbooks.Match(s.documents.Playbooks, situation) {
		fits = append(fits, PlaybookFit{Playbook: f.Playbook.ID, Title: f.Playbook.Title, Fits: f.Fits, Missing: f.Missing, Running: running[f.Playbook.ID],
			Preconditions: d.Conditions(s.now, i, f.Playbook, since(i, f.Playbook))})
	}
	return fits
}

// since is when the first outage began that a playbook recovers from; of a playbook for none of them, when any did.
func since(i incident.Incident, p *playbooks.Playbook) time.Time {
	at := time.Time{}
	for _, o := range i.Verdict.Services {
		if slices.Contains(p.For.Services, o.Service) && !o.Since.IsZero() && (at.IsZero() || o.Since.Before(at)) {
			at = o.Since
		}
	}
	if at.IsZero() {
		return i.Verdict.Since
	}
	return at
}

func unknownIncident(d *incident.Desk, id string) *Problem {
	var open []string
	for _, i := range d.Incidents() {
		if i.Open() {
			open = append(open, i.ID)
		}
	}
	hint := "no incident is open"
	if len(open) > 0 {
		hint = "open: " + strings.Join(open, ", ")
	}
	p := notFound(fmt.Sprintf("there is no incident %q", id), hint)
	return &p
}

// stamp is an instant within a sentence, as the evidence writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }
