package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/bia"
	"holdfast/console"
	"holdfast/detector"
	"holdfast/detector/alert"
	"holdfast/incident"
	"holdfast/playbooks"
)

// nine is an instant of the day on which everything here happens.
func nine(minute, second int) time.Time {
	return time.Date(2026, 11, 23, 9, minute, second, 0, time.UTC)
}

// drawn is what a printer writes without colours.
func drawn(print func(*printer)) string {
	var w bytes.Buffer
	out := &printer{w: &w}
	print(out)
	if err := out.flush(); err != nil {
		panic(err)
	}
	return w.String()
}

func wantDrawn(t *testing.T, want, got string) {
	t.Helper()
	if diff := cmp.Diff(want[1:], got); diff != "" { // the first line end only sets the text off
		t.Errorf("drawn otherwise (- wanted, + got):\n%s", diff)
	}
}

func aStatus() console.Status {
	clocks := bia.Clocks{Start: nine(0, 0), LTI: nine(14, 0), Deadline: nine(40, 0), DeadlineBy: "rto", RTCKnown: true}
	return console.Status{Organisation: "Example Parcels", Version: "1.0.0", Now: nine(10, 0), Epoch: 3, Armed: true, NATSConnected: true,
		Incidents: []console.IncidentStatus{{ID: "parcel-booking-1123", Level: detector.Disaster, Since: nine(0, 0), Summary: "north is lost",
			Services: []console.ServiceStatus{{Service: "parcel-booking", Since: nine(0, 0), Clocks: clocks}}, LTI: nine(14, 0), Deadline: nine(40, 0),
			Declared: nine(5, 0), DeclaredBy: &incident.Actor{Rule: "automatic_for site_loss_inferred"},
			Runs: []console.RunStatus{{Run: "1", Playbook: "move-booking-to-south", Service: "parcel-booking", Done: 3, Steps: 12,
				Waiting: []console.WaitingStep{{Step: "go", Kind: playbooks.KindDecide, Text: "Make the ledger in the south the primary?", Role: "incident-director", Who: []string{"director-1", "director-2"},
					Until: nine(25, 0), Approved: 1, Needed: 2, Verbs: []incident.Verb{incident.VerbApprove, incident.VerbDecline}}}}}}},
		Components: []detector.ComponentReport{{Component: "ledger-north", State: detector.Down, Since: nine(0, 0), Alerts: []detector.ActiveAlert{{Observer: "prom-south", Says: "down", Heard: nine(0, 4), Labels: alert.LabelsOf(map[string]string{"alertname": "PostgresDown"})}}}, {Component: "gateway-south", State: detector.Unknown, Flags: []string{"held_down", "disputed"}}},
		Counts:     console.Counts{Received: map[string]uint64{"prom-south": 40, "probes": 38}, Unmapped: 2, Unreadable: map[alert.Reason]uint64{alert.NotJSON: 1, alert.TooDeep: 3}},
		Documents:  console.Documents{BIA: "2026.1", Playbooks: []string{"move-booking-to-south"}}}
}

func TestStatusIsOneScreen(t *testing.T) {
	wantDrawn(t, `
Example Parcels armed NATS connected as of 2026-11-23 09:10:00Z

INCIDENT             LEVEL     DOWN FOR  INVOKE BY  DEADLINE   DECLARED                                                  RUNS
parcel-booking-1123  DISASTER  10m00s    in 4m00s   in 30m00s  2026-11-23 09:05:00Z by automatic_for site_loss_inferred  move-booking-to-south: 3 of 12 steps

Waiting for people
INCIDENT             STEP  WHO                                                          UNTIL      WHAT                                       COMMAND
parcel-booking-1123  go    incident-director (director-1, director-2), 1 of 2 approved  in 15m00s  Make the ledger in the south the primary?  holdfast approve parcel-booking-1123 go

Components not up
COMPONENT      STATE    FOR     FIRST ALERT                 REMARKS
ledger-north   DOWN     10m00s  PostgresDown by prom-south
gateway-south  UNKNOWN  –       –                           held down, disputed

78 alerts received, 2 unmapped, 4 unreadable (not json 1, too deep 3)
BIA 2026.1, 1 playbook, epoch 3, holdfast 1.0.0
`, drawn(func(out *printer) { printStatus(out, aStatus()) }))
}

func TestAStatusSaysWhatIsStuckAndWhatToType(t *testing.T) {
	s := aStatus()
	s.Incidents[0].Runs[0].Waiting = []console.WaitingStep{{Step: "fence", Kind: playbooks.KindRun, Status: incident.Stuck, Text: "POST http://127.0.0.1:8642/fence", Who: []string{"director-1", "director-2"},
		Reason: "not sent: connection refused", Verbs: []incident.Verb{incident.VerbDone, incident.VerbRetry, incident.VerbSkip}}}
	s.Components = nil
	s.Counts.Misattributed = map[string]uint64{"probes": 4}
	s.Counts.Strays = []detector.Stray{{Observer: "probes", Subject: "holdfast.alerts.prom-south", Labels: []byte(`{"component":"ledger-north"}`)}}
	s.Counts.Samples = []json.RawMessage{[]byte(`{"alertname":"Old"}`), []byte(`{"alertname":"A"}`), []byte("{\n  \"site\": \"north\",\n  \"alertname\": \"DiskFull\"\n}"), []byte(`{"alertname":"New"}`)}
	wantDrawn(t, `
Example Parcels armed NATS connected as of 2026-11-23 09:10:00Z

INCIDENT             LEVEL     DOWN FOR  INVOKE BY  DEADLINE   DECLARED                                                  RUNS
parcel-booking-1123  DISASTER  10m00s    in 4m00s   in 30m00s  2026-11-23 09:05:00Z by automatic_for site_loss_inferred  move-booking-to-south: 3 of 12 steps

Stuck
parcel-booking-1123 fence STUCK not sent: connection refused
  POST http://127.0.0.1:8642/fence – director-1, director-2
    holdfast done parcel-booking-1123 fence
    holdfast retry parcel-booking-1123 fence --reason "…"
    holdfast skip parcel-booking-1123 fence --reason "…"

78 alerts received, 2 unmapped, 4 unreadable (not json 1, too deep 3), 4 called of probes where probes does not speak
  unmapped: {alertname="New"}
  unmapped: {alertname="DiskFull", site="north"}
  unmapped: {alertname="A"}
  not of probes, on holdfast.alerts.prom-south: {component="ledger-north"}
BIA 2026.1, 1 playbook, epoch 3, holdfast 1.0.0
`, drawn(func(out *printer) { printStatus(out, s) }))
}

func TestAStatusSaysWhatWasOverBeforeAnybodyCouldDecide(t *testing.T) {
	s := aStatus()
	s.Incidents, s.Components = nil, nil
	s.Retrospect = []console.IncidentStatus{{ID: "tracking-1123", Level: detector.MajorIncident, Since: nine(0, 0), Closed: nine(8, 0), Retrospect: true}}
	wantDrawn(t, `
Example Parcels armed NATS connected as of 2026-11-23 09:10:00Z

no incident is open
tracking-1123 MAJOR INCIDENT found in retrospect: began 2026-11-23 09:00:00Z, and was over before anybody could decide; nobody was told holdfast incident tracking-1123

78 alerts received, 2 unmapped, 4 unreadable (not json 1, too deep 3)
BIA 2026.1, 1 playbook, epoch 3, holdfast 1.0.0
`, drawn(func(out *printer) { printStatus(out, s) }))
}

// An exercise that goes on is no proof of anything, and one that was broken off is not shown as one that went well.
func TestAListOfPlaybooksSaysWhatWasExercisedAndHow(t *testing.T) {
	last := func(result string, changed bool) *console.Carried {
		return &console.Carried{Exercise: incident.Full, Started: nine(0, 0), Result: result, Changed: changed}
	}
	for want, p := range map[string]console.PlaybookStatus{
		"never":                       {},
		"2026-11-23 09:00:00Z (full)": {Exercised: last("completed", false)},
		"2026-11-23 09:00:00Z (full), changed since": {Exercised: last("completed", true)},
		"2026-11-23 09:00:00Z (full), stood down":    {Exercised: last("stood_down", false)},
		"never; under way: exercise-x-1123/1":        {Exercising: []string{"exercise-x-1123/1"}},
	} {
		if c := exercised(p); c.text != want {
			t.Errorf("%q, expected %q", c.text, want)
		}
	}
}

func TestAPausedRunAndAHeldStepCannotBeOverlooked(t *testing.T) {
	s := aStatus()
	s.Components = nil
	run := &s.Incidents[0].Runs[0]
	run.Waiting[0].HoldsUp = true
	run.Halts = []console.Halt{
		{By: incident.Actor{Person: "platform-1", Role: "on-call-platform"}, Since: nine(8, 0), Until: nine(38, 0), Reason: "the facility calls back", Resume: "holdfast resume parcel-booking-1123 1"},
		{Step: "promote", By: incident.Actor{Person: "director-1"}, Since: nine(9, 0), Reason: "the auditors look first", Resume: "holdfast resume parcel-booking-1123 1/promote"},
	}
	wantDrawn(t, `
Example Parcels armed NATS connected as of 2026-11-23 09:10:00Z

INCIDENT             LEVEL     DOWN FOR  INVOKE BY  DEADLINE   DECLARED                                                  RUNS
parcel-booking-1123  DISASTER  10m00s    in 4m00s   in 30m00s  2026-11-23 09:05:00Z by automatic_for site_loss_inferred  move-booking-to-south: PAUSED at 3 of 12 steps
parcel-booking-1123 PAUSED run 1 (move-booking-to-south) by platform-1 (on-call-platform) at 2026-11-23 09:08:00Z until 2026-11-23 09:38:00Z: the facility calls back; nothing of it starts
    holdfast resume parcel-booking-1123 1
parcel-booking-1123 HELD promote by director-1 at 2026-11-23 09:09:00Z: the auditors look first; it does not start, and takes no answer that would let it go on
    holdfast resume parcel-booking-1123 1/promote
parcel-booking-1123 move-booking-to-south: nothing is forecast while it is paused

Waiting for people
INCIDENT             STEP  WHO                                                          UNTIL      WHAT                                                                             COMMAND
parcel-booking-1123  go    incident-director (director-1, director-2), 1 of 2 approved  in 15m00s  Make the ledger in the south the primary? (run PAUSED: nothing starts after it)  holdfast approve parcel-booking-1123 go

78 alerts received, 2 unmapped, 4 unreadable (not json 1, too deep 3)
BIA 2026.1, 1 playbook, epoch 3, holdfast 1.0.0
`, drawn(func(out *printer) { printStatus(out, s) }))
}

func TestAMissedDeadlineSaysSo(t *testing.T) {
	s := aStatus()
	s.Now = nine(40, 39)
	for _, want := range []string{"PASSED 26m39s ago", "MISSED 39s ago"} {
		if got := drawn(func(out *printer) { printStatus(out, s) }); !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestAnExerciseSaysWhatIsStuckAndWhatToType(t *testing.T) {
	s := aStatus()
	s.Exercises, s.Incidents, s.Components = s.Incidents, nil, nil
	s.Exercises[0].Exercise, s.Exercises[0].CleanUp = incident.Full, []string{"clean-up"}
	run := &s.Exercises[0].Runs[0]
	run.Waiting = append(run.Waiting, console.WaitingStep{Step: "fence", Kind: playbooks.KindRun, Status: incident.Stuck, Text: "PUT http://127.0.0.1:8642/fence", Who: []string{"director-1"},
		Reason: "not sent: live runs only", Verbs: []incident.Verb{incident.VerbDone, incident.VerbRetry, incident.VerbSkip}})
	wantDrawn(t, `
Example Parcels armed NATS connected as of 2026-11-23 09:10:00Z

no incident is open

EXERCISES, not live
EXERCISE (full) parcel-booking-1123 move-booking-to-south: 3 of 12 steps
parcel-booking-1123 still to be put back, in the steps: clean-up

EXERCISE             STEP  WHO                                                          UNTIL      WHAT                                       COMMAND
parcel-booking-1123  go    incident-director (director-1, director-2), 1 of 2 approved  in 15m00s  Make the ledger in the south the primary?  holdfast approve parcel-booking-1123 go

Stuck in an exercise
parcel-booking-1123 fence STUCK not sent: live runs only
  PUT http://127.0.0.1:8642/fence – director-1
    holdfast done parcel-booking-1123 fence
    holdfast retry parcel-booking-1123 fence --reason "…"
    holdfast skip parcel-booking-1123 fence --reason "…"

78 alerts received, 2 unmapped, 4 unreadable (not json 1, too deep 3)
BIA 2026.1, 1 playbook, epoch 3, holdfast 1.0.0
`, drawn(func(out *printer) { printStatus(out, s) }))
}

func TestAClosedIncidentDoesNotTick(t *testing.T) {
	var i console.Incident
	i.ID, i.Level, i.Opened, i.Closed = "parcel-booking-1123", detector.Disaster, nine(1, 0), nine(10, 0)
	i.Recoveries = []incident.Recovery{{Service: "parcel-booking", Since: nine(0, 0), Clocks: bia.Clocks{LTI: nine(4, 0), Deadline: nine(8, 0), DeadlineBy: "rto"}}}
	i.Runs = []incident.Run{{ID: "1", Service: "parcel-booking", Started: nine(3, 0), Ended: nine(9, 0), Result: "aborted"}}
	at := func(now time.Time) string {
		i.Now = now
		return drawn(func(out *printer) { printIncident(out, i) })
	}
	wantDrawn(t, `
parcel-booking-1123 DISASTER opened 2026-11-23 09:01:00Z, closed 2026-11-23 09:10:00Z


Clocks
SERVICE         STATE            DOWN FOR  INVOKE BY                DEADLINE
parcel-booking  OUT WHEN CLOSED  10m00s    invoked (run 1 aborted)  MISSED 2m00s ago (rto)
`, at(nine(10, 0)))
	if soon, late := at(nine(11, 0)), at(nine(50, 0)); soon != late {
		t.Errorf("a closed incident ticks:\n%s\n%s", soon, late)
	}
	i.Closed = time.Time{}
	if got := at(nine(10, 0)); !strings.Contains(got, "PASSED 6m00s ago (run 1 aborted)") {
		t.Errorf("an aborted run leaves nobody at it, and this does not say so:\n%s", got)
	}
}

func TestAQuietStatusSaysWhatCannotBeDone(t *testing.T) {
	wantDrawn(t, `
Example Parcels DISARMED (declaration.mode is recommend) NATS NOT CONNECTED as of 2026-11-23 09:00:00Z
NOT READY journal: cannot be used since 08:59

no incident is open

0 alerts received, 0 unmapped, 0 unreadable
BIA –, 0 playbooks, epoch 1, holdfast –
`, drawn(func(out *printer) {
		printStatus(out, console.Status{Organisation: "Example Parcels", Now: nine(0, 0), Epoch: 1, Disarmed: "declaration.mode is recommend",
			Ready: []console.Check{{Name: "journal", Detail: "cannot be used since 08:59"}, {Name: "documents", OK: true}}})
	}))
}

func TestAnIncidentShowsClocksRunAndStory(t *testing.T) {
	var i console.Incident
	i.ID, i.Level, i.Opened, i.Now, i.DeclaredAt = "parcel-booking-1123", detector.Disaster, nine(1, 0), nine(10, 0), nine(5, 0)
	i.Verdict.Explanation.Summary = "north is lost"
	i.Playbooks = []console.PlaybookFit{{Playbook: "move-booking-to-south", Title: "Book parcels in the south", Fits: true, Running: "1",
		Preconditions: []incident.Condition{{Needs: "ledger-south up", Answer: detector.NotMet, Why: "it needs ledger-south up, which is down"}}}}
	i.Declared = &incident.Declared{By: incident.Actor{Person: "director-1"}, Criteria: []string{"facility_lost", "manual"}}
	i.Recoveries = []incident.Recovery{
		{Service: "parcel-booking", Since: nine(0, 0), Clocks: bia.Clocks{LTI: nine(14, 0), Deadline: nine(40, 0), DeadlineBy: "rto"}},
		{Service: "parcel-ledger", Since: nine(0, 0), Restored: nine(9, 30), Clocks: bia.Clocks{Deadline: nine(8, 0), DeadlineBy: "mtpd-wrt"}},
		{Service: "tracking", Since: nine(0, 0), Restored: nine(2, 0)},
	}
	i.Runs = []incident.Run{{ID: "1", Service: "parcel-booking", Name: "move-booking-to-south", Steps: []incident.StepState{
		{ID: "page", Kind: playbooks.KindNotify, Phase: playbooks.Activation, Status: incident.Done, Started: nine(5, 0), Ended: nine(5, 40), By: incident.Actor{Person: "platform-1"}},
		{ID: "go", Kind: playbooks.KindDecide, Phase: playbooks.Recovery, Status: incident.Waiting, Started: nine(7, 0)},
		{ID: "fence", Kind: playbooks.KindRun, Phase: playbooks.Recovery, Status: incident.Stuck, Started: nine(7, 0), Reason: "connection refused", Key: "parcel-booking-1123/1/fence/1"},
		{ID: "promote", Kind: playbooks.KindRun, Phase: playbooks.Recovery, Status: incident.Pending},
	}}}
	i.Status.Runs = aStatus().Incidents[0].Runs
	i.Story = []console.Told{{At: nine(1, 0), Kind: incident.KindClassified, Text: "Classified disaster: north is lost."}, {At: nine(5, 1), Kind: incident.KindNotified, Text: "Notice 1 reached platform-1 by log."}}
	wantDrawn(t, `
parcel-booking-1123 DISASTER open since 2026-11-23 09:01:00Z, as of 2026-11-23 09:10:00Z
north is lost
declared 2026-11-23 09:05:00Z by director-1, on facility_lost, manual

Clocks
SERVICE         STATE  DOWN FOR  INVOKE BY  DEADLINE
parcel-booking  OUT    10m00s    in 4m00s   in 30m00s (rto)
parcel-ledger   BACK   9m30s     –          missed by 1m30s
tracking        BACK   2m00s     –          no objective

Playbooks that match
└─ run 1: move-booking-to-south Book parcels in the south
   └─ not met: it needs ledger-south up, which is down

Run 1: move-booking-to-south for parcel-booking, 3 of 12 steps ended
STEP     PHASE       KIND    STATUS
page     activation  notify  DONE     by platform-1, took 40s
go       recovery    decide  WAITING  for 3m00s
fence    recovery    run     STUCK    for 3m00s, connection refused, key parcel-booking-1123/1/fence/1
promote  recovery    run     PENDING
  go: Make the ledger in the south the primary? – incident-director (director-1, director-2), 1 of 2 approved in 15m00s
    holdfast approve parcel-booking-1123 go
    holdfast decline parcel-booking-1123 go --reason "…"

What happened
2026-11-23 09:01:00Z Classified disaster: north is lost.
`, drawn(func(out *printer) { printIncident(out, i) }))
}

func TestAnExplanationIsATree(t *testing.T) {
	e := console.Explained{Incident: "parcel-booking-1123", Now: nine(3, 0), Fresh: true, Awaits: "a decision before the latest time to invoke", Gate: "own_probe is asked for, and own-eyes, holdfast's own probe, says that parcel-booking is up",
		Playbooks: []console.PlaybookFit{{Playbook: "move-booking-to-south", Fits: true, Preconditions: []incident.Condition{
			{Needs: "ledger-south up", Answer: detector.Met},
			{Needs: "a recovery point of ledger no older than 5m", Answer: detector.CannotTell, Why: "it needs a recovery point of ledger, and none is known"}}},
			{Playbook: "restore-ledger", Missing: []string{"it needs south, which is lost"}}}}
	e.Verdict = detector.Verdict{Level: detector.MajorIncident, Previous: detector.Impaired, Current: detector.Impaired, Since: nine(0, 0), Open: true, NextAt: nine(14, 0),
		Roots: []string{"booking-entrance"}, Lost: []string{"north"},
		Services: []detector.Outage{
			{Service: "parcel-booking", State: detector.Down, Since: nine(0, 0), Confirmed: nine(1, 0), Objectives: bia.Objectives{Vital: true},
				Clocks: bia.Clocks{Start: nine(0, 0), Deadline: nine(40, 0), DeadlineBy: "rto", LTI: nine(14, 0), RTCKnown: true, MTPDEnd: nine(59, 0)}},
			{Service: "tracking", State: detector.Degraded},
		},
		Explanation: detector.Explanation{Summary: "parcel-booking is down since 09:00", NotCounted: []string{"tracking is not vital"},
			Origin: detector.Origin{At: nine(0, 0), Service: "parcel-booking", How: "the sender's own time, 30s before it was heard",
				Said: []detector.Statement{{Of: "booking-entrance", Observer: "probe", Says: "down", Own: nine(0, 0), Received: nine(0, 30), Counts: nine(0, 0)}}},
			Changes: []detector.Change{{If: detector.IfUp, AnyOf: []string{"booking-entrance"}, Level: detector.MajorIncident, Current: detector.Event},
				{If: detector.IfNothingChanges, At: nine(14, 0), Level: detector.Disaster, Current: detector.Disaster, By: []string{"decision_point"}}},
			Criteria: []detector.Criterion{
				{ID: "decision_point", Level: detector.Disaster, Answer: detector.NotMet, WouldAt: nine(14, 0), Evidence: []string{"the latest time to invoke is 09:14:00"}},
				{ID: "vital_below_mbco", Level: detector.MajorIncident, Answer: detector.Met, MetAt: nine(1, 0), Evidence: []string{"parcel-booking is certainly down", "confirmed after 3s"}, Doubt: "it rests on what is held down"},
				{ID: "data_loss", Level: detector.Disaster, Answer: detector.CannotTell},
			}}}
	wantDrawn(t, `
parcel-booking-1123 MAJOR INCIDENT judged 2026-11-23 09:03:00Z
parcel-booking is down since 09:00
├─ level major incident, before that incident; at this instant the rules say incident
├─ scope
│  ├─ parcel-booking down, below its MBCO since 2026-11-23 09:00:00Z, confirmed at 2026-11-23 09:01:00Z
│  ├─ tracking degraded, not vital, never below its MBCO
│  ├─ root components: booking-entrance
│  └─ lost: north
├─ start (t0)
│  ├─ 2026-11-23 09:00:00Z, of parcel-booking
│  ├─ probe said booking-entrance is down: own time 2026-11-23 09:00:00Z, received 2026-11-23 09:00:30Z
│  └─ the sender's own time, 30s before it was heard
├─ clocks
│  └─ parcel-booking: deadline 2026-11-23 09:40:00Z (rto), latest time to invoke 2026-11-23 09:14:00Z, MTPD ends 2026-11-23 09:59:00Z
├─ criteria
│  ├─ MET: vital_below_mbco (major incident) since 2026-11-23 09:01:00Z
│  │  ├─ parcel-booking is certainly down
│  │  ├─ confirmed after 3s
│  │  └─ people have to decide: it rests on what is held down
│  ├─ unknown: data_loss (disaster)
│  └─ not met: decision_point (disaster) would be met in 11m00s if nothing changes
│     └─ the latest time to invoke is 09:14:00
├─ not declared by itself
│  └─ own_probe is asked for, and own-eyes, holdfast's own probe, says that parcel-booking is up
├─ not counted
│  └─ tracking is not vital
├─ what would change it
│  ├─ if booking-entrance were up, no criterion would hold
│  └─ if nothing changes, it is disaster by decision_point from 2026-11-23 09:14:00Z on
├─ next
│  ├─ the level can change in 11m00s, at 2026-11-23 09:14:00Z, if nothing else happens
│  └─ awaits: a decision before the latest time to invoke
└─ playbooks
   ├─ fits: move-booking-to-south
   │  ├─ met: ledger-south up
   │  └─ unknown: it needs a recovery point of ledger, and none is known
   └─ does not fit: restore-ledger
      └─ it needs south, which is lost
`, drawn(func(out *printer) { printExplained(out, e) }))
}

// Somebody answers for each of these services, and reads one of the three.
func TestWhatAnIncidentThatNobodyDrivesKeepsIsSaidWhereverSomebodyLooks(t *testing.T) {
	kept := console.IncidentStatus{ID: "parcel-booking-1123", HandsOff: "it holds an event of the kind \"entangled\"", Keeps: []string{"parcel-booking", "tracking"}}
	s := console.Status{Now: nine(3, 0), Incidents: []console.IncidentStatus{kept}}
	says := "nothing else is started for parcel-booking, tracking before holdfast stand-down parcel-booking-1123"
	i := console.Incident{Incident: incident.Incident{ID: "tracking-1123", NoPlaybook: []incident.NoPlaybookFits{
		{Service: "tracking", Missing: []string{"nothing fits"}},
		{Service: "tracking", Missing: []string{"run 2 of parcel-booking-1123 was never ended"}, Keeper: "parcel-booking-1123"}}}}
	e := console.Explained{Kept: []console.Kept{{Service: "tracking", Incident: "parcel-booking-1123", Why: "run 2 of parcel-booking-1123 was never ended"}}}
	for _, c := range []struct{ text, wants string }{
		{drawn(func(out *printer) { printStatus(out, s) }), says},
		{drawn(func(out *printer) {
			printIncident(out, console.Incident{Incident: incident.Incident{ID: kept.ID, HandsOff: kept.HandsOff}, Status: kept})
		}), says},
		{drawn(func(out *printer) { printIncident(out, i) }), "no playbook is started for tracking run 2 of parcel-booking-1123 was never ended"},
		{drawn(func(out *printer) { printExplained(out, e) }), "none is started for tracking: run 2 of parcel-booking-1123 was never ended"},
	} {
		if !strings.Contains(c.text, c.wants) || strings.Contains(c.text, "nothing fits") {
			t.Errorf("%q is not in\n%s", c.wants, c.text)
		}
	}
}

func TestTheRosterSaysWhoIsOnDuty(t *testing.T) {
	wantDrawn(t, `
ROLE               ON DUTY     THEN
incident-director  director-1  director-2, operations-1
on-call-ledger     nobody
`, drawn(func(out *printer) {
		printOnCall(out, console.OnCall{Roles: []console.RoleLine{{Role: "incident-director", People: []string{"director-1", "director-2", "operations-1"}}, {Role: "on-call-ledger"}}})
	}))
}

func TestNothingQuotedDrivesTheTerminal(t *testing.T) {
	s := aStatus()
	hostile := "\x1b]0;owned\x07\u202e\u009b31m\r\nholdfast: fake\t\u200b"
	s.Incidents[0].Runs[0].Waiting[0].Text = hostile
	s.Incidents[0].Awaits, s.Incidents[0].HandsOff = hostile, hostile
	s.Components[0].Component, s.Components[0].Flags = hostile, []string{hostile}
	s.Organisation, s.Disarmed, s.Armed = hostile, hostile, false
	got := drawn(func(out *printer) { printStatus(out, s) })
	for _, r := range got {
		if r != '\n' && clean(string(r), "") == "" {
			t.Fatalf("%q reaches the terminal in:\n%q", r, got)
		}
	}
	if bytes.Contains([]byte(got), []byte("\nholdfast: fake")) {
		t.Error("quoted text begins a line of its own")
	}
}

func TestColoursSayNothingThatWordsDoNot(t *testing.T) {
	var w bytes.Buffer
	out := &printer{w: &w, colour: true}
	printStatus(out, aStatus())
	if err := out.flush(); err != nil {
		t.Fatal(err)
	}
	coloured := w.String()
	bare := drawn(func(out *printer) { printStatus(out, aStatus()) })
	for _, p := range []paint{bold, soft, bad, warn, good} {
		coloured = string(bytes.ReplaceAll([]byte(coloured), []byte("\x1b["+string(p)+"m"), nil))
	}
	coloured = string(bytes.ReplaceAll([]byte(coloured), []byte("\x1b[0m"), nil))
	if diff := cmp.Diff(bare, coloured); diff != "" {
		t.Error(diff)
	}
}
