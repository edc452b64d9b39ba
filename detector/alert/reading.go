package alert

import (
	"maps"
	"strings"
)

// What the formats share that speak of one thing at a time.

// one is a message of a single alert.
func one(a Alert, err error) (Batch, error) {
	if err != nil {
		return Batch{}, err
	}
	return Batch{Alerts: []Alert{a}}, nil
}

// filled are texts without those that are empty.
func filled(texts map[string]string) Labels {
	for key, text := range texts {
		if text == "" {
			delete(texts, key)
		}
	}
	return LabelsOf(texts)
}

// mentions reports whether keys are there at all, be they null.
func (v value) mentions(keys ...string) bool {
	found := 0
	for _, key := range keys {
		for _, f := range v.fields {
			if f.key == key {
				found++
				break
			}
		}
	}
	return found == len(keys)
}

// holds reports whether keys are there and none of them is null.
func (v value) holds(keys ...string) bool {
	for _, key := range keys {
		if _, ok := v.field(key); !ok {
			return false
		}
	}
	return true
}

// claims is a claim of a format by keys that hold something.
func claims(keys ...string) func(value) bool {
	return func(v value) bool { return v.holds(keys...) }
}

// part is an item of an array in a form; what is wrong with it is wrong with the form.
func (f *form) part(v value, where string, known ...string) *form {
	inner := fill(v, where, known...)
	if inner.of = f; inner.err != nil {
		f.spoil(inner.err)
	}
	return inner
}

// words is a field that is an array of strings.
func (f *form) words(key string) []string {
	var all []string
	for _, item := range f.list(key) {
		if item.kind != text {
			f.fail(Malformed, "has something in %q that is not a string", key)
		}
		all = append(all, item.text)
	}
	return all
}

// joined is a field that is an array of strings, as one text.
func (f *form) joined(key string) string { return strings.Join(f.words(key), ", ") }

// truth is a field that is true, false, 1 or 0; false if it is not there.
func (f *form) truth(key string) bool {
	switch f.scalar(key) {
	case "true", "1":
		return true
	case "", "false", "0":
		return false
	}
	f.fail(Malformed, "has %q that is neither true nor false", key)
	return false
}

// maxTags is how many tags an alert can have within its tokens; one whose tags are JSON in a string has no more.
const maxTags = MaxTokens / 4

// tags are the labels that users wrote as an array of objects with a name and a value.
func (f *form) tags(l labels, items []value, name, worth string) {
	if len(items) > maxTags {
		f.fail(TooMany, "has more than %d tags", maxTags)
		return
	}
	for _, item := range items {
		tag := f.part(item, f.where+", in a tag,", name, worth)
		if key := tag.text(name); key != "" {
			l.add("", key, tag.text(worth))
			continue
		}
		tag.fail(Malformed, "has no %q", name)
	}
}

// over are labels, and others over them.
func over(under, upper labels) labels {
	all := maps.Clone(under)
	maps.Copy(all, upper)
	return all
}
