//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package actions

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"holdfast/incident"
)

var orphanCycles = flag.Int("orphans", 20, "how often a daemon is killed while its command runs")

// promotion is a command that two of which must never run at once: it says when it finds another one at work. Every
// beginning and end is a line of its own in the log.
const promotion = `
mkdir "$1/at-work" 2>/dev/null || echo overlap >>"$1/log"
echo "begin $HOLDFAST_KEY#$HOLDFAST_ATTEMPT" >>"$1/log"
sleep 0.1
echo "end $HOLDFAST_KEY#$HOLDFAST_ATTEMPT" >>"$1/log"
rmdir "$1/at-work"
`

// promoting is a directory with a promotion in it.
func promoting(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "promote.sh"), []byte(promotion), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// orphan starts a daemon, waits until its command is at work, and kills it with SIGKILL.
func orphan(t *testing.T, dir string) {
	t.Helper()
	begun := strings.Count(log(t, dir), "begin")
	d := exec.CommandContext(t.Context(), os.Args[0])
	d.Env = append(os.Environ(), beADaemon+"="+dir)
	d.Stderr = os.Stderr
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); strings.Count(log(t, dir), "begin") == begun || !noted(dir); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the daemon's command did not begin")
		}
	}
	_ = d.Process.Kill()
	_ = d.Wait()
}

// noted reports whether the daemon has written down which process carries out its step.
func noted(dir string) bool {
	files, _ := filepath.Glob(filepath.Join(dir, "locks", "*.lock"))
	for _, file := range files {
		if text, _ := os.ReadFile(file); len(text) > 0 && text[0] != '0' {
			return true
		}
	}
	return false
}

func log(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "log"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// Row 2 of the failure modes.
func TestACommandThatOutlivedItsDaemonIsWaitedForAndNeverRunsTwiceAtOnce(t *testing.T) {
	dir := promoting(t)
	for cycle := range *orphanCycles {
		orphan(t, dir)
		h, e, err := promotionIn(dir)
		if err != nil {
			t.Fatal(err)
		}
		e.Attempt = 100 + cycle
		if r := h.Carry(t.Context(), e); r.Outcome != "" {
			t.Fatalf("cycle %d: the successor's command: %s (%s)", cycle, r.Outcome, r.Reason)
		}
	}
	text := log(t, dir)
	if strings.Contains(text, "overlap") {
		t.Errorf("two ran at once:\n%s", text)
	}
	for kind, want := range map[string]int{"begin": 2 * *orphanCycles, "end": 2 * *orphanCycles} {
		if n := strings.Count(text, kind); n != want {
			t.Errorf("%d of %s, want %d", n, kind, want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "locks", "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestAfterAnOrphanPeopleAreAskedUnlessTheStepMayBeRepeated(t *testing.T) {
	for _, repeat := range []string{"ask", "never", ""} {
		dir := promoting(t)
		orphan(t, dir)
		h, e, err := promotionIn(dir)
		if err != nil {
			t.Fatal(err)
		}
		e.Repeat, e.Key = repeat, "payments-api-0412/1/fence/2" // a person said retry, and so it has a new key
		expect(t, h.Carry(t.Context(), e), incident.TimedOut, "an earlier command promote of this step was still running and has ended now")
		if text := log(t, dir); strings.Count(text, "begin") != 1 || strings.Count(text, "end") != 1 {
			t.Errorf("repeat %q: it was run again, or not waited for:\n%s", repeat, text)
		}
		expect(t, h.Carry(t.Context(), e), "", "") // asked again, a person has looked
	}
}

func TestAnUndoWaitsForWhatItUndoesAndThenRuns(t *testing.T) {
	dir := promoting(t)
	orphan(t, dir)
	h, e, err := promotionIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	e.Undo, e.Repeat, e.Key = true, "ask", "payments-api-0412/1/fence/undo/1"
	expect(t, h.Carry(t.Context(), e), "", "")
	if text := log(t, dir); strings.Contains(text, "overlap") || strings.Count(text, "end") != 2 {
		t.Errorf("it did not wait, or did not run:\n%s", text)
	}
}

func TestAnOrphanThatDoesNotEndIsWaitedForNoLongerThanTheStepMayTake(t *testing.T) {
	dir := promoting(t)
	slow := strings.Replace(promotion, "sleep 0.1", "sleep 30", 1)
	if err := os.WriteFile(filepath.Join(dir, "promote.sh"), []byte(slow), 0o600); err != nil {
		t.Fatal(err)
	}
	orphan(t, dir)
	h, e, err := promotionIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	e.Until = time.Now().Add(200 * time.Millisecond)
	r := h.Carry(t.Context(), e)
	expect(t, r, incident.TimedOut, "an earlier command of this step still runs (process ")
	if late := time.Since(e.Until); late > time.Second {
		t.Errorf("it came %s late", late)
	}
	var pid int
	if _, err := fmt.Sscanf(r.Reason[strings.Index(r.Reason, "(process "):], "(process %d)", &pid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil { // what an engineer does who was told
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "promote.sh"), []byte("exit 0"), 0o600); err != nil {
		t.Fatal(err)
	}
	e.Until = time.Now().Add(time.Minute)
	expect(t, h.Carry(t.Context(), e), "", "")
}

func TestTwoStepsDoNotWaitForEachOther(t *testing.T) {
	dir := promoting(t)
	orphan(t, dir)
	h, e, err := promotionIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	e.Step = "other"
	c, err := claimStep(t.Context(), h.locks, e)
	if err != nil || c.waited {
		t.Errorf("waited %t (%v)", c.waited, err)
	}
	c.release()
	e.Step = "fence"
	if c, err = claimStep(t.Context(), h.locks, e); err != nil || !c.waited {
		t.Errorf("waited %t (%v), and the command of the step was at work", c.waited, err)
	}
	c.release()
}

func TestWhatACommandLeavesRunningOnPurposeHoldsNobodyUp(t *testing.T) {
	dir := promoting(t)
	if err := os.WriteFile(filepath.Join(dir, "promote.sh"), []byte("sleep 5 >/dev/null 2>&1 </dev/null &\necho $! >>\"$1/log\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h, e, err := promotionIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		begun := time.Now()
		expect(t, h.Carry(t.Context(), e), "", "")
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("it took %s", took)
		}
	}
	for _, pid := range strings.Fields(log(t, dir)) {
		var n int
		if _, err := fmt.Sscan(pid, &n); err == nil {
			_ = syscall.Kill(n, syscall.SIGKILL)
		}
	}
}

func TestAPlaceForLocksThatCannotBeWrittenKeepsTheCommandFromRunning(t *testing.T) {
	dir := promoting(t)
	h, e, err := promotionIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	h.locks = filepath.Join(dir, "promote.sh") // no directory
	expect(t, h.Carry(t.Context(), e), incident.Failed, "nobody can know whether an earlier one still runs")
	if text := log(t, dir); text != "" {
		t.Errorf("it ran:\n%s", text)
	}
}

func TestFilesOfCommandsThatAreOverAreTakenAwayAtTheNextStart(t *testing.T) {
	dir := promoting(t)
	h, e, err := promotionIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	held, err := claimStep(t.Context(), h.locks, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.locks, "old.lock"), []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := promotionIn(dir); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(h.locks, "*"))
	if !slices.Equal(left, []string{held.file.Name()}) {
		t.Errorf("left: %q", left)
	}
	held.release()
}
