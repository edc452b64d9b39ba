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
	if at, ok := plainly(text); ok {
		return at, true
	}
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

// plainly reads what nearly all instants look like, many times as quickly as package time. It knows only some of those
// that there are, and of these it says the same.
func plainly(text string) (time.Time, bool) {
	if len(text) < len("2006-01-02T15:04:05Z") || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' {
		return time.Time{}, false
	}
	century, year, month, day := two(text), two(text[2:]), two(text[5:]), two(text[8:])
	hour, minute, second := two(text[11:]), two(text[14:]), two(text[17:])
	if century > 99 || year > 99 || month < 1 || month > 12 || day < 1 || day > 28 && day > lastDay(month) || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	year += 100 * century
	nanoseconds, rest := decimals(text[19:])
	offset, ok := zone(rest)
	if !ok || year < 1 || offset != 0 && (year < 2 || year > 9998) { // what could be of another year in UTC
		return time.Time{}, false
	}
	at := time.Date(year, time.Month(month), day, hour, minute, second, nanoseconds, time.UTC)
	if offset != 0 {
		at = at.Add(-offset)
	}
	return at, true
}

// two is the number of two digits that a text begins with; 100 if it does not.
func two(text string) int {
	tens, ones := text[0]-'0', text[1]-'0'
	if tens > 9 || ones > 9 {
		return 100
	}
	return int(10*tens + ones)
}

// lastDay is that of a month, and of a February the one that it always has.
func lastDay(month int) int {
	switch month {
	case 2:
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// decimals are the nanoseconds of a point and up to nine digits, if a text begins with them, and what follows.
func decimals(text string) (nanoseconds int, rest string) {
	if len(text) < 2 || text[0] != '.' || text[1] < '0' || text[1] > '9' {
		return 0, text
	}
	end := 1
	for unit := int(time.Second) / 10; unit > 0 && end < len(text) && '0' <= text[end] && text[end] <= '9'; unit /= 10 {
		nanoseconds += int(text[end]-'0') * unit
		end++
	}
	return nanoseconds, text[end:]
}

// zone is an offset from UTC: Z or +01:00.
func zone(text string) (time.Duration, bool) {
	if text == "Z" {
		return 0, true
	}
	if len(text) != len("+01:00") || text[0] != '+' && text[0] != '-' || text[3] != ':' {
		return 0, false
	}
	hours, minutes := two(text[1:]), two(text[4:])
	offset := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if text[0] == '-' {
		offset = -offset
	}
	return offset, hours < 24 && minutes < 60
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
