package journal_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/journal"
	"holdfast/journal/embedded"
)

// A trio is three servers of one cluster, as three daemons would embed them. It runs in real time: its nodes talk over TCP.
type trio struct {
	nodes [3]*node
}

// A node is one of them, and the connection of the daemon that it is in.
type node struct {
	options embedded.Options
	server  *embedded.Server
	conn    *nats.Conn
	js      jetstream.JetStream
}

func newTrio(t *testing.T) *trio {
	t.Helper()
	var peers []string
	for range 3 {
		peers = append(peers, freeAddress(t))
	}
	c := &trio{}
	for i := range c.nodes {
		c.nodes[i] = &node{options: embedded.Options{Store: t.TempDir(),
			Cluster: &embedded.Cluster{Name: "house", Node: fmt.Sprintf("node-%d", i), Listen: peers[i], Peers: peers}}}
	}
	t.Cleanup(func() {
		for _, n := range c.nodes {
			n.stop(t)
		}
	})
	var all sync.WaitGroup
	for _, n := range c.nodes {
		all.Go(func() { n.start(t) })
	}
	all.Wait()
	return c
}

// freeAddress is one on loopback where nobody listens, below the ports from which systems draw for connections that go out: one of
// those would be in use by the time that it is listened on.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 12_000+rand.IntN(20_000)) //nolint:gosec // no secret
		if l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

func (n *node) start(t *testing.T) {
	t.Helper()
	var err error
	if n.server, err = embedded.Start(n.options); err != nil {
		t.Error(err)
		return
	}
	if n.conn, err = n.server.Connect(); err != nil {
		t.Error(err)
		return
	}
	if n.js, err = jetstream.New(n.conn); err != nil {
		t.Error(err)
	}
}

func (n *node) stop(t *testing.T) {
	t.Helper()
	if n.server == nil {
		return
	}
	n.conn.Close()
	if err := n.server.Stop(); err != nil {
		t.Error(err)
	}
	n.server = nil
}

// open is the journal of a node's daemon; it waits until the cluster can keep one.
func (n *node) open(t *testing.T) *journal.Streams {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		j, err := journal.Open(ctx, n.js, journal.Options{Replicas: 3})
		cancel()
		if err == nil {
			return j
		}
		if time.Since(begun) > 30*time.Second {
			t.Fatal(err)
		}
	}
}

// leader is the node that leads a stream; -1: none does.
func (c *trio) leader(t *testing.T, stream string) int {
	t.Helper()
	for _, n := range c.nodes {
		if n.server == nil {
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		s, err := n.js.Stream(ctx, stream)
		cancel()
		if err != nil {
			continue
		}
		for i, other := range c.nodes {
			if s.CachedInfo().Cluster != nil && s.CachedInfo().Cluster.Leader == other.options.Cluster.Node {
				return i
			}
		}
	}
	return -1
}

// A clustered place keeps the journal on three nodes. Opened again, it is another of them that opens it: what one was
// told, all know.
type clustered struct {
	*trio
	turn int
}

func (c *clustered) node() *node { return c.nodes[c.turn%len(c.nodes)] }

func (c *clustered) open(t *testing.T) kept {
	c.turn++
	return c.node().open(t)
}

func (c *clustered) dead(t *testing.T) []letter { return letters(t, c.node().js) }

// pass lets no time pass: nobody has thirty hours.
func (*clustered) pass(time.Duration) {}
