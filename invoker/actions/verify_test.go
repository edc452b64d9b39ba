package actions

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"holdfast/incident"
	"holdfast/playbooks"
)

func verifying(v playbooks.Verify, within time.Duration) incident.Effect {
	return incident.Effect{Key: "payments-api-0412/1/verified/1", Incident: "payments-api-0412", Epoch: 7, Until: time.Now().Add(within), Verify: &v}
}

func TestAVerificationWaitsForAWholeStablePeriod(t *testing.T) {
	withNATS(t, func(t *testing.T, nc *nats.Conn) {
		start := time.Now()
		healthy := func(at time.Duration) bool { return at >= 2*time.Minute && at != 6*time.Minute }
		respond(t, nc, "ledger.health", func(m *nats.Msg) *nats.Msg {
			if m.Header.Get("Holdfast-Key") != "" {
				t.Error("a poll carries a key: the target would answer from memory")
			}
			if healthy(time.Since(start)) {
				return &nats.Msg{}
			}
			return &nats.Msg{Header: nats.Header{"Holdfast-Error": {"behind"}}}
		})
		h := hands(t, Config{Conn: nc, Subjects: []string{"ledger.health"}})
		r := h.Carry(t.Context(), verifying(playbooks.Verify{NATS: &playbooks.NATS{Subject: "ledger.health"}, For: 10*time.Minute + time.Second, Every: time.Minute}, time.Hour))
		expect(t, r, "", "")
		// It fell ill for a moment at 6m; the period that counts starts at the next poll.
		if took := time.Since(start); took != 17*time.Minute+time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestAVerificationThatNeverHoldsEndsInTimeAndSaysWhatItSawLast(t *testing.T) {
	withNATS(t, func(t *testing.T, nc *nats.Conn) {
		h := hands(t, Config{Conn: nc, Subjects: []string{"ledger.health"}})
		start := time.Now()
		r := h.Carry(t.Context(), verifying(playbooks.Verify{NATS: &playbooks.NATS{Subject: "ledger.health"}}, 30*time.Minute))
		expect(t, r, incident.TimedOut, "nobody listens on ledger.health")
		if took := time.Since(start); took != 30*time.Minute {
			t.Errorf("took %s", took)
		}
	})
}

func TestAnHTTPVerificationAsksUntilTheAnswerIsRight(t *testing.T) {
	polls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		polls++
		if r.Method != http.MethodGet || r.Header.Get("Idempotency-Key") != "" {
			t.Errorf("polled by %s with key %q", r.Method, r.Header.Get("Idempotency-Key"))
		}
		if polls < 3 {
			w.WriteHeader(503)
		}
	}))
	r := hands(t, Config{HTTP: []Target{at(t, server)}}).Carry(t.Context(), verifying(playbooks.Verify{HTTP: &playbooks.HTTP{URL: server.URL}, Every: time.Millisecond}, time.Minute))
	server.Close()
	expect(t, r, "", "")
	if polls != 3 {
		t.Errorf("%d polls", polls)
	}
}

func TestAVerificationThatMustNotBeAskedFailsAtOnce(t *testing.T) {
	h := hands(t, Config{})
	for reason, v := range map[string]playbooks.Verify{
		"not on the allow-list": {HTTP: &playbooks.HTTP{URL: "http://fence.internal"}},
		"no NATS connection":    {NATS: &playbooks.NATS{Subject: "ledger.health"}},
		"nothing that can be":   {},
		"measured from alerts":  {Service: "payments-api"},
	} {
		expect(t, h.Carry(t.Context(), verifying(v, time.Hour)), incident.Failed, reason)
	}
}
