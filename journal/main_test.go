package journal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats-server/v2/server/ats"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"holdfast/journal"
	"holdfast/journal/embedded"
)

// started is the real time, which the server compares with the times of its messages when it looks whether they have
// expired; virtual time has to begin there.
var started = time.Now()

func TestMain(m *testing.M) {
	ats.Register() // nats-server's coarse clock: one goroutine for all servers, which must not belong to any one test
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}

// A place keeps a journal. The suite runs in each kind of place, on virtual time where it can.
type place interface {
	// pass lets time pass.
	pass(d time.Duration)

	// open is the journal, as a process that starts finds it.
	open(t *testing.T) kept
	// dead are the dead letters, in order.
	dead(t *testing.T) []letter
}

type kept interface {
	journal.Log
	journal.Alerts
}

// A letter is a dead letter, as far as both kinds of place tell the same of it.
type letter struct {
	Sequence uint64
	Subject  string
	Reason   string
	Body     string
}

// inEachPlace runs a test on a journal in memory, on one in JetStream, on disk, in a real server, and on one in a cluster of
// three such servers.
func inEachPlace(t *testing.T, test func(t *testing.T, p place)) {
	t.Run("memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, &memory{journal.NewMemory()}) })
	})
	t.Run("jetstream", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { test(t, newDisk(t, journal.Options{})) })
	})
	t.Run("cluster", func(t *testing.T) {
		c := &clustered{trio: newTrio(t)}
		test(t, c)
	})
}

// memory is a place without a disk: opening it again is looking at it again.
type memory struct{ kept *journal.Memory }

func (m *memory) open(*testing.T) kept { return m.kept }

func (*memory) pass(d time.Duration) { time.Sleep(d) }

func (m *memory) dead(*testing.T) (all []letter) {
	for _, b := range m.kept.Dead() {
		all = append(all, letter{b.Sequence, b.Subject, b.Reason, string(b.Body)})
	}
	return all
}

// A disk is a place with a server on it, which is started anew whenever the journal is opened.
type disk struct {
	dir     string
	options journal.Options

	server *embedded.Server
	conn   *nats.Conn
	js     jetstream.JetStream
}

func newDisk(t *testing.T, o journal.Options) *disk {
	time.Sleep(time.Until(started))
	d := &disk{dir: t.TempDir(), options: o}
	t.Cleanup(func() { d.stop(t) })
	return d
}

func (d *disk) open(t *testing.T) kept {
	t.Helper()
	d.start(t)
	j, err := journal.Open(t.Context(), d.js, d.options)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func (d *disk) start(t *testing.T) {
	t.Helper()
	d.stop(t)
	var err error
	if d.server, err = embedded.Start(embedded.Options{Store: d.dir}); err != nil {
		t.Fatal(err)
	}
	if d.conn, err = d.server.Connect(nats.PingInterval(24 * time.Hour)); err != nil {
		t.Fatal(err)
	}
	if d.js, err = jetstream.New(d.conn); err != nil {
		t.Fatal(err)
	}
}

func (d *disk) stop(t *testing.T) {
	t.Helper()
	if d.server == nil {
		return
	}
	d.conn.Close()
	if err := d.server.Stop(); err != nil {
		t.Error(err)
	}
	d.server = nil
}

func (*disk) pass(d time.Duration) { time.Sleep(d) }

func (d *disk) dead(t *testing.T) []letter { return letters(t, d.js) }

func letters(t *testing.T, js jetstream.JetStream) (all []letter) {
	t.Helper()
	stream, err := js.Stream(t.Context(), journal.DeadStream)
	if err != nil {
		t.Fatal(err)
	}
	for sequence := uint64(1); sequence <= stream.CachedInfo().State.LastSeq; sequence++ {
		m, err := stream.GetMsg(t.Context(), sequence)
		if err != nil {
			t.Fatal(err)
		}
		l := letter{Subject: m.Header.Get(journal.HeaderSubject), Reason: m.Header.Get(journal.HeaderReason), Body: string(m.Data)}
		if _, err := fmt.Sscan(m.Header.Get(journal.HeaderSequence), &l.Sequence); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

// after is an envelope decided on top of another.
func after(prev journal.Committed, commitID string, kinds ...string) journal.Envelope {
	e := journal.Envelope{
		Epoch: 1, CommitID: commitID, At: time.Date(2026, 11, 23, 12, 0, int(prev.Sequence), 1, time.UTC),
		PrevSequence: prev.Sequence, PrevHash: prev.Hash, AlertsThrough: 7 * prev.Sequence,
	}
	for _, kind := range kinds {
		e.Entries = append(e.Entries, journal.Entry{Incident: "payments-0412", Kind: kind, Data: json.RawMessage(`{"why":"<&> ü"}`)})
	}
	return e
}

func commit(t *testing.T, log journal.Log, e journal.Envelope) journal.Committed {
	t.Helper()
	c, err := log.Append(t.Context(), e)
	if err != nil {
		t.Fatalf("append %s: %v", e.CommitID, err)
	}
	return c
}

// grow commits n envelopes on top of each other.
func grow(t *testing.T, log journal.Log, from journal.Committed, n int) []journal.Committed {
	t.Helper()
	var grown []journal.Committed
	for range n {
		from = commit(t, log, after(from, fmt.Sprintf("commit-on-%d", from.Sequence), "noted"))
		grown = append(grown, from)
	}
	return grown
}

// read is the log after a sequence, up to its end or what is wrong with it.
func read(t *testing.T, log journal.Log, from uint64) ([]journal.Committed, error) {
	t.Helper()
	var all []journal.Committed
	for c, err := range log.Read(t.Context(), from) {
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, nil
}

// publish says something in the alert log.
func publish(t *testing.T, alerts journal.Alerts, body string) uint64 {
	t.Helper()
	sequence, err := alerts.Publish(t.Context(), "holdfast.alerts.prom", nil, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return sequence
}

// hear follows the alert log until n messages or holes have come, and gives them in lines.
func hear(t *testing.T, alerts journal.Alerts, from uint64, n int) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var heard []string
	for m, err := range alerts.Follow(ctx, from) {
		if err != nil {
			heard = append(heard, err.Error())
		} else {
			heard = append(heard, fmt.Sprintf("%d %s %s", m.Sequence, m.Subject, m.Body))
		}
		if len(heard) == n {
			break
		}
	}
	return heard
}
