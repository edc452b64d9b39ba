package alert

// An alarm of Amazon CloudWatch as it goes through Amazon EventBridge.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
//
// It becomes the same alert that it does through SNS, with the same identity.
const alarmChange = "CloudWatch Alarm State Change"

var bridgeKeys = []string{"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"}

func claimsEventBridge(v value) bool {
	kind, _ := v.field("detail-type")
	_, detail := v.field("detail")
	return detail && kind.text == alarmChange
}

func readEventBridge(v value) (Batch, error) {
	f := fill(v, "the event", bridgeKeys...)
	detail := f.object("detail", "alarmName", "state", "previousState", "configuration")
	state := detail.object("state", "value", "reason", "timestamp")
	configuration := detail.object("configuration", "description", "metrics")
	all := configuration.metric()
	arn := ""
	if resources := f.words("resources"); len(resources) > 0 {
		arn = resources[0]
	}
	all.set("region", f.text("region"))
	all.alarm(detail.text("alarmName"), f.text("account"), arn)
	if all["alertname"] == "" {
		f.fail(Malformed, "names no alarm")
	}
	a := Alert{
		Status:      state.state("value", alarmStates),
		Labels:      LabelsOf(all),
		Annotations: filled(map[string]string{"description": configuration.text("description"), "summary": state.text("reason")}),
		Fingerprint: arn,
	}
	at := state.when("timestamp")
	if at.IsZero() {
		at = f.when("time")
	}
	return one(a.since(at), f.err)
}

// metric is what the first metric of an alarm is measured on; the others are expressions over it, or beside it.
func (f *form) metric() labels {
	all := labels{}
	for _, item := range f.list("metrics") {
		stat, ok := item.field("metricStat")
		if !ok {
			continue
		}
		metric := f.part(stat, "the alarm's metric", "metric").object("metric", "namespace", "name", "dimensions")
		all.addAll("dimension_", metric.object("dimensions").value)
		all.set("namespace", metric.text("namespace"))
		all.set("metric_name", metric.text("name"))
		break
	}
	return all
}
