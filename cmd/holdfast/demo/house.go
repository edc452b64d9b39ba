package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/nats-io/nkeys"

	"holdfast/examples"
	"holdfast/oncall"
)

// A house is a directory with everything a daemon needs: configuration, documents, credentials.
type house struct {
	dir    string
	http   string            // address of the API
	nats   string            // address of the embedded nats-server
	tokens map[string]string // person -> file with the token
	client nkeys.KeyPair     // the stand-in's key for NATS

	monitors map[string]nkeys.KeyPair // observer -> its own
}

// observers are those of the example; each publishes by a credential of its own, on its own subject.
var observers = []string{"prom-south", "probes"}

const (
	configFile = "holdfast.yaml"
	reportFile = "report.md"
	booksFile  = "effects.jsonl"
	daemonLog  = "daemon.log"
)

// build writes the house of the example organisation, whose own systems answer at target.
func build(ctx context.Context, dir, target string, o Options) (*house, error) {
	h := &house{dir: dir, tokens: map[string]string{}, monitors: map[string]nkeys.KeyPair{}}
	var err error
	users := ""
	for _, observer := range observers {
		pair, err := nkeys.CreateUser()
		if err != nil {
			return nil, err
		}
		public, err := pair.PublicKey()
		if err != nil {
			return nil, err
		}
		h.monitors[observer] = pair
		users += fmt.Sprintf("\n      %s: {nkey: %s, publish: [holdfast.alerts.%s]}", observer, public, observer)
	}
	if h.client, err = nkeys.CreateUser(); err != nil {
		return nil, err
	}
	public, err := h.client.PublicKey()
	if err != nil {
		return nil, err
	}
	if h.http, err = freeAddress(ctx); err != nil {
		return nil, err
	}
	if h.nats, err = freeAddress(ctx); err != nil {
		return nil, err
	}
	if err := h.writeDocuments(target, o); err != nil {
		return nil, fmt.Errorf("write the documents: %w", err)
	}
	return h, h.write(configFile, fmt.Sprintf(`# Written by holdfast demo.
continuity: continuity
nats:
  embedded:
    store: nats
    listen: %q
    anonymous: false
    users:
      stand-in: {nkey: %s, subscribe: ["*.ledger.>"]}%s
http:
  listen: %q
  external_url: http://%s
actions:
  http: {allow: [%q]}
  nats: {allow: ["north.ledger.*", "south.ledger.*"]}
log: {level: info, format: json}
`, h.nats, public, users, h.http, h.http, target))
}

// writeDocuments copies the example's documents, with the stand-in's address and fresh tokens put in.
func (h *house) writeDocuments(target string, o Options) error {
	root, err := fs.Sub(examples.Parcels, "parcels")
	if err != nil {
		return err
	}
	return fs.WalkDir(root, "continuity", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || o.WithoutPlaybook && strings.HasPrefix(name, "continuity/playbooks/") {
			return err
		}
		raw, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		text := strings.ReplaceAll(string(raw), examples.StandIn, target)
		if o.Interactive {
			text = slower(text)
		}
		if name == "continuity/people.yaml" {
			if text, err = h.issueTokens(text); err != nil {
				return err
			}
		}
		return h.write(name, text)
	})
}

// persons finds the people of the example's people.yaml.
var persons = regexp.MustCompile(`(?m)^  ([a-z]+-[0-9]): +\{name:`)

// issueTokens gives everybody a token of their own, in a file that only this user reads; people.yaml gets the hash.
func (h *house) issueTokens(text string) (string, error) {
	var failure error
	text = persons.ReplaceAllStringFunc(text, func(line string) string {
		person := persons.FindStringSubmatch(line)[1]
		random := make([]byte, 32)
		_, _ = rand.Read(random) // never fails: crypto/rand ends the program rather than return weak bytes
		token, hash := oncall.NewToken(random)
		h.tokens[person] = filepath.Join(h.dir, "secrets", person)
		if err := h.write("secrets/"+person, token); err != nil {
			failure = err
		}
		return fmt.Sprintf("  %s: {token_hash: %q, name:", person, hash)
	})
	return text, failure
}

func (h *house) token(person string) (string, error) {
	text, err := os.ReadFile(h.tokens[person])
	return strings.TrimSpace(string(text)), err
}

func (h *house) write(name, text string) error {
	path := filepath.Join(h.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}

// For people who read before they act, the clocks run fifteen times as long.
const patience = 15

var (
	clocks  = regexp.MustCompile(`\b(mtpd|rto|wrt|rtc|value|within|decision_time_objective): ([0-9]+)(s|m)\b`)
	impacts = regexp.MustCompile(`\b([0-9]+)s: (negligible|minor|moderate|major|intolerable)\b`)
)

func slower(text string) string {
	text = clocks.ReplaceAllStringFunc(text, func(s string) string {
		m := clocks.FindStringSubmatch(s)
		n, _ := strconv.Atoi(m[2])
		return fmt.Sprintf("%s: %d%s", m[1], n*patience, m[3])
	})
	return impacts.ReplaceAllStringFunc(text, func(s string) string {
		m := impacts.FindStringSubmatch(s)
		n, _ := strconv.Atoi(m[1])
		return fmt.Sprintf("%ds: %s", n*patience, m[2])
	})
}

// freeAddress is a loopback address that nobody listens on; the daemon comes back to it when it is started again.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
