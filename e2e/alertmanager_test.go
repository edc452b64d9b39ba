package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A house is a holdfast daemon with everything around it.
type house struct {
	url   string
	token string // file with the first on call's token
}

// serve starts holdfast on the shop's documents; nats is the nats: section of holdfast.yaml.
func serve(t *testing.T, s *shop, nats string) house {
	t.Helper()
	return serveWith(t, nats, fmt.Sprintf(playbookText, s.URL), fmt.Sprintf("actions: {http: {allow: [%q]}}", s.URL))
}

// serveWith starts holdfast with a playbook of one's own; more is the rest of holdfast.yaml.
func serveWith(t *testing.T, nats, playbook, more string) house {
	t.Helper()
	dir := t.TempDir()
	token, line := newToken(t)
	h := house{url: fmt.Sprintf("http://127.0.0.1:%d", freePort(t)), token: write(t, dir, "token", token)}
	if err := os.Chmod(h.token, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "continuity/bia.yaml", biaText)
	write(t, dir, "continuity/people.yaml", fmt.Sprintf(peopleText, line))
	write(t, dir, "continuity/playbooks/move-the-shop.yaml", playbook)
	config := write(t, dir, "holdfast.yaml", fmt.Sprintf(`
continuity: %s
nats: %s
http: {listen: %q}
%s
`, filepath.Join(dir, "continuity"), strings.ReplaceAll(nats, "DIR", dir), strings.TrimPrefix(h.url, "http://"), strings.ReplaceAll(more, "DIR", dir)))
	start(t, "holdfast", holdfast, "serve", "--config", config)
	answers(t, h.url+"/-/ready")
	return h
}

var tokenParts = regexp.MustCompile(`(hf_[A-Za-z0-9_-]+)[\s\S]*(sha256:[0-9a-f]{64})`)

// newToken makes a person's token as an operator does.
func newToken(t *testing.T) (token, hash string) {
	t.Helper()
	out, code := run(t, "", holdfast, "people", "token", "first")
	m := tokenParts.FindStringSubmatch(out)
	if code != 0 || m == nil {
		t.Fatalf("holdfast people token: exit %d, printed %q", code, out)
	}
	return m[1], m[2]
}

// cli runs a holdfast client command as the first on call.
func (h house) cli(t *testing.T, args ...string) (string, int) {
	t.Helper()
	return run(t, "", holdfast, append(args, "--server", h.url, "--token-file", h.token)...)
}

// incident is the one open incident, whole, as the API shows it.
func (h house) incident() (map[string]any, error) {
	var list struct {
		Incidents []struct {
			ID string `json:"id"`
		} `json:"incidents"`
	}
	if err := answer(h.url+"/api/v1/incidents", &list); err != nil {
		return nil, err
	}
	if len(list.Incidents) != 1 {
		return nil, fmt.Errorf("%d incidents", len(list.Incidents))
	}
	var whole map[string]any
	err := answer(h.url+"/api/v1/incidents/"+list.Incidents[0].ID, &whole)
	return whole, err
}

// answer reads a page of JSON.
func answer(url string, into any) error {
	body, err := read(url)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		return fmt.Errorf("%w in %s", err, tail(body, 300))
	}
	return nil
}

// monitoring starts a real Prometheus that watches the shop and holdfast, and a real Alertmanager that posts to holdfast.
func monitoring(t *testing.T, s *shop, h house) (prometheus string) {
	t.Helper()
	return monitoringAt(t, s, h, freePort(t))
}

// monitoringAt is monitoring with its Prometheus on a port that was chosen before.
func monitoringAt(t *testing.T, s *shop, h house, prom int) (prometheus string) {
	t.Helper()
	dir := t.TempDir()
	am := freePort(t)
	write(t, dir, "am.yml", fmt.Sprintf(`
route:
  receiver: holdfast
  group_by: [alertname, component]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 5m
  routes:
    - {receiver: holdfast, matchers: ["alertname=Watchdog"], group_interval: 5s, repeat_interval: 5s}
receivers:
  - name: holdfast
    webhook_configs: [{url: "%s/api/v1/alerts/alertmanager?source=prom", send_resolved: true, max_alerts: 0}]
`, h.url))
	start(t, "alertmanager", "prometheus-alertmanager", "--config.file="+filepath.Join(dir, "am.yml"),
		"--storage.path="+filepath.Join(dir, "am"), fmt.Sprintf("--web.listen-address=127.0.0.1:%d", am), "--cluster.listen-address=")
	write(t, dir, "rules.yml", `
groups:
  - name: shop
    interval: 1s
    rules:
      - {alert: Watchdog, expr: vector(1), labels: {observer: prom}}
      - {alert: ComponentDown, expr: shop_up == 0, labels: {observer: prom, effect: down}}
`)
	write(t, dir, "prom.yml", fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ["127.0.0.1:%d"]}]}]}
scrape_configs:
  - {job_name: shop, static_configs: [{targets: [%q]}]}
  - {job_name: holdfast, static_configs: [{targets: [%q]}]}
`, am, strings.TrimPrefix(s.URL, "http://"), strings.TrimPrefix(h.url, "http://")))
	start(t, "prometheus", "prometheus", "--config.file="+filepath.Join(dir, "prom.yml"),
		"--rules.alert.resend-delay=2s", // a first alert can be sent before Prometheus knows the Alertmanager
		"--storage.tsdb.path="+filepath.Join(dir, "tsdb"), fmt.Sprintf("--web.listen-address=127.0.0.1:%d", prom))
	prometheus = fmt.Sprintf("http://127.0.0.1:%d", prom)
	answers(t, fmt.Sprintf("http://127.0.0.1:%d/-/ready", am))
	answers(t, prometheus+"/-/ready")
	return prometheus
}

func TestAnOutageThatPrometheusSeesIsDeclaredInvokedAcknowledgedAndRecovered(t *testing.T) {
	s := openShop(t)
	h := serve(t, s, "{embedded: {store: DIR/nats, listen: \"127.0.0.1:0\"}}")
	prometheus := monitoring(t, s, h)
	recoverTheShop(t, s, h)
	metricsAreScrapedAndClean(t, prometheus, h)
}

// recoverTheShop loses the site and follows the incident to its end.
func recoverTheShop(t *testing.T, s *shop, h house) {
	t.Helper()
	eventually(t, 60*time.Second, "Prometheus's heartbeat at holdfast", func() error {
		return atLeast(h.url+"/metrics", `holdfast_alerts_received_total{observer="prom"}`, 1)
	})
	s.loseSite()

	var id string
	eventually(t, 90*time.Second, "an automatic declaration", func() error {
		i, err := h.incident()
		if err != nil {
			return err
		}
		id, _ = i["id"].(string)
		declared, ok := i["declared"].(map[string]any)
		if !ok || declared["automatic"] != true {
			return fmt.Errorf("incident %s is at level %v and not declared", id, i["level"])
		}
		return nil
	})
	if out, code := h.cli(t, "explain", id); code != 0 || !strings.Contains(out, "site_loss_inferred") {
		t.Errorf("holdfast explain %s: exit %d, want the criterion that was met in\n%s", id, code, out)
	}
	eventually(t, 30*time.Second, "the engineer's answer accepted", func() error {
		if out, code := h.cli(t, "done", id, "confirm"); code != 0 {
			return fmt.Errorf("holdfast done: exit %d: %s", code, out)
		}
		return nil
	})
	if out, code := h.cli(t, "done", id, "confirm"); code != 5 || !strings.Contains(out, "first") {
		t.Errorf("a second answer to the same step: exit %d, want 5 and who was first, in\n%s", code, out)
	}
	eventually(t, 120*time.Second, "the shop recovered and the run completed", func() error {
		out, code := h.cli(t, "incident", id, "-o", "json")
		if code != 0 {
			return fmt.Errorf("exit %d: %s", code, out)
		}
		if !strings.Contains(out, `"result": "completed"`) && !strings.Contains(out, `"result":"completed"`) {
			return errors.New("the run goes on: " + tail(out, 1500))
		}
		return nil
	})
	keys := s.restarts()
	if len(keys) != 1 || keys[0] != id+"/1/failover/1" {
		t.Errorf("the shop was asked to fail over with the keys %q, want once, with %s/1/failover/1", keys, id)
	}
	eventually(t, 60*time.Second, "stand-down recommended, once the shop has held for its recover_for", func() error {
		i, err := h.incident()
		if err != nil {
			return err
		}
		if i["stand_down_recommended_at"] == nil {
			return fmt.Errorf("not recommended: the recovery clocks say %v", i["recoveries"])
		}
		return nil
	})
	eventually(t, 60*time.Second, "stand-down", func() error {
		if out, code := h.cli(t, "stand-down", id, "--reason", "the shop serves from site b"); code != 0 {
			return fmt.Errorf("exit %d: %s", code, out)
		}
		return nil
	})
	if out, code := h.cli(t, "report", id); code != 0 || !strings.Contains(out, "RTO") || !strings.Contains(out, "failover") {
		t.Errorf("holdfast report: exit %d, printed\n%s", code, out)
	}
}

func metricsAreScrapedAndClean(t *testing.T, prometheus string, h house) {
	t.Helper()
	eventually(t, 30*time.Second, "the recovery time in Prometheus", func() error {
		body, err := read(prometheus + "/api/v1/query?query=" + url.QueryEscape(`holdfast_recovery_time_actual_seconds_count{service="shop"}`))
		if err != nil {
			return err
		}
		if !strings.Contains(body, `"1"]`) {
			return errors.New(body)
		}
		return nil
	})
	page, err := read(h.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	if out, code := run(t, page, "promtool", "check", "metrics"); code != 0 {
		t.Errorf("promtool check metrics: exit %d:\n%s", code, out)
	}
}

// atLeast reads one series off a metrics page.
func atLeast(page, series string, n float64) error {
	body, err := read(page)
	if err != nil {
		return err
	}
	for line := range strings.Lines(body) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil || v < n {
				return fmt.Errorf("%s is %s", series, value)
			}
			return nil
		}
	}
	return fmt.Errorf("no series %s", series)
}
