package alert

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// What Icinga 2 streams and what notification scripts of Icinga and Nagios post.
//
// Icinga's event stream (GET /v1/events): objects with a "type" of StateChange, CheckResult, Notification, Flapping and
// others; states are numbers, times are seconds with a fraction.
// https://icinga.com/docs/icinga-2/latest/doc/12-icinga2-api/#event-stream-types
//
// A script's body is of the same keys, with states as words: notification_type, host, service, state, state_type,
// timestamp, output; or of the macros as Nagios passes them in the environment, without the NAGIOS_ before them:
// NOTIFICATIONTYPE, HOSTNAME, SERVICEDESC, HOSTSTATE, SERVICESTATE and so on.
// https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/macrolist.html
//
// The name of a Nagios service is in the label "check": the label "service" names one of the business impact analysis.
var (
	icingaKeys = []string{"type", "timestamp", "host", "service", "state", "state_type", "notification_type",
		"check_result", "is_flapping", "flapping", "output", "text", "host_alias", "address"}
	icingaTypes = map[string]bool{"StateChange": true, "CheckResult": true, "Notification": true, "Flapping": true,
		"AcknowledgementSet": true, "AcknowledgementCleared": true}
	nagiosMacros = map[string]string{ // macro -> the key it is read as
		"NOTIFICATIONTYPE": "notification_type", "HOSTNAME": "host", "SERVICEDESC": "service",
		"HOSTSTATE": "host_state", "HOSTSTATETYPE": "host_state_type", "HOSTOUTPUT": "host_output",
		"SERVICESTATE": "state", "SERVICESTATETYPE": "state_type", "SERVICEOUTPUT": "output",
		"TIMET": "timestamp", "HOSTALIAS": "host_alias", "HOSTADDRESS": "address",
	}
)

func claimsNagios(v value) bool {
	if v.holds("NOTIFICATIONTYPE", "HOSTNAME") || v.holds("notification_type", "host") {
		return true
	}
	kind, _ := v.field("type")
	return v.holds("host", "timestamp") && icingaTypes[kind.text]
}

func readNagios(v value) (Batch, error) {
	f := fill(v, "the message", icingaKeys...)
	if v.holds("NOTIFICATIONTYPE") {
		f = f.asIcinga()
	}
	host, check := f.text("host"), f.text("service")
	if host == "" {
		f.fail(Malformed, "names no host")
	}
	result := f.object("check_result", "state", "output", "execution_end", "vars_after")
	n := nagiosState{form: f, result: result, ofHost: check == ""}
	a := Alert{
		Status: n.status(),
		Labels: filled(map[string]string{"host": host, "check": check, "host_alias": f.text("host_alias"),
			"address": f.text("address"), "state": n.name(), "notification_type": f.text("notification_type")}),
		Annotations: filled(map[string]string{"summary": cmp.Or(f.text("output"), result.text("output")), "text": f.text("text")}),
		Fingerprint: strings.TrimSuffix(host+"!"+check, "!"), // as Icinga names the object
	}
	if a.Status == Firing && n.name() == "WARNING" {
		a.Labels = a.Labels.With(Label{"effect", "degraded"})
	}
	return one(a.since(n.at()), f.err)
}

// asIcinga is a body of macros in the keys of Icinga. An empty macro is not there; what a host notification says is in
// the host's macros.
func (f *form) asIcinga() *form {
	plain := fill(f.value, f.where, slices.Sorted(maps.Keys(nagiosMacros))...)
	v := value{kind: object}
	for _, inner := range f.value.fields {
		if key, ok := nagiosMacros[inner.key]; ok && !(inner.value.kind == text && inner.value.text == "") {
			v.fields = append(v.fields, field{key, inner.value})
		}
	}
	ofHost := !v.holds("service")
	for i, inner := range v.fields {
		if key, isHost := strings.CutPrefix(inner.key, "host_"); isHost && key != "alias" && ofHost {
			v.fields[i].key = key
		}
	}
	return &form{value: v, where: f.where, err: plain.err}
}

// nagiosState is the state that a message gives, in one of three places.
type nagiosState struct {
	form, result *form
	ofHost       bool
}

var (
	serviceStates = map[string]string{"0": "OK", "1": "WARNING", "2": "CRITICAL", "3": "UNKNOWN"}
	hostStates    = map[string]string{"0": "UP", "1": "DOWN", "2": "UNREACHABLE"} // 2 with Nagios alone
	nagiosStatus  = map[string]Status{"OK": Resolved, "UP": Resolved, "WARNING": Firing, "CRITICAL": Firing, "DOWN": Firing,
		"UNKNOWN": Unknown, "UNREACHABLE": Unknown, "PENDING": Unknown}
	notificationTypes = map[string]bool{"PROBLEM": true, "RECOVERY": true, "ACKNOWLEDGEMENT": true, "CUSTOM": true,
		"FLAPPINGSTART": true, "FLAPPINGEND": true, "FLAPPINGSTOP": true, "FLAPPINGDISABLED": true, "DOWNTIMESTART": true,
		"DOWNTIMEEND": true, "DOWNTIMECANCELLED": true, "DOWNTIMEREMOVED": true}
)

// name is the state in Nagios's words; empty where the message gives none.
func (n nagiosState) name() string {
	names := serviceStates
	if n.ofHost {
		names = hostStates
	}
	if written := n.form.scalar("state"); written != "" {
		return cmp.Or(names[whole(written)], strings.ToUpper(written))
	}
	written := whole(n.result.scalar("state"))
	if n.ofHost && written != "" { // a check's result is of four states, whatever is checked
		return map[string]string{"0": "UP", "1": "UP", "2": "DOWN", "3": "DOWN"}[written]
	}
	return serviceStates[written]
}

// status is what the state means. A soft one has not been confirmed by the checks that the monitoring itself wants, and
// while a state flaps it is none: both are unknown. A soft OK ends a problem that never became hard, and is OK. What is
// acknowledged, or in a downtime, is still as it was.
func (n nagiosState) status() Status {
	f := n.form
	kind := strings.ToUpper(f.text("notification_type"))
	if kind != "" && !notificationTypes[kind] {
		f.fail(Malformed, "has a \"notification_type\" %s that is none", short(kind))
	}
	name := n.name()
	status, known := nagiosStatus[name]
	flapping := kind == "FLAPPINGSTART" || f.truth("is_flapping") || f.truth("flapping")
	switch {
	case flapping:
		return Unknown
	case name == "" && kind == "RECOVERY":
		return Resolved
	case name == "" && kind == "PROBLEM":
		return Firing
	case name == "" && kind != "":
		return Unknown
	case !known:
		f.fail(Malformed, "has the state %s, which is none", short(name))
	case kind == "RECOVERY" && status == Firing, kind == "PROBLEM" && status == Resolved:
		return Unknown // it contradicts itself
	case status == Firing && n.soft():
		return Unknown
	}
	return status
}

func (n nagiosState) soft() bool {
	written := n.form.scalar("state_type")
	if written == "" {
		written = n.result.object("vars_after", "state_type").scalar("state_type")
	}
	switch strings.ToUpper(whole(written)) {
	case "SOFT", "0":
		return true
	case "HARD", "1", "":
		return false
	}
	n.form.fail(Malformed, "has a \"state_type\" %s that is neither SOFT nor HARD", short(written))
	return true
}

// at is when the check ended that the state is of, or when it was told.
func (n nagiosState) at() time.Time {
	if end := n.result.when("execution_end"); !end.IsZero() {
		return end
	}
	return n.form.when("timestamp")
}

// whole is a number without a fraction of nothing: Icinga writes every number as a float, so 2.0 is 2.
func whole(number string) string { return strings.TrimSuffix(number, ".0") }
