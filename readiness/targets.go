package readiness

import (
	"slices"

	"holdfast/playbooks"
)

// targets: what a playbook needs in order to recover does not stand in what it recovers from.
func (l *linter) targets() {
	for _, p := range l.Playbooks {
		for _, domain := range p.For.Lost {
			loss := l.losses.ofDomains(domain)
			for _, c := range p.Preconditions {
				for i, id := range c.ComponentUp {
					if loss.lost(id) {
						l.found.Errorf(item(c.Marks, "component_up", i), "readiness/target-is-lost", "recover to somewhere else; as it stands the playbook can never start",
							"%s is lost with %s, from whose loss the playbook recovers", id, domain)
					}
				}
			}
			l.recoveryNeeds(p, domain, loss)
		}
		l.sharedWithTarget(p)
	}
}

// sharedWithTarget: primary and standby may fail together in a way that the playbook takes for the loss of the primary
// alone. Then it is chosen, and cannot start.
func (l *linter) sharedWithTarget(p *playbooks.Playbook) {
	for _, domain := range l.BIA.AllDomains() {
		if slices.Contains(p.For.Lost, domain) || slices.Contains(p.For.NotWhenLost, domain) {
			continue
		}
		loss := l.losses.ofDomains(domain)
		if len(loss.targets(p)) == 0 || !loss.chooses(p) {
			continue
		}
		for _, c := range p.Preconditions {
			for i, id := range c.ComponentUp {
				if loss.lost(id) {
					l.found.Warnf(item(c.Marks, "component_up", i), "readiness/target-shares-domain", "add "+domain+" to not_when_lost, and plan for its loss otherwise",
						"%s fails with %s, as does what the playbook recovers: it would be chosen, and could not start", id, domain)
				}
			}
		}
	}
}

// chooses reports whether a playbook fits the loss for one of the vital services that go down.
func (l loss) chooses(p *playbooks.Playbook) bool {
	return slices.ContainsFunc(l.vital(), func(service string) bool {
		return playbooks.Match([]*playbooks.Playbook{p}, l.situation(service))[0].Fits
	})
}

// recoveryNeeds looks at what the services need in order to be recovered, and below them.
func (l *linter) recoveryNeeds(p *playbooks.Playbook, domain string, loss loss) {
	for _, id := range loss.downs {
		s, _ := l.BIA.Service(id)
		if len(s.RecoveryNeeds) == 0 || !l.recovers(p, id) {
			continue
		}
		for i, need := range s.RecoveryNeeds {
			if loss.lost(need) {
				l.found.Warnf(item(s.Marks, "recovery_needs", i), "readiness/recovery-need-is-lost", "have it elsewhere as well, or write a playbook that does without",
					"%s is needed to recover %s, and lost with %s, from whose loss %s recovers", need, id, domain, p.ID)
			}
		}
	}
}
