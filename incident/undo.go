package incident

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/playbooks"
)

// ruleUntil is who takes a brake off whose own time has passed.
const ruleUntil = "until"

// ruleUndo is the rule by which a playbook takes back what was done when a step fails.
const ruleUndo = "on_failure: undo"

// undoesRun reports whether the failure of the step has the run undone.
func (l leg) undoesRun() bool { return !l.undo && l.plan().OnFailure == "undo" }

// undoes has a run undone whose playbook says so of a step that failed. What is in doubt or unclear is first looked at by a
// person.
func (i Incident) undoes(w World, l leg) Event {
	if s := l.state(); !l.undoesRun() || s.Outcome == InDoubt || s.Outcome == Forbidden || s.Outcome == Unclear || l.braked() {
		return nil
	}
	run, step := l.name()
	return RunAborted{Run: run, By: Actor{Rule: ruleUndo}, Reason: fmt.Sprintf("%s failed%s", step, because(l.state().Reason)), ByHand: l.run.byHand(),
		Tell: join(troubled(w, l), i.everTold(run))}
}

// byHand is what the playbook of a run, and those within it that have begun, say that people do when it is called off.
func (r Run) byHand() (all []string) {
	if r.Playbook == nil {
		return nil
	}
	say := func(abort string) {
		if words := strings.Join(strings.Fields(abort), " "); words != "" {
			all = append(all, words)
		}
	}
	say(r.Playbook.Abort)
	for n := range r.Steps {
		if r.Steps[n].Status == Done {
			say(r.Playbook.Steps[n].Abort)
		}
	}
	return all
}

// endingDue brings a run to its end: what is under way is waited for, then what was done is undone, one step at a time.
func (i Incident) endingDue(w World, run Run) Event {
	busy := false
	for n := range run.Steps {
		l := leg{incident: i.ID, run: run, n: n}
		if l.state().Status != Running {
			continue
		}
		if e := i.inDoubt(w, l); e != nil {
			return e
		}
		busy = true
	}
	if busy {
		return nil
	}
	for _, l := range i.reversals(run) {
		if e, waits := i.undoDue(w, l); e != nil || waits {
			return e
		}
	}
	return RunEnded{Run: run.ID, Result: run.Ending.Result}
}

// undoDue is what is due of one undo, and whether those further back have to wait for it.
func (i Incident) undoDue(w World, l leg) (e Event, waits bool) {
	s, run := l.state(), l.run
	switch {
	case s.ended():
		return nil, false
	case s.Status == Running:
		return i.inDoubt(w, l), true
	case !run.Ending.Undo:
		return nil, false
	case run.Paused != nil || s.Status == Stuck:
		return nil, true
	case l.disarmed(w) != "" && (s.Status == Retrying || run.Steps[l.n].Status == Done):
		return nil, true
	case s.Status == Retrying && w.Now.Before(s.Again):
		return nil, true
	case s.Status == Pending && run.Steps[l.n].Status != Done:
		id, step := l.name()
		return UndoFailed{Run: id, Step: step, Outcome: InDoubt, Tell: troubled(w, l),
			Reason: "whether the step took effect is not known: retry undoes it, skip leaves it"}, true
	}
	return i.launch(w, l), true
}

// undoWaits is what an undo that is still to come waits for, and what a person does about it.
func (l leg) undoWaits(w World) string {
	run, step := l.name()
	switch b := l.run.Paused; {
	case l.state().Status == Stuck:
		return fmt.Sprintf("done, retry or skip it: holdfast retry %s %s/%s --reason WHY", l.incident, run, step)
	case b != nil:
		return fmt.Sprintf("the run is paused by %s since %s: holdfast resume %s %s", who(b.By), stamp(b.At), l.incident, run)
	case l.disarmed(w) != "":
		return l.disarmed(w)
	}
	return "wait for it"
}

// reversals are the undoes of a run's steps that did, or may have done, something: the step that ended last first.
func (i Incident) reversals(run Run) (all []leg) {
	seen, doubted := map[string]bool{}, i.doubted(run)
	for _, r := range slices.Backward(i.Timeline) {
		id, step := endOf(r.Event)
		if e, is := r.Event.(Acknowledged); is && run.taken(e.Step) {
			id, step = e.Run, e.Step
		}
		if id != run.ID || seen[step] {
			continue
		}
		seen[step] = true
		n := run.Playbook.Index(step)
		if n < 0 || run.Playbook.Steps[n].Undo == nil || !run.Steps[n].ended() {
			continue
		}
		if run.Steps[n].Status == Done || doubted[step] || run.taken(step) {
			all = append(all, leg{incident: i.ID, run: run, n: n, undo: true})
		}
	}
	return all
}

// taken reports whether a person was at a step when it was called off: they may have done a part of it.
func (r *Run) taken(step string) bool {
	n := r.indexOf(step)
	return n >= 0 && r.Steps[n].Status == CalledOff && r.Steps[n].Acked != (Actor{}) && r.Playbook.Steps[n].Kind() == playbooks.KindDo
}

// endOf is the step of which an event ends an attempt.
func endOf(e Event) (run, step string) {
	switch e := e.(type) {
	case StepDone:
		return e.Run, e.Step
	case StepFailed:
		return e.Run, e.Step
	}
	return "", ""
}

// doubted are the steps of a run of which some attempt may have taken effect without anybody knowing: it failed, or it was sent
// again after a daemon had died, and the answer to the second sending says nothing of the first.
func (i Incident) doubted(run Run) map[string]bool {
	doubted, open := map[string]bool{}, map[string]bool{}
	for _, r := range i.Timeline {
		switch e := r.Event.(type) {
		case StepStarted:
			if e.Run == run.ID {
				doubted[e.Step], open[e.Step] = doubted[e.Step] || open[e.Step], true
			}
		case StepFailed:
			if e.Run == run.ID {
				doubted[e.Step], open[e.Step] = doubted[e.Step] || e.mayHaveActed(), false
			}
		case StepForbidden:
			if e.Run == run.ID && !e.Undo {
				open[e.Step] = false
			}
		case StepDone:
			if e.Run == run.ID {
				open[e.Step] = false
			}
		case StepSkipped:
			if e.Run == run.ID {
				open[e.Step] = false
			}
		}
	}
	return doubted
}

// of is an event of a step as one of the step's undo, where that is what the leg is.
func (l leg) of(e Event) Event {
	if !l.undo {
		return e
	}
	switch e := e.(type) {
	case StepStarted:
		return UndoStarted(e)
	case StepDone:
		return UndoDone(e)
	case StepFailed:
		return UndoFailed(e)
	case StepSkipped:
		return UndoSkipped(e)
	}
	return e
}

// unsettled is an undo that has still to be done or decided; false: none.
func (i Incident) unsettled(run Run) (leg, bool) {
	if run.Ending == nil || !run.Ending.Undo || run.Playbook == nil {
		return leg{}, false
	}
	for _, l := range i.reversals(run) {
		if !l.state().ended() {
			return l, true
		}
	}
	return leg{}, false
}
