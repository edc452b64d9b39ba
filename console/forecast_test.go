package console

import (
	"testing"
	"time"

	"holdfast/incident"
)

func TestTheForecastOfARunIsInTheAPIOnThePagesAndInTheMetrics(t *testing.T) {
	h := newHouse(t)
	id := h.loseNorth()
	console := New(h.config())
	run := decoded[Status](t, get("/api/v1/status").of(console)).Incidents[0].Runs[0]
	f := run.Forecast
	if f == nil || f.Recovered == nil || !f.Recovered.P50.After(h.now) || f.Recovered.P90.Before(f.Recovered.P50) || len(f.Services) == 0 {
		t.Fatalf("the forecast is %+v", f)
	}
	for _, s := range f.Services {
		if got := s.Deadline.Sub(f.Recovered.P50); time.Duration(s.P50) != got {
			t.Errorf("the slack of %s is %v, not %v", s.Service, s.P50, got)
		}
	}
	if run.Waiting[0].Step != "page" || !run.Waiting[0].HoldsUp {
		t.Errorf("the page that nobody took does not hold everybody up: %+v", run.Waiting)
	}
	wantIn(t, text(t, get("/").of(console)), "holds everybody up", "forecast back "+stamp(f.Recovered.P50))
	wantIn(t, text(t, get("/incidents/"+id).of(console)), "HOLDS EVERYBODY UP", "nine times in ten by "+stamp(f.Recovered.P90), "from the playbook alone", "the deadline")
	wantIn(t, text(t, get("/metrics").of(console)), `holdfast_run_expected_recovery_timestamp_seconds{percentile="50",service="booking-api"}`,
		`holdfast_run_slack_seconds{percentile="90",service="booking-api"}`, `holdfast_objectives_at_risk_total{risk="likely",service="booking-api"}`)
}

func TestAForecastIsToldInSentences(t *testing.T) {
	at := func(minute int) time.Time { return morning.Add(time.Duration(minute) * time.Minute) }
	minutes := func(n int) incident.Span { return incident.Span(time.Duration(n) * time.Minute) }
	r := RunStatus{Forecast: &incident.Forecast{Past: 3, HeldUpBy: []string{"go"}, Untimed: []string{"look"},
		Recovered:     &incident.Expected{P50: at(40), P90: at(70), People: minutes(8), Machines: minutes(2)},
		WorkRecovered: &incident.Expected{P50: at(90), P90: at(120)},
		Services: []incident.Slack{{Service: "shop", Deadline: at(60), DeadlineBy: "rto", Expected: at(40), P50: minutes(20), P90: minutes(-10)},
			{Service: "stall", Deadline: at(60), DeadlineBy: "rto", Expected: at(40), P50: minutes(20), P90: minutes(-10)},
			{Service: "till", Deadline: at(60), DeadlineBy: "rto", Expected: at(25), Back: true}}}}
	wantLines(t, r.ForecastLines(at(30)),
		"forecast back 2026-11-23 09:40:00Z, nine times in ten by 2026-11-23 10:10:00Z (10m00s from now: 8m00s people, 2m00s machines; from the playbook and 3 past runs)",
		"shop, stall: 20m00s of slack to the deadline 2026-11-23 10:00:00Z (rto), once in ten times 10m00s too late",
		"till back since 2026-11-23 09:25:00Z, and has to hold; the deadline 2026-11-23 10:00:00Z (rto)",
		"holds everybody up: go")
	wantLines(t, r.FurtherLines(), "work forecast to be back 2026-11-23 10:30:00Z, nine times in ten by 2026-11-23 11:00:00Z", "nobody says how long it takes: look")
	r.Forecast = &incident.Forecast{Never: "go was declined"}
	wantLines(t, r.ForecastLines(at(30)), "no recovery is forecast: go was declined")
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	for n := range max(len(got), len(want)) {
		if n >= len(got) || n >= len(want) || got[n] != want[n] {
			t.Errorf("%q, not %q", got, want)
			return
		}
	}
}
