package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/journal"
)

// A proxy stands on a route between two servers, and can be cut.
type proxy struct {
	listener net.Listener
	to       string
	cut      atomic.Bool

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newProxy(to string) (*proxy, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, to: to, conns: map[net.Conn]bool{}}
	go p.accept()
	return p, nil
}

func (p *proxy) url() string { return "nats-route://" + p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		in, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.carry(in)
	}
}

func (p *proxy) carry(in net.Conn) {
	defer func() { _ = in.Close() }()
	if p.cut.Load() {
		return
	}
	out, err := (&net.Dialer{Timeout: time.Second}).DialContext(context.Background(), "tcp", p.to)
	if err != nil {
		return
	}
	defer func() { _ = out.Close() }()
	p.hold(true, in, out)
	defer p.hold(false, in, out)
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
		go func() { _, _ = io.Copy(way[0], way[1]); done <- struct{}{} }()
	}
	<-done
}

func (p *proxy) hold(on bool, conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if on {
			p.conns[c] = true
		} else {
			delete(p.conns, c)
		}
	}
}

// sever cuts what goes through, and lets nothing through until it is mended.
func (p *proxy) sever() {
	p.cut.Store(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

func (p *proxy) mend() { p.cut.Store(false) }

// A cluster is three servers whose routes go through proxies.
type cluster struct {
	nodes   []*node
	proxies map[[2]int]*proxy // from, to
}

func newCluster(dir string) (*cluster, error) {
	c := &cluster{proxies: map[[2]int]*proxy{}}
	for n := range 3 {
		node, err := newNode(dir, fmt.Sprintf("n%d", n+1))
		if err != nil {
			return nil, err
		}
		c.nodes = append(c.nodes, node)
	}
	for from := range 3 {
		for to := range 3 {
			if from == to {
				continue
			}
			p, err := newProxy(fmt.Sprintf("127.0.0.1:%d", c.nodes[to].route))
			if err != nil {
				return nil, err
			}
			c.proxies[[2]int{from, to}] = p
		}
	}
	for n := range c.nodes {
		if err := c.start(n); err != nil {
			return nil, err
		}
	}
	return c, c.await()
}

func (c *cluster) start(n int) error {
	var routes []string
	for to := range c.nodes {
		if to != n {
			routes = append(routes, c.proxies[[2]int{n, to}].url())
		}
	}
	return c.nodes[n].start(routes)
}

func (c *cluster) await() (err error) {
	for _, n := range c.nodes {
		err = errors.Join(err, n.await())
	}
	return err
}

func (c *cluster) urls() (all []string) {
	for _, n := range c.nodes {
		all = append(all, n.url())
	}
	return all
}

func (c *cluster) kill() {
	for _, n := range c.nodes {
		if n.process != nil {
			n.kill()
		}
	}
	for _, p := range c.proxies {
		_ = p.listener.Close()
	}
}

// apart cuts a node off from the others, or lets it back.
func (c *cluster) apart(n int, off bool) {
	for way, p := range c.proxies {
		if way[0] == n || way[1] == n {
			if off {
				p.sever()
			} else {
				p.mend()
			}
		}
	}
}

// partition runs the harness of node loss and partition: a daemon on a cluster of three with three copies of each stream, of
// which one at a time is killed, stopped, or cut off.
func partition(o options) row {
	begun := time.Now()
	r := row{Name: "NATS node loss and partition"}
	dir := filepath.Join(o.dir, "partition")
	var a audit
	if err := a.partitions(o, dir, &r); err != nil {
		a.fail("%v", err)
	}
	for i := range a.wrong {
		a.wrong[i] += "  [" + dir + "]"
	}
	r.Took, r.Wrong = time.Since(begun), a.wrong
	r.Figures = append(a.figures(), r.Figures...)
	if len(a.wrong) == 0 && !o.keep {
		_ = os.RemoveAll(dir)
	}
	return r
}

// supervised starts the daemon as a supervisor does, again and again until it is up: a cluster that has just been started has
// no leader yet.
func (w *world) supervised(patience time.Duration) (p *process, err error) {
	for deadline := time.Now().Add(patience); ; {
		if p, err = w.house.start(w.program, ""); err != nil {
			return nil, err
		}
		err = w.house.await(p, patience)
		switch {
		case err == nil && !p.dead():
			return p, nil
		case time.Now().After(deadline):
			p.kill()
			return nil, fmt.Errorf("the daemon does not come up: %s", p.lastWords())
		}
	}
}

// undertaken waits until everything that nobody can read is among the dead letters: a letter is tried for as long as a cluster is
// without a leader, and a daemon that ends leaves it to the next start.
func (w *world) undertaken(nc *nats.Conn) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	return until(30*time.Second, "what nobody can read is buried", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		dead, _, err := buried(ctx, js)
		if err != nil {
			return err
		}
		for _, ack := range w.crowd.acks() {
			if ack.unreadable && dead[ack.sequence] == 0 {
				return fmt.Errorf("alert %d is not", ack.sequence)
			}
		}
		return nil
	})
}

func (a *audit) partitions(o options, dir string, r *row) error {
	c, err := newCluster(dir)
	if err != nil {
		return err
	}
	defer c.kill()
	w, err := newWorldOn(o.program, dir, c.urls(), 3, o.seed)
	if err != nil {
		return err
	}
	defer w.end()
	w.crowd.gather()
	p, err := w.supervised(40 * time.Second)
	if err != nil {
		return err
	}
	draw := rand.New(rand.NewPCG(o.seed, 6))
	var gaps []time.Duration
	for ; r.Cycles < o.partitions; r.Cycles++ {
		n, before := (r.Cycles/3+draw.IntN(3))%3, len(w.crowd.acks())
		if err := until(30*time.Second, "alerts are acknowledged", func() error {
			if len(w.crowd.acks()) < before+5 {
				return errors.New("none is")
			}
			return nil
		}); err != nil {
			return err
		}
		hit := time.Now()
		lasts := time.Duration(1500+draw.IntN(2500)) * time.Millisecond
		switch kind := r.Cycles % 3; kind {
		case 0:
			c.nodes[n].kill()
			time.Sleep(lasts)
			err = c.start(n)
		case 1:
			c.apart(n, true)
			time.Sleep(lasts)
			c.apart(n, false)
		case 2:
			c.nodes[n].freeze()
			time.Sleep(lasts)
			c.nodes[n].thaw()
		}
		if err != nil {
			return err
		}
		since := len(w.crowd.acks())
		if err := errors.Join(c.await(), until(30*time.Second, "alerts are acknowledged again", func() error {
			if len(w.crowd.acks()) < since+5 {
				return errors.New("none is")
			}
			return nil
		})); err != nil {
			return err
		}
		gaps = append(gaps, time.Since(hit)-lasts)
		o.say("fault %d of the cluster: %s of node %d for %s", r.Cycles+1, []string{"loss", "partition", "standstill"}[r.Cycles%3], n+1, lasts)
	}
	r.Figures = []figure{{"all well again p50", percentile(gaps, 50).String()}, {"most", percentile(gaps, 100).String()}}
	if err := w.settle(p, 60*time.Second); err != nil {
		a.fail("STUCK: %v", err)
	}
	w.crowd.leave()
	nc, err := nats.Connect(strings.Join(c.urls(), ","))
	if err != nil {
		return err
	}
	defer nc.Close()
	if err := w.undertaken(nc); err != nil {
		a.fail("STUCK: %v", err)
	}
	w.stop(p, a)
	v, verifyErr := verify(o.program, w.house.config())
	var l logs
	var broken error
	if err := until(30*time.Second, "the logs are read", func() (err error) {
		if l, err = readLogs(context.Background(), nc); !journal.Unavailable(err) { // between two leaders they cannot be
			broken = err
			return nil
		}
		return err
	}); err != nil || broken != nil {
		return errors.Join(err, broken)
	}
	a.whole(l, v, verifyErr)
	a.books(w, l, false)
	return nil
}
