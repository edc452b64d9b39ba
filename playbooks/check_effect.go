package playbooks

import (
	"maps"
	"net/netip"
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
	if v.Prometheus != nil {
		c.prometheus(v.Prometheus)
	}
}

// prometheus checks a question in PromQL; whether the query can be read, the server says.
func (c *checker) prometheus(p *Prometheus) {
	c.url(p.Marks, p.URL)
	c.header(p.Marks, p.Header, httpHeaders)
	var secrets mentions
	secrets.texts(SecretMention{}, p.Marks, "header", p.Header)
	c.inClear(p.Marks, p.URL, secrets)
	if u, err := url.Parse(p.URL); err == nil && u.RawQuery != "" {
		c.found.Errorf(p.Marks.Of("url"), "playbook/url", "write what is asked as query", "the address of a Prometheus has nothing after ?")
	}
	if p.Marks.Has("query") && strings.TrimSpace(p.Query) == "" {
		c.found.Errorf(p.Marks.Of("query"), "playbook/empty", "", "query says nothing")
	}
	switch {
	case p.AtLeast == nil && p.AtMost == nil && p.Equals == nil:
		c.found.Errorf(p.Marks.Of(""), "playbook/bounds", "such as at_least: 0.99", "nothing says when the answer is good: write at_least, at_most or equals")
	case p.Equals != nil && (p.AtLeast != nil || p.AtMost != nil):
		c.found.Errorf(p.Marks.Of("equals"), "playbook/bounds", "keep one of the two", "equals leaves nothing for at_least and at_most to say")
	case p.AtLeast != nil && p.AtMost != nil && *p.AtLeast > *p.AtMost:
		c.found.Errorf(p.Marks.Of("at_most"), "playbook/bounds", "", "no number is at least %v and at most %v", *p.AtLeast, *p.AtMost)
	}
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

func (c *checker) http(h *HTTP) {
	c.enum(h.Marks, "method", h.Method, methods...)
	c.number(h.Marks, "expect", h.Expect, 200, 599)
	if h.Marks.Has("body") && (h.Method == "GET" || h.Method == "HEAD") {
		c.found.Errorf(h.Marks.Of("body"), "playbook/body", "use POST, or leave the body out", "a %s request has no body", h.Method)
	}
	c.url(h.Marks, h.URL)
	c.header(h.Marks, h.Header, httpHeaders)
	c.body(h.Marks.Of("body"), h.Body)
	var secrets mentions
	secrets.http(h)
	c.inClear(h.Marks, h.URL, secrets)
}

func (c *checker) url(marks source.Marks, text string) {
	if !marks.Has("url") {
		return
	}
	at := marks.Of("url")
	u, err := url.Parse(withPlaceholders(text))
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

// headers are what a place allows its headers to be called.
type headers struct {
	own    []string // set by holdfast or by the protocol itself
	prefix []string // beginnings of such
}

var (
	httpHeaders = headers{[]string{"connection", "content-length", "host", "idempotency-key", "transfer-encoding", "trailer", "upgrade", "te", "expect"}, []string{"holdfast-", "proxy-"}}
	natsHeaders = headers{nil, []string{"holdfast-", "nats-"}}
)

// secretHeaders carry what must not be kept in a journal.
var secretHeaders = []string{"authorization", "cookie", "proxy-authorization", "x-api-key"}

func (c *checker) header(marks source.Marks, header map[string]Text, taken headers) {
	for _, name := range slices.Sorted(maps.Keys(header)) {
		at, value := marks.Of("header."+name+":"), header[name]
		lower := strings.ToLower(name)
		switch {
		case !headerName.MatchString(name):
			c.found.Errorf(at, "playbook/header", "", "%q is not the name of a header", name)
		case slices.Contains(taken.own, lower) || slices.ContainsFunc(taken.prefix, func(p string) bool { return strings.HasPrefix(lower, p) }):
			c.found.Errorf(at, "playbook/header", "remove it", "holdfast sets %s itself", name)
		case slices.Contains(secretHeaders, lower) && value.Secret == "":
			c.found.Warnf(at, "playbook/secret", "name the secret in holdfast.yaml and refer to it: {secret: NAME}", "a secret written here is kept in the journal, readable, for ever")
		}
		c.text(marks.Of("header."+name), value)
		if strings.ContainsFunc(value.Plain, unicode.IsControl) {
			c.found.Errorf(marks.Of("header."+name), "playbook/header", "", "a header is one line of text")
		}
	}
}

// text checks a reference to a secret.
func (c *checker) text(at source.Mark, t Text) {
	if t.Secret != "" && !SecretName(string(t.Secret)) {
		c.found.Errorf(at, "playbook/secret-name", "holdfast.yaml says under secrets where each is kept", "%q is not the name of a secret", t.Secret)
	}
	if t.As != "" && !slices.Contains(ways, t.As) {
		c.found.Errorf(at, "playbook/secret-name", source.DidYouMean(t.As, ways), "%q is no way to write a secret: %s", t.As, either(ways))
	}
}

// body checks the references within what is sent as JSON. What is written like one and would be sent as it stands is a
// slip of the pen.
func (c *checker) body(at source.Mark, v any) {
	switch v := v.(type) {
	case Secret:
		if v == "" {
			c.found.Errorf(at, "playbook/secret-name", "", "a secret has a name")
		}
		c.text(at, Text{Secret: v})
	case map[string]any:
		if _, ok := v["as"]; ok && len(v) == 2 && v["secret"] != nil {
			c.found.Errorf(at, "playbook/secret-name", "write {secret: NAME} alone", "as is for headers, and this would be sent as it stands")
		}
		for _, key := range sortedKeys(v) {
			c.body(at, v[key])
		}
	case []any:
		for _, item := range v {
			c.body(at, item)
		}
	}
}

// inClear warns of a secret that goes over a network as it is.
func (c *checker) inClear(marks source.Marks, text string, secrets mentions) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || len(secrets) == 0 || u.Hostname() == "localhost" {
		return
	}
	if address, err := netip.ParseAddr(u.Hostname()); err == nil && address.IsLoopback() {
		return
	}
	c.found.Warnf(marks.Of("url"), "playbook/secret-in-clear", "use https", "whoever is on the way to %s can read the secret %s", u.Host, secrets[0].Name)
}

// nats checks a request; holdfast's own subjects are not for playbooks, or one could forge an alert or a record.
func (c *checker) nats(n *NATS) {
	c.header(n.Marks, n.Header, natsHeaders)
	c.body(n.Marks.Of("request"), n.Request)
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
	for _, name := range slices.Sorted(maps.Keys(e.Env)) {
		if !variableName.MatchString(name) || strings.HasPrefix(name, "HOLDFAST_") {
			c.found.Errorf(e.Marks.Of("env."+name+":"), "playbook/variable", "letters, digits and _; HOLDFAST_… are set by holdfast itself", "%q is not the name of a variable that a step can set", name)
		}
		c.text(e.Marks.Of("env."+name), e.Env[name])
		if strings.ContainsRune(e.Env[name].Plain, 0) {
			c.found.Errorf(e.Marks.Of("env."+name), "playbook/variable", "", "a variable holds no zero byte")
		}
	}
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// VariableName reports whether a variable of a command's environment can be called so.
func VariableName(name string) bool { return variableName.MatchString(name) }

func (c *checker) argument(at source.Mark, arg string) {
	if strings.HasPrefix(arg, "-") {
		c.found.Errorf(at, "playbook/argument", "put options into the command's argv in holdfast.yaml", "an argument does not begin with -, or it could be taken for an option")
	}
	if strings.ContainsRune(arg, 0) {
		c.found.Errorf(at, "playbook/argument", "", "an argument holds no zero byte")
	}
}
