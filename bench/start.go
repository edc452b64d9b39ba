package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"holdfast/detector"
	"holdfast/incident"
	"holdfast/journal"
	"holdfast/journal/embedded"
	"holdfast/playbooks"
)

// Row 13: a daemon that was killed is started again, and the time from its exec until it says that it is ready is taken; with
// what the life before it has kept of what it heard, and without. Beside it both logs are read by bare consumers.

const (
	startIncidents = 10_000
	startBatch     = 500 // alerts in a body
	heardFile      = "holdfast-heard"
)

// A begun daemon is one that was started, with what it took.
type begun struct{ Seconds, CPU float64 }

func measureStart(ctx context.Context, b *bench) ([]Row, error) {
	dir := filepath.Join(b.dir, "start")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	o := organisation{components: drainComponents, site: 100}
	d, err := startDaemon(ctx, b.kit, dir, o)
	if err != nil {
		return nil, err
	}
	f := feed{components: o.components, start: time.Now().UTC().Add(-time.Minute)}
	if _, err := d.take(ctx, f, 0, b.active, startBatch); err != nil {
		d.stop()
		return nil, err
	}
	d.stop()
	many := thousands(b.active)
	alone, err := b.restarts(ctx, dir)
	if err != nil {
		return nil, err
	}
	rows := alone.rows("13", many+" alerts active", 2, 5)
	if err := b.inherit(ctx, dir); err != nil {
		return nil, err
	}
	both, err := b.restarts(ctx, dir)
	if err != nil {
		return nil, err
	}
	return append(rows, both.rows("13 history", fmt.Sprintf("%s alerts active and %s incidents over", many, thousands(startIncidents)), 5, 0)...), nil
}

// inherit gives a stopped daemon a past: its log of decisions becomes one of ten thousand incidents. The daemon reads it once.
func (b *bench) inherit(ctx context.Context, dir string) error {
	log := filepath.Join(dir, "past")
	if _, err := ask[struct{}](ctx, "past", past{Store: log, Incidents: startIncidents}); err != nil {
		return err
	}
	store := filepath.Join(dir, "nats")
	to := filepath.Join(store, "jetstream", "HOLDFAST", "streams", journal.LogStream)
	if err := errors.Join(os.RemoveAll(to), os.RemoveAll(filepath.Join(store, journal.HeadFile)), os.RemoveAll(filepath.Join(store, heardFile))); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(log, "jetstream", "$G", "streams", journal.LogStream), to); err != nil {
		return err
	}
	_, d, err := b.restart(ctx, dir)
	if err != nil {
		return err
	}
	d.stop()
	return nil
}

// restarted is how it went, round by round.
type restarted struct{ kept, whole, raw []begun }

// restarts starts a daemon again and again, which was stopped in between by SIGKILL.
func (b *bench) restarts(ctx context.Context, dir string) (r restarted, err error) {
	heard := filepath.Join(dir, "nats", heardFile)
	kept, err := os.ReadFile(heard)
	if err != nil {
		return r, fmt.Errorf("the daemon has kept nothing: %w", err)
	}
	for range b.rounds {
		raw, err := ask[drained](ctx, "rawlogs", rawLogs{Store: filepath.Join(dir, "nats")})
		if err != nil {
			return r, err
		}
		r.raw = append(r.raw, begun{raw.Seconds, raw.CPU})
		for _, how := range []struct {
			file []byte
			into *[]begun
		}{{kept, &r.kept}, {nil, &r.whole}} {
			if err := os.RemoveAll(heard); err != nil {
				return r, err
			}
			if how.file != nil {
				if err := os.WriteFile(heard, how.file, 0o600); err != nil {
					return r, err
				}
			}
			one, d, err := b.restart(ctx, dir)
			if err != nil {
				return r, err
			}
			_ = d.cmd.Process.Kill()
			<-d.done
			if _, err := os.Stat(heard); how.file != nil && err != nil {
				return r, fmt.Errorf("what was kept was thrown away; the daemon said: %s", d.lastWords())
			}
			*how.into = append(*how.into, one)
		}
	}
	return r, os.WriteFile(heard, kept, 0o600)
}

// restart starts the daemon of a directory, and says what it took until it was ready.
func (b *bench) restart(ctx context.Context, dir string) (begun, *process, error) {
	ready := filepath.Join(dir, "ready.json")
	if err := os.RemoveAll(ready); err != nil { // one that was killed has left it
		return begun{}, nil, err
	}
	from := time.Now()
	p, err := start(dir, "holdfast", b.holdfast, "serve", "--config", "holdfast.yaml", "--ready-file", ready)
	if err != nil {
		return begun{}, nil, err
	}
	for deadline := from.Add(5 * time.Minute); ; {
		if _, err := os.Stat(ready); err == nil {
			return begun{time.Since(from).Seconds(), p.cpu().Seconds()}, p, nil
		}
		if err := p.pause(ctx, deadline, time.Millisecond); err != nil {
			p.stop()
			return begun{}, nil, err
		}
	}
}

func (r restarted) rows(id, what string, target, floor float64) []Row {
	seconds := func(all []begun) (s []float64) {
		for _, one := range all {
			s = append(s, one.Seconds)
		}
		return s
	}
	words := func(all []begun) string {
		return fmt.Sprintf("%.2f s (%.1f s CPU)", median(seconds(all)), medianOf(all, func(b begun) float64 { return b.CPU }))
	}
	var ratios []float64
	for i := range r.whole {
		ratios = append(ratios, r.raw[i].Seconds/r.whole[i].Seconds)
	}
	whole := Row{ID: id + " whole", Goal: "exec to ready, both logs read whole, " + what, Ours: words(r.whole), Beside: "raw drain " + words(r.raw), Unit: "s", Less: true}
	if floor > 0 {
		whole.Target, whole.Floor = 8, 20
	}
	return []Row{
		Row{ID: id, Goal: "exec to ready after kill -9, what was heard is kept, " + what, Ours: words(r.kept), Beside: "raw drain " + words(r.raw), Unit: "s", Less: true, Target: target, Floor: floor}.judged(seconds(r.kept)...),
		whole.judged(seconds(r.whole)...),
		Row{ID: id + " raw", Goal: "raw drain of both logs / exec to ready, both read whole", Ours: words(r.whole), Beside: "raw drain " + words(r.raw)}.judged(ratios...),
	}
}

// rawLogs are both logs of a store, read by bare consumers that count bytes.
type rawLogs struct{ Store string }

func (o rawLogs) run(ctx context.Context) (d drained, err error) {
	server, err := embedded.Start(embedded.Options{Store: o.Store, Listen: embedded.None, Log: zerolog.Nop()})
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	nc, err := server.Connect()
	if err != nil {
		return d, err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return d, err
	}
	cpu, from := ownCPU(), time.Now()
	for _, name := range []string{journal.LogStream, journal.AlertsStream} {
		stream, err := js.Stream(ctx, name)
		if err != nil {
			return d, err
		}
		size, err := count(ctx, stream)
		if err != nil {
			return d, err
		}
		d.Bytes += size
		d.Messages += int(stream.CachedInfo().State.Msgs)
	}
	d.Seconds, d.CPU = time.Since(from).Seconds(), (ownCPU() - cpu).Seconds()
	return d, nil
}

// count reads a whole stream and counts its bytes.
func count(ctx context.Context, stream jetstream.Stream) (size int, err error) {
	left := stream.CachedInfo().State.Msgs
	if left == 0 {
		return 0, nil
	}
	consumer, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true})
	if err != nil {
		return 0, err
	}
	ended := make(chan struct{})
	reading, err := consumer.Consume(func(m jetstream.Msg) {
		size += len(m.Data())
		if left--; left == 0 {
			close(ended)
		}
	}, jetstream.PullMaxMessagesWithBytesLimit(2000, 16<<20))
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

// A past is a log of decisions of so many incidents that are over, as daemons before this one have left it. Each had a
// disaster declared, a run of twenty steps that machines carried out, and was stood down: 51 events in 27 envelopes.
type past struct {
	Store     string
	Incidents int
}

const pastSteps = 20

func (p past) run(ctx context.Context) error {
	s, err := startServer(p.Store, false, 0)
	if err != nil {
		return err
	}
	defer shutDown(s)
	nc, js, err := inside(s)
	if err != nil {
		return err
	}
	defer nc.Close()
	log, err := journal.Open(ctx, js, journal.Options{})
	if err != nil {
		return err
	}
	text := "playbook: failover\nfor: {services: [s0]}\nsteps:\n"
	for n := range pastSteps {
		text += fmt.Sprintf("  - {id: step-%d, run: {exec: {command: failover, args: [stage, \"%d\"]}}, timeout: 2m, retry: 1, repeat: safe}\n", n, n)
	}
	book, problems := playbooks.Parse("playbooks/failover.yaml", []byte(text))
	if problems.HasErrors() {
		return problems
	}
	docs, problems := incident.ParseDocuments(map[string]string{"bia.yaml": organisation{components: drainComponents, site: 100}.text(), "people.yaml": peopleText, book.File: text})
	if problems.HasErrors() {
		return problems
	}
	w := &chronicle{pen: pen{ctx: ctx, log: log}, now: time.Now().UTC().Add(-300 * 24 * time.Hour), book: book, docs: docs}
	w.write("", incident.TookOver{Epoch: 1, Instance: "before", Version: "bench"},
		incident.DocumentsAdopted{Digest: docs.Digest, Files: docs.Files, By: incident.Actor{Rule: "start"}})
	for n := range p.Incidents {
		w.incident(n)
	}
	return w.err
}

// A chronicle writes what was decided, commit by commit, as time passes.
type chronicle struct {
	pen
	now  time.Time
	book *playbooks.Playbook
	docs *incident.Documents
}

func (w *chronicle) write(id string, events ...incident.Event) {
	for _, e := range events {
		w.add(id, e)
	}
	w.at = w.now
	w.flush()
	w.now = w.now.Add(7 * time.Second)
}

func (w *chronicle) incident(n int) {
	service := fmt.Sprintf("s%d", n%(drainComponents/each))
	id := fmt.Sprintf("%s-%05d", service, n)
	first, second := incident.Actor{Person: "first", Role: "director"}, incident.Actor{Rule: "automatic_for site_loss_inferred"}
	objectives := w.docs.BIA.Objectives(service)
	start := w.now.Add(-6 * time.Minute)
	clocks := objectives.Clocks(start)
	tell := []string{"first", "second"}
	explanation := detector.Explanation{Summary: service + " is lost, and with it what it carries: the only component that could serve it is down at its site.",
		Criteria: []detector.Criterion{{ID: "site_loss_inferred", Level: detector.Disaster, Answer: detector.Met, Services: []string{service}, MetAt: w.now,
			Evidence: []string{"c0 is down since " + start.Format(time.DateTime) + "Z by prom-a and prom-b", "f0 counts as lost: 71 of 100 components are down"}},
			{ID: "decision_point", Level: detector.Disaster, Answer: detector.NotMet, Services: []string{service}, WouldAt: clocks.LTI,
				Evidence: []string{"the latest time to invoke is " + clocks.LTI.Format(time.DateTime) + "Z"}}}}
	verdict := detector.Verdict{Key: service + "@" + start.Format(time.RFC3339), At: w.now, Level: detector.Disaster, Current: detector.Disaster, Since: start, Open: true,
		Services: []detector.Outage{{Service: service, State: detector.Down, Since: start, Confirmed: w.now, ConfirmedNow: true, Objectives: objectives, Clocks: clocks}},
		Roots:    []string{"c0"}, Lost: []string{"f0"}, Explanation: explanation, NextAt: clocks.LTI}
	w.write(id, incident.Classified{Verdict: verdict, JudgedBy: w.docs.BIA.Digest},
		incident.Declared{By: second, Automatic: true, Criteria: []string{"site_loss_inferred"}, Services: []incident.Pinned{{Service: service, Objectives: objectives, Clocks: clocks}}, Explanation: explanation, Tell: tell},
		incident.Invoked{Run: "1", Service: service, Covers: []string{service}, Playbook: w.book.ID, File: w.book.File, Text: w.book.Text, Digest: w.book.Digest, By: second})
	w.write(id, incident.Notified{Notice: 1, Person: "first", Channel: "log"}, incident.Notified{Notice: 2, Person: "second", Channel: "log"})
	for s := range pastSteps {
		step := fmt.Sprintf("step-%d", s)
		w.write(id, incident.StepStarted{Run: "1", Step: step, Attempt: 1, Key: id + "/1/" + step + "/1", Epoch: 1, Until: w.now.Add(2 * time.Minute)},
			incident.StepDone{Run: "1", Step: step, Attempt: 1, Output: fmt.Sprintf("stage %d of %s is through: 14 of 14 checks passed\n", s, id)})
	}
	w.write(id, incident.RunEnded{Run: "1", Result: "completed"})
	w.now = w.now.Add(15 * time.Minute)
	w.write(id, incident.Restored{Service: service, At: w.now.Add(-10 * time.Minute)})
	w.write(id, incident.StandDownRecommended{Tell: tell})
	w.write(id, incident.Notified{Notice: 3, Person: "first", Channel: "log"}, incident.Notified{Notice: 4, Person: "second", Channel: "log"})
	w.write(id, incident.StoodDown{By: first, Reason: "all is well"})
}
