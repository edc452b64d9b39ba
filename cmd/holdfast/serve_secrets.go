package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"holdfast/cmd/holdfast/config"
	"holdfast/console"
	"holdfast/invoker/actions"
	"holdfast/journal/embedded"

	"github.com/rs/zerolog"
)

// secrets are what the configuration names by file.
type secrets struct {
	alerts      string            // bearer token of senders of alerts; empty: none
	senders     []console.Sender  // who posts alerts with a token of its own
	metrics     string            // of scrapers
	passwords   map[string]string // of the embedded server's users
	certificate *certificate      // of the HTTP server; nil: no TLS
	routesTLS   *tls.Config       // between the nodes of a cluster
	routes      string            // the password that they show each other
	natsTLS     *tls.Config       // of the embedded server's listener, or of the way to one of your own
	actionsTLS  *tls.Config       // whom actions trust; nil: the system's authorities
}

// readSecrets reads all files that hold secrets and certificates, so that a missing one keeps the daemon from starting.
func readSecrets(cfg *config.Config) (*secrets, error) {
	s := &secrets{passwords: map[string]string{}}
	var err error
	if s.alerts, err = readToken("alerts.token_file", cfg.Alerts.TokenFile); err != nil {
		return nil, err
	}
	if err := s.readSenders(cfg.Alerts.Senders); err != nil {
		return nil, err
	}
	if s.metrics, err = readToken("http.metrics_token_file", cfg.HTTP.MetricsFile); err != nil {
		return nil, err
	}
	if t := cfg.HTTP.TLS; t != nil {
		s.certificate = &certificate{cert: t.Cert, key: t.Key}
		if err := s.certificate.read(); err != nil {
			return nil, err
		}
	}
	if cfg.NATS.Embedded != nil {
		err = s.readEmbedded(cfg.NATS.Embedded)
	} else if cfg.NATS.TLS != nil {
		s.natsTLS, err = clientTLS(*cfg.NATS.TLS)
	}
	if err == nil && cfg.Actions.HTTP.CA != "" {
		s.actionsTLS, err = clientTLS(config.TLS{CA: cfg.Actions.HTTP.CA})
	}
	return s, err
}

// readSenders reads the tokens of those who post alerts. Two who have the same could each post as the other: then neither source
// says who speaks, and nothing would show it.
func (s *secrets) readSenders(all map[string]*config.Sender) error {
	whose := map[string]string{}
	if s.alerts != "" {
		whose[s.alerts] = "alerts.token_file"
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		what := "alerts.senders." + name + ".token_file"
		token, err := readToken(what, all[name].TokenFile)
		if err != nil {
			return err
		}
		if other := whose[token]; token != "" && other != "" {
			return failed("give each a token of its own: `openssl rand -hex 32` makes one",
				"read %s: %s holds the same token as %s, so whoever has it could post as both", what, all[name].TokenFile, other)
		}
		whose[token] = what
		s.senders = append(s.senders, console.Sender{Name: name, Token: token, Sources: all[name].Sources})
	}
	return nil
}

func (s *secrets) readEmbedded(e *config.Embedded) error {
	for _, name := range slices.Sorted(maps.Keys(e.Users)) {
		if file := e.Users[name].PasswordFile; file != "" {
			password, err := readToken("the password of "+name, file)
			if err != nil {
				return err
			}
			s.passwords[name] = password
		}
	}
	if err := s.readCluster(e.Cluster); err != nil {
		return err
	}
	if e.TLS == nil {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(e.TLS.Cert, e.TLS.Key)
	if err != nil {
		return failed("nats.embedded.tls of holdfast.yaml names cert and key", "read the certificate: %w", err)
	}
	s.natsTLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	return nil
}

// readCluster reads by what the nodes of a cluster know each other.
func (s *secrets) readCluster(c *config.Cluster) (err error) {
	if c == nil {
		return nil
	}
	if s.routes, err = readToken("the password of the cluster", c.PasswordFile); err != nil || c.TLS == nil {
		return err
	}
	if s.routesTLS, err = clientTLS(*c.TLS); err != nil {
		return err
	}
	s.routesTLS.ClientCAs, s.routesTLS.ClientAuth = s.routesTLS.RootCAs, tls.RequireAndVerifyClientCert
	return nil
}

// users are the embedded server's, with their passwords.
func (s *secrets) users(e *config.Embedded) []embedded.User {
	var users []embedded.User
	for _, name := range slices.Sorted(maps.Keys(e.Users)) {
		u := e.Users[name]
		users = append(users, embedded.User{Name: name, Password: s.passwords[name], NKey: u.NKey, Publish: u.Publish, Subscribe: u.Subscribe})
	}
	return users
}

// readToken reads a file that holds one secret; no file, no secret.
func readToken(what, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", failed("holdfast.yaml names it", "read %s: %w", what, err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", failed("`openssl rand -hex 32` makes one", "read %s: %s is empty", what, file)
	}
	return token, nil
}

// clientTLS is how a client connects: whom it trusts, and who it says it is.
func clientTLS(t config.TLS) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, failed("", "read the certificate authorities: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, failed("it has to hold certificates in PEM", "%s holds no certificate", t.CA)
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, failed("", "read the certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// A certificate is the HTTP server's, read anew with the documents so that a renewed one needs no restart.
type certificate struct {
	cert, key string
	pair      atomic.Pointer[tls.Certificate]
}

func (c *certificate) read() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return failed("http.tls of holdfast.yaml names cert and key", "read the certificate: %w", err)
	}
	c.pair.Store(&pair)
	return nil
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.pair.Load(), nil }

// newHands are the hands for what the configuration allows playbooks to touch.
func newHands(cfg *config.Config, link *link, library *library, secrets *secrets, log zerolog.Logger) (*actions.Hands, error) {
	live, err := reach(cfg.Actions, config.For.Live)
	if err != nil {
		return nil, err
	}
	exercise, err := reach(cfg.Actions, config.For.Exercise)
	if err != nil {
		return nil, err
	}
	var ports []actions.Target
	for _, text := range cfg.Actions.TCP.Allow {
		port, err := actions.ParseEndpoint(text)
		if err != nil {
			return nil, fmt.Errorf("actions.tcp.allow: %w", err)
		}
		ports = append(ports, port)
	}
	kept, locks := map[string]actions.Secret{}, ""
	for name, s := range cfg.Secrets {
		kept[name] = s.Kept()
	}
	if len(cfg.Actions.Exec) > 0 {
		locks = cfg.Actions.Locks
	}
	return actions.New(actions.Config{HTTP: live.HTTP, TCP: ports, Subjects: live.Subjects, Commands: live.Commands, Exercise: exercise, Secrets: kept, Locks: locks,
		Conn: link.team, Channels: library.channels, BaseURL: cfg.HTTP.ExternalURL, TLS: secrets.actionsTLS,
		Logger: log.With().Str("part", "actions").Logger()})
}

// reach is what the configuration lets runs touch that pass.
func reach(a config.Actions, passes func(config.For) bool) (r actions.Reach, err error) {
	r = actions.Reach{Subjects: a.NATS.Named(passes), Commands: map[string]actions.Command{}}
	for _, text := range a.HTTP.Named(passes) {
		target, err := actions.ParseTarget(text)
		if err != nil {
			return r, fmt.Errorf("actions.http.allow: %w", err)
		}
		r.HTTP = append(r.HTTP, target)
	}
	for name, c := range a.Exec {
		if passes(c.For) {
			r.Commands[name] = actions.Command{Argv: c.Argv, Dir: c.Dir, Timeout: c.Timeout, Output: c.Output, Env: c.Env, Accepts: c.Accepts}
		}
	}
	return r, nil
}
