package incident

import (
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
)

const exerciseID = "exercise-failover-to-ams2-0412"

// rehearsing is a house in which alice has ordered an exercise of the failover.
func rehearsing(t *testing.T, files map[string]string, kind Exercise) *house {
	t.Helper()
	h := newHouse(t, files)
	h.order("alice", Command{Verb: VerbRehearse, Playbook: "failover-to-ams2", Exercise: kind, Reason: "the yearly one"})
	h.deliver()
	return h
}

// practised carries an exercise through, everybody doing at once what they are asked.
func (h *house) practised() {
	h.Helper()
	for range 100 {
		i := h.book.incidents.of(exerciseID)
		if !i.Open() {
			return
		}
		for _, e := range h.book.wants() {
			h.commit(h.book.finish(h.now, Result{Effect: e})...)
		}
		h.due()
		for _, r := range h.book.incidents.of(exerciseID).Runs {
			for _, s := range r.Steps {
				for _, verb := range []Verb{VerbAck, VerbApprove, VerbDone} {
					for _, person := range []string{"alice", "bob", "dave"} {
						c := Command{Verb: verb, Incident: exerciseID, Step: r.ID + "/" + s.ID, Answers: map[string]string{"estimated_time_to_restore": "1h"}, Evidence: "TCK-1"}
						if s.ID != "assess" {
							c.Answers = nil
						}
						if changes, err := h.draft().order(person, h.book.looking(c)); err == nil && r.Active() && s.Status == Waiting {
							h.commit(changes...)
							h.due()
						}
					}
				}
			}
		}
		if next := h.nextAt(); next >= 0 && len(h.book.wants()) == 0 {
			h.at(next)
		}
	}
	h.Fatal("the exercise does not come to its end: " + asJSON(h, h.book.incidents.of(exerciseID).Runs))
}

// docs/exercising.md has this table.
func TestWhatEachKindOfExerciseDoesWithEachKindOfStep(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = `
playbook: failover-to-ams2
for: {services: [payments-api]}
steps:
  - {id: tell, notify: [on-call-pay]}
  - {id: go, after: [], decide: "Go?", role: incident-director}
  - {id: safe, after: [], run: {exec: {command: safe}}, repeat: safe}
  - {id: ask, after: [], run: {exec: {command: ask}}}
  - {id: final, after: [go], run: {exec: {command: final}}, repeat: safe, point_of_no_return: true}
  - {id: poll, after: [], verify: {http: {url: "https://pay.internal/health"}}}
  - {id: state, after: [], verify: {service: payments-api, for: 5m}}
  - {id: pause, after: [], wait: 5m}
  - {id: left, after: [], run: {exec: {command: left}}, repeat: safe}
exercise: {skip: [left]}
`
	for kind, want := range map[Exercise]map[string]string{
		Tabletop:   {"safe": "do", "ask": "do", "final": "do", "poll": "do", "state": "do", "pause": "left out"},
		Simulation: {"safe": "run", "ask": "do", "final": "do", "poll": "verify", "state": "verify", "pause": "left out"},
		Parallel:   {"safe": "run", "ask": "run", "final": "do", "poll": "verify", "state": "verify", "pause": "wait"},
		Full:       {"safe": "run", "ask": "run", "final": "run", "poll": "verify", "state": "verify", "pause": "wait"},
	} {
		t.Run(string(kind), func(t *testing.T) {
			want["tell"], want["go"], want["left"] = "notify", "decide", "left out"
			h := rehearsing(t, files, kind)
			h.order("bob", Command{Verb: VerbApprove, Incident: exerciseID, Step: "go"})
			got := map[string]string{}
			for _, s := range h.only().Runs[0].Steps {
				got[s.ID] = string(s.Kind)
				if s.Status == Skipped {
					got[s.ID] = "left out"
				}
			}
			equal(t, got, want)
		})
	}
}

func TestEveryNoticeOfAnExerciseSaysThatItIsOne(t *testing.T) {
	h := rehearsing(t, automatic(t), Full)
	h.at(time.Hour)
	h.practised()
	told := h.book.incidents.of(exerciseID).Notices
	if len(told) < 8 {
		t.Fatalf("only %d notices", len(told))
	}
	for _, n := range told {
		if !strings.HasPrefix(n.Subject, "EXERCISE (full) [exercise-") || !strings.HasPrefix(n.Body, "EXERCISE, EXERCISE, EXERCISE") {
			t.Errorf("%s is told %q, %q", n.Person, n.Subject, n.Body)
		}
	}
}

func TestAnExerciseBlowsNoFuseAndIsNotWhatALiveDisasterIsFollowedBy(t *testing.T) {
	h := rehearsing(t, automatic(t), Full)
	h.practised()
	equal(t, len(h.book.fuses.kept), 0)
	h.at(2 * time.Hour)
	h.facts.lost["fra1"] = true
	v := h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("payments-api", 2*time.Hour-5*time.Minute))}, "facility_lost")
	v.Lost = []string{"fra1"}
	h.verdicts = []detector.Verdict{v}
	equal(t, h.due(), []string{"classified", "declared", "invoked", "step_started page"})
	live := h.book.incidents.of("payments-api-0412")
	equal(t, live.Runs[0].Exercise, Exercise(""))
	equal(t, h.book.fuses.of("payments-api").incident, live.ID)
}

func TestWhatIsLostDuringAnExerciseIsAnIncidentOfItsOwn(t *testing.T) {
	h := rehearsing(t, acme(), Simulation)
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	equal(t, h.book.ids, []string{exerciseID, "payments-api-0412"})
	equal(t, len(h.book.incidents.of(exerciseID).Verdict.Services), 0)
	says(t, h.refuses("alice", Command{Verb: VerbDeclare, Incident: exerciseID}).Reason, "is an exercise")
	equal(t, h.order("alice", Command{Verb: VerbDeclare, Services: []string{"reporting"}, Reason: "and that too"})[:2], []string{"classified", "declared"})
}

func TestALiveRunWaitsForAnExerciseOnlyWhileHandsAreAtOneOfItsSteps(t *testing.T) {
	h := rehearsing(t, automatic(t), Full)
	h.order("dave", Command{Verb: VerbAck, Incident: exerciseID, Step: "page"}) // starts fence
	fence := h.want("fence")
	h.disaster("facility_lost")
	equal(t, h.at(time.Minute), []string{"classified", "declared", "no_playbook_fits", "exercise_interrupted"})
	says(t, strings.Join(last[NoPlaybookFits](h).Missing, "; "), "it needs ams2-capacity, which run 1 of "+exerciseID+" holds")
	equal(t, h.finish(Result{Effect: fence})[:3], []string{"step_done fence", "run_ended", "invoked"})
	equal(t, h.book.incidents.of(exerciseID).Runs[0].Result, "interrupted")
	says(t, h.refuses("alice", Command{Verb: VerbRehearse, Playbook: "failover-to-ams2", Exercise: Tabletop, Reason: "now"}).Reason, "no exercise starts while it goes on")
}

func TestAllWhoWereToldOfAnExerciseAreToldThatItIsOver(t *testing.T) {
	h := rehearsing(t, automatic(t), Full)
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	over := last[ExerciseInterrupted](h)
	equal(t, over.Disaster, "payments-api-0412")
	equal(t, over.Tell, []string{"alice", "dave", "carol", "erin"})
	waits := h.book.incidents.of(exerciseID)
	h.at(3 * time.Hour)
	equal(t, len(h.book.incidents.of(exerciseID).Timeline), len(waits.Timeline)) // nobody is escalated to any more
}

func TestAnExerciseIsConcludedWhenWhatItDidIsPutBack(t *testing.T) {
	h := rehearsing(t, automatic(t), Full)
	h.order("dave", Command{Verb: VerbAck, Incident: exerciseID, Step: "page"})
	h.finish(Result{Effect: h.want("fence")})
	h.order("alice", Command{Verb: VerbStandDown, Incident: exerciseID, Reason: "out of time"})
	i := h.only()
	equal(t, stepIDs(i.OpenCleanUp()), []string{"clean-up"})
	says(t, i.OpenCleanUp()[0].Text, "Put back what the exercise did", "fence (POST https://fence.internal/fra1)")
	says(t, h.refuses("alice", Command{Verb: VerbStandDown, Incident: exerciseID, Reason: "enough"}).Reason, "not put back yet", "holdfast skip "+exerciseID+" clean-up")
	equal(t, h.order("alice", Command{Verb: VerbSkip, Incident: exerciseID, Step: "clean-up", Reason: "the fence stays"}), []string{"step_skipped clean-up", "run_ended", "exercise_concluded"})
	record := last[ExerciseConcluded](h)
	equal(t, record.CleanUp, CleanUp{State: "waived", Waived: []StepShown{{Step: "clean-up", Status: Skipped, Shown: "left_out", By: Actor{Person: "alice", Role: "incident-director"}, Reason: "the fence stays"}}})
	equal(t, record.Result, "stood_down")
}

// An exercise that is not allowed to reach a target has sent it nothing: nobody is asked to put that back.
func TestWhatWasNeverSentInAnExerciseIsNotPutBack(t *testing.T) {
	over := func(h *house) []string {
		return h.order("alice", Command{Verb: VerbStandDown, Incident: exerciseID, Reason: "out of time"})
	}
	refused := func(t *testing.T) *house {
		h := rehearsing(t, automatic(t), Full)
		h.order("dave", Command{Verb: VerbAck, Incident: exerciseID, Step: "page"})
		h.finish(Result{Effect: h.want("fence"), Outcome: Failed, Reason: "it is for live runs only", NoEffect: true})
		return h
	}
	t.Run("it was refused", func(t *testing.T) {
		h := refused(t)
		for h.step("fence").Status == Retrying {
			h.at(h.nextAt())
			h.finish(Result{Effect: h.want("fence"), Outcome: Failed, Reason: "it is for live runs only", NoEffect: true})
		}
		equal(t, over(h), []string{"noted", "run_ended", "exercise_concluded"})
		equal(t, last[ExerciseConcluded](h).CleanUp, CleanUp{State: "not_needed"})
	})
	t.Run("it was refused, and a person did it", func(t *testing.T) {
		h := refused(t)
		for h.step("fence").Status == Retrying {
			h.at(h.nextAt())
			h.finish(Result{Effect: h.want("fence"), Outcome: Failed, Reason: "it is for live runs only", NoEffect: true})
		}
		h.order("alice", Command{Verb: VerbDone, Incident: exerciseID, Step: "fence", Reason: "by hand"})
		over(h)
		equal(t, stepIDs(h.only().OpenCleanUp()), []string{"clean-up"})
	})
	t.Run("it was refused once, and sent the next time", func(t *testing.T) {
		h := refused(t)
		h.at(h.nextAt())
		h.finish(Result{Effect: h.want("fence"), Outcome: Failed, Reason: "it answered 503"})
		over(h)
		equal(t, stepIDs(h.only().OpenCleanUp()), []string{"clean-up"})
		says(t, h.only().OpenCleanUp()[0].Text, "fence (POST https://fence.internal/fra1)")
	})
}

func TestAnExerciseThatDidNothingIsConcludedAtOnce(t *testing.T) {
	h := rehearsing(t, automatic(t), Tabletop)
	equal(t, h.order("alice", Command{Verb: VerbStandDown, Incident: exerciseID, Reason: "out of time"}), []string{"noted", "run_ended", "exercise_concluded"})
	equal(t, last[ExerciseConcluded](h).CleanUp, CleanUp{State: "not_needed"})
}

func TestTheRecordOfAnExerciseHoldsItsTimesAgainstTheObjectives(t *testing.T) {
	h := rehearsing(t, automatic(t), Full)
	h.at(time.Minute)
	h.practised()
	r := last[ExerciseConcluded](h)
	equal(t, r.Recovered, Span(11*time.Minute)) // the first minute, and the ten for which the service is looked at
	equal(t, r.Objectives, []ObjectiveShown{{"rtc", Span(40 * time.Minute), Span(11 * time.Minute), true}, {"rto", Span(2 * time.Hour), Span(21 * time.Minute), true}})
	equal(t, r.TookPart, []string{"alice", "dave", "bob"})
	equal(t, r.Digest, h.book.docs.Playbooks[0].Digest)
	if slices.ContainsFunc(r.Steps, func(s StepShown) bool { return s.Shown != "carried_out" || s.Status != Done }) {
		t.Errorf("steps: %+v", r.Steps)
	}
}

func TestAnExerciseIsRefusedToWhoeverMayNotOrderOne(t *testing.T) {
	h := newHouse(t, acme())
	c := Command{Verb: VerbRehearse, Playbook: "failover-to-ams2", Exercise: Full, Reason: "the yearly one"}
	says(t, h.refuses("dave", c).Reason, "dave may not order an exercise", "incident-director")
	c.Exercise = "walk"
	says(t, h.refuses("alice", c).Reason, `"walk" is no kind of exercise`)
	c.Exercise, c.Reason = Full, ""
	says(t, h.refuses("alice", c).Reason, "needs a reason")
	files := with(t, acme(), "bia.yaml", "  mode: recommend", "  mode: recommend\n  rehearsers: [on-call-pay]")
	h = newHouse(t, files)
	c.Reason = "the yearly one"
	equal(t, h.order("dave", c)[:2], []string{"exercise_started", "invoked"})
}

// verified is what the records of a house say of its playbook.
func (h *house) verified(after time.Duration) Verification {
	return h.book.docs.Verify(h.book.docs.Playbooks[0], h.book.exercised, h.now.Add(after))
}

func TestAPlaybookIsVerifiedByAnExerciseUntilItOrWhatItTouchesChanges(t *testing.T) {
	files := automatic(t)
	h := newHouse(t, files)
	equal(t, h.verified(0).State, NotVerified)
	h = rehearsing(t, files, Tabletop)
	h.practised()
	says(t, h.verified(0).Why, "a tabletop on 2026-04-12, does not show how long it takes")
	equal(t, h.verified(0).State, NeedsVerification)

	h = rehearsing(t, files, Full)
	h.practised()
	v := h.verified(0)
	equal(t, v.State, Verified)
	equal(t, v.RTC > 0, true)
	equal(t, h.verified(365*24*time.Hour).State, Expired)

	for what, changed := range map[string]map[string]string{
		"the text of the playbook": with(t, files, "playbooks/failover.yaml", "priority: 10", "priority: 11"),
		"the standby's site":       with(t, files, "bia.yaml", "ledger-db-ams: {site: ams2", "ledger-db-ams: {site: fra1"),
		"what the service needs":   with(t, files, "bia.yaml", "rtc: 40m, needs: [pay-fra, core-ledger]", "rtc: 40m, needs: [pay-fra, core-ledger, loose]"),
		"what the need rests on":   with(t, files, "bia.yaml", "needs: [ledger-db-fra]", "needs: [ledger-db-fra, loose]"),
	} {
		docs, problems := ParseDocuments(changed)
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		if v := docs.Verify(docs.Playbooks[0], h.book.exercised, h.now); v.State != NeedsVerification {
			t.Errorf("%s changed, and the playbook is %s: %s", what, v.State, v.Why)
		}
	}
	unrelated, _ := ParseDocuments(with(t, files, "bia.yaml", "report-fra: {site: fra1", "report-fra: {site: ams2"))
	equal(t, unrelated.Verify(unrelated.Playbooks[0], h.book.exercised, h.now).State, Verified)
}

func TestADeclarationWithoutAPersonAsksForAnExerciseWhereTheAuthorityDoes(t *testing.T) {
	files := with(t, automatic(t), "bia.yaml", "  successors:", "  require: {exercised_within: 90d}\n  successors:")
	h := newHouse(t, files)
	h.disaster("facility_lost")
	equal(t, h.at(6*time.Minute), []string{"classified", "recommended"})
	equal(t, last[Recommended](h).Gate, "failover-to-ams2 is not verified: it was never exercised")

	for age, want := range map[time.Duration]string{24 * time.Hour: "declared", 91 * 24 * time.Hour: "recommended"} {
		h := rehearsing(t, files, Full)
		h.practised()
		h.now = h.now.Add(age)
		since := h.now.Sub(t0)
		h.facts.lost["fra1"] = true
		v := h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("payments-api", since-5*time.Minute))}, "facility_lost")
		v.Lost = []string{"fra1"}
		h.verdicts = []detector.Verdict{v}
		if got := h.due(); got[1] != want {
			t.Errorf("exercised %s ago: %v", age, got)
		}
	}
}

func TestWhatHasAnUndoIsUndoneAfterAnExerciseTheLastFirst(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = `
playbook: failover-to-ams2
for: {services: [payments-api]}
steps:
  - {id: fence, run: {exec: {command: fence}}, repeat: safe, undo: {run: {exec: {command: unfence}}, repeat: safe}}
  - {id: start, run: {exec: {command: start}}, repeat: safe, undo: {run: {exec: {command: stop}}, repeat: safe}}
  - {id: tell, run: {exec: {command: tell}}, repeat: safe}
  - {id: look, do: "Look", role: on-call-pay}
`
	h := rehearsing(t, files, Full)
	for _, step := range []string{"fence", "start", "tell"} {
		h.finish(Result{Effect: h.want(step)})
	}
	h.order("dave", Command{Verb: VerbDone, Incident: exerciseID, Step: "look"})
	equal(t, stepIDs(h.only().OpenCleanUp()), []string{"undo-start", "undo-fence", "clean-up"})
	stop := h.want("undo-start")
	equal(t, stop.Do.Exec.Command, "stop")
	equal(t, stop.Exercise, Full)
	h.finish(Result{Effect: stop})
	equal(t, h.want("undo-fence").Do.Exec.Command, "unfence")
	h.finish(Result{Effect: h.want("undo-fence")})
	says(t, h.step("clean-up").Text, "tell (command tell)")
	equal(t, h.order("alice", Command{Verb: VerbDone, Incident: exerciseID, Step: "2/clean-up"})[1:], []string{"run_ended", "exercise_concluded"})
	equal(t, last[ExerciseConcluded](h).CleanUp, CleanUp{State: "done"})
}

func TestAnExerciseCarriesOutThePlaybooksThatAPlaybookInvokes(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = "playbook: failover-to-ams2\nfor: {services: [payments-api]}\nsteps:\n  - {id: fence, invoke: fencing}\n"
	files["playbooks/fencing.yaml"] = "playbook: fencing\nfor: {services: [reporting]}\nsteps:\n  - {id: cut, run: {exec: {command: cut}}, repeat: safe}\n"
	h := rehearsing(t, files, Simulation)
	wanted := false
	for _, e := range h.book.wants() {
		wanted = wanted || e.Do != nil && e.Do.Exec.Command == "cut" && e.Exercise == Simulation
	}
	equal(t, wanted, true)
}

func TestAnExerciseThatIsOnlyShownCanBeStoodDownByTheAuthority(t *testing.T) {
	h := rehearsing(t, automatic(t), Simulation)
	h.commit(Change{Incident: exerciseID, Event: Unrecognised{As: "entangled", Raw: []byte(`{}`)}})
	h.order("alice", Command{Verb: VerbStandDown, Incident: exerciseID, Reason: "a newer version wrote in it"})
	if i := h.book.incidents.of(exerciseID); i.Open() || i.StoodDown == nil {
		t.Errorf("it stays open, and holds what it holds")
	}
}
