package source

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
)

// MaxDocument is the largest document that is read, in bytes: what a run pins has to fit into one journal message. An
// analysis is pinned by nobody, and holds every component there is.
const (
	MaxDocument = 512 << 10
	MaxAnalysis = 8 << 20 // about 100,000 components
)

// maxDepth is how deep a document may be nested; a playbook uses about ten levels.
const maxDepth = 32

// A Reader decodes one document and collects what is wrong with it.
type Reader struct {
	Problems Problems
	file     string
	most     int // bytes
	lines    []line
	fields   map[reflect.Type]fields
}

// parse reads the text as one YAML document.
func (r *Reader) parse(text []byte) (*yaml.Node, bool) {
	if len(text) > r.most {
		r.Problems.Errorf(Mark{Position: Position{File: r.file}}, "document/size", "split it up", "the document is larger than %d KiB", r.most>>10)
		return nil, false
	}
	r.lines = linesOf(text)
	if !r.legible(text) {
		return nil, false
	}
	var doc yaml.Node
	if err := yaml.Load(text, &doc); err != nil {
		r.syntax(err)
		return nil, false
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || (Node{doc.Content[0]}).isNothing() {
		r.empty()
		return nil, false
	}
	return doc.Content[0], true
}

// legible refuses text that is not what it looks like: broken encoding, control characters, line ends that only some
// programs see, and marks that turn the direction of writing.
func (r *Reader) legible(text []byte) bool {
	line, column := 1, 0
	for rest := text; len(rest) > 0; {
		c, size := utf8.DecodeRune(rest)
		column++
		switch {
		case c == utf8.RuneError && size == 1:
			r.Problems.Errorf(r.mark(line, column, 1), "document/utf8", "save it as UTF-8", "the document is not valid UTF-8")
			return false
		case c == '\n', c == '\r' && !(len(rest) > 1 && rest[1] == '\n'):
			line, column = line+1, 0
		case c == '\uFEFF' && line == 1 && column == 1:
			column = 0
		case c != '\t' && c != '\r' && unseen(c):
			r.Problems.Errorf(r.mark(line, column, 1), "document/character", "remove it, or write it as an escape in double quotes", "%U is a character that nobody sees", c)
			return false
		}
		rest = rest[size:]
	}
	return true
}

func unseen(c rune) bool {
	return unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == '\u2028' || c == '\u2029' || c == '\uFEFF' || c == '\uFFFE' || c == '\uFFFF'
}

func (r *Reader) empty() {
	r.Problems.Errorf(Mark{Position: Position{File: r.file}}, "document/empty", "", "the document is empty")
}

// syntax tells what the YAML library could not read.
func (r *Reader) syntax(err error) {
	var one *yaml.LoadError
	switch {
	case strings.Contains(err.Error(), "no documents"):
		r.empty()
		return
	case strings.Contains(err.Error(), "found multiple"):
		r.Problems.Errorf(Mark{Position: Position{File: r.file}}, "document/syntax", "put each document into a file of its own", "there is more than one document in the file")
		return
	case !errors.As(err, &one):
		r.Problems.Errorf(Mark{Position: Position{File: r.file}}, "document/syntax", "", "%v", err)
		return
	}
	at, message := one.Mark, one.Message
	if start := one.ContextMark; start.Line > 0 && one.ContextMsg != "" {
		message = fmt.Sprintf("%s, %s that starts on line %d", message, one.ContextMsg, start.Line)
		if at.Line > len(r.lines) || len(r.lines[max(at.Line, 1)-1].runes) == 0 {
			at = start // the end of the file tells nobody anything
		}
	}
	where, hint := r.mark(max(at.Line, 1), max(at.Column, 1), 1), ""
	if strings.Contains(where.Text, "${{") {
		hint = `within brackets an expression stands in quotes: "${{ … }}"`
	}
	r.Problems.Errorf(where, "document/syntax", hint, "%s", message)
}

// admit refuses what makes a document mean something else than it says. It reports all of that, and returns false only
// if there is no use in reading on.
func (r *Reader) admit(n *yaml.Node, depth int) bool {
	at := r.MarkOf(Node{n})
	if depth > maxDepth {
		r.Problems.Errorf(at, "document/depth", "", "nested more than %d deep", maxDepth)
		return false
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		r.Problems.Errorf(at, "document/alias", "write the value out", "aliases and anchors are not read")
	}
	if n.Style&yaml.TaggedStyle != 0 || n.Tag == "!" {
		r.Problems.Errorf(at, "document/tag", "remove the tag", "explicit tags are not read")
	}
	if n.Kind == yaml.AliasNode {
		return true
	}
	r.admitKeys(Node{n})
	for _, c := range n.Content {
		if !r.admit(c, depth+1) {
			return false
		}
	}
	return true
}

func (r *Reader) admitKeys(n Node) {
	first := map[string]int{}
	for key := range n.Pairs() {
		word := key.Node.Value
		line, twice := first[word]
		switch {
		case !key.IsScalar():
			r.Problems.Errorf(r.MarkOf(key), "document/key", "", "a key has to be a single word")
		case word == "<<":
			r.Problems.Errorf(r.MarkOf(key), "document/alias", "write the values out", "merge keys are not read")
		case twice:
			r.Problems.Errorf(r.MarkOf(key), "document/duplicate-key", "keep one of the two", "%q is written twice, first on line %d", word, line)
		default:
			first[word] = key.Line
		}
	}
}
