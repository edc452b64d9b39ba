package incident

import (
	"slices"
	"testing"
	"time"

	"holdfast/detector"
)

// neverBoth is a house whose bia.yaml forbids a promotion while the other side may still write.
func neverBoth(t *testing.T) *house {
	t.Helper()
	files := automatic(t)
	files["bia.yaml"] += `
assertions:
  never-both-sites:
    never: "next.id == 'promote' && component('ledger-db-fra').state != 'down'"
    why: two ledgers that were both written to cannot be put together again
`
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nsteps:\n" + promotion
	return invoked(t, files)
}

const promotion = `
  - {id: fence, run: {exec: {command: fence}}}
  - {id: promote, run: {exec: {command: promote}}, timeout: 1m, repeat: safe, retry: 2}
  - {id: look, do: "Look", role: on-call-pay}
`

func TestAStepThatWouldBreakAnAssertionIsNotCarriedOut(t *testing.T) {
	h := neverBoth(t)
	equal(t, h.finish(Result{Effect: h.want("fence")})[:2], []string{"step_done fence", "step_forbidden promote"})
	e := last[StepForbidden](h)
	equal(t, e.Rule, "never-both-sites")
	says(t, e.Reason, "two ledgers", "next.id == 'promote'", "now ledger-db-fra is up")
	equal(t, e.Tell, []string{"alice"})
	equal(t, h.step("promote").Status, Stuck)
	equal(t, h.step("promote").Attempt, 0)
	notices := h.only().Notices
	n := slices.IndexFunc(notices, func(n Notice) bool { return n.Run == "1" && n.Step == "promote" })
	says(t, notices[n].Subject, "NOT carried out", "never-both-sites")

	says(t, h.refuses("alice", Command{Verb: VerbRetry, Incident: acmeIncident, Step: "promote", Reason: "go"}).Reason, "it would break never-both-sites", "two ledgers", "now ledger-db-fra is up")
	says(t, h.only().forbiddenNow(h.draft().world(h.only(), nil))["1/promote"], "never-both-sites: two ledgers", "now ledger-db-fra is up")
	h.facts.components["ledger-db-fra"] = detector.Down
	equal(t, h.only().forbiddenNow(h.draft().world(h.only(), nil)), map[string]string{})
	equal(t, h.says("alice", VerbRetry, "promote"), []string{"step_started promote"})
}

func TestWhatNobodyCanTellCountsAsBroken(t *testing.T) {
	h := neverBoth(t)
	h.facts.components["ledger-db-fra"] = detector.Unknown
	equal(t, h.finish(Result{Effect: h.want("fence")})[:2], []string{"step_done fence", "step_forbidden promote"})
	says(t, last[StepForbidden](h).Reason, "cannot be told: nobody can see ledger-db-fra")
}

func TestAnAssertionIsAskedAgainWhenAStepIsTriedAgain(t *testing.T) {
	h := neverBoth(t)
	h.facts.components["ledger-db-fra"] = detector.Down
	h.finish(Result{Effect: h.want("fence")})
	h.finish(Result{Effect: h.want("promote"), Outcome: Failed, Reason: "no"})
	h.facts.components["ledger-db-fra"] = detector.Up
	equal(t, h.at(7*time.Minute), []string{"step_forbidden promote"})
}

func TestAStepInDoubtThatMayNotBeSentAgainIsLeftToPeople(t *testing.T) {
	h := neverBoth(t)
	h.facts.components["ledger-db-fra"] = detector.Down
	h.finish(Result{Effect: h.want("fence")})
	h.facts.components["ledger-db-fra"] = detector.Up
	h.commit(Change{Event: TookOver{Epoch: 2, Instance: "two"}})
	equal(t, h.at(7*time.Minute), []string{"step_failed promote"})
	equal(t, h.step("promote").Outcome, InDoubt)
	says(t, h.step("promote").Reason, "may not be sent again", "never-both-sites")
}

func TestARuleThatComesToBeBrokenAtTheMomentOfTheEffectStopsIt(t *testing.T) {
	h := neverBoth(t)
	h.facts.components["ledger-db-fra"] = detector.Down
	h.finish(Result{Effect: h.want("fence")})
	e := h.want("promote")
	equal(t, h.finish(Result{Effect: e, Outcome: Forbidden, Rule: "never-both-sites", Reason: "two ledgers"})[:1], []string{"step_forbidden promote"})
	equal(t, last[StepForbidden](h).Attempt, 1)
	equal(t, h.step("promote").Status, Stuck)
}

// returning is a house whose run ends with a way back to fra1.
func returning(t *testing.T) *house {
	t.Helper()
	return runWith(t, `
  - {id: act, run: {exec: {command: act}}}
  - {id: back, phase: reconstitution, decide: "Fail back?", role: incident-director, returns_to: [fra1]}
  - {id: return, run: {exec: {command: return}}, returns_to: [fra1]}
`)
}

func TestReconstitutionBeginsWhenAllThatTheRunCoversIsRestored(t *testing.T) {
	h := returning(t)
	equal(t, h.finish(Result{Effect: h.want("act")}), []string{"step_done act"})
	equal(t, h.step("back").Status, Pending)
	i := h.only()
	says(t, i.waitsFor(h.draft().world(i, nil), leg{incident: i.ID, run: i.Runs[0], n: 1}), "not back yet: payments-api")
	h.recovers(13*time.Minute, true)
	h.facts.lost["fra1"] = false
	equal(t, h.at(23*time.Minute), []string{"restored", "classified", "step_started back"})
}

func TestNothingGoesBackToASideThatIsNotKnownToBeWell(t *testing.T) {
	h := returning(t)
	h.finish(Result{Effect: h.want("act")})
	h.recovers(13*time.Minute, true)
	h.at(23 * time.Minute)
	equal(t, h.step("back").Status, Pending) // fra1 is still lost
	h.facts.lost["fra1"] = false
	equal(t, h.at(24*time.Minute), []string{"step_started back"})

	for state, words := range map[detector.State]string{detector.Unknown: "pay-fra is unknown", detector.Down: "pay-fra is down"} {
		h.facts.components["pay-fra"] = state
		says(t, h.refuses("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "back"}).Reason, "cannot be approved", "fra1, which is not known to be well", words)
	}
	delete(h.facts.components, "pay-fra")
	h.facts.disputed = map[string]bool{"pay-fra": true}
	says(t, h.refuses("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "back"}).Reason, "pay-fra is disputed")
	h.facts.disputed = nil
	equal(t, h.says("alice", VerbApprove, "back"), []string{"step_approved back", "step_done back", "step_started return"})
}

func TestARelapseKeepsReconstitutionFromGoingOn(t *testing.T) {
	h := returning(t)
	h.facts.lost["fra1"] = false
	h.finish(Result{Effect: h.want("act")})
	h.recovers(13*time.Minute, true)
	h.at(23 * time.Minute)
	h.facts.lost["fra1"] = true
	v := h.verdicts[0]
	v.Open, v.Services = true, []detector.Outage{confirmed(h.down("payments-api", time.Hour))}
	h.verdicts = []detector.Verdict{v}
	h.at(66 * time.Minute)
	h.facts.lost["fra1"] = false
	equal(t, h.says("alice", VerbApprove, "back"), []string{"step_approved back", "step_done back"})
	equal(t, h.step("return").Status, Pending)
}

// restoring is a house that stands down only when an expression of its own holds too.
func restoring(t *testing.T, when string) *house {
	t.Helper()
	files := with(t, automatic(t), "bia.yaml", "  mode: automatic\n", "  mode: automatic\n  deactivate: {when: \""+when+"\"}\n")
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nsteps:\n  - {id: act, run: {exec: {command: act}}}\n"
	return invoked(t, files)
}

func TestStandingDownIsRecommendedWhenAllItsCriteriaHold(t *testing.T) {
	h := restoring(t, "component('ledger-db-fra').state == 'up'")
	h.facts.components["ledger-db-fra"] = detector.Down
	holds := func() (ids []string) {
		i := h.only()
		for _, d := range i.deactivation(h.draft().world(i, h.draft().follows(&i))) {
			if d.Holds != (d.Why == "") {
				t.Errorf("%s holds: %v, because %q", d.ID, d.Holds, d.Why)
			}
			if d.Holds {
				ids = append(ids, d.ID)
			}
		}
		return ids
	}
	equal(t, holds(), []string{"nothing_in_doubt"})
	h.finish(Result{Effect: h.want("act")})
	equal(t, holds(), []string{"runs_ended", "nothing_in_doubt"})
	h.recovers(13*time.Minute, true)
	h.verdicts[0].Explanation.Criteria = nil
	equal(t, h.at(23*time.Minute), []string{"restored", "classified"})
	equal(t, holds(), []string{"restored", "no_disaster_criterion", "runs_ended", "nothing_in_doubt"})
	says(t, h.refuses("alice", Command{Verb: VerbStandDown, Incident: acmeIncident}).Reason, "not recommended yet", "it does not hold")
	h.facts.components["ledger-db-fra"] = detector.Unknown
	equal(t, h.at(24*time.Minute), []string(nil))
	says(t, h.only().unfinished(h.draft().world(h.only(), nil)), "it cannot be told: nobody can see ledger-db-fra")
	h.facts.components["ledger-db-fra"] = detector.Up
	equal(t, h.at(25*time.Minute), []string{"stand_down_recommended"})
}

func TestTheRestOfARunIsOfferedWhenAllThatItCoversIsBack(t *testing.T) {
	h := runWith(t, `
  - {id: look, do: "Look", role: on-call-pay}
  - {id: go, decide: "Go?", role: incident-director}
  - {id: act, run: {exec: {command: act}}}
  - {id: seen, verify: {service: payments-api, for: 5m}, milestone: recovered}
`)
	says(t, h.refuses("alice", Command{Verb: VerbSkipRest, Incident: acmeIncident, Reason: "so"}).Reason, "not all that run 1 covers is back: payments-api")
	h.recovers(13*time.Minute, true)
	equal(t, h.at(23*time.Minute), []string{"restored", "classified", "rest_offered"})
	equal(t, last[RestOffered](h).Steps, []string{"look", "go", "act", "seen"})
	equal(t, last[RestOffered](h).Tell, []string{"alice", "bob", "dave", "erin"})
	says(t, h.refuses("dave", Command{Verb: VerbSkipRest, Incident: acmeIncident, Reason: "so"}).Reason, "dave may not leave out the rest")
	says(t, h.refuses("alice", Command{Verb: VerbSkipRest, Incident: acmeIncident}).Reason, "needs a reason")
	equal(t, h.step("look").Status, Waiting) // nothing is dropped by being offered
	equal(t, h.control("alice", VerbSkipRest, "", ""), []string{"rest_skipped", "run_ended", "stand_down_recommended"})
	equal(t, h.only().Runs[0].Result, "cut_short")
}

func TestNothingIsOfferedWhereThePlanHasDoneWhatItIsFor(t *testing.T) {
	h := runWith(t, `
  - {id: act, run: {exec: {command: act}}}
  - {id: seen, verify: {service: payments-api, for: 30m}, timeout: 2h, milestone: recovered}
  - {id: reconcile, do: "Reconcile", role: on-call-pay}
`)
	h.finish(Result{Effect: h.want("act")})
	h.recovers(13*time.Minute, true)
	equal(t, h.at(23*time.Minute), []string{"restored", "classified"})
}

func TestAnEffectIsNotSkippedWithTheRestWhileItIsUnderWay(t *testing.T) {
	h := runWith(t, "  - {id: act, run: {exec: {command: act}}, timeout: 1h}\n  - {id: more, do: \"More\", role: on-call-pay}\n")
	h.recovers(13*time.Minute, true)
	equal(t, h.at(23 * time.Minute)[2], "rest_offered")
	says(t, h.refuses("alice", Command{Verb: VerbSkipRest, Incident: acmeIncident, Reason: "so"}).Reason, "step act of run 1 is being carried out since")
}

// Between now and the instant at which the expression of bia.yaml holds nobody is woken for nothing: neither when something that
// it asks about changes and it still does not hold, nor while something else stands in the way.
func TestNobodyIsWokenForAnExpressionThatStandsInTheWayBeforeItHolds(t *testing.T) {
	files := with(t, automatic(t), "bia.yaml", "  mode: automatic\n",
		"  mode: automatic\n  deactivate: {when: \"component('extra').down_for > duration('3h') && (component('extra').down_for < duration('4h') || component('extra').down_for > duration('5h')) || component('extra').down_for > duration('30m') && component('pay-fra').state == 'down'\"}\n")
	files = with(t, files, "bia.yaml", "core-ledger: {", "core-ledger: {data: {ledger: {rpo: 5m}}, ")
	files = with(t, files, "bia.yaml", "  loose: {", "  extra: {class: compute, observers: [prom]}\n  loose: {")
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nsteps:\n  - {id: act, run: {exec: {command: act}}}\n"
	s := newShift(t, files)
	s.hear("component pay-fra down", "component ledger-db-fra down", "site fra1 lost", "component extra down")
	s.until(6 * time.Minute)
	s.work()
	s.hear("data ledger compromised") // not before: nothing would have been done by a rule
	s.hear("component pay-fra up", "component ledger-db-fra up", "site fra1 ok")
	s.until(30*time.Minute - time.Second)
	i := s.desk.Incidents()[0]
	if len(s.desk.Incidents()) > 1 || i.Declared == nil || i.active() > 0 || !i.allRestored() || len(grounds(&i.Verdict)) == 0 {
		t.Fatalf("it is not only the data and the expression that stand in the way: %+v", i.Recoveries)
	}
	if next, ok := s.desk.NextAt(); ok && next.After(t0.Add(2*time.Hour)) {
		t.Errorf("somebody is woken at %v, and nothing is due then", next.Sub(t0))
	}
	s.hear("data ledger ok")
	s.until(2 * time.Hour)
	next, _ := s.desk.NextAt()
	equal(t, next, t0.Add(3*time.Hour+1))
	s.now = next
	equal(t, kindsOf(s.desk.Due(next)), []string{"stand_down_recommended"})
}
