package actions

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A veiled is one of the ways in which a secret can stand in an answer, flattened.
type veiled struct {
	name string
	look []byte
}

// looks are the ways in which a secret can stand in an answer: as it is, and as the common encodings write it. Who is
// handed a secret can always tell it in a way of their own; this is for what is echoed, not for what is smuggled.
func looks(name, value string) []veiled {
	var all []string
	for _, part := range parts(value) {
		all = append(all, part, url.QueryEscape(part), url.PathEscape(part), percent(part), html.EscapeString(part),
			strings.Trim(strconv.Quote(part), `"`), strings.Trim(strconv.QuoteToASCII(part), `"`), hex.EncodeToString([]byte(part)))
		for _, escape := range []bool{true, false} {
			quoted := quotedJSON(part, escape)
			all = append(all, quoted, strings.ReplaceAll(quoted, "/", `\/`))
		}
		for shift := range 3 {
			all = append(all, encoded(base64.RawStdEncoding, part, shift), encoded(base64.RawURLEncoding, part, shift))
		}
	}
	var out []veiled
	for _, look := range all {
		flat := flatten(look).bytes
		if !slices.ContainsFunc(out, func(v veiled) bool { return bytes.Equal(v.look, flat) }) {
			out = append(out, veiled{name, flat})
		}
	}
	return out
}

// parts are a secret, and what of it is as secret as the whole: the password of user:password, what follows Bearer, the
// lines of a key.
func parts(value string) []string {
	all := []string{value}
	for line := range strings.Lines(value) {
		if len(line) < len(value) && len(line) >= 2*ShortestSecret {
			all = append(all, strings.TrimSpace(line))
		}
	}
	for _, separator := range []string{":", " "} {
		if _, after, ok := strings.Cut(value, separator); ok && utf8.RuneCount(flatten(after).bytes) >= ShortestSecret {
			all = append(all, after)
		}
	}
	return all
}

func percent(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteString("%" + hex.EncodeToString([]byte{c}))
	}
	return b.String()
}

func quotedJSON(s string, escapeHTML bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escapeHTML)
	_ = e.Encode(s) // of a string
	return strings.Trim(strings.TrimSpace(b.String()), `"`)
}

// encoded is what of a base64 text depends on the secret alone, when so many bytes stand before it (modulo three) and
// anything after it.
func encoded(e *base64.Encoding, s string, shift int) string {
	text := e.EncodeToString(append(make([]byte, shift), s...))
	first := []int{0, 2, 3}[shift]
	whole := (shift + len(s)) * 8 / 6 // characters of which every bit is told by what stands so far
	return text[first:whole]
}

// A flat is a text without what can be put into another without being seen: white space, line breaks of a wrapped
// encoding, control and format characters. Upper and lower case are the same.
type flat struct {
	bytes []byte
	at    []int // of each byte, where its character begins in the text
	end   []int // and where that ends
}

func flatten(s string) flat {
	f := flat{make([]byte, 0, len(s)), make([]int, 0, len(s)), make([]int, 0, len(s))}
	for i, r := range s {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(s[i:])
		}
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			continue
		}
		for _, c := range []byte(s[i : i+size]) {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			f.bytes, f.at, f.end = append(f.bytes, c), append(f.at, i), append(f.end, i+size)
		}
	}
	return f
}

// A span is a piece of a text in which a secret stands.
type span struct {
	from, to int
	name     string
}

// scrub puts the names of secrets into the place of their values. Of a text that was cut off, its end may be the beginning
// of one.
func (v *vault) scrub(s string, cut bool) string {
	s = strings.ToValidUTF8(s, "") // first: a broken byte within a secret would keep it from being found
	v.mu.Lock()
	hidden := v.hidden
	v.mu.Unlock()
	if len(hidden) == 0 || s == "" {
		return s
	}
	f := flatten(s)
	var spans []span
	for _, h := range hidden {
		spans = append(spans, f.find(h)...)
		if n := f.begun(h); cut && n > 0 {
			spans = append(spans, span{f.at[len(f.at)-n], len(s), h.name})
		}
	}
	return veil(s, spans)
}

// tell is what can be told of an answer: so many bytes of it, without secrets.
func (v *vault) tell(s string, cut bool, limit int) string { return clip(v.scrub(s, cut), limit) }

// find tells every place of a look, also where two overlap.
func (f flat) find(h veiled) (all []span) {
	for from := 0; len(h.look) > 0; {
		i := bytes.Index(f.bytes[from:], h.look)
		if i < 0 {
			break
		}
		from += i
		all = append(all, span{f.at[from], f.end[from+len(h.look)-1], h.name})
		from++
	}
	return all
}

// begun is how many bytes at the end may be the beginning of a look.
func (f flat) begun(h veiled) int {
	for n := min(len(h.look)-1, len(f.bytes)); n > 1; n-- {
		if bytes.HasSuffix(f.bytes, h.look[:n]) {
			return n
		}
	}
	return 0
}

func veil(s string, spans []span) string {
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to), cmp.Compare(a.name, b.name))
	})
	var b strings.Builder
	done := 0
	for _, p := range spans {
		if p.to <= done {
			continue
		}
		if p.from >= done {
			b.WriteString(s[done:p.from] + "[secret " + p.name + "]")
		}
		done = p.to
	}
	return b.String() + s[done:]
}
