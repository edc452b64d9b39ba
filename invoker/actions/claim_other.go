//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package actions

import "os"

// canLock says that there are no locks here which a child inherits: a command of a dead daemon is not found.
const canLock = false

func tryLock(*os.File) (bool, error) { return true, nil }
