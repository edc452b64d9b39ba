package alert

import (
	"math"
	"slices"
)

// The body that Alertmanager's webhook receiver posts: a group of alerts, with what they have in common. Fields are added
// to version 4 without a new one. Version 3 has a number for its groupKey, and its alerts have no fingerprint, which
// Alertmanager computed from the labels even then. https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
var alertmanagerVersions = []string{"3", "4"}

// Keys of the group, and of one alert in it.
var (
	groupKeys = []string{"version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels", "commonLabels",
		"commonAnnotations", "externalURL", "alerts"}
	alertKeys = []string{"status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"}
)

func claimsAlertmanager(v value) bool {
	_, version := v.field("version")
	_, alerts := v.field("alerts")
	return version && alerts
}

func readAlertmanager(v value) (Batch, error) {
	f := fill(v, "the message", groupKeys...)
	if version := f.text("version"); !slices.Contains(alertmanagerVersions, version) {
		f.fail(Malformed, "is of version %s of Alertmanager's webhook; known are %q", short(version), alertmanagerVersions)
	}
	b := Batch{
		Alerts:    f.each("alerts", readGroupAlert),
		Truncated: int(min(f.count("truncatedAlerts"), math.MaxInt32)),
	}
	return b, f.err
}

// readGroupAlert reads one alert. One that fires carries year 1 as its end.
func readGroupAlert(v value, where string) (Alert, error) {
	f := fill(v, where, alertKeys...)
	a := Alert{
		Status:      f.status(Firing, Resolved),
		Labels:      f.labels(),
		Annotations: f.texts("annotations"),
		StartsAt:    f.time("startsAt"),
		EndsAt:      f.time("endsAt"),
		Fingerprint: f.text("fingerprint"),
	}
	if a.Fingerprint == "" {
		a.Fingerprint = fingerprint(a.Labels)
	}
	return a, f.err
}
