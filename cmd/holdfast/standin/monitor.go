package standin

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

// A Monitor looks at the organisation and publishes what an Alertmanager would: webhook bodies (version 4), grouped by
// alert name, with every alert of the group, again and again while it fires. It goes on sending a change until the
// alert log has acknowledged it.
type Monitor struct {
	Observer     string // its name in bia.yaml; alerts go to holdfast.alerts.<Observer>
	Organisation *Organisation
	Connection   *nats.Conn
	Look         time.Duration // between two looks
	Heartbeat    time.Duration // between two Watchdogs
	Repeat       time.Duration // between two sendings of a group in which nothing changed

	groups map[string]*group
}

// A group is all alerts of one name.
type group struct {
	alerts map[string]*amAlert // by component
	dirty  bool                // something changed that has not been acknowledged
	sent   time.Time
}

// amBody and amAlert are Alertmanager's webhook, version 4, as it writes it.
type amBody struct {
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   int               `json:"truncatedAlerts"`
	Status            string            `json:"status"`
	Receiver          string            `json:"receiver"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	Alerts            []*amAlert        `json:"alerts"`
}

type amAlert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"` // year 1 while firing
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// Run looks until ctx ends.
func (m *Monitor) Run(ctx context.Context) {
	m.groups = map[string]*group{"Watchdog": {alerts: map[string]*amAlert{"": m.alert("Watchdog", "", time.Now())}}}
	tick := time.NewTicker(m.Look)
	defer tick.Stop()
	for {
		m.look(time.Now())
		m.send(ctx, time.Now())
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// look compares what works with what was said of it.
func (m *Monitor) look(now time.Time) {
	for id, well := range m.Organisation.Well() {
		name := alertName(id)
		g := m.groups[name]
		if g == nil {
			g = &group{alerts: map[string]*amAlert{}}
			m.groups[name] = g
		}
		a, firing := g.alerts[id]
		firing = firing && a.Status == "firing"
		switch {
		case !well && !firing:
			g.alerts[id] = m.alert(name, id, now)
			g.dirty = true
		case well && firing:
			a.Status, a.EndsAt = "resolved", now
			g.dirty = true
		}
	}
}

func alertName(component string) string {
	switch component {
	case Entrance:
		return "BookingProbeFails"
	case LedgerWrites:
		return "LedgerNotWritable"
	}
	return "InstanceDown"
}

func (m *Monitor) alert(name, component string, now time.Time) *amAlert {
	labels := map[string]string{"alertname": name, "observer": m.Observer, "severity": "critical"}
	annotations := map[string]string{"summary": component + " does not answer"}
	switch name {
	case "Watchdog":
		labels["severity"], annotations["summary"] = "none", "Monitoring is alive"
	case "InstanceDown":
		labels["instance"], labels["job"] = component, "machines"
	}
	return &amAlert{Status: "firing", Labels: labels, Annotations: annotations, StartsAt: now,
		GeneratorURL: fmt.Sprintf("http://%s.example:9090/graph?g0.expr=up", m.Observer), Fingerprint: fingerprint(labels)}
}

// fingerprint is an identity that stays for a set of labels, sixteen hex digits like Alertmanager's.
func fingerprint(labels map[string]string) string {
	h := fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		h.Write([]byte(name + "\xff" + labels[name] + "\xff"))
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// send publishes the groups that have news, and those whose time to be repeated has come.
func (m *Monitor) send(ctx context.Context, now time.Time) {
	for _, name := range slices.Sorted(maps.Keys(m.groups)) {
		g := m.groups[name]
		every := m.Repeat
		if name == "Watchdog" {
			every = m.Heartbeat
		}
		due := len(g.alerts) > 0 && now.Sub(g.sent) >= every
		if !g.dirty && !due {
			continue
		}
		if m.publish(ctx, name, g) != nil {
			continue // not stored: the next look sends it again
		}
		g.dirty, g.sent = false, now
		maps.DeleteFunc(g.alerts, func(_ string, a *amAlert) bool { return a.Status == "resolved" })
	}
}

// publish sends a group as a request, so that the stored acknowledgement is seen.
func (m *Monitor) publish(ctx context.Context, name string, g *group) error {
	body, err := json.Marshal(m.body(name, g))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	answer, err := m.Connection.RequestWithContext(ctx, "holdfast.alerts."+m.Observer, body)
	if err != nil {
		return err
	}
	if !strings.Contains(string(answer.Data), `"seq"`) {
		return fmt.Errorf("not stored: %s", answer.Data)
	}
	return nil
}

func (m *Monitor) body(name string, g *group) amBody {
	b := amBody{Version: "4", GroupKey: fmt.Sprintf("{}:{alertname=%q}", name), Status: "resolved", Receiver: "holdfast",
		GroupLabels: map[string]string{"alertname": name}, CommonAnnotations: map[string]string{},
		CommonLabels: map[string]string{"alertname": name, "observer": m.Observer}, ExternalURL: "http://" + m.Observer + ".example:9093"}
	for _, id := range slices.Sorted(maps.Keys(g.alerts)) {
		b.Alerts = append(b.Alerts, g.alerts[id])
		if g.alerts[id].Status == "firing" {
			b.Status = "firing"
		}
	}
	return b
}
