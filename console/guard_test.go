package console

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"holdfast/oncall"
)

func authenticateUnless(h *house, gone *bool) func(string) (*oncall.Person, bool) {
	return func(token string) (*oncall.Person, bool) {
		if *gone {
			return nil, false
		}
		return h.authenticate(token)
	}
}

// A caller is one way to come to a route.
type caller struct {
	name string
	open bool // the bind is an open loopback
	come func(ask) ask
}

var callers = []caller{
	{"somebody at an open loopback", true, func(a ask) ask { return a }},
	{"somebody at an open loopback, by another name", true, func(a ask) ask { a.Host = "evil.example"; return a }},
	{"somebody with a wrong token at an open loopback", true, func(a ask) ask { return a.as("wrong") }},
	{"somebody", false, func(a ask) ask { return a }},
	{"a sender of alerts", false, func(a ask) ask { return a.as("token-alerts") }},
	{"a scraper", false, func(a ask) ask { return a.as("token-metrics") }},
	{"a person", false, func(a ask) ask { return a.as("token-ledger") }},
}

// admitted is who comes through to which route: one letter for each of callers, in order; x for admitted. A route that
// is not in this table fails the test: whoever adds one has to say who it is for.
var admitted = map[string]string{
	"GET /-/healthy":      "x x x x x x x",
	"GET /-/ready":        "x x x x x x x",
	"POST /-/reload":      "x - - - - - x",
	"GET /metrics":        "x - - - - x x",
	"GET /api/v1/actions": "x - - - - - x",
	"GET /api/v1/incidents/{id}/runs/{run}/diff": "x - - - - - x",
	"GET /api/v1/playbooks":                      "x - - - - - x",
	"GET /api/v1/playbooks/{id}":                 "x - - - - - x",
	"GET /api/v1/playbooks/{id}/diff":            "x - - - - - x",
	"GET /api/v1/status":                         "x - - - - - x",
	"GET /api/v1/situations":                     "x - - - - - x",
	"GET /api/v1/oncall":                         "x - - - - - x",
	"GET /api/v1/exercises":                      "x - - - - - x",
	"GET /api/v1/incidents":                      "x - - - - - x",
	"GET /api/v1/incidents/{id}":                 "x - - - - - x",
	"GET /api/v1/incidents/{id}/explain":         "x - - - - - x",
	"GET /api/v1/incidents/{id}/report":          "x - - - - - x",
	"GET /api/v1/refusals":                       "x - - - - - x",
	"POST /api/v1/commands":                      "- - - - - - x",
	"POST /api/v1/alerts/{source}":               "- - - - x - x",
	"GET /style.css":                             "x x x x x x x",
	"GET /login":                                 "x x x x x x x",
	"POST /login":                                "x x x x x x x",
	"POST /logout":                               "x x x x x x x",
	"GET /{$}":                                   "x - - - - - x",
	"GET /incidents/{id}":                        "x - - - - - x",
	"POST /orders":                               "- - - - - - x",
}

func TestEveryRouteIsForThoseItIsForAndNobodyElse(t *testing.T) {
	h := newHouse(t)
	got := map[string]string{}
	for _, r := range newConsole(h.config()).routes() {
		method, path, _ := strings.Cut(r.pattern, " ")
		path = strings.NewReplacer("{id}", "none", "{source}", "none", "{$}", "").Replace(path)
		var row []string
		for _, by := range callers {
			cfg := h.config()
			cfg.LoopbackOpen, cfg.AlertsToken, cfg.MetricsToken = by.open, "token-alerts", "token-metrics"
			w := by.come(request(method, path, "")).of(New(cfg))
			row = append(row, map[bool]string{true: "-", false: "x"}[shutOut(path, w.Code)])
		}
		got[r.pattern] = strings.Join(row, " ")
	}
	if diff := cmp.Diff(admitted, got); diff != "" {
		t.Errorf("who comes through (- wanted, + got; callers in order: %v):\n%s", callerNames(), diff)
	}
}

// shutOut reports whether an answer is that of a closed door. The login refuses who has no token without being one.
func shutOut(path string, status int) bool {
	toLogin := status == http.StatusSeeOther && path != "/logout"
	return status == http.StatusUnauthorized && path != "/login" || toLogin
}

func callerNames() (names []string) {
	for _, c := range callers {
		names = append(names, c.name)
	}
	return names
}

func TestSendersNeedNoTokenWhereThereIsNoneAndTheLoopbackIsOpen(t *testing.T) {
	h := &house{t: t}
	wantStatus(t, request("POST", "/api/v1/alerts/alertmanager", oneAlert).of(bridgeTo(h, "", true)), 200)
	wantStatus(t, request("POST", "/api/v1/alerts/alertmanager", oneAlert).of(bridgeTo(h, "", false)), 401)
	wantStatus(t, request("POST", "/api/v1/alerts/alertmanager", oneAlert).as("secret").of(bridgeTo(h, "secret", false)), 200)
	wantStatus(t, request("POST", "/api/v1/alerts/alertmanager", oneAlert).of(bridgeTo(h, "secret", true)), 401)
	wantStatus(t, request("POST", "/api/v1/alerts/alertmanager", oneAlert).as("").of(bridgeTo(h, "", false)), 401)
}

// A token of one sender must not speak for another, nor a person's, nor the one for all the rest.
func TestASourceThatIsASendersTakesItsTokenAndNoOther(t *testing.T) {
	h := newHouse(t)
	cfg := h.config()
	cfg.LoopbackOpen, cfg.AlertsToken = true, "token-alerts"
	cfg.Senders = []Sender{{Name: "prom", Token: "token-prom", Sources: []string{"prom", "prom-2"}}, {Name: "probes", Token: "token-probes", Sources: []string{"probes"}},
		{Name: "nats-only", Sources: []string{"nats-only"}}}
	console := New(cfg)
	for _, c := range []struct {
		path, token string
		status      int
	}{
		{"/api/v1/alerts/prom", "token-prom", 200},
		{"/api/v1/alerts/prom-2", "token-prom", 200},
		{"/api/v1/alerts/alertmanager?source=prom", "token-prom", 200},
		{"/api/v1/alerts/prom", "token-probes", 401},
		{"/api/v1/alerts/alertmanager?source=prom", "token-probes", 401},
		{"/api/v1/alerts/prom?source=probes", "token-prom", 401},
		{"/api/v1/alerts/prom", "token-alerts", 401},
		{"/api/v1/alerts/prom", "token-director", 401},
		{"/api/v1/alerts/nats-only", "token-prom", 401},
		{"/api/v1/alerts/nats-only", "token-alerts", 401},
		{"/api/v1/alerts/other", "token-alerts", 200},
		{"/api/v1/alerts/other", "token-prom", 401},
	} {
		w := request("POST", c.path, oneAlert).as(c.token).of(console)
		if w.Code != c.status {
			t.Errorf("%s with %s is answered with %d, expected %d", c.path, c.token, w.Code, c.status)
		}
	}
	w := request("POST", "/api/v1/alerts/prom", oneAlert).of(console)
	if w.Code != 401 || !strings.Contains(w.Body.String(), "only prom posts alerts as") {
		t.Errorf("without a token it is answered with %d %s", w.Code, w.Body)
	}
}

func TestNoOtherSiteCanChangeAnything(t *testing.T) {
	h := newHouse(t)
	console := New(h.config())
	cookie := signIn(t, console, "token-director")
	for _, r := range newConsole(h.config()).routes() {
		method, path, _ := strings.Cut(r.pattern, " ")
		if method == "GET" {
			continue
		}
		cross := request(method, path, url.Values{"verb": {"disarm"}}.Encode()).carrying(cookie).with("Content-Type", "application/x-www-form-urlencoded")
		wantStatus(t, cross.with("Sec-Fetch-Site", "cross-site").of(console), 403)
		cross = request(method, path, "").carrying(cookie).with("Origin", "null")
		wantStatus(t, cross.of(console), 403)
	}
	if armed, why := h.desk.Armed(); !armed {
		t.Errorf("another site disarmed the house: %s", why)
	}
}

func TestEveryAnswerTellsBrowsersToDoNoMore(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/", "/login", "/style.css", "/api/v1/status", "/metrics", "/nowhere", "/-/healthy"} {
		header := get(path).of(New(h.config())).Result().Header
		if csp := header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'self';") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: CSP %q", path, csp)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if got := header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s is open to other sites: %s", path, got)
		}
	}
}

func TestACrashOfOneRequestIsAnsweredAndTold(t *testing.T) {
	h := newHouse(t)
	cfg := h.config()
	cfg.Ready = func() []Check { panic("a check crashed") }
	w := get("/-/ready").of(New(cfg))
	wantStatus(t, w, 500)
	wantOut(t, text(t, w), "a check crashed")
}

func TestTheLogTellsOfClosedDoorsAndKeepsTokensOut(t *testing.T) {
	h := newHouse(t)
	var log bytes.Buffer
	cfg := h.config()
	cfg.Logger = zerolog.New(&log).Level(zerolog.InfoLevel)
	console := New(cfg)
	get("/api/v1/status?token=secret-query").as("secret-bearer").of(console)
	form("/login", url.Values{"token": {"secret-form"}}).of(console)
	request("POST", "/api/v1/alerts/alertmanager", oneAlert).of(console)
	get("/metrics").of(console)
	order("token-director", `{"verb":"disarm","reason":"exercise"}`).of(console)
	wantIn(t, log.String(), `"path":"/api/v1/status","status":401`, `"person":"director-1","verb":"disarm"`)
	wantOut(t, log.String(), "secret", "token-director", "/metrics", "alertmanager")
}

func TestAnUnknownPathIsNotFound(t *testing.T) {
	h := newHouse(t)
	w := get("/api/v2/status").of(New(h.config()))
	wantStatus(t, w, 404)
	wantIn(t, text(t, w), `"type":"urn:holdfast:not-found"`, `"hint"`)
}

func TestAWrongTokenIsToldApartFromNone(t *testing.T) {
	console := New(newHouse(t).config())
	for _, path := range []string{"/api/v1/status", "/metrics"} {
		w := request("GET", path, "").as("wrong").of(console)
		wantStatus(t, w, 401)
		wantIn(t, text(t, w), "urn:holdfast:unknown-identity", "nobody has this token", "holdfast people token")
	}
	w := request("POST", "/api/v1/commands", "{}").of(console)
	wantStatus(t, w, 401)
	wantIn(t, text(t, w), "urn:holdfast:no-identity", "no command is taken from nobody")
}
