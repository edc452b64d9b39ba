package alert_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector/alert"
)

func read(t *testing.T, file string) []byte {
	t.Helper()
	body, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func decode(t *testing.T, body string) alert.Batch {
	t.Helper()
	b, err := alert.Decode([]byte(body))
	if err != nil {
		t.Fatalf("decode %.200s: %v", body, err)
	}
	return b
}

// reason is why a message cannot be read; it fails the test if it can.
func reason(t *testing.T, body string) alert.Reason {
	t.Helper()
	b, err := alert.Decode([]byte(body))
	var u *alert.Unreadable
	if !errors.As(err, &u) {
		t.Fatalf("decode %.200q: got %v and error %v, want it to be unreadable", body, b, err)
	}
	return u.Reason
}

func at(t *testing.T, instant string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339Nano, instant)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.UTC()
}

// own is a message in holdfast's own format with one alert that has these further fields.
func own(further string) string {
	return `{"holdfast":1,"alerts":[{"status":"firing","labels":{"component":"pay-fra-1"}` + further + `}]}`
}

// numbered are fields k0, k1, …
func numbered(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"k%d":"%d"`, i, i))
	}
	return strings.Join(all, ",")
}

func TestABodyOfAlertmanagersWebhookIsRead(t *testing.T) {
	got := decode(t, string(read(t, "alertmanager/v4.json")))
	want := alert.Batch{Format: "alertmanager", Truncated: 3, Alerts: []alert.Alert{
		{
			Status: alert.Firing,
			Labels: alert.LabelsOf(map[string]string{"alertname": "PostgresPrimaryDown", "cluster": "fra", "severity": "critical"}),
			Annotations: alert.LabelsOf(map[string]string{
				"summary":     "Postgres primary in Frankfurt does not answer",
				"description": "pg_up is 0 for über 30 s 🔥",
			}),
			StartsAt:    at(t, "2026-11-23T10:58:30.123456789Z"),
			Fingerprint: "b2f9c1e0a7d34455",
		},
		{
			Status:      alert.Resolved,
			Labels:      alert.LabelsOf(map[string]string{"alertname": "PostgresPrimaryDown", "cluster": "ams", "severity": "critical"}),
			Annotations: alert.LabelsOf(map[string]string{}),
			StartsAt:    at(t, "2026-11-23T10:40:00Z"),
			EndsAt:      at(t, "2026-11-23T10:55:00Z"),
			Fingerprint: "0c1d2e3f40516273",
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHoldfastsOwnFormatIsRead(t *testing.T) {
	got := decode(t, `{"holdfast": 1, "sent_by": "probe-7", "alerts": [
		{"status": "unknown", "labels": {"site": "fra1", "effect": "lost"}, "annotations": {"from": "the facility"},
		 "starts_at": "2026-11-23T12:00:00+01:00", "ends_at": null, "fingerprint": "f", "sequence": 18446744073709551615}]}`)
	want := alert.Batch{Format: "holdfast", Alerts: []alert.Alert{{
		Status:      alert.Unknown,
		Labels:      alert.LabelsOf(map[string]string{"site": "fra1", "effect": "lost"}),
		Annotations: alert.LabelsOf(map[string]string{"from": "the facility"}),
		StartsAt:    at(t, "2026-11-23T11:00:00Z"),
		Fingerprint: "f",
		Sequence:    1<<64 - 1,
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEachKindOfBrokenMessageIsRefusedWithItsReason(t *testing.T) {
	for _, c := range []struct {
		body string
		want alert.Reason
	}{
		{"", alert.NotJSON},
		{"null", alert.UnknownForm},
		{"[]", alert.UnknownForm},
		{`{"alerts":[]}`, alert.UnknownForm},
		{"the database is down", alert.NotJSON},
		{"\xef\xbb\xbf" + own(""), alert.NotJSON},
		{own("") + "{}", alert.NotJSON},
		{own("")[:30], alert.NotJSON},
		{own(`,`), alert.NotJSON},
		{own(`,"a":[1,]`), alert.NotJSON},
		{own(`,"a":01`), alert.NotJSON},
		{own(`,"a":1.`), alert.NotJSON},
		{own(`,"a":.5`), alert.NotJSON},
		{own(`,"a":+1`), alert.NotJSON},
		{own(`,"a":0x1f`), alert.NotJSON},
		{own(`,"a":1e`), alert.NotJSON},
		{own(`,"a":nul`), alert.NotJSON},
		{own(`,"a":True`), alert.NotJSON},
		{own(`,'a':1`), alert.NotJSON},
		{own(`,"a":"\x41"`), alert.NotJSON},
		{own(`,"a":"\u00g0"`), alert.NotJSON},
		{own(",\"a\":\"a\nb\""), alert.NotJSON},
		{own(`/* or not */`), alert.NotJSON},

		{own(",\"a\":\"\xff\""), alert.NotUTF8},
		{own(",\"a\":\"\xc0\xaf\""), alert.NotUTF8},     // an overlong slash
		{own(",\"a\":\"\xed\xa0\x80\""), alert.NotUTF8}, // a surrogate as bytes
		{own(`,"a":"\ud800"`), alert.NotUTF8},
		{own(`,"a":"\udc00\ud800"`), alert.NotUTF8},
		{own(`,"a":"\ud800\u0041"`), alert.NotUTF8},

		{own(`,"a":NaN`), alert.NotANumber},
		{own(`,"a":-Infinity`), alert.NotANumber},
		{own(`,"a":1e999`), alert.NotANumber},
		{own(`,"a":` + strings.Repeat("9", 100)), alert.NotANumber},

		{own(`,"status":"resolved"`), alert.DuplicateKey},
		{own(`,"Status":"resolved"`), alert.DuplicateKey},
		{own(`,"\u0073tatus":"resolved"`), alert.DuplicateKey},
		{own(`,"ſtatus":"resolved"`), alert.DuplicateKey}, // a long s, which folds to s
		{own(`,"Sequence":9`), alert.DuplicateKey},        // without a sibling, but a known key
		{own(`,"annotations":{"a":"1","A":"2"}`), alert.DuplicateKey},
		{own(`,"annotations":{"k":"1","\u212a":"2"}`), alert.DuplicateKey}, // a Kelvin sign, which folds to k
		{own(`,"annotations":{` + numbered(17) + `,"\u212a16":"2"}`), alert.DuplicateKey},
		{own(`,"annotations":{` + numbered(40) + `,"K7":"2"}`), alert.DuplicateKey},
		{`{"holdfast":1,"alerts":[],"Alerts":[]}`, alert.DuplicateKey},

		{own(`,"a":` + strings.Repeat("[", 17) + strings.Repeat("]", 17)), alert.TooDeep},
		{own(`,"a":[` + strings.Repeat("0,", 1024) + `0]`), alert.TooMany},
		{`{"holdfast":1,"a":[` + strings.Repeat("[],", 600) + `0],"alerts":[]}`, alert.TooMany},
		{`{"holdfast":1,"alerts":[` + strings.Repeat("{},", alert.MaxAlerts) + `{}]}`, alert.TooMany},

		{`{"holdfast":2,"alerts":[]}`, alert.Malformed},
		{`{"holdfast":"1","alerts":[]}`, alert.Malformed},
		{`{"holdfast":1,"alerts":{}}`, alert.Malformed},
		{`{"holdfast":1}`, alert.Malformed},
		{`{"holdfast":1,"alerts":["pay-fra-1"]}`, alert.Malformed},
		{`{"holdfast":1,"alerts":[{"status":"down","labels":{"a":"b"}}]}`, alert.Malformed},
		{`{"holdfast":1,"alerts":[{"labels":{"a":"b"}}]}`, alert.Malformed},
		{`{"holdfast":1,"alerts":[{"status":"firing"}]}`, alert.Malformed},
		{`{"holdfast":1,"alerts":[{"status":"firing","labels":{}}]}`, alert.Malformed},
		{`{"holdfast":1,"alerts":[{"status":"firing","labels":{"a":1}}]}`, alert.Malformed},
		{`{"holdfast":1,"alerts":[{"status":"firing","labels":["a"]}]}`, alert.Malformed},
		{own(`,"starts_at":"yesterday"`), alert.Malformed},
		{own(`,"starts_at":1732363200`), alert.Malformed},
		{own(`,"starts_at":"2026-02-30T00:00:00Z"`), alert.Malformed},
		{own(`,"starts_at":"2026-11-23T25:00:00Z"`), alert.Malformed},
		{own(`,"sequence":-1`), alert.Malformed},
		{own(`,"sequence":"1"`), alert.Malformed},
		{own(`,"sequence":18446744073709551616`), alert.Malformed},
		{`{"version":"5","alerts":[]}`, alert.Malformed},
		{`{"version":4,"alerts":[]}`, alert.Malformed},
		{`{"version":"4","alerts":[],"truncatedAlerts":1e3}`, alert.Malformed},
		{`{"version":"4","alerts":[{"status":"unknown","labels":{"a":"b"}}]}`, alert.Malformed},
	} {
		if got := reason(t, c.body); got != c.want {
			_, err := alert.Decode([]byte(c.body))
			t.Errorf("%.100q is %s, want %s (%v)", c.body, got, c.want, err)
		}
	}
}

func TestAMessageOfMoreThanAMebibyteIsNotLookedInto(t *testing.T) {
	if got := reason(t, own(`,"a":"`+strings.Repeat("x", 1<<20)+`"`)); got != alert.TooLarge {
		t.Errorf("got %s", got)
	}
}

func TestWhatIsAtTheLimitsIsStillRead(t *testing.T) {
	deep := strings.Repeat("[", 13) + strings.Repeat("]", 13) // inside message, alerts, alert: 16
	decode(t, own(`,"a":`+deep))
	const around = 12 // {"status":"firing","labels":{"component":"pay-fra-1"},"a":[]}
	zeros := func(n int) string { return own(`,"a":[0` + strings.Repeat(",0", n-1) + `]`) }
	decode(t, zeros(alert.MaxTokens-around))
	if got := reason(t, zeros(alert.MaxTokens-around+1)); got != alert.TooMany {
		t.Errorf("a token more: %s", got)
	}
}

func TestAMessageMayHoldThousandsOfAlerts(t *testing.T) {
	one := `{"status":"firing","labels":{"component":"a"}},`
	b := decode(t, `{"holdfast":1,"alerts":[`+strings.Repeat(one, 9999)+one[:len(one)-1]+`]}`)
	if len(b.Alerts) != 10000 {
		t.Errorf("read %d of 10000 alerts", len(b.Alerts))
	}
}

func TestTheTokensOfOneAlertAreNotCountedAgainstAnother(t *testing.T) {
	one := `{"status":"firing","labels":{"component":"a"},"a":[` + strings.Repeat("0,", 900) + `0]}`
	b := decode(t, `{"holdfast":1,"alerts":[`+strings.Repeat(one+",", 99)+one+`]}`)
	if len(b.Alerts) != 100 {
		t.Errorf("read %d of 100 alerts", len(b.Alerts))
	}
}

func TestLabelsThatDifferInMoreThanCaseAreDifferentOnes(t *testing.T) {
	for _, n := range []int{5, 16, 17, 100} {
		if got := len(decode(t, own(`,"annotations":{`+numbered(n)+`}`)).Alerts[0].Annotations); got != n {
			t.Errorf("%d of %d are read", got, n)
		}
	}
}

func TestWhoAddsToTheLabelsOfOneAlertChangesNoOther(t *testing.T) {
	b := decode(t, `{"holdfast":1,"alerts":[{"status":"firing","labels":{"a":"1"}},{"status":"firing","labels":{"b":"2"}}]}`)
	_ = append(b.Alerts[0].Labels, alert.Label{Name: "c", Value: "3"})
	if got := b.Alerts[1].Labels.Get("b"); got != "2" {
		t.Errorf("b is %q", got)
	}
}

func TestFieldsThatNobodyKnowsAreTolerated(t *testing.T) {
	for _, further := range []string{
		`,"a":null`, `,"a":-0.5e-3`, `,"a":true`, `,"a":{"b":[{"c":"\u0000\/\b\f\n\r\t\"\\"}]}`, ` , "a" : [ ] `, `,"":""`,
	} {
		decode(t, own(further))
	}
}

func TestAbsurdTimesAreKeptForTheDetectorToJudge(t *testing.T) {
	for written, want := range map[string]string{
		"9999-12-31T23:59:59Z":      "9999-12-31T23:59:59Z",
		"0001-01-01T00:00:00Z":      "0001-01-01T00:00:00Z",
		"1970-01-01T00:00:00+14:00": "1969-12-31T10:00:00Z",
	} {
		got := decode(t, own(fmt.Sprintf(`,"starts_at":%q`, written))).Alerts[0].StartsAt
		if !got.Equal(at(t, want)) || got.Location() != time.UTC {
			t.Errorf("%s is read as %s", written, got)
		}
	}
}

func TestATimeWithoutAZoneCountsAsNotGiven(t *testing.T) {
	got := decode(t, own(`,"starts_at":"2026-11-23T12:00:00"`)).Alerts[0].StartsAt
	if !got.IsZero() {
		t.Errorf("read as %s", got)
	}
}

func TestAReasonSaysWhereAndQuotesLittle(t *testing.T) {
	_, err := alert.Decode([]byte(own(`,"starts_at":"` + strings.Repeat("never ", 50) + `"`)))
	want := `unreadable alert (malformed): alert 1 has a "starts_at" that is not an instant (RFC 3339): "never never never never never ne"…`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	_, err = alert.Decode([]byte(own(`,"a":nothing at all`)))
	want = `unreadable alert (not_json): at byte 82: "nothing at all}]" where a value should be`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
