package incident

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast/bia"
	"holdfast/detector/alert"
)

// lookedAt is a shop that holdfast looks at itself, and a rule that wants that.
const lookedAt = `
organisation: A shop
defaults: {confirm_for: 5m, recover_for: 10m, decision_margin: 1m}
services:
  shop: {vital: true, mtpd: 8h, rto: 4h, wrt: 30m, rtc: 1h, needs: [web]}
sites: {north: {}}
observers: {prom: {}, facility: {}, own-eyes: {own: true}}
components: {web: {site: north, class: compute, observers: [prom]}}
probes: {shop: {service: shop, http: {url: "http://shop.example"}}}
declaration: {authority: incident-director, mode: automatic, automatic_for: [facility_lost], require: {own_probe: true}}
`

// own has a desk hear what a probe sees, with the heartbeat of the probes.
func (s *shift) own(sequence uint64, on, about, id, effect string) {
	s.Helper()
	alerts := []alert.Alert{{Status: alert.Firing, StartsAt: s.now, Labels: alert.LabelsOf(map[string]string{"alertname": bia.OwnHeartbeat, "observer": "own-eyes"})}}
	if effect != "" {
		alerts = append(alerts, alert.Alert{Status: alert.Firing, StartsAt: s.now, Fingerprint: "probe/" + id, Labels: alert.LabelsOf(map[string]string{"observer": "own-eyes", about: id, "effect": effect})})
	}
	s.desk.Hear(sequence, s.now, on, alert.Batch{Format: "holdfast", Alerts: alerts}, nil)
}

// looked is how a loss that monitoring saw ends, by what a probe says each minute; empty: it beats its heart and sees nothing.
func looked(t *testing.T, text, on, about, id string, sees func(minute int) string) (*Declared, string, *shift) {
	t.Helper()
	s := newShift(t, map[string]string{"bia.yaml": text})
	s.hears(1, "prom", nil, map[string]string{"component": "web", "effect": "down"})
	s.hears(2, "facility", nil, map[string]string{"site": "north", "effect": "lost"})
	for minute := range 8 {
		s.now = t0.Add(time.Duration(minute) * time.Minute)
		if effect := sees(minute); effect != "gone" {
			s.own(uint64(3+minute), on, about, id, effect)
		}
		s.settle()
	}
	declared, gate := declaredIn(s)
	return declared, gate, s
}

func always(effect string) func(int) string { return func(int) string { return effect } }

func TestALossThatHoldfastSeesItselfIsDeclaredByItself(t *testing.T) {
	declared, gate, _ := looked(t, lookedAt, bia.OwnSubject, "service", "shop", always("down"))
	if declared == nil || !declared.Automatic {
		t.Errorf("it was not declared: %q", gate)
	}
}

func TestALossThatHoldfastDoesNotSeeItselfIsRecommendedAndTheGateIsNamed(t *testing.T) {
	for name, c := range map[string]struct {
		sees func(int) string
		gate string
	}{
		"the probe sees that it is up":          {always("up"), "own-eyes, holdfast's own probe, says that shop is up"},
		"the probe cannot tell":                 {always("unknown"), "own-eyes, holdfast's own probe, cannot tell how shop is"},
		"the probe says nothing of it":          {always(""), "own-eyes, holdfast's own probe, has said nothing of shop"},
		"the probe saw it, and has gone silent": {func(minute int) string { return map[bool]string{true: "down", false: "gone"}[minute == 0] }, "own-eyes, holdfast's own probe, is silent"},
		"there has never been a probe":          {always("gone"), "own-eyes, holdfast's own probe, "},
	} {
		t.Run(name, func(t *testing.T) {
			declared, gate, _ := looked(t, lookedAt, bia.OwnSubject, "service", "shop", c.sees)
			if declared != nil {
				t.Error("it was declared")
			}
			says(t, gate, "own_probe", c.gate)
		})
	}
}

func TestWithoutThatGateNobodyAsksWhatHoldfastSees(t *testing.T) {
	declared, gate, _ := looked(t, strings.Replace(lookedAt, ", require: {own_probe: true}", "", 1), bia.OwnSubject, "service", "shop", always("up"))
	if declared == nil {
		t.Errorf("it was not declared: %q", gate)
	}
}

// Whoever steals the credential of a sender must not be able to say what holdfast sees.
func TestNobodyElseSpeaksForHoldfastItself(t *testing.T) {
	for _, on := range []string{"holdfast.alerts.own-eyes", "holdfast.alerts.prom", "monitoring.own"} {
		declared, gate, s := looked(t, lookedAt, on, "service", "shop", always("down"))
		if declared != nil {
			t.Errorf("on %s it was declared", on)
		}
		says(t, gate, "own_probe")
		if n := s.desk.Counts().Misattributed["own-eyes"]; n != 16 {
			t.Errorf("on %s %d alerts are counted, expected 16", on, n)
		}
	}
}

// Where it looks at components, each that explains the loss has to be seen down.
func TestEachComponentThatExplainsTheLossIsSeenDown(t *testing.T) {
	text := strings.NewReplacer("needs: [web]", "needs: [web, db]", "observers: [prom]}}", "observers: [prom, own-eyes]}, db: {site: north, class: database, observers: [prom, own-eyes]}}",
		"shop: {service: shop,", "web: {component: web,").Replace(lookedAt)
	declared, gate, _ := looked(t, text, bia.OwnSubject, "component", "web", always("down"))
	if declared == nil {
		t.Errorf("web alone explains it, and it was not declared: %q", gate)
	}
	s := newShift(t, map[string]string{"bia.yaml": text})
	for n, id := range []string{"web", "db"} {
		s.hears(uint64(1+n), "prom", nil, map[string]string{"component": id, "effect": "down"})
	}
	s.hears(3, "facility", nil, map[string]string{"site": "north", "effect": "lost"})
	for minute := range 8 {
		s.now = t0.Add(time.Duration(minute) * time.Minute)
		s.own(uint64(4+minute), bia.OwnSubject, "component", "web", "down")
		s.settle()
	}
	declared, gate = declaredIn(s)
	if declared != nil {
		t.Error("of db nothing was seen, and it was declared")
	}
	says(t, gate, fmt.Sprintf("has said nothing of %s", "db"))
}

// The probe comes round after the recommendation: nobody has to order anything.
func TestWhatIsSeenLaterDeclaresLater(t *testing.T) {
	declared, gate, s := looked(t, lookedAt, bia.OwnSubject, "service", "shop", func(minute int) string {
		return map[bool]string{true: "up", false: "down"}[minute < 7]
	})
	if declared == nil {
		t.Fatalf("it was not declared: %q", gate)
	}
	says(t, gate, "says that shop is up")
	equal(t, s.kept[len(s.kept)-1].record.At, t0.Add(7*time.Minute))
}

// Whoever looks is told what is in the way now, not what was in the way when it was recommended.
func TestTheGateThatIsShownIsTheOneThatIsShutNow(t *testing.T) {
	s := newShift(t, map[string]string{"bia.yaml": lookedAt})
	s.hears(1, "prom", nil, map[string]string{"component": "web", "effect": "down"})
	s.hears(2, "prom", nil, map[string]string{"site": "north", "effect": "lost"})
	for minute := range 8 {
		s.now = t0.Add(time.Duration(minute) * time.Minute)
		s.own(uint64(3+minute), bia.OwnSubject, "service", "shop", "up")
		s.settle()
	}
	gate := func() string { return s.desk.Gate(s.now, s.desk.Incidents()[0]) }
	const alone, unseen = "only prom says that north is lost", "holdfast's own probe, says that shop is up"
	says(t, gate(), alone, unseen)
	s.hears(11, "facility", nil, map[string]string{"site": "north", "effect": "lost"})
	s.settle()
	says(t, gate(), unseen)
	if strings.Contains(gate(), alone) {
		t.Errorf("a second says so too, and the gate is %q", gate())
	}
	if declared, recorded := declaredIn(s); declared != nil || !strings.Contains(recorded, alone) {
		t.Errorf("declared %v; recommended was with %q", declared, recorded)
	}
}
