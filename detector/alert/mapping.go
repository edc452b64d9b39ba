package alert

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"holdfast/internal/subjects"
)

// A Mapping reads JSON of no known format in the way that a user wrote down: expressions of CEL (https://cel.dev) over
// the body. The exported fields are as written; [NewMapping] compiles them.
//
// In every expression "body" is the message, and in all but each "item" is one of what each lists, or the message where
// each is left out. Objects are listed by their keys in order, so that the same body always gives the same alerts.
// Besides what CEL has there are its optionals (item.?host.orValue("none")), text.split(by), text.lowerAscii(), and
// json(text), which reads JSON that is written in a string; the parts of an instant are left out, since they depend on a
// table of zones.
type Mapping struct {
	Subject     string            // as NATS matches it: * is a token, > all that follow
	Each        string            // a list; each of it is an alert
	Status      string            // "firing", "resolved" or "unknown"
	Labels      map[string]string // text, number or truth; null, none and "" leave the label out
	Annotations map[string]string // likewise
	At          string            // an instant in any way that monitoring writes one; null for none
	Fingerprint string            // the identity; default the labels together

	each, status, at, fingerprint *expression
	labels, annotations           []*expression
}

// A MappingProblem is what is wrong with a mapping: in which field, where in characters of it, what, and what to do.
type MappingProblem struct {
	Field    string // "status", "labels.component"
	From, To int
	Message  string
	Hint     string
}

// Limits of a mapping, in the units in which CEL counts cost: about one for each step, one for ten bytes of text.
const (
	maxExpressionCost = 20_000    // of one expression for one item
	maxMappingCost    = 1_000_000 // of all of them for a message
)

// TooCostly is the reason of a message on which a mapping spends more than it may.
const TooCostly Reason = "too_costly"

// NewMapping compiles a mapping as written; with problems it must not be used.
func NewMapping(written Mapping) (*Mapping, []MappingProblem) {
	m := written
	c := newCompiler()
	c.subject(m.Subject)
	m.each = c.compile("each", m.Each, c.outer, aList)
	m.status = c.compile("status", m.Status, c.inner, aText)
	m.at = c.compile("at", m.At, c.inner, anInstant)
	m.fingerprint = c.compile("fingerprint", m.Fingerprint, c.inner, aWord)
	m.labels = c.compileAll("labels", m.Labels)
	m.annotations = c.compileAll("annotations", m.Annotations)
	if strings.TrimSpace(m.Status) == "" {
		c.about("status", m.Status, `such as item.state == "ok" ? "resolved" : "firing"`, "there is none: an alert says firing, resolved or unknown")
	}
	if len(m.Labels) == 0 {
		c.about("labels", "", "such as component: item.host", "there are none, so that an alert would be about nothing")
	}
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	return &m, nil
}

// subject refuses a pattern that no subject of the alert log can match.
func (c *compiler) subject(pattern string) {
	if !subjects.Valid(pattern) {
		c.about("subject", pattern, "tokens with dots between them; * is for any token and, at the end, > for all that follow", "%q is no subject of NATS", pattern)
		return
	}
	if strings.HasPrefix(pattern, "holdfast.") && !subjects.Overlap(pattern, "holdfast.alerts.>") {
		c.about("subject", pattern, "holdfast.alerts.NAME", "no alert comes by %q", pattern)
	}
}

// Covers reports whether the mapping is for messages of a subject; of a pattern, whether it is for all that this matches.
func (m *Mapping) Covers(subject string) bool { return subjects.Covers(m.Subject, subject) }

// Read makes alerts of a message. The error is an *Unreadable. As with every format, a message is read whole or not at
// all, and one body always gives the same.
func (m *Mapping) Read(body []byte) (Batch, error) {
	v, err := parse(body)
	if err != nil {
		return Batch{}, err
	}
	r := mappingRun{vars: map[string]any{"body": celValue(v)}, left: maxMappingCost}
	b := Batch{Format: "mapping"}
	items := []ref.Val{r.vars["body"].(ref.Val)}
	if m.each != nil {
		items = r.list(m.each)
	}
	for i, item := range items {
		r.vars["item"], r.item = item, i+1
		if b.Alerts = append(b.Alerts, m.alert(&r)); r.err != nil {
			return Batch{}, r.err
		}
	}
	if r.err != nil {
		return Batch{}, r.err
	}
	return b, nil
}

// alert makes one alert of the item at hand.
func (m *Mapping) alert(r *mappingRun) Alert {
	a := Alert{Labels: r.words(m.labels), Annotations: r.words(m.annotations)}
	switch a.Status = Status(r.word(m.status)); a.Status {
	case Firing, Resolved, Unknown:
	default:
		r.fail(Malformed, m.status, "is %s, not firing, resolved or unknown", short(string(a.Status)))
	}
	if len(a.Labels) == 0 {
		r.fail(Malformed, m.status, "is of an alert without labels, which is about nothing")
	}
	if a.Fingerprint = r.word(m.fingerprint); a.Fingerprint == "" {
		a.Fingerprint = fingerprint(a.Labels)
	}
	return a.since(r.instant(m.at))
}

// A mappingRun is the reading of one message. The first thing that is wrong stays.
type mappingRun struct {
	vars map[string]any
	item int // from 1; 0 outside of any
	left uint64
	err  error
}

func (r *mappingRun) fail(reason Reason, e *expression, format string, args ...any) {
	if r.err != nil {
		return
	}
	where := e.field
	if r.item > 0 {
		where = fmt.Sprintf("item %d: %s", r.item, e.field)
	}
	r.err = &Unreadable{reason, where + " " + fmt.Sprintf(format, args...)}
}

// spend takes a cost from what is left, if that is enough.
func (r *mappingRun) spend(e *expression, cost uint64) bool {
	if cost > r.left {
		r.fail(TooCostly, e, "costs more than a mapping may")
		return false
	}
	r.left -= cost
	return true
}

// value is what an expression comes to; nil where there is no expression, no value, or something went wrong before.
func (r *mappingRun) value(e *expression) ref.Val {
	if e == nil || r.err != nil {
		return nil
	}
	v, cost, err := e.eval(r.vars)
	if costly(err) {
		cost = r.left + 1
	}
	if !r.spend(e, cost) {
		return nil
	}
	if err != nil {
		r.fail(Malformed, e, "cannot be made out: %s", short(err.Error()))
		return nil
	}
	if o, ok := v.(*types.Optional); ok {
		if !o.HasValue() {
			return nil
		}
		v = o.GetValue()
	}
	if v == types.NullValue {
		return nil
	}
	return v
}

func (r *mappingRun) list(e *expression) (items []ref.Val) {
	v := r.value(e)
	if r.err != nil {
		return nil
	}
	all, ok := v.(traits.Lister)
	if !ok {
		r.fail(Malformed, e, "is not a list")
		return nil
	}
	if n, _ := all.Size().(types.Int); n > MaxAlerts {
		r.fail(TooMany, e, "lists %d items, more than a message may have alerts", n)
		return nil
	}
	for it := all.Iterator(); it.HasNext() == types.True; {
		items = append(items, it.Next())
	}
	return items
}

// word is a text, a number or a truth, as text; empty for none.
func (r *mappingRun) word(e *expression) string {
	switch v := r.value(e).(type) {
	case nil:
	case types.String:
		if r.spend(e, uint64(len(v))/10) {
			return string(v)
		}
	case types.Int, types.Uint, types.Double, types.Bool:
		return string(v.ConvertToType(types.StringType).(types.String))
	default:
		r.fail(Malformed, e, "is a %s, not a text, number or truth", v.Type().TypeName())
	}
	return ""
}

func (r *mappingRun) words(all []*expression) Labels {
	words := labels{}
	for _, e := range all {
		words.set(e.name, r.word(e))
	}
	return LabelsOf(words)
}

func (r *mappingRun) instant(e *expression) time.Time {
	switch v := r.value(e).(type) {
	case nil:
		return time.Time{}
	case types.Timestamp:
		return v.Time.UTC()
	case types.String, types.Int, types.Uint, types.Double:
		written := string(v.ConvertToType(types.StringType).(types.String))
		at, ok := parseTime(written)
		if !ok && written != "" {
			r.fail(Malformed, e, "is not an instant: %s", short(written))
		}
		return at
	default:
		r.fail(Malformed, e, "is a %s, not an instant", v.Type().TypeName())
	}
	return time.Time{}
}

// compileAll compiles expressions that have names, in the order of these.
func (c *compiler) compileAll(field string, written map[string]string) (all []*expression) {
	for _, name := range slices.Sorted(maps.Keys(written)) {
		if strings.TrimSpace(name) == "" {
			c.about(field+"."+name, written[name], "", "it has no name")
		}
		if strings.TrimSpace(written[name]) == "" {
			c.about(field+"."+name, written[name], `a text of its own stands in quotes within quotes: '"down"'`, "there is no expression")
		}
		if e := c.compile(field+"."+name, written[name], c.inner, aWord); e != nil {
			e.name = name
			all = append(all, e)
		}
	}
	return all
}
