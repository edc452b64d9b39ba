//go:build unix

package actions

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"holdfast/incident"
	"holdfast/playbooks"
)

// script is a command that runs a shell script.
func script(t *testing.T, text string) Command {
	t.Helper()
	file := filepath.Join(t.TempDir(), "step.sh")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Command{Argv: []string{"/bin/sh", file}}
}

// run carries out the command "step".
func run(t *testing.T, ctx context.Context, c Command, args ...string) incident.Result {
	t.Helper()
	h := hands(t, Config{Commands: map[string]Command{"step": c}})
	return h.Carry(ctx, effect(playbooks.Run{Exec: &playbooks.Exec{Command: "step", Args: args}}))
}

func TestACommandSeesNothingOfTheDaemonsEnvironment(t *testing.T) {
	t.Setenv("SECRET", "of the daemon")
	r := run(t, t.Context(), Command{Argv: []string{"/usr/bin/env"}})
	expect(t, r, "", "")
	want := "HOLDFAST_KEY=payments-api-0412/1/fence/1\nHOLDFAST_INCIDENT=payments-api-0412\nHOLDFAST_RUN=1\nHOLDFAST_STEP=fence\n" +
		"HOLDFAST_ATTEMPT=2\nHOLDFAST_EPOCH=7\nHOLDFAST_EXERCISE=\n"
	if r.Output != want {
		t.Errorf("environment:\n%s\nwant:\n%s", r.Output, want)
	}
}

func TestAStepsArgumentsFollowTheConfiguredOnesAndAreNoShell(t *testing.T) {
	c := script(t, `echo "$PWD|$#|$1|$2"`)
	c.Argv = append(c.Argv, "fixed")
	r := run(t, t.Context(), c, "$(id); rm -rf x")
	expect(t, r, "", "")
	if r.Output != "/|2|fixed|$(id); rm -rf x\n" {
		t.Errorf("output %q", r.Output)
	}
}

func TestAnArgumentThatLooksLikeAnOptionIsRefused(t *testing.T) {
	for _, arg := range []string{"-rf", "--force", "-", "a\x00b"} {
		expect(t, run(t, t.Context(), script(t, "echo ran"), "fine", arg), incident.Failed, "must not look like an option")
	}
}

func TestACommandThatIsNotNamedDoesNotRun(t *testing.T) {
	h := hands(t, Config{Commands: map[string]Command{"step": script(t, "echo ran")}})
	for _, name := range []string{"other", "/bin/sh", ""} {
		r := h.Carry(t.Context(), effect(playbooks.Run{Exec: &playbooks.Exec{Command: name}}))
		expect(t, r, incident.Failed, "not named in holdfast.yaml")
	}
}

func TestAnExitCodeOtherThanZeroIsAFailureAndSaysWhatItPrinted(t *testing.T) {
	expect(t, run(t, t.Context(), script(t, "echo replica lags >&2; exit 3")), incident.Failed, "exit code 3: replica lags")
}

func TestAProgramThatIsNotThereDidNothing(t *testing.T) {
	expect(t, run(t, t.Context(), Command{Argv: []string{"/nonexistent/program"}}), incident.Failed, "did not start")
}

func TestACommandKilledByItselfMayHaveDoneIt(t *testing.T) {
	expect(t, run(t, t.Context(), script(t, "kill -9 $$")), incident.TimedOut, "not known")
}

func TestOnlyTheHeadOfTheOutputIsKept(t *testing.T) {
	c := script(t, `i=0; while [ $i -lt 2000 ]; do echo 0123456789; i=$((i+1)); done`)
	r := run(t, t.Context(), c)
	expect(t, r, "", "")
	if len(r.Output) != keep || !strings.HasPrefix(r.Output, "0123456789\n") {
		t.Errorf("kept %d bytes", len(r.Output))
	}
	c.Output = 5
	if r := run(t, t.Context(), c); r.Output != "01234" {
		t.Errorf("kept %q", r.Output)
	}
}

func TestACommandsOwnTimeoutEndsIt(t *testing.T) {
	c := script(t, "sleep 60")
	c.Timeout = 50 * time.Millisecond
	expect(t, run(t, t.Context(), c), incident.TimedOut, "killed when its time was up")
}

// A child of the script holds a pipe open; when the group is killed the pipe closes.
func TestACommandIsKilledWithItsChildren(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "held")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(fifo, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()

	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan incident.Result)
	go func() {
		over <- run(t, ctx, script(t, `(echo up; exec sleep 60) >"$1" & wait`), fifo)
	}()
	for n := 0; n == 0; { // nobody has the pipe open for writing yet: a read ends at once
		n, err = reader.Read(make([]byte, 3))
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
	cancel()
	expect(t, <-over, incident.TimedOut, "killed")
	if err := reader.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the child still runs: %v", err)
	}
}
