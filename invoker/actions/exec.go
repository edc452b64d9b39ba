package actions

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"holdfast/incident"
)

// A Command is one that steps may run by its name in holdfast.yaml.
type Command struct {
	Argv    []string      // the program by its absolute path, and its first arguments
	Dir     string        // absolute; default "/"
	Timeout time.Duration // an end before the step's own; 0: none
	Output  int           // how much of its output is kept, in bytes; default 4 KiB, at most 64 KiB
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
	return nil
}

// lull is how long a command that was killed, or that ended, may keep its output open through children.
const lull = 2 * time.Second

// exec carries out a run step by a command. It runs in a process group of its own, with nothing in its environment but
// what names the effect, and without a shell.
func (h *Hands) exec(ctx context.Context, e incident.Effect) incident.Result {
	do := e.Do.Exec
	if err := AllowedCommand(h.commands, do.Command); err != nil {
		return failed("%v", err)
	}
	c := h.commands[do.Command]
	for _, arg := range do.Args {
		if strings.HasPrefix(arg, "-") || strings.ContainsRune(arg, 0) {
			return failed("argument %q of command %s is refused: what a step adds must not look like an option", arg, do.Command)
		}
	}
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	out := &head{limit: keep}
	if c.Output > 0 {
		out.limit = min(c.Output, readAtMost)
	}
	cmd := command(ctx, c, do.Args, environment(e), out)
	if err := cmd.Start(); err != nil {
		return failed("command %s did not start: %v", do.Command, err)
	}
	return ended(ctx, cmd, cmd.Wait(), do.Command, out)
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

func environment(e incident.Effect) []string {
	env := []string{
		"HOLDFAST_KEY=" + e.Key,
		"HOLDFAST_INCIDENT=" + e.Incident,
		"HOLDFAST_STEP=" + e.Step,
		"HOLDFAST_EPOCH=" + strconv.FormatUint(e.Epoch, 10),
	}
	if e.Exercise != "" {
		env = append(env, "HOLDFAST_EXERCISE="+string(e.Exercise))
	}
	return env
}

// ended judges a command that is over. One that was killed may have done its work before.
func ended(ctx context.Context, cmd *exec.Cmd, err error, name string, out *head) incident.Result {
	code := cmd.ProcessState.ExitCode()
	switch {
	case code == 0:
		return done(out.String())
	case ctx.Err() != nil && code < 0:
		return unknown("command %s was killed when its time was up; what it did until then is not known%s", name, out.quoted())
	case code < 0:
		return unknown("command %s ended by itself without an exit code (%v); what it did until then is not known%s", name, err, out.quoted())
	}
	return failed("command %s ended with exit code %d%s", name, code, out.quoted())
}

// A head keeps the beginning of what is written to it and lets the rest pass.
type head struct {
	limit int
	text  []byte
}

func (h *head) Write(p []byte) (int, error) {
	h.text = append(h.text, p[:min(len(p), h.limit-len(h.text))]...)
	return len(p), nil
}

func (h *head) String() string { return clip(string(h.text), h.limit) }

func (h *head) quoted() string {
	if len(h.text) == 0 {
		return ""
	}
	return ": " + clip(strings.TrimSpace(h.String()), 500)
}
