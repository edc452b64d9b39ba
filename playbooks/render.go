package playbooks

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"holdfast/bia/condition"
)

// With is the step with values put in for its expressions, by their text. A step without expressions is itself. The error
// says which value has no place where it is to stand: nothing must be sent then.
func (s *Step) With(values map[string]condition.Value) (*Step, error) {
	if len(s.Parameters) == 0 {
		return s, nil
	}
	out, r := *s, renderer{values: values}
	out.Run = r.run(s.Run)
	if s.Undo != nil { // what takes an effect back is told the same as what had it
		undo := *s.Undo
		undo.Run = r.run(undo.Run)
		out.Undo = &undo
	}
	if s.Verify != nil {
		verify := *s.Verify
		verify.HTTP, verify.NATS = r.http(verify.HTTP), r.nats(verify.NATS)
		out.Verify = &verify
	}
	return &out, errors.Join(r.wrong...)
}

// A renderer puts values in, each by the encoder of its place.
type renderer struct {
	values map[string]condition.Value
	wrong  []error
}

func (r *renderer) refuse(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Errorf(format, args...))
}

// value is what an expression came to.
func (r *renderer) value(expr string) condition.Value {
	v, ok := r.values[strings.TrimSpace(expr)]
	if !ok {
		r.refuse("%s has no value", strings.TrimSpace(expr))
	}
	return v
}

// scalar is what an expression came to as one word.
func (r *renderer) scalar(expr string) string {
	v := r.value(expr)
	if !v.Type().Scalar() {
		r.refuse("%s comes to a %s, and only text and figures go in here", strings.TrimSpace(expr), v.Type())
	}
	return v.Plain()
}

func (r *renderer) run(run *Run) *Run {
	if run == nil {
		return nil
	}
	out := *run
	out.HTTP, out.NATS, out.Exec = r.http(run.HTTP), r.nats(run.NATS), r.exec(run.Exec)
	return &out
}

func (r *renderer) http(h *HTTP) *HTTP {
	if h == nil {
		return nil
	}
	out := *h
	out.URL, out.Header, out.Body = r.url(h.URL), r.lines(h.Header), r.json(h.Body)
	return &out
}

func (r *renderer) nats(n *NATS) *NATS {
	if n == nil {
		return nil
	}
	out := *n
	out.Header, out.Request = r.lines(n.Header), r.json(n.Request)
	return &out
}

func (r *renderer) exec(e *Exec) *Exec {
	if e == nil {
		return nil
	}
	out := *e
	out.Args, out.Env = nil, r.lines(e.Env)
	for _, arg := range e.Args {
		out.Args = append(out.Args, r.argument(arg))
	}
	return &out
}

// text puts values into a text, each as encode has it.
func (r *renderer) text(text string, encode func(before, expr, value string) string) string {
	all, _ := parts(text)
	var b strings.Builder
	for _, p := range all {
		if p.expr {
			b.WriteString(encode(b.String(), strings.TrimSpace(p.text), r.scalar(p.text)))
		} else {
			b.WriteString(p.text)
		}
	}
	return b.String()
}

func asItIs(_, _, value string) string { return value }

// url puts values into path and query, percent-encoded so that none of their characters means anything there. A value that
// would lead to another path, once a server takes the encoding away, is refused.
func (r *renderer) url(text string) string {
	if !holdsExpression(text) {
		return text
	}
	out := r.text(text, func(before, expr, value string) string {
		if strings.Contains(before, "?") {
			return url.QueryEscape(value)
		}
		if value == "" {
			r.refuse("%s comes to an empty text, which is no part of a path", expr)
		}
		if at := strings.IndexAny(value, `/\%;`); at >= 0 {
			r.refuse("%s comes to %q, and some servers would take %q in it apart: the URL would lead to another path", expr, value, value[at:at+1])
		}
		return url.PathEscape(value)
	})
	r.leadsAstray(text, out)
	return out
}

func (r *renderer) leadsAstray(text, out string) {
	path, _, _ := strings.Cut(out, "?")
	_, path, _ = strings.Cut(path, "://")
	_, path, _ = strings.Cut(path, "/")
	decoded, err := url.PathUnescape(path)
	segments := strings.FieldsFunc(decoded, func(c rune) bool { return c == '/' || c == '\\' })
	if err != nil || slices.Contains(segments, ".") || slices.Contains(segments, "..") {
		r.refuse("the URL would lead to another path: %q", path)
	}
	if strings.ContainsFunc(decoded, unicode.IsControl) {
		r.refuse("the URL would hold a control character")
	}
	was, err1 := url.Parse(withPlaceholders(text))
	is, err2 := url.Parse(out)
	if err1 != nil || err2 != nil || was.Scheme != is.Scheme || was.Host != is.Host || is.User != nil || is.Fragment != "" {
		r.refuse("the URL would be another one")
	}
}

// lines puts values into headers or variables, each of them one line; none may begin another. Secrets stay references.
func (r *renderer) lines(all map[string]Text) map[string]Text {
	out := maps.Clone(all)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text := all[name]
		if text.Secret != "" || !holdsExpression(text.Plain) {
			continue
		}
		text.Plain = r.text(text.Plain, asItIs)
		if strings.ContainsFunc(text.Plain, unicode.IsControl) {
			r.refuse("%s would hold a line end or another control character", name)
		}
		out[name] = text
	}
	return out
}

// argument puts values into one argument, which stays one and never looks like an option.
func (r *renderer) argument(text string) string {
	if !holdsExpression(text) {
		return text
	}
	out := r.text(text, asItIs)
	switch {
	case strings.HasPrefix(out, "-"):
		r.refuse("an argument would begin with -, and could be taken for an option: %q", out)
	case strings.ContainsRune(out, 0):
		r.refuse("an argument would hold a zero byte")
	}
	return out
}

// json puts values into what is sent as JSON: one that stands alone keeps its type.
func (r *renderer) json(x any) any {
	switch x := x.(type) {
	case string:
		if !holdsExpression(x) {
			return x
		}
		all, _ := parts(x)
		if expr, alone := whole(all); alone {
			return r.value(expr).JSON()
		}
		return r.text(x, asItIs)
	case []any:
		out := make([]any, 0, len(x))
		for _, e := range x {
			out = append(out, r.json(e))
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(x)) {
			out[k] = r.json(x[k])
		}
		return out
	}
	return x
}
