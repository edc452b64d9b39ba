package readiness

import (
	"slices"
	"strings"

	"holdfast/bia"
	"holdfast/playbooks"
)

// losses are what would follow from each loss, worked out once: the same few are asked of for every vital service.
type losses struct {
	analysis *bia.Analysis
	known    map[string]loss
	bearers  map[string][]string
}

func foresee(a *bia.Analysis) *losses {
	return &losses{a, map[string]loss{}, map[string][]string{}}
}

// ofDomains is what follows when failure domains are lost and nothing else is.
func (f *losses) ofDomains(domains ...string) loss {
	var gone []string
	for _, domain := range domains {
		gone = append(gone, f.analysis.Members(domain)...)
	}
	return f.once("domains "+strings.Join(domains, "\x00"), domains, gone)
}

// ofComponent is what follows when one component is gone, for reasons of its own.
func (f *losses) ofComponent(id string) loss {
	return f.once("component "+id, nil, []string{id})
}

func (f *losses) once(key string, domains, components []string) loss {
	l, known := f.known[key]
	if !known {
		l = f.without(domains, components)
		f.known[key] = l
	}
	return l
}

// bearersOf are the components whose loss can take a service down, sorted; not to be changed.
func (f *losses) bearersOf(service string) []string {
	all, known := f.bearers[service]
	if !known {
		all = f.analysis.Bearers(service)
		f.bearers[service] = all
	}
	return all
}

// A loss is what it means that some failure domains are lost, or one component: which components are gone, and which
// services go down.
type loss struct {
	*losses
	domains []string
	gone    map[string]bool // components
	down    map[string]bool // processes and services
	rooted  map[string][]string
	downs   []string                       // the same, sorted
	vitals  []string                       // the vital services that go down, sorted
	sharing map[string][]string            // of these, by component: those in whose loss it has a part; made when it is asked for
	covers  map[string]*playbooks.Playbook // by what explains the loss of a service: what brings it back, as far as it was asked; nil: nothing does
}

// without works out what follows when components are gone. Needs that are tolerated for a while count as lost: the loss
// of a site outlasts them.
func (f *losses) without(domains, components []string) loss {
	l := loss{losses: f, domains: domains, gone: map[string]bool{}, down: map[string]bool{}, rooted: map[string][]string{}, sharing: map[string][]string{}, covers: map[string]*playbooks.Playbook{}}
	open := slices.Clone(components)
	for _, c := range components {
		l.gone[c] = true
	}
	for len(open) > 0 {
		id := open[0]
		open = open[1:]
		for _, dependent := range f.analysis.Dependents(id) {
			if s, _ := f.analysis.Service(dependent); !l.down[dependent] && slices.ContainsFunc(s.Needs, l.unmet) {
				l.down[dependent] = true
				open = append(open, dependent)
			}
		}
	}
	l.downs = sortedKeys(l.down)
	for _, id := range l.downs {
		if l.analysis.Objectives(id).Judged() {
			l.vitals = append(l.vitals, id)
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

// vital are the vital services that go down, sorted; not to be changed.
func (l loss) vital() []string { return l.vitals }

// situation is what a playbook for a vital service has to fit: the service, and what goes down for the same reasons,
// since a playbook for that brings it back as well.
func (l loss) situation(service string) playbooks.Situation {
	s := playbooks.Situation{
		Roots:  l.roots(service),
		Lost:   func(domain string) bool { return slices.Contains(l.domains, domain) },
		Domain: l.analysis.Members,
	}
	for _, other := range l.beside(service) {
		if roots := l.roots(other); other == service || within(roots, s.Roots) || within(s.Roots, roots) {
			s.Services = append(s.Services, other)
		}
	}
	return s
}

// beside are a vital service that goes down and the others whose loss has a component in common with its, sorted.
func (l loss) beside(service string) []string {
	if len(l.sharing) == 0 {
		for _, id := range l.vitals {
			for _, root := range l.roots(id) {
				l.sharing[root] = append(l.sharing[root], id)
			}
		}
	}
	all := []string{service}
	for _, root := range l.roots(service) {
		all = append(all, l.sharing[root]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// roots are the components that are gone and whose loss can take a service down, sorted; not to be changed.
func (l loss) roots(service string) []string {
	all, known := l.rooted[service]
	if !known {
		all = slices.DeleteFunc(slices.Clone(l.bearersOf(service)), func(c string) bool { return !l.gone[c] })
		l.rooted[service] = all
	}
	return all
}

// within reports whether a is something, and all of it in b; b is sorted.
func within(a, b []string) bool {
	return len(a) > 0 && !slices.ContainsFunc(a, func(x string) bool { return !sortedHas(b, x) })
}

func sortedHas(all []string, one string) bool {
	_, in := slices.BinarySearch(all, one)
	return in
}
