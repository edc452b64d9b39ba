package condition

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"holdfast/internal/source"
)

// A Problem is something wrong in an expression: where, in characters of the expression, what, and what to do about it.
type Problem struct {
	From, To int
	Instant  bool // the next instant at which it can change cannot be computed
	Message  string
	Hint     string
}

// Parse reads and checks an expression about the world. With problems there is no condition.
func Parse(text string) (*Condition, []Problem) { return ofCriteria.parse(text) }

// ParseRule reads and checks an expression about the world and what a run is about to do in it.
func ParseRule(text string) (*Condition, []Problem) { return ofRuns.parse(text) }

func (l *language) parse(text string) (*Condition, []Problem) {
	p := parser{Phrase: source.PhraseOf(text), language: l}
	if strings.TrimSpace(text) == "" {
		p.problem(0, 1, "such as service('id').down_for > duration('20m')", "it says nothing")
		return nil, p.problems
	}
	checked, issues := l.environment(nil).Compile(text)
	for _, e := range issues.Errors() {
		p.tell(p.Offset(e.Location.Line(), e.Location.Column()), e.Message)
	}
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	p.rep = checked.NativeRep()
	if t := checked.OutputType(); t.Kind() != types.BoolKind {
		p.problem(0, p.Len(), "write a comparison", "it comes to %s, not to true or false", named(t.String()))
	}
	p.walk()
	p.weigh(checked)
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	return &Condition{p.names, p.counts, checked, l}, nil
}

// named is a type of CEL in plain words.
func named(t string) string {
	switch strings.TrimPrefix(t, "google.protobuf.") {
	case "Duration", "duration":
		return "a duration"
	case "Timestamp", "timestamp":
		return "an instant"
	case "int", "uint", "double":
		return "a number"
	case "string":
		return "a text"
	case "bool":
		return "true or false"
	case "list":
		return "a list"
	}
	return "a " + t
}

type parser struct {
	source.Phrase
	language *language
	scope    Scope // of a playbook; nil: it is a criterion
	rep      *ast.AST
	names    []Name
	counts   bool
	problems []Problem
}

func (p *parser) problem(from, to int, hint, format string, args ...any) {
	p.problems = append(p.problems, Problem{From: from, To: max(to, from+1), Message: fmt.Sprintf(format, args...), Hint: hint})
}

// What CEL says, to be said in other words.
var (
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	noField    = regexp.MustCompile(`^undefined field '([^']*)'`)
	noOverload = regexp.MustCompile(`^found no matching overload for '@?_?([^_']+)_?' applied to '(?:[^(]*\.)?\((.*)\)'`)
	unexpected = regexp.MustCompile(`(?:mismatched|extraneous) input '((?:[^']|'')*)' expecting|no viable alternative at input '(.*)'`)
)

// apart are the functions of CEL that take a time that passes apart.
var apart = regexp.MustCompile(`^(get[A-Z]\w*|int|uint|double|string)$`)

// tell is what CEL says, in the words of whoever wrote it.
func (p *parser) tell(at int, message string) {
	if name := undeclared.FindStringSubmatch(message); name != nil {
		p.unknown(at, name[1])
	} else if name := noField.FindStringSubmatch(message); name != nil {
		if p.Char(at) == '.' || p.Char(at) == '(' {
			at++
		}
		for p.Char(at) == ' ' {
			at++
		}
		p.problem(at, at+p.Word(at), source.DidYouMean(name[1], p.allFields()), "nothing called %q can be asked of it", name[1])
	} else if of := noOverload.FindStringSubmatch(message); of != nil {
		var types []string
		for t := range strings.SplitSeq(of[2], ", ") {
			types = append(types, named(t))
		}
		at, word := p.Called(at, of[1])
		p.problem(at, at+word, "a time is compared with a time: … > duration('20m'), now > timestamp('2026-11-27T00:00:00Z'); ids are in quotes", "%s cannot be used of %s", of[1], strings.Join(types, " and "))
	} else if input := unexpected.FindStringSubmatch(message); input != nil {
		p.stops(at, input[1])
	} else {
		message, _, _ = strings.Cut(strings.TrimPrefix(message, "Syntax error: "), "\n")
		p.problem(at, at+p.Word(at), "", "%s", strings.TrimSuffix(message, "."))
	}
}

func (p *parser) unknown(at int, name string) {
	at, word := p.Called(at, name)
	if p.scope == nil && apart.MatchString(name) {
		p.problem(at, at+word, "compare now, or a time that passes, with an instant or a duration; times of day belong into critical_periods", "%s is not understood here: the next instant at which it comes out otherwise cannot be told", name)
		p.problems[len(p.problems)-1].Instant = true
		return
	}
	hint := source.DidYouMean(name, p.words())
	if slices.Contains(p.words(), name) {
		hint = "it is asked without an id"
	}
	p.problem(at, at+word, hint, "%q is not understood here", name)
}

// stops is where the expression is no longer one.
func (p *parser) stops(at int, input string) {
	if end := p.End(); input == "<EOF>" {
		p.problem(end-1, end, "", "it ends too soon")
		return
	}
	p.problem(at, at+p.Word(at), "", "this is not expected here")
}

func (p *parser) words() []string {
	if p.scope != nil {
		return p.scope.words()
	}
	return p.language.words()
}

func (p *parser) allFields() []string {
	if p.scope != nil {
		return p.scope.allFields()
	}
	return p.language.everyField()
}

func (l *language) words() []string {
	all := []string{"duration", "timestamp"}
	for _, kind := range l.kinds() {
		all = append(all, string(kind))
	}
	return slices.Sorted(slices.Values(slices.AppendSeq(all, maps.Keys(l.variables))))
}

func (l *language) everyField() []string {
	seen := map[string]bool{}
	for _, kind := range l.fields {
		for field := range kind {
			seen[field] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// place is where a part of the expression is written.
func (p *parser) place(e ast.Expr) (from, to int) {
	at := p.rep.SourceInfo().GetStartLocation(e.ID())
	from = p.Offset(at.Line(), at.Column())
	return from, from + p.Word(from)
}

// walk looks at what the types do not say: ids, times and words that are written out.
func (p *parser) walk() {
	for _, e := range p.every() {
		switch e.Kind() {
		case ast.MapKind, ast.StructKind:
			from, to := p.place(e)
			p.problem(from, to, "write a list: [a, b]", "objects are not understood here")
		case ast.IdentKind:
			p.counts = p.counts || strings.HasSuffix(e.AsIdent(), "_down")
		case ast.CallKind:
			p.call(e)
		}
	}
}

// every is each part of the expression, in the order of the text.
func (p *parser) every() []ast.NavigableExpr {
	every := ast.MatchDescendants(ast.NavigateAST(p.rep), func(ast.NavigableExpr) bool { return true })
	slices.SortStableFunc(every, func(a, b ast.NavigableExpr) int {
		from, _ := p.place(a)
		to, _ := p.place(b)
		return from - to
	})
	return every
}

func (p *parser) call(e ast.NavigableExpr) {
	call := e.AsCall()
	switch name := call.FunctionName(); name {
	case "duration":
		p.time(call.Args()[0], length, `as everywhere in the document: duration('20m')`)
	case "timestamp":
		p.time(call.Args()[0], point, `an instant carries its zone: timestamp('2026-11-27T00:00:00Z')`)
	case operators.Equals, operators.NotEquals, operators.In:
		p.compared(call.Args()[0], call.Args()[1])
		p.compared(call.Args()[1], call.Args()[0])
	default:
		if p.language == nil {
			return // of a playbook: it is looked at otherwise
		}
		if _, known := p.language.fields[Kind(name)]; known && !call.IsMemberFunction() {
			p.id(Kind(name), call.Args()[0], e)
		}
	}
}

// time checks a time that is written as text.
func (p *parser) time(arg ast.Expr, read func(string) (moving, error), hint string) {
	from, to := p.place(arg)
	text, ok := text(arg)
	if !ok {
		p.problem(from, to, hint, "a time is written out, in quotes")
	} else if _, err := read(text); err != nil {
		p.problem(from, to, hint, "%v", err)
	}
}

func text(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().(types.String)
	return string(s), ok
}

// id notes the id of a thing: written out, or gone through from a list of such.
func (p *parser) id(kind Kind, arg ast.Expr, call ast.NavigableExpr) {
	if id, ok := text(arg); ok {
		p.name(kind, id, arg)
		return
	}
	if arg.Kind() == ast.IdentKind {
		for above, ok := call.Parent(); ok; above, ok = above.Parent() {
			if above.Kind() != ast.ComprehensionKind || above.AsComprehension().IterVar() != arg.AsIdent() {
				continue
			}
			if list := above.AsComprehension().IterRange(); list.Kind() == ast.ListKind && p.list(kind, list.AsList().Elements()) {
				return
			}
			break
		}
	}
	from, to := p.place(arg)
	p.problem(from, to, fmt.Sprintf("%s('id'), or ['id', 'id'].exists(x, %s(x)…)", kind, kind), "whom it asks about has to be written out")
}

func (p *parser) list(kind Kind, elements []ast.Expr) bool {
	for _, e := range elements {
		id, ok := text(e)
		if !ok {
			return false
		}
		p.name(kind, id, e)
	}
	return true
}

func (p *parser) name(kind Kind, id string, e ast.Expr) {
	from, to := p.place(e)
	n := Name{kind, id, from, to}
	if !slices.Contains(p.names, n) {
		p.names = append(p.names, n)
	}
}

// vocabulary are the words that a field of text can have; nil: any.
func (p *parser) vocabulary(field string) []string {
	if p.scope != nil {
		return said[field]
	}
	if words := vocabulary[field]; words != nil || p.language != ofRuns {
		return words
	}
	return runVocabulary[field]
}

// compared checks that a word which a field is compared with is one that it can have.
func (p *parser) compared(field, with ast.Expr) {
	if field.Kind() != ast.SelectKind {
		return
	}
	known := p.vocabulary(field.AsSelect().FieldName())
	all := []ast.Expr{with}
	if with.Kind() == ast.ListKind {
		all = with.AsList().Elements()
	}
	for _, e := range all {
		if word, ok := text(e); ok && known != nil && !slices.Contains(known, word) {
			from, to := p.place(e)
			p.problem(from, to, source.DidYouMean(word, known), "%s is never %q", field.AsSelect().FieldName(), word)
		}
	}
}

// weigh refuses what may cost too much to answer.
func (p *parser) weigh(checked *cel.Ast) {
	estimate, err := p.language.environment(nil).EstimateCost(checked, sizes{})
	if err == nil && estimate.Max > maxCost {
		p.problem(0, p.Len(), "split it up", "it may cost %d to answer, at most %d are allowed", estimate.Max, maxCost)
	}
}

// sizes knows how long the words are that facts come to.
type sizes struct{}

// EstimateSize bounds the words of the fields of text; all else is written out.
func (sizes) EstimateSize(cost.AstNode) *cost.SizeEstimate {
	return &cost.SizeEstimate{Min: 0, Max: 128}
}

// EstimateCallCost leaves the functions to what CEL knows of them.
func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}
