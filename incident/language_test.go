package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
	"holdfast/playbooks"
)

// reported has who is on call report a step done, with its answers.
func (h *house) reported(step string, answers map[string]string) []string {
	h.Helper()
	return h.order("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: step, Answers: answers})
}

const asksThenActs = `
  - {id: look, do: "Look", role: on-call-pay, answers: {site: string, copies: {type: integer, required: false}, risky: boolean}}
  - {id: act, when: "!step('look').answers.risky", run: {nats: {subject: act, request: {to: "${{ step('look').answers.site }}", by: "run ${{ run.id }}", n: "${{ size(run.covers) }}"}}}}
  - {id: then, do: "Then this", role: on-call-pay}
`

func TestAStepIsLeftOutWhereItsConditionIsFalse(t *testing.T) {
	h := runWith(t, asksThenActs)
	equal(t, h.reported("look", map[string]string{"site": "ams2", "risky": "true"}), []string{"step_done look", "step_skipped act", "step_started then"})
	equal(t, h.step("act").By, Actor{Rule: "when"})
	equal(t, h.step("act").Reason, "!step('look').answers.risky is false")
}

func TestValuesArePutInWithTheirTypesAndStandInTheJournal(t *testing.T) {
	h := runWith(t, asksThenActs)
	h.reported("look", map[string]string{"site": `ams2", "x": "y`, "risky": "false"})
	equal(t, h.want("act").Do.NATS.Request, map[string]any{"to": `ams2", "x": "y`, "by": "run 1", "n": int64(1)})
	equal(t, h.want("act").Do.NATS.Subject, "act")
	equal(t, inJSON(last[StepStarted](h).Values), ` {"run.id":{"type":"string","value":"1"},"size(run.covers)":{"type":"integer","value":"1"},"step('look').answers.site":{"type":"string","value":"ams2\", \"x\": \"y"}}`)
}

func TestAValueThatIsNotThereLeavesTheStepStuckAndNothingIsSent(t *testing.T) {
	h := runWith(t, `
  - {id: look, do: "Look", role: on-call-pay, answers: {site: {type: string, required: false}}}
  - {id: act, run: {http: {url: "https://x.internal/${{ step('look').answers.site }}/fence"}}, on_failure: continue, retry: 3}
`)
	equal(t, h.reported("look", nil), []string{"step_done look", "step_failed act"})
	s := h.step("act")
	equal(t, s.Status, Stuck)
	says(t, s.Reason, "nothing was sent", "step('look').answers.site has no value", "look has no answer site")
	equal(t, last[StepFailed](h).Tell, []string{"alice"})
	for _, e := range h.book.wants() {
		equal(t, e.Do == nil, true)
	}
	says(t, h.refuses("alice", Command{Verb: VerbRetry, Incident: acmeIncident, Step: "act", Reason: "again"}).Reason, "cannot start", "has no value")
	equal(t, h.says("alice", VerbSkip, "act"), []string{"step_skipped act", "run_ended"})
	equal(t, h.only().Runs[0].Result, "completed")
}

func TestAHostileAnswerEscapesNoPlaceAndIsSeenByAPerson(t *testing.T) {
	for answer, why := range map[string]string{"../../admin": "another path", "%2e%2e": "another path", "..%2fadmin": "another path", "fra1;admin": "another path", "fra1/": "another path", "-rf": "taken for an option", "a\r\nHost: evil": "line end"} {
		h := runWith(t, `
  - {id: look, do: "Look", role: on-call-pay, answers: {site: string}}
  - {id: url, run: {http: {url: "https://x.internal/${{ step('look').answers.site }}/fence"}}}
  - {id: argument, after: [look], run: {exec: {command: act, args: ["${{ step('look').answers.site }}"]}}}
  - {id: header, after: [look], run: {http: {url: "https://x.internal/", header: {X-Site: "${{ step('look').answers.site }}"}}}}
`)
		h.reported("look", map[string]string{"site": answer})
		stuck := ""
		for _, s := range h.only().Runs[0].Steps {
			stuck += s.Reason
		}
		says(t, stuck, "nothing was sent", why)
	}
}

func TestAConditionThatNobodyCanAnswerWaitsForAPerson(t *testing.T) {
	h := runWith(t, `
  - {id: first, wait: 1m}
  - {id: act, when: "component('ledger-db-ams').state == 'up'", run: {exec: {command: act}}, on_failure: continue}
`)
	h.facts.components["ledger-db-ams"] = detector.Unknown
	equal(t, h.at(10*time.Minute), []string{"step_done first", "step_failed act"})
	says(t, h.step("act").Reason, "whether it is to be done cannot be told", "nobody can see in which state ledger-db-ams is")
	equal(t, h.step("act").Status, Stuck)
	equal(t, h.says("alice", VerbRetry, "act"), []string{"step_started act"})
}

const withFallback = `
  - {id: promote, run: {exec: {command: promote}}, needs: [ledger-db-ams], fallback: restore}
  - {id: restore, do: "Restore from the backup", role: on-call-pay}
  - {id: tell, do: "Tell the customers", role: on-call-pay}
`

func TestWhatAStepNeedsIsLostSoItsFallbackIsDone(t *testing.T) {
	h := runWith(t, "  - {id: first, wait: 1m}\n"+withFallback)
	h.facts.components["ledger-db-ams"] = detector.Down
	equal(t, h.at(10*time.Minute), []string{"step_done first", "step_skipped promote", "step_started restore"})
	says(t, h.step("promote").Reason, "it needs ledger-db-ams, which is lost; restore is done instead")
	equal(t, h.reported("restore", nil), []string{"step_done restore", "step_started tell"})
}

func TestAFallbackIsNeverDoneOtherwise(t *testing.T) {
	h := runWith(t, withFallback)
	equal(t, h.finish(Result{Effect: h.want("promote")}), []string{"step_done promote", "step_skipped restore", "step_started tell"})

	h = runWith(t, withFallback)
	h.finish(Result{Effect: h.want("promote"), Outcome: Failed})
	equal(t, h.says("alice", VerbSkip, "promote"), []string{"step_skipped promote", "step_skipped restore", "step_started tell"})

	h = runWith(t, withFallback)
	h.finish(Result{Effect: h.want("promote"), Outcome: Failed})
	says(t, h.only().Notices[len(h.only().Notices)-1].Body, "restore is done instead: holdfast cannot")
	equal(t, h.says("alice", VerbCannot, "promote"), []string{"step_skipped promote", "step_started restore"})
	equal(t, h.step("promote").By, Actor{Person: "alice", Role: "incident-director", Rule: "needs"})
}

func TestWhatNobodySeesIsNotTakenForLostAndNotForThere(t *testing.T) {
	h := runWith(t, "  - {id: first, wait: 1m}\n"+withFallback)
	h.facts.components["ledger-db-ams"] = detector.Unknown
	equal(t, h.at(10*time.Minute), []string{"step_done first", "step_failed promote"})
	says(t, h.step("promote").Reason, "nobody can see whether that is lost")
	equal(t, h.says("alice", VerbCannot, "promote"), []string{"step_skipped promote", "step_started restore"})
}

func TestAStepForExercisesIsNotDoneLiveAndTheOtherWayRound(t *testing.T) {
	steps := `
  - {id: pretend, only: exercise, do: "Pretend", role: on-call-pay}
  - {id: act, only: live, run: {exec: {command: act}}}
`
	h := runWith(t, steps)
	equal(t, h.step("pretend").Status, Skipped)
	equal(t, h.step("act").Status, Running)

	e := last[Invoked](h)
	e.Run, e.Exercise = "2", Simulation
	i := h.only().Apply(Record{At: h.now, Incident: acmeIncident, Event: e})
	i.Runs = i.Runs[1:]
	equal(t, kindsIn(i.Due(h.draft().world(i, nil))), []string{"step_started pretend"})
}

func kindsIn(events []Event) (all []string) {
	for _, e := range events {
		all = append(all, kindsOf([]Change{{Event: e}})...)
	}
	return all
}

func TestAllThatIsWrongWithAnAnswerIsSaidAtOnce(t *testing.T) {
	h := runWith(t, `
  - id: look
    do: "Look"
    role: on-call-pay
    evidence: required
    answers:
      racks: {type: integer, minimum: 0, maximum: 400, description: how many racks are without power}
      cause: {enum: [power, fire]}
      ticket: {type: string, pattern: "INC-[0-9]+", max_length: 9}
      back: {type: instant, required: false}
      by: {type: duration, minimum: 5m}
`)
	r := h.refuses("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "look", Answers: map[string]string{
		"racks": "500", "cause": "water", "ticket": "INC-1234567", "by": "1m", "what": "x"}})
	equal(t, r.Reason, `look cannot be reported done: the answer "by" has to be a duration such as 90m, at least 5m: 1m is less than 5m; `+
		`the answer "cause" has to be power or fire: "water" is not one of power or fire; the answer "racks" has to be a whole number, from 0 to 400: 500 is more than 400; `+
		`the answer "ticket" has to be a text, such as fits INC-[0-9]+, of at most 9 characters: it has 11 characters, at most 9 are taken; `+
		`it asks for no answer "what": there are back, by, cause, racks, ticket; it requires evidence: a link or the number of a ticket`)
	h.order("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "look", Evidence: "TCK-1", Answers: map[string]string{
		"racks": "400", "cause": "fire", "ticket": "INC-12", "by": "1h"}})
	equal(t, h.step("look").Status, Done)
}

func TestAnEstimateThatAStepAsksForIsOne(t *testing.T) {
	h := invoked(t, automatic(t))
	h.says("dave", VerbAck, "page")
	equal(t, h.says("dave", VerbDone, "assess"), []string{"step_done assess", "estimated"})
	equal(t, last[Estimated](h), Estimated{Service: "payments-api", End: h.now.Add(3 * time.Hour), By: Actor{Person: "dave", Role: "on-call-pay"},
		Reason: "answered in step assess of run 1 of " + acmeIncident})
}

func TestPausesBetweenAttemptsDifferBetweenRunsAndAreTheSameOnReplay(t *testing.T) {
	p := &playbooks.Step{Backoff: 10 * time.Second, Jitter: 0.5}
	seen := map[time.Duration]bool{}
	for run := range 20 {
		key := "payments-api-0412/" + string(rune('a'+run)) + "/act/1"
		for tries, least := range map[int]time.Duration{1: 10 * time.Second, 2: 20 * time.Second, 9: time.Minute} {
			pause := backoff(p, key, tries)
			equal(t, pause, backoff(p, key, tries))
			if pause < least || pause > least+least/2 {
				t.Fatalf("%v is not from %v to half as long again", pause, least)
			}
			seen[pause] = true
		}
	}
	if len(seen) < 20 {
		t.Fatalf("only %d pauses differ", len(seen))
	}
}

const decidesOnValues = `
  - {id: look, do: "Look", role: on-call-pay, answers: {site: string}}
  - {id: go, decide: "Go on?", role: incident-director, approvals: 2}
  - {id: act, run: {exec: {command: act, args: ["${{ step('look').answers.site }}", "${{ component('ledger-db-ams').state }}"]}}, point_of_no_return: true}
  - {id: late, run: {nats: {subject: late, request: "${{ step('act').output }}"}}, when: "step('act').outcome == 'done'"}
  - {id: more, decide: "More?", role: incident-director}
  - {id: last, run: {exec: {command: last}}}
`

func decidable(t *testing.T) *house {
	h := runWith(t, decidesOnValues)
	h.reported("look", map[string]string{"site": "ams2"})
	return h
}

func TestADecisionShowsAllThatItLetsHappenDownToTheNextDecision(t *testing.T) {
	h := decidable(t)
	equal(t, h.step("go").Release.Steps, []Released{
		{"act", `command act ["ams2","up"] (no way back)`},
		{"late", `request late "${{ step('act').output }}" (when step('act').outcome == 'done')`},
	})
	says(t, h.only().Notices[len(h.only().Notices)-1].Body, `It lets happen (sha256:`, `- act: command act ["ams2","up"] (no way back)`)
}

func TestAnApprovalIsForWhatWasShownAndThatIsWhatIsDone(t *testing.T) {
	h := decidable(t)
	shown := h.step("go").Release.Digest
	says(t, h.refuses("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: "sha256:0123456789abcdef"}).Reason, "no longer what you saw")
	says(t, h.refused("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go"}).Reason, "an approval is for what was shown", "holdfast incident "+acmeIncident, shown[:19])
	says(t, h.refused("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: shown[:18]}).Reason, "no longer what you saw") // too short to tell
	h.order("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: shown})
	equal(t, h.step("go").Approvals[0].Digest, shown)
	h.order("bob", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: shown[:20]})
	equal(t, h.want("act").Do.Exec.Args, []string{"ams2", "up"})
}

func TestApprovalsLapseWhenWhatTheyLetHappenChanges(t *testing.T) {
	h := decidable(t)
	shown := h.step("go").Release.Digest
	h.order("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: shown})
	h.facts.components["ledger-db-ams"] = detector.Degraded
	equal(t, h.at(11*time.Minute), []string{"release_changed go"})
	e := last[ReleaseChanged](h)
	equal(t, e.Lapsed, []string{"alice"})
	equal(t, e.Tell, []string{"alice", "bob"})
	says(t, Sentence(h.records[len(h.records)-1]), "the approval of alice was for something else and no longer counts")
	says(t, h.only().Notices[len(h.only().Notices)-1].Body, `"ams2","degraded"`)
	says(t, h.refuses("bob", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: shown}).Reason, "no longer what you saw")
	changed := h.step("go").Release.Digest
	h.order("bob", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: changed})
	equal(t, h.step("go").Status, Waiting)
	h.order("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: changed})
	equal(t, h.step("go").Status, Done)

	h.facts.components["ledger-db-ams"] = detector.Down
	equal(t, h.want("act").Do.Exec.Args, []string{"ams2", "degraded"})
}

// Who answers a message approves what it said: once that is no longer so they are told, and have to say what they approve.
func TestWhoWasAskedIsToldWhenWhatTheyWereAskedHasChanged(t *testing.T) {
	h := decidable(t)
	unsaid := func() string {
		_, err := h.draft().order("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go"})
		return fmt.Sprint(err)
	}
	h.facts.components["ledger-db-ams"] = detector.Degraded
	// Before the change is on record, and after it.
	says(t, unsaid(), "does not say what", "--digest sha256:")
	equal(t, h.at(11*time.Minute), []string{"release_changed go"})
	equal(t, last[ReleaseChanged](h).Tell, []string{"alice", "bob"})
	notice := h.only().Notices[len(h.only().Notices)-1].Body
	says(t, notice, `"ams2","degraded"`, "approve payments-api-0412 1/go --digest "+brief(h.step("go").Release.Digest))
	says(t, unsaid(), "does not say what")
	equal(t, h.step("go").Changed.IsZero(), false)
	h.order("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: brief(h.step("go").Release.Digest)})

	// What comes and goes pages nobody each time; but whose approval lapses is told.
	h.facts.components["ledger-db-ams"] = detector.Up
	equal(t, h.at(12*time.Minute), []string{"release_changed go"})
	equal(t, last[ReleaseChanged](h).Lapsed, []string{"alice"})
	h.facts.components["ledger-db-ams"] = detector.Degraded
	equal(t, h.at(13*time.Minute), []string{"release_changed go"})
	equal(t, len(last[ReleaseChanged](h).Tell), 0)
}

// A fact that flaps does not fill the journal: after a change nothing more is recorded for a minute, and nobody approves
// something else meanwhile.
func TestAFactThatFlapsIsRecordedOnceAMinute(t *testing.T) {
	h := decidable(t)
	states := []detector.State{detector.Degraded, detector.Up}
	for second := range 180 {
		h.facts.components["ledger-db-ams"] = states[second%2]
		h.at(11*time.Minute + time.Duration(second)*time.Second)
		if second == 90 {
			says(t, h.refuses("alice", Command{Verb: VerbApprove, Incident: acmeIncident, Step: "go", Digest: "sha256:0123456789abcdef"}).Reason, "no longer what you saw")
		}
	}
	if n := count[ReleaseChanged](h); n < 1 || n > 3 {
		t.Errorf("%d times", n)
	}
	h.facts.components["ledger-db-ams"] = detector.Degraded
	h.at(20 * time.Minute)
	says(t, h.step("go").Release.Steps[0].Does, `"degraded"`)
}

func TestWhatWasApprovedIsDoneThoughTheFactsHaveMovedOn(t *testing.T) {
	h := runWith(t, strings.Replace(decidesOnValues, "  - {id: act", "  - {id: pause, wait: 5m}\n  - {id: act", 1))
	h.reported("look", map[string]string{"site": "ams2"})
	h.says("alice", VerbApprove, "go")
	h.says("bob", VerbApprove, "go")
	h.facts.components["ledger-db-ams"] = detector.Down
	equal(t, h.at(12*time.Minute), []string{"step_done pause", "step_started act"})
	equal(t, h.want("act").Do.Exec.Args, []string{"ams2", "up"})
}

func TestAPlaybookThatIsInvokedIsPartOfTheRunAndPinned(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = `
playbook: outer
for: {services: [payments-api]}
steps:
  - {id: first, do: "First", role: on-call-pay}
  - {id: restore, invoke: restore-ledger}
  - {id: after, do: "After", role: on-call-pay}
`
	files["playbooks/restore.yaml"] = `
playbook: restore-ledger
for: {services: [core-ledger]}
priority: -1
preconditions: [{component_up: [ledger-db-ams]}]
steps:
  - {id: ask, do: "Which point?", role: on-call-pay, answers: {point: instant}}
  - {id: copy, run: {nats: {subject: copy, request: {point: "${{ step('ask').answers.point }}"}}}}
  - {id: aside, after: [], do: "Write it down", role: on-call-pay}
`
	h := invoked(t, files)
	equal(t, h.reported("first", nil), []string{"step_done first", "step_started restore", "step_done restore", "step_started restore.ask", "step_started restore.aside"})
	h.reported("restore.ask", map[string]string{"point": "2026-04-12T08:59:00Z"})
	e := h.want("restore.copy")
	equal(t, e.Key, acmeIncident+"/1/restore.copy/1")
	equal(t, e.Do.NATS.Request, map[string]any{"point": "2026-04-12T08:59:00Z"})
	h.reported("1/restore.aside", nil)
	equal(t, h.finish(Result{Effect: e}), []string{"step_done restore.copy", "step_started after"})
	i := last[Invoked](h)
	equal(t, len(i.Children), 1)
	equal(t, i.Children[0].Text, files["playbooks/restore.yaml"])
}

func TestWhatIsInvokedIsHeldAgainstItsOwnPreconditions(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = "playbook: outer\nfor: {services: [payments-api]}\nsteps:\n  - {id: first, wait: 1m}\n  - {id: restore, invoke: restore-ledger}\n"
	files["playbooks/restore.yaml"] = "playbook: restore-ledger\nfor: {services: [core-ledger]}\npriority: -1\npreconditions: [{component_up: [ledger-db-ams]}]\nsteps:\n  - {id: copy, wait: 1m}\n"
	h := invoked(t, files)
	h.facts.components["ledger-db-ams"] = detector.Down
	equal(t, h.at(8*time.Minute), []string{"step_done first", "step_failed restore"})
	says(t, h.step("restore").Reason, "restore-ledger is not for this: it needs ledger-db-ams up, which is down")
	equal(t, h.says("alice", VerbSkip, "restore"), []string{"step_skipped restore", "step_skipped restore.copy", "run_ended"})
}

func TestPlaybooksThatInvokeEachOtherOrNothingAreFound(t *testing.T) {
	for _, c := range []struct{ invoke, rule, says string }{
		{"outer", "playbook/invokes-itself", "outer -> inner -> outer"},
		{"iner", "playbook/unknown-playbook", `did you mean "inner"?`},
	} {
		files := acme()
		files["playbooks/outer.yaml"] = "playbook: outer\nfor: {services: [payments-api]}\nsteps:\n  - {id: in, invoke: inner}\n"
		files["playbooks/inner.yaml"] = "playbook: inner\nfor: {services: [payments-api]}\nsteps:\n  - {id: out, invoke: " + c.invoke + "}\n"
		if c.rule == "playbook/unknown-playbook" {
			files["playbooks/outer.yaml"] = strings.Replace(files["playbooks/outer.yaml"], "inner", c.invoke, 1)
			files["playbooks/inner.yaml"] = strings.Replace(files["playbooks/inner.yaml"], "invoke: iner", "wait: 1m", 1)
		}
		_, problems := ParseDocuments(files)
		var rules []string
		for _, p := range problems {
			rules = append(rules, p.Rule)
		}
		if !slices.Contains(rules, c.rule) {
			t.Errorf("invoking %s: %v", c.invoke, problems)
			continue
		}
		says(t, problems.Error(), c.says)
	}
}

func TestAPointOfNoReturnIsDecidedOnThoughAnUnattendedPlaybookHoldsIt(t *testing.T) {
	files := acme()
	maps.Copy(files, map[string]string{
		"playbooks/outer.yaml": "playbook: outer\nfor: {services: [payments-api]}\nsteps:\n  - {id: in, invoke: inner}\n",
		"playbooks/inner.yaml": "playbook: inner\nunattended: true\nfor: {services: [payments-api]}\nsteps:\n  - {id: wipe, run: {exec: {command: wipe}}, point_of_no_return: true}\n",
	})
	_, problems := ParseDocuments(files)
	says(t, problems.Error(), "playbook/undecided", `"in.wipe" cannot be undone`)
}

const asksToStart = `
playbook: careful
for: {services: [payments-api]}
priority: 5
preconditions: [{component_up: [ledger-db-ams], else: ask}]
steps:
  - {id: act, run: {exec: {command: act}}}
  - {id: aside, after: [], do: "Write it down", role: on-call-pay}
`

func TestAPreconditionThatLeavesItToAPersonIsAskedBeforeAnythingIsDone(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = asksToStart
	h := newHouse(t, files)
	h.facts.components["ledger-db-ams"] = detector.Down
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	equal(t, h.step("start-anyway").Status, Waiting)
	equal(t, h.step("start-anyway").Text, "Start careful for payments-api, although it needs ledger-db-ams up, which is down?")
	equal(t, h.step("act").Status, Pending)
	equal(t, h.step("aside").Status, Pending)
	equal(t, last[StepStarted](h).Tell, []string{"alice"})
	says(t, h.only().Notices[len(h.only().Notices)-1].Body, "- act: command act")
	equal(t, h.says("alice", VerbApprove, "start-anyway"), []string{"step_approved start-anyway", "step_done start-anyway", "step_started act", "step_started aside"})
}

func TestANoToTheStartOffersTheNextPlaybookOrNone(t *testing.T) {
	files := automatic(t)
	files["playbooks/failover.yaml"] = asksToStart
	files["playbooks/other.yaml"] = "playbook: other\nfor: {services: [payments-api]}\nsteps:\n  - {id: look, do: \"Look\", role: on-call-pay}\n"
	h := newHouse(t, files)
	h.facts.components["ledger-db-ams"] = detector.Down
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	equal(t, h.says("alice", VerbDecline, "start-anyway"), []string{"step_declined start-anyway", "step_skipped act", "step_skipped aside", "run_ended", "invoked", "step_started look"})
	equal(t, last[Invoked](h).Playbook, "other")

	delete(files, "playbooks/other.yaml")
	h = newHouse(t, files)
	h.facts.components["ledger-db-ams"] = detector.Down
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.says("alice", VerbDecline, "start-anyway")
	says(t, strings.Join(last[NoPlaybookFits](h).Missing, "; "), "alice (incident-director) declined to start it at")
}

func TestWhatAVerifyStepWantsToHearIsSaidWithTheStep(t *testing.T) {
	for step, text := range map[string]string{
		`{http: {url: "https://pay.internal/health"}}`:                                           "verify: GET https://pay.internal/health",
		`{http: {url: "https://pay.internal/health", expect: 204}}`:                              "verify: GET https://pay.internal/health has to come back with status 204",
		`{http: {url: "https://pay.internal/health", expect: 200, reply: {lag: 0}}}`:             `verify: GET https://pay.internal/health has to come back with status 200 and an answer that says {"lag":0}`,
		`{nats: {subject: ledger.state, reply: {role: primary}}}`:                                `verify: request ledger.state has to come back with an answer that says {"role":"primary"}`,
		`{prometheus: {url: "http://prom.internal", query: "sum(up)", at_least: 2, at_most: 3}}`: "verify that sum(up) is at least 2 and at most 3",
	} {
		h := runWith(t, "  - {id: seen, verify: "+step+", timeout: 5m}\n")
		equal(t, h.step("seen").Text, text)
	}
}
