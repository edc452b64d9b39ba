package incident

import (
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
)

// One of them misses its RTO and the other its MTPD, found at one instant: each is told of as what it is.
func TestOneMessageTellsOfNothingWorseOrBetterThanHolds(t *testing.T) {
	h := invoked(t, with(t, automatic(t), "bia.yaml", "reporting: {vital: true, rto: 8h, mtpd: 24h, wrt: 1h, rtc: 1h", "reporting: {vital: true, rto: 1h, mtpd: 2h, wrt: 1h, rtc: 30m"))
	v := h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("payments-api", 0)), confirmed(h.down("reporting", 0))}, "facility_lost")
	v.Key, v.Lost = h.verdicts[0].Key, h.verdicts[0].Lost
	h.verdicts = []detector.Verdict{v}
	h.at(119 * time.Minute)
	before := len(h.only().Notices)
	h.at(2 * time.Hour) // the MTPD of reporting, the RTO of payments-api
	told := map[string]bool{}
	for _, n := range h.only().Notices[before:] {
		if n.Person == "alice" && strings.Contains(n.Subject, "missed") {
			told[n.Subject] = strings.Contains(n.Body, "The same holds")
		}
	}
	if len(told) != 2 {
		t.Fatalf("alice is told %v", told)
	}
	for subject, same := range told {
		if same {
			t.Errorf("%s: and the same of another, of which it does not hold", subject)
		}
	}
}

// What failed undoes the run by its rule: whoever was asked for something else in it is told too.
func TestWhoWasAskedForSomethingIsToldThatARuleCalledTheRunOff(t *testing.T) {
	h := runWith(t, `
  - {id: fence, run: {exec: {command: fence}}, on_failure: undo}
  - {id: call, after: [], do: "Call the press office", role: on-call-pay}
`)
	before := len(h.only().Notices)
	if !slices.ContainsFunc(h.only().Notices, func(n Notice) bool { return n.Person == "dave" && n.Step == "call" }) {
		t.Fatal("dave was not asked")
	}
	h.finish(Result{Effect: h.want("fence"), Outcome: Failed, Reason: "no"})
	people, bodies := h.toldSince(before)
	equal(t, slices.Contains(people, "dave"), true)
	says(t, bodies, "RETRACTED")
	equal(t, slices.Contains(last[RunAborted](h).Tell, "dave"), true)
}

// What comes and goes is recorded once a minute: meanwhile nobody is handed the digest of what nobody was shown.
func TestNobodyIsToldTheDigestOfWhatIsNotShownYet(t *testing.T) {
	h := decidable(t)
	shown := h.step("go").Release.Digest
	h.facts.components["ledger-db-ams"] = detector.Down
	h.at(7 * time.Minute)
	if h.step("go").Release.Digest == shown {
		t.Fatal("the change was not recorded")
	}
	h.facts.components["ledger-db-ams"] = detector.Degraded
	h.at(7*time.Minute + 10*time.Second)
	i := h.only()
	l, err := i.leg(Command{Step: "go"})
	if err != nil {
		t.Fatal(err)
	}
	now := i.released(h.draft().world(i, nil), l).Digest
	for _, digest := range []string{"", shown, h.step("go").Release.Digest} {
		refusal := h.refuses("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: digest})
		says(t, refusal.Reason, "it has just changed, and is shown by")
		if strings.Contains(refusal.Reason, brief(now)) {
			t.Errorf("%q: %s", digest, refusal.Reason)
		}
	}
	h.at(8 * time.Minute)
	equal(t, h.step("go").Release.Digest, now)
}

func TestWhoWasAskedForSomethingIsToldThatTheRunMakesWay(t *testing.T) {
	h := twoBooks(t)
	h.finish(Result{Effect: h.want("fence-a")})
	h.finish(Result{Effect: h.want("fence-b")})
	asked := h.only().everTold("1")
	if len(asked) == 0 {
		t.Fatal("nobody was asked")
	}
	h.order("bob", Command{Verb: VerbInvoke, Incident: acmeIncident, Playbook: "restore", Services: []string{"core-ledger"}, Reason: "so", Supersede: true})
	for _, person := range asked {
		if !slices.Contains(last[RunSuperseded](h).Tell, person) {
			t.Errorf("%s was asked, and is not told", person)
		}
	}
}

// The first sending may have done it, and the second is answered with "it is gone": that says nothing of the first.
func TestWhatWasSentTwiceIsInDoubtThoughTheSecondSendingCertainlyDidNothing(t *testing.T) {
	h := runWith(t, `
  - {id: fence, run: {exec: {command: fence}}, repeat: safe, undo: {run: {exec: {command: open}}}}
  - {id: promote, run: {exec: {command: promote}}}
`)
	h.commit(Change{Event: TookOver{Epoch: 2, Instance: "two"}})
	equal(t, h.at(7*time.Minute), []string{"step_started fence"})
	h.finish(Result{Effect: h.want("fence"), Outcome: Failed, Reason: "404: it is gone", NoEffect: true})
	equal(t, h.control("alice", VerbAbort, "", "1"), []string{"run_aborted", "undo_failed fence"})
	equal(t, last[UndoFailed](h).Outcome, InDoubt)
}

// Declined is what was asked once more; what was approved before is done as it was approved, or not at all.
func TestAfterANoToOneStepAnotherIsStillSentAsItWasApproved(t *testing.T) {
	h := runWith(t, `
  - {id: go, decide: "Go on?", role: incident-director}
  - {id: first, run: {exec: {command: first}}}
  - {id: a, after: [first], run: {nats: {subject: a, request: "${{ step('first').output }}"}}}
  - {id: b, after: [go], run: {exec: {command: b, args: ["${{ component('ledger-db-ams').state }}"]}}}
`)
	h.says("alice", VerbApprove, "go")
	h.finish(Result{Effect: h.want("b"), Outcome: Failed, Reason: "no"})
	h.finish(Result{Effect: h.want("first"), Output: "x"})
	h.says("alice", VerbDecline, "go")
	h.facts.components["ledger-db-ams"] = detector.Down
	equal(t, h.says("alice", VerbRetry, "b"), []string{"step_started b"})
	equal(t, h.want("b").Do.Exec.Args[0], "up")
}

func TestANoToOneStepLetsNoOtherGoThatNobodyWasShown(t *testing.T) {
	h := runWith(t, `
  - {id: go, decide: "Go on?", role: incident-director}
  - {id: first, run: {exec: {command: first}}}
  - {id: a, after: [first], run: {nats: {subject: a, request: "${{ step('first').output }}"}}}
  - {id: b, after: [first], run: {nats: {subject: b, request: "${{ step('first').output }}"}}}
`)
	h.says("alice", VerbApprove, "go")
	equal(t, h.finish(Result{Effect: h.want("first"), Output: "x"}), []string{"step_done first", "step_started go"})
	equal(t, h.says("alice", VerbDecline, "go"), []string{"step_declined go", "step_skipped a", "step_skipped b", "run_ended"})
}
