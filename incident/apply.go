package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/detector"
	"holdfast/internal/source"
	"holdfast/playbooks"
)

// Apply is the incident after a record. It is total: what is in the journal has happened. The incident it is called on
// stays as it was; what has to change is copied.
func (i Incident) Apply(r Record) Incident {
	i.Timeline, i.secret = slices.Clip(i.Timeline), nil
	return i.apply(r)
}

// apply is Apply for whoever alone adds to the incident's timeline: it may grow in place.
func (i Incident) apply(r Record) Incident {
	i.take(r)
	return i
}

// take is apply for whoever alone has the incident: what has to change is changed where it is.
func (i *Incident) take(r Record) {
	i.Timeline = append(i.Timeline, r)
	if i.Opened.IsZero() {
		i.ID, i.Opened = r.Incident, r.At
		if !opens(r.Event) {
			i.HandsOff = "the record that opened it is missing from the journal"
		}
	}
	if !i.applyLife(r) && !i.applyReporting(r) && !i.applyRun(r) && !i.applyControl(r) && !understoodTomorrow(r.Event) {
		i.HandsOff = fmt.Sprintf("it holds an event of the kind %q, which this version of holdfast does not know", r.Event.Kind())
	}
	i.tell(r)
}

// opens reports whether an event is one that an incident begins with.
func opens(e Event) bool {
	switch e.(type) {
	case Classified, ExerciseStarted:
		return true
	}
	return false
}

// applyLife folds the events of the incident itself; false: the event is none of these.
func (i *Incident) applyLife(r Record) bool {
	switch e := r.Event.(type) {
	case Classified:
		i.classified(r.At, e)
	case DecisionDue:
		if e.Round == 1 {
			i.DecisionDueAt = r.At
		}
		i.DecisionDue = &e
	case Recommended:
		i.Recommended, i.RecommendedAt = &e, r.At
	case Declared:
		i.Declared, i.DeclaredAt = &e, r.At
	case DeclarationDeclined:
		i.Declined, i.DeclinedAt = &e, r.At
		i.Recommended, i.RecommendedAt = nil, time.Time{}
	case NoPlaybookFits:
		i.NoPlaybook = append(slices.Clip(i.NoPlaybook), e)
	case ObjectiveAtRisk:
		i.recovery(e.Service, func(c *Recovery) { c.Risk, c.RiskAt = e.Risk, r.At })
	case ObjectiveMissed:
		i.recovery(e.Service, func(c *Recovery) { c.miss(e) })
	case Restored:
		i.restored(e)
	case Relapsed:
		i.relapsed(e)
	case StandDownRecommended:
		i.StandDownRecommendedAt = r.At
	case StoodDown:
		i.StoodDown, i.Closed = &e, r.At
	case Rebased:
		i.JudgedBy = e.To
	case ActionAgreed:
		i.Actions = append(slices.Clip(i.Actions), Action{N: e.Action, At: r.At, Text: e.Text, Owner: e.Owner, Due: e.Due, By: e.By})
	case ActionDone:
		i.actionDone(r.At, e)
	case Noted, word:
	default:
		return i.applyExercise(r)
	}
	return true
}

func (i *Incident) classified(at time.Time, e Classified) {
	v := e.Verdict
	i.JudgedBy = orText(i.JudgedBy, e.JudgedBy)
	i.Key, i.Verdict, i.Level = v.Key, v, max(i.Level, v.Level)
	if v.Level == detector.Disaster && i.FirstDisaster.IsZero() {
		i.FirstDisaster = at
	}
	for _, o := range v.Services {
		i.clock(o)
	}
	if i.endsWith(v) {
		i.Closed = at
	}
	i.reconsider()
}

// endsWith reports whether a verdict ends the incident by itself: nothing was declared, and the situation is over.
func (i Incident) endsWith(v detector.Verdict) bool {
	return i.Declared == nil && !stillOn(v)
}

// reconsider takes back the recommendation to stand down when something is lost or under way again.
func (i *Incident) reconsider() {
	if !i.allRestored() || i.active() > 0 || i.bare() && stillOn(i.Verdict) {
		i.StandDownRecommendedAt = time.Time{}
	}
}

// applyRun folds the events of runs and notices; false: the event is none of these.
func (i *Incident) applyRun(r Record) bool {
	switch e := r.Event.(type) {
	case Invoked:
		i.invoked(r.At, e)
	case StepStarted:
		i.step(e.Run, e.Step, func(p *playbooks.Step, s *StepState) { s.started(r.At, p, e) })
	case Acknowledged:
		i.acknowledged(r.At, e)
	case AcknowledgementLapsed:
		i.step(e.Run, e.Step, func(_ *playbooks.Step, s *StepState) { s.lapsed(e) })
	case HandOverOffered:
		i.step(e.Run, e.Step, func(_ *playbooks.Step, s *StepState) {
			s.Offered = &Offer{To: e.To, By: e.By, At: r.At, Reason: e.Reason}
		})
	case StepApproved:
		i.step(e.Run, e.Step, func(_ *playbooks.Step, s *StepState) {
			s.Approvals = append(slices.Clip(s.Approvals), Approval{By: e.By, At: r.At, Digest: e.Digest})
		})
	case ReleaseChanged:
		i.step(e.Run, e.Step, func(_ *playbooks.Step, s *StepState) { s.rereleased(r.At, e) })
	case StepDeclined:
		i.step(e.Run, e.Step, func(_ *playbooks.Step, s *StepState) { s.end(r.At, Declined, e.By, e.Reason) })
	case StepDone:
		i.step(e.Run, e.Step, func(_ *playbooks.Step, s *StepState) {
			s.end(r.At, Done, e.By, "")
			s.Output, s.Answers, s.Evidence, s.Approved = e.Output, e.Answers, e.Evidence, e.Approved
		})
	case StepFailed:
		i.failed(r.At, e)
	case StepSkipped:
		i.step(e.Run, e.Step, func(_ *playbooks.Step, s *StepState) { s.end(r.At, Skipped, e.By, e.Reason) })
	case Escalated:
		if e.Step != "" {
			i.step(e.Run, e.Step, func(_ *playbooks.Step, s *StepState) { s.escalated(e) })
		}
	case RunEnded:
		i.run(e.Run, func(run *Run) { run.Ended, run.Result = r.At, e.Result })
	case Notified:
		i.notified(r.At, e)
	default:
		return false
	}
	return true
}

// invoked adds a run, its playbook read from the pinned text.
func (i *Incident) invoked(at time.Time, e Invoked) {
	run := Run{ID: e.Run, Service: e.Service, Covers: e.Covers, By: e.By, Name: e.Playbook, Digest: e.Digest, Started: at, Ordered: e.Ordered, Exercise: e.Exercise, CleanUp: e.CleanUp, PutBack: e.PutBack}
	p, problems := i.read(e)
	if problems.HasErrors() {
		i.HandsOff = fmt.Sprintf("the playbook that run %s is pinned to cannot be read by this version of holdfast: %s", e.Run, problems[0].Message)
	} else {
		run.Written, run.Playbook = p, i.asRun(p, run)
		if q := e.Asks; q != nil {
			run.Playbook, run.Question = run.Playbook.Asking(fmt.Sprintf("Start %s for %s, although %s?", e.Playbook, e.Service, strings.Join(q.Unmet, "; ")), q.Role, q.Within)
		}
		run.Steps = make([]StepState, 0, len(run.Playbook.Steps))
		for n := range run.Playbook.Steps {
			run.Steps = append(run.Steps, pending(&run.Playbook.Steps[n]))
		}
	}
	run.steps = i.secret
	i.Runs, i.runs = append(slices.Clip(i.Runs), run), i.secret // a new list
	i.NoPlaybook = slices.DeleteFunc(slices.Clone(i.NoPlaybook), func(n NoPlaybookFits) bool { return run.covers(n.Service) })
	i.Queued = slices.DeleteFunc(slices.Clone(i.Queued), func(q Queued) bool { return q.Playbook == e.Playbook && q.Service == e.Service })
	i.reconsider()
}

// read is the playbook as it was pinned, with those that it invokes. Mostly it is one of those in force, which have been read
// already.
func (i *Incident) read(e Invoked) (*playbooks.Playbook, source.Problems) {
	for _, p := range i.shelf {
		if p.ID == e.Playbook && p.File == e.File && p.Text == e.Text && p.Digest == e.Digest && slices.Equal(p.Children, e.Children) {
			return p, nil
		}
	}
	p, problems := playbooks.Parse(e.File, []byte(e.Text))
	if problems.HasErrors() || len(e.Children) == 0 {
		return p, problems
	}
	all := []*playbooks.Playbook{p}
	for _, c := range e.Children {
		child, more := playbooks.Parse(c.File, []byte(c.Text))
		all, problems = append(all, child), append(problems, more...)
	}
	if problems.HasErrors() {
		return p, problems
	}
	linked, more := playbooks.Link(all)
	return linked[0], append(problems, more...)
}

// run changes a copy of one run.
func (i *Incident) run(id string, change func(*Run)) {
	n := slices.IndexFunc(i.Runs, func(r Run) bool { return r.ID == id })
	if n < 0 {
		i.HandsOff = fmt.Sprintf("the journal speaks of run %s, which was never started", id)
		return
	}
	i.own()
	if c := i.Runs[n].cast; c == nil || c.asked() || !i.secret.keeps(i.runs) { // one that nobody has asked is as good as a new one
		i.Runs[n].cast = &cast{}
	}
	change(&i.Runs[n])
}

// step changes a copy of one step of a run.
func (i *Incident) step(run, step string, change func(*playbooks.Step, *StepState)) {
	i.run(run, func(r *Run) {
		n := r.indexOf(step)
		if n < 0 {
			i.HandsOff = fmt.Sprintf("the journal speaks of step %s, which run %s does not have", step, run)
			return
		}
		r.own(i.secret)
		change(&r.Playbook.Steps[n], &r.Steps[n])
	})
}

func (i *Incident) notified(at time.Time, e Notified) {
	if e.Notice < 1 || e.Notice > len(i.Notices) {
		i.HandsOff = fmt.Sprintf("the journal speaks of notice %d, which was never made", e.Notice)
		return
	}
	i.Notices = slices.Clone(i.Notices)
	n := &i.Notices[e.Notice-1]
	if n.open() {
		i.unsent--
	}
	n.Sent, n.Channel, n.Error = at, e.Channel, e.Error
}
