package alert_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"testing"
	"time"

	"holdfast/detector/alert"
)

func TestASignatureIsOfOneBodyByOneObserverAtOneTime(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 3, 18, 0, 0, 0, time.UTC)
	body := []byte(`{"alerts":[]}`)
	sign := func(timestamp, observer string, body []byte) alert.Signature {
		value := ed25519.Sign(private, alert.SignedText(timestamp, observer, body))
		return alert.SignatureOf(map[string][]string{"holdfast-observer": {observer}, "Holdfast-Timestamp": {timestamp},
			"HOLDFAST-SIGNATURE": {base64.StdEncoding.EncodeToString(value)}})
	}
	good := sign(at.Format(time.RFC3339), "prom-fra", body)
	elsewhere := good
	elsewhere.Observer = "prom-ams"
	later := good
	later.Timestamp = at.Add(time.Second).Format(time.RFC3339)
	for name, c := range map[string]struct {
		signature alert.Signature
		key       ed25519.PublicKey
		body      []byte
		received  time.Time
		holds     bool
	}{
		"as it was signed":             {good, public, body, at, true},
		"received at the window's end": {good, public, body, at.Add(alert.Window), true},
		"kept and sent again later":    {good, public, body, at.Add(alert.Window + time.Second), false},
		"from the future":              {good, public, body, at.Add(-alert.Window - time.Second), false},
		"with a byte changed":          {good, public, []byte(`{"alerts":[ ]}`), at, false},
		"under another name":           {elsewhere, public, body, at, false},
		"with another time":            {later, public, body, at, false},
		"by another key":               {good, other, body, at, false},
		"by no key":                    {good, nil, body, at, false},
		"not at all":                   {alert.Signature{}, public, body, at, false},
		"with a time that is none":     {sign("now", "prom-fra", body), public, body, at, false},
	} {
		if got := c.signature.Holds(c.key, c.body, c.received); got != c.holds {
			t.Errorf("%s: holds %v", name, got)
		}
	}
}

func TestAHeaderThatIsThereTwiceSignsNothing(t *testing.T) {
	if s := alert.SignatureOf(map[string][]string{alert.HeaderObserver: {"a", "b"}}); s.Observer != "" {
		t.Errorf("%+v", s)
	}
}
