package source

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	yaml "go.yaml.in/yaml/v4"
)

// MaxDocument is the largest document that is read, in bytes: what a run pins has to fit into one journal message.
const MaxDocument = 512 << 10

// A Decoder is a type with more than one way of being written (a need is a word or a mapping). It decodes itself from
// the node and reports what is wrong with [Reader.Problems].
type Decoder interface{ DecodeDocument(r *Reader, n Node) }

// A Node is a value as it stands in a document.
type Node struct{ *yaml.Node }

// IsScalar reports whether the node is a single word or text.
func (n Node) IsScalar() bool { return n.Kind == yaml.ScalarNode }

// IsMapping reports whether the node is a mapping.
func (n Node) IsMapping() bool { return n.Kind == yaml.MappingNode }

// IsList reports whether the node is a list.
func (n Node) IsList() bool { return n.Kind == yaml.SequenceNode }

// Keys are a mapping's keys in the order they were written.
func (n Node) Keys() []string {
	if !n.IsMapping() {
		return nil
	}
	keys := make([]string, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		keys = append(keys, n.Content[i].Value)
	}
	return keys
}

// Pairs yields a mapping's keys and values in the order they were written.
func (n Node) Pairs() iter.Seq2[Node, Node] {
	return func(yield func(key, value Node) bool) {
		for i := 0; n.IsMapping() && i+1 < len(n.Content); i += 2 {
			if !yield(Node{n.Content[i]}, Node{n.Content[i+1]}) {
				return
			}
		}
	}
}

// Value is what a mapping holds under key.
func (n Node) Value(key string) (Node, bool) {
	if n.IsMapping() {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return Node{n.Content[i+1]}, true
			}
		}
	}
	return Node{}, false
}

// A Reader decodes one document and collects what is wrong with it.
type Reader struct {
	Problems Problems
	file     string
	lines    []string
}

// Decode reads a YAML document strictly into a struct and returns every problem found. Fields are named by the tag
// `doc:"name"`, or `doc:"name,required"`; a field of type [Marks] tagged `doc:",marks"` receives the places of all
// values, and one tagged `doc:",key"` in a map's struct its key. Understood are strings, bools, integers, finite numbers, durations as Prometheus writes
// them, instants (RFC 3339, or a date), lists, maps by id, structs, pointers to these, [Decoder] and any.
//
// Unknown and duplicate keys, aliases, anchors, merge keys and explicit tags are problems: a plan must read the same to
// everyone, and an alias can make one line mean a gigabyte.
func Decode(file string, text []byte, into any) Problems {
	r := &Reader{file: file}
	root, ok := r.parse(text)
	if !ok {
		return r.Problems
	}
	if r.admit(root, 0) {
		r.Decode(Node{root}, reflect.ValueOf(into).Elem())
	}
	return r.Problems
}

func (r *Reader) parse(text []byte) (*yaml.Node, bool) {
	start := Mark{Position: Position{File: r.file}, Width: 1}
	switch {
	case len(text) > MaxDocument:
		r.Problems.Errorf(start, "document/size", "split it up", "the document is larger than %d KiB", MaxDocument>>10)
		return nil, false
	case !utf8.Valid(text):
		r.Problems.Errorf(start, "document/utf8", "save it as UTF-8", "the document is not valid UTF-8")
		return nil, false
	}
	r.lines = strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	var doc yaml.Node
	if err := yaml.Load(text, &doc); err != nil {
		r.syntax(err)
		return nil, false
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		r.Problems.Errorf(start, "document/empty", "", "the document is empty")
		return nil, false
	}
	return doc.Content[0], true
}

func (r *Reader) syntax(err error) {
	var all *yaml.LoadErrors
	var one *yaml.LoadError
	switch {
	case errors.As(err, &one):
		r.Problems.Errorf(r.mark(max(one.Mark.Line, 1), max(one.Mark.Column, 1), 1), "document/syntax", "", "%s", one.Message)
	case errors.As(err, &all) && len(all.Errors) > 0 && strings.Contains(err.Error(), "no documents"):
		r.Problems.Errorf(Mark{Position: Position{File: r.file}}, "document/empty", "", "the document is empty")
	case errors.As(err, &all) && strings.Contains(err.Error(), "multiple"):
		r.Problems.Errorf(Mark{Position: Position{File: r.file}}, "document/syntax", "put each document into a file of its own", "there is more than one document in the file")
	default:
		r.Problems.Errorf(Mark{Position: Position{File: r.file}}, "document/syntax", "", "%v", err)
	}
}

const maxDepth = 32

// admit refuses what makes a document mean something else than it says.
func (r *Reader) admit(n *yaml.Node, depth int) bool {
	at := r.MarkOf(Node{n})
	switch {
	case depth > maxDepth:
		r.Problems.Errorf(at, "document/depth", "", "nested more than %d deep", maxDepth)
		return false
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.Problems.Errorf(at, "document/alias", "write the value out", "aliases and anchors are not read")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		r.Problems.Errorf(at, "document/tag", "remove the tag", "explicit tags are not read")
		return false
	}
	ok := true
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			ok = r.admitKey(n, i) && ok
		}
		ok = r.admit(c, depth+1) && ok
	}
	return ok
}

func (r *Reader) admitKey(n *yaml.Node, i int) bool {
	key := n.Content[i]
	if key.Kind != yaml.ScalarNode {
		r.Problems.Errorf(r.MarkOf(Node{key}), "document/key", "", "a key has to be a single word")
		return false
	}
	if key.Value == "<<" {
		r.Problems.Errorf(r.MarkOf(Node{key}), "document/alias", "write the values out", "merge keys are not read")
		return false
	}
	for j := 0; j < i; j += 2 {
		if n.Content[j].Value == key.Value {
			r.Problems.Errorf(r.MarkOf(Node{key}), "document/duplicate-key", "keep one of the two",
				"%q is written twice, first on line %d", key.Value, n.Content[j].Line)
			return false
		}
	}
	return true
}

// MarkOf is the place of a node, as wide as what was written there on its first line.
func (r *Reader) MarkOf(n Node) Mark {
	width := 1
	if n.IsScalar() {
		first, _, _ := strings.Cut(n.Node.Value, "\n")
		width = utf8.RuneCountInString(first)
		if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
			width += 2
		}
	}
	return r.mark(n.Line, n.Column, width)
}

func (r *Reader) mark(line, column, width int) Mark {
	m := Mark{Position: Position{r.file, line, column}, Width: max(width, 1)}
	if line >= 1 && line <= len(r.lines) {
		m.Text = strings.TrimRightFunc(r.lines[line-1], unicode.IsSpace)
		if room := utf8.RuneCountInString(m.Text) - column + 1; room > 0 {
			m.Width = min(m.Width, room)
		}
	}
	return m
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	marksType    = reflect.TypeFor[Marks]()
)

// Decode reads a node into a value; what is wrong is added to the reader's problems and leaves the value as it was.
func (r *Reader) Decode(n Node, into reflect.Value) {
	if into.CanAddr() {
		if d, ok := into.Addr().Interface().(Decoder); ok {
			d.DecodeDocument(r, n)
			return
		}
	}
	switch into.Type() {
	case durationType:
		decodeWord(r, n, into, "a duration such as 30s, 15m, 4h or 2d", parseDuration)
		return
	case timeType:
		decodeWord(r, n, into, "an instant such as 2026-11-03T18:00:00Z, or a date", parseInstant)
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		fresh := reflect.New(into.Type().Elem())
		r.Decode(n, fresh.Elem())
		into.Set(fresh)
	case reflect.Interface:
		into.Set(reflect.ValueOf(r.plain(n)))
	case reflect.String:
		if n.IsScalar() {
			into.SetString(n.Node.Value)
			return
		}
		r.wrong(n, "text")
	case reflect.Bool:
		decodeWord(r, n, into, "true or false", parseBool)
	case reflect.Int, reflect.Int64:
		decodeWord(r, n, into, "a whole number", parseInt)
	case reflect.Float64:
		decodeWord(r, n, into, "a number", parseNumber)
	case reflect.Slice:
		r.list(n, into)
	case reflect.Map:
		r.byID(n, into)
	case reflect.Struct:
		r.record(n, into)
	default:
		panic("source: cannot decode into " + into.Type().String())
	}
}

// DecodeInto is Decode for a Go pointer; Decoders use it for the form they recognised.
func (r *Reader) DecodeInto(n Node, into any) { r.Decode(n, reflect.ValueOf(into).Elem()) }

func decodeWord[T any](r *Reader, n Node, into reflect.Value, want string, parse func(string) (T, error)) {
	if !n.IsScalar() {
		r.wrong(n, want)
		return
	}
	v, err := parse(n.Node.Value)
	if err != nil {
		r.Problems.Errorf(r.MarkOf(n), "document/value", err.Error(), "expected %s, found %q", want, n.Node.Value)
		return
	}
	into.Set(reflect.ValueOf(v).Convert(into.Type()))
}

func (r *Reader) wrong(n Node, want string) {
	found := map[yaml.Kind]string{yaml.ScalarNode: "a single value", yaml.SequenceNode: "a list", yaml.MappingNode: "a mapping"}[n.Kind]
	r.Problems.Errorf(r.MarkOf(n), "document/type", "", "expected %s, found %s", want, found)
}

func parseDuration(s string) (time.Duration, error) {
	d, err := model.ParseDuration(s)
	if err != nil {
		return 0, errors.New("durations are written with a unit: ms, s, m, h, d or w")
	}
	return time.Duration(d), nil
}

func parseInstant(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	return time.Time{}, errors.New("an instant carries its zone: 2026-11-03T18:00:00Z or +01:00")
}

func parseBool(s string) (bool, error) {
	switch s {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errors.New("write true or false")
}

var wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

func parseInt(s string) (int64, error) {
	if !wholeNumber.MatchString(s) {
		return 0, errors.New("decimal digits, no leading zero")
	}
	return strconv.ParseInt(s, 10, 64)
}

func parseNumber(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, errors.New("a finite number, such as 0.9")
	}
	return f, nil
}

func (r *Reader) list(n Node, into reflect.Value) {
	if !n.IsList() {
		r.wrong(n, "a list")
		return
	}
	items := reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		r.Decode(Node{c}, items.Index(i))
		r.remark(items.Index(i), r.MarkOf(Node{c}))
	}
	into.Set(items)
}

func (r *Reader) byID(n Node, into reflect.Value) {
	if !n.IsMapping() {
		r.wrong(n, "a mapping")
		return
	}
	into.Set(reflect.MakeMapWithSize(into.Type(), len(n.Content)/2))
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		item := reflect.New(into.Type().Elem()).Elem()
		r.Decode(Node{n.Content[i+1]}, item)
		r.remark(item, r.MarkOf(Node{key}))
		into.SetMapIndex(reflect.ValueOf(key.Value).Convert(into.Type().Key()), item)
		name(item, key.Value)
	}
}

func (r *Reader) record(n Node, into reflect.Value) {
	if !n.IsMapping() {
		r.wrong(n, "a mapping")
		return
	}
	fields := fieldsOf(into.Type())
	marks := Marks{"": r.MarkOf(n)}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], Node{n.Content[i+1]}
		f, known := fields.byName[key.Value]
		if !known {
			r.Problems.Errorf(r.MarkOf(Node{key}), "document/unknown-key", DidYouMean(key.Value, fields.names), "%q is not known here", key.Value)
			continue
		}
		marks[key.Value] = r.valueMark(Node{key}, value)
		for j, c := range value.Content {
			if value.IsList() {
				marks[fmt.Sprintf("%s[%d]", key.Value, j)] = r.MarkOf(Node{c})
			}
		}
		r.Decode(value, into.FieldByIndex(f.index))
		r.remark(into.FieldByIndex(f.index), r.MarkOf(Node{key}))
	}
	for _, required := range fields.required {
		if !marks.Has(required) {
			r.Problems.Errorf(r.MarkOf(n), "document/missing-key", "", "%q is missing", required)
		}
	}
	if fields.marks != nil {
		into.FieldByIndex(fields.marks).Set(reflect.ValueOf(marks))
	}
}

// valueMark points at a scalar itself, and at the key of anything longer.
func (r *Reader) valueMark(key, value Node) Mark {
	if value.IsScalar() && value.Node.Value != "" {
		return r.MarkOf(value)
	}
	return r.MarkOf(key)
}

// remark makes "" of a record's marks the place that names it.
func (r *Reader) remark(item reflect.Value, at Mark) {
	if item.Kind() == reflect.Pointer && !item.IsNil() {
		item = item.Elem()
	}
	if item.Kind() != reflect.Struct || item.Type() == timeType {
		return
	}
	if f := fieldsOf(item.Type()); f.marks != nil {
		field := item.FieldByIndex(f.marks)
		if field.IsNil() {
			field.Set(reflect.ValueOf(Marks{}))
		}
		field.Interface().(Marks)[""] = at
	}
}

// name tells a record that is the value of a map its key.
func name(item reflect.Value, key string) {
	if item.Kind() != reflect.Pointer || item.IsNil() || item.Elem().Kind() != reflect.Struct {
		return
	}
	if f := fieldsOf(item.Elem().Type()); f.key != nil {
		item.Elem().FieldByIndex(f.key).SetString(key)
	}
}

type field struct{ index []int }

type fields struct {
	byName   map[string]field
	names    []string
	required []string
	marks    []int
	key      []int
}

func fieldsOf(t reflect.Type) fields {
	out := fields{byName: map[string]field{}}
	for _, f := range reflect.VisibleFields(t) {
		tag, tagged := f.Tag.Lookup("doc")
		if !tagged {
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		switch {
		case option == "marks" && f.Type == marksType:
			out.marks = f.Index
			continue
		case option == "key":
			out.key = f.Index
			continue
		case option == "required":
			out.required = append(out.required, name)
		}
		out.byName[name] = field{f.Index}
		out.names = append(out.names, name)
	}
	slices.Sort(out.names)
	return out
}

// plain is a node as ordinary Go values: string, bool, int64, float64, nil, []any, map[string]any.
func (r *Reader) plain(n Node) any {
	switch {
	case n.IsMapping():
		m := make(map[string]any, len(n.Content)/2)
		for _, k := range n.Keys() {
			v, _ := n.Value(k)
			m[k] = r.plain(v)
		}
		return m
	case n.IsList():
		l := make([]any, len(n.Content))
		for i, c := range n.Content {
			l[i] = r.plain(Node{c})
		}
		return l
	}
	return r.plainWord(n)
}

func (r *Reader) plainWord(n Node) any {
	switch n.Tag {
	case "!!int":
		if v, err := parseInt(n.Node.Value); err == nil {
			return v
		}
	case "!!float":
		v, err := parseNumber(n.Node.Value)
		if err == nil {
			return v
		}
		r.Problems.Errorf(r.MarkOf(n), "document/value", err.Error(), "%q is not a finite number", n.Node.Value)
	case "!!bool":
		if v, err := parseBool(n.Node.Value); err == nil {
			return v
		}
	case "!!null":
		return ""
	}
	return n.Node.Value
}
