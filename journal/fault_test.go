package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/journal"
)

func TestALostAcknowledgementIsFoundOutByReadingBack(t *testing.T) {
	for name, faults := range map[string][]journal.Fault{
		"stored":                  {journal.AckLost},
		"not stored":              {journal.PublishLost},
		"not stored, then stored": {journal.PublishLost, journal.PublishLost, journal.AckLost},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := journal.NewMemory()
				log.Fail(faults...)
				want := commit(t, log, after(journal.Committed{}, "only", "declared"))
				got, err := read(t, log, 0)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]journal.Committed{want}, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestAnOutcomeThatCannotBeFoundOutInTimeIsSaidToBeUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := journal.NewMemory()
		for range 1000 {
			log.Fail(journal.PublishLost)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := log.Append(ctx, after(journal.Committed{}, "lost", "declared"))
		if !errors.Is(err, journal.ErrUnknown) || errors.Is(err, journal.ErrConflict) {
			t.Errorf("got %v", err)
		}
	})
}

// A line is the way of one client to a server in this process. Its parts can go dead without either end noticing.
type line struct {
	net.Conn
	*ends
}

// ends are the client's, of all its connections.
type ends struct {
	server    *server.Server
	mute      atomic.Bool // what the client says does not arrive
	deaf      atomic.Bool // what the server says does not arrive
	connected atomic.Int32
	current   atomic.Pointer[line]
}

func (e *ends) InProcessConn() (net.Conn, error) {
	conn, err := e.server.InProcessConn()
	if err != nil {
		return nil, err
	}
	e.connected.Add(1)
	e.mute.Store(false)
	e.deaf.Store(false)
	l := &line{conn, e}
	e.current.Store(l)
	return l, nil
}

func (l *line) Write(b []byte) (int, error) {
	if l.mute.Load() {
		return len(b), nil
	}
	return l.Conn.Write(b)
}

func (l *line) Read(b []byte) (int, error) {
	for {
		n, err := l.Conn.Read(b)
		if err != nil || !l.deaf.Load() {
			return n, err
		}
	}
}

// onALine opens a journal over a connection that can be cut.
func onALine(t *testing.T) (*journal.Streams, *ends) {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		ServerName: "far", DontListen: true, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true, SyncAlways: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	e := &ends{server: s}
	nc, err := nats.Connect("", append(journal.ConnectOptions(), nats.InProcessServer(e))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		nc.Close()
		s.Shutdown()
		s.WaitForShutdown()
	})
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), js, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return j, e
}

// cut cuts a line in some way, and breaks the connection a little later, so that the client connects anew.
func (e *ends) cut(which *atomic.Bool) {
	which.Store(true)
	l := e.current.Load()
	go func() {
		time.Sleep(300 * time.Millisecond)
		_ = l.Close()
	}()
}

// The client takes its timers from a pool when it connects anew, which virtual time does not allow: this test waits for
// real seconds.
func TestABrokenConnectionLosesNothingAndStoresNothingTwice(t *testing.T) {
	t.Parallel()
	for name, half := range map[string]func(*ends) *atomic.Bool{
		"what the server says is lost": func(e *ends) *atomic.Bool { return &e.deaf },
		"what the client says is lost": func(e *ends) *atomic.Bool { return &e.mute },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j, e := onALine(t)
			head := commit(t, j, after(journal.Committed{}, "before", "took_over"))
			publish(t, j, "before")
			heard := follow(t, j)
			if got := <-heard; got != "1 before <nil>" {
				t.Errorf("heard %s", got)
			}

			e.cut(half(e))
			var want journal.Committed
			var all sync.WaitGroup
			all.Go(func() { want = commit(t, j, after(head, "during", "declared")) })
			all.Go(func() { publish(t, j, "during") })
			all.Go(func() { bury(t, j, 0); bury(t, j, 1) })
			all.Wait()
			if e.connected.Load() < 2 {
				t.Error("the connection was not broken")
			}

			got, err := read(t, j, 1)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]journal.Committed{want}, got); diff != "" {
				t.Error(diff)
			}
			if got := <-heard; got != "2 during <nil>" {
				t.Errorf("heard %s", got)
			}
			if head, err := j.Head(t.Context()); err != nil || head != 2 {
				t.Errorf("the alert log has %d messages, %v", head, err)
			}
			if n := streamLength(t, e.server, journal.DeadStream); n != 2 {
				t.Errorf("there are %d dead letters", n)
			}
		})
	}
}

func bury(t *testing.T, j journal.Alerts, sequence uint64) {
	t.Helper()
	m := journal.Message{Sequence: sequence, Subject: "holdfast.alerts.prom", Body: []byte("?")}
	if err := j.Bury(t.Context(), m, "not_json", ""); err != nil {
		t.Error(err)
	}
}

// follow hears the alert log from its beginning for the length of a test.
func follow(t *testing.T, j journal.Alerts) <-chan string {
	t.Helper()
	heard := make(chan string, 10)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for m, err := range j.Follow(ctx, 0) {
			heard <- fmt.Sprint(m.Sequence, " ", string(m.Body), " ", err)
		}
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return heard
}

func streamLength(t *testing.T, s *server.Server, name string) uint64 {
	t.Helper()
	zone, err := s.Jsz(&server.JSzOptions{Accounts: true, Streams: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range zone.AccountDetails {
		for _, stream := range account.Streams {
			if stream.Name == name {
				return stream.State.Msgs
			}
		}
	}
	t.Fatalf("no stream %s", name)
	return 0
}

func TestABrokenChainIsFoundWhereverItIsBroken(t *testing.T) {
	for name, c := range map[string]struct {
		tamper func(m *journal.Memory)
		whole  int // envelopes that can still be read
		want   string
	}{
		"a byte changed": {func(m *journal.Memory) {
			m.Tamper(3, func(b []byte) []byte { return bytes.Replace(b, []byte("noted"), []byte("voted"), 1) })
		}, 3, "envelope 4 names hash sha256:"},
		"a digest changed": {func(m *journal.Memory) {
			m.Tamper(3, func(b []byte) []byte {
				return bytes.Replace(b, []byte(`"prev_hash":"sha256:`), []byte(`"prev_hash":"sha256;`), 1)
			})
		}, 2, "envelope 3 names hash sha256;"},
		"one taken out":      {func(m *journal.Memory) { m.Tamper(3, gone) }, 2, "envelope 3 is missing"},
		"the first taken":    {func(m *journal.Memory) { m.Tamper(1, gone) }, 0, "envelope 1 is missing"},
		"the last taken":     {func(m *journal.Memory) { m.Tamper(5, gone) }, 4, "envelope 5 is missing; the log goes on to 5"},
		"replaced by itself": {func(m *journal.Memory) { third := stored(m, 3); m.Tamper(4, func([]byte) []byte { return third }) }, 3, "envelope 4 was decided on envelope 2, not on 3"},
		"not JSON":           {func(m *journal.Memory) { m.Tamper(2, func([]byte) []byte { return []byte("{") }) }, 1, "envelope 2 is not an envelope"},
		"not UTF-8":          {func(m *journal.Memory) { m.Tamper(2, func(b []byte) []byte { b[len(b)-20] = 0xff; return b }) }, 1, "envelope 2 is not UTF-8"},
		"something behind":   {func(m *journal.Memory) { m.Tamper(2, func(b []byte) []byte { return append(b, "{}"...) }) }, 1, "envelope 2 is not an envelope: invalid character '{' after"},
		"an unknown field":   {func(m *journal.Memory) { m.Tamper(2, insert(`"forged":1,`)) }, 1, `unknown field "forged"`},
		"of a later version": {func(m *journal.Memory) {
			m.Tamper(2, func(b []byte) []byte { return bytes.Replace(b, []byte(`"v":1`), []byte(`"v":2`), 1) })
		}, 1, "envelope 2 has format version 2; this program reads 1: use the version of holdfast that wrote it"},
	} {
		t.Run(name, func(t *testing.T) {
			m := journal.NewMemory()
			want := grow(t, m, journal.Committed{}, 5)
			c.tamper(m)
			got, err := read(t, m, 0)
			if !errors.Is(err, journal.ErrBroken) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
			if len(got) != c.whole {
				t.Fatalf("%d envelopes can be read, want %d", len(got), c.whole)
			}
			for i := range min(c.whole, 2) {
				if diff := cmp.Diff(want[i], got[i]); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func gone([]byte) []byte { return nil }

func insert(field string) func([]byte) []byte {
	return func(b []byte) []byte { return append([]byte("{"+field), b[1:]...) }
}

// stored are the bytes at a sequence.
func stored(m *journal.Memory, sequence uint64) (bytes []byte) {
	m.Tamper(sequence, func(b []byte) []byte { bytes = b; return b })
	return bytes
}
