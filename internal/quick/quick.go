// Package quick reads JSON as encoding/json writes it, several times as fast, and leaves everything else to encoding/json:
// white space, names that are not those of the fields, numbers that do not fit, text that is not UTF-8. What it reads, it
// reads as encoding/json would; a start reads a long history, and most of its time went into that.
package quick

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// A Form is how values of a type are written. It is made once for each type, and may be used by many at the same time.
type Form[T any] struct{ form *form }

// Of is the form of a type.
func Of[T any]() Form[T] { return Form[T]{formOf(reflect.TypeFor[T](), nil)} }

// Read reads a value, which has to be zero, and reports whether it could. Where it could not, the value is good for nothing:
// encoding/json says what is wrong, or reads it. The value may hold parts of data in it where a field is a
// json.RawMessage, and texts that were read before with the same words.
func (f Form[T]) Read(w *Words, data []byte, into *T) bool {
	r := reader{data: data, words: w}
	return r.value(f.form, reflect.ValueOf(into).Elem()) && r.at == len(data)
}

type kind uint8

const (
	other kind = iota // is left to encoding/json
	text
	truth
	integer
	natural
	fraction
	instant
	named // text that the type reads by itself (encoding.TextUnmarshaler)
	raw
	list
	table
	pointer
	object
)

// A form is how values of a type are written, without the type.
type form struct {
	kind   kind
	of     reflect.Type
	inner  *form // of what a list, a table or a pointer holds
	fields []field
}

type field struct {
	name string
	at   int // in the struct
	form *form
}

var (
	readsItself = reflect.TypeFor[json.Unmarshaler]()
	readsText   = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// formOf makes a form; around are those of the structs that it is within.
func formOf(t reflect.Type, around map[reflect.Type]*form) *form {
	if f, known := around[t]; known {
		return f
	}
	f := &form{of: t}
	switch {
	case t == reflect.TypeFor[time.Time]():
		f.kind = instant
		return f
	case t == reflect.TypeFor[json.RawMessage]():
		f.kind = raw
		return f
	case reflect.PointerTo(t).Implements(readsItself):
		return f
	case reflect.PointerTo(t).Implements(readsText):
		f.kind = named
		return f
	}
	switch t.Kind() {
	case reflect.String:
		f.kind = text
	case reflect.Bool:
		f.kind = truth
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		f.kind = integer
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		f.kind = natural
	case reflect.Float64:
		f.kind = fraction
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 { // which is written in base64
			f.kind, f.inner = list, formOf(t.Elem(), around)
		}
	case reflect.Map:
		if t.Key().Kind() == reflect.String && !reflect.PointerTo(t.Key()).Implements(readsText) && !t.Key().Implements(readsText) {
			f.kind, f.inner = table, formOf(t.Elem(), around)
		}
	case reflect.Pointer:
		if !t.Implements(readsItself) && !t.Implements(readsText) {
			f.kind, f.inner = pointer, formOf(t.Elem(), around)
		}
	case reflect.Struct:
		f.object(t, around)
	}
	return f
}

// object finds the fields of a struct. One whose fields are those of another, or are written in a way of their own, is left to
// encoding/json.
func (f *form) object(t reflect.Type, around map[reflect.Type]*form) {
	within := map[reflect.Type]*form{t: f}
	for k, v := range around {
		within[k] = v
	}
	names := map[string]bool{}
	for i := range t.NumField() {
		s := t.Field(i)
		if s.Anonymous {
			return
		}
		tag := s.Tag.Get("json")
		if !s.IsExported() || tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "" {
			name = s.Name
		}
		if names[name] || strings.Contains(options, "string") || strings.ContainsFunc(name, unusual) {
			return
		}
		names[name] = true
		f.fields = append(f.fields, field{name, i, formOf(s.Type, within)})
	}
	f.kind = object
}

// unusual reports a character that this package does not look for in a name.
func unusual(r rune) bool {
	return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
}
