// Package sealed keeps a copy of people.yaml beside the journal, so that people can be reached when people.yaml is lost,
// and so that one of them can be forgotten: each person's name, addresses and token hash are a record of their own, sealed
// with a key of their own. Once the key is destroyed nobody can open the record, whoever still has a copy of it.
//
// In its directory are roster.yaml (ids, roles and turns, as in the journal), keys/ID and records/ID.
package sealed

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"holdfast/internal/failpoint"
	"holdfast/oncall"
)

const (
	roster  = "roster.yaml"
	keys    = "keys"
	records = "records"

	keyBytes = 32 // AES-256
)

// A Store is the directory of the copy.
type Store struct {
	Dir    string
	Random io.Reader // crypto/rand.Reader
}

// ErrUnknown is of a person of whom no record is kept.
var ErrUnknown = errors.New("no record is kept of them")

// Keep makes the copy what a roster says: redacted is the text that the journal keeps of it. What has not changed is not
// written again. People who are not in the roster any more keep their records, until they are forgotten: left are their
// ids.
func (s Store) Keep(r *oncall.Roster, redacted string) (left []string, err error) {
	for _, dir := range []string{s.Dir, filepath.Join(s.Dir, keys), filepath.Join(s.Dir, records)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("keep a copy of people.yaml: %w", err)
		}
	}
	if err := s.tag(); err != nil {
		return nil, fmt.Errorf("keep a copy of people.yaml: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(r.People)) {
		if err := s.seal(id, r.People[id].Details()); err != nil {
			return nil, fmt.Errorf("keep a copy of people.yaml: %s: %w", id, err)
		}
	}
	if before, err := os.ReadFile(s.path(roster)); err != nil || string(before) != redacted {
		if err := write(s.path(roster), []byte(redacted)); err != nil {
			return nil, fmt.Errorf("keep a copy of people.yaml: %w", err)
		}
	}
	return s.left(r)
}

// notForBackups is the head of a file CACHEDIR.TAG, by which tools that make backups know a directory that is not for them
// (https://bford.info/cachedir/).
const notForBackups = "Signature: 8a477f597d28d172789f06886806bc55\n# Keys of the records of people, made by holdfast. A key in a backup opens the record of somebody who was forgotten.\n"

// tag keeps backups out of the keys: who has a copy of a key and of its record opens it, whatever is destroyed here. What was
// lost with the keys is made anew from people.yaml.
func (s Store) tag() error {
	at := s.path(keys, "CACHEDIR.TAG")
	if before, err := os.ReadFile(at); err == nil && string(before) == notForBackups {
		return nil
	}
	return write(at, []byte(notForBackups))
}

// left are the people of whom a key is kept and who are not in a roster.
func (s Store) left(r *oncall.Roster) (ids []string, err error) {
	entries, err := os.ReadDir(s.path(keys))
	if err != nil {
		return nil, fmt.Errorf("look at the copy of people.yaml: %w", err)
	}
	for _, e := range entries {
		if oncall.IsID(e.Name()) && r.People[e.Name()] == nil {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}

// seal writes the record of a person, unless it says the same already. The key is on disk before the record.
func (s Store) seal(id string, d oncall.Details) error {
	if !oncall.IsID(id) {
		return fmt.Errorf("%q is not an id", id)
	}
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	key, err := s.key(id)
	if err == nil {
		if before, err := s.open(id, key); err == nil && bytes.Equal(before, text) {
			return nil
		}
	} else if key, err = s.newKey(id); err != nil {
		return err
	}
	gcm, err := aead(key)
	if err != nil {
		return err
	}
	nonce := make([]byte, gcm.NonceSize())
	if _, err := io.ReadFull(s.Random, nonce); err != nil {
		return err
	}
	return write(s.path(records, id), gcm.Seal(nonce, nonce, text, []byte(id)))
}

// key is a person's key. One that was overwritten is none.
func (s Store) key(id string) ([]byte, error) {
	key, err := os.ReadFile(s.path(keys, id))
	switch {
	case err != nil:
		return nil, err
	case len(key) != keyBytes || bytes.Equal(key, make([]byte, keyBytes)):
		return nil, errors.New("the key is destroyed")
	}
	return key, nil
}

func (s Store) newKey(id string) ([]byte, error) {
	key := make([]byte, keyBytes)
	if _, err := io.ReadFull(s.Random, key); err != nil {
		return nil, err
	}
	return key, write(s.path(keys, id), key)
}

// open is what a person's record says.
func (s Store) open(id string, key []byte) ([]byte, error) {
	sealed, err := os.ReadFile(s.path(records, id))
	if err != nil {
		return nil, err
	}
	gcm, err := aead(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < gcm.NonceSize() {
		return nil, errors.New("the record is cut off")
	}
	return gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], []byte(id))
}

func aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// People is the people.yaml that the copy was made of, but for comments and who was forgotten; and when it was made. Whoever
// cannot be opened is still in it, with nothing but an id.
func (s Store) People() (text string, made time.Time, err error) {
	redacted, err := os.ReadFile(s.path(roster))
	if err != nil {
		return "", made, fmt.Errorf("open the copy of people.yaml: %w", err)
	}
	info, err := os.Stat(s.path(roster))
	if err != nil {
		return "", made, fmt.Errorf("open the copy of people.yaml: %w", err)
	}
	r, problems := oncall.Parse(roster, redacted)
	if problems.HasErrors() {
		return "", made, fmt.Errorf("open the copy of people.yaml: %w", problems)
	}
	details := map[string]oncall.Details{}
	for id := range r.People {
		var d oncall.Details
		if key, err := s.key(id); err == nil {
			if text, err := s.open(id, key); err == nil && json.Unmarshal(text, &d) == nil {
				details[id] = d
			}
		}
	}
	return string(oncall.Restore(r, details)), info.ModTime(), nil
}

// Forget destroys a person's key, then their record. Once the key is overwritten on disk the record cannot be opened; a
// crash before that leaves all as it was, and one after it leaves nothing that can be read. ErrUnknown: there is neither.
func (s Store) Forget(id string) error {
	if !oncall.IsID(id) {
		return fmt.Errorf("forget %s: %w", id, ErrUnknown)
	}
	key, record := s.path(keys, id), s.path(records, id)
	_, noKey := os.Stat(key)
	_, noRecord := os.Stat(record)
	if errors.Is(noKey, fs.ErrNotExist) && errors.Is(noRecord, fs.ErrNotExist) {
		return fmt.Errorf("forget %s: %w", id, ErrUnknown)
	}
	for _, step := range []func() error{
		func() error { return overwrite(key) },
		func() error { return remove(key) },
		func() error { return remove(record) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("forget %s: %w; do it again: what was done so far stays done", id, err)
		}
	}
	return nil
}

func (s Store) path(parts ...string) string {
	return filepath.Join(append([]string{s.Dir}, parts...)...)
}

// write puts a file there whole or not at all, for its owner alone, and returns when it is on disk.
func write(path string, text []byte) error {
	next := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	failpoint.Hit("people/sealing")
	if err := os.Rename(next, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// overwrite puts zeroes in the place of a key, on disk.
func overwrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteAt(make([]byte, keyBytes), 0)
	return errors.Join(err, f.Sync(), f.Close())
}

// remove takes a file away, and what a crash left of one being written.
func remove(path string) error {
	for _, p := range []string{path, filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".new")} {
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
