// Package source tells where in which file a value was written, and draws a caret under the words that are wrong.
//
// Every document of holdfast (bia.yaml, people.yaml, playbooks, holdfast.yaml) is decoded by [Decode], which reports
// all [Problems] at once, in reading order, and records the [Mark] of each value so that later checks can point at it.
package source

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
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
	Width int    // characters underlined, at least 1
	Text  string // the whole line, for drawing
}

// Written reports whether the mark names a place at all; the zero Mark belongs to a value that nobody wrote.
func (m Mark) Written() bool { return m.Line > 0 }

// Marks are the places of one mapping's values by key; "" is the mapping itself (the key that names it, if it has one),
// and "needs[0]" an item of a list.
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
	Rule     string // stable id, such as "bia/rto-after-mtpd"
	Severity Severity
	Message  string // one sentence, no full stop
	Hint     string // what to do; may be empty
}

// String draws the problem: position, message, the line, a caret under the words, a hint.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %s", p.Position, p.Severity, p.Message)
	if p.Rule != "" {
		fmt.Fprintf(&b, " [%s]", p.Rule)
	}
	b.WriteByte('\n')
	if p.Line > 0 {
		gutter := fmt.Sprintf("%5d | ", p.Line)
		fmt.Fprintf(&b, "%s%s\n", gutter, p.Text)
		fmt.Fprintf(&b, "%s%s%s\n", strings.Repeat(" ", len(gutter)-2)+"| ", indentLike(p.Text, p.Column-1), strings.Repeat("^", max(p.Width, 1)))
	}
	if p.Hint != "" {
		fmt.Fprintf(&b, "  hint: %s\n", p.Hint)
	}
	return b.String()
}

// indentLike is the white space that puts a caret under column n of line, tabs kept so that they line up.
func indentLike(line string, n int) string {
	var b strings.Builder
	for _, r := range line {
		if n--; n < 0 {
			break
		}
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
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
		return cmpOr(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column, strings.Compare(a.Rule, b.Rule))
	})
	return out
}

func cmpOr(order ...int) int {
	for _, o := range order {
		if o != 0 {
			return o
		}
	}
	return 0
}

// Error makes Problems an error of the "document is wrong" kind: everything, drawn, in reading order.
func (ps Problems) Error() string {
	var b strings.Builder
	for _, p := range ps.Sorted() {
		b.WriteString(p.String())
	}
	return strings.TrimRight(b.String(), "\n")
}

// Nearest is the candidate most like word, for "did you mean"; "" when none is near.
func Nearest(word string, candidates []string) string {
	best, bestAt := "", 1+utf8.RuneCountInString(word)/3
	for _, c := range candidates {
		if d := distance(word, c); d <= bestAt && (best == "" || d < bestAt || c < best) {
			best, bestAt = c, d
		}
	}
	return best
}

// DidYouMean is a hint that names the nearest candidate, or lists what exists when none is near.
func DidYouMean(word string, candidates []string) string {
	if near := Nearest(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	list := slices.Sorted(slices.Values(candidates))
	if len(list) == 0 {
		return ""
	}
	const most = 12
	if len(list) > most {
		return fmt.Sprintf("there are %s, … (%d in all)", strings.Join(list[:most], ", "), len(list))
	}
	return "there are " + strings.Join(list, ", ")
}

// distance is the Levenshtein distance of two words.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		previous := row[0]
		row[0] = i + 1
		for j, s := range y {
			substitute := previous
			if r != s {
				substitute++
			}
			previous = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
