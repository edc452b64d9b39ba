//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package actions

import (
	"errors"
	"os"
	"syscall"
)

// canLock says that there are locks which a child inherits with the open file.
const canLock = true

// tryLock locks a file for whoever has this opening of it; false: somebody else has.
func tryLock(f *os.File) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, os.NewSyscallError("flock", err)
		}
	}
}
