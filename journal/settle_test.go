package journal

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

var declared = Envelope{
	CommitID: "mine", At: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
	Entries: []Entry{{Kind: "declared", Data: json.RawMessage(`{}`)}},
}

// by is the same decision, taken by another process.
func by(other string) Envelope {
	e := declared
	e.CommitID = other
	return e
}

func TestACommitWhoseAcknowledgementWasLostIsFoundBeneathWhatAnotherProcessPutOnIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		first, err := m.Append(t.Context(), declared)
		if err != nil {
			t.Fatal(err)
		}
		next := by("another")
		next.PrevSequence, next.PrevHash = first.Sequence, first.Hash
		if _, err := m.Append(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		body, err := encode(declared)
		if err != nil {
			t.Fatal(err)
		}
		m.Fail(PublishLost)
		if sequence, err := m.settle(t.Context(), declared, body); err != nil || sequence != 1 {
			t.Errorf("got %d, %v", sequence, err)
		}
	})
}

func TestALostCommitThatAnotherProcessForestalledIsAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		m.Fail(PublishLost)
		done := make(chan error)
		go func() {
			_, err := m.Append(t.Context(), declared)
			done <- err
		}()
		synctest.Wait() // it waits before it tries again
		other := chain{shelf: m.pages}
		if _, err := other.Append(t.Context(), by("another")); err != nil {
			t.Fatal(err)
		}
		if err := <-done; !errors.Is(err, ErrConflict) {
			t.Errorf("got %v", err)
		}
	})
}
