package incident

import (
	"strings"
	"testing"
	"time"

	"holdfast/detector"
)

// both has both directors approve a decision as it stands.
func (h *house) both(step string) {
	h.Helper()
	h.says("alice", VerbApprove, step)
	h.says("bob", VerbApprove, step)
}

func TestWhatNobodyCouldBeShownIsAskedOnceMoreWhenItIsKnown(t *testing.T) {
	h := decidable(t)
	h.both("go")
	equal(t, h.finish(Result{Effect: h.want("act"), Output: "wal-17"}), []string{"step_done act", "step_started go"})
	d := h.step("go")
	equal(t, d.Status, Waiting)
	equal(t, d.Key, acmeIncident+"/1/go/2")
	equal(t, d.Release.Steps, []Released{{"late", `request late "wal-17" (when step('act').outcome == 'done')`}})
	equal(t, h.step("late").Status, Pending)
	says(t, Sentence(h.records[len(h.records)-1]), "asked once more since what late would do is known only now")

	// The first approvals are for something else, and one is not two.
	equal(t, h.says("alice", VerbApprove, "go"), []string{"step_approved go"})
	equal(t, h.step("late").Status, Pending)
	equal(t, h.says("bob", VerbApprove, "go"), []string{"step_approved go", "step_done go", "step_started late"})
	equal(t, h.want("late").Do.NATS.Request, any("wal-17"))
	equal(t, h.finish(Result{Effect: h.want("late")}), []string{"step_done late", "step_started more"})
}

func TestANoToWhatWasAskedOnceMoreEndsThatBranch(t *testing.T) {
	h := decidable(t)
	h.both("go")
	h.finish(Result{Effect: h.want("act"), Output: "wal-17"})
	equal(t, h.says("alice", VerbDecline, "go"), []string{"step_declined go", "step_skipped late", "step_skipped more", "step_skipped last", "run_ended"})
	says(t, h.step("late").Reason, "go was declined when it was asked once more")
}

// The yes that was given first was for this step too, and nobody has taken it back.
func TestANoToWhatWasAskedOnceMoreLeavesAloneWhatWasApprovedBefore(t *testing.T) {
	h := runWith(t, `
  - {id: go, decide: "Go on?", role: incident-director}
  - {id: act, run: {exec: {command: act}}}
  - {id: late, run: {nats: {subject: late, request: "${{ step('act').output }}"}}}
  - {id: last, run: {exec: {command: last}}}
  - {id: lines, after: [], do: "See that the lines are free", role: on-call-pay}
  - {id: other, after: [go, lines], run: {exec: {command: other, args: ["${{ component('ledger-db-ams').state }}"]}}, point_of_no_return: true}
  - {id: later, after: [go, lines], run: {exec: {command: later, args: ["${{ step('lines').evidence }}"]}}}
`)
	h.says("alice", VerbApprove, "go")
	equal(t, h.finish(Result{Effect: h.want("act"), Output: "wal-17"}), []string{"step_done act", "step_started go"})
	equal(t, h.says("alice", VerbDecline, "go"), []string{"step_declined go", "step_skipped late", "step_skipped last"})
	says(t, h.step("late").Reason, "go was declined when it was asked once more")
	equal(t, h.step("other").Status, Pending)
	h.facts.components["ledger-db-ams"] = detector.Degraded
	equal(t, h.order("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "lines", Evidence: "line 7"}),
		[]string{"step_done lines", "step_started other", "step_skipped later"})
	equal(t, h.want("other").Do.Exec.Args, []string{"up"}) // as it was approved
	says(t, h.step("later").Reason, "go was declined when it was asked once more")
	equal(t, h.finish(Result{Effect: h.want("other")}), []string{"step_done other", "run_ended"})
	equal(t, h.only().Runs[0].Result, "declined")
}

func TestWhatTheClockChangesIsApprovedAsItWasWhenItWasAsked(t *testing.T) {
	h := runWith(t, `
  - {id: go, decide: "Go on?", role: incident-director}
  - {id: pause, wait: 5m}
  - {id: act, run: {nats: {subject: act, request: "${{ now }}"}}}
`)
	shown := h.step("go").Release.Steps[1]
	equal(t, shown, Released{"act", `request act "` + h.now.Format(time.RFC3339) + `"`})
	h.at(8 * time.Minute)
	equal(t, h.step("go").Release.Steps[1], shown)
	h.says("alice", VerbApprove, "go")
	equal(t, h.at(20*time.Minute), []string{"step_done pause", "step_started act"})
	equal(t, `request act "`+h.want("act").Do.NATS.Request.(string)+`"`, shown.Does)
}

func TestNobodyHasAStepSentAnewThatWasNotApprovedAsItIs(t *testing.T) {
	h := runWith(t, `
  - {id: go, decide: "Go on?", role: incident-director}
  - {id: look, do: "Look", role: on-call-pay, answers: {site: {type: string, required: false}}}
  - {id: act, run: {exec: {command: act, args: ["${{ component('ledger-db-ams').state }}", "${{ step('look').ended }}"]}}}
`)
	h.says("alice", VerbApprove, "go")
	h.facts.components["ledger-db-ams"] = detector.Unknown
	equal(t, h.reported("look", nil), []string{"step_done look", "step_failed act"})
	h.facts.components["ledger-db-ams"] = detector.Up
	h.at(12 * time.Minute)
	equal(t, h.says("alice", VerbRetry, "act"), []string{"step_started go"})
	says(t, h.refuses("alice", Command{Verb: VerbRetry, Incident: acmeIncident, Step: "act", Reason: "again"}).Reason, "has not been approved as it would be done now: go is asked about it")
	h.says("bob", VerbApprove, "go")
	h.facts.components["ledger-db-ams"] = detector.Down
	equal(t, h.says("alice", VerbRetry, "act"), []string{"step_started act"})
	equal(t, h.want("act").Do.Exec.Args[0], "up")
}

func TestTwoStepsThatComeToBeKnownTogetherAreAskedAboutOneAfterTheOther(t *testing.T) {
	h := runWith(t, `
  - {id: go, decide: "Go on?", role: incident-director}
  - {id: first, run: {exec: {command: first}}}
  - {id: a, after: [first], run: {nats: {subject: a, request: "${{ step('first').output }}"}}}
  - {id: b, after: [first], run: {nats: {subject: b, request: "${{ step('first').output }}"}}}
`)
	h.says("alice", VerbApprove, "go")
	equal(t, h.finish(Result{Effect: h.want("first"), Output: "x"}), []string{"step_done first", "step_started go"})
	says(t, h.only().Runs[0].Steps[0].Release.Steps[0].Step, "a")
	equal(t, h.says("alice", VerbApprove, "go"), []string{"step_approved go", "step_done go", "step_started a", "step_started go"})
	equal(t, h.says("alice", VerbApprove, "go"), []string{"step_approved go", "step_done go", "step_started b"})
}

func TestADecisionShowsHowWhatItLetsHappenIsUndone(t *testing.T) {
	h := runWith(t, `
  - {id: go, decide: "Go on?", role: incident-director}
  - {id: act, run: {exec: {command: act}}, undo: {run: {exec: {command: back, args: ["${{ run.service }}"]}}}}
`)
	if does := h.step("go").Release.Steps[0].Does; !strings.HasSuffix(does, `(undone by command back ["payments-api"])`) {
		t.Error(does)
	}
}
