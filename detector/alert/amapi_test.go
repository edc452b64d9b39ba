package alert_test

import (
	"testing"

	"holdfast/detector/alert"
)

const posted = `[{"labels": {"alertname": "Down"}, "startsAt": "2026-11-23T11:00:00Z", "endsAt": "2026-11-23T12:04:00Z"}]`

func TestAPostedAlertFiresUntilItsEndHasCome(t *testing.T) {
	for received, want := range map[string]alert.Status{
		"2026-11-23T12:00:00Z": alert.Firing,
		"2026-11-23T12:03:59Z": alert.Firing,
		"2026-11-23T12:04:00Z": alert.Resolved,
		"2026-11-24T00:00:00Z": alert.Resolved,
	} {
		got := decode(t, posted).ReceivedAt(at(t, received)).Alerts[0]
		if got.Status != want || got.EndsAt.IsZero() != (want == alert.Firing) {
			t.Errorf("received at %s it is %s and ends at %s, expected %s", received, got.Status, got.EndsAt, want)
		}
	}
}

func TestThatAFiringAlertEndsSomeTimeSaysNothingInOtherFormats(t *testing.T) {
	late := at(t, "2026-11-24T00:00:00Z")
	got := decode(t, own(`,"ends_at":"2026-11-23T12:00:00Z"`)).ReceivedAt(late).Alerts[0]
	if got.Status != alert.Firing {
		t.Errorf("it says that it fires, and is %s", got.Status)
	}
}

func TestUnderstandingABatchLeavesTheOneThatWasReadAsItIs(t *testing.T) {
	b := decode(t, posted)
	b.ReceivedAt(at(t, "2026-11-24T00:00:00Z"))
	if b.Alerts[0].Status != alert.Firing {
		t.Error("the batch that was read has changed")
	}
}

func TestASilencedAlertIsAsTrueAsAnyOther(t *testing.T) {
	got := decode(t, `[{"labels": {"alertname": "Down"}, "status": {"state": "suppressed", "silencedBy": ["x"]}}]`).Alerts[0]
	if got.Status != alert.Firing {
		t.Errorf("it is %s", got.Status)
	}
}

// Alertmanager sends an identity in some places and none in others; it must be the same alert to the detector.
func TestAnAlertWithoutAnIdentityGetsTheOneThatAlertmanagerHasForIt(t *testing.T) {
	bare := decode(t, `[{"labels": {"a": "1", "b": "2"}}]`).Alerts[0].Fingerprint
	turned := decode(t, `{"version": "3", "alerts": [{"status": "firing", "labels": {"b": "2", "a": "1"}}]}`).Alerts[0].Fingerprint
	other := decode(t, `[{"labels": {"a": "1", "b": "3"}}]`).Alerts[0].Fingerprint
	if bare != turned || bare == other || len(bare) != 16 {
		t.Errorf("the same alert is %q and %q, another one is %q", bare, turned, other)
	}
}

func TestWhatIsNotAnArrayOfAlertsIsRefused(t *testing.T) {
	for body, want := range map[string]alert.Reason{
		`[]`:                           alert.UnknownForm,
		`[1]`:                          alert.UnknownForm,
		`[{"labels": {"a": "b"}}, 1]`:  alert.Malformed,
		`[{"labels": {"a": "b"}}, {}]`: alert.Malformed,
		`[{"labels": {}}]`:             alert.Malformed,
		`[{"labels": {"a": 1}}]`:       alert.Malformed,
		`[{"labels": {"a": "b"}, "endsat": "2026-11-23T12:04:00Z"}]`:       alert.DuplicateKey,
		`[{"labels": {"a": "b"}, "Labels": {"a": "c"}}]`:                   alert.DuplicateKey,
		`[{"labels": {"a": "b"}, "status": {"state": "resolved"}}]`:        alert.Malformed,
		`[{"labels": {"a": "b"}, "status": {"State": "active"}}]`:          alert.DuplicateKey,
		`[{"labels": {"a": "b"}, "status": "active"}]`:                     alert.Malformed,
		`[{"labels": {"a": "b"}, "endsAt": "never"}]`:                      alert.Malformed,
		`[{"labels": {"a": "b"}, "endsAt": "2026-11-23T12:04:00Z"}]` + `x`: alert.NotJSON,
	} {
		if got := reason(t, body); got != want {
			t.Errorf("%s is %s, expected %s", body, got, want)
		}
	}
}
