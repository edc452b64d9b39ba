package incident

import (
	"slices"
	"time"

	"holdfast/playbooks"
)

// A Brake is on where a person has put it, until they or another take it off, or until an instant.
type Brake struct {
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until,omitzero"` // zero: until a person takes it off
	Reason string    `json:"reason"`

	Reminded time.Time `json:"reminded,omitzero"` // when people were last told that it is still on
}

// remindAt is when people are told that the brake is still on; zero: never, since it has a time of its own. The first time is
// after the decision time objective, and each further one after twice as long.
func (b *Brake) remindAt(objective time.Duration) time.Time {
	if b == nil || !b.Until.IsZero() || objective <= 0 {
		return time.Time{}
	}
	return b.At.Add(max(objective, 2*later(b.At, b.Reminded).Sub(b.At)))
}

// reminds is the event that says that a brake is still on, if it is time for that.
func (b *Brake) reminds(w World, run, step string) Event {
	at := b.remindAt(w.declaration().DecisionTimeObjective)
	if at.IsZero() || w.Now.Before(at) {
		return nil
	}
	return StillHeld{Run: run, Step: step, Tell: join(w.duty().first(w.declaration().Authority), []string{b.By.Person})}
}

// over reports whether the brake's own time has passed.
func (b *Brake) over(now time.Time) bool {
	return b != nil && !b.Until.IsZero() && !now.Before(b.Until)
}

// An Ending is why a run is being ended before its last step, and by whom.
type Ending struct {
	Result string    `json:"result"`         // what it will have come to, as in RunEnded
	Undo   bool      `json:"undo,omitempty"` // what it did is taken back in reverse order
	For    string    `json:"for,omitempty"`  // the playbook that it makes way for
	By     Actor     `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Queued is an invocation that a person has ordered and that waits for what stands in its way.
type Queued struct {
	InvocationQueued
	At time.Time `json:"at"`
}

// Results of a run that did not come to its last step.
const (
	resultAborted    = "aborted"
	resultUndone     = "undone"
	resultSuperseded = "superseded"
	resultCutShort   = "cut_short"
)

// applyControl folds what people do to a run as a whole, and what is taken back; false: the event is none of these.
func (i *Incident) applyControl(r Record) bool {
	switch e := r.Event.(type) {
	case RestOffered:
		i.run(e.Run, func(run *Run) { run.Offered = e.Steps })
	case RestSkipped:
		i.restSkipped(r.At, e)
	case StepForbidden:
		i.forbade(r.At, e)
	case RuleOverruled:
		i.overruled(r.At, e)
	case RunPaused:
		i.run(e.Run, func(run *Run) { run.Paused = &Brake{By: e.By, At: r.At, Until: e.Until, Reason: e.Reason} })
	case RunResumed:
		i.run(e.Run, func(run *Run) {
			run.Paused = nil
			if e.By.Person != "" {
				run.Resumed = r.At
			}
		})
	case StepHeld:
		i.step(e.Run, e.Step, func(_ *playbooks.Step, s *StepState) {
			s.Held = &Brake{By: e.By, At: r.At, Until: e.Until, Reason: e.Reason}
		})
	case StillHeld:
		i.reminded(r.At, e)
	case StepReleased:
		i.step(e.Run, e.Step, func(p *playbooks.Step, s *StepState) { s.released(r.At, p) })
	case InvocationQueued:
		i.Queued = append(slices.Clip(i.Queued), Queued{e, r.At})
	case RunSuperseded:
		i.run(e.Run, func(run *Run) {
			run.ending(Ending{Result: resultSuperseded, For: e.For, By: e.By, At: r.At, Reason: e.Reason})
		})
	case RunAborted:
		i.aborted(r.At, e)
	case UndoStarted:
		i.undo(e.Run, e.Step, func(p *playbooks.Step, s *StepState) { s.started(r.At, p, StepStarted(e)) })
	case UndoDone:
		i.undo(e.Run, e.Step, func(_ *playbooks.Step, s *StepState) {
			s.end(r.At, Done, e.By, "")
			s.Output = e.Output
		})
	case UndoFailed:
		i.undo(e.Run, e.Step, func(p *playbooks.Step, s *StepState) { s.failed(r.At, p, StepFailed(e)) })
	case UndoSkipped:
		i.undo(e.Run, e.Step, func(_ *playbooks.Step, s *StepState) { s.end(r.At, Skipped, e.By, e.Reason) })
	default:
		return false
	}
	return true
}

// reminded notes on a brake when people were told of it.
func (i *Incident) reminded(at time.Time, e StillHeld) {
	again := func(b *Brake) *Brake {
		if b == nil {
			return nil
		}
		told := *b
		told.Reminded = at
		return &told
	}
	if e.Step == "" {
		i.run(e.Run, func(run *Run) { run.Paused = again(run.Paused) })
		return
	}
	i.step(e.Run, e.Step, func(_ *playbooks.Step, s *StepState) { s.Held = again(s.Held) })
}

// forbade leaves a step, or its undo, to people.
func (i *Incident) forbade(at time.Time, e StepForbidden) {
	stop := func(p *playbooks.Step, s *StepState) {
		s.stuck(p)
		s.Outcome, s.Reason, s.FailedAt = Forbidden, e.Rule+": "+e.Reason, at
		s.Until, s.Again, s.Acked, s.AckedAt = time.Time{}, time.Time{}, Actor{}, time.Time{}
		if s.Started.IsZero() {
			s.Started = at
		}
		if s.Sent.IsZero() {
			s.Sent = at
		}
	}
	if e.Undo {
		i.undo(e.Run, e.Step, stop)
		return
	}
	i.step(e.Run, e.Step, stop)
	if run, ok := i.runOf(e.Run); ok && run.Ending != nil {
		i.step(e.Run, e.Step, func(_ *playbooks.Step, s *StepState) { s.end(at, CalledOff, Actor{}, s.Reason) })
	}
}

// released takes the brake off a step. Whoever was asked could not answer meanwhile, so their time begins anew; where the
// playbook names none, what was left of it goes on.
func (s *StepState) released(at time.Time, p *playbooks.Step) {
	held := s.Held
	s.Held = nil
	switch {
	case s.Status != Waiting || s.Until.IsZero():
	case within(p) > 0:
		s.Until = later(s.Until, at.Add(within(p)))
	case held != nil:
		s.Until = s.Until.Add(at.Sub(held.At))
	}
}

// aborted calls off one run, or all of them.
func (i *Incident) aborted(at time.Time, e RunAborted) {
	end := Ending{Result: resultAborted, Undo: !e.Keep, By: e.By, At: at, Reason: e.Reason}
	if e.By.Person == "" {
		end.Result = resultUndone
	}
	if e.Run != "" {
		i.run(e.Run, func(run *Run) { run.ending(end) })
		return
	}
	i.Aborted, i.Queued = &end, nil
	for _, run := range i.Runs {
		kept := run.Ending != nil && run.Ending.Result == resultAborted && !run.Ending.Undo // what somebody has said of it alone stands
		if run.Active() && !kept {
			i.run(run.ID, func(run *Run) { run.ending(end) })
		}
	}
}

// ending calls off every step that has not ended, but for effects under way: those are waited for. What a step had come to
// stays with it, since nobody may know whether there is anything to undo.
func (r *Run) ending(e Ending) {
	r.Ending, r.Paused = &e, nil
	r.Steps = slices.Clone(r.Steps)
	for n := range r.Steps {
		s := &r.Steps[n]
		if s.ended() || r.Playbook == nil || s.Status == Running && r.Playbook.Steps[n].Kind() == playbooks.KindRun {
			continue
		}
		s.end(e.At, CalledOff, e.By, orText(s.Reason, e.Reason))
	}
}

// undo changes a copy of the undo of a step of a run.
func (i *Incident) undo(run, step string, change func(*playbooks.Step, *StepState)) {
	i.step(run, step, func(p *playbooks.Step, s *StepState) {
		reversal := p.Reversal()
		if reversal == nil {
			i.HandsOff = "the journal speaks of an undo of step " + step + ", which has none"
			return
		}
		u := pending(reversal)
		if s.Undo != nil {
			u = *s.Undo
		}
		change(reversal, &u)
		s.Undo = &u
	})
}

// failed ends an attempt badly. In a run that is being ended nothing more comes of it.
func (i *Incident) failed(at time.Time, e StepFailed) {
	i.step(e.Run, e.Step, func(p *playbooks.Step, s *StepState) {
		s.failed(at, p, e)
		if run, ok := i.runOf(e.Run); ok && run.Ending != nil {
			s.end(at, CalledOff, e.By, e.Reason)
		}
	})
}

// runOf finds a run by id.
func (i *Incident) runOf(id string) (Run, bool) {
	n := slices.IndexFunc(i.Runs, func(r Run) bool { return r.ID == id })
	if n < 0 {
		return Run{}, false
	}
	return i.Runs[n], true
}

// acknowledged notes who took a step, or its undo once that has begun.
func (i *Incident) acknowledged(at time.Time, e Acknowledged) {
	i.step(e.Run, e.Step, func(p *playbooks.Step, s *StepState) {
		if s.Undo == nil {
			s.acknowledged(at, p, e)
			return
		}
		u := *s.Undo
		u.Acked, u.AckedAt = e.By, at
		s.Undo = &u
	})
}
