package embedded

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A store is the directory of the logs, held by one process.
//
// A marker in it says for what kind of server it was made. nats-server itself does not look: started as a member of a
// cluster on the directory of a single server it takes every stream in it for an orphan and deletes it half a minute later.
type store struct {
	lock *os.File
}

// marker is the file that says what a store is.
type marker struct {
	Holdfast int    `json:"holdfast"` // version of the marker
	Mode     string `json:"mode"`
}

const (
	markerFile = "holdfast-store.json"
	lockFile   = "holdfast-store.lock"
	solo       = "solo" // one server, no cluster
)

// ErrHeld says that another process has the store open: a daemon, or somebody who looks at its logs.
var ErrHeld = errors.New("only one daemon at a time can have it")

func openStore(dir string) (_ *store, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("keep the store to its owner: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	s := &store{lock}
	if err := lockNow(lock); err != nil {
		return nil, errors.Join(fmt.Errorf("the store %s is held by another process (%w): %w", dir, err, ErrHeld), s.close())
	}
	if err := checkMarker(dir); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// close lets go of the store. The lock's file stays: removing it could take it from under the next one's hands.
func (s *store) close() error { return s.lock.Close() }

// checkMarker refuses a store that was made for another kind of server, and marks a new one.
func checkMarker(dir string) error {
	file := filepath.Join(dir, markerFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, "jetstream")); err == nil {
			return fmt.Errorf("the store %s holds streams, and no %s says that holdfast made them: choose another directory", dir, markerFile)
		}
		return writeMarker(file)
	}
	if err != nil {
		return err
	}
	var m marker
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("%s is damaged: %w", file, err)
	}
	if m.Holdfast != 1 || m.Mode != solo {
		return fmt.Errorf("the store %s was made for a server of mode %q (version %d), and this one is %q (version 1): opened by another kind of server its streams would be deleted",
			dir, m.Mode, m.Holdfast, solo)
	}
	return nil
}

// writeMarker puts the marker there whole or not at all.
func writeMarker(file string) error {
	text, err := json.Marshal(marker{1, solo})
	if err != nil {
		return err
	}
	next, err := os.OpenFile(file+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = next.Write(append(bytes.TrimSpace(text), '\n'))
	if err := errors.Join(err, next.Sync(), next.Close()); err != nil {
		return err
	}
	if err := os.Rename(next.Name(), file); err != nil {
		return err
	}
	return syncDir(filepath.Dir(file))
}
