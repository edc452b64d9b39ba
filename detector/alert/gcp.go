package alert

// What Google Cloud Monitoring sends to a webhook or a Pub/Sub topic: one incident.
// https://cloud.google.com/monitoring/support/notification-options
//
// A closed incident is resolved. One that Google closes by itself, because no data came for so long (autoClose), looks
// the same: give the policy an alert for absent data. A test of the notification channel ("version": "test") tells of an
// incident that there is not, in a state that none has: it is read, and says nothing.
var (
	incidentKeys = []string{"incident_id", "scoping_project_id", "state", "severity", "started_at", "ended_at", "summary",
		"policy_name", "policy_user_labels", "condition_name", "resource", "resource_id", "resource_name",
		"resource_display_name", "resource_type_display_name", "metric", "metadata", "documentation", "url"}
	incidentStates = map[string]Status{"open": Firing, "acknowledged": Firing, "closed": Resolved}
)

func claimsGoogle(v value) bool {
	incident, ok := v.field("incident")
	return ok && incident.holds("incident_id", "state") &&
		(incident.holds("policy_name") || incident.holds("condition_name"))
}

func readGoogle(v value) (Batch, error) {
	f := fill(v, "the message", "incident", "version").object("incident", incidentKeys...)
	if version, _ := v.field("version"); version.text == "test" {
		return Batch{}, f.err
	}
	a := Alert{
		Status:      f.state("state", incidentStates),
		Labels:      f.googleLabels(),
		Annotations: filled(map[string]string{"summary": f.text("summary"), "description": f.documentation()}),
		StartsAt:    f.when("started_at"),
		EndsAt:      f.when("ended_at"),
		Fingerprint: f.text("incident_id"),
	}
	return one(a, f.err)
}

// documentation is what the policy's author wrote, as it stands or with its type beside it.
func (f *form) documentation() string {
	switch v, _ := f.value.field("documentation"); v.kind {
	case text:
		return v.text
	case object:
		return f.object("documentation", "content").text("content")
	}
	return "" // prose is no reason to lose an alert
}

// googleLabels are what an incident is about: a user's own labels by their own names, others by where they stand.
func (f *form) googleLabels() Labels {
	resource, metric := f.object("resource", "type", "labels"), f.object("metric", "type", "labels")
	all := labels{}
	all.addAll("", f.object("metadata", "user_labels").object("user_labels").value)
	all.addAll("", f.object("policy_user_labels").value)
	all.addAll("resource_label_", resource.object("labels").value)
	all.addAll("metric_label_", metric.object("labels").value)
	all.set("alertname", f.text("policy_name"))
	all.set("condition", f.text("condition_name"))
	all.set("project", f.text("scoping_project_id"))
	all.set("severity", f.text("severity"))
	all.set("resource", f.text("resource_display_name"))
	all.set("resource_name", f.text("resource_name"))
	all.set("resource_type", resource.text("type"))
	all.set("metric_type", metric.text("type"))
	return LabelsOf(all)
}
