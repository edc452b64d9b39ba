package sim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A monitor watches components and publishes what it sees, under a credential of its own.
type monitor struct {
	w     *World
	id    string
	told  map[string]bool      // component -> that it is down
	since map[string]time.Time // and since when
	lies  []statement          // of whoever stole its credential, to be taken back
	mute  time.Time            // it is silent until then
}

// statement is one alert on the wire.
type statement struct {
	Status   string            `json:"status"`
	Labels   map[string]string `json:"labels"`
	StartsAt time.Time         `json:"starts_at,omitzero"`
	EndsAt   time.Time         `json:"ends_at,omitzero"`
}

func message(all ...statement) []byte {
	body, _ := json.Marshal(map[string]any{"holdfast": 1, "alerts": all})
	return body
}

func (m *monitor) subject() string { return "holdfast.alerts." + m.id }

const beat = 30 * time.Minute

func (w *World) monitors() {
	for n, id := range []string{"probe-south", "probe-east"} {
		m := &monitor{w: w, id: id, told: map[string]bool{}, since: map[string]time.Time{}}
		w.sources = append(w.sources, m)
		w.after(time.Duration(n+1)*time.Second, m.heartbeat)
	}
}

// heartbeat says that the monitor lives, and repeats what is wrong.
func (m *monitor) heartbeat() {
	m.w.after(beat, m.heartbeat)
	if m.w.now.Before(m.mute) && !m.w.dice.calm {
		return
	}
	all := []statement{{Status: "firing", Labels: map[string]string{"alertname": "Watchdog", "observer": m.id}, StartsAt: began}}
	for _, c := range slices.Sorted(maps.Keys(m.told)) {
		if m.told[c] {
			all = append(all, m.says(c))
		}
	}
	m.send(message(all...))
}

// says is what the monitor says of a component now.
func (m *monitor) says(component string) statement {
	s := statement{Status: "firing", Labels: map[string]string{"alertname": "Down", "component": component, "observer": m.id}, StartsAt: m.since[component]}
	if !m.told[component] {
		s.Status, s.StartsAt, s.EndsAt = "resolved", time.Time{}, m.since[component]
	}
	return s
}

// glance has the monitor notice after a while how a component is.
func (m *monitor) glance(component string) {
	m.w.after(m.w.dice.between("until a monitor notices", 5*time.Second, 90*time.Second), func() {
		down := !m.w.ground.up(component)
		if m.told[component] == down || m.w.now.Before(m.mute) && !m.w.dice.calm {
			return
		}
		m.told[component], m.since[component] = down, m.w.now
		s := m.says(component)
		if m.w.dice.fault("an alert carries a clock that is far ahead") {
			s.StartsAt = s.StartsAt.Add(3 * time.Hour)
		}
		m.send(message(s))
	})
}

// send publishes a message, as networks do.
func (m *monitor) send(body []byte) {
	w := m.w
	var delay time.Duration
	switch {
	case w.dice.fault("an alert is overtaken by later ones"):
		delay = w.dice.between("how much an alert is overtaken", time.Second, 3*time.Minute)
	case w.dice.fault("an alert comes hours late"):
		delay = w.dice.between("how late an alert is", 10*time.Minute, 4*time.Hour)
	}
	w.after(delay, func() { m.deliver(body) })
	if w.dice.fault("an alert is delivered twice") {
		w.after(delay+w.dice.between("until it is delivered again", time.Millisecond, time.Hour), func() { m.deliver(body) })
	}
}

// deliver publishes until it is acknowledged: what is refused upstream its sender sends again.
func (m *monitor) deliver(body []byte) {
	if m.w.now.Before(m.w.store.cut) {
		m.w.saw("an alert was refused upstream and sent again")
		m.w.after(30*time.Second, func() { m.deliver(body) })
		return
	}
	m.w.publish(m.subject(), body)
}

// lie says what is not so, under the credential of the monitor: everything, everywhere, as anybody.
func (m *monitor) lie() {
	w := m.w
	as := one(w.dice, "whom the attacker speaks as", []string{"probe-south", "probe-east", "director", ""})
	s := statement{Status: "firing", Labels: map[string]string{"alertname": fmt.Sprintf("Lie%d", w.dice.below("lies", 4))}, StartsAt: w.now}
	if as != "" {
		s.Labels["observer"] = as
	}
	if as != "" && as != m.id {
		w.saw("an attacker speaks as another observer")
	}
	switch w.dice.below("what the attacker says", 7) {
	case 0:
		s.Labels["site"], s.Labels["effect"] = one(w.dice, "which site", []string{"north", "south"}), one(w.dice, "how a site is said to be", []string{"lost", "impaired"})
	case 3:
		s.Labels["data"], s.Labels["effect"] = "bookings", "unusable"
		w.saw("an attacker speaks of data")
	case 1:
		s.Labels["service"], s.Labels["effect"] = one(w.dice, "which service", []string{"booking", "tracking"}), "down"
		w.saw("an attacker speaks of a service as a whole")
	case 2:
		s.Labels["alertname"] = "Watchdog"
	default:
		s.Labels["component"] = one(w.dice, "which component", components)
	}
	m.lies = append(m.lies, s)
	w.saw("an attacker speaks with a stolen credential")
	m.deliver(message(s))
}

// makeTrueAgain has every monitor say how everything is, and what was said by thieves taken back.
func (w *World) makeTrueAgain() {
	for _, m := range w.sources {
		m.mute = time.Time{}
		var all []statement
		for _, c := range components {
			m.told[c], m.since[c] = !w.ground.up(c), w.now
			all = append(all, m.says(c))
		}
		for _, s := range m.lies {
			s.Status, s.StartsAt, s.EndsAt = "resolved", time.Time{}, w.now
			all = append(all, s)
		}
		m.deliver(message(all...))
	}
}

// hostile are bodies that no sender of good will sends.
var hostile = []string{
	"",
	"{",
	`{"holdfast":1,"alerts":[{"status":"firing","labels":{"component":"ledger"},"Status":"resolved"}]}`,
	`{"holdfast":1,"alerts":[{"status":"firing","labels":{"component":"ledger"},"labels":{}}]}`,
	`{"holdfast":1,"alerts":[{"status":"on fire","labels":{"component":"ledger"}}]}`,
	"{\"holdfast\":1,\"alerts\":[{\"status\":\"firing\",\"labels\":{\"component\":\"\xff\xfe\"}}]}",
	`{"holdfast":7,"alerts":[]}`,
	`[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[`,
	`{"version":"4","alerts":"none"}`,
}

// storm floods the log: most of it means nothing, some of it repeats what is known.
func (m *monitor) storm() {
	w := m.w
	w.saw("a storm of alerts")
	for n := range 20 {
		var all []statement
		for k := range 10 {
			all = append(all, statement{Status: "firing", Labels: map[string]string{"alertname": "Noise", "component": fmt.Sprintf("rack-%d-%d", n, k), "observer": m.id}, StartsAt: w.now})
		}
		if c := components[n%len(components)]; m.told[c] {
			all = append(all, m.says(c))
		}
		w.after(time.Duration(n)*500*time.Millisecond, func() { m.deliver(message(all...)) })
	}
}
