package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"holdfast/detector"
	"holdfast/incident"
	"holdfast/invoker"
	"holdfast/journal"
)

// A house is an invoker on an embedded nats-server that is synced to disk, with so many disasters declared before it
// starts; each is answered by a run of the one playbook.
type house struct {
	Store     string
	Incidents int
	Steps     int
	Step      string // of the playbook, its number put in
	Playbook  string // a second one, to be invoked later; empty: none
	Begun     bool   // its steps have been started, all of them
	For       time.Duration
}

// Names of what the house is about.
const (
	benchBook = "mend"
	benchFile = "playbooks/mend.yaml"
	laterFile = "playbooks/later.yaml"
	laterWork = "later"
)

func (h house) book() string {
	var b strings.Builder
	fmt.Fprintf(&b, "playbook: %s\nfor: {services: [nothing]}\nsteps:\n", benchBook)
	for n := range h.Steps {
		fmt.Fprintf(&b, h.Step+"\n", n)
	}
	return b.String()
}

func (h house) documents() (*incident.Documents, error) {
	var services strings.Builder
	for n := range h.Incidents {
		fmt.Fprintf(&services, "  s%d: {vital: true, rto: 4h, mtpd: 8h, wrt: 1h, rtc: 1h, needs: [c]}\n", n)
	}
	files := map[string]string{benchFile: h.book(), "bia.yaml": "organisation: Bench\nservices:\n  nothing: {rto: 4h, needs: [c]}\n  " + laterWork +
		": {vital: true, rto: 4h, mtpd: 8h, wrt: 1h, rtc: 1h, needs: [c]}\n" + services.String() +
		"observers: {prom: {}}\ncomponents: {c: {observers: [prom]}}\ndeclaration: {authority: director}\n"}
	if h.Playbook != "" {
		files[laterFile] = h.Playbook
	}
	docs, problems := incident.ParseDocuments(files)
	if problems.HasErrors() {
		return nil, problems
	}
	return docs, nil
}

// A lived house is one that runs.
type lived struct {
	server  *server.Server
	nc      *nats.Conn
	js      jetstream.JetStream
	inv     *invoker.Invoker
	stop    context.CancelFunc
	over    sync.WaitGroup
	reading time.Duration // of the journal, until it was in charge
	ids     []string
}

// start writes the journal and starts an invoker on it. What it appends is seen right after it is on disk.
func (h house) start(ctx context.Context, hands invoker.Hands, seen func(journal.Committed)) (*lived, error) {
	docs, err := h.documents()
	if err != nil {
		return nil, err
	}
	l := &lived{}
	if l.server, err = startServer(h.Store, true, 0); err != nil {
		return nil, err
	}
	if l.nc, l.js, err = inside(l.server); err != nil {
		return nil, err
	}
	log, err := journal.Open(ctx, l.js, journal.Options{})
	if err != nil {
		return nil, err
	}
	if err := l.write(ctx, h, docs, log); err != nil {
		return nil, err
	}
	l.inv = invoker.New(invoker.Config{Log: witnessed{log, seen}, Hands: hands, Documents: docs, Instance: "bench", Version: "bench", Now: time.Now, Logger: zerolog.Nop()})
	ctx, l.stop = context.WithCancel(ctx)
	begun := time.Now()
	l.over.Go(func() { _ = l.inv.Run(ctx) })
	if err := l.inv.Hear(ctx, invoker.Heard{CaughtUp: true}); err != nil {
		return nil, err
	}
	for !l.inv.Status().Live {
		if time.Since(begun) > 5*time.Minute {
			return nil, fmt.Errorf("the invoker does not come alive: %w", l.inv.Ready())
		}
		time.Sleep(time.Millisecond)
	}
	l.reading = time.Since(begun)
	return l, nil
}

func (l *lived) end() {
	l.stop()
	l.over.Wait()
	l.nc.Close()
	shutDown(l.server)
}

// write is what an instance before this one has left in the journal.
func (l *lived) write(ctx context.Context, h house, docs *incident.Documents, log journal.Log) error {
	p := &pen{ctx: ctx, log: log}
	p.add("", incident.TookOver{Epoch: 1, Instance: "before", Version: "bench"})
	p.add("", incident.DocumentsAdopted{Digest: docs.Digest, Files: docs.Files, By: incident.Actor{Rule: "start"}})
	book := docs.Playbooks[0]
	if book.ID != benchBook {
		book = docs.Playbooks[1]
	}
	by, now := incident.Actor{Person: "ann"}, time.Now().UTC()
	for n := range h.Incidents {
		service := fmt.Sprintf("s%d", n)
		id := service + "-0101"
		l.ids = append(l.ids, id)
		v := detector.Verdict{Key: "by-hand/" + id, At: now, Level: detector.Disaster, Current: detector.Disaster, Since: now, Open: true,
			Services: []detector.Outage{{Service: service, State: detector.Up}}}
		p.add(id, incident.Classified{Verdict: v, JudgedBy: docs.BIA.Digest})
		p.add(id, incident.Declared{By: by, Services: []incident.Pinned{{Service: service}}})
		p.add(id, incident.Invoked{Run: "1", Service: service, Covers: []string{service}, Playbook: book.ID, File: book.File, Text: book.Text, Digest: book.Digest, By: by})
		for k := range book.Steps {
			if h.Begun {
				step := book.Steps[k].ID
				p.add(id, incident.StepStarted{Run: "1", Step: step, Attempt: 1, Key: id + "/1/" + step + "/1", Epoch: 1, Until: now.Add(h.For)})
			}
		}
	}
	p.flush()
	return p.err
}

// A pen writes events into a journal, many to an envelope.
type pen struct {
	ctx     context.Context
	log     journal.Log
	prev    journal.Committed
	entries []journal.Entry
	size    int
	at      time.Time // of what is written next; zero: now
	err     error
}

func (p *pen) add(id string, e incident.Event) {
	kind, data, err := incident.Encode(e)
	p.err = errors.Join(p.err, err)
	p.entries = append(p.entries, journal.Entry{Incident: id, Kind: string(kind), Data: data})
	if p.size += len(data) + 100; p.size > journal.MaxEnvelope/2 {
		p.flush()
	}
}

func (p *pen) flush() {
	if p.err != nil || len(p.entries) == 0 {
		return
	}
	at := p.at
	if at.IsZero() {
		at = time.Now().UTC()
	}
	p.prev, p.err = p.log.Append(p.ctx, journal.Envelope{Version: journal.FormatVersion, Epoch: 1, CommitID: rand.Text(),
		PrevSequence: p.prev.Sequence, PrevHash: p.prev.Hash, At: at, Entries: p.entries})
	p.entries, p.size = nil, 0
}

// witnessed is a journal whose appends are seen.
type witnessed struct {
	journal.Log
	seen func(journal.Committed)
}

func (w witnessed) Append(ctx context.Context, e journal.Envelope) (journal.Committed, error) {
	c, err := w.Log.Append(ctx, e)
	if err == nil && w.seen != nil {
		w.seen(c)
	}
	return c, err
}

// willing are hands that do at once what they are told.
type willing struct{}

func (willing) Carry(_ context.Context, e incident.Effect) incident.Result {
	return incident.Result{Effect: e, Output: "done", Channel: "log"}
}

// event is the one of an entry, if it is of its type.
func event[E incident.Event](entry journal.Entry) (e E, ok bool) {
	if entry.Kind != string(e.Kind()) {
		return e, false
	}
	return e, json.Unmarshal(entry.Data, &e) == nil
}
