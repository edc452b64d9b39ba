package alert

import (
	"cmp"
	"strings"
	"time"
)

// What a webhook media type of Zabbix sends: parameters named after the macros that fill them, in lower case, as the
// media types that ship with Zabbix name them. Zabbix has no body of its own; event_id with event_value, or with
// trigger_status, is what tells it.
// https://www.zabbix.com/documentation/current/en/manual/config/notifications/media/webhook
//
// A recovery has the event_id of its problem, so the event is the identity. A macro that Zabbix cannot fill stays as it
// is written, "{EVENT.RECOVERY.DATE}", or becomes "*UNKNOWN*"; neither says anything. event_date and event_time are of
// the server's zone, which is not named: only event_timestamp ({EVENT.TIMESTAMP}, since Zabbix 7.0) is an instant.
var zabbixKeys = []string{"event_id", "event_value", "event_source", "event_name", "event_severity", "event_date",
	"event_time", "event_timestamp", "event_recovery_date", "event_recovery_time", "event_recovery_timestamp", "event_tags",
	"tags", "trigger_status", "trigger_id", "trigger_name", "trigger_severity", "host", "host_name", "host_ip", "item_name",
	"alert_subject", "alert_message"}

func claimsZabbix(v value) bool {
	return v.holds("event_id", "event_value") || v.holds("event_id", "trigger_status")
}

func readZabbix(v value) (Batch, error) {
	f := fill(v, "the message", zabbixKeys...)
	a := Alert{
		Status:      f.zabbixStatus(),
		Labels:      f.zabbixLabels(),
		Annotations: f.zabbixNotes(),
		StartsAt:    f.macroTime("event_timestamp"),
		Fingerprint: f.macro("event_id"),
	}
	if a.Fingerprint == "" {
		f.fail(Malformed, `has an "event_id" that names no event`)
	}
	if a.Status == Resolved {
		a.EndsAt = f.macroTime("event_recovery_timestamp")
	}
	return one(a, f.err)
}

// macro is a parameter as its macro filled it; empty if it could not.
func (f *form) macro(key string) string {
	text := strings.TrimSpace(f.scalar(key))
	if text == "*UNKNOWN*" || strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") {
		return ""
	}
	return text
}

func (f *form) macroTime(key string) time.Time {
	text := f.macro(key)
	if text == "" {
		return time.Time{}
	}
	at, ok := parseTime(text)
	if !ok {
		f.fail(Malformed, "has a %q that is not an instant: %s", key, short(text))
	}
	return at
}

// zabbixStatus is what the event says: 1 or PROBLEM, 0 or OK. Where both are given and differ, the trigger has changed
// since the event, and nobody knows. Only events of triggers (source 0) and of services (4) tell how a thing is; internal
// ones (3) say that Zabbix itself cannot tell, and those of discovery are about what was found.
func (f *form) zabbixStatus() Status {
	var all []Status
	for _, key := range []string{"event_value", "trigger_status"} {
		if said := f.macro(key); said != "" {
			status, ok := zabbixWords[strings.ToUpper(said)]
			if !ok {
				f.fail(Malformed, "has a %q %s that is none of Zabbix's", key, short(said))
			}
			all = append(all, status)
		}
	}
	if len(all) == 0 {
		f.fail(Malformed, `has neither an "event_value" nor a "trigger_status" that Zabbix filled`)
		return Unknown
	}
	if source := f.macro("event_source"); all[0] != all[len(all)-1] || source != "" && source != "0" && source != "4" {
		return Unknown
	}
	return all[0]
}

var zabbixWords = map[string]Status{"1": Firing, "0": Resolved, "PROBLEM": Firing, "OK": Resolved}

// zabbixLabels are the event's tags, and over them what Zabbix itself says: no tag says where an event is from.
func (f *form) zabbixLabels() Labels {
	l := labels{}
	for _, key := range []string{"event_tags", "tags"} {
		f.tags(l, f.zabbixTags(key), "tag", "value")
	}
	own := labels{}
	own.set("host", cmp.Or(f.macro("host"), f.macro("host_name")))
	own.set("trigger", cmp.Or(f.macro("trigger_name"), f.macro("event_name")))
	own.set("trigger_id", f.macro("trigger_id"))
	if len(own) == 0 {
		f.fail(Malformed, "names neither a host nor a trigger")
	}
	own.set("host_ip", f.macro("host_ip"))
	own.set("severity", cmp.Or(f.macro("event_severity"), f.macro("trigger_severity")))
	own.set("item", f.macro("item_name"))
	return LabelsOf(over(l, own))
}

// zabbixTags is an array, or the text that {EVENT.TAGSJSON} makes of one. {EVENT.TAGS} is "name:value, name:value", which
// cannot be told apart again: it is kept among the annotations.
func (f *form) zabbixTags(key string) []value {
	v, ok := f.value.field(key)
	if !ok || v.kind != text {
		return f.list(key)
	}
	if !strings.HasPrefix(strings.TrimSpace(v.text), "[") {
		return nil
	}
	inside, err := unpack(v.text, key)
	if err != nil {
		f.spoil(err)
	}
	return inside.items
}

func (f *form) zabbixNotes() Labels {
	notes := map[string]string{
		"summary":       cmp.Or(f.macro("alert_subject"), f.macro("event_name")),
		"description":   f.macro("alert_message"),
		"event_time":    strings.TrimSpace(f.macro("event_date") + " " + f.macro("event_time")),
		"recovery_time": strings.TrimSpace(f.macro("event_recovery_date") + " " + f.macro("event_recovery_time")),
	}
	if v, ok := f.value.field("event_tags"); ok && v.kind == text && !strings.HasPrefix(strings.TrimSpace(v.text), "[") {
		notes["tags"] = f.macro("event_tags")
	}
	return filled(notes)
}
