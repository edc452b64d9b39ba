package incident

import "slices"

// While a desk reads a long log nobody else knows what it makes of it, so it may change runs and steps where they are, and need
// not copy twenty steps because one of them was started. As soon as anybody has looked, what they saw stays as it was.

// A secret is what a desk has made since anybody last looked. It has a size, for two of them to be two.
type secret struct{ _ byte }

// Alone tells the desk that nobody holds anything of it; with false, that from now on somebody always may.
func (d *Desk) Alone(is bool) {
	d.book.secret = nil
	if is {
		d.book.secret = &secret{}
	}
}

// Seen tells the desk that somebody has looked, and may have kept what they saw.
func (d *Desk) Seen() { d.Alone(d.book.secret != nil) }

// keeps reports whether something that was made as part of a secret is still known to nobody else.
func (s *secret) keeps(made *secret) bool { return s != nil && s == made }

// own makes the incident's runs its own, to be changed.
func (i *Incident) own() {
	if !i.secret.keeps(i.runs) {
		i.Runs, i.runs = slices.Clone(i.Runs), i.secret
	}
}

// own makes the steps of a run its own, to be changed by somebody who knows a secret.
func (r *Run) own(s *secret) {
	if !s.keeps(r.steps) {
		r.Steps, r.steps = slices.Clone(r.Steps), s
	}
}
