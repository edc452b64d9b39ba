package source_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/internal/source"
)

// kinds has one field of each way in which a schema comes about.
type kinds struct {
	Marks source.Marks    `doc:",marks"`
	ID    string          `doc:",key"`
	Word  string          `doc:"word,required"`
	Mode  string          `doc:"mode"`
	Count int             `doc:"count"`
	Sites map[string]*lot `doc:"sites"`
	Free  any             `doc:"free"`
	Own   own             `doc:"own"`
	Note  string
}

func (kinds) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"mode": source.Words("fast", "slow"), "count": map[string]any{"minimum": 1}})
}

type lot struct {
	Within []*lot `doc:"within"`
}

// own decodes itself, so that what it says is all there is.
type own struct{}

func (*own) DecodeDocument(*source.Reader, source.Node) {}

func (own) DocumentSchema() map[string]any {
	return map[string]any{"anyOf": []any{map[string]any{"const": "auto"}, reflect.TypeFor[lot]()}}
}

func TestASchemaSaysWhatTheTagsAndTheTypesSay(t *testing.T) {
	describe := func(owner reflect.Type, field string) string {
		if owner.Name() == "kinds" && field == "Word" {
			return "the word"
		}
		return ""
	}
	var got any
	text := source.Schema("a document", kinds{}, describe)
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	textual := []any{"string", "number", "boolean"}
	lots := map[string]any{"$ref": "#/definitions/lot"}
	want := map[string]any{
		"$schema": "http://json-schema.org/draft-07/schema#",
		"title":   "a document",
		"type":    "object", "additionalProperties": false, "required": []any{"word"},
		"properties": map[string]any{
			"word":  map[string]any{"type": textual, "description": "the word"},
			"mode":  map[string]any{"type": textual, "enum": []any{"fast", "slow"}},
			"count": map[string]any{"type": "integer", "minimum": 1.0},
			"sites": map[string]any{"type": "object", "additionalProperties": lots},
			"free":  map[string]any{},
			"own":   map[string]any{"$ref": "#/definitions/own"},
		},
		"definitions": map[string]any{
			"lot": map[string]any{"type": "object", "additionalProperties": false, "properties": map[string]any{
				"within": map[string]any{"type": "array", "items": lots},
			}},
			"own": map[string]any{"anyOf": []any{map[string]any{"const": "auto"}, lots}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !bytes.Equal(text, source.Schema("a document", kinds{}, describe)) {
		t.Error("the second time it is written otherwise")
	}
}
