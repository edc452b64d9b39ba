package journal_test

import (
	"errors"
	"testing"

	"holdfast/journal"
)

// readOver reads a log that goes on behind gaps.
func readOver(t *testing.T, log journal.Log) (read []uint64, gaps []journal.Gap, err error) {
	t.Helper()
	for c, err := range log.Read(t.Context(), 0) {
		var gap *journal.Gap
		switch {
		case errors.As(err, &gap):
			gaps = append(gaps, *gap)
		case err != nil:
			return read, gaps, err
		default:
			read = append(read, c.Sequence)
		}
	}
	return read, gaps, nil
}

func TestEnvelopesThatAreMissingAreAGapAndTheLogIsReadOn(t *testing.T) {
	m := journal.NewMemory()
	log := grow(t, m, journal.Committed{}, 8)
	for _, lost := range []uint64{1, 4, 5} {
		m.Tamper(lost, func([]byte) []byte { return nil })
	}
	read, gaps, err := readOver(t, m)
	if err != nil || len(read) != 5 || read[0] != 2 || read[4] != 8 {
		t.Errorf("read %v, %v", read, err)
	}
	want := []journal.Gap{{From: 1, Through: 1, Epoch: log[1].Epoch}, {From: 4, Through: 5, Epoch: log[5].Epoch}}
	if len(gaps) != 2 || gaps[0] != want[0] || gaps[1] != want[1] {
		t.Errorf("gaps: %+v", gaps)
	}
	grow(t, m, log[7], 1) // the end is whole: it can be appended to
}

func TestWhatWasChangedOrLostItsEndIsNoGap(t *testing.T) {
	for name, harm := range map[string]func(*journal.Memory){
		"an envelope was changed": func(m *journal.Memory) {
			m.Tamper(4, func(stored []byte) []byte { return append(stored, ' ') })
		},
		"the one behind the hole was changed": func(m *journal.Memory) {
			m.Tamper(4, func([]byte) []byte { return nil })
			m.Tamper(5, func(stored []byte) []byte { return append(stored, ' ') })
		},
		"the end is gone": func(m *journal.Memory) { m.Tamper(6, func([]byte) []byte { return nil }) },
	} {
		t.Run(name, func(t *testing.T) {
			m := journal.NewMemory()
			grow(t, m, journal.Committed{}, 6)
			harm(m)
			read, _, err := readOver(t, m)
			if !errors.Is(err, journal.ErrBroken) {
				t.Errorf("read %v, %v", read, err)
			}
		})
	}
}

// Whoever does not expect a gap stops at it.
func TestAGapIsABrokenLog(t *testing.T) {
	m := journal.NewMemory()
	grow(t, m, journal.Committed{}, 3)
	m.Tamper(2, func([]byte) []byte { return nil })
	got, err := read(t, m, 0)
	if !errors.Is(err, journal.ErrBroken) || len(got) != 1 {
		t.Errorf("%d envelopes, %v", len(got), err)
	}
}
