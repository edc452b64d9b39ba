package main

import (
	"context"
	"os"
	"os/exec"
	"time"

	"github.com/rs/zerolog"

	"holdfast/cmd/holdfast/config"
	"holdfast/journal/embedded"
)

// probeWord is the command line of the child that opens a store before the daemon does. It is no command: nobody else has a
// use for it.
const probeWord = "probe-store"

// A look at the store is taken by a child while the documents are read: it takes as long, and the daemon opens the store only after
// both.
type look struct {
	over chan struct{} // closed when the child has ended
	err  error
	end  func() // the child ends now
}

// lookBeside begins to look, where a daemon is about to open a store; nil: it is not. One that was put aside is not opened.
func lookBeside(ctx context.Context, cfg *config.Config, log zerolog.Logger) *look {
	e := cfg.NATS.Embedded
	if e == nil {
		return nil
	}
	if q, err := embedded.Quarantined(e.Store); q != nil || err != nil {
		return nil //nolint:nilerr // it is found, and said, when the store is to be opened
	}
	return lookSoon(ctx, e, log.With().Str("part", "nats").Logger())
}

// lookSoon begins to look at a store; nil: nobody has to. A node whose copy is damaged gets it anew from the others.
func lookSoon(ctx context.Context, e *config.Embedded, log zerolog.Logger) *look {
	if e.Cluster != nil {
		return nil
	}
	ctx, end := context.WithCancel(ctx)
	l := &look{over: make(chan struct{}), end: end}
	go func() {
		defer close(l.over)
		l.err = lookAhead(ctx, e.Store, log)
	}()
	return l
}

// wait waits for what was found.
func (l *look) wait() error {
	if l == nil {
		return nil
	}
	<-l.over
	return l.err
}

// stop ends the child, if it is still there: it holds the store.
func (l *look) stop() {
	if l != nil {
		l.end()
		<-l.over
	}
}

// lookAhead has a child of this program open the store first, which may be killed for it. Only a store that is damaged is an
// error: where no child can be run the store is opened all the same.
func lookAhead(ctx context.Context, store string, log zerolog.Logger) error {
	self, err := os.Executable()
	if err != nil {
		log.Warn().Err(err).Msg("the store is opened without a look at it before")
		return nil
	}
	start := time.Now()
	err = embedded.Examine(ctx, store, func(ctx context.Context) *exec.Cmd {
		child := exec.CommandContext(ctx, self, probeWord, store)
		child.Args[0] = "holdfast"
		return child
	})
	log.Debug().Dur("took", time.Since(start)).Err(err).Msg("the store was looked at")
	return err
}
