package actions

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"holdfast/incident"
	"holdfast/oncall"
	"holdfast/playbooks"
)

// TestEveryEffectSaysWhatItIs holds what targets rely on: by the key they know a repetition, by the epoch an instance that
// was overtaken, by the exercise that it is none of their business in earnest.
func TestEveryEffectSaysWhatItIs(t *testing.T) {
	want := map[string]string{"Key": "payments-api-0412/1/fence/1", "Incident": "payments-api-0412", "Run": "1", "Step": "fence", "Attempt": "2", "Epoch": "7", "Exercise": ""}
	for _, kind := range []incident.Exercise{"", incident.Parallel} {
		want["Exercise"] = string(kind)
		t.Run("http "+string(kind), func(t *testing.T) { compare(t, want, marksOfHTTP(t, kind)) })
		t.Run("exec "+string(kind), func(t *testing.T) { compare(t, want, marksOfExec(t, kind)) })
		t.Run("nats "+string(kind), func(t *testing.T) { compare(t, want, marksOfNATS(t, kind)) })
	}
}

func compare(t *testing.T, want, got map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
}

func marksOfHTTP(t *testing.T, kind incident.Exercise) map[string]string {
	t.Helper()
	got := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got["Key"] = r.Header.Get("Idempotency-Key")
		for _, name := range []string{"Incident", "Run", "Step", "Attempt", "Epoch", "Exercise"} {
			got[name] = r.Header.Get("Holdfast-" + name)
		}
	}))
	defer server.Close()
	e := effect(playbooks.Run{HTTP: &playbooks.HTTP{URL: server.URL}})
	e.Exercise = kind
	expect(t, hands(t, Config{HTTP: []Target{at(t, server)}, Exercise: Reach{HTTP: []Target{at(t, server)}}}).Carry(t.Context(), e), "", "")
	return got
}

func marksOfNATS(t *testing.T, kind incident.Exercise) map[string]string {
	t.Helper()
	got := map[string]string{}
	withNATS(t, func(t *testing.T, nc *nats.Conn) {
		respond(t, nc, "ledger.promote", func(m *nats.Msg) *nats.Msg {
			for name := range map[string]bool{"Key": true, "Incident": true, "Run": true, "Step": true, "Attempt": true, "Epoch": true, "Exercise": true} {
				got[name] = m.Header.Get("Holdfast-" + name)
			}
			if m.Header.Get("Nats-Msg-Id") != got["Key"] {
				t.Errorf("a stream would not know the key: Nats-Msg-Id is %q", m.Header.Get("Nats-Msg-Id"))
			}
			return &nats.Msg{}
		})
		e := effect(promote())
		e.Exercise = kind
		allowed := []string{"ledger.promote"}
		expect(t, hands(t, Config{Conn: nc, Subjects: allowed, Exercise: Reach{Subjects: allowed}}).Carry(t.Context(), e), "", "")
	})
	return got
}

func marksOfExec(t *testing.T, kind incident.Exercise) map[string]string {
	t.Helper()
	env, err := exec.LookPath("env")
	if err != nil {
		t.Fatal(err)
	}
	commands := map[string]Command{"env": {Argv: []string{env}}}
	e := effect(playbooks.Run{Exec: &playbooks.Exec{Command: "env"}})
	e.Exercise = kind
	r := hands(t, Config{Commands: commands, Exercise: Reach{Commands: commands}}).Carry(t.Context(), e)
	expect(t, r, "", "")
	got := map[string]string{}
	for line := range strings.Lines(r.Output) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		name = strings.ToLower(strings.TrimPrefix(name, "HOLDFAST_"))
		got[strings.ToUpper(name[:1])+name[1:]] = value
	}
	return got
}

func TestANoticeSaysWhatItIsAboutAndCarriesItsKey(t *testing.T) {
	var header http.Header
	var body map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header
		_ = json.NewDecoder(r.Body).Decode(&body)
	}))
	defer server.Close()
	e := notice()
	e.Run, e.Step, e.Attempt, e.Exercise = "1", "page", 1, incident.Full
	h := hands(t, Config{HTTP: []Target{at(t, server)}, Channels: reachBy(oncall.Channel{Webhook: server.URL})})
	expect(t, h.Carry(t.Context(), e), "", "")
	got := []string{header.Get("Idempotency-Key"), header.Get("Holdfast-Run"), header.Get("Holdfast-Step"), header.Get("Holdfast-Epoch"), header.Get("Holdfast-Exercise")}
	if diff := cmp.Diff([]string{e.Key, "1", "page", "7", "full"}, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	for key, want := range map[string]string{"key": e.Key, "run": "1", "step": "page", "exercise": "full"} {
		if body[key] != want {
			t.Errorf("%s is %v, want %s", key, body[key], want)
		}
	}
}
