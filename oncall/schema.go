package oncall

import "holdfast/internal/source"

// This file says in JSON Schema what the tags of the document's structs do not.

// DocumentSchema names the mappings whose keys are ids.
func (Roster) DocumentSchema() map[string]any {
	ids := map[string]any{"propertyNames": map[string]any{"pattern": identifier.String(), "maxLength": 64}}
	return source.Properties(map[string]any{
		"people":    map[string]any{"propertyNames": ids["propertyNames"], "minProperties": 1},
		"roles":     ids,
		"calendars": ids,
	})
}

// DocumentSchema keeps anything but a hash out of token_hash.
func (Person) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"token_hash": map[string]any{"pattern": tokenHash.String()}})
}

// DocumentSchema wants exactly one way to reach somebody.
func (Channel) DocumentSchema() map[string]any {
	return exactlyOne("log", "webhook", map[string]any{
		"log":     map[string]any{"const": true},
		"webhook": map[string]any{"pattern": "^https?://"},
	})
}

// DocumentSchema wants a line of succession or a rotation.
func (Role) DocumentSchema() map[string]any {
	return exactlyOne("people", "rotation", map[string]any{"people": somebody})
}

// DocumentSchema wants a start, and keeps the handover a time of day.
func (Rotation) DocumentSchema() map[string]any {
	return map[string]any{"required": []any{"people", "start"}, "properties": map[string]any{
		"people":   somebody,
		"start":    map[string]any{"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
		"handover": map[string]any{"pattern": "^[0-9]{2}:[0-9]{2}$"},
	}}
}

// DocumentSchema wants dates, and at least one.
func (Calendar) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"days": map[string]any{"minItems": 1, "uniqueItems": true,
		"items": map[string]any{"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}}})
}

var somebody = map[string]any{"minItems": 1, "uniqueItems": true}

func exactlyOne(a, b string, properties map[string]any) map[string]any {
	return map[string]any{
		"oneOf":      []any{map[string]any{"required": []any{a}}, map[string]any{"required": []any{b}}},
		"properties": properties,
	}
}
