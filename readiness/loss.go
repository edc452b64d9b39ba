package readiness

import (
	"slices"

	"holdfast/bia"
	"holdfast/playbooks"
)

// A loss is what it means that some failure domains are lost: which components are gone, and which services go down.
type loss struct {
	analysis *bia.Analysis
	domains  []string
	gone     map[string]bool // components
	down     map[string]bool // processes and services
}

// lose works out what follows when failure domains are lost and nothing else is. Needs that are tolerated for a while
// count as lost: the loss of a site outlasts them.
func lose(a *bia.Analysis, domains ...string) loss {
	var gone []string
	for _, domain := range domains {
		gone = append(gone, a.Members(domain)...)
	}
	return without(a, domains, gone)
}

// without works out what follows when components are gone, because domains are lost or for reasons of their own.
func without(a *bia.Analysis, domains, components []string) loss {
	l := loss{a, domains, map[string]bool{}, map[string]bool{}}
	open := slices.Clone(components)
	for _, c := range components {
		l.gone[c] = true
	}
	for len(open) > 0 {
		id := open[0]
		open = open[1:]
		for _, dependent := range a.Dependents(id) {
			if s, _ := a.Service(dependent); !l.down[dependent] && slices.ContainsFunc(s.Needs, l.unmet) {
				l.down[dependent] = true
				open = append(open, dependent)
			}
		}
	}
	return l
}

// unmet reports whether a need takes its service below MBCO.
func (l loss) unmet(n bia.Need) bool {
	healthy := 0
	for _, member := range n.AnyOf {
		if !l.lost(member) {
			healthy++
		}
	}
	return !n.Partial && healthy < n.Minimum
}

// lost reports whether a component is gone or a service down.
func (l loss) lost(id string) bool { return l.gone[id] || l.down[id] }

// vital are the vital services that go down, sorted.
func (l loss) vital() []string {
	var all []string
	for _, id := range l.analysis.Judged() {
		if l.down[id] && l.analysis.Objectives(id).Judged() {
			all = append(all, id)
		}
	}
	return all
}

// situation is what a playbook for a vital service has to fit: the service, and what goes down for the same reasons,
// since a playbook for that brings it back as well.
func (l loss) situation(service string) playbooks.Situation {
	s := playbooks.Situation{
		Roots:  l.roots(service),
		Lost:   func(domain string) bool { return slices.Contains(l.domains, domain) },
		Domain: l.analysis.Members,
	}
	for _, other := range l.vital() {
		if roots := l.roots(other); other == service || within(roots, s.Roots) || within(s.Roots, roots) {
			s.Services = append(s.Services, other)
		}
	}
	return s
}

// roots are the components that are gone and whose loss can take a service down, sorted.
func (l loss) roots(service string) []string {
	return slices.DeleteFunc(l.analysis.Bearers(service), func(c string) bool { return !l.gone[c] })
}

// within reports whether a is something, and all of it in b; b is sorted.
func within(a, b []string) bool {
	return len(a) > 0 && !slices.ContainsFunc(a, func(x string) bool {
		_, in := slices.BinarySearch(b, x)
		return !in
	})
}
