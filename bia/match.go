package bia

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"holdfast/internal/source"
)

// Matchers are what the labels of an alert have to be like, all of them. They are written as {label: expression}, where
// an expression stands for =~, or as a list of matchers of Prometheus: ['alertname=~"Postgres.*Down"', 'severity!="info"'].
type Matchers []Matcher

// A Matcher asks something of one label. One that an alert does not have is as one that is empty.
type Matcher struct {
	Label string
	Op    string // = != =~ !~
	Value string // a text; after ~ a regular expression (RE2) for the whole of the label's value
	At    source.Mark

	re  *regexp.Regexp // nil: a text is compared
	as  *texts         // what the expression comes to, where that is a few texts
	bad error          // why the expression is none; it matches nothing then
}

// The operators of Prometheus, the longer ones first.
var operators = []string{"=~", "!~", "!=", "="}

// NewMatcher makes a matcher; the error is of an expression that is none.
func NewMatcher(label, op, value string) (Matcher, error) {
	m := Matcher{Label: label, Op: op, Value: value}
	if m.expression() && !m.plain() {
		if _, m.bad = regexp.Compile(value); m.bad == nil { // what the author wrote is one by itself: a)(b is none
			m.re, m.bad = regexp.Compile("^(?s:" + value + ")$") // . is any character, as in Prometheus 3
		}
		if as, ok := textsOf(value); ok && m.bad == nil {
			m.as = &as
		}
	}
	return m, m.bad
}

func (m Matcher) expression() bool { return strings.HasSuffix(m.Op, "~") }
func (m *Matcher) negative() bool  { return strings.HasPrefix(m.Op, "!") }

// plain reports whether an expression is one that only its own text matches.
func (m Matcher) plain() bool { return regexp.QuoteMeta(m.Value) == m.Value }

// Text is the one value that the label has to have; false: more than one will do.
func (m Matcher) Text() (string, bool) {
	return m.Value, !m.negative() && (!m.expression() || m.plain())
}

// Matches reports whether a label's value is as asked.
func (m *Matcher) Matches(value string) bool {
	switch {
	case m.bad != nil:
		return false
	case m.as != nil:
		return m.as.match(value) != m.negative()
	case m.re != nil:
		return m.re.MatchString(value) != m.negative()
	}
	return (m.Value == value) != m.negative()
}

// Match reports whether all labels are as asked; value looks one up, and is empty where there is none. Where nothing is
// asked, nothing matches.
func (ms Matchers) Match(value func(label string) string) bool {
	for i := range ms {
		if m := &ms[i]; !m.Matches(value(m.Label)) {
			return false
		}
	}
	return len(ms) > 0
}

// nothing reports whether the author wrote that nothing is asked; what could not be read is told elsewhere.
func (ms Matchers) nothing(marks source.Marks) bool {
	return ms != nil && len(ms) == 0 && !marks.Has("match[0]")
}

// asks reports whether an alert without labels would not do.
func (ms Matchers) asks() bool {
	return slices.ContainsFunc(ms, func(m Matcher) bool { return m.bad != nil || !m.Matches("") })
}

// String is a matcher as Prometheus writes it.
func (m Matcher) String() string {
	label := m.Label
	if bareName(label) != len(label) || label == "" {
		label = quote(label)
	}
	return label + m.Op + quote(m.Value)
}

func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

// bareName is how much of a text is a name that needs no quotes.
func bareName(text string) int {
	for i := range len(text) {
		c := text[i]
		letter := c == '_' || c == ':' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return i
		}
	}
	return len(text)
}

// DecodeDocument reads {label: expression}, or a list of matchers.
func (ms *Matchers) DecodeDocument(r *source.Reader, n source.Node) {
	*ms = Matchers{}
	switch {
	case n.IsMapping():
		var written map[string]string
		r.DecodeInto(n, &written)
		for _, label := range sortedKeys(written) {
			value, _ := n.Value(label)
			m, _ := NewMatcher(label, "=~", written[label]) // checkMatchers tells
			m.At = r.MarkOf(value)
			*ms = append(*ms, m)
		}
	case n.IsList():
		for _, item := range n.Content {
			if m, ok := readMatcher(r, source.Node{Node: item}); ok {
				*ms = append(*ms, m)
			}
		}
	default:
		*ms = nil
		r.Problems.Errorf(r.MarkOf(n), "document/type", `{alertname: Watchdog}, or ['alertname="Watchdog"']`, "expected a mapping or a list")
	}
}

// readMatcher reads one of a list.
func readMatcher(r *source.Reader, n source.Node) (Matcher, bool) {
	var written string
	known := len(r.Problems)
	if r.DecodeInto(n, &written); len(r.Problems) > known {
		return Matcher{}, false
	}
	m, wrong := ParseMatcher(written)
	if wrong != nil {
		r.Problems.Errorf(r.Within(n, wrong.From, wrong.To), "bia/matcher", wrong.Hint, "%s", wrong.Message)
		return Matcher{}, false
	}
	if m.At = r.MarkOf(n); m.bad != nil {
		m.At = r.Within(n, wrongExpression(written), utf8.RuneCountInString(strings.TrimSpace(written)))
	}
	return m, true
}

// wrongExpression is where the value of a matcher begins that could be read.
func wrongExpression(written string) int {
	return utf8.RuneCountInString(written[:strings.IndexByte(written, '~')+1])
}

// A MatcherProblem is what is wrong with a matcher: where, in characters of it, what, and what to do about it.
type MatcherProblem struct {
	From, To int
	Message  string
	Hint     string
}

// ParseMatcher reads a matcher as Prometheus and Alertmanager write it: label="text", label!="text", label=~"expression",
// label!~"expression". Within quotes \" \\ and \n are escapes, and any other backslash stands for itself; a label's name
// may be quoted too, and a value without any of {}!=~,\"'` and blanks may do without quotes. Whether an expression is one
// is for whoever uses it.
func ParseMatcher(written string) (Matcher, *MatcherProblem) {
	p := matcherParser{text: written}
	label := p.label()
	op := p.operator()
	value := p.value()
	if p.problem != nil {
		return Matcher{}, p.problem
	}
	m, _ := NewMatcher(label, op, value)
	return m, nil
}

// A matcherParser goes through a matcher once. The first thing that is wrong stays.
type matcherParser struct {
	text    string
	at      int // in bytes
	problem *MatcherProblem
}

const likeThis = `such as alertname=~"Postgres.*Down", in single quotes as a whole`

func (p *matcherParser) fail(from, to int, hint, format string, args ...any) {
	if p.problem == nil {
		characters := func(bytes int) int { return utf8.RuneCountInString(p.text[:min(bytes, len(p.text))]) }
		first := characters(from)
		p.problem = &MatcherProblem{first, max(characters(to), first+1), fmt.Sprintf(format, args...), hint}
	}
}

func (p *matcherParser) blanks() {
	p.at = len(p.text) - len(strings.TrimLeft(p.text[p.at:], " \t\r\n"))
}

func (p *matcherParser) rest() string { return p.text[p.at:] }

func (p *matcherParser) label() string {
	p.blanks()
	if strings.HasPrefix(p.rest(), `"`) {
		from := p.at
		name := p.quoted()
		if name == "" {
			p.fail(from, p.at, likeThis, "the label has no name")
		}
		return name
	}
	n := bareName(p.rest())
	if n == 0 {
		p.fail(p.at, len(p.text), likeThis, "a matcher begins with the name of a label")
	}
	p.at += n
	return p.text[p.at-n : p.at]
}

func (p *matcherParser) operator() string {
	p.blanks()
	for _, op := range operators {
		if strings.HasPrefix(p.rest(), op) {
			p.at += len(op)
			return op
		}
	}
	if p.rest() == "" {
		p.fail(0, len(p.text), likeThis, "it does not say what the label has to be like")
		return ""
	}
	_, width := utf8.DecodeRuneInString(p.rest())
	width = max(width, len(p.rest())-len(strings.TrimLeft(p.rest(), "=!~<>:")))
	p.fail(p.at, p.at+width, "=, !=, =~ or !~; a name of other characters than A-Z a-z 0-9 _ : stands in double quotes", "%q is no operator", p.rest()[:width])
	return ""
}

func (p *matcherParser) value() string {
	p.blanks()
	from := p.at
	if strings.HasPrefix(p.rest(), `"`) {
		value := p.quoted()
		if p.blanks(); p.rest() != "" {
			p.fail(p.at, len(p.text), "one matcher for each item of the list", "it goes on behind the value")
		}
		return value
	}
	value := strings.TrimRight(p.rest(), " \t\r\n")
	p.at = from + len(value)
	switch at := strings.IndexAny(value, "{}!=~,\\\"'` \t\r\n"); {
	case value == "":
		p.fail(0, len(p.text), `"" is a label that is not there`, "it does not say what the value has to be")
	case at >= 0:
		p.fail(from+at, from+at+1, "put the value in double quotes", "%q stands in a value without quotes", value[at:at+1])
	}
	return value
}

// quoted reads a text in double quotes, which stand at both its ends.
func (p *matcherParser) quoted() string {
	var out strings.Builder
	from := p.at
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return out.String()
		case c == '\\' && p.at+1 < len(p.text) && strings.IndexByte(`\"n`, p.text[p.at+1]) >= 0:
			p.at++
			out.WriteByte(map[byte]byte{'\\': '\\', '"': '"', 'n': '\n'}[p.text[p.at]])
		default:
			out.WriteByte(c)
		}
	}
	p.fail(from, len(p.text), "the value ends with a double quote; a matcher with a comma in it stands in single quotes as a whole", "the quotes are not closed")
	return ""
}
