package deploy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"holdfast/cmd/holdfast/config"
)

func TestTheAnnotatedConfigurationIsOneThatTheDaemonTakes(t *testing.T) {
	c, problems := config.Parse("/etc/holdfast/holdfast.yaml", read(t, "holdfast.yaml"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for what, path := range map[string]string{
		"/etc/holdfast/continuity":                       c.Continuity,
		"/var/lib/holdfast/nats":                         c.NATS.Embedded.Store,
		"/run/credentials/holdfast.service/alerts-token": c.Alerts.Senders["prom-fra"].TokenFile,
	} {
		if path != what {
			t.Errorf("the configuration says %s where the unit expects %s", path, what)
		}
	}
	if c.NATS.Embedded.AnonymousAlerts() {
		t.Error("any program on the machine may say anything in anybody's name")
	}
	if !config.Loopback(c.HTTP.Listen) || !config.Loopback(c.NATS.Embedded.Listen) {
		t.Errorf("it listens on %s and %s, for more than this machine", c.HTTP.Listen, c.NATS.Embedded.Listen)
	}
}

// What is commented out in the annotated configuration must be right as well: people uncomment it.
func TestWhatTheAnnotatedConfigurationOffersIsRightToo(t *testing.T) {
	text := string(read(t, "holdfast.yaml"))
	for _, offer := range []string{
		"    # tls: {cert:", "    # users: ", "    #   prom: ", "    #   ledger: ",
		"  # tls: {cert: /etc/holdfast/tls/cert.pem, key: /run/credentials/holdfast.service/tls-key}\n  # metrics", "  # metrics_token_file:", "  # external_url:",
		"  # subjects:", "  # sources:", "  # max_age:",
		"# journal:\n", "#   checkpoints: ", "# actions:\n", "#   http: ", "#   nats: ", "#   tcp: ", "#   exec:\n", "#     promote-ledger:", "# secrets:\n", "#   ledger-token: ", "#   fence-token: ",
	} {
		if !strings.Contains(text, offer) {
			t.Errorf("it no longer offers %q; change this test with it", offer)
		}
		text = strings.Replace(text, offer, strings.Replace(offer, "# ", "", 1), 1)
	}
	text = strings.Replace(text, "127.0.0.1:4222", "0.0.0.0:4222", 1)
	text = strings.Replace(text, "127.0.0.1:9464", "0.0.0.0:9464", 1)
	if _, problems := config.Parse("holdfast.yaml", []byte(text)); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestTheThreeOfATrioFitTogether(t *testing.T) {
	nodes, passwords := map[string]bool{}, map[string]bool{}
	for _, name := range []string{"trio/holdfast-1.yaml", "trio/holdfast-2.yaml", "trio/holdfast-3.yaml"} {
		c, problems := config.Parse(name, read(t, name))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		k := c.NATS.Embedded.Cluster
		if !slices.Contains(k.Peers, k.Listen) || len(k.Peers) != 3 || c.NATS.Replicas != 3 {
			t.Errorf("%s listens at %s, and its peers are %v", name, k.Listen, k.Peers)
		}
		if nodes[k.Node] || nodes[k.Listen] {
			t.Errorf("%s has the name or the address of another", name)
		}
		nodes[k.Node], nodes[k.Listen] = true, true
		passwords[k.Name+k.PasswordFile] = true
		if c.NATS.Embedded.AnonymousAlerts() {
			t.Errorf("%s: any program on the machine may say anything in anybody's name", name)
		}
		if c.Watchdog == nil {
			t.Errorf("%s: nobody would notice that all three are gone", name)
		}
	}
	if len(passwords) != 1 {
		t.Errorf("they do not agree on the cluster and its password: %v", passwords)
	}
}

func TestTheUnitKeepsTheServiceAwayFromTheMachine(t *testing.T) {
	unit := directives(string(read(t, "systemd/holdfast.service")))
	for key, want := range map[string]string{
		"Type": "notify", "DynamicUser": "yes", "StateDirectory": "holdfast", "StateDirectoryMode": "0700", "UMask": "0077",
		"ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes", "NoNewPrivileges": "yes",
		"CapabilityBoundingSet": "", "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX", "RestrictNamespaces": "yes",
		"MemoryDenyWriteExecute": "yes", "SystemCallArchitectures": "native", "LockPersonality": "yes", "Restart": "always",
		"ExecReload": "/bin/kill -HUP $MAINPID",
	} {
		if got, ok := unit[key]; !ok || got[0] != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if !slices.Contains(unit["SystemCallFilter"], "~@privileged @resources") {
		t.Error("privileged system calls are not filtered")
	}
}

func TestTheUnitStartsTheDaemonAsItIsInstalled(t *testing.T) {
	unit := directives(string(read(t, "systemd/holdfast.service")))
	if got := unit["ExecStart"][0]; got != "/usr/bin/holdfast serve --config /etc/holdfast/holdfast.yaml" {
		t.Errorf("it starts %q", got)
	}
	serve := string(read(t, "../cmd/holdfast/serve.go"))
	if !strings.Contains(serve, `"config"`) || !strings.Contains(serve, `Use:   "serve"`) {
		t.Error("the daemon has no command serve with a flag --config any more")
	}
	given := map[string]bool{}
	for _, credential := range unit["LoadCredential"] {
		name, _, _ := strings.Cut(credential, ":")
		given[name] = true
	}
	for _, line := range strings.Split(string(read(t, "holdfast.yaml")), "\n") {
		before, _, _ := strings.Cut(line, "#")
		for _, m := range credentials.FindAllStringSubmatch(before, -1) {
			if !given[m[1]] {
				t.Errorf("holdfast.yaml expects the credential %s, which the unit does not load", m[1])
			}
		}
	}
}

var credentials = regexp.MustCompile(`/run/credentials/holdfast\.service/([a-z-]+)`)

func TestTheImageHoldsTheBinaryAndRunsAsNobody(t *testing.T) {
	text := string(read(t, "Dockerfile"))
	for _, want := range []string{
		"go build -trimpath", "./cmd/holdfast\n", "CGO_ENABLED=0", "FROM scratch\n", "USER 65532:65532\n",
		"ENTRYPOINT [\"/holdfast\"]\n", `CMD ["serve", "--config", "/etc/holdfast/holdfast.yaml"]`, "/etc/ssl/certs/ca-certificates.crt",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the Dockerfile has no %q", want)
		}
	}
	if !strings.Contains(string(read(t, "../cmd/holdfast/main.go")), `_ "time/tzdata"`) {
		t.Error("an image without zones needs time/tzdata in the binary")
	}
	if version := regexp.MustCompile(`(?m)^go (1\.[0-9]+)`).FindStringSubmatch(string(read(t, "../go.mod"))); version == nil || !strings.Contains(text, "FROM golang:"+version[1]+" ") {
		t.Errorf("the image is not built with the Go of go.mod (%q)", version)
	}
}

func TestTheSnippetsAreYAMLAndPointAtTheDaemon(t *testing.T) {
	receiver := string(read(t, "alertmanager/receiver.yml"))
	scrape := string(read(t, "prometheus/scrape.yml"))
	for name, text := range map[string]string{"receiver.yml": receiver, "scrape.yml": scrape} {
		var anything map[string]any
		if err := yaml.Load([]byte(text), &anything); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	routes := string(read(t, "../console/routes.go"))
	for _, path := range []string{"POST /api/v1/alerts/{source}", "GET /metrics"} {
		if !strings.Contains(routes, `"`+path+`"`) {
			t.Errorf("the console has no route %s any more", path)
		}
	}
	if !strings.Contains(receiver, "url: http://"+config.DefaultHTTP+"/api/v1/alerts/alertmanager?source=") {
		t.Error("the receiver does not point at the bridge of a daemon with default settings")
	}
	if !strings.Contains(receiver, "send_resolved: true") {
		t.Error("without resolved alerts no recovery is seen")
	}
	if !strings.Contains(scrape, "targets: ["+config.DefaultHTTP+"]") {
		t.Error("the scrape job does not point at a daemon with default settings")
	}
}

func TestTheRulesNameMetricsAndLabelsThatExist(t *testing.T) {
	rules := string(read(t, "prometheus/rules.yml")) + string(read(t, "prometheus/rules_test.yml"))
	exist := metrics(t)
	named := regexp.MustCompile(`\bholdfast_[a-z_]+`).FindAllString(rules, -1)
	if len(named) < 10 {
		t.Fatalf("only %d metrics are named in the rules: %v", len(named), named)
	}
	for _, name := range named {
		if _, ok := exist[name]; !ok {
			t.Errorf("the rules name %s, which the daemon does not have", name)
		}
	}
	for _, m := range regexp.MustCompile(`(holdfast_[a-z_]+)\{([^}]*)\}`).FindAllStringSubmatch(rules, -1) {
		for _, l := range regexp.MustCompile(`([a-z_]+)\s*=`).FindAllStringSubmatch(m[2], -1) {
			if !slices.Contains(exist[m[1]], l[1]) {
				t.Errorf("the rules select %s by %s; it has the labels %v", m[1], l[1], exist[m[1]])
			}
		}
	}
}

// dashboard is what of Grafana's format the test looks at.
type dashboard struct {
	UID, Title string
	Panels     []struct {
		ID          int
		Title       string
		Description string
		GridPos     struct{ H, W, X, Y int }
		Targets     []struct{ Expr, LegendFormat string }
	}
}

func TestTheDashboardShowsWhatTheDaemonMeasures(t *testing.T) {
	var d dashboard
	if err := json.Unmarshal(read(t, "grafana/dashboard.json"), &d); err != nil {
		t.Fatal(err)
	}
	exist, ids, named := metrics(t), map[int]bool{}, 0
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || p.Description == "" || len(p.Targets) == 0 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d (%s) is told twice, says nothing or does not fit", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			if strings.Count(target.Expr, "(") != strings.Count(target.Expr, ")") {
				t.Errorf("%s: %s is not closed", p.Title, target.Expr)
			}
			for _, name := range regexp.MustCompile(`\bholdfast_[a-z_]+`).FindAllString(target.Expr, -1) {
				named++
				labels, there := exist[name]
				if !there {
					t.Errorf("%s asks for %s, which the daemon does not have", p.Title, name)
				}
				asked := regexp.MustCompile(`\{\{([a-z_]+)\}\}|([a-z_]+)="`).FindAllStringSubmatch(target.LegendFormat+target.Expr, -1)
				for _, by := range regexp.MustCompile(`by \(([^)]*)\)`).FindAllStringSubmatch(target.Expr, -1) {
					for label := range strings.SplitSeq(by[1], ", ") {
						asked = append(asked, []string{"", label, ""})
					}
				}
				for _, a := range asked {
					if label := a[1] + a[2]; !slices.Contains(labels, label) {
						t.Errorf("%s asks %s for the label %s; it has %v", p.Title, name, label, labels)
					}
				}
			}
		}
	}
	if d.UID == "" || named < 15 {
		t.Errorf("only %d metrics are shown", named)
	}
}

// metrics are the metrics of the daemon with their labels, as the console describes them.
func metrics(t *testing.T) map[string][]string {
	t.Helper()
	described := regexp.MustCompile(`desc\("([a-z_]+)", "(?:[^"\\]|\\.)*"((?:, "[a-z_]+")*)\)`)
	all := map[string][]string{}
	files, err := filepath.Glob("../console/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, m := range described.FindAllStringSubmatch(string(read(t, file)), -1) {
			all["holdfast_"+m[1]] = regexp.MustCompile(`[a-z_]+`).FindAllString(m[2], -1)
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d metrics were found in the console", len(all))
	}
	return all
}

// directives are a unit's settings; one that is written several times has several values.
func directives(unit string) map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(unit) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(key, "#") {
			all[key] = append(all[key], value)
		}
	}
	return all
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
