package playbooks

import (
	"strings"
	"unicode/utf8"
)

// A part is a stretch of a text in which values are put in: what is written, or an expression.
type part struct {
	text string // without ${{ and }}
	expr bool
	at   int // where the text begins, in characters of the whole
}

const (
	opening = "${{"
	closing = "}}"
)

// holdsExpression reports whether something is put into a text.
func holdsExpression(text string) bool { return strings.Contains(text, opening) }

// parts takes a text apart; false: an expression that is opened is not closed.
func parts(text string) (all []part, closed bool) {
	at := 0
	for rest := text; rest != ""; {
		start := strings.Index(rest, opening)
		if start < 0 {
			return append(all, part{text: rest, at: at}), true
		}
		if start > 0 {
			all = append(all, part{text: rest[:start], at: at})
		}
		at += utf8.RuneCountInString(rest[:start+len(opening)])
		rest = rest[start+len(opening):]
		end := endOfExpression(rest)
		if end < 0 {
			return append(all, part{text: rest, expr: true, at: at}), false
		}
		all = append(all, part{text: rest[:end], expr: true, at: at})
		at += utf8.RuneCountInString(rest[:end+len(closing)])
		rest = rest[end+len(closing):]
	}
	return all, true
}

// endOfExpression is where }} closes it: not within quotes, and not the end of a map of its own. -1: nowhere.
func endOfExpression(text string) int {
	var quote byte
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == '}' && strings.HasPrefix(text[i:], closing):
			return i
		}
	}
	return -1
}

// whole is the one expression that a text is; false: it is more, or none.
func whole(all []part) (string, bool) {
	if len(all) != 1 || !all[0].expr {
		return "", false
	}
	return strings.TrimSpace(all[0].text), true
}

// withPlaceholders is a text with something harmless in the place of each expression, to be checked as what it will be.
func withPlaceholders(text string) string {
	all, _ := parts(text)
	var b strings.Builder
	for _, p := range all {
		if p.expr {
			b.WriteString("x")
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}
