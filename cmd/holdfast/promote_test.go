package main

import (
	"bytes"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/spf13/cobra"

	"holdfast/journal"
)

// aSite is a nats-server of a team's own at one of two sites; the first listens for its leaf, the second. lose ends it.
func aSite(t *testing.T, domain, leaves string, leaf bool) (s *server.Server, lose func()) {
	t.Helper()
	o := &server.Options{ServerName: domain, Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
		JetStreamDomain: domain, NoSigs: true, NoLog: true}
	host, port, err := net.SplitHostPort(leaves)
	if err != nil {
		t.Fatal(err)
	}
	if leaf {
		o.LeafNode.Remotes = []*server.RemoteLeafOpts{{URLs: []*url.URL{{Scheme: "nats-leaf", Host: leaves}}}}
		host = ""
	}
	if o.LeafNode.Host = host; host != "" {
		if o.LeafNode.Port, err = strconv.Atoi(port); err != nil {
			t.Fatal(err)
		}
	}
	if s, err = server.NewServer(o); err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("a site does not come up")
	}
	lose = func() { s.Shutdown(); s.WaitForShutdown() }
	t.Cleanup(lose)
	return s, lose
}

// The procedure of docs/operating.md, with real servers at both sites.
func TestASecondSiteIsMirroredToAndPromoted(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	leaves := l.Addr().String()
	_ = l.Close()
	first, lose := aSite(t, "north", leaves, false)
	nc, err := nats.Connect(first.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Open(t.Context(), js, journal.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), journal.LogSubject, []byte(`{"v":1,"epoch":7,"commit_id":"a","prev_seq":0,"prev_hash":"","alerts_through":0,"at":"2026-11-30T12:00:00Z","entries":[{"kind":"took_over","data":{"epoch":7,"instance":"north-1","version":"test"}}]}`)); err != nil {
		t.Fatal(err)
	}
	second, _ := aSite(t, "south", leaves, true)
	file := filepath.Join(t.TempDir(), "holdfast.yaml")
	if err := os.WriteFile(file, []byte("nats: {url: \""+second.ClientURL()+"\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := both(t, "mirror", "--config", file, "--from", "north"); code != 0 {
		t.Fatalf("mirror: exit %d: %s", code, out)
	}
	here, err := nats.Connect(second.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	jsHere, err := jetstream.New(here)
	if err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if s, err := jsHere.Stream(t.Context(), journal.LogStream); err == nil && s.CachedInfo().State.LastSeq == 1 {
			break
		} else if time.Since(begun) > time.Minute {
			t.Fatalf("nothing is mirrored: %v", err)
		}
	}
	nc.Close()
	lose()
	if out, code := both(t, "promote", "--config", file); code != exitUsage || !strings.Contains(out, "--reason is missing") {
		t.Errorf("without a reason: exit %d: %s", code, out)
	}
	if out, code := both(t, "promote", "--config", file, "--reason", "north is under water"); code != 0 || !strings.Contains(out, "promoted 3 mirrors") || !strings.Contains(out, "2 envelopes") {
		t.Fatalf("promote: exit %d: %s", code, out)
	}
	if out, code := both(t, "promote", "--config", file, "--reason", "once more"); code != exitRefused {
		t.Errorf("once more: exit %d: %s", code, out)
	}
	var last journal.Committed
	for c, err := range journal.Decided(t.Context(), jsHere) {
		if err != nil {
			t.Fatal(err)
		}
		last = c
	}
	if last.Epoch != 8 || !strings.Contains(string(last.Entries[0].Data), "promoted: north is under water") {
		t.Errorf("the log ends with %+v", last)
	}
}

// both is what a command prints and says.
func both(t *testing.T, args ...string) (string, int) {
	t.Helper()
	root := &cobra.Command{Use: "holdfast", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(mirrorCommand(), promoteCommand())
	var text bytes.Buffer
	root.SetOut(&text)
	root.SetErr(&text)
	root.SetArgs(args)
	code := report(&text, root.ExecuteContext(t.Context()))
	return text.String(), code
}
