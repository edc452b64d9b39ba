package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"holdfast/cmd/holdfast/config"
	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/invoker"
	"holdfast/journal"
)

// A keeper keeps what the desk has heard in a file on this machine, from one life of the daemon to the next: a start that finds it
// hears only the alerts that have come since. It is worth nothing but time, and is thrown away on the least doubt.
type keeper struct {
	file    string
	program string // this one, as it is installed
	log     zerolog.Logger
	free    func(dir string) (bytes uint64, known bool) // room on the disk

	alerts journal.Alerts // once they can be asked
	begun  *keptFromFile  // what was begun to be read before; nil: nothing is
}

// A keptFromFile is the file as it is read: its head at once, the rest beside.
type keptFromFile struct {
	head keptHead
	desk func() (*incident.Recollected, error) // waits until it is read and made out
	err  error
}

// keptFile is its name, beside the embedded store, or among the records where the NATS server is one of your own.
const keptFile = "holdfast-heard"

// A keptHead is what the file begins with, in a line of JSON. What the desk had heard follows, then a digest of everything.
type keptHead struct {
	Version  int    `json:"v"`
	Program  string `json:"program"`
	Sequence uint64 `json:"sequence"` // newest envelope
	Hash     string `json:"hash"`
	Heard    uint64 `json:"heard"`   // newest message of the alert log
	Message  string `json:"message"` // what that was, and when it was stored: another log has another one there

	Gaps []incident.Gap `json:"gaps,omitempty"` // of the log of decisions, that a person has adopted
}

const keptVersion = 1

// timesFree is how many times the size of the file has to be free on the disk that it shares with the journal, or with the records
// beside it. A journal that finds no room stands still, and that the next start takes longer is nothing beside it.
const timesFree = 8

// Waits of the keeper.
const (
	keepEvery    = 10 * time.Minute
	keepPatience = 10 * time.Second // for an answer of the alert log
)

// keeperOf begins to read what there is at once: a start has a store to look at and a server to wait for, and needs it only then.
func keeperOf(cfg *config.Config, log zerolog.Logger) *keeper {
	dir := cfg.Records
	if e := cfg.NATS.Embedded; e != nil {
		dir = e.Store
	}
	k := &keeper{file: filepath.Join(dir, keptFile), program: installed(), log: log, free: freeOn}
	k.begun = k.open()
	return k
}

// installed names this program so that no other one has the name: what is kept is for the very program that wrote it.
func installed() string {
	file, err := os.Executable()
	if err != nil {
		return version()
	}
	info, err := os.Stat(file)
	if err != nil {
		return version()
	}
	return fmt.Sprintf("%s, %d bytes of %s", version(), info.Size(), info.ModTime().UTC().Format(time.RFC3339Nano))
}

// load is what a life before this one has kept; nil: nothing that could be relied upon.
func (k *keeper) load(ctx context.Context) *invoker.Kept {
	f := k.begun
	if k.begun = nil; f == nil {
		f = k.open()
	}
	if f.err == nil {
		f.err = k.same(ctx, f.head)
	}
	if errors.Is(f.err, os.ErrNotExist) {
		return nil
	}
	if f.err != nil {
		k.discard(f.err)
		return nil
	}
	return &invoker.Kept{Sequence: f.head.Sequence, Hash: f.head.Hash, Heard: f.head.Heard, Gaps: f.head.Gaps, Desk: f.desk}
}

// open reads how the file begins, and reads and makes out the rest of it beside.
func (k *keeper) open() *keptFromFile {
	f, err := os.Open(k.file)
	if err != nil {
		return &keptFromFile{err: err}
	}
	lines := bufio.NewReader(f)
	head, line, err := k.heading(lines)
	if err != nil {
		_ = f.Close()
		return &keptFromFile{err: err}
	}
	read := make(chan struct{})
	var heard *incident.Recollected
	var failed error
	go func() {
		defer close(read)
		defer func() { _ = f.Close() }()
		var written []byte
		if written, failed = rest(line, lines, f); failed == nil {
			heard, failed = incident.MakeOut(written)
		}
	}()
	return &keptFromFile{head: head, desk: func() (*incident.Recollected, error) { <-read; return heard, failed }}
}

// heading reads the first line.
func (k *keeper) heading(lines *bufio.Reader) (head keptHead, line []byte, err error) {
	if line, err = lines.ReadBytes('\n'); err != nil {
		return head, nil, fmt.Errorf("%s ends in its first line: %w", k.file, err)
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return head, nil, fmt.Errorf("%s: %w", k.file, err)
	}
	switch {
	case head.Version != keptVersion:
		return head, nil, fmt.Errorf("%s has version %d, and this program reads %d", k.file, head.Version, keptVersion)
	case head.Program != k.program:
		return head, nil, fmt.Errorf("%s was written by another program (%s; this is %s)", k.file, head.Program, k.program)
	}
	return head, line, nil
}

// rest is what follows the first line, once the digest of everything is as it should be.
func rest(line []byte, from io.Reader, f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	// Not a buffer that grows: it would be cleared at one go, and who waits for the collector of garbage would wait for that.
	body := make([]byte, max(0, int(info.Size())-len(line)))
	if _, err := io.ReadFull(from, body); err != nil {
		return nil, err
	}
	if len(body) < sha256.Size {
		return nil, fmt.Errorf("%s ends too early", f.Name())
	}
	body, digest := body[:len(body)-sha256.Size], body[len(body)-sha256.Size:]
	if !bytes.Equal(digestOf(line, body), digest) {
		return nil, fmt.Errorf("%s is damaged: it is not what its digest says", f.Name())
	}
	return body, nil
}

func digestOf(parts ...[]byte) []byte {
	h := sha256.New()
	for _, part := range parts {
		_, _ = h.Write(part)
	}
	return h.Sum(nil)
}

// same checks that the alert log is the one that was heard, as far as its last message shows.
func (k *keeper) same(ctx context.Context, head keptHead) error {
	now, err := k.message(ctx, head.Heard)
	if err == nil && now != head.Message {
		err = errors.New("another one stands there")
	}
	if err != nil {
		return fmt.Errorf("message %d of the alert log, the last that was heard: %w", head.Heard, err)
	}
	return nil
}

// message names a message of the alert log by what it says and when it was stored.
func (k *keeper) message(ctx context.Context, sequence uint64) (string, error) {
	if sequence == 0 {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, keepPatience)
	defer cancel()
	m, err := k.alerts.Message(ctx, sequence)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %s sha256:%s", m.Received.Format(time.RFC3339Nano), m.Subject, hex.EncodeToString(digestOf(m.Body))), nil
}

// discard throws away what was kept: this start, and what it finds, are those of a daemon that has nothing but its logs.
func (k *keeper) discard(why error) {
	k.log.Warn().AnErr("why", why).Msg("what was kept of the alerts heard before is thrown away: both logs are read from their beginning")
	if err := os.Remove(k.file); err != nil && !errors.Is(err, os.ErrNotExist) {
		k.log.Error().Err(err).Msg("it cannot be removed")
	}
}

// run keeps what was heard from time to time, and looks through what this life has not heard itself.
func (k *keeper) run(ctx context.Context, will *invoker.Invoker, before uint64) error {
	if err := k.lookThrough(ctx, will, before); err != nil && ctx.Err() == nil {
		k.log.Error().Err(err).Msg("the alerts that were not heard anew could not be looked through")
	}
	saved := before
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(keepEvery):
		}
		if through := will.Status().AlertsThrough; through > saved {
			k.save(ctx, will)
			saved = through
		}
	}
}

// save puts the file there whole or not at all. Where it cannot, the one before stays: it is as good, and older.
func (k *keeper) save(ctx context.Context, will *invoker.Invoker) {
	state, ok := will.Keep()
	if !ok {
		return
	}
	begun := time.Now()
	size, err := k.write(ctx, state)
	if err != nil {
		k.log.Error().Err(err).Msg("what was heard could not be kept for the next start, which will take longer")
		return
	}
	failpoint.Hit("serve/kept")
	k.log.Info().Int("bytes", size).Uint64("alerts", state.Heard).Dur("took", time.Since(begun)).Msg("kept what was heard for the next start")
}

func (k *keeper) write(ctx context.Context, state invoker.Kept) (size int, err error) {
	desk := state.Written
	head := keptHead{Version: keptVersion, Program: k.program, Sequence: state.Sequence, Hash: state.Hash, Heard: state.Heard, Gaps: state.Gaps}
	if head.Message, err = k.message(ctx, state.Heard); err != nil {
		return 0, err
	}
	line, err := json.Marshal(head)
	if err != nil {
		return 0, err
	}
	line = append(line, '\n')
	if err := os.MkdirAll(filepath.Dir(k.file), 0o700); err != nil {
		return 0, err
	}
	if free, known := k.free(filepath.Dir(k.file)); known && free/timesFree < uint64(len(desk)) {
		return 0, fmt.Errorf("it takes %d MB, and of %d MB that are free on the disk of %s what is recorded there needs the most; make room there", len(desk)>>20, free>>20, k.file)
	}
	next := k.file + ".new"
	f, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil { // on a disk that is full the journal needs the room
			_ = os.Remove(next)
		}
	}()
	for _, part := range [][]byte{line, desk, digestOf(line, desk)} {
		n, wrong := f.Write(part)
		size, err = size+n, errors.Join(err, wrong)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return size, err
	}
	failpoint.Hit("serve/keeping")
	return size, os.Rename(next, k.file)
}

// lookThrough reads the messages that a life before this one has heard, without hurry. They are known; that some of them can no
// longer be read would have been found by hearing them, and is said as it is then.
func (k *keeper) lookThrough(ctx context.Context, will *invoker.Invoker, through uint64) error {
	if through == 0 {
		return nil
	}
	if err := untilUp(ctx, will); err != nil {
		return nil //nolint:nilerr // it is time to stop
	}
	bytes := 0
	for m, err := range k.alerts.Follow(ctx, 0) {
		var hole *journal.Hole
		at := m.Sequence
		switch {
		case errors.As(err, &hole):
			if at = hole.Through; !hole.Expired {
				if err := will.Hear(ctx, invoker.Heard{Sequence: min(at, through), Lost: hole.Through - hole.From + 1, Before: true}); err != nil {
					return err
				}
			}
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		if at >= through {
			k.log.Info().Uint64("alerts", through).Msg("looked through the alerts that were not heard anew")
			return nil
		}
		if bytes += len(m.Body); bytes > lookAtOnce {
			bytes = 0
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(lookRest):
			}
		}
	}
	return nil
}

// So much is looked through without a rest.
const (
	lookAtOnce = 4 << 20 // bytes
	lookRest   = 100 * time.Millisecond
)

// untilUp waits until an invoker has read the log.
func untilUp(ctx context.Context, will *invoker.Invoker) error {
	for s := will.Status(); !s.Live && s.Standby == nil && s.HandsOff == ""; s = will.Status() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookRest):
		}
	}
	return nil
}
