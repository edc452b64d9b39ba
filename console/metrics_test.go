package console

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
	"holdfast/incident"
	"holdfast/oncall"
	"holdfast/playbooks"
)

// knownSight is a state of which every figure is known.
func knownSight() sight {
	at := func(minute int) time.Time { return morning.Add(time.Duration(minute) * time.Minute) }
	out := incident.Recovery{Service: "booking", Since: at(0), Objectives: bia.Objectives{RTO: time.Hour}, Clocks: bia.Clocks{LTI: at(20), Deadline: at(60)}}
	back := incident.Recovery{Service: "booking", Since: at(-600), Restored: at(-580), Objectives: bia.Objectives{RTO: time.Hour}}
	late := incident.Recovery{Service: "ledger", Since: at(-600), Restored: at(-500), Missed: at(-540)}
	run := incident.Run{ID: "1", Steps: []incident.StepState{
		{ID: "page", Kind: playbooks.KindNotify, Role: "on-call", Status: incident.Done, Started: at(5), Ended: at(6)},
		{ID: "fence", Kind: playbooks.KindRun, Status: incident.Stuck},
		{ID: "go", Kind: playbooks.KindDecide, Role: "director", Status: incident.Waiting, Started: at(7)},
	}}
	event := func(e incident.Event) incident.Record { return incident.Record{At: at(7), Incident: "now", Event: e} }
	return sight{now: at(30), armed: true, epoch: 2,
		slacks: func(incident.Incident, incident.Run) []incident.Slack {
			return []incident.Slack{{Service: "booking", Deadline: at(60), P50: incident.Span(12 * time.Minute), P90: incident.Span(-5 * time.Minute)}, {Service: "ledger", Deadline: at(60), Actual: true}}
		},
		documents: &incident.Documents{BIA: &bia.Analysis{Observers: map[string]*bia.Observer{"prom": {}, "probes": {}}}, People: &oncall.Roster{Roles: map[string]*oncall.Role{"director": {}, "on-call": {}, "cto": {}}}},
		newest: slices.Values([]incident.Incident{
			{ID: "now", Opened: at(1), Level: detector.Disaster, FirstDisaster: at(2), DeclaredAt: at(5), Recoveries: []incident.Recovery{out}, Runs: []incident.Run{run}, Timeline: []incident.Record{
				event(incident.StepDone{Run: "1", Step: "page"}),
				event(incident.ObjectiveAtRisk{Run: "1", Service: "booking", Risk: incident.RiskPossible}),
				event(incident.StepFailed{Run: "1", Step: "fence", Outcome: incident.TimedOut}),
				event(incident.StepFailed{Run: "1", Step: "fence", Outcome: incident.TimedOut}),
				event(incident.Notified{Notice: 1, Person: "a", Channel: "webhook"}),
				event(incident.Notified{Notice: 2, Person: "b", Error: "no channel"}),
			}},
			{ID: "twice", Opened: at(3), Level: detector.Impaired, Recoveries: []incident.Recovery{{Service: "booking", Since: at(3)}}},
			{ID: "before", Opened: at(-600), Closed: at(-400), Level: detector.MajorIncident, Recoveries: []incident.Recovery{back, late},
				Timeline: []incident.Record{event(incident.ObjectiveMissed{Service: "ledger", Objective: "rto"})}},
		}),
		counts: incident.Counts{Truncated: 4, Unreadable: map[alert.Reason]uint64{alert.NotJSON: 3},
			Heard: detector.Heard{Received: map[string]uint64{"prom": 7, "": 2, "whoever": 1}, Unmapped: 5, Suspect: 6, Misattributed: map[string]uint64{"probes": 9, "whoever": 1}}}}
}

// A still is a collector of one reading.
type still []prometheus.Metric

func (s still) Describe(chan<- *prometheus.Desc) {}
func (s still) Collect(out chan<- prometheus.Metric) {
	for _, m := range s {
		out <- m
	}
}

func TestAScrapeOfAKnownState(t *testing.T) {
	m := &reading{}
	m.house(knownSight())
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(still(m.metrics))
	known, err := os.Open("testdata/scrape.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = known.Close() }()
	if err := testutil.GatherAndCompare(registry, known); err != nil {
		t.Error(err)
	}
}

func TestCountersThatAlertRulesRestOnAreThereBeforeTheyCount(t *testing.T) {
	body := text(t, get("/metrics").of(New(newHouse(t).config())))
	wantIn(t, body, `holdfast_notifications_total{channel="none",outcome="failed"} 0`, `holdfast_objectives_missed_total{objective="rto",service="booking-api"} 0`)
}

func TestTheMetricsAreCleanByPrometheusOwnRules(t *testing.T) {
	h := newHouse(t)
	h.loseNorth()
	cfg := h.config()
	cfg.Connected = func() bool { return true }
	cfg.LastReload = func() Reload { return Reload{OK: true, At: morning} }
	cfg.LastStart = func() Start { return Start{Took: 1500 * time.Millisecond, Recalled: 2000} }
	cfg.Ready = func() []Check { return []Check{{Name: "journal", OK: true}} }
	problems, err := testutil.GatherAndLint(newConsole(cfg).metrics)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	body := text(t, get("/metrics").of(New(cfg)))
	wantIn(t, body, "holdfast_nats_connected 1", "holdfast_start_seconds 1.5", "holdfast_start_recalled_alert_messages 2000", "holdfast_config_last_reload_successful 1", "holdfast_config_last_reload_success_timestamp_seconds 1.7954", `holdfast_ready{check="journal"} 1`,
		`holdfast_build_info{goversion="go`, "go_goroutines", "process_start_time_seconds", `holdfast_incidents_open{level="disaster"} 1`, `holdfast_outage_seconds{service="parcel-booking"}`)
}

func TestNothingThatAnAlertSaysBecomesALabel(t *testing.T) {
	h := newHouse(t)
	h.loseNorth()
	before := series(text(t, get("/metrics").of(New(h.config()))))
	for n := range 2000 {
		canary := path("canary-%d", n)
		h.hear(alert.Alert{Status: alert.Firing, Fingerprint: canary, Labels: alert.LabelsOf(map[string]string{"alertname": canary, "observer": canary, "component": canary, "service": canary, "site": canary, canary: canary}),
			Annotations: alert.LabelsOf(map[string]string{"summary": canary})})
	}
	h.settle()
	body := text(t, get("/metrics").of(New(h.config())))
	wantOut(t, body, "canary")
	if diff := cmp.Diff(before, series(body)); diff != "" {
		t.Errorf("other series after 2000 alerts of strangers:\n%s", diff)
	}
	wantIn(t, body, `holdfast_alerts_received_total{observer="none"} 20`)
}

// series are the names of the time series in a scrape that holdfast itself makes.
func series(scrape string) (names []string) {
	for line := range strings.Lines(scrape) {
		if name, _, ok := strings.Cut(line, " "); ok && strings.HasPrefix(name, "holdfast_") {
			names = append(names, name)
		}
	}
	return names
}

func TestAnOpenIncidentOfAServiceTwiceIsOneSeries(t *testing.T) {
	m := &reading{}
	m.outages(knownSight())
	if len(m.metrics) != 4 { // how long, invoked or not, and the two countdowns
		t.Errorf("%d series for the outage of one service", len(m.metrics))
	}
}
