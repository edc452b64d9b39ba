package alert_test

import (
	"fmt"
	"strings"
	"testing"

	"holdfast/detector/alert"
)

const kumaDown = "uptimekuma/down.json"

func TestAHeartbeatOfUptimeKumaIsReadWithoutTheMonitorsSecrets(t *testing.T) {
	expect(t, string(read(t, kumaDown)), "uptimekuma", alert.Alert{
		Status: alert.Firing,
		Labels: alert.LabelsOf(map[string]string{"component": "pay-fra-1", "monitor": "card terminal gateway", "monitor_id": "12", "type": "http"}),
		Annotations: alert.LabelsOf(map[string]string{
			"summary":     "[card terminal gateway] [Down] timeout of 48000ms exceeded",
			"description": "timeout of 48000ms exceeded",
		}),
		StartsAt:    at(t, "2026-11-23T12:00:05Z"),
		Fingerprint: "12",
	})
	if all := fmt.Sprint(sole(t, string(read(t, kumaDown)))); strings.Contains(all, "s3cret") {
		t.Error(all)
	}
}

func TestPendingAndMaintenanceOfUptimeKumaAreUnknown(t *testing.T) {
	tell(t, kumaDown, []variant{
		{from: `"status": 0`, to: `"status": 1`, want: alert.Resolved},
		{from: `"status": 0`, to: `"status": 2`, want: alert.Unknown},
		{from: `"status": 0`, to: `"status": 3`, want: alert.Unknown},
		{from: `"status": 0`, to: `"status": 4`, refused: alert.Malformed},
		{from: `"status": 0`, to: `"status": "0"`, refused: alert.Malformed},
		{from: `"status": 0`, to: `"status": true`, refused: alert.Malformed},
		{from: `"status": 0`, to: `"status": null`, refused: alert.Malformed},
		{from: `"status": 0`, to: `"Status": 0`, refused: alert.DuplicateKey},
		{from: `"2026-11-23 13:00:05"`, to: `"yesterday"`, refused: alert.Malformed},
		{from: `"name": "component"`, to: `"name": ""`, refused: alert.Malformed},
		{from: `"monitor": {`, to: `"monitor": [], "a": {`, refused: alert.Malformed},
	})
}

func TestATimeOfUptimeKumaIsUTCWhereItHasNoOffset(t *testing.T) {
	for _, without := range []string{`"timezoneOffset"`, `"localDateTime"`} {
		a := sole(t, changed(t, kumaDown, without, `"other"`))
		if want := at(t, "2026-11-23T12:00:05.412Z"); !a.StartsAt.Equal(want) {
			t.Errorf("without %s it is %s", without, a.StartsAt)
		}
	}
}

func TestATestOfUptimeKumasNotificationSaysNothing(t *testing.T) {
	expect(t, `{"heartbeat":null,"monitor":null,"msg":"[holdfast] Testing"}`, "uptimekuma")
}

func TestAHeartbeatOfNoMonitorIsRefused(t *testing.T) {
	if got := reason(t, `{"heartbeat":{"status":0},"monitor":null,"msg":""}`); got != alert.Malformed {
		t.Errorf("it is %s", got)
	}
}
