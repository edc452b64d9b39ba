package playbooks

import (
	"cmp"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"unicode/utf8"

	"fmt"

	"holdfast/bia/condition"
	"holdfast/internal/source"
)

// An Answer is what a step asks of a person beside that it is done: a type, and what its values are held to, in the words
// of JSON Schema.
type Answer struct {
	Marks       source.Marks `doc:",marks"`
	Type        string       `doc:"type"` // string, integer, number, boolean, duration, instant, enum
	Enum        []string     `doc:"enum"` // the words that it can be
	Minimum     string       `doc:"minimum"`
	Maximum     string       `doc:"maximum"`
	Pattern     string       `doc:"pattern"`    // of the whole text
	MaxLength   int          `doc:"max_length"` // in characters
	Optional    bool         // required: false
	Description string       `doc:"description"` // what is asked, for people
}

// writtenAnswer is an answer in its long form.
type writtenAnswer struct {
	Marks       source.Marks `doc:",marks"`
	Type        string       `doc:"type"`
	Enum        []string     `doc:"enum"`
	Minimum     string       `doc:"minimum"`
	Maximum     string       `doc:"maximum"`
	Pattern     string       `doc:"pattern"`
	MaxLength   int          `doc:"max_length"`
	Required    bool         `doc:"required"`
	Description string       `doc:"description"`
}

// DecodeDocument reads a type, or {type: …, …}.
func (a *Answer) DecodeDocument(r *source.Reader, n source.Node) {
	if n.IsScalar() {
		r.DecodeInto(n, &a.Type)
		a.Marks = source.Marks{"": r.MarkOf(n), "type": r.MarkOf(n)}
		return
	}
	w := writtenAnswer{Required: true}
	r.DecodeInto(n, &w)
	if w.Type == "" && len(w.Enum) > 0 {
		w.Type = typeEnum
	}
	*a = Answer{w.Marks, w.Type, w.Enum, w.Minimum, w.Maximum, w.Pattern, w.MaxLength, !w.Required, w.Description}
}

const typeEnum = "enum"

var (
	answerTypes = []string{"string", "integer", "number", "boolean", "duration", "instant", typeEnum}
	answerName  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	// ordered are the types that have a smallest and a largest value.
	ordered = []string{"integer", "number", "duration", "instant"}
)

// mostAnswer is how long any answer may be, in characters.
const mostAnswer = 4096

// Value is the type of its values.
func (a Answer) Value() condition.Type {
	if a.Type == typeEnum {
		return condition.String
	}
	return condition.Type(a.Type)
}

// Says is what the answer has to be, in words.
func (a Answer) Says() string {
	what := map[string]string{"string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
		"duration": "a duration such as 90m", "instant": "an instant such as 2026-11-27T14:00:00Z", typeEnum: either(a.Enum)}[a.Type]
	switch {
	case a.Minimum != "" && a.Maximum != "":
		what += fmt.Sprintf(", from %s to %s", a.Minimum, a.Maximum)
	case a.Minimum != "":
		what += fmt.Sprintf(", at least %s", a.Minimum)
	case a.Maximum != "":
		what += fmt.Sprintf(", at most %s", a.Maximum)
	}
	if a.Pattern != "" {
		what += fmt.Sprintf(", such as fits %s", a.Pattern)
	}
	if a.MaxLength > 0 {
		what += fmt.Sprintf(", of at most %d characters", a.MaxLength)
	}
	return what
}

// Read is what a person answered, or why it is no answer.
func (a Answer) Read(text string) (condition.Value, error) {
	most := cmp.Or(a.MaxLength, mostAnswer)
	if n := utf8.RuneCountInString(text); n > most {
		return condition.Value{}, fmt.Errorf("it has %d characters, at most %d are taken", n, most)
	}
	v, err := condition.ReadValue(a.Value(), text)
	switch {
	case err != nil:
		return v, err
	case a.Type == typeEnum && !slices.Contains(a.Enum, text):
		return v, fmt.Errorf("%q is not one of %s", text, either(a.Enum))
	case a.Pattern != "" && !regexp.MustCompile(`^(?:`+a.Pattern+`)$`).MatchString(text):
		return v, fmt.Errorf("%q does not fit %s", text, a.Pattern)
	}
	if least, err := condition.ReadValue(a.Value(), a.Minimum); a.Minimum != "" && err == nil && condition.Less(v, least) {
		return v, fmt.Errorf("%s is less than %s", text, a.Minimum)
	}
	if most, err := condition.ReadValue(a.Value(), a.Maximum); a.Maximum != "" && err == nil && condition.Less(most, v) {
		return v, fmt.Errorf("%s is more than %s", text, a.Maximum)
	}
	return v, nil
}

// answers checks what a step asks for.
func (c *checker) answers(s *Step) {
	for _, name := range slices.Sorted(maps.Keys(s.Answers)) {
		if !answerName.MatchString(name) {
			c.found.Errorf(s.Marks.Of("answers/"+name), "playbook/answer", "", "%q is not the name of an answer: a-z, 0-9 and _, a letter first", name)
		}
		c.answer(s.Answers[name])
	}
}

func (c *checker) answer(a Answer) {
	at := func(key string) source.Mark { return a.Marks.Of(key) }
	switch {
	case a.Type == "":
		c.found.Errorf(at(""), "playbook/answer", "add type:", "the answer has no type")
		return
	case !slices.Contains(answerTypes, a.Type):
		c.found.Errorf(at("type"), "playbook/answer", didYouMean(a.Type, answerTypes), "%q is not a type of answer, which is %s", a.Type, either(answerTypes))
		return
	case a.Type == typeEnum && len(a.Enum) == 0:
		c.found.Errorf(at("type"), "playbook/answer", "add enum: [word, word]", "an enum names the words that it can be")
	}
	c.fitting(a, "enum", a.Type == typeEnum)
	c.fitting(a, "minimum", slices.Contains(ordered, a.Type))
	c.fitting(a, "maximum", slices.Contains(ordered, a.Type))
	c.fitting(a, "pattern", a.Type == "string")
	c.fitting(a, "max_length", a.Type == "string")
	c.number(a.Marks, "max_length", a.MaxLength, 1, mostAnswer)
	for _, bound := range []struct{ key, text string }{{"minimum", a.Minimum}, {"maximum", a.Maximum}} {
		if _, err := condition.ReadValue(a.Value(), bound.text); a.Marks.Has(bound.key) && err != nil && slices.Contains(ordered, a.Type) {
			c.found.Errorf(at(bound.key), "playbook/answer", "", "%s: %v", bound.key, err)
		}
	}
	least, errLeast := condition.ReadValue(a.Value(), a.Minimum)
	most, errMost := condition.ReadValue(a.Value(), a.Maximum)
	if a.Marks.Has("minimum") && a.Marks.Has("maximum") && errLeast == nil && errMost == nil && condition.Less(most, least) {
		c.found.Errorf(at("maximum"), "playbook/answer", "", "nothing is at least %s and at most %s", a.Minimum, a.Maximum)
	}
	if _, err := regexp.Compile(`^(?:` + a.Pattern + `)$`); err != nil {
		c.found.Errorf(at("pattern"), "playbook/answer", "", "this is not a regular expression")
	}
}

// fitting checks that a key means something for the type.
func (c *checker) fitting(a Answer, key string, fits bool) {
	if a.Marks.Has(key) && !fits {
		c.found.Errorf(a.Marks.Of(key), "playbook/answer", "remove it", "%s means nothing for the type %s", key, a.Type)
	}
}

// DocumentSchema lets an answer be a type, or a mapping.
func (Answer) DocumentSchema() map[string]any {
	return map[string]any{"anyOf": []any{source.Words(slices.DeleteFunc(slices.Clone(answerTypes), func(t string) bool { return t == typeEnum })...), reflect.TypeFor[writtenAnswer]()}}
}

// DocumentSchema names the types.
func (writtenAnswer) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{
		"type":       source.Words(answerTypes...),
		"enum":       map[string]any{"minItems": 1, "uniqueItems": true},
		"max_length": between(1, mostAnswer),
	})
}
