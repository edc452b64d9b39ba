package journal_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/journal"
)

var signing = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

func public() ed25519.PublicKey { return signing.Public().(ed25519.PublicKey) }

// anchored is what an anchor has of a log: a checkpoint of every other envelope.
func anchored(t *testing.T, log []journal.Committed) (lines []string) {
	t.Helper()
	for n, c := range log {
		if n%2 == 1 {
			line, err := journal.Sign(journal.Checkpoint{Instance: "one", At: c.At, Sequence: c.Sequence, Hash: c.Hash, Alerts: uint64(n)}, signing)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(line))
		}
	}
	return lines
}

func fromAnchor(lines []string) ([]journal.Checkpoint, error) {
	return journal.Checkpoints(strings.NewReader(strings.Join(lines, "")), public())
}

func TestALogThatIsWhatItWasHoldsAgainstItsCheckpoints(t *testing.T) {
	m := journal.NewMemory()
	log := grow(t, m, journal.Committed{}, 6)
	all, err := fromAnchor(anchored(t, log))
	if err != nil || len(all) != 3 {
		t.Fatalf("%d checkpoints, %v", len(all), err)
	}
	if err := journal.Holds(t.Context(), m, 5, all); err != nil {
		t.Error(err)
	}
	grow(t, m, log[5], 3)
	if err := journal.Holds(t.Context(), m, 9, all); err != nil {
		t.Errorf("once it has grown: %v", err)
	}
}

func TestALogThatIsNotWhatItWasIsFoundOut(t *testing.T) {
	for name, forge := range map[string]func(t *testing.T, log []journal.Committed) *journal.Memory{
		"its end is cut off": func(t *testing.T, log []journal.Committed) *journal.Memory { return copied(t, log[:5]) },
		"all of it is gone":  func(*testing.T, []journal.Committed) *journal.Memory { return journal.NewMemory() },
		"it is another log, whole in itself": func(t *testing.T, log []journal.Committed) *journal.Memory {
			other := copied(t, log[:1])
			grow(t, other, commit(t, other, after(log[0], "another past", "noted")), 8)
			return other
		},
		"one byte is another": func(t *testing.T, log []journal.Committed) *journal.Memory {
			m := copied(t, log)
			m.Tamper(3, func(stored []byte) []byte { return bytes.Replace(stored, []byte("noted"), []byte("Noted"), 1) })
			return m
		},
		"its last byte is another": func(t *testing.T, log []journal.Committed) *journal.Memory {
			m := copied(t, log)
			m.Tamper(6, func(stored []byte) []byte { return bytes.Replace(stored, []byte("noted"), []byte("Noted"), 1) })
			return m
		},
		"two have changed places": func(t *testing.T, log []journal.Committed) *journal.Memory {
			m := copied(t, log)
			var third []byte
			m.Tamper(3, func(stored []byte) []byte { third = slices.Clone(stored); return stored })
			m.Tamper(4, func(fourth []byte) []byte {
				m := slices.Clone(fourth)
				fourth, third = third, m
				return fourth
			})
			m.Tamper(3, func([]byte) []byte { return third })
			return m
		},
		"one in the middle is gone": func(t *testing.T, log []journal.Committed) *journal.Memory {
			m := copied(t, log)
			m.Tamper(3, func([]byte) []byte { return nil })
			return m
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := journal.NewMemory()
			log := grow(t, m, journal.Committed{}, 6)
			all, err := fromAnchor(anchored(t, log))
			if err != nil {
				t.Fatal(err)
			}
			if err := journal.Holds(t.Context(), forge(t, log), 5, all); !errors.Is(err, journal.ErrBroken) {
				t.Errorf("found: %v", err)
			}
		})
	}
	m := journal.NewMemory()
	all, err := fromAnchor(anchored(t, grow(t, m, journal.Committed{}, 6)))
	if err != nil {
		t.Fatal(err)
	}
	if err := journal.Holds(t.Context(), m, 4, all); err == nil {
		t.Error("an alert log whose end is cut off is not found out")
	}
}

// copied is a log of its own with the same envelopes.
func copied(t *testing.T, log []journal.Committed) *journal.Memory {
	t.Helper()
	m := journal.NewMemory()
	for _, c := range log {
		commit(t, m, c.Envelope)
	}
	return m
}

func TestCheckpointsThatWereTamperedWithAreNotReliedUpon(t *testing.T) {
	lines := anchored(t, grow(t, journal.NewMemory(), journal.Committed{}, 6))
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	strange, err := journal.Sign(journal.Checkpoint{At: time.Now(), Sequence: 9, Hash: "sha256:00"}, stranger)
	if err != nil {
		t.Fatal(err)
	}
	other, err := journal.Sign(journal.Checkpoint{At: time.Now(), Sequence: 6, Hash: "sha256:00", Alerts: 9}, signing)
	if err != nil {
		t.Fatal(err)
	}
	for name, forged := range map[string][]string{
		"a figure was changed":         {strings.Replace(lines[0], `"sequence":2`, `"sequence":1`, 1), lines[1]},
		"another key has signed":       append(slices.Clone(lines), string(strange)),
		"two have changed places":      {lines[1], lines[0]},
		"the same envelope is another": append(slices.Clone(lines), string(other)),
		"a line is no checkpoint":      {lines[0], "{}\n"},
	} {
		if _, err := fromAnchor(forged); !errors.Is(err, journal.ErrForged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, err := fromAnchor(append(slices.Clone(lines[:2]), lines[2][:40])); err != nil || len(all) != 2 {
		t.Errorf("a last line that was cut off: %d, %v", len(all), err)
	}
}
