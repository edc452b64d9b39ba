package bia_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/bia"
)

func TestAProbeLooksByTheClockWhoeverLooks(t *testing.T) {
	p := &bia.Probe{Every: 30 * time.Second}
	for at, want := range map[string]string{"12:00:00": "12:00:30", "12:00:29.9": "12:00:30", "12:00:30": "12:01:00", "11:59:59.999": "12:00:00"} {
		after, _ := time.Parse("15:04:05", at)
		if got := p.Due(after).Format("15:04:05"); got != want {
			t.Errorf("after %s it is due at %s, expected %s", at, got, want)
		}
	}
}

func TestHoldfastItselfSpeaksWhereNobodyElseDoesAndBeatsItsOwnHeart(t *testing.T) {
	a := read(t, `
organisation: A shop
observers: {own-eyes: {own: true}, prom: {}}
services: {shop: {}}
probes:
  often: {service: shop, tcp: "shop.internal:443", every: 2s}
  seldom: {service: shop, http: {url: "https://shop.internal/"}, every: 3m, timeout: 20s}
`)
	o := a.Observers[a.Own()]
	if a.Own() != "own-eyes" || !o.Owns(bia.OwnSubject) || o.Owns("holdfast.alerts.own-eyes") || o.Heartbeat.Every != 3*time.Minute {
		t.Errorf("it is %q: %+v", a.Own(), o)
	}
	if p := a.Probes["often"]; p.Timeout != 2*time.Second || a.Probes["seldom"].Timeout != 20*time.Second {
		t.Errorf("it waits %s", p.Timeout)
	}
	labels := map[string]string{"alertname": bia.OwnHeartbeat, "observer": "own-eyes"}
	if !o.Heartbeat.Match.Match(func(l string) string { return labels[l] }) {
		t.Error("its heartbeat is not taken for one")
	}
}

func TestWhatAProbeCannotDoIsSaid(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"two that are holdfast":         {"observers: {a: {own: true}, b: {own: true}}", "bia/own a and b cannot both be holdfast itself"},
		"holdfast with a subject":       {"observers: {a: {own: true, speaks_on: [holdfast.alerts.a]}}", "bia/own holdfast knows its own probes, and sends their heartbeat: speaks_on is for other observers"},
		"holdfast with a heartbeat":     {"observers: {a: {own: true, heartbeat: {match: {a: b}, every: 1m}}}", "bia/own holdfast knows its own probes, and sends their heartbeat: heartbeat is for other observers"},
		"nobody to say what they see":   {"probes: {p: {service: shop, tcp: \"a:1\"}}", "bia/own no observer is holdfast itself, so nobody would say what the probes see"},
		"asked for, and no eyes":        {"declaration: {authority: x, require: {own_probe: true}}", "bia/own holdfast looks at nothing itself, so nothing would ever be declared without a person"},
		"asked for, and no probes":      {"observers: {a: {own: true}}\ndeclaration: {authority: x, require: {own_probe: true}}", "bia/own holdfast looks at nothing itself, so nothing would ever be declared without a person"},
		"at nothing":                    {"observers: {a: {own: true}}\nprobes: {p: {tcp: \"a:1\"}}", "bia/probe probe p has to look at either a component or a service"},
		"at two things":                 {"observers: {a: {own: true}}\nprobes: {p: {service: shop, component: web, tcp: \"a:1\"}}", "bia/probe probe p has to look at either a component or a service"},
		"at what there is not":          {"observers: {a: {own: true}}\nprobes: {p: {service: shoop, tcp: \"a:1\"}}", `bia/dangling "shoop" is not among the services, processes`},
		"at what does not hear it":      {"observers: {a: {own: true}}\nprobes: {p: {component: web, tcp: \"a:1\"}}", "bia/probe a is not an observer of web, so what the probe sees would not count"},
		"by nothing":                    {"observers: {a: {own: true}}\nprobes: {p: {service: shop}}", "bia/probe probe p has to ask either by http or by tcp"},
		"by both":                       {"observers: {a: {own: true}}\nprobes: {p: {service: shop, tcp: \"a:1\", http: {url: \"http://a\"}}}", "bia/probe probe p has to ask either by http or by tcp"},
		"an address that is none":       {"observers: {a: {own: true}}\nprobes: {p: {service: shop, http: {url: \"shop.internal\"}}}", `bia/probe "shop.internal" is no address that can be asked`},
		"an address with a password":    {"observers: {a: {own: true}}\nprobes: {p: {service: shop, http: {url: \"http://me:secret@shop.internal\"}}}", `bia/probe "http://me:secret@shop.internal" is no address that can be asked`},
		"a status that is none":         {"observers: {a: {own: true}}\nprobes: {p: {service: shop, http: {url: \"http://a\", status: 20}}}", "bia/probe 20 is no status of HTTP"},
		"a port that is none":           {"observers: {a: {own: true}}\nprobes: {p: {service: shop, tcp: shop.internal}}", `bia/probe "shop.internal" is no host with a port`},
		"too often":                     {"observers: {a: {own: true}}\nprobes: {p: {service: shop, tcp: \"a:1\", every: 500ms}}", "bia/probe a probe cannot look every 500ms"},
		"waiting longer than it looks":  {"observers: {a: {own: true}}\nprobes: {p: {service: shop, tcp: \"a:1\", every: 10s, timeout: 11s}}", "bia/probe a probe that looks every 10s cannot wait 11s"},
		"a service that nobody sees":    {automaticWithEyes + "probes: {p: {service: shop, tcp: \"a:1\"}}", "bia/unprobed own_probe is asked for, and no probe of holdfast's own would see that till is down: that is never declared without a person"},
		"each is seen by its component": {automaticWithEyes + "probes: {p: {service: shop, tcp: \"a:1\"}, q: {component: desk, tcp: \"a:1\"}}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			text := "organisation: A shop\n" + c.text + "\n"
			if !strings.Contains(text, "\nservices:") {
				text += "services: {shop: {}}\ncomponents: {web: {}}\n"
			}
			_, problems := bia.Parse("bia.yaml", []byte(text))
			var got []string
			for _, p := range problems {
				if p.Rule == "bia/own" || p.Rule == "bia/probe" || p.Rule == "bia/unprobed" || p.Rule == "bia/dangling" {
					got = append(got, p.Rule+" "+p.Message)
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("%s\n%v", diff, problems)
			}
		})
	}
}

// automaticWithEyes has two vital services, of which one is seen as a whole.
const automaticWithEyes = `
observers: {prom: {}, own-eyes: {own: true}}
components: {web: {observers: [prom]}, desk: {observers: [prom, own-eyes]}}
services:
  shop: {vital: true, rto: 1h, needs: [web]}
  till: {vital: true, rto: 1h, needs: [desk]}
declaration: {authority: x, mode: automatic, automatic_for: [decision_point], require: {own_probe: true}}
`
