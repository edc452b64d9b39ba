package main

import (
	"strings"
	"unicode"
)

// printable makes text from outside safe to print on a line: what could drive a terminal (C0 and C1 controls, with them
// every escape sequence) or reorder what is read (bidirectional and invisible formatting) becomes a space or goes.
func printable(s string) string { return clean(s, "") }

// printableLines is printable, but leaves line ends and tabs.
func printableLines(s string) string { return clean(s, "\n\t") }

func clean(s, keep string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(keep, r):
			return r
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029', r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
}
