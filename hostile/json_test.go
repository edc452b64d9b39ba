package hostile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// An input is what somebody sends, and what is wrong with it.
type input struct {
	what string
	body []byte
}

// jsons are what can be made of a good JSON object that no reader may take for one.
func jsons(t *testing.T, good []byte) (all []input) {
	t.Helper()
	if !json.Valid(good) {
		t.Fatalf("the good one is none: %s", good)
	}
	good = bytes.TrimSpace(good)
	add := func(body []byte, what string, args ...any) {
		all = append(all, input{fmt.Sprintf(what, args...), body})
	}
	for n := range 16 {
		cut := len(good) * n / 16
		add(good[:cut], "cut off after %d of %d bytes", cut, len(good))
	}
	for _, o := range some(members(good), 8) {
		key := string(good[o.key:o.colon])
		add(splice(good, o.key, o.key, key+":null,"), "%s twice", key)
		add(splice(good, o.key, o.key, twisted(key)+":null,"), "%s twice, in another case", key)
		for _, number := range []string{"NaN", "-Infinity", "01", "1.", "+1", "0x10", "'text'", "undefined", "{,}", "[1,]"} {
			add(splice(good, o.value, o.end, number), "%s is %s", key, number)
		}
		add(splice(good, o.key, o.key, `"`+"\xff"+`":1,`), "a key that is no UTF-8 beside %s", key)
		add(splice(good, o.value, o.end, `"`+"\xed\xa0\x80"+`"`), "%s is a surrogate in UTF-8", key)
		add(splice(good, o.value, o.end, `"`+"\x01"+`"`), "%s has a control character", key)
		add(splice(good, o.value, o.end, strings.Repeat("[", 5000)+strings.Repeat("]", 5000)), "%s is nested 5,000 times", key)
		add(splice(good, o.value, o.end, strings.Repeat(`{"a":`, 60)+"1"+strings.Repeat("}", 60)), "%s is nested 60 times", key)
	}
	for _, tail := range []string{"{}", "]", "}", "x", ",", "\x00", `"`, "null"} {
		add(append(bytes.Clone(good), tail...), "followed by %q", tail)
	}
	for _, whole := range []string{"", " ", "[", "]", "{", "}", "null", "true", "0", `""`, "[]", "[[]]", "\x00", "\xff\xfe{\x00}\x00", "<alert/>", "alert: down", strings.Repeat("[", 1<<20), strings.Repeat(`{"a":`, 1<<18), strings.Repeat("1", 1<<20), `"` + strings.Repeat("a", 1<<20)} {
		add([]byte(whole), "instead: %.20q", whole)
	}
	return all
}

// A member is where in a text a member of an object stands.
type member struct{ key, colon, value, end int }

// members are the members of all objects of a JSON text, as far as they are written plainly.
func members(text []byte) (all []member) {
	type level struct {
		object bool
		at     member
		key    bool // a key comes next
	}
	var open []level
	d := json.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.Token()
		if err != nil {
			return all
		}
		end := int(d.InputOffset())
		if delim, is := token.(json.Delim); is && (delim == '{' || delim == '[') {
			open = append(open, level{object: delim == '{', key: delim == '{'})
			continue
		} else if is {
			open = open[:len(open)-1]
		}
		if len(open) == 0 {
			continue
		}
		top := &open[len(open)-1]
		switch name, _ := token.(string); {
		case !top.object:
		case top.key:
			written, _ := json.Marshal(name)
			top.at = member{key: end - len(written), colon: end}
			top.at.value = end + bytes.IndexByte(text[end:], ':') + 1
			top.key = false
		default:
			top.at.end, top.key = end, true
			if plain := text[top.at.key] == '"'; plain {
				all = append(all, top.at)
			}
		}
	}
}

// some are up to n of all, spread over them.
func some[A any](all []A, n int) (few []A) {
	if len(all) <= n {
		return all
	}
	for i := range n {
		few = append(few, all[i*len(all)/n])
	}
	return few
}

func splice(text []byte, from, to int, with string) []byte {
	return append(append(bytes.Clone(text[:from]), with...), text[to:]...)
}

// twisted is a key in another case.
func twisted(key string) string {
	if upper := strings.ToUpper(key); upper != key {
		return upper
	}
	return strings.ToLower(key)
}
