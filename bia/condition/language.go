package condition

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"github.com/prometheus/common/model"
)

// What can be asked of each kind of thing, and what comes back.
var fields = map[Kind]map[string]*cel.Type{
	Service: {
		"state": cel.StringType, "certainly_down": cel.BoolType, "unknown": cel.BoolType, "confirmed": cel.BoolType, "vital": cel.BoolType,
		"down_for": cel.DurationType, "degraded_for": cel.DurationType, "rto": cel.DurationType, "time_to_lti": cel.DurationType,
		"since": cel.TimestampType, "deadline": cel.TimestampType, "lti": cel.TimestampType,
	},
	Component: {"state": cel.StringType, "unknown": cel.BoolType, "down_for": cel.DurationType},
	Site:      {"signal": cel.StringType, "down_share": cel.DoubleType, "lost": cel.BoolType},
	Data:      {"condition": cel.StringType, "recovery_point": cel.TimestampType, "age": cel.DurationType},
	Observer:  {"silent": cel.BoolType},
}

// next is the variable that is the step about to start.
const next = "next"

// What a rule about what a run is about to do can ask besides.
var runFields = map[Kind]map[string]*cel.Type{
	Playbook: {"running": cel.BoolType},
	Resource: {"held": cel.BoolType},
	Step:     {"done": cel.BoolType},
	next: {"id": cel.StringType, "playbook": cel.StringType, "service": cel.StringType, "phase": cel.StringType, "kind": cel.StringType,
		"undo": cel.BoolType, "point_of_no_return": cel.BoolType, "exercise": cel.BoolType},
}

// The variables.
var variables = map[string]*cel.Type{"now": cel.TimestampType, "services_down": cel.IntType, "vital_down": cel.IntType}

// The words that a field of text can have.
var vocabulary = map[string][]string{
	"state":     {"up", "degraded", "down"},
	"signal":    {"ok", "impaired", "lost"},
	"condition": {"ok", "unusable", "compromised"},
}

// runVocabulary are those of the step that is next.
var runVocabulary = map[string][]string{
	"phase": {"activation", "recovery", "reconstitution"},
	"kind":  {"do", "run"},
}

// A language is what an expression can ask about.
type language struct {
	fields    map[Kind]map[string]*cel.Type
	variables map[string]*cel.Type
}

// ofCriteria asks about the world; ofRuns also about what runs, and about the step that is about to start.
var (
	ofCriteria = &language{fields, variables}
	ofRuns     = &language{joined(fields, runFields), joined(variables, map[string]*cel.Type{next: typeOf(next)})}
)

func joined[K comparable, V any](a, b map[K]V) map[K]V {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// kinds are the kinds of thing that are asked for by id.
func (l *language) kinds() (all []Kind) {
	for _, kind := range slices.Sorted(maps.Keys(l.fields)) {
		if kind != next {
			all = append(all, kind)
		}
	}
	return all
}

// functions are those of CEL that are understood: all of them either compare, count or choose. What takes a time that
// passes apart (hours of the day, seconds as a number) is left out: when it would change next is not to be told.
var functions = []string{
	operators.Conditional, operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.NotStrictlyFalse,
	operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals, operators.In,
	operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo, operators.Negate, operators.Index, overloads.Size,
}

// environment is the language, its facts looked up at a moment.
func (l *language) environment(m *moment) *cel.Env {
	var known []*env.Function
	for _, name := range functions {
		known = append(known, env.NewFunction(name))
	}
	registry, err := types.NewRegistry()
	if err != nil {
		panic("condition: the language is broken: " + err.Error()) // it is made of constants
	}
	options := []cel.EnvOption{
		cel.CustomTypeProvider(provider{registry, l}),
		cel.StdLib(cel.StdLibSubset(&env.LibrarySubset{IncludeFunctions: known})),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(4096),
		cel.ParserRecursionLimit(64),
		literal("duration", cel.DurationType, length),
		literal("timestamp", cel.TimestampType, point),
	}
	for _, kind := range l.kinds() {
		options = append(options, cel.Function(string(kind), cel.Overload(string(kind)+"_id", []*cel.Type{cel.StringType}, typeOf(kind),
			cel.UnaryBinding(func(id ref.Val) ref.Val { return subject{m, kind, string(id.(types.String))} }))))
	}
	for _, name := range slices.Sorted(maps.Keys(l.variables)) {
		options = append(options, cel.Variable(name, l.variables[name]))
	}
	e, err := cel.NewCustomEnv(options...)
	if err != nil {
		panic("condition: the language is broken: " + err.Error())
	}
	return e
}

// literal is a function that reads a time from text.
func literal(name string, t *cel.Type, read func(string) (moving, error)) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_text", []*cel.Type{cel.StringType}, t, cel.UnaryBinding(func(text ref.Val) ref.Val {
		v, err := read(string(text.(types.String)))
		if err != nil {
			return types.WrapErr(err)
		}
		return v
	})))
}

// longest is the longest time that can be written.
const longest = 10 * 365 * 24 * time.Hour

// length reads a duration as the documents write it.
func length(text string) (moving, error) {
	d, err := model.ParseDuration(text)
	if err != nil || time.Duration(d) > longest {
		return moving{}, fmt.Errorf("%q is no duration", text)
	}
	return moving{value: int64(d)}, nil
}

// point reads an instant.
func point(text string) (moving, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Year() < 1971 || t.Year() > 2090 {
		return moving{}, fmt.Errorf("%q is no instant", text)
	}
	return moving{instant: true, value: t.UnixNano()}, nil
}

func typeOf(kind Kind) *cel.Type { return types.NewObjectType(string(kind), traits.FieldTesterType) }

// A subject is a thing whose fields can be asked for.
type subject struct {
	m    *moment
	kind Kind
	id   string
}

// Type is the kind's.
func (s subject) Type() ref.Type { return typeOf(s.kind) }

// Value is itself.
func (s subject) Value() any { return s }

// Equal is whether it is the same thing.
func (s subject) Equal(other ref.Val) ref.Val { return types.Bool(ref.Val(s) == other) }

// provider adds the things to the types that CEL knows.
type provider struct {
	types.Provider
	l *language
}

// FindStructType finds the type of a thing.
func (p provider) FindStructType(name string) (*types.Type, bool) {
	if _, known := p.l.fields[Kind(name)]; known {
		return types.NewTypeTypeWithParam(typeOf(Kind(name))), true
	}
	return p.Provider.FindStructType(name)
}

// FindStructFieldNames are what can be asked of a thing.
func (p provider) FindStructFieldNames(name string) ([]string, bool) {
	if all, known := p.l.fields[Kind(name)]; known {
		return slices.Sorted(maps.Keys(all)), true
	}
	return p.Provider.FindStructFieldNames(name)
}

// FindStructFieldType is what a field comes to, and how to look it up.
func (p provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	all, known := p.l.fields[Kind(name)]
	if !known {
		return p.Provider.FindStructFieldType(name, field)
	}
	t, known := all[field]
	return &types.FieldType{Type: t,
		IsSet: func(any) bool { return true },
		GetFrom: func(of any) (any, error) {
			s, ok := of.(subject)
			if !ok {
				return nil, fmt.Errorf("%s of what is no %s", field, name)
			}
			return s.m.look(s.kind, s.id, field)
		}}, known
}
