package alert

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// A Label is one thing that an alert says: a name, and what it says under it.
type Label struct{ Name, Value string }

// Labels are in the order of their names, as bytes, and have each name once. Whoever makes them by hand keeps to that;
// [LabelsOf] and [Labels.With] do. In JSON they are an object.
type Labels []Label

// LabelsOf are the labels of a map.
func LabelsOf(all map[string]string) Labels {
	if len(all) == 0 {
		return nil
	}
	l := make(Labels, 0, len(all))
	for name, value := range all {
		l = append(l, Label{name, value})
	}
	l.sort()
	return l
}

// few is how many labels are looked through faster than they are searched.
const few = 16

// Get is the value under a name; empty if there is none.
func (l Labels) Get(name string) string {
	if len(l) <= few {
		for i := range l {
			if l[i].Name == name {
				return l[i].Value
			}
		}
		return ""
	}
	if i, ok := l.find(name); ok {
		return l[i].Value
	}
	return ""
}

// With are the labels and further ones over them: of two under one name the further, and of these the last.
func (l Labels) With(further ...Label) Labels {
	all := slices.Grow(slices.Clone(l), len(further))
	for _, one := range further {
		if i, ok := all.find(one.Name); ok {
			all[i] = one
		} else {
			all = slices.Insert(all, i, one)
		}
	}
	return all
}

// Without are the labels but that under a name.
func (l Labels) Without(name string) Labels {
	return slices.DeleteFunc(slices.Clone(l), func(l Label) bool { return l.Name == name })
}

// find is where a name is, or would be.
func (l Labels) find(name string) (int, bool) {
	return slices.BinarySearchFunc(l, name, func(l Label, name string) int { return strings.Compare(l.Name, name) })
}

func (l Labels) names() []string {
	names := make([]string, 0, len(l))
	for _, one := range l {
		names = append(names, one.Name)
	}
	return names
}

// sort puts labels in order, in which most senders write them.
func (l Labels) sort() {
	if l.sorted() {
		return
	}
	slices.SortFunc(l, func(a, b Label) int { return strings.Compare(a.Name, b.Name) })
}

func (l Labels) sorted() bool {
	for n := 1; n < len(l); n++ {
		if l[n].Name < l[n-1].Name {
			return false
		}
	}
	return true
}

// MarshalJSON writes an object whose keys are in order.
func (l Labels) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, one := range l {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(one.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(one.Value)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// UnmarshalJSON reads an object of strings, as strictly as those of a message. The error is an *[Unreadable].
func (l *Labels) UnmarshalJSON(written []byte) error {
	v, err := parse(written)
	if err != nil {
		return err
	}
	f := &form{value: value{kind: object, fields: []field{{"labels", v}}}, where: "it"}
	if all := f.texts("labels"); f.err == nil {
		*l = all
	}
	return f.err
}
