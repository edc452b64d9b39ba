package alert_test

import (
	"fmt"
	"testing"

	"holdfast/detector/alert"
)

func TestAStateChangeOfIcingaIsRead(t *testing.T) {
	expect(t, string(read(t, "nagios/icinga-statechange.json")), "nagios", alert.Alert{
		Status:      alert.Firing,
		Labels:      alert.LabelsOf(map[string]string{"host": "pay-fra-1.example", "check": "authorisation", "state": "CRITICAL"}),
		Annotations: alert.LabelsOf(map[string]string{"summary": "HTTP CRITICAL: no answer within 5 s"}),
		StartsAt:    at(t, "2026-11-23T12:00:10.25Z"),
		Fingerprint: "pay-fra-1.example!authorisation",
	})
}

func TestTheMacrosOfANagiosNotificationAreRead(t *testing.T) {
	expect(t, string(read(t, "nagios/nagios-recovery.json")), "nagios", alert.Alert{
		Status: alert.Resolved,
		Labels: alert.LabelsOf(map[string]string{"host": "pay-fra-1.example", "check": "authorisation", "host_alias": "Payments 1",
			"address": "192.0.2.20", "notification_type": "RECOVERY", "state": "OK"}),
		Annotations: alert.LabelsOf(map[string]string{"summary": "HTTP OK"}),
		EndsAt:      at(t, "2026-11-23T12:20:00Z"),
		Fingerprint: "pay-fra-1.example!authorisation",
	})
}

func TestAHostsOwnNotificationIsReadFromTheHostsMacros(t *testing.T) {
	a := sole(t, changed(t, "nagios/nagios-recovery.json", `"authorisation"`, `""`, `"RECOVERY"`, `"PROBLEM"`,
		`"HOSTSTATE": "UP"`, `"HOSTSTATE": "DOWN"`, `"PING OK"`, `"PING CRITICAL"`))
	if a.Status != alert.Firing || a.Labels.Get("state") != "DOWN" || a.Fingerprint != "pay-fra-1.example" || a.Annotations.Get("summary") != "PING CRITICAL" {
		t.Errorf("read as %v", a)
	}
}

func TestANagiosWarningIsDegradedAndNotDown(t *testing.T) {
	for state, effect := range map[string]string{"WARNING": "degraded", "CRITICAL": ""} {
		a := sole(t, fmt.Sprintf(`{"notification_type":"PROBLEM","host":"a","service":"b","state":%q}`, state))
		if a.Status != alert.Firing || a.Labels.Get("effect") != effect {
			t.Errorf("%s is read as %v", state, a)
		}
	}
}

func TestAStateThatNagiosDoesNotStandByIsUnknown(t *testing.T) {
	for body, want := range map[string]alert.Status{
		`"service":"b","state":"CRITICAL","state_type":"SOFT"`: alert.Unknown,
		`"service":"b","state":"CRITICAL","state_type":"HARD"`: alert.Firing,
		`"service":"b","state":"CRITICAL","state_type":0`:      alert.Unknown,
		`"service":"b","state":"critical","state_type":"hard"`: alert.Firing,
		`"service":"b","state":"OK","state_type":"SOFT"`:       alert.Resolved, // it never became hard
		`"service":"b","state":"UNKNOWN"`:                      alert.Unknown,
		`"service":"b","state":3`:                              alert.Unknown,
		`"service":"b","state":"PENDING"`:                      alert.Unknown,
		`"state":"UNREACHABLE"`:                                alert.Unknown,
		`"state":"DOWN"`:                                       alert.Firing,
		`"state":1`:                                            alert.Firing,
		`"state":0.0`:                                          alert.Resolved,
		`"service":"b","check_result":{"state":2.0,"vars_after":{"state_type":1.0}}`: alert.Firing,
		`"service":"b","check_result":{"state":2.0,"vars_after":{"state_type":0.0}}`: alert.Unknown,
		`"check_result":{"state":1.0}`:                                                             alert.Resolved, // of a host, a warning is up
		`"check_result":{"state":3.0}`:                                                             alert.Firing,   // and an unknown is down
		`"service":"b","state":"CRITICAL","is_flapping":true`:                                      alert.Unknown,
		`"service":"b","state":"OK","is_flapping":true`:                                            alert.Unknown,
		`"service":"b","state":"OK","notification_type":"FLAPPINGSTART"`:                           alert.Unknown,
		`"service":"b","state":"CRITICAL","notification_type":"FlappingStart"`:                     alert.Unknown,
		`"service":"b","state":"CRITICAL","notification_type":"FLAPPINGEND"`:                       alert.Firing,
		`"service":"b","state":"CRITICAL","notification_type":"ACKNOWLEDGEMENT"`:                   alert.Firing, // as down as before
		`"service":"b","state":"CRITICAL","notification_type":"DOWNTIMESTART"`:                     alert.Firing,
		`"service":"b","notification_type":"DOWNTIMESTART"`:                                        alert.Unknown,
		`"service":"b","notification_type":"RECOVERY"`:                                             alert.Resolved,
		`"service":"b","notification_type":"PROBLEM"`:                                              alert.Firing,
		`"service":"b","state":"CRITICAL","notification_type":"RECOVERY"`:                          alert.Unknown, // it contradicts itself
		`"service":"b","state":"OK","notification_type":"PROBLEM"`:                                 alert.Unknown,
		`"service":"b","notification_type":"PROBLEM","check_result":{"state":2,"vars_after":null}`: alert.Firing,
	} {
		if a := sole(t, `{"type":"Notification","timestamp":1795435207.5,"host":"a",`+body+`}`); a.Status != want {
			t.Errorf("%s is %s, want %s", body, a.Status, want)
		}
	}
}

func TestWhatNagiosCannotHaveSentIsRefused(t *testing.T) {
	tell(t, "nagios/icinga-statechange.json", []variant{
		{from: `"host": "pay-fra-1.example"`, to: `"host": ""`, refused: alert.Malformed},
		{from: `"state": 2.0,`, to: `"state": 4,`, refused: alert.Malformed},
		{from: `"state": 2.0,`, to: `"state": "BAD",`, refused: alert.Malformed},
		{from: `"state_type": 1.0,`, to: `"state_type": "FIRM",`, refused: alert.Malformed},
		{from: `"state_type": 1.0,`, to: `"State_Type": 1.0,`, refused: alert.DuplicateKey},
		{from: `"timestamp": 1795435210.104533`, to: `"timestamp": 1795435210.1, "notification_type": "PARTY"`, refused: alert.Malformed},
		{from: `"execution_end": 1795435210.25`, to: `"execution_end": "soon"`, refused: alert.Malformed},
		{from: `"type": "StateChange"`, to: `"type": "ObjectCreated"`, refused: alert.UnknownForm},
	})
	if got := reason(t, changed(t, "nagios/nagios-recovery.json", `"HOSTNAME"`, `"hostname": "x", "HOSTNAME"`)); got != alert.DuplicateKey {
		t.Errorf("a macro in two cases is %s", got)
	}
	if got := reason(t, `{"NOTIFICATIONTYPE":"PROBLEM","HOSTNAME":"a","Hoststate":"UP"}`); got != alert.DuplicateKey {
		t.Errorf("a macro in a case of its own is %s", got)
	}
}
