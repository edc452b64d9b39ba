package detector_test

import (
	"fmt"
	"strings"
	"testing"

	"holdfast/detector"
	"holdfast/detector/alert"
)

const mapped = `
services: {s: {needs: [db-fra]}}
sites: {fra: {}}
observers: {a: {}, b: {}}
components: {db-fra: {observers: [a, b], quorum: 2}, web: {}}
signals:
  - {match: {alertname: "Postgres.*Down"}, component: "db-${cluster}", effect: down}
  - {match: {alertname: "Postgres.*Down", cluster: fra}, component: web, effect: down}
  - {match: {severity: warning}, component: "${component}", effect: degraded, observer: b}
  - {match: {alertname: PowerLost}, site: "${dc}", effect: lost}
`

func TestTheFirstSignalThatMatchesSaysWhatIsAffected(t *testing.T) {
	h := watch(t, mapped)
	h.hear("0s", labelled(alert.Firing, "alertname", "PostgresServerDown", "cluster", "fra", "observer", "a"),
		labelled(alert.Firing, "alertname", "PostgresServerDown", "cluster", "fra", "observer", "b"))
	h.expectState("0s", "db-fra", detector.Down)
	h.expectState("0s", "web", detector.Up)
}

func TestAnExpressionMatchesTheWholeValue(t *testing.T) {
	h := watch(t, mapped)
	h.hear("0s", labelled(alert.Firing, "alertname", "NotPostgresServerDown", "cluster", "fra"))
	if n := h.Heard().Unmapped; n != 1 {
		t.Errorf("%d alerts are unmapped, expected 1", n)
	}
}

func TestALabelIsPutInAsItStandsAndMustNameSomething(t *testing.T) {
	h := watch(t, mapped)
	for _, cluster := range []string{"", "ams", "fra ", "${cluster}", "../fra", "fra\x00"} {
		h.hear("0s", labelled(alert.Firing, "alertname", "PostgresServerDown", "cluster", cluster))
	}
	h.expectState("0s", "db-fra", detector.Up)
	if n := h.Heard().Unmapped; n != 6 {
		t.Errorf("%d alerts are unmapped, expected 6", n)
	}
}

func TestASignalsObserverIsBelievedBeforeTheLabel(t *testing.T) {
	h := watch(t, mapped)
	for range 2 {
		h.hear("0s", labelled(alert.Firing, "severity", "warning", "component", "db-fra", "observer", "a"))
	}
	h.expectState("0s", "db-fra", detector.Up, "disputed")
}

func TestTheSourceOfACloudEventCanBeTheObserver(t *testing.T) {
	h := watch(t, mapped)
	h.hear("0s", labelled(alert.Firing, "component", "db-fra", "ce_source", "a"), labelled(alert.Firing, "component", "db-fra", "ce_source", "b"),
		labelled(alert.Firing, "component", "web", "ce_source", "/nobody"))
	h.expectState("0s", "db-fra", detector.Down)
	h.expectState("0s", "web", detector.Down)
}

func TestASignalCanSpeakOfASite(t *testing.T) {
	h := watch(t, mapped)
	h.hear("0s", labelled(alert.Firing, "alertname", "PowerLost", "dc", "fra"))
	if !h.FactsAt(at("0s")).DomainLost("fra") {
		t.Error("fra is signalled lost")
	}
}

func TestAnUnknownObserverOrEffectIsUnmapped(t *testing.T) {
	h := watch(t, mapped)
	h.hear("0s", says("ghost", "web", "down"), labelled(alert.Firing, "component", "web", "effect", "sideways"))
	h.expectState("0s", "web", detector.Up)
	heard := h.Heard()
	if heard.Unmapped != 2 || heard.Received[""] != 2 || len(heard.Received) != 1 {
		t.Errorf("expected two unmapped alerts of nobody: %+v", heard)
	}
}

func TestASignalAndAHeartbeatCanBeWrittenAsMatchersOfPrometheus(t *testing.T) {
	h := watch(t, `
services: {s: {needs: [web]}}
observers: {a: {heartbeat: {match: ['alertname="Watchdog"', 'cluster!~"test.*"'], every: 1m}}}
components: {web: {observers: [a]}, cache: {}}
signals:
  - {match: ['alertname=~".*Down"', 'severity!="info"', env="prod"], component: web}
  - {match: ['alertname=~".*Down"', 'env=""'], component: cache}
`)
	beat := labelled(alert.Firing, "alertname", "Watchdog", "cluster", "fra")
	h.hear("0s", beat, labelled(alert.Firing, "alertname", "HostDown", "severity", "info", "env", "prod", "observer", "a"),
		labelled(alert.Firing, "alertname", "HostDown", "env", "stage", "observer", "a"))
	h.expectState("0s", "web", detector.Up)
	h.hear("1m", beat, labelled(alert.Firing, "alertname", "HostDown", "env", "prod", "observer", "a"), labelled(alert.Firing, "alertname", "HostDown"))
	h.expectState("1m", "web", detector.Down)
	h.expectState("1m", "cache", detector.Down)
	h.hear("2m", labelled(alert.Firing, "alertname", "Watchdog", "cluster", "test-1"), labelled(alert.Resolved, "alertname", "HostDown", "env", "prod", "observer", "a"))
	h.expectState("3m", "web", detector.Unknown) // another cluster's heartbeat proves nothing
}

func TestAComponentThatIsNotUpShowsTheFirstAlertsThatSaySo(t *testing.T) {
	h := watch(t, `
services: {s: {needs: [c]}}
observers: {p: {}}
components: {c: {observers: [p]}}
`)
	for i, name := range []string{"DiskSlow", "DiskFull", "DiskGone", "DiskFire", "DiskBack"} {
		a := with(with(says("p", "c", "down"), "alertname", name), "instance", "c:9100")
		a.Fingerprint = name
		h.hear(fmt.Sprintf("%dm", i), a)
	}
	gone := with(with(resolves("p", "c"), "alertname", "DiskSlow"), "instance", "c:9100")
	gone.Fingerprint = "DiskSlow"
	h.hear("6m", gone)
	var names []string
	for _, a := range h.Components(at("7m"))[0].Alerts {
		names = append(names, a.Labels.Get("alertname")+" "+a.Observer+" "+a.Says+" "+a.Labels.Get("instance"))
	}
	if got, want := strings.Join(names, ", "), "DiskFull p down c:9100, DiskGone p down c:9100, DiskFire p down c:9100"; got != want {
		t.Errorf("shown are %q, expected %q", got, want)
	}
}
