package alert

import (
	"strconv"
	"strings"
	"time"
)

// parseTime reads an instant in any of the ways in which monitoring writes one: RFC 3339, also with a blank for the T,
// an offset without a colon (+0000) or after a blank, or UTC for an offset; or digits, which [epoch] reads. It is false
// for what is no instant at all.
//
// An instant without a zone could be any of a day's length of them, and year 1 or the epoch itself is what programs
// write for none: they are the zero time, for which the detector uses the time of receipt.
func parseTime(text string) (time.Time, bool) {
	if text == "" || len(text) > maxNumber {
		return time.Time{}, false
	}
	if at, ok := epoch(text); ok {
		return at, true
	}
	text = rfc3339(text)
	if at, ok := strictly(text); ok {
		return at, true
	}
	_, ok := strictly(text + "Z")
	return time.Time{}, ok
}

// strictly reads an instant by RFC 3339 to the letter, which package time does not: it lets an hour have one digit, and
// a fraction a comma. What lies outside of the years 1 to 9999 cannot be written again: it is the zero time.
func strictly(text string) (time.Time, bool) {
	const shape = "0000-00-00T00:00:00"
	if len(text) <= len(shape) || text[len(shape)] == ',' {
		return time.Time{}, false
	}
	for i := range shape {
		if shape[i] == '0' && (text[i] < '0' || text[i] > '9') {
			return time.Time{}, false
		}
	}
	t, err := time.Parse(time.RFC3339, text)
	if t = t.UTC(); err != nil || t.Year() < 1 || t.Year() > 9999 {
		return time.Time{}, err == nil
	}
	return t, true
}

// rfc3339 rewrites what differs from RFC 3339 in no more than its dress.
func rfc3339(text string) string {
	const day = len("2006-01-02")
	if len(text) <= day {
		return text
	}
	date, clock := text[:day], text[day+1:]
	if separator := text[day]; separator != 'T' && separator != ' ' {
		return text
	}
	for _, utc := range []string{" UTC", " GMT", " Z"} {
		if whole, ok := strings.CutSuffix(clock, utc); ok {
			return date + "T" + whole + "Z"
		}
	}
	sign := strings.LastIndexAny(clock, "+-")
	if sign < 0 {
		return date + "T" + clock
	}
	offset := clock[sign:]
	switch len(offset) {
	case len("+00"):
		offset += ":00"
	case len("+0000"):
		offset = offset[:3] + ":" + offset[3:]
	}
	return date + "T" + strings.TrimSuffix(clock[:sign], " ") + offset
}

// epoch reads an instant that is a number, as written: seconds since 1970, with a fraction or without, or milli-, micro-
// or nanoseconds, told apart by their size (each unit covers 1973 to 5138). 0 and less is none: the zero time.
func epoch(number string) (time.Time, bool) {
	if strings.ContainsAny(number, "eE") {
		f, err := strconv.ParseFloat(number, 64)
		if err != nil || f > 1e19 || f < -1e19 {
			return time.Time{}, false
		}
		number = strconv.FormatFloat(f, 'f', -1, 64)
	}
	whole, part, pointed := strings.Cut(number, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || whole[0] == '+' || pointed && !digitsOnly(part) {
		return time.Time{}, false
	}
	if n <= 0 {
		return time.Time{}, true
	}
	unit := time.Second
	for limit := int64(1e11); n >= limit && unit > 1; limit *= 1000 {
		unit /= 1000
	}
	perSecond := int64(time.Second / unit)
	return time.Unix(n/perSecond, n%perSecond*int64(unit)+fraction(part, unit)).UTC(), true
}

// fraction is what digits behind a point are of a unit, in nanoseconds.
func fraction(digits string, unit time.Duration) (nanoseconds int64) {
	for _, digit := range digits {
		unit /= 10
		nanoseconds += int64(digit-'0') * int64(unit)
	}
	return nanoseconds
}

func digitsOnly(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// when is a field that is an instant in any of the ways of [parseTime]; zero if it is not there, or empty.
func (f *form) when(key string) time.Time {
	v, ok := f.value.field(key)
	if !ok || v.kind == text && v.text == "" {
		return time.Time{}
	}
	if v.kind == text || v.kind == word {
		if at, ok := parseTime(v.text); ok {
			return at
		}
	}
	f.fail(Malformed, "has a %q that is not an instant: %s", key, short(v.text))
	return time.Time{}
}
