package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"holdfast/journal"
)

// An anchored is what an outside anchor has kept of the log; nil: nothing is to be held against it.
type anchored struct{ checkpoints []journal.Checkpoint }

// readAnchor reads checkpoints that the key, or the key in the file of that name, has signed.
func readAnchor(file, key string) (*anchored, error) {
	switch {
	case file == "" && key == "":
		return nil, nil
	case file == "" || key == "":
		return nil, misused("the key is in checkpoint.pub beside the journal: keep a copy elsewhere", "--checkpoints and --key go together")
	}
	public, err := readPublicKey(key)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing("", "read the checkpoints: %w", err)
	}
	if err != nil {
		return nil, failed("", "read the checkpoints: %w", err)
	}
	defer func() { _ = f.Close() }()
	all, err := journal.Checkpoints(f, public)
	if err != nil {
		return nil, failed("is it the right key, and a file that only the anchor can write?", "%s: %w", file, err)
	}
	return &anchored{all}, nil
}

func readPublicKey(key string) (ed25519.PublicKey, error) {
	if text, err := os.ReadFile(key); err == nil {
		key = string(text)
	}
	public, err := base64.StdEncoding.DecodeString(strings.TrimSpace(key))
	if err != nil || len(public) != ed25519.PublicKeySize {
		return nil, misused("it is in checkpoint.pub beside the journal, and in the log of every start", "--key is no public key of checkpoints, and names no file with one")
	}
	return public, nil
}

func (a *anchored) text() string {
	if a == nil {
		return ""
	}
	if len(a.checkpoints) == 0 {
		return "the anchor has no checkpoint yet\n"
	}
	last := a.checkpoints[len(a.checkpoints)-1]
	return fmt.Sprintf("it is the log that the anchor knows: %s, the newest of envelope %d at %s\n",
		plural(len(a.checkpoints), "checkpoint"), last.Sequence, last.At.Format(time.RFC3339))
}
