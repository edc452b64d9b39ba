package bia

import (
	"cmp"
	"slices"
	"time"

	"holdfast/internal/source"
)

// This file reads the values that may be written in more than one way.

// DecodeDocument reads "auto" or a duration.
func (b *Backdate) DecodeDocument(r *source.Reader, n source.Node) {
	if n.IsScalar() && n.Node.Value == "auto" {
		*b = Backdate{Auto: true}
		return
	}
	*b = Backdate{}
	r.DecodeInto(n, &b.Limit)
}

// DecodeDocument reads "hold" or {down_after: 30m}.
func (u *Unknown) DecodeDocument(r *source.Reader, n source.Node) {
	if n.IsScalar() {
		if n.Node.Value != "hold" {
			r.Problems.Errorf(r.MarkOf(n), "bia/unknown", "hold keeps the last state that was seen; {down_after: 30m} lets it count as down after a while",
				"expected hold or {down_after: …}, found %q", n.Node.Value)
		}
		return
	}
	var written struct {
		Marks     source.Marks  `doc:",marks"`
		DownAfter time.Duration `doc:"down_after,required"`
	}
	r.DecodeInto(n, &written)
	u.DownAfter = written.DownAfter
	if written.Marks.Has("down_after") && u.DownAfter == 0 {
		r.Problems.Errorf(written.Marks.Of("down_after"), "bia/zero", "write hold to keep the last state", "down_after has to be longer than nothing")
	}
}

// DecodeDocument reads a duration, or {value, source, valid_until}.
func (c *Capability) DecodeDocument(r *source.Reader, n source.Node) {
	if n.IsScalar() {
		r.DecodeInto(n, &c.Value)
		c.Marks = source.Marks{"value": r.MarkOf(n)}
		return
	}
	type written Capability // without this method
	r.DecodeInto(n, (*written)(c))
}

// DecodeDocument reads {1h: major, 4h: intolerable}.
func (bs *Bands) DecodeDocument(r *source.Reader, n source.Node) {
	var levels map[string]string
	r.DecodeInto(n, &levels)
	for key, level := range n.Pairs() {
		if !key.IsScalar() || !level.IsScalar() {
			continue
		}
		var b Band
		r.DecodeInto(key, &b.After)
		b.Level, b.At, b.LevelAt = level.Node.Value, r.MarkOf(key), r.MarkOf(level)
		*bs = append(*bs, b)
	}
	slices.SortStableFunc(*bs, func(a, b Band) int { return cmp.Compare(a.After, b.After) })
}

// writtenNeed is a need as a mapping.
type writtenNeed struct {
	Marks     source.Marks  `doc:",marks"`
	Service   string        `doc:"service"`
	Component string        `doc:"component"`
	AnyOf     []string      `doc:"any_of"`
	Full      int           `doc:"full"`
	Minimum   int           `doc:"minimum"`
	Effect    string        `doc:"effect"`
	Tolerates time.Duration `doc:"tolerates"`
}

// DecodeDocument reads a word, {service: …}, {component: …} or {any_of: […], full: 3, minimum: 2}.
func (n *Need) DecodeDocument(r *source.Reader, node source.Node) {
	n.At = r.MarkOf(node)
	if node.IsScalar() {
		*n = Need{At: n.At, Marks: source.Marks{"": n.At}, Full: 1, Minimum: 1}
		var word string
		r.DecodeInto(node, &word)
		n.AnyOf = []string{word}
		return
	}
	if !node.IsMapping() {
		r.Problems.Errorf(n.At, "bia/need", "a need is an id, {service: id}, {component: id} or {any_of: [id, id], minimum: 1}", "this is not a need")
		return
	}
	w := writtenNeed{Full: 1, Minimum: 1} // stay if what is written cannot be read
	r.DecodeInto(node, &w)
	*n = Need{Marks: w.Marks, At: n.At, Partial: w.Effect == "partial", Tolerates: w.Tolerates}
	n.members(r, w)
	n.thresholds(r, w)
	if w.Marks.Has("effect") && w.Effect != "partial" {
		r.Problems.Errorf(w.Marks.Of("effect"), "bia/need", "leave it out where losing the need takes the service down", "the only effect a need can have is partial")
	}
}

// members says which things the need names.
func (n *Need) members(r *source.Reader, w writtenNeed) {
	named := 0
	for _, key := range []string{"service", "component", "any_of"} {
		if w.Marks.Has(key) {
			named++
		}
	}
	switch {
	case named != 1:
		r.Problems.Errorf(n.At, "bia/need", "write exactly one of service, component and any_of", "a need names one thing or one group, this names %d", named)
	case w.Marks.Has("service"):
		n.AnyOf, n.only = []string{w.Service}, "service"
	case w.Marks.Has("component"):
		n.AnyOf, n.only = []string{w.Component}, "component"
	case len(w.AnyOf) == 0:
		r.Problems.Errorf(w.Marks.Of("any_of"), "bia/need", "name at least one member", "a group without members can never be up")
	default:
		n.AnyOf = w.AnyOf
	}
}

// thresholds says how many members have to be healthy.
func (n *Need) thresholds(r *source.Reader, w writtenNeed) {
	all := len(n.AnyOf)
	n.Full, n.Minimum = all, all
	if w.Marks.Has("full") {
		n.Full, n.Minimum = w.Full, w.Full
	}
	if w.Marks.Has("minimum") {
		n.Minimum = w.Minimum
	}
	if all == 0 {
		return
	}
	for _, key := range []string{"full", "minimum"} {
		value := map[string]int{"full": w.Full, "minimum": w.Minimum}[key]
		switch at := w.Marks.Of(key); {
		case !w.Marks.Has(key):
		case value < 1:
			r.Problems.Errorf(at, "bia/group", "at least 1", "%s: %d can never be missed", key, value)
		case value > all:
			r.Problems.Errorf(at, "bia/group", "at most the number of members", "%s: %d can never be reached with %d members", key, value, all)
		}
	}
	if n.Minimum > n.Full {
		r.Problems.Errorf(w.Marks.Of("minimum"), "bia/group", "below minimum it is down, below full degraded", "minimum: %d is more than full: %d", n.Minimum, n.Full)
	}
}
