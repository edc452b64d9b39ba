package embedded_test

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdfast/journal"
	"holdfast/journal/embedded"
)

// TestMain lets a test run the child that opens a store: this program, with the store in its environment.
func TestMain(m *testing.M) {
	store := os.Getenv("HOLDFAST_TEST_PROBE")
	switch {
	case os.Getenv("HOLDFAST_TEST_LINGER") != "":
		// A child that has very much to look at, and says nothing while it does: who writes to nobody is ended by that. That it is there
		// it says on what its sender has for its own output.
		os.Stdout, _ = os.OpenFile(os.DevNull, os.O_WRONLY, 0)
		go func() { _ = embedded.Probe(context.Background(), store) }()
		_, _ = os.NewFile(3, "of the sender").WriteString(".")
		time.Sleep(time.Minute)
	case os.Getenv("HOLDFAST_TEST_SEND") != "":
		_ = embedded.Examine(context.Background(), os.Getenv("HOLDFAST_TEST_SEND"), func(ctx context.Context) *exec.Cmd {
			child := exec.CommandContext(ctx, os.Args[0])
			child.Env = append(os.Environ(), "HOLDFAST_TEST_SEND=", "HOLDFAST_TEST_LINGER=yes", "HOLDFAST_TEST_PROBE="+os.Getenv("HOLDFAST_TEST_SEND"))
			child.ExtraFiles = []*os.File{os.Stdout}
			return child
		})
	case store == "":
		verifyNoLeaks(m)
	case os.Getenv("HOLDFAST_TEST_DIE") != "":
		fmt.Fprintln(os.Stderr, "panic: as if the store had killed it")
		os.Exit(2)
	default:
		if err := embedded.Probe(context.Background(), store); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// examine has a child look at a store.
func examine(t *testing.T, store string, env ...string) error {
	t.Helper()
	return embedded.Examine(t.Context(), store, func(ctx context.Context) *exec.Cmd {
		child := exec.CommandContext(ctx, os.Args[0])
		child.Env = append(append(os.Environ(), "HOLDFAST_TEST_PROBE="+store), env...)
		return child
	})
}

// written is a store with a log of some length, closed. What nats-server needs to open it without a look at its blocks is
// there.
func written(t *testing.T, envelopes int) string {
	t.Helper()
	store := t.TempDir()
	s, err := embedded.Start(embedded.Options{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	j := open(t, s, journal.Options{})
	next := decision
	for n := range envelopes {
		next.CommitID = fmt.Sprint("c", n)
		c, err := j.Append(t.Context(), next)
		if err != nil {
			t.Fatal(err)
		}
		next.PrevSequence, next.PrevHash = c.Sequence, c.Hash
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	return store
}

// flip changes one bit in the sequence of a record in a block of a stream.
func flip(t *testing.T, store, stream, name string, record, bit int) {
	t.Helper()
	file := filepath.Join(store, "jetstream", "HOLDFAST", "streams", stream, "msgs", name)
	block, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for range record {
		at += int(binary.LittleEndian.Uint32(block[at:]) &^ (1 << 31))
	}
	block[at+4+bit/8] ^= 1 << (bit % 8)
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAWholeStoreIsFoundWhole(t *testing.T) {
	if err := examine(t, t.TempDir()); err != nil {
		t.Errorf("one that is not there yet: %v", err)
	}
	store := written(t, 20)
	if err := examine(t, store); err != nil {
		t.Errorf("one with a log: %v", err)
	}
	held, err := embedded.Hold(store)
	if err != nil {
		t.Fatal(err)
	}
	if err := examine(t, store); err != nil {
		t.Errorf("one that somebody else has open: %v", err)
	}
	if err := held.Release(); err != nil {
		t.Fatal(err)
	}
}

// Else a daemon that is killed while a child looks would leave the store held, and the next one would not start.
func TestAChildThatLooksAtAStoreEndsWithWhoSentIt(t *testing.T) {
	store := written(t, 20)
	sender := exec.CommandContext(t.Context(), os.Args[0])
	sender.Env = append(os.Environ(), "HOLDFAST_TEST_SEND="+store)
	said, err := sender.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := said.Read(make([]byte, 1)); err != nil { // the child is there
		t.Fatal(err)
	}
	if err := sender.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, said) // the child has it too
		ended <- err
	}()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the child goes on")
	}
	_ = sender.Wait()
}

// A flipped bit in a record's sequence lets nats-server 2.15.2 loop for ever, and take all memory, when it loads the block.
func TestAFlippedSequenceIsFoundBeforeItHangsTheDaemon(t *testing.T) {
	store := written(t, 20)
	flip(t, store, journal.LogStream, "1.blk", 10, 50)
	foundInTime(t, store)
}

// Opening a store loads only the first and the last block of a stream.
func TestAFlippedSequenceInABlockThatOpeningDoesNotLoadIsFoundToo(t *testing.T) {
	store := t.TempDir()
	s, err := embedded.Start(embedded.Options{Store: store})
	if err != nil {
		t.Fatal(err)
	}
	j := open(t, s, journal.Options{})
	body := make([]byte, 900<<10)
	for range 27 { // three blocks of 8 MiB, of what cannot be stored in fewer bytes
		_, _ = rand.Read(body)
		if _, err := j.Publish(t.Context(), "holdfast.alerts.prom", nil, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := examine(t, store); err != nil {
		t.Fatalf("while it is whole: %v", err)
	}
	flip(t, store, journal.AlertsStream, "2.blk", 2, 50)
	foundInTime(t, store)
}

func foundInTime(t *testing.T, store string) {
	t.Helper()
	start := time.Now()
	err := examine(t, store)
	if !errors.Is(err, embedded.ErrDamaged) {
		t.Errorf("found: %v", err)
	}
	if took := time.Since(start); took > 25*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAStreamThatTheServerPassesOverIsDamage(t *testing.T) {
	store := written(t, 3)
	if err := os.WriteFile(filepath.Join(store, "jetstream", "HOLDFAST", "streams", journal.LogStream, "meta.inf"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := examine(t, store); !errors.Is(err, embedded.ErrDamaged) || !strings.Contains(err.Error(), journal.LogStream) {
		t.Errorf("found: %v", err)
	}
}

func TestAStoreThatKillsWhoeverOpensItIsDamaged(t *testing.T) {
	err := examine(t, written(t, 1), "HOLDFAST_TEST_DIE=1")
	if !errors.Is(err, embedded.ErrDamaged) || !strings.Contains(err.Error(), "as if the store had killed it") {
		t.Errorf("found: %v", err)
	}
}

func TestWhereNoChildCanBeRunNothingIsKnownAgainstTheStore(t *testing.T) {
	err := embedded.Examine(t.Context(), written(t, 1), func(ctx context.Context) *exec.Cmd {
		return exec.CommandContext(ctx, filepath.Join(t.TempDir(), "not-there"))
	})
	if err != nil {
		t.Error(err)
	}
}

func TestStreamsPutAsideAreKeptAndNoEmptyOnesTakeTheirPlaceUnasked(t *testing.T) {
	store := written(t, 3)
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	q, err := embedded.PutAside(store, now, errors.New("a flipped bit"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // whoever looks later finds the same
		found, err := embedded.Quarantined(store)
		if err != nil || found == nil || *found != *q || found.Why != "a flipped bit" || !found.Since.Equal(now) {
			t.Fatalf("found %+v, %v; put aside as %+v", found, err, q)
		}
	}
	if err := os.Rename(filepath.Join(store, q.Kept, "jetstream"), filepath.Join(store, "jetstream")); err != nil {
		t.Fatal(err)
	}
	if found, err := embedded.Quarantined(store); err != nil || found != nil {
		t.Errorf("put back: %+v, %v", found, err)
	}
	for range 2 {
		if err := embedded.PutBack(store); err != nil {
			t.Error(err)
		}
	}
	s := start(t, embedded.Options{Store: store})
	if got := read(t, open(t, s, journal.Options{})); len(got) != 3 {
		t.Errorf("the log has %d envelopes", len(got))
	}
}
