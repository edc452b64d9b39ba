package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	systemd "github.com/coreos/go-systemd/v22/daemon"
	"github.com/rs/zerolog"

	"holdfast/cmd/holdfast/config"
	"holdfast/console"
	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/internal/source"
	"holdfast/oncall"
)

// A library is the documents as they are on disk, and the certificate beside them. Wrong ones never take the place of
// good ones. It is safe for concurrent use.
type library struct {
	house       *config.Config
	certificate *certificate // nil: no TLS
	adopt       func(context.Context, *incident.Documents, incident.Actor) error
	log         zerolog.Logger
	copied      *rosterCopy // of people.yaml

	reloading sync.Mutex // one at a time
	mu        sync.Mutex
	docs      *incident.Documents
	last      console.Reload
}

// openLibrary reads the documents for the first time; wrong ones are an error.
func openLibrary(cfg *config.Config, cert *certificate, log zerolog.Logger) (*library, error) {
	copied := newRosterCopy(cfg.Records)
	docs, wrong, found, err := openHouse(cfg.Continuity, cfg, copied)
	if err != nil {
		return nil, err
	}
	if wrong != nil {
		return nil, invalid("nothing was started; `holdfast check` shows the same", wrong)
	}
	l := &library{house: cfg, certificate: cert, log: log, copied: copied, docs: docs}
	l.last = l.roster(docs)
	l.sayProblems(found)
	liveWith(docs)
	return l, nil
}

func (l *library) documents() *incident.Documents {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.docs
}

// authenticate finds the person whose token this is, by people.yaml as it was read last.
func (l *library) authenticate(token string) (*oncall.Person, bool) {
	people := l.documents().People
	if people == nil {
		return nil, false
	}
	return people.Authenticate(token)
}

// name is what people.yaml calls a person; the journal has ids only.
func (l *library) name(person string) string {
	people := l.documents().People
	if people == nil || people.People[person] == nil {
		return ""
	}
	return people.People[person].Name
}

// channels are the ways to reach a person.
func (l *library) channels(person string) []oncall.Channel {
	people := l.documents().People
	if people == nil || people.People[person] == nil {
		return nil
	}
	return people.People[person].Channels
}

func (l *library) lastReload() console.Reload {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// reload reads everything anew. If something is wrong, all stays as it was, loudly.
func (l *library) reload(ctx context.Context) error {
	l.reloading.Lock()
	defer l.reloading.Unlock()
	notifyReloading()
	defer func() { _, _ = systemd.SdNotify(false, systemd.SdNotifyReady) }()
	docs, err := l.readAgain(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.last.OK, l.last.Error = false, keeping(err)
		l.log.Error().Err(summary(err)).Msg("NOT RELOADED: holdfast goes on by the documents it read before")
		return err
	}
	l.docs, l.last = docs, l.roster(docs)
	liveWith(docs)
	l.log.Info().Str("digest", docs.Digest).Msg("reloaded")
	return nil
}

func (l *library) readAgain(ctx context.Context) (*incident.Documents, error) {
	docs, wrong, found, err := openHouse(l.house.Continuity, l.house, l.copied)
	if err != nil {
		return nil, err
	}
	l.sayProblems(found)
	if wrong != nil {
		return nil, wrong
	}
	if l.certificate != nil {
		if err := l.certificate.read(); err != nil {
			return nil, err
		}
	}
	failpoint.Hit("reload/read")
	err = l.adopt(ctx, docs, incident.Actor{Rule: "reload"})
	failpoint.Hit("reload/adopted")
	return docs, err
}

// keeping is what keeps documents from being read. Warnings beside it do not, and would stand in front of it.
func keeping(err error) string {
	var problems source.Problems
	if errors.As(err, &problems) {
		return slices.DeleteFunc(problems.Sorted(), func(p source.Problem) bool { return p.Severity != source.Error }).Error()
	}
	return err.Error()
}

// summary is an error in one line: problems were logged one by one.
func summary(err error) error {
	var problems source.Problems
	if errors.As(err, &problems) {
		return errors.New(countProblems(problems))
	}
	return err
}

// sayProblems logs each problem on a line of its own.
func (l *library) sayProblems(problems source.Problems) {
	for _, p := range problems.Sorted() {
		line := l.log.Warn()
		if p.Severity == source.Error {
			line = l.log.Error()
		}
		line.Str("at", p.Position.String()).Str("rule", p.Rule).Str("hint", printable(p.Hint)).Msg(printable(p.Message))
	}
}

// reloadOnHangup reloads on SIGHUP until ctx ends. What goes wrong is logged and counted; nothing ends by it.
func (l *library) reloadOnHangup(ctx context.Context) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-hangups:
			_ = l.reload(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

// notifyReloading tells systemd that a reload is under way, since when.
func notifyReloading() {
	_, _ = systemd.SdNotify(false, systemd.SdNotifyReloading+"\n"+systemd.SdNotifyMonotonicUsec())
}
