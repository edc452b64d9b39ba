package incident

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
	"holdfast/detector/alert"
)

// observersWithKeys is a shop with two observers that sign what they say, and a rule that wants that.
func observersWithKeys(t *testing.T) (files map[string]string, keys map[string]ed25519.PrivateKey) {
	t.Helper()
	keys = map[string]ed25519.PrivateKey{}
	written := map[string]string{}
	for n, observer := range []string{"prom-a", "prom-b"} {
		key := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune('a'+n)), ed25519.SeedSize)))
		keys[observer] = key
		public, _ := key.Public().(ed25519.PublicKey)
		written[observer] = base64.StdEncoding.EncodeToString(public)
	}
	return map[string]string{"bia.yaml": fmt.Sprintf(`
organisation: A shop
defaults: {confirm_for: 5m, recover_for: 10m, decision_margin: 1m}
services:
  shop: {vital: true, mtpd: 8h, rto: 4h, wrt: 30m, rtc: 1h, needs: [web]}
sites: {north: {}}
observers: {loose: {}, prom-a: {key: %q, heartbeat: {match: {alertname: Watchdog, of: a}, every: 10m}}, prom-b: {key: %q}}
components: {web: {site: north, class: compute, observers: [prom-a, prom-b], quorum: 2}}
declaration: {authority: incident-director, mode: automatic, automatic_for: [facility_lost], require: {signed: true}}
`, written["prom-a"], written["prom-b"])}, keys
}

// hears has a desk hear an alert with labels, signed with a key of an observer, or not at all.
func (s *shift) hears(sequence uint64, observer string, key ed25519.PrivateKey, labels map[string]string) {
	s.Helper()
	labels["observer"] = observer
	body, subject := []byte(fmt.Sprint(labels)), "holdfast.alerts."+observer
	batch := alert.Batch{Format: "holdfast", Body: body, Alerts: []alert.Alert{{Status: alert.Firing, StartsAt: s.now, Labels: alert.LabelsOf(labels)}}}
	if key != nil {
		stamp := s.now.Format(time.RFC3339)
		batch.Signature = alert.SignatureOf(subject, signedHeaders(key, stamp, observer, subject, body))
	}
	s.desk.Hear(sequence, s.now, subject, batch, nil)
}

// signedHeaders are those by which an observer signs a body for a subject.
func signedHeaders(key ed25519.PrivateKey, stamp, observer, subject string, body []byte) map[string][]string {
	value := ed25519.Sign(key, alert.SignedText(stamp, observer, subject, nil, body))
	return map[string][]string{alert.HeaderObserver: {observer}, alert.HeaderTimestamp: {stamp},
		alert.HeaderSignature: {alert.SignatureVersion + base64.StdEncoding.EncodeToString(value)}}
}

func declaredIn(s *shift) (declared *Declared, gate string) {
	for _, k := range s.kept {
		switch e := k.record.Event.(type) {
		case Declared:
			declared = &e
		case Recommended:
			gate = e.Gate
		}
	}
	return declared, gate
}

// signedOutage has a site lost and its component down, as each observer says with its key or without.
func signedOutage(t *testing.T, a, b, site bool) (*Declared, string, *shift) {
	t.Helper()
	files, keys := observersWithKeys(t)
	s := newShift(t, files)
	with := func(observer string, signs bool) ed25519.PrivateKey {
		if signs {
			return keys[observer]
		}
		return nil
	}
	s.hears(1, "prom-a", with("prom-a", a), map[string]string{"component": "web", "effect": "down"})
	s.hears(2, "prom-b", with("prom-b", b), map[string]string{"component": "web", "effect": "down"})
	s.hears(3, "prom-a", with("prom-a", site), map[string]string{"site": "north", "effect": "lost"})
	s.settle()
	s.now = t0.Add(6 * time.Minute)
	s.settle()
	declared, gate := declaredIn(s)
	return declared, gate, s
}

func TestWhatIsSignedByAQuorumIsDeclaredByItself(t *testing.T) {
	declared, gate, _ := signedOutage(t, true, true, true)
	if declared == nil || !declared.Automatic {
		t.Errorf("it was not declared: %q", gate)
	}
}

func TestWhatIsNotSignedMakesUpNoQuorum(t *testing.T) {
	for name, signs := range map[string][2]bool{"nobody": {false, false}, "one of two": {true, false}} {
		declared, _, s := signedOutage(t, signs[0], signs[1], true)
		if declared != nil {
			t.Errorf("%s signed, and it was declared", name)
		}
		if state := s.desk.Facts().ComponentState("web"); state == "down" {
			t.Errorf("%s signed, and web is %s", name, state)
		}
	}
}

func TestASiteThatNobodySignsLostIsRecommendedAndNotDeclared(t *testing.T) {
	declared, gate, _ := signedOutage(t, true, true, false)
	if declared != nil {
		t.Error("it was declared")
	}
	says(t, gate, "nobody who signs says that north is lost")
}

// One stolen credential of a sender that may publish, and no key: no declaration without a person, whatever it says.
func TestWhoHasNoKeyDeclaresNothing(t *testing.T) {
	files, _ := observersWithKeys(t)
	s := newShift(t, files)
	sequence := uint64(0)
	for minute := range 30 {
		s.now = t0.Add(time.Duration(minute) * time.Minute)
		for _, observer := range []string{"prom-a", "prom-b", "prom-c", ""} {
			for _, labels := range []map[string]string{{"component": "web", "effect": "down"}, {"site": "north", "effect": "lost"}, {"service": "shop", "effect": "down"}, {"alertname": "Watchdog", "of": "a"}} {
				sequence++
				s.hears(sequence, observer, nil, labels)
			}
		}
		s.settle()
	}
	if declared, _ := declaredIn(s); declared != nil {
		t.Errorf("declared: %v", declared.Criteria)
	}
	equal(t, s.desk.detector.Heard().Received["prom-a"], uint64(0))
}

// Who replays a signed message could cut it where they like, and have it say what its signer never said.
func TestAMessageOfSeveralBodiesIsNotSigned(t *testing.T) {
	files, keys := observersWithKeys(t)
	s := newShift(t, files)
	stamp := s.now.Format(time.RFC3339)
	body := []byte(`{"holdfast":1,"alerts":[{"status":"firing","labels":{"component":"web","effect":"down","observer":"prom-a"}}]}`)
	header := func(lengths string) map[string][]string {
		h := signedHeaders(keys["prom-a"], stamp, "prom-a", "holdfast.alerts.any", body)
		if lengths != "" {
			h[alert.HeaderBodies] = []string{lengths}
		}
		return h
	}
	for sequence, c := range []struct {
		lengths string
		signers uint64
	}{{fmt.Sprint(len(body)), 0}, {"", 1}} {
		h := header(c.lengths)
		batch, err := alert.DecodeMessage(h, body)
		if err != nil {
			t.Fatal(err)
		}
		batch.Body, batch.Signature = body, alert.SignatureOf("holdfast.alerts.any", h)
		s.desk.Hear(uint64(sequence+1), s.now, "holdfast.alerts.any", batch, nil)
		equal(t, s.desk.detector.Heard().Received["prom-a"], c.signers)
	}
}

// That an observer is given a key makes nothing signed that was said under its name before, when anybody could.
func TestAKeyThatIsAddedLaterSignsNothingThatWasSaidBefore(t *testing.T) {
	for _, repeats := range []bool{false, true} {
		files, keys := observersWithKeys(t)
		before := maps.Clone(files)
		_, b, _ := strings.Cut(files["bia.yaml"], "prom-b: {")
		b, _, _ = strings.Cut(b, "}")
		before["bia.yaml"] = strings.Replace(files["bia.yaml"], b, "", 1)
		s := newShift(t, before)
		s.hears(1, "prom-a", keys["prom-a"], map[string]string{"component": "web", "effect": "down"})
		s.hears(2, "prom-b", nil, map[string]string{"component": "web", "effect": "down"})
		docs, problems := ParseDocuments(files)
		if problems.HasErrors() {
			t.Fatal(problems.Error())
		}
		s.commit(false, s.desk.Adopt(docs, Actor{Rule: "reload"})...)
		s.hears(3, "prom-a", keys["prom-a"], map[string]string{"site": "north", "effect": "lost"})
		s.settle()
		equal(t, s.desk.Facts().ComponentState("web"), detector.Down) // it was heard, and stands
		s.now = t0.Add(4 * time.Minute)
		if repeats { // the same alert, signed now
			s.hears(4, "prom-b", keys["prom-b"], map[string]string{"component": "web", "effect": "down"})
		}
		s.settle()
		s.now = t0.Add(6 * time.Minute)
		s.settle()
		declared, gate := declaredIn(s)
		equal(t, declared != nil, repeats)
		if !repeats {
			says(t, gate, "of those who say that web is down 1 signed what they say, and it takes 2")
		}
	}
}

// A message that somebody has kept says what it says where it was sent to, and as the event that it was.
func TestASignedMessageThatIsSentUnderAnotherSubjectIsNobodys(t *testing.T) {
	files, keys := observersWithKeys(t)
	s := newShift(t, files)
	stamp := s.now.Format(time.RFC3339)
	body := []byte(`{"holdfast":1,"alerts":[{"status":"firing","labels":{"component":"web","effect":"down","observer":"prom-a"}}]}`)
	h := signedHeaders(keys["prom-a"], stamp, "prom-a", "holdfast.alerts.prom-a", body)
	for sequence, c := range []struct {
		subject string
		heard   uint64
	}{{"holdfast.alerts.prom-b", 0}, {"holdfast.alerts.prom-a", 1}} {
		batch, err := alert.DecodeMessage(h, body)
		if err != nil {
			t.Fatal(err)
		}
		batch.Body, batch.Signature = body, alert.SignatureOf(c.subject, h)
		s.desk.Hear(uint64(sequence+1), s.now, c.subject, batch, nil)
		equal(t, s.desk.detector.Heard().Received["prom-a"], c.heard)
	}
}

// One component is down by a signed word, and the rest of its site, which somebody watches who does not sign, by nobody's: that the
// site is lost rests on no signature.
func TestASiteThatOnlyUnsignedWordsMakeLostIsNotDeclaredByItself(t *testing.T) {
	for _, signs := range []bool{false, true} {
		files, keys := observersWithKeys(t)
		s := newShift(t, with(t, with(t, files, "bia.yaml", "quorum: 2}}", "quorum: 2}, db: {site: north, class: database, observers: [prom-a, loose]}, dns: {site: north, class: network, observers: [prom-a, loose]}}"),
			"bia.yaml", "automatic_for: [facility_lost]", "automatic_for: [site_loss_inferred]"))
		s.hears(1, "prom-a", keys["prom-a"], map[string]string{"component": "web", "effect": "down"})
		s.hears(2, "prom-b", keys["prom-b"], map[string]string{"component": "web", "effect": "down"})
		for n, id := range []string{"db", "dns"} {
			key := keys["prom-a"]
			if !signs {
				key = nil
			}
			s.hears(uint64(3+n), "prom-a", key, map[string]string{"component": id, "effect": "down"})
		}
		s.settle()
		s.now = t0.Add(6 * time.Minute)
		s.settle()
		declared, gate := declaredIn(s)
		equal(t, declared != nil, signs)
		if !signs {
			says(t, gate, "sign")
		}
	}
}

// The site is said to be impaired by nobody who signs.
func TestASiteThatNobodySignsImpairedIsNotDeclaredByItself(t *testing.T) {
	for _, signs := range []bool{false, true} {
		files, keys := observersWithKeys(t)
		s := newShift(t, with(t, files, "bia.yaml", "automatic_for: [facility_lost]", "automatic_for: [facility_impaired]"))
		s.hears(1, "prom-a", keys["prom-a"], map[string]string{"component": "web", "effect": "down"})
		s.hears(2, "prom-b", keys["prom-b"], map[string]string{"component": "web", "effect": "down"})
		key := keys["prom-a"]
		if !signs {
			key = nil
		}
		s.hears(3, "prom-a", key, map[string]string{"site": "north", "effect": "impaired"})
		s.settle()
		s.now = t0.Add(6 * time.Minute)
		s.settle()
		declared, gate := declaredIn(s)
		equal(t, declared != nil, signs)
		if !signs {
			says(t, gate, "sign")
		}
	}
}
