package console

import (
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"sync"
	"time"
)

const (
	sessionLife   = 12 * time.Hour // a shift; then one signs in again
	sessionCookie = "holdfast_session"
	// A browser takes a cookie with this prefix only over TLS, for the whole host, from the host itself.
	secureCookie = "__Host-" + sessionCookie
)

// sessions are the browsers that have signed in. They live in memory: a restart signs everybody out. A session is known
// by the hash of its id, so that nothing in memory or in a dump can be sent as a cookie. It holds the token it was opened
// with, and every request proves the token anew: who is taken out of people.yaml is out at once.
type sessions struct {
	mu   sync.Mutex
	open map[[sha256.Size]byte]session
}

type session struct {
	token string
	until time.Time
}

func newSessions() *sessions { return &sessions{open: map[[sha256.Size]byte]session{}} }

// begin opens a session and returns its id. Sessions that have run out are dropped on the way, so there are never more
// than sign-ins within one life.
func (s *sessions) begin(token string, now time.Time) string {
	id := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, old := range s.open {
		if !now.Before(old.until) {
			delete(s.open, hash)
		}
	}
	s.open[sha256.Sum256([]byte(id))] = session{token: token, until: now.Add(sessionLife)}
	return id
}

// token is what the session of a request was opened with.
func (s *sessions) token(r *http.Request, now time.Time) (string, bool) {
	id := sessionID(r)
	if id == "" {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.open[sha256.Sum256([]byte(id))]
	if !ok || !now.Before(found.until) {
		return "", false
	}
	return found.token, true
}

// end closes the session of a request.
func (s *sessions) end(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, sha256.Sum256([]byte(sessionID(r))))
}

func sessionID(r *http.Request) string {
	for _, name := range []string{secureCookie, sessionCookie} {
		if cookie, err := r.Cookie(name); err == nil && cookie.Value != "" {
			return cookie.Value
		}
	}
	return ""
}

// cookieFor carries a session id; an empty one takes the cookie away.
func cookieFor(id string, secure bool) *http.Cookie {
	cookie := &http.Cookie{Name: sessionCookie, Value: id, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode, MaxAge: int(sessionLife.Seconds())}
	if secure {
		cookie.Name = secureCookie
	}
	if id == "" {
		cookie.MaxAge = -1
	}
	return cookie
}
