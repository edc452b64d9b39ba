package alert_test

import (
	"testing"

	"holdfast/detector/alert"
)

const newRelicActivated = "newrelic/activated.json"

func TestAnIssueOfNewRelicIsAnAlertForEachEntity(t *testing.T) {
	var want []alert.Alert
	for _, entity := range []string{"pay-fra-1", "pay-fra-2"} {
		want = append(want, alert.Alert{
			Status: alert.Firing,
			Labels: alert.LabelsOf(map[string]string{"entity": entity, "priority": "CRITICAL", "policy": "Payments",
				"condition": "Error rate, Throughput", "workflow": "to holdfast"}),
			Annotations: alert.LabelsOf(map[string]string{"summary": "Error rate above 20 % on 'payments-api'",
				"url": "https://one.newrelic.com/alerts/issue?id=5f6f0c6a"}),
			StartsAt:    at(t, "2026-11-23T12:00:07.123Z"),
			Fingerprint: "5f6f0c6a-0a3c-4a2a-9a55-0a36c4c2f1ab",
		})
	}
	expect(t, string(read(t, newRelicActivated)), "newrelic", want...)
}

func TestAClosedIssueWithoutEntitiesIsStillTheSameIssue(t *testing.T) {
	a := sole(t, changed(t, newRelicActivated, `"ACTIVATED"`, `"CLOSED"`, `["pay-fra-1", "pay-fra-2"]`, `[]`))
	if a.Status != alert.Resolved || a.Fingerprint != "5f6f0c6a-0a3c-4a2a-9a55-0a36c4c2f1ab" || !a.EndsAt.Equal(at(t, "2026-11-23T12:00:09Z")) {
		t.Errorf("read as %v", a)
	}
}

func TestTheStatesOfAnIssueAreToldApart(t *testing.T) {
	tell(t, newRelicActivated, []variant{
		{from: `"ACTIVATED"`, to: `"ACKNOWLEDGED"`, want: alert.Firing}, // as down as before
		{from: `"ACTIVATED"`, to: `"CREATED"`, want: alert.Unknown},
		{from: `"ACTIVATED"`, to: `"DEACTIVATED"`, want: alert.Unknown},
		{from: `"ACTIVATED"`, to: `"CLOSED"`, want: alert.Resolved},
		{from: `"ACTIVATED"`, to: `"activated"`, refused: alert.Malformed},
		{from: `"ACTIVATED"`, to: `"GONE"`, refused: alert.Malformed},
		{from: `"ACTIVATED"`, to: `1`, refused: alert.Malformed},
		{from: `"state"`, to: `"State"`, refused: alert.UnknownForm},
		{from: `"state"`, to: `"STATE": "CLOSED", "state"`, refused: alert.DuplicateKey},
		{from: `1795435207123`, to: `"1795435207123"`, want: alert.Firing},
		{from: `1795435207123`, to: `"just now"`, refused: alert.Malformed},
		{from: `"pay-fra-2"]`, to: `2]`, refused: alert.Malformed},
		{from: `["Payments"]`, to: `"Payments"`, refused: alert.Malformed},
		{from: `"5f6f0c6a-0a3c-4a2a-9a55-0a36c4c2f1ab"`, to: `""`, refused: alert.Malformed},
	})
}
