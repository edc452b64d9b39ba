package main

import (
	"strconv"
	"time"
)

// A feed makes alerts as monitoring sends them: 12 labels, 3 annotations, 844 to 884 bytes each, whether in the webhook
// body of an Alertmanager or as it is posted to one. The same number makes the same alert.
//
// Alerts are about all components but the first of every service, so an organisation is noisy, and no service of it is lost.
type feed struct {
	components int
	start      time.Time // of every alert that says nothing else
}

const (
	shortest, spread = 844, 41 // bytes of one alert: shortest + n%spread
	batch            = 64      // alerts in a webhook body
)

// A said is one alert as it is sent now.
type said struct {
	n        int       // which alert
	host     int       // the component it is about; -1: the feed's choice
	down     bool      // says that it is down; else that it is degraded
	since    time.Time // zero: the feed's start
	resolved time.Time // zero: it fires
}

// host is the component that the n-th alert is about.
func (f feed) host(n int) int {
	if f.components < each {
		return n % f.components
	}
	k := n % (f.components / each * (each - 1))
	return k/(each-1)*each + 1 + k%(each-1)
}

// webhook is a body as an Alertmanager posts it, fields and labels in its order.
func (f feed) webhook(dst []byte, observer string, alerts ...said) []byte {
	dst = append(dst, `{"receiver":"holdfast","status":"firing","alerts":[`...)
	for i, a := range alerts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = f.alert(dst, observer, a, true)
	}
	return append(dst, `],"groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://alertmanager.example:9093","version":"4","groupKey":"{}:{cluster=\"`+observer+`\"}","truncatedAlerts":0}`...)
}

// posted is a body as Prometheus posts it to an Alertmanager.
func (f feed) posted(dst []byte, observer string, alerts ...said) []byte {
	dst = append(dst, '[')
	for i, a := range alerts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = f.alert(dst, observer, a, false)
	}
	return append(dst, ']')
}

// alert writes one alert; its description makes up for its length.
func (f feed) alert(dst []byte, observer string, a said, webhook bool) []byte {
	from := len(dst)
	dst = append(dst, '{')
	switch {
	case webhook && !a.resolved.IsZero():
		dst = append(dst, `"status":"resolved",`...)
	case webhook:
		dst = append(dst, `"status":"firing",`...)
	}
	dst = f.labels(dst, observer, a)
	since := a.since
	if since.IsZero() {
		since = f.start
	}
	rest := append(make([]byte, 0, 512), `","runbook_url":"https://runbooks.example/latency","summary":"p99 latency of a request is above its objective"},"startsAt":"`...)
	rest = since.AppendFormat(rest, time.RFC3339Nano)
	switch {
	case !a.resolved.IsZero():
		rest = append(rest, `","endsAt":"`...)
		rest = a.resolved.AppendFormat(rest, time.RFC3339Nano)
	case webhook:
		rest = append(rest, `","endsAt":"0001-01-01T00:00:00Z`...)
	}
	rest = append(rest, `","generatorURL":"http://prometheus.example:9090/graph?g0.expr=job%3Alatency%3Ap99+%3E+0.5`...)
	if webhook {
		rest = append(rest, `","fingerprint":"`...)
		rest = appendHex(rest, scattered(uint64(a.n)))
	}
	rest = append(rest, `"}`...)
	dst = append(dst, `,"annotations":{"description":"`...)
	for want := shortest + a.n%spread - len(rest); len(dst)-from < want; {
		const text = "The latency of this instance has been above its objective for longer than it may be. "
		dst = append(dst, text[:min(len(text), want-(len(dst)-from))]...)
	}
	return append(dst, rest...)
}

func (f feed) labels(dst []byte, observer string, a said) []byte {
	host := a.host
	if host < 0 {
		host = f.host(a.n)
	}
	name, severity := "HighLatency", "warning"
	if a.down {
		name, severity = "NodeDown", "critical"
	}
	dst = append(dst, `"labels":{"alertname":"`...)
	dst = append(dst, name...)
	dst = append(dst, `","cluster":"`...)
	dst = append(dst, observer...)
	dst = append(dst, `","environment":"production","host":"c`...)
	dst = strconv.AppendInt(dst, int64(host), 10)
	dst = append(dst, `","instance":"10.`...)
	dst = strconv.AppendInt(dst, int64(host>>8&255), 10)
	dst = append(dst, '.')
	dst = strconv.AppendInt(dst, int64(host&255), 10)
	dst = append(dst, `.7:9100","job":"node","namespace":"shop-`...)
	dst = strconv.AppendInt(dst, int64(host/each), 10)
	dst = append(dst, `","pod":"shop-7d9c8b6f4-`...)
	dst = appendHex(dst, uint64(a.n))
	dst = append(dst, `","region":"eu-central-1","service":"svc-`...)
	dst = strconv.AppendInt(dst, int64(a.n%16_000), 10)
	dst = append(dst, `","severity":"`...)
	dst = append(dst, severity...)
	dst = append(dst, `","team":"team-`...)
	dst = strconv.AppendInt(dst, int64(host/each%40), 10)
	return append(dst, `"}`...)
}

// watchdog is the heartbeat of an observer.
func (f feed) watchdog(observer string, at time.Time) []byte {
	return []byte(`{"version":"4","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"Watchdog","cluster":"` + observer +
		`"},"startsAt":"` + at.Format(time.RFC3339Nano) + `"}]}`)
}

// several are n alerts from first on.
func several(first, n int) []said {
	all := make([]said, n)
	for i := range all {
		all[i] = said{n: first + i, host: -1}
	}
	return all
}

// scattered is a number as a hash would have it: the fingerprints of real alerts are hashes of their labels.
func scattered(n uint64) uint64 {
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

func appendHex(dst []byte, n uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[n>>shift&15])
	}
	return dst
}
