package source

import (
	"fmt"
	"strings"
	"unicode"
)

// String draws the problem: position, message, the line, a caret under the words, a hint.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %s", visible(p.Position.String()), p.Severity, visible(p.Message))
	if p.Rule != "" {
		fmt.Fprintf(&b, " [%s]", p.Rule)
	}
	b.WriteByte('\n')
	if p.Line > 0 {
		gutter := fmt.Sprintf("%5d | ", p.Line)
		text, caret := p.drawing()
		fmt.Fprintf(&b, "%s%s\n", gutter, text)
		fmt.Fprintf(&b, "%s| %s\n", strings.Repeat(" ", len(gutter)-2), caret)
	}
	if p.Hint != "" {
		fmt.Fprintf(&b, "  hint: %s\n", visible(p.Hint))
	}
	return b.String()
}

// A longer line is drawn in part, from a little before the words that are wrong.
const (
	widestLine = 160
	leadIn     = 60
)

// drawing is the line and the carets under its wrong words.
func (m Mark) drawing() (text, caret string) {
	runes := []rune(m.Text)
	from, to := 0, len(runes)
	var line, under strings.Builder
	if len(runes) > widestLine {
		from = max(0, min(m.Column-1-leadIn, len(runes)))
		to = min(len(runes), from+widestLine)
	}
	if from > 0 {
		line.WriteString("… ")
		under.WriteString("  ")
	}
	start := m.Column - 1
	for i, c := range runes[from:to] {
		c = shown(c)
		line.WriteRune(c)
		at := from + i
		switch {
		case at >= start && at < start+m.Width:
			under.WriteString(strings.Repeat("^", cells(c)))
		case at >= start:
		case c == '\t':
			under.WriteByte('\t')
		default:
			under.WriteString(strings.Repeat(" ", cells(c)))
		}
	}
	if to < len(runes) {
		line.WriteString(" …")
	}
	if start >= len(runes) {
		under.WriteString(strings.Repeat(" ", min(start-len(runes), leadIn)) + "^")
	}
	return line.String(), under.String()
}

// shown is a character as it may be shown: what a terminal would obey is replaced.
func shown(c rune) rune {
	if unicode.IsGraphic(c) || c == '\t' {
		return c
	}
	return unicode.ReplacementChar
}

func visible(s string) string { return strings.Map(shown, s) }

// cells is how many columns of a terminal a character takes.
func cells(c rune) int {
	switch {
	case unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.In(c, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
		c >= 0xFF01 && c <= 0xFF60, c >= 0x1F300 && c <= 0x1FAFF:
		return 2
	}
	return 1
}
