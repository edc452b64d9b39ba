//go:build failpoint

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A trap is what the environment says of one point.
type trap struct {
	name, about string // about: "" for whatever it is about
	left        int    // hits until it goes off
	action      string
	sleep       time.Duration
}

var (
	mu      sync.Mutex
	traps   = mustParse(take("HOLDFAST_FAILPOINT"))
	reached = map[string]bool{}
	journal = open(take("HOLDFAST_FAILPOINT_LOG"))
)

// Hit marks an instant; what is said beside its name is what it is about.
func Hit(name string, about ...string) {
	if err := pass(name, about); err != nil {
		panic(fmt.Sprintf("failpoint %s cannot fail: use kill, stop, panic or sleep", name))
	}
}

// Fail marks an instant at which something can go wrong.
func Fail(name string) error { return pass(name, nil) }

func pass(name string, about []string) error {
	t := sprung(name, strings.Join(about, " "))
	if t == nil {
		return nil
	}
	switch t.action {
	case "kill":
		_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
		select {} // nothing more happens in this goroutine
	case "stop":
		_ = syscall.Kill(syscall.Getpid(), syscall.SIGSTOP)
	case "panic":
		panic("failpoint " + name)
	case "sleep":
		time.Sleep(t.sleep)
	case "error":
		return fmt.Errorf("%w at %s", ErrPlanted, name)
	}
	return nil
}

// sprung is the trap that goes off now, if any.
func sprung(name, about string) *trap {
	mu.Lock()
	defer mu.Unlock()
	if !reached[name] {
		reached[name] = true
		say(name)
	}
	for i := range traps {
		t := &traps[i]
		if t.name != name || t.about != "" && t.about != about {
			continue
		}
		if t.left--; t.left == 0 {
			say(name + " " + t.action)
			return t
		}
	}
	return nil
}

func say(line string) {
	if journal != nil {
		_, _ = journal.WriteString(line + "\n")
	}
}

// take reads a variable and removes it: it is meant for this process, not for its children.
func take(name string) string {
	defer func() { _ = os.Unsetenv(name) }()
	return os.Getenv(name)
}

func open(file string) *os.File {
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		panic(err)
	}
	return f
}

// mustParse reads the environment; what it cannot read would test nothing, so it ends the program.
func mustParse(text string) (all []trap) {
	for _, one := range strings.Split(text, ";") {
		if one == "" {
			continue
		}
		t, err := parse(one)
		if err != nil {
			panic(fmt.Sprintf("HOLDFAST_FAILPOINT: %q: %v", one, err))
		}
		all = append(all, t)
	}
	return all
}

func parse(text string) (t trap, err error) {
	point, action, ok := strings.Cut(text, "=")
	if !ok {
		return t, fmt.Errorf("no action: write name=kill")
	}
	t.left = 1
	if at, index, ok := strings.Cut(point, "@"); ok {
		if t.left, err = strconv.Atoi(index); err != nil || t.left < 1 {
			return t, fmt.Errorf("%q is no count", index)
		}
		point = at
	}
	if at, about, ok := strings.Cut(point, "["); ok {
		point, t.about = at, strings.TrimSuffix(about, "]")
	}
	t.name, t.action = point, action
	if d, ok := strings.CutPrefix(action, "sleep("); ok {
		t.action = "sleep"
		if t.sleep, err = time.ParseDuration(strings.TrimSuffix(d, ")")); err != nil {
			return t, err
		}
	}
	switch t.action {
	case "kill", "stop", "panic", "sleep", "error":
	default:
		return t, fmt.Errorf("%q is no action", action)
	}
	for _, p := range Points {
		if p.Name == t.name {
			return t, nil
		}
	}
	return t, fmt.Errorf("there is no point %q", t.name)
}
