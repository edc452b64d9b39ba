package source

import (
	"strings"
	"unicode"
)

// A Phrase is a text in a language of its own that stands in a document, such as an expression of CEL: it tells where its
// words are, in characters from its beginning.
type Phrase struct {
	characters []rune
	lines      []int // where each line starts
}

// PhraseOf takes a text apart.
func PhraseOf(text string) Phrase {
	p := Phrase{[]rune(text), []int{0}}
	for i, c := range p.characters {
		if c == '\n' {
			p.lines = append(p.lines, i+1)
		}
	}
	return p
}

// Len is how many characters it has.
func (p Phrase) Len() int { return len(p.characters) }

// End is where the last character ends that can be seen.
func (p Phrase) End() int {
	return len([]rune(strings.TrimRightFunc(string(p.characters), unicode.IsSpace)))
}

// Offset is a place given by line, from 1, and column, from 0.
func (p Phrase) Offset(line, column int) int {
	if line < 1 || line > len(p.lines) {
		return 0
	}
	return p.lines[line-1] + max(column, 0)
}

// Char is the character that stands somewhere; 0: none.
func (p Phrase) Char(at int) rune {
	if at < 0 || at >= len(p.characters) {
		return 0
	}
	return p.characters[at]
}

// Word is the length of the name, text in quotes or sign that stands somewhere.
func (p Phrase) Word(at int) int {
	if at < 0 || at >= len(p.characters) {
		return 1
	}
	rest := p.characters[at:]
	named := func(c rune) bool {
		return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	}
	switch first := rest[0]; {
	case first == '\'' || first == '"':
		return min(1+upTo(rest[1:], func(c rune) bool { return c == first })+1, len(rest))
	case named(first):
		return upTo(rest, func(c rune) bool { return !named(c) })
	}
	return 1 + upTo(rest[1:], func(c rune) bool { return !strings.ContainsRune("=<>!&|", c) })
}

// Called is where a name stands of which only the place of the bracket after it may be known.
func (p Phrase) Called(at int, name string) (from, width int) {
	if n := len([]rune(name)); p.Char(at) == '(' && at >= n {
		return at - n, n
	}
	return at, p.Word(at)
}
