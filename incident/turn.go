package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"holdfast/bia/condition"
	"holdfast/detector"
	"holdfast/playbooks"
)

// The rules by which a step is left out when its turn comes, as the actor of StepSkipped has them.
const (
	ruleDeclined = "declined" // a decision went against what it waits for
	ruleInvoke   = "invoke"   // the step that invokes its playbook was left out
	ruleFallback = "fallback" // what it stands in for was not lost
	ruleOnly     = "only"
	ruleWhen     = "when"
	ruleNeeds    = "needs" // what it needs is lost, and its fallback is done instead
)

// turn is what happens to a step when everything it waits for has ended: it is left out, it gets stuck since nobody can
// tell whether it is to be done, or it starts.
func (i Incident) turn(w World, l leg) Event {
	p := l.plan()
	run, step := l.name()
	leave := func(rule, format string, args ...any) Event {
		return StepSkipped{Run: run, Step: step, By: Actor{Rule: rule}, Reason: fmt.Sprintf(format, args...)}
	}
	if above, ok := l.run.state(p.Part); ok && above.Status == Skipped {
		return leave(ruleInvoke, "%s was left out", above.ID)
	}
	if standsInFor, lost := l.replaces(); len(standsInFor) > 0 && !lost {
		return leave(ruleFallback, "it is done instead of %s, and was not needed", listed(standsInFor))
	}
	if why := l.leftOut(); why != "" {
		return leave(ruleExercise, "%s", why)
	}
	switch live := l.run.Exercise == ""; {
	case p.Only == "live" && !live:
		return leave(ruleOnly, "it is not done in an exercise")
	case p.Only == "exercise" && live:
		return leave(ruleOnly, "it is done in exercises only")
	}
	if p.Condition != nil {
		answer, err := p.Condition.Evaluate(view{w, i, l})
		switch {
		case err != nil:
			return unclear(w, l, fmt.Sprintf("whether it is to be done cannot be told (when: %s): %v", p.Condition.Text(), err))
		case answer.Type() != condition.Boolean:
			return unclear(w, l, fmt.Sprintf("whether it is to be done cannot be told (when: %s): it is neither true nor false", p.Condition.Text()))
		case !answer.True():
			return leave(ruleWhen, "%s is false", p.Condition.Text())
		}
	}
	if why := unmet(w, p.Preconditions, i.lostSince(w, l)); len(why) > 0 {
		return unclear(w, l, fmt.Sprintf("the playbook %s is not for this: %s", p.Invoke, strings.Join(why, "; ")))
	}
	if why := l.undecided(); why != "" {
		return unclear(w, l, why)
	}
	switch why, doubt := lacks(w, p); {
	case why == "":
		return i.launch(w, l)
	case doubt || p.Fallback == "":
		return unclear(w, l, why)
	default:
		return leave(ruleNeeds, "%s; %s is done instead", why, p.Fallback)
	}
}

// undecided is why a point of no return does not start by itself although its playbook has a decision before it: every such
// decision was left out (when, only, exercise: skip, or with the playbook that it is a part of), so nobody has taken any.
func (l leg) undecided() string {
	if !l.plan().PointOfNoReturn || l.plan().Kind() == playbooks.KindDecide || l.run.Playbook.Unattended {
		return ""
	}
	var left []string
	for _, id := range l.upstream() {
		p, _ := l.run.Playbook.Step(id)
		s, ok := l.run.state(id)
		switch {
		case !ok || p.Kind() != playbooks.KindDecide, id == l.run.Question:
		case s.decided(l.plan().ID):
			return ""
		default:
			left = append(left, fmt.Sprintf("%s was left out%s", id, because(s.Reason)))
		}
	}
	if len(left) == 0 {
		return ""
	}
	return "there is no way back from it, and nobody has decided on it: " + strings.Join(left, "; ")
}

// lostSince is since when the service of a run is lost, as far as that was measured.
func (i Incident) lostSince(w World, l leg) time.Time {
	for _, o := range w.outages() {
		if o.Service == l.run.Service && !o.Since.IsZero() {
			return o.Since
		}
	}
	if c, ok := i.Recovery(l.run.Service); ok {
		return c.Since
	}
	return l.run.Started
}

// replaces are the steps that this one is the fallback of, and whether one of them cannot be done.
func (l leg) replaces() (ids []string, lost bool) {
	for n := range l.run.Steps {
		if l.run.Playbook.Steps[n].Fallback == l.plan().ID {
			s := l.run.Steps[n]
			ids, lost = append(ids, s.ID), lost || s.Status == Skipped && s.By.Rule == ruleNeeds
		}
	}
	return ids, lost
}

// lacks is why a step cannot be done: something that it needs is lost, or (doubt) nobody can see whether it is.
func lacks(w World, p *playbooks.Step) (why string, doubt bool) {
	for _, id := range p.Needs {
		if isLost, _ := outOfReach(w, id); isLost {
			return fmt.Sprintf("it needs %s, which is lost", id), false
		}
	}
	for _, id := range p.Needs {
		if _, unseen := outOfReach(w, id); unseen {
			return fmt.Sprintf("it needs %s, and nobody can see whether that is lost", id), true
		}
	}
	return "", false
}

// outOfReach reports whether a component, service or failure domain is lost, and whether that cannot be seen.
func outOfReach(w World, id string) (lost, unseen bool) {
	a := w.Documents.BIA
	if _, ok := a.Service(id); ok {
		state := w.Facts.ServiceState(id).State
		return state == detector.Down, state == detector.Unknown
	}
	if _, ok := a.Components[id]; ok {
		state := w.Facts.ComponentState(id)
		return state == detector.Down, state == detector.Unknown
	}
	if slices.Contains(a.AllDomains(), id) {
		isLost := w.domainLost(id)
		return isLost, !isLost && w.unseen(id)
	}
	return false, true
}

// unclear is a step of which nobody can tell whether or how it is to be done. It is stuck, whatever on_failure says: a
// person decides.
func unclear(w World, l leg, reason string) StepFailed {
	run, step := l.name()
	return StepFailed{Run: run, Step: step, Attempt: l.state().Attempt, Outcome: Unclear, Reason: short(reason), Tell: troubled(w, l)}
}

// setOff starts a step with the values that are put into it, or says why it cannot.
func (i Incident) setOff(w World, l leg, by Actor, reason string) Event {
	e := start(w, l, by, reason)
	switch values, err := i.values(w, l, e.Key); {
	case err != nil:
		return unclear(w, l, fmt.Sprintf("nothing was sent: %v", err))
	default:
		e.Values = values
	}
	if l.plan().Kind() == playbooks.KindDecide {
		var asked StepState
		asked.Frozen = i.freezes(w, l, asked)
		release := i.release(w, l, asked)
		e.Release, e.Frozen = &release, asked.Frozen
	}
	if e.Key != l.state().Key {
		if again := i.asksAgain(w, l, by, reason); again != nil {
			return again
		}
	}
	return e
}

// values are what is put into a step: under one key always the same, after a decision what was approved, else what the
// expressions come to now. The error says which comes to nothing, or has no place where it would stand.
func (i Incident) values(w World, l leg, key string) (map[string]condition.Value, error) {
	p, s := l.plan(), l.state()
	switch {
	case len(p.Parameters) == 0:
		return nil, nil
	case key == s.Key:
		return s.Values, nil
	}
	values, err := i.evaluated(w, l, nil)
	if err != nil {
		return nil, err
	}
	if _, err := p.With(values); err != nil {
		return nil, err
	}
	return values, nil
}

// evaluated are the values of a step: what was approved, else what was frozen when it was asked, else what it comes to now.
func (i Incident) evaluated(w World, l leg, frozen map[string]condition.Value) (map[string]condition.Value, error) {
	values := map[string]condition.Value{}
	approved := l.approved()
	for _, text := range slices.Sorted(maps.Keys(l.plan().Parameters)) {
		v, ok := approved[text]
		if !ok {
			v, ok = frozen[text]
		}
		if !ok {
			var err error
			if v, err = l.plan().Parameters[text].Evaluate(view{w, i, l}); err != nil {
				return nil, fmt.Errorf("%s has no value: %w", text, err)
			}
		}
		values[text] = v
	}
	return values, nil
}

// approved are the values of a step that a decision before it was taken on.
func (l leg) approved() map[string]condition.Value {
	for n := range l.run.Steps {
		// A decision that is asked once more, or was declined then, was taken before: what was approved stays what it is.
		if s := l.run.Steps[n]; (s.Status == Done || s.For != "") && s.Approved[l.plan().ID] != nil {
			return s.Approved[l.plan().ID]
		}
	}
	return nil
}
