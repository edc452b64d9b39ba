package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"holdfast/journal"
)

func TestABackupIsTakenWhileTheDaemonRunsAndPutBackWhereTheJournalIsGone(t *testing.T) {
	dir, copies := t.TempDir(), t.TempDir()
	token := shop(t, dir)
	config := filepath.Join(dir, "holdfast.yaml")
	d := start(t, dir, "nats: {embedded: {listen: none}}\nhttp: {listen: \"127.0.0.1:0\"}\n")
	store := filepath.Join(dir, "data", "nats")
	decide := func(n int) {
		for k := range n {
			verb := []string{"disarm", "arm"}[k%2]
			if code, body := d.post(t, "/api/v1/commands", token, fmt.Sprintf(`{"verb":%q,"reason":"x"}`, verb)); code != 200 {
				t.Errorf("%s is answered with %d %s", verb, code, body)
			}
			if code, body := d.post(t, "/api/v1/alerts/prom", "", `{"version":"4","alerts":[]}`); code != 200 {
				t.Errorf("an alert is answered with %d %s", code, body)
			}
		}
	}
	decide(2)
	var busy sync.WaitGroup
	busy.Go(func() { decide(60) })
	for n := range 3 { // while it is written to
		if code := run([]string{"backup", "--config", config, filepath.Join(copies, fmt.Sprint(n))}); code != exitFine {
			t.Errorf("backup %d ends with %d", n, code)
		}
	}
	busy.Wait()
	last := filepath.Join(copies, "last")
	if code := run([]string{"backup", "--config", config, last}); code != exitFine {
		t.Fatalf("backup ends with %d", code)
	}
	if code := run([]string{"backup", "--config", config, last}); code != exitRefused {
		t.Errorf("over another one it ends with %d", code)
	}
	if code := run([]string{"restore", "--config", config, last}); code != exitRefused {
		t.Errorf("over a journal that is there, restore ends with %d", code)
	}
	decide(2) // of which the backup has nothing
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(store, "jetstream")); err != nil {
		t.Fatal(err)
	}

	if code := run([]string{"restore", "--config", config, last}); code != exitRefused {
		t.Errorf("an older copy than what was lost: restore ends with %d", code)
	}
	if _, err := os.Stat(filepath.Join(store, "jetstream")); err == nil {
		t.Error("it was put there all the same")
	}
	damaged := filepath.Join(copies, "0")
	block := filepath.Join(damaged, "jetstream", "HOLDFAST", "streams", journal.LogStream, "msgs", "1.blk")
	stored, err := os.ReadFile(block)
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Dir(block), "1.blk", strings.Replace(string(stored), "took_over", "took_oveR", 1))
	if code := run([]string{"restore", "--config", config, "--older", damaged}); code != exitFailure {
		t.Errorf("a damaged one: restore ends with %d", code)
	}
	if code := run([]string{"restore", "--config", config, copies}); code != exitNotFound {
		t.Errorf("what is no backup: restore ends with %d", code)
	}
	if code := run([]string{"restore", "--config", config, "--older", last}); code != exitFine {
		t.Fatalf("said that it may be older, restore ends with %d", code)
	}
	d = start(t, dir, "nats: {embedded: {listen: none}}\nhttp: {listen: \"127.0.0.1:0\"}\n")
	if code, body := d.get(t, "/-/ready?verbose"); code != 200 {
		t.Errorf("it is not ready after that: %s", body)
	}
	if err := d.stop(); err != nil {
		t.Error(err)
	}
}
