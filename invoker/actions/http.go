package actions

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/playbooks"
)

// A door is an allow-listed target with the only client that may call it.
type door struct {
	target Target
	client *http.Client
}

// newDoor makes a client that takes no proxy from the environment, follows no redirect, asks about every address before
// it connects, and makes a fresh connection for each request: net/http repeats requests by itself on reused ones, and
// whether an effect is sent again is not net/http's to decide.
func newDoor(t Target, config *tls.Config, resolver *net.Resolver) *door {
	dialer := t.dialer(resolver)
	return &door{target: t, client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        config,
			TLSHandshakeTimeout:    10 * time.Second,
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: readAtMost,
		},
	}}
}

// A request is one HTTP request to an allow-listed target.
type request struct {
	method string
	url    string
	header map[string]playbooks.Text // as the playbook writes it
	own    map[string]string         // holdfast's; wins
	body   any                       // sent as JSON; nil: none
	form   url.Values                // or sent as a form
}

// An answer is what came back.
type answer struct {
	target Target
	status int
	raw    string // its head, as it came: to be judged, never told
	cut    bool   // raw is not all of it
	body   string // what can be told of it
}

// A callError is a request without an answer.
type callError struct {
	reach reach
	err   error
}

// reach is how far a request came.
type reach int

const (
	notAllowed reach = iota // it must not be sent, now or later
	notSent                 // the target was not reached
	maybeSent               // the target may have seen it
)

func (e *callError) Error() string { return e.err.Error() }
func (e *callError) Unwrap() error { return e.err }

// call sends a request. Its errors name the target's host and never the rest of the URL, which may be a secret.
func (h *Hands) call(ctx context.Context, r request) (answer, *callError) {
	d, req, err := h.prepare(ctx, r)
	switch {
	case errors.Is(err, errSecret):
		return answer{}, &callError{notSent, err} // it may be there the next time
	case err != nil:
		return answer{}, &callError{notAllowed, err}
	}
	var sent atomic.Bool
	req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	}))
	resp, err := d.client.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		missing := &callError{notSent, fmt.Errorf("%s: %w", d.target, err)}
		if sent.Load() {
			missing.reach = maybeSent
		}
		return answer{}, missing
	}
	defer resp.Body.Close()
	// The status is the answer; a body that breaks off takes nothing from it.
	body, err := io.ReadAll(io.LimitReader(resp.Body, readAtMost+1))
	cut := err != nil || len(body) > readAtMost
	body = body[:min(len(body), readAtMost)]
	return answer{d.target, resp.StatusCode, string(body), cut, h.vault.tell(string(body), cut, keep)}, nil
}

func (h *Hands) prepare(ctx context.Context, r request) (*door, *http.Request, error) {
	target, err := AllowedURL(slices.Collect(maps.Keys(h.doors)), r.url)
	if err != nil {
		return nil, nil, err
	}
	body, kind, err := h.written(r, recipient{target: target})
	if err != nil {
		return nil, nil, err
	}
	header, err := h.vault.texts(r.header, recipient{target: target})
	if err != nil {
		return nil, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: the method %q cannot be sent", target, r.method)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("User-Agent", "holdfast")
	for name, value := range header {
		req.Header.Set(name, value)
	}
	for name, value := range r.own {
		req.Header.Set(name, value)
	}
	return h.doors[target], req, nil
}

// written is the body of a request, with the secrets in their places, and of what kind it is; "": there is none.
func (h *Hands) written(r request, to recipient) (body io.Reader, kind string, err error) {
	switch {
	case r.form != nil:
		return strings.NewReader(r.form.Encode()), "application/x-www-form-urlencoded", nil
	case r.body == nil:
		return nil, "", nil
	}
	whole, err := h.vault.body(r.body, to)
	if err != nil {
		return nil, "", err
	}
	text, err := json.Marshal(whole)
	if err != nil {
		return nil, "", fmt.Errorf("the body cannot be written as JSON: %w", err)
	}
	return bytes.NewReader(text), "application/json", nil
}

// http carries out a run step by a request.
func (h *Hands) http(ctx context.Context, e incident.Effect) incident.Result {
	do := e.Do.HTTP
	own := marks(e)
	own["Idempotency-Key"] = e.Key
	failpoint.Hit("actions/http/sending")
	a, err := h.call(ctx, request{method: method(do, http.MethodPost), url: do.URL, header: do.Header, own: own, body: do.Body})
	failpoint.Hit("actions/http/answered")
	switch {
	case err != nil && err.reach == maybeSent:
		return unknown("no answer, so it is not known whether it was done: %v", err)
	case err != nil:
		return nothing("not sent: %v", err)
	case wanted(do, a.status) && do.Reply != nil && !a.says(do.Reply):
		return unknown("%s answered %s, which is not what the playbook wants it to say: whether it was done is not known", a.target, status(a))
	case wanted(do, a.status):
		return done(a.body)
	case a.status == http.StatusBadGateway || a.status == http.StatusGatewayTimeout:
		return unknown("%s answered %s: a gateway that does not know whether it was done", a.target, status(a))
	case refuses(a.status):
		return nothing("%s answered %s", a.target, status(a))
	}
	return failed("%s answered %s", a.target, status(a))
}

// refuses reports whether a status says that the request was not taken at all. A timeout is none of that, and a conflict can
// mean that an earlier sending is being carried out.
func refuses(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusConflict
}

// says reports whether an answer says all that a playbook wants of it.
func (a answer) says(want any) bool { return !a.cut && playbooks.Says(a.raw, want) }

// marks are the headers by which a target knows what it is asked for, by which instance, and whether it is an exercise. A
// target that has seen a higher epoch refuses a lower one.
func marks(e incident.Effect) map[string]string {
	all := map[string]string{}
	for _, m := range named(e) {
		if m.value != "" {
			all["Holdfast-"+m.name] = m.value
		}
	}
	return all
}

// A mark is something that is told of an effect along with it.
type mark struct{ name, value string }

// named are the marks of an effect, apart from its key.
func named(e incident.Effect) []mark {
	return []mark{
		{"Incident", e.Incident},
		{"Run", e.Run},
		{"Step", e.Step},
		{"Attempt", strconv.Itoa(e.Attempt)},
		{"Epoch", strconv.FormatUint(e.Epoch, 10)},
		{"Exercise", string(e.Exercise)},
	}
}

func method(do *playbooks.HTTP, otherwise string) string {
	if do.Method == "" {
		return otherwise
	}
	return do.Method
}

func wanted(do *playbooks.HTTP, status int) bool {
	if do.Expect != 0 {
		return status == do.Expect
	}
	return status >= 200 && status < 300
}

// status is an answer in words, with the head of what it says.
func status(a answer) string {
	text := fmt.Sprintf("%d %s", a.status, http.StatusText(a.status))
	if a.status >= 300 && a.status < 400 {
		text += " (redirects are not followed: name the final address)"
	}
	if a.body != "" {
		text += ": " + clip(a.body, 200)
	}
	return text
}
