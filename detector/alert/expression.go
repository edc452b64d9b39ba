package alert

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"

	"holdfast/internal/source"
)

// An expression is one field of a mapping, compiled.
type expression struct {
	field   string
	name    string // of a label
	program cel.Program
}

func (e *expression) eval(vars map[string]any) (v ref.Val, cost uint64, err error) {
	v, details, err := e.program.Eval(vars)
	if details != nil && details.ActualCost() != nil {
		cost = *details.ActualCost()
	}
	return v, cost, err
}

// costly reports whether an evaluation was broken off for its cost.
func costly(err error) bool {
	var cancelled interpreter.EvalCancelledError
	return errors.As(err, &cancelled) && cancelled.Cause == interpreter.CostLimitExceeded
}

// A compiler compiles the expressions of one mapping and gathers what is wrong with them.
type compiler struct {
	outer, inner  *cel.Env // without and with an item
	field         string   // at hand
	source.Phrase          // as it is written
	problems      []MappingProblem
}

func newCompiler() *compiler {
	outer, err := cel.NewCustomEnv(
		cel.StdLib(cel.StdLibSubset(&env.LibrarySubset{ExcludeFunctions: zoned})),
		cel.OptionalTypes(cel.OptionalTypesVersion(2)),
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
		cel.ASTValidators(cel.ValidateRegexLiterals()),
		cel.ParserExpressionSizeLimit(4096),
		cel.ParserRecursionLimit(64),
		cel.RegexProgramSizeLimit(1000),
		cel.Variable("body", cel.DynType),
		cel.Function("json", cel.Overload("json_string", []*cel.Type{cel.StringType}, cel.DynType, cel.UnaryBinding(celJSON))),
		cel.Function("lowerAscii", cel.MemberOverload("string_lower_ascii", []*cel.Type{cel.StringType}, cel.StringType, cel.UnaryBinding(celLower))),
		cel.Function("split", cel.MemberOverload("string_split_string", []*cel.Type{cel.StringType, cel.StringType},
			cel.ListType(cel.StringType), cel.BinaryBinding(celSplit))),
	)
	if err != nil {
		panic("alert: the environment of mappings is broken: " + err.Error()) // it is made of constants
	}
	inner, err := outer.Extend(cel.Variable("item", cel.DynType))
	if err != nil {
		panic("alert: the environment of mappings is broken: " + err.Error())
	}
	return &compiler{outer: outer, inner: inner}
}

// zoned are the functions that look up a time zone, of which two machines may have different tables.
var zoned = []*env.Function{
	env.NewFunction(overloads.TimeGetFullYear), env.NewFunction(overloads.TimeGetMonth), env.NewFunction(overloads.TimeGetDayOfYear),
	env.NewFunction(overloads.TimeGetDate), env.NewFunction(overloads.TimeGetDayOfMonth), env.NewFunction(overloads.TimeGetDayOfWeek),
	env.NewFunction(overloads.TimeGetHours), env.NewFunction(overloads.TimeGetMinutes), env.NewFunction(overloads.TimeGetSeconds),
	env.NewFunction(overloads.TimeGetMilliseconds),
}

// What an expression may come to, where that can be told before it meets a message.
var (
	aText     = []types.Kind{types.StringKind}
	aList     = []types.Kind{types.ListKind}
	aWord     = []types.Kind{types.StringKind, types.IntKind, types.UintKind, types.DoubleKind, types.BoolKind, types.NullTypeKind}
	anInstant = []types.Kind{types.StringKind, types.IntKind, types.UintKind, types.DoubleKind, types.TimestampKind, types.NullTypeKind}
)

// compile is nil where nothing is written, or with a problem.
func (c *compiler) compile(field, written string, in *cel.Env, want []types.Kind) *expression {
	if strings.TrimSpace(written) == "" {
		return nil
	}
	known := len(c.problems)
	c.field, c.Phrase = field, source.PhraseOf(written)
	checked, issues := in.Compile(written)
	for _, e := range issues.Errors() {
		c.tell(c.Offset(e.Location.Line(), e.Location.Column()), e.Message, in == c.inner)
	}
	if len(c.problems) > known {
		return nil
	}
	if c.order(checked); len(c.problems) > known {
		return nil
	}
	if got := checked.OutputType(); got.Kind() != types.DynKind && got.Kind() != types.OpaqueKind && !slices.Contains(want, got.Kind()) {
		c.problem(0, c.End(), "", "it comes to a %s, which cannot be meant here", got)
	}
	program, err := in.Program(checked, cel.CostLimit(maxExpressionCost), cel.CostTrackerOptions(
		cost.OverloadTracker("json_string", textCost), cost.OverloadTracker("string_lower_ascii", textCost), cost.OverloadTracker("string_split_string", textCost)))
	if err != nil {
		c.problem(0, c.End(), "", "%v", err)
	}
	if len(c.problems) > known {
		return nil
	}
	return &expression{field: field, program: program}
}

// problem notes what is wrong with the expression at hand.
func (c *compiler) problem(from, to int, hint, format string, args ...any) {
	c.problems = append(c.problems, MappingProblem{c.field, max(from, 0), max(to, from+1, 1), fmt.Sprintf(format, args...), hint})
}

// about notes what is wrong with a field as a whole.
func (c *compiler) about(field, written, hint, format string, args ...any) {
	c.field, c.Phrase = field, source.PhraseOf(written)
	c.problem(0, c.Len(), hint, format, args...)
}

// What CEL says, to be said in other words.
var (
	celUndeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	celOverload   = regexp.MustCompile(`^found no matching overload for '@?_?([^_']+)_?' applied to '(.*)'`)
	celUnexpected = regexp.MustCompile(`(?:mismatched|extraneous) input '((?:[^']|'')*)' expecting|no viable alternative at input '(.*)'`)
)

// celNames are what an expression may call by name, besides what its own loops name.
var celNames = []string{"body", "item", "has", "json", "size", "string", "int", "double", "timestamp", "duration", "true", "false", "null", "optional", "type"}

// tell is what CEL says, in the words of whoever wrote it.
func (c *compiler) tell(at int, message string, item bool) {
	if name := celUndeclared.FindStringSubmatch(message); name != nil {
		at, width := c.Called(at, name[1])
		c.problem(at, at+width, hintFor(name[1], item), "%q is not understood here", name[1])
	} else if of := celOverload.FindStringSubmatch(message); of != nil {
		at, width := c.Called(at, of[1])
		c.problem(at, at+width, "", "%s cannot be used of %s", of[1], of[2])
	} else if input := celUnexpected.FindStringSubmatch(message); input == nil {
		message, _, _ = strings.Cut(strings.TrimPrefix(message, "Syntax error: "), "\n")
		c.problem(at, at+c.Word(at), "", "%s", strings.TrimSuffix(message, "."))
	} else if input[1] == "<EOF>" {
		c.problem(c.End()-1, c.End(), "", "it ends too soon")
	} else {
		c.problem(at, at+c.Word(at), "", "this is not expected here")
	}
}

// hintFor is what may have been meant by a word that means nothing.
func hintFor(word string, item bool) string {
	switch near := source.Nearest(word, celNames); {
	case word == "item":
		return "the list is taken from the body: body.events"
	case near != "":
		return source.DidYouMean(word, celNames)
	case item:
		return `body is the message and item the alert at hand; a text stands in quotes of its own: '"down"'`
	}
	return "body is the message"
}

// order refuses what CEL would go through in any order: objects that the expression itself writes, except to look
// something up in them.
func (c *compiler) order(checked *cel.Ast) {
	rep := checked.NativeRep()
	lookup := []string{operators.Index, operators.OptIndex, operators.In}
	every := ast.MatchDescendants(ast.NavigateAST(rep), func(e ast.NavigableExpr) bool {
		return e.Kind() == ast.MapKind || e.Kind() == ast.StructKind
	})
	for _, e := range every {
		above, ok := e.Parent()
		if ok && e.Kind() == ast.MapKind && above.Kind() == ast.CallKind && slices.Contains(lookup, above.AsCall().FunctionName()) {
			continue
		}
		at := rep.SourceInfo().GetStartLocation(e.ID())
		from := c.Offset(at.Line(), at.Column())
		c.problem(from, from+c.Word(from), "{…}[key], or key in {…}", "an object that is written here can only be looked up in")
	}
}

// celJSON reads JSON that is written in a string, as strictly as a message.
func celJSON(written ref.Val) ref.Val {
	v, err := parse([]byte(written.(types.String)))
	if err != nil {
		return types.NewErr("json: %v", err)
	}
	return celValue(v)
}

func celLower(written ref.Val) ref.Val {
	return types.String(strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, string(written.(types.String))))
}

func celSplit(written, by ref.Val) ref.Val {
	return types.NewStringList(types.DefaultTypeAdapter, strings.Split(string(written.(types.String)), string(by.(types.String))))
}

// textCost is one for each ten bytes, as CEL counts text.
func textCost(args []ref.Val, _ ref.Val) *uint64 {
	cost := uint64(1)
	if text, ok := args[0].(types.String); ok {
		cost += uint64(len(text)) / 10
	}
	return &cost
}

// celValue is a value as CEL knows it: whole numbers are ints where they fit, all others doubles.
func celValue(v value) ref.Val {
	switch {
	case v.kind == object:
		fields := make(map[string]any, len(v.fields))
		keys := make([]string, 0, len(v.fields))
		for _, f := range v.fields {
			fields[f.key] = celValue(f.value)
			keys = append(keys, f.key)
		}
		slices.Sort(keys)
		return ordered{types.NewStringInterfaceMap(types.DefaultTypeAdapter, fields), keys}
	case v.kind == array:
		items := make([]ref.Val, 0, len(v.items))
		for _, item := range v.items {
			items = append(items, celValue(item))
		}
		return types.NewRefValList(types.DefaultTypeAdapter, items)
	case v.kind == text:
		return types.String(v.text)
	case v.isNull():
		return types.NullValue
	case v.text == "true" || v.text == "false":
		return types.Bool(v.text == "true")
	}
	if n, err := strconv.ParseInt(v.text, 10, 64); err == nil {
		return types.Int(n)
	}
	n, _ := strconv.ParseFloat(v.text, 64) // the scanner has seen to it that this can be read
	return types.Double(n)
}

// ordered is an object whose keys are gone through in order.
type ordered struct {
	traits.Mapper
	keys []string
}

func (o ordered) Iterator() traits.Iterator {
	return types.NewStringList(types.DefaultTypeAdapter, o.keys).Iterator()
}
