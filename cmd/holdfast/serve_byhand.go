package main

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"holdfast/cmd/holdfast/config"
	"holdfast/console"
	"holdfast/incident"
	"holdfast/journal/embedded"
	"holdfast/oncall"
)

// A byHand is a house without a journal: it shows the playbooks, the people and why nothing else is known, and takes no
// orders, for nothing would remember them. People carry on by hand.
type byHand struct {
	why  string
	kept *embedded.Held // the store: nobody else puts anything into it meanwhile

	mu   sync.Mutex
	desk *incident.Desk
}

// connectOrNot opens the way to NATS, or finds that the journal cannot be used and people have to carry on by hand.
func connectOrNot(ctx context.Context, cfg *config.Config, secrets *secrets, ahead *look, log zerolog.Logger) (*link, *byHand, error) {
	if h, err := aside(cfg, nil, log); h != nil || err != nil {
		return nil, h, err
	}
	l, err := connect(ctx, cfg, secrets, ahead, log)
	if errors.Is(err, embedded.ErrDamaged) {
		h, err := aside(cfg, err, log)
		return nil, h, err
	}
	if err == nil && cfg.NATS.Embedded != nil {
		err = embedded.PutBack(cfg.NATS.Embedded.Store)
	}
	return l, nil, err
}

// aside puts a damaged store aside, or finds that one is; nil: the daemon can live.
func aside(cfg *config.Config, damaged error, log zerolog.Logger) (*byHand, error) {
	e := cfg.NATS.Embedded
	if e == nil {
		return nil, nil
	}
	q, err := embedded.Quarantined(e.Store)
	if err == nil && q == nil && damaged != nil {
		log.Error().Err(damaged).Msg("the store is put aside: it cannot be opened")
		q, err = embedded.PutAside(e.Store, time.Now(), damaged)
	}
	if err != nil {
		return nil, failed("the store is "+e.Store, "%w", err)
	}
	if q == nil {
		return nil, nil
	}
	kept, err := embedded.Hold(e.Store)
	if err != nil {
		return nil, failed("the store is "+e.Store, "%w", err)
	}
	why := fmt.Sprintf("MANUAL MODE: %[1]s cannot be opened (%[2]s); its streams were put aside at %[3]s, untouched, as %[4]s; nothing is judged, declared or told until it is restored, or somebody removes %[5]s",
		e.Store, q.Why, q.Since.Format(time.RFC3339), q.Kept, embedded.QuarantineFile)
	return &byHand{why: why, kept: kept, desk: incident.NewDesk()}, nil
}

// adopt shows documents. They are in no journal.
func (h *byHand) adopt(_ context.Context, docs *incident.Documents, by incident.Actor) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now().UTC()
	h.desk.Apply(incident.Record{At: now, Event: incident.DocumentsAdopted{Digest: docs.Digest, Files: docs.Files, By: by}})
	h.desk.Apply(incident.Record{At: now, Event: incident.Disarmed{By: incident.Actor{Rule: "manual mode"}, Reason: h.why}})
	return nil
}

// Look shows the desk.
func (h *byHand) Look(see func(*incident.Desk)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	see(h.desk)
}

// Order takes none.
func (h *byHand) Order(_ context.Context, _ *oncall.Person, c incident.Command) ([]incident.Change, error) {
	return nil, fmt.Errorf("%s: not recorded: %s; carry on by hand, and write down what you do and when", c.Verb, h.why)
}

// Publish takes no alert: whoever sends it is told, and sends it again.
func (h *byHand) Publish(context.Context, string, map[string][]string, []byte) (uint64, error) {
	return 0, errors.New(h.why)
}

// serve shows what there is, and pages those who decide, until it is told to end.
func (h *byHand) serve(ctx context.Context, o serving, cfg *config.Config, secrets *secrets, library *library, log zerolog.Logger) (err error) {
	defer func() { err = errors.Join(err, h.kept.Release()) }()
	log.Error().Msg(h.why)
	library.adopt = h.adopt
	if err := h.adopt(ctx, library.documents(), incident.Actor{Rule: "start in manual mode"}); err != nil {
		return err
	}
	hands, err := newHands(cfg, &link{}, library, secrets, log)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.HTTP.Listen)
	if err != nil {
		return failed("another address goes into http.listen of holdfast.yaml", "serve HTTP: %w", err)
	}
	defer func() { _ = listener.Close() }()
	web := console.Server(console.New(console.Config{
		House: h, Publisher: h, Authenticate: library.authenticate, Name: library.name, Now: time.Now,
		Version: version(), ExternalURL: cfg.HTTP.ExternalURL, Logger: log.With().Str("part", "console").Logger(),
		LoopbackOpen: config.Loopback(cfg.HTTP.Listen), AlertsToken: secrets.alerts, Senders: secrets.senders, MetricsToken: secrets.metrics,
		Access: openAccess(cfg.Records, log), Reload: library.reload, LastReload: library.lastReload,
		Connected: func() bool { return false },
		Ready:     func() []console.Check { return []console.Check{{Name: "store", Detail: h.why}} },
	}))
	web.ErrorLog = stdlog.New(quiet{log}, "", 0)

	parts := newParts(ctx, log)
	parts.start("console", func(ctx context.Context) error { return serveHTTP(ctx, web, listener, secrets.certificate) })
	parts.start("signals", func(ctx context.Context) error { return library.reloadOnHangup(ctx) })
	if !o.shadow {
		parts.start("alarm", func(ctx context.Context) error {
			newAlarm(hands, library, log).raise(ctx, h.why)
			<-ctx.Done()
			return nil
		})
	}
	parts.start("announcer", func(ctx context.Context) error {
		return proclaim(ctx, address{HTTP: baseURL(cfg, listener), PID: os.Getpid()}, o.readyFile, func() {
			log.Error().Str("http", baseURL(cfg, listener)).Str("version", version()).Msg("holdfast is up, IN MANUAL MODE")
		})
	})
	return parts.wait()
}
