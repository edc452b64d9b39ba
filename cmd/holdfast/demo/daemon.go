package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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
	return whyItEnded(strings.Split(strings.TrimSpace(string(text)), "\n"))
}

// How much of a log is repeated: errors tell why, what stands last tells when.
const (
	errorLines = 10
	lastLines  = 10
)

// errorLine is what an error looks like in a log: a JSON line, one for a console, a problem that was drawn, the program's end.
var errorLine = regexp.MustCompile(`"level":"(error|fatal|panic)"|\b(ERR|FTL|PNC)\b|: error: |^panic: `)

// whyItEnded are the lines of a log that tell why it ended: the last errors, wherever they stand, and the last lines of all.
func whyItEnded(lines []string) string {
	tail := max(0, len(lines)-lastLines)
	var errs []string
	for _, line := range lines[:tail] {
		if errorLine.MatchString(line) {
			errs = append(errs, line)
		}
	}
	errs = errs[max(0, len(errs)-errorLines):]
	if len(errs) > 0 {
		errs = append(errs, "…")
	}
	return strings.Join(append(errs, lines[tail:]...), "\n")
}
