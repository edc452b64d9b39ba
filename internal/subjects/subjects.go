// Package subjects reads subjects of NATS: tokens with dots between them, in which * stands for one token and, at the end, > for all
// that follow (NATS, subject-based messaging). Whatever says who may speak where, and what may be reached, asks here.
package subjects

import "strings"

// Valid reports whether NATS can match something by a pattern.
func Valid(pattern string) bool {
	tokens := strings.Split(pattern, ".")
	for i, token := range tokens {
		wild := strings.ContainsAny(token, "*>")
		if token == "" || strings.ContainsAny(token, " \t\r\n") || wild && token != "*" && (token != ">" || i < len(tokens)-1) {
			return false
		}
	}
	return true
}

// Covers reports whether a pattern stands for a subject; of another pattern, whether it stands for all that this one does.
func Covers(pattern, subject string) bool {
	for {
		token, rest, more := strings.Cut(pattern, ".")
		given, further, goesOn := strings.Cut(subject, ".")
		switch {
		case token == ">":
			return true
		case given == ">" || token != "*" && token != given:
			return false
		case !more || !goesOn:
			return more == goesOn
		}
		pattern, subject = rest, further
	}
}

// Overlap reports whether two patterns stand for some subject together.
func Overlap(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		switch {
		case x[i] == ">" || y[i] == ">":
			return true
		case x[i] != y[i] && x[i] != "*" && y[i] != "*":
			return false
		}
	}
	return len(x) == len(y)
}
