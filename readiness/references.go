package readiness

import (
	"maps"
	"slices"

	"holdfast/bia/condition"
	"holdfast/internal/source"
	"holdfast/playbooks"
)

// references: whatever a playbook names has to be in the analysis.
func (l *linter) references() {
	services, domains := knownIDs(l.BIA.Judged()), knownIDs(l.BIA.AllDomains())
	things, sets := knownIDs(l.BIA.Judged(), sortedKeys(l.BIA.Components)), knownIDs(l.data())
	anything := knownIDs(things.ids, domains.ids)
	known := map[condition.Kind]ids{condition.Service: services, condition.Component: knownIDs(sortedKeys(l.BIA.Components)), condition.Site: domains, condition.Data: sets}
	for _, p := range l.Playbooks {
		l.exist(p.For.Marks, "services", p.For.Services, "service or component", things)
		l.exist(p.For.Marks, "lost", p.For.Lost, "failure domain", domains)
		l.exist(p.For.Marks, "not_when_lost", p.For.NotWhenLost, "failure domain", domains)
		for _, c := range p.Preconditions {
			l.exist(c.Marks, "component_up", c.ComponentUp, "component or service", things)
			if r := c.RecoveryPointWithin; r != nil {
				l.exist(r.Marks, "data", []string{r.Data}, "set of data", sets)
			}
		}
		l.asked(p, known)
		for _, s := range p.Steps {
			if s.Part != "" {
				continue // told of the playbook that it is written in
			}
			l.exist(s.Marks, "needs", s.Needs, "component, service or failure domain", anything)
			l.exist(s.Marks, "returns_to", s.ReturnsTo, "failure domain", domains)
			if s.Verify != nil && s.Verify.Service != "" {
				l.exist(s.Verify.Marks, "service", []string{s.Verify.Service}, "process or service", services)
			}
		}
	}
	l.asserted()
}

// asserted checks what the assertions of bia.yaml ask about of the playbooks: a rule about what does not exist guards nothing.
func (l *linter) asserted() {
	known := map[string][]string{}
	for _, p := range l.Playbooks {
		known["playbook"] = append(known["playbook"], p.ID)
		known["resource"] = append(known["resource"], p.Exclusive...)
		for _, s := range p.Steps {
			known["step"] = append(known["step"], s.ID)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(l.BIA.Assertions)) {
		for _, m := range l.BIA.Assertions[id].Mentions() {
			if !slices.Contains(known[m.Kind], m.ID) {
				l.found.Errorf(m.At, "readiness/dangling", source.DidYouMean(m.ID, known[m.Kind]), "no playbook has the %s %q", m.Kind, m.ID)
			}
		}
	}
}

// asked: what a condition or a value of a playbook asks about.
func (l *linter) asked(p *playbooks.Playbook, known map[condition.Kind]ids) {
	what := map[condition.Kind]string{condition.Service: "process or service", condition.Component: "component", condition.Site: "site or failure domain", condition.Data: "set of data"}
	for _, a := range p.Asked {
		if a.At.File == p.File && !known[a.Kind].have(a.Name) {
			l.found.Errorf(a.At, "readiness/dangling", source.DidYouMean(a.Name, known[a.Kind].ids), "bia.yaml has no %s %q", what[a.Kind], a.Name)
		}
	}
}

// ids are those that the analysis has of some kind, to be looked up quickly: thousands of playbooks ask for them.
type ids struct {
	ids []string
	set map[string]bool
}

func knownIDs(lists ...[]string) ids {
	all := ids{slices.Concat(lists...), map[string]bool{}}
	for _, id := range all.ids {
		all.set[id] = true
	}
	return all
}

func (k ids) have(id string) bool { return k.set[id] }

func (l *linter) exist(marks source.Marks, key string, named []string, what string, known ids) {
	for i, id := range named {
		if !known.have(id) {
			l.found.Errorf(item(marks, key, i), "readiness/dangling", source.DidYouMean(id, known.ids), "bia.yaml has no %s %q", what, id)
		}
	}
}

// data are the ids of all sets of data, sorted.
func (l *linter) data() []string {
	var all []string
	for _, id := range l.BIA.Judged() {
		s, _ := l.BIA.Service(id)
		all = append(all, sortedKeys(s.Data)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
