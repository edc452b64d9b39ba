//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"holdfast/detector"
	"holdfast/incident"
)

const awayBIA = `
organisation: Shop
defaults: {confirm_for: 3s, recover_for: 1s, decision_margin: 10m}
services:
  blip:      {vital: true, mtpd: 2h, rto: 1h, rtc: 50m, needs: [db-1]}
  meanwhile: {vital: true, mtpd: 2h, rto: 1h, rtc: 50m, needs: [db-2]}
  still:     {vital: true, mtpd: 2h, rto: 1h, rtc: 50m, needs: [db-3]}
sites: {a: {}, b: {}, c: {}}
components:
  db-1: {site: a, observers: [prom]}
  db-2: {site: b, observers: [prom]}
  db-3: {site: c, observers: [prom]}
observers:
  prom: {heartbeat: {match: {alertname: Watchdog}, every: 1h}}
declaration: {authority: director, mode: automatic, automatic_for: [decision_point]}
`

// A monitoring is one that reaches the alert log on a way of its own.
type monitoring struct{ *nats.Conn }

// says publishes an alert, and returns when it was stored: then it was received.
func (m monitoring) says(t *testing.T, alertname, component, status string) time.Time {
	t.Helper()
	body := fmt.Sprintf(`{"holdfast":1,"alerts":[{"status":%q,"labels":{"alertname":%q,"component":%q,"observer":"prom"}}]}`, status, alertname, component)
	answer, err := m.Request("holdfast.alerts.prom", []byte(body), 10*time.Second)
	if err != nil || strings.Contains(string(answer.Data), `"error"`) {
		t.Fatalf("the alert of %s is not stored: %v", component, err)
	}
	return time.Now()
}

// The daemon is cut off from the journal for ten seconds, in which monitoring goes on. A blip that had begun is over when it is back,
// an outage has begun and ended, and another goes on.
func TestAfterTheJournalWasAwayNothingIsDeclaredFromThePast(t *testing.T) {
	address, dir, m := ownNATS(t), t.TempDir(), newMachine(t)
	wire := layCable(t, strings.TrimPrefix(address, "nats://"))
	shop(t, dir)
	put(t, dir, "continuity/bia.yaml", awayBIA)
	for _, service := range []string{"blip", "meanwhile", "still"} {
		put(t, dir, "continuity/playbooks/"+service+".yaml", fmt.Sprintf("playbook: restore-%[1]s\nfor: {services: [%[1]s]}\nrtc: 50m\nsteps:\n  - {id: call, run: {http: {url: %[2]q}}, timeout: 10s, repeat: safe}\n", service, m.URL))
	}
	d := start(t, dir, fmt.Sprintf("nats: {url: \"nats://%s\"}\nhttp: {listen: \"127.0.0.1:0\"}\nactions: {http: {allow: [%q]}}\n", wire.Addr(), m.URL))
	nc, err := nats.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	prom := monitoring{nc}
	prom.says(t, "Watchdog", "", "firing")

	prom.says(t, "Down", "db-1", "firing")
	time.Sleep(time.Second)
	wire.sever()
	prom.says(t, "Down", "db-1", "resolved")
	prom.says(t, "Watchdog", "", "firing") // what has resolved is well only once a sign of life follows it
	prom.says(t, "Down", "db-2", "firing")
	time.Sleep(4 * time.Second)
	began := prom.says(t, "Down", "db-3", "firing")
	time.Sleep(2 * time.Second)
	prom.says(t, "Down", "db-2", "resolved")
	prom.says(t, "Watchdog", "", "firing")
	time.Sleep(4 * time.Second)
	mended := time.Now()
	wire.mend()

	all := map[string]incident.Incident{}
	soon(t, "what goes on to be answered, and what is over to be found", func() error {
		all = d.incidents(t)
		if still := all["still"]; still.Declared == nil || len(m.called()) == 0 {
			return fmt.Errorf("of what goes on: %+v", still)
		}
		if _, found := all["meanwhile"]; !found {
			return fmt.Errorf("there are %d incidents", len(all))
		}
		return nil
	})
	time.Sleep(2 * time.Second) // whatever else would come of it has come
	all = d.incidents(t)
	still := all["still"]
	if off := still.Verdict.Since.Sub(began).Abs(); off > time.Second || still.DeclaredAt.Before(mended) {
		t.Errorf("what goes on began %s, and is judged since %s; declared %s, and the journal was back %s", began, still.Verdict.Since, still.DeclaredAt, mended)
	}
	over := all["meanwhile"]
	if over.Level < detector.Impaired || over.Closed.IsZero() || !over.InRetrospect() || over.Declared != nil || len(over.Runs) > 0 || len(over.Notices) > 0 {
		t.Errorf("what began and ended meanwhile is no finding in retrospect: %+v", over)
	}
	if blip := all["blip"]; blip.Declared != nil || len(blip.Runs) > 0 {
		t.Errorf("what was over before it was confirmed is declared from the past: %+v", blip)
	}
	if calls := m.called(); len(calls) != 1 || !strings.HasPrefix(calls[0], still.ID+"/") {
		t.Errorf("machines were called for %q", calls)
	}
	if err := d.stop(); err != nil {
		t.Error(err)
	}

	d = start(t, dir, fmt.Sprintf("nats: {url: %q}\nhttp: {listen: \"127.0.0.1:0\"}\nactions: {http: {allow: [%q]}}\n", address, m.URL))
	defer func() { _ = d.stop() }()
	time.Sleep(time.Second)
	if again := d.incidents(t); len(again) != len(all) {
		t.Errorf("after a restart there are %d incidents, and were %d", len(again), len(all))
	}
	if v, err := verify(t.Context(), filepath.Join(dir, "holdfast.yaml"), nil, nil); err != nil || v.Incidents != len(all) {
		t.Errorf("the log holds %+v (%v)", v, err)
	}
}

// incidents are all that a daemon knows, by the first service of each.
func (d started) incidents(t *testing.T) map[string]incident.Incident {
	t.Helper()
	c := &caged{}
	var list struct{ Incidents []struct{ ID string } }
	if err := json.Unmarshal([]byte(c.get(t, d.HTTP+"/api/v1/incidents?all=true")), &list); err != nil {
		t.Fatal(err)
	}
	all := map[string]incident.Incident{}
	for _, named := range list.Incidents {
		var i incident.Incident
		if err := json.Unmarshal([]byte(c.get(t, d.HTTP+"/api/v1/incidents/"+named.ID)), &i); err != nil {
			t.Fatal(err)
		}
		service := strings.SplitN(named.ID, "-", 2)[0]
		if _, twice := all[service]; twice || !slices.Contains([]string{"blip", "meanwhile", "still"}, service) {
			t.Errorf("there is another incident, %s", named.ID)
		}
		all[service] = i
	}
	return all
}
