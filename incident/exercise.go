package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/playbooks"
)

// ruleExercise is who leaves out a step that is left out of exercises. The run goes on behind it.
const ruleExercise = "exercise"

// Kinds are the kinds of exercise, from the one that touches least of the world.
var Kinds = []Exercise{Tabletop, Simulation, Parallel, Full}

// Proves reports whether an exercise of this kind does what the playbook does, so that the time it takes is the playbook's.
func (e Exercise) Proves() bool { return e == Parallel || e == Full }

// talks reports whether a step is talked through by people in an exercise of this kind, instead of being carried out: what
// machines would do in a tabletop; in a simulation all but what may be repeated at will; in a parallel exercise what cannot
// be taken back.
func (e Exercise) talks(p *playbooks.Step) bool {
	switch kind := p.Kind(); {
	case kind == playbooks.KindVerify:
		return e == Tabletop
	case kind != playbooks.KindRun:
		return false
	case e == Tabletop:
		return true
	case e == Simulation:
		return p.Repeat != "safe" || p.PointOfNoReturn
	}
	return e == Parallel && p.PointOfNoReturn
}

// asRun is a playbook as a run of it has it: of an exercise, with what is talked through in the place of what is not carried
// out. It is a function of what is pinned, so that a replay has the same.
func (i *Incident) asRun(p *playbooks.Playbook, run Run) *playbooks.Playbook {
	switch {
	case run.Exercise == "":
		return p
	case run.CleanUp:
		return i.cleaning(p, run)
	}
	out := *p
	out.Steps = slices.Clone(p.Steps)
	for n := range out.Steps {
		if s := &out.Steps[n]; run.Exercise.talks(s) {
			out.Steps[n] = talkedThrough(s, run.By.Role)
		}
	}
	return &out
}

// talkedThrough is a step that people talk through: those whose it is, else whoever ordered the exercise.
func talkedThrough(s *playbooks.Step, role string) playbooks.Step {
	return playbooks.Step{Marks: s.Marks, ID: s.ID, Phase: s.Phase, After: s.After, Expect: s.Expect, Milestone: s.Milestone, OnFailure: "pause",
		When: s.When, Condition: s.Condition, Only: s.Only, Needs: s.Needs, Fallback: s.Fallback, Part: s.Part,
		Role: orText(s.Role, role), Do: "Talk it through, nothing is done: " + asked(s) + ". What would it do, how long would it take, what does it need?"}
}

// isTalkedThrough reports whether a step of an exercise's run stands in the place of one that is not carried out.
func isTalkedThrough(run Run, p *playbooks.Step) bool {
	return run.Exercise != "" && !run.CleanUp && p.Kind() == playbooks.KindDo && !p.Marks.Has("do") && p.Marks != nil
}

// leftOut is why a step is left out of an exercise; empty: it is not.
func (l leg) leftOut() string {
	switch {
	case l.run.Exercise == "" || l.run.CleanUp:
		return ""
	case slices.Contains(l.run.Playbook.Exercise.Skip, l.state().ID):
		return "the playbook leaves it out of exercises"
	case l.plan().Kind() == playbooks.KindWait && (l.run.Exercise == Tabletop || l.run.Exercise == Simulation):
		return fmt.Sprintf("nobody waits in a %s", l.run.Exercise)
	}
	return ""
}

// yields reports whether a live run may take what this one holds: it is an exercise, and no hands are at it.
func (r Run) yields() bool {
	if r.Exercise == "" || r.Playbook == nil {
		return false
	}
	_, busy := r.busy()
	return !busy
}

// sent are the steps of a run by which something was done to the world, or may have been. Of an attempt that was stopped
// before it left this house, or refused outright, that is certain; of any other it is not, and what a person says is done was done.
func (i *Incident) sent(run Run) (steps []string) {
	open, gone := map[string]bool{}, map[string]bool{}
	for _, r := range i.Timeline {
		switch e := r.Event.(type) {
		case StepStarted:
			if e.Run == run.ID {
				open[e.Step], gone[e.Step] = true, gone[e.Step] || open[e.Step]
			}
		case StepForbidden:
			if e.Run == run.ID && !e.Undo {
				open[e.Step] = false
			}
		case StepFailed:
			if e.Run == run.ID {
				open[e.Step], gone[e.Step] = false, gone[e.Step] || open[e.Step] && !e.Unsent && !e.NoEffect && e.Outcome != Unclear
			}
		case StepDone:
			if e.Run == run.ID {
				gone[e.Step] = true
			}
		}
	}
	for _, p := range run.effects() {
		if open[p.ID] || gone[p.ID] {
			steps = append(steps, p.ID)
		}
	}
	return steps
}

// effects are the steps of a run that were started and do something to the world.
func (r Run) effects() (all []*playbooks.Step) {
	if r.Playbook == nil {
		return nil
	}
	for n, s := range r.Steps {
		if p := &r.Playbook.Steps[n]; s.Attempt > 0 && p.Kind() == playbooks.KindRun {
			all = append(all, p)
		}
	}
	return all
}

// cleaning is the playbook of the run that puts back what an exercise did: what has an undo is undone, what was done last
// first; then come the steps that the playbook names for it. What neither puts back a person does.
func (i *Incident) cleaning(p *playbooks.Playbook, run Run) *playbooks.Playbook {
	out := *p
	out.Steps = i.undoing()
	left := i.leftBehind(out.Steps, run.PutBack)
	exercised, _ := i.rehearsed()
	for _, s := range p.Exercise.CleanUp {
		if begun, within := exercised.state(s.Part); within && begun.Status != Done {
			continue // the playbook whose step it is was not carried out
		}
		out.Steps = append(out.Steps, s)
		left = slices.DeleteFunc(left, func(l string) bool { return s.Part == "" || strings.HasPrefix(l, s.Part+".") })
	}
	if len(left) > 0 {
		out.Steps = append(out.Steps, playbooks.Step{ID: "clean-up", Phase: playbooks.Reconstitution, Role: run.By.Role, OnFailure: "pause",
			Do: "Put back what the exercise did, and see that it is as before: " + strings.Join(left, ", ")})
	}
	for n := 1; n < len(out.Steps); n++ {
		out.Steps[n].After = []string{out.Steps[n-1].ID}
	}
	return &out
}

// undoing are steps that undo what an exercise did, as far as that is certain, and nobody has undone it or decided that it is
// left: what an undo that was skipped has done, or whether the step took effect, people know or find out.
func (i *Incident) undoing() (steps []playbooks.Step) {
	run, ok := i.rehearsed()
	if !ok {
		return nil
	}
	if run.Ending != nil && !run.Ending.Undo {
		return nil // somebody wants no machine to touch it
	}
	for _, l := range i.reversals(run) {
		if run.Steps[l.n].Status != Done || l.state().Status != Pending {
			continue
		}
		put, err := l.run.Playbook.Steps[l.n].With(run.Steps[l.n].Values)
		if err != nil {
			continue // nothing can have been sent with values that have no place; a person puts it back
		}
		u := put.Undo
		steps = append(steps, playbooks.Step{ID: undoPrefix + run.Steps[l.n].ID, Phase: playbooks.Reconstitution, Run: u.Run, Timeout: u.Timeout, Retry: u.Retry,
			Backoff: u.Backoff, Repeat: u.Repeat, OnFailure: "pause"})
	}
	return steps
}

const undoPrefix = "undo-"

// leftBehind is what an exercise did by some of its steps, or by any if none are named, and neither was undone nor is going
// to be.
func (i *Incident) leftBehind(undoing []playbooks.Step, by []string) (left []string) {
	run, _ := i.rehearsed()
	for _, s := range run.effects() {
		state, _ := run.state(s.ID)
		undone := state.Undo != nil && state.Undo.Status == Done
		if !undone && (len(by) == 0 || slices.Contains(by, s.ID)) && !slices.ContainsFunc(undoing, func(u playbooks.Step) bool { return u.ID == undoPrefix+s.ID }) {
			left = append(left, s.ID+" ("+asked(s)+")")
		}
	}
	return left
}

// OpenCleanUp are the steps that still have to put back what an exercise did; nil when nothing has, or not yet.
func (i Incident) OpenCleanUp() (open []StepState) {
	for _, r := range i.Runs {
		for _, s := range r.Steps {
			if r.CleanUp && r.Active() && !s.ended() {
				open = append(open, s)
			}
		}
	}
	return open
}

// applyExercise folds the events of exercises; false: the event is none of these.
func (i *Incident) applyExercise(r Record) bool {
	switch e := r.Event.(type) {
	case ExerciseStarted:
		i.Exercise, i.Rehearsal, i.Key, i.JudgedBy = e.Exercise, &e, "exercise/"+r.Incident, e.JudgedBy
		i.Verdict.Explanation.Summary = e.summary()
	case ExerciseInterrupted:
		i.Interrupted = &e
	case ExerciseConcluded:
		i.Concluded, i.Closed = &e, r.At
	default:
		return false
	}
	return true
}

func (e ExerciseStarted) summary() string {
	return fmt.Sprintf("EXERCISE (%s) of the playbook %s: nothing is lost and nothing is declared", e.Exercise, e.Playbook)
}

// exerciseRules are the rules of an incident that is an exercise: what its runs have in common with live ones, and no other.
var exerciseRules = []func(Incident, World) []Event{
	Incident.interrupt,
	Incident.carryOn,
	Incident.cleanUp,
	Incident.conclude,
}

// interrupt ends what is left of an exercise when a live disaster is declared, and says so to all who were told of it.
func (i Incident) interrupt(w World) []Event {
	if w.Disaster() == "" || i.Interrupted != nil {
		return nil
	}
	tell := []string{i.Rehearsal.By.Person}
	for _, n := range i.Notices {
		tell = join(tell, []string{n.Person})
	}
	return []Event{ExerciseInterrupted{Disaster: w.Disaster(), Tell: tell}}
}

// givesWay is what an exercise's run still does while a live disaster goes on: what is under way ends, nothing more starts,
// nobody is escalated to. Then the run ends; one that cleans up waits until the disaster is over.
func (i Incident) givesWay(w World, run Run) []Event {
	for n := range run.Steps {
		for _, undo := range []bool{false, true} {
			l := leg{incident: i.ID, run: run, n: n, undo: undo}
			if undo && run.Steps[n].Undo == nil || l.state().Status != Running {
				continue
			}
			if e := i.letEnd(w, l); e != nil {
				return []Event{e}
			}
		}
	}
	if _, busy := run.busy(); busy || run.CleanUp {
		return nil
	}
	return []Event{RunEnded{Run: run.ID, Result: resultInterrupted}}
}

// letEnd ends what is under way of a step, and sends nothing again: what was under way when an instance died is in doubt.
func (i Incident) letEnd(w World, l leg) Event {
	var e Event
	if l.undo {
		e = i.inDoubt(w, l)
	} else {
		e = i.runningDue(w, l)
	}
	if undo, again := e.(UndoStarted); again {
		e = StepStarted(undo)
	}
	if started, again := e.(StepStarted); again {
		e = StepFailed{Run: started.Run, Step: started.Step, Attempt: l.state().Attempt, Outcome: InDoubt,
			Reason: "whether it took effect is not known, and it is not sent again while a disaster goes on"}
	}
	if _, more := e.(Escalated); more || e == nil {
		return nil // nobody else is told of an exercise that is over
	}
	return l.of(e)
}

const resultInterrupted = "interrupted"

// cleanUp starts the run that puts back what the exercise did, once that has ended. A live disaster comes first: what is put
// back then might be what is being recovered to.
func (i Incident) cleanUp(w World) []Event {
	if w.Disaster() != "" || i.active() > 0 || slices.ContainsFunc(i.Runs, func(r Run) bool { return r.CleanUp }) {
		return nil
	}
	run, ok := i.rehearsed()
	sent := i.sent(run)
	if !ok || len(sent) == 0 {
		return nil
	}
	e := Invoked{Run: fmt.Sprint(len(i.Runs) + 1), Service: run.Service, Playbook: run.Name, File: run.Playbook.File, Text: run.Playbook.Text, Digest: run.Digest,
		By: run.By, Reason: "to put back what the exercise did", Exercise: i.Exercise, CleanUp: true, PutBack: sent, Children: run.Written.Children}
	return []Event{e}
}

// rehearsed is the run of the exercise itself.
func (i Incident) rehearsed() (Run, bool) {
	n := slices.IndexFunc(i.Runs, func(r Run) bool { return !r.CleanUp && r.Playbook != nil })
	if n < 0 {
		return Run{}, false
	}
	return i.Runs[n], true
}

// conclude writes the record of an exercise that is over and cleaned up.
func (i Incident) conclude(w World) []Event {
	run, ok := i.rehearsed()
	if !ok || i.active() > 0 {
		return nil
	}
	clean := CleanUp{State: "not_needed"}
	if n := slices.IndexFunc(i.Runs, func(r Run) bool { return r.CleanUp }); n >= 0 {
		clean = cleaned(i.Runs[n])
	} else if len(i.sent(run)) > 0 {
		return nil
	}
	e := ExerciseConcluded{Exercise: i.Exercise, Playbook: run.Name, Digest: run.Digest, Touches: w.Documents.Touches(run.Playbook), Service: run.Service,
		By: i.Rehearsal.By, Reason: i.Rehearsal.Reason, Started: run.Started, Ended: run.Ended, Result: run.Result, Recovered: i.recoveredIn(run),
		TookPart: i.tookPart(), CleanUp: clean, Tell: join([]string{i.Rehearsal.By.Person}, nil)}
	if i.Interrupted != nil {
		e.Disaster = i.Interrupted.Disaster
	}
	for n := range run.Steps {
		e.Steps = append(e.Steps, shown(leg{incident: i.ID, run: run, n: n}))
	}
	e.Objectives = i.objectivesShown(w, run, e.Recovered)
	return []Event{e}
}

// cleaned is how a run that cleans up ended.
func cleaned(r Run) CleanUp {
	c := CleanUp{State: "done"}
	for n := range r.Steps {
		if s := r.Steps[n]; s.Status != Done {
			c.State = "waived"
			c.Waived = append(c.Waived, StepShown{Step: s.ID, Status: s.Status, Shown: "left_out", By: s.By, Reason: s.Reason})
		}
	}
	return c
}

func shown(l leg) StepShown {
	s := l.state()
	out := StepShown{Step: s.ID, Status: s.Status, Shown: "carried_out", Took: between(s.Started, s.Ended), By: s.By, Reason: s.Reason}
	switch {
	case s.Started.IsZero() || s.Status == Skipped:
		out.Shown = "left_out"
	case isTalkedThrough(l.run, l.plan()):
		out.Shown = "talked_through"
	}
	return out
}

// recoveredIn is how long a run took to the milestone that says recovered; where its playbook has none, to the end of all
// but reconstitution. Zero: it did not get there, or was talked through from end to end.
func (i Incident) recoveredIn(run Run) Span {
	if i.Exercise == Tabletop {
		return 0
	}
	var at time.Time
	marked := slices.ContainsFunc(run.Steps, func(s StepState) bool { return s.Milestone == "recovered" })
	for _, s := range run.Steps {
		switch counts := s.Milestone == "recovered" || !marked && s.Phase != playbooks.Reconstitution; {
		case !counts || s.Status == Skipped && s.By.Rule == ruleExercise && !marked:
		case s.Status != Done:
			return 0
		default:
			at = later(at, s.Ended)
		}
	}
	return between(run.Started, at)
}

// objectivesShown holds the time that an exercise took against the playbook's RTC and the service's RTO. People who talk a
// step through show nothing of how long it takes.
func (i Incident) objectivesShown(w World, run Run, recovered Span) (all []ObjectiveShown) {
	if recovered == 0 || !i.Exercise.Proves() || run.Result != "completed" {
		return nil
	}
	add := func(objective string, allowed time.Duration, measured Span) {
		if allowed > 0 {
			all = append(all, ObjectiveShown{Objective: objective, Allowed: Span(allowed), Measured: measured, Met: time.Duration(measured) <= allowed})
		}
	}
	o := w.Documents.BIA.Objectives(run.Service)
	rtc := run.Playbook.RTC
	if rtc == 0 {
		rtc = o.RTC
	}
	add("rtc", rtc, recovered)
	add("rto", o.RTO, Span(o.ConfirmFor+o.Margin)+recovered)
	return all
}

// tookPart are the people who acted in an exercise, in the order in which they first did.
func (i Incident) tookPart() (people []string) {
	for _, r := range i.Timeline {
		if by := actorOf(r.Event); by.Person != "" {
			people = join(people, []string{by.Person})
		}
	}
	return people
}

// actorOf is the person who did something to a step, or ordered the exercise.
func actorOf(e Event) Actor {
	switch e := e.(type) {
	case ExerciseStarted:
		return e.By
	case Acknowledged:
		return e.By
	case StepApproved:
		return e.By
	case StepDeclined:
		return e.By
	case StepDone:
		return e.By
	case StepFailed:
		return e.By
	case StepSkipped:
		return e.By
	case StepStarted:
		return e.By
	case Noted:
		return e.By
	}
	return Actor{}
}
