package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A relaying is the least that row 7 can take with everything on disk: what comes is synced and delivered, a block
// is synced to a second log, then the machine is called. Nothing is read, judged, checked or folded.
type relaying struct {
	Store   string
	Port    int
	Machine string // its URL
}

// decisionBytes is a block of the disk: no envelope is synced as less.
const decisionBytes = 4 << 10

const relayedSubject, relayDecision = "relay.alerts", "relay.decision"

func (o relaying) run(ctx context.Context) error {
	s, err := startServer(o.Store, true, o.Port)
	if err != nil {
		return err
	}
	defer shutDown(s)
	nc, js, err := inside(s)
	if err != nil {
		return err
	}
	defer nc.Close()
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "DECISIONS", Subjects: []string{relayDecision}}); err != nil {
		return err
	}
	alerts, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "ALERTS", Subjects: []string{relayedSubject}})
	if err != nil {
		return err
	}
	reader, err := alerts.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	defer client.CloseIdleConnections()
	decision := make([]byte, decisionBytes)
	reading, err := reader.Consume(func(m jetstream.Msg) {
		go func() {
			if _, err := js.Publish(ctx, relayDecision, decision); err != nil {
				fmt.Fprintln(os.Stderr, "relay:", err)
				return
			}
			if err := postTo(ctx, client, o.Machine, m.Data()); err != nil && ctx.Err() == nil {
				fmt.Fprintln(os.Stderr, "relay:", err)
			}
		}()
	})
	if err != nil {
		return err
	}
	defer reading.Stop()
	<-ctx.Done()
	return nil
}

// relays is how soon the least that row 7 can take is done.
func (b *bench) relays(ctx context.Context, dir string) ([]float64, error) {
	a, err := awaitArrivals()
	if err != nil {
		return nil, err
	}
	defer a.stop()
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	cmd, err := childCommand(ctx, "relay", relaying{Store: filepath.Join(dir, "store"), Port: port, Machine: a.url})
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer func() { _ = cmd.Process.Signal(syscall.SIGTERM); _ = cmd.Wait() }()
	nc, err := nats.Connect(fmt.Sprintf("nats://127.0.0.1:%d", port), nats.RetryOnFailedConnect(true), nats.ReconnectWait(20*time.Millisecond), nats.MaxReconnects(-1))
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	f := feed{components: reactions, start: time.Now().UTC()}
	send := func(n int) error {
		m, err := nc.RequestWithContext(ctx, relayedSubject, f.webhook(nil, observers[0], said{n: n, host: n, down: true}))
		if err == nil && !bytes.Contains(m.Data, []byte(`"stream"`)) {
			err = fmt.Errorf("publish: the answer is %s", m.Data)
		}
		return err
	}
	for ready := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if err := send(reactions); err == nil { // one that nobody counts
			return a.pace(ctx, send)
		} else if time.Now().After(ready) {
			return nil, err
		}
	}
}
