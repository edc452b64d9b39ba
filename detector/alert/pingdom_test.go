package alert_test

import (
	"testing"

	"holdfast/detector/alert"
)

const pingdomDown = "pingdom/down.json"

func TestAStateChangeOfPingdomIsRead(t *testing.T) {
	expect(t, string(read(t, pingdomDown)), "pingdom", alert.Alert{
		Status: alert.Firing,
		Labels: alert.LabelsOf(map[string]string{"check": "checkout page", "check_id": "612345", "check_type": "HTTP",
			"hostname": "shop.example", "severity": "HIGH", "tags": "payments, public"}),
		Annotations: alert.LabelsOf(map[string]string{"summary": "HTTP error 503", "description": "HTTP Server Error 503"}),
		StartsAt:    at(t, "2026-11-23T12:00:07Z"),
		Fingerprint: "612345",
	})
}

func TestTheStatesOfPingdomAreToldApart(t *testing.T) {
	tell(t, pingdomDown, []variant{
		{from: `"DOWN"`, to: `"UP"`, want: alert.Resolved},
		{from: `"DOWN"`, to: `"SUCCESS"`, want: alert.Resolved},
		{from: `"DOWN"`, to: `"FAILING"`, want: alert.Firing},
		{from: `"DOWN"`, to: `"PAUSED"`, want: alert.Unknown},
		{from: `"DOWN"`, to: `"UNCONFIRMED_DOWN"`, want: alert.Unknown},
		{from: `"DOWN"`, to: `"up"`, want: alert.Unknown}, // never up by guessing
		{from: `"DOWN"`, to: `false`, refused: alert.Malformed},
		{from: `"DOWN"`, to: `"DOWN", "Current_State": "UP"`, refused: alert.DuplicateKey},
		{from: `612345`, to: `[612345]`, refused: alert.Malformed},
		{from: `1795435207`, to: `"1795435207"`, want: alert.Firing},
		{from: `1795435207`, to: `"noon"`, refused: alert.Malformed},
		{from: `"public"]`, to: `7]`, refused: alert.Malformed},
	})
}

func TestARecoveryOfPingdomEndsWhenTheStateChanged(t *testing.T) {
	a := sole(t, changed(t, pingdomDown, `"DOWN"`, `"UP"`))
	if !a.EndsAt.Equal(at(t, "2026-11-23T12:00:07Z")) || !a.StartsAt.IsZero() || a.Fingerprint != "612345" {
		t.Errorf("read as %v", a)
	}
}
