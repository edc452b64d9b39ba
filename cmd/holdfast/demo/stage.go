package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"holdfast/bia"
	"holdfast/cmd/holdfast/standin"
	"holdfast/internal/source"
	"holdfast/oncall"
	"holdfast/playbooks"
)

// A stage is everything the demo consists of.
type stage struct {
	Options
	began time.Time
	dir   string

	organisation *standin.Organisation
	books        *standin.Books
	booksFile    *os.File
	systems      *http.Server // the stand-in's HTTP side
	connections  []*nats.Conn // its NATS side, and the monitors'
	monitors     []*standin.Monitor

	house    *house
	daemon   *daemon
	api      *api
	analysis *bia.Analysis
	roster   *oncall.Roster
	plan     *playbooks.Playbook // nil where there is none

	mouth   sync.Mutex // one line at a time
	failure chan error // of what goes on beside the narration
	crash   crash
	end     ending
}

// setUp makes the stand-in, whose systems answer from now on, and writes the house around it.
func setUp(ctx context.Context, o Options) (*stage, error) {
	s := &stage{Options: o, began: time.Now(), dir: o.Dir, failure: make(chan error, 2)}
	var err error
	if s.dir == "" {
		s.dir, err = os.MkdirTemp("", "holdfast-demo-")
	} else {
		s.dir, err = emptyDir(o.Dir)
	}
	if err != nil {
		return nil, err
	}
	target, err := s.openSystems(ctx)
	if err == nil {
		s.house, err = build(ctx, s.dir, target, o)
	}
	if err == nil {
		err = s.readBack()
	}
	if err != nil {
		return nil, errors.Join(err, s.tearDown())
	}
	s.api = newAPI(s.house.http)
	s.daemon = &daemon{program: o.Program, house: s.house}
	return s, nil
}

// emptyDir makes a directory that must not hold anything yet: an old store would be an old incident.
func emptyDir(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("%s is not empty", dir)
	}
	return filepath.Abs(dir)
}

// openSystems starts the HTTP side of the organisation's systems.
func (s *stage) openSystems(ctx context.Context) (address string, err error) {
	machines, err := exampleMachines()
	if err != nil {
		return "", err
	}
	s.organisation = standin.Open(machines, lost)
	if s.booksFile, err = os.OpenFile(filepath.Join(s.dir, booksFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return "", err
	}
	s.books = standin.NewBooks(s.booksFile)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.systems = &http.Server{Handler: s.calls().Handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.systems.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

func (s *stage) calls() standin.Calls {
	return standin.Calls{Organisation: s.organisation, Books: s.books, Takes: time.Second}
}

// readBack reads the documents as they were written, to know who is who and what to expect.
func (s *stage) readBack() error {
	var all source.Problems
	s.analysis = document(s, &all, "bia.yaml", bia.Parse)
	s.roster = document(s, &all, "people.yaml", oncall.Parse)
	if !s.WithoutPlaybook {
		s.plan = document(s, &all, "playbooks/move-booking-to-south.yaml", playbooks.Parse)
	}
	if all.HasErrors() {
		return fmt.Errorf("the example's documents are wrong:\n%w", all)
	}
	return s.checkKillAt()
}

// checkKillAt wants the step to be killed at to exist.
func (s *stage) checkKillAt() error {
	if s.KillAt == "" {
		return nil
	}
	var ids []string
	for _, step := range s.plan.Steps {
		ids = append(ids, step.ID)
	}
	if !slices.Contains(ids, s.KillAt) {
		return fmt.Errorf("%w %q; it has %s", ErrNoSuchStep, s.KillAt, strings.Join(ids, ", "))
	}
	return nil
}

// open starts the daemon, and what talks to it over NATS.
func (s *stage) open(ctx context.Context) error {
	s.say(tonePlain, "demo", "%s in %s", s.analysis.Organisation, s.dir)
	if err := s.daemon.start(ctx, s.api); err != nil {
		return err
	}
	s.say(tonePlain, "daemon", "holdfast serves %s, with NATS inside on %s and both logs on disk", s.api.url, s.house.nats)
	nc, err := s.connect("stand-in", s.house.client)
	if err != nil {
		return err
	}
	if err := s.calls().Serve(nc); err != nil {
		return fmt.Errorf("let the stand-in answer on NATS: %w", err)
	}
	for _, id := range observers {
		nc, err := s.connect(id, s.house.monitors[id])
		if err != nil {
			return err
		}
		every := s.analysis.Observers[id].Heartbeat.Every
		s.monitors = append(s.monitors, &standin.Monitor{Observer: id, Organisation: s.organisation, Connection: nc,
			Look: 400 * time.Millisecond, Heartbeat: every / 2, Repeat: 10 * time.Second})
	}
	if s.Interactive {
		s.sayHowToAnswer()
	}
	return nil
}

// connect connects somebody to NATS.
func (s *stage) connect(name string, key nkeys.KeyPair) (*nats.Conn, error) {
	public, err := key.PublicKey()
	if err != nil {
		return nil, err
	}
	nc, err := nats.Connect("nats://"+s.house.nats, nats.Nkey(public, key.Sign), nats.Name(name),
		nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond), nats.ReconnectJitter(0, 0), nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})) // an answer for a daemon that was killed meanwhile reaches nobody
	if err != nil {
		return nil, fmt.Errorf("connect %s to NATS: %w", name, err)
	}
	s.connections = append(s.connections, nc)
	return nc, nil
}

// tearDown ends everything, the last thing opened first.
func (s *stage) tearDown() error {
	var err error
	for _, nc := range s.connections {
		nc.Close()
	}
	if s.daemon != nil {
		err = errors.Join(err, s.daemon.stop())
	}
	if s.systems != nil {
		err = errors.Join(err, s.systems.Close())
	}
	if s.booksFile != nil {
		err = errors.Join(err, s.booksFile.Close())
	}
	if s.Dir == "" {
		err = errors.Join(err, tidy(s.dir))
	}
	return err
}
