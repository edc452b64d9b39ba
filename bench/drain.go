package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/watch"
	"holdfast/incident"
	"holdfast/journal"
)

// measureDrain is row 6: how fast the alert log can be read, judged or not. The goals are for one alert to a message and a
// nats-server of its own, as their baseline was measured; a server within, and bodies of 64, are shown.
func measureDrain(ctx context.Context, b *bench) ([]Row, error) {
	var rows []Row
	for _, c := range []struct {
		each   int
		within bool
	}{{1, false}, {1, true}, {batch, true}} {
		some, err := b.drains(ctx, c.each, c.within)
		if err != nil {
			return nil, err
		}
		rows = append(rows, some...)
	}
	return rows, nil
}

// drains reads one log in every way, round by round.
func (b *bench) drains(ctx context.Context, alertsEach int, within bool) ([]Row, error) {
	store := filepath.Join(b.dir, fmt.Sprintf("log-%d-%t", alertsEach, within))
	messages := b.messages
	if alertsEach > 1 {
		messages = max(1, 2*b.messages/alertsEach)
	}
	if err := b.fill(ctx, filling{Store: store, Messages: messages, Batch: alertsEach}); err != nil {
		return nil, err
	}
	all := map[string][]drained{}
	for range b.rounds {
		for _, how := range []string{drainRaw, drainState, drainWhole} {
			profile := b.profileFile(fmt.Sprintf("row6-%s-%d-%t", how, alertsEach, within))
			d, err := b.drain(ctx, within, draining{Store: store, How: how, Messages: messages, Components: drainComponents, Profile: profile})
			if err != nil {
				return nil, err
			}
			all[how] = append(all[how], d)
		}
	}
	ratios := func(how string) (r []float64) {
		for i, d := range all[how] {
			r = append(r, all[drainRaw][i].Seconds/d.Seconds)
		}
		return r
	}
	row := func(id, goal, how string, target float64) Row {
		r := Row{ID: id, Goal: goal, Ours: drainWords(all[how], alertsEach), Beside: "raw " + drainWords(all[drainRaw], alertsEach), Target: target, Floor: 0.6}
		if within {
			r.Target, r.Floor = 0, 0
		}
		return r.judged(ratios(how)...)
	}
	suffix, where := "", "nats-server of its own"
	if within {
		suffix, where = fmt.Sprintf(" within/%d", alertsEach), "nats-server within"
	}
	return []Row{
		row("6a"+suffix, fmt.Sprintf("drain, decode and state / raw drain, %d alert(s) a message, %s", alertsEach, where), drainState, 0.9),
		row("6b"+suffix, fmt.Sprintf("whole pipeline / raw drain, %d alert(s) a message, %s", alertsEach, where), drainWhole, 0.75),
	}, nil
}

// drain reads a log once, with the server in the reader's process or in one of its own; its CPU counts in both.
func (b *bench) drain(ctx context.Context, within bool, o draining) (drained, error) {
	if within {
		return ask[drained](ctx, "drain", o)
	}
	server, nc, err := b.serveStreams(ctx, b.dir, o.Store)
	if err != nil {
		return drained{}, err
	}
	defer server.stop()
	o.URL = nc.ConnectedUrl()
	nc.Close()
	before := server.cpu()
	d, err := ask[drained](ctx, "drain", o)
	d.CPU += (server.cpu() - before).Seconds()
	return d, err
}

const drainComponents = 5000

// fill makes a log; its alerts are about 50,000 things, so most of them are sent again.
func (b *bench) fill(ctx context.Context, f filling) error {
	f.Components, f.Different = drainComponents, 50_000/batch*batch
	_, err := ask[struct{}](ctx, "fill", f)
	return err
}

func drainWords(all []drained, each int) string {
	return fmt.Sprintf("%.0fk alerts/s (%.1f us CPU)", medianOf(all, func(d drained) float64 { return float64(d.Messages*each) / d.Seconds })/1e3,
		medianOf(all, func(d drained) float64 { return d.CPU * 1e6 / float64(d.Messages*each) }))
}

// Ways to drain.
const (
	drainRaw   = "raw"   // a pull consumer that acknowledges every 500th and counts bytes
	drainState = "state" // the ears and the detector's state
	drainWhole = "whole" // the ears and the desk, asked what is due at the daemon's pace
)

// draining is one reading of a whole log: with the server within, as in a daemon on its own, or by a URL.
type draining struct {
	Store      string
	URL        string
	How        string
	Messages   int
	Components int
	Profile    string
}

// drained is what it took, the server included.
type drained struct {
	Messages int
	Bytes    int
	Seconds  float64
	CPU      float64 // seconds
}

func (o draining) run(ctx context.Context) (drained, error) {
	js, leave, err := o.connect()
	if err != nil {
		return drained{}, err
	}
	defer leave()
	read, err := o.reader(ctx, js)
	if err != nil {
		return drained{}, err
	}
	cpu, begun := ownCPU(), time.Now()
	n, err := read(ctx)
	return drained{Messages: o.Messages, Bytes: n, Seconds: time.Since(begun).Seconds(), CPU: (ownCPU() - cpu).Seconds()}, err
}

func (o draining) connect() (js jetstream.JetStream, leave func(), err error) {
	if o.URL != "" {
		nc, err := nats.Connect(o.URL)
		if err != nil {
			return nil, nil, err
		}
		js, err = jetstream.New(nc)
		return js, nc.Close, err
	}
	s, err := startServer(o.Store, true, 0)
	if err != nil {
		return nil, nil, err
	}
	nc, js, err := inside(s)
	return js, func() { nc.Close(); shutDown(s) }, err
}

// reader makes everything ready; what it returns reads the log to its end.
func (o draining) reader(ctx context.Context, js jetstream.JetStream) (func(context.Context) (int, error), error) {
	if o.How == drainRaw {
		return func(ctx context.Context) (int, error) { return o.raw(ctx, js) }, nil
	}
	streams, err := journal.Open(ctx, js, journal.Options{AlertsMaxBytes: 8 << 30})
	if err != nil {
		return nil, err
	}
	text := organisation{components: o.Components, site: 100}.text()
	if o.How == drainState {
		a, problems := bia.Parse("bia.yaml", []byte(text))
		if problems.HasErrors() {
			return nil, problems
		}
		collectAsTheDaemon(a)
		d := detector.New(a)
		return func(ctx context.Context) (int, error) {
			return 0, o.ahead(ctx, streams, func(h watch.Heard) { d.Observe(h.Received, h.Subject, h.Batch.Alerts...) }, func() {})
		}, nil
	}
	d, err := newDesk(text)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (int, error) {
		return 0, o.ahead(ctx, streams, d.hear, func() { d.live(time.Now()) })
	}, nil
}

// raw is the limit.
func (o draining) raw(ctx context.Context, js jetstream.JetStream) (int, error) {
	consumer, err := js.CreateConsumer(ctx, journal.AlertsStream, jetstream.ConsumerConfig{AckPolicy: jetstream.AckAllPolicy, MaxAckPending: -1, MemoryStorage: true})
	if err != nil {
		return 0, err
	}
	seen, size, ended := 0, 0, make(chan struct{})
	reading, err := consumer.Consume(func(m jetstream.Msg) {
		size += len(m.Data())
		if seen++; seen%500 == 0 || seen == o.Messages {
			_ = m.Ack()
		}
		if seen == o.Messages {
			close(ended)
		}
	}, jetstream.PullMaxMessagesWithBytesLimit(2000, 16<<20)) // more at a time than the client buffers is dropped
	if err != nil {
		return 0, err
	}
	defer reading.Stop()
	select {
	case <-ended:
		return size, nil
	case <-time.After(2 * time.Minute):
		return 0, errors.New("the raw drain does not come to its end")
	}
}

// follow hears the whole log.
func (o draining) follow(ctx context.Context, alerts journal.Alerts, hear func(context.Context, watch.Heard) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return watch.Run(ctx, alerts, 0, func(ctx context.Context, h watch.Heard) error {
		if h.Unreadable != nil {
			return h.Unreadable
		}
		if err := hear(ctx, h); err != nil {
			return err
		}
		if h.Sequence >= uint64(o.Messages) {
			cancel()
		}
		return nil
	})
}

// ahead hears the whole log as the daemon does: the ears read ahead; what they have brought is taken, and then whoever took it
// does what comes after.
func (o draining) ahead(ctx context.Context, alerts journal.Alerts, take func(watch.Heard), after func()) error {
	ears, failed := make(chan watch.Heard, 1024), make(chan error, 1)
	go func() {
		failed <- o.follow(ctx, alerts, func(ctx context.Context, h watch.Heard) error {
			select {
			case ears <- h:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		close(ears)
	}()
	for h := range ears {
		take(h)
		for range len(ears) {
			take(<-ears)
		}
		after()
	}
	return <-failed
}

// A desk is the duty desk with a journal that is not kept.
type desk struct {
	*incident.Desk
	records uint64
}

func newDesk(text string) (*desk, error) {
	docs, problems := incident.ParseDocuments(map[string]string{"bia.yaml": text})
	if problems.HasErrors() {
		return nil, problems
	}
	d := &desk{Desk: incident.NewDesk()}
	now := time.Now()
	d.commit(now, d.TakeOver("bench", ""))
	d.commit(now, d.Adopt(docs, incident.Actor{Rule: "bench"}))
	collectAsTheDaemon(docs.BIA)
	return d, nil
}

func (d *desk) hear(h watch.Heard) { d.Hear(h.Sequence, h.Received, h.Subject, h.Batch, h.Unreadable) }

// live commits what is due, until nothing is.
func (d *desk) live(now time.Time) {
	for changes := d.Due(now); len(changes) > 0; changes = d.Due(now) {
		d.commit(now, changes)
	}
	d.NextAt()
}

func (d *desk) commit(now time.Time, changes []incident.Change) {
	d.records++
	for _, c := range changes {
		d.Apply(incident.Record{Sequence: d.records, At: now, Incident: c.Incident, Event: c.Event})
	}
}
