package incident

import (
	"testing"
	"time"

	"holdfast/detector"
)

func TestTwoPeopleOfTheAuthorityOverruleARuleForOneStep(t *testing.T) {
	h := neverBoth(t)
	h.finish(Result{Effect: h.want("fence")})
	equal(t, h.step("promote").Status, Stuck)
	says(t, h.refuses("dave", Command{Verb: VerbOverrule, Incident: acmeIncident, Step: "promote", Reason: "now"}).Reason, "dave may not overrule a rule for promote")
	says(t, h.refuses("alice", Command{Verb: VerbOverrule, Incident: acmeIncident, Step: "promote"}).Reason, "needs a reason")
	equal(t, h.control("alice", VerbOverrule, "promote", ""), []string{"rule_overruled promote"})
	equal(t, last[RuleOverruled](h).Tell, []string{"bob", "carol"})
	says(t, h.only().Notices[len(h.only().Notices)-1].Body, "takes a second person to agree within 1h: holdfast overrule")

	// One is not two, and the same one is not another.
	says(t, h.refuses("alice", Command{Verb: VerbRetry, Incident: acmeIncident, Step: "promote", Reason: "go"}).Reason, "it would break never-both-sites")
	says(t, h.refuses("alice", Command{Verb: VerbOverrule, Incident: acmeIncident, Step: "promote", Reason: "really"}).Reason, "it takes a second person")
	equal(t, h.control("bob", VerbOverrule, "promote", ""), []string{"rule_overruled promote"})
	says(t, Sentence(h.records[len(h.records)-1]), "bob (incident-director) agreed that step promote of run 1 may break never-both-sites: because of the storm")
	equal(t, h.says("alice", VerbRetry, "promote"), []string{"step_started promote"})
	equal(t, last[RuleOverruled](h).Broken != "", true)
	says(t, h.refuses("carol", Command{Verb: VerbOverrule, Incident: acmeIncident, Step: "promote", Reason: "too"}).Reason, "no rule forbids step promote")
}

// overruledOnce is a house in which a rule forbids a step, and one director has said that it shall be done all the same.
func overruledOnce(t *testing.T) *house {
	h := neverBoth(t)
	h.finish(Result{Effect: h.want("fence")})
	h.control("alice", VerbOverrule, "promote", "")
	return h
}

func TestAWordToOverruleHoldsForAnHour(t *testing.T) {
	h := overruledOnce(t)
	h.at(h.now.Sub(t0) + time.Hour)
	equal(t, h.control("bob", VerbOverrule, "promote", ""), []string{"rule_overruled promote"})
	equal(t, last[RuleOverruled](h).Second, false) // alice's no longer counts, so it takes another
	says(t, h.refuses("alice", Command{Verb: VerbRetry, Incident: acmeIncident, Step: "promote", Reason: "go"}).Reason,
		"it would break never-both-sites", "that alice wanted it all the same counts no longer: such a word holds for 1h")
	h.at(h.now.Sub(t0) + 59*time.Minute)
	h.control("alice", VerbOverrule, "promote", "")
	equal(t, last[RuleOverruled](h).Second, true)
	h.at(h.now.Sub(t0) + time.Minute) // bob's hour is over before anybody has acted on it
	says(t, h.refuses("alice", Command{Verb: VerbRetry, Incident: acmeIncident, Step: "promote", Reason: "go"}).Reason, "that bob wanted it all the same counts no longer")
}

func TestAWordToOverruleIsForTheFactsThatItWasSaidOf(t *testing.T) {
	h := overruledOnce(t)
	h.control("bob", VerbOverrule, "promote", "")
	h.facts.components["ledger-db-fra"] = detector.Degraded // it was up, and both looked at that
	says(t, h.refuses("alice", Command{Verb: VerbRetry, Incident: acmeIncident, Step: "promote", Reason: "go"}).Reason,
		"now ledger-db-fra is degraded", "that alice and bob wanted it all the same counts no longer")
	equal(t, h.control("alice", VerbOverrule, "promote", ""), []string{"rule_overruled promote"})
	equal(t, last[RuleOverruled](h).Second, false)
	h.control("bob", VerbOverrule, "promote", "")
	equal(t, h.says("alice", VerbRetry, "promote"), []string{"step_started promote"})
}

// What was recorded by a version that did not keep what a word was about still counts, within its hour.
func TestAnOlderWordToOverruleCountsWithinItsHour(t *testing.T) {
	h := overruledOnce(t)
	h.commit(Change{Incident: acmeIncident, Event: RuleOverruled{Run: "1", Step: "promote", Rule: "never-both-sites", By: Actor{Person: "bob"}, Reason: "so", Second: true}})
	equal(t, h.says("alice", VerbRetry, "promote"), []string{"step_started promote"})
}

func TestNobodyOverrulesGoingBackToASideThatIsNotWell(t *testing.T) {
	h := runWith(t, "  - {id: back, phase: reconstitution, run: {exec: {command: back}}, returns_to: [ams2]}\n  - {id: look, after: [], do: \"Look\", role: on-call-pay}\n")
	h.recovers(7*time.Minute, true)
	h.at(20 * time.Minute)
	h.finish(Result{Effect: h.want("back"), Outcome: Failed})
	h.facts.lost["ams2"] = true
	h.at(21 * time.Minute)
	says(t, h.refuses("alice", Command{Verb: VerbOverrule, Incident: acmeIncident, Step: "back", Reason: "now"}).Reason, "nobody overrules returns_to")
}

func TestAnUndoIsHeldAgainstTheRulesToo(t *testing.T) {
	files := automatic(t)
	files["bia.yaml"] += `
assertions:
  stay-closed:
    never: "next.undo && next.id == 'fence' && component('ledger-db-fra').state == 'down'"
    why: behind the fence nobody answers
`
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nsteps:\n  - {id: fence, run: {exec: {command: fence}}, undo: {run: {exec: {command: open}}}}\n  - {id: look, do: Look, role: on-call-pay}\n"
	h := invoked(t, files)
	h.facts.components["ledger-db-fra"] = detector.Down
	h.finish(Result{Effect: h.want("fence")})
	equal(t, h.control("alice", VerbAbort, "", ""), []string{"run_aborted", "step_forbidden fence"})
	h.control("alice", VerbOverrule, "fence", "")
	equal(t, last[RuleOverruled](h).Undo, true)
	h.control("bob", VerbOverrule, "fence", "")
	equal(t, h.says("alice", VerbRetry, "fence"), []string{"undo_started fence"})
}

func TestTheStepsOfAPlaybookWithinAreHeldAgainstTheRules(t *testing.T) {
	files := automatic(t)
	files["bia.yaml"] += "\nassertions: {never: {never: \"next.id == 'in.act' && component('ledger-db-fra').state != 'down'\", why: two ledgers}}\n"
	files["playbooks/failover.yaml"] = "playbook: outer\nfor: {services: [payments-api]}\nsteps:\n  - {id: in, invoke: inner}\n"
	files["playbooks/inner.yaml"] = "playbook: inner\nfor: {services: [core-ledger]}\npriority: -1\nsteps:\n  - {id: act, run: {exec: {command: act}}}\n"
	h := invoked(t, files)
	equal(t, h.step("in.act").Outcome, Forbidden)
}

func TestNobodyTakesAStepThatWouldBreakARuleByNow(t *testing.T) {
	files := automatic(t)
	files["bia.yaml"] += "\nassertions: {never: {never: \"next.id == 'pull' && component('ledger-db-ams').state == 'down'\", why: then all is dark}}\n"
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nsteps:\n  - {id: pull, do: Pull the plugs of the north, role: on-call-pay}\n"
	h := invoked(t, files)
	equal(t, h.step("pull").Status, Waiting)
	h.facts.components["ledger-db-ams"] = detector.Down
	says(t, h.refuses("dave", Command{Verb: VerbAck, Incident: acmeIncident, Step: "pull"}).Reason, "may not be done now: it would break never: then all is dark")
	h.facts.components["ledger-db-ams"] = detector.Up
	equal(t, h.says("dave", VerbAck, "pull"), []string{"acknowledged pull"})
}
