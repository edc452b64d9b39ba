package schemas_test

import (
	"encoding"
	"encoding/json"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/incident"
	"holdfast/internal/source"
	"holdfast/schemas"
)

// A drawing of what is written as JSON, from the tags by which it is written.
type written struct {
	definitions map[string]any
	describe    map[string]source.Describe // by the package's directory
}

func TestTheSchemaOfAReportIsWhatTheCodeWrites(t *testing.T) {
	w := written{definitions: map[string]any{}, describe: map[string]source.Describe{}}
	for _, dir := range []string{"incident", "bia", "playbooks", "detector"} {
		w.describe[dir] = comments(t, "../"+dir)
	}
	root := w.record(reflect.TypeFor[incident.Report]())
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "The after-action report of an incident, as holdfast report -o json writes it. Instants are RFC 3339 in UTC, durations are written as 1h30m0s."
	root["definitions"] = w.definitions
	want, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("report.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want), string(schemas.Report)); diff != "" {
		t.Errorf("report.schema.json is not what the code writes; run go test ./schemas -update (-code +file):\n%s", diff)
	}
}

func TestAReportFitsItsSchema(t *testing.T) {
	text, err := os.ReadFile("../incident/testdata/report.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range validate(t, schemas.Report, text) {
		t.Error(wrong)
	}
	for _, wrong := range []string{`"as_of": "2026-04-12T13:20:00Z"`, `"took": "5m0s"`} {
		if len(validate(t, schemas.Report, []byte(strings.Replace(string(text), wrong, `"as_of": 7`, 1)))) == 0 {
			t.Errorf("without %s it fits too", wrong)
		}
	}
}

func (w written) of(t reflect.Type) map[string]any {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "pattern": `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`}
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()), t.Kind() == reflect.String:
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": w.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": w.of(t.Elem())}
	case reflect.Struct:
		if _, known := w.definitions[t.Name()]; !known {
			w.definitions[t.Name()] = nil // taken, should it contain itself
			w.definitions[t.Name()] = w.record(t)
		}
		return map[string]any{"$ref": "#/definitions/" + t.Name()}
	}
	return map[string]any{"type": "number"}
}

func (w written) record(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		property := w.of(f.Type)
		if about := w.about(t, f.Name); about != "" && property["$ref"] == nil {
			property["description"] = about
		}
		properties[name] = property
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	record := map[string]any{"type": "object", "properties": properties, "required": required}
	if about := w.about(t, ""); about != "" {
		record["description"] = about
	}
	return record
}

func (w written) about(t reflect.Type, field string) string {
	if describe := w.describe[path.Base(t.PkgPath())]; describe != nil {
		return describe(t, field)
	}
	return ""
}
