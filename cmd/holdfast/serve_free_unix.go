//go:build linux || darwin

package main

import "syscall"

// freeOn is how much room is left for this program on the disk of a directory.
func freeOn(dir string) (bytes uint64, known bool) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, false
	}
	return disk.Bavail * uint64(disk.Bsize), true //nolint:gosec // the size of a block is never negative
}
