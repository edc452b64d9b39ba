package hostile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"holdfast/cmd/holdfast/config"
	"holdfast/console"
	"holdfast/detector/alert"
	"holdfast/detector/watch"
	"holdfast/examples"
	"holdfast/incident"
	"holdfast/invoker"
	"holdfast/journal"
	"holdfast/oncall"
)

// What reading one input may take at the most: CPU is not told from waiting, so the best of some tries counts.
const (
	mostTime   = 50 * time.Millisecond
	mostMemory = 64 << 20 // bytes that are allocated in all, and so at once
	tries      = 5
)

// corpus is how many inputs there have to be at the least.
const corpus = 2000

// A reader reads an input; it returns why not, or "" if it took it.
type reader func(body []byte) (refused string)

func TestWhateverNobodyShouldSendIsRefusedWithAReasonAtLittleCost(t *testing.T) {
	count := 0
	for _, of := range []struct {
		name   string
		inputs []input
		read   reader
	}{
		{"alerts", alerts(t), readAlert},
		{"bia.yaml", document(t, "bia.yaml"), readDocument(t, "bia.yaml")},
		{"people.yaml", document(t, "people.yaml"), readDocument(t, "people.yaml")},
		{"a playbook", document(t, "playbooks/move-booking-to-south.yaml"), readDocument(t, "playbooks/move-booking-to-south.yaml")},
		{"holdfast.yaml", yamls(configuration), readConfiguration},
		{"orders", orders(t), ordering(t)},
		{"events", events(t), readEvent},
		{"envelopes", envelopes(t), readEnvelope(t)},
	} {
		t.Run(of.name, func(t *testing.T) {
			if len(of.inputs) < 100 {
				t.Fatalf("there are %d inputs", len(of.inputs))
			}
			for n, in := range of.inputs {
				if slow && n%8 != 0 {
					continue
				}
				refusedCheaply(t, in, of.read)
			}
			t.Logf("%d inputs", len(of.inputs))
		})
		count += len(of.inputs)
	}
	if count < corpus {
		t.Errorf("the corpus has %d inputs; at least %d", count, corpus)
	}
}

// processor is what the whole process has had of the processors: on a machine that is shared the clock on the wall measures the
// neighbours.
func processor() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return time.Hour
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func refusedCheaply(t *testing.T, in input, read reader) {
	t.Helper()
	var took time.Duration
	for range tries {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begun, used := time.Now(), processor()
		why := read(in.body)
		took = min(time.Since(begun), processor()-used)
		runtime.ReadMemStats(&after)
		if why == "" {
			t.Errorf("%s: it was taken\n%.300q", in.what, in.body)
			return
		}
		if bytes := after.TotalAlloc - before.TotalAlloc; bytes > mostMemory {
			t.Errorf("%s: it took %d bytes to say %.200q", in.what, bytes, why)
			return
		}
		if took <= mostTime {
			return
		}
	}
	if !slow {
		t.Errorf("%s: it took %s", in.what, took)
	}
}

// alerts are made of a body of each shape that holdfast reads.
func alerts(t *testing.T) (all []input) {
	files, err := filepath.Glob("../detector/alert/testdata/*/*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d bodies: %v", len(files), err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range jsons(t, body) {
			all = append(all, input{filepath.Base(filepath.Dir(file)) + ": " + in.what, in.body})
		}
	}
	return all
}

func readAlert(body []byte) string {
	_, err := alert.Decode(body)
	var why *alert.Unreadable
	if errors.As(err, &why) && why.Reason != "" && why.Detail != "" {
		return why.Error()
	}
	return ""
}

// documents are the example's, by name.
func documents(t *testing.T) map[string]string {
	files := map[string]string{}
	dir, err := fs.Sub(examples.Parcels, "parcels/continuity")
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(dir, path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func document(t *testing.T, name string) []input { return yamls(documents(t)[name]) }

func readDocument(t *testing.T, name string) reader {
	files := documents(t)
	return func(body []byte) string {
		files[name] = string(body)
		if _, problems := incident.ParseDocuments(files); problems.HasErrors() {
			return problems.Error()
		}
		return ""
	}
}

const configuration = `continuity: continuity
nats:
  embedded:
    store: data/nats
    listen: 127.0.0.1:4222
alerts:
  max_age: 400d
  token_file: token
http:
  listen: 127.0.0.1:9464
  external_url: https://holdfast.example.org
log:
  level: info
  format: json
`

func readConfiguration(body []byte) string {
	if _, problems := config.Parse("holdfast.yaml", body); problems.HasErrors() {
		return problems.Error()
	}
	return ""
}

// orders are made of what people order.
func orders(t *testing.T) (all []input) {
	for _, c := range []incident.Command{
		{Verb: incident.VerbNote, Incident: "parcel-booking-1123", Reason: "hello"},
		{Verb: incident.VerbDeclare, Services: []string{"parcel-booking"}, Reason: "the building burns"},
		{Verb: incident.VerbApprove, Incident: "parcel-booking-1123", Step: "1/go", Digest: "sha256:00", Answers: map[string]string{"site": "south"}},
		{Verb: incident.VerbMaintenance, Change: "CHG-1", Scope: []string{"north"}, Expect: map[string]string{"parcel-booking": "degraded"}},
		{Verb: incident.VerbDisarm, Reason: "a move"},
	} {
		body, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, jsons(t, body)...)
	}
	return all
}

// ordering brings orders to a console with a real house behind it, by a person who may give them.
func ordering(t *testing.T) reader {
	docs, problems := incident.ParseDocuments(documents(t))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	director := docs.People.People["director-1"]
	memory := journal.NewMemory()
	will := invoker.New(invoker.Config{Log: memory, Documents: docs, Instance: "one", Shadow: true, Now: time.Now, Logger: zerolog.Nop()})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- will.Run(ctx) }()
	go func() {
		ended <- watch.Run(ctx, memory, 0, func(ctx context.Context, h watch.Heard) error {
			return will.Hear(ctx, invoker.Heard{Sequence: h.Sequence, Received: h.Received, Subject: h.Subject, Batch: h.Batch, CaughtUp: h.CaughtUp})
		})
	}()
	t.Cleanup(func() {
		stop()
		_, _ = <-ended, <-ended
	})
	for !will.Status().Live {
		time.Sleep(time.Millisecond)
	}
	web := console.New(console.Config{House: will, Publisher: memory, Now: time.Now, Logger: zerolog.Nop(),
		Authenticate: func(token string) (*oncall.Person, bool) { return director, token == "token" }})
	return func(body []byte) string {
		before := will.Status().Head
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/v1/commands", bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer token")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		web.ServeHTTP(w, r)
		var problem console.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || w.Code < 400 || w.Code >= 500 || will.Status().Head != before {
			return ""
		}
		return problem.Detail
	}
}

// events are made of what stands in the journal.
func events(t *testing.T) (all []input) {
	by := incident.Actor{Person: "director-1", Role: "incident-director"}
	for _, e := range []incident.Event{
		incident.TookOver{Epoch: 7, Instance: "one", Version: "v1"},
		incident.Noted{By: by, Text: "hello"},
		incident.StepStarted{Run: "1", Step: "go", Attempt: 1},
		incident.StepDone{Run: "1", Step: "go", Attempt: 1, By: by},
		incident.Invoked{Run: "1", Service: "parcel-booking", Playbook: "move", Text: "playbook: move", Digest: "sha256:00", By: by},
	} {
		kind, data, err := incident.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range jsons(t, data) {
			if json.Valid(in.body) {
				continue // what is well formed was written by a holdfast, and is bound by the chain
			}
			all = append(all, input{string(kind) + "\x00" + in.what, in.body})
		}
	}
	return all
}

func readEvent(body []byte) string {
	for _, kind := range []incident.Kind{incident.KindNoted, incident.KindInvoked, incident.KindStepDone} {
		if _, err := incident.Decode(kind, body); err == nil {
			return ""
		}
	}
	return "it is no event"
}

// envelopes are made of one as it is stored.
func envelopes(t *testing.T) (all []input) {
	_, stored := oneEnvelope(t)
	for _, in := range jsons(t, stored) {
		if strings.Contains(in.what, "nested") || strings.Contains(in.what, "twice") {
			continue // what an event says is for whoever reads events; and the chain binds the bytes
		}
		all = append(all, in)
	}
	return all
}

func oneEnvelope(t *testing.T) (*journal.Memory, []byte) {
	m := journal.NewMemory()
	_, err := m.Append(t.Context(), journal.Envelope{Epoch: 1, CommitID: "one", At: time.Date(2026, 4, 12, 9, 0, 0, 0, time.UTC),
		Entries: []journal.Entry{{Incident: "a", Kind: "noted", Data: json.RawMessage(`{"text":"hello"}`)}}})
	if err != nil {
		t.Fatal(err)
	}
	var stored []byte
	m.Tamper(1, func(body []byte) []byte { stored = bytes.Clone(body); return body })
	return m, stored
}

func readEnvelope(t *testing.T) reader {
	m, _ := oneEnvelope(t)
	return func(body []byte) string {
		m.Tamper(1, func([]byte) []byte { return append([]byte{}, body...) })
		for _, err := range m.Read(context.Background(), 0) {
			if errors.Is(err, journal.ErrBroken) {
				return err.Error()
			}
			return ""
		}
		return "nothing was read"
	}
}
