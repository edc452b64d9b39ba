package sim

import (
	"fmt"
	"strings"

	"holdfast/incident"
	"holdfast/playbooks"
)

// stepPlan is what a playbook says of a step, as far as the shadow holds it to that.
type stepPlan struct {
	kind      playbooks.Kind
	repeat    string
	undoes    string // how often its undo may be repeated
	approvals int
	fourEyes  bool
	milestone string
	machine   bool // hands are set to it
}

func newErrand(v incident.Invoked) *errand {
	r := &errand{Invoked: v, plan: map[string]stepPlan{}, steps: map[string]*deed{}, retried: map[string]bool{}}
	p, problems := playbooks.Parse(v.File, []byte(v.Text))
	if problems.HasErrors() {
		return r
	}
	for _, step := range p.Steps {
		plan := stepPlan{kind: step.Kind(), repeat: step.Repeat, approvals: max(step.Approvals, 1), fourEyes: step.FourEyes, milestone: step.Milestone}
		plan.machine = plan.kind == playbooks.KindRun || plan.kind == playbooks.KindVerify && step.Verify.Service == ""
		if step.Undo != nil {
			plan.undoes = step.Undo.Repeat
		}
		r.plan[step.ID] = plan
	}
	return r
}

func (r *errand) deed(step string) *deed {
	d := r.steps[step]
	if d == nil {
		d = &deed{approvals: map[string]string{}}
		r.steps[step] = d
	}
	return d
}

// step takes what happened to a step, or to its undo, into the books.
func (s *shadow) step(sequence uint64, id string, t *tale, event incident.Event) {
	run, name, undo := stepOf(event)
	if run == "" || name == "" {
		return
	}
	r := s.run(id, run)
	if r == nil {
		return
	}
	if r.ended {
		s.fail("I8", "%s happened to %s of run %s of %s, which has ended", event.Kind(), name, run, id)
	}
	called := name
	if undo {
		called += "/undo"
	}
	d := r.deed(called)
	where := fmt.Sprintf("%s of run %s of %s", called, run, id)
	_, acknowledged := event.(incident.Acknowledged)
	if d.over != "" && !acknowledged {
		s.fail("I4", "%s happened to %s, which is %s", event.Kind(), where, d.over)
	}
	switch v := event.(type) {
	case incident.StepStarted:
		s.started(sequence, id, r, d, where, v, false)
	case incident.UndoStarted:
		s.started(sequence, id, r, d, where, incident.StepStarted(v), true)
	case incident.StepDone:
		d.under = false
		s.decided(t, r, name, d, where)
		d.over = "done"
	case incident.UndoDone:
		d.under, d.over = false, "done"
	case incident.StepFailed:
		s.failed(d, v)
	case incident.UndoFailed:
		s.failed(d, incident.StepFailed(v))
	case incident.StepForbidden:
		d.under = false
	case incident.StepSkipped:
		d.over, d.under = "skipped", false
		if p := r.plan[name]; p.kind == playbooks.KindDecide && v.By.Person != "" && t.exercise == "" {
			s.fail("I7", "%s, a decision, is left out by %s", where, v.By.Person)
		}
	case incident.UndoSkipped:
		d.over, d.under = "skipped", false
	case incident.StepDeclined:
		d.over = "declined"
	case incident.Acknowledged:
		if d.acked != "" && v.From == "" {
			s.fail("I4", "%s is acknowledged by %s after %s", where, v.By.Person, d.acked)
		}
		d.acked = v.By.Person
	case incident.AcknowledgementLapsed:
		d.acked = ""
	case incident.ReleaseChanged:
		d.digest = v.Release.Digest
	case incident.StepApproved:
		if _, twice := d.approvals[v.By.Person]; twice && d.approvals[v.By.Person] == v.Digest {
			s.fail("I7", "%s is approved by %s twice", where, v.By.Person)
		}
		d.approvals[v.By.Person] = v.Digest
	}
}

// started holds that nothing starts that was called off, that an effect keeps its key, and that what must not be sent twice
// is not, unless a person says so.
func (s *shadow) started(sequence uint64, id string, r *errand, d *deed, where string, v incident.StepStarted, undo bool) {
	plan, known := r.plan[v.Step]
	repeat := plan.repeat
	if undo {
		repeat = plan.undoes
	}
	if r.ending && !undo {
		s.fail("I8", "%s starts, and its run is called off", where)
	}
	if undo && !r.ending {
		s.fail("I8", "%s starts, and nobody has called its run off", where)
	}
	if d.under && d.epoch == s.epoch {
		s.fail("I3", "%s starts (attempt %d) while attempt %d is under way", where, v.Attempt, d.attempt)
	}
	if v.Attempt != d.attempt+1 {
		s.fail("I3", "%s starts with attempt %d after attempt %d", where, v.Attempt, d.attempt)
	}
	if v.Epoch != s.epoch {
		s.fail("I9", "%s starts in epoch %d, and %d is in force", where, v.Epoch, s.epoch)
	}
	if d.key != "" && v.Key != d.key && v.By.Person == "" {
		s.fail("I3", "%s starts with the new key %s after %s, and nobody ordered that", where, v.Key, d.key)
	}
	if prefix := fmt.Sprintf("%s/%s/%s/", id, v.Run, strings.TrimPrefix(strings.TrimSuffix(where[:strings.Index(where, " ")], " "), " ")); !strings.HasPrefix(v.Key, prefix) {
		s.fail("I3", "%s starts with the key %s", where, v.Key)
	}
	if known && d.doubt && repeat != "safe" && v.By.Person == "" && (plan.kind == playbooks.KindRun || undo) {
		s.fail("I3b", "%s (repeat: %s) is sent again by itself, and how the attempt before went is not known", where, repeat)
	}
	if v.By.Person != "" {
		r.retried[v.By.Person] = true
	}
	if v.Key != d.key {
		d.key, d.doubt, d.acked = v.Key, false, ""
		d.approvals = map[string]string{}
	}
	d.attempt, d.epoch, d.over = v.Attempt, v.Epoch, ""
	d.under = r.Exercise == "" && (plan.machine || undo) // what of an exercise is only talked about is nobody's to wait for
	if v.Release != nil {
		d.digest = v.Release.Digest
	}
	s.orders[fmt.Sprintf("%s %d %d", v.Key, v.Attempt, v.Epoch)] = &order{sequence, id, v.Run, v.Step}
}

func (s *shadow) failed(d *deed, v incident.StepFailed) {
	d.under, d.acked = false, ""
	s.w.saw("a step fails: " + string(v.Outcome))
	if v.Outcome == incident.TimedOut || v.Outcome == incident.InDoubt {
		d.doubt = true
	}
}

// lastEditor is whom the playbooks name as such.
const lastEditor = "finn"

// decided holds that a decision is taken by as many as it needs, each for what was shown, and by nobody who asked for it.
func (s *shadow) decided(t *tale, r *errand, name string, d *deed, where string) {
	plan, known := r.plan[name]
	if !known || plan.kind != playbooks.KindDecide {
		return
	}
	n := 0
	for person, digest := range d.approvals {
		if !strings.HasPrefix(d.digest, digest) || digest == "" {
			continue
		}
		if plan.fourEyes && t.exercise == "" {
			switch person {
			case t.declarer, r.By.Person:
				s.fail("I7", "%s is approved by %s, who asked for it", where, person)
			case lastEditor:
				s.fail("I7", "%s is approved by %s, who edited the playbook last", where, person)
			}
		}
		n++
	}
	if n < plan.approvals {
		s.fail("I7", "%s is done with %d approvals of what is let happen, of %d", where, n, plan.approvals)
	}
}

// stepOf is the step that an event is about.
func stepOf(e incident.Event) (run, step string, undo bool) {
	switch e := e.(type) {
	case incident.StepStarted:
		return e.Run, e.Step, false
	case incident.ReleaseChanged:
		return e.Run, e.Step, false
	case incident.Acknowledged:
		return e.Run, e.Step, false
	case incident.AcknowledgementLapsed:
		return e.Run, e.Step, false
	case incident.HandOverOffered:
		return e.Run, e.Step, false
	case incident.StepApproved:
		return e.Run, e.Step, false
	case incident.StepDeclined:
		return e.Run, e.Step, false
	case incident.StepDone:
		return e.Run, e.Step, false
	case incident.StepFailed:
		return e.Run, e.Step, false
	case incident.StepSkipped:
		return e.Run, e.Step, false
	case incident.StepForbidden:
		return e.Run, e.Step, e.Undo
	case incident.UndoStarted:
		return e.Run, e.Step, true
	case incident.UndoDone:
		return e.Run, e.Step, true
	case incident.UndoFailed:
		return e.Run, e.Step, true
	case incident.UndoSkipped:
		return e.Run, e.Step, true
	}
	return "", "", false
}
