package bia_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests must not depend on the machine's zones

	"github.com/google/go-cmp/cmp"

	"holdfast/bia"
	"holdfast/internal/source"
)

var update = flag.Bool("update", false, "write the golden drawings anew")

// read parses an analysis that has no errors.
func read(t *testing.T, text string) *bia.Analysis {
	t.Helper()
	a, problems := bia.Parse("bia.yaml", []byte(text))
	if problems.HasErrors() {
		t.Fatalf("unexpected errors:\n%v", problems)
	}
	return a
}

// rules are the rules that were broken, as "error bia/zero at 3:8", in reading order.
func rules(problems source.Problems) []string {
	var all []string
	for _, p := range problems {
		position := strings.TrimPrefix(p.Position.String(), "bia.yaml:")
		all = append(all, string(p.Severity)+" "+p.Rule+" at "+position)
	}
	return all
}

// acme is the organisation of the examples, without the periods that matter only to their own tests.
const acme = `
organisation: Acme Payments
defaults: {decision_margin: 15m}
processes:
  card-payments:
    vital: true
    mtpd: 4h
    rto: 2h
    wrt: 30m
    rpo: 5m
    needs: [payments-api, {service: fraud-scoring, effect: partial, tolerates: 15m}, {service: receipts, tolerates: 1h}]
services:
  payments-api:
    rtc: {value: 40m, source: exercise, valid_until: 2027-09-14}
    needs: [{any_of: [pay-fra-1, pay-fra-2, pay-fra-3], full: 3, minimum: 2}, core-ledger]
  core-ledger:
    rto: 1h
    rpo: 1m
    wrt: 10m
    rtc: 30m
    confirm_for: 1m
    needs: [{any_of: [ledger-fra, ledger-ams], full: 2, minimum: 1}]
    data: {ledger: {rpo: 5m}}
  fraud-scoring: {rto: 8h, needs: [fraud-1]}
  receipts: {rtc: 2h, needs: [{component: receipts-1}]}
sites: {fra1: {zone: Europe/Berlin}, ams2: {}}
observers: {prom: {heartbeat: {match: {alertname: Watchdog}, every: 2m}}}
components:
  pay-fra-1:  {site: fra1, domains: [edr-agent, network-core], observers: [prom]}
  pay-fra-2:  {site: fra1, domains: [edr-agent], observers: [prom]}
  pay-fra-3:  {site: fra1, observers: [prom]}
  ledger-fra: {site: fra1, observers: [prom]}
  ledger-ams: {site: ams2, observers: [prom]}
  fraud-1:    {observers: [prom]}
  receipts-1: {observers: [prom]}
declaration: {authority: incident-director}
`

func TestWhatIsNotWrittenHasTheStandardValue(t *testing.T) {
	a := read(t, "organisation: x\ncomponents: {c: {}}\nmaintenance: [{from: 2026-01-01, to: 2026-01-02, scope: [c]}]\nservices: {s: {}}\n")
	ignoreMarks := cmp.FilterValues(func(_, _ source.Marks) bool { return true }, cmp.Ignore())
	for _, diff := range []string{
		cmp.Diff(bia.Defaults{ConfirmFor: 5 * time.Minute, RecoverFor: 10 * time.Minute, DecisionMargin: 15 * time.Minute,
			MaxBackdate: bia.Backdate{Auto: true}, MaxFutureSkew: 2 * time.Minute, MaxAge: 24 * time.Hour}, a.Defaults, ignoreMarks),
		cmp.Diff([]string{"negligible", "minor", "moderate", "major", "intolerable"}, a.Impact.Scale),
		cmp.Diff([]string{"financial", "customer", "regulatory", "safety", "reputation"}, a.Impact.Categories),
		cmp.Diff(bia.Criteria{
			SiteLossInferred: bia.SiteLossInferred{Share: 0.9, Components: 3, Classes: 2, Observers: 2},
			FacilityImpaired: bia.FacilityImpaired{Share: 0.5},
			ImpactThreshold:  bia.ImpactThreshold{Level: "intolerable"},
			ConcurrentLoss:   bia.ConcurrentLoss{Count: 3, For: 15 * time.Minute},
		}, a.Criteria, ignoreMarks),
		cmp.Diff(bia.Declaration{DecisionTimeObjective: 20 * time.Minute, Mode: "recommend", OnNoDecision: "escalate", RearmAfter: 24 * time.Hour}, a.Declaration, ignoreMarks),
		cmp.Diff(1, a.Components["c"].Quorum),
		cmp.Diff(15*time.Minute, a.Maintenance[0].Grace),
		cmp.Diff(5*time.Minute, a.Services["s"].ConfirmFor),
	} {
		if diff != "" {
			t.Errorf("another standard (-want +got):\n%s", diff)
		}
	}
}

func TestAZeroThatIsWrittenStays(t *testing.T) {
	a := read(t, "organisation: x\ndefaults: {decision_margin: 0s}\nmaintenance: [{from: 2026-01-01, to: 2026-01-02, scope: [c], grace: 0s}]\ncomponents: {c: {}}\nservices: {s: {decision_margin: 0s}}\n")
	if a.Defaults.DecisionMargin != 0 || a.Maintenance[0].Grace != 0 || a.Objectives("s").Margin != 0 {
		t.Errorf("margin %v, grace %v, margin of s %v", a.Defaults.DecisionMargin, a.Maintenance[0].Grace, a.Objectives("s").Margin)
	}
}

// Every component there is stands in it, so it may be larger than what else is read.
func TestAnAnalysisMayBeLargerThanAnyOtherDocumentButNotOfAnySize(t *testing.T) {
	text := acme + strings.Repeat("#", source.MaxAnalysis-len(acme))
	read(t, text)
	_, problems := bia.Parse("bia.yaml", []byte(text+"#"))
	if got := rules(problems); len(got) == 0 || !strings.Contains(got[0], "document/size") {
		t.Errorf("one byte more is %v", got)
	}
}

func TestAnAnalysisIsNamedByTheDigestOfItsText(t *testing.T) {
	const want = "sha256:20e21d8f558a4a41e3dd19b35cfbb1ac7af72cc09708a69f3f20f284a91a0fc9" // printf 'organisation: x\n' | sha256sum
	if got := read(t, "organisation: x\n").Digest; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestValuesMayBeWrittenInSeveralWays(t *testing.T) {
	a := read(t, `
organisation: x
defaults: {max_backdate: 20m, unknown: {down_after: 30m}}
services:
  a: {rtc: 40m, needs: [c1, {service: b}, {component: c2, effect: partial, tolerates: 15m}, {any_of: [c1, c2, b], full: 2}]}
  b: {rtc: {value: 1h, source: estimate, valid_until: 2027-01-01}}
components: {c1: {}, c2: {}}
`)
	if a.Defaults.MaxBackdate != (bia.Backdate{Limit: 20 * time.Minute}) || a.Defaults.Unknown.DownAfter != 30*time.Minute {
		t.Errorf("backdate %+v, unknown %+v", a.Defaults.MaxBackdate, a.Defaults.Unknown)
	}
	if a.Services["a"].RTC.Value != 40*time.Minute || a.Services["b"].RTC.Value != time.Hour || a.Services["b"].RTC.Source != "estimate" {
		t.Errorf("RTC %+v and %+v", a.Services["a"].RTC, a.Services["b"].RTC)
	}
	type need struct {
		AnyOf         []string
		Full, Minimum int
		Partial       bool
		Tolerates     time.Duration
	}
	var got []need
	for _, n := range a.Services["a"].Needs {
		got = append(got, need{n.AnyOf, n.Full, n.Minimum, n.Partial, n.Tolerates})
	}
	want := []need{
		{[]string{"c1"}, 1, 1, false, 0},
		{[]string{"b"}, 1, 1, false, 0},
		{[]string{"c2"}, 1, 1, true, 15 * time.Minute},
		{[]string{"c1", "c2", "b"}, 2, 2, false, 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("needs (-want +got):\n%s", diff)
	}
}

func TestTheGraphCanBeWalkedBothWays(t *testing.T) {
	a := read(t, acme)
	for what, c := range map[string]struct{ got, want []string }{
		"all that is judged":          {a.Judged(), []string{"card-payments", "core-ledger", "fraud-scoring", "payments-api", "receipts"}},
		"who needs the ledger":        {a.Dependents("core-ledger"), []string{"payments-api"}},
		"who needs a component":       {a.Dependents("pay-fra-1"), []string{"payments-api"}},
		"who needs nothing known":     {a.Dependents("nothing"), nil},
		"what the process rests on":   {a.Below("card-payments"), []string{"fraud-1", "ledger-ams", "ledger-fra", "pay-fra-1", "pay-fra-2", "pay-fra-3", "receipts-1"}},
		"what can take it down":       {a.Bearers("card-payments"), []string{"ledger-ams", "ledger-fra", "pay-fra-1", "pay-fra-2", "pay-fra-3", "receipts-1"}},
		"the domains of a component":  {a.Domains("pay-fra-1"), []string{"fra1", "edr-agent", "network-core"}},
		"the domains of nothing":      {a.Domains("nothing"), nil},
		"the components of a site":    {a.Members("fra1"), []string{"ledger-fra", "pay-fra-1", "pay-fra-2", "pay-fra-3"}},
		"the components of an agent":  {a.Members("edr-agent"), []string{"pay-fra-1", "pay-fra-2"}},
		"the components of no domain": {a.Members("nothing"), nil},
		"all failure domains":         {a.AllDomains(), []string{"ams2", "edr-agent", "fra1", "network-core"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	if _, ok := a.Service("pay-fra-1"); ok {
		t.Error("a component counts as a service")
	}
	if s, ok := a.Service("card-payments"); !ok || !s.Process || s.ID != "card-payments" {
		t.Errorf("the process was not found: %+v", s)
	}
}

func TestImpactReachesTheThresholdInTheFirstCategoryToDoSo(t *testing.T) {
	a := read(t, `
organisation: x
criteria: {impact_threshold: {level: major}}
services:
  pay:   {mtpd: 4h, impact_over_time: {financial: {8h: intolerable, 2h: minor}, customer: {15m: minor, 1h: major, 4h: intolerable}}}
  wiki:  {}
  early: {activate_after: 30m, impact_over_time: {customer: {1h: major}}}
`)
	for id, want := range map[string]string{"pay": "1h0m0s customer true", "wiki": "0s  false", "early": "30m0s  true", "nothing": "0s  false"} {
		after, category, ok := a.ImpactThresholdAfter(id)
		got := after.String() + " " + category + " " + map[bool]string{true: "true", false: "false"}[ok]
		if got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}

// TestEverythingThatIsWrongIsDrawn is the golden test of the checks: testdata/wrong.yaml breaks every rule of form and
// sense, testdata/doubtful.yaml earns every warning.
func TestEverythingThatIsWrongIsDrawn(t *testing.T) {
	for _, name := range []string{"wrong", "doubtful", "unreadable"} {
		text, err := os.ReadFile("testdata/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		_, problems := bia.Parse(name+".yaml", text)
		got, golden := problems.Error()+"\n", "testdata/"+name+".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s is drawn differently (-want +got):\n%s", name, diff)
		}
	}
}

func TestWhatTheExampleOrganisationShouldKnow(t *testing.T) {
	_, problems := bia.Parse("bia.yaml", []byte(acme))
	want := []string{
		"warning bia/rtc-late at 5:3", // the process: 2h of receipts + 15m + 5m for an RTO of 2h
	}
	if diff := cmp.Diff(want, rules(problems)); diff != "" {
		t.Errorf("rules (-want +got):\n%s\n%v", diff, problems)
	}
}
