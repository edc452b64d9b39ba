package actions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/playbooks"
)

// A Command is one that steps may run by its name in holdfast.yaml.
type Command struct {
	Argv    []string      // the program by its absolute path, and its first arguments
	Dir     string        // absolute; default "/"
	Timeout time.Duration // an end before the step's own; 0: none
	Output  int           // how much of its output is kept, in bytes; default 4 KiB, at most 64 KiB

	Env     map[string]playbooks.Text // its environment beside holdfast's own variables
	Accepts []string                  // variables that a step may set as well
}

func (c Command) check() error {
	switch {
	case len(c.Argv) == 0:
		return errors.New("it has no argv: write the program's absolute path and its arguments")
	case !filepath.IsAbs(c.Argv[0]):
		return fmt.Errorf("%q is not an absolute path: nothing is looked up along PATH", c.Argv[0])
	case c.Dir != "" && !filepath.IsAbs(c.Dir):
		return fmt.Errorf("directory %q is not an absolute path", c.Dir)
	case c.Timeout < 0 || c.Output < 0:
		return errors.New("timeout and output cannot be negative")
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(c.Env)), c.Accepts) {
		if !playbooks.VariableName(name) || strings.HasPrefix(name, "HOLDFAST_") {
			return fmt.Errorf("%q is not the name of a variable that can be set", name)
		}
	}
	return nil
}

// lull is how long a command that was killed, or that ended, may keep its output open through children.
const lull = 500 * time.Millisecond

// exec carries out a run step by a command. It runs in a process group of its own, with nothing in its environment but
// what names the effect and what holdfast.yaml and the step put there, and without a shell.
func (h *Hands) exec(ctx context.Context, e incident.Effect) incident.Result {
	do := e.Do.Exec
	if err := AllowedCommand(h.commands, do.Command); err != nil {
		return nothing("%v", err)
	}
	c := h.commands[do.Command]
	for _, arg := range do.Args {
		if strings.HasPrefix(arg, "-") || strings.ContainsRune(arg, 0) {
			return nothing("argument %q of command %s is refused: what a step adds must not look like an option", arg, do.Command)
		}
	}
	env, err := h.environment(c, e)
	if err != nil {
		return nothing("command %s did not start: %v", do.Command, err)
	}
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	claim, err := claimStep(ctx, h.locks, e)
	if err != nil {
		return notClaimed(do.Command, err)
	}
	defer claim.release()
	if claim.waited && e.Repeat != "safe" {
		return unknown("an earlier command %s of this step was still running and has ended now; what it did is not known", do.Command)
	}
	out := &head{limit: keep}
	if c.Output > 0 {
		out.limit = min(c.Output, readAtMost)
	}
	cmd := command(ctx, c, do.Args, env, out)
	claim.handTo(cmd, e)
	failpoint.Hit("actions/exec/claimed")
	if err := cmd.Start(); err != nil {
		claim.over()
		return nothing("command %s did not start: %v", do.Command, err)
	}
	claim.isHeldBy(cmd.Process.Pid, e)
	failpoint.Hit("actions/exec/started")
	err = cmd.Wait()
	failpoint.Hit("actions/exec/exited")
	if cmd.ProcessState.Exited() {
		claim.over()
	}
	text := h.vault.tell(out.String(), out.cut, out.limit)
	return ended(ctx, cmd, err, do.Command, text)
}

// notClaimed is for a command that must not run beside an earlier one.
func notClaimed(name string, err error) incident.Result {
	if errors.Is(err, errStillRuns) {
		return unknown("command %s was not started: %v", name, err)
	}
	return failed("command %s was not started, since nobody can know whether an earlier one still runs: %v", name, err)
}

func command(ctx context.Context, c Command, args, env []string, out *head) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.Argv[0], append(c.Argv[1:len(c.Argv):len(c.Argv)], args...)...)
	cmd.Dir = c.Dir
	if cmd.Dir == "" {
		cmd.Dir = "/"
	}
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = lull
	inOwnGroup(cmd)
	return cmd
}

// environment is all that a command finds in its environment. A step sets only what the command accepts: some variables
// change what a program is.
func (h *Hands) environment(c Command, e incident.Effect) ([]string, error) {
	env := []string{"HOLDFAST_KEY=" + e.Key}
	for _, m := range named(e) {
		env = append(env, "HOLDFAST_"+strings.ToUpper(m.name)+"="+m.value)
	}
	all := maps.Clone(c.Env)
	if all == nil {
		all = map[string]playbooks.Text{}
	}
	for name, text := range e.Do.Exec.Env {
		if !slices.Contains(c.Accepts, name) {
			return nil, fmt.Errorf("it does not accept the variable %s (holdfast.yaml: actions: exec: accepts)", name)
		}
		all[name] = text
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		value, err := h.vault.text(all[name], recipient{command: e.Do.Exec.Command})
		if err != nil {
			return nil, err
		}
		if strings.ContainsRune(value, 0) {
			return nil, fmt.Errorf("variable %s holds a zero byte", name)
		}
		env = append(env, name+"="+value)
	}
	return env, nil
}

// ended judges a command that is over. One that was killed may have done its work before.
func ended(ctx context.Context, cmd *exec.Cmd, err error, name, output string) incident.Result {
	said := ""
	if output != "" {
		said = ": " + clip(strings.TrimSpace(output), 500)
	}
	code := cmd.ProcessState.ExitCode()
	switch {
	case code == 0:
		return done(output)
	case ctx.Err() != nil && code < 0:
		return unknown("command %s was killed when its time was up; what it did until then is not known%s", name, said)
	case code < 0:
		return unknown("command %s ended by itself without an exit code (%v); what it did until then is not known%s", name, err, said)
	}
	return failed("command %s ended with exit code %d%s", name, code, said)
}

// A head keeps the beginning of what is written to it and lets the rest pass.
type head struct {
	limit int
	text  []byte
	cut   bool // more was written
}

func (h *head) Write(p []byte) (int, error) {
	room := min(len(p), h.limit-len(h.text))
	h.text, h.cut = append(h.text, p[:room]...), h.cut || room < len(p)
	return len(p), nil
}

func (h *head) String() string { return string(h.text) }
