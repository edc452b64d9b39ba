package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"holdfast/console"
)

// How the command line writes: data to standard output, talk to standard error. A table is for people: its colours are
// off where the output is no terminal, where NO_COLOR is set and on a dumb terminal, and nothing it quotes can drive the
// terminal. JSON is for programs: one document, as the API gave it.

// A paint is a colour by what it says; words say the same, for whoever sees no colour.
type paint string

const (
	plain paint = ""
	bold  paint = "1"
	soft  paint = "2"
	bad   paint = "1;31"
	warn  paint = "33"
	good  paint = "32"
)

// A printer writes what a command has to say.
type printer struct {
	w      io.Writer
	json   bool
	colour bool
	buffer bytes.Buffer
}

// outputFlags adds to a command how it writes.
func outputFlags(c *cobra.Command) {
	c.Flags().StringP("output", "o", "table", "table or json")
	c.Flags().String("color", "auto", "auto, always or never; NO_COLOR is honoured")
}

func newPrinter(c *cobra.Command) (*printer, error) {
	output, _ := c.Flags().GetString("output")
	when, _ := c.Flags().GetString("color")
	if output != "table" && output != "json" {
		return nil, misused("table or json", "there is no output %q", output)
	}
	if when != "auto" && when != "always" && when != "never" {
		return nil, misused("auto, always or never", "--color cannot be %q", when)
	}
	w := c.OutOrStdout()
	return &printer{w: w, json: output == "json", colour: when == "always" || when == "auto" && colourful(w)}, nil
}

// colourful reports whether colours are wanted where w goes.
func colourful(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// line writes a line; what is put into it is made safe to print.
func (p *printer) line(format string, args ...any) {
	p.buffer.WriteString(printable(fmt.Sprintf(format, args...)))
	p.buffer.WriteByte('\n')
}

// parts writes a line of painted parts, one space between them.
func (p *printer) parts(parts ...cell) {
	var words []string
	for _, c := range parts {
		if c.text != "" {
			words = append(words, p.painted(c, 0))
		}
	}
	p.buffer.WriteString(strings.Join(words, " ") + "\n")
}

// heading sets off what follows.
func (p *printer) heading(format string, args ...any) {
	p.buffer.WriteByte('\n')
	p.parts(cell{fmt.Sprintf(format, args...), bold})
}

// painted is a cell's text, safe, in its colour, at least so wide.
func (p *printer) painted(c cell, width int) string {
	text := printable(c.text)
	gap := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
	if !p.colour || c.paint == plain || text == "" {
		return text + gap
	}
	return "\x1b[" + string(c.paint) + "m" + text + "\x1b[0m" + gap
}

// A cell is a piece of a table or a line.
type cell struct {
	text  string
	paint paint
}

// table writes rows below a head, the columns lined up; the last one is as wide as it likes.
func (p *printer) table(head []string, rows [][]cell) {
	top := make([]cell, len(head))
	for i, h := range head {
		top[i] = cell{h, soft}
	}
	rows = append([][]cell{top}, rows...)
	widths := make([]int, len(head))
	for _, row := range rows {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(printable(c.text)))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, c := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			line.WriteString(p.painted(c, widths[i]))
		}
		p.buffer.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// raw writes JSON as the API gave it, indented.
func (p *printer) raw(body []byte) error {
	var indented bytes.Buffer
	if err := json.Indent(&indented, bytes.TrimSpace(body), "", "  "); err != nil {
		return failed("", "the answer is no JSON: %w", err)
	}
	p.buffer.WriteString(asciiControls(indented.String()))
	p.buffer.WriteByte('\n')
	return nil
}

// asciiControls writes the control and formatting characters that JSON lets stand in strings as escapes: the same JSON,
// and nothing that could drive a terminal.
func asciiControls(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			for _, unit := range utf16Units(r) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func utf16Units(r rune) []rune {
	if r < 0x10000 {
		return []rune{r}
	}
	r -= 0x10000
	return []rune{0xd800 + r>>10, 0xdc00 + r&0x3ff}
}

// flush sends everything out at once: a command that fails halfway has written nothing.
func (p *printer) flush() error {
	if _, err := p.w.Write(p.buffer.Bytes()); err != nil {
		return failed("", "write the answer: %w", err)
	}
	return nil
}

// clockTime writes an instant, in UTC as the journal, the pages and the report do: those who answer one incident sit in
// several zones, and read times out to each other.
func clockTime(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// until says how far an instant is ahead or past.
func until(now, t time.Time) string {
	switch d := t.Sub(now); {
	case t.IsZero():
		return "–"
	case d < 0:
		return console.Span(-d) + " ago"
	default:
		return "in " + console.Span(d)
	}
}

// urgent is the colour of an instant that must not pass.
func urgent(now, t time.Time) paint {
	switch d := t.Sub(now); {
	case t.IsZero():
		return plain
	case d < 5*time.Minute:
		return bad
	case d < 20*time.Minute:
		return warn
	}
	return plain
}
