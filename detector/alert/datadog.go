package alert

import (
	"cmp"
	"strings"
	"time"
)

// What a webhook of Datadog posts: its default body, or one of a user's own whose keys are the names of Datadog's
// variables in lower case (docs/formats.md has one to copy). The default body says what became of the monitor only in its
// title, "[Recovered on {host:a}] Host is down". https://docs.datadoghq.com/integrations/webhooks/
var (
	datadogKeys = []string{"id", "title", "body", "date", "last_updated", "event_type", "event_title", "event_msg", "org",
		"org_id", "org_name", "aggreg_key", "alert_cycle_key", "alert_id", "alert_metric", "alert_priority", "alert_query",
		"alert_scope", "alert_status", "alert_title", "alert_transition", "alert_type", "hostname", "link", "tags"}
	datadogTransitions = map[string]Status{
		"Triggered": Firing, "Re-Triggered": Firing, "Warn": Firing, "Re-Warn": Firing,
		"Recovered": Resolved,
		"No Data":   Unknown, "Re-No Data": Unknown,
	}
)

func claimsDatadog(v value) bool {
	return v.holds("alert_transition") || v.holds("event_type", "last_updated", "title")
}

func readDatadog(v value) (Batch, error) {
	f := fill(v, "the message", datadogKeys...)
	transition, status := f.transition()
	all := f.datadogTags()
	for name, key := range map[string]string{"alert_id": "alert_id", "host": "hostname", "metric": "alert_metric",
		"priority": "alert_priority", "event_type": "event_type"} {
		all.set(name, f.variable(key))
	}
	all.set("alertname", bare(f.title()))
	all.set("alert_scope", f.scope())
	all.set("transition", transition)
	if strings.HasSuffix(transition, "Warn") && all["effect"] == "" {
		all.set("effect", "degraded")
	}
	a := Alert{
		Status:      status,
		Labels:      LabelsOf(all),
		Annotations: filled(map[string]string{"summary": f.title(), "description": cmp.Or(f.variable("alert_status"), f.variable("body"), f.variable("event_msg"))}),
		Fingerprint: cmp.Or(f.variable("alert_id"), all["alertname"]) + "\n" + f.scope(),
	}
	return one(a.since(f.datadogTime()), f.err)
}

// variable is a field as Datadog filled it; a variable that it does not know stays as it is written.
func (f *form) variable(key string) string {
	written := f.scalar(key)
	if strings.HasPrefix(written, "$") && strings.ToUpper(written) == written {
		return ""
	}
	return strings.TrimSpace(written)
}

func (f *form) title() string {
	return cmp.Or(f.variable("alert_title"), f.variable("title"), f.variable("event_title"))
}

// transition is what became of the monitor. One that is renotified is as it was, which only the title can tell.
func (f *form) transition() (string, Status) {
	said := f.variable("alert_transition")
	if status, ok := datadogTransitions[said]; ok {
		return said, status
	}
	for _, word := range brackets(f.title()) {
		if status, ok := datadogTransitions[word]; ok {
			return word, status
		}
	}
	if said == "Renotify" || said == "Null" {
		return said, Unknown
	}
	f.fail(Malformed, `does not say what became of the monitor: give its webhook "alert_transition": "$ALERT_TRANSITION"; it has %s`, short(said))
	return "", Unknown
}

// brackets are what a title has in front of it: [P1] [Triggered on {host:a}] Host is down.
func brackets(title string) (words []string) {
	for strings.HasPrefix(title, "[") {
		inner, rest, closed := strings.Cut(title[1:], "]")
		if !closed {
			break
		}
		word, _, _ := strings.Cut(inner, " on {")
		words, title = append(words, word), strings.TrimSpace(rest)
	}
	return words
}

// scope is the group of the monitor that this is about, as tags; the default body has it in its title only.
func (f *form) scope() string {
	if scope := f.variable("alert_scope"); scope != "" {
		return scope
	}
	_, rest, _ := strings.Cut(f.title(), " on {")
	scope, _, closed := strings.Cut(rest, "}]")
	if !closed {
		return ""
	}
	return scope
}

// bare is a title without its brackets, the same whatever became of the monitor.
func bare(title string) string {
	for range brackets(title) {
		_, rest, _ := strings.Cut(title, "]")
		title = strings.TrimSpace(rest)
	}
	return title
}

// datadogTags are labels: "env:prod,team:pay,canary". What triggered the alert (alert_scope) is among them also where the tags
// leave it out.
func (f *form) datadogTags() labels {
	all := labels{}
	tags := strings.Split(f.variable("tags")+","+f.scope(), ",")
	if len(tags) > MaxTokens {
		f.fail(TooMany, "has more than %d tags", MaxTokens)
		return all
	}
	seen := map[string]bool{}
	for _, tag := range tags {
		tag = strings.TrimSpace(tag)
		if seen[tag] {
			continue
		}
		seen[tag] = true
		name, value, _ := strings.Cut(tag, ":")
		all.add("", name, cmp.Or(value, "true"))
	}
	return all
}

// datadogTime is when the event happened.
func (f *form) datadogTime() time.Time {
	for _, key := range []string{"date", "last_updated"} {
		written := f.variable(key)
		if at, ok := parseTime(written); ok {
			return at
		} else if written != "" {
			f.fail(Malformed, "has a %q that is not an instant: %s", key, short(written))
		}
	}
	return time.Time{}
}
