// Package actions is the hands: it carries out what a playbook's machine steps and notices ask of the world, over HTTP,
// NATS, allow-listed commands and people's channels, and it polls what a step wants verified.
//
// Nothing is reached that the configuration does not name. What comes back says plainly whether the effect failed for
// certain ([incident.Failed]) or whether nobody can know ([incident.TimedOut]); the difference decides whether a step may
// be sent again without asking.
package actions

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"

	"holdfast/incident"
	"holdfast/oncall"
)

// Config is what the hands may touch.
type Config struct {
	HTTP     []Target           // the only places that steps, webhooks and probes may call
	TCP      []Target           // the only hosts and ports that probes may connect to
	Subjects []string           // the only NATS subjects that steps may send to; "*" and a last ">" as NATS reads them
	Commands map[string]Command // the only commands that steps may run, by name
	Secrets  map[string]Secret  // what steps may refer to, by name
	Locks    string             // directory of files by which a command of a dead daemon is found; empty: none is looked for
	Conn     *nats.Conn         // nil: NATS steps fail and say so

	Exercise Reach // what exercises may touch; nothing of the above that is not named here again

	Channels func(person string) []oncall.Channel // how to reach a person, as people.yaml says now
	BaseURL  string                               // of the web page, put into notices; empty: left out

	TLS      *tls.Config   // own certificate authorities; nil: the system's
	Resolver *net.Resolver // nil: the system's
	Logger   zerolog.Logger
}

// Hands carry out effects. They are safe for concurrent use.
type Hands struct {
	doors    map[Target]*door
	ports    map[Target]bool
	resolver *net.Resolver
	subjects []string
	commands map[string]Command
	vault    *vault
	locks    string
	conn     *nats.Conn
	channels func(string) []oncall.Channel
	base     string
	pauses   []time.Duration // between rounds of telling a person
	log      zerolog.Logger

	exercise *Hands // those that exercises have; nil in themselves
}

// New checks the configuration and makes the hands for it. It opens no connection; a secret that cannot be read yet is
// said in the log, and keeps no other step from working.
func New(c Config) (*Hands, error) {
	v, err := openVault(c)
	if err != nil {
		return nil, err
	}
	h, err := newHands(c, v)
	if err != nil {
		return nil, err
	}
	if c.Locks != "" {
		sweepClaims(c.Locks)
	}
	if h.exercise, err = newHands(c.rehearsing(), v); err != nil {
		return nil, fmt.Errorf("of exercises: %w", err)
	}
	return h, nil
}

func newHands(c Config, v *vault) (*Hands, error) {
	h := &Hands{
		doors:    map[Target]*door{},
		ports:    map[Target]bool{},
		resolver: c.Resolver,
		subjects: c.Subjects,
		commands: c.Commands,
		vault:    v,
		locks:    c.Locks,
		conn:     c.Conn,
		channels: c.Channels,
		base:     strings.TrimSuffix(c.BaseURL, "/"),
		log:      c.Logger,
		pauses:   pauses,
	}
	for _, t := range c.HTTP {
		h.doors[t] = newDoor(t, c.TLS, c.Resolver)
	}
	for _, t := range c.TCP {
		h.ports[t] = true
	}
	for _, s := range c.Subjects {
		if err := checkPattern(s); err != nil {
			return nil, err
		}
	}
	for name, command := range c.Commands {
		if err := command.check(); err != nil {
			return nil, fmt.Errorf("command %s: %w", name, err)
		}
	}
	return h, nil
}

// patience is how long an effect may take that says nothing of its own.
const patience = time.Minute

// Of an answer this much is read at all, and this much goes into the journal, in bytes.
const (
	readAtMost = 64 << 10
	keep       = 4 << 10
)

// Carry carries out one effect and says how it went. It returns by e.Until, and when ctx ends at the latest.
func (h *Hands) Carry(ctx context.Context, e incident.Effect) incident.Result {
	until := e.Until
	if until.IsZero() {
		until = time.Now().Add(patience)
	}
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()

	r := h.of(e).carry(ctx, e)
	if e.Exercise != "" && e.Notice == nil {
		r = h.explain(e, r)
	}
	r.Effect = e
	r.Output = h.vault.tell(r.Output, false, readAtMost)
	r.Reason = h.vault.tell(r.Reason, false, keep)
	return r
}

func (h *Hands) carry(ctx context.Context, e incident.Effect) incident.Result {
	switch {
	case e.Notice != nil:
		return h.notify(ctx, e)
	case e.Do != nil && e.Do.HTTP != nil:
		return h.http(ctx, e)
	case e.Do != nil && e.Do.NATS != nil:
		return h.nats(ctx, e)
	case e.Do != nil && e.Do.Exec != nil:
		return h.exec(ctx, e)
	case e.Verify != nil:
		return h.verify(ctx, e)
	}
	return nothing("nothing to carry out: the step has none of http, nats, exec, verify or notice")
}

func done(output string) incident.Result { return incident.Result{Output: output} }

// nothing is for what failed and certainly had no effect.
func nothing(format string, args ...any) incident.Result {
	r := failed(format, args...)
	r.NoEffect = true
	return r
}

// failed is for what was answered with a no, and may have done a part all the same.
func failed(format string, args ...any) incident.Result {
	return incident.Result{Outcome: incident.Failed, Reason: fmt.Sprintf(format, args...)}
}

// unknown is for what may have had its effect.
func unknown(format string, args ...any) incident.Result {
	return incident.Result{Outcome: incident.TimedOut, Reason: fmt.Sprintf(format, args...)}
}

// clip keeps the head of a text, as valid UTF-8: it goes into JSON, logs and pages.
func clip(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
	}
	return strings.ToValidUTF8(s, "")
}
