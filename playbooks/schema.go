package playbooks

import "holdfast/internal/source"

// This file says in JSON Schema what the tags of the document's structs do not: which words a key understands, and which
// keys exclude each other.

// The words that keys understand.
var (
	phases       = []string{string(Activation), string(Recovery), string(Reconstitution)}
	onFailures   = []string{"pause", "escalate", "continue", "undo"}
	repeats      = []string{"safe", "ask", "never"}
	failedMeans  = []string{MaybeDone, NothingDone}
	milestones   = []string{"recovered", "work_recovered"}
	onlys        = []string{"exercise", "live"}
	losses       = []string{string(LossOfSite), string(LossOfTechnology), string(LossOfData), string(LossOfSupplier), string(LossOfPeople), string(LossOfMonitoring)}
	elses        = []string{"ask", "refuse"}
	heights      = []string{"mbco", "full"}
	runKinds     = []string{"http", "nats", "exec"}
	verifyKinds  = []string{"service", "http", "nats", "prometheus"}
	conditions   = []string{"component_up", "recovery_point_within"}
	evidenceSaid = []string{"required"}
)

// DocumentSchema bounds the id and the figures.
func (Playbook) DocumentSchema() map[string]any {
	return map[string]any{
		"required": []any{"for", "playbook", "steps"},
		"properties": map[string]any{
			"playbook": id,
			"loss":     source.Words(losses...),
			"version":  between(0, 1_000_000),
			"priority": between(-1_000_000, 1_000_000),
			"steps":    map[string]any{"minItems": 1, "maxItems": mostSteps},
		},
	}
}

// DocumentSchema wants at least one service.
func (For) DocumentSchema() map[string]any {
	return map[string]any{"required": []any{"services"}, "properties": map[string]any{"services": filled}}
}

// DocumentSchema wants exactly one condition.
func (Precondition) DocumentSchema() map[string]any {
	return exactly(conditions, map[string]any{"else": source.Words(elses...), "component_up": filled})
}

// DocumentSchema wants exactly one kind of step.
func (Step) DocumentSchema() map[string]any {
	return exactly(stepKinds, map[string]any{
		"id":           id,
		"phase":        source.Words(phases...),
		"on_failure":   source.Words(onFailures...),
		"repeat":       source.Words(repeats...),
		"failed_means": source.Words(failedMeans...),
		"milestone":    source.Words(milestones...),
		"evidence":     source.Words(evidenceSaid...),
		"approvals":    between(1, mostPeople),
		"retry":        between(0, mostRetries),
		"notify":       filled,
		"escalate":     filled,
		"only":         source.Words(onlys...),
		"needs":        filled,
		"invoke":       id,
		"jitter":       between(0, 1),
		"returns_to":   filled,
		"answers": map[string]any{
			"propertyNames": map[string]any{"pattern": answerName.String()},
		},
	})
}

// DocumentSchema bounds the steps that clean up.
func (Exercise) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"cleanup": map[string]any{"maxItems": mostSteps}})
}

// DocumentSchema bounds the retries of an undo.
func (Undo) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"repeat": source.Words(repeats...), "retry": between(0, mostRetries)})
}

// DocumentSchema wants somebody to escalate to.
func (Ack) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"escalate": filled})
}

// DocumentSchema wants exactly one kind of effect.
func (Run) DocumentSchema() map[string]any { return exactly(runKinds, nil) }

// DocumentSchema names the methods, and keeps the URL to what can be sent.
func (HTTP) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{
		"url":    map[string]any{"pattern": `^https?://[^/?#$]+`},
		"method": source.Words(methods...),
		"expect": between(200, 599),
	})
}

// DocumentSchema keeps wildcards and white space out of the subject.
func (NATS) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{"subject": map[string]any{"pattern": `^[^\s.*>]+(\.[^\s.*>]+)*$`}})
}

// DocumentSchema wants bounds, and the address of a server.
func (Prometheus) DocumentSchema() map[string]any {
	return map[string]any{
		"properties": map[string]any{"url": map[string]any{"pattern": "^https?://"}},
		"anyOf": []any{
			map[string]any{"required": []any{"at_least"}},
			map[string]any{"required": []any{"at_most"}},
			map[string]any{"required": []any{"equals"}},
		},
	}
}

// DocumentSchema keeps options out of the arguments.
func (Exec) DocumentSchema() map[string]any {
	return source.Properties(map[string]any{
		"command": map[string]any{"pattern": commandName.String()},
		"args":    map[string]any{"items": map[string]any{"pattern": "^([^-]|$)"}},
	})
}

// DocumentSchema wants exactly one thing that is polled.
func (Verify) DocumentSchema() map[string]any {
	return exactly(verifyKinds, map[string]any{"at": source.Words(heights...)})
}

var (
	id     = map[string]any{"pattern": identifier.String(), "maxLength": mostIDLength}
	filled = map[string]any{"minItems": 1}
)

func between(least, most int) map[string]any {
	return map[string]any{"minimum": least, "maximum": most}
}

// exactly wants one of some keys, and says something of others.
func exactly(keys []string, properties map[string]any) map[string]any {
	var one []any
	for _, key := range keys {
		one = append(one, map[string]any{"required": []any{key}})
	}
	return map[string]any{"oneOf": one, "properties": properties}
}
