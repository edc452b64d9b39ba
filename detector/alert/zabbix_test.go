package alert_test

import (
	"strings"
	"testing"

	"holdfast/detector/alert"
)

const zabbixProblem = "zabbix/problem.json"

func TestAProblemOfZabbixIsReadWithItsTags(t *testing.T) {
	expect(t, string(read(t, zabbixProblem)), "zabbix", alert.Alert{
		Status: alert.Firing,
		Labels: alert.LabelsOf(map[string]string{
			"component": "ledger-db-fra", "scope": "availability,data", "host": "ledger-db-fra.example", "host_ip": "192.0.2.17",
			"severity": "Disaster", "trigger": "Ledger database does not answer", "trigger_id": "23112",
		}),
		Annotations: alert.LabelsOf(map[string]string{
			"summary":     "Problem: Ledger database does not answer",
			"description": "No answer on port 5432 for 30s",
			"event_time":  "2026.11.23 12:00:07",
		}),
		Fingerprint: "4810221",
	})
}

func TestARecoveryOfZabbixHasTheIdentityOfItsProblem(t *testing.T) {
	expect(t, string(read(t, "zabbix/recovery.json")), "zabbix", alert.Alert{
		Status:      alert.Resolved,
		Labels:      alert.LabelsOf(map[string]string{"component": "ledger-db-fra", "host": "ledger-db-fra.example", "trigger_id": "23112"}),
		Annotations: alert.LabelsOf(map[string]string{"recovery_time": "2026.11.23 12:20:00"}),
		StartsAt:    at(t, "2026-11-23T12:00:07Z"),
		EndsAt:      at(t, "2026-11-23T12:20:00Z"),
		Fingerprint: "4810221",
	})
}

func TestAnEventOfZabbixThatIsNoStateIsUnknown(t *testing.T) {
	tell(t, zabbixProblem, []variant{
		{from: `"event_source": "0"`, to: `"event_source": "3"`, want: alert.Unknown}, // Zabbix cannot tell
		{from: `"event_source": "0"`, to: `"event_source": "1"`, want: alert.Unknown}, // discovery
		{from: `"event_source": "0"`, to: `"event_source": "4"`, want: alert.Firing},  // a service of Zabbix
		{from: `"event_source": "0"`, to: `"event_source": null`, want: alert.Firing},
		{from: `"trigger_status": "PROBLEM"`, to: `"trigger_status": "OK"`, want: alert.Unknown}, // parted since
		{from: `"event_value": "1"`, to: `"event_value": "0"`, want: alert.Unknown},
		{from: `"event_value": "1"`, to: `"event_value": 1`, want: alert.Firing},
		{from: `"event_value": "1"`, to: `"event_value": "{EVENT.VALUE}"`, want: alert.Firing}, // the trigger says it
		{from: `"trigger_status": "PROBLEM"`, to: `"trigger_status": "*UNKNOWN*"`, want: alert.Firing},
	})
}

func TestWhatZabbixCannotHaveSentIsRefused(t *testing.T) {
	tell(t, zabbixProblem, []variant{
		{from: `"event_value": "1"`, to: `"event_value": "2"`, refused: alert.Malformed},
		{from: `"event_value": "1"`, to: `"event_value": "1", "Event_Value": "0"`, refused: alert.DuplicateKey},
		{from: `"event_value": "1"`, to: `"event_value": ["1"]`, refused: alert.Malformed},
		{from: `"4810221"`, to: `"{EVENT.ID}"`, refused: alert.Malformed},
		{from: `"host_ip"`, to: `"event_timestamp": "soon", "host_ip"`, refused: alert.Malformed},
		{from: `[{\"tag\":\"component\"`, to: `[{\"tag\":\"\"`, refused: alert.Malformed},
		{from: `[{\"tag\":\"component\"`, to: `[{\"Tag\":\"component\"`, refused: alert.DuplicateKey},
		{from: `[{\"tag\":\"component\"`, to: `[{\"tag\":\"a\",\"tag\":\"component\"`, refused: alert.DuplicateKey},
		{from: `\"s3cret\"}]`, to: `\"s3cret\"}`, refused: alert.NotJSON},
	})
	for _, body := range []string{
		`{"event_id":"1","event_value":"{EVENT.VALUE}","host":"a"}`,
		`{"event_id":"1","event_value":"1"}`,
		`{"event_id":"1","event_value":"1","host":"*UNKNOWN*"}`,
	} {
		if got := reason(t, body); got != alert.Malformed {
			t.Errorf("%s is %s", body, got)
		}
	}
}

func TestTagsOfZabbixThatAreNoJSONAreKeptAsTheyAre(t *testing.T) {
	a := sole(t, `{"event_id":"1","event_value":"1","host":"a","event_tags":"component:pay-fra-1, Scope:data"}`)
	if a.Annotations.Get("tags") != "component:pay-fra-1, Scope:data" || a.Labels.Get("component") != "" {
		t.Errorf("read as %v", a)
	}
}

func TestTagsOfZabbixWithoutEndAreRefused(t *testing.T) {
	tags := strings.Repeat(`{\"tag\":\"a\",\"value\":\"b\"},`, 500)
	body := `{"event_id":"1","event_value":"1","host":"a","tags":"[` + tags[:len(tags)-1] + `]"}`
	if got := reason(t, body); got != alert.TooMany {
		t.Errorf("they are %s", got)
	}
}
