package console

import (
	"fmt"
	"maps"
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
	Now    time.Time      `json:"now"`
	Status IncidentStatus `json:"status"`
	Story  []Told         `json:"story"`
}

// Situations is the answer of GET /api/v1/situations: what the detector sees, whether or not an incident follows it.
type Situations struct {
	Now        time.Time                  `json:"now"`
	Situations []detector.Verdict         `json:"situations"`
	Components []detector.ComponentReport `json:"components"` // all
}

// Explained is the answer of GET /api/v1/incidents/{id}/explain: why an incident is on its level, and what would change it.
type Explained struct {
	Incident   string           `json:"incident"`
	Now        time.Time        `json:"now"`
	Fresh      bool             `json:"fresh"` // judged now; else as last written down
	Verdict    detector.Verdict `json:"verdict"`
	JudgedBy   string           `json:"judged_by"`            // digest of the bia.yaml that it is judged by
	OlderText  bool             `json:"older_text,omitempty"` // which is not the one in force
	Declared   time.Time        `json:"declared,omitzero"`
	Awaits     string           `json:"awaits,omitempty"`
	Playbooks  []PlaybookFit    `json:"playbooks"`             // those that fit first
	NoPlaybook []string         `json:"no_playbook,omitempty"` // services for which nothing applicable exists
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

// PlaybookFit says whether a playbook fits an incident, and what is missing.
type PlaybookFit struct {
	Playbook string   `json:"playbook"`
	Title    string   `json:"title,omitempty"`
	Fits     bool     `json:"fits"`
	Missing  []string `json:"missing,omitempty"`
	Running  string   `json:"running,omitempty"` // the run that carries it out
}

// OnCall is the answer of GET /api/v1/oncall: who can act for which role now, or at ?at=.
type OnCall struct {
	At    time.Time  `json:"at"`
	Roles []RoleLine `json:"roles"`
}

// RoleLine is a role's line of succession.
type RoleLine struct {
	Role   string   `json:"role"`
	People []string `json:"people"` // who is on duty first
}

func (c *console) incidents(w http.ResponseWriter, r *http.Request) {
	all := r.URL.Query().Get("all") == "true"
	limit, problem := limitOf(r)
	if problem != nil {
		writeProblem(w, *problem)
		return
	}
	c.answer(w, func(_ *incident.Desk, s sight) (any, *Problem) {
		list := s.open()
		if all {
			list = s.incidents
		}
		answer := Incidents{Now: s.now, Incidents: []IncidentStatus{}}
		for _, i := range list[:min(limit, len(list))] {
			answer.Incidents = append(answer.Incidents, incidentStatus(s, i))
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
	c.answerOne(w, r, func(_ *incident.Desk, s sight, i incident.Incident) any {
		return Incident{Incident: i, Now: s.now, Status: incidentStatus(s, i), Story: storyOf(i)}
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

func (c *console) oncall(w http.ResponseWriter, r *http.Request) {
	at := c.Now()
	if asked := r.URL.Query().Get("at"); asked != "" {
		parsed, err := time.Parse(time.RFC3339, asked)
		if err != nil {
			writeProblem(w, badRequest("at= is no instant: "+err.Error(), "write it as 2026-11-23T14:05:00Z"))
			return
		}
		at = parsed
	}
	c.answer(w, func(_ *incident.Desk, s sight) (any, *Problem) {
		s.now = at
		answer := OnCall{At: at, Roles: []RoleLine{}}
		if roster := s.people(); roster != nil {
			for _, role := range slices.Sorted(maps.Keys(roster.Roles)) {
				answer.Roles = append(answer.Roles, RoleLine{Role: role, People: s.line(role)})
			}
		}
		return answer, nil
	})
}

func explainedOf(d *incident.Desk, s sight, i incident.Incident) Explained {
	e := Explained{Incident: i.ID, Now: s.now, JudgedBy: i.JudgedBy, OlderText: s.olderText(i), Declared: i.DeclaredAt, Awaits: awaits(i), Playbooks: []PlaybookFit{}}
	e.Verdict, e.Fresh = verdictNow(d, s, i)
	for _, missing := range i.NoPlaybook {
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
		fits = append(fits, PlaybookFit{Playbook: f.Playbook.ID, Title: f.Playbook.Title, Fits: f.Fits, Missing: f.Missing, Running: running[f.Playbook.ID]})
	}
	return fits
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
