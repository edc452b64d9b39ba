package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"holdfast/console"
)

// The record of what was refused: a line of JSON each, in a file that only the daemon reads. When it is full it is put
// aside, and the one put aside before is let go.
const (
	refusalsFile = "refusals.jsonl"
	refusalsMost = 16 << 20
)

// openAccess goes on with the record in a directory. A directory that cannot be written keeps nothing from starting:
// what is refused is refused all the same, and stands in the log.
func openAccess(dir string, log zerolog.Logger) *console.Access {
	if dir == "" {
		return console.NewAccess(nil, nil)
	}
	r := &refusals{path: filepath.Join(dir, refusalsFile), most: refusalsMost}
	before, err := r.read()
	if err != nil {
		log.Error().Err(err).Msg("the record of refusals cannot be read; it begins anew where it can be written")
	}
	return console.NewAccess(before, r.keep)
}

// refusals is the file; console.Access sees to it that one at a time is kept.
type refusals struct {
	path string
	most int64
}

// read returns the last refusals on record. A line that a crash broke off is passed over.
func (r *refusals) read() (all []console.Refused, err error) {
	for _, path := range []string{r.path + ".1", r.path} {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return all, fmt.Errorf("read the record of refusals: %w", err)
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, len(text)+1) // one long line must not hide those after it
		for lines.Scan() {
			var one console.Refused
			if json.Unmarshal(lines.Bytes(), &one) == nil {
				all = append(all, one)
			}
		}
	}
	return all[max(0, len(all)-console.MostRefused):], nil
}

// keep writes one refusal and returns when it is on disk.
func (r *refusals) keep(one console.Refused) error {
	line, err := json.Marshal(one)
	if err != nil {
		return fmt.Errorf("write the record of refusals: %w", err)
	}
	if info, err := os.Stat(r.path); err == nil && info.Size() > r.most {
		if err := os.Rename(r.path, r.path+".1"); err != nil {
			return fmt.Errorf("put the record of refusals aside: %w", err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(r.path), 0o700); err != nil {
		return fmt.Errorf("write the record of refusals: %w", err)
	}
	f, err := os.OpenFile(r.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the record of refusals: %w", err)
	}
	_, err = f.Write(append(line, '\n')) // in one piece, so that a crash breaks off one line at most
	return errors.Join(err, f.Sync(), f.Close())
}
