package incident

import (
	"strings"
	"testing"
	"time"
)

// Whoever encrypts a ledger has encrypted what is copied from it as well: a rule must not fail over to that.
func TestNothingIsInvokedByARuleWhereDataIsCompromised(t *testing.T) {
	files := with(t, automatic(t), "bia.yaml", "core-ledger: {rto: 2h, rtc: 30m,", "core-ledger: {rto: 2h, rtc: 30m, data: {ledger: {rpo: 5m}},") // below payments-api
	h := newHouse(t, files)
	h.facts.compromised = map[string]bool{"ledger": true}
	h.disaster("facility_lost")
	equal(t, h.at(6*time.Minute), []string{"classified", "declared", "no_playbook_fits"})
	says(t, strings.Join(last[NoPlaybookFits](h).Missing, "; "), "ledger is signalled compromised", "a person has to invoke it")
	equal(t, h.order("alice", Command{Verb: VerbInvoke, Incident: acmeIncident, Services: []string{"payments-api"}, Playbook: "failover-to-ams2", Reason: "the copy is older than that"})[0], "invoked")

	h = newHouse(t, files)
	h.disaster("facility_lost")
	equal(t, h.at(6*time.Minute), []string{"classified", "declared", "invoked", "step_started page"})
}

func TestNobodyKnowsWhichRecoveryPointOfCompromisedDataIsClean(t *testing.T) {
	files := with(t, automatic(t), "bia.yaml", "core-ledger: {rto: 2h, rtc: 30m,", "core-ledger: {rto: 2h, rtc: 30m, data: {ledger: {rpo: 5m}},")
	files = with(t, files, "playbooks/failover.yaml", "preconditions:", "preconditions:\n  - {recovery_point_within: {data: ledger, age: 5m}, else: ask}")
	h := newHouse(t, files)
	h.order("alice", Command{Verb: VerbDisarm, Reason: "people decide"})
	h.facts.compromised, h.facts.points = map[string]bool{"ledger": true}, map[string]time.Time{"ledger": t0.Add(-time.Minute)}
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.order("bob", Command{Verb: VerbDeclare, Incident: acmeIncident})
	says(t, last[Invoked](h).Asks.Unmet[0], "nobody knows which of its recovery points is clean")
}
