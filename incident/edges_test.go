package incident

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
	"holdfast/playbooks"
)

// Whoever is told that a step is stuck, since the playbook escalates to them, can say how it goes on.
func TestWhoAFailureIsEscalatedToMayAct(t *testing.T) {
	const step = "  - {id: act, run: {exec: {command: act}}, on_failure: %s, escalate: [on-call-pay], undo: {run: {exec: {command: back}}}}\n"
	h := runWith(t, strings.Replace(step, "%s", "escalate", 1))
	h.finish(Result{Effect: h.want("act"), Outcome: Failed, Reason: "a valve sticks"})
	equal(t, last[StepFailed](h).Tell, []string{"alice", "dave"})
	equal(t, h.says("dave", VerbAck, "act"), []string{"acknowledged act"})
	equal(t, h.says("erin", VerbRetry, "act"), []string{"step_started act"})
	h.finish(Result{Effect: h.want("act")})

	h = runWith(t, strings.Replace(step, "%s", "pause", 1))
	h.finish(Result{Effect: h.want("act"), Outcome: Failed, Reason: "a valve sticks"})
	equal(t, last[StepFailed](h).Tell, []string{"alice"})
	says(t, h.refuses("dave", Command{Verb: VerbRetry, Incident: acmeIncident, Step: "act", Reason: "so"}).Reason, "that is for incident-director")
}

func TestWhoAnUndoThatFailsIsEscalatedToMayAct(t *testing.T) {
	h := runWith(t, "  - {id: act, run: {exec: {command: act}}, escalate: [on-call-pay], undo: {run: {exec: {command: back}}}}\n  - {id: look, do: Look, role: incident-director}\n")
	h.finish(Result{Effect: h.want("act")})
	h.control("alice", VerbAbort, "", "")
	h.finish(Result{Effect: h.want("act"), Outcome: Failed, Reason: "jammed"})
	equal(t, last[UndoFailed](h).Tell, []string{"alice", "dave"})
	equal(t, h.says("dave", VerbRetry, "act"), []string{"undo_started act"})
}

// Where nobody can tell whether a decision is to be taken, or whether a playbook is to be invoked, every answer that is
// refused says which one is not.
func TestEveryRefusalAtAStuckStepNamesAWayOutThatIsNotRefused(t *testing.T) {
	const unseen = ", when: \"component('ledger-db-ams').state == 'up'\"}\n"
	for _, c := range []struct {
		name, step string
		out        []Verb
	}{
		{"a decision", "  - {id: stuck, decide: \"Go?\", role: incident-director" + unseen, []Verb{VerbRetry}},
		{"a playbook within", "  - {id: stuck, invoke: restore-ledger" + unseen, []Verb{VerbRetry, VerbSkip}},
		{"a machine", "  - {id: stuck, run: {exec: {command: act}}" + unseen, []Verb{VerbDone, VerbRetry, VerbSkip}},
		{"a person", "  - {id: stuck, do: Look, role: incident-director" + unseen, []Verb{VerbDone, VerbRetry, VerbSkip}},
		{"a notice", "  - {id: stuck, notify: [on-call-pay]" + unseen, []Verb{VerbDone, VerbRetry, VerbSkip}},
		{"a wait", "  - {id: stuck, wait: 1h" + unseen, []Verb{VerbDone, VerbRetry, VerbSkip}},
		{"a proof", "  - {id: stuck, verify: {service: payments-api}" + unseen, []Verb{VerbDone, VerbRetry, VerbSkip}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, verb := range []Verb{VerbDone, VerbFailed, VerbCannot, VerbApprove, VerbDecline, VerbRetry, VerbSkip} {
				h := runOuter(t, "  - {id: first, do: x, role: on-call-pay}\n"+c.step)
				h.facts.components["ledger-db-ams"] = detector.Unknown
				h.reported("first", nil)
				equal(t, h.step("stuck").WaysOut(), c.out)
				says(t, h.only().Notices[len(h.only().Notices)-1].Body, "holdfast "+h.step("stuck").wayOut()+" "+acmeIncident+" 1/stuck --reason WHY")
				order := Command{Verb: verb, Incident: acmeIncident, Step: "stuck", Reason: "so"}
				isOut := strings.Contains(h.step("stuck").wayOut(), string(verb))
				if isOut {
					h.order("alice", order)
					continue
				}
				refusal := h.refuses("alice", order).Reason
				if !strings.Contains(refusal, "retry") && !strings.Contains(refusal, "is not a decision") {
					t.Errorf("%s: %s", verb, refusal)
				}
			}
		})
	}
}

// runOuter is a run of an outer playbook, beside which there is one to restore the ledger.
func runOuter(t *testing.T, steps string, more ...string) *house {
	t.Helper()
	files := automatic(t)
	files["playbooks/failover.yaml"] = "playbook: outer\nabort: Call the owner\nfor: {services: [payments-api]}\nsteps:\n" + steps
	files["playbooks/restore.yaml"] = "playbook: restore-ledger\nabort: Close the vault\nfor: {services: [core-ledger]}\npriority: -1\nsteps:\n" +
		"  - {id: copy, run: {exec: {command: copy}}, undo: {run: {exec: {command: drop}}}}\n" + strings.Join(more, "")
	return invoked(t, files)
}

// A person who says that it is done has not said that its steps may begin.
func TestNobodyBeginsAPlaybookWithinBySayingThatItIsDone(t *testing.T) {
	h := runOuter(t, "  - {id: first, do: x, role: on-call-pay}\n  - {id: restore, invoke: restore-ledger, when: \"component('ledger-db-ams').state == 'up'\"}\n")
	h.facts.components["ledger-db-ams"] = detector.Unknown
	h.reported("first", nil)
	says(t, h.refuses("alice", Command{Verb: VerbDone, Incident: acmeIncident, Step: "restore"}).Reason, "begins the playbook restore-ledger", "retry begins them", "skip leaves them all out")
	equal(t, h.says("alice", VerbRetry, "restore"), []string{"step_started restore", "step_done restore", "step_started restore.copy"})
}

func TestAnAbortSaysWhatIsDoneByHandOfPlaybooksWithinThatHaveBegunAndUndoesThem(t *testing.T) {
	const steps = "  - {id: restore, invoke: restore-ledger}\n  - {id: once-more, invoke: restore-ledger}\n"
	h := runOuter(t, steps)
	h.finish(Result{Effect: h.want("restore.copy")})
	h.finish(Result{Effect: h.want("once-more.copy")})
	equal(t, h.only().Open(), true)

	h = runOuter(t, "  - {id: restore, invoke: restore-ledger}\n  - {id: look, do: Look, role: on-call-pay}\n  - {id: once-more, invoke: restore-ledger}\n")
	h.finish(Result{Effect: h.want("restore.copy")})
	equal(t, h.control("alice", VerbAbort, "", ""), []string{"run_aborted", "undo_started restore.copy"})
	equal(t, last[RunAborted](h).ByHand, []string{"Call the owner", "Close the vault"}) // once: the second has not begun
	equal(t, h.want("restore.copy").Key, acmeIncident+"/1/restore.copy/undo/1")
	equal(t, h.finish(Result{Effect: h.want("restore.copy")}), []string{"undo_done restore.copy", "run_ended"})
}

func TestAFailureInAPlaybookWithinHasTheWholeRunUndone(t *testing.T) {
	h := runOuter(t, "  - {id: fence, run: {exec: {command: fence}}, undo: {run: {exec: {command: open}}}}\n  - {id: restore, invoke: restore-ledger}\n",
		"  - {id: check, run: {exec: {command: check}}, on_failure: undo}\n")
	h.finish(Result{Effect: h.want("fence")})
	h.finish(Result{Effect: h.want("restore.copy")})
	equal(t, h.finish(Result{Effect: h.want("restore.check"), Outcome: Failed, Reason: "it is corrupt"}),
		[]string{"step_failed restore.check", "run_aborted", "undo_started restore.copy"})
	equal(t, last[RunAborted](h).ByHand, []string{"Call the owner", "Close the vault"})
	equal(t, h.finish(Result{Effect: h.want("restore.copy")}), []string{"undo_done restore.copy", "undo_started fence"})
	equal(t, h.finish(Result{Effect: h.want("fence")}), []string{"undo_done fence", "run_ended"})
	equal(t, h.only().Runs[0].Result, "undone")
}

// What was done last is undone first, across branches that went on beside each other, and after a crash in the middle.
func TestBranchesAreUndoneInTheReverseOrderInWhichTheirStepsEnded(t *testing.T) {
	undoable := func(id, after string) string {
		return "  - {id: " + id + ", after: [" + after + "], run: {exec: {command: " + id + "}}, undo: {run: {exec: {command: un-" + id + "}}, repeat: safe}}\n"
	}
	h := runWith(t, undoable("a1", "")+undoable("a2", "a1")+undoable("b1", "")+undoable("b2", "b1")+"  - {id: look, after: [a2, b2], do: Look, role: on-call-pay}\n")
	for _, id := range []string{"b1", "a1", "b2", "a2"} { // not the order in which they are written
		h.now = h.now.Add(time.Second)
		h.finish(Result{Effect: h.want(id)})
	}
	h.control("alice", VerbAbort, "", "")
	var order []string
	for epoch := uint64(2); len(order) < 4; epoch++ {
		h.commit(Change{Event: TookOver{Epoch: epoch, Instance: "another"}}) // whoever sent it is gone; it is sent again with the same key
		h.due()
		for _, e := range h.book.wants() {
			if e.Undo {
				order = append(order, e.Key)
				h.finish(Result{Effect: e})
				break
			}
		}
	}
	var want []string
	for _, id := range []string{"a2", "b2", "a1", "b1"} {
		want = append(want, acmeIncident+"/1/"+id+"/undo/1")
	}
	equal(t, order, want)
	equal(t, count[UndoStarted](h), 8)
	equal(t, h.only().Runs[0].Result, "aborted")
}

// What a playbook within says about putting back counts in an exercise of the one that invokes it, if it was carried out.
func TestAnExerciseIsPutBackAsThePlaybooksWithinSayToo(t *testing.T) {
	files := automatic(t)
	maps.Copy(files, map[string]string{
		"playbooks/failover.yaml": "playbook: failover-to-ams2\nfor: {services: [payments-api]}\nsteps:\n" +
			"  - {id: mark, run: {exec: {command: mark}}, repeat: safe}\n  - {id: fence, invoke: fencing}\n  - {id: other, invoke: fencing, when: \"false\"}\n",
		"playbooks/fencing.yaml": "playbook: fencing\nfor: {services: [reporting]}\nsteps:\n  - {id: cut, run: {exec: {command: cut}}, repeat: safe}\n" +
			"exercise:\n  cleanup:\n    - {id: mend, run: {http: {url: \"https://fence.internal/mend\", body: {pin: {secret: fence-pin}}}}}\n",
	})
	h := rehearsing(t, files, Full)
	h.finish(Result{Effect: h.want("mark")})
	h.finish(Result{Effect: h.want("fence.cut")})
	e := h.want("fence.mend")
	equal(t, e.Exercise, Full)
	equal(t, e.Do.HTTP.Body, map[string]any{"pin": playbooks.Secret("fence-pin")})
	h.finish(Result{Effect: e})
	cleanUp := h.only().Runs[1]
	var steps []string
	for _, s := range cleanUp.Steps {
		steps = append(steps, s.ID)
	}
	equal(t, steps, []string{"fence.mend", "clean-up"})
	says(t, cleanUp.Steps[1].Text, "mark (command mark)") // nothing says how that is put back
	if strings.Contains(cleanUp.Steps[1].Text, "fence.cut") {
		t.Errorf("a person is asked for what the playbook within has put back: %s", cleanUp.Steps[1].Text)
	}
}

// unreached lets every notice of the step tell reach nobody, but for some people, and looks what is due.
func (h *house) unreached(but ...string) (due []string) {
	h.Helper()
	for _, e := range h.book.wants() {
		if e.Notice != nil && e.Step == "tell" && !slices.Contains(but, e.Notice.Person) {
			due = append(due, h.finish(Result{Effect: e, Outcome: Failed, Reason: "the pager is away"})...)
		} else if e.Notice != nil {
			due = append(due, h.finish(Result{Effect: e, Channel: "pager"})...)
		}
	}
	return slices.DeleteFunc(due, func(kind string) bool { return kind == string(KindNotified) })
}

func TestANoticeThatReachesNobodyOfARoleGoesToTheRestOfItsLine(t *testing.T) {
	h := runWith(t, "  - {id: tell, notify: [on-call-pay, incident-director], message: Leave the ledger alone}\n  - {id: act, run: {exec: {command: act}}}\n")
	equal(t, last[StepStarted](h).Tell, []string{"dave", "alice"})
	equal(t, h.unreached("alice"), []string{"escalated tell"})
	equal(t, last[Escalated](h).Tell, []string{"erin"})
	n := h.only().Notices[len(h.only().Notices)-1]
	says(t, n.Subject, "Leave the ledger alone")
	equal(t, strings.Contains(n.Subject, "waiting"), false)
	equal(t, h.unreached("erin"), []string{"step_done tell", "step_started act"})
}

// Each on_failure, where nobody can be told: a recovery is not held up by a pager unless its playbook says so.
func TestANoticeThatReachesNobodyAtAllHasFailed(t *testing.T) {
	for keys, want := range map[string][]string{
		"":                       {"step_failed tell", "step_started act"},
		", on_failure: continue": {"step_failed tell", "step_started act"},
		", on_failure: pause":    {"step_failed tell"},
		", on_failure: escalate, escalate: [head-of-operations]": {"step_failed tell"},
		", on_failure: undo": {"step_failed tell", "run_aborted", "undo_started fence"},
	} {
		h := runWith(t, "  - {id: fence, run: {exec: {command: fence}}, undo: {run: {exec: {command: open}}}}\n"+
			"  - {id: tell, notify: [on-call-pay]"+keys+"}\n  - {id: act, run: {exec: {command: act}}}\n")
		h.deliver()
		h.finish(Result{Effect: h.want("fence")})
		equal(t, h.unreached(), []string{"escalated tell"})
		equal(t, h.unreached(), want)
		says(t, h.step("tell").Reason, "nobody of on-call-pay could be reached: the pager is away")
		if h.step("tell").Status == Stuck {
			equal(t, h.says("alice", VerbRetry, "tell"), []string{"step_started tell"})
			equal(t, h.unreached("dave"), []string{"step_done tell", "step_started act"})
		}
	}
}

// Whatever an exercise sends says that it is one, so that it reaches nothing that is for live runs only: its steps, those of
// playbooks within, what undoes them, and what puts it back.
func TestEverythingThatAnExerciseSendsSaysSo(t *testing.T) {
	files := automatic(t)
	maps.Copy(files, map[string]string{
		"playbooks/failover.yaml": "playbook: failover-to-ams2\nfor: {services: [payments-api]}\nsteps:\n" +
			"  - {id: fence, run: {exec: {command: fence}}, undo: {run: {exec: {command: open}}}}\n  - {id: restore, invoke: restore-ledger}\n  - {id: look, do: Look, role: on-call-pay}\n" +
			"exercise: {cleanup: [{id: sweep, run: {exec: {command: sweep}}}]}\n",
		"playbooks/restore.yaml": "playbook: restore-ledger\nfor: {services: [reporting]}\nsteps:\n  - {id: copy, run: {exec: {command: copy}}, undo: {run: {exec: {command: drop}}}}\n" +
			"  - {id: seen, verify: {http: {url: \"https://ledger.internal/health\"}}}\n",
	})
	for _, aborted := range []bool{true, false} {
		h := rehearsing(t, files, Full)
		var sent []string
		for range 10 {
			for _, e := range h.book.wants() {
				if e.Notice != nil {
					continue
				}
				if e.Exercise != Full {
					t.Errorf("%s says %q", e.Key, e.Exercise)
				}
				sent = append(sent, e.Key[len(exerciseID)+1:])
				h.finish(Result{Effect: e})
			}
			if h.step("look").Status == Waiting {
				if aborted {
					h.order("alice", Command{Verb: VerbAbort, Incident: exerciseID, Reason: "enough"})
				} else {
					h.order("dave", Command{Verb: VerbDone, Incident: exerciseID, Step: "look"})
				}
			}
		}
		undo := []string{"1/restore.copy/undo/1", "1/fence/undo/1"}
		if !aborted {
			undo = []string{"2/undo-restore.copy/1", "2/undo-fence/1"}
		}
		equal(t, sent, slices.Concat([]string{"1/fence/1", "1/restore.copy/1", "1/restore.seen/1"}, undo, []string{"2/sweep/1"}))
	}
}

// What comes after a step comes after what is done instead of it, also where the playbook names the step alone.
func TestWhatComesAfterAStepWaitsForItsFallback(t *testing.T) {
	const steps = `
  - {id: promote, run: {exec: {command: promote}}, needs: [ledger-db-ams], fallback: rebuild}
  - {id: rebuild, run: {exec: {command: rebuild}}, needs: [report-fra], fallback: restore}
  - {id: restore, do: Restore, role: on-call-pay}
  - {id: open, after: [promote], run: {exec: {command: open}}}
`
	h := runWith(t, steps)
	equal(t, h.finish(Result{Effect: h.want("promote")}), []string{"step_done promote", "step_skipped rebuild", "step_skipped restore", "step_started open"})

	first := "\n  - {id: first, do: x, role: on-call-pay}" + strings.Replace(steps, "{id: promote,", "{id: promote, after: [first],", 1)
	h = runWith(t, first)
	h.facts.components["ledger-db-ams"], h.facts.components["report-fra"] = detector.Down, detector.Down
	equal(t, h.reported("first", nil), []string{"step_done first", "step_skipped promote", "step_skipped rebuild", "step_started restore"})
	equal(t, h.step("open").Status, Pending)
	equal(t, h.reported("restore", nil), []string{"step_done restore", "step_started open"})

	// What the fallback itself comes after does not wait for it.
	h = runWith(t, strings.Replace(first, "needs: [report-fra], fallback: restore", "after: [open]", 1))
	h.facts.components["ledger-db-ams"] = detector.Down
	equal(t, h.reported("first", nil), []string{"step_done first", "step_skipped promote", "step_started open"})
	equal(t, h.finish(Result{Effect: h.want("open")}), []string{"step_done open", "step_started rebuild"})
}

// Who has taken a step may be in the middle of it when the run is called off; who was only asked has not begun.
func TestAPersonWhoWasAtAStepThatIsCalledOffMayHaveDoneAPart(t *testing.T) {
	const steps = "  - {id: fence, run: {exec: {command: fence}}, undo: {run: {exec: {command: open}}}}\n" +
		"  - {id: pull, do: \"Pull the plugs\", role: on-call-pay, undo: {run: {exec: {command: push}}}}\n"
	for taken, want := range map[bool][]string{true: {"run_aborted", "undo_failed pull"}, false: {"run_aborted", "undo_started fence"}} {
		h := runWith(t, steps)
		h.finish(Result{Effect: h.want("fence")})
		if taken {
			h.says("dave", VerbAck, "pull")
		}
		equal(t, h.control("alice", VerbAbort, "", ""), want)
		if taken {
			says(t, h.step("pull").Undo.Reason, "whether the step took effect is not known: retry undoes it, skip leaves it")
			equal(t, h.says("alice", VerbSkip, "pull"), []string{"undo_skipped pull", "undo_started fence"})
		}
	}
}

// What comes of a job's output is known only when it is there: a word where yes or no is asked is neither.
func TestAConditionThatComesToNeitherTrueNorFalseWaitsForAPerson(t *testing.T) {
	for output, want := range map[string]string{`{"go": true}`: "step_started act", `{"go": false}`: "step_skipped act", `{"go": "no"}`: "step_failed act", `{}`: "step_failed act"} {
		h := runWith(t, "  - {id: ask, run: {exec: {command: ask}}}\n  - {id: act, run: {exec: {command: act}}, on_failure: continue, when: \"json(step('ask').output).go\"}\n  - {id: look, do: Look, role: on-call-pay}\n")
		equal(t, h.finish(Result{Effect: h.want("ask"), Output: output})[1], want)
		if want == "step_failed act" {
			equal(t, h.step("act").Status, Stuck)
		}
	}
}

func TestWhatIsForLiveRunsOnlyIsLeftOutOfAnExerciseWithAllThatItInvokes(t *testing.T) {
	files := automatic(t)
	maps.Copy(files, map[string]string{
		"playbooks/failover.yaml": "playbook: failover-to-ams2\nfor: {services: [payments-api]}\nsteps:\n  - {id: tell, run: {exec: {command: tell}}, only: live}\n" +
			"  - {id: fence, invoke: fencing, only: live}\n  - {id: look, do: Look, role: on-call-pay}\n",
		"playbooks/fencing.yaml": "playbook: fencing\nfor: {services: [reporting]}\nsteps:\n  - {id: cut, run: {exec: {command: cut}}}\n",
	})
	h := rehearsing(t, files, Full)
	for step, rule := range map[string]string{"tell": ruleOnly, "fence": ruleOnly, "fence.cut": ruleInvoke} {
		if s := h.step(step); s.Status != Skipped || s.By.Rule != rule {
			t.Errorf("%s is %s by %s", step, s.Status, s.By.Rule)
		}
	}
	equal(t, h.step("look").Status, Waiting)
}
