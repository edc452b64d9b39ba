package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"
	"github.com/rs/zerolog"

	"holdfast/detector"
	"holdfast/internal/failpoint"
	"holdfast/internal/garbage"
)

// parts are the loops of a daemon. When one ends by itself all end.
type parts struct {
	ctx  context.Context
	stop context.CancelCauseFunc
	log  zerolog.Logger
	all  sync.WaitGroup
}

func newParts(ctx context.Context, log zerolog.Logger) *parts {
	ctx, stop := context.WithCancelCause(ctx)
	return &parts{ctx: ctx, stop: stop, log: log}
}

// errEnded is the cause of stopping when a part ended that should have gone on.
var errEnded = errors.New("it ended by itself")

func (p *parts) start(name string, run func(context.Context) error) {
	p.all.Go(func() {
		err := run(p.ctx)
		if p.ctx.Err() != nil && err == nil {
			return
		}
		if err == nil {
			err = errEnded
		}
		p.stop(fmt.Errorf("%s: %w", name, err))
	})
}

// wait returns when all parts have ended: nil if that was asked for.
func (p *parts) wait() error {
	<-p.ctx.Done()
	_, _ = systemd.SdNotify(false, systemd.SdNotifyStopping)
	failpoint.Hit("serve/stopping")
	cause := context.Cause(p.ctx)
	asked := errors.Is(cause, context.Canceled)
	if asked {
		p.log.Info().Msg("stopping")
	} else {
		p.log.Error().Err(cause).Msg("stopping, because a part of holdfast ended")
	}
	p.all.Wait()
	if asked {
		return nil
	}
	return failed("a supervisor starts it again; nothing that was acknowledged is lost", "%w", cause)
}

// An address is where a daemon is reached; what the ready file holds.
type address struct {
	HTTP string `json:"http"`
	NATS string `json:"nats,omitempty"` // empty: it does not listen, or is a server of your own
	PID  int    `json:"pid"`
}

// announce tells the supervisor, the log and whoever reads the ready file that the daemon is up: the journal is read, or
// it cannot be and everything is shown that is known. Then it waits for the end.
func announce(ctx context.Context, will *house, at address, readyFile string, log zerolog.Logger) error {
	if !upOrShown(ctx, will) {
		return nil
	}
	return proclaim(ctx, at, readyFile, func() {
		s := will.Status()
		log.Info().Str("http", at.HTTP).Str("nats", at.NATS).Uint64("epoch", s.Epoch).Uint64("journal_head", s.Head).
			Uint64("alerts_through", s.AlertsThrough).Str("version", version()).Msg("holdfast is up")
		garbage.Room(detector.LeastGarbage)
	})
}

// upOrShown waits until there is something to announce; false: it is time to stop. Who is in charge says so by itself: what it judges
// first would, with a million alerts, keep a question waiting for some tenths of a second.
func upOrShown(ctx context.Context, will *house) bool {
	for s := will.Status(); !s.Live && s.HandsOff == "" && (s.Standby == nil || s.Standby.Instance == ""); s = will.Status() {
		select {
		case <-ctx.Done():
			return false
		case <-will.up:
			return true
		case <-time.After(20 * time.Millisecond):
		}
	}
	return true
}

// proclaim says that the daemon is up, and waits for the end.
func proclaim(ctx context.Context, at address, readyFile string, log func()) error {
	if readyFile != "" {
		if err := writeReady(readyFile, at); err != nil {
			return err
		}
		defer func() { _ = os.Remove(readyFile) }()
	}
	failpoint.Hit("serve/ready")
	_, _ = systemd.SdNotify(false, systemd.SdNotifyReady+"\nSTATUS=serving "+at.HTTP)
	log()
	<-ctx.Done()
	return nil
}

// writeReady puts the file there whole or not at all: somebody is waiting for it to appear.
func writeReady(file string, at address) error {
	text, err := json.Marshal(at)
	if err != nil {
		return err
	}
	next := filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+".new")
	if err := os.WriteFile(next, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the ready file: %w", err)
	}
	return os.Rename(next, file)
}
