package alert_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector/alert"
)

const sensuFailing = "sensu/failing.json"

func TestAnEventOfSensuIsRead(t *testing.T) {
	want := alert.Alert{
		Status: alert.Firing,
		Labels: alert.LabelsOf(map[string]string{"component": "fraud-1", "region": "fra1", // the check's over the entity's
			"entity": "fraud-1", "check": "check-scoring", "namespace": "prod", "severity": "critical"}),
		Annotations: alert.LabelsOf(map[string]string{"summary": "no scores for 60 s\n"}),
		StartsAt:    at(t, "2026-11-23T12:00:02Z"),
		Fingerprint: "prod/fraud-1/check-scoring",
	}
	body := string(read(t, sensuFailing))
	expect(t, body, "sensu", want)
	expect(t, `{"type":"Event","api_version":"core/v2","metadata":{"namespace":"prod"},"spec":`+body+`}`, "sensu", want)
}

func TestAPassingCheckOfSensuIsResolvedUnderTheSameIdentity(t *testing.T) {
	failing := sole(t, string(read(t, sensuFailing)))
	passing := sole(t, changed(t, sensuFailing, `"failing"`, `"passing"`, `"status": 2,
    "last_ok"`, `"status": 0, "last_ok"`))
	if passing.Status != alert.Resolved || !passing.EndsAt.Equal(at(t, "2026-11-23T12:00:02Z")) || !passing.StartsAt.IsZero() {
		t.Errorf("read as %v", passing)
	}
	if diff := cmp.Diff(failing.Labels.Without("severity"), passing.Labels); diff != "" || failing.Fingerprint != passing.Fingerprint {
		t.Error(diff)
	}
}

func TestAWarningOfSensuIsDegraded(t *testing.T) {
	a := sole(t, changed(t, sensuFailing, "\"status\": 2,\n", "\"status\": 1,\n"))
	if a.Status != alert.Firing || a.Labels.Get("effect") != "degraded" || a.Labels.Get("severity") != "warning" {
		t.Errorf("read as %v", a)
	}
}

func TestACheckOfSensuThatCannotTellIsUnknown(t *testing.T) {
	tell(t, sensuFailing, []variant{
		{from: `"failing"`, to: `"flapping"`, want: alert.Unknown},
		{from: `"failing"`, to: `"passing"`, want: alert.Unknown}, // with status 2
		{from: `"failing"`, to: `null`, want: alert.Firing},
		{from: `"failing"`, to: `"undecided"`, refused: alert.Malformed},
		{from: "\"status\": 2,\n", to: "\"status\": 3,\n", want: alert.Unknown},
		{from: "\"status\": 2,\n", to: "\"status\": 127,\n", want: alert.Unknown},
		{from: "\"status\": 2,\n", to: "\"status\": 0,\n", want: alert.Unknown}, // with state failing
		{from: "\"status\": 2,\n", to: "\"status\": -1,\n", refused: alert.Malformed},
		{from: "\"status\": 2,\n", to: "\"status\": \"2\",\n", refused: alert.Malformed},
		{from: "\"status\": 2,\n", to: "\"status\": 2.5,\n", refused: alert.Malformed},
		{from: "\"status\": 2,\n", to: "\"status\": null,\n", refused: alert.Malformed},
		{from: "\"status\": 2,\n", to: "\"Status\": 2,\n", refused: alert.DuplicateKey},
		{from: `"name": "fraud-1"`, to: `"name": ""`, refused: alert.Malformed},
		{from: `"executed": 1795435202,
    "issued"`, to: `"executed": "now", "issued"`, refused: alert.Malformed},
		{from: `"component": "fraud-1"`, to: `"component": 1`, refused: alert.Malformed},
	})
}

func TestMetricsOfSensuAreNoAlert(t *testing.T) {
	if got := reason(t, `{"entity":{"metadata":{"name":"a"}},"metrics":{"points":[]},"timestamp":1795435212}`); got != alert.UnknownForm {
		t.Errorf("they are %s", got)
	}
}
