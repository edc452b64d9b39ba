//go:build unix

package embedded

import (
	"os"
	"syscall"
)

// lockNow takes a file for this process until it is closed, or the process ends however it may.
func lockNow(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
