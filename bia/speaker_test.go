package bia_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/bia"
)

func TestASubjectIsAnObserversByItsPatterns(t *testing.T) {
	o := &bia.Observer{SpeaksOn: []string{"holdfast.alerts.prom", "monitoring.*.fra", "edge.>"}}
	for subject, owns := range map[string]bool{
		"holdfast.alerts.prom": true, "holdfast.alerts.prom.x": false, "holdfast.alerts": false, "holdfast.alerts.prometheus": false,
		"monitoring.a.fra": true, "monitoring.a.b.fra": false, "monitoring.fra": false, "edge.a.b": true, "edge": false,
	} {
		if o.Owns(subject) != owns {
			t.Errorf("%s: %v", subject, !owns)
		}
	}
}

func TestASubjectOnWhichNothingComesIsAnError(t *testing.T) {
	_, problems := bia.Parse("bia.yaml", []byte(`
organisation: A shop
observers:
  a: {speaks_on: [holdfast.alerts.a, "a..b", holdfast.log.0, ">", "a.>.b", holdfast.alerts.a]}
declaration: {authority: director}
`))
	want := []string{"error bia/speaks-on at 4:38", "error bia/speaks-on at 4:46", "error bia/speaks-on at 4:67", "error bia/twice at 4:76"}
	if diff := cmp.Diff(want, rules(problems)); diff != "" {
		t.Error(diff)
	}
}

const quorums = `
organisation: A shop
observers:
  a: {A, heartbeat: {match: {alertname: Watchdog, of: a}, every: 1m}}
  b: {B, heartbeat: {match: {alertname: Watchdog, of: b}, every: 1m}}
  c: {C, heartbeat: {match: {alertname: Watchdog, of: c}, every: 1m}}
components:
  one:   {observers: [a, b], quorum: 2}
  two:   {observers: [b, a], quorum: 2}
  three: {observers: [a, b], quorum: 1}
services: {shop: {vital: true, rto: 4h, mtpd: 8h, rtc: 1h, needs: [one, two, three]}}
declaration: {authority: director, mode: automatic, automatic_for: [decision_point]}
`

// One thief, with the credential of one observer or with none, must not make up a quorum.
func TestAQuorumThatOneCredentialMakesUpIsWarnedOf(t *testing.T) {
	const key = `key: "j0mPTGhFDuCbmcfYEhUb2Y0rEyJWXfVfQ3cQCrcZKZo="`
	for name, c := range map[string]struct{ a, b, c, says string }{
		"nobody is bound":                     {"estimates: false", "estimates: false", "estimates: false", "whoever may send an alert can call it one of a and b, which is the quorum of one and 1 more"},
		"each has a subject":                  {"speaks_on: [holdfast.alerts.a]", "speaks_on: [holdfast.alerts.b]", "estimates: false", ""},
		"one has a subject":                   {"speaks_on: [holdfast.alerts.a]", "estimates: false", "estimates: false", ""},
		"both have the same":                  {"speaks_on: [holdfast.alerts.a]", `speaks_on: ["holdfast.alerts.*"]`, "estimates: false", "whoever has the credential of a can speak as a and b"},
		"another speaks where both do":        {"speaks_on: [holdfast.alerts.a]", "speaks_on: [holdfast.alerts.b]", "speaks_on: [holdfast.alerts.>]", "whoever has the credential of c can speak as a and b"},
		"each has a key":                      {key, key, "estimates: false", ""},
		"one has a key, the other is by name": {key, "estimates: false", "estimates: false", "whoever has the credential of a can speak as a and b"},
		"one has a key, the other a subject":  {key, "speaks_on: [holdfast.alerts.b]", "estimates: false", ""},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.NewReplacer("{A,", "{"+c.a+",", "{B,", "{"+c.b+",", "{C,", "{"+c.c+",").Replace(quorums)
			_, problems := bia.Parse("bia.yaml", []byte(text))
			var said []string
			for _, p := range problems {
				if p.Rule == "bia/quorum-by-label" {
					said = append(said, p.Message)
				}
			}
			if got := strings.Join(said, "\n"); (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
				t.Errorf("it says %q\n%v", got, problems)
			}
			_, problems = bia.Parse("bia.yaml", []byte(strings.Replace(text, "mode: automatic", "mode: recommend", 1)))
			if strings.Contains(problems.Error(), "bia/quorum-by-label") {
				t.Error("where people declare, it is warned of too")
			}
		})
	}
}

func TestAServiceAsAWholeTakesAsManyAsTheComponentsWhoseLossTakesItDown(t *testing.T) {
	a := read(t, `
organisation: A shop
observers: {a: {}, b: {}, c: {}}
components:
  one: {observers: [a, b, c]}
  two: {observers: [a, b, c], quorum: 2}
  three: {observers: [a, b, c], quorum: 3}
services:
  easy: {needs: [one]}
  firm: {needs: [easy, two, {component: three, effect: partial}]}
  bare: {}
  said: {quorum: 1, needs: [three]}
`)
	for id, want := range map[string]int{"easy": 1, "firm": 2, "bare": 2, "said": 1} {
		if got := a.QuorumOfWhole(id); got != want {
			t.Errorf("%s takes %d, expected %d", id, got, want)
		}
	}
}

func TestAQuorumOfAServiceIsAtLeastOne(t *testing.T) {
	_, problems := bia.Parse("bia.yaml", []byte("organisation: A shop\nservices: {s: {quorum: 0}}\n"))
	if !strings.Contains(problems.Error(), "bia/quorum") {
		t.Error(problems)
	}
}

// What only some may say is worth as much as what tells them from others.
func TestARightThatALabelGivesIsWarnedOf(t *testing.T) {
	for written, want := range map[string]string{
		"estimates: true":                                                      "provider may say when outages end, and whoever may send an alert can call itself provider",
		"maintenance: true":                                                    "provider may excuse outages by planned maintenance, and whoever may send an alert can call itself provider",
		"estimates: true, speaks_on: [status.page]":                            "",
		"maintenance: true, speaks_on: [status.page]":                          "",
		`estimates: true, key: "j0mPTGhFDuCbmcfYEhUb2Y0rEyJWXfVfQ3cQCrcZKZo="`: "",
		"speaks_on: [status.page]":                                             "",
	} {
		_, problems := bia.Parse("bia.yaml", []byte("organisation: A shop\nobservers: {provider: {"+written+"}}\ndeclaration: {authority: director}\n"))
		got := ""
		for _, p := range problems {
			if p.Rule == "bia/right-by-label" {
				got += p.Message
			}
		}
		if got != want {
			t.Errorf("%s: %q, expected %q", written, got, want)
		}
	}
}

// That a site is lost takes two voices where it is declared by itself: two that one thief can be are one.
func TestTwoVoicesThatOneCredentialCanBeAreWarnedOf(t *testing.T) {
	for name, c := range map[string]struct{ a, b, delegated, says string }{
		"nobody is bound":       {"", "", "facility_lost", "whoever may send an alert can call it one of a and b, and facility_lost is declared by on the word of two"},
		"of data":               {"", "", "decision_point, data_loss", "and data_loss is declared by on the word of two"},
		"each has a subject":    {"speaks_on: [x.a]", "speaks_on: [x.b]", "facility_lost", ""},
		"one has a subject":     {"speaks_on: [x.a]", "", "facility_lost", ""},
		"both speak on another": {"speaks_on: [x.a]", "speaks_on: [x.*]", "facility_lost", "whoever has the credential of a can speak as a and b"},
		"nobody delegated it":   {"", "", "decision_point", ""},
	} {
		_, problems := bia.Parse("bia.yaml", []byte("organisation: A shop\nobservers: {a: {"+c.a+"}, b: {"+c.b+"}}\nsites: {north: {}}\ncomponents: {web: {site: north, observers: [a, b]}}\n"+
			"services: {shop: {vital: true, rto: 4h, mtpd: 8h, rtc: 1h, needs: [web]}}\ndeclaration: {authority: director, mode: automatic, automatic_for: ["+c.delegated+"]}\n"))
		got := ""
		for _, p := range problems {
			if p.Rule == "bia/quorum-by-label" {
				got += p.Message
			}
		}
		if (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s: %q, expected %q", name, got, c.says)
		}
	}
}

// A quorum of one is one credential: what is declared by itself on that is declared by whoever has it.
func TestAQuorumOfOneThatDeclaresByItselfIsWarnedOf(t *testing.T) {
	const house = "organisation: A shop\nobservers: {a: {speaks_on: [x.a]}, b: {speaks_on: [x.b]}, own-eyes: {own: true}}\nprobes: {shop: {service: shop, tcp: \"shop.example:443\"}}\n" +
		"components: {db: {observers: [a, b], quorum: 2}, web: {observers: [a, b]}, www: {observers: [a]}, spare: {observers: [a]}}\n" +
		"services: {shop: {vital: true, rto: 4h, mtpd: 8h, rtc: 1h, needs: [db, web, www]}, blog: {needs: [spare]}}\n"
	for declaration, want := range map[string]string{
		"mode: automatic, automatic_for: [decision_point, site_loss_inferred]":         "whoever has the credential of one observer can say that web is down, and decision_point is declared by on that without a person, and so it is with 1 more",
		"mode: automatic, automatic_for: [site_loss_inferred, facility_lost]":          "",
		"mode: automatic, automatic_for: [decision_point], require: {own_probe: true}": "",
		"mode: recommend, automatic_for: [decision_point]":                             "",
	} {
		_, problems := bia.Parse("bia.yaml", []byte(house+"declaration: {authority: director, "+declaration+"}\n"))
		got := ""
		for _, p := range problems {
			if p.Rule == "bia/quorum-of-one" {
				got += p.Message
			}
		}
		if got != want {
			t.Errorf("%s: %q, expected %q", declaration, got, want)
		}
	}
}
