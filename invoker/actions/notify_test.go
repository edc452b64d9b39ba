package actions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"holdfast/incident"
	"holdfast/oncall"
)

func notice() incident.Effect {
	return incident.Effect{Key: "payments-api-0412/notice/3", Incident: "payments-api-0412", Epoch: 7,
		Notice: &incident.Notice{N: 3, Person: "ada", Subject: "Decide: promote the ledger?", Body: "Until 14:05.\nApprove or decline."}}
}

// reach is an address book of one.
func reachBy(channels ...oncall.Channel) func(string) []oncall.Channel {
	return func(person string) []oncall.Channel {
		if person != "ada" {
			return nil
		}
		return channels
	}
}

func TestAWebhookGetsTheNoticeAsJSON(t *testing.T) {
	var got map[string]any
	var key string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = json.NewDecoder(r.Body).Decode(&got)
		key = r.Header.Get("Idempotency-Key")
	}))
	defer server.Close()
	h := hands(t, Config{HTTP: []Target{at(t, server)}, BaseURL: "https://holdfast.internal/", Channels: reachBy(oncall.Channel{Webhook: server.URL + "/ada"})})
	r := h.Carry(t.Context(), notice())
	expect(t, r, "", "")
	if r.Channel != "webhook" || key != "payments-api-0412/notice/3" {
		t.Errorf("channel %q, key %q", r.Channel, key)
	}
	want := map[string]any{
		"incident": "payments-api-0412", "person": "ada", "subject": "Decide: promote the ledger?", "body": "Until 14:05.\nApprove or decline.",
		"url": "https://holdfast.internal/incidents/payments-api-0412", "key": "payments-api-0412/notice/3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheNextChannelIsTriedWhenOneFails(t *testing.T) {
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }))
	defer broken.Close()
	var log bytes.Buffer
	h := hands(t, Config{HTTP: []Target{at(t, broken)}, Logger: zerolog.New(&log),
		Channels: reachBy(oncall.Channel{Webhook: broken.URL}, oncall.Channel{Log: true}, oncall.Channel{Webhook: "http://never.internal"})})
	r := h.Carry(t.Context(), notice())
	expect(t, r, "", "")
	if r.Channel != "log" {
		t.Errorf("channel %q", r.Channel)
	}
	for _, part := range []string{"ada", "Decide: promote the ledger?", "payments-api-0412"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("the log line lacks %q: %s", part, log.String())
		}
	}
	if strings.Count(log.String(), "\n") != 1 {
		t.Errorf("one notice is one line: %s", log.String())
	}
}

func TestWhenNoChannelWorksEachSaysWhy(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(403)
		fmt.Fprint(w, "no such hook")
	}))
	defer refusing.Close()
	h := hands(t, Config{HTTP: []Target{at(t, refusing)},
		Channels: reachBy(oncall.Channel{Webhook: refusing.URL + "/T000/secret"}, oncall.Channel{Webhook: "https://not-listed.example/hook/secret"})})
	h.pauses = nil
	r := h.Carry(t.Context(), notice())
	expect(t, r, incident.Failed, "ada was not reached")
	expect(t, r, incident.Failed, "answered 403 Forbidden")
	expect(t, r, incident.Failed, "https://not-listed.example:443 is not on the allow-list")
	if strings.Contains(r.Reason, "secret") {
		t.Errorf("the reason quotes a webhook's URL: %s", r.Reason)
	}
}

func TestAPersonWithoutAChannelCannotBeTold(t *testing.T) {
	expect(t, hands(t, Config{}).Carry(t.Context(), notice()), incident.Failed, "no channel in people.yaml")
}

func TestAPagerThatIsAwayForAMomentIsTriedAgainWithTheSameKey(t *testing.T) {
	var keys []string
	pager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		if len(keys) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer pager.Close()
	h := hands(t, Config{HTTP: []Target{at(t, pager)}, Channels: reachBy(oncall.Channel{Webhook: pager.URL})})
	h.pauses = []time.Duration{time.Millisecond, time.Millisecond}
	expect(t, h.Carry(t.Context(), notice()), "", "")
	if diff := cmp.Diff([]string{notice().Key, notice().Key, notice().Key}, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}
