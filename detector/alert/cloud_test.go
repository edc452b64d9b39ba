package alert_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"holdfast/detector/alert"
)

func azure(essentials string) string {
	return `{"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": {"alertId": "1", "alertRule": "r"` + essentials + `}}}`
}

func incident(fields string) string {
	return `{"version": "1.2", "incident": {"incident_id": "1", "policy_name": "p"` + fields + `}}`
}

func push(data string) string {
	quoted, _ := json.Marshal(base64.StdEncoding.EncodeToString([]byte(data)))
	return fmt.Sprintf(`{"message": {"data": %s, "messageId": "1"}, "subscription": "projects/p/subscriptions/s"}`, quoted)
}

func TestAnAlertOfAzureIsOneForEachOfItsTargets(t *testing.T) {
	for targets, want := range map[string]int{``: 1, `, "alertTargetIDs": null`: 1, `, "alertTargetIDs": []`: 1, `, "alertTargetIDs": ["/a/b", "/a/c", "d"]`: 3} {
		b := decode(t, azure(`, "monitorCondition": "Fired"`+targets))
		if len(b.Alerts) != want {
			t.Errorf("%s: %d alerts, expected %d", targets, len(b.Alerts), want)
		}
		if want == 3 && b.Alerts[1].Labels.Get("resource")+b.Alerts[2].Labels.Get("resource") != "cd" {
			t.Errorf("the resources are %+v", b.Alerts)
		}
	}
}

func TestGooglesTimesAreReadAsNumbersOfAnyKind(t *testing.T) {
	for _, written := range []string{`1795435200`, `"1795435200"`, `1795435200.0`, `1.7954352e9`, `"2026-11-23T12:00:00Z"`} {
		a := decode(t, incident(`, "state": "closed", "started_at": 1795434960, "ended_at": `+written)).Alerts[0]
		if !a.At().Equal(at(t, "2026-11-23T12:00:00Z")) {
			t.Errorf("%s is read as %s", written, a.At())
		}
	}
	for _, none := range []string{`null`, `0`, `""`} {
		if a := decode(t, incident(`, "state": "closed", "ended_at": `+none)).Alerts[0]; !a.At().IsZero() {
			t.Errorf("%s is read as %s", none, a.At())
		}
	}
}

// What Google sends to try a channel has a state in capitals and its documentation in a string.
func TestATestOfGooglesNotificationIsReadAndSaysNothing(t *testing.T) {
	test := `{"version": "test", "incident": {"incident_id": "12345", "state": "OPEN", "started_at": 0, "ended_at": 0, "policy_name": "p", "documentation": "Test documentation"}}`
	if b := decode(t, test); len(b.Alerts) != 0 || b.Format != "gcp" {
		t.Errorf("it is read as %+v", b)
	}
}

func TestWhatAPolicysAuthorWroteIsReadAsItStandsOrWithItsType(t *testing.T) {
	for _, documentation := range []string{`"ask the ledger team"`, `{"content": "ask the ledger team", "mime_type": "text/markdown"}`} {
		a := decode(t, incident(`, "state": "open", "documentation": `+documentation)).Alerts[0]
		if a.Annotations.Get("description") != "ask the ledger team" {
			t.Errorf("of %s is read %v", documentation, a.Annotations)
		}
	}
	if a := decode(t, incident(`, "state": "open", "documentation": 5`)).Alerts; len(a) != 1 || a[0].Annotations.Get("description") != "" {
		t.Errorf("of what is no prose is read %v", a)
	}
}

func TestWhatIsPushedMayBeInAnyKnownFormat(t *testing.T) {
	if b := decode(t, push(own(""))); b.Format != "holdfast" || len(b.Alerts) != 1 {
		t.Errorf("read as %+v", b)
	}
}

func TestTheCloudsHostileVariantsAreRefused(t *testing.T) {
	for body, want := range map[string]alert.Reason{
		azure(``):                              alert.Malformed,
		azure(`, "monitorCondition": "fired"`): alert.Malformed,
		azure(`, "monitorCondition": "Fired", "MonitorCondition": ""`):                                      alert.DuplicateKey,
		azure(`, "monitorCondition": "Fired", "alertTargetIds": ["x"]`):                                     alert.DuplicateKey,
		azure(`, "monitorCondition": "Fired", "alertTargetIDs": "x"`):                                       alert.Malformed,
		azure(`, "monitorCondition": "Fired", "alertTargetIDs": [1]`):                                       alert.Malformed,
		azure(`, "monitorCondition": "Fired", "firedDateTime": true`):                                       alert.Malformed,
		azure(`, "monitorCondition": "Fired", "alertTargetIDs": ["` + strings.Repeat(`x","`, 1024) + `x"]`): alert.TooMany,
		`{"schemaId": "azureMonitorCommonAlertSchema"}`:                                                     alert.Malformed,
		`{"schemaId": "azureMonitorCommonAlertSchema", "data": []}`:                                         alert.Malformed,
		`{"schemaId": "AzureMonitorMetricAlert", "data": {}}`:                                               alert.UnknownForm,
		incident(`, "state": "OPEN"`):                                                                       alert.Malformed,
		incident(`, "state": "open", "State": "closed"`):                                                    alert.DuplicateKey,
		incident(`, "state": "open", "started_at": 1e400`):                                                  alert.NotANumber,
		incident(`, "state": "open", "started_at": 1e300`):                                                  alert.Malformed,
		incident(`, "state": "open", "started_at": [1]`):                                                    alert.Malformed,
		incident(`, "state": "open", "resource": "x"`):                                                      alert.Malformed,
		incident(`, "state": "open", "policy_user_labels": {"a": "1", "A": "2"}`):                           alert.DuplicateKey,
		incident(``):                      alert.UnknownForm,
		`{"incident": []}`:                alert.UnknownForm,
		push("not JSON"):                  alert.NotJSON,
		push(push(push(own("")))):         alert.TooDeep,
		push(own(`,"Status":"resolved"`)): alert.DuplicateKey,
		push("{\"a\": \"\xff\"}"):         alert.NotUTF8,
		`{"message": {"data": "e30=="}, "subscription": "s"}`:                alert.Malformed,
		`{"message": {"data": "e30\n="}, "subscription": "s"}`:               alert.Malformed,
		`{"message": {"data": {}}, "subscription": "s"}`:                     alert.Malformed,
		`{"message": {"data": "e30=", "DATA": "e30="}, "subscription": "s"}`: alert.DuplicateKey,
		`{"message": "e30=", "subscription": "s"}`:                           alert.UnknownForm,
	} {
		if got := reason(t, body); got != want {
			t.Errorf("%.200s is %s, expected %s", body, got, want)
		}
	}
}

func TestANameThatIsNotOursIsWrittenInLowerSnake(t *testing.T) {
	for name, want := range map[string]string{
		"InstanceId": "instance_id", "DBClusterIdentifier": "db_cluster_identifier", "instance-id": "instance_id",
		"k8s.io/Cluster Name": "k8s_io_cluster_name", "__x__": "x", "CPU": "cpu", "AutoScalingGroupName": "auto_scaling_group_name",
		"zürich": "z_rich", "ipV6": "ip_v6",
	} {
		quoted, _ := json.Marshal(name)
		got := decode(t, event(`, "data": {"status": "firing", `+string(quoted)+`: "v"}`)).Alerts[0].Labels
		if got.Get(want) != "v" {
			t.Errorf("%s is not %s: %v", name, want, got)
		}
	}
}

func TestValuesWhoseNamesComeToTheSameAreKeptSideBySide(t *testing.T) {
	got := decode(t, event(`, "data": {"status": "firing", "a-b": "1", "a_b": "2", "a.b": "1,2"}`)).Alerts[0].Labels.Get("a_b")
	if got != "1,2" {
		t.Errorf("got %q", got)
	}
}
