package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"holdfast/internal/source"
)

func TestAnErrorBecomesLinesAndACode(t *testing.T) {
	var wrong source.Problems
	wrong.Errorf(source.Mark{Position: source.Position{File: "bia.yaml", Line: 2, Column: 3}, Width: 3, Text: "  rto\x1b: 5"}, "bia/rto", "say 5m", "this is no duration")
	wrong.Warnf(source.Mark{Position: source.Position{File: "bia.yaml", Line: 9, Column: 1}, Width: 1, Text: "x"}, "", "", "late")
	for name, c := range map[string]struct {
		err  error
		code int
		want string
	}{
		"nothing":             {nil, 0, ""},
		"plain":               {errors.New("disk full"), 1, "holdfast: error: disk full\n"},
		"with a hint":         {misused("say which", "ack what?"), 2, "holdfast: error: ack what?\nholdfast: hint: say which\n"},
		"a result":            {concluded(exitInvalid, "look there", "%s", plural(2, "gap")), 3, "holdfast: 2 gaps\nholdfast: hint: look there\n"},
		"wrapped":             {fmt.Errorf("start: %w", missing("", "no bia.yaml")), 4, "holdfast: error: start: no bia.yaml\n"},
		"out of time":         {fmt.Errorf("wait: %w", context.DeadlineExceeded), 7, "holdfast: error: wait: context deadline exceeded\n"},
		"several":             {errors.Join(errors.New("one"), errors.New("two")), 1, "holdfast: error: one\n  two\n"},
		"problems":            {wrong, 3, problemsDrawn},
		"problems and advice": {invalid("run holdfast check", wrong), 3, problemsDrawn + "holdfast: hint: run holdfast check\n"},
	} {
		var w bytes.Buffer
		if code := report(&w, c.err); code != c.code || w.String() != c.want {
			t.Errorf("%s: exit code %d, wrote:\n%s", name, code, w.String())
		}
	}
}

const problemsDrawn = `bia.yaml:2:3: error: this is no duration [bia/rto]
    2 |   rto: 5
      |   ^^^
  hint: say 5m
bia.yaml:9:1: warning: late
    9 | x
      | ^
holdfast: error: 1 error, 1 warning
`
