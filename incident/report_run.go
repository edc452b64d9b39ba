package incident

import (
	"slices"
	"strings"
	"time"

	"holdfast/playbooks"
)

// A RunReport is one invocation: how long it took, and of that, how long machines worked and how long it waited for
// people alone.
type RunReport struct {
	Run       string        `json:"run"`
	Playbook  string        `json:"playbook"`
	Digest    string        `json:"digest"`
	Exercise  Exercise      `json:"exercise,omitempty"`
	CleanUp   bool          `json:"clean_up,omitempty"` // it put back what an exercise did
	Services  []string      `json:"services"`
	By        Actor         `json:"by"`
	Started   time.Time     `json:"started"`
	Ended     time.Time     `json:"ended,omitzero"`
	Result    string        `json:"result,omitempty"`
	Took      Span          `json:"took"`
	Machines  Span          `json:"machines"`            // while any machine was at work
	People    Span          `json:"people"`              // while none was, and a person was asked
	Critical  []string      `json:"critical"`            // the steps that held everything up, in their order
	Brakes    []BrakeReport `json:"brakes,omitempty"`    // while people kept it, or a step of it, from going on
	Forecasts []Foretold    `json:"forecasts,omitempty"` // how long it was thought to take, each time that moved, against what it took
	Ending    *Ending       `json:"ending,omitempty"`    // why it ended before its last step, and by whose word
	Steps     []StepReport  `json:"steps"`
}

// A BrakeReport is a pause of a run, or a step that was held.
type BrakeReport struct {
	Step   string    `json:"step,omitempty"` // empty: the run as a whole
	From   time.Time `json:"from"`
	To     time.Time `json:"to,omitzero"` // zero: it is still on
	By     Actor     `json:"by"`
	Reason string    `json:"reason"`
}

// An UndoReport is how a step was taken back.
type UndoReport struct {
	Status   StepStatus `json:"status"`
	Attempts int        `json:"attempts,omitempty"`
	Started  time.Time  `json:"started,omitzero"`
	Ended    time.Time  `json:"ended,omitzero"`
	Took     Span       `json:"took,omitempty"`
	By       Actor      `json:"by,omitzero"`
	Reason   string     `json:"reason,omitempty"`
	Output   string     `json:"output,omitempty"`
}

// A StepReport is how one step went.
type StepReport struct {
	Step      string            `json:"step"`
	Kind      playbooks.Kind    `json:"kind"`
	Phase     playbooks.Phase   `json:"phase"`
	Text      string            `json:"text"`
	Role      string            `json:"role,omitempty"`
	Milestone string            `json:"milestone,omitempty"`
	Status    StepStatus        `json:"status"`
	Attempts  int               `json:"attempts,omitempty"`
	Started   time.Time         `json:"started,omitzero"`
	Acked     time.Time         `json:"acked,omitzero"`
	AckedBy   Actor             `json:"acked_by,omitzero"`
	Ended     time.Time         `json:"ended,omitzero"`
	Took      Span              `json:"took,omitempty"`
	Expected  Span              `json:"expected,omitempty"` // by the playbook
	Machines  Span              `json:"machines,omitempty"`
	People    Span              `json:"people,omitempty"`
	By        Actor             `json:"by,omitzero"`
	Approved  []Approval        `json:"approved,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	Output    string            `json:"output,omitempty"`
	Answers   map[string]string `json:"answers,omitempty"`
	Evidence  string            `json:"evidence,omitempty"`
	Values    map[string]string `json:"values,omitempty"`   // what was put in, by the text of its expression
	Released  *Release          `json:"released,omitempty"` // of a decision: what it let happen, and the digest that was approved
	Problems  []StepProblem     `json:"problems,omitempty"`
	Course    []Stretch         `json:"course,omitempty"`
	Undo      *UndoReport       `json:"undo,omitempty"`
}

// A StepProblem is an attempt that did not go well, or an escalation.
type StepProblem struct {
	At   time.Time `json:"at"`
	What string    `json:"what"` // "failed", "timed_out", "in_doubt", "cannot", "escalated"
	Text string    `json:"text"`
}

// Doing is who was at a step.
type Doing string

// Who was at a step.
const (
	ByMachine Doing = "machine" // a machine, or the clock
	Asked     Doing = "asked"   // a person was asked, and nobody had taken it yet
	ByPerson  Doing = "person"  // somebody had taken it
	Paused    Doing = "paused"  // it failed and went again by itself
	StuckHere Doing = "stuck"   // it failed, and waited for a person to say how it goes on
	Undoing   Doing = "undo"    // a machine was taking it back
)

// A Stretch is a part of a step's time.
type Stretch struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Doing Doing     `json:"doing"`
}

// A course is how the time of a run passed.
type course struct {
	machines, people Span
	steps            map[string]*stepCourse
	brakes           []BrakeReport
}

type stepCourse struct {
	stretches []Stretch
	problems  []StepProblem
}

// courses follow all runs through the records: who was at what, in between any two of them.
func (i Incident) courses(until time.Time) map[string]*course {
	all := map[string]*course{}
	var state Incident
	var before time.Time
	pass := func(to time.Time) {
		for _, run := range state.Runs {
			if run.Active() && to.After(before) {
				all[run.ID].pass(run, before, to)
			}
		}
		before = to
	}
	for _, record := range i.Timeline {
		if !record.At.After(until) {
			pass(record.At)
		}
		state.Timeline = nil // the state is wanted, not the story
		state = state.Apply(record)
		if e, ok := record.Event.(Invoked); ok {
			all[e.Run] = &course{steps: map[string]*stepCourse{}}
		}
		if c := all[runOf(record.Event)]; c != nil {
			c.brake(record)
		}
		if run, step, problem, ok := problemOf(record); ok && all[run] != nil {
			s := all[run].step(step)
			s.problems = append(s.problems, problem)
		}
	}
	pass(until)
	return all
}

func (c *course) step(id string) *stepCourse {
	if c.steps[id] == nil {
		c.steps[id] = &stepCourse{}
	}
	return c.steps[id]
}

// pass adds a stretch of time: while any machine step is under way it is the machines'; while none is and a person is
// asked it is waiting for people.
func (c *course) pass(run Run, from, to time.Time) {
	var machine, person bool
	for _, s := range run.Steps {
		doing, busy := s.doing()
		if !busy {
			continue
		}
		machine = machine || doing.mechanical()
		person = person || !doing.mechanical()
		c.step(s.ID).add(Stretch{from, to, doing})
	}
	switch {
	case machine:
		c.machines += Span(to.Sub(from))
	case person:
		c.people += Span(to.Sub(from))
	}
}

func (s *stepCourse) add(next Stretch) {
	if n := len(s.stretches); n > 0 && s.stretches[n-1].Doing == next.Doing && s.stretches[n-1].To.Equal(next.From) {
		s.stretches[n-1].To = next.To
		return
	}
	s.stretches = append(s.stretches, next)
}

// time is how long machines, and how long people were at a step.
func (s *stepCourse) time() (machines, people Span) {
	for _, p := range s.stretches {
		if p.Doing.mechanical() {
			machines += between(p.From, p.To)
		} else {
			people += between(p.From, p.To)
		}
	}
	return machines, people
}

// mechanical reports whether no person is needed.
func (d Doing) mechanical() bool { return d == ByMachine || d == Paused || d == Undoing }

// brake notes where people put a brake on, and took it off.
func (c *course) brake(r Record) {
	off := func(step string) {
		for n := range c.brakes {
			if b := &c.brakes[n]; b.Step == step && b.To.IsZero() {
				b.To = r.At
			}
		}
	}
	switch e := r.Event.(type) {
	case RunPaused:
		off("")
		c.brakes = append(c.brakes, BrakeReport{From: r.At, By: e.By, Reason: e.Reason})
	case RunResumed:
		off("")
	case StepHeld:
		off(e.Step)
		c.brakes = append(c.brakes, BrakeReport{Step: e.Step, From: r.At, By: e.By, Reason: e.Reason})
	case StepReleased:
		off(e.Step)
	case RunEnded:
		for _, b := range slices.Clone(c.brakes) {
			off(b.Step)
		}
	}
}

// runOf is the run that an event about brakes is about.
func runOf(e Event) string {
	switch e := e.(type) {
	case RunPaused:
		return e.Run
	case RunResumed:
		return e.Run
	case StepHeld:
		return e.Run
	case StepReleased:
		return e.Run
	case RunEnded:
		return e.Run
	}
	return ""
}

// doing is who is at a step as it stands, or at its undo; false: nobody.
func (s StepState) doing() (Doing, bool) {
	if s.Undo != nil && !s.Undo.ended() {
		doing, busy := s.Undo.doing()
		if doing == ByMachine {
			doing = Undoing
		}
		return doing, busy
	}
	switch s.Status {
	case Running:
		return ByMachine, true
	case Retrying:
		return Paused, true
	case Stuck:
		return StuckHere, true
	case Waiting:
		if s.Acked == (Actor{}) {
			return Asked, true
		}
		return ByPerson, true
	}
	return "", false
}

func problemOf(r Record) (run, step string, p StepProblem, ok bool) {
	switch e := r.Event.(type) {
	case StepFailed:
		text := e.Reason
		if e.By.Person != "" {
			text = "says " + who(e.By) + because(e.Reason)
		}
		return e.Run, e.Step, StepProblem{At: r.At, What: string(e.Outcome), Text: text}, true
	case UndoFailed:
		return e.Run, e.Step, StepProblem{At: r.At, What: "undo_" + string(e.Outcome), Text: e.Reason}, true
	case Escalated:
		return e.Run, e.Step, StepProblem{At: r.At, What: "escalated", Text: "to " + e.Role + ", " + listed(e.Tell) + " told"}, e.Step != ""
	}
	return "", "", p, false
}

func (i Incident) runReport(run Run, c *course, now time.Time) RunReport {
	r := RunReport{Run: run.ID, Playbook: run.Name, Digest: run.Digest, Exercise: run.Exercise, CleanUp: run.CleanUp, Services: orElse(run.Covers, run.Service), By: run.By,
		Started: run.Started, Ended: run.Ended, Result: run.Result, Took: between(run.Started, ended(run.Ended, now)), Critical: run.critical(), Steps: []StepReport{}}
	r.Ending, r.Forecasts = run.Ending, i.Forecasts(run.ID)
	if c != nil {
		r.Machines, r.People, r.Brakes = c.machines, c.people, c.brakes
	}
	for _, s := range run.Steps {
		step := StepReport{Step: s.ID, Kind: s.Kind, Phase: s.Phase, Text: s.Text, Role: s.Role, Milestone: s.Milestone, Status: s.Status, Attempts: s.Attempt, Started: s.Started,
			Acked: s.AckedAt, AckedBy: s.Acked, Ended: s.Ended, Took: between(s.Started, s.Ended), By: s.By, Approved: s.Approvals,
			Reason: s.Reason, Output: s.Output, Answers: s.Answers, Evidence: s.Evidence}
		step.Released = s.Release
		for text, value := range s.Values {
			if step.Values == nil {
				step.Values = map[string]string{}
			}
			step.Values[text] = value.Plain()
		}
		if u := s.Undo; u != nil {
			step.Undo = &UndoReport{Status: u.Status, Attempts: u.Attempt, Started: u.Started, Ended: u.Ended, Took: between(u.Started, u.Ended), By: u.By, Reason: u.Reason, Output: u.Output}
		}
		if run.Playbook != nil {
			if p, ok := run.Playbook.Step(s.ID); ok {
				step.Expected = Span(p.Expect)
			}
		}
		if c != nil && c.steps[s.ID] != nil {
			step.Course, step.Problems = c.steps[s.ID].stretches, c.steps[s.ID].problems
			step.Machines, step.People = c.steps[s.ID].time()
		}
		r.Steps = append(r.Steps, step)
	}
	return r
}

// critical are the steps that held everything up: from the one that brought the service back, or else from the last to
// end, back to whatever it waited for longest, and so on.
func (r Run) critical() []string {
	path := []string{}
	if r.Playbook == nil {
		return path
	}
	var at StepState
	for _, s := range r.Steps {
		if at.Milestone != "recovered" && !s.Ended.IsZero() && !s.Started.IsZero() && (s.Milestone == "recovered" || s.Ended.After(at.Ended)) {
			at = s
		}
	}
	for at.ID != "" {
		path = append(path, at.ID)
		p, _ := r.Playbook.Step(at.ID)
		var last StepState
		for _, id := range p.After {
			if s, ok := r.state(id); ok && s.Ended.After(last.Ended) && !slices.Contains(path, s.ID) {
				last = s
			}
		}
		at = last
	}
	slices.Reverse(path)
	return path
}

// checks are what shows that it is well again: what was verified, and the evidence that people gave.
func (r *Report) checks(i Incident) {
	for _, run := range i.Runs {
		for _, s := range run.Steps {
			if s.ended() && s.Status != Skipped && (s.Kind == playbooks.KindVerify || s.Evidence != "" || len(s.Answers) > 0) {
				r.Checks = append(r.Checks, Checked{At: s.Ended, Run: run.ID, Step: s.ID, What: s.Text, Status: s.Status, By: s.By, Result: orText(s.Reason, strings.TrimSpace(s.Output)), Answers: s.Answers, Evidence: s.Evidence})
			}
		}
	}
}
