package alert_test

import (
	"fmt"
	"testing"

	"holdfast/detector/alert"
)

func grafana(status, labels, annotations string) string {
	return fmt.Sprintf(`{"version": "1", "orgId": 1, "alerts": [{"status": %q, "labels": {%s}, "annotations": {%s},
		"startsAt": "2026-11-23T11:00:00Z", "endsAt": "2026-11-23T12:00:00Z"}]}`, status, labels, annotations)
}

func TestWhatGrafanaDidNotMeasureIsUnknownWhateverItsStatus(t *testing.T) {
	for _, status := range []string{"firing", "resolved"} {
		for _, body := range []string{
			grafana(status, `"alertname": "DatasourceNoData"`, ``),
			grafana(status, `"alertname": "DatasourceError"`, ``),
			grafana(status, `"alertname": "a"`, `"grafana_state_reason": "NoData"`),
			grafana(status, `"alertname": "a"`, `"grafana_state_reason": "NoData, KeepLast"`),
			grafana(status, `"alertname": "a"`, `"grafana_state_reason": "MissingSeries"`),
			grafana(status, `"alertname": "a"`, `"grafana_state_reason": "RuleDeleted"`),
			grafana(status, `"alertname": "a"`, `"grafana_state_reason": "Paused"`),
			grafana(status, `"alertname": "a"`, `"grafana_state_reason": "of a later version"`),
		} {
			if got := decode(t, body).Alerts[0]; got.Status != alert.Unknown || !got.EndsAt.IsZero() {
				t.Errorf("%s is %s until %s", body, got.Status, got.EndsAt)
			}
		}
	}
}

func TestWhatGrafanaMeasuredIsWhatItSays(t *testing.T) {
	for _, status := range []alert.Status{alert.Firing, alert.Resolved} {
		if got := decode(t, grafana(string(status), `"alertname": "a"`, `"grafana_state_reason": ""`)).Alerts[0].Status; got != status {
			t.Errorf("%s is %s", status, got)
		}
	}
}

func TestGrafanasHostileVariantsAreRefused(t *testing.T) {
	for body, want := range map[string]alert.Reason{
		`{"version": "2", "orgId": 1, "alerts": []}`:                                                                   alert.Malformed,
		`{"version": 1, "orgId": 1, "alerts": []}`:                                                                     alert.Malformed,
		`{"version": "1", "orgId": 1, "OrgID": 2, "alerts": []}`:                                                       alert.DuplicateKey,
		`{"version": "1", "orgId": 1, "Alerts": [], "alerts": []}`:                                                     alert.DuplicateKey,
		grafana("alerting", `"a": "b"`, ``):                                                                            alert.Malformed,
		grafana("firing", ``, ``):                                                                                      alert.Malformed,
		grafana("firing", `"a": {}`, ``):                                                                               alert.Malformed,
		grafana("firing", `"a": "b", "A": "c"`, ``):                                                                    alert.DuplicateKey,
		`{"version": "1", "orgId": 1, "alerts": [{"status": "firing", "labels": {"a": "b"}, "values": [1]}]}`:          alert.Malformed,
		`{"version": "1", "orgId": 1, "alerts": [{"status": "firing", "labels": {"a": "b"}, "Fingerprint": "1"}]}`:     alert.DuplicateKey,
		`{"version": "1", "orgId": 1, "alerts": [{"status": "firing", "labels": {"a": "b"}, "values": {"B": NaN}}]}`:   alert.NotANumber,
		`{"version": "1", "orgId": 1, "alerts": [{"status": "firing", "labels": {"a": "b"}, "startsAt": 1795435200}]}`: alert.Malformed,
	} {
		if got := reason(t, body); got != want {
			t.Errorf("%s is %s, expected %s", body, got, want)
		}
	}
}
