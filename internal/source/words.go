package source

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
)

// maxDuration is the longest duration that is read, so that no sum of a few overflows.
const maxDuration = 10 * 365 * 24 * time.Hour

// parseDuration reads a duration as Prometheus writes it. The hint names no years: they are read, but nobody plans in them.
func parseDuration(s string) (time.Duration, error) {
	d, err := model.ParseDuration(s)
	switch {
	case err != nil:
		return 0, errors.New("durations are written with a unit: ms, s, m, h, d or w, the largest first")
	case time.Duration(d) > maxDuration:
		return 0, errors.New("at most ten years")
	}
	return time.Duration(d), nil
}

func parseInstant(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return t, nil
	}
	return time.Time{}, errors.New("an instant carries its zone: 2026-11-03T18:00:00Z or +01:00")
}

func parseBool(s string) (bool, error) {
	switch s {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errors.New("write true or false")
}

var (
	wholeNumber  = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	finiteNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
)

// parseInt reads decimal digits. A leading zero is refused: to one reader 012 is twelve, to another ten.
func parseInt(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case !wholeNumber.MatchString(s):
		return 0, errors.New("decimal digits, no leading zero")
	case err != nil:
		return 0, errors.New("a number that fits into 64 bits")
	}
	return n, nil
}

func parseNumber(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) || !finiteNumber.MatchString(s) {
		return 0, errors.New("a finite decimal number, such as 0.9")
	}
	return f, nil
}

// plain is a node as ordinary Go values: string, bool, int64, float64, nil, []any, map[string]any.
func (r *Reader) plain(n Node) any {
	switch {
	case n.IsMapping():
		m := make(map[string]any, len(n.Content)/2)
		for key, value := range n.entries() {
			m[key.Node.Value] = r.plain(value)
		}
		return m
	case n.IsList():
		l := make([]any, len(n.Content))
		for i, c := range n.Content {
			l[i] = r.plain(Node{c})
		}
		return l
	case n.IsScalar():
		return r.plainWord(n)
	}
	return nil
}

// plainWord is a scalar without a type to tell what it is: a word that some readers take for a number or a truth value
// and others do not is refused.
func (r *Reader) plainWord(n Node) any {
	var v any
	var err error
	switch n.Tag {
	case "!!int":
		v, err = parseInt(n.Node.Value)
	case "!!float":
		v, err = parseNumber(n.Node.Value)
	case "!!bool":
		v, err = parseBool(n.Node.Value)
	case "!!null":
		return nil
	default:
		return n.Node.Value
	}
	if err != nil {
		r.Problems.Errorf(r.MarkOf(n), "document/value", "put it into quotes if it is text", "%q does not read the same to everyone: expected %v", n.Node.Value, err)
		return n.Node.Value
	}
	return v
}
