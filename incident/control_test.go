package incident

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
)

// undoable are two fences that can be opened again, one after the other, a promotion without a way back, and a person.
const undoableSteps = `
  - {id: fence-a, run: {exec: {command: close, args: [a]}}, timeout: 1m, undo: {run: {exec: {command: open, args: [a]}}, timeout: 1m}}
  - {id: fence-b, run: {exec: {command: close, args: [b]}}, timeout: 1m, undo: {run: {exec: {command: open, args: [b]}}, retry: 1, backoff: 10s, timeout: 1m}}
  - {id: check, do: "Check that nobody writes any more", role: on-call-pay, within: 10m}
  - {id: promote, run: {exec: {command: promote}}, timeout: 1m}
`

func (h *house) control(person string, verb Verb, step, run string) []string {
	h.Helper()
	return h.order(person, Command{Verb: verb, Incident: acmeIncident, Step: step, Run: run, Reason: "because of the storm"})
}

func TestAPausedRunStartsNothingUntilItIsResumed(t *testing.T) {
	h := runWith(t, undoableSteps)
	equal(t, h.control("dave", VerbPause, "", ""), []string{"run_paused"})
	equal(t, last[RunPaused](h).Tell, []string{"alice"})
	equal(t, h.finish(Result{Effect: h.want("fence-a")}), []string{"step_done fence-a"})
	equal(t, h.at(25*time.Minute), []string(nil))
	equal(t, h.step("fence-b").Status, Pending)
	refusal := h.refuses("erin", Command{Verb: VerbPause, Incident: acmeIncident, Reason: "so"})
	says(t, refusal.Reason, "already paused by dave", "because of the storm")
	equal(t, refusal.By.Person, "dave")
	says(t, h.refuses("erin", Command{Verb: VerbResume, Incident: acmeIncident}).Reason, "erin may not resume run 1", "incident-director", "alice")
	equal(t, h.control("dave", VerbResume, "", ""), []string{"run_resumed", "step_started fence-b"})
}

func TestAPauseWithATimeEndsByItself(t *testing.T) {
	h := runWith(t, undoableSteps)
	h.order("alice", Command{Verb: VerbHold, Incident: acmeIncident, Run: "1", Reason: "wait", Until: t0.Add(20 * time.Minute)})
	h.finish(Result{Effect: h.want("fence-a")})
	equal(t, h.nextAt(), 20*time.Minute)
	equal(t, h.at(20*time.Minute), []string{"run_resumed", "step_started fence-b"})
	equal(t, last[RunResumed](h).By, Actor{Rule: "until"})
}

func TestAPausedRunSendsNothingAgain(t *testing.T) {
	h := runWith(t, "  - {id: act, run: {exec: {command: act}}, timeout: 1m, repeat: safe, retry: 3, backoff: 1m}\n")
	h.control("alice", VerbPause, "", "")
	h.commit(Change{Event: TookOver{Epoch: 2, Instance: "two"}})
	equal(t, h.at(10*time.Minute), []string(nil))
	equal(t, h.control("alice", VerbResume, "", ""), []string{"run_resumed", "step_started act"})
	h.control("alice", VerbPause, "", "")
	h.finish(Result{Effect: h.want("act"), Outcome: Failed, Reason: "no"})
	equal(t, h.at(25*time.Minute), []string(nil))
	equal(t, h.control("alice", VerbResume, "", ""), []string{"run_resumed", "step_started act"})
}

func TestAStepIsHeldWhileTheOthersGoOn(t *testing.T) {
	h := runWith(t, `
  - {id: first, run: {exec: {command: first}}}
  - {id: held, run: {exec: {command: held}}}
  - {id: other, after: [first], run: {exec: {command: other}}}
`)
	equal(t, h.control("alice", VerbHold, "held", ""), []string{"step_held held"})
	equal(t, h.finish(Result{Effect: h.want("first")}), []string{"step_done first", "step_started other"})
	says(t, h.refuses("alice", Command{Verb: VerbHold, Incident: acmeIncident, Step: "other", Reason: "so"}).Reason, "is under way since")
	says(t, h.refuses("alice", Command{Verb: VerbHold, Incident: acmeIncident, Step: "first", Reason: "so"}).Reason, "was already done")
	equal(t, h.control("alice", VerbResume, "held", ""), []string{"step_released held", "step_started held"})
}

func TestAHeldDecisionTakesNoApprovalAndChasesNobody(t *testing.T) {
	h := runWith(t, "  - {id: go, decide: \"Go?\", role: incident-director, within: 10m}\n  - {id: act, run: {exec: {command: act}}}\n")
	h.order("bob", Command{Verb: VerbHold, Incident: acmeIncident, Step: "go", Reason: "until the facility has looked", Until: t0.Add(30 * time.Minute)})
	equal(t, h.nextAt(), 30*time.Minute)
	refusal := h.refuses("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go"})
	says(t, refusal.Reason, "is held by bob", "until 2026-04-12 09:30:00Z", "until the facility has looked", "holdfast resume")
	equal(t, h.order("alice", Command{Verb: VerbAck, Incident: acmeIncident, Step: "go"}), []string{"acknowledged go"})
	equal(t, h.at(30*time.Minute), []string{"step_released go"})
	equal(t, h.nextAt(), 40*time.Minute) // her time begins anew
	equal(t, h.says("alice", VerbApprove, "go")[0], "step_approved go")
}

func TestAnAbortUndoesWhatWasDoneInReverseOrderWithKeysOfItsOwn(t *testing.T) {
	h := runWith(t, undoableSteps)
	h.finish(Result{Effect: h.want("fence-a")})
	h.finish(Result{Effect: h.want("fence-b")})
	equal(t, h.step("check").Status, Waiting)
	equal(t, h.control("alice", VerbAbort, "", "1"), []string{"run_aborted", "undo_started fence-b"})
	equal(t, h.step("check").Status, CalledOff)
	equal(t, h.step("promote").Status, CalledOff)
	says(t, h.refuses("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "check"}).Reason, "run 1 was aborted by alice", "because of the storm")

	e := h.want("fence-b")
	equal(t, e.Key, "payments-api-0412/1/fence-b/undo/1")
	equal(t, e.Undo, true)
	equal(t, e.Do.Exec.Command, "open")
	equal(t, h.finish(Result{Effect: e, Outcome: Failed, Reason: "jammed"}), []string{"undo_failed fence-b"})
	equal(t, h.nextAt(), 6*time.Minute+10*time.Second)
	equal(t, h.at(6*time.Minute+10*time.Second), []string{"undo_started fence-b"})
	equal(t, h.finish(Result{Effect: h.want("fence-b"), Outcome: Failed, Reason: "jammed"}), []string{"undo_failed fence-b"})
	equal(t, last[UndoFailed](h).Tell, []string{"alice"})

	says(t, h.refuses("alice", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "so"}).Reason, "the undo of step fence-b of run 1 is still to come", "--keep")
	equal(t, h.control("alice", VerbRetry, "fence-b", ""), []string{"undo_started fence-b"})
	equal(t, h.want("fence-b").Key, "payments-api-0412/1/fence-b/undo/2")
	equal(t, h.finish(Result{Effect: h.want("fence-b")}), []string{"undo_done fence-b", "undo_started fence-a"})
	equal(t, h.finish(Result{Effect: h.want("fence-a")}), []string{"undo_done fence-a", "run_ended"})
	equal(t, h.only().Runs[0].Result, "aborted")
	says(t, h.refuses("alice", Command{Verb: VerbAbort, Incident: acmeIncident, Run: "1", Reason: "so"}).Reason, "run 1 of payments-api-0412 ended (aborted)")
}

func TestWhatIsUnderWayAtAnAbortIsWaitedForAndThenUndone(t *testing.T) {
	h := runWith(t, undoableSteps)
	h.finish(Result{Effect: h.want("fence-a")})
	e := h.want("fence-b")
	equal(t, h.control("alice", VerbAbort, "", ""), []string{"run_aborted"})
	equal(t, h.want("fence-b").Key, e.Key)
	equal(t, h.finish(Result{Effect: e}), []string{"step_done fence-b", "undo_started fence-b"})
}

func TestAStepThatFailsAfterAnAbortIsNotTriedAgain(t *testing.T) {
	h := runWith(t, "  - {id: act, run: {exec: {command: act}}, retry: 3, undo: {run: {exec: {command: open}}}}\n")
	e := h.want("act")
	h.control("alice", VerbAbort, "", "")
	equal(t, h.finish(Result{Effect: e, Outcome: Failed, Reason: "no", NoEffect: true}), []string{"step_failed act", "run_ended"})
	equal(t, h.step("act").Status, CalledOff)
	equal(t, h.step("act").Undo == nil, true)
}

func TestWhetherAStepInDoubtIsUndoneIsAskedOfAPersonBeforeAnythingElseIs(t *testing.T) {
	for verb, want := range map[Verb][]string{
		VerbRetry: {"undo_started fence-b"},
		VerbSkip:  {"undo_skipped fence-b", "undo_started fence-a"},
		VerbDone:  {"undo_done fence-b", "undo_started fence-a"},
	} {
		h := runWith(t, undoableSteps)
		h.finish(Result{Effect: h.want("fence-a")})
		h.finish(Result{Effect: h.want("fence-b"), Outcome: TimedOut, Reason: "no answer"})
		equal(t, h.control("alice", VerbAbort, "", ""), []string{"run_aborted", "undo_failed fence-b"})
		says(t, h.step("fence-b").Undo.Reason, "whether the step took effect is not known")
		equal(t, h.step("fence-b").Undo.Status, Stuck)
		equal(t, h.at(48 * time.Hour)[0], "objective_missed")
		equal(t, h.control("alice", verb, "fence-b", ""), want)
	}
}

func TestAFailureThatMayHaveDoneSomethingIsLookedAtBeforeItIsUndoneAndOneThatDidNothingIsNot(t *testing.T) {
	const step = "  - {id: act, run: {exec: {command: act}}, on_failure: undo, undo: {run: {exec: {command: back}}}%s}\n"
	for _, c := range []struct {
		says   string
		result Result
		want   []string
	}{
		{"", Result{Outcome: Failed, Reason: "exit code 1"}, []string{"step_failed act", "run_aborted", "undo_failed act"}},
		{"", Result{Outcome: TimedOut, Reason: "no answer"}, []string{"step_failed act", "run_aborted", "undo_failed act"}},
		{"", Result{Outcome: Failed, Reason: "connection refused", NoEffect: true}, []string{"step_failed act", "run_aborted", "run_ended"}},
		{", failed_means: nothing_done", Result{Outcome: Failed, Reason: "exit code 1"}, []string{"step_failed act", "run_aborted", "run_ended"}},
		{", failed_means: nothing_done", Result{Outcome: TimedOut, Reason: "no answer"}, []string{"step_failed act", "run_aborted", "undo_failed act"}},
		{", failed_means: maybe_done", Result{Outcome: Failed, Reason: "exit code 1"}, []string{"step_failed act", "run_aborted", "undo_failed act"}},
	} {
		h := runWith(t, fmt.Sprintf(step, c.says))
		c.result.Effect = h.want("act")
		equal(t, h.finish(c.result), c.want)
	}
}

func TestAnAttemptThatMayHaveActedCountsThoughTheNextOneDidNothing(t *testing.T) {
	h := runWith(t, "  - {id: act, run: {exec: {command: act}}, retry: 1, undo: {run: {exec: {command: back}}}}\n")
	h.finish(Result{Effect: h.want("act"), Outcome: Failed, Reason: "exit code 1"})
	h.at(7 * time.Minute)
	h.finish(Result{Effect: h.want("act"), Outcome: Failed, Reason: "connection refused", NoEffect: true})
	equal(t, h.control("alice", VerbAbort, "", ""), []string{"run_aborted", "undo_failed act"})
}

func TestAPersonWhoFailedMayHaveDoneAPart(t *testing.T) {
	h := runWith(t, "  - {id: pull, do: \"Pull the plugs\", role: on-call-pay, undo: {run: {exec: {command: back}}}}\n")
	h.says("dave", VerbFailed, "pull")
	equal(t, h.control("alice", VerbAbort, "", ""), []string{"run_aborted", "undo_failed pull"})
	h = runWith(t, "  - {id: pull, do: \"Pull the plugs\", role: on-call-pay, undo: {run: {exec: {command: back}}}}\n")
	h.says("dave", VerbCannot, "pull")
	equal(t, h.control("alice", VerbAbort, "", ""), []string{"run_aborted", "run_ended"})
}

func TestAfterACrashAnUndoGoesByItsOwnRepeat(t *testing.T) {
	for repeat, want := range map[string]string{"safe": "undo_started act", "ask": "undo_failed act"} {
		h := runWith(t, "  - {id: act, run: {exec: {command: act}}, undo: {run: {exec: {command: open}}, repeat: "+repeat+"}}\n  - {id: next, do: \"More\", role: on-call-pay}\n")
		h.finish(Result{Effect: h.want("act")})
		h.control("alice", VerbAbort, "", "")
		h.commit(Change{Event: TookOver{Epoch: 2, Instance: "two"}})
		equal(t, h.at(7*time.Minute), []string{want})
	}
}

func TestAnAbortThatKeepsLeavesThingsAsTheyAreAlsoInTheMiddleOfAnUndo(t *testing.T) {
	h := runWith(t, undoableSteps)
	h.finish(Result{Effect: h.want("fence-a")})
	h.finish(Result{Effect: h.want("fence-b")})
	h.control("alice", VerbAbort, "", "1")
	says(t, h.refuses("bob", Command{Verb: VerbAbort, Incident: acmeIncident, Run: "1", Reason: "so"}).Reason, "run 1 was already aborted by alice (incident-director)")
	equal(t, h.order("bob", Command{Verb: VerbAbort, Incident: acmeIncident, Run: "1", Keep: true, Reason: "it does more harm"}), []string{"run_aborted"})
	equal(t, h.finish(Result{Effect: h.want("fence-b")}), []string{"undo_done fence-b", "run_ended"})
	equal(t, count[UndoStarted](h), 1)
}

func TestAnAbortOfEverythingKeepsAnythingMoreFromBeingInvoked(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.disaster("facility_lost")
	h.facts.components["ledger-db-ams"] = "down"
	equal(t, h.at(6 * time.Minute)[2], "no_playbook_fits")
	equal(t, h.order("alice", Command{Verb: VerbAbort, Incident: acmeIncident, Reason: "a false alarm"}), []string{"run_aborted"})
	delete(h.facts.components, "ledger-db-ams")
	equal(t, h.at(7*time.Minute), []string(nil))
	refusal := h.refuses("bob", Command{Verb: VerbAbort, Incident: acmeIncident, Reason: "me too"})
	says(t, refusal.Reason, "already aborted by alice", "a false alarm")
	equal(t, refusal.At, t0.Add(6*time.Minute))
	equal(t, h.order("bob", Command{Verb: VerbInvoke, Incident: acmeIncident, Playbook: "failover-to-ams2", Services: []string{"payments-api"}, Reason: "it is real"})[0], "invoked")
}

func TestOnlyTheAuthorityAborts(t *testing.T) {
	h := runWith(t, undoableSteps)
	says(t, h.refuses("dave", Command{Verb: VerbAbort, Incident: acmeIncident, Reason: "so"}).Reason, "dave may not abort", "alice", "carol")
	says(t, h.refuses("alice", Command{Verb: VerbAbort, Incident: acmeIncident}).Reason, "needs a reason")
}

func TestAFailureCanHaveTheWholeRunUndone(t *testing.T) {
	h := runWith(t, `
  - {id: fence, run: {exec: {command: close}}, undo: {run: {exec: {command: open}}}}
  - {id: promote, run: {exec: {command: promote}}, on_failure: undo}
  - {id: then, do: "Then", role: on-call-pay}
`)
	h.finish(Result{Effect: h.want("fence")})
	equal(t, h.finish(Result{Effect: h.want("promote"), Outcome: Failed, Reason: "no quorum"}), []string{"step_failed promote", "run_aborted", "undo_started fence"})
	e := last[RunAborted](h)
	equal(t, e.By, Actor{Rule: "on_failure: undo"})
	says(t, e.Reason, "promote failed: no quorum")
	equal(t, e.Tell, []string{"alice"})
	equal(t, h.finish(Result{Effect: h.want("fence")}), []string{"undo_done fence", "run_ended"})
	equal(t, h.only().Runs[0].Result, "undone")
}

func TestWhatIsInDoubtIsLookedAtBeforeARunIsUndone(t *testing.T) {
	h := runWith(t, "  - {id: act, run: {exec: {command: act}}, on_failure: undo, undo: {run: {exec: {command: open}}}}\n")
	h.commit(Change{Event: TookOver{Epoch: 2, Instance: "two"}})
	equal(t, h.at(7*time.Minute), []string{"step_failed act"})
	equal(t, h.step("act").Status, Stuck)
	equal(t, last[StepFailed](h).Tell, []string{"alice"})
}

// twoBooks is a house with a run of the failover, and another playbook that wants the same resource.
func twoBooks(t *testing.T) *house {
	t.Helper()
	files := automatic(t)
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nexclusive: [ams2-capacity]\nsteps:\n" + undoableSteps
	files["playbooks/restore.yaml"] = "playbook: restore\nfor: {services: [core-ledger]}\nexclusive: [ams2-capacity]\nsteps:\n  - {id: restore, run: {exec: {command: restore}}}\n"
	return invoked(t, files)
}

func TestAnotherPlaybookTakesTheResourceBetweenTwoSteps(t *testing.T) {
	h := twoBooks(t)
	c := Command{Verb: VerbInvoke, Incident: acmeIncident, Playbook: "restore", Services: []string{"core-ledger"}, Reason: "the failover does not help"}
	refusal := h.refuses("bob", c)
	says(t, refusal.Reason, "it needs ams2-capacity, which run 1 of payments-api-0412 holds", "since 2026-04-12 09:06:00Z", "automatic_for facility_lost", "--supersede")
	c.Supersede = true
	equal(t, h.order("bob", c), []string{"invocation_queued", "run_superseded"})
	equal(t, h.at(6*time.Minute+30*time.Second), []string(nil))
	equal(t, h.finish(Result{Effect: h.want("fence-a")}), []string{"step_done fence-a", "run_ended", "invoked", "step_started restore"})
	i := h.only()
	equal(t, i.Runs[0].Result, "superseded")
	equal(t, i.Runs[0].Ending.For, "restore")
	equal(t, i.Runs[1].By.Person, "bob")
	equal(t, len(i.Queued), 0)
	equal(t, count[UndoStarted](h), 0)
}

func TestAnInvocationWaitsItsTurnWhereNobodyIsToMakeWay(t *testing.T) {
	h := twoBooks(t)
	c := Command{Verb: VerbInvoke, Incident: acmeIncident, Playbook: "restore", Services: []string{"core-ledger"}, Reason: "afterwards", Queue: true}
	equal(t, h.order("bob", c), []string{"invocation_queued"})
	says(t, h.refuses("alice", c).Reason, "restore already waits for its turn: bob")
	h.finish(Result{Effect: h.want("fence-a")})
	h.finish(Result{Effect: h.want("fence-b")})
	h.control("dave", VerbDone, "check", "")
	equal(t, h.finish(Result{Effect: h.want("promote")}), []string{"step_done promote", "run_ended", "invoked", "step_started restore"})
}

func TestAnAbortIsHonouredWhileARunMakesWay(t *testing.T) {
	h := twoBooks(t)
	e := h.want("fence-a")
	h.order("bob", Command{Verb: VerbInvoke, Incident: acmeIncident, Playbook: "restore", Services: []string{"core-ledger"}, Reason: "so", Supersede: true})
	equal(t, h.control("alice", VerbAbort, "", ""), []string{"run_aborted"})
	equal(t, h.finish(Result{Effect: e}), []string{"step_done fence-a", "undo_started fence-a"})
	equal(t, h.finish(Result{Effect: h.want("fence-a")}), []string{"undo_done fence-a", "run_ended"})
	if n := count[Invoked](h); n != 1 {
		t.Errorf("%d runs were invoked; the one that waited was called off too", n)
	}
}

func TestEveryRefusalOfAControlNamesItsReason(t *testing.T) {
	h := runWith(t, undoableSteps)
	for _, c := range []struct {
		person string
		Command
		says string
	}{
		{"dave", Command{Verb: VerbPause}, "needs a reason"},
		{"dave", Command{Verb: VerbPause, Reason: "so", Until: t0}, "is not in the future"},
		{"dave", Command{Verb: VerbResume}, "nobody has paused run 1"},
		{"dave", Command{Verb: VerbResume, Step: "check"}, "nobody holds step check"},
		{"alice", Command{Verb: VerbAbort}, "needs a reason"},
		{"dave", Command{Verb: VerbHold, Step: "check"}, "needs a reason"},
	} {
		c.Incident = acmeIncident
		if got := h.refuses(c.person, c.Command).Reason; !strings.Contains(got, c.says) {
			t.Errorf("%s %s is refused with %q", c.Verb, c.Step, got)
		}
	}
}

func TestAPauseThatNobodyEndsIsRemindedOf(t *testing.T) {
	h := runWith(t, "  - {id: act, run: {exec: {command: act}}, timeout: 20h}\n  - {id: more, run: {exec: {command: more}}}\n")
	h.verdicts[0].Services[0].Clocks.Deadline = time.Time{}
	h.control("bob", VerbPause, "", "")
	for _, after := range []time.Duration{20, 40, 80} {
		equal(t, h.nextAt(), (6+after)*time.Minute)
		equal(t, h.at((6+after)*time.Minute), []string{"still_held"})
		equal(t, last[StillHeld](h).Tell, []string{"alice", "bob"})
	}
	notice := h.only().Notices[len(h.only().Notices)-1]
	says(t, notice.Subject, "Run 1 is still paused")
	says(t, notice.Body, "bob (incident-director) has kept it from going on since", "because of the storm", "holdfast resume payments-api-0412 1")
	h.control("alice", VerbResume, "", "")
	h.control("alice", VerbHold, "more", "")
	equal(t, h.at(2*time.Hour), []string{"still_held more"})
}

// A run is aborted before each of its steps, while each is under way, and after each; whatever it was at, it ends, and
// nothing starts any more but what takes back what was done.
func TestAnAbortIsHonouredAtEveryStep(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"], files["playbooks/reporting.yaml"] = propertyFailover, propertyReporting
	for at := 0; ; at++ {
		h := invoked(t, files)
		a := &anything{house: h}
		reached := 0
		for reached < at && a.onward() {
			reached++
		}
		started := count[StepStarted](h)
		h.order("alice", Command{Verb: VerbAbort, Incident: acmeIncident, Reason: "a false alarm"})
		for h.only().Runs[0].Active() && a.onward() {
		}
		if run := h.only().Runs[0]; run.Result != "aborted" && run.Result != "completed" {
			t.Errorf("aborted after %d acts, the run ended %q", at, run.Result)
		}
		equal(t, count[StepStarted](h), started)
		a.brakes()
		if reached < at {
			break
		}
	}
}

// onward lets the first thing happen that can: a machine ends its step, a person answers, or time passes; false: nothing can.
func (a *anything) onward() bool {
	for _, e := range a.book.wants() {
		a.commit(a.book.finish(a.now, Result{Effect: e})...)
		a.due()
		return true
	}
	for _, c := range a.asked() {
		for _, person := range []string{"alice", "bob", "dave", "carol"} {
			if changes, err := a.draft().order(person, c); err == nil {
				a.commit(changes...)
				a.due()
				return true
			}
		}
	}
	next, ok := a.draft().nextAt()
	if ok {
		a.now = next
		a.due()
	}
	return ok
}

func TestARunOfAnotherIncidentMakesWayToo(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nexclusive: [ams2-capacity]\nsteps:\n" + undoableSteps
	files["playbooks/reporting.yaml"] = "playbook: restore-reporting\nfor: {services: [reporting]}\nexclusive: [ams2-capacity]\nsteps:\n  - {id: restore, do: \"Restore\", role: on-call-pay}\n"
	h := newHouse(t, files)
	h.disaster("facility_lost")
	other := h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("reporting", 0))}, "facility_lost")
	other.Roots = []string{"report-fra"}
	h.verdicts = append(h.verdicts, other)
	h.at(6 * time.Minute)
	c := Command{Verb: VerbInvoke, Incident: "reporting-0412", Playbook: "restore-reporting", Services: []string{"reporting"}, Reason: "the books close tonight", Supersede: true}
	equal(t, h.order("alice", c), []string{"invocation_queued", "run_superseded"})
	equal(t, h.finish(Result{Effect: h.want("fence-a")}), []string{"step_done fence-a", "run_ended", "invoked", "step_started restore"})
	equal(t, h.book.incidents.of(acmeIncident).Runs[0].Result, "superseded")
	equal(t, h.book.incidents.of("reporting-0412").Runs[0].By.Person, "alice")
}

func TestWhatWasToBeKeptOfOneRunIsNotUndoneByAnAbortOfEverything(t *testing.T) {
	h := runWith(t, undoableSteps)
	h.finish(Result{Effect: h.want("fence-a")})
	h.order("alice", Command{Verb: VerbAbort, Incident: acmeIncident, Run: "1", Keep: true, Reason: "touch nothing any more"})
	equal(t, h.order("alice", Command{Verb: VerbAbort, Incident: acmeIncident, Reason: "a false alarm"}), []string{"run_aborted"})
	equal(t, h.finish(Result{Effect: h.want("fence-b")}), []string{"step_done fence-b", "run_ended"})
}

func TestAServiceThatARunOfAnotherIncidentIsToBringBackGetsNoSecondOne(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api, core-ledger, reporting]}\nsteps:\n" + undoableSteps
	files["playbooks/reporting.yaml"] = "playbook: restore-reporting\nfor: {services: [reporting]}\nsteps:\n  - {id: restore, do: \"Restore\", role: on-call-pay}\n"
	h := newHouse(t, files)
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.order("alice", Command{Verb: VerbInvoke, Incident: acmeIncident, Playbook: "restore-reporting", Services: []string{"reporting"}, Reason: "it will go next"})
	other := h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("reporting", 0))}, "facility_lost")
	other.Roots = []string{"report-fra"}
	h.verdicts = append(h.verdicts, other)
	h.at(7 * time.Minute)
	equal(t, len(h.book.incidents.of("reporting-0412").Runs), 0)
	equal(t, len(h.book.incidents.of("reporting-0412").NoPlaybook), 0)

	by := Command{Verb: VerbInvoke, Incident: "reporting-0412", Playbook: "short", Services: []string{"reporting"}, Reason: "so", Supersede: true}
	says(t, h.refuses("bob", Command{Verb: by.Verb, Incident: by.Incident, Playbook: "restore-reporting", Services: by.Services, Reason: "so"}).Reason, "still goes on")
	h.order("bob", by)
	equal(t, h.book.incidents.of(acmeIncident).Runs[1].Result, "superseded")
}
