package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestALogThatWasReplacedIsFoundOutByWhatAnAnchorHasKept(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	token := shop(t, dir)
	posted := make(chan struct{}, 64)
	anchor := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posted <- struct{}{} }))
	defer anchor.Close()
	config := "nats: {embedded: {listen: none}}\nhttp: {listen: \"127.0.0.1:0\"}\njournal: {checkpoints: {every: 1s, url: \"" + anchor.URL + "\", file: \"" + filepath.Join(elsewhere, "anchor.jsonl") + "\"}}\n"
	store := filepath.Join(dir, "data", "nats")
	verify := func() int {
		return run([]string{"verify", "--config", filepath.Join(dir, "holdfast.yaml"), "--checkpoints", filepath.Join(elsewhere, "anchor.jsonl"), "--key", filepath.Join(elsewhere, "checkpoint.pub")})
	}

	d := start(t, dir, config)
	keeps := func() {
		t.Helper()
		select {
		case <-posted:
		case <-time.After(10 * time.Second):
			t.Fatal("no checkpoint is posted")
		}
	}
	keeps()
	for _, verb := range []string{"disarm", "arm"} {
		if code, body := d.post(t, "/api/v1/commands", token, `{"verb":"`+verb+`","reason":"x"}`); code != 200 {
			t.Fatalf("%s is answered with %d %s", verb, code, body)
		}
	}
	keeps()
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(filepath.Join(store, "checkpoint.pub"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, elsewhere, "checkpoint.pub", string(public))
	if info, err := os.Stat(filepath.Join(store, "checkpoint.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
	if code := verify(); code != exitFine {
		t.Errorf("of the log as it was, verify ends with %d", code)
	}

	for _, gone := range []string{"jetstream", "holdfast-head"} {
		if err := os.RemoveAll(filepath.Join(store, gone)); err != nil {
			t.Fatal(err)
		}
	}
	if err := start(t, dir, "nats: {embedded: {listen: none}}\nhttp: {listen: \"127.0.0.1:0\"}\n").stop(); err != nil {
		t.Fatal(err)
	}
	if code := verify(); code != exitFailure {
		t.Errorf("of another log, verify ends with %d", code)
	}
	if code := run([]string{"verify", "--config", filepath.Join(dir, "holdfast.yaml"), "--checkpoints", "x"}); code != exitUsage {
		t.Errorf("without a key, verify ends with %d", code)
	}
}

// Whoever sets up a server is told what to write there, so that a credential speaks for one observer.
func TestWhoSetsUpAServerIsToldWhereEachObserverMayPublish(t *testing.T) {
	dir := t.TempDir()
	shop(t, dir)
	put(t, dir, "continuity/bia.yaml", "organisation: Shop\nservices: {shop: {needs: [db-1]}}\ncomponents: {db-1: {observers: [prom, probes, other, own-eyes]}}\n"+
		"observers:\n  prom: {speaks_on: [holdfast.alerts.prom]}\n  probes: {speaks_on: [holdfast.alerts.probes, \"monitoring.>\"]}\n  other: {}\n  own-eyes: {own: true}\n")
	put(t, dir, "holdfast.yaml", "nats: {url: \"tls://nats.internal:4222\"}\n")
	want := "the user of probes: permissions: {publish: [\"holdfast.alerts.probes\", \"monitoring.>\"], subscribe: [\"_INBOX.>\"]}\n" +
		"the user of prom: permissions: {publish: [\"holdfast.alerts.prom\"], subscribe: [\"_INBOX.>\"]}\n"
	if got := rightsOf(filepath.Join(dir, "holdfast.yaml")); got != want {
		t.Errorf("it says\n%s", got)
	}
}

func TestStreamsOfOnesOwnServerAreSetUpWithCredentialsThatMay(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "holdfast.yaml", "nats: {url: \""+ownNATS(t)+"\"}\n")
	for range 2 { // the second time all is there
		if code := run([]string{"setup", "--config", filepath.Join(dir, "holdfast.yaml")}); code != exitFine {
			t.Errorf("it ends with %d", code)
		}
	}
	put(t, dir, "holdfast.yaml", "nats: {embedded: {}}\n")
	if code := run([]string{"setup", "--config", filepath.Join(dir, "holdfast.yaml")}); code != exitUsage {
		t.Errorf("for the server inside it ends with %d", code)
	}
}
