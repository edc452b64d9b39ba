package source

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
)

// A Schemer is a type that says in JSON Schema what its Go type does not: which words it understands, how it may be
// written. What it says is laid over what follows from its tags, mapping by mapping; of a [Decoder] it is all there is. A
// [reflect.Type] within stands for the schema of that type.
type Schemer interface{ DocumentSchema() map[string]any }

// A Describe tells what a field of a document's struct means, and with field "" the struct itself; "" if there is nothing
// to tell.
type Describe func(owner reflect.Type, field string) string

// Schema is the JSON Schema (draft 7, which editors understand) of what [Decode] reads into a document, from the same tags.
// It is as strict about keys; about values it may be more lenient, never stricter: what Decode reads without a problem
// fits. The bytes depend on the types alone.
func Schema(title string, document any, describe Describe) []byte {
	s := schema{describe: describe, definitions: map[string]any{}}
	root := s.record(reflect.TypeOf(document))
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = title
	root["definitions"] = s.definitions
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic("source: a schema holds only what JSON can: " + err.Error())
	}
	return append(text, '\n')
}

type schema struct {
	describe    Describe
	definitions map[string]any
}

var (
	schemerType = reflect.TypeFor[Schemer]()
	decoderType = reflect.TypeFor[Decoder]()
)

// of is the schema of a type; a struct is defined once and referred to.
func (s *schema) of(t reflect.Type) map[string]any {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == timeType {
		return s.said(t, s.plain(t))
	}
	name := t.Name()
	if _, known := s.definitions[name]; !known {
		s.definitions[name] = nil // taken, should it contain itself
		if reflect.PointerTo(t).Implements(decoderType) {
			s.definitions[name] = s.described(s.said(t, map[string]any{}), t, "")
		} else {
			s.definitions[name] = s.record(t)
		}
	}
	return map[string]any{"$ref": "#/definitions/" + name}
}

// plain is the schema of a type by its kind. Text is any word: what stands without quotes may look like a number.
func (s *schema) plain(t reflect.Type) map[string]any {
	if reflect.PointerTo(t).Implements(decoderType) {
		return map[string]any{}
	}
	switch t {
	case durationType:
		s.definitions["duration"] = map[string]any{
			"description": "a duration such as 30s, 15m, 4h or 2d",
			"anyOf": []any{
				map[string]any{"type": "string", "pattern": `^([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$`, "minLength": 2},
				map[string]any{"enum": []any{0, "0"}},
			},
		}
		return map[string]any{"$ref": "#/definitions/duration"}
	case timeType:
		return map[string]any{"type": "string", "pattern": `^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt][0-9:.]+([Zz]|[+-][0-9]{2}:[0-9]{2}))?$`}
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": []any{"string", "number", "boolean"}}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Interface:
		return map[string]any{}
	}
	panic("source: no schema of " + t.String())
}

// record is the schema of a struct, by its tags.
func (s *schema) record(t reflect.Type) map[string]any {
	tags := readTags(t)
	properties := map[string]any{}
	for _, name := range tags.names {
		f := t.FieldByIndex(tags.byName[name])
		properties[name] = s.described(s.of(f.Type), t, f.Name)
	}
	out := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if len(tags.required) > 0 {
		out["required"] = slices.Sorted(slices.Values(tags.required))
	}
	return s.described(s.said(t, out), t, "")
}

func (s *schema) described(out map[string]any, owner reflect.Type, field string) map[string]any {
	if s.describe != nil {
		if text := s.describe(owner, field); text != "" {
			out["description"] = text
		}
	}
	return out
}

// said lays over a schema what the type says itself.
func (s *schema) said(t reflect.Type, out map[string]any) map[string]any {
	if reflect.PointerTo(t).Implements(schemerType) {
		lay(s.resolve(reflect.New(t).Interface().(Schemer).DocumentSchema()).(map[string]any), out)
	}
	return out
}

// resolve puts schemas in the place of types.
func (s *schema) resolve(v any) any {
	switch v := v.(type) {
	case reflect.Type:
		return s.of(v)
	case map[string]any:
		out := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out[key] = s.resolve(v[key])
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, item := range v {
			out = append(out, s.resolve(item))
		}
		return out
	}
	return v
}

// lay lays a mapping over another; where a mapping meets a mapping, their entries meet.
func lay(over, under map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(over)) {
		o, isMapping := over[key].(map[string]any)
		if u, ok := under[key].(map[string]any); ok && isMapping {
			lay(o, u)
			continue
		}
		under[key] = over[key]
	}
}

// Words is the schema of a value that is one of some words; types use it to say what they understand.
func Words(words ...string) map[string]any {
	return map[string]any{"enum": words}
}

// Properties is a schema that says something of some of a mapping's keys.
func Properties(of map[string]any) map[string]any {
	return map[string]any{"properties": of}
}
