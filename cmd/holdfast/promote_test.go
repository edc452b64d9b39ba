//go:build unix

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"holdfast/journal"
)

// lose ends all servers of a site at once.
func (c *ownCluster) lose(which ...int) {
	for _, i := range which {
		c.servers[i].Shutdown()
	}
	for _, i := range which {
		c.servers[i].WaitForShutdown()
	}
}

// extent is how far the journal at a site goes.
func (c *ownCluster) extent(t *testing.T) (journal.Extent, error) {
	t.Helper()
	return journal.ExtentOf(t.Context(), mustJetStream(t, c.connect(t)))
}

// The procedure of docs/operating.md for two sites, with three real servers at each, by the configurations that ship.
func TestASecondSiteIsMirroredToAndPromoted(t *testing.T) {
	north := &ownCluster{dir: t.TempDir(), name: "north", conf: "../../deploy/sites/north.conf"}
	t.Setenv("LEAF_PASSWORD", "between-sites")
	var leaves []string
	north.before = func(int) {
		leaf := freeAddress(t)
		t.Setenv("LEAF_LISTEN", strconv.Quote(leaf))
		leaves = append(leaves, strconv.Quote("tls://south:between-sites@"+leaf))
	}
	north.start(t)
	north.setUp(t)
	home := t.TempDir()
	token := shop(t, home)
	put(t, home, "holdfast.yaml", north.config(north.clients[0]))
	d := &caged{dir: home, ready: filepath.Join(home, "up")}
	at := d.start(t).HTTP
	decide(t, at, token)

	south := &ownCluster{dir: t.TempDir(), name: "south", conf: "../../deploy/sites/south.conf"}
	south.before = func(int) {
		t.Setenv("LEAF_REMOTES", "["+strings.Join(leaves, ", ")+"]")
		t.Setenv("NATS_CA", strconv.Quote(filepath.Join(north.dir, "cert.pem")))
	}
	south.start(t)
	there := filepath.Join(t.TempDir(), "south")
	shop(t, there)
	config := filepath.Join(there, "holdfast.yaml")
	put(t, there, "holdfast.yaml", south.config(south.clients[0]))
	seed := filepath.Join(south.dir, "setup.seed")
	soon(t, "the mirrors to be made", func() error {
		if out, said, code := commanded(t, "mirror", "--config", config, "--nkey", seed, "--from", "north"); code != 0 {
			return fmt.Errorf("exit %d: %s%s", code, out, said)
		}
		return nil
	})
	decide(t, at, token) // while it is mirrored
	level := func() error {
		have, err := north.extent(t)
		if err != nil {
			return err
		}
		got, err := south.extent(t)
		if err == nil && got != have {
			err = fmt.Errorf("the second site has %+v of %+v", got, have)
		}
		return err
	}
	soon(t, "the second site to have all of it", level)
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	if err := serve(ctx, serving{file: config, logLevel: "disabled"}); err == nil || !strings.Contains(err.Error(), "it is a mirror: promote it first") {
		t.Errorf("a daemon on mirrors ends with %v", err)
	}
	before, err := north.extent(t)
	if err != nil {
		t.Fatal(err)
	}
	prom, err := nats.Connect("tls://"+south.clients[2], nats.UserInfo("prom", "says"), nats.RootCAs(filepath.Join(south.dir, "cert.pem")))
	if err != nil {
		t.Fatal(err)
	}
	defer prom.Close()
	if answer, err := prom.Request("holdfast.alerts.prom", []byte(`{"version":"4","alerts":[]}`), 10*time.Second); err != nil || !strings.Contains(string(answer.Data), fmt.Sprintf(`"seq":%d`, before.Alerts+1)) {
		t.Errorf("an alert that is published at the second site does not reach the first: %v", err)
	}
	soon(t, "the second site to have that alert", level)

	_ = d.process.Process.Signal(syscall.SIGKILL)
	_ = d.process.Wait()
	north.lose(0, 1, 2)
	if out, said, code := commanded(t, "promote", "--config", config, "--nkey", seed); code != exitUsage || !strings.Contains(said, "--reason is missing") {
		t.Errorf("without a reason: exit %d: %s%s", code, out, said)
	}
	if out, said, code := commanded(t, "promote", "--config", config, "--nkey", seed, "--reason", "north is under water"); code != 0 || !strings.Contains(out, "promoted 3 mirrors") || !strings.Contains(out, "is whole") {
		t.Fatalf("promote: exit %d: %s%s", code, out, said)
	}
	if out, said, code := commanded(t, "promote", "--config", config, "--nkey", seed, "--reason", "once more"); code != exitRefused {
		t.Errorf("once more: exit %d: %s%s", code, out, said)
	}
	next := &caged{dir: there, ready: filepath.Join(there, "up")}
	decide(t, next.start(t).HTTP, token)
	next.stop(t)
	v, err := verify(t.Context(), config, nil, nil)
	if err != nil || v.Epoch != 3 { // the first site's, the promotion's, the second site's
		t.Errorf("at the second site the log holds %+v (%v)", v, err)
	}
	var said []string
	for c, err := range journal.Decided(t.Context(), mustJetStream(t, south.connect(t))) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range c.Entries {
			if e.Kind == "took_over" {
				said = append(said, string(e.Data))
			}
		}
	}
	if len(said) != 3 || !strings.Contains(said[1], "promoted: north is under water") {
		t.Errorf("the epochs are begun by %q", said)
	}
}

func TestInAClusterThatIsStretchedOverThreePlacesTheLossOfOneLosesNothing(t *testing.T) {
	places := []string{"north", "north", "south", "south", "witness"}
	c := &ownCluster{dir: t.TempDir(), name: "stretched", conf: "../../deploy/sites/stretched.conf", size: 5}
	c.before = func(i int) { t.Setenv("SITE", strconv.Quote("site:"+places[i])) }
	c.start(t)
	c.setUp(t)
	dir := t.TempDir()
	token := shop(t, dir)
	put(t, dir, "holdfast.yaml", strings.Replace(c.config(c.clients[2]), `"tls://`, `"tls://`+c.clients[3]+`,tls://`, 1))
	d := &caged{dir: dir, ready: filepath.Join(dir, "up")}
	at := d.start(t).HTTP
	decide(t, at, token)
	js := mustJetStream(t, c.connect(t))
	for _, name := range []string{journal.LogStream, journal.AlertsStream, journal.DeadStream} {
		s, err := js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		info := s.CachedInfo().Cluster
		on := []string{info.Leader}
		for _, r := range info.Replicas {
			on = append(on, r.Name)
		}
		var at []string
		for _, server := range on {
			n, err := strconv.Atoi(strings.TrimPrefix(server, "stretched-"))
			if err != nil {
				t.Fatal(err)
			}
			at = append(at, places[n-1])
		}
		if slices.Sort(at); !slices.Equal(at, []string{"north", "south", "witness"}) {
			t.Errorf("%s is kept at %q", name, at)
		}
	}
	c.lose(0, 1)
	lost := time.Now()
	decide(t, at, token)
	if took := time.Since(lost); took > 20*time.Second {
		t.Errorf("after the loss of a place nothing was recorded for %s", took)
	}
	d.stop(t)
	if v, err := verify(t.Context(), filepath.Join(dir, "holdfast.yaml"), nil, nil); err != nil || v.Epoch != 1 {
		t.Errorf("the log holds %+v (%v)", v, err)
	}
}
