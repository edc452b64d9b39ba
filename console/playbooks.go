package console

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"holdfast/incident"
	"holdfast/playbooks"
)

// Playbooks is the answer of GET /api/v1/playbooks: those in force, in order of id.
type Playbooks struct {
	Now       time.Time        `json:"now"`
	Playbooks []PlaybookStatus `json:"playbooks"`
}

// PlaybookStatus is a playbook in force, and what became of it. Of GET /api/v1/playbooks/{id} it holds the text as well.
type PlaybookStatus struct {
	Playbook   string        `json:"playbook"`
	Title      string        `json:"title,omitempty"`
	Version    int           `json:"version,omitempty"`
	Owner      string        `json:"owner,omitempty"`
	ApprovedBy string        `json:"approved_by,omitempty"`
	ApprovedOn time.Time     `json:"approved_on,omitzero"`
	NextReview time.Time     `json:"next_review,omitzero"`
	Services   []string      `json:"services"`
	Lost       []string      `json:"lost,omitempty"`
	Priority   int           `json:"priority,omitempty"`
	RTC        incident.Span `json:"rtc,omitempty"`
	Steps      int           `json:"steps"`
	File       string        `json:"file"`
	Digest     string        `json:"digest"`
	Running    []string      `json:"running,omitempty"`    // incident/run
	Exercising []string      `json:"exercising,omitempty"` // incident/run of exercises that are under way: they have shown nothing yet
	Exercised  *Carried      `json:"exercised,omitempty"`  // the last exercise that is concluded
	Text       string        `json:"text,omitempty"`
}

// Carried is a run of a playbook, and whether its text is another one by now.
type Carried struct {
	Run      string            `json:"run"` // incident/run
	Exercise incident.Exercise `json:"exercise,omitempty"`
	Started  time.Time         `json:"started"`
	Result   string            `json:"result,omitempty"`
	Digest   string            `json:"digest"`
	Changed  bool              `json:"changed,omitempty"`
}

// PlaybookDiff is the answer of …/diff: what the text in force says differently from the one that a run is pinned to.
type PlaybookDiff struct {
	Since Carried `json:"since"`
	playbooks.Difference
}

func (c *console) playbooks(w http.ResponseWriter, _ *http.Request) {
	c.answer(w, func(_ *incident.Desk, s sight) (any, *Problem) {
		list := Playbooks{Now: s.now, Playbooks: []PlaybookStatus{}}
		for _, p := range s.inForce() {
			list.Playbooks = append(list.Playbooks, s.playbookStatus(p))
		}
		return list, nil
	})
}

func (c *console) playbook(w http.ResponseWriter, r *http.Request) {
	c.answer(w, func(_ *incident.Desk, s sight) (any, *Problem) {
		p, problem := s.playbook(r.PathValue("id"))
		if problem != nil {
			return nil, problem
		}
		status := s.playbookStatus(p)
		status.Text = p.Text
		return status, nil
	})
}

// exerciseDiff is GET /api/v1/playbooks/{id}/diff: since its last exercise.
func (c *console) exerciseDiff(w http.ResponseWriter, r *http.Request) {
	c.answer(w, func(_ *incident.Desk, s sight) (any, *Problem) {
		p, problem := s.playbook(r.PathValue("id"))
		if problem != nil {
			return nil, problem
		}
		i, run, ok := s.exercised(p.ID)
		if !ok {
			missing := notFound(fmt.Sprintf("%s was never exercised to the end", p.ID), "a run of an incident can be compared with too: holdfast playbook diff --since run INCIDENT/RUN")
			return nil, &missing
		}
		return diffOf(i, run, p)
	})
}

// runDiff is GET /api/v1/incidents/{id}/runs/{run}/diff: since the run started.
func (c *console) runDiff(w http.ResponseWriter, r *http.Request) {
	c.answer(w, func(d *incident.Desk, s sight) (any, *Problem) {
		i, found := d.Incident(r.PathValue("id"))
		if !found {
			return nil, unknownIncident(d, r.PathValue("id"))
		}
		n := slices.IndexFunc(i.Runs, func(run incident.Run) bool { return run.ID == r.PathValue("run") })
		if n < 0 {
			missing := notFound(fmt.Sprintf("%s has no run %q", i.ID, r.PathValue("run")), fmt.Sprintf("it has %d, counted from 1", len(i.Runs)))
			return nil, &missing
		}
		p, problem := s.playbook(i.Runs[n].Name)
		if problem != nil {
			problem.Detail = fmt.Sprintf("the playbook %s of run %s is no longer among those in force", i.Runs[n].Name, i.Runs[n].ID)
			return nil, problem
		}
		return diffOf(i, i.Runs[n], p)
	})
}

func diffOf(i incident.Incident, run incident.Run, p *playbooks.Playbook) (any, *Problem) {
	if run.Written == nil {
		return nil, &Problem{Type: "unreadable", Status: http.StatusConflict, Detail: i.HandsOff}
	}
	return PlaybookDiff{Since: carried(i, run, p), Difference: playbooks.Diff(run.Written, p)}, nil
}

// inForce are the playbooks of the documents that are lived by, in order of id.
func (s sight) inForce() []*playbooks.Playbook {
	if s.documents == nil {
		return nil
	}
	return slices.SortedFunc(slices.Values(s.documents.Playbooks), func(a, b *playbooks.Playbook) int { return cmp.Compare(a.ID, b.ID) })
}

func (s sight) playbook(id string) (*playbooks.Playbook, *Problem) {
	var known []string
	for _, p := range s.inForce() {
		if p.ID == id {
			return p, nil
		}
		known = append(known, p.ID)
	}
	missing := notFound(fmt.Sprintf("there is no playbook %q", id), "in force: "+few(known))
	return nil, &missing
}

func (s sight) playbookStatus(p *playbooks.Playbook) PlaybookStatus {
	status := PlaybookStatus{Playbook: p.ID, Title: p.Title, Version: p.Version, Owner: p.Owner, ApprovedBy: p.ApprovedBy, ApprovedOn: p.ApprovedOn, NextReview: p.NextReview,
		Services: append([]string{}, p.For.Services...), Lost: p.For.Lost, Priority: p.Priority, RTC: incident.Span(p.RTC), Steps: len(p.Steps), File: p.File, Digest: p.Digest}
	for i := range s.incidents() {
		for _, run := range i.Runs {
			if run.Name == p.ID && run.Active() {
				status.Running = append(status.Running, i.ID+"/"+run.ID)
			}
		}
	}
	for _, i := range s.underExercise() {
		for _, run := range i.Runs {
			if run.Name == p.ID && !run.CleanUp {
				status.Exercising = append(status.Exercising, i.ID+"/"+run.ID)
			}
		}
	}
	if i, run, ok := s.exercised(p.ID); ok {
		last := carried(i, run, p)
		status.Exercised = &last
	}
	return status
}

// exercised is the last exercise of a playbook that is concluded: what is under way, or still to be put back, has shown nothing yet.
func (s sight) exercised(id string) (of incident.Incident, last incident.Run, ok bool) {
	for i := range s.exercises() {
		if i.Open() {
			continue
		}
		for _, run := range i.Runs {
			if run.Name == id && !run.CleanUp && (!ok || run.Started.After(last.Started)) {
				of, last, ok = i, run, true
			}
		}
	}
	return of, last, ok
}

func carried(i incident.Incident, run incident.Run, p *playbooks.Playbook) Carried {
	return Carried{Run: i.ID + "/" + run.ID, Exercise: run.Exercise, Started: run.Started, Result: run.Result, Digest: run.Digest, Changed: run.Digest != p.Digest}
}
