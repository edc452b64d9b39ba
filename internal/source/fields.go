package source

import (
	"reflect"
	"slices"
	"strings"
)

// fields are what a struct's tags say: which keys it understands, and where the marks and its own key go.
type fields struct {
	byName   map[string][]int
	names    []string // sorted
	required []string
	marks    []int
	key      []int
}

func (r *Reader) fieldsOf(t reflect.Type) fields {
	known, ok := r.fields[t]
	if !ok {
		known = readTags(t)
		r.fields[t] = known
	}
	return known
}

func readTags(t reflect.Type) fields {
	out := fields{byName: map[string][]int{}}
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
		out.byName[name] = f.Index
		out.names = append(out.names, name)
	}
	slices.Sort(out.names)
	return out
}
