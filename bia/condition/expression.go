package condition

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"

	"holdfast/internal/source"
)

// This file is what playbooks ask and put in: an expression over an incident, a run, its steps and the same things as
// criteria ask about. It is asked once, when a step's turn comes, so it may take a time apart, which a criterion may not.

// The kinds of thing that only an expression of a playbook can ask about.
const (
	TheIncident Kind = "incident"
	TheRun      Kind = "run"
	Step        Kind = "step"
	Answers     Kind = "answers" // of a step
)

// A Scope is what the expressions of one playbook can ask about beside what all can: its steps, each with the types of its
// answers.
type Scope map[string]map[string]Type

// An Expression is one without problems. It is safe for concurrent use.
type Expression struct {
	text    string
	of      Type
	names   []Name
	passes  bool
	program cel.Program
}

// Text is how it is written.
func (e *Expression) Text() string { return e.text }

// Type is what it comes to; Any where only asking tells.
func (e *Expression) Type() Type { return e.of }

// Names are all ids that the expression asks about, in the order of the text.
func (e *Expression) Names() []Name { return slices.Clone(e.names) }

// Passes reports whether it asks for what changes by the clock alone.
func (e *Expression) Passes() bool { return e.passes }

// Things answer for the fields of one thing, or (of no kind) for a variable: a string, bool, int64, float64, time.Duration,
// time.Time, []string or Value. An error says why it cannot be told.
type Things interface {
	Ask(of Kind, id, field string) (any, error)
}

// Evaluate is what the expression comes to, or why it comes to nothing.
func (e *Expression) Evaluate(t Things) (Value, error) {
	out, _, err := e.program.Eval(asking{Things: t})
	switch {
	case err != nil && costly(err):
		return Value{}, errors.New("it costs too much to answer")
	case err != nil:
		return Value{}, cause(err)
	}
	v, err := fromCEL(out, 0)
	switch {
	case err != nil:
		return Value{}, err
	case v.Type() == Null:
		return Value{}, errors.New("it comes to nothing (null)")
	}
	if data, err := v.MarshalJSON(); err != nil || len(data) > mostValue {
		return Value{}, errBig
	}
	return v, nil
}

// asking makes things known to CEL, as its variables and as a value of its own.
type asking struct {
	unmade
	Things
}

// ResolveName looks up a variable.
func (a asking) ResolveName(name string) (any, bool) {
	switch name {
	case theThings:
		return a, true
	case theSteps, string(TheIncident), string(TheRun):
		return thing{things: a.Things, kind: Kind(name)}, true
	case "now":
		v, err := look(a.Things, "", "", name)
		if err != nil {
			return types.WrapErr(err), true
		}
		return v, true
	}
	return nil, false
}

// Parent is none.
func (a asking) Parent() interpreter.Activation { return nil }

// Type is one that nothing else has.
func (a asking) Type() ref.Type { return types.NewOpaqueType(theThings) }

// Value is itself.
func (a asking) Value() any { return a }

// Equal is never asked.
func (a asking) Equal(ref.Val) ref.Val { return types.False }

// look asks for a field, as CEL knows it.
func look(t Things, of Kind, id, field string) (any, error) {
	x, err := t.Ask(of, id, field)
	if err != nil {
		return nil, untold{err}
	}
	if v, ok := x.(Value); ok {
		x = v.native()
	}
	return types.DefaultTypeAdapter.NativeToValue(x), nil
}

// A thing is something whose fields can be asked for.
type thing struct {
	unmade
	things Things
	kind   Kind
	id     string
}

// Type is the kind's; of a step, the step's own.
func (t thing) Type() ref.Type {
	switch t.kind {
	case Step:
		return objectType(stepOf + t.id)
	case Answers:
		return objectType(answersOf + t.id)
	}
	return objectType(string(t.kind))
}

// Value is itself.
func (t thing) Value() any { return t }

// Equal is whether it is the same thing.
func (t thing) Equal(other ref.Val) ref.Val {
	o, ok := other.(thing)
	return types.Bool(ok && o.kind == t.kind && o.id == t.id)
}

// unmade is what cannot be made into anything else.
type unmade struct{}

// ConvertToNative is not needed by any function that there is.
func (unmade) ConvertToNative(reflect.Type) (any, error) { return nil, errUnmade }

// ConvertToType is not needed by any function that there is.
func (unmade) ConvertToType(ref.Type) ref.Val { return types.WrapErr(errUnmade) }

var errUnmade = errors.New("only the fields of a thing come to anything")

// fromCEL is a value that CEL came to.
func fromCEL(x ref.Val, depth int) (Value, error) {
	if depth > 16 {
		return Value{}, errors.New("it is nested more than 16 deep")
	}
	switch x := x.(type) {
	case types.Duration:
		return Length(x.Duration), nil
	case types.Timestamp:
		return fromNative(x.Time, 0)
	case types.Null:
		return Value{}, nil
	case traits.Mapper:
		v := Value{of: Map, fields: map[string]Value{}}
		for it := x.Iterator(); it.HasNext() == types.True; {
			k := it.Next()
			word, ok := k.(types.String)
			if !ok {
				return Value{}, errors.New("it comes to a map whose keys are not text")
			}
			one, err := fromCEL(x.Get(k), depth+1)
			if err != nil {
				return Value{}, err
			}
			v.fields[string(word)] = one
		}
		return v, nil
	case traits.Lister:
		v := Value{of: List, list: []Value{}}
		for it := x.Iterator(); it.HasNext() == types.True; {
			one, err := fromCEL(it.Next(), depth+1)
			if err != nil {
				return Value{}, err
			}
			v.list = append(v.list, one)
		}
		return v, nil
	}
	return fromNative(x.Value(), depth)
}

// A Language reads the expressions of one playbook.
type Language struct {
	env   *cel.Env
	scope Scope
}

// Language is the one of the scope; to make it takes a moment, so it is made once for a playbook.
func (s Scope) Language() *Language { return &Language{s.environment(), s} }

// Parse reads and checks an expression. With problems there is no expression.
func (l *Language) Parse(text string) (*Expression, []Problem) {
	p := parser{Phrase: source.PhraseOf(text), scope: l.scope}
	if strings.TrimSpace(text) == "" {
		p.problem(0, 1, "such as run.service, or step('assess').answers.cause", "it says nothing")
		return nil, p.problems
	}
	checked, issues := l.env.Compile(text)
	for _, e := range issues.Errors() {
		p.tell(p.Offset(e.Location.Line(), e.Location.Column()), e.Message)
	}
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	p.rep = checked.NativeRep()
	of, ok := typeOfCEL(checked.OutputType())
	if !ok {
		p.problem(0, p.Len(), "ask for one of its fields", "it comes to no value")
	}
	out := &Expression{text: text, of: of, passes: p.ask()}
	if estimate, err := l.env.EstimateCost(checked, sizes{}); err == nil && estimate.Min > maxCost { // how long a list or an output is, only asking tells
		p.problem(0, p.Len(), "split it up", "it costs %d to answer, at most %d are allowed", estimate.Min, maxCost)
	}
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	program, err := l.env.Program(checked, cel.CostLimit(maxCost))
	if err != nil {
		panic("condition: what was checked cannot be planned: " + err.Error())
	}
	out.names, out.program = p.names, program
	return out, nil
}
