package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/bia"
	"holdfast/bia/condition"
	"holdfast/detector"
	"holdfast/internal/planted"
	"holdfast/playbooks"
)

// A Prohibition is why a step may not be carried out now, whatever its playbook says.
type Prohibition struct {
	Rule   string // id of an assertion of bia.yaml, or returns_to
	Reason string
}

// ruleReturns is the rule that nothing goes back to a side that is not known to be well.
const ruleReturns = "returns_to"

// forbidden is why a step may not have its effect now. It is asked when the step is to start, and once more at the moment
// of its effect.
func (i Incident) forbidden(w World, l leg) (Prohibition, bool) {
	if kind := l.plan().Kind(); kind != playbooks.KindRun && kind != playbooks.KindDo {
		return Prohibition{}, false
	}
	if why := unwell(w, l.plan().ReturnsTo); why != "" {
		return Prohibition{ruleReturns, why}, true
	}
	rules := w.Documents.BIA.Assertions
	if planted.Is(planted.AssertionsUnasked) {
		rules = nil
	}
	for _, id := range sortedIDs(rules) {
		if why := broken(w, rules[id], imminent{w, i, l}); why != "" && !l.state().overrules(id, why, w.Now) {
			return Prohibition{id, why}, true
		}
	}
	return Prohibition{}, false
}

func sortedIDs[V any](m map[string]V) []string {
	var ids []string
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// broken is why an assertion would not hold with the step begun. What nobody can tell counts as broken: what it protects
// cannot be had back.
func broken(w World, a bia.Assertion, p imminent) string {
	if a.Condition == nil {
		return ""
	}
	never := strings.Join(strings.Fields(a.Never), " ")
	switch is, _ := w.Facts.Ask(a.Condition, p); {
	case is.Holds:
		return fmt.Sprintf("%s (%s%s)", strings.TrimRight(a.Why, ". \n"), never, named(w, p.l, a.Condition))
	case is.Unsure:
		return fmt.Sprintf("%s (whether %s cannot be told: %s)", strings.TrimRight(a.Why, ". \n"), never, is.Why)
	}
	return ""
}

// named says how what a rule names stands now: that is what has to change before the step may go. How the step itself stands
// is left out; it changes by being carried out.
func named(w World, l leg, c *condition.Condition) string {
	var facts []string
	_, own := l.name()
	for _, n := range c.Names() {
		fact := ""
		switch n.Kind {
		case condition.Component:
			fact = fmt.Sprintf("%s is %s", n.ID, w.Facts.ComponentState(n.ID))
		case condition.Service:
			fact = fmt.Sprintf("%s is %s", n.ID, w.Facts.ServiceState(n.ID).State)
		case condition.Step:
			if s, ok := l.run.state(n.ID); ok && n.ID != own {
				fact = fmt.Sprintf("%s is %s", stepName(l.run.ID, n.ID), strings.ReplaceAll(string(s.Status), "_", " "))
			}
		}
		if fact != "" && !slices.Contains(facts, fact) {
			facts = append(facts, fact)
		}
	}
	if len(facts) == 0 {
		return ""
	}
	return "; now " + strings.Join(facts, ", ")
}

// unwell is what of some failure domains is not known to be well; empty: all of it is.
func unwell(w World, domains []string) string {
	var bad []string
	for _, domain := range domains {
		if w.Facts.DomainLost(domain) {
			bad = append(bad, domain+" is lost")
		}
		members := w.Documents.BIA.Members(domain)
		if len(members) == 0 {
			bad = append(bad, "bia.yaml has nothing in "+domain+" that could tell")
		}
		for _, id := range members {
			switch state := w.Facts.ComponentState(id); {
			case state != detector.Up:
				bad = append(bad, fmt.Sprintf("%s is %s", id, state))
			case w.Facts.Disputed(id):
				bad = append(bad, fmt.Sprintf("%s is disputed: some say that it is worse", id))
			}
		}
	}
	if len(bad) == 0 {
		return ""
	}
	return fmt.Sprintf("it goes back to %s, which is not known to be well: %s", listed(domains), strings.Join(bad, "; "))
}

// An imminent is a step that is about to start, as rules can ask about it.
type imminent struct {
	w World
	i Incident
	l leg
}

// Fact is one fact of what runs, and of the step that is next.
func (p imminent) Fact(of condition.Kind, id, field string, _ int64) condition.Fact {
	is := func(v any) condition.Fact { return condition.Fact{Value: v, Until: condition.Never} }
	step := p.l.plan()
	switch of {
	case condition.Playbook:
		mine := p.i.goingOn(func(r Run) bool { return r.Name == id })
		return is(mine != "" || p.w.Running(id) != "")
	case condition.Resource:
		mine := p.i.goingOn(func(r Run) bool { return r.Playbook != nil && slices.Contains(r.Playbook.Exclusive, id) })
		return is(mine != "" || p.w.Held(id) != "")
	case condition.Step:
		s, ok := p.l.run.state(id)
		return is(ok && s.Status == Done && (s.Undo == nil || s.Undo.Status != Done))
	}
	switch field {
	case "id":
		return is(step.ID)
	case "playbook":
		return is(p.l.run.Name)
	case "service":
		return is(p.l.run.Service)
	case "phase":
		return is(string(step.Phase))
	case "kind":
		return is(string(step.Kind()))
	case "undo":
		return is(p.l.undo)
	case "exercise":
		return is(p.l.run.Exercise != "")
	}
	return is(step.PointOfNoReturn)
}

// launch starts a step, or its undo, if no rule forbids it.
func (i Incident) launch(w World, l leg) Event {
	if p, forbidden := i.forbidden(w, l); forbidden {
		return l.stopped(w, p)
	}
	return l.of(i.setOff(w, l, Actor{}, ""))
}

// stopped says that a step was not carried out.
func (l leg) stopped(w World, p Prohibition) StepForbidden {
	run, step := l.name()
	return StepForbidden{Run: run, Step: step, Undo: l.undo, Attempt: l.state().Attempt, Rule: p.Rule, Reason: p.Reason, Tell: troubled(w, l)}
}

// Forbids is why an effect that is wanted may not be carried out at now, as its result; false: it may. It is asked at the
// last moment before the effect: since its step started its run may have been called off, and the world may have changed.
func (d *Desk) Forbids(now time.Time, e Effect) (Result, bool) {
	i, ok := d.incidents.find(e.Incident)
	if !ok || d.detector == nil || e.Notice != nil {
		return Result{}, false
	}
	f := d.glance(later(d.latest, now))
	for _, run := range i.Runs {
		if run.ID != e.Run || run.Playbook == nil {
			continue
		}
		for n, s := range run.Steps {
			if s.ID != e.Step {
				continue
			}
			l := leg{incident: i.ID, run: run, n: n, undo: e.Undo}
			if l.calledOff() && !run.CleanUp { // it was recorded that it starts, and it has not left
				return Result{Effect: e, Outcome: Failed, NoEffect: true, Reason: "its run was called off before it was sent"}, true
			}
			w := f.world(*i, nil)
			if why := l.disarmed(w); why != "" {
				return Result{Effect: e, Outcome: Forbidden, Rule: ruleDisarmed, Reason: why}, true
			}
			if p, forbidden := i.forbidden(w, l); forbidden {
				return Result{Effect: e, Outcome: Forbidden, Rule: p.Rule, Reason: p.Reason}, true
			}
		}
	}
	return Result{}, false
}

// glance is a draft that shows the facts, and decides nothing.
func (d *Desk) glance(now time.Time) *draft {
	return &draft{book: d.book, now: now, facts: d.detector.FactsAt(now), older: d.seen(now)}
}

// Waits are the steps, as "run/step", that wait for something else than the steps they come after, and for what.
func (d *Desk) Waits(now time.Time, i Incident) map[string]string {
	waits := map[string]string{}
	if d.detector == nil || !i.Open() {
		return waits
	}
	w := d.glance(now).world(i, nil)
	for _, run := range i.Runs {
		for n, s := range run.Steps {
			l := leg{incident: i.ID, run: run, n: n}
			if !run.Active() || run.Ending != nil || run.Playbook == nil || s.Status != Pending || !run.isNext(l.plan()) {
				continue
			}
			if why := i.waitsFor(w, l); why != "" {
				waits[run.ID+"/"+s.ID] = why
			}
		}
	}
	return waits
}

// ForbiddenNow are the stuck steps of runs that go on, as "run/step", that a rule forbids to carry out now, and why.
func (d *Desk) ForbiddenNow(now time.Time, i Incident) map[string]string {
	if d.detector == nil || !i.Open() {
		return map[string]string{}
	}
	return i.forbiddenNow(d.glance(now).world(i, nil))
}

func (i Incident) forbiddenNow(w World) map[string]string {
	why := map[string]string{}
	for _, run := range i.Runs {
		if !run.Active() || run.Playbook == nil {
			continue
		}
		for n, s := range run.Steps {
			l := i.legOf(run, n)
			if l.state().Status != Stuck {
				continue
			}
			if p, forbidden := i.forbidden(w, l); forbidden {
				why[run.ID+"/"+s.ID] = p.Rule + ": " + p.Reason
			}
		}
	}
	return why
}

// isNext reports whether all that a step comes after has ended.
func (r Run) isNext(p *playbooks.Step) bool {
	return !slices.ContainsFunc(r.awaited(p), func(id string) bool {
		s, ok := r.state(id)
		return ok && !s.ended()
	})
}

// awaited are the steps that one waits for: those that it comes after, and what is done instead of one of them that cannot be.
func (r *Run) awaited(p *playbooks.Step) []string {
	ids := p.After
	for n := 0; n < len(ids); n++ {
		at := r.indexOf(ids[n])
		if at < 0 || r.Steps[at].Status != Skipped || r.Steps[at].By.Rule != ruleNeeds {
			continue
		}
		if other := r.Playbook.StandIn(p.ID, ids[n]); other != "" && !slices.Contains(ids, other) {
			ids = append(slices.Clip(ids), other)
		}
	}
	return ids
}
