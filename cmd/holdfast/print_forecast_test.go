package main

import (
	"strings"
	"testing"
	"time"

	"holdfast/console"
	"holdfast/incident"
	"holdfast/playbooks"
)

func TestWhoeverLooksSeesWhenItWillBeBackAndWhatHoldsEverybodyUp(t *testing.T) {
	forecast := &incident.Forecast{HeldUpBy: []string{"go"}, Recovered: &incident.Expected{P50: nine(30, 0), P90: nine(45, 0), People: incident.Span(15 * time.Minute), Machines: incident.Span(5 * time.Minute)},
		Services: []incident.Slack{{Service: "parcel-booking", Deadline: nine(40, 0), DeadlineBy: "rto", Expected: nine(30, 0), P50: incident.Span(10 * time.Minute), P90: incident.Span(-5 * time.Minute)}}}
	s := aStatus()
	s.Incidents[0].Runs[0].Forecast = forecast
	s.Incidents[0].Runs[0].Waiting[0].HoldsUp = true
	seen := drawn(func(out *printer) { printStatus(out, s) })

	var i console.Incident
	i.ID, i.Opened, i.Now = "parcel-booking-1123", nine(1, 0), nine(10, 0)
	i.Runs = []incident.Run{{ID: "1", Name: "move-booking-to-south", Steps: []incident.StepState{
		{ID: "go", Kind: playbooks.KindDecide, Status: incident.Waiting, Started: nine(7, 0)}, {ID: "fence", Kind: playbooks.KindRun, Status: incident.Running, Started: nine(7, 0)}}}}
	i.Status.Runs = []console.RunStatus{{Run: "1", Forecast: forecast}}
	whole := drawn(func(out *printer) { printIncident(out, i) })
	for _, line := range []string{"forecast back 2026-11-23 09:30:00Z, nine times in ten by 2026-11-23 09:45:00Z", "once in ten times 5m00s too late", "holds everybody up"} {
		if !strings.Contains(seen, line) || !strings.Contains(whole, line) {
			t.Errorf("%q is missing in\n%s\n%s", line, seen, whole)
		}
	}
	if !strings.Contains(whole, "holds everybody up, for 3m00s") || strings.Count(whole, "holds everybody up, ") != 1 {
		t.Errorf("the step is not marked, or another is:\n%s", whole)
	}
}
