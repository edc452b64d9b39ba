package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"holdfast/cmd/holdfast/config"
	"holdfast/journal"
	"holdfast/journal/embedded"
)

// oldDomain is the JetStream domain of the old journal's servers while it is moved: by it its streams are told from the new ones of
// the same names.
const oldDomain = "holdfast-old"

// A migration is a journal that is moved to other servers.
type migration struct {
	from, to string      // configurations
	leaf     string      // file that says where servers of one's own take the old one as a leaf; empty: the new one is embedded
	by       credentials // of somebody who may make streams in servers of one's own; what is left out is as --to says
	reason   string
	patience time.Duration
	said     io.Writer
}

func migrateCommand() *cobra.Command {
	var m migration
	var hold bool
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Move the journal: from one embedded server to a cluster of three, from there to servers of your own",
		Long: `Move the journal to other servers, with every sequence, hash and time as it was: the new streams mirror the old ones, both are read
from their start and compared, the old ones are sealed, and the new ones become the journal, with the reason on record. The daemons are
stopped meanwhile. A daemon that is started on the old ones afterwards is refused, and told where the journal has gone.

--from and --to are the old holdfast.yaml and the new one. Of a cluster of embedded nodes both are those of this machine; the others
keep their nodes up with --hold: those of a new cluster until you end them, those of an old one until it is done. Where --to names servers of your own, --leaf names a file with the address at which
they take leaf nodes (deploy/nats/migration.conf).

It goes on where it was broken off when it is called again. Nothing makes the old streams writable again; the way back is to
move once more, to a new store.`,
		Example: `  holdfast migrate --from /etc/holdfast/solo.yaml --to /etc/holdfast/holdfast.yaml --reason 'three machines from now on'
  holdfast migrate --hold --to /etc/holdfast/holdfast.yaml            # on the other two machines of a new cluster
  holdfast migrate --from /etc/holdfast/holdfast.yaml --to /etc/holdfast/own.yaml --leaf leaf --nkey setup.seed --reason 'servers of our own'
  holdfast migrate --hold --from /etc/holdfast/holdfast.yaml --to /etc/holdfast/own.yaml --leaf leaf  # on the other two of an old one`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			m.said = c.OutOrStdout()
			if hold {
				return m.hold(c.Context())
			}
			return m.run(c.Context())
		},
	}
	c.Flags().StringVar(&m.from, "from", "", "configuration of the old daemon")
	c.Flags().StringVar(&m.to, "to", "", "configuration of the new one")
	c.Flags().StringVar(&m.leaf, "leaf", "", "file with the address, user and password at which servers of your own take leaf nodes")
	m.by.flags(c)
	c.Flags().StringVar(&m.reason, "reason", "", "who decided it, and why; it is put on record")
	c.Flags().BoolVar(&hold, "hold", false, "keep this machine's node up, without a daemon, while the journal is moved by another")
	c.Flags().DurationVar(&m.patience, "patience", 30*time.Minute, "how long the copying may take")
	return c
}

// A side is the old or the new servers, as far as they are opened here.
type side struct {
	cfg    *config.Config
	server *embedded.Server // nil: servers of one's own
	conn   *nats.Conn
	js     jetstream.JetStream
}

func (s *side) close() error {
	if s == nil {
		return nil
	}
	if s.conn != nil {
		s.conn.Close()
	}
	if server := s.server; server != nil {
		s.server = nil
		return server.Stop()
	}
	return nil
}

// name is how the configuration calls where the journal is.
func (s *side) name() string {
	switch e := s.cfg.NATS.Embedded; {
	case e == nil:
		return s.cfg.NATS.URL
	case e.Cluster != nil:
		return fmt.Sprintf("the cluster %s of %s", e.Cluster.Name, strings.Join(e.Cluster.Peers, ", "))
	default:
		return "the store " + e.Store
	}
}

// openSide starts the embedded server that a configuration describes, without a daemon, or connects to servers of one's own.
func openSide(ctx context.Context, file string, by credentials, leaf *embedded.Leaf) (s *side, err error) {
	cfg, err := loadConfig(serving{file: file})
	if err != nil {
		return nil, err
	}
	by.put(cfg)
	secrets, err := readSecrets(cfg)
	if err != nil {
		return nil, err
	}
	s = &side{cfg: cfg}
	e := cfg.NATS.Embedded
	if e == nil {
		l := &link{}
		if err := l.dial(cfg, secrets, zerolog.Nop()); err != nil {
			return nil, err
		}
		s.conn = l.journal
	} else {
		if e.Cluster == nil {
			if err := lookAhead(ctx, e.Store, zerolog.Nop()); err != nil {
				return nil, failed("restore the newest whole copy first", "%w", err)
			}
		}
		s.server, err = embedded.Start(embedded.Options{Store: e.Store, Listen: embedded.None, Subjects: cfg.Alerts.Subjects, Cluster: clusterOf(e.Cluster, secrets), Leaf: leaf, Log: zerolog.Nop()})
		if errors.Is(err, embedded.ErrHeld) {
			return nil, failed("stop the daemon first: nothing must be written while the journal is moved", "a daemon has %s open", e.Store)
		}
		if err != nil {
			return nil, failed("nats.embedded of "+file, "%w", err)
		}
		if s.conn, err = s.server.Connect(nats.Name("holdfast migrate")); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	if s.js, err = jetstream.New(s.conn); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// hold keeps one node up.
func (m *migration) hold(ctx context.Context) error {
	file, leaf := m.to, (*embedded.Leaf)(nil)
	switch {
	case m.from == "" && m.to == "":
		return misused("--from: it is a node of the old cluster; --to: of the new one", "--hold needs one of --from and --to")
	case m.from != "":
		file, leaf = m.from, &embedded.Leaf{Domain: oldDomain}
	}
	if m.from != "" && m.to != "" { // each node of the old cluster reaches the new servers by itself
		if err := m.there(m.to, leaf); err != nil {
			return err
		}
	}
	s, err := openSide(ctx, file, credentials{}, leaf)
	if err != nil {
		return err
	}
	defer func() { _ = s.close() }()
	if s.cfg.NATS.Embedded == nil || s.cfg.NATS.Embedded.Cluster == nil {
		return misused("it is for the other machines of nats.embedded.cluster", "%s has no node of a cluster to keep up", file)
	}
	fmt.Fprintf(m.said, "the node %s is up, without a daemon, until this is ended\n", s.cfg.NATS.Embedded.Cluster.Node)
	for m.rest(ctx, nil) == nil {
		looking, cancel := context.WithTimeout(ctx, openPatience)
		gone, _ := s.mark(looking) // while most of the nodes are away it cannot
		cancel()
		if gone != nil {
			fmt.Fprintf(m.said, "%v\n", gone)
			_ = sleep(ctx, holdOn)
			return nil
		}
	}
	return nil
}

// holdOn is how long the node of an old cluster is kept up once its journal is sealed: for the last look whether the copy is whole.
const holdOn = 5 * time.Second

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// mark says in the store of a server whose journal was sealed where it has gone; nothing where it was not.
func (s *side) mark(ctx context.Context) (*journal.Moved, error) {
	gone, err := journal.Gone(ctx, s.js)
	if err != nil || gone == nil {
		return nil, err
	}
	return gone, embedded.MarkMoved(s.cfg.NATS.Embedded.Store, gone.Error())
}

// run moves the journal.
func (m *migration) run(ctx context.Context) (err error) {
	if err := m.check(); err != nil {
		return err
	}
	way := &embedded.Leaf{Listen: true, Password: rand.Text()}
	to, err := openSide(ctx, m.to, m.by, way)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.close()) }()
	back := &embedded.Leaf{Domain: oldDomain}
	if err := m.join(to, way, back); err != nil {
		return err
	}
	from, err := openSide(ctx, m.from, credentials{}, back)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.close()) }()
	ctx, cancel := context.WithTimeout(ctx, m.patience)
	defer cancel()
	return m.move(ctx, from, to)
}

func (m *migration) check() error {
	switch {
	case m.from == "" || m.to == "":
		return misused("the configurations of the old daemon and the new one", "--from and --to are both needed")
	case m.reason == "":
		return misused("who decided it, and why", "--reason is missing")
	}
	old, err := loadConfig(serving{file: m.from})
	if err != nil {
		return err
	}
	next, err := loadConfig(serving{file: m.to})
	if err != nil {
		return err
	}
	switch e, n := old.NATS.Embedded, next.NATS.Embedded; {
	case e == nil:
		return misused("between servers of your own: `holdfast mirror` there, and `holdfast promote`", "%s names servers of your own: only a journal in embedded servers is moved", m.from)
	case n != nil && n.Store == e.Store:
		return misused("give the new one a directory of its own", "both are in %s", e.Store)
	case (n == nil) == (m.leaf == ""):
		return misused("a file with the address at which they take leaf nodes", "--leaf goes with servers of your own, and with nothing else")
	}
	if _, err := os.Stat(filepath.Join(old.NATS.Embedded.Store, "jetstream")); err != nil {
		return missing("nats.embedded.store of "+m.from+" names it", "there is no journal to move: %w", err)
	}
	return nil
}

// join says how the old server reaches the new ones.
func (m *migration) join(to *side, way, back *embedded.Leaf) (err error) {
	if to.server != nil {
		back.To, err = to.server.LeafURL(way)
		return err
	}
	if old, err := loadConfig(serving{file: m.from}); err != nil {
		return err
	} else if c, name := old.NATS.Embedded.Cluster, to.conn.ConnectedClusterName(); c != nil && c.Name == name {
		return exitWith(exitRefused, "give the new servers another: it is said once and stays", "the old cluster and the new one have the same name, %s: servers of such clusters take no leaves of each other", name)
	}
	return m.there(m.to, back)
}

// there reads where servers of one's own take leaf nodes; whom to trust there, a configuration says.
func (m *migration) there(file string, leaf *embedded.Leaf) error {
	text, err := os.ReadFile(m.leaf)
	if err != nil {
		return missing("such as tls://migration:PASSWORD@nats-1.internal:7422", "read where leaf nodes are taken: %w", err)
	}
	if leaf.To, err = url.Parse(strings.TrimSpace(string(text))); err != nil || leaf.To.Host == "" {
		return misused("such as tls://migration:PASSWORD@nats-1.internal:7422", "%s holds no address", m.leaf)
	}
	cfg, err := loadConfig(serving{file: file})
	if err != nil {
		return err
	}
	secrets, err := readSecrets(cfg)
	leaf.TLS = secrets.natsTLS
	return err
}

// move drives the steps; each is a no-op where it has been done before.
func (m *migration) move(ctx context.Context, from, to *side) error {
	again := "it goes on where it was broken off when it is called again; the old journal is whole until it is sealed, and the new one is from then on"
	if err := m.mirror(ctx, from, to); err != nil {
		return err
	}
	whole, err := m.compare(ctx, from, to)
	if err != nil {
		return err
	}
	fmt.Fprintf(m.said, "both logs are the same, %s, and their chain is whole\n", plural(whole.Envelopes, "envelope"))
	if err := journal.Leave(ctx, from.js, journal.Moved{To: to.name(), At: time.Now(), Reason: m.reason}); err != nil {
		return failed(again, "%w", err)
	}
	if _, err := from.mark(ctx); err != nil {
		return failed(again, "%w", err)
	}
	fmt.Fprintf(m.said, "sealed: %s\n", from.name())
	if err := m.level(ctx, from, to); err != nil { // what had come in until it was sealed
		return failed(again, "%w", err)
	}
	if err := m.part(ctx, from, to); err != nil {
		return failed(again, "%w", err)
	}
	if _, err := journal.Promote(ctx, to.js, to.cfg.MadeJournal()); err != nil {
		return failed(again, "%w", err)
	}
	v, err := beginEpoch(ctx, &link{jetstream: to.js, hint: again}, to.cfg.Journal(), "moved from "+from.name()+": "+m.reason)
	if err != nil {
		return err
	}
	fmt.Fprintf(m.said, "moved to %s: start the daemon there\n%s", to.name(), v.text())
	return nil
}

// mirror lets the new streams follow the old ones until they have all of it.
func (m *migration) mirror(ctx context.Context, from, to *side) error {
	mirror, there, err := m.ready(ctx, to)
	if err != nil {
		return err
	}
	if there && !mirror {
		return m.finished(ctx, from, to)
	}
	if err := m.reach(ctx, from, to); err != nil {
		return err
	}
	if err := journal.Mirror(ctx, to.js, to.cfg.Journal(), oldDomain); err != nil {
		return failed("", "%w", err)
	}
	fmt.Fprintf(m.said, "%s follows %s\n", to.name(), from.name())
	return m.level(ctx, from, to)
}

// finished is nil where the journal that is there is the old one, promoted by a migration that was broken off right after.
func (m *migration) finished(ctx context.Context, from, to *side) error {
	gone, err := journal.Gone(ctx, from.js)
	if err != nil {
		return failed("", "%w", err)
	}
	if gone != nil && gone.To == to.name() {
		if _, err := m.compare(ctx, from, to); err == nil {
			return nil
		}
		return exitWith(exitRefused, "start the daemon there", "it is done: %w", gone)
	}
	return exitWith(exitRefused, "to move it there, these servers must not have one", "there is a journal already: %s", to.name())
}

// ready waits until the new servers can keep anything, and looks what they have.
func (m *migration) ready(ctx context.Context, to *side) (mirror, there bool, err error) {
	for said := false; ; said = true {
		trying, cancel := context.WithTimeout(ctx, openPatience)
		mirror, there, err = journal.IsMirror(trying, to.js)
		cancel()
		if err == nil {
			return mirror, there, nil
		}
		if !journal.Unavailable(err) {
			return false, false, failed("", "%w", err)
		}
		if !said {
			fmt.Fprintf(m.said, "waiting for most of the nodes of %s\n", to.name())
		}
		if err := m.rest(ctx, err); err != nil {
			return false, false, failed("on the other machines: holdfast migrate --hold", "%w", err)
		}
	}
}

// reach waits until the new servers reach the streams of the old ones.
func (m *migration) reach(ctx context.Context, from, to *side) error {
	for {
		_, err := to.conn.Request("$JS."+oldDomain+".API.STREAM.INFO."+journal.LogStream, nil, openAgain)
		if err == nil {
			break
		}
		if err := m.rest(ctx, err); err != nil {
			return failed("do the new servers take leaf nodes, and does --leaf say where?", "the new servers do not reach the old ones: %w", err)
		}
	}
	for {
		trying, cancel := context.WithTimeout(ctx, openPatience)
		_, err := journal.ExtentOf(trying, from.js)
		cancel()
		if err == nil {
			return nil
		}
		if err := m.rest(ctx, err); err != nil {
			return failed("on the other machines of the old cluster: holdfast migrate --hold --from", "%w", err)
		}
	}
}

// level waits until the new streams have all that the old ones have.
func (m *migration) level(ctx context.Context, from, to *side) error {
	for {
		have, err := journal.ExtentOf(ctx, from.js)
		if err != nil {
			return err
		}
		got, err := journal.ExtentOf(ctx, to.js)
		if err == nil && got == have {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("of envelope %d, alert %d and dead letter %d they have %d, %d and %d%s", have.Log, have.Alerts, have.Dead, got.Log, got.Alerts, got.Dead, journal.Lagging(ctx, to.js))
		}
		if err := m.rest(ctx, err); err != nil {
			return failed("a larger --patience, if there is much to copy", "the new servers do not get level: %w", err)
		}
	}
}

// part ends the old servers here, and waits for those elsewhere: as long as both sides reach each other, what is published on one is
// answered on both.
func (m *migration) part(ctx context.Context, from, to *side) error {
	if err := from.close(); err != nil {
		return err
	}
	for {
		_, err := to.conn.Request("$JS."+oldDomain+".API.INFO", nil, openAgain)
		if errors.Is(err, nats.ErrNoResponders) {
			return nil
		}
		if err := m.rest(ctx, errors.New("a node of the old cluster is still up")); err != nil {
			return err
		}
	}
}

// rest waits a moment; once ctx has ended it says what was waited for.
func (m *migration) rest(ctx context.Context, why error) error {
	if err := sleep(ctx, openAgain); err != nil {
		return errors.Join(err, why)
	}
	return nil
}

// compare reads both logs of decisions from their start.
func (m *migration) compare(ctx context.Context, from, to *side) (v verified, err error) {
	var ends [2]verified
	for n, s := range []*side{from, to} {
		for c, err := range journal.Decided(ctx, s.js) {
			var gap *journal.Gap
			if errors.As(err, &gap) {
				continue // moved as it is: whether it is adopted, verify says
			}
			if err != nil {
				return v, failed("nothing was changed; restore the newest whole copy first", "the journal in %s: %w", s.name(), err)
			}
			ends[n].Envelopes++
			ends[n].Sequence, ends[n].Hash = c.Sequence, c.Hash
		}
	}
	if ends[0].Sequence != ends[1].Sequence || ends[0].Hash != ends[1].Hash || ends[0].Envelopes != ends[1].Envelopes {
		return v, failed("nothing was changed", "the copy is another one: envelope %d has the hash %s, and in the copy envelope %d has %s", ends[0].Sequence, ends[0].Hash, ends[1].Sequence, ends[1].Hash)
	}
	return ends[0], nil
}
