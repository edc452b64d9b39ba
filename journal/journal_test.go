package journal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/journal"
)

// A kept is a journal under test: both logs, and the same journal opened again.
type kept interface {
	journal.Log
	journal.Alerts
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// after is an envelope decided on top of another.
func after(prev journal.Committed, commitID string, kinds ...string) journal.Envelope {
	e := journal.Envelope{
		Epoch: 1, CommitID: commitID, At: noon.Add(time.Duration(prev.Sequence) * time.Second),
		PrevSequence: prev.Sequence, PrevHash: prev.Hash,
	}
	for _, kind := range kinds {
		e.Entries = append(e.Entries, journal.Entry{Kind: kind, Data: json.RawMessage(`{"why":"because"}`)})
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

// grow commits n envelopes on top of each other and returns them.
func grow(t *testing.T, log journal.Log, from journal.Committed, n int) []journal.Committed {
	t.Helper()
	var grown []journal.Committed
	for i := range n {
		from = commit(t, log, after(from, fmt.Sprintf("commit-%d-%d", from.Sequence, i), "noted"))
		grown = append(grown, from)
	}
	return grown
}

func readAll(ctx context.Context, log journal.Log, from uint64) ([]journal.Committed, error) {
	var all []journal.Committed
	for c, err := range log.Read(ctx, from) {
		if err != nil {
			return all, err
		}
		all = append(all, c)
	}
	return all, nil
}

func TestWhatWasAppendedIsReadInOrder(t *testing.T) {
	log := journal.NewMemory()
	want := grow(t, log, journal.Committed{}, 5)
	got, err := readAll(t.Context(), log, 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOfManyWritersOnOneHeadExactlyOneWins(t *testing.T) {
	log := journal.NewMemory()
	head := grow(t, log, journal.Committed{}, 1)[0]
	var wins, conflicts int
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			_, err := log.Append(t.Context(), after(head, fmt.Sprintf("writer-%d", i), "took_over"))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				wins++
			case errors.Is(err, journal.ErrConflict):
				conflicts++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if wins != 1 || conflicts != 7 {
		t.Errorf("%d writers won and %d lost; want 1 and 7", wins, conflicts)
	}
}

func TestALostAcknowledgementIsFoundOutByReadingBack(t *testing.T) {
	for name, faults := range map[string][]journal.Fault{
		"stored":                  {journal.AckLost},
		"not stored":              {journal.PublishLost},
		"not stored, then stored": {journal.PublishLost, journal.AckLost},
	} {
		t.Run(name, func(t *testing.T) {
			log := journal.NewMemory()
			log.Fail(faults...)
			want := commit(t, log, after(journal.Committed{}, "only", "declared"))
			got, err := readAll(t.Context(), log, 0)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]journal.Committed{want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
