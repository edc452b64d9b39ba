package config

import "holdfast/internal/source"

// This file says in JSON Schema what the tags of holdfast.yaml's structs do not.

// The words that keys of log understand.
var (
	levels  = []string{"debug", "info", "warn", "error"}
	formats = []string{"auto", "json", "console"}
)

// DocumentSchema names how many copies a stream can have, and that NATS is either embedded or your own.
func (NATS) DocumentSchema() map[string]any {
	return map[string]any{
		"not":        map[string]any{"required": []any{"embedded", "url"}},
		"properties": map[string]any{"replicas": map[string]any{"enum": []any{1, 3, 5}}},
	}
}

// DocumentSchema wants one proof of who connects.
func (User) DocumentSchema() map[string]any {
	return map[string]any{
		"oneOf":      []any{map[string]any{"required": []any{"password_file"}}, map[string]any{"required": []any{"nkey"}}},
		"properties": map[string]any{"nkey": map[string]any{"pattern": "^U[A-Z2-7]{55}$"}},
	}
}

// DocumentSchema keeps the figures above nothing.
func (Alerts) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"max_bytes": map[string]any{"minimum": 0}})
}

// DocumentSchema says what a source can be called.
func (Sender) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"sources": map[string]any{"items": map[string]any{"type": "string", "pattern": sourceName.String()}}})
}

// DocumentSchema wants the address of a page.
func (HTTP) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"external_url": map[string]any{"pattern": "^https?://"}})
}

// DocumentSchema wants a program by its absolute path.
func (Command) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"argv": map[string]any{"minItems": 1}, "for": source.Words(fors...)})
}

// DocumentSchema wants one place for a secret.
func (Secret) DocumentSchema() map[string]any {
	var one []any
	for _, key := range []string{"file", "credential", "env"} {
		one = append(one, map[string]any{"required": []any{key}})
	}
	return map[string]any{"oneOf": one}
}

// DocumentSchema names the levels and the formats.
func (Log) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"level": source.Words(levels...), "format": source.Words(formats...)})
}
