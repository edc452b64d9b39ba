//go:build unix

package actions

import (
	"os/exec"
	"syscall"
)

// inOwnGroup makes a command the head of a process group, which is killed whole: a script's children do not outlive it.
func inOwnGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
