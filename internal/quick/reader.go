package quick

import (
	"encoding"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"
)

// A reader is at a place in what it reads. Each of its methods reports false where it does not read on.
type reader struct {
	data  []byte
	at    int
	depth int // of structs within each other
	words *Words
}

// next passes a byte.
func (r *reader) next(b byte) bool {
	if r.at < len(r.data) && r.data[r.at] == b {
		r.at++
		return true
	}
	return false
}

// is passes a word.
func (r *reader) is(word string) bool {
	if len(r.data)-r.at >= len(word) && string(r.data[r.at:r.at+len(word)]) == word {
		r.at += len(word)
		return true
	}
	return false
}

func (r *reader) value(f *form, v reflect.Value) bool {
	switch f.kind {
	case text:
		s, ok := r.text()
		if ok {
			v.SetString(s)
		}
		return ok
	case truth:
		switch {
		case r.is("true"):
			v.SetBool(true)
		case !r.is("false"):
			return false
		}
		return true
	case integer:
		n, err := strconv.ParseInt(string(r.digits()), 10, 64)
		if err != nil || v.OverflowInt(n) {
			return false
		}
		v.SetInt(n)
		return true
	case natural:
		n, err := strconv.ParseUint(string(r.digits()), 10, 64)
		if err != nil || v.OverflowUint(n) {
			return false
		}
		v.SetUint(n)
		return true
	case fraction:
		from := r.at
		if !r.passNumber() {
			return false
		}
		n, err := strconv.ParseFloat(string(r.data[from:r.at]), 64)
		v.SetFloat(n)
		return err == nil
	case instant:
		return r.instant(v)
	case named:
		s, ok := r.text()
		if !ok {
			return false
		}
		u, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
		return ok && u.UnmarshalText([]byte(s)) == nil
	case raw:
		from := r.at
		if !r.pass(0) {
			return false
		}
		v.SetBytes(r.data[from:r.at:r.at])
		return true
	case list:
		return r.list(f, v)
	case table:
		return r.table(f, v)
	case pointer:
		if r.is("null") {
			return true
		}
		to := reflect.New(f.of.Elem())
		v.Set(to)
		return r.value(f.inner, to.Elem())
	case object:
		r.depth++
		ok := r.depth <= deepest && r.object(f, v)
		r.depth--
		return ok
	}
	from := r.at
	return r.pass(0) && json.Unmarshal(r.data[from:r.at], v.Addr().Interface()) == nil
}

func (r *reader) object(f *form, v reflect.Value) bool {
	if !r.next('{') {
		return false
	}
	if r.next('}') {
		return true
	}
	for i := 0; ; i++ {
		n := r.field(f, i)
		if n < 0 || !r.value(f.fields[n].form, v.Field(f.fields[n].at)) {
			return false
		}
		if i = n; r.next('}') {
			return true
		}
		if !r.next(',') {
			return false
		}
	}
}

// field passes the name of a field. Fields are written in their order, and each once; so it is one of those from a number on.
func (r *reader) field(f *form, from int) int {
	if !r.next('"') {
		return -1
	}
	rest := r.data[r.at:]
	for n := from; n < len(f.fields); n++ {
		name := f.fields[n].name
		if len(rest) > len(name)+1 && rest[len(name)] == '"' && rest[len(name)+1] == ':' && string(rest[:len(name)]) == name {
			r.at += len(name) + 2
			return n
		}
	}
	return -1
}

func (r *reader) list(f *form, v reflect.Value) bool {
	if r.is("null") {
		return true
	}
	if !r.next('[') {
		return false
	}
	if r.next(']') {
		v.Set(reflect.MakeSlice(f.of, 0, 0))
		return true
	}
	for n := 0; ; n++ {
		if n == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(n + 1)
		if !r.value(f.inner, v.Index(n)) {
			return false
		}
		if r.next(']') {
			return true
		}
		if !r.next(',') {
			return false
		}
	}
}

func (r *reader) table(f *form, v reflect.Value) bool {
	if r.is("null") {
		return true
	}
	if !r.next('{') {
		return false
	}
	v.Set(reflect.MakeMap(f.of))
	if r.next('}') {
		return true
	}
	for {
		name, ok := r.text()
		if !ok || !r.next(':') {
			return false
		}
		one := reflect.New(f.of.Elem()).Elem()
		if !r.value(f.inner, one) {
			return false
		}
		v.SetMapIndex(reflect.ValueOf(name).Convert(f.of.Key()), one)
		if r.next('}') {
			return true
		}
		if !r.next(',') {
			return false
		}
	}
}

// digits passes an integer. What is none gives nothing, or has something behind it that nobody reads on from.
func (r *reader) digits() []byte {
	from := r.at
	r.next('-')
	switch {
	case r.next('0'):
	default:
		for r.at < len(r.data) && r.data[r.at]-'0' <= 9 {
			r.at++
		}
	}
	return r.data[from:r.at]
}

// instant reads a time. As a time is written in UTC, it is read at once.
func (r *reader) instant(v reflect.Value) bool {
	t, ok := v.Addr().Interface().(*time.Time)
	if !ok {
		return false
	}
	from := r.at
	if !r.passText() {
		return false
	}
	written := r.data[from:r.at]
	if utc, ok := inUTC(written[1 : len(written)-1]); ok {
		*t = utc
		return true
	}
	return t.UnmarshalJSON(written) == nil
}

// inUTC reads 2026-11-30T20:15:00.123456789Z, with any number of digits behind the second.
func inUTC(s []byte) (t time.Time, ok bool) {
	const shortest = len("2026-11-30T20:15:00Z")
	if len(s) < shortest || len(s) > shortest+10 || s[len(s)-1] != 'Z' || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return t, false
	}
	number := func(from, to int) int {
		n := 0
		for _, c := range s[from:to] {
			if c < '0' || c > '9' {
				ok = false
				return 0
			}
			n = 10*n + int(c-'0')
		}
		return n
	}
	ok = true
	year, month, day, hour, minute, second := number(0, 4), number(5, 7), number(8, 10), number(11, 13), number(14, 16), number(17, 19)
	nanosecond := 0
	if fraction := len(s) - shortest; fraction > 0 {
		if fraction < 2 || s[19] != '.' {
			return t, false
		}
		nanosecond = number(20, len(s)-1)
		for range 10 - fraction {
			nanosecond *= 10
		}
	}
	if !ok || month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return t, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second, nanosecond, time.UTC), true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// text reads a text.
func (r *reader) text() (string, bool) {
	from := r.at
	if !r.passText() {
		return "", false
	}
	return r.words.text(r.data[from+1 : r.at-1])
}

// deepest is how many lists and objects may be within each other in what is passed, and structs in what is read: encoding/json
// has a limit too.
const deepest = 200

// pass passes any value as it is, and checks all of it.
func (r *reader) pass(depth int) bool {
	if r.at == len(r.data) || depth > deepest {
		return false
	}
	switch r.data[r.at] {
	case '"':
		return r.passText()
	case '{':
		r.at++
		if r.next('}') {
			return true
		}
		for r.passText() && r.next(':') && r.pass(depth+1) {
			if !r.next(',') {
				return r.next('}')
			}
		}
		return false
	case '[':
		r.at++
		if r.next(']') {
			return true
		}
		for r.pass(depth + 1) {
			if !r.next(',') {
				return r.next(']')
			}
		}
		return false
	case 't':
		return r.is("true")
	case 'f':
		return r.is("false")
	case 'n':
		return r.is("null")
	}
	return r.passNumber()
}

func (r *reader) passNumber() bool {
	if n := len(r.digits()); n == 0 || n == 1 && r.data[r.at-1] == '-' {
		return false
	}
	if r.next('.') && !r.passDigits() {
		return false
	}
	if r.next('e') || r.next('E') {
		if !r.next('-') {
			r.next('+')
		}
		return r.passDigits()
	}
	return true
}

func (r *reader) passDigits() bool {
	from := r.at
	for r.at < len(r.data) && r.data[r.at]-'0' <= 9 {
		r.at++
	}
	return r.at > from
}

// passText passes a text with its quotes. It may hold anything that is UTF-8, and escapes as they are written. Most of what is read is
// text, so eight bytes at a time are looked at for the next one that is not just passed over.
func (r *reader) passText() bool {
	if !r.next('"') {
		return false
	}
	from := r.at
	var beyond uint64 // has the highest bit of a byte where one was beyond ASCII
	for {
		for len(r.data)-r.at >= 8 {
			eight := binary.LittleEndian.Uint64(r.data[r.at:])
			stops := unusuals(eight)
			if stops != 0 {
				passed := bits.TrailingZeros64(stops) / 8
				beyond |= eight & highest & (1<<(8*passed) - 1)
				r.at += passed
				break
			}
			beyond |= eight & highest
			r.at += 8
		}
		if r.at == len(r.data) {
			return false
		}
		switch c := r.data[r.at]; {
		case c == '"':
			r.at++
			return beyond == 0 || utf8.Valid(r.data[from:r.at-1])
		case c == '\\':
			if !r.passEscape() {
				return false
			}
		case c < ' ':
			return false
		default:
			beyond |= uint64(c) & highest
			r.at++
		}
	}
}

// lowest and highest are the lowest and the highest bit of each of eight bytes.
const (
	lowest  = 0x0101010101010101
	highest = 0x80 * lowest
)

// unusuals has the highest bit of the first of eight bytes, the lowest, that is a quote, a backslash or a control character; 0: none
// is. Of bytes above that one it says nothing.
func unusuals(eight uint64) uint64 {
	quote, backslash := eight^'"'*lowest, eight^'\\'*lowest
	return ((quote-lowest)&^quote | (backslash-lowest)&^backslash | (eight-' '*lowest)&^eight) & highest
}

func (r *reader) passEscape() bool {
	r.at++
	if r.at == len(r.data) {
		return false
	}
	c := r.data[r.at]
	r.at++
	switch c {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		if len(r.data)-r.at < 4 {
			return false
		}
		for _, c := range r.data[r.at : r.at+4] {
			if unhex(c) < 0 {
				return false
			}
		}
		r.at += 4
		return true
	}
	return false
}

func unhex(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c - 'a' + 10)
	case 'A' <= c && c <= 'F':
		return rune(c - 'A' + 10)
	}
	return -1
}
