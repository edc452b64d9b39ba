//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// alone marks the process in which the test below is on a machine that reaches nothing.
const alone = "HOLDFAST_TEST_ALONE"

const alonePlaybook = `
playbook: restore
for: {services: [shop]}
rtc: 50m
steps:
  - {id: mark,   run: {exec: {command: mark}}, timeout: 10s, repeat: safe}
  - {id: look,   do: Look at it, role: director}
  - {id: secret, run: {http: {url: "http://127.0.0.1:1/", header: {Authorization: {secret: token, as: bearer}}}}, timeout: 5s}
`

// TestWithNothingButThisMachineAnInvocationStartsFromWhatLiesOnItsDisk runs a daemon where no name can be resolved and no address is
// reached but those of the machine itself: name servers swallow questions, the secret manager's directory is empty, and the audit anchor, the
// watchdog, the pager and the pages' own name are all elsewhere. Documents and tokens are on its disk.
func TestWithNothingButThisMachineAnInvocationStartsFromWhatLiesOnItsDisk(t *testing.T) {
	if os.Getenv(alone) == "" {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
		c.Env = append(os.Environ(), alone+"=1")
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}}
		said, err := c.CombinedOutput()
		if !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.ENOSPC) {
			if err != nil || !strings.Contains(string(said), "--- PASS: "+t.Name()) {
				t.Errorf("%v: %s", err, said)
			}
			return
		}
		t.Logf("this machine gives no network of one's own (%v): only names that nobody has stand for what is out of reach", err)
	} else {
		cutOff(t)
	}

	dir := t.TempDir()
	token := shop(t, dir)
	put(t, dir, "continuity/bia.yaml", canaryBIA)
	put(t, dir, "continuity/playbooks/restore.yaml", alonePlaybook)
	people, err := os.ReadFile(filepath.Join(dir, "continuity/people.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "continuity/people.yaml", strings.ReplaceAll(string(people), "channels: [{log: true}]", `channels: [{webhook: "https://pager.corp.invalid/page"}, {log: true}]`))
	put(t, dir, "holdfast.yaml", fmt.Sprintf(`
nats: {embedded: {listen: none}}
http: {listen: "127.0.0.1:0", external_url: "https://holdfast.corp.invalid"}
watchdog: {url: "https://watchdog.corp.invalid/holdfast", every: 10s}
journal: {checkpoints: {every: 1s, url: "https://audit.corp.invalid/holdfast"}}
secrets: {token: {file: %q}}
actions:
  http: {allow: ["http://127.0.0.1:1", "https://pager.corp.invalid"]}
  exec: {mark: {argv: [/bin/sh, -c, %q]}}
`, filepath.Join(dir, "vault", "token"), "echo done >"+filepath.Join(dir, "marked")))

	c := &caged{dir: dir, ready: filepath.Join(dir, "up")}
	begun := time.Now()
	d := c.start(t)
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it was up after %s", took)
	}
	begun = time.Now()
	c.alert(t, d.HTTP)
	soon(t, "the first step to be carried out", func() error {
		_, err := os.Stat(filepath.Join(dir, "marked"))
		return err
	})
	if took := time.Since(begun); took > 15*time.Second {
		t.Errorf("the first step was carried out after %s", took)
	}
	withToken(t, token)
	id := c.stepIs(t, d.HTTP, "look", "waiting")
	answerAt(t, d.HTTP, id, "look")
	c.stepIs(t, d.HTTP, "secret", "stuck")
	if report := c.get(t, d.HTTP+"/api/v1/incidents/"+id); !strings.Contains(report, "secret token: ") {
		t.Errorf("nobody says that the secret cannot be read: %.2000s", report)
	}
	c.stop(t)
}

// stepIs waits for a step of the one incident to be as it is wanted.
func (c *caged) stepIs(t *testing.T, base, step, status string) (id string) {
	t.Helper()
	soon(t, step+" to be "+status, func() error {
		var list struct{ Incidents []struct{ ID string } }
		if err := json.Unmarshal([]byte(c.get(t, base+"/api/v1/incidents")), &list); err != nil || len(list.Incidents) != 1 {
			return fmt.Errorf("%d incidents (%w)", len(list.Incidents), err)
		}
		id = list.Incidents[0].ID
		var whole struct {
			Runs []struct {
				Steps []struct{ ID, Status, Reason string }
			}
		}
		if err := json.Unmarshal([]byte(c.get(t, base+"/api/v1/incidents/"+id)), &whole); err != nil || len(whole.Runs) == 0 {
			return fmt.Errorf("no run (%w)", err)
		}
		for _, s := range whole.Runs[0].Steps {
			if s.ID == step && s.Status == status {
				return nil
			}
		}
		return fmt.Errorf("%+v", whole.Runs[0].Steps)
	})
	return id
}

// cutOff leaves this process nothing but loopback, and a name server there that never answers.
func cutOff(t *testing.T) {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(socket) }()
	request := struct {
		name  [16]byte
		flags uint16
		_     [22]byte
	}{name: [16]byte{'l', 'o'}, flags: syscall.IFF_UP | syscall.IFF_RUNNING}
	if _, _, no := syscall.Syscall(syscall.SYS_IOCTL, uintptr(socket), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); no != 0 {
		t.Fatalf("bring loopback up: %v", no)
	}
	if others, err := net.Interfaces(); err != nil || len(others) != 1 {
		t.Fatalf("there are other ways than loopback: %v (%v)", others, err)
	}
	names := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(names, []byte("nameserver 127.0.0.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""), syscall.Mount(names, "/etc/resolv.conf", "", syscall.MS_BIND, "")); err != nil {
		t.Fatalf("put a name server there that never answers: %v", err)
	}
	silent, err := net.ListenPacket("udp", "127.0.0.1:53") //nolint:noctx // it ends with the process
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
}
