package playbooks

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/common/model"
)

// A Difference is what two texts of a playbook say differently: not how they are written, but what would be done, by whom,
// and when. What a text leaves to a default counts as that default.
type Difference struct {
	Playbook string    `json:"playbook"`
	Before   Edition   `json:"before"`
	After    Edition   `json:"after"`
	Fields   []Change  `json:"fields"` // of the playbook itself
	Roles    Members   `json:"roles"`
	Added    []Outline `json:"added"`
	Removed  []Outline `json:"removed"`
	Changed  []Altered `json:"changed"`
	Order    *Order    `json:"order,omitempty"` // of the steps that both have, where it differs
}

// An Edition is one text of a playbook.
type Edition struct {
	Playbook string `json:"playbook"`
	Version  int    `json:"version,omitempty"`
	Digest   string `json:"digest"`
}

// A Change is a field that differs; empty: it is not there.
type Change struct {
	Field  string `json:"field"` // "run.http.url"
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Members are those who came and those who went.
type Members struct {
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
}

// An Outline is a step that only one of the texts has.
type Outline struct {
	Step  string   `json:"step"`
	Kind  Kind     `json:"kind"`
	Phase Phase    `json:"phase"`
	After []string `json:"after,omitempty"`
	Says  string   `json:"says"`
}

// Altered is a step that both have and that says something else.
type Altered struct {
	Step   string   `json:"step"`
	Fields []Change `json:"fields"`
}

// Order is in which order the steps stand that both texts have.
type Order struct {
	Before []string `json:"before"`
	After  []string `json:"after"`
}

// Diff is what the text of a playbook says differently from an earlier one.
func Diff(before, after *Playbook) Difference {
	d := Difference{Playbook: after.ID, Before: edition(before), After: edition(after), Added: []Outline{}, Removed: []Outline{}, Changed: []Altered{}}
	d.Fields = changes(flat(before, "steps"), flat(after, "steps"))
	d.Roles = members(roleNames(before), roleNames(after))
	for i := range after.Steps {
		s := &after.Steps[i]
		old, both := before.Step(s.ID)
		if !both {
			d.Added = append(d.Added, outline(s))
			continue
		}
		if fields := changes(flat(old, "id"), flat(s, "id")); len(fields) > 0 {
			d.Changed = append(d.Changed, Altered{Step: s.ID, Fields: fields})
		}
	}
	for i := range before.Steps {
		if s := &before.Steps[i]; after.Index(s.ID) < 0 {
			d.Removed = append(d.Removed, outline(s))
		}
	}
	if was, is := common(before, after), common(after, before); !slices.Equal(was, is) {
		d.Order = &Order{Before: was, After: is}
	}
	return d
}

// None reports whether both texts say the same.
func (d Difference) None() bool { return d.Count() == 0 }

// Count is how many things differ.
func (d Difference) Count() int {
	n := len(d.Fields) + len(d.Added) + len(d.Removed) + len(d.Changed)
	if d.Order != nil {
		n++
	}
	return n
}

// Text is the difference for people, a line each: + came, - went, ~ says something else.
func (d Difference) Text() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("%s -> %s", d.Before, d.After)
	for _, c := range d.Fields {
		say("~ %s", c)
	}
	for _, role := range d.Roles.Added {
		say("+ role %s", role)
	}
	for _, role := range d.Roles.Removed {
		say("- role %s", role)
	}
	for _, o := range d.Removed {
		say("- step %s", o)
	}
	for _, o := range d.Added {
		say("+ step %s", o)
	}
	for _, s := range d.Changed {
		say("~ step %s", s.Step)
		for _, c := range s.Fields {
			say("    %s", c)
		}
	}
	if d.Order != nil {
		say("~ order: %s -> %s", strings.Join(d.Order.Before, ", "), strings.Join(d.Order.After, ", "))
	}
	switch {
	case !d.None():
	case d.Before.Digest == d.After.Digest:
		say("no difference: it is the same text")
	default:
		say("no difference in what is done: the texts differ only in how they are written")
	}
	return b.String()
}

func (e Edition) String() string {
	text := e.Playbook
	if e.Version != 0 {
		text += fmt.Sprintf(" version %d", e.Version)
	}
	return fmt.Sprintf("%s (%s)", text, e.Digest[:min(len(e.Digest), 19)])
}

func (c Change) String() string {
	return fmt.Sprintf("%s: %s -> %s", oneLine(c.Field), oneLine(c.Before), oneLine(c.After))
}

// oneLine keeps a text from passing for lines of the difference's own.
func oneLine(text string) string {
	switch {
	case text == "":
		return "(none)"
	case strings.ContainsFunc(text, unicode.IsControl):
		return strconv.Quote(text)
	}
	return text
}

func (o Outline) String() string {
	text := fmt.Sprintf("%s (%s, %s", o.Step, o.Kind, o.Phase)
	if len(o.After) > 0 {
		text += ", after " + strings.Join(o.After, ", ")
	}
	return text + "): " + oneLine(o.Says)
}

func edition(p *Playbook) Edition {
	return Edition{Playbook: p.ID, Version: p.Version, Digest: p.Digest}
}

func outline(s *Step) Outline {
	return Outline{Step: s.ID, Kind: s.Kind(), Phase: s.Phase, After: s.After, Says: gist(s)}
}

// gist is what a step says under the key that makes its kind.
func gist(s *Step) string {
	kind := string(s.Kind())
	var parts []string
	for _, path := range slices.Sorted(maps.Keys(flat(s))) {
		if path == kind || strings.HasPrefix(path, kind+".") {
			parts = append(parts, strings.TrimPrefix(strings.TrimPrefix(path, kind), ".")+" "+flat(s)[path])
		}
	}
	return strings.TrimSpace(strings.Join(parts, ", "))
}

func roleNames(p *Playbook) (names []string) {
	for _, r := range p.Roles() {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func members(before, after []string) Members {
	return Members{Added: apart(after, before), Removed: apart(before, after)}
}

// common are the steps of p that q has too, as they stand in p.
func common(p, q *Playbook) (ids []string) {
	for _, id := range (&checker{p: p}).stepIDs() {
		if q.Index(id) >= 0 {
			ids = append(ids, id)
		}
	}
	return ids
}

// changes are the fields of which two values differ, in order of name.
func changes(before, after map[string]string) []Change {
	all := []Change{}
	names := slices.Concat(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if before[name] != after[name] {
			all = append(all, Change{Field: name, Before: before[name], After: after[name]})
		}
	}
	return all
}

// flat is everything that a part of a playbook says, by the path of its keys as they are written in YAML; without some
// keys at its top. What is not said is not there. It follows the tags, so that it knows every field that can be read.
func flat(part any, without ...string) map[string]string {
	f := flattening{said: map[string]string{}}
	v := reflect.ValueOf(part).Elem()
	f.fields("", v, without)
	return f.said
}

type flattening struct{ said map[string]string }

func (f flattening) fields(path string, v reflect.Value, without []string) {
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("doc"), ",")
		if name != "" && !slices.Contains(without, name) {
			f.value(under(path, name), v.Field(i))
		}
	}
}

func (f flattening) value(path string, v reflect.Value) {
	if v.IsZero() {
		return
	}
	if v.Kind() == reflect.Pointer && scalars(v.Type().Elem()) { // at most 0 is not the same as no bound
		f.said[path] = fmt.Sprint(v.Elem().Interface())
		return
	}
	if v.Kind() == reflect.Pointer {
		f.value(path, v.Elem())
		return
	}
	if v.Kind() == reflect.Interface { // what is sent as it stands: false is not the same as nothing there
		f.said[path] = asJSON(v.Elem().Interface())
		return
	}
	switch said := v.Interface().(type) {
	case time.Duration:
		f.said[path] = model.Duration(said).String()
		return
	case time.Time:
		f.said[path] = strings.TrimSuffix(said.UTC().Format(time.RFC3339), "T00:00:00Z")
		return
	}
	switch {
	case v.Kind() == reflect.Slice && scalars(v.Type().Elem()):
		f.said[path] = joined(v)
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			f.value(item(path, i), v.Index(i))
		}
	case v.Kind() == reflect.Map:
		for _, key := range v.MapKeys() {
			if f.value(under(path, key.String()), v.MapIndex(key)); v.MapIndex(key).IsZero() {
				f.said[under(path, key.String())] = `""`
			}
		}
	case v.Kind() == reflect.Struct && tagged(v.Type()):
		f.fields(path, v, nil)
	case v.Kind() == reflect.Struct:
		f.said[path] = asJSON(v.Interface())
	default:
		f.said[path] = fmt.Sprint(v.Interface())
	}
}

func under(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func scalars(t reflect.Type) bool {
	return t.Kind() == reflect.String || t.Kind() == reflect.Int || t.Kind() == reflect.Float64 || t.Kind() == reflect.Bool
}

func joined(v reflect.Value) string {
	words := make([]string, v.Len())
	for i := range words {
		words[i] = fmt.Sprint(v.Index(i).Interface())
		if words[i] == "" || strings.ContainsAny(words[i], ", \n") {
			words[i] = strconv.Quote(words[i])
		}
	}
	return strings.Join(words, ", ")
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// tagged reports whether a struct says by tags how it is written.
func tagged(t reflect.Type) bool {
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("doc"), ","); name != "" {
			return true
		}
	}
	return false
}
