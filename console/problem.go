package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"holdfast/incident"
)

// A Problem is how the API says no (RFC 9457, application/problem+json).
type Problem struct {
	Type   string          `json:"type"` // stable: "urn:holdfast:refused", …
	Title  string          `json:"title"`
	Status int             `json:"status"`
	Detail string          `json:"detail"`
	Hint   string          `json:"hint,omitempty"` // what to do
	By     *incident.Actor `json:"by,omitempty"`   // of a refusal: who was first
	At     time.Time       `json:"at,omitzero"`    // and when
}

const problemPrefix = "urn:holdfast:"

// writeProblem answers with a problem; its Type is completed, its Title is that of the status unless it has one.
func writeProblem(w http.ResponseWriter, p Problem) {
	p = p.completed()
	body, err := json.Marshal(p)
	if err != nil {
		http.Error(w, p.Detail, p.Status)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n'))
}

func (p Problem) completed() Problem {
	if !strings.HasPrefix(p.Type, problemPrefix) {
		p.Type = problemPrefix + p.Type
	}
	if p.Title == "" {
		p.Title = http.StatusText(p.Status)
	}
	return p
}

// unauthorised says who is let in. Where a token was sent, that one is wrong, and to ask for one would mislead.
func unauthorised(needs need, token string) Problem {
	p := Problem{Type: "no-identity", Status: http.StatusUnauthorized}
	switch {
	case needs == sending:
		p.Detail = "this token does not allow sending alerts"
		p.Hint = "send the token that holdfast.yaml names for alert sources as Authorization: Bearer"
	case token != "":
		p.Type = "unknown-identity"
		p.Detail = "nobody has this token"
		p.Hint = "its token_hash has to be in people.yaml as the daemon read it last: reload it (SIGHUP, or POST /-/reload), or make a new one with `holdfast people token NAME`"
	case needs == ordering:
		p.Detail = "this needs to know who you are: no command is taken from nobody"
		p.Hint = "send your token as Authorization: Bearer; `holdfast people token NAME` makes one"
	default:
		p.Detail = "only known people may look here"
		p.Hint = "send a valid token as Authorization: Bearer, or sign in at /login"
	}
	return p
}

func notFound(what, hint string) Problem {
	return Problem{Type: "not-found", Status: http.StatusNotFound, Detail: what, Hint: hint}
}

func badRequest(detail, hint string) Problem {
	return Problem{Type: "bad-request", Status: http.StatusBadRequest, Detail: detail, Hint: hint}
}

// orderProblem is the answer to an order that was not carried out.
func orderProblem(err error) Problem {
	var refusal *incident.Refusal
	if errors.As(err, &refusal) {
		p := Problem{Type: "refused", Title: "Refused", Status: http.StatusConflict, Detail: refusal.Reason, At: refusal.At}
		if refusal.By != (incident.Actor{}) {
			p.By = &refusal.By
		}
		return p
	}
	var missing *incident.NotFound
	if errors.As(err, &missing) {
		return notFound(fmt.Sprintf("there is no %s %q", missing.What, missing.ID), missing.Hint)
	}
	return Problem{Type: "not-recorded", Status: http.StatusServiceUnavailable,
		Detail: err.Error(),
		Hint:   "look at the incident before you order it again: nothing happens that is not in the journal"}
}

// known answers what is in no route: that there is nothing, or by which methods there is.
func known(routes *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := routes.Handler(r); pattern != "" {
			routes.ServeHTTP(w, r)
			return
		}
		methods := allowed(routes, r)
		if methods == "" {
			writeProblem(w, notFound(fmt.Sprintf("there is nothing at %s %s", r.Method, r.URL.Path), "the API is below /api/v1/, the pages begin at /"))
			return
		}
		w.Header().Set("Allow", methods)
		writeProblem(w, Problem{Type: "method", Status: http.StatusMethodNotAllowed, Detail: fmt.Sprintf("%s takes no %s", r.URL.Path, r.Method), Hint: "it takes " + methods})
	})
}

// allowed are the methods by which there is something at the path of a request.
func allowed(routes *http.ServeMux, r *http.Request) string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		other := *r
		other.Method = method
		if _, pattern := routes.Handler(&other); pattern != "" {
			methods = append(methods, method)
		}
	}
	return strings.Join(methods, ", ")
}
