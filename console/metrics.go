package console

import (
	"net/http"
	"runtime"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
	"holdfast/incident"
)

// What holdfast measures. Every figure is computed from the state when it is scraped; nothing is counted on the side, so
// a restart, a standby and a rehearsal give the same figures. A label holds only words of a closed set: ids of bia.yaml
// and people.yaml, names of this code; never anything an alert says, and never the id of an incident.
var (
	infoDesc = desc("build_info", "Version that is running; always 1.", "version", "goversion")

	outageDesc    = desc("outage_seconds", "How long the running outage of a service has lasted, from the start of the disruption.", "service")
	invokedDesc   = desc("outage_invoked", "Whether a playbook was invoked for a service that is out.", "service")
	ltiDesc       = desc("latest_time_to_invoke_seconds", "Seconds left until a service that is out can no longer be recovered in time; negative once that is past.", "service")
	remainingDesc = desc("rto_remaining_seconds", "Seconds left of the recovery time objective of a service that is out; negative once it is missed.", "service")
	expectedDesc  = desc("run_expected_recovery_timestamp_seconds", "When the run that goes on for a service is forecast to have brought it back: 50 is as likely too early as too late, 90 too early once in ten times.", "service", "percentile")
	slackDesc     = desc("run_slack_seconds", "Seconds between the forecast recovery of a service and its deadline (the end of its MTPD once that is missed); negative: too late.", "service", "percentile")
	riskDesc      = desc("objectives_at_risk_total", "How often a run was first forecast to come too late: possible, likely, or behind the end of the MTPD.", "service", "risk")
	rtaDesc       = desc("recovery_time_actual_seconds", "Recovery time actual: from the start of a disruption to the start of the stable period that ended it.", "service", "exercise")
	lagDesc       = desc("decision_lag_seconds", "From the first classification as a disaster to its declaration.")
	waitDesc      = desc("step_wait_seconds", "How long steps waited for people of a role, from being asked to the end of the step.", "role")
	missedDesc    = desc("objectives_missed_total", "Deadlines that passed before the service was back.", "service", "objective")

	openDesc         = desc("incidents_open", "Incidents that are not over, by the highest level they reached.", "level")
	runsDesc         = desc("runs_active", "Playbook runs that have not ended.")
	waitingDesc      = desc("steps_waiting", "Steps that wait for somebody of a role.", "role")
	stepsDesc        = desc("steps_total", "How attempts at steps ended.", "kind", "outcome")
	notificationDesc = desc("notifications_total", "Notices to people, by how they went out.", "channel", "outcome")

	exercisesDesc = desc("exercises_open", "Exercises that are not concluded, by kind. No other figure counts an exercise.", "kind")
	cleanUpDesc   = desc("exercise_cleanup_steps_open", "Steps that still have to put back what an exercise did.")
	verifiedDesc  = desc("playbook_verified", "Whether an exercise that still holds showed what a playbook can do.", "playbook")
	exercisedDesc = desc("exercise_recovery_seconds", "How long the last exercise that was carried through took to recover.", "playbook", "kind")

	receivedDesc   = desc("alerts_received_total", "Alerts that were read, by the observer that sent them; \"none\": nobody that bia.yaml knows.", "observer")
	unreadableDesc = desc("alerts_unreadable_total", "Messages that neither a format nor a mapping reads; they are kept with the reason.", "reason")
	unmappedDesc   = desc("alerts_unmapped_total", "Alerts about nothing that bia.yaml knows.")
	strayDesc      = desc("alerts_misattributed_total", "Alerts that claim to be of an observer and came on a subject that is not its (speaks_on): they say nothing.", "observer")
	suspectDesc    = desc("alerts_clock_suspect_total", "Alerts whose own time could not be, judged by the time of receipt instead.")
	truncatedDesc  = desc("alerts_truncated_total", "Alerts that senders left out of their messages.")

	armedDesc      = desc("armed", "Whether declarations may happen automatically.")
	shadowDesc     = desc("shadow", "Whether this daemon only judges and records: it declares nothing, invokes nothing and tells nobody.")
	epochDesc      = desc("epoch", "How many times a daemon has taken over this house.")
	chargeDesc     = desc("in_charge", "Whether this daemon is in charge of its journal; 0 while it stands by.")
	connectedDesc  = desc("nats_connected", "Whether NATS is connected.")
	readyDesc      = desc("ready", "Whether a check holds that the daemon needs to be able to act.", "check")
	startDesc      = desc("start_seconds", "How long the last start took to read both logs, until this daemon was in charge or stood by; 0 until then.")
	recalledDesc   = desc("start_recalled_alert_messages", "Up to which message of the alert log what was heard had been kept by a life before, so that the last start did not hear it anew; 0: it heard everything.")
	reloadedDesc   = desc("config_last_reload_successful", "Whether the last attempt to read the documents went well.")
	reloadedAtDesc = desc("config_last_reload_success_timestamp_seconds", "When the documents were last read well.")
)

var (
	recoveryBuckets = seconds(time.Minute, 5*time.Minute, 15*time.Minute, 30*time.Minute, time.Hour, 2*time.Hour, 4*time.Hour, 8*time.Hour, 24*time.Hour, 72*time.Hour)
	peopleBuckets   = seconds(10*time.Second, 30*time.Second, time.Minute, 2*time.Minute, 5*time.Minute, 10*time.Minute, 20*time.Minute, 30*time.Minute, time.Hour, 4*time.Hour)
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("holdfast_"+name, help, labels, nil)
}

func seconds(bounds ...time.Duration) []float64 {
	var all []float64
	for _, b := range bounds {
		all = append(all, b.Seconds())
	}
	return all
}

// newRegistry is what /metrics shows: the house, the Go runtime, the process.
func newRegistry(c *console) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(figures{c, &bygones{}}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// scrape is GET /metrics.
func (c *console) scrape(w http.ResponseWriter, r *http.Request) {
	promhttp.HandlerFor(c.metrics, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, EnableOpenMetrics: true, ErrorLog: scrapeLog{c}}).ServeHTTP(w, r)
}

// scrapeLog tells of a metric that could not be collected.
type scrapeLog struct{ *console }

func (l scrapeLog) Println(v ...any) {
	l.Logger.Error().Any("error", v).Msg("a metric could not be collected")
}

// figures reads the house off at every scrape.
type figures struct {
	*console
	bygones *bygones
}

// Describe makes this an unchecked collector: which series there are depends on what goes on.
func (f figures) Describe(chan<- *prometheus.Desc) {}

// Collect looks at the desk once, and sends the figures after that.
func (f figures) Collect(out chan<- prometheus.Metric) {
	m := &reading{bygones: f.bygones}
	f.look(func(d *incident.Desk, s sight) { m.desk = d; m.house(s) })
	m.daemon(f.console)
	for _, metric := range m.metrics {
		out <- metric
	}
}

// A reading is all figures at one instant.
type reading struct {
	metrics []prometheus.Metric
	desk    *incident.Desk
	bygones *bygones // of readings before; used only while the desk is looked at
}

func (m *reading) gauge(d *prometheus.Desc, v float64, labels ...string) {
	m.metrics = append(m.metrics, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...))
}

func (m *reading) counter(d *prometheus.Desc, v float64, labels ...string) {
	m.metrics = append(m.metrics, prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...))
}

func (m *reading) flag(d *prometheus.Desc, holds bool, labels ...string) {
	m.gauge(d, map[bool]float64{true: 1}[holds], labels...)
}

// house reads off what the desk knows.
func (m *reading) house(s sight) {
	m.outages(s)
	m.forecasts(s)
	m.work(s)
	m.history(s)
	m.reports(s)
	m.exercises(s)
	m.alerts(s)
	m.flag(armedDesc, s.armed)
	m.flag(shadowDesc, s.shadow)
	m.gauge(epochDesc, float64(s.epoch))
}

// daemon reads off what the program knows of itself.
func (m *reading) daemon(c *console) {
	m.gauge(infoDesc, 1, c.Version, runtime.Version())
	if c.Charge != nil {
		m.flag(chargeDesc, c.Charge().Here)
	}
	if c.Connected != nil {
		m.flag(connectedDesc, c.Connected())
	}
	for _, check := range c.checks() {
		m.flag(readyDesc, check.OK, check.Name)
	}
	if c.LastStart != nil {
		last := c.LastStart()
		m.gauge(startDesc, last.Took.Seconds())
		m.gauge(recalledDesc, float64(last.Recalled))
	}
	if c.LastReload != nil {
		last := c.LastReload()
		m.flag(reloadedDesc, last.OK)
		m.gauge(reloadedAtDesc, float64(last.At.UnixMilli())/1000)
	}
}

// outages are the clocks that run. A service has one series, however many incidents name it: that of its oldest outage.
func (m *reading) outages(s sight) {
	running, invoked := map[string]incident.Recovery{}, map[string]bool{}
	for _, i := range s.open() {
		for _, r := range i.Recoveries {
			if other, twice := running[r.Service]; r.Running(s.now) > 0 && (!twice || r.Since.Before(other.Since)) {
				running[r.Service] = r
			}
		}
		for _, run := range i.Runs {
			for _, service := range append([]string{run.Service}, run.Covers...) {
				invoked[service] = true
			}
		}
	}
	for _, service := range sorted(running) {
		r := running[service]
		m.gauge(outageDesc, r.Running(s.now).Seconds(), service)
		m.flag(invokedDesc, invoked[service], service)
		if !r.Clocks.LTI.IsZero() {
			m.gauge(ltiDesc, r.Clocks.LTI.Sub(s.now).Seconds(), service)
		}
		if r.Objectives.RTO > 0 {
			m.gauge(remainingDesc, r.Since.Add(r.Objectives.RTO).Sub(s.now).Seconds(), service)
		}
	}
}

// forecasts are when runs are expected to be through. A service has one pair of series: of the run that leaves it the least slack.
func (m *reading) forecasts(s sight) {
	least := map[string]incident.Slack{}
	for _, i := range s.open() {
		for _, run := range i.Runs {
			if !run.Active() {
				continue
			}
			for _, slack := range s.slacks(i, run) {
				if other, twice := least[slack.Service]; !slack.Actual && (!twice || slack.P50 < other.P50) {
					least[slack.Service] = slack
				}
			}
		}
	}
	for _, service := range sorted(least) {
		l := least[service]
		for percentile, slack := range map[string]incident.Span{"50": l.P50, "90": l.P90} {
			left := time.Duration(slack)
			m.gauge(expectedDesc, float64(l.Deadline.Add(-left).UnixMilli())/1000, service, percentile)
			m.gauge(slackDesc, left.Seconds(), service, percentile)
		}
	}
}

// work is what is under way.
func (m *reading) work(s sight) {
	levels := map[detector.Level]int{detector.Impaired: 0, detector.MajorIncident: 0, detector.Disaster: 0}
	waiting := map[string]int{}
	if roster := s.people(); roster != nil {
		for role := range roster.Roles {
			waiting[role] = 0
		}
	}
	active := 0
	for _, i := range s.open() {
		levels[i.Level]++
		for _, run := range i.Runs {
			if !run.Ended.IsZero() {
				continue
			}
			active++
			for _, step := range run.Steps {
				if waits(step) {
					waiting[orNone(step.Role)]++
				}
			}
		}
	}
	for _, level := range sorted(levels) {
		m.gauge(openDesc, float64(levels[level]), level.String())
	}
	for _, role := range sorted(waiting) {
		m.gauge(waitingDesc, float64(waiting[role]), role)
	}
	m.gauge(runsDesc, float64(active))
}

// exercises are figures of their own: what is live counts nothing of them.
func (m *reading) exercises(s sight) {
	open, left := map[incident.Exercise]int{}, 0
	for _, i := range s.underExercise() {
		open[i.Exercise]++
		left += len(i.OpenCleanUp())
	}
	for _, kind := range incident.Kinds {
		m.gauge(exercisesDesc, float64(open[kind]), string(kind))
	}
	m.gauge(cleanUpDesc, float64(left))
	for _, p := range proofsOf(s) {
		m.flag(verifiedDesc, p.State == incident.Verified, p.Playbook)
		if p.RTC > 0 {
			m.gauge(exercisedDesc, time.Duration(p.RTC).Seconds(), p.Playbook, string(p.Last.Exercise))
		}
	}
}

// alerts is what came in.
func (m *reading) alerts(s sight) {
	received := among(s, s.counts.Received)
	for _, observer := range sorted(received) {
		m.counter(receivedDesc, received[observer], observer)
	}
	for _, reason := range alertReasons {
		m.counter(unreadableDesc, float64(s.counts.Unreadable[reason]), string(reason))
	}
	m.counter(unmappedDesc, float64(s.counts.Unmapped))
	strays := among(s, s.counts.Misattributed)
	for _, observer := range sorted(strays) {
		m.counter(strayDesc, strays[observer], observer)
	}
	m.counter(suspectDesc, float64(s.counts.Suspect))
	m.counter(truncatedDesc, float64(s.counts.Truncated))
}

var alertReasons = []alert.Reason{alert.TooLarge, alert.NotUTF8, alert.NotJSON, alert.TooDeep, alert.TooMany, alert.DuplicateKey, alert.NotANumber, alert.UnknownForm, alert.Malformed, alert.TooCostly}

// among counts alerts by the observers that bia.yaml names, all others together as "none": a sender may call itself anything,
// and as often as it likes something else.
func among(s sight, counts map[string]uint64) map[string]float64 {
	counted := map[string]float64{"none": 0}
	known := map[string]*bia.Observer{}
	if s.documents != nil {
		known = s.documents.BIA.Observers
	}
	for observer := range known {
		counted[observer] = 0
	}
	for observer, n := range counts {
		if known[observer] == nil {
			observer = "none"
		}
		counted[observer] += float64(n)
	}
	return counted
}

func orNone(label string) string {
	if label == "" {
		return "none"
	}
	return label
}

// A tally is a histogram in the making.
type tally struct {
	bounds []float64
	counts []uint64
	sum    float64
	n      uint64
}

func newTally(bounds []float64) *tally {
	return &tally{bounds: bounds, counts: make([]uint64, len(bounds))}
}

func (t *tally) copy() *tally {
	c := *t
	c.counts = slices.Clone(t.counts)
	return &c
}

func (t *tally) add(d time.Duration) {
	t.n++
	t.sum += d.Seconds()
	first, _ := slices.BinarySearch(t.bounds, d.Seconds())
	for i := first; i < len(t.bounds); i++ {
		t.counts[i]++
	}
}

func (m *reading) histogram(d *prometheus.Desc, t *tally, labels ...string) {
	buckets := map[float64]uint64{}
	for i, bound := range t.bounds {
		buckets[bound] = t.counts[i]
	}
	m.metrics = append(m.metrics, prometheus.MustNewConstHistogram(d, t.n, t.sum, buckets, labels...))
}
