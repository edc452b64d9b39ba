package alert

// What is sent to PagerDuty's Events API v2, for monitors that can speak nothing else.
// https://developer.pagerduty.com/docs/send-alert-event
//
// The routing key is a secret, and not looked at. The dedup_key is the identity, and a label too: to resolve, a sender
// needs to give no more than that, so only a signal that goes by it can say what such a resolve is about.
var (
	pagerKeys   = []string{"routing_key", "event_action", "dedup_key", "payload", "client", "client_url", "links", "images"}
	payloadKeys = []string{"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"}
	// pagerActions leaves out the acknowledgement: it says what people do, not how things are.
	pagerActions = map[string]Status{"trigger": Firing, "resolve": Resolved}
)

func claimsPagerDuty(v value) bool {
	return v.holds("event_action") && (v.holds("routing_key") || v.holds("dedup_key") || v.holds("payload"))
}

func readPagerDuty(v value) (Batch, error) {
	f := fill(v, "the event", pagerKeys...)
	if f.text("event_action") == "acknowledge" {
		return Batch{}, f.err
	}
	p := f.object("payload", payloadKeys...)
	all := labels{}
	details, _ := p.value.field("custom_details")
	all.addAll("details_", details)
	for _, name := range []string{"source", "severity", "component", "group", "class"} {
		all.set(name, p.text(name))
	}
	all.set("client", f.text("client"))
	all.set("dedup_key", f.text("dedup_key"))
	if len(all) == 0 {
		f.fail(Malformed, "says nothing of what it is about")
	}
	a := Alert{
		Status:      f.state("event_action", pagerActions),
		Labels:      LabelsOf(all),
		Annotations: filled(map[string]string{"summary": p.text("summary")}),
		Fingerprint: f.text("dedup_key"),
	}
	return one(a.since(p.when("timestamp")), f.err)
}
