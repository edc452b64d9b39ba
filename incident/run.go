package incident

import (
	"fmt"
	"slices"
	"time"

	"holdfast/detector"
	"holdfast/internal/planted"
	"holdfast/playbooks"
)

// carryOn moves the runs on: it starts what may start, ends what has ended, and gives up what has run out of time.
func (i Incident) carryOn(w World) []Event {
	for _, run := range i.Runs {
		if !run.Active() || run.Playbook == nil {
			continue
		}
		if i.Exercise != "" && w.Disaster() != "" {
			if events := i.givesWay(w, run); len(events) > 0 {
				return events
			}
			continue
		}
		if e := i.runDue(w, run); e != nil {
			return []Event{e}
		}
	}
	return nil
}

func (i Incident) runDue(w World, run Run) Event {
	if e := run.Paused.reminds(w, run.ID, ""); e != nil {
		return e
	}
	if run.Paused.over(w.Now) {
		return RunResumed{Run: run.ID, By: Actor{Rule: ruleUntil}}
	}
	if run.Ending != nil && !planted.Is(planted.AbortIgnored) {
		return i.endingDue(w, run)
	}
	for n := range run.Steps {
		if e := i.stepDue(w, leg{incident: i.ID, run: run, n: n}); e != nil {
			return e
		}
	}
	if !slices.ContainsFunc(run.Steps, func(s StepState) bool { return !s.ended() }) {
		return RunEnded{Run: run.ID, Result: result(run)}
	}
	return nil
}

// result is how a run ended. A failure that the playbook itself passes over is none; one that a person had to leave out
// is.
func result(run Run) string {
	switch {
	case run.Ending != nil:
		return run.Ending.Result
	case slices.ContainsFunc(run.Steps, func(s StepState) bool { return s.Status == Declined }):
		return "declined"
	case slices.ContainsFunc(run.Steps, func(s StepState) bool { return s.Status == Skipped && s.Outcome != "" && s.Outcome != Unclear }):
		return "failed"
	}
	return "completed"
}

// A leg is one step of a run, or its undo, as it stands and as the playbook has it.
type leg struct {
	incident string
	run      Run
	n        int
	undo     bool
}

func (l leg) state() *StepState {
	s := &l.run.Steps[l.n]
	switch {
	case !l.undo:
		return s
	case s.Undo != nil:
		return s.Undo
	}
	fresh := pending(l.plan())
	return &fresh
}

func (l leg) plan() *playbooks.Step {
	p := &l.run.Playbook.Steps[l.n]
	if l.undo {
		return p.Reversal()
	}
	return p
}

func (l leg) name() (run, step string) { return l.run.ID, l.run.Steps[l.n].ID }

// called is the step, or its undo, within a sentence.
func (l leg) called() string {
	if l.undo {
		return "the undo of " + stepName(l.name())
	}
	return stepName(l.name())
}

// braked reports whether nothing of the step may start now.
func (l leg) braked() bool { return l.run.Paused != nil || l.run.Steps[l.n].Held != nil }

// stepDue is what the clock and the facts say of one step.
func (i Incident) stepDue(w World, l leg) Event {
	run, step := l.name()
	if s := l.state(); !s.ended() && s.Held != nil {
		if e := s.Held.reminds(w, run, step); e != nil {
			return e
		}
	}
	if s := l.state(); !s.ended() && s.Held.over(w.Now) {
		return StepReleased{Run: run, Step: step, By: Actor{Rule: ruleUntil}}
	}
	switch s := l.state(); s.Status {
	case Pending:
		return i.askedOf(w, l, i.begins(w, l))
	case Running:
		return i.runningDue(w, l)
	case Waiting:
		if e := i.rereleases(w, l); e != nil {
			return e
		}
		return i.escalates(w, l)
	case Stuck:
		return i.undoes(w, l)
	case Retrying:
		if !l.braked() && l.disarmed(w) == "" && !w.Now.Before(s.Again) {
			return i.launch(w, l)
		}
	}
	return nil
}

// begins starts a step when everything it waits for has ended, and leaves it out when a decision went against that.
func (i Incident) begins(w World, l leg) Event {
	ready := true
	run, step := l.name()
	for _, id := range l.run.awaited(l.plan()) {
		before, ok := l.run.state(id)
		if ok && before.bars(step) {
			reason := fmt.Sprintf("%s was declined", declinedAt(l.run, before))
			if before.For != "" {
				reason += " when it was asked once more"
			}
			return StepSkipped{Run: run, Step: step, By: Actor{Rule: ruleDeclined}, Reason: reason}
		}
		ready = ready && (!ok || before.ended())
	}
	if d, _, refused := l.askedAnew(); ready && refused {
		return StepSkipped{Run: run, Step: step, By: Actor{Rule: ruleDeclined}, Reason: fmt.Sprintf("%s was declined when it was asked once more", d.ID)}
	}
	why := i.waitsFor(w, l)
	if !ready || why != "" && why != l.disarmed(w) {
		return nil
	}
	e := i.turn(w, l)
	if _, leftOut := e.(StepSkipped); why != "" && !leftOut { // what is not done anyway keeps nobody behind it waiting
		return nil
	}
	return e
}

// waitsFor is what keeps a step from starting though all that it comes after has ended; empty: nothing.
func (i Incident) waitsFor(w World, l leg) string {
	s, p := l.state(), l.plan()
	switch {
	case l.run.Paused != nil:
		return fmt.Sprintf("the run is paused by %s since %s%s%s", who(l.run.Paused.By), stamp(l.run.Paused.At), untilWords(l.run.Paused.Until), because(l.run.Paused.Reason))
	case s.Held != nil:
		return fmt.Sprintf("it is held by %s since %s%s%s", who(s.Held.By), stamp(s.Held.At), untilWords(s.Held.Until), because(s.Held.Reason))
	case p.Phase == playbooks.Reconstitution && len(i.unrestored(l.run)) > 0:
		return fmt.Sprintf("reconstitution begins when all that the run covers is restored; not back yet: %s", listed(i.unrestored(l.run)))
	case len(p.ReturnsTo) > 0 && unwell(w, p.ReturnsTo) != "":
		return unwell(w, p.ReturnsTo)
	}
	if why := l.disarmed(w); why != "" {
		return why
	}
	if d, waits, _ := l.askedAnew(); waits {
		return fmt.Sprintf("what it would send is known only now, and %s is asked about it once more", d.ID)
	}
	return ""
}

// unrestored are the services that a run is to bring back and that are measured and not back.
func (i Incident) unrestored(run Run) (services []string) {
	for _, service := range union(run.Covers, []string{run.Service}) {
		if c, measured := i.Recovery(service); measured && c.Restored.IsZero() {
			services = append(services, service)
		}
	}
	return services
}

// declinedAt is the decision that barred a step.
func declinedAt(run Run, s StepState) string {
	for s.Status == Skipped {
		p, _ := run.Playbook.Step(s.ID)
		n := slices.IndexFunc(p.After, func(id string) bool {
			before, ok := run.state(id)
			return ok && before.bars(s.ID)
		})
		if n < 0 {
			break
		}
		s, _ = run.state(p.After[n])
	}
	return s.ID
}

// runningDue is about steps that no person ends.
func (i Incident) runningDue(w World, l leg) Event {
	switch kind := l.plan().Kind(); {
	case effective(l.plan()):
		return i.inDoubt(w, l)
	case kind == playbooks.KindNotify:
		return i.spread(w, l)
	case kind == playbooks.KindInvoke:
		return l.done("")
	case kind == playbooks.KindWait && !w.Now.Before(l.state().Until):
		return l.done("")
	case kind == playbooks.KindVerify && proven(w, l):
		return l.done(proof(w, l))
	case kind == playbooks.KindVerify && !w.Now.Before(l.state().Until):
		return fail(w, l, TimedOut, unproven(w, l))
	}
	return nil
}

func (l leg) done(output string) StepDone {
	run, step := l.name()
	return StepDone{Run: run, Step: step, Attempt: l.state().Attempt, Output: output}
}

// inDoubt is about an effect that nobody has reported back on: sent by an instance that is gone, or out of time.
func (i Incident) inDoubt(w World, l leg) Event {
	s, p := l.state(), l.plan()
	if planted.Is(planted.LeftUnderWay) && s.Epoch < w.Epoch {
		return nil
	}
	run, step := l.name()
	switch {
	case s.Epoch < w.Epoch && repeatable(p) && !l.calledOff() && (l.braked() || l.disarmed(w) != ""):
		return nil // nothing is sent again before it goes on
	case s.Epoch < w.Epoch && repeatable(p) && !l.calledOff():
		if rule, forbidden := i.forbidden(w, l); forbidden {
			return l.of(StepFailed{Run: run, Step: step, Attempt: s.Attempt, Outcome: InDoubt, Tell: troubled(w, l),
				Reason: fmt.Sprintf("holdfast was started anew while it was under way, and it may not be sent again: %s: %s", rule.Rule, rule.Reason)})
		}
		return l.of(i.setOff(w, l, Actor{}, ""))
	case s.Epoch < w.Epoch:
		reason := "holdfast was started anew while it was under way, and whether it took effect is not known"
		if p.Repeat == "never" {
			reason += "; it must not be repeated"
		}
		return l.of(StepFailed{Run: run, Step: step, Attempt: s.Attempt, Outcome: InDoubt, Reason: reason, Tell: troubled(w, l)})
	case !w.Now.Before(s.Until.Add(grace)):
		return l.of(fail(w, l, TimedOut, fmt.Sprintf("no answer within %s", span(s.Until.Sub(s.Sent)))))
	}
	return nil
}

// repeatable reports whether a step may be sent again when its outcome is not known. To ask changes nothing.
func repeatable(p *playbooks.Step) bool {
	return p.Kind() == playbooks.KindVerify || p.Repeat == "safe" || planted.Is(planted.AskedNobody)
}

// proven reports whether a service is as a verify step wants it, for as long as it wants.
func proven(w World, l leg) bool {
	since, ok := holds(w, l)
	return ok && !w.Now.Before(since.Add(l.plan().Verify.For))
}

// holds is since when a service is as a verify step wants it. In an exercise it may never have been lost: that counts from
// the step on, so that the exercise takes the time that it takes.
func holds(w World, l leg) (since time.Time, ok bool) {
	since, ok = measured(w, l.plan().Verify)
	if l.run.Exercise != "" {
		since = later(since, l.state().Started)
	}
	return since, ok
}

// measured is since when the detector sees a service as a verify step wants it.
func measured(w World, v *playbooks.Verify) (since time.Time, ok bool) {
	state := w.Facts.ServiceState(v.Service)
	if v.At == "full" {
		return state.Since, state.State == detector.Up
	}
	for _, o := range w.outages() {
		if o.Service == v.Service && !o.Since.IsZero() {
			return o.UpSince, !o.UpSince.IsZero() && state.State != detector.Unknown
		}
	}
	return state.Since, state.State == detector.Up || state.State == detector.Degraded
}

func proof(w World, l leg) string {
	v := l.plan().Verify
	since, _ := holds(w, l)
	return fmt.Sprintf("%s is %s since %s", v.Service, w.Facts.ServiceState(v.Service).State, stamp(since))
}

// unproven says what a verify step still misses.
func unproven(w World, l leg) string {
	v := l.plan().Verify
	state := w.Facts.ServiceState(v.Service).State
	if since, ok := holds(w, l); ok {
		return fmt.Sprintf("%s is %s only since %s, and not for %s", v.Service, state, stamp(since), span(v.For))
	}
	return fmt.Sprintf("%s is %s", v.Service, state)
}
