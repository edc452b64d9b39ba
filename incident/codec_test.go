package incident

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"holdfast/bia"
	"holdfast/bia/condition"
	"holdfast/detector"
	"holdfast/playbooks"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, string(want))
}

// everyKind is one event of each kind with every field set.
func everyKind() []Event {
	at := t0
	by := Actor{Person: "alice", Role: "incident-director", Rule: "automatic_for facility_lost"}
	objectives := bia.Objectives{Vital: true, RTO: 2 * time.Hour, MTPD: 4 * time.Hour, WRT: 30 * time.Minute, Bound: 210 * time.Minute, RPO: 5 * time.Minute,
		RTC: 40 * time.Minute, Margin: 5 * time.Minute, ConfirmFor: 5 * time.Minute, RecoverFor: 10 * time.Minute, MaxBackdate: 30 * time.Minute, RTOFrom: "payments"}
	clocks := bia.Clocks{Start: at, Deadline: at.Add(2 * time.Hour), DeadlineBy: "rto", LTI: at.Add(75 * time.Minute), MTPDEnd: at.Add(4 * time.Hour), RTCKnown: true}
	explanation := detector.Explanation{Summary: "payments are lost", NotCounted: []string{"a late word"}, Unless: "pay-fra comes back",
		Criteria: []detector.Criterion{{ID: "facility_lost", Level: detector.Disaster, Answer: detector.Met, Evidence: []string{"fra1 is lost"}, Services: []string{"payments-api"}, MetAt: at, WouldAt: at}}}
	return []Event{
		TookOver{Epoch: 3, Instance: "one", Version: "1.2.3", Shadow: true},
		DocumentsAdopted{Digest: "sha256:00", Files: map[string]string{"bia.yaml": "organisation: Acme\n"}, By: by},
		Armed{By: by, Reason: "after the audit"},
		Disarmed{By: by, Reason: "audit"},
		GapAdopted{From: 7, Through: 9, By: by, Reason: "the pager's log shows what was done"},
		Estimated{Service: "payments-api", End: at.Add(6 * time.Hour), By: by, Reason: "the provider's own page"},
		FacilityReported{Site: "fra1", State: "lost", By: by, Reason: "fire alarm"},
		DataReported{Data: "ledger", State: "recovery_point", Point: at.Add(-time.Hour), By: by, Reason: "read from the backup"},
		SwitchedOff{Component: "pay-fra", Until: at.Add(2 * time.Hour), By: by, Reason: "cut off to save the rest"},
		SwitchedOn{Component: "pay-fra", By: by, Reason: "back in"},
		MaintenanceAnnounced{Change: "CHG-1", From: at, To: at.Add(time.Hour), Grace: 15 * time.Minute, Scope: []string{"pay-fra", "site fra1"},
			Expect: map[string]string{"payments-api": "degraded"}, By: by, Reason: "kernel"},
		MaintenanceCalledOff{Change: "CHG-1", By: by, Reason: "postponed"},
		Backdated{Service: "payments-api", From: at, To: at.Add(-2 * time.Hour), By: by, Reason: "first tickets of customers"},
		Classified{JudgedBy: "sha256:02", Verdict: detector.Verdict{Key: "k", Absorbed: []string{"j"}, At: at, Level: detector.Disaster, Previous: detector.Impaired, Current: detector.MajorIncident,
			Since: at, Open: true, Roots: []string{"pay-fra"}, Lost: []string{"fra1"}, Explanation: explanation, NextAt: at.Add(time.Minute),
			Services: []detector.Outage{{Service: "payments-api", State: detector.Down, Since: at, Confirmed: at.Add(5 * time.Minute), ConfirmedNow: true,
				UpSince: at.Add(time.Hour), Recovered: true, Objectives: objectives, Clocks: clocks}}}},
		DecisionDue{Service: "payments-api", LTI: clocks.LTI, Round: 2, Tell: []string{"alice"}},
		Recommended{Criteria: []string{"facility_lost"}, Gate: "declaration.mode is recommend", Tell: []string{"alice"},
			Would: &Would{Rule: "automatic_for facility_lost", Tell: []string{"bob"}, Invoke: []Prospect{{Service: "payments-api", Covers: []string{"core-ledger", "payments-api"},
				Playbook: "failover", Others: []string{"restore"}, Nearest: "none", Missing: []string{"all of it"}}}}},
		Declared{By: by, Automatic: true, Criteria: []string{"facility_lost"}, Reason: "it is gone",
			Services: []Pinned{{Service: "payments-api", Objectives: objectives, Clocks: clocks}}, Explanation: explanation, Tell: []string{"alice"}},
		DeclarationDeclined{By: by, Criteria: []string{"facility_lost"}, Services: []string{"payments-api"}, Lost: []string{"fra1"}, Reason: "wait", Until: at.Add(time.Hour)},
		ReportingDue{Report: "regulator-initial", To: "regulator", What: "initial notification", From: "classified", Since: at, Deadline: at.Add(4 * time.Hour), Remind: at.Add(3 * time.Hour),
			Role: "compliance", Escalate: []string{"head-of-operations"}, Evidence: true, Tell: []string{"frank"}},
		Reminded{Report: "regulator-initial", Round: 2, Deadline: at.Add(4 * time.Hour), Tell: []string{"frank", "carol"}},
		ReportingMissed{Report: "regulator-initial", Deadline: at.Add(4 * time.Hour), Tell: []string{"frank", "alice"}},
		Reported{Report: "regulator-initial", By: by, At: at.Add(3 * time.Hour), Evidence: "receipt 4711", NotRequired: true, Reason: "not major after all"},
		Invoked{Run: "1", Service: "payments-api", Covers: []string{"core-ledger", "payments-api"}, Playbook: "failover", File: "playbooks/failover.yaml",
			Text: "playbook: failover\n", Digest: "sha256:01", By: by, Reason: "by hand", Others: []string{"restore"}, Exercise: Full, CleanUp: true, PutBack: []string{"fence"},
			Children: []playbooks.Child{{Playbook: "restore", File: "playbooks/restore.yaml", Text: "playbook: restore\n", Digest: "sha256:06"}},
			Asks:     &Question{Unmet: []string{"it needs ledger-db-ams up, which is down"}, Role: "incident-director", Within: 20 * time.Minute}},
		NoPlaybookFits{Service: "payments-api", Nearest: "failover", Missing: []string{"it needs ams2, which is lost"}, Tell: []string{"alice"},
			Keeper: "reporting-0411", Level: detector.Disaster, Lost: []string{"ams2", "fra1"}},
		StepStarted{Run: "1", Step: "fence", Attempt: 2, Key: "payments-api-0412/1/fence/1", Epoch: 3, Until: at.Add(time.Minute), By: by, Reason: "again", Tell: []string{"dave"},
			Values:  map[string]condition.Value{"run.service": condition.Text("payments-api"), "step('assess').answers.eta": condition.Length(90 * time.Minute)},
			Release: &Release{Digest: "sha256:04", Steps: []Released{{Step: "fence", Does: "POST https://fence.internal/fra1"}}},
			For:     "fence", Frozen: Values{"fence": {"now": condition.Text("then")}}},
		ReleaseChanged{Run: "1", Step: "go", Release: Release{Digest: "sha256:05", Steps: []Released{{Step: "fence", Does: "POST https://fence.internal/fra2"}}},
			Lapsed: []string{"alice"}, Tell: []string{"alice", "bob"}},
		Acknowledged{Run: "1", Step: "page", By: by, From: "dave", Tell: []string{"dave"}, Until: at.Add(5 * time.Minute)},
		AcknowledgementLapsed{Run: "1", Step: "assess", By: by, Since: at, Rung: 1, Role: "on-call-pay", Until: at.Add(20 * time.Minute), Tell: []string{"erin", "alice"}},
		HandOverOffered{Run: "1", Step: "assess", By: by, To: "erin", Reason: "end of shift", Tell: []string{"erin"}},
		StepApproved{Run: "1", Step: "go", By: by, Reason: "yes", Unproven: "nobody is named as last editor", Digest: "sha256:05"},
		StepDeclined{Run: "1", Step: "go", By: by, Reason: "no"},
		StepDone{Run: "1", Step: "assess", Attempt: 1, By: by, Output: "fenced", Answers: map[string]string{"estimate": "3h"}, Evidence: "TCK-1",
			Approved: Values{"fence": {"run.service": condition.Text("payments-api")}}},
		StepFailed{Run: "1", Step: "fence", Attempt: 1, Outcome: TimedOut, Reason: "no answer", By: by, Again: at.Add(time.Second), Tell: []string{"alice"}, Unsent: true, NoEffect: true},
		StepSkipped{Run: "1", Step: "fence", By: by, Reason: "already fenced"},
		StepForbidden{Run: "1", Step: "promote", Undo: true, Attempt: 1, Rule: "never-both-sites", Reason: "two ledgers cannot be put together again", Tell: []string{"alice"}},
		RuleOverruled{Run: "1", Step: "promote", Undo: true, Rule: "never-both-sites", Broken: "two ledgers (next.id == 'promote')", By: by, Reason: "the north is flooded", Second: true, Tell: []string{"alice"}},
		Escalated{Run: "1", Step: "page", Rung: 1, Role: "head-of-operations", Until: at.Add(5 * time.Minute), Why: "nobody who was told could be reached", Tell: []string{"carol"}},
		Notified{Notice: 7, Person: "dave", Channel: "webhook", Error: "mailbox full"},
		RunPaused{Run: "1", Until: at.Add(time.Hour), By: by, Reason: "the facility calls back", Tell: []string{"dave"}},
		RunResumed{Run: "1", By: by, Reason: "it did"},
		StepHeld{Run: "1", Step: "promote", Until: at.Add(time.Hour), By: by, Reason: "wait for the last batch"},
		StepReleased{Run: "1", Step: "promote", By: by, Reason: "the batch is through"},
		StillHeld{Run: "1", Step: "promote", Tell: []string{"alice"}},
		InvocationQueued{Service: "payments-api", Playbook: "restore", Behind: []string{"it needs ams2-capacity, which run 1 of payments-api-0412 holds"},
			Supersedes: []RunRef{{Incident: acmeIncident, Run: "1"}}, By: by, Reason: "the failover does not help"},
		RunSuperseded{Run: "1", For: "restore", Incident: acmeIncident, By: by, Reason: "the failover does not help", Tell: []string{"alice"}},
		RunAborted{Run: "1", ByHand: []string{"put it back"}, Keep: true, By: by, Reason: "a false alarm", Tell: []string{"alice"}},
		UndoStarted{Run: "1", Step: "fence", Attempt: 1, Key: "payments-api-0412/1/fence/undo/1", Epoch: 3, Until: at.Add(time.Minute), By: by, Reason: "again", Tell: []string{"dave"}},
		UndoDone{Run: "1", Step: "fence", Attempt: 1, By: by, Output: "open", Answers: map[string]string{"a": "b"}, Evidence: "TCK-2"},
		UndoFailed{Run: "1", Step: "fence", Attempt: 1, Outcome: Failed, Reason: "no answer", By: by, Again: at.Add(time.Second), Tell: []string{"alice"}},
		UndoSkipped{Run: "1", Step: "fence", By: by, Reason: "it may stay fenced"},
		RunEnded{Run: "1", Result: "completed"},
		ObjectiveAtRisk{Run: "1", Service: "payments-api", With: []string{"reporting"}, Risk: RiskLikely, Objective: "rto", Deadline: at.Add(2 * time.Hour), P50: at.Add(125 * time.Minute), P90: at.Add(150 * time.Minute),
			HeldUpBy: []string{"go"}, Advice: []string{"go waits for a decision"}, Tell: []string{"alice"}},
		ObjectiveMissed{Service: "payments-api", With: []string{"reporting"}, Objective: "rto", Deadline: clocks.Deadline, Tell: []string{"alice"}},
		Restored{Service: "payments-api", At: at.Add(time.Hour)},
		RestOffered{Run: "1", Steps: []string{"go", "promote"}, Tell: []string{"alice"}},
		RestSkipped{Run: "1", Steps: []string{"go", "promote"}, By: by, Reason: "it came back by itself"},
		Relapsed{Service: "payments-api", With: []string{"reporting"}, Since: at.Add(2 * time.Hour), Tell: []string{"alice"}},
		StandDownRecommended{Tell: []string{"alice"}},
		StoodDown{By: by, Reason: "all is well", Tell: []string{"alice", "carol"}},
		Noted{By: by, Text: "the facility called back"},
		Rebased{From: "sha256:02", To: "sha256:03", By: by, Reason: "the new RTO holds", Tell: []string{"alice"}},
		ExerciseStarted{Exercise: Full, Playbook: "failover", Service: "payments-api", JudgedBy: "sha256:02", By: by, Reason: "the yearly one", Tell: []string{"dave"}},
		ExerciseInterrupted{Disaster: "payments-api-0412", Tell: []string{"dave"}},
		ExerciseConcluded{Exercise: Parallel, Playbook: "failover", Digest: "sha256:01", Touches: "sha256:04", Service: "payments-api", By: by, Reason: "the yearly one",
			Started: at, Ended: at.Add(time.Hour), Result: "completed", Disaster: "reporting-0412", Recovered: Span(50 * time.Minute),
			Objectives: []ObjectiveShown{{Objective: "rtc", Allowed: Span(40 * time.Minute), Measured: Span(50 * time.Minute), Met: true}},
			Steps:      []StepShown{{Step: "go", Status: Done, Shown: "carried_out", Took: Span(time.Minute), By: by, Reason: "yes"}}, TookPart: []string{"alice"},
			CleanUp: CleanUp{State: "waived", Waived: []StepShown{{Step: "back", Status: Skipped, Shown: "left_out", By: by, Reason: "stays"}}}, Tell: []string{"alice"}},
		ActionAgreed{Action: 1, Text: "Rehearse the failover at night", Owner: "head-of-operations", Due: "2026-05-31", By: by},
		ActionDone{Action: 1, By: by, Result: "rehearsed on 2026-05-20, TCK-9"},
	}
}

// A kind once written keeps its name and meaning for ever: what stands in testdata was written by an earlier version, so a
// line of it changes only by a field that is added.
func TestEveryKindOfEventReadsAsItWasWritten(t *testing.T) {
	var b strings.Builder
	for _, e := range everyKind() {
		kind, data, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(string(kind) + " " + string(data) + "\n")
	}
	golden(t, "events.golden", b.String())

	written, err := os.ReadFile("testdata/events.golden")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(written)) {
		kind, data, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		e, err := Decode(Kind(kind), json.RawMessage(data))
		if err != nil {
			t.Fatal(err)
		}
		again, rewritten, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, string(again)+" "+string(rewritten), kind+" "+data)
	}
}

func TestTheTableOfKindsIsComplete(t *testing.T) {
	var listed, written []Kind
	for _, k := range kinds {
		listed = append(listed, k.kind)
	}
	for _, e := range everyKind() {
		written = append(written, e.Kind())
	}
	equal(t, listed, written)
}

func TestEveryKindOfEventIsToldInASentence(t *testing.T) {
	var b strings.Builder
	live := Invoked{Run: "1", Service: "payments-api", Covers: []string{"core-ledger", "payments-api"}, Playbook: "failover", By: Actor{Person: "alice", Role: "incident-director"}, Reason: "by hand"}
	rehearsed := Invoked{Run: "1", Service: "payments-api", Playbook: "failover", By: Actor{Person: "alice"}, Exercise: Tabletop}
	none := NoPlaybookFits{Service: "payments-api", Nearest: "failover", Missing: []string{"it needs ams2, which is lost"}}
	for _, e := range append(everyKind(), live, rehearsed, none, Unrecognised{As: "teleported", Raw: []byte(`{}`)}) {
		text := Sentence(Record{At: t0, Incident: acmeIncident, Event: e})
		if text == "" || strings.Contains(text, "\n") {
			t.Errorf("%s is told as %q", e.Kind(), text)
		}
		b.WriteString(text + "\n")
	}
	golden(t, "sentences.golden", b.String())
}

func TestAnUnknownKindIsKeptAndItsIncidentShownNotDriven(t *testing.T) {
	e, err := Decode("teleported", json.RawMessage(`{"to": "mars"}`))
	if err != nil {
		t.Fatal(err)
	}
	kind, data, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, string(kind)+string(data), `teleported{"to": "mars"}`)

	h := invoked(t, automatic(t))
	wanted := len(h.book.wants())
	h.commit(Change{Incident: acmeIncident, Event: e})
	says(t, h.only().HandsOff, `"teleported"`)
	equal(t, wanted > 0 && len(h.book.wants()) == 0, true)
	equal(t, h.at(5*time.Hour), []string(nil))
	equal(t, h.nextAt(), time.Duration(-1))
	says(t, h.refuses("dave", Command{Verb: VerbAck, Incident: acmeIncident, Step: "page"}).Reason, "shown, not driven")
}

func TestAnIncidentThatIsOnlyShownCanStillBeStoodDown(t *testing.T) {
	h := runWith(t, "  - {id: act, run: {exec: {command: act}}}\n")
	h.commit(Change{Incident: acmeIncident, Event: Unrecognised{As: "teleported", Raw: []byte("{}")}})
	equal(t, h.order("alice", Command{Verb: VerbStandDown, Incident: acmeIncident, Reason: "by hand"}), []string{"run_ended", "stood_down"})
	equal(t, h.only().Open(), false)
}

func TestAnUnknownKindOfTheHouseDisarms(t *testing.T) {
	h := newHouse(t, automatic(t))
	h.commit(Change{Event: Unrecognised{As: "half_armed", Raw: []byte(`{}`)}})
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	says(t, last[Recommended](h).Gate, `"half_armed"`)
}

func TestAJournalWithHolesIsShownAndNeverDriven(t *testing.T) {
	if i := (Incident{}).Apply(Record{At: t0, Incident: "x", Event: Restored{Service: "payments-api", At: t0}}); i.HandsOff == "" {
		t.Error("driven, though nothing opened it")
	}
	h := invoked(t, automatic(t))
	for _, e := range []Event{RunEnded{Run: "9"}, StepDone{Run: "1", Step: "none"}, Notified{Notice: 99}, Invoked{Run: "2", Text: "not a playbook"}} {
		if i := h.only().Apply(Record{At: t0, Incident: acmeIncident, Event: e}); i.HandsOff == "" {
			t.Errorf("%s: driven", e.Kind())
		}
	}
}

func FuzzDecodingAnEventNeverPanicsAndKeepsItsBytes(f *testing.F) {
	for _, e := range everyKind() {
		kind, data, err := Encode(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(kind), []byte(data))
	}
	f.Add("teleported", []byte(`{"to": "mars"}`))
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		e, err := Decode(Kind(kind), data)
		if err != nil {
			return
		}
		_, once, err := Encode(e)
		if err != nil {
			return // an instant outside the years that JSON can write
		}
		back, err := Decode(Kind(kind), once)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, once)
		}
		_, twice, err := Encode(back)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("written twice it differs: %v\n%s\n%s", err, once, twice)
		}
		Incident{}.Apply(Record{At: t0, Incident: "x", Event: e})
		Sentence(Record{At: t0, Event: e})
	})
}
