package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/cmd/holdfast/config"
)

func TestAnEmptyConfigurationStaysOnLoopback(t *testing.T) {
	c, problems := config.Parse("/etc/holdfast/holdfast.yaml", []byte("log: {}\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := []string{c.Continuity, c.HTTP.Listen, c.NATS.Embedded.Listen, c.NATS.Embedded.Store}
	want := []string{"/etc/holdfast/continuity", "127.0.0.1:9464", "127.0.0.1:4222", "/etc/holdfast/data/nats"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !c.NATS.Embedded.AnonymousAlerts() {
		t.Error("on loopback the first alert needs no credentials")
	}
}

func TestWhatIsWrongIsSaidWithItsRule(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"HTTP for everybody", `http: {listen: "0.0.0.0:9464"}`,
			"1:16 config/alerts-token: 0.0.0.0:9464 is not loopback: without a token of its own, an Alertmanager cannot post there\n" +
				"1:16 config/open-http: 0.0.0.0:9464 is not loopback and has no TLS: whoever reaches the port can raise a disaster and read every plan"},
		{"HTTP on every interface by leaving out the host", `http: {listen: ":9464", tls: {cert: c, key: k}}`,
			"1:16 config/alerts-token: :9464 is not loopback: without a token of its own, an Alertmanager cannot post there"},
		{"HTTP for everybody, as it should be", "http: {listen: \"[::]:9464\", tls: {cert: c, key: k}}\nalerts: {token_file: t}", ""},
		{"HTTP by name", `http: {listen: "monitor:9464"}`,
			"1:16 config/alerts-token: monitor:9464 is not loopback: without a token of its own, an Alertmanager cannot post there\n" +
				"1:16 config/listen: \"monitor\" is no IP address\n" +
				"1:16 config/open-http: monitor:9464 is not loopback and has no TLS: whoever reaches the port can raise a disaster and read every plan"},
		{"a certificate without its key", `http: {tls: {cert: c}}`, "1:8 config/tls: cert and key belong together"},
		{"NATS for everybody", `nats: {embedded: {listen: "0.0.0.0:4222", anonymous: true}}`,
			"1:27 config/open-nats: 0.0.0.0:4222 is not loopback and has no TLS\n" +
				"1:27 config/open-nats: 0.0.0.0:4222 is not loopback and has no users\n" +
				"1:54 config/open-nats: anonymous alerts are for loopback only: who reaches 0.0.0.0:4222 could raise a disaster"},
		{"a user by something else than a key", `nats: {embedded: {users: {mon: {nkey: mon, publish: [holdfast.alerts.mon]}}}}`,
			`1:39 config/user: "mon" is not the public nkey of a user`},
		{"a user without credentials", `nats: {embedded: {users: {mon: {publish: [holdfast.alerts.mon]}}}}`,
			`1:27 config/user: mon needs exactly one of password_file and nkey`},
		{"a cluster of two", `nats: {embedded: {cluster: {node: a, peers: ["127.0.0.1:1", "127.0.0.1:2"]}}}`,
			"1:38 config/cluster: a cluster of 2 cannot be had"},
		{"a cluster for everybody", `nats: {embedded: {cluster: {node: a, listen: "10.0.0.1:6222", peers: ["10.0.0.1:6222", "10.0.0.2:6222", "10.0.0.3:6222"]}}}`,
			"1:46 config/open-cluster: the cluster is not on loopback alone: who reaches 10.0.0.1:6222 could join it and rewrite the logs"},
		{"a node without a name", `nats: {embedded: {cluster: {node: "a b", peers: ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"]}}}`,
			`1:35 config/cluster: "a b" cannot name a node`},
		{"two kinds of NATS", `nats: {url: "nats://127.0.0.1:4222", embedded: {}}`,
			"1:13 config/nats: NATS is either embedded or a server of your own"},
		{"a password in the address", `nats: {url: "nats://me:secret@127.0.0.1:4222"}`, "1:13 config/secret: the address holds a password"},
		{"an open way to NATS", `nats: {url: "nats://nats.internal:4222"}`, "1:13 config/open-nats: the way to nats.internal is not encrypted"},
		{"a source that two may post to", `alerts: {senders: {a: {token_file: a}, b: {token_file: b, sources: [b, a]}}}`, `1:72 config/sender: a and b may both post as "a"`},
		{"two senders with one token", `alerts: {senders: {a: {token_file: t}, b: {token_file: ./t}}}`, `1:56 config/sender: b has the same token file as a, so whoever has one token posts as both`},
		{"a sender with everybody's token", `alerts: {token_file: t, senders: {a: {token_file: t}}}`, `1:51 config/sender: a has the same token file as alerts.token_file, so whoever has one token posts as both`},
		{"a source that cannot be one", `alerts: {senders: {Prom: {token_file: a}}}`, `1:20 config/sender: "Prom" cannot name a source of alerts`},
		{"HTTP for everybody, with senders", "http: {listen: \"[::]:9464\", tls: {cert: c, key: k}}\nalerts: {senders: {prom: {token_file: t}}}", ""},
		{"alerts from the log of decisions", `alerts: {subjects: [monitoring.>, holdfast.log.0]}`, `1:35 config/subject: "holdfast.log.0" cannot be taken into the alert log`},
		{"no subject", `alerts: {subjects: [alerts..x]}`, `1:21 config/subject: "alerts..x" is no subject`},
		{"a playbook's way into the log", `actions: {nats: {allow: [holdfast.log.0, ledger.>]}}`,
			`1:26 config/action: with "holdfast.log.0" a playbook could write into holdfast's own logs`},
		{"a target with a path", `actions: {http: {allow: ["https://fence.internal/north"]}}`,
			`1:26 config/action: "https://fence.internal/north" names more than a place: write scheme://host or scheme://host:port, without a path`},
		{"a target for somebody else", `actions: {http: {allow: [{target: "https://fence.internal", for: rehearsals}]}}`,
			`1:66 config/value: "rehearsals" is no value of for`},
		{"a target that is not named", `actions: {nats: {allow: [{for: exercise}]}}`, `1:26 document/missing-key: "subject" is missing`},
		{"an endpoint that is none", `actions: {tcp: {allow: [ledger.internal, "ledger.internal:5432"]}}`, `1:25 config/action: "ledger.internal" is no host with a port: write ledger.internal:5432`},
		{"a program by name", `actions: {exec: {promote: {argv: [promote.sh]}}}`, `1:28 config/action: "promote.sh" is not an absolute path`},
		{"a level that does not exist", `log: {level: verbose}`, `1:14 config/value: "verbose" is no value of level`},
		{"an address of no page", `http: {external_url: "holdfast.example.org"}`, `1:22 config/url: "holdfast.example.org" is no address of a page`},
		{"an address of no server", `nats: {url: "127.0.0.1:4222"}`, `1:13 config/url: "127.0.0.1:4222" is no address of a nats-server`},
		{"a misspelt key", `http: {listn: "127.0.0.1:1"}`, `1:8 document/unknown-key: "listn" is not known here`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := config.Parse("holdfast.yaml", []byte(c.text+"\n"))
			var got []string
			for _, p := range problems.Sorted() {
				got = append(got, strings.TrimPrefix(p.Position.String(), "holdfast.yaml:")+" "+p.Rule+": "+p.Message)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Safe by default: an exercise reaches what was opened to it, and nothing else.
func TestWhatIsNamedIsForLiveRunsUnlessItSaysOtherwise(t *testing.T) {
	c, problems := config.Parse("holdfast.yaml", []byte(`actions:
  http: {allow: ["https://a.internal", {target: "https://b.internal", for: exercise}, {target: "https://c.internal", for: both}, {target: "https://d.internal"}]}
  nats: {allow: [ledger.promote, {subject: rehearsal.>, for: exercise}]}
  exec: {promote: {argv: [/bin/true]}, look: {argv: [/bin/true], for: both}}
`))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	a := c.Actions
	for what, got := range map[string][2][]string{
		"live targets":      {a.HTTP.Named(config.For.Live), {"https://a.internal", "https://c.internal", "https://d.internal"}},
		"exercise targets":  {a.HTTP.Named(config.For.Exercise), {"https://b.internal", "https://c.internal"}},
		"live subjects":     {a.NATS.Named(config.For.Live), {"ledger.promote"}},
		"exercise subjects": {a.NATS.Named(config.For.Exercise), {"rehearsal.>"}},
	} {
		if diff := cmp.Diff(got[1], got[0]); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	if a.Exec["promote"].For.Exercise() || !a.Exec["look"].For.Exercise() {
		t.Error("the commands are not for whom they say")
	}
}
