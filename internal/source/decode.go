package source

import (
	"fmt"
	"reflect"
	"time"

	yaml "go.yaml.in/yaml/v4"
)

// A Decoder is a type with more than one way of being written (a need is a word or a mapping). It decodes itself from
// the node and reports what is wrong with [Reader.Problems].
type Decoder interface{ DecodeDocument(r *Reader, n Node) }

// Decode reads a YAML document strictly into a struct and returns every problem found, in reading order. Fields are
// named by the tag `doc:"name"`, or `doc:"name,required"`; a field of type [Marks] tagged `doc:",marks"` receives the
// places of all values, and one tagged `doc:",key"` in a map's struct its key. Understood are strings, bools, integers,
// finite numbers, durations as Prometheus writes them, instants (RFC 3339, or a date), lists, maps by id, structs,
// pointers to these, [Decoder] and any.
//
// Unknown and duplicate keys, aliases, anchors, merge keys, explicit tags and characters that nobody sees are problems: a
// plan must read the same to everyone, and an alias can make one line mean a gigabyte. A key with nothing after it is a
// problem too: it is more often forgotten than meant.
func Decode(file string, text []byte, into any) Problems {
	return DecodeUpTo(MaxDocument, file, text, into)
}

// DecodeUpTo is Decode for a document that may have so many bytes.
func DecodeUpTo(most int, file string, text []byte, into any) Problems {
	r := &Reader{file: file, most: most, fields: map[reflect.Type]fields{}}
	if root, ok := r.parse(text); ok && r.admit(root, 0) {
		r.DecodeInto(Node{root}, into)
	}
	return r.Problems.Sorted()
}

// DecodeInto is [Reader.Decode] for a Go pointer; Decoders use it for the form they recognised.
func (r *Reader) DecodeInto(n Node, into any) { r.Decode(n, reflect.ValueOf(into).Elem()) }

// Decode reads a node into a value; what is wrong is added to the reader's problems and leaves the value as it was.
func (r *Reader) Decode(n Node, into reflect.Value) { r.decode(n, r.MarkOf(n), into) }

var (
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	marksType    = reflect.TypeFor[Marks]()
)

// decode reads a node; at is the place that names it, for what cannot be pointed at itself.
func (r *Reader) decode(n Node, at Mark, into reflect.Value) {
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		r.decode(n, at, into.Elem())
		return
	}
	switch {
	case n.Kind == yaml.AliasNode: // refused on admission
		return
	case into.Kind() == reflect.Interface:
		if v := r.plain(n); v != nil {
			into.Set(reflect.ValueOf(v))
		}
		return
	case n.isNothing():
		r.Problems.Errorf(at, "document/nothing", "write a value, {} or [] for an empty one, or leave the key out", "nothing is written here")
		return
	}
	if into.CanAddr() {
		if d, ok := into.Addr().Interface().(Decoder); ok {
			d.DecodeDocument(r, n)
			r.rename(into, at)
			return
		}
	}
	r.decodeKind(n, at, into)
}

func (r *Reader) decodeKind(n Node, at Mark, into reflect.Value) {
	switch into.Type() {
	case durationType:
		decodeWord(r, n, at, into, "a duration such as 30s, 15m, 4h or 2d", parseDuration)
		return
	case timeType:
		decodeWord(r, n, at, into, "an instant such as 2026-11-03T18:00:00Z, or a date", parseInstant)
		return
	}
	switch into.Kind() {
	case reflect.String:
		decodeWord(r, n, at, into, "text", func(s string) (string, error) { return s, nil })
	case reflect.Bool:
		decodeWord(r, n, at, into, "true or false", parseBool)
	case reflect.Int, reflect.Int64:
		decodeWord(r, n, at, into, "a whole number", parseInt)
	case reflect.Float64:
		decodeWord(r, n, at, into, "a number", parseNumber)
	case reflect.Slice:
		r.list(n, at, into)
	case reflect.Map:
		r.byID(n, at, into)
	case reflect.Struct:
		r.record(n, at, into)
	default:
		panic("source: cannot decode into " + into.Type().String())
	}
}

func decodeWord[T any](r *Reader, n Node, at Mark, into reflect.Value, want string, parse func(string) (T, error)) {
	if !n.IsScalar() {
		r.wrong(n, at, want)
		return
	}
	v, err := parse(n.Node.Value)
	if err != nil {
		r.Problems.Errorf(r.MarkOf(n), "document/value", err.Error(), "expected %s, found %q", want, n.Node.Value)
		return
	}
	into.Set(reflect.ValueOf(v).Convert(into.Type()))
}

func (r *Reader) wrong(n Node, at Mark, want string) {
	found := map[yaml.Kind]string{yaml.ScalarNode: "a single value", yaml.SequenceNode: "a list", yaml.MappingNode: "a mapping"}[n.Kind]
	if n.IsScalar() || n.inFlow() {
		at = r.MarkOf(n)
	}
	r.Problems.Errorf(at, "document/type", "", "expected %s, found %s", want, found)
}

func (r *Reader) list(n Node, at Mark, into reflect.Value) {
	if !n.IsList() {
		r.wrong(n, at, "a list")
		return
	}
	items := reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		r.decode(Node{c}, r.MarkOf(Node{c}), items.Index(i))
	}
	into.Set(items)
}

func (r *Reader) byID(n Node, at Mark, into reflect.Value) {
	if !n.IsMapping() {
		r.wrong(n, at, "a mapping")
		return
	}
	into.Set(reflect.MakeMapWithSize(into.Type(), len(n.Content)/2))
	for key, value := range n.entries() {
		item := reflect.New(into.Type().Elem()).Elem()
		r.decode(value, r.MarkOf(key), item)
		r.tellKey(item, key.Node.Value)
		into.SetMapIndex(reflect.ValueOf(key.Node.Value).Convert(into.Type().Key()), item)
	}
}

func (r *Reader) record(n Node, at Mark, into reflect.Value) {
	if !n.IsMapping() {
		r.wrong(n, at, "a mapping")
		return
	}
	fields := r.fieldsOf(into.Type())
	marks := Marks{"": at}
	for key, value := range n.entries() {
		name := key.Node.Value
		index, known := fields.byName[name]
		if !known {
			r.Problems.Errorf(r.MarkOf(key), "document/unknown-key", DidYouMean(name, fields.names), "%q is not known here", name)
			continue
		}
		r.markField(marks, name, key, value)
		r.decode(value, r.MarkOf(key), into.FieldByIndex(index))
	}
	for _, required := range fields.required {
		if !marks.Has(required) {
			r.Problems.Errorf(at, "document/missing-key", "", "%q is missing", required)
		}
	}
	if fields.marks != nil {
		into.FieldByIndex(fields.marks).Set(reflect.ValueOf(marks))
	}
}

// markField notes where a field is written, and where the items of a list or mapping are.
func (r *Reader) markField(marks Marks, name string, key, value Node) {
	marks[name] = r.valueMark(key, value)
	if value.IsList() {
		for i, c := range value.Content {
			marks[fmt.Sprintf("%s[%d]", name, i)] = r.MarkOf(Node{c})
		}
	}
	for k, v := range value.entries() {
		marks[name+"."+k.Node.Value] = r.valueMark(k, v)
		marks[name+"."+k.Node.Value+":"] = r.MarkOf(k)
	}
}

// valueMark points at a scalar itself, and at the key of anything longer.
func (r *Reader) valueMark(key, value Node) Mark {
	if value.IsScalar() && !value.isNothing() {
		return r.MarkOf(value)
	}
	return r.MarkOf(key)
}

// rename makes "" of the marks of a record that decoded itself the place that names it.
func (r *Reader) rename(item reflect.Value, at Mark) {
	if item.Kind() != reflect.Struct {
		return
	}
	if f := r.fieldsOf(item.Type()); f.marks != nil {
		field := item.FieldByIndex(f.marks)
		if field.IsNil() {
			field.Set(reflect.ValueOf(Marks{}))
		}
		field.Interface().(Marks)[""] = at
	}
}

// tellKey tells a record that is the value of a map its key.
func (r *Reader) tellKey(item reflect.Value, key string) {
	if item.Kind() == reflect.Pointer {
		item = item.Elem()
	}
	if item.Kind() != reflect.Struct || item.Type() == timeType {
		return
	}
	if f := r.fieldsOf(item.Type()); f.key != nil {
		item.FieldByIndex(f.key).SetString(key)
	}
}
