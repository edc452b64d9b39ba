// Package console is the eyes of the house, and the only mouth it has over HTTP: the API that people and programs speak,
// the web pages, the metrics, and the bridge through which an Alertmanager reaches the alert log. It shows the desk and
// passes on what people order; it decides nothing itself, and everything it shows is computed from state when asked.
package console

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"holdfast/incident"
	"holdfast/oncall"
)

// DefaultAddress is where a daemon listens, and where a client looks for it, unless told otherwise.
const DefaultAddress = "127.0.0.1:9464"

// A House is what the console looks at and passes orders to (*invoker.Invoker).
type House interface {
	// Look shows the desk; it must not be kept or changed.
	Look(see func(*incident.Desk))
	// Order carries out what a person asks for: it returns once that is in the journal, or with a *incident.Refusal.
	Order(ctx context.Context, by *oncall.Person, c incident.Command) ([]incident.Change, error)
}

// A Publisher stores messages in the alert log (journal.Alerts); it returns once a message is on disk.
type Publisher interface {
	Publish(ctx context.Context, subject string, header map[string][]string, body []byte) (uint64, error)
}

// A Check is one thing that must hold for the daemon to be able to act.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"` // what is wrong, or how well it is
}

// A Reload is how the last attempt to read the documents anew went.
type Reload struct {
	OK    bool
	At    time.Time // of the last attempt that went well
	Error string
}

// A Start is how the daemon came up.
type Start struct {
	Took     time.Duration // until both logs were read; 0: they are not yet
	Recalled uint64        // up to which message of the alert log what was heard had been kept; 0: all was heard
}

// A Charge says who is in charge, where several daemons share a journal.
type Charge struct {
	Here     bool   `json:"here"`              // this daemon is; otherwise it stands by, or has not read the journal yet
	Instance string `json:"instance"`          // who is; empty: nobody seems to be
	Address  string `json:"address,omitempty"` // where people reach it
}

// A Sender is who posts alerts with a token of its own.
type Sender struct {
	Name    string
	Token   string   // empty: nobody posts to its sources
	Sources []string // what it may post to, and nobody else
}

// Config is what a console is made of. House, Publisher, Authenticate and Now are required.
type Config struct {
	House        House
	Publisher    Publisher
	Authenticate func(token string) (*oncall.Person, bool) // against the documents as they are on disk now
	Now          func() time.Time

	Name func(person string) string // what a person is called, as on disk now; nil: nobody has a name

	Version     string
	ExternalURL string // how people reach the pages from outside; "https:" makes cookies secure
	Logger      zerolog.Logger

	// LoopbackOpen lets whoever reaches a loopback address look without an identity. Never for another bind. Orders
	// need an identity in any case.
	LoopbackOpen bool
	// AlertsToken is what senders of alerts present as a bearer token. If it is empty, who may look may send.
	AlertsToken string
	// Senders have tokens of their own, and sources that nobody else posts to.
	Senders []Sender
	// MetricsToken is what a scraper may present instead of a person's token.
	MetricsToken string

	// Access is the record of orders that were refused; nil: one that is lost with the process.
	Access *Access

	Reload     func(context.Context) error // POST /-/reload; nil: not offered
	LastReload func() Reload               // nil: unknown, no metric
	LastStart  func() Start                // nil: unknown, no metric
	Ready      func() []Check              // nil: always ready
	Connected  func() bool                 // to NATS; nil: no metric
	Charge     func() Charge               // nil: this daemon alone can be in charge
}

// console is the handler behind New.
type console struct {
	Config
	sessions *sessions
	bridge   *bridge
	metrics  *prometheus.Registry
	pages    *pages
}

// New is the handler for everything a daemon says over HTTP.
func New(cfg Config) http.Handler {
	c := newConsole(cfg)
	mux := http.NewServeMux()
	for _, r := range c.routes() {
		mux.Handle(r.pattern, c.guard(r))
	}
	return c.outside(known(mux))
}

func newConsole(cfg Config) *console {
	c := &console{Config: cfg, sessions: newSessions(), pages: parsePages()}
	if c.Access == nil {
		c.Access = NewAccess(nil, nil)
	}
	c.bridge = newBridge(cfg.Publisher)
	c.metrics = newRegistry(c)
	return c
}

// Server is an HTTP server for a handler whose limits hold off slow and oversized clients. The caller sets the address
// and TLS, and shuts it down.
func Server(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       time.Minute, // 32 MiB of alerts over a slow line
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
}

// orderTimeout is how long a command may take to reach the journal; the house gives up a little before, and says more.
const orderTimeout = 20 * time.Second
