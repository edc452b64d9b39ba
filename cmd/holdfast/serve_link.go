package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"holdfast/cmd/holdfast/config"
	"holdfast/internal/failpoint"
	"holdfast/journal"
	"holdfast/journal/embedded"
)

// A link is the daemon's way to NATS: the server inside it, or one of your own.
type link struct {
	server    *embedded.Server // nil: a server of your own
	journal   *nats.Conn       // where both logs are
	team      *nats.Conn       // where playbooks send their requests; the same for a server of your own
	jetstream jetstream.JetStream
	shared    bool   // other daemons may use the same logs
	hint      string // what to do when the journal cannot be opened
}

// connect opens the way to NATS that the configuration describes.
//
// The store inside is looked at first; ahead is that look, where it has begun already.
func connect(ctx context.Context, cfg *config.Config, secrets *secrets, ahead *look, log zerolog.Logger) (_ *link, err error) {
	log = log.With().Str("part", "nats").Logger()
	l := &link{}
	if cfg.NATS.Embedded != nil {
		err = l.embed(ctx, cfg, secrets, ahead, log)
	} else {
		err = l.dial(cfg, secrets, log)
	}
	if err == nil {
		l.jetstream, err = jetstream.New(l.journal)
	}
	if err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

// embed starts the server inside.
func (l *link) embed(ctx context.Context, cfg *config.Config, secrets *secrets, ahead *look, log zerolog.Logger) (err error) {
	e := cfg.NATS.Embedded
	l.shared = e.Cluster != nil
	l.hint = "the store is " + e.Store
	failpoint.Hit("store/examining")
	if ahead == nil {
		ahead = lookSoon(ctx, e, log)
		defer ahead.stop()
	}
	if err := ahead.wait(); err != nil {
		return failed(fmt.Sprintf("keep %s as it is, and restore the newest whole copy", e.Store), "%w", err)
	}
	failpoint.Hit("store/examined")
	l.server, err = embedded.Start(embedded.Options{Store: e.Store, Listen: e.Listen, TLS: secrets.natsTLS, Users: secrets.users(e),
		Anonymous: e.AnonymousAlerts(), Subjects: cfg.Alerts.Subjects, Cluster: clusterOf(e.Cluster, secrets), Log: log})
	if errors.Is(err, embedded.ErrHeld) {
		return failed("a daemon uses it: stop that one first, or name another store with nats.embedded.store", "%w", err)
	}
	if errors.Is(err, embedded.ErrMoved) {
		return exitWith(exitRefused, movedHint, "%w", err)
	}
	if err != nil {
		return failed(fmt.Sprintf("nats.embedded in holdfast.yaml: the store is %s, and it listens on %s", e.Store, e.Listen), "%w", err)
	}
	if l.journal, err = l.server.ConnectBound(l.options(log)...); err != nil {
		return failed("", "%w", err)
	}
	if l.team, err = l.server.ConnectTeam(l.options(log)...); err != nil {
		return failed("", "%w", err)
	}
	return nil
}

// movedHint is what to do with a journal that was left behind.
const movedHint = "start the daemon with the configuration of where it has gone; to come back, move it once more, to a new store"

// openNow opens the journal on the connection that the daemon runs on. Of the server inside it makes the streams on another one
// first, which ends then: whoever could make the daemon say something cannot make the journal forget.
func (l *link) openNow(ctx context.Context, cfg *config.Config) (*journal.Streams, error) {
	if l.server != nil {
		if err := l.setUp(ctx, cfg); err != nil {
			return nil, err
		}
	}
	return journal.Open(ctx, l.jetstream, cfg.Journal())
}

func (l *link) setUp(ctx context.Context, cfg *config.Config) error {
	nc, err := l.server.Connect(nats.Name("holdfast set-up"))
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	return journal.Prepare(ctx, js, cfg.Journal())
}

// clusterOf is what the embedded server is a node of; nil: it is alone.
func clusterOf(c *config.Cluster, secrets *secrets) *embedded.Cluster {
	if c == nil {
		return nil
	}
	return &embedded.Cluster{Name: c.Name, Node: c.Node, Listen: c.Listen, Peers: c.Peers, TLS: secrets.routesTLS, Password: secrets.routes}
}

// minimum is the oldest nats-server whose streams keep what the journal relies on.
var minimum = [2]int{2, 12}

// dial connects to a server of your own.
func (l *link) dial(cfg *config.Config, secrets *secrets, log zerolog.Logger) (err error) {
	n := cfg.NATS
	l.shared = true
	l.hint = "the server needs JetStream, and the user may make streams: see nats: in deploy/holdfast.yaml"
	opts := append(journal.ConnectOptions(), l.options(log)...)
	if n.Creds != "" {
		opts = append(opts, nats.UserCredentials(n.Creds))
	}
	if n.NKey != "" {
		seed, err := nats.NkeyOptionFromSeed(n.NKey)
		if err != nil {
			return failed("nats.nkey of holdfast.yaml names a file with a seed", "read the nkey: %w", err)
		}
		opts = append(opts, seed)
	}
	if secrets.natsTLS != nil {
		opts = append(opts, nats.Secure(secrets.natsTLS))
	}
	if l.journal, err = nats.Connect(n.URL, opts...); err != nil {
		return exitWith(exitUnreachable, "is it running, and is nats.url of holdfast.yaml right?", "connect to %s: %w", n.URL, err)
	}
	l.team = l.journal
	return l.recent()
}

// recent refuses a server that is too old.
func (l *link) recent() error {
	version := l.journal.ConnectedServerVersion()
	major, minor, ok := parseVersion(version)
	if ok && (major > minimum[0] || major == minimum[0] && minor >= minimum[1]) {
		return nil
	}
	return failed("upgrade it, or let holdfast embed its own: nats: {embedded: {}}",
		"the nats-server at %s is version %q: holdfast needs %d.%d or newer", l.journal.ConnectedAddr(), version, minimum[0], minimum[1])
}

func parseVersion(version string) (major, minor int, ok bool) {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return 0, 0, false
	}
	major, errMajor := strconv.Atoi(parts[0])
	minor, errMinor := strconv.Atoi(parts[1])
	return major, minor, errMajor == nil && errMinor == nil
}

// options make a connection say what becomes of it.
func (l *link) options(log zerolog.Logger) []nats.Option {
	return []nats.Option{
		nats.Name("holdfast"),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Error().Err(err).Msg("NATS is lost: no alert is heard and nothing decided until it is back")
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) { log.Info().Str("server", nc.ConnectedAddr()).Msg("NATS is back") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Error().Err(err).Msg("NATS reports an error") }),
	}
}

// Waits for a cluster that does not have its nodes together yet.
const (
	openPatience = 3 * time.Second // for one try
	openAgain    = 500 * time.Millisecond
)

// open opens the journal. The nodes of a cluster come up one after the other: before most of them are there, none can keep
// anything, and that is waited for.
func (l *link) open(ctx context.Context, cfg *config.Config, log zerolog.Logger) (*journal.Streams, error) {
	for said := false; ; said = true {
		trying, cancel := context.WithTimeout(ctx, openPatience)
		streams, err := l.openNow(trying, cfg)
		cancel()
		var gone *journal.Moved
		if errors.As(err, &gone) {
			return nil, exitWith(exitRefused, movedHint, "%w", err)
		}
		waits := cfg.NATS.Embedded != nil && cfg.NATS.Embedded.Cluster != nil && journal.Unavailable(err)
		switch {
		case err == nil:
			return streams, nil
		case ctx.Err() != nil || !waits:
			return nil, failed(l.hint, "%w", err)
		case !said:
			log.Warn().Err(err).Strs("nodes", cfg.NATS.Embedded.Cluster.Peers).Msg("the cluster cannot keep anything yet: waiting for most of its nodes")
		}
		select {
		case <-ctx.Done():
		case <-time.After(openAgain):
		}
	}
}

// asideEvery is how often it is looked who leads the log.
const asideEvery = time.Second

// stepAside keeps the lead of the log away from the node of the daemon in charge, so that the two do not die together.
func (l *link) stepAside(ctx context.Context, cfg *config.Config, charge func() bool, log zerolog.Logger) error {
	if cfg.NATS.Embedded == nil || cfg.NATS.Embedded.Cluster == nil {
		<-ctx.Done()
		return nil
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(asideEvery):
		}
		if !charge() {
			continue
		}
		asking, cancel := context.WithTimeout(ctx, openPatience)
		did, err := journal.StepAside(asking, l.jetstream, cfg.NATS.Embedded.Cluster.Node)
		cancel()
		switch {
		case err != nil:
			log.Debug().Err(err).Msg("the lead of the log could not be handed over")
		case did:
			log.Info().Msg("another node leads the log now: it must not be lost together with the daemon in charge")
		}
	}
}

func (l *link) connected() bool { return l.journal.IsConnected() }

// health is nil while NATS can be reached and keeps what it is given.
func (l *link) health() error {
	if !l.connected() {
		return fmt.Errorf("NATS is not connected (%s)", l.journal.Status())
	}
	if l.server != nil {
		return l.server.Health()
	}
	return nil
}

// A store that could not be written stays frozen until the server is started anew, so a daemon whose own server is
// unhealthy for this long ends, for its supervisor to start it again.
const (
	sickLimit = 30 * time.Second
	lookEvery = time.Second
)

// watchHealth ends with an error when the embedded server is sick and does not get well.
func (l *link) watchHealth(ctx context.Context) error {
	var since time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookEvery):
		}
		err := l.incurable()
		switch {
		case err == nil:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		case time.Since(since) > sickLimit:
			return fmt.Errorf("for %s: %w", sickLimit, err)
		}
	}
}

// incurable is why the embedded server may have to be started anew; nil: nothing would get better by that. A node that misses the
// others of its cluster is not sick: it goes on when they are back.
func (l *link) incurable() error {
	switch {
	case l.server == nil:
		return nil
	case l.shared:
		return l.server.Frozen()
	}
	return l.health()
}

// address is where others reach the embedded server; empty if they do not.
func (l *link) address() string {
	if l.server == nil || l.server.Address() == "" {
		return ""
	}
	return "nats://" + l.server.Address()
}

// close ends the connections, then the server.
func (l *link) close() error {
	for _, nc := range []*nats.Conn{l.team, l.journal} {
		if nc != nil {
			nc.Close()
		}
	}
	if l.server != nil {
		return l.server.Stop()
	}
	return nil
}
