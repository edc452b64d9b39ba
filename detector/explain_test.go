package detector_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector"
	"holdfast/detector/alert"
)

var update = flag.Bool("update", false, "write the golden files")

// payments is a house with most of what an explanation can speak of.
const payments = `
processes:
  card-payments: {vital: true, rto: 2h, mtpd: 4h, wrt: 30m, activate_after: 3h, needs: [payments-api, {service: fraud-scoring, effect: partial, tolerates: 15m}]}
services:
  payments-api:
    rtc: 40m
    needs: [{any_of: [pay-fra-1, pay-fra-2, pay-ams-1], full: 3, minimum: 2}, ledger]
  ledger: {rtc: 30m, rpo: 5m, needs: [{any_of: [db-fra, db-ams], full: 2, minimum: 1}], data: {ledger: {rpo: 5m}}}
  fraud-scoring: {needs: [fraud-1]}
sites: {fra: {}, ams: {}}
observers:
  prom: {heartbeat: {match: {alertname: Watchdog, from: prom}, every: 10m}}
  probe: {}
components:
  pay-fra-1: {site: fra, class: compute, observers: [prom, probe]}
  pay-fra-2: {site: fra, class: compute, observers: [prom, probe], quorum: 2}
  pay-ams-1: {site: ams, class: compute, observers: [prom, probe]}
  db-fra: {site: fra, class: database, observers: [prom, probe]}
  db-ams: {site: ams, class: database, observers: [prom, probe]}
  fraud-1: {site: ams, class: compute, observers: [prom]}
`

func TestAnExplanationReads(t *testing.T) {
	h := watch(t, payments)
	h.hear("0s", beat("prom"), says("prom", "pay-fra-1", "down"), says("prom", "fraud-1", "down"))
	h.hear("10m", beat("prom"), says("prom", "db-fra", "down"), says("prom", "pay-fra-2", "down"))
	h.hear("12m", says("probe", "pay-fra-2", "down"), site("fra", "impaired"),
		labelled(alert.Firing, "component", "pay-ams-1", "effect", "intentional", "by", "kim", "until", at("2h").Format(time.RFC3339)))
	h.hear("20m", beat("prom"))
	h.hear("30m", beat("prom"), estimates("card-payments", "90m"))
	for name, offset := range map[string]string{"degraded": "5m", "lost": "14m", "disaster": "31m"} {
		expectGolden(t, name, h.situation(offset))
	}
	h.hear("32m", says("prom", "pay-fra-1", "up"), says("probe", "pay-fra-1", "up"))
	expectGolden(t, "recovering", h.situation("33m"))
}

// expectGolden compares what a person or program reads of a verdict: all but the services' objectives.
func expectGolden(t *testing.T, name string, v detector.Verdict) {
	t.Helper()
	got := written(t, struct {
		Key, Level, Previous, Current string
		Roots, Lost                   []string
		NextAt                        time.Time
		Explanation                   detector.Explanation
	}{v.Key, v.Level.String(), v.Previous.String(), v.Current.String(), v.Roots, v.Lost, v.NextAt, v.Explanation}) + "\n"
	file := filepath.Join("testdata", "explanation-"+name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (run with -update if it is meant):\n%s", file, diff)
	}
}

func TestAnExplanationNamesWhatOfManyServicesItCan(t *testing.T) {
	var b strings.Builder
	b.WriteString("services:\n")
	for i := range 40 {
		b.WriteString("  s" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + ": {vital: true, rto: 2h, mtpd: 4h, rtc: 30m, needs: [c]}\n")
	}
	b.WriteString("components: {c: {}}\n")
	h := watch(t, b.String())
	h.hear("0s", down("c"))
	v := h.situation("5m")
	at := slices.IndexFunc(v.Explanation.Criteria, func(c detector.Criterion) bool { return c.ID == "vital_below_mbco" })
	if c := v.Explanation.Criteria[at]; len(c.Services) != 40 || len(c.Evidence) > 13 {
		t.Errorf("%d services, %d sentences", len(c.Services), len(c.Evidence))
	}
	if !strings.Contains(v.Explanation.Summary, "and 35 more") {
		t.Error(v.Explanation.Summary)
	}
}

func TestAnExplanationOfThePastIsNotToldAgainWhereMoreWasHeardSince(t *testing.T) {
	h := watch(t, "observers: {p: {}, q: {}}\ncomponents: {c: {observers: [p, q], quorum: 2}}\nservices: {s: {rto: 4h, data: {ledger: {}}, needs: [c]}}\n")
	h.hear("0s", labelled(alert.Firing, "data", "ledger", "effect", "compromised"), says("p", "c", "degraded"))
	h.hear("1m", says("p", "c", "down"))
	for offset, want := range map[string]string{"0s": "only p says degraded", "1m": "only p says down"} {
		h.Verdicts(at("0s"))
		if all := strings.Join(h.situation(offset).Explanation.NotCounted, "\n"); !strings.Contains(all, want) {
			t.Errorf("at %s it is told that %s, expected %s", offset, all, want)
		}
	}
}
