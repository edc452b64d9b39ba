package incident

import (
	"maps"
	"testing"
	"time"

	"holdfast/detector"
)

const decidedOnlySometimes = `
  - {id: look, do: "Look", role: on-call-pay, answers: {ask: boolean}}
  - {id: go, when: "step('look').answers.ask", decide: "Wipe it?", role: incident-director, approvals: 2}
  - {id: wipe, run: {exec: {command: wipe}}, role: on-call-pay, point_of_no_return: true}
`

// A decision that is left out is no approval: what cannot be undone waits for a person all the same.
func TestAPointOfNoReturnWaitsForAPersonWhereItsDecisionWasLeftOut(t *testing.T) {
	h := runWith(t, decidedOnlySometimes)
	equal(t, h.reported("look", map[string]string{"ask": "false"}), []string{"step_done look", "step_skipped go", "step_failed wipe"})
	equal(t, h.step("wipe").Status, Stuck)
	says(t, h.step("wipe").Reason, "there is no way back from it, and nobody has decided on it: go was left out: step('look').answers.ask is false")
	for _, e := range h.book.wants() {
		equal(t, e.Do == nil, true)
	}
	says(t, h.refuses("dave", Command{Verb: VerbRetry, Incident: acmeIncident, Step: "wipe", Reason: "it is my step"}).Reason, "dave may not retry wipe: that is for incident-director")
	equal(t, h.says("alice", VerbRetry, "wipe"), []string{"step_started wipe"})

	h = runWith(t, decidedOnlySometimes)
	h.reported("look", map[string]string{"ask": "true"})
	h.says("alice", VerbApprove, "go")
	equal(t, h.says("bob", VerbApprove, "go"), []string{"step_approved go", "step_done go", "step_started wipe"})
}

func TestADecisionThatIsTakenInExercisesOnlyIsNoneBeforeAPointOfNoReturn(t *testing.T) {
	files := acme()
	files["playbooks/failover.yaml"] = `
playbook: short
for: {services: [payments-api]}
steps:
  - {id: go, only: exercise, decide: "Wipe it?", role: incident-director}
  - {id: wipe, run: {exec: {command: wipe}}, point_of_no_return: true}
`
	_, problems := ParseDocuments(files)
	says(t, problems.Error(), "playbook/undecided", `"wipe" cannot be undone`)
	_, problems = ParseDocuments(with(t, files, "playbooks/failover.yaml", "{id: wipe,", "{id: wipe, only: exercise,"))
	equal(t, problems.HasErrors(), false)
}

// Whoever changed a playbook last may no more approve it because another playbook invokes it.
func TestFourEyesBarWhoeverEditedAPlaybookThatIsInvoked(t *testing.T) {
	files := automatic(t)
	maps.Copy(files, map[string]string{
		"playbooks/failover.yaml": "playbook: outer\nedited_by: dave\nfor: {services: [payments-api]}\nsteps:\n  - {id: in, invoke: inner}\n",
		"playbooks/inner.yaml":    "playbook: inner\nedited_by: alice\nfor: {services: [core-ledger]}\npriority: -1\nsteps:\n  - {id: go, decide: \"Go?\", role: incident-director, four_eyes: true}\n",
	})
	h := invoked(t, files)
	says(t, h.refuses("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "in.go"}).Reason, "alice edited the playbook last")
	h.says("bob", VerbApprove, "in.go")
	equal(t, last[StepApproved](h).Unproven, "")
}

// That nobody says that a site is lost proves nothing where nobody sees anything of it.
func TestASiteOfWhichNothingIsSeenIsNotTakenForThere(t *testing.T) {
	for step, why := range map[string]string{
		`needs: [ams2]`:                "it needs ams2, and nobody can see whether that is lost",
		`when: "!site('ams2').lost"`:   "nobody can see whether ams2 is lost",
		`when: "!(site('ams2').lost)"`: "nobody can see whether ams2 is lost",
	} {
		h := runWith(t, "  - {id: first, wait: 1m}\n  - {id: act, "+step+", run: {exec: {command: act}}}\n")
		h.facts.components["ledger-db-ams"] = detector.Unknown
		equal(t, h.at(10*time.Minute), []string{"step_done first", "step_failed act"})
		says(t, h.step("act").Reason, why)
	}
	h := runWith(t, "  - {id: first, wait: 1m}\n  - {id: act, needs: [ams2], run: {exec: {command: act}}}\n")
	equal(t, h.at(10*time.Minute), []string{"step_done first", "step_started act"})
}

// A failover to a site that nobody sees is for a person to order.
func TestAPlaybookDoesNotGoByItselfWhereNobodySees(t *testing.T) {
	files := with(t, automatic(t), "playbooks/failover.yaml", "preconditions:\n  - {component_up: [ledger-db-ams]}\n", "")
	h := newHouse(t, files)
	h.facts.components["ledger-db-ams"] = detector.Unknown
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	equal(t, len(h.only().Runs), 0)
	says(t, last[NoPlaybookFits](h).Missing[0], "it needs ams2, and nobody can see whether that is lost")
	says(t, h.draft().world(h.only(), nil).unsure(h.book.docs.Playbooks[0])[0], "nobody can see whether that is lost")

	h.facts.components["ledger-db-ams"] = detector.Up // seen again
	h.at(7 * time.Minute)
	equal(t, last[Invoked](h).Playbook, "failover-to-ams2")
}

const exercisedFence = `
playbook: failover-to-ams2
for: {services: [payments-api]}
steps:
  - {id: fence, run: {exec: {command: fence}}, repeat: ask, undo: {run: {exec: {command: unfence}}, repeat: never}}
  - {id: look, do: "Look", role: on-call-pay}
`

// What a person has decided of an undo holds for the clean-up too: no machine does it once more.
func TestAnUndoThatAPersonHasDecidedOnIsNotDoneAgainAfterAnExercise(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = exercisedFence
	abort := Command{Verb: VerbAbort, Incident: exerciseID, Run: "1", Reason: "enough"}

	h := rehearsing(t, files, Full) // nobody knows whether the undo took effect, and alice leaves it at that
	h.finish(Result{Effect: h.want("fence")})
	h.order("alice", abort)
	h.finish(Result{Effect: h.want("fence"), Outcome: TimedOut, Reason: "no answer"})
	h.order("alice", Command{Verb: VerbSkip, Incident: exerciseID, Step: "1/fence", Reason: "I look at it myself"})
	equal(t, stepIDs(h.only().OpenCleanUp()), []string{"clean-up"})

	h = rehearsing(t, files, Full) // no machine is to touch it
	h.finish(Result{Effect: h.want("fence")})
	abort.Keep = true
	h.order("alice", abort)
	equal(t, stepIDs(h.only().OpenCleanUp()), []string{"clean-up"})

	h = rehearsing(t, files, Full) // nobody knows whether there is anything to undo
	h.finish(Result{Effect: h.want("fence"), Outcome: TimedOut, Reason: "no answer"})
	h.order("alice", Command{Verb: VerbSkip, Incident: exerciseID, Step: "1/fence", Reason: "later"})
	h.order("dave", Command{Verb: VerbDone, Incident: exerciseID, Step: "look"})
	equal(t, stepIDs(h.only().OpenCleanUp()), []string{"clean-up"})
	says(t, h.step("clean-up").Text, "fence (command fence)")
	for _, e := range h.book.wants() {
		equal(t, e.Do == nil, true)
	}
}
