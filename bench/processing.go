package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const goal15 = "one-alert messages per CPU second / Bento (JetStream, JSON mapping, JetStream)"

// bentoConfig reads what the row's stream holds, maps each message, and publishes what comes of it.
const bentoConfig = `http: {enabled: false}
logger: {level: WARN}
input:
  nats_jetstream: {urls: ["%[1]s"], stream: BENCH, bind: true, durable: bento, subject: bench.alerts}
pipeline:
  processors:
    - mapping: |
        let alert = this.alerts.index(0)
        root.component = $alert.labels.host
        root.observer = $alert.labels.cluster
        root.effect = if $alert.status == "firing" { "degraded" } else { "up" }
        root.since = $alert.startsAt
output:
  nats_jetstream: {urls: ["%[1]s"], subject: judged.alerts, max_in_flight: 1024}
`

// measureProcessing is row 15: one-alert messages that are in a stream already, each read, made out and acted on.
func measureProcessing(ctx context.Context, b *bench) ([]Row, error) {
	row := Row{ID: "15", Goal: goal15, Target: 6, Floor: 3,
		Note: "CPU of all processes, NATS included. Bento's NATS writes its output unsynced, which spares it an fsync for each; ours is synced, and writes what is decided"}
	messages := b.messages / 4
	store := filepath.Join(b.dir, "processing")
	if err := b.fill(ctx, filling{Store: store, Messages: messages, Batch: 1}); err != nil {
		return nil, err
	}
	var ours, peers, rounds []float64
	for n := range b.rounds {
		d, err := ask[drained](ctx, "drain", draining{Store: store, How: drainWhole, Messages: messages, Components: drainComponents})
		if err != nil {
			return nil, err
		}
		ours = append(ours, d.CPU*1e6/float64(messages))
		if b.bento == "" {
			continue
		}
		cpu, err := b.process(ctx, filepath.Join(b.dir, fmt.Sprintf("bento-%d", n)), messages)
		if err != nil {
			return nil, err
		}
		peers = append(peers, cpu.Seconds()*1e6/float64(messages))
		rounds = append(rounds, peers[n]/ours[n])
	}
	row.Ours = fmt.Sprintf("%.1f us CPU", median(ours))
	if b.bento == "" {
		return []Row{row.withoutPeers()}, nil
	}
	row.Beside = fmt.Sprintf("%.0f us CPU", median(peers))
	return []Row{row.judged(rounds...)}, nil
}

// process has Bento read, map and publish so many messages. It returns the CPU of it and its server.
func (b *bench) process(ctx context.Context, dir string, messages int) (time.Duration, error) {
	store := filepath.Join(dir, "nats")
	if err := os.MkdirAll(store, 0o755); err != nil {
		return 0, err
	}
	if err := b.fill(ctx, filling{Store: store, Messages: messages, Batch: 1, Plain: true}); err != nil {
		return 0, err
	}
	server, nc, err := b.serveStreams(ctx, dir, store)
	if err != nil {
		return 0, err
	}
	defer server.stop()
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return 0, err
	}
	output, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "JUDGED", Subjects: []string{"judged.>"}})
	if err != nil {
		return 0, err
	}
	if _, err := js.CreateConsumer(ctx, plainStream, jetstream.ConsumerConfig{Durable: "bento", DeliverSubject: "bento.in", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 1024}); err != nil {
		return 0, err
	}
	config := filepath.Join(dir, "bento.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, bentoConfig, nc.ConnectedUrl()), 0o600); err != nil {
		return 0, err
	}
	before := server.cpu()
	bento, err := start(dir, "bento", b.bento, "-c", config)
	if err != nil {
		return 0, err
	}
	defer bento.stop()
	for deadline := time.Now().Add(10 * time.Minute); ; {
		info, err := output.Info(ctx)
		if err != nil {
			return 0, err
		}
		if info.State.Msgs >= uint64(messages) {
			return bento.cpu() + server.cpu() - before, nil
		}
		if err := bento.pause(ctx, deadline, 50*time.Millisecond); err != nil {
			return 0, fmt.Errorf("after %d of %d messages: %w", info.State.Msgs, messages, err)
		}
	}
}

// serveStreams is a nats-server in a process of its own.
func (b *bench) serveStreams(ctx context.Context, dir, store string) (*process, *nats.Conn, error) {
	port, err := freePort()
	if err != nil {
		return nil, nil, err
	}
	cmd, err := childCommand(ctx, "nats", serving{Store: store, Port: port})
	if err != nil {
		return nil, nil, err
	}
	server, err := start(dir, "nats-server", cmd.Path, cmd.Args[1:]...)
	if err != nil {
		return nil, nil, err
	}
	for deadline := time.Now().Add(time.Minute); ; {
		nc, err := nats.Connect(fmt.Sprintf("nats://127.0.0.1:%d", port))
		if err == nil {
			return server, nc, nil
		}
		if err := server.pause(ctx, deadline, 50*time.Millisecond); err != nil {
			server.stop()
			return nil, nil, err
		}
	}
}
