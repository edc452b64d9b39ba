package alert

import (
	"cmp"
	"time"
)

// What Uptime Kuma's webhook notification posts: {heartbeat, monitor, msg}. A test of the notification, and the notice
// that a certificate runs out, come without a heartbeat and say nothing of any state.
// https://github.com/louislam/uptime-kuma/wiki/Notification-Methods
//
// The monitor is sent whole, with its passwords and headers: only what names it is read.
var (
	heartbeatKeys = []string{"monitorID", "status", "time", "msg", "timezone", "timezoneOffset", "localDateTime"}
	monitorKeys   = []string{"id", "name", "type", "hostname", "tags"}
)

func claimsUptimeKuma(v value) bool {
	return v.mentions("heartbeat", "monitor", "msg")
}

func readUptimeKuma(v value) (Batch, error) {
	f := fill(v, "the message", "heartbeat", "monitor", "msg")
	if !v.holds("heartbeat") {
		return Batch{}, f.err
	}
	beat, monitor := f.object("heartbeat", heartbeatKeys...), f.object("monitor", monitorKeys...)
	id := cmp.Or(monitor.scalar("id"), beat.scalar("monitorID"))
	about := labels{}
	monitor.tags(about, monitor.list("tags"), "name", "value")
	about.set("monitor", monitor.text("name"))
	about.set("monitor_id", id)
	about.set("type", monitor.text("type"))
	about.set("hostname", monitor.text("hostname"))
	a := Alert{
		Status:      beat.kumaStatus(),
		Labels:      LabelsOf(about),
		Annotations: filled(map[string]string{"summary": f.text("msg"), "description": beat.text("msg")}),
		Fingerprint: id,
	}
	if id == "" {
		f.fail(Malformed, "names no monitor")
	}
	return one(a.since(beat.kumaTime()), f.err)
}

// kumaStatus is 0 down, 1 up, 2 pending (down, but not for as many tries as are wanted), 3 maintenance: of the last two
// nobody says whether the thing is up.
func (f *form) kumaStatus() Status {
	v, _ := f.value.field("status")
	status, ok := map[string]Status{"0": Firing, "1": Resolved, "2": Unknown, "3": Unknown}[v.text]
	if !ok || v.kind != word {
		f.fail(Malformed, "has the status %s, which is none of Uptime Kuma's", short(v.text))
	}
	return status
}

// kumaTime is the local time with its offset. Without these it is "time", which Uptime Kuma writes in UTC and without a
// zone, be the server's zone what it may.
func (f *form) kumaTime() time.Time {
	written, zone := f.text("time"), "Z"
	if local, offset := f.text("localDateTime"), f.text("timezoneOffset"); local != "" && offset != "" {
		written, zone = local, offset
	}
	if written == "" {
		return time.Time{}
	}
	at, ok := parseTime(written + zone)
	if !ok {
		at, ok = parseTime(written) // it has a zone already
	}
	if !ok {
		f.fail(Malformed, "has a time that is not an instant: %s", short(written+zone))
	}
	return at
}
