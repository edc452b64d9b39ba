package source

import (
	"strings"
	"unicode"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
)

// A line of a document, with its characters ready to be counted.
type line struct {
	text  string // without white space at its end
	runes []rune // of text
}

func linesOf(text []byte) []line {
	s := strings.TrimPrefix(string(text), "\uFEFF") // a byte order mark takes no column
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	var lines []line
	for part := range strings.SplitSeq(s, "\n") {
		part = strings.TrimRightFunc(part, unicode.IsSpace)
		lines = append(lines, line{part, []rune(part)})
	}
	return lines
}

// MarkOf is the place of a node: the whole of a word, of quoted text and of brackets as far as they are on one line; of
// text in a block its sign; of a mapping without brackets its first key.
func (r *Reader) MarkOf(n Node) Mark {
	if n.IsMapping() && !n.inFlow() && len(n.Content) > 0 && !n.decorated() {
		return r.MarkOf(Node{n.Content[0]})
	}
	width := 1
	if line, end := r.end(n); line == n.Line {
		width = end - n.Column
	}
	return r.mark(n.Line, n.Column, width)
}

func (r *Reader) mark(line, column, width int) Mark {
	m := Mark{Position: Position{r.file, line, column}, Width: max(width, 1)}
	if line >= 1 && line <= len(r.lines) {
		m.Text = r.lines[line-1].text
		if room := len(r.lines[line-1].runes) - column + 1; room > 0 {
			m.Width = min(m.Width, room)
		}
	}
	return m
}

// decorated reports whether what stands first is an anchor, a tag or an alias.
func (n Node) decorated() bool {
	return n.Kind == yaml.AliasNode || n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || n.Tag == "!"
}

// end is the line of a node's end, and the column after it.
func (r *Reader) end(n Node) (line, column int) {
	if n.Line < 1 || n.Line > len(r.lines) || n.Column < 1 || n.Column > len(r.lines[n.Line-1].runes) {
		return n.Line, n.Column
	}
	rest := r.lines[n.Line-1].runes[n.Column-1:]
	switch {
	case n.decorated(), n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return n.Line, n.Column + upTo(rest, func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(",[]{}", c) })
	case n.Style&yaml.DoubleQuotedStyle != 0:
		return n.Line, n.Column + quoted(rest, '\\')
	case n.Style&yaml.SingleQuotedStyle != 0:
		return n.Line, n.Column + quoted(rest, '\'')
	case n.IsScalar():
		first, _, _ := strings.Cut(n.Node.Value, "\n")
		return n.Line, n.Column + min(utf8.RuneCountInString(first), len(rest))
	case n.inFlow():
		return r.endOfFlow(n, rest)
	}
	return n.Line, n.Column + 1
}

// endOfFlow is after the bracket that closes a list or mapping; one without brackets ends with its last value.
func (r *Reader) endOfFlow(n Node, rest []rune) (line, column int) {
	line, column = n.Line, n.Column
	closing := map[rune]rune{'{': '}', '[': ']'}[rest[0]]
	if closing != 0 {
		column++
	}
	if len(n.Content) > 0 {
		line, column = r.end(Node{n.Content[len(n.Content)-1]})
	}
	if closing == 0 || line < 1 || line > len(r.lines) {
		return line, column
	}
	runes := r.lines[line-1].runes
	for at := column - 1; at < len(runes); at++ {
		switch c := runes[at]; {
		case c == closing:
			return line, at + 2
		case c != ',' && c != ':' && !unicode.IsSpace(c):
			return line, column
		}
	}
	return line + 1, 1 // closed on a later line
}

func upTo(runes []rune, stop func(rune) bool) int {
	for i, c := range runes {
		if stop(c) {
			return i
		}
	}
	return len(runes)
}

// quoted is the length of quoted text, as far as it is on this line. The escape stands before a quote that does not
// end the text; in single quotes that is a quote itself.
func quoted(runes []rune, escape rune) int {
	for i := 1; i < len(runes); i++ {
		switch {
		case runes[i] == escape && i+1 < len(runes) && (escape == '\\' || runes[i+1] == runes[0]):
			i++
		case runes[i] == runes[0]:
			return i + 1
		}
	}
	return len(runes)
}
