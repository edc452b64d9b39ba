// Package source tells where in which file a value was written, and draws a caret under the words that are wrong.
//
// Every document of holdfast (bia.yaml, people.yaml, playbooks, holdfast.yaml) is decoded by [Decode], which reports
// all [Problems] at once, in reading order, and records the [Mark] of each value so that later checks can point at it.
package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Position is a place in a file. Lines and columns count from 1; columns count characters, not bytes.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// A Mark is the stretch of one line that a value was written on.
type Mark struct {
	Position
	Width int    `json:"width"` // characters underlined, at least 1
	Text  string `json:"text"`  // the whole line, for drawing
}

// Written reports whether the mark names a place at all; the zero Mark belongs to a value that nobody wrote.
func (m Mark) Written() bool { return m.Line > 0 }

// Underlined is the words that the mark stands under; "" where it names no place on a line.
func (m Mark) Underlined() string {
	runes := []rune(m.Text)
	from := min(max(m.Column-1, 0), len(runes))
	return string(runes[from:min(from+max(m.Width, 0), len(runes))])
}

// Marks are the places of one mapping's values by key: a scalar's own, the key's of anything longer. "" is the mapping
// itself (the key that names it, if it has one), "needs[0]" an item of a list, "match.alertname" a value in a mapping and
// "match.alertname:" its key.
type Marks map[string]Mark

// Of is the mark of a key, or of the whole mapping where the key was not written.
func (m Marks) Of(key string) Mark {
	if at, ok := m[key]; ok {
		return at
	}
	return m[""]
}

// Has reports whether the author wrote this key.
func (m Marks) Has(key string) bool { _, ok := m[key]; return ok }

// Severity says whether a document with this problem can be used.
type Severity string

const (
	Error   Severity = "error"   // the document cannot be used
	Warning Severity = "warning" // it can, but somebody should know
)

// A Problem is something wrong in a document: where, what, and what to do about it.
type Problem struct {
	Mark
	Rule     string   `json:"rule"` // stable id, such as "bia/rto-after-mtpd"
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`        // one sentence, no full stop
	Hint     string   `json:"hint,omitempty"` // what to do
}

// Problems are all the findings about one or more documents.
type Problems []Problem

// Errorf adds an error at a mark; the hint may be empty.
func (ps *Problems) Errorf(at Mark, rule, hint, format string, args ...any) {
	*ps = append(*ps, Problem{Mark: at, Rule: rule, Severity: Error, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// Warnf adds a warning at a mark; the hint may be empty.
func (ps *Problems) Warnf(at Mark, rule, hint, format string, args ...any) {
	*ps = append(*ps, Problem{Mark: at, Rule: rule, Severity: Warning, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// HasErrors reports whether any problem makes its document unusable.
func (ps Problems) HasErrors() bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Severity == Error })
}

// Sorted is the problems in reading order: by file, line, column, then rule.
func (ps Problems) Sorted() Problems {
	out := slices.Clone(ps)
	slices.SortStableFunc(out, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Rule, b.Rule))
	})
	return out
}

// mostDrawn is how many problems are drawn: whoever has more reads the first ones first.
const mostDrawn = 200

// Error makes Problems an error of the "document is wrong" kind: everything, drawn, in reading order.
func (ps Problems) Error() string {
	var b strings.Builder
	sorted := ps.Sorted()
	for _, p := range sorted[:min(len(sorted), mostDrawn)] {
		b.WriteString(p.String())
	}
	if more := len(sorted) - mostDrawn; more > 0 {
		fmt.Fprintf(&b, "and %d more\n", more)
	}
	return strings.TrimRight(b.String(), "\n")
}
