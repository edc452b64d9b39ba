// Package embedded is the nats-server inside the daemon: both logs in one directory, synced to disk before anything is
// acknowledged, reachable from this machine only unless it is told otherwise. Alone, or as a node of a cluster whose other
// nodes are in other daemons ([Cluster]).
//
// It has two accounts, and that is what keeps the logs out of reach. HOLDFAST holds the streams; nobody but the daemon is
// in it. TEAM is for everybody else: what is published there on an alert subject is handed over to HOLDFAST, and nothing
// besides. Permissions alone would not do: JetStream sends its acknowledgements wherever the sender of an alert says, also
// to subjects that the sender may not publish to, such as that of the log of decisions.
package embedded

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
	"github.com/rs/zerolog"

	"holdfast/internal/failpoint"
	"holdfast/journal"
)

// None is the address of a server that listens for nobody: only the daemon itself is connected, in process.
const None = "none"

// Options of the server.
type Options struct {
	Store     string         // directory of the logs; one daemon at a time
	Listen    string         // host:port, port 0: any that is free; "" or "none": nobody
	TLS       *tls.Config    // of the listener; needed where it is not loopback
	Users     []User         // clients other than the daemon
	Anonymous bool           // a client without credentials may publish alerts; on loopback only
	Subjects  []string       // beside holdfast.alerts.>, on which alerts come; as in journal.Options
	MaxStore  int64          // bytes on disk, of all streams together; 0: 8 GiB
	Patience  time.Duration  // how long opening the store may take; 0: 1 minute
	Cluster   *Cluster       // what this server is a node of; nil: it is alone
	Leaf      *Leaf          // how its streams are reached from servers elsewhere, to be mirrored there; nil: they are not
	Log       zerolog.Logger // of the server; its notices are logged at level debug
}

// A User is a client. One of Password and NKey is given.
type User struct {
	Name      string
	Password  string   // as it is, or its bcrypt hash
	NKey      string   // the public key; the name is not used then
	Publish   []string // subjects; may end in wildcards
	Subscribe []string // subjects; its own inbox is always among them, and it may answer what it hears
}

// A Server is running until it is stopped.
type Server struct {
	nats      *server.Server
	store     *store
	journal   nkeys.KeyPair // of the daemon in account HOLDFAST, to set up the streams; only ever in memory
	bound     nkeys.KeyPair // of the daemon in account HOLDFAST while it runs
	team      nkeys.KeyPair // of the daemon in account TEAM
	anonymous nkeys.KeyPair // of clients without credentials; a key and no password, for a server warns of passwords that it can read
}

// Start opens the store and starts the server on it. It returns when the server is ready.
func Start(o Options) (*Server, error) {
	s, err := start(o)
	if err != nil {
		return nil, fmt.Errorf("start the embedded nats-server: %w", err)
	}
	return s, nil
}

func start(o Options) (_ *Server, err error) {
	s := &Server{}
	for _, pair := range []*nkeys.KeyPair{&s.journal, &s.bound, &s.team, &s.anonymous} {
		if *pair, err = nkeys.CreateUser(); err != nil {
			return nil, err
		}
	}
	opts, err := s.options(o)
	if err != nil {
		return nil, err
	}
	if o.Leaf == nil {
		if err := checkMoved(o.Store); err != nil {
			return nil, err
		}
	}
	if s.store, err = openStore(o.Store, o.marker()); err != nil {
		return nil, err
	}
	failpoint.Hit("embedded/starting")
	if err := s.run(opts, o); err != nil {
		return nil, errors.Join(err, s.store.close())
	}
	failpoint.Hit("embedded/started")
	return s, nil
}

func (s *Server) run(opts *server.Options, o Options) (err error) {
	if s.nats, err = server.NewServer(opts); err != nil {
		return err
	}
	log := &logger{log: o.Log}
	s.nats.SetLoggerV2(log, false, false, false)
	started := make(chan struct{})
	go func() {
		defer close(started)
		s.nats.Start() // reads the whole store
	}()
	patience := o.Patience
	if patience == 0 {
		patience = time.Minute
	}
	deadline := time.Now().Add(patience)
	select {
	case <-started:
	case <-time.After(patience):
		// A damaged store can keep the server reading for ever. The process is of no use any more and has to end.
		return fmt.Errorf("the store %s could not be opened within %s: it may be damaged; move it aside to start with an empty one", o.Store, patience)
	}
	for !s.nats.ReadyForConnections(20 * time.Millisecond) {
		why := log.fatal()
		if why == "" && time.Now().Before(deadline) {
			continue
		}
		s.nats.Shutdown()
		s.nats.WaitForShutdown()
		return fmt.Errorf("it did not get ready: %s", why)
	}
	return nil
}

// options are those of nats-server.
func (s *Server) options(o Options) (*server.Options, error) {
	if err := check(o); err != nil {
		return nil, err
	}
	opts, err := accounts(o.Subjects)
	if err != nil {
		return nil, err
	}
	s.admit(opts, o)
	opts.ServerName = "holdfast"
	opts.NoSigs = true
	opts.MaxPayload = journal.MaxMessage
	opts.JetStream = true
	opts.DisableJetStreamBanner = true
	opts.StoreDir = o.Store
	opts.SyncAlways = true
	opts.JetStreamMaxMemory = 64 << 20
	opts.JetStreamMaxStore = o.MaxStore
	if o.MaxStore == 0 {
		opts.JetStreamMaxStore = 8 << 30
	}
	if o.Cluster != nil {
		if err := o.Cluster.join(opts); err != nil {
			return nil, err
		}
	}
	o.Leaf.put(opts)
	return opts, listen(opts, o)
}

// listen puts the listener's address into the options.
func listen(opts *server.Options, o Options) error {
	if o.silent() && o.Cluster != nil {
		// nats-server opens no ways between nodes unless it listens for clients. Here none has credentials.
		opts.Host, opts.Port = "127.0.0.1", server.RANDOM_PORT
		return nil
	}
	if o.silent() {
		opts.DontListen = true
		return nil
	}
	host, port, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return fmt.Errorf("listen on %q: %w", o.Listen, err)
	}
	opts.Host = host
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return fmt.Errorf("listen on %q: the port is not a number", o.Listen)
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	if o.TLS != nil {
		opts.TLS, opts.TLSConfig, opts.TLSTimeout = true, o.TLS, 5
	}
	return nil
}

func (o Options) silent() bool { return o.Listen == "" || o.Listen == None }

// check refuses a server that is open by mistake.
func check(o Options) error {
	if o.Store == "" {
		return errors.New("no directory for the store is given")
	}
	for _, u := range o.Users {
		if (u.Password == "") == (u.NKey == "") {
			return fmt.Errorf("user %q needs either a password or an nkey", u.Name)
		}
		if u.NKey != "" && !nkeys.IsValidPublicUserKey(u.NKey) {
			return fmt.Errorf("user %q: %q is not the public nkey of a user", u.Name, u.NKey)
		}
		if u.NKey == "" && u.Name == "" {
			return fmt.Errorf("a user cannot have the name %q", u.Name)
		}
	}
	if o.Cluster != nil {
		if err := o.Cluster.check(); err != nil {
			return err
		}
	}
	if o.silent() || Loopback(o.Listen) {
		return nil
	}
	if _, _, err := net.SplitHostPort(o.Listen); err != nil {
		return fmt.Errorf("listen on %q: %w", o.Listen, err)
	}
	switch {
	case o.TLS == nil:
		return fmt.Errorf("%s is not loopback: it needs TLS", o.Listen)
	case len(o.Users) == 0:
		return fmt.Errorf("%s is not loopback: it needs users", o.Listen)
	case o.Anonymous:
		return fmt.Errorf("%s is not loopback: everybody who reaches it could raise a disaster, so clients without credentials are not let in", o.Listen)
	}
	return nil
}

// Loopback reports whether an address can be reached from this machine only.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Connect gives the daemon a connection to the journal that may do everything with its streams, in process: to set them up.
// Nobody else can have one.
func (s *Server) Connect(opts ...nats.Option) (*nats.Conn, error) {
	return s.connect(s.journal, privateInbox, opts)
}

// ConnectBound gives the daemon the connection that it runs on: it reads and appends, and cannot delete, purge, change or
// restore a stream. What could be made to say something in its name cannot make the journal forget.
func (s *Server) ConnectBound(opts ...nats.Option) (*nats.Conn, error) {
	return s.connect(s.bound, privateInbox, opts)
}

// ConnectTeam gives the daemon a connection among the team's clients, in process: to ask for what playbooks ask of them.
func (s *Server) ConnectTeam(opts ...nats.Option) (*nats.Conn, error) {
	return s.connect(s.team, privateInbox, opts)
}

// privateInbox is where answers to the daemon go; other clients hear only _INBOX.
const privateInbox = "_INBOX_holdfast"

func (s *Server) connect(as nkeys.KeyPair, inbox string, more []nats.Option) (*nats.Conn, error) {
	public, err := as.PublicKey()
	if err != nil {
		return nil, err
	}
	opts := append(journal.ConnectOptions(), nats.InProcessServer(s.nats), nats.Nkey(public, as.Sign), nats.CustomInboxPrefix(inbox))
	nc, err := nats.Connect("", append(opts, more...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to the embedded nats-server: %w", err)
	}
	return nc, nil
}

// Address is where clients reach the server, host:port; empty if it does not listen.
func (s *Server) Address() string {
	if address, ok := s.nats.Addr().(*net.TCPAddr); ok {
		return address.String()
	}
	return ""
}

// Health is nil while the server can keep what it is given. A store that failed once (no space left) stays frozen until
// the server is started anew, also when the cause is gone.
func (s *Server) Health() error {
	var status string
	var reasons []string
	for range healthAsked {
		if status, reasons = s.ailments(); len(reasons) == 0 {
			return nil
		}
	}
	return fmt.Errorf("the embedded nats-server is %s: %s", status, strings.Join(reasons, "; "))
}

// healthAsked is how often a server has to say that it is sick. It gives itself a millisecond to see that it has started: where
// the process has no processor for that long, it tosses a coin, and calls itself sick at every other toss.
const healthAsked = 5

// Frozen is nil unless a store could not be written: no space left, or a disk that fails. It stays so until the server is
// started anew.
func (s *Server) Frozen() error {
	_, reasons := s.ailments()
	for _, reason := range reasons {
		if strings.Contains(reason, "write error") {
			return fmt.Errorf("the embedded nats-server has stopped writing: %s", reason)
		}
	}
	return nil
}

// ailments are what the server complains of; none: it is well.
func (s *Server) ailments() (status string, reasons []string) {
	health := s.nats.Healthz(&server.HealthzOptions{Details: true})
	if health.StatusCode == 200 || health.Status == "ok" {
		return health.Status, nil
	}
	reasons = []string{health.Error}
	for _, e := range health.Errors {
		reasons = append(reasons, e.Error)
	}
	reasons = slices.DeleteFunc(reasons, func(r string) bool { return r == "" })
	if len(reasons) == 0 {
		reasons = []string{"it does not say why"}
	}
	return health.Status, reasons
}

// Stop ends the server, when what it holds is on disk, and lets go of the store. Connections are to be closed before.
func (s *Server) Stop() error {
	failpoint.Hit("embedded/stopping")
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
	failpoint.Hit("embedded/stopped")
	return s.store.close()
}
