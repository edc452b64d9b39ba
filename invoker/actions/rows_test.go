//go:build unix

package actions

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"holdfast/incident"
	"holdfast/oncall"
	"holdfast/playbooks"
)

// These are rows of the table of failure modes about actions (row 39 is in secret_test.go): what a target or a command can
// do to its caller, and what is recorded of it then.

// Row 40: an action hangs. It is given up in time, whatever it does, and its outcome is unknown.
func TestAnActionThatHangsIsGivenUpInTimeAndItsOutcomeIsUnknown(t *testing.T) {
	block := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/head" { // headers that never end
			w.WriteHeader(http.StatusProcessing)
		}
		select {
		case <-block:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(block)
	do := map[string]playbooks.Run{
		"a target that never answers":              {HTTP: &playbooks.HTTP{URL: server.URL + "/"}},
		"a target that answers only in part":       {HTTP: &playbooks.HTTP{URL: server.URL + "/head"}},
		"a command that sleeps":                    {Exec: &playbooks.Exec{Command: "sleeps"}},
		"a command that will not be told to end":   {Exec: &playbooks.Exec{Command: "stubborn"}},
		"a child that left the group with the ear": {Exec: &playbooks.Exec{Command: "escapes"}},
	}
	h := hands(t, Config{HTTP: []Target{at(t, server)}, Commands: map[string]Command{
		"sleeps":   script(t, "sleep 30"),
		"stubborn": script(t, "trap '' TERM INT HUP; while :; do sleep 1; done"),
		"escapes":  script(t, "command -v setsid >/dev/null && { setsid sleep 4 & }; sleep 30"),
	}})
	for name, run := range do {
		e := effect(run)
		e.Until = time.Now().Add(150 * time.Millisecond)
		r := h.Carry(t.Context(), e)
		if late := time.Since(e.Until); r.Outcome != incident.TimedOut || late > time.Second {
			t.Errorf("%s: outcome %q (%s), %s late", name, r.Outcome, r.Reason, late)
		}
	}
}

// Row 41: an action answers well and says nothing, or says well and does nothing. With what the playbook wants it to say, no
// lie passes for done; and that the service is back is never taken from an action at all, but from a verify step.
func TestAnActionThatLiesIsNotTakenForDone(t *testing.T) {
	wants := map[string]any{"site": "ams2", "primary": true}
	lies := map[string]http.HandlerFunc{
		"nothing":            func(http.ResponseWriter, *http.Request) {},
		"an empty object":    says("{}"),
		"a page":             says("<html>signed out, please log in</html>"),
		"an error in 200":    says(`{"error":"not the leader"}`),
		"half of it":         says(`{"site":"ams2"}`),
		"the other site":     says(`{"site":"fra1","primary":true}`),
		"a word for a truth": says(`{"site":"ams2","primary":"true"}`),
		"other spellings":    says(`{"Site":"ams2","PRIMARY":true}`),
		"garbage after it":   says(`{"site":"ams2","primary":true}}`),
		"a list of it":       says(`[{"site":"ams2","primary":true}]`),
		"text of it":         says(`"{\"site\":\"ams2\",\"primary\":true}"`),
		"no content":         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"a torn answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"site":"ams2","primary":true}`)
		},
		"too much of it": says(`{"site":"ams2","primary":true,"more":"` + strings.Repeat("x", readAtMost) + `"}`),
	}
	for name, lie := range lies {
		server := httptest.NewServer(lie)
		h := hands(t, Config{HTTP: []Target{at(t, server)}})
		do := playbooks.HTTP{URL: server.URL, Reply: wants}
		if r := h.Carry(t.Context(), effect(playbooks.Run{HTTP: &do})); r.Outcome != incident.TimedOut {
			t.Errorf("%s: a step takes it for %q (%s)", name, r.Outcome, r.Reason)
		}
		if r := h.Carry(t.Context(), verifying(playbooks.Verify{HTTP: &do, Every: time.Hour}, 50*time.Millisecond)); r.Outcome == "" {
			t.Errorf("%s: a verification takes it for true", name)
		}
		server.Close()
	}
	honest := httptest.NewServer(says(`{"primary":true,"site":"ams2","since":"now"}`))
	defer honest.Close()
	h := hands(t, Config{HTTP: []Target{at(t, honest)}})
	expect(t, h.Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: honest.URL, Reply: wants}})), "", "")
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
}

// answering has a subject answer with a text, until another one is stored.
func answering(t *testing.T, nc *nats.Conn, subject, text string) *atomic.Value {
	t.Helper()
	var answer atomic.Value
	answer.Store(text)
	respond(t, nc, subject, func(*nats.Msg) *nats.Msg { return &nats.Msg{Data: []byte(answer.Load().(string))} })
	return &answer
}

// Row 41, for a request on NATS.
func TestAnAnswerOnNATSHasToSayWhatIsWanted(t *testing.T) {
	withNATS(t, func(t *testing.T, nc *nats.Conn) {
		answer := answering(t, nc, "ledger.state", `{"state":"standby"}`)
		h := hands(t, Config{Conn: nc, Subjects: []string{"ledger.>"}})
		do := playbooks.NATS{Subject: "ledger.state", Reply: map[string]any{"state": "primary"}}
		expect(t, h.Carry(t.Context(), effect(playbooks.Run{NATS: &do})), incident.TimedOut, "not what the playbook wants it to say")
		expect(t, h.Carry(t.Context(), verifying(playbooks.Verify{NATS: &do}, time.Minute)), incident.TimedOut, "not what the playbook wants it to say")
		answer.Store(`{"state":"primary","lag":3}`)
		expect(t, h.Carry(t.Context(), effect(playbooks.Run{NATS: &do})), "", "")
		expect(t, h.Carry(t.Context(), verifying(playbooks.Verify{NATS: &do}, time.Minute)), "", "")
	})
}

// A stream that takes a request in acknowledges it; one that does not says so in a way of its own.
func TestAStreamThatDoesNotTakeARequestInIsANo(t *testing.T) {
	withNATS(t, func(t *testing.T, nc *nats.Conn) {
		answer := answering(t, nc, "orders.hold", `{"error":{"code":503,"err_code":10077,"description":"maximum messages exceeded"},"stream":"ORDERS","seq":0}`)
		h := hands(t, Config{Conn: nc, Subjects: []string{"orders.hold"}})
		do := playbooks.NATS{Subject: "orders.hold", Reply: map[string]any{"stream": "ORDERS"}}
		expect(t, h.Carry(t.Context(), effect(playbooks.Run{NATS: &do})), incident.Failed, "maximum messages exceeded (10077)")
		answer.Store(`{"stream":"ORDERS","seq":7}`)
		expect(t, h.Carry(t.Context(), effect(playbooks.Run{NATS: &do})), "", "")
	})
}

// Row 42: a webhook target is down, or comes and goes. It is tried a bounded number of times with one key; what then is
// told is that the person was not reached, and the ladder of the step goes on to the next.
func TestAPagerThatIsDownIsTriedABoundedNumberOfTimesWithOneKey(t *testing.T) {
	keys := map[string]int{}
	flapping := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys[r.Header.Get("Idempotency-Key")]++
		if n := keys[r.Header.Get("Idempotency-Key")]; n%2 == 0 {
			panic(http.ErrAbortHandler) // the connection breaks off
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer flapping.Close()
	h := hands(t, Config{HTTP: []Target{at(t, flapping)}, Channels: reachBy(oncall.Channel{Webhook: flapping.URL})})
	h.pauses = []time.Duration{time.Millisecond, time.Millisecond}
	e := notice()
	e.Until = time.Now().Add(time.Minute)
	expect(t, h.Carry(t.Context(), e), incident.Failed, "ada was not reached")
	if len(keys) != 1 || keys[e.Key] != len(h.pauses)+1 {
		t.Errorf("tried %v, want %d times with %s", keys, len(h.pauses)+1, e.Key)
	}
}

func TestAnAnswerThatTricklesInTakesNoLongerThanTheStepMay(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := fmt.Fprint(w, "x"); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	}))
	defer server.Close()
	e := effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL}})
	e.Until = time.Now().Add(200 * time.Millisecond)
	r := hands(t, Config{HTTP: []Target{at(t, server)}}).Carry(t.Context(), e)
	expect(t, r, "", "") // the status was the answer
	if late := time.Since(e.Until); late > time.Second || !strings.HasPrefix(r.Output, "xx") {
		t.Errorf("%s late, output %q", late, r.Output)
	}
}

func TestHeadersWithoutEndAreRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 2*readAtMost))
	}))
	defer server.Close()
	r := hands(t, Config{HTTP: []Target{at(t, server)}}).Carry(t.Context(), effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL}}))
	expect(t, r, incident.TimedOut, "not known whether it was done")
}
