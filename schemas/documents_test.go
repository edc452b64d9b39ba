package schemas_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"

	"holdfast/internal/source"
	"holdfast/schemas"
)

// schemaOf is the schema of a document, by the path it stands under in a continuity directory; nil for what is none.
func schemaOf(path string) []byte {
	switch name := filepath.ToSlash(path); {
	case strings.HasSuffix(name, "bia.yaml"):
		return schemas.BIA
	case strings.HasSuffix(name, "people.yaml"):
		return schemas.People
	case strings.Contains(name, "playbooks/") && strings.HasSuffix(name, ".yaml"):
		return schemas.Playbook
	case strings.HasSuffix(name, "holdfast.yaml"):
		return schemas.Config
	}
	return nil
}

func TestEachDocumentThatShipsFitsItsSchema(t *testing.T) {
	seen := 0
	fits := func(where, path string, text []byte) {
		if schema := schemaOf(path); schema != nil {
			seen++
			for _, wrong := range validate(t, schema, text) {
				t.Errorf("%s: %s", where, wrong)
			}
		}
	}
	for _, pattern := range []string{"../examples/*/continuity/*.yaml", "../examples/*/continuity/playbooks/*.yaml", "../deploy/holdfast.yaml"} {
		for _, file := range found(t, pattern) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			fits(file, file, text)
		}
	}
	for _, pattern := range []string{"../scenarios/*.txtar", "../readiness/testdata/*.txtar", "../cmd/holdfast/testdata/scenarios/[hl]*.txtar"} {
		for _, file := range found(t, pattern) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range archive.Files {
				fits(file+" "+f.Name, f.Name, f.Data)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d documents were found", seen)
	}
}

func found(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing found at %s: %v", pattern, err)
	}
	return files
}

func TestASchemaTellsOfWhatIsWrong(t *testing.T) {
	const bia, people, playbook, config = "bia.yaml", "people.yaml", "playbooks/p.yaml", "holdfast.yaml"
	for name, c := range map[string]struct{ path, text, says string }{
		"an unknown key":                  {bia, "organisation: A\nservice: {}\n", "service: not known"},
		"a missing key":                   {bia, "version: 1\n", "organisation: missing"},
		"a duration without a unit":       {bia, "organisation: A\nservices: {a: {rto: 40}}\n", "services.a.rto"},
		"a word that is none":             {bia, "organisation: A\nservices: {a: {recovery_option: quick}}\n", "services.a.recovery_option"},
		"a need of two kinds":             {bia, "organisation: A\nservices: {a: {needs: [{service: b, component: c}]}}\n", "services.a.needs[0]"},
		"an id with a space":              {bia, "organisation: A\nsites: {\"a b\": {}}\n", "sites"},
		"an acceptance without a reason":  {bia, "organisation: A\naccepted: [{rule: bia/x, where: a, by: b, until: 2027-01-01}]\n", "accepted[0].reason: missing"},
		"a role of two kinds":             {people, "people: {a: {}}\nroles: {r: {people: [a], rotation: {people: [a], start: 2026-01-01}}}\n", "roles.r"},
		"a channel that is off":           {people, "people: {a: {channels: [{log: false}]}}\nroles: {}\n", "people.a.channels[0].log"},
		"a step of two kinds":             {playbook, "playbook: p\nfor: {services: [a]}\nsteps: [{id: s, do: x, wait: 1m}]\n", "steps[0]"},
		"a step of no kind":               {playbook, "playbook: p\nfor: {services: [a]}\nsteps: [{id: s}]\n", "steps[0]"},
		"an option as an argument":        {playbook, "playbook: p\nfor: {services: [a]}\nsteps: [{id: s, run: {exec: {command: c, args: [-x]}}}]\n", "steps[0].run.exec.args[0]"},
		"NATS embedded and elsewhere too": {config, "nats: {embedded: {}, url: \"nats://n\"}\n", "nats"},
	} {
		t.Run(name, func(t *testing.T) {
			if wrong := strings.Join(validate(t, schemaOf(c.path), []byte(c.text)), "\n"); !strings.Contains(wrong, c.says) {
				t.Errorf("it says %q, and nothing of %q", wrong, c.says)
			}
		})
	}
}

// validate holds a document against a schema: as much of JSON Schema as the schemas use, and a panic at what they do not.
func validate(t *testing.T, schema, text []byte) []string {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal(schema, &root); err != nil {
		t.Fatal(err)
	}
	var document any
	if problems := source.Decode("document", text, &document); problems.HasErrors() {
		t.Fatalf("not YAML:\n%v", problems)
	}
	v := validator{root["definitions"].(map[string]any)}
	return v.check("", root, document)
}

type validator struct{ definitions map[string]any }

func (v validator) check(at string, schema map[string]any, value any) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, at+": "+fmt.Sprintf(format, args...)) }
	for _, key := range slices.Sorted(maps.Keys(schema)) {
		said := schema[key]
		switch key {
		case "$schema", "title", "description", "definitions":
		case "$ref":
			wrong = append(wrong, v.check(at, v.definitions[strings.TrimPrefix(said.(string), "#/definitions/")].(map[string]any), value)...)
		case "type":
			if types, several := said.([]any); !isOf(value, said) && !(several && slices.ContainsFunc(types, func(t any) bool { return isOf(value, t) })) {
				say("%v is no %v", value, said)
			}
		case "enum":
			if !slices.ContainsFunc(said.([]any), func(one any) bool { return fmt.Sprint(one) == fmt.Sprint(value) }) {
				say("%v is none of %v", value, said)
			}
		case "const":
			if value != said {
				say("%v is not %v", value, said)
			}
		case "pattern":
			if text, ok := value.(string); ok && !regexp.MustCompile(said.(string)).MatchString(text) {
				say("%q is not like %v", text, said)
			}
		case "anyOf", "oneOf":
			fit := 0
			for _, one := range said.([]any) {
				if len(v.check(at, one.(map[string]any), value)) == 0 {
					fit++
				}
			}
			if fit == 0 || key == "oneOf" && fit > 1 {
				say("fits %d of the %s", fit, key)
			}
		case "not":
			if len(v.check(at, said.(map[string]any), value)) == 0 {
				say("fits what it must not")
			}
		case "minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "minItems", "maxItems", "minProperties":
			if size, ok := sizeOf(key, value); ok && !within(key, size, said.(float64)) {
				say("%v against %s %v", value, key, said)
			}
		case "uniqueItems", "items":
			for i, item := range list(value) {
				if key == "items" {
					wrong = append(wrong, v.check(fmt.Sprintf("%s[%d]", at, i), said.(map[string]any), item)...)
				} else if slices.Index(list(value), item) < i {
					say("%v is in it twice", item)
				}
			}
		case "required":
			for _, name := range said.([]any) {
				if m, ok := value.(map[string]any); ok && m[name.(string)] == nil {
					wrong = append(wrong, at+"."+name.(string)+": missing")
				}
			}
		case "properties", "additionalProperties", "propertyNames":
			wrong = append(wrong, v.entries(at, key, schema, value)...)
		default:
			panic("the schemas use " + key + ", which is not held against documents")
		}
	}
	return wrong
}

func (v validator) entries(at, key string, schema map[string]any, value any) (wrong []string) {
	m, _ := value.(map[string]any)
	known, _ := schema["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		below := strings.TrimPrefix(at+"."+name, ".")
		property, isKnown := known[name].(map[string]any)
		switch additional := schema["additionalProperties"]; {
		case key == "propertyNames":
			wrong = append(wrong, v.check(at, schema[key].(map[string]any), name)...)
		case key == "properties" && isKnown:
			wrong = append(wrong, v.check(below, property, m[name])...)
		case key == "additionalProperties" && !isKnown && additional == false:
			wrong = append(wrong, below+": not known")
		case key == "additionalProperties" && !isKnown:
			wrong = append(wrong, v.check(below, additional.(map[string]any), m[name])...)
		}
	}
	return wrong
}

func isOf(value, kind any) bool {
	switch value := value.(type) {
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case int64:
		return kind == "integer" || kind == "number"
	case float64:
		return kind == "number"
	case []any:
		return kind == "array"
	default:
		return value != nil && kind == "object"
	}
}

func list(value any) []any {
	l, _ := value.([]any)
	return l
}

// sizeOf is what a bound is about, where the value is of its kind.
func sizeOf(bound string, value any) (float64, bool) {
	switch value := value.(type) {
	case string:
		return float64(utf8.RuneCountInString(value)), strings.HasSuffix(bound, "Length")
	case []any:
		return float64(len(value)), strings.HasSuffix(bound, "Items")
	case map[string]any:
		return float64(len(value)), strings.HasSuffix(bound, "Properties")
	case int64:
		return float64(value), strings.HasSuffix(bound, "imum")
	case float64:
		return value, strings.HasSuffix(bound, "imum")
	}
	return 0, false
}

func within(bound string, size, limit float64) bool {
	switch {
	case bound == "exclusiveMinimum":
		return size > limit
	case strings.HasPrefix(bound, "max"):
		return size <= limit
	}
	return size >= limit
}
