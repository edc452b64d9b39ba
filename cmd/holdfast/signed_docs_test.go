package main

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdfast/detector/alert"
)

// What docs/formats.md says to type is typed, with the real openssl and curl; a changed body shows that the check can fail.
func TestTheCommandsInTheDocumentationSignAnAlert(t *testing.T) {
	text, err := os.ReadFile("../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(text), "\n## Signed alerts\n")
	_, block, found := strings.Cut(part, "\n```sh\n")
	block, _, closed := strings.Cut(block, "\n```\n")
	if !found || !closed {
		t.Fatal("docs/formats.md shows no commands that sign an alert")
	}
	var sent alert.Signature
	var body []byte
	var token string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		token = r.Header.Get("Authorization")
		sent = alert.SignatureOf("holdfast.alerts."+path.Base(r.URL.Path), r.Header)
	}))
	defer server.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{"alerts.json": "{\"holdfast\":1,\n\"alerts\":[]}\n", "prom-fra.token": "of-prom-fra\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", strings.ReplaceAll(block, "http://127.0.0.1:9464", server.URL))
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v (it needs bash, openssl 3 and curl)", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.Fields(string(out))[0])
	if err != nil {
		t.Fatal(err)
	}
	if !sent.Holds(key, body, time.Now()) {
		t.Errorf("what was typed does not sign %q: %+v", body, sent)
	}
	if token != "Bearer of-prom-fra" {
		t.Errorf("a source that is one sender's takes its token, and %q was sent", token)
	}
	if sent.Holds(key, append(body, ' '), time.Now()) {
		t.Error("it signs another body too")
	}
}
