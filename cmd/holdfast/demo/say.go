package demo

import (
	"fmt"
	"strings"
	"time"
)

// A tone is how a line is meant; on a terminal it has a colour.
type tone string

const (
	tonePlain  tone = ""
	toneDim    tone = "\x1b[2m"
	toneBold   tone = "\x1b[1m"
	toneGood   tone = "\x1b[32m"
	toneWarn   tone = "\x1b[33m"
	toneBad    tone = "\x1b[31m"
	toneLoud   tone = "\x1b[1;31m"
	tonePerson tone = "\x1b[36m"
)

// say prints one line: when, about what, and what is so.
func (s *stage) say(t tone, about, format string, args ...any) {
	s.mouth.Lock()
	defer s.mouth.Unlock()
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\n"+strings.Repeat(" ", 24))
	fmt.Fprintf(s.Out, "%s %s\n", s.paint(toneDim, fmt.Sprintf("%6.1fs", time.Since(s.began).Seconds())), s.paint(t, fmt.Sprintf("%-14s %s", about, text)))
}

func (s *stage) paint(t tone, text string) string {
	if !s.Colour || t == tonePlain {
		return text
	}
	return string(t) + text + "\x1b[0m"
}

// countdown is how long until an instant, or since it has passed.
func countdown(left time.Duration) string {
	if left < 0 {
		return brief(-left) + " ago"
	}
	return "in " + brief(left)
}

// brief is a duration as people say it: tenths of a second while it is short.
func brief(d time.Duration) string {
	if d.Abs() < 100*time.Second {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}
