package playbooks

import (
	"slices"
	"strings"

	"holdfast/bia/condition"
	"holdfast/internal/source"
)

// A place is where in a step a value may be put in. Each has an encoder of its own; what is no place takes no value.
type place string

const (
	inURL  place = "url"
	inLine place = "line" // the value of a header or of a variable
	inJSON place = "json"
	inArgv place = "argument"
)

// placeOf is the place of a text by the keys above it, from the step on; empty: none.
func placeOf(path []string) place {
	if len(path) > 0 && path[0] == "undo" {
		path = path[1:]
	}
	if len(path) < 3 || path[0] != "run" && path[0] != "verify" {
		return ""
	}
	switch kind, key, below := path[1], path[2], path[3:]; {
	case slices.Contains(below, "secret"):
		return ""
	case kind == "http" && key == "url" && len(below) == 0:
		return inURL
	case kind != "prometheus" && key == "header" && len(below) == 1, kind == "exec" && key == "env" && len(below) == 1:
		return inLine
	case kind == "http" && key == "body", kind == "nats" && key == "request":
		return inJSON
	case kind == "exec" && key == "args" && len(below) == 1:
		return inArgv
	}
	return ""
}

// expressions compiles everything that the playbook asks and puts in, once its steps are known.
func (d *document) expressions(r *source.Reader, n source.Node) {
	c := compiler{r: r, p: d.playbook}
	steps, _ := n.Value("steps")
	for key, value := range n.Pairs() {
		if key.Node.Value != "steps" {
			c.refuse(key)
			c.refuse(value)
		}
	}
	for i := range d.playbook.Steps {
		c.step(&d.playbook.Steps[i], source.Node{Node: steps.Content[i]})
	}
}

// A compiler reads the expressions of one playbook. Most playbooks have none, and then no language is made.
type compiler struct {
	r        *source.Reader
	p        *Playbook
	language *condition.Language
}

func (c *compiler) step(s *Step, n source.Node) {
	if when, ok := n.Value("when"); ok && when.IsScalar() {
		c.when(s, when)
	}
	c.walk(s, n, nil)
}

func (c *compiler) when(s *Step, n source.Node) {
	text, from := n.Node.Value, 0
	if all, closed := parts(text); closed {
		if inner, ok := whole(all); ok { // ${{ … }} around a condition is a habit from elsewhere, and does no harm
			from = all[0].at + len([]rune(all[0].text)) - len([]rune(strings.TrimLeft(all[0].text, " \t\n")))
			text = inner
		}
	}
	e := c.parse(s, n, text, from)
	if e != nil && e.Type() != condition.Boolean && e.Type() != condition.Any {
		c.problem(n, from, from+len([]rune(text)), "write a comparison", "when is true or false; this comes to %s", article(e.Type()))
		return
	}
	s.Condition = e
}

// walk goes through everything that is written in a step, and compiles or refuses what is put in.
func (c *compiler) walk(s *Step, n source.Node, path []string) {
	switch {
	case n.IsScalar() && holdsExpression(n.Node.Value) && !(len(path) == 1 && path[0] == "when"):
		c.text(s, n, path)
	case n.IsMapping():
		for key, value := range n.Pairs() {
			c.refuse(key)
			c.walk(s, value, append(slices.Clip(path), key.Node.Value))
		}
	case n.IsList():
		for _, item := range n.Content {
			c.walk(s, source.Node{Node: item}, append(slices.Clip(path), ""))
		}
	}
}

const placesHint = "values go into the path and query of a URL, the value of a header or variable, a JSON body or request, and arguments"

// refuse reports every ${{ … }} where nothing is put in: taken literally, it would send a placeholder to a machine or to a
// person.
func (c *compiler) refuse(n source.Node) {
	if n.IsScalar() && holdsExpression(n.Node.Value) {
		c.refuseAt(n)
	}
	for _, below := range n.Content {
		c.refuse(source.Node{Node: below})
	}
}

func (c *compiler) refuseAt(n source.Node) {
	all, _ := parts(n.Node.Value)
	for _, p := range all {
		if p.expr {
			c.problem(n, p.at-len(opening), p.at+len([]rune(p.text))+len(closing), placesHint, "no value is put in here")
			return
		}
	}
}

// text compiles the expressions of one text.
func (c *compiler) text(s *Step, n source.Node, path []string) {
	at := placeOf(path)
	all, closed := parts(n.Node.Value)
	last := all[len(all)-1]
	switch {
	case at == "":
		c.refuseAt(n)
		return
	case !closed:
		c.problem(n, last.at-len(opening), last.at, "end it with }}", "the expression is not closed")
		return
	case at == inURL && !c.urlParts(n, all):
		return
	}
	_, single := whole(all)
	for _, p := range all {
		if !p.expr {
			continue
		}
		inner := strings.TrimSpace(p.text)
		from := p.at + len([]rune(p.text)) - len([]rune(strings.TrimLeft(p.text, " \t\r\n")))
		e := c.parse(s, n, inner, from)
		if e == nil {
			continue
		}
		if t := e.Type(); !t.Scalar() && t != condition.Any && !(at == inJSON && single) {
			c.problem(n, from, from+len([]rune(inner)), "name one of its values", "only text and figures go in here; this comes to %s", article(t))
			continue
		}
		if s.Parameters == nil {
			s.Parameters = map[string]*condition.Expression{}
		}
		s.Parameters[inner] = e
	}
}

// urlParts checks that values stand only in the path, and in the query after a =.
func (c *compiler) urlParts(n source.Node, all []part) bool {
	before := ""
	for _, p := range all {
		if !p.expr {
			before += p.text
			continue
		}
		from, to := p.at-len(opening), p.at+len([]rune(p.text))+len(closing)
		switch {
		case !inPath(before):
			c.problem(n, from, to, "which machine is called is written out, and allow-listed", "no value is put into scheme, host or port")
			return false
		case strings.Contains(before, "#"):
			c.problem(n, from, to, "remove it", "what follows # is never sent")
			return false
		case !inQueryValue(before):
			c.problem(n, from, to, "write ?name=${{ … }}", "in a query only values are put in, after a =")
			return false
		}
		before += "x"
	}
	return true
}

// inPath reports whether a URL that is written so far has its host behind it.
func inPath(before string) bool {
	_, rest, ok := strings.Cut(before, "://")
	return ok && strings.IndexAny(rest, "/?") > 0
}

func inQueryValue(before string) bool {
	_, query, ok := strings.Cut(before, "?")
	if !ok {
		return true
	}
	return strings.Contains(query[strings.LastIndex(query, "&")+1:], "=")
}

// parse compiles an expression; nil: it has problems.
func (c *compiler) parse(s *Step, n source.Node, text string, from int) *condition.Expression {
	if c.language == nil {
		c.language = c.p.scope().Language()
	}
	e, problems := c.language.Parse(text)
	for _, p := range problems {
		c.problem(n, from+p.From, from+p.To, p.Hint, "%s", p.Message)
	}
	if e == nil {
		return nil
	}
	for _, name := range e.Names() {
		at := c.r.Within(n, from+name.From, from+name.To)
		if name.Kind == condition.Step && c.p.path(s.ID, name.ID) == nil || name.Kind == condition.Step && name.ID == s.ID {
			c.r.Problems.Errorf(at, "playbook/expression", "let it come after that step: after: ["+name.ID+"]", "%s does not come before %s, so nobody knows how it went", name.ID, s.ID)
		}
		if name.Kind != condition.Step {
			c.p.Asked = append(c.p.Asked, Asked{name.Kind, Mention{name.ID, at}})
		}
	}
	return e
}

func (c *compiler) problem(n source.Node, from, to int, hint, format string, args ...any) {
	c.r.Problems.Errorf(c.r.Within(n, from, to), "playbook/expression", hint, format, args...)
}

func article(t condition.Type) string {
	switch t {
	case condition.Integer:
		return "a whole number"
	case condition.Moment:
		return "an instant"
	case condition.String:
		return "a text"
	}
	return "a " + string(t)
}

// scope is what the playbook's expressions can ask about: its steps and the types of their answers.
func (p *Playbook) scope() condition.Scope {
	s := condition.Scope{}
	for i := range p.Steps {
		answers := map[string]condition.Type{}
		for name, a := range p.Steps[i].Answers {
			answers[name] = a.Value()
		}
		s[p.Steps[i].ID] = answers
	}
	return s
}

// Asked is something of the analysis that an expression asks about, and where.
type Asked struct {
	Kind condition.Kind
	Mention
}
