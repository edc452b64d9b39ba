package alert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// One target for each parser, which begins with payloads of its own.

func FuzzAlertmanager(f *testing.F)    { fuzzFormat(f, "alertmanager") }
func FuzzAlertmanagerAPI(f *testing.F) { fuzzFormat(f, "alertmanager-api") }
func FuzzAzure(f *testing.F)           { fuzzFormat(f, "azure") }
func FuzzCloudEvents(f *testing.F)     { fuzzFormat(f, "cloudevents") }
func FuzzCloudWatch(f *testing.F)      { fuzzFormat(f, "cloudwatch") }
func FuzzDatadog(f *testing.F)         { fuzzFormat(f, "datadog") }
func FuzzEventBridge(f *testing.F)     { fuzzFormat(f, "eventbridge") }
func FuzzGoogleCloud(f *testing.F)     { fuzzFormat(f, "gcp") }
func FuzzGrafana(f *testing.F)         { fuzzFormat(f, "grafana") }
func FuzzHoldfast(f *testing.F)        { fuzzFormat(f, "holdfast") }
func FuzzNagios(f *testing.F)          { fuzzFormat(f, "nagios") }
func FuzzNewRelic(f *testing.F)        { fuzzFormat(f, "newrelic") }
func FuzzOTLP(f *testing.F)            { fuzzFormat(f, "otlp") }
func FuzzPagerDuty(f *testing.F)       { fuzzFormat(f, "pagerduty") }
func FuzzPingdom(f *testing.F)         { fuzzFormat(f, "pingdom") }
func FuzzPubSub(f *testing.F)          { fuzzFormat(f, "pubsub") }
func FuzzSensu(f *testing.F)           { fuzzFormat(f, "sensu") }
func FuzzSNS(f *testing.F)             { fuzzFormat(f, "sns") }
func FuzzUptimeKuma(f *testing.F)      { fuzzFormat(f, "uptimekuma") }
func FuzzZabbix(f *testing.F)          { fuzzFormat(f, "zabbix") }

// What comes as a CloudEvent in binary mode has its attributes in headers.
func FuzzCloudEventsBinary(f *testing.F) {
	for _, body := range append(corpus(f, "*"), []byte(`{"status": "firing", "component": "pay-fra-1"}`)) {
		f.Add("1.0", "/probes/7", "com.example.probe", "2026-11-23T12:00:00Z", "application/json", "subject", "pay%2Dfra", body)
	}
	f.Fuzz(func(t *testing.T, version, source, kind, at, media, name, value string, body []byte) {
		header := map[string][]string{"ce-specversion": {version}, "ce-id": {"7"}, "ce-source": {source}, "ce-type": {kind}, "ce-time": {at},
			"Content-Type": {media}, "Ce-" + name: {value}}
		examine(t, body, func(body []byte) (Batch, error) { return DecodeMessage(header, body) })
	})
}

// FuzzDecode has them all, and the hostile ones.
func FuzzDecode(f *testing.F) {
	for _, body := range append(corpus(f, "*"), corpus(f, "hostile/*")...) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if b, ok := examine(t, body, Decode); ok {
			compare(t, body, b)
		}
	})
}

func TestEveryFormatHasPayloadsAndIsFuzzed(t *testing.T) {
	targets, err := os.ReadFile("formats_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range formats {
		if !strings.Contains(string(targets), fmt.Sprintf("{ fuzzFormat(f, %q) }", f.name)) {
			t.Errorf("%s is not fuzzed", f.name)
		}
		for _, body := range corpus(t, f.name) {
			if v, err := parse(body); err != nil || !f.claims(v) {
				t.Errorf("%s is not how to speak %s: %v", body, f.name, err)
			}
		}
	}
}

// corpus are the payloads in a folder of testdata.
func corpus(t testing.TB, folder string) (bodies [][]byte) {
	t.Helper()
	files, _ := filepath.Glob("testdata/" + folder + "/*.json")
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	if len(bodies) == 0 {
		t.Fatalf("there are no payloads in testdata/%s", folder)
	}
	return bodies
}

// fuzzFormat looks into what one format claims.
func fuzzFormat(f *testing.F, name string) {
	for _, body := range corpus(f, name) {
		f.Add(body)
	}
	i := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	f.Fuzz(func(t *testing.T, body []byte) {
		if v, err := parse(body); err != nil || !formats[i].claims(v) {
			return
		}
		if b, ok := examine(t, body, Decode); ok {
			compare(t, body, b)
		}
	})
}

// Bounds of what may be spent on a message. They are wide: no reader should come near.
const (
	mostSpent    = 30 * time.Second
	mostBytes    = 64 << 20
	mostOfLength = 256 // times the length of the message
)

// examine checks what holds of whatever is read, and of the reason where nothing is.
func examine(t *testing.T, body []byte, read func([]byte) (Batch, error)) (b Batch, ok bool) {
	t.Helper()
	hung := time.AfterFunc(mostSpent, func() { panic(fmt.Sprintf("%d bytes are still read after %s", len(body), mostSpent)) })
	defer hung.Stop()
	before, heap := bytes.Clone(body), allocated()
	b, err := read(body)
	if bytes := allocated() - heap; bytes > mostBytes+uint64(mostOfLength*len(body)) {
		t.Fatalf("reading %d bytes took %d bytes", len(body), bytes)
	}
	again, errAgain := read(bytes.Clone(body))
	if !reflect.DeepEqual(b, again) || !reflect.DeepEqual(err, errAgain) {
		t.Fatalf("read twice it is something else: %v, %v: %s", err, errAgain, cmp.Diff(b, again))
	}
	if !bytes.Equal(before, body) {
		t.Fatal("the message was written in")
	}
	if err != nil {
		var u *Unreadable
		if !errors.As(err, &u) || u.Reason == "" || !utf8.ValidString(u.Detail) || len(u.Detail) > 500 || len(b.Alerts) > 0 {
			t.Fatalf("not a reason for the dead letters: %#v", err)
		}
		return b, false
	}
	if !json.Valid(body) {
		t.Fatal("decoded, but not JSON to encoding/json")
	}
	if b.Truncated < 0 || b.Truncated > math.MaxInt32 || b.Format == "" || len(b.Alerts) > 2*MaxAlerts {
		t.Fatalf("a batch of %q, %d alerts, %d left out", b.Format, len(b.Alerts), b.Truncated)
	}
	for i, a := range b.Alerts {
		if wrong := unfit(a); wrong != "" {
			t.Fatalf("alert %d %s: %v", i+1, wrong, a)
		}
	}
	readAgain(t, b)
	return b, true
}

// allocated is what was ever allocated, in bytes.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// unfit says what is wrong with an alert, of whatever format.
func unfit(a Alert) string {
	if a.Status != Firing && a.Status != Resolved && a.Status != Unknown {
		return "is " + string(a.Status)
	}
	if len(a.Labels) == 0 {
		return "says nothing of what it is about"
	}
	for _, all := range []Labels{a.Labels, a.Annotations} {
		for i, l := range all {
			if i > 0 && all[i-1].Name >= l.Name {
				return "has labels out of order"
			}
			if !utf8.ValidString(l.Name) || !utf8.ValidString(l.Value) {
				return "has a label that is not UTF-8"
			}
		}
	}
	for _, at := range []time.Time{a.StartsAt, a.EndsAt} {
		if at.Location() != time.UTC || at.Year() < 1 || at.Year() > 9999 {
			return "has an impossible time"
		}
	}
	if !utf8.ValidString(a.Fingerprint) {
		return "has an identity that is not UTF-8"
	}
	return ""
}

// readAgain writes alerts in holdfast's own format, which has to say the same.
func readAgain(t *testing.T, b Batch) {
	t.Helper()
	for i, a := range b.Alerts {
		if len(a.Labels)+len(a.Annotations) > MaxTokens/4 {
			continue // it takes more tokens than an alert that was sent can have
		}
		if _, _, twice := twins(a.Annotations.names()); twice {
			a.Annotations = nil // some are the format's, and some the user's
		}
		body := ownFormat(t, a)
		if len(body) > MaxMessage {
			continue
		}
		same, err := Decode(body)
		if err != nil {
			t.Fatalf("alert %d cannot be said in holdfast's own words: %v: %s", i+1, err, body)
		}
		if diff := cmp.Diff([]Alert{a}, same.Alerts); diff != "" {
			t.Fatalf("alert %d is another one in holdfast's own words: %s", i+1, diff)
		}
	}
}

func ownFormat(t *testing.T, a Alert) []byte {
	t.Helper()
	fields := map[string]any{"status": a.Status, "labels": a.Labels, "annotations": a.Annotations, "fingerprint": a.Fingerprint, "sequence": a.Sequence}
	for key, at := range map[string]time.Time{"starts_at": a.StartsAt, "ends_at": a.EndsAt} {
		if !at.IsZero() {
			fields[key] = at
		}
	}
	body, err := json.Marshal(map[string]any{"holdfast": 1, "alerts": []any{fields}})
	if err != nil {
		t.Fatalf("an alert cannot be written: %v", err)
	}
	return body
}

// What is decoded here must mean the same to the reader that everybody else uses: no message may say one thing to
// holdfast and another to those who look at it afterwards.
func compare(t *testing.T, body []byte, b Batch) {
	t.Helper()
	var same struct {
		Alerts []struct {
			Status string
			Labels map[string]string
		}
		SpecVersion, Type, Subscription json.RawMessage // of what is around another message
	}
	if b.Format != "holdfast" && b.Format != "alertmanager" {
		return
	}
	if err := json.Unmarshal(body, &same); err != nil {
		t.Fatalf("decoded, but encoding/json says %v", err)
	}
	if same.SpecVersion != nil || same.Type != nil || same.Subscription != nil {
		return
	}
	if len(same.Alerts) != len(b.Alerts) {
		t.Fatalf("%d alerts, but encoding/json sees %d", len(b.Alerts), len(same.Alerts))
	}
	for i, a := range b.Alerts {
		if diff := cmp.Diff(LabelsOf(same.Alerts[i].Labels), a.Labels); diff != "" || same.Alerts[i].Status != string(a.Status) {
			t.Fatalf("alert %d is another one to encoding/json: %q %s", i, same.Alerts[i].Status, diff)
		}
	}
}
