package alert

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// A scanner reads JSON (RFC 8259) from left to right, within limits, and guesses at nothing. encoding/json is no use
// here: it takes the last of two equal keys, takes keys in any case, and mends broken UTF-8, so that two readers of one
// message can see two different alerts.
//
// It stands at the first byte that has not been read. After anything wrong it stands at the end, so that whatever goes
// on reading comes to nothing: only where a value is made use of does anybody have to ask for err.
type scanner struct {
	data   string
	at     int
	err    error    // the first thing wrong
	tokens int      // left for what is being read
	alerts int      // left for the message
	within bool     // an alert is being read
	logs   bool     // what comes is the value of a key "logRecords"
	ascii  bool     // all that has been read
	keys   []string // of the objects that are being read, those of the innermost last
}

// newScanner checks what has to hold of every byte, once. What the scanner reads are parts of body, not copies: it must
// not be changed any more.
func newScanner(body []byte, alerts int) scanner {
	return newScannerWith(make([]string, 0, 24), body, alerts)
}

// newScannerWith has room for keys already.
func newScannerWith(keys []string, body []byte, alerts int) scanner {
	s := scanner{data: unsafe.String(unsafe.SliceData(body), len(body)), tokens: MaxTokens, alerts: alerts, keys: keys[:0]}
	if s.ascii = ascii(s.data); s.ascii || utf8.ValidString(s.data) {
		return s
	}
	for size := 0; s.err == nil; s.at += size {
		var r rune
		if r, size = utf8.DecodeRuneInString(s.data[s.at:]); r == utf8.RuneError && size == 1 {
			s.fail(NotUTF8, "byte %#02x is not UTF-8", s.data[s.at])
			break
		}
	}
	return s
}

// fail says why the message cannot be read, and where.
func (s *scanner) fail(r Reason, format string, args ...any) {
	if s.err == nil {
		s.err = &Unreadable{r, fmt.Sprintf("at byte %d: ", s.at) + fmt.Sprintf(format, args...)}
	}
	s.at = len(s.data)
}

// unexpected says what stands where something else should.
func (s *scanner) unexpected(want string) {
	if s.at >= len(s.data) {
		s.fail(NotJSON, "the message ends where %s should be", want)
		return
	}
	s.fail(NotJSON, "%q where %s should be", s.excerpt(), want)
}

// excerpt is the next few bytes, for a message.
func (s *scanner) excerpt() string {
	text := s.data[s.at:min(len(s.data), s.at+16)]
	return strings.ToValidUTF8(text, "") // the cut may go through a rune
}

// next is the first byte of what comes; 0 at the end.
func (s *scanner) next() byte {
	if s.at < len(s.data) && s.data[s.at] > ' ' {
		return s.data[s.at]
	}
	return s.pastSpace()
}

func (s *scanner) pastSpace() byte {
	for ; s.at < len(s.data); s.at++ {
		switch b := s.data[s.at]; b {
		case ' ', '\t', '\n', '\r':
		default:
			return b
		}
	}
	return 0
}

// take goes past one byte if it is the next.
func (s *scanner) take(b byte) bool {
	if s.next() != b {
		return false
	}
	s.at++
	return true
}

// spend counts a token.
func (s *scanner) spend() bool {
	if s.tokens--; s.tokens < 0 {
		s.fail(TooMany, "more than %d tokens", MaxTokens)
		return false
	}
	return true
}

// enter goes into an object or array; depth 1 is the outermost.
func (s *scanner) enter(depth int) {
	if depth > MaxDepth {
		s.fail(TooDeep, "more than %d levels", MaxDepth)
		return
	}
	s.at++
	s.spend()
}

// members are an object that is being read.
type members struct {
	key   string // of the value that comes
	first int    // where its keys begin among the scanner's
	seen  uint64 // marks of its keys
	twice bool   // two of them have the same mark
}

// object goes into an object.
func (s *scanner) object(depth int) members {
	if s.next() == '{' {
		s.enter(depth)
	} else {
		s.unexpected("an object")
	}
	return members{first: len(s.keys)}
}

// member goes to the value of the next key; it is false when there is none, or something is wrong. Whoever calls it
// reads that value before calling it again.
func (s *scanner) member(m *members) bool {
	if s.take('}') {
		s.leave(m)
		return false
	}
	if len(s.keys) > m.first && !s.take(',') {
		s.unexpected(`"," or "}"`)
	}
	m.key = s.text("a key")
	if !s.take(':') {
		s.unexpected(`":"`)
	}
	s.keys = append(s.keys, m.key)
	one := mark(m.key)
	m.twice = m.twice || m.seen&one != 0
	m.seen |= one
	return s.err == nil
}

// leave checks the keys of an object at its end.
func (s *scanner) leave(m *members) {
	if m.twice || !s.ascii {
		if a, b, twice := twins(s.keys[m.first:]); twice {
			s.fail(DuplicateKey, "keys %s and %s are the same one", short(a), short(b))
		}
	}
	s.keys = s.keys[:m.first]
	s.spend()
}

// mark is one bit of 64, the same for keys of ASCII that are the same but for case.
func mark(key string) uint64 {
	n := len(key)
	if n == 0 {
		return 1
	}
	return 1 << ((uint(key[0]|0x20) + 7*uint(key[n/2]|0x20) + 5*uint(key[n-1]|0x20) + 11*uint(n)) % 64)
}

// items are an array that is being read.
type items struct {
	holds  bool // alerts: each object in it may have its own [MaxTokens]
	begun  bool
	alert  bool // the item that is being read may be one
	tokens int  // left for what is around it
	around bool // which is an alert itself
}

// array goes into an array.
//
// An array that is the message, a field of it, or a field of one (a CloudEvent's data has its alerts there) is what holds
// alerts. So may OpenTelemetry's log records, wherever they are.
func (s *scanner) array(depth int) items {
	i := items{holds: depth <= 3 && !s.within || s.logs}
	s.logs = false
	if s.next() == '[' {
		s.enter(depth)
	} else {
		s.unexpected("an array")
	}
	return i
}

// item goes to the next item; it is false when there is none, or something is wrong. Whoever calls it reads that item
// before calling it again.
func (s *scanner) item(i *items) bool {
	if i.alert {
		s.tokens, s.within, i.alert = i.tokens, i.around, false
	}
	if s.take(']') {
		s.spend()
		return false
	}
	if i.begun && !s.take(',') {
		s.unexpected(`"," or "]"`)
	}
	i.begun = true
	if i.holds && s.next() == '{' {
		i.tokens, i.around, i.alert = s.tokens, s.within, true
		s.tokens, s.within = MaxTokens, true
		if s.alerts--; s.alerts < 0 {
			s.fail(TooMany, "too many alerts for one message")
		}
	}
	return s.err == nil
}

// skip goes past a value, whatever it is, and checks it all the same.
func (s *scanner) skip(depth int) {
	switch s.next() {
	case '{':
		for m := s.object(depth); s.member(&m); {
			s.skip(depth + 1)
		}
	case '[':
		for i := s.array(depth); s.item(&i); {
			s.skip(depth + 1)
		}
	case '"':
		s.skipText()
	default:
		s.word()
	}
}

// end checks that nothing follows.
func (s *scanner) end() {
	if s.next(); s.at < len(s.data) {
		s.unexpected("the end of the message")
	}
}

// word reads a number, true, false or null, as written.
func (s *scanner) word() string {
	b := s.next()
	if !s.spend() {
		return ""
	}
	if b == '-' || '0' <= b && b <= '9' {
		return s.number()
	}
	for _, literal := range []string{"true", "false", "null"} {
		if strings.HasPrefix(s.data[s.at:], literal) {
			s.at += len(literal)
			return literal
		}
	}
	s.notAValue()
	return ""
}

// notAValue tells what other languages write for a number from plain rubbish.
func (s *scanner) notAValue() {
	rest := strings.ToLower(s.excerpt())
	for _, name := range []string{"nan", "inf", "-nan", "-inf", "+inf"} {
		if strings.HasPrefix(rest, name) {
			s.fail(NotANumber, "%q is not a number", s.excerpt())
			return
		}
	}
	s.unexpected("a value")
}

// number reads a number that a float64 can hold.
func (s *scanner) number() string {
	start := s.at
	s.take('-')
	whole := s.digits()
	switch {
	case whole == 0:
		s.at = start
		s.notAValue()
	case whole > 1 && s.data[s.at-whole] == '0':
		s.fail(NotJSON, "a number with a leading zero")
	}
	if s.is('.') {
		s.at++
		s.fraction()
	}
	if s.is('e') || s.is('E') {
		if s.at++; s.is('+') || s.is('-') {
			s.at++
		}
		s.fraction()
	}
	if s.err != nil {
		return ""
	}
	text := s.data[start:min(s.at, start+maxNumber+1)]
	if len(text) <= maxDigits && whole == len(text) {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err != nil || len(text) > maxNumber {
		s.fail(NotANumber, "a number that is too large or too long: %s", short(text))
	}
	return text
}

const (
	maxNumber = 64 // bytes
	maxDigits = 18 // that a number can have and surely not be too large
)

// is reports whether a byte comes next, with nothing before it.
func (s *scanner) is(b byte) bool { return s.at < len(s.data) && s.data[s.at] == b }

// fraction reads digits where there has to be one.
func (s *scanner) fraction() {
	if s.digits() == 0 {
		s.unexpected("a digit")
	}
}

func (s *scanner) digits() int {
	start := s.at
	for s.at < len(s.data) && '0' <= s.data[s.at] && s.data[s.at] <= '9' {
		s.at++
	}
	return s.at - start
}

// text reads a string.
func (s *scanner) text(what string) string {
	if s.next() != '"' {
		s.unexpected(what)
		return ""
	}
	if !s.spend() {
		return ""
	}
	return s.rest(s.at + 1)
}

// rest reads what follows the opening quote of a string.
func (s *scanner) rest(start int) string {
	s.at = plain(s.data, start)
	if s.is('"') {
		s.at++
		return s.data[start : s.at-1]
	}
	var out strings.Builder
	s.written(&out, start)
	return out.String()
}

// skipText goes past a string.
func (s *scanner) skipText() {
	if s.spend() {
		s.past(s.at + 1)
	}
}

// past goes past what follows the opening quote of a string.
func (s *scanner) past(start int) {
	s.at = plain(s.data, start)
	s.written(nil, start)
}

// written reads a string from its start on, with whatever is in it that does not stand for itself. It stands where the
// first of that is, or the end.
func (s *scanner) written(out *strings.Builder, start int) {
	for s.at < len(s.data) {
		if out != nil {
			out.WriteString(s.data[start:s.at])
		}
		switch b := s.data[s.at]; b {
		case '"':
			s.at++
			return
		case '\\':
			r, ok := s.escape()
			if !ok {
				return
			}
			if out != nil {
				out.WriteRune(r)
			}
			s.ascii = s.ascii && r < utf8.RuneSelf
		default:
			s.fail(NotJSON, "a control character in a string: %#02x", b)
			return
		}
		start = s.at
		s.at = plain(s.data, start)
	}
	s.unexpected(`a closing "`)
}

// plain is where, from a place in a text on, there is first a quote, a backslash, a control character or the end. It
// looks at eight bytes at once; of those that match, the lowest is exact.
func plain(text string, from int) int {
	const low, high = 0x0101010101010101, 0x8080808080808080
	for ; from+8 <= len(text); from += 8 {
		w := eight(text[from:])
		quote, slash := w^'"'*low, w^'\\'*low
		if found := ((quote-low)&^quote | (slash-low)&^slash | (w-' '*low)&^w) & high; found != 0 {
			return from + bits.TrailingZeros64(found)/8
		}
	}
	for ; from < len(text); from++ {
		if b := text[from]; b == '"' || b == '\\' || b < ' ' {
			break
		}
	}
	return from
}

// ascii reports whether a text has no byte beyond ASCII.
func ascii(text string) bool {
	const high = 0x8080808080808080
	for ; len(text) >= 32; text = text[32:] {
		if (eight(text)|eight(text[8:])|eight(text[16:])|eight(text[24:]))&high != 0 {
			return false
		}
	}
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// eight are the first eight bytes of a text, the first of them the lowest.
func eight(text string) uint64 {
	_ = text[7]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}

// escape reads what a backslash begins.
func (s *scanner) escape() (rune, bool) {
	if s.at+1 >= len(s.data) {
		s.fail(NotJSON, "the message ends within a string")
		return 0, false
	}
	if i := strings.IndexByte(`"\/bfnrt`, s.data[s.at+1]); i >= 0 {
		s.at += 2
		return rune("\"\\/\b\f\n\r\t"[i]), true
	}
	high, ok := s.unit()
	if !ok {
		s.fail(NotJSON, "not an escape: %q", s.excerpt())
		return 0, false
	}
	if !utf16.IsSurrogate(high) {
		return high, true
	}
	low, ok := s.unit()
	if r := utf16.DecodeRune(high, low); ok && r != unicode.ReplacementChar {
		return r, true
	}
	s.fail(NotUTF8, `half a character: \u%04x without its other half`, high)
	return 0, false
}

// unit reads one \uXXXX.
func (s *scanner) unit() (rune, bool) {
	if s.at+6 > len(s.data) || s.data[s.at] != '\\' || s.data[s.at+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s.data[s.at+2:s.at+6], 16, 16)
	if err != nil {
		return 0, false
	}
	s.at += 6
	return rune(n), true
}

// twins finds two keys that are the same, or that some reader will take for the same because only their case differs.
func twins(keys []string) (a, b string, found bool) {
	if len(keys) <= 16 {
		plain := !slices.ContainsFunc(keys, beyondASCII)
		for i, key := range keys {
			for _, other := range keys[:i] {
				if (len(key) == len(other) || !plain) && strings.EqualFold(key, other) {
					return other, key, true
				}
			}
		}
		return "", "", false
	}
	seen := make(map[string]string, len(keys))
	for _, key := range keys {
		plain := strings.Map(unfold, key)
		if other, ok := seen[plain]; ok {
			return other, key, true
		}
		seen[plain] = key
	}
	return "", "", false
}

// twisted finds the known key from which another differs in nothing but case.
func twisted(key string, known []string) (k string, found bool) {
	plain := !beyondASCII(key)
	for _, k := range known {
		if plain && (len(key) != len(k) || key[0]|0x20 != k[0]|0x20) || key == k {
			continue
		}
		if strings.EqualFold(key, k) {
			return k, true
		}
	}
	return "", false
}

// beyondASCII reports whether a text has more than ASCII in it. Only then can it differ from another in nothing but case
// and yet in length: there is a Kelvin sign, which is a k.
func beyondASCII(text string) bool { return !ascii(text) }

// unfold maps a rune to the least of all that differ from it only by case.
func unfold(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

// short quotes no more of hostile text than a reader needs.
func short(text string) string {
	if runes := []rune(text[:min(len(text), 4*32)]); len(runes) > 32 {
		return fmt.Sprintf("%q…", strings.ToValidUTF8(string(runes[:32]), ""))
	}
	return fmt.Sprintf("%q", text)
}
