package detector

import (
	"maps"
	"slices"
)

// Copy is a detector that has heard the same and judges by the same analysis. The two share nothing that either changes:
// what one of them hears or is told from now on, the other does not know. Nothing that was made of what was heard is taken
// along; the copy makes it again when it is asked.
func (d *Detector) Copy() *Detector {
	c := &Detector{
		at: d.at, awake: d.awake, tidied: d.tidied, until: d.until, nobody: d.nobody, count: d.count,
		memory: d.memory.clone(), parts: copied(d.parts, (*part).copy), ears: copied(d.ears, (*ear).copy),
		sites: copied(d.sites, copyOfSayings[facility]), data: copied(d.data, copyOfSayings[integrity]),
		points: copied(d.points, slices.Clone[history[int64]]), estimates: copied(d.estimates, slices.Clone[history[int64]]),
		remarks: copied(d.remarks, slices.Clone[[]remark]), moves: copied(d.moves, slices.Clone[[]move]),
		windows: slices.Clone(d.windows), withdrawn: copied(d.withdrawn, slices.Clone[[]int64]), strangers: copied(d.strangers, slices.Clone[[]string]),
		spokenFor: copied(d.spokenFor, slices.Clone[[]string]),
	}
	c.count.Received, c.count.Samples = maps.Clone(d.count.Received), slices.Clone(d.count.Samples)
	c.count.Misattributed, c.count.Strays = maps.Clone(d.count.Misattributed), slices.Clone(d.count.Strays)
	c.Rebase(d.book.Analysis)
	return c
}

func copied[V any](m map[string]V, one func(V) V) map[string]V {
	out := make(map[string]V, len(m))
	for key, value := range m {
		out[key] = one(value)
	}
	return out
}

func copyOfSayings[V facility | integrity](s sayings[V]) sayings[V] {
	return copied(s, slices.Clone[history[V]])
}

func (e *ear) copy() *ear {
	c := *e
	c.past, c.proofs, c.unproven = slices.Clone(e.past), slices.Clone(e.proofs), maps.Clone(e.unproven)
	return &c
}

func (p *part) copy() *part {
	c := *p
	c.said, c.off = make([]*speech, len(p.said)), slices.Clone(p.off)
	for i, s := range p.said {
		by := *s
		c.said[i] = &by
	}
	return &c
}
