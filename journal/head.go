package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"holdfast/internal/planted"
)

// HeadFile is the usual name of the file in which the head of the log is noted, beside an embedded server's store.
const HeadFile = "holdfast-head"

// A note is a file outside the streams that holds the newest head that this daemon has seen.
//
// The chain cannot tell that its own end is missing, and nats-server drops all that follows a damaged byte when it has to
// rebuild its index, as after a crash, and reports nothing. What the note names must still be there. It is written without
// waiting for the disk: after a loss of power it may name an older head, and then proves less, but nothing wrong.
type note struct {
	file  string // empty: nothing is noted
	slots Slots  // instead of the file of that name; nil: the file
}

// slots of the file are written in turn: a write that was cut off leaves the one before.
const (
	slots    = 2
	slotSize = 256
)

// read is the head that was noted; the zero link if none was.
func (n note) read() (link, error) {
	if planted.Is(planted.NoteNotLookedAt) {
		return link{}, nil
	}
	text, err := n.load()
	if errors.Is(err, fs.ErrNotExist) {
		return link{}, nil
	}
	if err != nil {
		return link{}, fmt.Errorf("read the noted head of the log: %w", err)
	}
	if len(bytes.Trim(text, "\x00")) == 0 {
		return link{}, nil // a new file that had not reached the disk when power was lost
	}
	var newest link
	for at := 0; at < len(text); at += slotSize {
		if l, ok := parseSlot(string(text[at:min(len(text), at+slotSize)])); ok && l.sequence > newest.sequence {
			newest = l
		}
	}
	if newest.sequence == 0 {
		return link{}, fmt.Errorf("%s, where the head of the log is noted, is damaged: if the log is known to be whole, remove the file", n.file)
	}
	return newest, nil
}

func (n note) load() ([]byte, error) {
	switch {
	case n.slots != nil:
		return n.slots.Load()
	case n.file == "":
		return nil, fs.ErrNotExist
	}
	return os.ReadFile(n.file)
}

// write notes a head. Where that fails, the older one stands.
func (n note) write(l link) {
	if n.file == "" {
		return
	}
	slot, at := []byte(slotOf(l)), int64(l.sequence%slots)*slotSize
	if n.slots != nil {
		n.slots.Store(slot, at)
		return
	}
	f, err := os.OpenFile(n.file, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	_, _ = f.WriteAt(slot, at)
	_ = f.Close()
}

// slotOf is a line of fixed length with its own digest.
func slotOf(l link) string {
	line := fmt.Sprintf("%d %s", l.sequence, l.hash)
	return fmt.Sprintf("%-*s\n", slotSize-1, line+" "+HashOf([]byte(line)))
}

func parseSlot(text string) (link, bool) {
	var l link
	var digest string
	if _, err := fmt.Sscanf(text, "%d %s %s", &l.sequence, &l.hash, &digest); err != nil {
		return link{}, false
	}
	return l, strings.TrimSpace(text) == strings.TrimSpace(slotOf(l))
}

// Reaches checks the newest envelope of a log against the head that is noted in a file: nil if that is no later, or nothing is
// noted. Whether a later log is one that has grown out of the noted one, reading it tells.
func Reaches(file string, sequence uint64, hash string) error {
	n := note{file: file}
	noted, err := n.read()
	if err != nil {
		return err
	}
	if err := n.holds(noted, sequence); err != nil {
		return err
	}
	return n.is(noted, link{sequence, hash})
}

// holds checks the newest of a log against what was noted.
func (n note) holds(noted link, head uint64) error {
	if head < noted.sequence {
		return broken(head+1, fmt.Sprintf("is missing: by %s the log went up to %d; if an older copy of it was put back on purpose, remove that file", n.file, noted.sequence))
	}
	return nil
}

// is checks that what stands at the noted sequence is what was noted.
func (n note) is(noted, found link) error {
	if found.sequence == noted.sequence && found.hash != noted.hash {
		return broken(found.sequence, fmt.Sprintf("is another one than by %s was there before: %s, not %s", n.file, found.hash, noted.hash))
	}
	return nil
}
