package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"holdfast/cmd/holdfast/config"
	"holdfast/journal"
	"holdfast/journal/embedded"
)

// A backup says of a copy of an embedded store what is in it.
type backup struct {
	At       time.Time `json:"at"`
	Program  string    `json:"program"`
	Sequence uint64    `json:"sequence"` // of the newest envelope
	Hash     string    `json:"hash"`
	Alerts   uint64    `json:"alerts"` // newest message of the alert log
}

// backupFile is where it says so.
const backupFile = "holdfast-backup.json"

func (b backup) text() string {
	return fmt.Sprintf("decisions up to envelope %d (%s), alerts up to message %d", b.Sequence, b.Hash, b.Alerts)
}

func backupCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "backup DIR",
		Short: "Copy the journal of an embedded NATS, while the daemon runs or not, and verify the copy",
		Long: `Copy the journal of an embedded NATS into a directory that is not there yet, and read the copy from its start to check its
chain. The daemon may run: the decisions are copied first and the alerts after them, so no decision rests on an alert that
the copy does not have. What is recorded while it copies may be missing from it.

The copy of people.yaml and the key of the checkpoints are not in it. Of a NATS server of your own, back up its streams by its
own means.`,
		Example: "  holdfast backup --config /etc/holdfast/holdfast.yaml /mnt/backup/2026-11-30",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			store, err := embeddedStore(file)
			if err != nil {
				return err
			}
			b, err := backUp(c.Context(), store, args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "copied and verified: %s\n", b.text())
			return err
		},
	}
	c.Flags().StringVar(&file, "config", "holdfast.yaml", "configuration that says where the store is")
	return c
}

// embeddedStore is the directory of the store that holdfast.yaml names.
func embeddedStore(file string) (string, error) {
	cfg, err := loadConfig(serving{file: file})
	if err != nil {
		return "", err
	}
	if cfg.NATS.Embedded == nil {
		return "", misused("use the means of NATS: nats stream backup", "%s names a NATS server of your own", file)
	}
	return cfg.NATS.Embedded.Store, nil
}

// backUp copies a store, and reads the copy.
func backUp(ctx context.Context, store, to string) (b backup, err error) {
	if _, err := os.Stat(filepath.Join(store, "jetstream")); err != nil {
		return b, missing("nats.embedded.store of holdfast.yaml names it", "there is no store to copy: %w", err)
	}
	if err := emptyDir(to); err != nil {
		return b, err
	}
	if err := copyJournal(store, to); err != nil {
		return b, failed("what was copied so far is of no use: remove it", "copy %s: %w", store, err)
	}
	if b, err = readCopy(ctx, to); err != nil {
		return b, failed("the store, or the copy, is damaged: `holdfast verify` says which", "the copy cannot be relied upon: %w", err)
	}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return b, err
	}
	if err := os.WriteFile(filepath.Join(to, backupFile), append(text, '\n'), 0o600); err != nil {
		return b, failed("", "write what is in the copy: %w", err)
	}
	return b, nil
}

// emptyDir makes a directory, or finds that there is nothing in it.
func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = os.MkdirAll(dir, 0o700)
	case err == nil && len(entries) > 0:
		return exitWith(exitRefused, "name a directory that is not there yet", "%s is not empty", dir)
	}
	if err != nil {
		return failed("", "%w", err)
	}
	return nil
}

// copyJournal copies the streams: that of the decisions first. What nats-server can make again from the messages is left out.
func copyJournal(from, to string) error {
	if err := copyFile(from, to, "holdfast-store.json"); err != nil {
		return err
	}
	streams := filepath.Join("jetstream", "HOLDFAST", "streams")
	for _, name := range []string{journal.LogStream, journal.DeadStream, journal.AlertsStream} {
		if err := copyStream(from, to, filepath.Join(streams, name)); err != nil {
			return err
		}
	}
	return nil
}

func copyStream(from, to, stream string) error {
	return filepath.WalkDir(filepath.Join(from, stream), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // a block whose alerts have expired meanwhile
			return nil
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "obs":
			return fs.SkipDir
		case entry.IsDir() || entry.Name() == "index.db" || strings.HasSuffix(entry.Name(), ".tmp"):
			return nil
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		return copyFile(from, to, name)
	})
}

func copyFile(from, to, name string) (err error) {
	in, err := os.Open(filepath.Join(from, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	target := filepath.Join(to, name)
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// readCopy opens a copy and reads its decisions from the start. An error says where the chain breaks.
func readCopy(ctx context.Context, dir string) (b backup, err error) {
	if err := lookAhead(ctx, dir, zerolog.Nop()); err != nil {
		return b, err
	}
	server, err := embedded.Start(embedded.Options{Store: dir, Listen: embedded.None, Log: zerolog.Nop()})
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	nc, err := server.Connect()
	if err != nil {
		return b, err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return b, err
	}
	heard, err := b.decisions(ctx, js)
	if err != nil {
		return b, err
	}
	alerts, err := js.Stream(ctx, journal.AlertsStream)
	if err != nil {
		return b, fmt.Errorf("stream %s: %w", journal.AlertsStream, err)
	}
	if b.Alerts = alerts.CachedInfo().State.LastSeq; b.Alerts < heard {
		return b, fmt.Errorf("the alert log ends at message %d, and an envelope was decided on message %d", b.Alerts, heard)
	}
	b.At, b.Program = time.Now().UTC(), version()
	return b, nil
}

// decisions reads the log of decisions of a copy; heard is the alert that the newest was made on. A gap that nobody has adopted is an error.
func (b *backup) decisions(ctx context.Context, js jetstream.JetStream) (heard uint64, err error) {
	var gaps gapsFound
	for c, err := range journal.Decided(ctx, js) {
		if gaps.take(err) {
			continue
		}
		if err == nil {
			err = gaps.decode(c)
		}
		if err != nil {
			return 0, err
		}
		b.Sequence, b.Hash, heard = c.Sequence, c.Hash, c.AlertsThrough
	}
	return heard, gaps.verdict()
}

func restoreCommand() *cobra.Command {
	var file string
	var older bool
	c := &cobra.Command{
		Use:   "restore DIR",
		Short: "Put a backup in the place of a journal that is gone or was put aside",
		Long: `Put a backup in the place of a journal that is gone or was put aside, after reading it from its start to check its chain. The
daemon has to be stopped. A journal that is there is never overwritten: move it away yourself.

Where the note of the log's head beside the store says that there was more than the backup has, it is refused: what was decided
since would be forgotten, and perhaps done again. --older accepts that.`,
		Example: "  holdfast restore --config /etc/holdfast/holdfast.yaml /mnt/backup/2026-11-30",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, err := loadConfig(serving{file: file})
			if err != nil {
				return err
			}
			b, err := restore(c.Context(), cfg, args[0], older)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "restored: %s\n", b.text())
			return err
		},
	}
	c.Flags().StringVar(&file, "config", "holdfast.yaml", "configuration that says where the store is")
	c.Flags().BoolVar(&older, "older", false, "accept that decisions that were recorded later are forgotten")
	return c
}

// restore puts a copy into a store without streams.
func restore(ctx context.Context, cfg *config.Config, from string, older bool) (b backup, err error) {
	e := cfg.NATS.Embedded
	if e == nil {
		return b, misused("use the means of NATS: nats stream restore", "%s names a NATS server of your own", cfg.File)
	}
	text, err := os.ReadFile(filepath.Join(from, backupFile))
	if err == nil {
		err = json.Unmarshal(text, &b)
	}
	if err != nil {
		return b, missing("`holdfast backup` makes one", "%s is no backup: %w", from, err)
	}
	streams := filepath.Join(e.Store, "jetstream")
	if _, err := os.Stat(streams); err == nil {
		return b, exitWith(exitRefused, "if it is to be replaced, stop the daemon and move it away", "there is a journal: %s", streams)
	}
	next := filepath.Join(e.Store, "restoring")
	if err := errors.Join(os.RemoveAll(next), os.MkdirAll(next, 0o700)); err != nil {
		return b, failed("", "%w", err)
	}
	if err := copyJournal(from, next); err != nil {
		return b, failed("", "restore %s: %w", from, err)
	}
	got, err := readCopy(ctx, next)
	if err == nil && (got.Sequence != b.Sequence || got.Hash != b.Hash || got.Alerts < b.Alerts) {
		err = fmt.Errorf("it has %s, and had %s when it was made", got.text(), b.text())
	}
	if err != nil {
		return b, failed("take another one", "the backup is damaged: %w", err)
	}
	if err := newerThan(got, e.Store, older); err != nil {
		return b, err
	}
	if err := os.Rename(filepath.Join(next, "jetstream"), streams); err != nil {
		return b, failed("", "%w", err)
	}
	if err := copyFile(next, e.Store, "holdfast-store.json"); err != nil && !errors.Is(err, fs.ErrExist) {
		return b, failed("", "%w", err)
	}
	return got, os.RemoveAll(next)
}

// newerThan refuses a copy that has less than the log once had, or is another log, unless that is what somebody wants.
func newerThan(b backup, store string, older bool) error {
	note := filepath.Join(store, journal.HeadFile)
	err := journal.Reaches(note, b.Sequence, b.Hash)
	switch {
	case err == nil:
		return nil
	case !older:
		return exitWith(exitRefused, "restore a newer one; or say --older: then what was decided since is forgotten, and may be decided and done again", "it is older than what was lost: %w", err)
	}
	return os.Rename(note, note+".before-"+time.Now().UTC().Format("20060102T150405Z"))
}
