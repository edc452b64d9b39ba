package e2e

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// asking is a playbook that asks a Prometheus whether the shop serves again, and asks it what has no one answer.
const asking = `
playbook: move-the-shop
version: 1
for: {services: [shop], lost: [site-a]}
rtc: 30s
steps:
  - {id: failover, run: {http: {url: "SHOP/failover", header: {X-Shop-Key: {secret: shop-key}}, reply: {serving: b}}}, timeout: 10s, repeat: safe}
  - {id: served,   after: [failover], verify: {prometheus: {url: "PROM", query: "sum(shop_up)", at_least: 3}, for: 2s, every: 500ms}, timeout: 1m}
  - {id: counted,  after: [failover], verify: {prometheus: {url: "PROM/", query: "scalar(count(shop_up))", equals: 3}, every: 500ms}, timeout: 1m}
  - {id: each,     after: [served], verify: {prometheus: {url: "PROM", query: "shop_up", at_least: 1}}, timeout: 3s, on_failure: continue}
  - {id: nobody,   after: [served], verify: {prometheus: {url: "PROM", query: "shop_down", at_most: 0}}, timeout: 3s, on_failure: continue}
  - {id: nothing,  after: [served], verify: {prometheus: {url: "PROM", query: "sum(shop_up) * NaN", at_least: 0}}, timeout: 3s, on_failure: continue}
  - {id: endless,  after: [served], verify: {prometheus: {url: "PROM", query: "sum(shop_up) / 0", at_least: 0}}, timeout: 3s, on_failure: continue}
  - {id: compared, after: [served], verify: {prometheus: {url: "PROM", query: "sum(shop_up) > 5", at_least: 0}}, timeout: 3s, on_failure: continue}
  - {id: ranged,   after: [served], verify: {prometheus: {url: "PROM", query: "shop_up[1m]", at_least: 0}}, timeout: 30s, on_failure: continue}
  - {id: garbled,  after: [served], verify: {prometheus: {url: "PROM", query: "sum(shop_up", at_least: 0}}, timeout: 30s, on_failure: continue}
  - {id: verified, after: [each, nobody, nothing, endless, compared, ranged, garbled, counted], verify: {service: shop, for: 2s}, timeout: 2m, milestone: recovered}
`

func TestAPlaybookAsksARealPrometheusWhetherTheShopServesAgain(t *testing.T) {
	const secret = "t0p-s3cret-of-the-shop"
	s := openShop(t)
	port := freePort(t)
	prometheus := fmt.Sprintf("http://127.0.0.1:%d", port)
	key := write(t, t.TempDir(), "shop-key", secret+"\n")
	h := serveWith(t, "{embedded: {store: DIR/nats, listen: \"127.0.0.1:0\"}}", strings.NewReplacer("SHOP", s.URL, "PROM", prometheus).Replace(asking),
		fmt.Sprintf("actions: {http: {allow: [%q, %q]}}\nsecrets: {shop-key: {file: %q}}", s.URL, prometheus, key))
	monitoringAt(t, s, h, port)
	eventually(t, 60*time.Second, "Prometheus's heartbeat at holdfast", func() error {
		return atLeast(h.url+"/metrics", `holdfast_alerts_received_total{observer="prom"}`, 1)
	})
	s.loseSite()

	var id string
	steps := map[string]map[string]any{}
	eventually(t, 180*time.Second, "the shop recovered and the run completed", func() error {
		i, err := h.incident()
		if err != nil {
			return err
		}
		id, _ = i["id"].(string)
		runs, _ := i["runs"].([]any)
		if len(runs) == 0 {
			return errors.New("nothing is invoked")
		}
		run := runs[0].(map[string]any)
		for _, step := range run["steps"].([]any) {
			step := step.(map[string]any)
			steps[step["id"].(string)] = step
		}
		if run["result"] != "completed" {
			return fmt.Errorf("the run goes on: %v", steps)
		}
		return nil
	})
	for id, want := range map[string]struct{ status, says string }{
		"failover": {"done", "[secret shop-key]"},
		"served":   {"done", "held for 2s"},
		"counted":  {"done", "held for 0s"},
		"each":     {"failed", "the query gives 3 series"},
		"nobody":   {"failed", "no data"},
		"nothing":  {"failed", "NaN"},
		"endless":  {"failed", "+Inf"},
		"compared": {"failed", "no data"},
		"ranged":   {"failed", "the query gives a matrix"},
		"garbled":  {"failed", "cannot read the query"},
		"verified": {"done", "shop is up"},
	} {
		if got := fmt.Sprint(steps[id]); steps[id]["status"] != want.status || !strings.Contains(got, want.says) {
			t.Errorf("step %s: want it %s, saying %q, in %s", id, want.status, want.says, got)
		}
	}
	if sent := s.lastKey(); sent != secret {
		t.Errorf("the shop was sent the key %q", sent)
	}
	for _, page := range []string{"/", "/incidents/" + id, "/api/v1/incidents/" + id, "/metrics"} {
		if text, err := read(h.url + page); err != nil || strings.Contains(text, secret) {
			t.Errorf("%s cannot be read, or shows the secret (%v)", page, err)
		}
	}
}
