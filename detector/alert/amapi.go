package alert

import "time"

// What Alertmanager's API v2 takes and gives at /api/v2/alerts: a bare array of alerts, posted by Prometheus or got from
// Alertmanager. https://prometheus.io/docs/alerting/latest/alerts_api/
//
// A posted alert has no status: it holds until its endsAt, which Prometheus moves ahead with each sending and puts into
// the past once the alert is resolved. So only who knows when it was received knows which it is: [Batch.ReceivedAt].
const (
	alertmanagerAPI = "alertmanager-api"
	apiState        = "state" // the key of the word within the status
)

var (
	apiKeys = []string{"status", "labels", "annotations", "startsAt", "endsAt", "updatedAt", "generatorURL", "fingerprint",
		"receivers"}
	// apiStates are all of an alert that fires: a silenced one is as true as the others, only less loud.
	apiStates = map[string]Status{"active": Firing, "suppressed": Firing, "unprocessed": Firing}
)

func claimsAlertmanagerAPI(v value) bool {
	if v.kind != array || len(v.items) == 0 {
		return false
	}
	_, ok := v.items[0].field("labels")
	return ok
}

func readAlertmanagerAPI(v value) (Batch, error) {
	alerts, err := readAll(v.items, readAPIAlert)
	return Batch{Alerts: alerts}, err
}

func readAPIAlert(v value, where string) (Alert, error) {
	f := fill(v, where, apiKeys...)
	a := Alert{
		Status:      Firing,
		Labels:      f.labels(),
		Annotations: f.texts("annotations"),
		StartsAt:    f.time("startsAt"),
		EndsAt:      f.time("endsAt"),
		Fingerprint: f.text("fingerprint"),
	}
	if _, got := v.field("status"); got {
		a.Status = f.object("status", apiState).state(apiState, apiStates)
	}
	if a.Fingerprint == "" {
		a.Fingerprint = fingerprint(a.Labels)
	}
	return a.updated(f.time("updatedAt")), f.err
}

// updated is an alert as it was at an instant, by which it may have ended.
func (a Alert) updated(at time.Time) Alert {
	if !a.EndsAt.IsZero() && !at.Before(a.EndsAt) {
		a.Status = Resolved
	}
	return a
}

// ReceivedAt is the batch as it is to be understood when it was received at an instant. It differs only for alerts of
// Alertmanager's API, which say until when they hold: resolved is one whose end has come, and no other has an end yet.
func (b Batch) ReceivedAt(received time.Time) Batch {
	if b.Format != alertmanagerAPI {
		return b
	}
	all := make([]Alert, len(b.Alerts))
	for i, a := range b.Alerts {
		switch {
		case a.Status == Resolved || a.EndsAt.IsZero():
		case a.EndsAt.After(received):
			a.EndsAt = time.Time{}
		default:
			a.Status = Resolved
		}
		all[i] = a
	}
	b.Alerts = all
	return b
}
