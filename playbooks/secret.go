package playbooks

import (
	"encoding/json"
	"regexp"
	"slices"

	"holdfast/internal/source"
)

// A Secret is a reference, written {secret: NAME}: the name under which holdfast.yaml says where the secret is kept. What
// it stands for is looked up at the moment of effect, and comes into no playbook, journal, log or page.
//
// It is a type of its own, so that no value that comes from an alert or an answer can ever turn into a reference.
type Secret string

// MarshalJSON writes the reference, as it stands in the playbook.
func (s Secret) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"secret": string(s)})
}

// A Text is written out, or is a secret: {secret: NAME}, or {secret: NAME, as: bearer} for a header that wants a word
// before it.
type Text struct {
	Plain  string
	Secret Secret // empty: Plain counts
	As     string // bearer | basic (the secret is user:password); empty: the secret as it is
}

// MarshalJSON writes a text as it stands in the playbook.
func (t Text) MarshalJSON() ([]byte, error) {
	if t.Secret == "" {
		return json.Marshal(t.Plain)
	}
	return json.Marshal(struct {
		Secret string `json:"secret"`
		As     string `json:"as,omitempty"`
	}{string(t.Secret), t.As})
}

// DecodeDocument reads a word, or a reference.
func (t *Text) DecodeDocument(r *source.Reader, n source.Node) {
	if !n.IsMapping() {
		r.DecodeInto(n, &t.Plain)
		return
	}
	var reference struct {
		Secret string `doc:"secret,required"`
		As     string `doc:"as"`
	}
	r.DecodeInto(n, &reference)
	if _, written := n.Value("secret"); written && reference.Secret == "" {
		r.Problems.Errorf(r.MarkOf(n), "playbook/secret-name", "", "a secret has a name")
	}
	t.Secret, t.As = Secret(reference.Secret), reference.As
}

// ways are how a secret can be written into a header.
var ways = []string{"bearer", "basic"}

// DocumentSchema is a word, or a reference.
func (Text) DocumentSchema() map[string]any {
	return map[string]any{"anyOf": []any{
		map[string]any{"type": []any{"string", "number", "boolean"}},
		map[string]any{
			"type": "object", "additionalProperties": false, "required": []any{"secret"},
			"properties": map[string]any{"secret": map[string]any{"type": "string", "pattern": secretName.String()}, "as": source.Words(ways...)},
		},
	}}
}

var secretName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// SecretName reports whether a secret can be called so.
func SecretName(name string) bool { return secretName.MatchString(name) }

// references puts a Secret wherever {secret: NAME} stands in a body.
func references(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if name, ok := v["secret"].(string); ok && len(v) == 1 {
			return Secret(name)
		}
		for key, value := range v {
			v[key] = references(value)
		}
	case []any:
		for i, value := range v {
			v[i] = references(value)
		}
	}
	return v
}

// refer finds the references in what is sent as JSON.
func (s *Step) refer() {
	s.Run.refer()
	if s.Undo != nil {
		s.Undo.Run.refer()
	}
	if s.Verify != nil {
		s.Verify.HTTP.refer()
		s.Verify.NATS.refer()
	}
}

func (r *Run) refer() {
	if r != nil {
		r.HTTP.refer()
		r.NATS.refer()
	}
}

func (h *HTTP) refer() {
	if h != nil {
		h.Body = references(h.Body)
	}
}

func (n *NATS) refer() {
	if n != nil {
		n.Request = references(n.Request)
	}
}

// A SecretMention is a place that refers to a secret, and who would get it: one of URL, Subject and Command.
type SecretMention struct {
	Name Secret
	At   source.Mark

	URL, Subject, Command string
}

// Secrets are the references to secrets in a step, in the order of its keys.
func (s *Step) Secrets() []SecretMention {
	var all mentions
	all.run(s.Run)
	if s.Undo != nil {
		all.run(s.Undo.Run)
	}
	if verify := s.Verify; verify != nil {
		all.http(verify.HTTP)
		all.nats(verify.NATS)
		if p := verify.Prometheus; p != nil {
			all.texts(SecretMention{URL: p.URL}, p.Marks, "header", p.Header)
		}
	}
	return all
}

type mentions []SecretMention

func (m *mentions) run(r *Run) {
	if r == nil {
		return
	}
	m.http(r.HTTP)
	m.nats(r.NATS)
	if e := r.Exec; e != nil {
		m.texts(SecretMention{Command: e.Command}, e.Marks, "env", e.Env)
	}
}

func (m *mentions) http(h *HTTP) {
	if h != nil {
		m.texts(SecretMention{URL: h.URL}, h.Marks, "header", h.Header)
		m.body(SecretMention{URL: h.URL, At: h.Marks.Of("body")}, h.Body)
	}
}

func (m *mentions) nats(n *NATS) {
	if n != nil {
		m.texts(SecretMention{Subject: n.Subject}, n.Marks, "header", n.Header)
		m.body(SecretMention{Subject: n.Subject, At: n.Marks.Of("request")}, n.Request)
	}
}

func (m *mentions) texts(to SecretMention, marks source.Marks, key string, texts map[string]Text) {
	for _, name := range sortedKeys(texts) {
		if to.Name = texts[name].Secret; to.Name != "" {
			to.At = marks.Of(key + "." + name)
			*m = append(*m, to)
		}
	}
}

func (m *mentions) body(to SecretMention, v any) {
	switch v := v.(type) {
	case Secret:
		to.Name = v
		*m = append(*m, to)
	case map[string]any:
		for _, key := range sortedKeys(v) {
			m.body(to, v[key])
		}
	case []any:
		for _, item := range v {
			m.body(to, item)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
