package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A daemon is `holdfast serve` in a process of its own, so that it can be killed like one.
type daemon struct {
	program string
	house   *house

	mu      sync.Mutex
	process *exec.Cmd
	ended   chan struct{} // closed when the process is gone
	meant   bool          // it was stopped on purpose
}

// start starts the daemon and waits until it is ready.
func (d *daemon) start(ctx context.Context, api *api) error {
	log, err := os.OpenFile(filepath.Join(d.house.dir, daemonLog), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the daemon's log: %w", err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.CommandContext(context.WithoutCancel(ctx), d.program, "serve", "--config", filepath.Join(d.house.dir, configFile))
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the daemon: %w", err)
	}
	ended := make(chan struct{})
	d.mu.Lock()
	d.process, d.ended, d.meant = cmd, ended, false
	d.mu.Unlock()
	go func() { _ = cmd.Wait(); close(ended) }()
	return d.await(ctx, api, ended)
}

// await waits until the daemon answers that it is ready.
func (d *daemon) await(ctx context.Context, api *api, ended <-chan struct{}) error {
	for {
		if api.ready(ctx) {
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("the daemon did not start; it said:\n%s", d.lastWords())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// kill ends the daemon as a power cut does: no warning, no last word.
func (d *daemon) kill() {
	d.mu.Lock()
	process, ended := d.process, d.ended
	d.meant = true
	d.mu.Unlock()
	_ = process.Process.Kill()
	<-ended
}

// died is an error if the daemon is gone though nobody meant it to.
func (d *daemon) died() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.ended:
		if !d.meant {
			return fmt.Errorf("the daemon ended by itself (%s); it said:\n%s", d.process.ProcessState, d.lastWords())
		}
	default:
	}
	return nil
}

// stop ends the daemon the way a supervisor does.
func (d *daemon) stop() error {
	d.mu.Lock()
	process, ended := d.process, d.ended
	d.meant = true
	d.mu.Unlock()
	if process == nil {
		return nil
	}
	_ = process.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
		return nil
	case <-time.After(10 * time.Second):
		_ = process.Process.Kill()
		<-ended
		return errors.New("the daemon did not stop within 10 s of SIGTERM and was killed")
	}
}

// lastWords are the last lines of the daemon's log.
func (d *daemon) lastWords() string {
	f, err := os.Open(filepath.Join(d.house.dir, daemonLog))
	if err != nil {
		return err.Error()
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}
