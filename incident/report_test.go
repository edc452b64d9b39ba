package incident

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"holdfast/detector"
)

// story is a disaster from its beginning to its end, with a retry, an escalation, a missed objective and a relapse.
func story(t *testing.T) *house {
	t.Helper()
	h := newHouse(t, automatic(t))
	h.disaster("facility_lost")
	h.verdicts[0].Explanation.NotCounted = []string{"a late word of prom about pay-fra | at 09:01"}
	h.at(6 * time.Minute)
	h.deliver()
	h.at(11 * time.Minute)
	h.says("erin", VerbAck, "page")
	h.finish(Result{Effect: h.want("fence"), Outcome: Failed, Reason: "connection refused"})
	h.at(h.nextAt())
	h.finish(Result{Effect: h.want("fence"), Output: "fenced"})
	h.at(20 * time.Minute)
	h.says("erin", VerbDone, "assess")
	h.says("alice", VerbApprove, "go")
	h.at(25 * time.Minute)
	h.says("bob", VerbApprove, "go")
	h.at(30 * time.Minute)
	h.finish(Result{Effect: h.want("promote"), Output: "promoted"})
	h.recovers(32*time.Minute, false)
	h.at(33 * time.Minute)
	h.recovers(32*time.Minute, true)
	h.at(42 * time.Minute)
	h.at(70 * time.Minute)
	h.order("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "reconcile", Evidence: "TCK-1"})
	h.says("alice", VerbApprove, "failback")
	h.verdicts = []detector.Verdict{h.situation(detector.MajorIncident, []detector.Outage{h.down("payments-api", 2*time.Hour)})}
	h.at(122 * time.Minute)
	h.at(4 * time.Hour)
	h.recovers(4*time.Hour+10*time.Minute, true)
	h.at(4*time.Hour + 20*time.Minute)
	h.order("alice", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "all is well"})
	return h
}

func TestTheReportTellsAPersonWhatWasDelivered(t *testing.T) {
	golden(t, "report.md", story(t).only().Report(t0.Add(5*time.Hour), Setting{}).Markdown())
}

func TestTheReportOfAnOpenIncidentSaysWhatStillRuns(t *testing.T) {
	h := invoked(t, automatic(t))
	r := h.only().Report(t0.Add(16*time.Minute), Setting{})
	rta, _ := r.Services[0].Figure("rta")
	equal(t, rta.Took, Span(16*time.Minute))
	equal(t, rta.Met, NotYet)
	equal(t, r.Runs[0].People, Span(10*time.Minute))
	says(t, r.Markdown(), "still open", "16m and running", "running: the deadline is 2026-04-12 11:00:00Z (rto)", "1h44m left", "still going on")
}

func TestTheReportAsJSONReadsBackTheSame(t *testing.T) {
	r := story(t).only().Report(t0.Add(5*time.Hour), Setting{})
	text := asJSON(t, r)
	golden(t, "report.json", text)
	var back Report
	if err := json.Unmarshal([]byte(text), &back); err != nil {
		t.Fatal(err)
	}
	equal(t, asJSON(t, back), text)
}

func TestTheTimeOfARunIsSplitBetweenMachinesAndPeople(t *testing.T) {
	h := runWith(t, `
  - {id: act, run: {exec: {command: act}}, timeout: 10m}
  - {id: look, do: "Look", role: on-call-pay}
  - {id: more, after: [act], run: {exec: {command: more}}, timeout: 10m}
`)
	h.at(8 * time.Minute) // act: 6m to 8m
	h.finish(Result{Effect: h.want("act")})
	h.at(11 * time.Minute) // more, while look waits: 8m to 11m
	h.finish(Result{Effect: h.want("more")})
	h.at(20 * time.Minute) // look alone: 11m to 20m
	h.order("dave", Command{Verb: VerbDone, Incident: acmeIncident, Step: "look"})
	run := h.only().Report(h.now, Setting{}).Runs[0]
	equal(t, run.Took, Span(14*time.Minute))
	equal(t, run.Machines, Span(5*time.Minute))
	equal(t, run.People, Span(9*time.Minute))
}

func TestWhatOthersWroteStaysTextInTheReport(t *testing.T) {
	h := invoked(t, automatic(t))
	h.order("dave", Command{Verb: VerbNote, Incident: acmeIncident, Reason: "<script>alert(1)</script> | [x](http://evil)\n# not a heading"})
	md := h.only().Report(h.now, Setting{}).Markdown()
	says(t, md, `\<script\>alert(1)\</script\> \| \[x\](http\://evil) # not a heading`)
	if got := asText("a\nb"); got != "a b" {
		t.Errorf("a line break came through: %q", got)
	}
}

func TestTheReportAsAPageIsOneFileThatLoadsNothing(t *testing.T) {
	page, err := story(t).only().Report(t0.Add(5*time.Hour), Setting{Organisation: "Acme Payments", Zones: []Zone{{Site: "fra1", Zone: "Europe/Berlin", Offset: "+02:00"}}}).HTML()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report.html", string(page))
}

func TestWhatWasHeldUpCalledOffAndTakenBackIsInTheReport(t *testing.T) {
	h := runWith(t, undoableSteps)
	h.control("dave", VerbPause, "", "")
	h.finish(Result{Effect: h.want("fence-a")})
	h.at(10 * time.Minute)
	h.control("alice", VerbResume, "", "")
	h.at(10*time.Minute + 30*time.Second)
	h.control("alice", VerbAbort, "", "1")
	h.finish(Result{Effect: h.want("fence-b")})
	h.at(11 * time.Minute)
	h.finish(Result{Effect: h.want("fence-b"), Outcome: Failed, Reason: "jammed"})
	h.at(h.nextAt())
	h.finish(Result{Effect: h.want("fence-b")})
	h.at(12 * time.Minute)
	h.finish(Result{Effect: h.want("fence-a")})

	run := h.only().Report(h.now, Setting{}).Runs[0]
	equal(t, run.Brakes, []BrakeReport{{From: t0.Add(6 * time.Minute), To: t0.Add(10 * time.Minute), By: Actor{Person: "dave", Role: "on-call-pay"}, Reason: "because of the storm"}})
	equal(t, run.Ending.Result, "aborted")
	equal(t, run.Steps[0].Undo.Status, Done)
	equal(t, run.Steps[0].Undo.Took, Span(50*time.Second))
	equal(t, run.Steps[1].Problems[0].What, "undo_failed")
	equal(t, run.Steps[0].Course[0].Doing, Undoing)
	says(t, h.only().Report(h.now, Setting{}).Markdown(), "Called off at 2026-04-12 09:10:30Z by alice (incident-director): because of the storm. What it had done was to be undone, the last first.",
		"Paused at 2026-04-12 09:06:00Z by dave (on-call-pay): because of the storm; until 2026-04-12 09:10:00Z, for 4m.", "done; its undo: done")
	page, err := h.only().Report(h.now, Setting{}).HTML()
	if err != nil {
		t.Fatal(err)
	}
	says(t, string(page), "paused or held", `class="undo"`, `class="brake"`)
}

func TestTheReportOfATabletopSaysThatItMeasuresNothing(t *testing.T) {
	h := rehearsing(t, automatic(t), Tabletop)
	h.practised()
	md := h.only().Report(h.now, Setting{}).Markdown()
	says(t, md, "completed; a tabletop measures no time to recovery.", "milestone recovered")
	if strings.Contains(md, "not reached") {
		t.Error("a milestone that people came to in their talk is said not to be reached")
	}
}

func TestTheReportOfAnExerciseSaysFirstThatItIsOneAndWhatItShowed(t *testing.T) {
	h := rehearsing(t, automatic(t), Tabletop)
	h.practised()
	i := *h.book.incidents.of(exerciseID)
	r := i.Report(h.now, Setting{})
	equal(t, r.Exercise, Tabletop)
	md := r.Markdown()
	says(t, md, "**EXERCISE (tabletop): this was practised, not suffered.**", "## The exercise", "Tabletop exercise of failover-to-ams2 for payments-api, ordered by alice (incident-director): the yearly one.",
		"Talked through: ", "Took part: ", "Cleaning up: ")
	page, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	says(t, string(page), "EXERCISE (tabletop)", "The exercise</h2>")
	reported(t, i, h.now)
}
