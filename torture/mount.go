package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A disk is a file system of its own in a file, mounted over a loop device: what reached the file is what reached the disk.
type disk struct {
	image string
	at    string // where it is mounted
}

// mounted are the disks that have to be unmounted before the harness ends.
var mounted = struct {
	mu sync.Mutex
	at map[string]bool
}{at: map[string]bool{}}

// newDisk makes an ext4 file system of so many MiB and mounts it.
func newDisk(dir string, mib int) (*disk, error) {
	d := &disk{image: filepath.Join(dir, "disk.img"), at: filepath.Join(dir, "disk")}
	if err := os.MkdirAll(d.at, 0o700); err != nil {
		return nil, err
	}
	f, err := os.Create(d.image)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Truncate(int64(mib)<<20), f.Close()); err != nil {
		return nil, err
	}
	if err := run1("mkfs.ext4", "-q", "-F", "-m", "0", d.image); err != nil {
		return nil, err
	}
	return d, d.mount()
}

func (d *disk) mount() error {
	if err := run1("mount", "-o", "loop", d.image, d.at); err != nil {
		return err
	}
	mounted.mu.Lock()
	defer mounted.mu.Unlock()
	mounted.at[d.at] = true
	return nil
}

// unmount fails loudly: a mount that stays would make every later disk another one than is thought.
func (d *disk) unmount() error {
	err := until(10*time.Second, "unmount "+d.at, func() error {
		err := syscall.Unmount(d.at, 0)
		if errors.Is(err, syscall.EINVAL) { // it is none
			return nil
		}
		return err
	})
	if err == nil {
		mounted.mu.Lock()
		delete(mounted.at, d.at)
		mounted.mu.Unlock()
	}
	return err
}

// unmountAll is for the end of the harness, however it comes.
func unmountAll() {
	mounted.mu.Lock()
	defer mounted.mu.Unlock()
	for at := range mounted.at {
		_ = syscall.Unmount(at, syscall.MNT_DETACH)
	}
}

// cut gives the disk the contents that its device had at this instant, as after a loss of power: whoever writes stands still,
// the file is copied, and the copy takes the place of the disk. kill ends the writer in between.
func (d *disk) cut(kill func()) error {
	copied := d.image + ".cut"
	if err := run1("cp", "--sparse=always", d.image, copied); err != nil {
		return err
	}
	kill()
	if err := d.unmount(); err != nil {
		return err
	}
	if err := os.Rename(copied, d.image); err != nil {
		return err
	}
	return d.mount()
}

func run1(program string, args ...string) error {
	if out, err := exec.CommandContext(context.Background(), program, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", program, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// canMount says why no disk can be had here; nil: one can.
func canMount(dir string) error {
	d, err := newDisk(filepath.Join(dir, "can-mount"), 16)
	if err != nil {
		return err
	}
	return d.unmount()
}
