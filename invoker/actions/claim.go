package actions

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"holdfast/incident"
)

// A claim is the right to run the command of one step: a locked file, named by the step. The command inherits the open
// file, and so the lock lasts until the last process that has it open is gone, however its daemon died. Whoever comes
// after waits for that.
//
// The file is named by the step and not by its whole key: a person's retry has a new key, and must wait as well.
type claim struct {
	file   *os.File // nil: nothing is claimed
	waited bool     // an earlier copy of the same command was still running
}

// lookAgain is how often it is looked whether an earlier command has ended.
const lookAgain = 50 * time.Millisecond

// errStillRuns is for a command that had not ended when the time of its successor was up.
var errStillRuns = errors.New("an earlier command of this step still runs")

// claimStep waits until no other command of the step runs, and until ctx ends at the latest. Where dir is empty nothing is
// claimed.
func claimStep(ctx context.Context, dir string, e incident.Effect) (*claim, error) {
	if dir == "" || !canLock {
		return &claim{}, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, claimName(e))
	c := &claim{}
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		locked, err := tryLock(file)
		switch {
		case err != nil:
			return nil, errors.Join(err, file.Close())
		case locked && stillThere(file, path):
			c.file = file
			return c, nil
		case locked: // the one before took the file away when it was done
			_ = file.Close()
			continue
		}
		pid, same := heldBy(file, e)
		_ = file.Close()
		c.waited = c.waited || same
		if !sleep(ctx, lookAgain) {
			return nil, fmt.Errorf("%w%s; a second one never runs beside it", errStillRuns, pid)
		}
	}
}

// sweepClaims takes away the files of commands that were killed or whose daemon died, and that are over. Those that are
// still held stay.
func sweepClaims(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, "*.lock"))
	for _, path := range left {
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if locked, err := tryLock(file); err == nil && locked && stillThere(file, path) {
			_ = os.Remove(path)
		}
		_ = file.Close()
	}
}

func claimName(e incident.Effect) string {
	return strings.NewReplacer("/", "_", `\`, "_", "\x00", "_").Replace(strings.Join([]string{e.Incident, e.Run, e.Step}, "+")) + ".lock"
}

func stillThere(file *os.File, path string) bool {
	mine, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(mine, there)
}

// handTo lets a command inherit the claim.
func (c *claim) handTo(cmd *exec.Cmd, e incident.Effect) {
	if c.file != nil {
		cmd.ExtraFiles = append(cmd.ExtraFiles, c.file)
		c.isHeldBy(0, e)
	}
}

// isHeldBy writes down which process has the claim (0: not known yet), and for what: the step, or its undo.
func (c *claim) isHeldBy(pid int, e incident.Effect) {
	if c.file != nil {
		_ = c.file.Truncate(0)
		_, _ = c.file.WriteAt(fmt.Appendf(nil, "%d %s\n", pid, purpose(e)), 0)
	}
}

func purpose(e incident.Effect) string {
	if e.Undo {
		return "undo"
	}
	return "do"
}

// heldBy tells which process has a claim, for people, and whether it does the same as an effect wants done. What cannot be
// read was written by a daemon that died over it.
func heldBy(file *os.File, e incident.Effect) (pid string, same bool) {
	text := make([]byte, 40)
	n, _ := file.ReadAt(text, 0)
	number, what, ok := strings.Cut(strings.TrimSpace(string(text[:n])), " ")
	n, err := strconv.Atoi(number)
	switch {
	case err != nil || !ok:
		return "", true
	case n == 0:
		return "", what == purpose(e)
	}
	return " (process " + number + ")", what == purpose(e)
}

// over is for a command that was seen to end by itself: what it left running on purpose holds nobody up.
func (c *claim) over() {
	if c.file != nil {
		_ = os.Remove(c.file.Name())
	}
}

// release gives up this process's part of the claim; a command that goes on has its own.
func (c *claim) release() {
	if c.file != nil {
		_ = c.file.Close()
	}
}
