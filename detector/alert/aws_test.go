package alert_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector/alert"
)

// notification is what SNS makes of a message.
func notification(message string) string {
	quoted, _ := json.Marshal(message)
	return fmt.Sprintf(`{"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:eu-central-1:1:t", "Message": %s}`, quoted)
}

func alarm(state, at string) string {
	return fmt.Sprintf(`{"AlarmName": "cpu", "AlarmArn": "arn:aws:cloudwatch:eu-central-1:1:alarm:cpu", "NewStateValue": %q, "StateChangeTime": %q}`, state, at)
}

func TestAnAlarmWithoutEnoughDataIsUnknownByEitherRoad(t *testing.T) {
	bridge := strings.NewReplacer(`"value": "ALARM"`, `"value": "INSUFFICIENT_DATA"`).Replace(string(read(t, "eventbridge/alarm.json")))
	for _, body := range []string{notification(alarm("INSUFFICIENT_DATA", "")), bridge} {
		if got := decode(t, body).Alerts[0].Status; got != alert.Unknown {
			t.Errorf("%s is %s", body, got)
		}
	}
}

func TestAnAlarmHasOneIdentityByEitherRoad(t *testing.T) {
	topic, bridge := decode(t, string(read(t, "sns/alarm-ok.json"))).Alerts[0], decode(t, string(read(t, "eventbridge/alarm.json"))).Alerts[0]
	if diff := cmp.Diff(topic.Fingerprint, bridge.Fingerprint); diff != "" || topic.Fingerprint == "" {
		t.Errorf("%q: %s", topic.Fingerprint, diff)
	}
	if diff := cmp.Diff(topic.Labels.Without("sns_topic_arn"), bridge.Labels); diff != "" {
		t.Error(diff)
	}
}

func TestAnAlarmOnAnExpressionIsAboutItsFirstMetricByEitherRoad(t *testing.T) {
	topic, bridge := decode(t, string(read(t, "cloudwatch/expression.json"))).Alerts[0], decode(t, string(read(t, "eventbridge/alarm.json"))).Alerts[0]
	if diff := cmp.Diff(topic.Labels, bridge.Labels); diff != "" || topic.Labels.Get("dimension_db_instance_identifier") == "" {
		t.Error(diff)
	}
}

func TestTheTimeOfAnAlarmThatCannotBeKnownIsLeftToItsReceipt(t *testing.T) {
	for _, written := range []string{"", "2026-11-23T12:00:00", "0", "0001-01-01T00:00:00Z"} {
		if got := decode(t, alarm("OK", written)).Alerts[0].At(); !got.IsZero() {
			t.Errorf("%q is read as %s", written, got)
		}
	}
}

func TestASubscriptionThatWaitsToBeConfirmedIsNoAlertAndSaysWhatToDo(t *testing.T) {
	body := strings.Replace(notification("You have chosen to subscribe"), "Notification", "SubscriptionConfirmation", 1)
	_, err := alert.Decode([]byte(body))
	if err == nil || !strings.Contains(err.Error(), "SubscribeURL") {
		t.Errorf("got %v", err)
	}
}

func TestAWSsHostileVariantsAreRefused(t *testing.T) {
	bridge := func(old, new string) string {
		body := strings.Replace(string(read(t, "eventbridge/alarm.json")), old, new, 1)
		if body == string(read(t, "eventbridge/alarm.json")) {
			t.Fatalf("nothing to replace: %s", old)
		}
		return body
	}
	for body, want := range map[string]alert.Reason{
		alarm("FINE", ""):        alert.Malformed,
		alarm("alarm", ""):       alert.Malformed,
		alarm("OK", "yesterday"): alert.Malformed,
		`{"AlarmName": "cpu", "NewStateValue": "OK", "newstatevalue": "ALARM"}`:                                alert.DuplicateKey,
		`{"AlarmName": "cpu", "NewStateValue": "OK", "Trigger": []}`:                                           alert.Malformed,
		`{"AlarmName": "cpu", "NewStateValue": "OK", "Trigger": {"Dimensions": {"a": "b"}}}`:                   alert.Malformed,
		`{"AlarmName": "cpu", "NewStateValue": "OK", "Trigger": {"Dimensions": [1]}}`:                          alert.Malformed,
		`{"AlarmName": "cpu", "NewStateValue": "OK", "Trigger": {"Dimensions": [{"name": "a", "VALUE": ""}]}}`: alert.DuplicateKey,
		`{"AlarmName": "", "NewStateValue": "OK"}`:                                                             alert.Malformed,
		notification("ALARM: cpu is high"):                                                                     alert.NotJSON,
		notification(alarm("OK", "")[:40]):                                                                     alert.NotJSON,
		notification(`{"hello": "world"}`):                                                                     alert.UnknownForm,
		notification(`{"AlarmName": "a", "AlarmName": "b", "NewStateValue": "OK"}`):                            alert.DuplicateKey,
		notification(notification(notification(alarm("OK", "")))):                                              alert.TooDeep,
		notification(strings.Repeat("[", 40)):                                                                  alert.TooDeep,
		notification(`[` + strings.Repeat("0,", 1024) + `0]`):                                                  alert.TooMany,
		strings.Replace(notification(alarm("OK", "")), `"Type"`, `"type": "x", "Type"`, 1):                     alert.DuplicateKey,
		strings.Replace(notification(alarm("OK", "")), `"Message":`, `"message": "", "Message":`, 1):           alert.DuplicateKey,
		strings.Replace(notification(""), `"Message": ""`, `"Message": {}`, 1):                                 alert.Malformed,
		bridge(`"value": "ALARM"`, `"value": "MAYBE"`):                                                         alert.Malformed,
		bridge(`"value": "ALARM"`, `"Value": "ALARM"`):                                                         alert.DuplicateKey,
		bridge(`"alarmName": "ledger-cpu"`, `"alarmName": ""`):                                                 alert.Malformed,
		bridge(`CloudWatch Alarm State Change`, `EC2 Instance State-change Notification`):                      alert.UnknownForm,
		bridge(`"resources": [`, `"resources": [7, `):                                                          alert.Malformed,
	} {
		if got := reason(t, body); got != want {
			t.Errorf("%.200s is %s, expected %s", body, got, want)
		}
	}
}
