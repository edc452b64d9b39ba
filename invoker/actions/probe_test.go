package actions

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func endpoint(t *testing.T, text string) Target {
	t.Helper()
	at, err := ParseEndpoint(text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestAnEndpointThatCouldBeAnotherOneIsNeverAllowed(t *testing.T) {
	for _, text := range []string{"", "ledger.internal", ":5432", "ledger.internal:0", "ledger.internal:65536", "ledger.internal:postgres", "169.254.169.254:80", "[fe80::1]:80",
		"[::ffff:127.0.0.1]:80", "0.0.0.0:80", "2130706433:80", "127.1:80", "ledger.internal:5432/x", "a b:1"} {
		if at, err := ParseEndpoint(text); err == nil {
			t.Errorf("%q is taken for %v", text, at)
		}
	}
	if at := endpoint(t, "Ledger.Internal.:5432"); at != (Target{"tcp", "ledger.internal", 5432}) {
		t.Errorf("it is taken for %v", at)
	}
}

func TestAProbeConnectsToNothingThatIsNotAllowed(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	open := l.Addr().String()
	for name, c := range map[string]struct {
		allow   []Target
		to      string
		allowed bool
		fails   string
	}{
		"allowed, and there":         {[]Target{endpoint(t, open)}, open, true, ""},
		"not allowed":                {nil, open, false, "not on the allow-list"},
		"another port":               {[]Target{endpoint(t, "127.0.0.1:1")}, open, false, "not on the allow-list"},
		"allowed for HTTP alone":     {nil, "http://" + open, false, "allowed"},
		"no host":                    {nil, "nowhere", false, "no host with a port"},
		"allowed, and nobody there":  {[]Target{endpoint(t, "127.0.0.1:1")}, "127.0.0.1:1", true, "refused"},
		"a name that became another": {[]Target{endpoint(t, "ledger.internal:5432")}, "ledger.internal:5432", true, "169.254.169.254 is link-local"},
	} {
		t.Run(name, func(t *testing.T) {
			h := hands(t, Config{TCP: c.allow, Resolver: resolverTo(netip.MustParseAddr("169.254.169.254"))})
			err := h.Knock(t.Context(), c.to)
			if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%v, expected %q", err, c.fails)
			}
			if errors.Is(err, ErrNotAllowed) == c.allowed {
				t.Errorf("that it may not be called is said: %v", !c.allowed)
			}
			if (AllowedEndpoint(c.allow, c.to) == nil) != c.allowed {
				t.Error("check says otherwise")
			}
		})
	}
}

func TestAProbeLooksThroughTheSameDoorsAsASteps(t *testing.T) {
	var asked http.Header
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header
		if r.URL.Path == "/elsewhere" {
			http.Redirect(w, r, "/", http.StatusFound)
		}
		_, _ = w.Write([]byte("we are open"))
	}))
	defer s.Close()
	target, err := ParseTarget(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	h := hands(t, Config{HTTP: []Target{target, {"http", "shop.internal", 80}}, Resolver: resolverTo(netip.MustParseAddr("169.254.169.254"))})
	for name, c := range map[string]struct {
		url    string
		status int
		says   string
		fails  string
	}{
		"well":                       {s.URL, 0, "", ""},
		"well, and says so":          {s.URL, 200, "open", ""},
		"another text":               {s.URL, 200, "closed", `without "closed"`},
		"another status":             {s.URL, 204, "", "answered 200"},
		"sent elsewhere":             {s.URL + "/elsewhere", 0, "", "answered 302"},
		"not allowed":                {"http://127.0.0.1:1/", 0, "", "not on the allow-list"},
		"a name that became another": {"http://shop.internal/", 0, "", "169.254.169.254 is link-local"},
	} {
		t.Run(name, func(t *testing.T) {
			err := h.Look(t.Context(), c.url, c.status, c.says)
			if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%v, expected %q", err, c.fails)
			}
			if errors.Is(err, ErrNotAllowed) != (name == "not allowed") {
				t.Errorf("whether it may be called is said wrongly: %v", err)
			}
		})
	}
	if asked.Get("User-Agent") != "holdfast" || asked.Get("Authorization") != "" {
		t.Errorf("it sent %v", asked)
	}
}
