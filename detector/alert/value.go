package alert

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// A value is what a message says, before any format has made sense of it.
type value struct {
	kind   kind
	text   string // a string, or a word as written
	fields []field
	items  []value
}

type kind byte

const (
	word kind = iota // number, true, false, null
	text
	object
	array
)

type field struct {
	key   string
	value value
}

// parse reads one message into a value.
func parse(body []byte) (value, error) {
	if len(body) > MaxMessage {
		return value{}, &Unreadable{TooLarge, fmt.Sprintf("%d bytes, of at most %d", len(body), MaxMessage)}
	}
	p := parser{scanner: newScanner(body, MaxAlerts)}
	v := p.value(1)
	if p.end(); p.err != nil {
		return value{}, p.err
	}
	return v, nil
}

// A parser makes values of what a scanner reads. Fields and items are gathered in one place for all that is open, and
// taken from there when they are complete.
type parser struct {
	scanner
	fields []field
	items  []value
}

func (p *parser) value(depth int) (v value) {
	switch p.next() {
	case '{':
		v.kind = object
		first := len(p.fields)
		for m := p.object(depth); p.member(&m); {
			key := m.key
			p.logs = key == "logRecords" && p.next() == '['
			p.fields = append(p.fields, field{key, p.value(depth + 1)})
		}
		v.fields = slices.Clone(p.fields[first:])
		p.fields = p.fields[:first]
	case '[':
		v.kind = array
		first := len(p.items)
		for i := p.array(depth); p.item(&i); {
			p.items = append(p.items, p.value(depth+1))
		}
		v.items = slices.Clone(p.items[first:])
		p.items = p.items[:first]
	case '"':
		v.kind, v.text = text, p.text("a string")
	default:
		v.text = p.word()
	}
	return v
}

// field finds a field by its exact key. What is null is not there.
func (v value) field(key string) (value, bool) {
	i := slices.IndexFunc(v.fields, func(f field) bool { return f.key == key })
	if i < 0 || v.fields[i].value.isNull() {
		return value{}, false
	}
	return v.fields[i].value, true
}

func (v value) isNull() bool { return v.kind == word && v.text == "null" }

// A form reads the fields of one object of a known format; the first thing wrong stays.
type form struct {
	value value
	where string // for messages: "alert 3"
	err   error
	of    *form // the one that this is a part of; what is wrong here is wrong there
}

// fill begins to read an object whose keys a format knows; others are tolerated, but not one that only differs in case
// from a known one, since another reader may take it for that.
func fill(v value, where string, known ...string) *form {
	f := &form{value: v, where: where}
	if v.kind != object {
		f.fail(Malformed, "is not an object")
		return f
	}
	for _, got := range v.fields {
		if key, found := twisted(got.key, known); found {
			f.fail(DuplicateKey, "has key %s, which differs from %q only in case", short(got.key), key)
		}
	}
	return f
}

func (f *form) fail(r Reason, format string, args ...any) {
	f.spoil(&Unreadable{r, f.where + " " + fmt.Sprintf(format, args...)})
}

func (f *form) spoil(err error) {
	if f.err == nil {
		f.err = err
	}
	if f.of != nil {
		f.of.spoil(f.err)
	}
}

// text is a field that is a string; empty if it is not there.
func (f *form) text(key string) string {
	v, ok := f.value.field(key)
	if ok && v.kind != text {
		f.fail(Malformed, "has a %q that is not a string", key)
	}
	return v.text
}

// status is the field of that name, which must be one of a few words.
func (f *form) status(words ...Status) Status {
	got := Status(f.text("status"))
	if !slices.Contains(words, got) {
		f.fail(Malformed, "has \"status\" %s, not one of %q", short(string(got)), words)
	}
	return got
}

// texts is a field that is an object of strings; nil if it is not there.
func (f *form) texts(key string) Labels {
	v, ok := f.value.field(key)
	if !ok {
		return nil
	}
	if v.kind != object {
		f.fail(Malformed, "has %q that are not an object", key)
	}
	if len(v.fields) == 0 {
		return nil
	}
	all := make(Labels, 0, len(v.fields))
	for _, inner := range v.fields {
		if inner.value.kind != text {
			f.fail(Malformed, "has a value in %q that is not a string: %s", key, short(inner.key))
		}
		all = append(all, Label{inner.key, inner.value.text})
	}
	all.sort()
	return all
}

// labels are the texts of that name, which say what an alert is about; one without any says nothing.
func (f *form) labels() Labels {
	all := f.texts("labels")
	if len(all) == 0 {
		f.fail(Malformed, "has no \"labels\"")
	}
	return all
}

// count is a field that is a whole number of 0 or more; 0 if it is not there.
func (f *form) count(key string) uint64 {
	v, ok := f.value.field(key)
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(v.text, 10, 64)
	if err != nil || v.kind != word {
		f.fail(Malformed, "has a %q that is not a count", key)
	}
	return n
}

// time is a field that is an instant by RFC 3339; zero if it is not there. An instant without a zone could be any of a
// day's length of them: it counts as not given, so that the time of receipt is used, and the alert is not lost for it.
func (f *form) time(key string) time.Time {
	v, ok := f.value.field(key)
	if !ok {
		return time.Time{}
	}
	if v.kind == text {
		if at, ok := strictly(v.text); ok {
			return at
		}
		if _, ok := strictly(v.text + "Z"); ok {
			return time.Time{}
		}
	}
	f.fail(Malformed, "has a %q that is not an instant (RFC 3339): %s", key, short(v.text))
	return time.Time{}
}

// each reads the items of a field that must be an array of alerts.
func (f *form) each(key string, read func(v value, where string) (Alert, error)) []Alert {
	v, ok := f.value.field(key)
	if !ok || v.kind != array {
		f.fail(Malformed, "has no array %q", key)
	}
	all, err := readAll(v.items, read)
	if err != nil {
		f.spoil(err)
	}
	return all
}

// readAll reads alerts one by one, until one cannot be read.
func readAll(items []value, read func(v value, where string) (Alert, error)) ([]Alert, error) {
	var all []Alert
	for i, item := range items {
		a, err := read(item, fmt.Sprintf("alert %d", i+1))
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}
