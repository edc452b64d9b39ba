//go:build unix

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// canaries are secrets that nothing but a target must ever get to see: one of each place where one can be kept.
var canaries = map[string]string{
	"file":       `kan4rie&of/the "file"+`,
	"credential": "kan4rie-that-systemd-hands-over",
	"env":        "kan4rie_of_the_environment?",
	"rotated":    "kan4rie-before-its-rotation",
	"new":        "kan4rie-after-it-was-rotated",
}

const canaryBIA = `
organisation: Shop
defaults: {confirm_for: 1s, recover_for: 2s, decision_margin: 10m}
services:
  shop: {vital: true, mtpd: 2h, rto: 1h, rtc: 50m, needs: [db-1]}
sites: {a: {}}
components:
  db-1: {site: a, observers: [prom]}
observers:
  prom: {heartbeat: {match: {alertname: Watchdog}, every: 1h}}
declaration: {authority: director, mode: automatic, automatic_for: [decision_point]}
`

// canaryPlaybook hands secrets to targets in every way that there is, and has each answer well, badly and not at all.
const canaryPlaybook = `
playbook: restore
for: {services: [shop]}
rtc: 50m
steps:
  - {id: header,  run: {http: {url: "TARGET/200", header: {Authorization: {secret: credential, as: bearer}, X-Other: {secret: file}}}}}
  - {id: body,    run: {http: {url: "TARGET/200", body: {a: [{secret: file}], b: {c: {secret: env}}}}}}
  - {id: basic,   run: {http: {url: "TARGET/500", header: {Authorization: {secret: file, as: basic}}}}, on_failure: continue}
  - {id: lies,    run: {http: {url: "TARGET/200", header: {X-Key: {secret: env}}, reply: {fine: true}}}, on_failure: continue}
  - {id: garbage, run: {http: {url: "TARGET/garbage", header: {X-Key: {secret: credential}}}}, repeat: safe, on_failure: continue}
  - {id: hangs,   run: {http: {url: "TARGET/hang", header: {X-Key: {secret: credential}}}}, timeout: 300ms, repeat: safe, on_failure: continue}
  - {id: nats,    run: {nats: {subject: ledger.good, header: {Token: {secret: credential}}, request: {key: {secret: file}}}}}
  - {id: natsno,  run: {nats: {subject: ledger.bad, header: {Token: {secret: env}}}}, on_failure: continue}
  - {id: exec,    run: {exec: {command: tell, env: {STEP_TOKEN: {secret: env}}}}}
  - {id: execno,  run: {exec: {command: fail, env: {STEP_TOKEN: {secret: env}}}}, on_failure: continue}
  - {id: old,     run: {http: {url: "TARGET/200", body: {secret: rotated}}}}
  - {id: rotate,  do: Rotate the secret, role: director, within: 1h}
  - {id: new,     run: {http: {url: "TARGET/200", body: {secret: rotated}}}}
  - {id: probe,   verify: {http: {url: "TARGET/500", header: {X-Key: {secret: env}}}, every: 100ms}, timeout: 300ms, on_failure: continue}
  - {id: query,   verify: {prometheus: {url: "TARGET/prometheus", query: up, equals: 1, header: {Authorization: {secret: env, as: bearer}}}, every: 100ms}, timeout: 300ms, on_failure: continue}
  - {id: missing, run: {http: {url: "TARGET/200", header: {X-Key: {secret: missing}}}}, on_failure: continue}
  - {id: stuck,   run: {http: {url: "TARGET/500", header: {X-Key: {secret: file}, X-Other: {secret: credential}}}}}
`

// A parrot is a target that says everything it hears, in all the ways it knows, and remembers it.
type parrot struct {
	*httptest.Server
	mu      sync.Mutex
	heard   string // by playbooks' targets
	notices string // by people's pagers
}

func newParrot(t *testing.T) *parrot {
	t.Helper()
	p := &parrot{}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if strings.HasPrefix(r.URL.Path, "/pager") {
		p.keep(&p.notices, string(body)+fmt.Sprint(r.Header))
		return
	}
	var plain any
	_ = json.Unmarshal(body, &plain)
	_, password, _ := r.BasicAuth()
	squawk := p.squawk(r.Header.Get("Authorization"), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), password, r.Header.Get("X-Key"), r.Header.Get("X-Other"), string(body), fmt.Sprint(plain))
	for _, s := range textsIn(plain) {
		squawk += p.squawk(s)
	}
	switch r.URL.Path {
	case "/500":
		w.WriteHeader(http.StatusInternalServerError)
	case "/prometheus/api/v1/query":
		text, _ := json.Marshal(map[string]any{"status": "success", "warnings": []string{squawk}})
		squawk = string(text)
	case "/hang":
		<-r.Context().Done()
	case "/garbage":
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.1 "+strings.ReplaceAll(squawk, "\n", " ")+"\r\n\r\n")
			_ = c.Close()
			return
		}
	}
	w.Header().Set("X-Echo", url.QueryEscape(squawk)[:min(200, len(url.QueryEscape(squawk)))])
	_, _ = io.WriteString(w, squawk)
}

// textsIn are the texts in a body.
func textsIn(v any) (all []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, item := range v {
			all = append(all, textsIn(item)...)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			all = append(all, textsIn(v[key])...)
		}
	}
	return all
}

func (p *parrot) keep(where *string, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*where += what + "\n"
}

func (p *parrot) squawk(words ...string) string {
	var b strings.Builder
	for _, word := range words {
		if word != "" {
			p.keep(&p.heard, word)
			for _, form := range formsOf(word) {
				b.WriteString("<" + form + ">\n")
			}
		}
	}
	return b.String()
}

// formsOf are the ways in which a word can be told.
func formsOf(s string) []string {
	quoted, _ := json.Marshal(s)
	return []string{
		s, strings.Trim(string(quoted), `"`), url.QueryEscape(s), url.PathEscape(s), html.EscapeString(s), hex.EncodeToString([]byte(s)), strings.ToUpper(s), fmt.Sprintf("%q", s),
		base64.StdEncoding.EncodeToString([]byte(s)), base64.URLEncoding.EncodeToString([]byte(s)),
		base64.StdEncoding.EncodeToString([]byte("u:" + s)), base64.StdEncoding.EncodeToString([]byte("a" + s)),
	}
}

// shown says in which form a text shows a canary, if it does.
func shown(text, canary string) (form string, ok bool) {
	for _, form := range formsOf(canary) {
		core := form
		if form != canary && len(form) > 16 {
			core = form[4 : len(form)-4] // what stands before and after it may change an encoding at its ends
		}
		if strings.Contains(text, core) {
			return form, true
		}
	}
	return "", false
}

// TestNoSecretIsEverTold starts a daemon of its own, lets a playbook hand secrets to targets that echo them, and looks for
// them in everything that the daemon writes, says and shows.
func TestNoSecretIsEverTold(t *testing.T) {
	dir := t.TempDir()
	p := newParrot(t)
	token := shop(t, dir)
	h := keepCanaries(t, dir, p)
	d := h.start(t)
	withToken(t, token)
	t.Setenv(envServer, d.HTTP)
	h.answer(t, d.NATS)

	h.alert(t, d.HTTP)
	id := h.until(t, d.HTTP, "rotate", "waiting")
	put(t, dir, "secrets/rotated", canaries["new"])
	if _, said, code := typed(t, "done", id, "rotate"); code != 0 {
		t.Fatalf("done: exit %d: %s", code, said)
	}
	h.until(t, d.HTTP, "stuck", "stuck")

	told := h.everything(t, d.HTTP, id)
	h.stop(t)
	told["the daemon's log"] = h.said.String()
	told["notices"] = p.notices
	h.stored(t, told)

	p.check(t, told)
}

// check wants every canary heard by a target, and none of them anywhere else.
func (p *parrot) check(t *testing.T, told map[string]string) {
	t.Helper()
	for name, canary := range canaries {
		if !strings.Contains(p.heard, canary) {
			t.Errorf("the secret %s was sent to nobody, so nothing is proven", name)
		}
		for _, where := range slices.Sorted(maps.Keys(told)) {
			if form, ok := shown(told[where], canary); ok {
				t.Errorf("%s shows the secret %s, as %s", where, name, form)
			}
		}
	}
	for _, where := range []string{"GET /api/v1/incidents/ID", "GET /incidents/ID", "report as markdown", "report as json", "report as html", "the daemon's log", "notices", "the store"} {
		if !strings.Contains(told[where], "[secret ") {
			t.Errorf("%s holds no word of what the targets echoed, so nothing is proven: %.600s", where, told[where])
		}
	}
}

// A caged daemon is one in a process of its own, of which everything is kept.
type caged struct {
	dir, ready string
	process    *exec.Cmd
	said       bytes.Buffer
}

func keepCanaries(t *testing.T, dir string, p *parrot) *caged {
	t.Helper()
	put(t, dir, "secrets/file", canaries["file"]+"\n")
	put(t, dir, "secrets/rotated", canaries["rotated"])
	put(t, dir, "credentials/handed", canaries["credential"]+"\n")
	put(t, dir, "ledger-password", "pass")
	put(t, dir, "tell.sh", `printf '%s\n' "$TOKEN" "$STEP_TOKEN"; printf '%s' "$STEP_TOKEN" | base64; printf 'x:%s' "$TOKEN" | base64; env; exit ${1:-0}`)
	put(t, dir, "continuity/bia.yaml", canaryBIA)
	people, err := os.ReadFile(filepath.Join(dir, "continuity/people.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "continuity/people.yaml", strings.ReplaceAll(string(people), "channels: [{log: true}]", fmt.Sprintf("channels: [{webhook: %q}, {log: true}]", p.URL+"/pager")))
	put(t, dir, "continuity/playbooks/restore.yaml", strings.ReplaceAll(canaryPlaybook, "TARGET", p.URL))
	put(t, dir, "holdfast.yaml", fmt.Sprintf(`
nats:
  embedded:
    listen: "127.0.0.1:0"
    users: {ledger: {password_file: ledger-password, subscribe: [ledger.*], publish: [_INBOX.>]}}
http: {listen: "127.0.0.1:0"}
log: {level: debug, format: json}
secrets:
  file: {file: secrets/file}
  credential: {credential: handed}
  env: {env: HOLDFAST_TEST_CANARY}
  rotated: {file: secrets/rotated}
  missing: {file: secrets/missing}
actions:
  http: {allow: [%q]}
  nats: {allow: [ledger.*]}
  exec:
    tell: {argv: [/bin/sh, %[2]q], env: {TOKEN: {secret: file}, PATH: /usr/bin:/bin}, accepts: [STEP_TOKEN]}
    fail: {argv: [/bin/sh, %[2]q, "3"], env: {TOKEN: {secret: credential}, PATH: /usr/bin:/bin}, accepts: [STEP_TOKEN]}
`, p.URL, filepath.Join(dir, "tell.sh")))
	return &caged{dir: dir, ready: filepath.Join(dir, "up")}
}

func (c *caged) start(t *testing.T) (d address) {
	t.Helper()
	c.launch(t)
	soon(t, "the daemon's start", func() error {
		text, err := os.ReadFile(c.ready)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &d)
	})
	return d
}

// launch starts the daemon and does not wait for it.
func (c *caged) launch(t *testing.T) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "holdfast") // by this name the test's own program is holdfast
	if err := os.Symlink(os.Args[0], program); err != nil {
		t.Fatal(err)
	}
	c.process = exec.CommandContext(t.Context(), program, "serve", "--config", filepath.Join(c.dir, "holdfast.yaml"), "--ready-file", c.ready)
	c.process.Env = append(os.Environ(), "HOLDFAST_TEST_CANARY="+canaries["env"], "CREDENTIALS_DIRECTORY="+filepath.Join(c.dir, "credentials"))
	c.process.Stdout, c.process.Stderr = &c.said, &c.said
	if err := c.process.Start(); err != nil {
		t.Fatal(err)
	}
}

func (c *caged) stop(t *testing.T) {
	t.Helper()
	_ = c.process.Process.Signal(syscall.SIGTERM)
	if err := c.process.Wait(); err != nil {
		t.Errorf("asked to stop, it ended with %v", err)
	}
}

// soon waits until something is no error any more.
func soon(t *testing.T, what string, happens func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(patient); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = happens(); err == nil {
			return
		}
	}
	t.Fatalf("%s: %v", what, err)
}

// answer is the ledger's, which repeats what it hears: one subject to a good end, the other as a no.
func (c *caged) answer(t *testing.T, server string) {
	t.Helper()
	nc, err := nats.Connect(server, nats.UserInfo("ledger", "pass"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	echo := &parrot{}
	for _, subject := range []string{"ledger.good", "ledger.bad"} {
		if _, err := nc.Subscribe(subject, func(m *nats.Msg) {
			reply := &nats.Msg{Header: nats.Header{}, Data: []byte(echo.squawk(m.Header.Get("Token"), string(m.Data)))}
			if subject == "ledger.bad" {
				reply.Header.Set("Holdfast-Error", "the token "+m.Header.Get("Token")+" is wrong, "+base64.StdEncoding.EncodeToString([]byte(m.Header.Get("Token"))))
			}
			_ = m.RespondMsg(reply)
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
}

func (c *caged) alert(t *testing.T, base string) {
	t.Helper()
	const body = `{"version":"4","groupKey":"{}","truncatedAlerts":0,"status":"firing","receiver":"holdfast","groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"",
 "alerts":[{"status":"firing","labels":{"alertname":"DatabaseDown","component":"db-1","observer":"prom"},"annotations":{},"startsAt":"0001-01-01T00:00:00Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"b4d5e1b5c1a2f301"}]}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/v1/alerts/alertmanager?source=prom", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the alert was not taken: %s", res.Status)
	}
}

// until waits for a step to be as it is wanted, and for every notice to be on its way; it returns the incident's id.
func (c *caged) until(t *testing.T, base, step, status string) (id string) {
	t.Helper()
	soon(t, step+" to be "+status, func() error {
		var list struct{ Incidents []struct{ ID string } }
		if err := json.Unmarshal([]byte(c.get(t, base+"/api/v1/incidents")), &list); err != nil || len(list.Incidents) != 1 {
			return fmt.Errorf("%d incidents (%w)", len(list.Incidents), err)
		}
		id = list.Incidents[0].ID
		var whole struct {
			Runs []struct {
				Steps []struct{ ID, Status, Reason string }
			}
			Notices []struct{ Sent time.Time }
		}
		if err := json.Unmarshal([]byte(c.get(t, base+"/api/v1/incidents/"+id)), &whole); err != nil || len(whole.Runs) == 0 {
			return fmt.Errorf("no run (%w)", err)
		}
		for _, s := range whole.Runs[0].Steps {
			if s.ID == step && s.Status != status {
				return fmt.Errorf("%+v", whole.Runs[0].Steps)
			}
		}
		for _, n := range whole.Notices {
			if n.Sent.IsZero() {
				return fmt.Errorf("a notice is still on its way")
			}
		}
		return nil
	})
	return id
}

func (c *caged) get(t *testing.T, address string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK && !strings.HasSuffix(address, "/-/ready") {
		t.Errorf("GET %s: %s (%v)", address, res.Status, err)
	}
	return string(text)
}

// everything is all that the daemon shows of an incident, to browsers, scrapers, programs and people at a terminal.
func (c *caged) everything(t *testing.T, base, id string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, path := range []string{"/", "/incidents/ID", "/metrics", "/-/ready", "/api/v1/status", "/api/v1/situations", "/api/v1/oncall", "/api/v1/incidents", "/api/v1/incidents/ID", "/api/v1/incidents/ID/explain"} {
		all["GET "+path] = c.get(t, base+strings.ReplaceAll(path, "ID", id))
	}
	for _, form := range []string{"markdown", "json", "html"} {
		all["report as "+form] = c.get(t, base+"/api/v1/incidents/"+id+"/report?format="+form+"&names=true")
	}
	for _, args := range [][]string{{"status"}, {"incident", id}, {"incident", id, "-o", "json"}, {"explain", id}, {"retry", id, "header"}, {"report", id}} {
		out, said, _ := typed(t, args...)
		all["holdfast "+args[0]+" "+strings.Join(args[1:], " ")] = out + said
	}
	return all
}

// stored adds every file that the daemon left.
func (c *caged) stored(t *testing.T, all map[string]string) {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(filepath.Join(c.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			text, readErr := os.ReadFile(path)
			b.Write(text)
			return readErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	all["the store"] = b.String()
}
