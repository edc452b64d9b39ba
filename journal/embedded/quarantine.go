package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A Quarantine is why a store is not used: its streams were put aside, and no empty ones take their place before somebody
// has looked.
type Quarantine struct {
	Since time.Time `json:"since"`
	Why   string    `json:"why"`
	Kept  string    `json:"kept"` // directory below the store that the streams were moved to, as they were
}

// QuarantineFile is the file in a store that says that it has none of its streams, and why.
const QuarantineFile = "holdfast-quarantine.json"

// Held is a store that nobody else can open, without a server on it.
type Held struct{ store *store }

// Hold keeps others from a store.
func Hold(dir string) (*Held, error) {
	s, err := openStore(dir, alone)
	if err != nil {
		return nil, err
	}
	return &Held{s}, nil
}

// Release lets go of it.
func (h *Held) Release() error { return h.store.close() }

// Quarantined reports whether a store is in quarantine: its streams were put aside, and nobody has put any back.
func Quarantined(dir string) (*Quarantine, error) {
	text, err := os.ReadFile(filepath.Join(dir, QuarantineFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look whether the store is in quarantine: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "jetstream")); err == nil {
		return nil, nil
	}
	q := &Quarantine{}
	if err := json.Unmarshal(text, q); err != nil {
		q.Why = QuarantineFile + " cannot be read: " + err.Error()
	}
	return q, nil
}

// PutAside takes the streams out of a store, as they are: they may be all that is left of them. The lock, the note of the
// log's head and whatever else is kept there stay.
func PutAside(dir string, now time.Time, why error) (q *Quarantine, err error) {
	s, err := openStore(dir, alone)
	if err != nil {
		return nil, fmt.Errorf("put the streams aside: %w", err)
	}
	defer func() { err = errors.Join(err, s.close()) }()
	q = &Quarantine{Since: now.UTC(), Why: why.Error(), Kept: "quarantine-" + now.UTC().Format("20060102T150405.000Z")}
	text, err := json.MarshalIndent(q, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(filepath.Join(dir, q.Kept), 0o700); err != nil {
		return nil, fmt.Errorf("put the streams aside: %w", err)
	}
	// The file first: between the two steps a start finds the streams, and examines them again.
	if err := os.WriteFile(filepath.Join(dir, QuarantineFile), append(text, '\n'), 0o600); err != nil {
		return nil, fmt.Errorf("put the streams aside: %w", err)
	}
	if err := os.Rename(filepath.Join(dir, "jetstream"), filepath.Join(dir, q.Kept, "jetstream")); err != nil {
		return nil, fmt.Errorf("put the streams aside: %w", err)
	}
	return q, syncDir(dir)
}

// PutBack ends a quarantine whose streams are there again and whole.
func PutBack(dir string) error {
	err := os.Remove(filepath.Join(dir, QuarantineFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// syncDir has the names in a directory on disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
