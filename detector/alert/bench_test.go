//go:build unix

package alert

import (
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// groupOf is a body of Alertmanager's webhook as it writes one: alerts of about 850 bytes, 12 labels, 3 annotations, and
// a generatorURL with escapes in it.
func groupOf(alerts int) []byte {
	return fmt.Appendf(nil, `{"receiver":"holdfast","status":"firing","alerts":[%s],"groupLabels":{"alertname":"HighErrorRate"},`+
		`"commonLabels":{"alertname":"HighErrorRate","cluster":"fra-prod-1","severity":"critical"},"commonAnnotations":{},`+
		`"externalURL":"http://alertmanager.monitoring:9093","version":"4","groupKey":"{}:{alertname=\"HighErrorRate\"}","truncatedAlerts":0}`+"\n",
		each(alerts, `{"status":"firing",%s,"startsAt":"2026-11-23T11:58:30.123Z","endsAt":"0001-01-01T00:00:00Z",`+generator+`,"fingerprint":"%016x"}`))
}

// postedOf is what Prometheus posts to Alertmanager's API.
func postedOf(alerts int) []byte {
	return fmt.Appendf(nil, `[%s]`, each(alerts, `{%s,"startsAt":"2026-11-23T11:58:30.123Z","endsAt":"2026-11-23T12:02:30.123Z",`+generator+`,"x":"%016x"}`))
}

// ownOf is the same in holdfast's own format.
func ownOf(alerts int) []byte {
	return fmt.Appendf(nil, `{"holdfast":1,"alerts":[%s]}`, each(alerts, `{"status":"firing",%s,"starts_at":"2026-11-23T11:58:30.123Z",`+generator+`,"fingerprint":"%016x"}`))
}

const generator = `"generatorURL":"http://prometheus-0.monitoring.svc:9090/graph?g0.expr=rate%%28http_requests_total%%7Bcode%%3D~%%225..%%22%%7D%%5B5m%%5D%%29+%%3E+0.05\u0026g0.tab=1"`

func each(alerts int, shape string) string {
	var all []string
	for i := range alerts {
		said := fmt.Sprintf(`"labels":{"alertname":"HighErrorRate","cluster":"fra-prod-1","component":"pay-fra-%d","container":"payments-api",`+
			`"endpoint":"metrics","instance":"10.12.%d.%d:8443","job":"payments","namespace":"payments","pod":"payments-api-7d9c5b6f4-x%04d",`+
			`"prometheus":"monitoring/k8s","service":"payments-api","severity":"critical"},"annotations":{"description":"more than 5 %% of the requests to pod %d failed for 5 minutes, of which a third timed out, in region fra",`+
			`"runbook_url":"https://runbooks.example/payments/high-error-rate","summary":"payments fail"}`, i, i/250, i%250, i, i)
		all = append(all, fmt.Sprintf(shape, said, i+1))
	}
	return strings.Join(all, ",")
}

// wholly is what encoding/json fills from a body of Alertmanager's webhook.
type wholly struct {
	Version, GroupKey string
	TruncatedAlerts   int
	Alerts            []struct {
		Status              string
		Labels, Annotations map[string]string
		StartsAt, EndsAt    time.Time
		Fingerprint         string
	}
}

// What an alert costs, in one run beside encoding/json, beside the strict scan that keeps nothing, and beside the way by a
// value, which is that of all other formats.
func BenchmarkDecode(b *testing.B) {
	bodies := []struct {
		name string
		of   func(int) []byte
	}{{"webhook", groupOf}, {"api", postedOf}, {"own", ownOf}}
	for _, alerts := range []int{1, 64} {
		for _, body := range bodies {
			b.Run(fmt.Sprintf("%s/%d", body.name, alerts), func(b *testing.B) { perAlert(b, body.of(alerts), alerts, decodes) })
			b.Run(fmt.Sprintf("%s-like-those-before/%d", body.name, alerts), func(b *testing.B) {
				var reader Reader
				perAlert(b, body.of(alerts), alerts, func(body []byte) (int, error) {
					batch, err := reader.DecodeMessage(bridged, body)
					return len(batch.Alerts), err
				})
			})
		}
		b.Run(fmt.Sprintf("webhook-by-encoding-json/%d", alerts), func(b *testing.B) {
			perAlert(b, groupOf(alerts), alerts, func(body []byte) (int, error) {
				var all wholly
				err := json.Unmarshal(body, &all)
				return len(all.Alerts), err
			})
		})
		b.Run(fmt.Sprintf("webhook-passed-over/%d", alerts), func(b *testing.B) {
			perAlert(b, groupOf(alerts), alerts, func(body []byte) (int, error) {
				s := newScanner(body, MaxAlerts)
				s.skip(1)
				s.end()
				return MaxAlerts - s.alerts, s.err
			})
		})
		b.Run(fmt.Sprintf("webhook-by-its-format/%d", alerts), func(b *testing.B) {
			perAlert(b, groupOf(alerts), alerts, func(body []byte) (int, error) {
				batch, err := byFormat(body)
				return len(batch.Alerts), err
			})
		})
	}
}

// bridged are the headers of a message that the HTTP API stored.
var bridged = map[string][]string{"Nats-Msg-Id": {"7K4MB2QZ5T3XW6"}}

func decodes(body []byte) (int, error) {
	batch, err := DecodeMessage(bridged, body)
	return len(batch.Alerts), err
}

func perAlert(b *testing.B, body []byte, alerts int, read func([]byte) (int, error)) {
	b.ReportAllocs()
	before := processor()
	for b.Loop() {
		if got, err := read(body); err != nil || got != alerts {
			b.Fatalf("%d of %d alerts: %v", got, alerts, err)
		}
	}
	b.ReportMetric(float64((processor()-before).Nanoseconds())/float64(b.N*alerts), "cpu-ns/alert")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*alerts), "ns/alert")
	b.ReportMetric(float64(len(body))/float64(alerts), "B/alert")
}

// processor is what the whole process has had of the processors, the collector included: on a machine that is shared,
// the clock on the wall measures the neighbours.
func processor() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
