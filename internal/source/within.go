package source

import (
	"unicode"

	yaml "go.yaml.in/yaml/v4"
)

// Within is the place of a part of a scalar's text, given in characters of the text. However the text is written, its
// characters other than white space stand in the document in the same order, so they are counted.
func (r *Reader) Within(n Node, from, to int) Mark {
	start, end := 0, 0 // which of the characters that can be seen
	for i, c := range []rune(n.Node.Value) {
		if unicode.IsSpace(c) {
			continue
		}
		if i < from {
			start++
		}
		if i < to {
			end++
		}
	}
	line, column := n.Line, n.Column
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		line, column = n.Line+1, 1
	}
	var at, last Mark
	seen := 0
	for ; line <= len(r.lines) && seen < max(end, start+1); line, column = line+1, 1 {
		runes := r.lines[line-1].runes
		if line == n.Line && (n.Style&yaml.SingleQuotedStyle != 0 || n.Style&yaml.DoubleQuotedStyle != 0) {
			column++
		}
		for column <= len(runes) && seen < max(end, start+1) {
			width, visible := n.unit(runes[column-1:])
			if visible {
				last = r.mark(line, column, width)
				if seen == start {
					at = last
				}
				seen++
			}
			column += width
		}
	}
	switch {
	case !at.Written():
		return r.MarkOf(n)
	case last.Line == at.Line:
		at.Width = last.Column + last.Width - at.Column
	default:
		at.Width = len([]rune(at.Text)) - at.Column + 1
	}
	return at
}

// unit is how many characters of a document stand for the next one of a scalar's text, and whether that can be seen.
func (n Node) unit(runes []rune) (width int, visible bool) {
	visible = !unicode.IsSpace(runes[0])
	switch {
	case n.Style&yaml.SingleQuotedStyle != 0 && runes[0] == '\'':
		return min(2, len(runes)), true
	case n.Style&yaml.DoubleQuotedStyle == 0 || runes[0] != '\\' || len(runes) < 2:
		return 1, visible
	}
	switch runes[1] {
	case 'x':
		return min(4, len(runes)), true
	case 'u':
		return min(6, len(runes)), true
	case 'U':
		return min(10, len(runes)), true
	case '"', '\\', '/':
		return 2, true
	}
	return 2, false
}
