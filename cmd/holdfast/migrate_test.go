//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/journal"
)

// Three machines of a trio, each with its directory.
type machines struct{ homes []string }

func newMachines(t *testing.T, rest string) *machines {
	t.Helper()
	var nodes []string
	for range 3 {
		nodes = append(nodes, freeAddress(t))
	}
	var m machines
	for i := range 3 {
		dir := t.TempDir()
		shop(t, dir)
		put(t, dir, "holdfast.yaml", fmt.Sprintf("nats: {embedded: {listen: none, cluster: {node: node-%d, listen: %q, peers: [%q, %q, %q]}}}\nhttp: {listen: \"127.0.0.1:0\"}\n%s",
			i+1, nodes[i], nodes[0], nodes[1], nodes[2], rest))
		m.homes = append(m.homes, dir)
	}
	return &m
}

func (m *machines) config(i int) string { return filepath.Join(m.homes[i], "holdfast.yaml") }

// hold keeps the nodes of the second and the third machine up, until it is told to end.
func (m *machines) hold(t *testing.T, which string, more ...string) (end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var both sync.WaitGroup
	for i := range 2 {
		both.Go(func() {
			root := newRoot()
			var said strings.Builder
			root.SetOut(&said)
			root.SetErr(&said)
			root.SetArgs(append([]string{"migrate", "--hold", which, m.config(i + 1)}, more...))
			if err := root.ExecuteContext(ctx); err != nil {
				t.Errorf("node %d cannot be kept up: %v", i+2, err)
			}
		})
	}
	return func() { cancel(); both.Wait() }
}

// start starts the daemons of all three, since one alone has nobody to keep anything with.
func (m *machines) start(t *testing.T) (all []*caged, homes []string) {
	t.Helper()
	var three sync.WaitGroup
	homes = make([]string, 3)
	for i, dir := range m.homes {
		d := &caged{dir: dir, ready: filepath.Join(dir, "up")}
		all = append(all, d)
		d.launch(t)
		three.Go(func() {
			for deadline := time.Now().Add(patient); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				var at address
				if text, err := os.ReadFile(d.ready); err == nil && json.Unmarshal(text, &at) == nil {
					homes[i] = at.HTTP
					return
				}
			}
		})
	}
	three.Wait()
	for i, d := range all {
		if homes[i] == "" {
			t.Fatalf("daemon %d is not up: %s", i+1, d.said.String())
		}
	}
	return all, homes
}

// decide has an alert stored and something decided, so that there is something to move.
func decide(t *testing.T, home, token string) {
	t.Helper()
	d := started{address: address{HTTP: home}}
	if code, body := d.post(t, "/api/v1/alerts/prom", "", `{"version":"4","alerts":[]}`); code != 200 {
		t.Errorf("an alert is answered with %d %s", code, body)
	}
	if code, body := d.post(t, "/api/v1/alerts/prom", "", `{"broken": `); code != 200 {
		t.Errorf("an alert that cannot be read is answered with %d %s", code, body)
	}
	for _, verb := range []string{"disarm", "arm"} {
		if code, body := d.post(t, "/api/v1/commands", token, fmt.Sprintf(`{"verb":%q,"reason":"x"}`, verb)); code != 200 {
			t.Errorf("%s is answered with %d %s", verb, code, body)
		}
	}
}

// refusesToStart wants a daemon that is started by mistake to end at once, and to say where the journal has gone.
func refusesToStart(t *testing.T, config, to string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	err := serve(ctx, serving{file: config, logLevel: "disabled"})
	if exitCode(err) != exitRefused || !strings.Contains(err.Error(), "the journal has moved to "+to) || !strings.Contains(err.Error(), "three machines") {
		t.Errorf("the old daemon ends with %d: %v", exitCode(err), err)
	}
}

// The procedure of docs/operating.md, from one machine to three, and from there to a cluster of one's own: real stores, real servers, the
// configurations that ship.
func TestAJournalMovesFromOneMachineToThreeAndFromThereToServersOfOnesOwn(t *testing.T) {
	solo := t.TempDir()
	token := shop(t, solo)
	d := start(t, solo, "nats: {embedded: {listen: none}}\nhttp: {listen: \"127.0.0.1:0\"}\n")
	decide(t, d.HTTP, token)
	old := filepath.Join(solo, "holdfast.yaml")
	trio := newMachines(t, "")
	if out, said, code := commanded(t, "migrate", "--from", old, "--to", trio.config(0), "--reason", "three machines"); code != exitFailure || !strings.Contains(said, "stop the daemon first") {
		t.Errorf("beside a daemon that runs: exit %d: %s%s", code, out, said)
	}
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	before, err := verify(t.Context(), old, nil, nil)
	if err != nil {
		t.Fatal(err)
	}

	end := trio.hold(t, "--to")
	out, said, code := commanded(t, "migrate", "--from", old, "--to", trio.config(0), "--reason", "three machines", "--patience", "3m")
	if code != 0 || !strings.Contains(out, "both logs are the same, "+plural(before.Envelopes, "envelope")) || !strings.Contains(out, "start the daemon there") {
		t.Fatalf("migrate: exit %d: %s%s", code, out, said)
	}
	if out, said, code := commanded(t, "migrate", "--from", old, "--to", trio.config(0), "--reason", "three machines"); code != exitRefused || !strings.Contains(said, "it is done") {
		t.Errorf("once more: exit %d: %s%s", code, out, said)
	}
	end()
	refusesToStart(t, old, "the cluster holdfast of ")
	daemons, homes := trio.start(t)
	lead, _ := inCharge(t, homes)
	decide(t, homes[lead], token)
	for _, d := range daemons {
		d.stop(t)
	}

	own, leaf := &ownCluster{dir: t.TempDir(), name: "own"}, freeAddress(t)
	t.Setenv("LEAF_LISTEN", strconv.Quote(leaf))
	t.Setenv("LEAF_PASSWORD", "for-a-while")
	own.before = func(i int) {
		if own.conf = "../../deploy/nats/node.conf"; i == 0 {
			own.conf = includes(t, own.dir, "node.conf", "migration.conf")
		}
	}
	own.start(t)
	next := t.TempDir()
	shop(t, next)
	put(t, next, "holdfast.yaml", own.config(own.clients[1]))
	put(t, next, "leaf", "tls://migration:for-a-while@"+leaf+"\n")
	end = trio.hold(t, "--from", "--to", filepath.Join(next, "holdfast.yaml"), "--leaf", filepath.Join(next, "leaf"))
	out, said, code = commanded(t, "migrate", "--from", trio.config(0), "--to", filepath.Join(next, "holdfast.yaml"), "--leaf", filepath.Join(next, "leaf"), "--nkey", filepath.Join(own.dir, "setup.seed"),
		"--reason", "not three machines but our own servers", "--patience", "3m")
	if code != 0 {
		t.Fatalf("migrate: exit %d: %s%s", code, out, said)
	}
	for i := range 3 {
		soon(t, "the store to be marked", func() error {
			_, err := os.Stat(filepath.Join(trio.homes[i], "data", "nats", "holdfast-moved"))
			return err
		})
	}
	end()
	for i := range 3 {
		refusesToStart(t, trio.config(i), "tls://"+own.clients[1])
	}

	after := &caged{dir: next, ready: filepath.Join(next, "up")}
	home := after.start(t).HTTP
	decide(t, home, token)
	after.stop(t)
	v, err := verify(t.Context(), filepath.Join(next, "holdfast.yaml"), nil, nil)
	if err != nil || v.First != before.First || v.Epoch < before.Epoch+4 { // more, where a daemon of the three took over while the others were stopped
		t.Errorf("after two moves the log holds %+v (%v); it began as %+v", v, err, before)
	}
	nc := own.connect(t)
	extent, err := journal.ExtentOf(t.Context(), mustJetStream(t, nc))
	if err != nil || extent.Alerts != 6 || extent.Dead != 3 || extent.Log != v.Sequence {
		t.Errorf("the streams go to %+v (%v)", extent, err)
	}
}

func mustJetStream(t *testing.T, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}
