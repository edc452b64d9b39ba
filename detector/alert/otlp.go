package alert

import (
	"cmp"
	"maps"
	"strconv"
	"strings"
	"time"
)

// Log records of OpenTelemetry, as OTLP/JSON: resources, their scopes, their records; one alert for each record.
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
//
// A log record tells of an event, and an event is no state: however severe, it may be over. So a record means a state
// only where its author says so, in the attribute "alert.state", or else "status": firing, resolved or unknown, in any
// case. All other records are unknown. A record that fires with a severityNumber below 17 (ERROR) and above 0 is of
// something degraded; with one of 17 and above, or without any, of something down.
//
// Attributes of the resource, the scope and the record are labels, the nearer to the record winning; arrays, maps and
// bytes are not. The attribute "alert.fingerprint" is the identity; else the resource and the scope are, with the
// record's eventName and what names the alert and what it is about: attributes come and go between a start and its end.
var (
	logRecordKeys = []string{"timeUnixNano", "observedTimeUnixNano", "severityNumber", "severityText",
		"eventName", "body", "attributes"}
	anyValueKeys = []string{"stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue"}
)

const (
	severityError = 17      // SEVERITY_NUMBER_ERROR
	maxHanded     = 1 << 17 // attributes that records have from their resources and scopes: a short message is not to become a long one
)

func readOTLP(v value) (Batch, error) {
	f := fill(v, "the message", "resourceLogs")
	var b Batch
	handed := 0
	for _, item := range f.list("resourceLogs") {
		logs := f.part(item, "an entry of resourceLogs", "resource", "scopeLogs")
		resource := logs.object("resource", "attributes").attributes()
		for _, item := range logs.list("scopeLogs") {
			scoped := logs.part(item, "an entry of scopeLogs", "scope", "logRecords")
			about := over(resource, scoped.object("scope", "attributes").attributes())
			if handed += len(about) * len(scoped.list("logRecords")); handed > maxHanded {
				scoped.fail(TooMany, "hands more than %d attributes down to its records", maxHanded)
				break
			}
			for _, item := range scoped.list("logRecords") {
				b.Alerts = append(b.Alerts, scoped.part(item, "a log record", logRecordKeys...).logRecord(about))
			}
		}
	}
	if f.err != nil {
		return Batch{}, f.err
	}
	return b, nil
}

// logRecord is the alert of one record; about are the labels of all records of its scope.
func (f *form) logRecord(about labels) Alert {
	own := f.attributes()
	a, all := Alert{Status: logState(own)}, over(about, own)
	if len(all) == 0 {
		f.fail(Malformed, "has no attributes, so that it is about nothing")
	}
	a.Fingerprint = cmp.Or(own["alert_fingerprint"], identity(about, own, f.text("eventName")))
	severity := f.count("severityNumber")
	all.set("severity", f.text("severityText"))
	if a.Status == Firing && severity > 0 && severity < severityError && all["effect"] == "" {
		all["effect"] = "degraded"
	}
	a.Labels = LabelsOf(all)
	a.Annotations = filled(map[string]string{"summary": f.object("body", anyValueKeys...).text("stringValue")})
	return a.since(f.logTime())
}

// identity is the fingerprint of what a record is about, whatever it says of it.
func identity(about, own labels, event string) string {
	all := maps.Clone(about)
	for _, name := range []string{"alert_name", "component", "site", "data", "service", "observer"} {
		all.set(name, own[name])
	}
	all.set("event_name", event)
	return fingerprint(LabelsOf(all))
}

// logState is the state that a record's own attributes claim.
func logState(own labels) Status {
	switch state := Status(strings.ToLower(cmp.Or(own["alert_state"], own["status"]))); state {
	case Firing, Resolved:
		return state
	}
	return Unknown
}

// logTime is when the event was, or when it was first seen; nanoseconds as a string or a number, 0 for not known.
func (f *form) logTime() time.Time {
	for _, key := range []string{"timeUnixNano", "observedTimeUnixNano"} {
		written := cmp.Or(f.scalar(key), "0")
		n, err := strconv.ParseInt(written, 10, 64)
		if err != nil || n < 0 {
			f.fail(Malformed, "has a %q that is not a number of nanoseconds: %s", key, short(written))
		}
		if n > 0 {
			return time.Unix(0, n).UTC()
		}
	}
	return time.Time{}
}

// attributes are those that are a text, a number or a truth. No key may be there twice.
func (f *form) attributes() labels {
	l, seen := labels{}, map[string]bool{}
	for _, item := range f.list("attributes") {
		pair := f.part(item, f.where+", in an attribute,", "key", "value")
		key := pair.text("key")
		if key == "" {
			pair.fail(Malformed, "has no key")
		}
		if seen[key] {
			pair.fail(DuplicateKey, "has the key %s twice", short(key))
		}
		seen[key] = true
		l.add("", key, pair.object("value", anyValueKeys...).anyValue())
	}
	return l
}

// anyValue is a value that is one word; empty for those that are not.
func (f *form) anyValue() string {
	var kinds []string
	for _, key := range anyValueKeys {
		if f.value.holds(key) {
			kinds = append(kinds, key)
		}
	}
	switch {
	case len(kinds) > 1:
		f.fail(Malformed, "is of two kinds at once, %q", kinds)
	case len(kinds) == 0:
	case kinds[0] == "stringValue":
		return f.text("stringValue")
	case kinds[0] == "boolValue", kinds[0] == "intValue", kinds[0] == "doubleValue":
		return f.scalar(kinds[0])
	}
	return ""
}
