package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"holdfast/cmd/holdfast/config"
	"holdfast/console"
	"holdfast/detector"
	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/internal/garbage"
	"holdfast/invoker"
	"holdfast/journal"
)

// serving is what the command line says of a daemon.
type serving struct {
	file      string // holdfast.yaml
	readyFile string
	logLevel  string // empty: as holdfast.yaml says
	logFormat string
	shadow    bool // judge and record, and do nothing
}

func serveCommand() *cobra.Command {
	var o serving
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the daemon",
		Long: `Run the daemon: hear alerts, classify, declare, invoke, record, and serve the API, the pages and the metrics.

Documents that are wrong keep it from starting. SIGHUP or POST /-/reload reads them anew; wrong ones never replace good
ones. SIGTERM stops it; whatever is under way is found again by the next start.`,
		Example: "  holdfast serve --config /etc/holdfast/holdfast.yaml",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return serve(c.Context(), o) },
	}
	c.Flags().StringVar(&o.file, "config", "holdfast.yaml", "where the documents are, where NATS is, who may reach the daemon")
	c.Flags().BoolVar(&o.shadow, "shadow", false, "judge live and record what would have been done; declare nothing, invoke nothing, tell nobody; needs a log of its own")
	c.Flags().StringVar(&o.readyFile, "ready-file", "", "file that is written, with the addresses as JSON, once the daemon is ready")
	c.Flags().StringVar(&o.logLevel, "log.level", "", "debug, info, warn or error; stands above holdfast.yaml")
	c.Flags().StringVar(&o.logFormat, "log.format", "", "json, console, or auto: console on a terminal; stands above holdfast.yaml")
	return c
}

// serve is the daemon from its start to its end: everything is opened in the order in which it is needed, and closed in
// the reverse order.
func serve(ctx context.Context, o serving) (err error) {
	cfg, err := loadConfig(o)
	if err != nil {
		return err
	}
	log, err := newLogger(os.Stderr, cfg.Log)
	if err != nil {
		return err
	}
	keeper, ahead := keeperOf(cfg, log), lookBeside(ctx, cfg, log)
	defer ahead.stop()
	secrets, err := readSecrets(cfg)
	if err != nil {
		return err
	}
	library, err := openLibrary(cfg, secrets.certificate, log)
	if err != nil {
		return err
	}

	failpoint.Hit("serve/documents")
	link, hand, err := connectOrNot(ctx, cfg, secrets, ahead, log)
	if err != nil {
		return err
	}
	if hand != nil {
		return hand.serve(ctx, o, cfg, secrets, library, log)
	}
	defer func() { err = errors.Join(err, link.close()) }()
	streams, err := link.open(ctx, cfg, log)
	if err != nil {
		return err
	}
	keeper.alerts = streams
	anchor, err := openAnchor(cfg, log)
	if err != nil {
		return err
	}
	hands, err := newHands(cfg, link, library, secrets, log)
	if err != nil {
		return err
	}
	if o.shadow {
		hands = nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.HTTP.Listen)
	if err != nil {
		return failed("another address goes into http.listen of holdfast.yaml", "serve HTTP: %w", err)
	}
	defer func() { _ = listener.Close() }()
	name := instance()
	var lease *journal.Lease
	if link.shared && !o.shadow {
		lease = journal.NewLease(link.journal, name, cmp.Or(cfg.HTTP.ExternalURL, baseURL(cfg, listener)))
	}
	will := newHouse(ctx, invoker.Config{Log: streams, Hands: hands, Shadow: o.shadow, Instance: name,
		Version: version(), Now: time.Now, Logger: log.With().Str("part", "invoker").Logger()}, library.documents, streams, lease, keeper, log)
	library.adopt = will.Adopt
	var charge func() console.Charge
	if lease != nil {
		charge = will.charge
	}
	web := console.Server(console.New(console.Config{
		Charge: charge,
		House:  will, Publisher: streams, Authenticate: library.authenticate, Name: library.name, Now: time.Now,
		Version: version(), ExternalURL: cfg.HTTP.ExternalURL, Logger: log.With().Str("part", "console").Logger(),
		LoopbackOpen: config.Loopback(cfg.HTTP.Listen), AlertsToken: secrets.alerts, Senders: secrets.senders, MetricsToken: secrets.metrics,
		Access:    openAccess(cfg.Records, log),
		LastStart: will.lastStart,
		Reload:    library.reload, LastReload: library.lastReload, Connected: link.connected,
		Ready: func() []console.Check { return checks(will, link, anchor) },
	}))
	web.ErrorLog = stdlog.New(quiet{log}, "", 0)

	parts := newParts(ctx, log)
	parts.start("collector", func(ctx context.Context) error {
		garbage.Collect(ctx, func(inUse uint64) int {
			return max(detector.Garbage(library.documents().BIA, inUse), will.litter(inUse))
		})
		return nil
	})
	parts.start("health", link.watchHealth)
	parts.start("invoker", will.Run)
	parts.start("lead", func(ctx context.Context) error { return link.stepAside(ctx, cfg, will.inCharge, log) })
	parts.start("watchdog", func(ctx context.Context) error {
		return callWatchdog(ctx, cfg.Watchdog, func() bool { return will.inCharge() && allWell(checks(will, link, nil)) }, log)
	})
	parts.start("console", func(ctx context.Context) error { return serveHTTP(ctx, web, listener, secrets.certificate) })
	parts.start("signals", func(ctx context.Context) error { return library.reloadOnHangup(ctx) })
	if anchor != nil {
		parts.start("checkpoints", func(ctx context.Context) error { return anchor.run(ctx, streams, link, will.Status().Instance) })
	}
	if !o.shadow {
		parts.start("probes", newProber(hands, streams, library, will.inCharge, log).Run)
		parts.start("alarm", func(ctx context.Context) error { return newAlarm(hands, library, log).watch(ctx, will) })
	}
	parts.start("announcer", func(ctx context.Context) error {
		return announce(ctx, will, address{HTTP: baseURL(cfg, listener), NATS: link.address(), PID: os.Getpid()}, o.readyFile, log)
	})
	return refusedStart(parts.wait())
}

// refusedStart gives a start that is refused its exit code.
func refusedStart(err error) error {
	var refused *incident.Refusal
	if errors.As(err, &refused) {
		return exitWith(exitRefused, "give it a store of its own: nats.embedded.store, in a holdfast.yaml of its own", "%w", err)
	}
	return err
}

// loadConfig reads holdfast.yaml, with what the command line puts above it.
func loadConfig(o serving) (*config.Config, error) {
	cfg, err := config.Load(o.file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, missing("name it with --config; deploy/holdfast.yaml is one to start from", "%w", err)
	}
	if err != nil {
		return nil, err
	}
	if o.logLevel != "" {
		cfg.Log.Level = o.logLevel
	}
	if o.logFormat != "" {
		cfg.Log.Format = o.logFormat
	}
	return cfg, nil
}

// stopPatience is how long requests that are under way may take when the daemon stops.
const stopPatience = 5 * time.Second

func serveHTTP(ctx context.Context, web *http.Server, l net.Listener, cert *certificate) error {
	if cert != nil {
		web.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: cert.get}
		l = tls.NewListener(l, web.TLSConfig)
	}
	var closing sync.WaitGroup
	closing.Go(func() {
		<-ctx.Done()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
		defer cancel()
		if web.Shutdown(ctx) != nil {
			_ = web.Close()
		}
	})
	err := web.Serve(l)
	if errors.Is(err, http.ErrServerClosed) {
		closing.Wait()
		return nil
	}
	return fmt.Errorf("serve HTTP: %w", err)
}

// checks are what has to hold for the daemon to be able to act.
func checks(will *house, link *link, anchor *anchor) []console.Check {
	check := func(name string, err error) console.Check {
		if err != nil {
			return console.Check{Name: name, Detail: err.Error()}
		}
		return console.Check{Name: name, OK: true}
	}
	all := []console.Check{check("nats", link.health()), check("journal", will.Ready())}
	if anchor != nil {
		all = append(all, anchor.check())
	}
	return all
}

func allWell(checks []console.Check) bool {
	return !slices.ContainsFunc(checks, func(c console.Check) bool { return !c.OK })
}

// instance names this process in the journal.
func instance() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unnamed"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8])
}

// baseURL is where the API is reached.
func baseURL(cfg *config.Config, l net.Listener) string {
	scheme := "http"
	if cfg.HTTP.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + l.Addr().String()
}
