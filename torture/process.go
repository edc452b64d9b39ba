package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A process is a program that runs until somebody ends it. Its output goes to a file of its own.
type process struct {
	cmd   *exec.Cmd
	log   string
	ended chan struct{}
}

// spawn starts a program; what it says is added to the file log.
func spawn(log string, env []string, program string, args ...string) (*process, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	p := &process{cmd: exec.CommandContext(context.Background(), program, args...), log: log, ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.Env = append(os.Environ(), env...)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(program), err)
	}
	living.add(p)
	go func() {
		_ = p.cmd.Wait()
		living.remove(p)
		close(p.ended)
	}()
	return p, nil
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// kill ends it as a crash does, stopped or not.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// within reports whether it ended by itself in time.
func (p *process) within(d time.Duration) bool {
	select {
	case <-p.ended:
		return true
	case <-time.After(d):
		return false
	}
}

func (p *process) dead() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// killed reports whether it ended by SIGKILL.
func (p *process) killed() bool {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// stopped reports whether it stands still (SIGSTOP): then it cannot write.
func (p *process) stopped() bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(rest, "T")
}

// freeze stops every thread of it and returns when they stand still.
func (p *process) freeze() error {
	p.signal(syscall.SIGSTOP)
	return until(5*time.Second, "the process stands still", func() error {
		if !p.stopped() {
			return errors.New("it moves")
		}
		return nil
	})
}

// lastWords are the last lines that it said.
func (p *process) lastWords() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(text)), "\n"), func(l string) bool { return strings.Contains(l, `"rule":"readiness/`) })
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}

// living are the processes that run; they end with the harness.
var living = &registry{all: map[*process]bool{}}

type registry struct {
	mu  sync.Mutex
	all map[*process]bool
}

func (r *registry) add(p *process)    { r.mu.Lock(); r.all[p] = true; r.mu.Unlock() }
func (r *registry) remove(p *process) { r.mu.Lock(); delete(r.all, p); r.mu.Unlock() }

func (r *registry) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for p := range r.all {
		p.signal(syscall.SIGKILL)
	}
}

// until looks again and again until something holds; its error says what was still missing.
func until(patience time.Duration, what string, holds func() error) error {
	deadline := time.Now().Add(patience)
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		err := holds()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s: not within %s: %w", what, patience, err)
		}
		time.Sleep(wait)
	}
}

// freePort is a loopback port that nobody listens on, below those from which systems draw for connections that go out: what is
// free now would be in use there in a moment.
func freePort() (int, error) {
	for try := 0; ; try++ {
		port := 12000 + rand.IntN(20000)
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return port, l.Close()
		}
		if try == 100 {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
	}
}

// An address is what a daemon says in its ready file.
type address struct {
	HTTP string `json:"http"`
	NATS string `json:"nats"`
	PID  int    `json:"pid"`
}

func readReady(file string) (a address, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(text, &a)
}
