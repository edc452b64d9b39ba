package playbooks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Situation is what a playbook has to fit.
type Situation struct {
	Services []string                     // the incident's vital services
	Roots    []string                     // its root components
	Lost     func(domain string) bool     // is this failure domain lost?
	Domain   func(domain string) []string // its components
}

// A Fit says whether a playbook fits a situation, and if not, what is missing.
type Fit struct {
	Playbook *Playbook
	Fits     bool
	Missing  []string // sentences; empty if it fits

	elsewhere bool // it is for other services
}

// Match looks at every playbook: those that fit come first, by priority (highest first), then id; the others follow, the
// nearest first: those for the incident's services before those for other services, then fewest things missing.
//
// A playbook fits when its services name one of the incident's vital services or root components, every entry of `lost`
// is lost or contains all root components, and nothing in `not_when_lost` is lost.
func Match(all []*Playbook, s Situation) []Fit {
	fits := make([]Fit, 0, len(all))
	for _, p := range all {
		fits = append(fits, fit(p, s))
	}
	slices.SortStableFunc(fits, nearer)
	return fits
}

// Nearest are those of [Match] that are for the services of a situation, in its order; all of them where none is. Of hundreds that are
// for other services nobody has to be told why they do not fit.
func Nearest(all []*Playbook, s Situation) []Fit {
	var ours []*Playbook
	for _, p := range all {
		if !p.elsewhere(s) {
			ours = append(ours, p)
		}
	}
	if len(ours) == 0 {
		ours = all
	}
	return Match(ours, s)
}

// elsewhere reports whether a playbook is for other services.
func (p *Playbook) elsewhere(s Situation) bool {
	return !overlap(p.For.Services, s.Services) && !overlap(p.For.Services, s.Roots)
}

func fit(p *Playbook, s Situation) Fit {
	f := Fit{Playbook: p}
	miss := func(format string, args ...any) { f.Missing = append(f.Missing, fmt.Sprintf(format, args...)) }
	if p.elsewhere(s) {
		f.elsewhere = true
		instead := "not for " + listed(s.Services)
		if len(s.Services) == 0 {
			instead = "no vital service is lost"
		}
		miss("it is for %s, and %s", listed(p.For.Services), instead)
	}
	for _, domain := range p.For.Lost {
		if s.Lost(domain) {
			continue
		}
		if outside := apart(s.Roots, s.Domain(domain)); len(outside) > 0 {
			miss("it recovers from the loss of %s, which is not lost: %s failed outside of it", domain, listed(outside))
		} else if len(s.Roots) == 0 {
			miss("it recovers from the loss of %s, which is not lost", domain)
		}
	}
	for _, domain := range p.For.NotWhenLost {
		if s.Lost(domain) {
			miss("it needs %s, which is lost", domain)
		}
	}
	f.Fits = len(f.Missing) == 0
	return f
}

func nearer(a, b Fit) int {
	return cmp.Or(
		falseFirst(!a.Fits, !b.Fits),
		falseFirst(a.elsewhere, b.elsewhere),
		cmp.Compare(len(a.Missing), len(b.Missing)),
		cmp.Compare(b.Playbook.Priority, a.Playbook.Priority),
		cmp.Compare(a.Playbook.ID, b.Playbook.ID),
		cmp.Compare(a.Playbook.Digest, b.Playbook.Digest),
	)
}

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}

// apart is what of a is not in b.
func apart(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return slices.Contains(b, x) })
}

func listed(words []string) string {
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}
