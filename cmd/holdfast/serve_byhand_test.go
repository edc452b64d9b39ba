package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdfast/journal"
	"holdfast/journal/embedded"
	"holdfast/oncall"
)

// get asks a daemon without proving who one is.
func (d started) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.HTTP+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, req)
}

// post sends JSON to a daemon, with a token where one is given.
func (d started) post(t *testing.T, path, token, text string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.HTTP+path, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return do(t, req)
}

func do(t *testing.T, req *http.Request) (status int, body string) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// paged is a pager, and the house of a shop whose director it pages.
func paged(t *testing.T, dir string) (token string, pages chan string, config string) {
	t.Helper()
	pages = make(chan string, 16)
	pager := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		pages <- string(text)
	}))
	t.Cleanup(pager.Close)
	token = shop(t, dir)
	_, hash := oncall.NewToken([]byte(strings.Repeat("a", 32)))
	put(t, dir, "continuity/people.yaml", fmt.Sprintf("people:\n  ann: {channels: [{webhook: %q}], token_hash: %q}\nroles:\n  director: {people: [ann]}\n", pager.URL, hash))
	put(t, dir, "continuity/bia.yaml", "organisation: Shop\ndeclaration: {authority: director, mode: automatic}\nservices:\n  shop: {needs: [db-1]}\ncomponents:\n  db-1: {observers: [prom]}\nobservers:\n  prom: {}\n")
	return token, pages, fmt.Sprintf("nats: {embedded: {listen: none}}\nhttp: {listen: \"127.0.0.1:0\"}\nactions: {http: {allow: [%q]}}\n", pager.URL)
}

func TestADamagedStoreIsPutAsideAndPeopleArePagedToCarryOnByHand(t *testing.T) {
	dir := t.TempDir()
	token, pages, config := paged(t, dir)
	store := filepath.Join(dir, "data", "nats")
	first := start(t, dir, config)
	if code, body := first.post(t, "/api/v1/alerts/prom", "", `{"version":"4","alerts":[]}`); code != 200 {
		t.Fatalf("an alert is answered with %d %s", code, body)
	}
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	meta := filepath.Join(store, "jetstream", "HOLDFAST", "streams", journal.LogStream, "meta.inf")
	whole, err := os.ReadFile(meta)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Dir(meta), "meta.inf", "{")

	for _, life := range []string{"the start that finds it", "the start after that"} {
		t.Run(life, func(t *testing.T) {
			began := time.Now()
			d := start(t, dir, config)
			select {
			case page := <-pages:
				if !strings.Contains(page, "MANUAL MODE") || !strings.Contains(page, "ann") {
					t.Errorf("the page says %s", page)
				}
			case <-time.After(30*time.Second - time.Since(began)):
				t.Error("nobody was paged within 30s")
			}
			d.carriesOnByHand(t, token)
			if err := d.stop(); err != nil {
				t.Error(err)
			}
		})
	}

	t.Run("put back and repaired, it goes on", func(t *testing.T) {
		q, err := embedded.Quarantined(store)
		if err != nil || q == nil {
			t.Fatalf("in quarantine: %+v, %v", q, err)
		}
		if err := os.Rename(filepath.Join(store, q.Kept, "jetstream"), filepath.Join(store, "jetstream")); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Dir(meta), "meta.inf", string(whole))
		d := start(t, dir, config)
		if code, body := d.get(t, "/-/ready?verbose"); code != 200 {
			t.Errorf("it is not ready: %s", body)
		}
		if err := d.stop(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(store, embedded.QuarantineFile)); err == nil {
			t.Error("it is still said to be in quarantine")
		}
	})
}

// carriesOnByHand checks that a daemon shows what there is, says why that is not all, and takes nothing that it would lose.
func (d started) carriesOnByHand(t *testing.T, token string) {
	t.Helper()
	for path, want := range map[string]string{"/-/ready?verbose": "MANUAL MODE", "/metrics": `holdfast_ready{check="store"} 0`, "/": "MANUAL MODE", "/api/v1/oncall": "ann"} {
		code, body := d.get(t, path)
		if !strings.Contains(body, want) {
			t.Errorf("%s does not say %q: %d %s", path, want, code, body)
		}
	}
	code, body := d.get(t, "/api/v1/status")
	var status struct {
		Armed bool
		Ready []struct{ Detail string }
	}
	if err := json.Unmarshal([]byte(body), &status); err != nil || code != 200 || status.Armed || len(status.Ready) != 1 || !strings.Contains(status.Ready[0].Detail, "MANUAL MODE") {
		t.Errorf("status: %d %+v (%v)", code, status, err)
	}
	if code, body := d.post(t, "/api/v1/alerts/prom", "", `{"version":"4","alerts":[]}`); code != 503 {
		t.Errorf("an alert that cannot be kept is answered with %d %s", code, body)
	}
	if code, body := d.post(t, "/api/v1/commands", token, `{"verb":"disarm","reason":"x"}`); code != 503 || !strings.Contains(body, "by hand") {
		t.Errorf("an order is answered with %d %s", code, body)
	}
}

func TestAHoleInTheLogPagesPeopleAndIsAdoptedByThem(t *testing.T) {
	dir := t.TempDir()
	token, pages, config := paged(t, dir)
	first := start(t, dir, config)
	for _, verb := range []string{"disarm", "arm", "disarm", "arm"} {
		if code, body := first.post(t, "/api/v1/commands", token, fmt.Sprintf(`{"verb":%q,"reason":"x"}`, verb)); code != 200 {
			t.Fatalf("%s is answered with %d %s", verb, code, body)
		}
	}
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	block := filepath.Join(dir, "data", "nats", "jetstream", "HOLDFAST", "streams", journal.LogStream, "msgs", "1.blk")
	stored, err := os.ReadFile(block)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(stored), `"kind":"disarmed"`) // one byte on the disk; the server then has no such message any more
	stored[at] ^= 1
	put(t, filepath.Dir(block), "1.blk", string(stored))

	d := start(t, dir, config)
	select {
	case page := <-pages:
		if !strings.Contains(page, "missing") || !strings.Contains(page, "holdfast leaves to people") {
			t.Errorf("the page says %s", page)
		}
	case <-time.After(30 * time.Second):
		t.Error("nobody was paged within 30s")
	}
	_, status := d.get(t, "/api/v1/status")
	if !strings.Contains(status, "adopt-gap 3-3") {
		t.Errorf("status does not say what to do: %s", status)
	}
	if code, body := d.post(t, "/api/v1/commands", token, `{"verb":"adopt-gap","gap":"3-3","reason":"it said disarmed"}`); code != 200 {
		t.Errorf("adopting it is answered with %d %s", code, body)
	}
	if _, status := d.get(t, "/api/v1/status"); strings.Contains(status, "adopt-gap") {
		t.Errorf("after that status says %s", status)
	}
	if err := d.stop(); err != nil {
		t.Error(err)
	}
}
