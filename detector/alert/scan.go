package alert

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// A scanner reads JSON (RFC 8259) from left to right, within limits, and guesses at nothing. encoding/json is no use
// here: it takes the last of two equal keys, takes keys in any case, and mends broken UTF-8, so that two readers of one
// message can see two different alerts.
type scanner struct {
	data   []byte
	at     int
	tokens int  // left for what is being read
	alerts int  // left for the message
	within bool // an alert is being read
	logs   bool // what comes is the value of a key "logRecords"
}

// newScanner checks what has to hold of every byte, once.
func newScanner(data []byte, alerts int) (*scanner, error) {
	s := &scanner{data: data, tokens: MaxTokens, alerts: alerts}
	if utf8.Valid(data) {
		return s, nil
	}
	for size := 0; ; s.at += size {
		var r rune
		if r, size = utf8.DecodeRune(data[s.at:]); r == utf8.RuneError && size == 1 {
			return nil, s.fail(NotUTF8, "byte %#02x is not UTF-8", data[s.at])
		}
	}
}

// fail is why the message cannot be read, and where.
func (s *scanner) fail(r Reason, format string, args ...any) error {
	return &Unreadable{r, fmt.Sprintf("at byte %d: ", s.at) + fmt.Sprintf(format, args...)}
}

// unexpected says what stands where something else should.
func (s *scanner) unexpected(want string) error {
	if s.at >= len(s.data) {
		return s.fail(NotJSON, "the message ends where %s should be", want)
	}
	return s.fail(NotJSON, "%q where %s should be", s.excerpt(), want)
}

// excerpt is the next few bytes, for a message.
func (s *scanner) excerpt() string {
	text := string(s.data[s.at:min(len(s.data), s.at+16)])
	return strings.ToValidUTF8(text, "") // the cut may go through a rune
}

func (s *scanner) space() {
	for s.at < len(s.data) {
		switch s.data[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next is the first byte of what comes; 0 at the end.
func (s *scanner) next() byte {
	s.space()
	if s.at >= len(s.data) {
		return 0
	}
	return s.data[s.at]
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
func (s *scanner) spend() error {
	if s.tokens--; s.tokens < 0 {
		return s.fail(TooMany, "more than %d tokens", MaxTokens)
	}
	return nil
}

// enter goes into an object or array; depth 1 is the outermost.
func (s *scanner) enter(depth int) error {
	if depth > MaxDepth {
		return s.fail(TooDeep, "more than %d levels", MaxDepth)
	}
	s.at++
	return s.spend()
}

// object goes through an object; each reads the value of one key.
func (s *scanner) object(depth int, each func(key string) error) error {
	if s.next() != '{' {
		return s.unexpected("an object")
	}
	if err := s.enter(depth); err != nil {
		return err
	}
	var keys []string
	for first := true; !s.take('}'); first = false {
		if !first && !s.take(',') {
			return s.unexpected(`"," or "}"`)
		}
		key, err := s.text("a key")
		if err != nil {
			return err
		}
		keys = append(keys, key)
		if !s.take(':') {
			return s.unexpected(`":"`)
		}
		if err := each(key); err != nil {
			return err
		}
	}
	if a, b, twice := twins(keys); twice {
		return s.fail(DuplicateKey, "keys %s and %s are the same one", short(a), short(b))
	}
	return s.spend()
}

// array goes through an array; each reads one item.
//
// An array that is the message, a field of it, or a field of one (a CloudEvent's data has its alerts there) is what holds
// alerts: each object in it may have its own [MaxTokens]. So may each of OpenTelemetry's log records, wherever they are.
func (s *scanner) array(depth int, each func() error) error {
	holds := depth <= 3 && !s.within || s.logs
	s.logs = false
	if s.next() != '[' {
		return s.unexpected("an array")
	}
	if err := s.enter(depth); err != nil {
		return err
	}
	for first := true; !s.take(']'); first = false {
		if !first && !s.take(',') {
			return s.unexpected(`"," or "]"`)
		}
		item := each
		if holds && s.next() == '{' {
			item = func() error { return s.alert(each) }
		}
		if err := item(); err != nil {
			return err
		}
	}
	return s.spend()
}

// alert reads what may be an alert, which has its own tokens.
func (s *scanner) alert(read func() error) error {
	if s.alerts--; s.alerts < 0 {
		return s.fail(TooMany, "too many alerts for one message")
	}
	shared, within := s.tokens, s.within
	s.tokens, s.within = MaxTokens, true
	err := read()
	s.tokens, s.within = shared, within
	return err
}

// skip goes past a value, whatever it is, and checks it all the same.
func (s *scanner) skip(depth int) error {
	switch s.next() {
	case '{':
		return s.object(depth, func(string) error { return s.skip(depth + 1) })
	case '[':
		return s.array(depth, func() error { return s.skip(depth + 1) })
	case '"':
		_, err := s.text("a string")
		return err
	default:
		_, err := s.word()
		return err
	}
}

// end checks that nothing follows.
func (s *scanner) end() error {
	if s.next(); s.at < len(s.data) {
		return s.unexpected("the end of the message")
	}
	return nil
}

// word reads a number, true, false or null, as written.
func (s *scanner) word() (string, error) {
	if err := s.spend(); err != nil {
		return "", err
	}
	if b := s.next(); b == '-' || '0' <= b && b <= '9' {
		return s.number()
	}
	for _, literal := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(s.data[s.at:], []byte(literal)) {
			s.at += len(literal)
			return literal, nil
		}
	}
	return "", s.notAValue()
}

// notAValue tells what other languages write for a number from plain rubbish.
func (s *scanner) notAValue() error {
	rest := strings.ToLower(s.excerpt())
	for _, name := range []string{"nan", "inf", "-nan", "-inf", "+inf"} {
		if strings.HasPrefix(rest, name) {
			return s.fail(NotANumber, "%q is not a number", s.excerpt())
		}
	}
	return s.unexpected("a value")
}

// number reads a number that a float64 can hold.
func (s *scanner) number() (string, error) {
	start := s.at
	s.take('-')
	whole := s.digits()
	if whole == 0 {
		s.at = start
		return "", s.notAValue()
	}
	if whole > 1 && s.data[s.at-whole] == '0' {
		return "", s.fail(NotJSON, "a number with a leading zero")
	}
	if s.at < len(s.data) && s.data[s.at] == '.' {
		if s.at++; s.digits() == 0 {
			return "", s.unexpected("a digit")
		}
	}
	if s.at < len(s.data) && (s.data[s.at] == 'e' || s.data[s.at] == 'E') {
		if s.at++; s.at < len(s.data) && (s.data[s.at] == '+' || s.data[s.at] == '-') {
			s.at++
		}
		if s.digits() == 0 {
			return "", s.unexpected("a digit")
		}
	}
	text := string(s.data[start:min(s.at, start+maxNumber+1)])
	if _, err := strconv.ParseFloat(text, 64); err != nil || len(text) > maxNumber {
		return "", s.fail(NotANumber, "a number that is too large or too long: %s", short(text))
	}
	return text, nil
}

const maxNumber = 64 // bytes

func (s *scanner) digits() int {
	start := s.at
	for s.at < len(s.data) && '0' <= s.data[s.at] && s.data[s.at] <= '9' {
		s.at++
	}
	return s.at - start
}

// text reads a string.
func (s *scanner) text(what string) (string, error) {
	if s.next() != '"' {
		return "", s.unexpected(what)
	}
	if err := s.spend(); err != nil {
		return "", err
	}
	s.at++
	var out []byte // only once there is an escape
	for start := s.at; ; {
		if s.at >= len(s.data) {
			return "", s.unexpected(`a closing "`)
		}
		switch b := s.data[s.at]; {
		case b == '"':
			rest := s.data[start:s.at]
			s.at++
			return string(out) + string(rest), nil
		case b < ' ':
			return "", s.fail(NotJSON, "a control character in a string: %#02x", b)
		case b != '\\':
			s.at++
		default:
			out = append(out, s.data[start:s.at]...)
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			out = utf8.AppendRune(out, r)
			start = s.at
		}
	}
}

var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads what a backslash begins.
func (s *scanner) escape() (rune, error) {
	if s.at+1 >= len(s.data) {
		return 0, s.fail(NotJSON, "the message ends within a string")
	}
	if r, ok := escapes[s.data[s.at+1]]; ok {
		s.at += 2
		return r, nil
	}
	high, ok := s.unit()
	if !ok {
		return 0, s.fail(NotJSON, "not an escape: %q", s.excerpt())
	}
	if !utf16.IsSurrogate(high) {
		return high, nil
	}
	low, ok := s.unit()
	if r := utf16.DecodeRune(high, low); ok && r != unicode.ReplacementChar {
		return r, nil
	}
	return 0, s.fail(NotUTF8, `half a character: \u%04x without its other half`, high)
}

// unit reads one \uXXXX.
func (s *scanner) unit() (rune, bool) {
	if s.at+6 > len(s.data) || s.data[s.at] != '\\' || s.data[s.at+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.data[s.at+2:s.at+6]), 16, 16)
	if err != nil {
		return 0, false
	}
	s.at += 6
	return rune(n), true
}

// twins finds two keys that are the same, or that some reader will take for the same because only their case differs.
func twins(keys []string) (a, b string, found bool) {
	if len(keys) <= 16 {
		for i, key := range keys {
			for _, other := range keys[:i] {
				if strings.EqualFold(key, other) {
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
