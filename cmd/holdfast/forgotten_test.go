//go:build unix

package main

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"holdfast/oncall"
)

// personal is what is known of somebody who is to be forgotten.
var personal = map[string]string{
	"her name":     "Annegret Kanarienvogel",
	"her pager":    "/pager/of-annegret",
	"a dead pager": "/nobody-hears/annegret",
}

// TestWhoIsForgottenIsAnIDInAllThatWasWritten has a daemon of its own tell and hear somebody, forgets them, and looks for what was known of
// them in everything that the daemon wrote and shows.
func TestWhoIsForgottenIsAnIDInAllThatWasWritten(t *testing.T) {
	dir := t.TempDir()
	p := newParrot(t)
	token, hash := oncall.NewToken([]byte(strings.Repeat("a", 32)))
	const rest = "  ben: {channels: [{log: true}]}\n  cat: {channels: [{log: true}]}\nroles:\n  director: {people: [%s]}\n"
	c := &caged{dir: dir, ready: filepath.Join(dir, "up")}
	put(t, dir, "continuity/bia.yaml", canaryBIA)
	put(t, dir, "continuity/playbooks/restore.yaml", "playbook: restore\nfor: {services: [shop]}\nrtc: 50m\nsteps:\n  - {id: look, do: Look, role: director, within: 1h}\n  - {id: more, do: Look again, role: director, within: 1h}\n")
	put(t, dir, "continuity/people.yaml", fmt.Sprintf("people:\n  ann: {name: %q, token_hash: %q, channels: [{webhook: %q}, {webhook: %q}, {log: true}]}\n"+rest,
		personal["her name"], hash, "http://127.0.0.1:1"+personal["a dead pager"], p.URL+personal["her pager"], "ann, ben"))
	put(t, dir, "holdfast.yaml", fmt.Sprintf("nats: {embedded: {listen: \"127.0.0.1:0\"}}\nhttp: {listen: \"127.0.0.1:0\"}\nlog: {level: debug, format: json}\nactions: {http: {allow: [%q, \"http://127.0.0.1:1\"]}}\n", p.URL))
	d := c.start(t)
	withToken(t, token)
	t.Setenv(envServer, d.HTTP)

	c.alert(t, d.HTTP)
	id := c.until(t, d.HTTP, "look", "waiting")
	for _, words := range [][]string{{"done", id, "look"}, {"note", id, "the provider was called"}, {"ack", id, "look"}} { // the last is refused
		_, _, _ = typed(t, words...)
	}
	c.until(t, d.HTTP, "more", "waiting")
	before := c.everything(t, d.HTTP, id)
	if report := before["report as markdown"]; !strings.Contains(report, personal["her name"]) || !strings.Contains(p.heard+p.notices, "Look") {
		t.Fatalf("nobody was called by her name, or told at her pager, so nothing is proven:\n%s\n%s", report, p.notices)
	}

	put(t, dir, "continuity/people.yaml", "people:\n"+fmt.Sprintf(rest, "ben, cat"))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.HTTP+"/-/reload", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	program := filepath.Join(t.TempDir(), "holdfast")
	if err := os.Symlink(os.Args[0], program); err != nil {
		t.Fatal(err)
	}
	forget := exec.CommandContext(t.Context(), program, "people", "forget", "ann", "--config", filepath.Join(dir, "holdfast.yaml"))
	if said, err := forget.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}

	told := c.everything(t, d.HTTP, id)
	c.stop(t)
	told["the daemon's log"] = c.said.String()
	c.stored(t, told)
	if !strings.Contains(told["report as markdown"], "ann") || !strings.Contains(told["the store"], `"ann"`) {
		t.Error("who did it is not on record any more")
	}
	all := maps.Clone(personal)
	all["the hash of her token"], all["her token"] = hash, token
	for what, is := range all {
		for _, where := range slices.Sorted(maps.Keys(told)) {
			if form, ok := shown(told[where], is); ok {
				at := strings.Index(told[where], form)
				t.Errorf("%s shows %s, as %s: …%q…", where, what, form, told[where][max(0, at-200):min(len(told[where]), at+100)])
			}
		}
	}
}
