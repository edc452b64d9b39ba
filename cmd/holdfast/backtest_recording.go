package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"holdfast/cmd/holdfast/config"
	"holdfast/detector/alert"
	"holdfast/detector/watch"
	"holdfast/exercise"
	"holdfast/incident"
	"holdfast/journal"
	"holdfast/journal/embedded"
)

// A recording is messages of alert logs, in the order in which they were stored.
type recording struct {
	messages iter.Seq2[exercise.Message, error]
	scenario *incident.Documents // of the first one that is a scenario; nil: none is
	end      time.Time           // at which the last scenario ends; zero: with the last message
	closers  []func() error
}

func (r *recording) close() error {
	var err error
	for n := len(r.closers) - 1; n >= 0; n-- {
		err = errors.Join(err, r.closers[n]())
	}
	return err
}

// A tape is what was heard, as it was stored: one alert log, and what people said in the log of decisions beside it.
type tape = iter.Seq2[taped, error]

// taped is one message of an alert log, or what a person said.
type taped struct {
	journal.Message
	said incident.Event // nil: a message
}

// open opens every recording that is named, or the alert log of the configuration.
func (p *period) open(ctx context.Context, talk io.Writer, from []string) (*recording, error) {
	r := &recording{}
	var parts []iter.Seq2[exercise.Message, error]
	for _, name := range from {
		if isScenario(name) {
			messages, err := r.play(name)
			if err != nil {
				return nil, errors.Join(err, r.close())
			}
			parts = append(parts, messages)
			continue
		}
		t, err := r.find(ctx, name)
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
		parts = append(parts, ahead(p.heard(t, talk)))
	}
	if len(from) == 0 {
		t, err := r.configured(ctx, p.config)
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
		parts = append(parts, ahead(p.heard(t, talk)))
	}
	r.messages = func(yield func(exercise.Message, error) bool) {
		for _, part := range parts {
			for m, err := range part {
				if !yield(m, err) || err != nil {
					return
				}
			}
		}
	}
	return r, nil
}

// heard makes out what is on a tape, up to the end of the period. Holes are said.
func (p *period) heard(t tape, talk io.Writer) iter.Seq2[exercise.Message, error] {
	return func(yield func(exercise.Message, error) bool) {
		var reader alert.Reader
		for m, err := range t {
			var hole *journal.Hole
			switch {
			case errors.As(err, &hole):
				fmt.Fprintf(talk, "holdfast: %v\n", hole)
				continue
			case err != nil:
				yield(exercise.Message{}, err)
				return
			case !p.to.IsZero() && m.Received.After(p.to):
				return
			}
			if m.said != nil {
				if !yield(exercise.Message{Received: m.Received, Said: m.said}, nil) {
					return
				}
				continue
			}
			batch, unreadable := watch.MakeOut(&reader, m.Message)
			if !yield(exercise.Message{Received: m.Received, Subject: m.Subject, Batch: batch, Unreadable: unreadable}, nil) {
				return
			}
		}
	}
}

// play reads a scenario.
func (r *recording) play(file string) (iter.Seq2[exercise.Message, error], error) {
	archive, err := os.ReadFile(file)
	if err != nil {
		return nil, missing("", "read the scenario: %w", err)
	}
	s, problems := exercise.Parse(file, archive)
	if problems.HasErrors() {
		return nil, problems
	}
	if r.scenario == nil {
		r.scenario = s.Documents
	}
	r.end = s.End
	return func(yield func(exercise.Message, error) bool) {
		for m := range s.Messages() {
			if !yield(m, nil) {
				return
			}
		}
	}, nil
}

// find is the tape that a name stands for: a server, a store, or a file.
func (r *recording) find(ctx context.Context, name string) (tape, error) {
	if strings.Contains(name, "://") {
		return r.dial(ctx, name)
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, missing("FROM is a file of recorded alerts, a scenario, a store, or nats://...", "read the recording: %w", err)
	case info.IsDir():
		return r.embed(ctx, name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the recording: %w", err)
	}
	r.closers = append(r.closers, f.Close)
	return readTape(name, f), nil
}

// dial reads the alert log of a server.
func (r *recording) dial(ctx context.Context, url string) (tape, error) {
	nc, err := nats.Connect(url, append(journal.ConnectOptions(), nats.Name("holdfast backtest"), nats.MaxReconnects(5))...)
	if err != nil {
		return nil, exitWith(exitUnreachable, "a server that wants credentials is named with --config", "connect to %s: %w", url, err)
	}
	r.closers = append(r.closers, func() error { nc.Close(); return nil })
	return r.recorded(ctx, nc)
}

// embed starts the server of a store, for nobody else to reach.
func (r *recording) embed(ctx context.Context, store string) (tape, error) {
	if _, err := os.Stat(filepath.Join(store, "jetstream")); err != nil {
		return nil, missing("nats.embedded.store of holdfast.yaml names it", "%s is no store of an embedded NATS: %w", store, err)
	}
	server, err := embedded.Start(embedded.Options{Store: store, Listen: embedded.None, Log: zerolog.Nop()})
	if err != nil {
		return nil, failed("a daemon that uses the store has to be stopped first", "%w", err)
	}
	r.closers = append(r.closers, server.Stop)
	nc, err := server.Connect()
	if err != nil {
		return nil, failed("", "%w", err)
	}
	r.closers = append(r.closers, func() error { nc.Close(); return nil })
	return r.recorded(ctx, nc)
}

func (r *recording) recorded(ctx context.Context, nc *nats.Conn) (tape, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, failed("", "%w", err)
	}
	return bothLogs(ctx, js), nil
}

// bothLogs are an alert log and what people said in the log of decisions beside it, in the order of time. Among alerts of
// the same time it does not matter where a person's word stands.
func bothLogs(ctx context.Context, js jetstream.JetStream) tape {
	return func(yield func(taped, error) bool) {
		next, stop := iter.Pull2(said(journal.Decided(ctx, js)))
		defer stop()
		word, err, more := next()
		for m, failed := range journal.Recorded(ctx, js) {
			for ; more && failed == nil && (err != nil || !word.Received.After(m.Received)); word, err, more = next() {
				if !yield(word, err) || err != nil {
					return
				}
			}
			if !yield(taped{Message: m}, failed) {
				return
			}
		}
		for ; more; word, err, more = next() {
			if !yield(word, err) || err != nil {
				return
			}
		}
	}
}

// said is what people said of the world, of all that a log of decisions holds.
func said(log iter.Seq2[journal.Committed, error]) tape {
	return func(yield func(taped, error) bool) {
		for c, err := range log {
			if err != nil {
				yield(taped{}, err)
				return
			}
			for _, entry := range c.Entries {
				event, err := incident.Decode(incident.Kind(entry.Kind), entry.Data)
				if err != nil {
					yield(taped{}, fmt.Errorf("envelope %d: %w", c.Sequence, err))
					return
				}
				if incident.SaysOfTheWorld(event) && !yield(taped{Message: journal.Message{Received: c.At}, said: event}, nil) {
					return
				}
			}
		}
	}
}

// configured is the alert log that a holdfast.yaml names.
func (r *recording) configured(ctx context.Context, file string) (tape, error) {
	if file == "" {
		if file = defaultConfig(); file == "" {
			return nil, misused("name what to read, or a configuration with --config", "nobody said where the alerts are")
		}
	}
	cfg, err := loadConfig(serving{file: file})
	if err != nil {
		return nil, err
	}
	if e := cfg.NATS.Embedded; e != nil {
		e.Listen = config.None
		if _, err := os.Stat(filepath.Join(e.Store, "jetstream")); err != nil {
			return nil, missing("nats.embedded.store of holdfast.yaml names it", "there is no store to read: %w", err)
		}
	}
	secrets, err := readSecrets(cfg)
	if err != nil {
		return nil, err
	}
	link, err := connect(ctx, cfg, secrets, nil, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	r.closers = append(r.closers, link.close)
	return bothLogs(ctx, link.jetstream), nil
}

// A recorded message is one line of a file: the body as text, or, where it is no text, in base64. What a person said is a
// line too: which kind of event, and the event.
type recorded struct {
	Received time.Time           `json:"received"`
	Said     incident.Kind       `json:"said,omitempty"`
	Event    json.RawMessage     `json:"event,omitempty"`
	Subject  string              `json:"subject,omitempty"`
	Header   map[string][]string `json:"header,omitempty"`
	Body     *string             `json:"body,omitempty"`
	Base64   []byte              `json:"base64,omitempty"`
}

// longest is how long a line may be: the largest message there is, in the longest way to write it.
const longest = 16 << 20

// readTape reads a file of recorded messages.
func readTape(name string, file io.Reader) tape {
	return func(yield func(taped, error) bool) {
		lines := bufio.NewScanner(file)
		lines.Buffer(make([]byte, 0, 1<<16), longest)
		number := 0
		for lines.Scan() {
			number++
			if len(bytes.TrimSpace(lines.Bytes())) == 0 {
				continue
			}
			m, err := recordedMessage(lines.Bytes())
			if err != nil {
				yield(taped{}, invalid(`a line is {"received": "2026-11-01T00:00:00Z", "subject": "holdfast.alerts.prom", "body": "..."}`,
					fmt.Errorf("%s:%d: %w", name, number, err)))
				return
			}
			m.Sequence = uint64(number)
			if !yield(m, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(taped{}, fmt.Errorf("%s:%d: %w", name, number+1, err))
		}
	}
}

func recordedMessage(line []byte) (taped, error) {
	var r recorded
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	switch err := d.Decode(&r); {
	case err != nil:
		return taped{}, fmt.Errorf("this is no recorded message: %w", err)
	case d.More():
		return taped{}, errors.New("more than one message stands in this line")
	case r.Received.IsZero():
		return taped{}, errors.New("it does not say when it was received")
	case r.Said != "":
		return recordedWord(r)
	case r.Subject == "":
		return taped{}, errors.New("it does not say under which subject it came")
	case (r.Body == nil) == (r.Base64 == nil):
		return taped{}, errors.New("it has one of body and base64")
	}
	m := journal.Message{Received: r.Received.UTC(), Subject: r.Subject, Header: r.Header, Body: r.Base64}
	if r.Body != nil {
		m.Body = []byte(*r.Body)
	}
	return taped{Message: m}, nil
}

func recordedWord(r recorded) (taped, error) {
	event, err := incident.Decode(r.Said, r.Event)
	switch {
	case err != nil:
		return taped{}, fmt.Errorf("what a person said cannot be read: %w", err)
	case !incident.SaysOfTheWorld(event):
		return taped{}, fmt.Errorf("%q is nothing that a person says of the world", r.Said)
	case r.Subject != "" || r.Body != nil || r.Base64 != nil:
		return taped{}, errors.New("it is what a person said, or a message, not both")
	}
	return taped{Message: journal.Message{Received: r.Received.UTC()}, said: event}, nil
}

// lineOf is a message, or what a person said, as a line of a file.
func lineOf(m taped) ([]byte, error) {
	r := recorded{Received: m.Received, Subject: m.Subject, Header: m.Header, Base64: m.Body}
	switch {
	case m.said != nil:
		var err error
		if r.Said, r.Event, err = incident.Encode(m.said); err != nil {
			return nil, err
		}
	case utf8.Valid(m.Body):
		body := string(m.Body)
		r.Body, r.Base64 = &body, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(r)
	return b.Bytes(), err
}
