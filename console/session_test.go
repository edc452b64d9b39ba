package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func nowOf(h *house) func() time.Time { return func() time.Time { return h.now } }

// form is what a browser sends from a page of holdfast.
func form(path string, fields url.Values) ask {
	return request("POST", path, fields.Encode()).with("Content-Type", "application/x-www-form-urlencoded").with("Sec-Fetch-Site", "same-origin")
}

// signIn opens a session and returns its cookie.
func signIn(t *testing.T, h http.Handler, token string) *http.Cookie {
	t.Helper()
	w := form("/login", url.Values{"token": {token}}).of(h)
	wantStatus(t, w, 303)
	return w.Result().Cookies()[0]
}

func (a ask) carrying(c *http.Cookie) ask {
	a.AddCookie(c)
	return a
}

func TestASessionLastsAShift(t *testing.T) {
	h := newHouse(t)
	console := New(h.config())
	cookie := signIn(t, console, "token-director")
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.MaxAge != 12*3600 || cookie.Secure {
		t.Errorf("the cookie is %v", cookie)
	}
	wantIn(t, text(t, get("/").carrying(cookie).of(console)), "director-1", "Sign out")
	h.now = h.now.Add(12 * time.Hour)
	wantOut(t, text(t, get("/").carrying(cookie).of(console)), "director-1</span>")
}

func TestACookieOverTLSGoesNowhereElse(t *testing.T) {
	h := newHouse(t)
	cfg := h.config()
	cfg.ExternalURL = "https://holdfast.example"
	cookie := signIn(t, New(cfg), "token-director")
	if !cookie.Secure || !strings.HasPrefix(cookie.Name, "__Host-") || cookie.Path != "/" || cookie.Domain != "" {
		t.Errorf("the cookie is %v", cookie)
	}
}

func TestSigningOutEndsASession(t *testing.T) {
	h := newHouse(t)
	console := New(h.config())
	cookie := signIn(t, console, "token-director")
	wantStatus(t, form("/logout", nil).carrying(cookie).of(console), 303)
	wantOut(t, text(t, get("/").carrying(cookie).of(console)), "director-1</span>")
}

func TestWhoIsTakenOutOfThePeopleIsOutAtOnce(t *testing.T) {
	h := newHouse(t)
	cfg := h.config()
	cfg.LoopbackOpen = false
	gone := false
	cfg.Authenticate = authenticateUnless(h, &gone)
	console := New(cfg)
	cookie := signIn(t, console, "token-director")
	wantStatus(t, get("/").carrying(cookie).of(console), 200)
	gone = true
	wantStatus(t, get("/").carrying(cookie).of(console), 303)
	wantStatus(t, form("/orders", url.Values{"verb": {"disarm"}}).carrying(cookie).of(console), 401)
}

func TestAWrongTokenOpensNothing(t *testing.T) {
	h := newHouse(t)
	console := New(h.config())
	for _, token := range []string{"", "wrong", "token-director2"} {
		w := form("/login", url.Values{"token": {token}}).of(console)
		wantStatus(t, w, 401)
		if len(w.Result().Cookies()) > 0 {
			t.Errorf("%q gets a cookie", token)
		}
	}
}

func TestNothingInMemoryCanBeSentAsACookie(t *testing.T) {
	s := newSessions()
	id := s.begin("token", morning)
	for hash := range s.open {
		if strings.Contains(string(hash[:]), id) {
			t.Error("the id itself is kept")
		}
	}
}

func TestSessionsThatRanOutAreForgotten(t *testing.T) {
	s := newSessions()
	for n := range 100 {
		s.begin("token", morning.Add(time.Duration(n)*24*time.Hour))
	}
	if len(s.open) != 1 {
		t.Errorf("%d sessions are kept", len(s.open))
	}
}

func TestSigningInLeadsNowhereElse(t *testing.T) {
	for next, want := range map[string]string{"/incidents/a?step=go": "/incidents/a?step=go", "": "/", "//evil.example": "/", "https://evil.example/": "/",
		`/\evil.example`: "/", "javascript:alert(1)": "/", "/a\r\nSet-Cookie: x": "/", "evil": "/"} {
		if got := ownPath(next); got != want {
			t.Errorf("%q leads to %q", next, got)
		}
	}
}
