package alert_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector/alert"
)

// datadog is a body of a user's own with these fields.
func datadog(fields string) string { return `{"alert_title": "Payments are down"` + fields + `}` }

func TestWhatBecameOfAMonitorIsReadFromTheTransitionOrElseFromTheTitle(t *testing.T) {
	for body, want := range map[string]alert.Status{
		datadog(`, "alert_transition": "Triggered"`):                                                                 alert.Firing,
		datadog(`, "alert_transition": "Re-Triggered"`):                                                              alert.Firing,
		datadog(`, "alert_transition": "Warn"`):                                                                      alert.Firing,
		datadog(`, "alert_transition": "No Data"`):                                                                   alert.Unknown,
		datadog(`, "alert_transition": "Re-No Data"`):                                                                alert.Unknown,
		datadog(`, "alert_transition": "Recovered"`):                                                                 alert.Resolved,
		datadog(`, "alert_transition": "Renotify"`):                                                                  alert.Unknown,
		`{"alert_title": "[P2] [Re-Triggered on {host:a}] Down", "alert_transition": "Renotify"}`:                    alert.Firing,
		`{"title": "[No Data on {host:a}] Down", "alert_transition": "$ALERT_TRANSITION"}`:                           alert.Unknown,
		`{"title": "[Triggered] Down", "event_type": "service_check", "last_updated": "1795435200000"}`:              alert.Firing,
		`{"title": "[Recovered on {host:a}] Triggered", "event_type": "service_check", "last_updated": "179543520"}`: alert.Resolved,
	} {
		if got := decode(t, body).Alerts[0].Status; got != want {
			t.Errorf("%s is %s, expected %s", body, got, want)
		}
	}
}

func TestAWarningOfDatadogDegradesUnlessATagSaysWhatItDoes(t *testing.T) {
	for tags, want := range map[string]string{``: "degraded", `effect:down`: "down"} {
		got := decode(t, datadog(`, "alert_transition": "Warn", "tags": "`+tags+`"`)).Alerts[0].Labels.Get("effect")
		if got != want {
			t.Errorf("with tags %q its effect is %q, expected %q", tags, got, want)
		}
	}
	if got := decode(t, datadog(`, "alert_transition": "Triggered"`)).Alerts[0].Labels.Get("effect"); got != "" {
		t.Errorf("what is triggered is down without being told: %q", got)
	}
}

// A monitor for many hosts speaks of each of them; one host's recovery must not be another's.
func TestTheGroupsOfAMonitorAreToldApartAndStayTheSame(t *testing.T) {
	identity := func(fields string) string { return decode(t, datadog(fields)).Alerts[0].Fingerprint }
	down := identity(`, "alert_id": 12, "alert_scope": "host:a", "alert_transition": "Triggered", "aggreg_key": "1"`)
	up := identity(`, "alert_id": "12", "alert_scope": "host:a", "alert_transition": "Recovered", "aggreg_key": "2"`)
	other := identity(`, "alert_id": "12", "alert_scope": "host:b", "alert_transition": "Recovered"`)
	if down != up || down == other {
		t.Errorf("down %q, up %q, another host %q", down, up, other)
	}
}

func TestDatadogsHostileVariantsAreRefused(t *testing.T) {
	for body, want := range map[string]alert.Reason{
		datadog(`, "alert_transition": "Broken"`):                                                    alert.Malformed,
		datadog(`, "alert_transition": "recovered"`):                                                 alert.Malformed,
		datadog(`, "alert_transition": ["Recovered"]`):                                               alert.Malformed,
		datadog(`, "alert_transition": "Recovered", "Alert_Transition": ""`):                         alert.DuplicateKey,
		datadog(`, "alert_transition": "Recovered", "date": "soon"`):                                 alert.Malformed,
		datadog(`, "alert_transition": "Recovered", "tags": ["a:b"]`):                                alert.Malformed,
		datadog(`, "alert_transition": "Recovered", "tags": "` + strings.Repeat("a:b,", 1025) + `"`): alert.TooMany,
		`{"title": "Payments", "event_type": "x", "last_updated": "1"}`:                              alert.Malformed,
		`{"title": "[Triggered", "event_type": "x", "last_updated": "1"}`:                            alert.Malformed,
	} {
		if got := reason(t, body); got != want {
			t.Errorf("%.150s is %s, expected %s", body, got, want)
		}
	}
}

// Of what a resolve is, its sender need not say; it has the identity, and so can a signal of the analysis.
func TestAResolveOfPagerDutyWithoutAPayloadKeepsItsIdentity(t *testing.T) {
	got := decode(t, `{"routing_key": "k", "event_action": "resolve", "dedup_key": "pay-fra-1/answer"}`)
	want := alert.Batch{Format: "pagerduty", Alerts: []alert.Alert{{
		Status: alert.Resolved, Labels: alert.LabelsOf(map[string]string{"dedup_key": "pay-fra-1/answer"}), Annotations: alert.LabelsOf(map[string]string{}), Fingerprint: "pay-fra-1/answer",
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnAcknowledgementSaysNothingOfHowThingsAre(t *testing.T) {
	if b := decode(t, `{"routing_key": "k", "event_action": "acknowledge", "dedup_key": "d"}`); len(b.Alerts) != 0 {
		t.Errorf("read as %+v", b)
	}
}

func TestPagerDutysHostileVariantsAreRefused(t *testing.T) {
	for body, want := range map[string]alert.Reason{
		`{"routing_key": "k", "event_action": "resolve"}`:                                              alert.Malformed,
		`{"routing_key": "k", "event_action": "Resolve", "dedup_key": "d"}`:                            alert.Malformed,
		`{"routing_key": "k", "event_action": "trigger", "Event_Action": "resolve", "dedup_key": "d"}`: alert.DuplicateKey,
		`{"event_action": "trigger", "payload": []}`:                                                   alert.Malformed,
		`{"event_action": "trigger", "payload": {}}`:                                                   alert.Malformed,
		`{"event_action": "trigger", "payload": {"source": "s", "Component": "c"}}`:                    alert.DuplicateKey,
		`{"event_action": "trigger", "payload": {"source": "s", "timestamp": "12:00"}}`:                alert.Malformed,
		`{"event_action": "trigger", "payload": {"source": ["s"]}}`:                                    alert.Malformed,
		`{"event_action": "trigger"}`:                                                                  alert.UnknownForm,
	} {
		if got := reason(t, body); got != want {
			t.Errorf("%s is %s, expected %s", body, got, want)
		}
	}
}
