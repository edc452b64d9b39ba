package bia

import (
	"reflect"
	"slices"
	"time"

	"holdfast/internal/source"
)

// This file says in JSON Schema what the tags of the document's structs do not: which words a key understands, and how
// values that decode themselves may be written.

// The words that keys understand.
var (
	recoveryOptions = []string{"immediate", "fast", "intermediate", "gradual", "none"}
	rtcSources      = []string{"exercise", "estimate"}
	periodKinds     = []string{"elevated", "cutoff"}
	modes           = []string{"automatic", "recommend"}
	noDecisions     = []string{"escalate", "declare"}
	maintenanceIs   = []string{"degraded", "down"}
)

// byID is the schema of a mapping whose keys are ids.
var byID = map[string]any{"propertyNames": map[string]any{"pattern": wellNamed.String()}}

// DocumentSchema names the mappings whose keys are ids.
func (Analysis) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{
		"processes": byID, "services": byID, "components": byID, "sites": byID, "observers": byID, "probes": byID, "risks": byID, "assertions": byID,
	})
}

// DocumentSchema is "auto" or a duration.
func (Backdate) DocumentSchema() map[string]any {
	return map[string]any{"anyOf": []any{source.Words("auto"), durationType}}
}

// DocumentSchema is "hold" or {down_after: 30m}.
func (Unknown) DocumentSchema() map[string]any {
	return map[string]any{"anyOf": []any{source.Words("hold"), map[string]any{
		"type": "object", "additionalProperties": false, "required": []any{"down_after"},
		"properties": map[string]any{"down_after": durationType},
	}}}
}

// DocumentSchema names the recovery options.
func (Service) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"recovery_option": source.Words(recoveryOptions...), "quorum": atLeastOne})
}

// DocumentSchema is levels by how long the outage has lasted.
func (Bands) DocumentSchema() map[string]any {
	return map[string]any{"type": "object", "propertyNames": durationType, "additionalProperties": reflect.TypeFor[string]()}
}

type writtenCapability Capability

// DocumentSchema is a duration, or {value, source, valid_until}.
func (Capability) DocumentSchema() map[string]any {
	return map[string]any{"anyOf": []any{durationType, reflect.TypeFor[writtenCapability]()}}
}

// DocumentSchema names where an RTC can come from.
func (writtenCapability) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"source": source.Words(rtcSources...)})
}

// DocumentSchema is an id, or a mapping.
func (Need) DocumentSchema() map[string]any {
	return map[string]any{"anyOf": []any{map[string]any{"type": []any{"string", "number"}, "pattern": wellNamed.String()}, reflect.TypeFor[writtenNeed]()}}
}

// DocumentSchema wants exactly one of service, component and any_of.
func (writtenNeed) DocumentSchema() map[string]any {
	return map[string]any{
		"properties": map[string]any{
			"effect": source.Words("partial"), "full": atLeastOne, "minimum": atLeastOne,
			"any_of": map[string]any{"minItems": 1, "uniqueItems": true},
		},
		"oneOf": []any{required("service"), required("component"), required("any_of")},
	}
}

// DocumentSchema names the kinds of period and the days of the week.
func (CriticalPeriod) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{
		"kind": source.Words(periodKinds...),
		"days": map[string]any{"items": source.Words(weekdays...)},
	})
}

// DocumentSchema wants at least one thing that is lost.
func (Risk) DocumentSchema() map[string]any {
	return map[string]any{"required": []any{"lost"}, "properties": map[string]any{"lost": map[string]any{"minItems": 1}}}
}

// DocumentSchema wants both halves of a heartbeat.
func (Heartbeat) DocumentSchema() map[string]any {
	return map[string]any{"required": []any{"match", "every"}}
}

// DocumentSchema is {label: expression}, or a list of matchers.
func (Matchers) DocumentSchema() map[string]any {
	return map[string]any{"type": []any{"object", "array"}, "minProperties": 1, "minItems": 1,
		"additionalProperties": reflect.TypeFor[string](), "items": map[string]any{"type": "string", "pattern": `^\s*([A-Za-z_:][A-Za-z0-9_:]*|"([^"\\]|\\.)+")\s*(=~|!~|!=|=)\s*\S`}}
}

// DocumentSchema wants at least one label.
func (Mapping) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"labels": map[string]any{"minProperties": 1}})
}

// DocumentSchema wants one thing that is looked at, and one way to do it.
func (Probe) DocumentSchema() map[string]any {
	return map[string]any{"allOf": []any{
		map[string]any{"oneOf": []any{required("component"), required("service")}},
		map[string]any{"oneOf": []any{required("http"), required("tcp")}},
	}}
}

// DocumentSchema wants an address that can be asked.
func (ProbeHTTP) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"url": map[string]any{"pattern": "^https?://"}, "status": map[string]any{"minimum": 100, "maximum": 599}})
}

// DocumentSchema bounds the quorum.
func (Component) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"quorum": atLeastOne})
}

// DocumentSchema names the effects of a component, a site and a set of data.
func (Signal) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"effect": source.Words(slices.Concat(componentIs, siteIs, dataIs)...)})
}

// DocumentSchema names the criteria that can be switched off.
func (Criteria) DocumentSchema() map[string]any {
	off := slices.Concat(lesserCriteria, delegable())
	return source.Properties(map[string]any{"off": map[string]any{"items": source.Words(off...)}, "custom": byID})
}

// DocumentSchema names the levels.
func (Custom) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"level": source.Words(levels...)})
}

// DocumentSchema bounds the share.
func (SiteLossInferred) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"share": share, "components": atLeastOne, "classes": atLeastOne, "observers": atLeastOne})
}

// DocumentSchema bounds the share.
func (FacilityImpaired) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"share": share})
}

// DocumentSchema bounds the count.
func (ConcurrentLoss) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"count": atLeastOne})
}

// DocumentSchema names the modes, and the criteria that can be delegated.
func (Declaration) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{
		"mode":           source.Words(modes...),
		"on_no_decision": source.Words(noDecisions...),
		"responders":     map[string]any{"uniqueItems": true},
		"rehearsers":     map[string]any{"uniqueItems": true},
		"automatic_for":  map[string]any{"uniqueItems": true, "items": map[string]any{"anyOf": []any{source.Words(delegable()...), ownID}}},
	})
}

// DocumentSchema names what a window needs, and what can be expected of it.
func (Maintenance) DocumentSchema() map[string]any {
	return map[string]any{
		"required":   []any{"from", "to", "scope"},
		"properties": map[string]any{"expect": map[string]any{"additionalProperties": source.Words(maintenanceIs...)}},
	}
}

// DocumentSchema wants words, not blanks.
func (Acceptance) DocumentSchema() map[string]any {
	said := map[string]any{"pattern": `\S`}
	return source.Properties(map[string]any{"rule": map[string]any{"pattern": "^[a-z]+/[a-z0-9-]+$"}, "where": said, "reason": said, "by": said})
}

// delegable are the criteria of a disaster that a rule can meet: all but a person's word.
func delegable() []string { return disasterCriteria[:len(disasterCriteria)-1] }

var (
	durationType = reflect.TypeFor[time.Duration]()
	ownID        = map[string]any{"type": "string", "pattern": wellNamed.String()} // of a criterion of one's own
	atLeastOne   = map[string]any{"minimum": 1}
	share        = map[string]any{"exclusiveMinimum": 0, "maximum": 1}
)

func required(key string) map[string]any { return map[string]any{"required": []any{key}} }
