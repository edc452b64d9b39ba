package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"holdfast/console"
	"holdfast/journal"
	"holdfast/journal/embedded"
)

// printed is the first block of a language in the part of docs/formats.md that is about mappings.
func printed(t *testing.T, language string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(text), "\n## JSON of your own: mappings\n")
	_, block, found := strings.Cut(part, "\n```"+language+"\n")
	block, _, closed := strings.Cut(block, "\n```\n")
	if !found || !closed {
		t.Fatalf("docs/formats.md shows no %s of a mapping", language)
	}
	return block + "\n"
}

// depot is what the documentation's mapping speaks of.
const depot = `organisation: Depot
services: {gate: {needs: [db-1, web-1, web-2]}}
components: {db-1: {observers: [depot]}, web-1: {observers: [depot]}, web-2: {observers: [depot]}}
observers: {depot: {}}
`

// A depotDaemon is one that hears what a depot sends.
type depotDaemon struct {
	*testing.T
	started
}

const depotConfig = `
nats: {embedded: {store: nats, listen: "127.0.0.1:0"}}
http: {listen: "127.0.0.1:0"}
`

func (d depotDaemon) post(path, body string) {
	d.Helper()
	r, err := http.NewRequestWithContext(d.Context(), http.MethodPost, d.HTTP+path, strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		d.Fatalf("%s is answered with %s: %s", path, answer.Status, text)
	}
}

func (d depotDaemon) publish(subject, body string) {
	d.Helper()
	nc, err := nats.Connect(d.NATS)
	if err != nil {
		d.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Request(subject, []byte(body), patient); err != nil {
		d.Fatal(err)
	}
}

// expect waits until the house is as said: components that are not up, messages that were not read by reason.
func (d depotDaemon) expect(want string) {
	d.Helper()
	got := ""
	for deadline := time.Now().Add(patient); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		r, err := http.NewRequestWithContext(d.Context(), http.MethodGet, d.HTTP+"/api/v1/status", nil)
		if err != nil {
			d.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			d.Fatal(err)
		}
		var s console.Status
		err = json.NewDecoder(answer.Body).Decode(&s)
		_ = answer.Body.Close()
		if err != nil {
			d.Fatal(err)
		}
		var words []string
		for _, c := range s.Components {
			words = append(words, fmt.Sprintf("%s=%s", c.Component, c.State))
		}
		if got = strings.Join(words, " ") + fmt.Sprintf(" %v", s.Counts.Unreadable); got == want {
			return
		}
	}
	d.Fatalf("the house is %q, expected %q", got, want)
}

// The whole way, as docs/formats.md prints it: HTTP and NATS, JetStream on disk, the ears, the desk, the undertaker; and a
// reload and two restarts in between.
func TestWhatAMappingReadsChangesTheHouseAndWhatItCannotReadIsBuriedOnce(t *testing.T) {
	dir := t.TempDir()
	shop(t, dir)
	put(t, dir, "continuity/bia.yaml", depot)
	d := depotDaemon{t, start(t, dir, depotConfig)}
	events := printed(t, "json")
	d.post("/api/v1/alerts/depot", events) // nobody can read it yet
	d.expect(" map[unknown_format:1]")

	put(t, dir, "continuity/bia.yaml", depot+printed(t, "yaml"))
	d.post("/-/reload", "")
	d.expect(" map[unknown_format:1]") // what came before is not read again
	d.post("/api/v1/alerts/depot", events)
	d.expect("db-1=down web-2=degraded map[unknown_format:1]")
	d.publish("holdfast.alerts.depot", strings.ReplaceAll(strings.ReplaceAll(events, "MAJOR", "CLEAR"), "MINOR", "MAJOR"))
	d.expect("web-2=down map[unknown_format:1]")
	d.publish("holdfast.alerts.depot", `{"depot": "north", "events": [{"host": "db-1"}]}`)
	d.publish("holdfast.alerts.depot", `{"holdfast": 1, "alerts": []}`)
	d.post("/api/v1/alerts/depot", `{"events": [`)
	d.post("/api/v1/alerts/other", events)
	const after = "web-2=down map[malformed:2 not_json:1 unknown_format:2]"
	d.expect(after)

	for range 2 {
		if err := d.stop(); err != nil {
			t.Fatal(err)
		}
		d.started = start(t, dir, depotConfig)
		d.expect(after)
	}
	put(t, dir, "continuity/bia.yaml", depot) // the mapping is gone; what it has read stays read
	d.post("/-/reload", "")
	d.post("/api/v1/alerts/depot", events)
	d.expect("web-2=down map[malformed:2 not_json:1 unknown_format:3]")
	want := []string{
		`1 unknown_format it is JSON, but of no format that is known here`,
		`4 malformed item 1: labels.effect cannot be made out: "no such key: sev"`,
		`5 malformed each cannot be made out: "no such key: events"`,
		`6 not_json `,
		`7 unknown_format it is JSON, but of no format that is known here`,
		`8 unknown_format it is JSON, but of no format that is known here`,
	}
	for deadline := time.Now().Add(patient); ; d.started = start(t, dir, depotConfig) {
		time.Sleep(100 * time.Millisecond) // for the undertaker, who works behind everybody's back
		if err := d.stop(); err != nil {
			t.Fatal(err)
		}
		got := buried(t, filepath.Join(dir, "nats"))
		if len(got) < len(want) && time.Now().Before(deadline) {
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("buried (-want +got):\n%s", diff)
		}
		return
	}
}

// buried are the dead letters of a store: which message, and why.
func buried(t *testing.T, store string) (letters []string) {
	t.Helper()
	server, err := embedded.Start(embedded.Options{Store: store, Listen: embedded.None, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Stop() }()
	nc, err := server.Connect()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), journal.DeadStream)
	if err != nil {
		t.Fatal(err)
	}
	for n := range stream.CachedInfo().State.LastSeq {
		m, err := stream.GetMsg(t.Context(), n+1)
		if err != nil {
			t.Fatal(err)
		}
		reason, detail := m.Header.Get(journal.HeaderReason), m.Header.Get(journal.HeaderDetail)
		if reason == "not_json" {
			detail = ""
		}
		letters = append(letters, m.Header.Get(journal.HeaderSequence)+" "+reason+" "+detail)
		if len(m.Data) == 0 {
			t.Errorf("dead letter %d has no body", n+1)
		}
	}
	return letters
}
