//go:build unix

package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"holdfast/console"
	"holdfast/journal"
)

// An ownCluster is nats-servers of a team's own, each started on a configuration that ships.
type ownCluster struct {
	dir     string // of the certificate, and of the seeds: setup.seed, daily.seed
	clients []string
	servers []*server.Server

	name, conf string      // of the cluster; of the configuration: deploy/nats/node.conf, if empty
	size       int         // 0: three
	before     func(i int) // sets what else a server's environment has; may be nil

	conn *nats.Conn // with the daemons' own credentials
}

// startCluster starts three, and has `holdfast setup` make the streams.
func startCluster(t *testing.T) *ownCluster {
	t.Helper()
	c := &ownCluster{dir: t.TempDir()}
	c.start(t)
	c.setUp(t)
	return c
}

func (c *ownCluster) setUp(t *testing.T) {
	t.Helper()
	soon(t, "the cluster to keep the streams", func() error {
		if out, said, code := commanded(t, "setup", "--config", filepath.Join(c.dir, "holdfast.yaml"), "--nkey", filepath.Join(c.dir, "setup.seed")); code != 0 {
			return errors.New(out + said)
		}
		return nil
	})
}

// start starts the servers.
func (c *ownCluster) start(t *testing.T) {
	t.Helper()
	c.name, c.conf, c.size = cmp.Or(c.name, "holdfast"), cmp.Or(c.conf, "../../deploy/nats/node.conf"), cmp.Or(c.size, 3)
	certify(t, c.dir)
	for name, seed := range map[string]string{"SETUP_NKEY": "setup.seed", "HOLDFAST_NKEY": "daily.seed"} {
		t.Setenv(name, c.keep(t, seed))
	}
	t.Setenv("PROM_PASSWORD", "says")
	for name, file := range map[string]string{"CERT": "cert.pem", "KEY": "key.pem", "CA": "cert.pem"} {
		t.Setenv("NATS_"+name, strconv.Quote(filepath.Join(c.dir, file)))
		t.Setenv("ROUTE_"+name, strconv.Quote(filepath.Join(c.dir, file)))
	}
	var nodes, routes []string
	for range c.size {
		c.clients, nodes = append(c.clients, freeAddress(t)), append(nodes, freeAddress(t))
	}
	for _, node := range nodes {
		routes = append(routes, strconv.Quote("nats-route://"+node))
	}
	t.Setenv("NATS_CLUSTER", c.name)
	t.Setenv("NATS_ROUTES", "["+strings.Join(routes, ", ")+"]")
	for i := range c.size {
		t.Setenv("NATS_NAME", fmt.Sprintf("%s-%d", c.name, i+1))
		t.Setenv("NATS_LISTEN", strconv.Quote(c.clients[i]))
		t.Setenv("NATS_ROUTE", strconv.Quote(nodes[i]))
		t.Setenv("STORE", strconv.Quote(t.TempDir()))
		if c.before != nil {
			c.before(i)
		}
		c.run(t)
	}
	put(t, c.dir, "holdfast.yaml", c.config(c.clients[0]))
}

// run starts one server by the configuration and what is in the environment now.
func (c *ownCluster) run(t *testing.T) {
	t.Helper()
	o, err := server.ProcessConfigFile(c.conf)
	if err != nil {
		t.Fatal(err)
	}
	if !o.SyncAlways {
		t.Errorf("a server by %s acknowledges what is not on disk", c.conf)
	}
	o.NoLog, o.NoSigs = true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	c.servers = append(c.servers, s)
}

// includes writes a configuration that includes some of those in deploy/nats.
func includes(t *testing.T, dir string, names ...string) (file string) {
	t.Helper()
	here, err := filepath.Abs("../../deploy/nats")
	if err != nil {
		t.Fatal(err)
	}
	if here, err = filepath.Rel(dir, here); err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, name := range names {
		text += fmt.Sprintf("include %q\n", filepath.Join(here, name))
	}
	put(t, dir, "nats.conf", text)
	return filepath.Join(dir, "nats.conf")
}

// keep makes an nkey, and keeps its seed in a file.
func (c *ownCluster) keep(t *testing.T, file string) (public string) {
	t.Helper()
	pair, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := pair.Seed()
	if err != nil {
		t.Fatal(err)
	}
	put(t, c.dir, file, string(seed)+"\n")
	if public, err = pair.PublicKey(); err != nil {
		t.Fatal(err)
	}
	return public
}

// config is the part of a holdfast.yaml that says how its daemon reaches the cluster.
func (c *ownCluster) config(address string) string {
	return fmt.Sprintf("nats: {url: \"tls://%s\", nkey: %q, tls: {ca: %q}, replicas: 3}\nhttp: {listen: \"127.0.0.1:0\"}\n",
		address, filepath.Join(c.dir, "daily.seed"), filepath.Join(c.dir, "cert.pem"))
}

// connect is a connection with the daemons' own credentials.
func (c *ownCluster) connect(t *testing.T) *nats.Conn {
	t.Helper()
	if c.conn != nil {
		return c.conn
	}
	seed, err := nats.NkeyOptionFromSeed(filepath.Join(c.dir, "daily.seed"))
	if err != nil {
		t.Fatal(err)
	}
	at := make([]string, len(c.clients))
	for i, client := range c.clients {
		at[i] = "tls://" + client
	}
	nc, err := nats.Connect(strings.Join(at, ","), seed, nats.RootCAs(filepath.Join(c.dir, "cert.pem")), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	c.conn = nc
	return nc
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

// A cable is the only way from a daemon to a server, and can be cut.
type cable struct {
	net.Listener
	to  string
	cut atomic.Bool

	mu    sync.Mutex
	conns []net.Conn
}

func layCable(t *testing.T, to string) *cable {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{Listener: l, to: to}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go c.carry(in)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); c.sever() })
	return c
}

func (c *cable) carry(in net.Conn) {
	out, err := net.Dial("tcp", c.to) //nolint:noctx // it ends with the cable
	if err != nil || c.cut.Load() {
		_ = in.Close()
		return
	}
	c.mu.Lock()
	c.conns = append(c.conns, in, out)
	c.mu.Unlock()
	go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
	_, _ = io.Copy(in, out)
	_ = in.Close()
}

// sever cuts what goes through, and lets nothing through until it is mended.
func (c *cable) sever() {
	c.cut.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

func (c *cable) mend() { c.cut.Store(false) }

// A machine is what a playbook calls; it remembers who did, as "key epoch".
type machine struct {
	*httptest.Server
	mu    sync.Mutex
	calls []string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.calls = append(m.calls, r.Header.Get("Idempotency-Key")+" in epoch "+r.Header.Get("Holdfast-Epoch"))
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *machine) called() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.calls)
}

const relayPlaybook = `
playbook: restore
for: {services: [shop]}
rtc: 50m
steps:
  - {id: call-1, run: {http: {url: "TARGET/1"}}, timeout: 10s, repeat: safe}
  - {id: look-1, do: Look at it, role: director}
  - {id: call-2, run: {http: {url: "TARGET/2"}}, timeout: 10s, repeat: safe}
  - {id: look-2, do: Look at it, role: director}
  - {id: call-3, run: {http: {url: "TARGET/3"}}, timeout: 10s, repeat: safe}
  - {id: look-3, do: Look at it, role: director}
`

// takeOverWithin is how long nobody may be in charge when one daemon of several is lost.
const takeOverWithin = 5 * time.Second

// relay writes the house of a daemon that shares its journal with others; nats is the rest of its holdfast.yaml.
func relay(t *testing.T, dir string, m *machine, nats string) (token string) {
	t.Helper()
	token = shop(t, dir)
	put(t, dir, "continuity/bia.yaml", canaryBIA)
	put(t, dir, "continuity/playbooks/restore.yaml", strings.ReplaceAll(relayPlaybook, "TARGET", m.URL))
	put(t, dir, "holdfast.yaml", nats+fmt.Sprintf("actions: {http: {allow: [%q]}}\n", m.URL))
	return token
}

// inCharge waits until one of some daemons is in charge, by its own word and by that of all others, and says which.
func inCharge(t *testing.T, homes []string) (which int, took time.Duration) {
	t.Helper()
	begun := time.Now()
	soon(t, "one of them to be in charge", func() error {
		which = -1
		var said []string
		for i, home := range homes {
			charge, err := chargeAt(t, home)
			if err != nil {
				return err
			}
			if said = append(said, charge.Instance); charge.Here {
				if which >= 0 {
					return errors.New("two are")
				}
				which = i
			}
		}
		if slices.Sort(said); which < 0 || said[0] == "" || said[0] != said[len(said)-1] {
			return fmt.Errorf("they do not agree: %q", said)
		}
		return nil
	})
	return which, time.Since(begun)
}

func TestOfThreeDaemonsOnAClusterOfOnesOwnOneActsAndWhenItIsLostAnotherGoesOn(t *testing.T) {
	cluster, m := startCluster(t), newMachine(t)
	var daemons []*caged
	var homes []string
	var cables []*cable
	var token string
	for i := range 3 {
		wire := layCable(t, cluster.clients[i])
		dir := t.TempDir()
		token = relay(t, dir, m, cluster.config(wire.Addr().String()))
		d := &caged{dir: dir, ready: filepath.Join(dir, "up")}
		homes, daemons, cables = append(homes, d.start(t).HTTP), append(daemons, d), append(cables, wire)
	}
	withToken(t, token)
	first, _ := inCharge(t, homes)
	daemons[first].alert(t, homes[first])
	id := daemons[first].until(t, homes[first], "look-1", "waiting")

	_ = daemons[first].process.Process.Signal(syscall.SIGKILL)
	_ = daemons[first].process.Wait()
	left := slices.Delete(slices.Clone(homes), first, first+1)
	second, took := inCharge(t, left)
	if took > takeOverWithin {
		t.Errorf("nobody was in charge for %s after a kill", took)
	}
	at := slices.Index(homes, left[second])
	answerAt(t, homes[at], id, "look-1")
	daemons[at].until(t, homes[at], "look-2", "waiting")

	third := 3 - first - at
	cables[at].sever()
	if _, took = inCharge(t, []string{homes[third]}); took > takeOverWithin {
		t.Errorf("nobody was in charge for %s after a connection was cut", took)
	}
	answerAt(t, homes[third], id, "look-2")
	daemons[third].until(t, homes[third], "look-3", "waiting")
	cables[at].mend()
	if which, _ := inCharge(t, []string{homes[at], homes[third]}); which != 1 {
		t.Error("who was cut off takes the charge back")
	}

	want := []string{id + "/1/call-1/1 in epoch 1", id + "/1/call-2/1 in epoch 2", id + "/1/call-3/1 in epoch 3"}
	if got := m.called(); !slices.Equal(got, want) {
		t.Errorf("the machines were called by %q, want %q", got, want)
	}
	for _, d := range []*caged{daemons[at], daemons[third]} {
		d.stop(t)
		if said := d.said.String(); strings.Contains(said, "ermissions violation") || strings.Contains(said, "ermissions Violation") {
			t.Errorf("a daemon may not do what it has to: %s", said)
		}
	}
	v, err := verify(t.Context(), filepath.Join(daemons[third].dir, "holdfast.yaml"), nil, nil)
	if err != nil || v.Epoch != 3 {
		t.Errorf("the log holds %+v (%v), want three epochs", v, err)
	}
}

// answerAt is ann, who says at a daemon that she has done a step.
func answerAt(t *testing.T, home, id, step string) {
	t.Helper()
	t.Setenv(envServer, home)
	soon(t, step+" to be answered", func() error {
		if _, said, code := typed(t, "done", id, step); code != 0 {
			return errors.New(said)
		}
		return nil
	})
}

func TestADaemonsCredentialsOnAClusterOfOnesOwnCannotMakeTheJournalForget(t *testing.T) {
	cluster := startCluster(t)
	nc := cluster.connect(t)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), js, journal.Options{Replicas: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(t.Context(), journal.Envelope{Epoch: 1, CommitID: "c", At: time.Now(), Entries: []journal.Entry{{Kind: "took_over", Data: []byte(`{}`)}}}); err != nil {
		t.Fatal(err)
	}
	for _, order := range []string{"DELETE", "PURGE", "UPDATE", "RESTORE", "MSG.DELETE", "LEADER.STEPDOWN", "PEER.REMOVE"} {
		for _, stream := range []string{journal.LogStream, journal.AlertsStream, journal.DeadStream} {
			if reply, err := nc.Request("$JS.API.STREAM."+order+"."+stream, []byte(`{"seq":1}`), 50*time.Millisecond); err == nil {
				t.Errorf("%s %s is answered with %s", order, stream, reply.Data)
			}
		}
	}
	for _, name := range []string{journal.LogStream, journal.AlertsStream, journal.DeadStream} {
		s, err := js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if info := s.CachedInfo(); info.Config.Replicas != 3 || len(info.Cluster.Replicas) != 2 || name == journal.LogStream && info.State.Msgs != 1 {
			t.Errorf("%s is kept %d times and holds %d messages", name, info.Config.Replicas, info.State.Msgs)
		}
	}
}

// chargeAt is who a daemon says is in charge.
func chargeAt(t *testing.T, home string) (c console.Charge, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, home+"/api/v1/status", nil)
	if err != nil {
		return c, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return c, err
	}
	defer func() { _ = res.Body.Close() }()
	var s console.Status
	if err := json.NewDecoder(res.Body).Decode(&s); err != nil {
		return c, err
	}
	if s.Charge == nil {
		return c, errors.New("it believes to be alone")
	}
	return *s.Charge, nil
}
