package main

import (
	"io"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"holdfast/cmd/holdfast/config"
)

// newLogger logs JSON, one object a line; on a terminal, lines that people read.
func newLogger(to *os.File, cfg config.Log) (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(cfg.Level)
	if err != nil || cfg.Level == "" {
		return zerolog.Nop(), misused("debug, info, warn or error", "there is no log level %q", cfg.Level)
	}
	var out io.Writer = to
	switch cfg.Format {
	case "json":
	case "console", "auto":
		if cfg.Format == "console" || term.IsTerminal(int(to.Fd())) {
			out = zerolog.ConsoleWriter{Out: to, NoColor: !colourful(to), TimeFormat: time.TimeOnly}
		}
	default:
		return zerolog.Nop(), misused("json, console or auto", "there is no log format %q", cfg.Format)
	}
	return zerolog.New(out).Level(level).Hook(stamp{}), nil
}

// A stamp puts the time on each line, in UTC and to the millisecond.
type stamp struct{}

func (stamp) Run(e *zerolog.Event, _ zerolog.Level, _ string) {
	e.Str(zerolog.TimestampFieldName, time.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00"))
}

// quiet takes what net/http has to say, of handshakes that failed and the like: whoever knocks at the door is no news.
type quiet struct{ log zerolog.Logger }

func (q quiet) Write(text []byte) (int, error) {
	q.log.Debug().Str("part", "console").Msg(printable(strings.TrimSpace(string(text))))
	return len(text), nil
}
