package incident

import (
	"fmt"
	"slices"

	"holdfast/bia/condition"
	"holdfast/detector"
	"holdfast/playbooks"
)

// A view is what the expressions of one step see: the incident, its run, the steps before it, and the facts.
type view struct {
	w World
	i Incident
	l leg
}

// Ask answers for a field. What nobody knows is an error, never a value that looks like one.
func (v view) Ask(of condition.Kind, id, field string) (any, error) {
	switch of {
	case "":
		return v.w.Now, nil
	case condition.TheIncident:
		return v.incident(field)
	case condition.TheRun:
		return v.run(field)
	case condition.Step:
		return v.step(id, field)
	case condition.Answers:
		return v.answer(id, field)
	case condition.Service:
		return v.service(id, field)
	case condition.Component:
		return v.component(id, field)
	case condition.Site:
		return v.site(id)
	}
	return v.data(id, field)
}

func (v view) incident(field string) (any, error) {
	i := v.i
	switch field {
	case "id":
		return i.ID, nil
	case "level":
		return i.Level.String(), nil
	case "opened":
		return i.Opened, nil
	case "services":
		return lostServices(v.w), nil
	case "lost":
		return v.lost(), nil
	case "roots":
		if v.w.Verdict == nil {
			return []string(nil), nil
		}
		return v.w.Verdict.Roots, nil
	}
	if i.Declared == nil {
		return nil, fmt.Errorf("%s is not declared a disaster", i.ID)
	}
	switch field {
	case "automatic":
		return i.Declared.Automatic, nil
	case "declared_by":
		return orText(i.Declared.By.Person, i.Declared.By.Rule), nil
	}
	return i.DeclaredAt, nil
}

func (v view) lost() []string {
	if v.w.Verdict == nil {
		return nil
	}
	return v.w.Verdict.Lost
}

func (v view) run(field string) (any, error) {
	r := v.l.run
	return map[string]any{
		"id": r.ID, "service": r.Service, "covers": orElse(r.Covers, r.Service), "playbook": r.Name, "version": int64(r.Playbook.Version),
		"exercise": string(r.Exercise), "by": orText(r.By.Person, r.By.Rule), "started": r.Started,
	}[field], nil
}

// state finds a step as the expression's own playbook names it.
func (v view) state(id string) (StepState, *playbooks.Step, error) {
	whole := v.l.plan().Sibling(id)
	s, ok := v.l.run.state(whole)
	p, planned := v.l.run.Playbook.Step(whole)
	if !ok || !planned {
		return s, nil, fmt.Errorf("run %s has no step %s", v.l.run.ID, whole)
	}
	return s, p, nil
}

func (v view) step(id, field string) (any, error) {
	s, _, err := v.state(id)
	switch {
	case err != nil:
		return nil, err
	case !s.ended():
		return nil, fmt.Errorf("%s has not ended", s.ID)
	}
	switch field {
	case "outcome":
		return outcomeOf(s), nil
	case "output":
		return s.Output, nil
	case "reason":
		return s.Reason, nil
	case "evidence":
		return s.Evidence, nil
	case "by":
		return orText(s.By.Person, s.By.Rule), nil
	case "ended":
		return s.Ended, nil
	}
	if s.Started.IsZero() {
		return nil, fmt.Errorf("%s never started", s.ID)
	}
	if field == "started" {
		return s.Started, nil
	}
	return s.Ended.Sub(s.Started), nil
}

// outcomeOf is how a step ended, in the words of the expressions.
func outcomeOf(s StepState) string {
	if s.Status == Given {
		return orText(string(s.Outcome), string(Failed))
	}
	return string(s.Status)
}

func (v view) answer(id, name string) (any, error) {
	s, p, err := v.state(id)
	if err != nil {
		return nil, err
	}
	text, given := s.Answers[name]
	if !given {
		return nil, fmt.Errorf("%s has no answer %s", s.ID, name)
	}
	value, err := p.Answers[name].Read(text)
	if err != nil {
		return nil, fmt.Errorf("the answer %s of %s cannot be read: %w", name, s.ID, err)
	}
	return value, nil
}

// service answers for a service or process. Where monitoring does not see it, nothing but that can be told.
func (v view) service(id, field string) (any, error) {
	written, ok := v.w.Documents.BIA.Service(id)
	if !ok {
		return nil, fmt.Errorf("bia.yaml has no service %s", id)
	}
	state := v.w.Facts.ServiceState(id).State
	objectives := v.w.Documents.BIA.Objectives(id)
	switch field {
	case "unknown":
		return state == detector.Unknown, nil
	case "vital":
		return objectives.Vital, nil
	case "rto":
		if objectives.RTO == 0 {
			return nil, fmt.Errorf("%s has no RTO", orText(written.Name, id))
		}
		return objectives.RTO, nil
	case "state":
		return known(id, state)
	}
	for _, o := range v.w.outages() {
		if o.Service == id && !o.Since.IsZero() {
			return v.outage(o, field)
		}
	}
	return nil, fmt.Errorf("%s has no outage", id)
}

func (v view) outage(o detector.Outage, field string) (any, error) {
	switch {
	case field == "since":
		return o.Since, nil
	case field == "down_for":
		return v.w.Now.Sub(o.Since), nil
	case field == "deadline" && !o.Clocks.Deadline.IsZero():
		return o.Clocks.Deadline, nil
	case field == "lti" && !o.Clocks.LTI.IsZero():
		return o.Clocks.LTI, nil
	case field == "time_to_lti" && !o.Clocks.LTI.IsZero():
		return o.Clocks.LTI.Sub(v.w.Now), nil
	}
	return nil, fmt.Errorf("%s has no %s", o.Service, field)
}

func known(id string, state detector.State) (any, error) {
	if state == detector.Unknown {
		return nil, fmt.Errorf("nobody can see in which state %s is", id)
	}
	return string(state), nil
}

func (v view) component(id, field string) (any, error) {
	if _, ok := v.w.Documents.BIA.Components[id]; !ok {
		return nil, fmt.Errorf("bia.yaml has no component %s", id)
	}
	state := v.w.Facts.ComponentState(id)
	if field == "unknown" {
		return state == detector.Unknown, nil
	}
	return known(id, state)
}

func (v view) site(id string) (any, error) {
	if !slices.Contains(v.w.Documents.BIA.AllDomains(), id) {
		return nil, fmt.Errorf("bia.yaml has no site or failure domain %s", id)
	}
	isLost := v.w.domainLost(id)
	if !isLost && v.w.unseen(id) {
		return nil, fmt.Errorf("nobody can see whether %s is lost: nothing in it is seen", id)
	}
	return isLost, nil
}

func (v view) data(id, field string) (any, error) {
	point, ok := v.w.Facts.RecoveryPoint(id)
	if !ok {
		return nil, fmt.Errorf("no recovery point of %s is known", id)
	}
	if field == "age" {
		return v.w.Now.Sub(point), nil
	}
	return point, nil
}

// domainLost reports whether a failure domain is lost, by what is known or by the verdict.
func (w World) domainLost(domain string) bool {
	return w.Facts.DomainLost(domain) || w.Verdict != nil && slices.Contains(w.Verdict.Lost, domain)
}

// unseen reports whether nobody can tell whether a failure domain is lost: there is something in it, and nobody sees in which
// state any of it is. That nobody says that it is lost proves nothing then.
func (w World) unseen(domain string) bool {
	members := w.Documents.BIA.Members(domain)
	return len(members) > 0 && !slices.ContainsFunc(members, func(id string) bool { return w.Facts.ComponentState(id) != detector.Unknown })
}
