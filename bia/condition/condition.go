// Package condition is the language of criteria of one's own: a CEL expression over the facts that the built-in criteria
// are judged by. It says what is wrong with an expression and where, and answers it at an instant together with until
// when the answer stands, so that whoever asks knows exactly when to ask again.
package condition

import (
	"errors"
	"math"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/interpreter"
)

// Instants are nanoseconds since 1970, UTC.
const (
	Never = math.MaxInt64 // an answer that stands until Never stands for ever, if nothing else is heard
	Far   = 4e18          // in 2096: what there is none of is this far away, as an instant or a length of time, and never comes closer
)

// maxCost bounds an expression: what it may cost at most by its form, and what one answer may cost. It is in the units
// of CEL, about one for each thing looked at; a thousand comparisons fit.
const maxCost = 10_000

// A Condition is an expression without problems.
type Condition struct {
	names    []Name
	counts   bool
	ast      *cel.Ast
	language *language
}

// A Kind is what an id is the id of.
type Kind string

// The kinds of thing that a condition can ask about.
const (
	Service   Kind = "service" // or process
	Component Kind = "component"
	Site      Kind = "site"
	Data      Kind = "data"
	Observer  Kind = "observer"
)

// What a rule about what a run is about to do can ask about besides.
const (
	Playbook Kind = "playbook"
	Resource Kind = "resource" // that one run at a time holds; Step is one of the run that the next step belongs to
)

// A Name is an id as an expression has it, and where: in characters of the expression.
type Name struct {
	Kind     Kind
	ID       string
	From, To int
}

// Names are all ids that the expression asks about, in the order of the text.
func (c *Condition) Names() []Name { return slices.Clone(c.names) }

// Counts reports whether the expression counts services, whichever they are.
func (c *Condition) Counts() bool { return c.counts }

// A Fact is what is so at an instant.
type Fact struct {
	Value any   // bool, int64, float64, string, Span or Instant
	Until int64 // the first instant after it at which it is otherwise, but for growing; Never: it stays
	Err   error // why it cannot be told; the words must not depend on the instant
}

// A Span is a length of time in nanoseconds that grows by Rate for each nanosecond that passes: 1, 0 or -1.
type Span struct{ Length, Rate int64 }

// An Instant is a moment that moves by Rate for each nanosecond that passes: the present by 1, any other by 0.
type Instant struct{ At, Rate int64 }

// Facts are asked for one field of one thing, or (of no kind) for a variable.
type Facts interface {
	Fact(of Kind, id, field string, at int64) Fact
}

// An Answer is what a condition comes to at an instant.
type Answer struct {
	Holds bool
	Until int64 // the first instant after it at which the answer can differ; never before it does
	Err   error // why there is none; Holds is false then
}

// A Question asks one condition of one set of facts. It is not safe for concurrent use.
type Question struct {
	program cel.Program
	m       *moment
}

// Of makes the question.
func (c *Condition) Of(f Facts) *Question {
	m := &moment{facts: f, language: c.language}
	program, err := c.language.environment(m).Program(c.ast, cel.CostLimit(maxCost))
	if err != nil {
		panic("condition: what was checked cannot be planned: " + err.Error())
	}
	return &Question{program, m}
}

// At answers at an instant. What it looked at stands until Until, growing as it does, so that it would go the same way
// through the expression until then.
func (q *Question) At(t int64) Answer {
	q.m.at, q.m.until = t, Never
	v, _, err := q.program.Eval(q.m)
	a := Answer{Until: q.m.until}
	switch holds, ok := v.(types.Bool); {
	case err != nil && costly(err):
		a.Err = errors.New("it costs too much to answer")
	case err != nil:
		a.Err = cause(err)
	case !ok:
		a.Err = errors.New("it comes to neither true nor false")
	default:
		a.Holds = bool(holds)
	}
	return a
}

// costly reports whether an answer was broken off for its cost.
func costly(err error) bool {
	var cancelled interpreter.EvalCancelledError
	return errors.As(err, &cancelled) && cancelled.Cause == interpreter.CostLimitExceeded
}

// cause is the error that a fact gave, without what CEL says around it.
func cause(err error) error {
	var told untold
	if errors.As(err, &told) {
		return told
	}
	return err
}

// untold is a fact's error on its way through an expression.
type untold struct{ error }

// A moment is one asking: what is looked at, and until when all of it stands.
type moment struct {
	facts     Facts
	language  *language
	at, until int64
}

// stands notes that something that was looked at is otherwise from an instant on.
func (m *moment) stands(until int64) {
	if until > m.at {
		m.until = min(m.until, until)
	}
}

// look is a fact as CEL knows it.
func (m *moment) look(of Kind, id, field string) (any, error) {
	f := m.facts.Fact(of, id, field, m.at)
	m.stands(f.Until)
	if f.Err != nil {
		return nil, untold{f.Err}
	}
	switch v := f.Value.(type) {
	case Span:
		return moving{m: m, value: v.Length, rate: v.Rate}, nil
	case Instant:
		return moving{m: m, instant: true, value: v.At, rate: v.Rate}, nil
	}
	return types.DefaultTypeAdapter.NativeToValue(f.Value), nil
}

// ResolveName looks up a variable.
func (m *moment) ResolveName(name string) (any, bool) {
	if _, known := m.language.variables[name]; !known {
		return nil, false
	}
	if name == next {
		return subject{m, next, ""}, true
	}
	v, err := m.look("", "", name)
	if err != nil {
		return types.WrapErr(err), true
	}
	return v, true
}

// Parent is none.
func (m *moment) Parent() interpreter.Activation { return nil }
