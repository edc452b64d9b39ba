package alert

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// labels are gathered field by field from a format that has none, or not only. Their names are in lower_snake.
type labels map[string]string

// set puts in what a format itself says, over whatever is there; what is empty was not said.
func (l labels) set(name, value string) {
	if value != "" {
		l[name] = value
	}
}

// add puts in what a user of the format wrote, under a name of the user's. Values whose names come to the same are kept
// side by side, with a comma. A name that says that its value is a secret is left out.
func (l labels) add(prefix, name, value string) {
	name = prefix + snake(name)
	if name == prefix || value == "" || secretive(name) {
		return
	}
	if known, ok := l[name]; ok && known != value {
		value = known + "," + value
	}
	l[name] = value
}

// addAll adds the strings, numbers and truth values of an object; what is deeper is left out.
func (l labels) addAll(prefix string, v value, but ...string) {
	for _, f := range v.fields {
		plain := f.value.kind == text || f.value.kind == word && !f.value.isNull()
		if plain && !slices.Contains(but, f.key) {
			l.add(prefix, f.key, f.value.text)
		}
	}
}

// secretWords are what names of secrets have in them.
var secretWords = []string{"secret", "token", "passw", "api_key", "apikey", "routing_key", "integration_key", "service_key",
	"access_key", "private_key", "credential", "authorization", "signature", "cookie"}

// secretive reports whether a name, in lower_snake, says that its value is for nobody's eyes.
func secretive(name string) bool {
	return slices.ContainsFunc(secretWords, func(word string) bool { return strings.Contains(name, word) })
}

// snake writes a name in lower_snake: InstanceId and instance-id are instance_id, DBClusterID is db_cluster_id. It is of
// ASCII letters, digits and single underscores, none of them at an end.
func snake(name string) string {
	var out []byte
	for i := range len(name) {
		b := name[i]
		switch {
		case upper(b):
			if i > 0 && (!upper(name[i-1]) || i+1 < len(name) && lower(name[i+1])) {
				out = underscore(out)
			}
			out = append(out, b+'a'-'A')
		case lower(b), '0' <= b && b <= '9':
			out = append(out, b)
		default:
			out = underscore(out)
		}
	}
	return strings.TrimSuffix(string(out), "_")
}

func underscore(out []byte) []byte {
	if len(out) == 0 || out[len(out)-1] == '_' {
		return out
	}
	return append(out, '_')
}

func upper(b byte) bool { return 'A' <= b && b <= 'Z' }
func lower(b byte) bool { return 'a' <= b && b <= 'z' }

// fingerprint is what Alertmanager has as an alert's identity where it sends none: its labels, and nothing but them.
func fingerprint(labels Labels) string {
	digits := hexadecimal(hash(labels))
	return string(digits[:])
}

// FNV-1a of 64 bits.
const fnvOffset, fnvPrime = 14695981039346656037, 1099511628211

// hash is that of labels: each name and each value, with a byte behind it that no text has.
func hash(labels Labels) uint64 {
	h := uint64(fnvOffset)
	for _, l := range labels {
		h = hashed(hashed(h, l.Name), l.Value)
	}
	return h
}

func hashed(h uint64, text string) uint64 {
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * fnvPrime
	}
	return (h ^ 0xff) * fnvPrime
}

// hashBoth is the hash of either, in little more time than that of one: each byte of a hash waits for the one before it,
// and two hashes do not wait for each other.
func hashBoth(a, b Labels) (uint64, uint64) {
	x, y := uint64(fnvOffset), uint64(fnvOffset)
	n := min(len(a), len(b))
	for i := range n {
		x, y = hashedBoth(x, y, a[i].Name, b[i].Name)
		x, y = hashedBoth(x, y, a[i].Value, b[i].Value)
	}
	for _, l := range a[n:] {
		x = hashed(hashed(x, l.Name), l.Value)
	}
	for _, l := range b[n:] {
		y = hashed(hashed(y, l.Name), l.Value)
	}
	return x, y
}

func hashedBoth(x, y uint64, s, t string) (uint64, uint64) {
	n := min(len(s), len(t))
	for i := range n {
		x, y = (x^uint64(s[i]))*fnvPrime, (y^uint64(t[i]))*fnvPrime
	}
	return hashed(x, s[n:]), hashed(y, t[n:])
}

func hexadecimal(h uint64) (digits [16]byte) {
	for i := range digits {
		digits[i] = "0123456789abcdef"[h>>(60-4*i)&15]
	}
	return digits
}

// unpack reads a message that is written within a string of another one, as strictly as that.
func unpack(message, where string) (value, error) {
	v, err := parse([]byte(message))
	if u := (*Unreadable)(nil); errors.As(err, &u) {
		err = &Unreadable{u.Reason, "in " + where + ": " + u.Detail}
	}
	return v, err
}

// unpackBase64 reads one that is in base64 there.
func unpackBase64(message, where string) (value, error) {
	body, err := base64.StdEncoding.Strict().DecodeString(message)
	if err != nil || strings.ContainsAny(message, "\r\n") {
		return value{}, &Unreadable{Malformed, where + " is not base64"}
	}
	return unpack(string(body), where)
}

// scalar is a field that is a string, a number or a truth value, as written; empty if it is not there.
func (f *form) scalar(key string) string {
	v, ok := f.value.field(key)
	if ok && v.kind != text && v.kind != word {
		f.fail(Malformed, "has a %q that is not a string or number", key)
	}
	return v.text
}

// object is a field that is an object; an empty one if it is not there.
func (f *form) object(key string, known ...string) *form {
	v, ok := f.value.field(key)
	if !ok {
		v.kind = object
	}
	if v.kind != object {
		f.fail(Malformed, "has a %q that is not an object", key)
		v = value{kind: object}
	}
	inner := fill(v, fmt.Sprintf("%q", key), known...)
	if inner.of = f; inner.err != nil {
		f.spoil(inner.err)
	}
	return inner
}

// list is the items of a field that is an array; none if it is not there.
func (f *form) list(key string) []value {
	v, ok := f.value.field(key)
	if ok && v.kind != array {
		f.fail(Malformed, "has a %q that is not an array", key)
	}
	return v.items
}

// state is a field that is one of a format's own words for a status.
func (f *form) state(key string, words map[string]Status) Status {
	got := f.text(key)
	status, ok := words[got]
	if !ok {
		f.fail(Malformed, "has %q %s, not one of %q", key, short(got), slices.Sorted(maps.Keys(words)))
	}
	return status
}

// since puts a single instant where it belongs: it is the end of what is resolved, and the start of anything else.
func (a Alert) since(at time.Time) Alert {
	if a.Status == Resolved {
		a.EndsAt = at
	} else {
		a.StartsAt = at
	}
	return a
}

// with is an alert with further labels, those of what was around it.
func (a Alert) with(further labels) Alert {
	a.Labels = a.Labels.With(LabelsOf(further)...)
	return a
}
