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
	Cluster  string `json:"cluster,omitempty"` // its name
	Node     string `json:"node,omitempty"`    // this server's name in it
}

// alone is what the store of a server says that is no node of a cluster.
var alone = marker{Holdfast: 1, Mode: solo}

// String is how a person calls such a server.
func (m marker) String() string {
	if m.Mode == trio {
		return fmt.Sprintf("node %q of cluster %q", m.Node, m.Cluster)
	}
	return fmt.Sprintf("a server of mode %q", m.Mode)
}

// marker is what the store of such a server says.
func (o Options) marker() marker {
	if c := o.Cluster; c != nil {
		return marker{Holdfast: 1, Mode: trio, Cluster: c.Name, Node: c.Node}
	}
	return alone
}

const (
	markerFile = "holdfast-store.json"
	lockFile   = "holdfast-store.lock"
	solo       = "solo" // one server, no cluster
	trio       = "trio" // a node of a cluster
)

// ErrHeld says that another process has the store open: a daemon, or somebody who looks at its logs.
var ErrHeld = errors.New("only one daemon at a time can have it")

// ErrMode says that a store was made for another kind of server: alone, or another node or cluster.
var ErrMode = errors.New("the mode of a store cannot be changed")

func openStore(dir string, as marker) (_ *store, err error) {
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
	if err := checkMarker(dir, as); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// close lets go of the store. The lock's file stays: removing it could take it from under the next one's hands.
func (s *store) close() error { return s.lock.Close() }

// checkMarker refuses a store that was made for another kind of server, and marks a new one.
func checkMarker(dir string, as marker) error {
	file := filepath.Join(dir, markerFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, "jetstream")); err == nil {
			return fmt.Errorf("the store %s holds streams, and no %s says that holdfast made them: choose another directory", dir, markerFile)
		}
		return writeMarker(file, as)
	}
	if err != nil {
		return err
	}
	var m marker
	if err := json.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("%s is damaged: %w", file, err)
	}
	if m != as {
		return fmt.Errorf("the store %s was made for %s (version %d), and this is %s (version %d): opened by another kind of server its streams would be deleted; put holdfast.yaml back as it was, or give the other kind a store of its own: %w",
			dir, m, m.Holdfast, as, as.Holdfast, ErrMode)
	}
	return nil
}

// writeMarker puts the marker there whole or not at all.
func writeMarker(file string, as marker) error {
	text, err := json.Marshal(as)
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
