package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/invoker"
	"holdfast/journal"
)

const aloneConfig = "nats: {embedded: {listen: none}}\nhttp: {listen: \"127.0.0.1:0\"}\n"

// alarm posts an alert about a component.
func (d started) alarm(t *testing.T, number int) {
	t.Helper()
	text := fmt.Sprintf(`{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"Slow%d","component":"db-1","effect":"degraded"},"startsAt":%q}]}`, number, time.Now().UTC().Format(time.RFC3339))
	if code, body := d.post(t, "/api/v1/alerts/alertmanager?source=prom", "", text); code != 200 {
		t.Fatalf("an alert is answered with %d %s", code, body)
	}
}

// metric is a figure of a daemon.
func (d started) metric(t *testing.T, name string) float64 {
	t.Helper()
	_, body := d.get(t, "/metrics")
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("there is no %s", name)
	}
	value, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// heard waits until a daemon has heard so many alerts of prom.
func (d started) heard(t *testing.T, alerts float64) {
	t.Helper()
	for deadline := time.Now().Add(patient); ; time.Sleep(10 * time.Millisecond) {
		have := d.metric(t, `holdfast_alerts_received_total{observer="prom"}`)
		if have == alerts {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v alerts are heard, and %v were sent", have, alerts)
		}
	}
}

// aKept is a shop whose daemon has heard three alerts, and was asked to stop.
func aKept(t *testing.T) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	shop(t, dir)
	d := start(t, dir, aloneConfig)
	if got := d.metric(t, "holdfast_start_recalled_alert_messages"); got != 0 {
		t.Errorf("the first start recalls %v", got)
	}
	for n := range 3 {
		d.alarm(t, n)
	}
	d.heard(t, 3)
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "data", "nats", keptFile)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("what was heard is not kept for the daemon alone: %v, %v", info, err)
	}
	return dir, file
}

func TestAStartHearsOnlyWhatHasComeSinceTheDaemonWasAskedToStop(t *testing.T) {
	dir, _ := aKept(t)
	d := start(t, dir, aloneConfig)
	if got := d.metric(t, "holdfast_start_recalled_alert_messages"); got != 3 {
		t.Errorf("the start recalls %v messages of 3", got)
	}
	if got := d.metric(t, "holdfast_start_seconds"); got <= 0 || got > 60 {
		t.Errorf("it took %v s", got)
	}
	d.heard(t, 3)
	d.alarm(t, 3)
	d.heard(t, 4)
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
}

func TestOnTheLeastDoubtWhatWasHeardIsThrownAwayAndTheStartIsMerelySlow(t *testing.T) {
	rewrite := func(file string, change func([]byte) []byte) error {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(file, change(text), 0o600)
	}
	head := func(file, was, is string) error {
		return rewrite(file, func(text []byte) []byte {
			line, rest, _ := bytes.Cut(text, []byte("\n"))
			body := append(regexp.MustCompile(was).ReplaceAll(line, []byte(is)), '\n')
			body = append(body, rest[:len(rest)-32]...)
			return append(body, digestOf(body)...)
		})
	}
	dir, file := aKept(t)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func() error{
		"it is torn":                   func() error { return rewrite(file, func(b []byte) []byte { return b[:len(b)/2] }) },
		"it is torn in its first line": func() error { return rewrite(file, func(b []byte) []byte { return b[:20] }) },
		"it is empty":                  func() error { return rewrite(file, func([]byte) []byte { return nil }) },
		"one bit is flipped":           func() error { return rewrite(file, func(b []byte) []byte { b[len(b)-100] ^= 4; return b }) },
		"one bit of its head is flipped": func() error {
			return rewrite(file, func(b []byte) []byte { b[bytes.IndexByte(b, '\n')-3] ^= 1; return b })
		},
		"it is of another format":          func() error { return head(file, `"v":1`, `"v":2`) },
		"another program wrote it":         func() error { return head(file, `"program":"`, `"program":"0.1.0 `) },
		"it is of another log":             func() error { return head(file, `"hash":"sha256:.`, `"hash":"sha256:x`) },
		"of an envelope that is not there": func() error { return head(file, `"sequence":\d+`, `"sequence":4000`) },
		"of another alert log":             func() error { return head(file, `"message":"2`, `"message":"1`) },
		"of a message that is not there":   func() error { return head(file, `"heard":3`, `"heard":4000`) },
		"it is not what it should be": func() error {
			return rewrite(file, func(b []byte) []byte {
				line, _, _ := bytes.Cut(b, []byte("\n"))
				body := append(line, "\nsomething else altogether"...)
				return append(body, digestOf(body)...)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(file, bytes.Clone(whole), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := change(); err != nil {
				t.Fatal(err)
			}
			d := start(t, dir, aloneConfig)
			if got := d.metric(t, "holdfast_start_recalled_alert_messages"); got != 0 {
				t.Errorf("the start recalls %v messages", got)
			}
			if _, err := os.Stat(file); err == nil {
				t.Error("it is still there")
			}
			d.heard(t, 3)
			if code, body := d.get(t, "/-/ready?verbose"); code != 200 {
				t.Errorf("it is not ready: %s", body)
			}
			if err := d.stop(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestWhatAnInterruptedKeeperLeftBehindIsNotTakenForWhatWasKept(t *testing.T) {
	dir, file := aKept(t)
	if err := os.Rename(file, file+".new"); err != nil { // as if the daemon had died before it put it in its place
		t.Fatal(err)
	}
	d := start(t, dir, aloneConfig)
	if got := d.metric(t, "holdfast_start_recalled_alert_messages"); got != 0 {
		t.Errorf("the start recalls %v messages", got)
	}
	d.heard(t, 3)
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the next one is not kept: %v", err)
	}
}

func TestWhatCouldNotBeKeptTakesNoRoomFromTheJournal(t *testing.T) {
	file := filepath.Join(t.TempDir(), keptFile)
	put(t, file, "in/the.way", "")
	k := &keeper{file: file, free: freeOn}
	if _, err := k.write(t.Context(), invoker.Kept{Written: []byte("what was heard")}); err == nil {
		t.Fatal("it is kept in the place of a directory")
	}
	if _, err := os.Stat(file + ".new"); !os.IsNotExist(err) {
		t.Errorf("what was written of it is still there: %v", err)
	}
}

func TestWhatWasHeardIsNotKeptWhereTheJournalNeedsTheRoom(t *testing.T) {
	file := filepath.Join(t.TempDir(), keptFile)
	k := &keeper{file: file, free: func(string) (uint64, bool) { return 7 << 20, true }}
	_, err := k.write(t.Context(), invoker.Kept{Written: make([]byte, 1<<20)})
	if err == nil || !strings.Contains(err.Error(), "it takes 1 MB, and of 7 MB that are free") {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) > 0 {
		t.Errorf("it was written all the same: %v, %v", left, err)
	}
	if free, known := freeOn(t.TempDir()); known && free == 0 {
		t.Error("there is no room for tests to run in")
	}
	k.free = freeOn
	if _, err := k.write(t.Context(), invoker.Kept{Written: []byte("what was heard")}); err != nil {
		t.Error(err)
	}
}

func TestWithANATSServerOfOnesOwnAStartHearsOnlyWhatHasComeSinceToo(t *testing.T) {
	dir := t.TempDir()
	shop(t, dir)
	config := func() string { return fmt.Sprintf("nats: {url: %q}\nhttp: {listen: \"127.0.0.1:0\"}\n", ownNATS(t)) }
	own := config()
	d := start(t, dir, own)
	for n := range 3 {
		d.alarm(t, n)
	}
	d.heard(t, 3)
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "data", keptFile)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("what was heard is not kept for the daemon alone: %v, %v", info, err)
	}
	d = start(t, dir, own)
	if got := d.metric(t, "holdfast_start_recalled_alert_messages"); got != 3 {
		t.Errorf("the start recalls %v messages of 3", got)
	}
	d.alarm(t, 3)
	d.heard(t, 4)
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	d = start(t, dir, config())
	if got := d.metric(t, "holdfast_start_recalled_alert_messages"); got != 0 {
		t.Errorf("on another server, whose logs are empty, the start recalls %v messages", got)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("what was heard on the first server is still there")
	}
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
}

func TestOnceAGapIsAdoptedWhatWasHeardIsKeptAgain(t *testing.T) {
	dir := t.TempDir()
	token, _, config := paged(t, dir)
	order := func(d started, command string) {
		t.Helper()
		if code, body := d.post(t, "/api/v1/commands", token, command); code != 200 {
			t.Fatalf("%s is answered with %d %s", command, code, body)
		}
	}
	d := start(t, dir, config)
	for _, verb := range []string{"disarm", "arm"} {
		order(d, fmt.Sprintf(`{"verb":%q,"reason":"x"}`, verb))
	}
	for n := range 3 {
		d.alarm(t, n)
	}
	d.heard(t, 3)
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	block := filepath.Join("data", "nats", "jetstream", "HOLDFAST", "streams", journal.LogStream, "msgs", "1.blk")
	stored, err := os.ReadFile(filepath.Join(dir, block))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, block, strings.Replace(string(stored), `"kind":"disarmed"`, `"kind":"disarmeD"`, 1))
	file := filepath.Join(dir, "data", "nats", keptFile)

	for _, life := range []struct {
		name     string
		recalled float64
		order    string
		keeps    bool
	}{
		{"the one that finds the gap", 0, "", false},
		{"the one in which it is adopted", 0, `{"verb":"adopt-gap","gap":"3-3","reason":"it said disarmed"}`, true},
		{"the one after that", 3, "", true},
		{"and the next", 3, "", true},
	} {
		d := start(t, dir, config)
		if got := d.metric(t, "holdfast_start_recalled_alert_messages"); got != life.recalled {
			t.Errorf("%s recalls %v messages", life.name, got)
		}
		d.heard(t, 3)
		if life.order != "" {
			order(d, life.order)
		}
		if _, status := d.get(t, "/api/v1/status"); strings.Contains(status, "adopt-gap") == life.keeps {
			t.Errorf("%s has the status %s", life.name, status)
		}
		if err := d.stop(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(file); (err == nil) != life.keeps {
			t.Errorf("%s has kept what it heard: %t", life.name, err == nil)
		}
	}
}

// A log that was changed behind what was kept is found as if nothing had been kept.
func TestALogThatWasChangedSinceIsFoundThoughWhatWasHeardIsKept(t *testing.T) {
	dir, _ := aKept(t)
	block := filepath.Join("data", "nats", "jetstream", "HOLDFAST", "streams", journal.LogStream, "msgs", "1.blk")
	stored, err := os.ReadFile(filepath.Join(dir, block))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, block, strings.Replace(string(stored), "took_over", "took_oveR", 1))
	bare := t.TempDir()
	if err := os.CopyFS(bare, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(bare, "data", "nats", keptFile)); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, where := range []string{dir, bare} {
		d := start(t, where, aloneConfig)
		code, body := d.get(t, "/-/ready?verbose")
		_, status := d.get(t, "/api/v1/status")
		found[where] = fmt.Sprint(code, " ", body, regexp.MustCompile(`adopt-gap [0-9-]+`).FindString(status))
		if _, err := os.Stat(filepath.Join(where, "data", "nats", keptFile)); err == nil {
			t.Errorf("what was heard is kept in %s", where)
		}
		if err := d.stop(); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(found[bare], found[dir]); diff != "" {
		t.Errorf("(-nothing was kept +something was)\n%s", diff)
	}
	if !strings.Contains(found[bare], "adopt-gap 1-1") {
		t.Errorf("nothing was found: %s", found[bare])
	}
}
