package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A subject proves who speaks only where one credential alone can publish on it.
func TestWhoElseCanPublishWhereAnObserverSpeaksIsFound(t *testing.T) {
	for name, c := range map[string]struct{ config, bound, want string }{
		"all is open": {"log: {}", "speaks_on: [holdfast.alerts.prom]",
			"prom speaks on holdfast.alerts.prom, and so can any program on this machine, over NATS without credentials, and whoever reaches the HTTP API"},
		"HTTP takes one token for all": {"nats: {embedded: {anonymous: false}}\nalerts: {token_file: t}", "speaks_on: [holdfast.alerts.prom]",
			"prom speaks on holdfast.alerts.prom, and so can whoever has the token of alerts.token_file, over HTTP"},
		"two users of NATS": {"nats: {embedded: {users: {a: {password_file: a, publish: [\"holdfast.alerts.*\"]}, b: {password_file: b, publish: [holdfast.alerts.prom]}}, anonymous: false}}\nalerts: {senders: {prom: {}}}",
			"speaks_on: [holdfast.alerts.prom]", "prom speaks on holdfast.alerts.prom, and so can the NATS users a, b"},
		"one sender has the source, and nobody else": {"nats: {embedded: {anonymous: false}}\nalerts: {senders: {prom: {token_file: t}}}", "speaks_on: [holdfast.alerts.prom]", ""},
		"a subject of the team's own": {"nats: {embedded: {users: {a: {password_file: a, publish: [monitoring.prom]}}}}\nalerts: {subjects: [monitoring.>]}",
			"speaks_on: [monitoring.prom]", ""},
		"a server of one's own, of which nothing is known": {"nats: {url: \"tls://nats.internal:4222\"}\nalerts: {senders: {prom: {}}}", "speaks_on: [holdfast.alerts.prom]", ""},
		"it signs":               {"log: {}", `speaks_on: [holdfast.alerts.prom], key: "j0mPTGhFDuCbmcfYEhUb2Y0rEyJWXfVfQ3cQCrcZKZo="`, ""},
		"it is bound to nothing": {"log: {}", "estimates: false", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			shop(t, dir)
			put(t, dir, "continuity/bia.yaml", "organisation: Shop\nservices:\n  shop: {needs: [db-1]}\ncomponents:\n  db-1: {observers: [prom]}\nobservers:\n  prom: {"+c.bound+"}\n")
			put(t, dir, "holdfast.yaml", c.config+"\n")
			found, _, err := examine(filepath.Join(dir, "holdfast.yaml"), "")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range found {
				if p.Rule == "config/open-speaker" {
					got = append(got, p.Message)
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("%s\n%v", diff, found)
			}
		})
	}
}

// Two subjects are two voices only where it takes two credentials to speak on them.
func TestACredentialThatSpeaksForAWholeQuorumIsFound(t *testing.T) {
	const closed = "anonymous: false"
	for name, c := range map[string]struct{ config, mode, want string }{
		"a user of NATS": {"nats: {embedded: {users: {mon: {password_file: m, publish: [\"holdfast.alerts.>\"]}}, " + closed + "}}\nalerts: {senders: {a: {}, b: {}}}", "automatic",
			"the NATS user mon can speak as a, b, which is the quorum of db-1"},
		"a sender over HTTP": {"nats: {embedded: {" + closed + "}}\nalerts: {senders: {mon: {token_file: m, sources: [a, b]}}}", "automatic",
			"the sender mon, over HTTP, can speak as a, b, which is the quorum of db-1"},
		"each has its own": {"nats: {embedded: {users: {a: {password_file: a, publish: [holdfast.alerts.a]}}, " + closed + "}}\nalerts: {senders: {a: {}, b: {token_file: b}}}", "automatic", ""},
		"people declare":   {"nats: {embedded: {" + closed + "}}\nalerts: {senders: {mon: {token_file: m, sources: [a, b]}}}", "recommend", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			shop(t, dir)
			put(t, dir, "continuity/bia.yaml", "organisation: Shop\nservices:\n  shop: {needs: [db-1, db-2]}\ncomponents:\n  db-1: {observers: [a, b], quorum: 2}\n  db-2: {observers: [b, a], quorum: 2}\n"+
				"observers:\n  a: {speaks_on: [holdfast.alerts.a]}\n  b: {speaks_on: [holdfast.alerts.b]}\ndeclaration: {authority: director, mode: "+c.mode+"}\n")
			put(t, dir, "holdfast.yaml", c.config+"\n")
			found, _, err := examine(filepath.Join(dir, "holdfast.yaml"), "")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range found {
				if p.Rule == "config/open-speaker" {
					got = append(got, p.Message)
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("%s\n%v", diff, found)
			}
		})
	}
}
