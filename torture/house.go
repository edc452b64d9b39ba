package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"holdfast/oncall"
)

// A house is everything that one daemon needs: configuration, documents, tokens. Several daemons of one organisation share
// the documents and differ in the rest.
type house struct {
	dir      string
	store    string // directory of the embedded store; "" with a server of one's own
	natsURL  string // of a server of one's own
	natsPort int    // of the embedded one
	httpPort int
	replicas int
	recorder string            // base URL of the world outside
	effects  string            // directory in which commands write
	tokens   map[string]string // by person
	hashes   map[string]string
	password string // of the recorder at the embedded server
}

// people are those of the house; each is in every role.
var people = []string{"ann", "bob", "cem", "dot"}

const services = 4 // shop-1, shop-2, …: each can be lost by itself

func (h *house) config() string    { return filepath.Join(h.dir, "holdfast.yaml") }
func (h *house) ready() string     { return filepath.Join(h.dir, "ready.json") }
func (h *house) hits() string      { return filepath.Join(h.dir, "hits") }
func (h *house) log() string       { return filepath.Join(h.dir, "daemon.log") }
func (h *house) url() string       { return fmt.Sprintf("http://127.0.0.1:%d", h.httpPort) }
func (h *house) recordsIn() string { return filepath.Join(h.dir, "records") }

// build writes it all.
func (h *house) build() (err error) {
	if h.httpPort, err = freePort(); err != nil {
		return err
	}
	if h.natsPort == 0 && h.natsURL == "" {
		if h.natsPort, err = freePort(); err != nil {
			return err
		}
	}
	if h.password == "" {
		random := make([]byte, 16)
		_, _ = rand.Read(random)
		h.password = hex.EncodeToString(random)
	}
	if h.tokens == nil {
		h.tokens, h.hashes = map[string]string{}, map[string]string{}
		for _, p := range people {
			random := make([]byte, 32)
			_, _ = rand.Read(random)
			h.tokens[p], h.hashes[p] = oncall.NewToken(random)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	natsPart := fmt.Sprintf("  url: %q\n  replicas: %d", h.natsURL, max(h.replicas, 1))
	if h.natsURL == "" {
		natsPart = fmt.Sprintf("  embedded:\n    store: %q\n    listen: \"127.0.0.1:%d\"\n    users: {recorder: {password_file: %q, publish: [holdfast.alerts.>], subscribe: [torture.>]}}",
			h.store, h.natsPort, filepath.Join(h.dir, "password"))
	}
	files := map[string]string{
		"password": h.password + "\n",
		"holdfast.yaml": fmt.Sprintf(`continuity: continuity
records: %q
nats:
%s
http: {listen: "127.0.0.1:%d"}
actions:
  http: {allow: [%q]}
  nats: {allow: [torture.>]}
  exec:
    mark: {argv: [%q, effect, %q, 15ms]}
    long: {argv: [%q, effect, %q, 400ms]}
  locks: %q
log: {level: info, format: json}
`, h.recordsIn(), natsPart, h.httpPort, h.recorder, self, h.effects, self, h.effects, filepath.Join(h.effects, "locks")),
		"continuity/bia.yaml":               h.bia(0),
		"continuity/people.yaml":            h.people(0),
		"continuity/playbooks/recover.yaml": h.playbook("recover", "for: {services: [shop-1, shop-2, shop-3, shop-4]}\n"),
		"continuity/playbooks/site-a.yaml":  h.playbook("move-shop-site", "for: {services: [shop-site], lost: [site-a]}\n"),
	}
	for name, text := range files {
		if err := h.write(name, text); err != nil {
			return err
		}
	}
	return nil
}

func (h *house) write(name, text string) error {
	path := filepath.Join(h.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	next := path + ".next"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// people.yaml in its nth edition: what changes is what somebody is called, so that a reload has something to adopt and the
// sealed copy something to write.
func (h *house) people(edition int) string {
	var b strings.Builder
	b.WriteString("people:\n")
	for _, p := range people {
		fmt.Fprintf(&b, "  %s: {name: \"%s, edition %d\", channels: [{webhook: %q}], token_hash: %q}\n", p, p, edition, h.recorder+"/tell", h.hashes[p])
	}
	fmt.Fprintf(&b, "roles:\n  director: {people: [%s]}\n", strings.Join(people, ", "))
	return b.String()
}

func (h *house) bia(edition int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "organisation: Torture\nversion: \"%d\"\n", edition)
	b.WriteString("defaults: {confirm_for: 300ms, recover_for: 1s, decision_margin: 1s}\nservices:\n")
	for n := range services {
		fmt.Fprintf(&b, "  shop-%d: {vital: true, mtpd: 2h, rto: 1h, rtc: 1m, needs: [shop-%d-machine]}\n", n+1, n+1)
	}
	b.WriteString("  shop-site: {vital: true, mtpd: 2h, rto: 1h, rtc: 1m, needs: [{any_of: [site-1, site-2], full: 2, minimum: 1}]}\n")
	b.WriteString("sites: {site-a: {}}\nobservers:\n  prom: {heartbeat: {match: {alertname: Watchdog}, every: 1h}}\n  probe: {heartbeat: {match: {alertname: Watchdog}, every: 1h}}\ncomponents:\n")
	for n := range services {
		fmt.Fprintf(&b, "  shop-%d-machine: {observers: [prom]}\n", n+1)
	}
	b.WriteString("  site-1: {site: site-a, class: compute, observers: [prom]}\n  site-2: {site: site-a, class: compute, observers: [prom]}\n  site-net: {site: site-a, class: network, observers: [prom]}\n")
	b.WriteString("criteria: {site_loss_inferred: {observers: 1}}\n")
	b.WriteString("declaration: {authority: director, mode: automatic, automatic_for: [site_loss_inferred], rearm_after: 1s}\n")
	return b.String()
}

// playbook has every kind of step, with each answer to the question whether it may be sent twice.
func (h *house) playbook(id, fits string) string {
	return "playbook: " + id + "\nversion: 1\n" + fits + "rtc: 1m\nsteps:\n" + strings.ReplaceAll(`
  - {id: page, phase: activation, notify: [director]}
  - {id: call,       after: [], run: {http: {url: "REC/do/call"}}, timeout: 10s, repeat: safe, retry: 5, backoff: 50ms, undo: {run: {http: {url: "REC/do/uncall"}}, repeat: safe}}
  - {id: bus,        after: [], run: {nats: {subject: torture.bus}}, timeout: 10s, repeat: safe, retry: 20, backoff: 50ms}
  - {id: mark,       after: [], run: {exec: {command: mark}}, timeout: 10s, repeat: safe, undo: {run: {exec: {command: mark}}, repeat: safe}}
  - {id: once-call,  after: [], run: {http: {url: "REC/do/once-call"}}, timeout: 10s, repeat: never}
  - {id: once-bus,   after: [], run: {nats: {subject: torture.once}}, timeout: 10s, repeat: ask}
  - {id: once-mark,  after: [], run: {exec: {command: mark}}, timeout: 10s, repeat: never}
  - {id: long,       after: [], run: {exec: {command: long}}, timeout: 10s, repeat: safe}
  - {id: seen,       after: [call, bus, mark], verify: {http: {url: "REC/seen", reply: {seen: true}}, for: 150ms, every: 100ms}, timeout: 30s}
  - {id: look,       after: [page], do: Look at it, role: director}
  - {id: go,         after: [look], decide: Go on?, role: director, approvals: 2}
  - {id: last,       after: [go, seen, once-call, once-bus, once-mark, long], run: {http: {url: "REC/do/last"}}, timeout: 10s, repeat: ask, milestone: recovered}
`[1:], "REC", h.recorder)
}

// start starts the daemon of the house with what is planted in it, and returns at once.
func (h *house) start(program, planted string, more ...string) (*process, error) {
	_ = os.Remove(h.ready())
	env := []string{"HOLDFAST_FAILPOINT=" + planted, "HOLDFAST_FAILPOINT_LOG=" + h.hits(), "GOMAXPROCS=2"}
	return spawn(h.log(), env, program, append([]string{"serve", "--config", h.config(), "--ready-file", h.ready()}, more...)...)
}

// await waits until the daemon is up, or is dead.
func (h *house) await(p *process, patience time.Duration) error {
	return until(patience, "the daemon is up", func() error {
		if p.dead() {
			return nil
		}
		_, err := readReady(h.ready())
		return err
	})
}

// points are the failpoints that were reached since the file was last taken away, each with the actions that it carried out.
func (h *house) points() map[string][]string {
	found := map[string][]string{}
	text, _ := os.ReadFile(h.hits())
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		name, action, acted := strings.Cut(line, " ")
		if found[name] == nil {
			found[name] = []string{}
		}
		if acted {
			found[name] = append(found[name], action)
		}
	}
	return found
}
