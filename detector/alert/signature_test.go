package alert_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"maps"
	"testing"
	"time"

	"holdfast/detector/alert"
)

const ownSubject = "holdfast.alerts.prom-fra"

// A signer holds a key, and makes the headers of what it signs.
type signer struct{ key ed25519.PrivateKey }

func newSigner(t *testing.T) (signer, ed25519.PublicKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return signer{private}, public
}

// headers are those of a message signed for a subject, with those that stand around its body.
func (s signer) headers(timestamp, observer, subject string, event map[string][]string, body []byte) map[string][]string {
	value := ed25519.Sign(s.key, alert.SignedText(timestamp, observer, subject, event, body))
	all := maps.Clone(event)
	if all == nil {
		all = map[string][]string{}
	}
	all["holdfast-observer"], all["Holdfast-Timestamp"] = []string{observer}, []string{timestamp}
	all["HOLDFAST-SIGNATURE"] = []string{alert.SignatureVersion + base64.StdEncoding.EncodeToString(value)}
	return all
}

func TestASignatureIsOfOneBodyByOneObserverAtOneTime(t *testing.T) {
	by, public := newSigner(t)
	_, other := newSigner(t)
	at := time.Date(2026, 11, 3, 18, 0, 0, 0, time.UTC)
	body := []byte(`{"alerts":[]}`)
	sign := func(timestamp, observer string, body []byte) alert.Signature {
		return alert.SignatureOf(ownSubject, by.headers(timestamp, observer, ownSubject, nil, body))
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

// Who has kept a signed message can neither send it as if it were of another source, nor change what its event says of it.
func TestASignatureIsOfTheSubjectAndOfTheEventAroundTheBodyToo(t *testing.T) {
	by, public := newSigner(t)
	at := time.Date(2026, 11, 3, 18, 0, 0, 0, time.UTC)
	body := []byte(`{"status":"firing","component":"pay-fra-1"}`)
	event := func(more ...string) map[string][]string {
		all := map[string][]string{"ce-specversion": {"1.0"}, "Ce-Id": {"7"}, "ce-source": {"/probes/7"}, "ce-type": {"probe"}, "Content-Type": {"application/json"}}
		for n := 0; n < len(more); n += 2 {
			all[more[n]] = []string{more[n+1]}
		}
		return all
	}
	signed := by.headers(at.Format(time.RFC3339), "prom-fra", ownSubject, event(), body)
	with := func(more ...string) map[string][]string {
		all := maps.Clone(signed)
		for n := 0; n < len(more); n += 2 {
			all[more[n]] = []string{more[n+1]}
		}
		return all
	}
	without := with()
	for name := range event() {
		delete(without, name)
	}
	again := maps.Clone(without)
	for name, values := range map[string]string{"CE-SPECVERSION": "1.0", "CE-ID": "7", "CE-SOURCE": "/probes/7", "CE-TYPE": "probe", "content-type": "application/json"} {
		again[name] = []string{values}
	}
	for name, c := range map[string]struct {
		subject string
		header  map[string][]string
		holds   bool
	}{
		"as it was signed":                    {ownSubject, signed, true},
		"its names in another case":           {ownSubject, again, true},
		"with a header that says nothing":     {ownSubject, with("Nats-Msg-Id", "9"), true},
		"under another subject":               {"holdfast.alerts.prom-ams", signed, false},
		"of another source":                   {ownSubject, with("ce-source", "prom-ams"), false},
		"with an attribute more":              {ownSubject, with("ce-component", "ledger"), false},
		"without its attributes":              {ownSubject, without, false},
		"of another media type":               {ownSubject, with("Content-Type", "application/cloudevents+json"), false},
		"an attribute twice":                  {ownSubject, with("CE-type", "probe"), false},
		"with lines that end within a header": {ownSubject, with("ce-type", "probe\nce-x:1"), false},
	} {
		if got := alert.SignatureOf(c.subject, c.header).Holds(public, body, at); got != c.holds {
			t.Errorf("%s: holds %v", name, got)
		}
	}
	plain := by.headers(at.Format(time.RFC3339), "prom-fra", ownSubject, nil, body)
	plain["Content-Type"] = []string{"text/plain"} // of a body that is read by what it holds
	if !alert.SignatureOf(ownSubject, plain).Holds(public, body, at) {
		t.Error("a media type beside no event keeps a signature from holding")
	}
}

// The version before signed the body alone: it counts where nothing else can say anything.
func TestASignatureOfTheBodyAloneCountsOnlyUnderItsObserversOwnSubject(t *testing.T) {
	by, public := newSigner(t)
	at := time.Date(2026, 11, 3, 18, 0, 0, 0, time.UTC)
	body := []byte(`{"alerts":[]}`)
	stamp := at.Format(time.RFC3339)
	value := base64.StdEncoding.EncodeToString(ed25519.Sign(by.key, []byte(stamp+"\nprom-fra\n"+string(body))))
	header := map[string][]string{alert.HeaderObserver: {"prom-fra"}, alert.HeaderTimestamp: {stamp}, alert.HeaderSignature: {value}}
	event := maps.Clone(header)
	event["ce-source"] = []string{"prom-ams"}
	renamed := maps.Clone(header)
	renamed[alert.HeaderSignature] = []string{alert.SignatureVersion + value}
	for name, c := range map[string]struct {
		subject string
		header  map[string][]string
		holds   bool
	}{
		"under its own subject":            {ownSubject, header, true},
		"under another subject":            {"holdfast.alerts.prom-ams", header, false},
		"under one that ends like its own": {"holdfast.alerts.not-prom-fra", header, false},
		"with what an event says":          {ownSubject, event, false},
		"said to be of the new version":    {ownSubject, renamed, false},
	} {
		if got := alert.SignatureOf(c.subject, c.header).Holds(public, body, at); got != c.holds {
			t.Errorf("%s: holds %v", name, got)
		}
	}
}

func TestAHeaderThatIsThereTwiceSignsNothing(t *testing.T) {
	if s := alert.SignatureOf(ownSubject, map[string][]string{alert.HeaderObserver: {"a", "b"}}); s.Observer != "" {
		t.Errorf("%+v", s)
	}
}
