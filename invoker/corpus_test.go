package invoker_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"holdfast/detector/watch"
	"holdfast/incident"
	"holdfast/journal"
)

// Whole journals that a version of holdfast wrote are in testdata/journals, each with what that version read out of it. They
// stay as they are: a version that wants to write otherwise adds journals of its own, with
//
//	go test -run TestJournals ./invoker -corpus NAME-OF-THE-VERSION
var corpus = flag.String("corpus", "", "write the journals of this version under that name, beside those of the versions before")

// A written line of a journal is an alert or an envelope.
type writtenLine struct {
	Alert    *writtenAlert     `json:"alert,omitempty"`
	Envelope *journal.Envelope `json:"envelope,omitempty"`
}

type writtenAlert struct {
	Sequence uint64    `json:"sequence"`
	Received time.Time `json:"received"`
	Subject  string    `json:"subject"`
	Body     string    `json:"body"`
}

func TestJournalsOfEveryVersionAreReadAsTheyWereWhenTheyWereWritten(t *testing.T) {
	if *corpus != "" {
		writeCorpus(t, *corpus)
	}
	files, err := filepath.Glob("testdata/journals/*.jsonl")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d journals, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			d := readJournal(t, file)
			then, err := os.ReadFile(strings.TrimSuffix(file, ".jsonl") + ".state.json")
			if err != nil {
				t.Fatal(err)
			}
			var was, is any
			if err := errors.Join(json.Unmarshal(then, &was), json.Unmarshal(stateOf(t, d), &is)); err != nil {
				t.Fatal(err)
			}
			for _, lost := range missingFrom(is, was, "state") {
				t.Error(lost)
			}
		})
	}
}

// readJournal folds a journal as a start does.
func readJournal(t *testing.T, file string) *incident.Desk {
	t.Helper()
	log, heard := openJournal(t, file)
	return fold(t, log, heard)
}

// openJournal reads a journal. Each envelope has to be, byte by byte, what a writer of today would store.
func openJournal(t *testing.T, file string) (journal.Log, []watch.Heard) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	log := journal.NewMemory()
	var alerts recordedAlerts
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var l writtenLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		if a := l.Alert; a != nil {
			alerts = append(alerts, journal.Message{Sequence: a.Sequence, Received: a.Received, Subject: a.Subject, Body: []byte(a.Body)})
			continue
		}
		if _, err := log.Append(t.Context(), *l.Envelope); err != nil {
			t.Fatalf("the chain of hashes does not hold any more: %v", err)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return log, alerts.heard(t)
}

func fold(t *testing.T, log journal.Log, heard []watch.Heard) *incident.Desk {
	t.Helper()
	d := incident.NewDesk()
	for _, s := range wayOf(t, log, heard) {
		s.follow(d)
	}
	return d
}

// A step through a journal is a message that is heard, or a record that is applied.
type step struct {
	at     time.Time
	heard  bool
	follow func(*incident.Desk)
}

// wayOf is the order in which a start hears and applies.
func wayOf(t *testing.T, log journal.Log, heard []watch.Heard) (way []step) {
	t.Helper()
	for c, err := range log.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for len(heard) > 0 && heard[0].Sequence <= c.AlertsThrough {
			h := heard[0]
			way = append(way, step{h.Received, true, func(d *incident.Desk) { d.Hear(h.Sequence, h.Received, h.Subject, h.Batch, h.Unreadable) }})
			heard = heard[1:]
		}
		for _, e := range c.Entries {
			event, err := incident.Decode(incident.Kind(e.Kind), e.Data)
			if err != nil {
				t.Fatal(err)
			}
			r := incident.Record{Sequence: c.Sequence, Hash: c.Hash, At: c.At, Incident: e.Incident, Event: event}
			way = append(way, step{c.At, false, func(d *incident.Desk) { d.Apply(r) }})
		}
	}
	return way
}

// recordedAlerts are an alert log that somebody else wrote.
type recordedAlerts []journal.Message

func (r recordedAlerts) Head(context.Context) (uint64, error) { return uint64(len(r)), nil }

func (r recordedAlerts) Follow(_ context.Context, _ uint64) iter.Seq2[journal.Message, error] {
	return func(yield func(journal.Message, error) bool) {
		for _, m := range r {
			if !yield(m, nil) {
				return
			}
		}
	}
}

func (r recordedAlerts) Publish(context.Context, string, map[string][]string, []byte) (uint64, error) {
	return 0, fs.ErrPermission
}
func (r recordedAlerts) Message(context.Context, uint64) (journal.Message, error) {
	return journal.Message{}, fs.ErrNotExist
}
func (r recordedAlerts) Buried() uint64 { return 0 }
func (r recordedAlerts) Bury(context.Context, journal.Message, string, string) error {
	return fs.ErrPermission
}

// heard is what the ears make out of them.
func (r recordedAlerts) heard(t *testing.T) (all []watch.Heard) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := watch.Run(ctx, r, 0, func(_ context.Context, h watch.Heard) error {
		if h.Subject != "" {
			all = append(all, h)
		}
		if len(all) == len(r) {
			cancel()
		}
		return nil
	})
	if err != nil || len(all) != len(r) {
		t.Fatalf("%d of %d alerts are heard: %v", len(all), len(r), err)
	}
	return all
}

// stateOf is what a journal adds up to, as the API would show it.
func stateOf(t *testing.T, d *incident.Desk) []byte {
	t.Helper()
	armed, why := d.Armed()
	var timelines [][]string
	for _, i := range d.Incidents() {
		var lines []string
		for _, r := range i.Timeline {
			lines = append(lines, r.At.Format(time.RFC3339)+" "+string(r.Event.Kind()))
		}
		timelines = append(timelines, lines)
	}
	text, err := json.MarshalIndent(map[string]any{"incidents": d.Incidents(), "timelines": timelines, "epoch": d.Epoch(), "documents": d.Documents().Digest,
		"armed": armed, "why_not": why, "counts": d.Counts(), "alerts_through": d.AlertsThrough(), "exercises": d.Exercises()}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

// worded is what a version may say in other words.
var worded = []string{"subject", "body", "why_not", "hands_off"}

// missingFrom tells what was there and is no longer so. What came on top is no loss.
func missingFrom(is, was any, at string) (lost []string) {
	switch was := was.(type) {
	case map[string]any:
		now, ok := is.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s was an object, and is %v", at, is)}
		}
		for key, value := range was {
			if slices.Contains(worded, key) {
				continue
			}
			lost = append(lost, missingFrom(now[key], value, at+"."+key)...)
		}
	case []any:
		now, ok := is.([]any)
		if !ok || len(now) != len(was) {
			return []string{fmt.Sprintf("%s had %d entries, and is %v", at, len(was), is)}
		}
		for n := range was {
			lost = append(lost, missingFrom(now[n], was[n], fmt.Sprintf("%s[%d]", at, n))...)
		}
	default:
		if is != was {
			lost = append(lost, fmt.Sprintf("%s was %v, and is %v", at, was, is))
		}
	}
	return lost
}

// writeCorpus lets lives be lived and keeps their journals. It never writes over one.
func writeCorpus(t *testing.T, name string) {
	lives := map[string]func(*testing.T) *world{
		"words": func(t *testing.T) *world { w := newWorld(t); w.talk = true; w.live(w.boot()).end(); return w },
		"takeover": func(t *testing.T) *world {
			w := newWorld(t)
			w.boot().endAfter(time.Minute)
			w.live(w.boot()).end()
			return w
		},
		"undo": func(t *testing.T) *world {
			w := worldOf(t, takenBack)
			w.answer = func(e incident.Effect) *incident.Result {
				if e.Step != "broken" || e.Notice != nil {
					return nil
				}
				return &incident.Result{Effect: e, Outcome: incident.Failed, Reason: "it is broken"}
			}
			p := w.boot()
			for time.Since(w.start) < 20*time.Minute {
				w.monitor()
				p.people()
				time.Sleep(time.Second)
			}
			p.end()
			return w
		},
		"exercise": func(t *testing.T) *world {
			w := worldOf(t, everyKind)
			w.alarmed, w.cleared = true, true
			p := w.boot()
			for i, ok := p.incident(); time.Since(w.start) < time.Hour && (!ok || i.Open()); i, ok = p.incident() {
				if !ok && p.inv.Status().Live {
					_, _ = p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbRehearse, Playbook: "promote-south", Exercise: incident.Full, Reason: "the yearly one"})
				}
				p.people()
				time.Sleep(time.Second)
			}
			p.end()
			return w
		},
	}
	for life, live := range lives {
		t.Run("write "+life, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				keepJournal(t, live(t).journal, filepath.Join("testdata", "journals", name+"-"+life))
			})
		})
	}
}

func keepJournal(t *testing.T, m *journal.Memory, name string) {
	t.Helper()
	head, err := m.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var alerts recordedAlerts
	for n := range head {
		a, err := m.Message(t.Context(), n+1)
		if err != nil {
			t.Fatal(err)
		}
		alerts = append(alerts, a)
	}
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	lines.SetEscapeHTML(false)
	for _, a := range alerts {
		if err := lines.Encode(writtenLine{Alert: &writtenAlert{a.Sequence, a.Received, a.Subject, string(a.Body)}}); err != nil {
			t.Fatal(err)
		}
	}
	for c, err := range m.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if err := lines.Encode(writtenLine{Envelope: &c.Envelope}); err != nil {
			t.Fatal(err)
		}
	}
	state := stateOf(t, fold(t, m, alerts.heard(t)))
	for file, content := range map[string][]byte{name + ".jsonl": text.Bytes(), name + ".state.json": state} {
		f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
