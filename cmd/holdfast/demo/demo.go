// Package demo loses a site of the example organisation and lets holdfast recover it, live: a daemon of its own, with an
// embedded NATS on disk; a stand-in for the organisation's systems; monitoring that publishes what it sees of them; and
// engineers who answer through the same API as everybody, each with credentials of their own.
//
// Nothing it shows is made up. What it prints was read from the daemon's API or from the stand-in's own books, and the
// service comes back only because a playbook's steps changed the stand-in.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Options are what the demo can be asked for.
type Options struct {
	Interactive     bool   // the human steps are left to the reader
	WithoutPlaybook bool   // nothing applicable exists: the demo must fail
	KillAt          string // the daemon is killed while this step is under way, and started again
	Dir             string // is kept; empty: a temporary directory, of which only the report is kept
	Program         string // the holdfast binary
	Out             io.Writer
	Colour          bool
}

// limit is how long the demo may take, all in all. People at a keyboard get more.
const (
	limit            = 85 * time.Second
	limitInteractive = 30 * time.Minute
)

// How a demo can fail, beside the world not working.
var (
	ErrNothingFits = errors.New("no applicable playbook exists, and nothing recovered by itself")
	ErrMissed      = errors.New("recovered, but an objective was missed")
	ErrTooLong     = errors.New("it was not over in time")
	ErrNoSuchStep  = errors.New("the example's playbook has no step")
)

// Run shows the demo and returns how it ended: nil if the service recovered within its objectives and the incident was
// stood down.
func Run(ctx context.Context, o Options) (err error) {
	within := limit
	if o.Interactive {
		within = limitInteractive
	}
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("%w (%s)", ErrTooLong, within))
	defer cancel()

	stage, err := setUp(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.tearDown()) }()
	if err := stage.open(ctx); err != nil {
		return explained(ctx, err)
	}
	err = stage.play(ctx)
	if err != nil && !errors.Is(err, ErrNothingFits) && !errors.Is(err, ErrMissed) {
		return explained(ctx, err)
	}
	return errors.Join(stage.close(context.WithoutCancel(ctx)), err)
}

// explained replaces the bare end of a context by why it ended.
func explained(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), context.Canceled) {
		return errors.New("interrupted")
	}
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, ctx.Err()) {
		return cause
	}
	return err
}

// play runs everything that happens at the same time, until the incident is over.
func (s *stage) play(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	all.Go(func() { s.monitors[0].Run(ctx) })
	all.Go(func() { s.monitors[1].Run(ctx) })
	if s.Interactive {
		all.Go(func() { s.repairWhenAsked(ctx) })
	} else {
		for _, e := range s.engineers() {
			all.Go(func() { e.work(ctx) })
		}
	}
	if s.KillAt != "" {
		all.Go(func() { s.kill(ctx) })
	}
	all.Go(func() { s.loseSite(ctx) })
	return s.narrate(ctx)
}

// The demo loses this site; its cooling fails, and its machines switch themselves off one after another.
const lost = "north"

const (
	calm     = 3 * time.Second         // after monitoring was heard, before the cooling fails
	apart    = 1 * time.Second         // between two machines
	lastGasp = 4500 * time.Millisecond // before the last one, which has a fan of its own
)

func (s *stage) loseSite(ctx context.Context) {
	if !s.heard(ctx) || !sleep(ctx, calm) {
		return
	}
	s.say(toneBad, "site", "the cooling fails in the data centre %s: machines switch themselves off one after another", lost)
	machines := s.organisation.Failing(lost)
	for i, id := range machines {
		if i == len(machines)-1 && !sleep(ctx, lastGasp) {
			return
		}
		s.organisation.Stop(id)
		if !sleep(ctx, apart) {
			return
		}
	}
}

// heard waits until the daemon has heard every monitor.
func (s *stage) heard(ctx context.Context) bool {
	for sleep(ctx, 200*time.Millisecond) {
		status, err := s.api.status(ctx)
		if err != nil {
			continue
		}
		all := true
		for _, m := range s.monitors {
			all = all && status.Counts.Received[m.Observer] > 0
		}
		if all {
			s.say(tonePlain, "monitoring", "%s and %s report to holdfast over NATS; everything is well", s.monitors[0].Observer, s.monitors[1].Observer)
			return true
		}
	}
	return false
}

// sleep waits, and reports whether the demo still goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// tidy removes all but what is worth keeping: the report, and the books of the organisation's systems.
func tidy(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, reportFile)); err != nil {
		return os.RemoveAll(dir) // it did not come to a report
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != reportFile && e.Name() != booksFile {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return err
}
