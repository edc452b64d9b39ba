package config

import (
	"slices"

	"holdfast/internal/source"
)

// For says which runs may touch something. Unless it says otherwise, what is named in `actions` is for live runs: an
// exercise cannot reach it.
type For string

// The words of a For.
const (
	ForLive     For = "live"
	ForExercise For = "exercise"
	ForBoth     For = "both"
)

var fors = []string{string(ForLive), string(ForExercise), string(ForBoth)}

// Live reports whether live runs may touch it.
func (f For) Live() bool { return f != ForExercise }

// Exercise reports whether exercises may touch it.
func (f For) Exercise() bool { return f == ForExercise || f == ForBoth }

// A Target is a place that may be called. It is written as the place alone, or as a mapping.
type Target struct {
	Marks  source.Marks `doc:",marks"`
	Target string       `doc:"target,required"` // scheme, host and port
	For    For          `doc:"for"`             // live | exercise | both; default live
}

// A Subject is one that may be sent to, wildcards allowed. It is written as the subject alone, or as a mapping.
type Subject struct {
	Marks   source.Marks `doc:",marks"`
	Subject string       `doc:"subject,required"`
	For     For          `doc:"for"` // live | exercise | both; default live
}

// DecodeDocument reads a target, or a mapping with one.
func (t *Target) DecodeDocument(r *source.Reader, n source.Node) {
	if n.IsScalar() {
		t.Marks, t.For = source.Marks{"target": r.MarkOf(n)}, ForLive
		r.DecodeInto(n, &t.Target)
		return
	}
	type written Target
	w := written{For: ForLive}
	r.DecodeInto(n, &w)
	*t = Target(w)
}

// DecodeDocument reads a subject, or a mapping with one.
func (s *Subject) DecodeDocument(r *source.Reader, n source.Node) {
	if n.IsScalar() {
		s.Marks, s.For = source.Marks{"subject": r.MarkOf(n)}, ForLive
		r.DecodeInto(n, &s.Subject)
		return
	}
	type written Subject
	w := written{For: ForLive}
	r.DecodeInto(n, &w)
	*s = Subject(w)
}

// DocumentSchema takes a target alone, or with whom it is for.
func (Target) DocumentSchema() map[string]any { return aloneOr("target") }

// DocumentSchema takes a subject alone, or with whom it is for.
func (Subject) DocumentSchema() map[string]any { return aloneOr("subject") }

func aloneOr(key string) map[string]any {
	return map[string]any{"anyOf": []any{
		map[string]any{"type": "string"},
		map[string]any{"type": "object", "additionalProperties": false, "required": []any{key},
			"properties": map[string]any{key: map[string]any{"type": "string"}, "for": source.Words(fors...)}},
	}}
}

// Named are the targets that are named for whoever passes.
func (t Targets) Named(passes func(For) bool) (all []string) {
	for _, target := range t.Allow {
		if passes(target.For) {
			all = append(all, target.Target)
		}
	}
	return all
}

// Sole reports whether a source is that of one sender, so that nobody else can post to it.
func (a Alerts) Sole(source string) bool {
	for _, s := range a.Senders {
		if slices.Contains(s.Sources, source) {
			return true
		}
	}
	return false
}

// Named are the subjects that are named for whoever passes.
func (a Allowed) Named(passes func(For) bool) (all []string) {
	for _, s := range a.Allow {
		if passes(s.For) {
			all = append(all, s.Subject)
		}
	}
	return all
}
