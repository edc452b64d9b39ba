package alert

import (
	"fmt"
	"strings"
)

// An alarm of Amazon CloudWatch as it goes to an SNS topic, usually with SNS around it ([openSNS]).
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
var (
	alarmKeys = []string{"AlarmName", "AlarmDescription", "AlarmArn", "AWSAccountId", "Region", "NewStateValue",
		"NewStateReason", "OldStateValue", "StateChangeTime", "Trigger", "AlarmRule"}
	triggerKeys = []string{"MetricName", "Namespace", "Dimensions", "Metrics"}
	// alarmStates has one that is no state: CloudWatch does not know it.
	alarmStates = map[string]Status{"ALARM": Firing, "OK": Resolved, "INSUFFICIENT_DATA": Unknown}
)

func claimsCloudWatch(v value) bool { return v.holds("AlarmName", "NewStateValue") }

func readCloudWatch(v value) (Batch, error) {
	f := fill(v, "the alarm", alarmKeys...)
	metric := f.object("Trigger", triggerKeys...).firstMetric()
	all := labels{}
	for i, item := range metric.list("Dimensions") {
		d := metric.part(item, fmt.Sprintf("dimension %d", i+1), "name", "value")
		all.add("dimension_", d.text("name"), d.text("value"))
	}
	all.set("namespace", metric.text("Namespace"))
	all.set("metric_name", metric.text("MetricName"))
	all.alarm(f.text("AlarmName"), f.text("AWSAccountId"), f.text("AlarmArn"))
	a := Alert{
		Status:      f.state("NewStateValue", alarmStates),
		Labels:      LabelsOf(all),
		Annotations: filled(map[string]string{"description": f.text("AlarmDescription"), "summary": f.text("NewStateReason")}),
		Fingerprint: all["alarm_arn"],
	}
	return one(a.since(f.when("StateChangeTime")), f.err)
}

// firstMetric is what an alarm is measured on. One on an expression or an anomaly has several metrics in place of its own.
func (f *form) firstMetric() *form {
	for _, item := range f.list("Metrics") {
		if stat, ok := item.field("MetricStat"); ok {
			return f.part(stat, "the alarm's metric", "Metric").object("Metric", triggerKeys...)
		}
	}
	return f
}

// alarm names an alarm; its region is told from arn:aws:cloudwatch:<region>:<account>:alarm:<name>, since the name of a
// region that is sent with it is one for people.
func (l labels) alarm(name, account, arn string) {
	l.set("alertname", name)
	l.set("account", account)
	l.set("alarm_arn", arn)
	if parts := strings.SplitN(arn, ":", 7); len(parts) == 7 && parts[2] == "cloudwatch" {
		l.set("region", parts[3])
	}
}
