package alert

import "cmp"

// The body that a workflow of New Relic posts by its own template: an issue with its state and the entities that it
// touches; one alert for each of these, so that each can be a component. The issue is the identity: the notice of its
// closing may leave the entities out.
// https://docs.newrelic.com/docs/alerts/get-notified/notification-integrations/#webhook
var (
	issueKeys = []string{"id", "issueId", "issueUrl", "title", "priority", "impactedEntities", "state", "createdAt",
		"updatedAt", "closedAt", "alertPolicyNames", "alertConditionNames", "workflowName"}
	issueStates = map[string]Status{
		"ACTIVATED": Firing, "ACKNOWLEDGED": Firing, "CLOSED": Resolved,
		"CREATED": Unknown, "DEACTIVATED": Unknown, // not yet, and no longer, sure of it
	}
)

func claimsNewRelic(v value) bool {
	return v.holds("id", "issueUrl", "state") || v.holds("issueId", "state")
}

func readNewRelic(v value) (Batch, error) {
	f := fill(v, "the message", issueKeys...)
	status := f.state("state", issueStates)
	began, ended := f.when("createdAt"), f.when("closedAt")
	if ended.IsZero() {
		ended = f.when("updatedAt")
	}
	entities := f.words("impactedEntities")
	if len(entities) == 0 {
		entities = []string{""}
	}
	policy, condition := f.joined("alertPolicyNames"), f.joined("alertConditionNames")
	b := Batch{}
	for _, entity := range entities {
		a := Alert{
			Status: status,
			Labels: filled(map[string]string{"entity": entity, "priority": f.text("priority"),
				"policy": policy, "condition": condition, "workflow": f.text("workflowName")}),
			Annotations: filled(map[string]string{"summary": f.text("title"), "url": f.text("issueUrl")}),
			StartsAt:    began,
			Fingerprint: cmp.Or(f.text("id"), f.text("issueId")),
		}
		if status == Resolved {
			a.EndsAt = ended
		}
		if status == Unknown {
			a.StartsAt = f.when("updatedAt")
		}
		b.Alerts = append(b.Alerts, a)
	}
	if b.Alerts[0].Fingerprint == "" {
		f.fail(Malformed, "names no issue")
	}
	if f.err != nil {
		return Batch{}, f.err
	}
	return b, nil
}
