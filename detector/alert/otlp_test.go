package alert_test

import (
	"fmt"
	"strings"
	"testing"

	"holdfast/detector/alert"
)

const otlpRecords = "otlp/records.json"

// record is a body of one log record, of a resource with one attribute.
func record(fields string) string {
	return `{"resourceLogs":[{"resource":{"attributes":[{"key":"component","value":{"stringValue":"pay-fra-1"}}]},
		"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795435207000000000"` + fields + `}]}]}]}`
}

// claim is an attribute of a record.
func claim(key, value string) string {
	return fmt.Sprintf(`,"attributes":[{"key":%q,"value":%s}]`, key, value)
}

func TestLogRecordsAreReadWithTheirResourcesAttributes(t *testing.T) {
	b := decode(t, string(read(t, otlpRecords)))
	for i := range b.Alerts {
		if b.Alerts[i].Fingerprint == "" {
			t.Errorf("record %d has no identity", i)
		}
		b.Alerts[i].Fingerprint = ""
	}
	want := []alert.Alert{{
		Status: alert.Firing,
		Labels: alert.LabelsOf(map[string]string{"service_name": "ledger", "host_name": "ledger-db-fra", "alert_state": "FIRING",
			"component": "ledger-db-fra", "lag_seconds": "240", "fatal": "false", "severity": "ERROR"}),
		Annotations: alert.LabelsOf(map[string]string{"summary": "replica lost"}),
		StartsAt:    at(t, "2026-11-23T12:00:07.000000001Z"),
	}, {
		Status:      alert.Unknown, // it was fatal, but whether it still is nobody says
		Labels:      alert.LabelsOf(map[string]string{"service_name": "ledger", "host_name": "ledger-db-fra", "status": "137", "severity": "FATAL"}),
		Annotations: alert.LabelsOf(map[string]string{"summary": "out of memory"}),
		StartsAt:    at(t, "2026-11-23T12:00:09Z"),
	}}
	same(t, want, b.Alerts)
}

func TestALogRecordMeansAStateOnlyWhereItSaysSo(t *testing.T) {
	for fields, want := range map[string]alert.Status{
		``:                     alert.Unknown,
		`,"severityNumber":24`: alert.Unknown, // an event, however severe
		`,"severityNumber":9`:  alert.Unknown, // and one that is not severe is no recovery
		claim("alert.state", `{"stringValue":"firing"}`):   alert.Firing,
		claim("alert.state", `{"stringValue":"Resolved"}`): alert.Resolved,
		claim("alert.state", `{"stringValue":"unknown"}`):  alert.Unknown,
		claim("alert.state", `{"stringValue":"nodata"}`):   alert.Unknown,
		claim("status", `{"stringValue":"resolved"}`):      alert.Resolved,
		claim("status", `{"stringValue":"ok"}`):            alert.Unknown,
		claim("status", `{"intValue":"200"}`):              alert.Unknown,
		claim("status", `{"boolValue":true}`):              alert.Unknown,
		claim("status", `{}`):                              alert.Unknown,
		`,"attributes":[{"key":"status","value":{"stringValue":"resolved"}},{"key":"alert.state","value":{"stringValue":"firing"}}]`: alert.Firing,
	} {
		if a := sole(t, record(fields)); a.Status != want {
			t.Errorf("%s is %s, want %s", fields, a.Status, want)
		}
	}
}

func TestAStateOfTheResourceIsNotThatOfItsRecords(t *testing.T) {
	body := `{"resourceLogs":[{"resource":{"attributes":[{"key":"alert.state","value":{"stringValue":"resolved"}}]},"scopeLogs":[{"logRecords":[{}]}]}]}`
	if a := sole(t, body); a.Status != alert.Unknown {
		t.Errorf("it is %s", a.Status)
	}
}

func TestARecordThatFiresBelowErrorIsDegraded(t *testing.T) {
	for severity, effect := range map[int]string{0: "", 9: "degraded", 13: "degraded", 16: "degraded", 17: "", 24: ""} {
		a := sole(t, record(fmt.Sprintf(`,"severityNumber":%d`, severity)+claim("alert.state", `{"stringValue":"firing"}`)))
		if a.Labels.Get("effect") != effect {
			t.Errorf("severity %d has effect %q", severity, a.Labels.Get("effect"))
		}
	}
}

func TestTheEndOfALogsAlertHasTheIdentityOfItsStart(t *testing.T) {
	firing := sole(t, record(`,"severityText":"ERROR","attributes":[{"key":"alert.state","value":{"stringValue":"firing"}},{"key":"lag","value":{"intValue":"9"}}]`))
	resolved := sole(t, record(claim("alert.state", `{"stringValue":"resolved"}`)))
	if firing.Fingerprint == "" || firing.Fingerprint != resolved.Fingerprint {
		t.Errorf("%q and %q", firing.Fingerprint, resolved.Fingerprint)
	}
	if other := sole(t, record(`,"eventName":"replica.lost"`)); other.Fingerprint == firing.Fingerprint {
		t.Error("another event has the same identity")
	}
	if own := sole(t, record(claim("alert.fingerprint", `{"stringValue":"mine"}`))); own.Fingerprint != "mine" {
		t.Errorf("its own is read as %q", own.Fingerprint)
	}
}

func TestTheTimeOfARecordIsItsOwnOrElseTheObservers(t *testing.T) {
	for fields, want := range map[string]string{
		`"timeUnixNano":1795435207000000000`:                              "2026-11-23T12:00:07Z",
		`"timeUnixNano":"0","observedTimeUnixNano":"1795435208000000000"`: "2026-11-23T12:00:08Z",
		`"timeUnixNano":"","observedTimeUnixNano":"1795435208000000000"`:  "2026-11-23T12:00:08Z",
		`"timeUnixNano":null`: "0001-01-01T00:00:00Z",
		`"timeUnixNano":"1"`:  "1970-01-01T00:00:00.000000001Z",
	} {
		a := sole(t, changedText(record(""), `"timeUnixNano":"1795435207000000000"`, fields))
		if !a.StartsAt.Equal(at(t, want)) {
			t.Errorf("%s is %s", fields, a.StartsAt)
		}
	}
}

func TestWhatOpenTelemetryCannotHaveSentIsRefused(t *testing.T) {
	for body, want := range map[string]alert.Reason{
		`{"resourceLogs":{}}`:  alert.Malformed,
		`{"resourceLogs":[7]}`: alert.Malformed,
		`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}`: alert.Malformed, // about nothing
		`{"resourceLogs":[],"ResourceLogs":[]}`:                  alert.DuplicateKey,
		record(`,"Attributes":[]`):                               alert.DuplicateKey,
		record(`,"attributes":{}`):                               alert.Malformed,
		record(`,"severityNumber":"ERROR"`):                      alert.Malformed,
		record(claim("", `{"stringValue":"x"}`)):                 alert.Malformed,
		record(claim("a", `"x"`)):                                alert.Malformed,
		record(claim("a", `{"stringValue":1}`)):                  alert.Malformed,
		record(claim("a", `{"StringValue":"x"}`)):                alert.DuplicateKey,
		record(claim("a", `{"stringValue":"x","intValue":"1"}`)): alert.Malformed,
		record(`,"attributes":[{"key":"alert.state","value":{"stringValue":"firing"}},{"key":"alert.state","value":{"stringValue":"resolved"}}]`): alert.DuplicateKey,
		changedText(record(""), `"1795435207000000000"`, `"-1"`):                                                                                  alert.Malformed,
		changedText(record(""), `"1795435207000000000"`, `"99999999999999999999"`):                                                                alert.Malformed,
	} {
		if got := reason(t, body); got != want {
			_, err := alert.Decode([]byte(body))
			t.Errorf("%s is %s, want %s (%v)", body, got, want, err)
		}
	}
}

func TestNoRecordsAreNoAlerts(t *testing.T) {
	expect(t, `{"resourceLogs":[]}`, "otlp")
}

func TestABatchOfManyRecordsIsReadAndOneOfEndlessAttributesIsNot(t *testing.T) {
	const one = `{"key":"a","value":{"stringValue":"b"}}`
	batch := func(records, attributes int) string {
		var keys []string
		for i := range attributes {
			keys = append(keys, strings.Replace(one, `"a"`, fmt.Sprintf(`"a%d"`, i), 1))
		}
		record := `{"attributes":[` + strings.Join(keys, ",") + `]}`
		return `{"resourceLogs":[{"scopeLogs":[{"logRecords":[` + strings.Repeat(record+",", records-1) + record + `]}]}]}`
	}
	if b := decode(t, batch(500, 10)); len(b.Alerts) != 500 {
		t.Errorf("read %d of 500 records", len(b.Alerts))
	}
	if got := reason(t, batch(1, 200)); got != alert.TooMany {
		t.Errorf("a record of 200 attributes is %s", got)
	}
}

func TestAShortMessageCannotBecomeManyLabels(t *testing.T) {
	var keys []string
	for i := range 90 {
		keys = append(keys, fmt.Sprintf(`{"key":"a%d","value":{"stringValue":"b"}}`, i))
	}
	body := `{"resourceLogs":[{"resource":{"attributes":[` + strings.Join(keys, ",") + `]},"scopeLogs":[{"logRecords":[` +
		strings.Repeat("{},", 10_000) + `{}]}]}]}`
	if got := reason(t, body); got != alert.TooMany {
		t.Errorf("it is %s", got)
	}
}
