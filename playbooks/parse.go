package playbooks

import "holdfast/internal/source"

// Parse reads and checks one playbook. With an error among the problems it must not be used.
func Parse(file string, text []byte) (*Playbook, source.Problems) { panic("unwritten") }

// Step finds a step by id.
func (p *Playbook) Step(id string) (*Step, bool) { panic("unwritten") }

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
}

// Match looks at every playbook: those that fit come first, by priority (highest first), then id; the others follow, the
// nearest first (fewest things missing).
func Match(all []*Playbook, s Situation) []Fit { panic("unwritten") }
