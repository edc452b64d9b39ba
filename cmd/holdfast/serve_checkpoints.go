package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"holdfast/cmd/holdfast/config"
	"holdfast/console"
	"holdfast/journal"
)

// The key that checkpoints are signed with is made at the first start, beside the journal; whoever is to hold the log against
// them needs its public half.
const (
	checkpointKeyFile    = "checkpoint.key" // the seed, base64; its owner's alone
	checkpointPublicFile = "checkpoint.pub" // the public half, base64
)

// An anchor is where checkpoints are kept, out of reach of whoever can change the journal.
type anchor struct {
	to  config.Checkpoints
	key ed25519.PrivateKey
	log zerolog.Logger

	last journal.Checkpoint

	mu    sync.Mutex
	since time.Time // none could be kept; zero: the last one was
	why   string
}

// openAnchor is nil where holdfast.yaml names none.
func openAnchor(cfg *config.Config, log zerolog.Logger) (*anchor, error) {
	to := cfg.Trail.Checkpoints
	if to == nil {
		return nil, nil
	}
	key, err := checkpointKey(cfg.Records)
	if err != nil {
		return nil, failed("records of holdfast.yaml is the directory of the key", "checkpoints: %w", err)
	}
	return &anchor{to: *to, key: key, log: log.With().Str("part", "checkpoints").Logger()}, nil
}

// checkpointKey reads the key, or makes one.
func checkpointKey(dir string) (ed25519.PrivateKey, error) {
	file := filepath.Join(dir, checkpointKeyFile)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return newCheckpointKey(dir, file)
	}
	if err != nil {
		return nil, err
	}
	seed, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%s holds no key; a new one is made where it is not there", file)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func newCheckpointKey(dir, file string) (ed25519.PrivateKey, error) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, checkpointPublicFile), []byte(base64.StdEncoding.EncodeToString(public)+"\n"), 0o600); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key.Seed()) + "\n")
	return key, errors.Join(err, f.Sync(), f.Close())
}

// run keeps a checkpoint whenever there is something new, until ctx ends.
func (a *anchor) run(ctx context.Context, streams *journal.Streams, link *link, instance string) error {
	public, _ := a.key.Public().(ed25519.PublicKey)
	a.log.Info().Str("key", base64.StdEncoding.EncodeToString(public)).Msg("checkpoints are signed; this is the key to verify them by")
	for {
		if err := a.keep(ctx, streams, link, instance); err != nil && ctx.Err() == nil {
			a.fails(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(a.to.Every):
		}
	}
}

// keep signs what the logs are now, if that is news, and hands it to every place.
func (a *anchor) keep(ctx context.Context, streams *journal.Streams, link *link, instance string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	alerts, err := streams.Head(ctx)
	if err != nil {
		return err
	}
	next := journal.Checkpoint{Instance: instance, Alerts: alerts}
	next.Sequence, next.Hash = streams.Newest()
	if next.Sequence == 0 || next == a.last {
		return nil
	}
	signed := next
	signed.At = time.Now()
	line, err := journal.Sign(signed, a.key)
	if err != nil {
		return err
	}
	if err := a.hand(ctx, line, link); err != nil {
		return err
	}
	a.last = next
	a.works()
	return nil
}

func (a *anchor) hand(ctx context.Context, line []byte, link *link) (err error) {
	if a.to.File != "" {
		err = errors.Join(err, appendTo(a.to.File, line))
	}
	if a.to.URL != "" {
		err = errors.Join(err, postTo(ctx, a.to.URL, line))
	}
	if a.to.Subject != "" {
		if failure := link.team.Publish(a.to.Subject, bytes.TrimSpace(line)); failure != nil {
			err = errors.Join(err, fmt.Errorf("publish to %s: %w", a.to.Subject, failure))
		}
	}
	return err
}

// appendTo adds a line to a file, which may be one that can only be appended to.
func appendTo(file string, line []byte) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(line)
	return errors.Join(err, f.Sync(), f.Close())
}

// postTo sends a line; whoever takes it says 2xx.
func postTo(ctx context.Context, url string, line []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(line))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s answered %s", url, res.Status)
	}
	return nil
}

func (a *anchor) fails(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.why = err.Error(); a.since.IsZero() {
		a.since = time.Now()
		a.log.Error().Err(err).Msg("NO CHECKPOINT can be kept: that the end of the journal is cut off could not be shown")
	}
}

func (a *anchor) works() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.since.IsZero() {
		a.log.Info().Dur("down", time.Since(a.since)).Msg("checkpoints are kept again")
	}
	a.since, a.why = time.Time{}, ""
}

// check says how it is. A checkpoint that cannot be kept is no reason to call a daemon not ready.
func (a *anchor) check() console.Check {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := console.Check{Name: "checkpoints", OK: true, Detail: "kept"}
	if !a.since.IsZero() {
		c.Detail = fmt.Sprintf("none could be kept since %s: %s", a.since.UTC().Format(time.RFC3339), a.why)
	}
	return c
}
