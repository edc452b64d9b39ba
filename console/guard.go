package console

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"holdfast/oncall"
)

// guard lets through to a route only those it is for.
func (c *console) guard(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if c.admits(r.needs, req) {
			r.handle(w, req)
			return
		}
		if r.page && req.Method == http.MethodGet {
			http.Redirect(w, req, "/login?next="+url.QueryEscape(req.URL.RequestURI()), http.StatusSeeOther)
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="holdfast"`)
		problem := unauthorised(r.needs, bearer(req))
		if whose := c.sender(r.needs, req); whose != nil {
			problem.Detail = fmt.Sprintf("only %s posts alerts as %q, with a token of its own", whose.Name, sourceOf(req))
			problem.Hint = "send the token of alerts.senders." + whose.Name + " in holdfast.yaml as Authorization: Bearer, or post to a source of your own"
		}
		writeProblem(w, problem)
	})
}

// admits reports whether a request brings what a route needs.
func (c *console) admits(needs need, r *http.Request) bool {
	if needs == nothing {
		return true
	}
	if whose := c.sender(needs, r); whose != nil {
		return sameToken(bearer(r), whose.Token)
	}
	if _, known := c.person(r); known {
		return true
	}
	switch needs {
	case looking:
		return c.open(r)
	case scraping:
		return c.open(r) || sameToken(bearer(r), c.MetricsToken)
	case sending:
		return sameToken(bearer(r), c.AlertsToken) || c.AlertsToken == "" && c.open(r)
	}
	return false
}

// sender is whose the source is that a request posts alerts to; nil: nobody's in particular. A person is not an observer, so
// their token does not open it either.
func (c *console) sender(needs need, r *http.Request) *Sender {
	if needs != sending {
		return nil
	}
	at := slices.IndexFunc(c.Senders, func(s Sender) bool { return slices.Contains(s.Sources, sourceOf(r)) })
	if at < 0 {
		return nil
	}
	return &c.Senders[at]
}

// person is who sends a request: by bearer token or, in a browser, by session. A token that is sent and wrong is never
// made up for by a session.
func (c *console) person(r *http.Request) (*oncall.Person, bool) {
	if r.Header.Get("Authorization") != "" {
		token := bearer(r)
		if token == "" {
			return nil, false
		}
		return c.Authenticate(token)
	}
	token, ok := c.sessions.token(r, c.Now())
	if !ok {
		return nil, false
	}
	return c.Authenticate(token)
}

// open reports whether a request may look without an identity: on a loopback bind, and asked for by a loopback name.
// The name is checked because a web page can have its own name resolve to this machine (DNS rebinding) and would
// otherwise read along through the browser of whoever opens it; and so that a proxy does not open the house to the world.
func (c *console) open(r *http.Request) bool {
	if !c.LoopbackOpen || r.Header.Get("Authorization") != "" {
		return false
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// bearer is the token of an Authorization header; empty if there is none.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// sameToken compares in a time that tells nothing. No token is like an empty one.
func sameToken(got, want string) bool {
	if got == "" || want == "" {
		return false
	}
	g, w := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(g[:], w[:]) == 1
}

// outside is what every request passes through: headers that keep browsers from doing more than they are told, no
// changes on behalf of other sites, no crash that takes the daemon along, one line in the log.
func (c *console) outside(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, Problem{Type: "cross-origin", Status: http.StatusForbidden, Detail: "this request comes from another site, and only holdfast's own pages may change something",
			Hint: "open holdfast's page itself, or use the API with a token"})
	}))
	return c.logged(recovered(c.Logger, secured(c.secure, protection.Handler(next))))
}

// secured sets the headers of every answer. Pages load one style sheet of their own and nothing else, run no script,
// and can be put into no frame.
func secured(overTLS func(*http.Request) bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if overTLS(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// secure reports whether the browser is connected by TLS, here or at a proxy that ExternalURL tells of.
func (c *console) secure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(c.ExternalURL, "https://")
}

// recovered answers a crash of one request with 500 and lets the others live.
func recovered(log zerolog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch crash := recover(); crash {
			case nil:
			case http.ErrAbortHandler:
				panic(crash)
			default:
				log.Error().Str("path", r.URL.Path).Any("panic", crash).Bytes("stack", debug.Stack()).Msg("a request crashed")
				writeProblem(w, Problem{Type: "crashed", Status: http.StatusInternalServerError, Detail: "holdfast failed to answer this request; the reason is in its log"})
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// logged writes a line for each request. Neither query nor header is written, for tokens must not reach a log.
func (c *console) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		c.Logger.WithLevel(worth(r, seen.status)).Str("method", r.Method).Str("path", r.URL.Path).Int("status", seen.status).
			Str("from", r.RemoteAddr).Dur("took", time.Since(began)).Msg("answered a request")
	})
}

// worth is how much an answer is worth telling: closed doors most, then what people change; what looks and what monitoring
// sends all day least.
func worth(r *http.Request, status int) zerolog.Level {
	looks := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status >= 500 && !looks:
		return zerolog.WarnLevel
	case looks, strings.HasPrefix(r.URL.Path, "/api/v1/alerts/") && status < 400:
		return zerolog.DebugLevel
	}
	return zerolog.InfoLevel
}

// statusWriter remembers what was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
