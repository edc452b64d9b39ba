package exercise

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/common/model"

	"holdfast/internal/source"
)

// A word is a word of a line and where it stands.
type word struct {
	text string
	at   source.Mark
}

// words splits text at white space; skipped is how many bytes of the line come before it.
func (r *reader) words(number int, text string, skipped int) []word {
	var out []word
	prefix := 0
	if number <= len(r.lines) {
		prefix = utf8.RuneCountInString(r.lines[number-1][:min(skipped, len(r.lines[number-1]))])
	}
	column, start := prefix, -1
	var current strings.Builder
	flush := func() {
		if start >= 0 {
			out = append(out, word{current.String(), r.mark(number, start+1, column-start)})
			start = -1
			current.Reset()
		}
	}
	for _, c := range text {
		if unicode.IsSpace(c) {
			flush()
		} else {
			if start < 0 {
				start = column
			}
			current.WriteRune(c)
		}
		column++
	}
	flush()
	return out
}

// offset reads a duration that may be negative: "-5h27m", "90m", "0s".
func offset(s string) (time.Duration, bool) {
	positive, negative := strings.CutPrefix(s, "-")
	d, err := model.ParseDuration(positive)
	if err != nil {
		return 0, false
	}
	if negative {
		d = -d
	}
	return time.Duration(d), true
}

// instant reads an instant: an offset from the start, or RFC 3339.
func (r *reader) instant(w word) time.Time {
	if d, ok := offset(w.text); ok {
		return r.scenario.Start.Add(d)
	}
	if t, err := time.Parse(time.RFC3339, w.text); err == nil {
		return t.UTC()
	}
	r.problems.Errorf(w.at, "scenario/instant", "", "expected an offset such as 1h51m, or an instant such as 2026-11-03T18:00:00Z, found %q", w.text)
	return time.Time{}
}
