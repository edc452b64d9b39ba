package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/incident"
	"holdfast/journal"
)

// A torn log is one from which envelopes are gone while it goes on behind them.
type torn struct {
	js     jetstream.JetStream
	config string
	whole  *journal.Memory // what it was
	last   journal.Committed
}

// tear makes a log of nine envelopes in a nats-server of one's own, and takes some of them out.
func tear(t *testing.T, gone ...uint64) *torn {
	t.Helper()
	address := ownNATS(t)
	nc, err := nats.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	l := &torn{whole: journal.NewMemory()}
	if l.js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	c := jetstream.StreamConfig{Name: journal.LogStream, Subjects: []string{journal.LogSubject}, Storage: jetstream.FileStorage, MaxMsgSize: journal.MaxMessage}
	if _, err := l.js.CreateStream(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for n := range 9 {
		l.append(t, incident.TookOver{Epoch: uint64(n) + 1, Instance: "somebody", Version: "test"})
	}
	s, err := l.js.Stream(t.Context(), journal.LogStream)
	if err != nil {
		t.Fatal(err)
	}
	for _, sequence := range gone {
		if err := s.DeleteMsg(t.Context(), sequence); err != nil {
			t.Fatal(err)
		}
	}
	c.DenyDelete, c.DenyPurge = true, true // as every log is
	if _, err := l.js.UpdateStream(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	put(t, dir, "holdfast.yaml", fmt.Sprintf("nats: {url: %q}\n", address))
	l.config = filepath.Join(dir, "holdfast.yaml")
	return l
}

func (l *torn) append(t *testing.T, event incident.Event) {
	t.Helper()
	kind, data, err := incident.Encode(event)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 30, 12, int(l.last.Sequence), 0, 0, time.UTC)
	l.last, err = l.whole.Append(t.Context(), journal.Envelope{Version: journal.FormatVersion, Epoch: l.last.Epoch + 1, CommitID: fmt.Sprint(l.last.Sequence), PrevSequence: l.last.Sequence, PrevHash: l.last.Hash,
		At: at, Entries: []journal.Entry{{Kind: string(kind), Data: data}}})
	if err != nil {
		t.Fatal(err)
	}
	var body []byte
	l.whole.Tamper(l.last.Sequence, func(b []byte) []byte { body = b; return b })
	if _, err := l.js.Publish(t.Context(), journal.LogSubject, body); err != nil {
		t.Fatal(err)
	}
}

func TestAGapThatNobodyHasAdoptedIsAnErrorAndOneThatWasAdoptedIsSaid(t *testing.T) {
	l := tear(t, 7, 8)
	out, said, code := commanded(t, "verify", "--config", l.config)
	if code != exitFailure || !strings.Contains(said, "envelopes 7 to 8 are missing") || !strings.Contains(said, "nobody has adopted the gap 7-8") || !strings.Contains(said, "holdfast adopt-gap 7-8 --reason") {
		t.Errorf("before anybody adopts it: exit %d: %s%s", code, out, said)
	}
	l.append(t, incident.GapAdopted{From: 7, Through: 8, By: incident.Actor{Person: "ada"}, Reason: "the pager's log has all of it"})
	out, said, code = commanded(t, "verify", "--config", l.config)
	want := "the log of decisions is whole but for what was adopted: 8 envelopes with 8 events of 0 incidents, 2026-11-30T12:00:00Z to 2026-11-30T12:09:00Z\n" +
		"newest: sequence 10, " + l.last.Hash + "\ngap 7-8, adopted by ada at 2026-11-30T12:09:00Z: the pager's log has all of it\n"
	if code != exitFine || out != want {
		t.Errorf("once ada has: exit %d: %s\n%s\nwant\n%s", code, said, out, want)
	}
	out, _, code = commanded(t, "verify", "--config", l.config, "-o", "json")
	if code != exitFine || !strings.Contains(out, `"gaps":[{"from":7,"through":8,"adopted_by":{"person":"ada"},"adopted_at":"2026-11-30T12:09:00Z"`) {
		t.Errorf("as JSON: exit %d: %s", code, out)
	}
}

func TestOfTwoGapsTheOneThatNobodyHasAdoptedIsNamed(t *testing.T) {
	l := tear(t, 3, 7)
	l.append(t, incident.GapAdopted{From: 3, Through: 3, By: incident.Actor{Person: "ada"}, Reason: "looked at"})
	if out, said, code := commanded(t, "verify", "--config", l.config); code != exitFailure || !strings.Contains(said, "nobody has adopted the gap 7-7") {
		t.Errorf("exit %d: %s%s", code, out, said)
	}
}

func TestABackupOfALogWithAGapIsOneOnceTheGapIsAdopted(t *testing.T) {
	l := tear(t, 4)
	read := func() error {
		_, err := new(backup).decisions(t.Context(), l.js)
		return err
	}
	if err := read(); err == nil || !strings.Contains(err.Error(), "4-4") {
		t.Errorf("before: %v", err)
	}
	l.append(t, incident.GapAdopted{From: 4, Through: 4, By: incident.Actor{Person: "ada"}, Reason: "looked at"})
	if err := read(); err != nil {
		t.Errorf("after: %v", err)
	}
}

// commanded runs any command of the program in this process.
func commanded(t *testing.T, args ...string) (out, said string, code int) {
	t.Helper()
	root := newRoot()
	var stdout, stderr strings.Builder
	root.SetOut(&stdout)
	root.SetErr(&stderr)
	root.SetArgs(args)
	code = report(&stderr, root.ExecuteContext(t.Context()))
	return stdout.String(), stderr.String(), code
}
