package console

import (
	"strings"
	"testing"
)

func TestAWrongMethodIsAnsweredWithThoseThatWork(t *testing.T) {
	console := New(newHouse(t).config())
	for _, c := range []struct{ method, path, allow string }{
		{"GET", "/api/v1/commands", "POST"},
		{"PUT", "/api/v1/alerts/alertmanager", "POST"},
		{"GET", "/-/reload", "POST"},
		{"POST", "/metrics", "GET, HEAD"},
		{"DELETE", "/api/v1/incidents/none", "GET, HEAD"},
		{"DELETE", "/login", "GET, HEAD, POST"},
		{"POST", "/", "GET, HEAD"},
	} {
		w := request(c.method, c.path, "").of(console)
		wantStatus(t, w, 405)
		if got := w.Header().Get("Allow"); got != c.allow {
			t.Errorf("%s %s allows %q, not %q", c.method, c.path, got, c.allow)
		}
		wantIn(t, text(t, w), "urn:holdfast:method", c.method)
	}
	for _, path := range []string{"/api/v1/nothing", "/incidents/", "/.git/config"} {
		wantStatus(t, request("GET", path, "").of(console), 404)
	}
	if w := request("OPTIONS", "/api/v1/"+strings.Repeat("x", 100), "").of(console); w.Code != 404 {
		t.Errorf("answered %d", w.Code)
	}
}
