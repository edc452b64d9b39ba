package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrMoved says that the journal in a store goes on elsewhere.
var ErrMoved = errors.New("the store was left behind")

// movedFile is beside the marker of a store whose journal was moved. What keeps the streams from being written is that they are
// sealed; the file says so without their server, which a node of a cluster that was left behind could wait for in vain.
const movedFile = "holdfast-moved"

// MarkMoved says in a store, in words, where its journal has gone: it cannot be opened any more but to move it ([Options.Leaf]).
func MarkMoved(store, where string) error {
	file := filepath.Join(store, movedFile)
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	if err := os.WriteFile(file+".new", []byte(strings.TrimSpace(where)+"\n"), 0o600); err != nil {
		return err
	}
	if err := os.Rename(file+".new", file); err != nil {
		return err
	}
	return syncDir(store)
}

// checkMoved refuses a store whose journal was moved.
func checkMoved(store string) error {
	text, err := os.ReadFile(filepath.Join(store, movedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%s (it was in the store %s): %w", strings.TrimSpace(string(text)), store, ErrMoved)
}
