package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"holdfast/internal/source"
)

// Exit codes; scripts and runbooks rely on them, so a code keeps its meaning for ever.
const (
	exitFine        = 0
	exitFailure     = 1 // the world did not work
	exitUsage       = 2 // the command line is wrong
	exitInvalid     = 3 // a document is wrong, or the linter found something
	exitNotFound    = 4 // no such incident, step, file
	exitRefused     = 5 // not allowed, or not allowed now; nothing has changed
	exitUnreachable = 6 // no daemon answers there
	exitTimedOut    = 7 // it did not happen within the time given
	exitMissed      = 8 // it recovered, but later than an objective allows
)

// An exitError is an error that knows its exit code, and may know what to do about it.
type exitError struct {
	code int
	err  error
	hint string // one sentence; may be empty

	result bool // nothing went wrong: this is what was asked for, summed up
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// exitWith makes an error of a code; the format may wrap with %w.
func exitWith(code int, hint, format string, args ...any) *exitError {
	return &exitError{code: code, err: fmt.Errorf(format, args...), hint: hint}
}

// failed says that the world did not work.
func failed(hint, format string, args ...any) error {
	return exitWith(exitFailure, hint, format, args...)
}

// misused says that the command line is wrong.
func misused(hint, format string, args ...any) error {
	return exitWith(exitUsage, hint, format, args...)
}

// invalid says that documents are wrong. A [source.Problems] within is drawn in full.
func invalid(hint string, err error) error {
	return &exitError{code: exitInvalid, err: err, hint: hint}
}

// missing says that what was named does not exist.
func missing(hint, format string, args ...any) error {
	return exitWith(exitNotFound, hint, format, args...)
}

// concluded sums up what a command was asked to find out, where that makes an exit code though nothing went wrong.
func concluded(code int, hint, format string, args ...any) error {
	e := exitWith(code, hint, format, args...)
	e.result = true
	return e
}

// exitCode is the code an error ends the program with. An error that does not say is a failure, a deadline a timeout.
func exitCode(err error) int {
	var e *exitError
	var problems source.Problems
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &e):
		return e.code
	case errors.As(err, &problems):
		return exitInvalid
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return exitTimedOut
	}
	return exitFailure
}

// report tells a person what went wrong, and what to do about it, and gives the exit code.
//
// Everything goes out as lines of its own, without colour, so that it can be grepped for. The text may quote a server
// or an alert, so whatever could drive a terminal is taken out of it.
func report(w io.Writer, err error) int {
	if err == nil {
		return exitFine
	}
	var problems source.Problems
	var e *exitError
	switch {
	case errors.As(err, &problems):
		fmt.Fprintln(w, printableLines(problems.Error()))
		fmt.Fprintf(w, "holdfast: error: %s\n", countProblems(problems))
	case errors.As(err, &e) && e.result:
		fmt.Fprintf(w, "holdfast: %s\n", indented(err.Error()))
	default:
		fmt.Fprintf(w, "holdfast: error: %s\n", indented(err.Error()))
	}
	if errors.As(err, &e) && e.hint != "" {
		fmt.Fprintf(w, "holdfast: hint: %s\n", indented(e.hint))
	}
	return exitCode(err)
}

// indented sets off the lines after the first, so that no text can pass for a line of holdfast's own.
func indented(text string) string {
	return strings.ReplaceAll(strings.TrimSpace(printableLines(text)), "\n", "\n  ")
}

// countProblems sums up in one line what was drawn above it.
func countProblems(ps source.Problems) string {
	errs, warnings := 0, 0
	for _, p := range ps {
		if p.Severity == source.Error {
			errs++
		} else {
			warnings++
		}
	}
	return fmt.Sprintf("%s, %s", plural(errs, "error"), plural(warnings, "warning"))
}

// plural counts things in words: "1 error", "2 errors".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
