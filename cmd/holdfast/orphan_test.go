//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestADaemonFindsTheCommandOfTheOneThatWasKilled kills a daemon while its command is at work, and starts another: that waits
// for the orphan to end and runs the step again, since it may be repeated, under the same key and in a new epoch.
func TestADaemonFindsTheCommandOfTheOneThatWasKilled(t *testing.T) {
	dir := t.TempDir()
	shop(t, dir)
	put(t, dir, "continuity/bia.yaml", canaryBIA)
	put(t, dir, "continuity/playbooks/restore.yaml", `
playbook: restore
for: {services: [shop]}
rtc: 50m
steps:
  - {id: promote, run: {exec: {command: promote}}, timeout: 30s, repeat: safe}
`)
	put(t, dir, "promote.sh", `mkdir "$1/at-work" || echo overlap >>"$1/log"
echo "begin $HOLDFAST_KEY epoch $HOLDFAST_EPOCH" >>"$1/log"; sleep 2; echo "end" >>"$1/log"; rmdir "$1/at-work"
`)
	put(t, dir, "holdfast.yaml", fmt.Sprintf(`
nats: {embedded: {listen: none}}
http: {listen: "127.0.0.1:0"}
actions: {exec: {promote: {argv: [/bin/sh, %q, %q]}}}
`, filepath.Join(dir, "promote.sh"), dir))
	log := func() string {
		text, _ := os.ReadFile(filepath.Join(dir, "log"))
		return string(text)
	}

	c := &caged{dir: dir, ready: filepath.Join(dir, "up")}
	d := c.start(t)
	c.alert(t, d.HTTP)
	soon(t, "the command to begin", func() error {
		if log() == "" {
			return fmt.Errorf("it has not begun")
		}
		return nil
	})
	_ = c.process.Process.Signal(syscall.SIGKILL)
	_ = c.process.Wait()
	if err := os.Remove(c.ready); err != nil {
		t.Fatal(err)
	}

	d = c.start(t)
	id := c.until(t, d.HTTP, "promote", "done")
	c.stop(t)
	want := fmt.Sprintf("begin %[1]s/1/promote/1 epoch 1\nend\nbegin %[1]s/1/promote/1 epoch 2\nend\n", id)
	if got := log(); got != want {
		t.Errorf("what the commands say:\n%s\nwant:\n%s", got, want)
	}
	if locks, _ := filepath.Glob(filepath.Join(dir, "data", "commands", "*")); len(locks) > 0 {
		t.Errorf("left behind: %s", strings.Join(locks, ", "))
	}
}
