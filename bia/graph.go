package bia

import (
	"maps"
	"slices"
)

// graph is the needs among components, services and processes, ready to walk both ways.
type graph struct {
	judged     map[string]*Service // processes and services
	dependents map[string][]string // id -> services that need it, sorted
	members    map[string][]string // failure domain -> components, sorted
	objectives map[string]Objectives
}

// connect builds the graph. It holds for any document, dangling needs and cycles included.
func (a *Analysis) connect() {
	g := graph{judged: map[string]*Service{}, dependents: map[string][]string{}, members: map[string][]string{}}
	maps.Copy(g.judged, a.Processes)
	maps.Copy(g.judged, a.Services)
	for _, id := range slices.Sorted(maps.Keys(g.judged)) {
		for _, n := range g.judged[id].Needs {
			for _, member := range n.AnyOf {
				if known := g.dependents[member]; len(known) == 0 || known[len(known)-1] != id {
					g.dependents[member] = append(known, id)
				}
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(a.Components)) {
		for _, domain := range a.Domains(id) {
			g.members[domain] = append(g.members[domain], id)
		}
	}
	a.graph = g
}

// Service finds a process or service.
func (a *Analysis) Service(id string) (*Service, bool) {
	s, ok := a.graph.judged[id]
	return s, ok
}

// Judged are the ids of all processes and services, sorted.
func (a *Analysis) Judged() []string { return slices.Sorted(maps.Keys(a.graph.judged)) }

// Dependents are the services that name a component or service among their needs, sorted.
func (a *Analysis) Dependents(id string) []string { return slices.Clone(a.graph.dependents[id]) }

// Below are the components that a service rests on, directly or through other services, sorted. Partial needs count:
// their loss shows. See [Analysis.Bearers] for those whose loss can take it down.
func (a *Analysis) Below(service string) []string {
	return a.components(service, func(Need) bool { return true })
}

// Bearers are the components whose loss can take a service down: those reached over full-effect needs alone, sorted.
func (a *Analysis) Bearers(service string) []string {
	return a.components(service, func(n Need) bool { return !n.Partial })
}

func (a *Analysis) components(service string, follow func(Need) bool) []string {
	seen, open, found := map[string]bool{service: true}, []string{service}, []string(nil)
	for len(open) > 0 {
		s, judged := a.graph.judged[open[0]]
		if _, component := a.Components[open[0]]; component {
			found = append(found, open[0])
		}
		open = open[1:]
		if !judged {
			continue
		}
		for _, n := range s.Needs {
			if !follow(n) {
				continue
			}
			for _, member := range n.AnyOf {
				if !seen[member] {
					seen[member] = true
					open = append(open, member)
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// Domains are the failure domains of a component, its site first, sorted after that.
func (a *Analysis) Domains(component string) []string {
	c, ok := a.Components[component]
	if !ok {
		return nil
	}
	domains := slices.Sorted(slices.Values(c.Domains))
	domains = slices.DeleteFunc(slices.Compact(domains), func(d string) bool { return d == c.Site })
	if c.Site != "" {
		domains = slices.Insert(domains, 0, c.Site)
	}
	return domains
}

// Members are the components of a failure domain, sorted.
func (a *Analysis) Members(domain string) []string { return slices.Clone(a.graph.members[domain]) }

// AllDomains are all failure domains: sites, and whatever components name, sorted.
func (a *Analysis) AllDomains() []string {
	all := map[string]bool{}
	for site := range a.Sites {
		all[site] = true
	}
	for domain := range a.graph.members {
		all[domain] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// Redundant reports whether the need is a group that can lose a member and stay at or above its minimum, and matters.
func (n Need) Redundant() bool { return !n.Partial && len(n.AnyOf) > n.Minimum }
