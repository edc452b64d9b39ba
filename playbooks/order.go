package playbooks

import "slices"

// Index is where a step stands in the playbook; -1 if there is none of that id.
func (p *Playbook) Index(id string) int {
	return slices.IndexFunc(p.Steps, func(s Step) bool { return s.ID == id })
}

// Step finds a step by id.
func (p *Playbook) Step(id string) (*Step, bool) {
	if i := p.Index(id); i >= 0 {
		return &p.Steps[i], true
	}
	return nil, false
}

// Waits are the steps that a step starts after: those of its `after`, or the one before it where it has none. The first
// step, one with an empty `after` and an unknown one wait for nothing.
func (p *Playbook) Waits(step string) []string {
	if s, ok := p.Step(step); ok {
		return s.After
	}
	return nil
}

// path is how a step comes to wait for another: from, what it waits for, what that waits for, …, to. Nil if it does not.
func (p *Playbook) path(from, to string) []string {
	seen := map[string]bool{}
	var walk func(id string) []string
	walk = func(id string) []string {
		if id == to {
			return []string{id}
		}
		if seen[id] {
			return nil
		}
		seen[id] = true
		for _, next := range p.Waits(id) {
			if rest := walk(next); rest != nil {
				return append([]string{id}, rest...)
			}
		}
		return nil
	}
	return walk(from)
}

// LeadsTo are the steps that have to end before a step can start, directly or further back.
func (p *Playbook) LeadsTo(id string) map[string]bool {
	leads := map[string]bool{}
	for again := p.Waits(id); len(again) > 0; {
		next := again[0]
		again = again[1:]
		if !leads[next] {
			leads[next] = true
			again = append(slices.Clip(again), p.Waits(next)...)
		}
	}
	return leads
}

// decidedBefore reports whether some decision lies, directly or further back, before a step. One that is taken in exercises
// only is none where it counts.
func (p *Playbook) decidedBefore(step string) bool {
	of, _ := p.Step(step)
	return slices.ContainsFunc(p.Steps, func(s Step) bool {
		return s.Kind() == KindDecide && s.ID != step && (s.Only != "exercise" || of.Only == "exercise") && p.path(step, s.ID) != nil
	})
}

// StandIn is what a step waits for as well where one that it comes after cannot be done: that one's fallback. Empty: there is
// none, or it is the step itself, or comes after it.
func (p *Playbook) StandIn(step, before string) string {
	s, ok := p.Step(before)
	if !ok || s.Fallback == "" || s.Fallback == step || p.path(s.Fallback, step) != nil {
		return ""
	}
	return s.Fallback
}

// LeftBehind are the steps of the playbook's own that act on machines, and of which nothing says what becomes of what they did when
// it is called off: neither an undo, nor that there is no way back on purpose, nor what people do by hand (abort).
func (p *Playbook) LeftBehind() (steps []string) {
	if p.Abort != "" {
		return nil
	}
	for n := range p.Steps {
		s := &p.Steps[n]
		if s.Kind() == KindRun && s.Undo == nil && !s.PointOfNoReturn && s.Only != "exercise" && s.Part == "" {
			steps = append(steps, s.ID)
		}
	}
	return steps
}
