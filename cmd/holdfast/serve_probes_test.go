package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"holdfast/bia"
	"holdfast/console"
	"holdfast/journal"
	"holdfast/oncall"
)

func TestHoldfastSpeaksWhereTheJournalListensToItAlone(t *testing.T) {
	if !strings.HasPrefix(bia.OwnSubject, journal.OwnPrefix) || strings.HasPrefix(bia.OwnSubject, journal.AlertsPrefix) {
		t.Errorf("it speaks on %s", bia.OwnSubject)
	}
}

// What holdfast is to look at and may not is said before it is needed.
func TestWhatProbesMayNotLookAtIsFound(t *testing.T) {
	dir := t.TempDir()
	shop(t, dir)
	put(t, dir, "continuity/bia.yaml", `
organisation: Shop
services: {shop: {needs: [db-1]}}
components: {db-1: {observers: [prom, own-eyes]}}
observers: {prom: {}, own-eyes: {own: true}}
probes:
  site: {service: shop, http: {url: "https://shop.internal/health"}}
  db: {component: db-1, tcp: "db.internal:5432"}
`)
	for config, want := range map[string]int{
		"log: {}": 2,
		"actions: {http: {allow: [\"https://shop.internal\"]}}":                                       1,
		"actions: {http: {allow: [\"https://shop.internal\"]}, tcp: {allow: [\"db.internal:5432\"]}}": 0,
	} {
		put(t, dir, "holdfast.yaml", config+"\n")
		found, _, err := examine(filepath.Join(dir, "holdfast.yaml"), "")
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(found.Error(), "config/action-not-allowed"); n != want {
			t.Errorf("%s: %d, expected %d\n%v", config, n, want, found)
		}
	}
}

// What monitoring says is not enough where a look of holdfast's own is asked for. A real daemon, its own NATS, a real target.
func TestOnlyWhatHoldfastSeesItselfToBeDownIsDeclaredByItselfWhereThatIsAskedFor(t *testing.T) {
	var closed atomic.Bool
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if closed.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer target.Close()
	dir := t.TempDir()
	_, hash := oncall.NewToken([]byte(strings.Repeat("a", 32)))
	put(t, dir, "continuity/people.yaml", fmt.Sprintf("people:\n  ann: {channels: [{log: true}], token_hash: %q}\n  ben: {channels: [{log: true}]}\nroles:\n  director: {people: [ann, ben]}\n", hash))
	put(t, dir, "continuity/bia.yaml", fmt.Sprintf(`
organisation: Shop
defaults: {confirm_for: 1s, recover_for: 1m, decision_margin: 1s}
services: {shop: {vital: true, rto: 1h, mtpd: 2h, rtc: 10m, needs: [db-1]}}
components: {db-1: {observers: [prom]}}
observers:
  prom: {speaks_on: [holdfast.alerts.prom]}
  own-eyes: {own: true}
probes:
  shop: {service: shop, http: {url: %q}, every: 1s, timeout: 1s}
criteria: {custom: {gone: {when: "service('shop').state == 'down'", level: disaster}}}
declaration: {authority: director, mode: automatic, automatic_for: [gone], require: {own_probe: true}}
`, target.URL))
	d := start(t, dir, fmt.Sprintf("nats: {embedded: {listen: none}}\nhttp: {listen: \"127.0.0.1:0\"}\nactions: {http: {allow: [%q]}}\n", target.URL))
	defer func() {
		http.DefaultClient.CloseIdleConnections()
		if err := d.stop(); err != nil {
			t.Error(err)
		}
	}()
	read := func(path string, into any) {
		t.Helper()
		answer, err := http.Get(d.HTTP + path) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err == nil {
			err = json.Unmarshal(body, into)
		}
		if err != nil {
			t.Fatalf("%s: %v: %s", path, err, body)
		}
	}
	until := func(what string, holds func(s console.Status) bool) {
		t.Helper()
		for deadline := time.Now().Add(patient); ; time.Sleep(50 * time.Millisecond) {
			var s console.Status
			if read("/api/v1/status", &s); holds(s) {
				return
			}
			if time.Now().After(deadline) {
				var s any
				read("/api/v1/status", &s)
				t.Fatalf("not in time: %s\n%v", what, s)
			}
		}
	}
	until("the probe says that the shop is up", func(s console.Status) bool { return s.Counts.Received["own-eyes"] > 1 })
	said, err := http.Post(d.HTTP+"/api/v1/alerts/prom", "application/json", strings.NewReader(`{"holdfast": 1, "alerts": [{"status": "firing", "labels": {"component": "db-1"}}]}`)) //nolint:noctx // a test
	if err != nil || said.StatusCode != http.StatusOK {
		t.Fatal(said, err)
	}
	_ = said.Body.Close()
	until("it is recommended", func(s console.Status) bool {
		return len(s.Incidents) == 1 && s.Incidents[0].Level.String() == "disaster"
	})
	time.Sleep(1500 * time.Millisecond) // another round of the probe, which sees the shop open
	var s console.Status
	read("/api/v1/status", &s)
	id := s.Incidents[0].ID
	var e console.Explained
	if read("/api/v1/incidents/"+id+"/explain", &e); !strings.Contains(e.Gate, "own-eyes, holdfast's own probe, says that shop is up") {
		t.Errorf("monitoring says down, the probe says up: the gate is %q, the status %+v", e.Gate, s.Incidents[0])
	}
	closed.Store(true)
	until("it is declared by itself", func(s console.Status) bool { return len(s.Incidents) == 1 && !s.Incidents[0].Declared.IsZero() })
	var declared console.Explained
	if read("/api/v1/incidents/"+id+"/explain", &declared); declared.Gate != "" {
		t.Errorf("declared, and a gate is named: %q", declared.Gate)
	}
}
