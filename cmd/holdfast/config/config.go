// Package config is holdfast.yaml: where the documents are, where NATS is, who may reach the daemon, and what playbooks
// may touch. It is read strictly, with the same drawn problems as every other document.
package config

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"holdfast/internal/source"
	"holdfast/invoker/actions"
	"holdfast/journal"
	"holdfast/playbooks"
)

// A Config is a whole holdfast.yaml, its defaults filled in and its paths made absolute.
type Config struct {
	Marks source.Marks `doc:",marks"`

	Continuity string  `doc:"continuity"` // directory of bia.yaml, people.yaml, playbooks/; default "continuity"
	Records    string  `doc:"records"`    // directory of what is kept beside the journal; default: that of the embedded server's store; with a server of your own "data"
	NATS       NATS    `doc:"nats"`
	Alerts     Alerts  `doc:"alerts"`
	Trail      Trail   `doc:"journal"`
	HTTP       HTTP    `doc:"http"`
	Actions    Actions `doc:"actions"`
	Log        Log     `doc:"log"`

	Watchdog *Watchdog `doc:"watchdog"` // who notices from outside that holdfast itself is gone

	Secrets map[string]*Secret `doc:"secrets"` // what playbooks refer to as {secret: NAME}, by name

	File string // where it was read from
}

// NATS is where the two logs are kept: in a server inside the daemon, or in one of your own.
type NATS struct {
	Marks    source.Marks `doc:",marks"`
	Embedded *Embedded    `doc:"embedded"` // the default
	URL      string       `doc:"url"`      // or: a server of your own, 2.12 or newer, with JetStream
	Creds    string       `doc:"creds"`    // file with a JWT and its seed
	NKey     string       `doc:"nkey"`     // file with an nkey seed
	TLS      *TLS         `doc:"tls"`
	Replicas int          `doc:"replicas"` // copies of each stream in your own cluster; default 1
}

// Embedded is the nats-server inside the daemon.
type Embedded struct {
	Marks     source.Marks     `doc:",marks"`
	Store     string           `doc:"store"`     // directory; default "data/nats"
	Listen    string           `doc:"listen"`    // default 127.0.0.1:4222; "none": nobody but the daemon itself
	TLS       *TLS             `doc:"tls"`       // needed where listen is not loopback
	Users     map[string]*User `doc:"users"`     // who may connect, and say or hear what
	Anonymous *bool            `doc:"anonymous"` // may a client on loopback publish alerts without credentials? default true
	Cluster   *Cluster         `doc:"cluster"`   // of several daemons, each with a node of it inside; default: this one is alone
}

// Cluster is what several daemons make up together, each with one node of it inside: the logs have a copy on each.
type Cluster struct {
	Marks        source.Marks `doc:",marks"`
	Name         string       `doc:"name"`           // the same on every node; default "holdfast"
	Node         string       `doc:"node"`           // this one's own, for ever; default: the name of the machine
	Listen       string       `doc:"listen"`         // where the other nodes reach this one; default 127.0.0.1:6222
	Peers        []string     `doc:"peers,required"` // host:port of all nodes, three or five
	TLS          *TLS         `doc:"tls"`            // ca, cert and key, by which the nodes know each other; needed where they are not on loopback
	PasswordFile string       `doc:"password_file"`  // the same on every node; likewise
}

// A User is a client of the embedded server; one of PasswordFile and NKey is written.
type User struct {
	Marks        source.Marks `doc:",marks"`
	Name         string       `doc:",key"`
	PasswordFile string       `doc:"password_file"`
	NKey         string       `doc:"nkey"` // the public key
	Publish      []string     `doc:"publish"`
	Subscribe    []string     `doc:"subscribe"`
}

// Alerts is the alert log: what it takes in beside holdfast.alerts.>, how much it keeps, and who may post.
type Alerts struct {
	Marks     source.Marks  `doc:",marks"`
	Subjects  []string      `doc:"subjects"`   // further ones, on which your monitoring publishes already
	Sources   []Stream      `doc:"sources"`    // streams that you have already; what they hold from now on is copied in
	MaxAge    time.Duration `doc:"max_age"`    // how long alerts are kept; default 400d
	MaxBytes  int           `doc:"max_bytes"`  // default 1 GiB; a full log refuses new alerts rather than forget old ones
	TokenFile string        `doc:"token_file"` // what an Alertmanager sends as bearer token; without it whoever may look may post

	Senders map[string]*Sender `doc:"senders"` // who posts with a token of their own, by name; nobody else posts to their sources
}

// A Sender is a source of alerts over HTTP with a token of its own, so that a stolen one speaks for one source alone.
type Sender struct {
	Marks     source.Marks `doc:",marks"`
	Name      string       `doc:",key"`
	TokenFile string       `doc:"token_file"` // what it sends as bearer token; without it nobody posts to its sources over HTTP
	Sources   []string     `doc:"sources"`    // what it may post to: the last word of /api/v1/alerts/…; default: its name
}

// Trail is the log of decisions: who else keeps what it was.
type Trail struct {
	Marks       source.Marks `doc:",marks"`
	Checkpoints *Checkpoints `doc:"checkpoints"` // default: none are kept
}

// Checkpoints are signed lines that say what the logs were, kept where who can change the logs cannot change them: then it
// shows if the end was cut off, or all was replaced. At least one place is named; all that are get every checkpoint.
type Checkpoints struct {
	Marks   source.Marks  `doc:",marks"`
	Every   time.Duration `doc:"every"`   // if there is something new; default 1m
	File    string        `doc:"file"`    // is appended to: on another disk or machine, best where it cannot be changed
	URL     string        `doc:"url"`     // is posted to
	Subject string        `doc:"subject"` // of NATS, is published to
}

// A Stream is one of JetStream's.
type Stream struct {
	Marks  source.Marks `doc:",marks"`
	Stream string       `doc:"stream,required"`
	Filter string       `doc:"filter"` // subject; default all
	Domain string       `doc:"domain"` // JetStream domain, where it is another one
}

// HTTP is where the API, the pages and the metrics are served.
type HTTP struct {
	Marks       source.Marks `doc:",marks"`
	Listen      string       `doc:"listen"` // default 127.0.0.1:9464
	TLS         *TLS         `doc:"tls"`
	ExternalURL string       `doc:"external_url"`       // how people reach the pages; written into notices
	MetricsFile string       `doc:"metrics_token_file"` // what a Prometheus sends as bearer token where reading is not free
}

// TLS is a certificate with its key, and whom to trust; files.
type TLS struct {
	Marks source.Marks `doc:",marks"`
	CA    string       `doc:"ca"`
	Cert  string       `doc:"cert"`
	Key   string       `doc:"key"`
}

// Actions is what playbooks may touch. What is not named here cannot be reached, whatever a playbook says.
type Actions struct {
	Marks source.Marks        `doc:",marks"`
	HTTP  Targets             `doc:"http"`
	TCP   Ports               `doc:"tcp"`   // what probes may connect to besides
	NATS  Allowed             `doc:"nats"`  // subjects, wildcards allowed
	Exec  map[string]*Command `doc:"exec"`  // commands by name
	Locks string              `doc:"locks"` // directory of the files by which a command that outlived its daemon is found; default: beside the embedded store, else in the state directory that systemd gives, else "data/commands"
}

// A Secret is kept in exactly one place. It is read anew for each effect that refers to it, and written nowhere.
type Secret struct {
	Marks      source.Marks `doc:",marks"`
	Name       string       `doc:",key"`
	File       string       `doc:"file"`
	Credential string       `doc:"credential"` // one that systemd hands over (LoadCredential=)
	Env        string       `doc:"env"`        // a variable of the daemon's environment
	Only       *Recipients  `doc:"only"`       // who may be handed it; default: whoever playbooks may touch
}

// Recipients are who may be handed a secret.
type Recipients struct {
	Marks source.Marks `doc:",marks"`
	HTTP  []string     `doc:"http"` // scheme, host and port
	NATS  []string     `doc:"nats"` // subjects, wildcards allowed
	Exec  []string     `doc:"exec"` // commands by name
}

// Kept is where a secret is kept and who may have it, as the hands take it. What cannot be read of it is a problem that was
// told when the configuration was read.
func (s *Secret) Kept() actions.Secret {
	kept := actions.Secret{File: s.File, Credential: s.Credential, Env: s.Env}
	if s.Only == nil {
		return kept
	}
	kept.Only = &actions.Recipients{Subjects: s.Only.NATS, Commands: s.Only.Exec}
	for _, text := range s.Only.HTTP {
		if target, err := actions.ParseTarget(text); err == nil {
			kept.Only.HTTP = append(kept.Only.HTTP, target)
		}
	}
	return kept
}

// A Watchdog is a page outside that is called for as long as the daemon is in charge and can record what it decides. Who runs
// it is to be told when the calls stay away.
type Watchdog struct {
	Marks source.Marks  `doc:",marks"`
	URL   string        `doc:"url,required"`
	Every time.Duration `doc:"every"` // default 1m
}

// Targets are the places that may be called, by playbooks and to tell people.
type Targets struct {
	Marks source.Marks `doc:",marks"`
	Allow []Target     `doc:"allow"` // scheme, host and port: https://fence.internal
	CA    string       `doc:"ca"`    // file with the authorities to trust; default: the system's
}

// Ports are hosts with ports.
type Ports struct {
	Marks source.Marks `doc:",marks"`
	Allow []string     `doc:"allow"` // ledger.internal:5432
}

// Allowed is a list of subjects.
type Allowed struct {
	Marks source.Marks `doc:",marks"`
	Allow []Subject    `doc:"allow"`
}

// A Command is a program that playbooks may run by its name.
type Command struct {
	Marks   source.Marks  `doc:",marks"`
	Name    string        `doc:",key"`
	Argv    []string      `doc:"argv,required"` // program (an absolute path) and first arguments; never a shell line
	Dir     string        `doc:"dir"`           // default /
	Timeout time.Duration `doc:"timeout"`       // at most this long, whatever the step says
	Output  int           `doc:"output"`        // bytes of output that are kept; default 4096
	For     For           `doc:"for"`           // live | exercise | both; default live

	Env     map[string]playbooks.Text `doc:"env"`     // its environment beside HOLDFAST_…; each written out, or {secret: NAME}
	Accepts []string                  `doc:"accepts"` // variables that a step may set as well
}

// Log is how the daemon logs.
type Log struct {
	Marks  source.Marks `doc:",marks"`
	Level  string       `doc:"level"`  // debug | info | warn | error; default info
	Format string       `doc:"format"` // auto | json | console; auto: console on a terminal, else json
}

// Defaults of holdfast.yaml.
const (
	DefaultHTTP       = "127.0.0.1:9464"
	DefaultNATS       = "127.0.0.1:4222"
	DefaultStore      = "data/nats"
	DefaultCluster    = "holdfast"
	DefaultRoutes     = "127.0.0.1:6222"
	DefaultContinuity = "continuity"
	None              = "none" // of listen: nobody
)

// Load reads a file. The error is source.Problems where the text is wrong.
func Load(file string) (*Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	c, problems := Parse(file, text)
	if problems.HasErrors() {
		return nil, problems
	}
	return c, nil
}

// Parse reads and checks a text; file says where it stands, and what relative paths start from. With an error among the
// problems it must not be used.
func Parse(file string, text []byte) (*Config, source.Problems) {
	c := &Config{File: file}
	problems := source.Decode(file, text, c)
	if problems.HasErrors() {
		return c, problems
	}
	c.fill()
	k := checker{Config: c, whole: source.Mark{Position: source.Position{File: file}}}
	k.check()
	return c, append(problems, k.problems...)
}

// fill puts in what was not written, and makes paths absolute.
func (c *Config) fill() {
	orElse(&c.Continuity, DefaultContinuity)
	orElse(&c.HTTP.Listen, DefaultHTTP)
	orElse(&c.Log.Level, "info")
	orElse(&c.Log.Format, "auto")
	if c.NATS.Embedded == nil && c.NATS.URL == "" {
		c.NATS.Embedded = &Embedded{}
	}
	if e := c.NATS.Embedded; e != nil {
		orElse(&e.Store, DefaultStore)
		orElse(&e.Listen, DefaultNATS)
		if k := e.Cluster; k != nil {
			orElse(&k.Name, DefaultCluster)
			orElse(&k.Listen, DefaultRoutes)
			if host, err := os.Hostname(); err == nil {
				orElse(&k.Node, host)
			}
			c.NATS.Replicas = len(k.Peers)
		}
	}
	if c.NATS.Embedded == nil {
		orElse(&c.Records, "data")
	} else {
		orElse(&c.Records, c.NATS.Embedded.Store)
	}
	if k := c.Trail.Checkpoints; k != nil && k.Every == 0 {
		k.Every = time.Minute
	}
	for _, sender := range c.Alerts.Senders {
		if len(sender.Sources) == 0 {
			sender.Sources = []string{sender.Name}
		}
	}
	if c.NATS.Replicas == 0 {
		c.NATS.Replicas = 1
	}
	if c.Watchdog != nil && c.Watchdog.Every == 0 {
		c.Watchdog.Every = time.Minute
	}
	for _, cmd := range c.Actions.Exec {
		orElse(&cmd.Dir, "/")
		if cmd.Output == 0 {
			cmd.Output = 4096
		}
		if cmd.For == "" {
			cmd.For = ForLive
		}
	}
	if c.Actions.Locks == "" {
		c.Actions.Locks = c.locks()
	}
	for _, path := range c.paths() {
		c.absolute(path)
	}
}

// locks is where commands are marked as running unless holdfast.yaml says where.
func (c *Config) locks() string {
	switch state := os.Getenv("STATE_DIRECTORY"); {
	case c.NATS.Embedded != nil:
		return filepath.Join(filepath.Dir(c.NATS.Embedded.Store), "commands")
	case filepath.IsAbs(state):
		return filepath.Join(state, "commands")
	}
	return "data/commands"
}

// paths are all the files and directories that the configuration names.
func (c *Config) paths() []*string {
	all := []*string{&c.Continuity, &c.Records, &c.NATS.Creds, &c.NATS.NKey, &c.Alerts.TokenFile, &c.HTTP.MetricsFile, &c.Actions.HTTP.CA, &c.Actions.Locks}
	for _, secret := range c.Secrets {
		all = append(all, &secret.File)
	}
	for _, sender := range c.Alerts.Senders {
		all = append(all, &sender.TokenFile)
	}
	if k := c.Trail.Checkpoints; k != nil {
		all = append(all, &k.File)
	}
	tls := []*TLS{c.NATS.TLS, c.HTTP.TLS}
	if e := c.NATS.Embedded; e != nil {
		all = append(all, &e.Store)
		tls = append(tls, e.TLS)
		for _, u := range e.Users {
			all = append(all, &u.PasswordFile)
		}
		if e.Cluster != nil {
			all = append(all, &e.Cluster.PasswordFile)
			tls = append(tls, e.Cluster.TLS)
		}
	}
	for _, t := range tls {
		if t != nil {
			all = append(all, &t.CA, &t.Cert, &t.Key)
		}
	}
	return all
}

// absolute makes a relative path start from the directory of holdfast.yaml.
func (c *Config) absolute(path *string) {
	if *path == "" || filepath.IsAbs(*path) {
		return
	}
	*path = filepath.Join(filepath.Dir(c.File), *path)
	if abs, err := filepath.Abs(*path); err == nil {
		*path = abs
	}
}

func orElse(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

// AnonymousAlerts reports whether a client of the embedded server may publish alerts without credentials.
func (e *Embedded) AnonymousAlerts() bool {
	return (e.Anonymous == nil || *e.Anonymous) && Loopback(e.Listen)
}

// MadeJournal is how the streams are set up by whoever may make them: in addition they take in what the daemon says itself.
func (c *Config) MadeJournal() journal.Options {
	o := c.Journal()
	o.Own = true
	return o
}

// Journal is how the streams are set up, as far as a daemon may.
func (c *Config) Journal() journal.Options {
	o := journal.Options{Replicas: c.NATS.Replicas, AlertsMaxAge: c.Alerts.MaxAge, AlertsMaxBytes: int64(c.Alerts.MaxBytes), Subjects: c.Alerts.Subjects}
	if e := c.NATS.Embedded; e != nil {
		o.Own = true // of a server of one's own `holdfast setup` sees to that
		o.HeadFile = filepath.Join(e.Store, journal.HeadFile)
	}
	for _, s := range c.Alerts.Sources {
		o.Sources = append(o.Sources, journal.Source{Stream: s.Stream, Filter: s.Filter, Domain: s.Domain})
	}
	return o
}
