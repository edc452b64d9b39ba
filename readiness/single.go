package readiness

import (
	"slices"
	"strings"

	"holdfast/bia"
)

// singlePoints: a component whose loss alone takes a vital service down (a minimal cut set of size one over full-effect
// needs) has a playbook that fits. Failure domains as a whole are looked at by coverage; whoever accepts the loss of one
// accepts the loss of anything in it.
func (l *linter) singlePoints() {
	for _, id := range sortedKeys(l.BIA.Components) {
		if slices.ContainsFunc(l.BIA.Domains(id), l.accepted) {
			continue
		}
		if open := l.exposed(id); len(open) > 0 {
			l.found.Warnf(l.BIA.Components[id].Marks.Of(""), "readiness/single-point-of-failure", "add a second of it to what needs it, or write a playbook that fits its loss",
				"%s alone takes down %s, and no playbook fits", id, strings.Join(open, ", "))
		}
	}
}

// exposed are the vital services that go down with a component alone and that nothing recovers from that; without those
// of which it was said already that nothing recovers them, ever or from the loss of a domain that the component is in.
func (l *linter) exposed(component string) []string {
	loss := l.losses.ofComponent(component)
	return slices.DeleteFunc(slices.Clone(loss.vital()), func(service string) bool {
		told := slices.ContainsFunc(l.BIA.Domains(component), func(d string) bool { return slices.Contains(l.open[d], service) })
		return told || !l.planned(service) || l.cover(loss, service) != nil
	})
}

// commonModes: a group that is written as redundant does not fail as one, unless the loss of what its members share is
// planned for or accepted.
func (l *linter) commonModes() {
	for _, domain := range l.BIA.AllDomains() {
		if l.accepted(domain) {
			continue
		}
		loss := l.losses.ofDomains(domain)
		for _, id := range loss.vital() {
			if !slices.Contains(l.open[domain], id) {
				continue
			}
			s, _ := l.BIA.Service(id)
			for _, n := range s.Needs {
				if n.Redundant() && !slices.ContainsFunc(n.AnyOf, func(m string) bool { return !loss.lost(m) }) {
					l.found.Warnf(n.At, "readiness/common-mode", "let one member stand outside of "+domain+", or write a playbook for its loss",
						"%s fail together with %s, so the group is no redundancy against that", strings.Join(n.AnyOf, ", "), domain)
				}
			}
		}
	}
}

// SinglePoints are, by process and service, the components whose loss alone takes it below its MBCO, sorted: the minimal cut
// sets of size one over full-effect needs.
func SinglePoints(a *bia.Analysis) map[string][]string { return foresee(a).singlePoints() }

func (f *losses) singlePoints() map[string][]string {
	all := map[string][]string{}
	for _, c := range sortedKeys(f.analysis.Components) {
		for _, service := range sortedKeys(f.ofComponent(c).down) {
			all[service] = append(all[service], c)
		}
	}
	return all
}
