package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/journal"
)

// startServer starts a nats-server on a store. Only a stream that is filled beforehand is not synced.
func startServer(store string, sync bool, port int) (*server.Server, error) {
	o := &server.Options{ServerName: "bench", Host: "127.0.0.1", Port: port, DontListen: port == 0, JetStream: true, StoreDir: store,
		SyncAlways: sync, MaxPayload: journal.MaxMessage, NoLog: true, NoSigs: true}
	s, err := server.NewServer(o)
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		return nil, errors.New("the nats-server does not get ready")
	}
	return s, nil
}

// inside connects to a server of the same process.
func inside(s *server.Server) (*nats.Conn, jetstream.JetStream, error) {
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(4000))
	return nc, js, err
}

func shutDown(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// serving is a nats-server in a process of its own, for programs that have none within.
type serving struct {
	Store string
	Port  int
}

func (o serving) run(ctx context.Context) error {
	s, err := startServer(o.Store, false, o.Port)
	if err != nil {
		return err
	}
	<-ctx.Done()
	shutDown(s)
	return nil
}

// filling makes an alert log of so many messages, and beside it the same in a stream for programs that are not holdfast.
type filling struct {
	Store                 string
	Messages, Batch       int
	Components, Different int // alerts are about so many things
	Plain                 bool
}

// plainStream holds what a peer is to read.
const plainStream, plainSubject = "BENCH", "bench.alerts"

func (o filling) run(ctx context.Context) error {
	s, err := startServer(o.Store, false, 0)
	if err != nil {
		return err
	}
	defer shutDown(s)
	nc, js, err := inside(s)
	if err != nil {
		return err
	}
	defer nc.Close()
	subject := func(observer string) string { return "holdfast.alerts." + observer }
	if o.Plain {
		_, err = js.CreateStream(ctx, jetstream.StreamConfig{Name: plainStream, Subjects: []string{plainSubject}})
		subject = func(string) string { return plainSubject }
	} else {
		_, err = journal.Open(ctx, js, journal.Options{AlertsMaxBytes: 8 << 30})
	}
	if err != nil {
		return err
	}
	f := feed{components: o.Components, start: time.Now().UTC()}
	for m := range o.Messages {
		first := m * o.Batch % o.Different
		observer := observers[first/o.Batch%2]
		body := f.webhook(make([]byte, 0, 1024*o.Batch), observer, several(first, o.Batch)...)
		if m%o.everyChange() == o.everyChange()-1 {
			body = f.webhook(nil, observer, changed(first, o.Batch, f.start.Add(time.Duration(m)*time.Microsecond))...)
		}
		if _, err := js.PublishAsync(subject(observer), body); err != nil {
			return err
		}
	}
	select {
	case <-js.PublishAsyncComplete():
		return nil
	case <-time.After(time.Minute):
		return fmt.Errorf("the stream %s does not fill", o.Store)
	}
}

// everyChange is how many messages there are to one that says something new: one alert in 64 does.
func (o filling) everyChange() int { return max(1, batch/o.Batch) }

// changed are n alerts of which the first is resolved at an instant.
func changed(first, n int, at time.Time) []said {
	all := several(first, n)
	all[0].resolved = at
	return all
}
