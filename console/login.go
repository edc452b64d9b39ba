package console

import (
	"net/http"
	"net/url"
	"strings"
)

// loginView is what the login page shows.
type loginView struct {
	frame
	Next  string
	Wrong bool
}

func (c *console) loginPage(w http.ResponseWriter, r *http.Request) {
	c.pages.show(w, http.StatusOK, "login", loginView{frame: c.frame(r, "Sign in"), Next: ownPath(r.URL.Query().Get("next"))})
}

// login opens a session for whoever brings a good token.
func (c *console) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxCommand)
	if err := r.ParseForm(); err != nil {
		writeProblem(w, unreadBody(err))
		return
	}
	token, next := strings.TrimSpace(r.PostForm.Get("token")), ownPath(r.PostForm.Get("next"))
	person, known := c.Authenticate(token)
	if token == "" || !known {
		c.Logger.Warn().Str("from", r.RemoteAddr).Msg("somebody tried to sign in with a token that nobody has")
		c.pages.show(w, http.StatusUnauthorized, "login", loginView{frame: c.frame(r, "Sign in"), Next: next, Wrong: true})
		return
	}
	c.sessions.end(r)
	http.SetCookie(w, cookieFor(c.sessions.begin(token, c.Now()), c.secure(r)))
	c.Logger.Info().Str("person", person.ID).Str("from", r.RemoteAddr).Msg("signed in")
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (c *console) logout(w http.ResponseWriter, r *http.Request) {
	c.sessions.end(r)
	http.SetCookie(w, cookieFor("", c.secure(r)))
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// ownPath is where to go after signing in: a path of this site, never another one, whatever a link says.
func ownPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}
