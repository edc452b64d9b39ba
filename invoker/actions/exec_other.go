//go:build !unix

package actions

import "os/exec"

// inOwnGroup does nothing where there are no process groups: only the command itself is killed.
func inOwnGroup(*exec.Cmd) {}
