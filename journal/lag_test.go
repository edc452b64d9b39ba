package journal

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A laggard is a node that has not got the newest envelope yet, and answers for the log.
type laggard struct {
	shelf
	until time.Time
}

func (l laggard) head(ctx context.Context) (uint64, error) {
	head, err := l.shelf.head(ctx)
	if time.Now().Before(l.until) {
		head--
	}
	return head, err
}

func twoEnvelopes(t *testing.T) (*Memory, Committed) {
	t.Helper()
	m := NewMemory()
	first, err := m.Append(t.Context(), declared)
	if err != nil {
		t.Fatal(err)
	}
	next := by("another")
	next.PrevSequence, next.PrevHash = first.Sequence, first.Hash
	second, err := m.Append(t.Context(), next)
	if err != nil {
		t.Fatal(err)
	}
	return m, second
}

func readBehind(t *testing.T, c *chain, after uint64) error {
	t.Helper()
	for _, err := range c.Read(t.Context(), after) {
		if err != nil {
			return err
		}
	}
	return nil
}

// One answer of a node that was behind had a daemon keep its hands off for good: found by the simulation.
func TestANodeThatLagsBehindDoesNotMakeALogThatIsWholeABrokenOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, second := twoEnvelopes(t)
		log := &chain{shelf: laggard{m.pages, time.Now().Add(time.Second)}}
		if err := readBehind(t, log, second.Sequence); err != nil {
			t.Error(err)
		}
	})
}

func TestALogThatStaysShorterThanWhatWasReadOfItIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, second := twoEnvelopes(t)
		begun := time.Now()
		delete(m.pages.bodies, 2)
		m.pages.newest = 1
		if err := readBehind(t, &chain{shelf: m.pages}, second.Sequence); !errors.Is(err, ErrBroken) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begun); took > 2*lagPatience {
			t.Errorf("it was said after %v", took)
		}
	})
}

// Found by the simulation: a daemon that had read 188 envelopes put the next one onto another 188th, of a log that had lost its
// end and grown again.
func TestALogThatWasCutAndHasGrownAgainIsBrokenToWhomeverKnewItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, second := twoEnvelopes(t)
		knew := &m.chain
		other := chain{shelf: m.pages}
		delete(m.pages.bodies, 2)
		m.pages.newest = 1
		again := by("a third")
		again.PrevSequence, again.PrevHash = 1, second.PrevHash
		if _, err := other.Append(t.Context(), again); err != nil {
			t.Fatal(err)
		}
		if err := readBehind(t, knew, second.Sequence); !errors.Is(err, ErrBroken) {
			t.Errorf("got %v", err)
		}
	})
}
