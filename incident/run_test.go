package incident

import (
	"slices"
	"testing"
	"time"

	"holdfast/detector"
	"holdfast/playbooks"
)

const acmeIncident = "payments-api-0412"

// invoked is a house in which the failover has just started by itself, six minutes in.
func invoked(t testing.TB, files map[string]string) *house {
	t.Helper()
	h := newHouse(t, files)
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	if len(h.only().Runs) != 1 {
		t.Fatalf("the failover did not start: %v", h.only().NoPlaybook)
	}
	return h
}

func (h *house) says(person string, verb Verb, step string) []string {
	h.Helper()
	return h.order(person, Command{Verb: verb, Incident: acmeIncident, Step: step, Reason: "as the plan says",
		Answers: map[Verb]map[string]string{VerbDone: {"estimated_time_to_restore": "3h"}}[verb]})
}

// runWith is a house with a run of one playbook whose steps are given.
func runWith(t *testing.T, steps string) *house {
	t.Helper()
	files := automatic(t)
	files["playbooks/failover.yaml"] = "playbook: short\nfor: {services: [payments-api]}\nsteps:\n" + steps
	return invoked(t, files)
}

func TestAWholeFailoverFromThePageToTheStandDown(t *testing.T) {
	h := invoked(t, automatic(t))
	equal(t, h.step("page").Status, Waiting)
	equal(t, h.only().Notices[3].Person, "dave")
	equal(t, h.says("dave", VerbAck, "page"), []string{"acknowledged page", "step_done page", "step_started assess", "step_started fence"})

	equal(t, h.step("fence").Status, Running)
	h.now = t0.Add(7 * time.Minute)
	equal(t, h.finish(Result{Effect: h.want("fence"), Output: "fenced"}), []string{"step_done fence"})
	equal(t, h.says("erin", VerbDone, "assess"), []string{"step_done assess", "estimated", "step_started go"})
	equal(t, h.step("assess").Answers, map[string]string{"estimated_time_to_restore": "3h"})

	h.now = t0.Add(10 * time.Minute)
	equal(t, h.says("alice", VerbApprove, "go"), []string{"step_approved go"})
	equal(t, h.says("bob", VerbApprove, "go"), []string{"step_approved go", "step_done go", "step_started promote"})
	h.now = t0.Add(12 * time.Minute)
	equal(t, h.finish(Result{Effect: h.want("promote")}), []string{"step_done promote", "step_started verified"})

	h.recovers(13*time.Minute, false)
	equal(t, h.at(14*time.Minute), []string(nil))
	equal(t, h.nextAt(), 23*time.Minute)
	h.recovers(13*time.Minute, true)
	equal(t, h.at(23*time.Minute), []string{"restored", "classified", "step_done verified", "step_started reconcile"})
	equal(t, h.step("verified").Milestone, "recovered")

	says(t, h.refuses("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "reconcile"}).Reason, "requires evidence")
	h.now = t0.Add(40 * time.Minute)
	h.order("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "reconcile", Evidence: "TCK-1"})
	equal(t, h.says("alice", VerbApprove, "failback"), []string{"step_approved failback", "step_done failback", "run_ended", "stand_down_recommended"})
	equal(t, h.order("alice", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "all is well"}), []string{"stood_down"})
	equal(t, h.at(time.Hour), []string(nil))

	i := h.only()
	rta, ok := i.Recoveries[0].RTA()
	equal(t, ok, true)
	equal(t, rta, 13*time.Minute)
	equal(t, i.Runs[0].Result, "completed")
}

func TestAPageThatNobodyAcknowledgesGoesToTheNextInLineThenToTheNextRole(t *testing.T) {
	h := invoked(t, automatic(t))
	equal(t, h.nextAt(), 11*time.Minute)
	equal(t, h.at(11*time.Minute), []string{"escalated page"})
	equal(t, last[Escalated](h), Escalated{Run: "1", Step: "page", Rung: 1, Role: "on-call-pay", Until: t0.Add(16 * time.Minute), Tell: []string{"erin"}})
	equal(t, h.at(16*time.Minute), []string{"escalated page"})
	equal(t, last[Escalated](h).Tell, []string{"carol"})
	equal(t, h.at(5 * time.Hour)[0], "objective_missed")
	equal(t, count[Escalated](h), 2)
	equal(t, h.says("carol", VerbAck, "page")[0], "acknowledged page")
}

func TestANoticeStepEndsWhenItsNoticesWentOutOrCouldNot(t *testing.T) {
	h := runWith(t, `
  - {id: tell, notify: [on-call-pay, head-of-operations], message: "The site is gone."}
  - {id: look, do: "Look", role: on-call-pay}
`)
	var ours []Effect
	for _, e := range h.book.wants() {
		if e.Step == "tell" {
			ours = append(ours, e)
		}
	}
	equal(t, len(ours), 2)
	says(t, ours[0].Notice.Body, "The site is gone.")
	equal(t, h.finish(Result{Effect: ours[0], Channel: "webhook"}), []string{"notified"})
	equal(t, h.finish(Result{Effect: ours[0], Channel: "webhook"}), []string(nil))
	equal(t, h.finish(Result{Effect: ours[1], Outcome: Failed, Reason: "mailbox full"}), []string{"notified", "step_failed tell", "step_started look"})
	equal(t, h.only().Notices[ours[1].Notice.N-1].Error, "mailbox full")
}

func TestADecisionEscalatesButIsNeverApprovedByTimeRunningOut(t *testing.T) {
	h := runWith(t, `
  - {id: go, decide: "Go?", role: on-call-pay, within: 10m, escalate: [head-of-operations]}
  - {id: act, run: {exec: {command: act}}}
`)
	for n, tell := range []string{"erin", "carol", "alice"} {
		equal(t, h.at(time.Duration(16+10*n)*time.Minute), []string{"escalated go"})
		equal(t, last[Escalated](h).Tell, []string{tell})
	}
	h.verdicts[0].Services[0].Clocks.Deadline = time.Time{}
	h.at(48 * time.Hour)
	equal(t, h.step("go").Status, Waiting)
	equal(t, h.step("act").Status, Pending)
	equal(t, h.says("bob", VerbApprove, "go"), []string{"step_approved go", "step_done go", "step_started act"})
}

func TestWhoTakesAStepHasItsTimeOnceMore(t *testing.T) {
	h := runWith(t, `
  - {id: look, do: "Look", role: on-call-pay, within: 10m}
`)
	h.at(10 * time.Minute)
	h.says("dave", VerbAck, "look")
	equal(t, h.nextAt(), 20*time.Minute)
	equal(t, h.at(16*time.Minute), []string(nil))
	equal(t, h.at(20*time.Minute), []string{"acknowledgement_lapsed look"})
}

func TestADeclinedDecisionEndsItsBranchAndTheRun(t *testing.T) {
	h := runWith(t, `
  - {id: go, decide: "Go?", role: incident-director}
  - {id: act, run: {exec: {command: act}}}
  - {id: then, run: {exec: {command: then}}}
  - {id: aside, after: [], do: "Write it down", role: on-call-pay}
`)
	equal(t, h.says("alice", VerbDecline, "go"), []string{"step_declined go", "step_skipped act", "step_skipped then"})
	says(t, h.step("then").Reason, "go was declined")
	equal(t, h.order("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "aside"}), []string{"step_done aside", "run_ended"})
	equal(t, h.only().Runs[0].Result, "declined")
}

func TestAMachineStepIsRetriedWithTheSameKeyAndDoubledPauses(t *testing.T) {
	h := runWith(t, `
  - {id: act, run: {exec: {command: act}}, timeout: 1m, retry: 3, backoff: 10s, jitter: 0}
`)
	first := h.want("act")
	equal(t, first.Key, "payments-api-0412/1/act/1")
	h.finish(Result{Effect: first, Outcome: Failed, Reason: "exit code 1"})
	equal(t, len(h.book.wants()), len(h.only().Notices))
	for n, pause := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second} {
		equal(t, h.step("act").Again, h.now.Add(pause))
		equal(t, h.at(h.now.Sub(t0)+pause), []string{"step_started act"})
		e := h.want("act")
		equal(t, e.Key, first.Key)
		equal(t, e.Attempt, n+2)
		h.finish(Result{Effect: e, Outcome: Failed, Reason: "exit code 1"})
	}
	equal(t, h.step("act").Status, Stuck)
	equal(t, last[StepFailed](h).Tell, []string{"alice"})
}

func TestAResultForAnotherAttemptComesTooLate(t *testing.T) {
	h := runWith(t, `
  - {id: act, run: {exec: {command: act}}, timeout: 1m, retry: 1, repeat: safe}
`)
	first := h.want("act")
	h.at(7*time.Minute + grace)
	equal(t, h.step("act").Status, Retrying)
	equal(t, h.finish(Result{Effect: first}), []string(nil))
	h.at(8 * time.Minute)
	equal(t, h.finish(Result{Effect: first}), []string(nil))
	equal(t, h.finish(Result{Effect: h.want("act")}), []string{"step_done act", "run_ended"})
}

func TestAStepThatTimedOutIsRepeatedOnlyWhereThatIsSafe(t *testing.T) {
	for repeat, want := range map[string]StepStatus{"safe": Retrying, "ask": Stuck} {
		t.Run(repeat, func(t *testing.T) {
			h := runWith(t, "  - {id: act, run: {exec: {command: act}}, timeout: 1m, retry: 3, repeat: "+repeat+"}\n")
			equal(t, h.nextAt(), 7*time.Minute+grace)
			equal(t, h.at(7*time.Minute+grace), []string{"step_failed act"})
			equal(t, h.step("act").Status, want)
			says(t, h.step("act").Reason, "no answer within 1m")
		})
	}
}

func TestWhatAnEarlierInstanceLeftUnderWayGoesByItsRepeat(t *testing.T) {
	for repeat, want := range map[string]string{"safe": "step_started act", "ask": "step_failed act", "never": "step_failed act"} {
		t.Run(repeat, func(t *testing.T) {
			h := runWith(t, "  - {id: act, run: {exec: {command: act}}, timeout: 10m, repeat: "+repeat+"}\n")
			before := h.want("act")
			h.commit(Change{Event: TookOver{Epoch: 2, Instance: "two"}})
			for _, e := range h.book.wants() {
				if e.Step == "act" {
					t.Error("a step that an earlier instance began is wanted as if nothing had happened")
				}
			}
			equal(t, h.at(7*time.Minute), []string{want})
			equal(t, h.finish(Result{Effect: before}), []string(nil))
			s := h.step("act")
			equal(t, s.Key, before.Key)
			switch repeat {
			case "safe":
				equal(t, h.want("act").Epoch, uint64(2))
			case "never":
				says(t, s.Reason, "must not be repeated")
				says(t, h.refuses("alice", Command{Verb: VerbRetry, Incident: acmeIncident, Step: "act", Reason: "try"}).Reason, "must not be repeated")
				equal(t, h.says("alice", VerbSkip, "act"), []string{"step_skipped act", "run_ended"})
				equal(t, h.only().Runs[0].Result, "failed")
			case "ask":
				equal(t, s.Outcome, InDoubt)
				says(t, h.refuses("alice", Command{Verb: VerbRetry, Incident: acmeIncident, Step: "act"}).Reason, "needs a reason")
				h.says("alice", VerbRetry, "act")
				equal(t, h.want("act").Key, "payments-api-0412/1/act/2")
				equal(t, last[StepStarted](h).By.Person, "alice")
			}
		})
	}
}

func TestAFailureThatThePlaybookPassesOverDoesNotHoldTheRun(t *testing.T) {
	h := runWith(t, `
  - {id: page, run: {exec: {command: page}}, on_failure: continue}
  - {id: act, run: {exec: {command: act}}}
`)
	equal(t, h.finish(Result{Effect: h.want("page"), Outcome: Failed, Reason: "no"}), []string{"step_failed page", "step_started act"})
	equal(t, h.step("page").Status, Given)
	h.finish(Result{Effect: h.want("act")})
	equal(t, h.only().Runs[0].Result, "completed")
}

func TestAStuckStepTellsTheRolesItEscalatesTo(t *testing.T) {
	h := runWith(t, `
  - {id: act, run: {exec: {command: act}}, on_failure: escalate, escalate: [head-of-operations]}
`)
	h.finish(Result{Effect: h.want("act"), Outcome: Failed, Reason: "no"})
	equal(t, last[StepFailed](h).Tell, []string{"alice", "carol"})
	equal(t, h.order("alice", Command{Verb: VerbAck, Incident: acmeIncident}), []string{"acknowledged act"})
	equal(t, h.order("carol", Command{Verb: VerbDone, Incident: acmeIncident, Step: "act"})[0], "step_done act")
}

func TestAVerifyStepTimesOutWhenTheServiceDoesNotComeBack(t *testing.T) {
	h := runWith(t, `
  - {id: verified, verify: {service: payments-api, for: 10m}, timeout: 30m}
`)
	equal(t, h.nextAt(), 36*time.Minute)
	equal(t, h.at(36*time.Minute), []string{"step_failed verified"})
	says(t, h.step("verified").Reason, "payments-api is down")
}

func TestAVerifyStepForFullCapacityIsNotContentWithDegraded(t *testing.T) {
	for level, want := range map[string]StepStatus{"mbco": Done, "full": Running} {
		h := runWith(t, "  - {id: verified, verify: {service: payments-api, at: "+level+", for: 1m}}\n")
		h.recovers(8*time.Minute, false)
		h.facts.services["payments-api"] = detector.ServiceState{State: detector.Degraded, Since: t0.Add(8 * time.Minute)}
		h.at(10 * time.Minute)
		equal(t, h.step("verified").Status, want)
	}
}

func TestAVerifyStepAgainstTheWorldIsAskedOfTheHands(t *testing.T) {
	h := runWith(t, `
  - {id: asked, verify: {http: {url: "https://pay.internal/health"}}, timeout: 5m}
`)
	e := h.want("asked")
	equal(t, e.Verify.HTTP.URL, "https://pay.internal/health")
	h.commit(Change{Event: TookOver{Epoch: 2, Instance: "two"}})
	equal(t, h.at(7*time.Minute), []string{"step_started asked"})
	equal(t, h.finish(Result{Effect: h.want("asked"), Outcome: TimedOut, Reason: "503"}), []string{"step_failed asked"})
}

func TestAWaitEndsByTheClock(t *testing.T) {
	h := runWith(t, `
  - {id: settle, wait: 10m}
`)
	equal(t, h.nextAt(), 16*time.Minute)
	equal(t, h.at(16*time.Minute), []string{"step_done settle", "run_ended"})
}

func TestADecisionAsksAsManyPeopleAtOnceAsHaveToApprove(t *testing.T) {
	h := runWith(t, `
  - {id: go, decide: "Go?", role: incident-director, approvals: 2, within: 10m}
`)
	equal(t, last[StepStarted](h).Tell, []string{"alice", "bob"})
}

func TestAfterAHandoverTheNextInLineIsWhoeverWasNotToldYet(t *testing.T) {
	files := with(t, automatic(t), "people.yaml", "on-call-pay: {people: [dave, erin]}",
		`on-call-pay: {rotation: {people: [dave, erin, frank], start: 2026-04-05, handover: "09:10", every: 7d}}`)
	h := invoked(t, files)
	first := last[StepStarted](h).Tell
	h.at(11 * time.Minute) // the duty has changed hands at 09:10
	next := last[Escalated](h).Tell
	if len(next) != 1 || slices.Contains(first, next[0]) {
		t.Errorf("the page went to %v, then again to %v", first, next)
	}
	line := duty{roster: h.book.docs.People, at: h.now}.line("on-call-pay")
	equal(t, next[0], line[0])
}

func TestAPageThatWaitsSaysWhatItIsAbout(t *testing.T) {
	for message, want := range map[string]string{
		"": "tell on-call, director", "The north is lost.\nThe plan is on paper too.\n": "tell on-call, director: The north is lost.",
	} {
		page := playbooks.Step{ID: "page", Notify: []string{"on-call", "director"}, Message: message}
		if got := pending(&page).Text; got != want {
			t.Errorf("%q is asked as %q, want %q", message, got, want)
		}
	}
}
