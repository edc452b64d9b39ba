package condition

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Fields of what only a playbook asks about; those of a step are complete with its answers.
var stepFields = map[string]*cel.Type{
	"outcome": cel.StringType, "output": cel.StringType, "reason": cel.StringType, "by": cel.StringType, "evidence": cel.StringType,
	"started": cel.TimestampType, "ended": cel.TimestampType, "took": cel.DurationType,
}

var askable = map[Kind]map[string]*cel.Type{
	Service: {
		"state": cel.StringType, "unknown": cel.BoolType, "vital": cel.BoolType, "down_for": cel.DurationType, "rto": cel.DurationType,
		"time_to_lti": cel.DurationType, "since": cel.TimestampType, "deadline": cel.TimestampType, "lti": cel.TimestampType,
	},
	Component: {"state": cel.StringType, "unknown": cel.BoolType},
	Site:      {"lost": cel.BoolType},
	Data:      {"recovery_point": cel.TimestampType, "age": cel.DurationType},
	TheIncident: {
		"id": cel.StringType, "level": cel.StringType, "automatic": cel.BoolType, "opened": cel.TimestampType, "declared": cel.TimestampType,
		"declared_by": cel.StringType, "services": cel.ListType(cel.StringType), "lost": cel.ListType(cel.StringType), "roots": cel.ListType(cel.StringType),
	},
	TheRun: {
		"id": cel.StringType, "service": cel.StringType, "covers": cel.ListType(cel.StringType), "playbook": cel.StringType, "version": cel.IntType,
		"exercise": cel.StringType, "by": cel.StringType, "started": cel.TimestampType,
	},
}

// passing are the fields that change by the clock alone.
var passing = []string{"down_for", "time_to_lti", "age"}

// said are the words that a field of text can have.
var said = map[string][]string{
	"state":    {"up", "degraded", "down"},
	"outcome":  {"done", "failed", "cannot", "timed_out", "declined", "skipped"},
	"level":    {"event", "incident", "major_incident", "disaster"},
	"exercise": {"", "walkthrough", "tabletop", "simulation", "parallel", "full"},
}

// Hidden names, which nobody can write.
const (
	theThings = "@things"
	theSteps  = "@steps"
	stepOf    = "step "
	answersOf = "answers of "
)

// environment is that of one playbook's expressions.
func (s Scope) environment() *cel.Env {
	registry, err := types.NewRegistry()
	if err != nil {
		panic("condition: the language is broken: " + err.Error()) // it is made of constants
	}
	options := []cel.EnvOption{
		cel.CustomTypeProvider(scoped{registry, s}),
		cel.StdLib(cel.StdLibSubset(withoutTimes)),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(4096),
		cel.ParserRecursionLimit(64),
		cel.Macros(stepMacro),
		cel.Variable(theThings, types.NewOpaqueType(theThings)),
		cel.Variable(theSteps, objectType(theSteps)),
		cel.Variable(string(TheIncident), objectType(string(TheIncident))),
		cel.Variable(string(TheRun), objectType(string(TheRun))),
		cel.Variable("now", cel.TimestampType),
		reading("duration", cel.DurationType, func(text string) (ref.Val, error) {
			d, err := length(text)
			return types.Duration{Duration: time.Duration(d.value)}, err
		}),
		reading("timestamp", cel.TimestampType, func(text string) (ref.Val, error) {
			t, err := point(text)
			return types.Timestamp{Time: time.Unix(0, t.value).UTC()}, err
		}),
		reading("json", cel.DynType, parseJSON),
	}
	for _, kind := range asked {
		options = append(options, cel.Macros(thingMacro(kind)), cel.Function("@"+string(kind),
			cel.Overload("@"+string(kind)+"_of", []*cel.Type{types.NewOpaqueType(theThings), cel.StringType}, objectType(string(kind)),
				cel.BinaryBinding(func(things, id ref.Val) ref.Val {
					return thing{things: things.(asking).Things, kind: kind, id: string(id.(types.String))}
				}))))
	}
	e, err := cel.NewCustomEnv(options...)
	if err != nil {
		panic("condition: the language is broken: " + err.Error())
	}
	return e
}

// asked are the kinds of thing that are asked about by id.
var asked = []Kind{Service, Component, Site, Data}

func objectType(name string) *cel.Type { return types.NewObjectType(name, traits.FieldTesterType) }

// reading is a function that reads something from text.
func reading(name string, t *cel.Type, read func(string) (ref.Val, error)) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_of_text", []*cel.Type{cel.StringType}, t, cel.UnaryBinding(func(text ref.Val) ref.Val {
		v, err := read(string(text.(types.String)))
		if err != nil {
			return types.WrapErr(untold{err})
		}
		return v
	})))
}

// parseJSON reads what a target answered.
func parseJSON(text string) (ref.Val, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var x any
	if err := d.Decode(&x); err != nil {
		return nil, errors.New("the text is not JSON, or was cut off")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the text is more than one JSON value")
	}
	v, err := fromNative(figures(x), 0)
	if err != nil {
		return nil, err
	}
	return types.DefaultTypeAdapter.NativeToValue(v.native()), nil
}

// figures makes whole numbers of JSON whole, and the others floats.
func figures(x any) any {
	switch x := x.(type) {
	case json.Number:
		if n, err := x.Int64(); err == nil {
			return n
		}
		f, _ := x.Float64()
		return f
	case []any:
		for i := range x {
			x[i] = figures(x[i])
		}
	case map[string]any:
		for k := range x {
			x[k] = figures(x[k])
		}
	}
	return x
}

// native is a value as CEL takes it.
func (v Value) native() any {
	switch v.of {
	case List:
		all := []any{}
		for _, x := range v.list {
			all = append(all, x.native())
		}
		return all
	case Map:
		all := map[string]any{}
		for k, x := range v.fields {
			all[k] = x.native()
		}
		return all
	}
	return v.scalar
}

// scoped adds the things, and the steps of a playbook, to the types that CEL knows.
type scoped struct {
	types.Provider
	steps Scope
}

// FindStructType finds the type of a thing.
func (s scoped) FindStructType(name string) (*types.Type, bool) {
	if _, known := s.fields(name); known {
		return types.NewTypeTypeWithParam(objectType(name)), true
	}
	return s.Provider.FindStructType(name)
}

// FindStructFieldNames are what can be asked of a thing.
func (s scoped) FindStructFieldNames(name string) ([]string, bool) {
	if all, known := s.fields(name); known {
		return slices.Sorted(maps.Keys(all)), true
	}
	return s.Provider.FindStructFieldNames(name)
}

// fields are those of a thing by the name of its type.
func (s scoped) fields(name string) (map[string]*cel.Type, bool) {
	if name == theSteps {
		all := map[string]*cel.Type{}
		for id := range s.steps {
			all[id] = objectType(stepOf + id)
		}
		return all, true
	}
	if id, ok := strings.CutPrefix(name, stepOf); ok {
		all := maps.Clone(stepFields)
		all["answers"] = objectType(answersOf + id)
		return all, true
	}
	if id, ok := strings.CutPrefix(name, answersOf); ok {
		all := map[string]*cel.Type{}
		for answer, of := range s.steps[id] {
			all[answer] = celType(of)
		}
		return all, true
	}
	all, known := askable[Kind(name)]
	return all, known
}

// FindStructFieldType is what a field comes to, and how to look it up.
func (s scoped) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	all, known := s.fields(name)
	if !known {
		return s.Provider.FindStructFieldType(name, field)
	}
	t, known := all[field]
	return &types.FieldType{Type: t,
		IsSet: func(of any) bool {
			_, err := fieldOf(of, field)
			return err == nil
		},
		GetFrom: func(of any) (any, error) { return fieldOf(of, field) }}, known
}

// fieldOf is a field of a thing: a thing below it, or what is told of it.
func fieldOf(of any, field string) (any, error) {
	t, ok := of.(thing)
	switch {
	case !ok:
		return nil, fmt.Errorf("%s of what is no thing", field)
	case t.kind == Kind(theSteps):
		return thing{things: t.things, kind: Step, id: field}, nil
	case t.kind == Step && field == "answers":
		return thing{things: t.things, kind: Answers, id: t.id}, nil
	}
	return look(t.things, t.kind, t.id, field)
}

func celType(t Type) *cel.Type {
	switch t {
	case Integer:
		return cel.IntType
	case Number:
		return cel.DoubleType
	case Boolean:
		return cel.BoolType
	case Duration:
		return cel.DurationType
	case Moment:
		return cel.TimestampType
	}
	return cel.StringType
}

// typeOfCEL is the type of what an expression comes to; false for a thing.
func typeOfCEL(t *cel.Type) (Type, bool) {
	switch t.Kind() {
	case types.StringKind:
		return String, true
	case types.IntKind, types.UintKind:
		return Integer, true
	case types.DoubleKind:
		return Number, true
	case types.BoolKind:
		return Boolean, true
	case types.DurationKind:
		return Duration, true
	case types.TimestampKind:
		return Moment, true
	case types.ListKind:
		return List, true
	case types.MapKind:
		return Map, true
	case types.DynKind, types.AnyKind:
		return Any, true
	}
	return "", false
}

// thingMacro writes kind('id') as what CEL can check: a field of the things. Whom it asks about is written out, so that a
// playbook which names what does not exist is found before it is needed.
func thingMacro(kind Kind) cel.Macro {
	return cel.GlobalMacro(string(kind), 1, func(h cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
		if _, ok := text(args[0]); !ok {
			return nil, h.NewError(args[0].ID(), unwritten)
		}
		return h.NewCall("@"+string(kind), h.NewIdent(theThings), args[0]), nil
	})
}

// stepMacro writes step('id') as a field of the steps, so that each step has answers of its own.
var stepMacro = cel.GlobalMacro(string(Step), 1, func(h cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *common.Error) {
	id, ok := text(args[0])
	if !ok {
		return nil, h.NewError(args[0].ID(), unwritten)
	}
	return h.NewSelect(h.NewIdent(theSteps), id), nil
})

const unwritten = "whom it asks about has to be written out"

// words are what an expression of a playbook can begin with.
func (s Scope) words() []string {
	all := []string{"duration", "timestamp", "json", "now", "has", "size", string(Step), string(TheIncident), string(TheRun)}
	for _, kind := range asked {
		all = append(all, string(kind))
	}
	slices.Sort(all)
	return all
}

// allFields are all fields that anything has, and the ids of the steps.
func (s Scope) allFields() []string {
	seen := map[string]bool{"answers": true}
	note := func(fields map[string]*cel.Type) {
		for field := range fields {
			seen[field] = true
		}
	}
	for _, fields := range askable {
		note(fields)
	}
	note(stepFields)
	for id, answers := range s {
		seen[id] = true
		for answer := range answers {
			seen[answer] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// ask notes what an expression of a playbook asks about, and reports whether the clock alone changes any of it.
func (p *parser) ask() (passes bool) {
	for _, e := range p.every() {
		switch e.Kind() {
		case ast.IdentKind:
			passes = passes || e.AsIdent() == "now"
		case ast.SelectKind:
			field, of := e.AsSelect().FieldName(), e.AsSelect().Operand()
			passes = passes || slices.Contains(passing, field)
			if of.Kind() == ast.IdentKind && of.AsIdent() == theSteps {
				p.step(e, field)
			}
		case ast.CallKind:
			p.asks(e)
		}
	}
	return passes
}

// step notes a step by the place of its id within the brackets.
func (p *parser) step(e ast.Expr, id string) {
	from, _ := p.place(e)
	from, word := p.Called(from, string(Step))
	from += word + 1
	for p.Char(from) == ' ' {
		from++
	}
	if n := (Name{Step, id, from, from + p.Word(from)}); !slices.Contains(p.names, n) {
		p.names = append(p.names, n)
	}
}

func (p *parser) asks(e ast.NavigableExpr) {
	call := e.AsCall()
	switch name := call.FunctionName(); name {
	case "duration":
		p.readable(call.Args()[0], func(text string) error { _, err := length(text); return err }, `as everywhere in the document: duration('20m')`)
	case "timestamp":
		p.readable(call.Args()[0], func(text string) error { _, err := point(text); return err }, `an instant carries its zone: timestamp('2026-11-27T00:00:00Z')`)
	case operators.Equals, operators.NotEquals, operators.In:
		p.compared(call.Args()[0], call.Args()[1])
		p.compared(call.Args()[1], call.Args()[0])
	default:
		if kind, ok := strings.CutPrefix(name, "@"); ok && slices.Contains(asked, Kind(kind)) {
			if id, ok := text(call.Args()[1]); ok {
				p.name(Kind(kind), id, call.Args()[1])
			}
		}
	}
}

// readable checks a time that is written out.
func (p *parser) readable(arg ast.Expr, read func(string) error, hint string) {
	if text, ok := text(arg); ok {
		if err := read(text); err != nil {
			from, to := p.place(arg)
			p.problem(from, to, hint, "%v", err)
		}
	}
}

// withoutTimes leaves out of CEL what reads times otherwise than the documents write them.
var withoutTimes = &env.LibrarySubset{ExcludeFunctions: []*env.Function{env.NewFunction("duration"), env.NewFunction("timestamp")}}
