package bia

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// Example are labels that the matchers match, for an alert that has to be made up: a heartbeat in an exercise. A label of
// which none is found is as it is written.
func (ms Matchers) Example() map[string]string {
	labels := map[string]string{}
	for _, m := range ms {
		if _, done := labels[m.Label]; done {
			continue
		}
		var tries []string
		for _, other := range ms.of(m.Label) {
			tries = append(tries, other.tries()...)
		}
		tries = append(tries, "", "any", "0", m.Value)
		n := slices.IndexFunc(tries, func(value string) bool {
			return ms.of(m.Label).Match(func(string) string { return value })
		})
		if n < 0 {
			n = len(tries) - 1
		}
		labels[m.Label] = tries[n]
	}
	return labels
}

// of are the matchers for one label.
func (ms Matchers) of(label string) (all Matchers) {
	for _, m := range ms {
		if m.Label == label {
			all = append(all, m)
		}
	}
	return all
}

// tries are values that may be as asked.
func (m Matcher) tries() []string {
	if m.re == nil {
		return []string{m.Value}
	}
	tree, err := syntax.Parse(m.Value, syntax.Perl)
	if err != nil {
		return nil
	}
	for tree.Op == syntax.OpCapture {
		tree = tree.Sub[0]
	}
	var tries []string
	if tree.Op == syntax.OpAlternate {
		for _, e := range tree.Sub {
			tries = append(tries, shortest(e))
		}
	}
	return append(tries, shortest(tree))
}

// shortest is a text that an expression matches, as far as that can be told without trying.
func shortest(e *syntax.Regexp) string {
	switch e.Op {
	case syntax.OpLiteral:
		return string(e.Rune)
	case syntax.OpCharClass:
		if len(e.Rune) > 0 {
			return string(e.Rune[:1])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpCapture, syntax.OpPlus, syntax.OpAlternate:
		return shortest(e.Sub[0])
	case syntax.OpRepeat:
		return strings.Repeat(shortest(e.Sub[0]), e.Min)
	case syntax.OpConcat:
		var out strings.Builder
		for _, part := range e.Sub {
			out.WriteString(shortest(part))
		}
		return out.String()
	}
	return ""
}
