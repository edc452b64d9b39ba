package readiness

import (
	"slices"
	"strings"

	"holdfast/internal/source"
	"holdfast/playbooks"
)

// coverage: each failure domain whose loss takes a vital service down has a playbook that fits, or somebody accepted that
// it has none.
func (l *linter) coverage() {
	unplanned := l.unplanned()
	l.open = map[string][]string{}
	for _, domain := range l.BIA.AllDomains() {
		if l.accepted(domain) {
			continue
		}
		loss := l.losses.ofDomains(domain)
		var open []string
		for _, service := range loss.vital() {
			if !unplanned[service] && l.cover(loss, service) == nil {
				open = append(open, service)
			}
			if unplanned[service] {
				l.open[domain] = append(l.open[domain], service)
			}
		}
		l.open[domain] = append(l.open[domain], open...)
		if len(open) > 0 {
			l.found.Warnf(l.whereNamed(domain), "readiness/no-fitting-playbook", "write a playbook for it, or a risk that somebody accepts: risks: {…: {lost: ["+domain+"], accepted_by: …, until: …}}",
				"if %s is lost, no playbook fits for %s", domain, strings.Join(open, ", "))
		}
	}
}

// unplanned tells of the vital services that no playbook is for, however they are lost, and returns them.
func (l *linter) unplanned() map[string]bool {
	all := map[string]bool{}
	for _, id := range l.BIA.Judged() {
		if l.BIA.Objectives(id).Judged() && !l.planned(id) {
			all[id] = true
			s, _ := l.BIA.Service(id)
			l.found.Warnf(s.Marks.Of(""), "readiness/no-playbook", "write a playbook with for: {services: ["+id+"]}", "%s is vital, and no playbook recovers it", id)
		}
	}
	return all
}

// planned reports whether some playbook is for a service.
func (l *linter) planned(service string) bool {
	if len(l.naming(service)) > 0 {
		return true
	}
	return slices.ContainsFunc(l.Playbooks, func(p *playbooks.Playbook) bool { return l.recovers(p, service) })
}

// naming are the playbooks that name a service, or a component, among what they are for.
func (l *linter) naming(id string) []*playbooks.Playbook {
	if l.named == nil {
		l.named = map[string][]*playbooks.Playbook{}
		for _, p := range l.Playbooks {
			for _, of := range p.For.Services {
				l.named[of] = append(l.named[of], p)
			}
		}
	}
	return l.named[id]
}

// concerned are the playbooks that can fit a situation at all: they name one of its services or root components.
func (l *linter) concerned(s playbooks.Situation) (all []*playbooks.Playbook) {
	seen := map[*playbooks.Playbook]bool{}
	for _, ids := range [][]string{s.Services, s.Roots} {
		for _, id := range ids {
			for _, p := range l.naming(id) {
				if !seen[p] {
					seen[p] = true
					all = append(all, p)
				}
			}
		}
	}
	return all
}

// recovers reports whether a playbook names a service, something below it, or something that rests on it.
func (l *linter) recovers(p *playbooks.Playbook, service string) bool {
	bearers := l.losses.bearersOf(service)
	return slices.ContainsFunc(p.For.Services, func(id string) bool {
		return id == service || slices.Contains(bearers, id) || within(l.losses.bearersOf(id), bearers) || within(bearers, l.losses.bearersOf(id))
	})
}

// cover is the playbook that brings a service back after a loss: the first that fits and whose target is not lost as well;
// nil if there is none.
func (l *linter) cover(loss loss, service string) *playbooks.Playbook {
	roots := strings.Join(loss.roots(service), " ")
	known, asked := loss.covers[roots]
	if asked && roots != "" { // the loss of all services that the same explains is the same situation
		return known
	}
	s := loss.situation(service)
	loss.covers[roots] = nil
	for _, f := range playbooks.Match(l.concerned(s), s) {
		if f.Fits && len(loss.targets(f.Playbook)) == 0 {
			loss.covers[roots] = f.Playbook
			break
		}
	}
	return loss.covers[roots]
}

// targets are what a playbook needs up before it starts, and what is lost.
func (l loss) targets(p *playbooks.Playbook) []string {
	var lost []string
	for _, c := range p.Preconditions {
		for _, id := range c.ComponentUp {
			if l.lost(id) {
				lost = append(lost, id)
			}
		}
	}
	return lost
}

// whereNamed is where a failure domain is written first: a site under sites, any other with a component that is in it.
func (l *linter) whereNamed(domain string) (first source.Mark) {
	if site, ok := l.BIA.Sites[domain]; ok {
		return site.Marks.Of("")
	}
	for _, id := range l.BIA.Members(domain) {
		c := l.BIA.Components[id]
		at := item(c.Marks, "domains", slices.Index(c.Domains, domain))
		if !first.Written() || at.Line < first.Line {
			first = at
		}
	}
	return first
}

// accepted reports whether somebody accepted, and still does, that a failure domain alone is lost without a plan.
func (l *linter) accepted(domain string) bool {
	for _, r := range l.BIA.Risks {
		if len(r.Lost) == 1 && r.Lost[0] == domain && r.AcceptedBy != "" && !l.passed(r.Until) {
			return true
		}
	}
	return false
}

// risks: each is treated by a playbook that fits it, or accepted for a time (ISO 31000: treat or retain, by decision).
func (l *linter) risks() {
	ids := make([]string, 0, len(l.Playbooks))
	for _, p := range l.Playbooks {
		ids = append(ids, p.ID)
	}
	for _, id := range sortedKeys(l.BIA.Risks) {
		r := l.BIA.Risks[id]
		if r.AcceptedBy == "" && r.Treatment == "" {
			l.found.Warnf(r.Marks.Of(""), "readiness/open-risk", "treatment: a playbook, or accepted_by and until", "%s is neither treated nor accepted", id)
		}
		if r.AcceptedBy != "" && l.passed(r.Until) {
			l.found.Warnf(r.Marks.Of("until"), "readiness/acceptance-expired", "have it accepted again, or treat it", "%s was accepted until %s", id, day(r.Until))
		}
		if i := slices.Index(ids, r.Treatment); i >= 0 {
			l.treatment(id, r.Marks, l.losses.ofDomains(r.Lost...), l.Playbooks[i])
		} else if r.Treatment != "" {
			l.found.Errorf(r.Marks.Of("treatment"), "readiness/unknown-treatment", source.DidYouMean(r.Treatment, ids), "there is no playbook %q", r.Treatment)
		}
	}
}

// treatment: the playbook that is to treat a risk fits when it happens, at least for one of the vital services it takes.
func (l *linter) treatment(id string, marks source.Marks, loss loss, p *playbooks.Playbook) {
	missing := ""
	for _, service := range loss.vital() {
		fit := playbooks.Match([]*playbooks.Playbook{p}, loss.situation(service))[0]
		if fit.Fits {
			return
		}
		missing = fit.Missing[0]
	}
	if missing != "" {
		l.found.Warnf(marks.Of("treatment"), "readiness/treatment-does-not-fit", "", "when %s happens, %s does not fit: %s", id, p.ID, missing)
	}
}
