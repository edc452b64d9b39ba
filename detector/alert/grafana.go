package alert

import (
	"math"
	"time"
)

// The body that a webhook contact point of Grafana Alerting posts: that of Alertmanager with more in it, told by orgId.
// https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
const grafanaVersion = "1"

var (
	grafanaGroupKeys = append([]string{"orgId", "state", "title", "message"}, groupKeys...)
	grafanaAlertKeys = append([]string{"values", "valueString", "silenceURL", "dashboardURL", "panelURL", "imageURL"}, alertKeys...)
)

// Grafana gives an alert of another name when its query fails or finds nothing, and this annotation to one whose state
// comes from anything but a measurement: NoData, Error, MissingSeries, Paused, Updated, RuleDeleted, …
const grafanaReason = "grafana_state_reason"

var grafanaUnmeasured = map[string]bool{"DatasourceNoData": true, "DatasourceError": true}

func claimsGrafana(v value) bool {
	_, org := v.field("orgId")
	return org && claimsAlertmanager(v)
}

func readGrafana(v value) (Batch, error) {
	f := fill(v, "the message", grafanaGroupKeys...)
	if version := f.text("version"); version != grafanaVersion {
		f.fail(Malformed, "is of version %s of Grafana's webhook; known is %q", short(version), grafanaVersion)
	}
	b := Batch{
		Alerts:    f.each("alerts", readGrafanaAlert),
		Truncated: int(min(f.count("truncatedAlerts"), math.MaxInt32)),
	}
	return b, f.err
}

func readGrafanaAlert(v value, where string) (Alert, error) {
	f := fill(v, where, grafanaAlertKeys...)
	a := Alert{
		Status:      f.status(Firing, Resolved),
		Labels:      f.labels(),
		Annotations: f.texts("annotations"),
		StartsAt:    f.time("startsAt"),
		EndsAt:      f.time("endsAt"),
		Fingerprint: f.text("fingerprint"),
	}
	if grafanaUnmeasured[a.Labels.Get("alertname")] || a.Annotations.Get(grafanaReason) != "" {
		a = unmeasured(a)
	}
	values := labels{}
	values.addAll("value_", f.object("values").value)
	if len(values) > 0 {
		a.Annotations = LabelsOf(values).With(a.Annotations...)
	}
	return a, f.err
}

// unmeasured is an alert that says only that nobody looked: since when it fires, or since it ended otherwise.
func unmeasured(a Alert) Alert {
	if !a.EndsAt.IsZero() {
		a.StartsAt, a.EndsAt = a.EndsAt, time.Time{}
	}
	a.Status = Unknown
	return a
}
