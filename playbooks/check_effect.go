package playbooks

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/prometheus/common/model"

	"holdfast/internal/source"
)

func (c *checker) run(r *Run) {
	c.exactlyOne(r.Marks, "playbook/run-kind", "a run", runKinds...)
	if r.HTTP != nil {
		c.http(r.HTTP)
	}
	if r.NATS != nil {
		c.nats(r.NATS)
	}
	if r.Exec != nil {
		c.exec(r.Exec)
	}
}

func (c *checker) verify(s *Step) {
	v := s.Verify
	c.exactlyOne(v.Marks, "playbook/verify-kind", "a verify", verifyKinds...)
	c.enum(v.Marks, "at", v.At, heights...)
	if v.Marks.Has("at") && !v.Marks.Has("service") {
		c.found.Errorf(v.Marks.Of("at"), "playbook/misplaced", "remove it", "at is for a service")
	}
	c.duration(v.Marks, "for", v.For, 0)
	c.duration(v.Marks, "every", v.Every, shortestPoll)
	if s.Marks.Has("timeout") && v.For >= s.Timeout {
		c.found.Errorf(s.Marks.Of("timeout"), "playbook/verify-timeout", "give it more time", "the step is given up after %v, before anything can have been true for %v", model.Duration(s.Timeout), model.Duration(v.For))
	}
	if v.HTTP != nil {
		c.http(v.HTTP)
	}
	if v.NATS != nil {
		c.nats(v.NATS)
	}
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

func (c *checker) http(h *HTTP) {
	c.enum(h.Marks, "method", h.Method, methods...)
	c.number(h.Marks, "expect", h.Expect, 200, 599)
	if h.Marks.Has("body") && (h.Method == "GET" || h.Method == "HEAD") {
		c.found.Errorf(h.Marks.Of("body"), "playbook/body", "use POST, or leave the body out", "a %s request has no body", h.Method)
	}
	c.url(h)
	c.header(h)
}

func (c *checker) url(h *HTTP) {
	if !h.Marks.Has("url") {
		return
	}
	at := h.Marks.Of("url")
	u, err := url.Parse(withPlaceholders(h.URL))
	switch {
	case err != nil:
		c.found.Errorf(at, "playbook/url", "", "this is not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		c.found.Errorf(at, "playbook/url", "", "a URL starts with https:// or http://")
	case u.Host == "" || u.Hostname() == "":
		c.found.Errorf(at, "playbook/url", "", "the URL names no host")
	case u.User != nil:
		c.found.Errorf(at, "playbook/url", "credentials belong into holdfast.yaml: the playbook is kept in the journal as it stands", "a URL carries no user and no password")
	case u.Fragment != "":
		c.found.Errorf(at, "playbook/url", "remove it", "what follows # is never sent")
	}
}

var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// ownHeaders are set by holdfast or by HTTP itself.
var ownHeaders = []string{"connection", "content-length", "holdfast-epoch", "host", "idempotency-key", "transfer-encoding"}

// secretHeaders carry what must not be kept in a journal.
var secretHeaders = []string{"authorization", "cookie", "proxy-authorization", "x-api-key"}

func (c *checker) header(h *HTTP) {
	for _, name := range slices.Sorted(maps.Keys(h.Header)) {
		at := h.Marks.Of("header/" + name)
		switch lower := strings.ToLower(name); {
		case !headerName.MatchString(name):
			c.found.Errorf(at, "playbook/header", "", "%q is not the name of a header", name)
		case slices.Contains(ownHeaders, lower):
			c.found.Errorf(at, "playbook/header", "remove it", "holdfast sets %s itself", name)
		case slices.Contains(secretHeaders, lower):
			c.found.Warnf(at, "playbook/secret", "let the target trust holdfast by its certificate or address", "a secret written here is kept in the journal, readable, for ever")
		}
		if strings.ContainsFunc(h.Header[name], unicode.IsControl) {
			c.found.Errorf(h.Marks.Of("header."+name), "playbook/header", "", "a header is one line of text")
		}
	}
}

// nats checks a request; holdfast's own subjects are not for playbooks, or one could forge an alert or a record.
func (c *checker) nats(n *NATS) {
	if !n.Marks.Has("subject") {
		return
	}
	at, tokens := n.Marks.Of("subject"), strings.Split(n.Subject, ".")
	switch {
	case strings.ContainsAny(n.Subject, "*>"):
		c.found.Errorf(at, "playbook/subject", "write the subject out", "a request goes to one subject, without wildcards")
	case slices.Contains(tokens, "") || strings.ContainsFunc(n.Subject, notPrintable):
		c.found.Errorf(at, "playbook/subject", "", "this is not a subject: words joined by dots, without spaces")
	case tokens[0] == "holdfast" || strings.HasPrefix(n.Subject, "$") || tokens[0] == "_INBOX":
		c.found.Errorf(at, "playbook/subject", "", "subjects under %q are not for playbooks", tokens[0])
	}
}

func notPrintable(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

var commandName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func (c *checker) exec(e *Exec) {
	if e.Marks.Has("command") && !commandName.MatchString(e.Command) {
		c.found.Errorf(e.Marks.Of("command"), "playbook/command", "holdfast.yaml maps the name to a program", "%q is not the name of a command", e.Command)
	}
	for i, arg := range e.Args {
		c.argument(e.Marks.Of(item("args", i)), arg)
	}
}

func (c *checker) argument(at source.Mark, arg string) {
	if strings.HasPrefix(arg, "-") {
		c.found.Errorf(at, "playbook/argument", "put options into the command's argv in holdfast.yaml", "an argument does not begin with -, or it could be taken for an option")
	}
	if strings.ContainsRune(arg, 0) {
		c.found.Errorf(at, "playbook/argument", "", "an argument holds no zero byte")
	}
}
