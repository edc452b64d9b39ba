package alert

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// agree fails where what is read straight is anything else than what the formats make of it, or they make nothing of it.
// It is false for what is not read straight, which they judge alone.
func agree(t interface{ Fatalf(string, ...any) }, body []byte) bool {
	got, ok := readStraight(body, nil)
	if !ok {
		return false
	}
	want, err := byFormat(body)
	if err != nil {
		t.Fatalf("%.500q is read straight, and by its format: %v", body, err)
	}
	if !reflect.DeepEqual(want, got) { // which sees the zones of instants and empty slices too
		t.Fatalf("%.500q is read straight as something else: %s", body, cmp.Diff(want, got))
	}
	return true
}

func FuzzStraight(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.json")
	hostile, _ := filepath.Glob("testdata/hostile/*/*.json")
	if len(files) < 20 || len(hostile) == 0 {
		f.Fatal("no seeds")
	}
	for _, file := range append(files, hostile...) {
		seed, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body []byte) { agree(t, body) })
}

func TestWhatTheThreeCommonestFormatsSendIsReadStraight(t *testing.T) {
	for _, file := range []string{"alertmanager/v4.json", "alertmanager-api/got.json", "alertmanager-api/posted.json"} {
		body, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if !agree(t, body) {
			t.Errorf("%s takes the long way", file)
		}
	}
	for _, body := range []string{
		`{"holdfast": 1, "alerts": []}`,
		`{"holdfast": 1, "sent_by": "probe", "alerts": [{"sequence": 7, "labels": {"b": "\u00fc\n", "a": "ü"}, "status": "unknown", "more": [{}]}]}`,
		`{"status": "firing", "version": "4", "in_a_later_version": {"a": null}, "alerts": [], "truncatedAlerts": 12}`,
	} {
		if !agree(t, []byte(body)) {
			t.Errorf("%s takes the long way", body)
		}
	}
}

// A field of a message as it is written. Most are as they should be.
type writing struct {
	key           string
	right, likely []string // values: as they should be, and as they should not
}

var (
	someInstants = []string{`"2026-11-23T12:00:00Z"`, `"2026-11-23T13:00:00.123456789+01:00"`, `"0001-01-01T00:00:00Z"`, `"2024-02-29T00:00:00Z"`}
	noInstants   = []string{`null`, `""`, `"never"`, `"2026-02-30T12:00:00Z"`, `"2026-11-23T12:00:00"`, `1795435200`, `"2026-11-23T12:00:00,5Z"`, `"2026-11-23T1:00:00Z"`, `{}`}
	someLabels   = []string{`{"a":"1"}`, `{"b":"1","a":"2"}`, `{"alertname":"Down","component":"pay","observer":"prom"}`, `{ "\u0061" : "\u00fc\"" , "z":"ü"}`, `{"B":"","a":"x"}`}
	noLabels     = []string{`null`, `{}`, `{"a":1}`, `{"a":null}`, `{"a":"1","A":"2"}`, `{"a":"1","\u0061":"2"}`, `{"k":"1","` + "\u212a" + `":"2"}`, `{"k":"1","\u212a":"2"}`, `[]`, `"a"`, `{"a":"\ud800"}`, `{"a":"` + strings.Repeat("x", 20) + "\n" + `"}`}
	someTexts    = []string{`"x"`, `""`, `"\u0041"`, `"firing"`}
	noTexts      = []string{`null`, `1`, `{}`, `"\x"`}
	anything     = []string{`null`, `1.5e3`, `"x\/"`, `{"a":[1,{"b":null}]}`, `[]`, `true`, `"http://x?a=1\u0026b=2"`}
	nothing      = []string{`nul`, `01`, `1e999`, `{"a":1,"A":2}`, `[1,]`, `NaN`, strings.Repeat("[", 20), `[` + strings.Repeat("0,", 1030) + `0]`}
	counts       = []string{`0`, `7`, `18446744073709551615`, `4294967296`}
	noCounts     = []string{`-1`, `1.0`, `1e2`, `"1"`, `null`, `18446744073709551616`, `true`}
)

func alertFields(starts, ends string) []writing {
	return []writing{
		{"status", []string{`"firing"`, `"resolved"`}, []string{`"unknown"`, `"Firing"`, `null`, `""`, `1`, `{"state":"active"}`}},
		{"labels", someLabels, noLabels}, {"annotations", append([]string{`{}`}, someLabels...), noLabels},
		{starts, someInstants, noInstants}, {ends, someInstants, noInstants},
		{"fingerprint", someTexts, noTexts}, {"generatorURL", anything, nothing}, {"new", anything, nothing},
	}
}

var (
	webhookAlert = alertFields("startsAt", "endsAt")
	webhook      = []writing{{"version", []string{`"4"`, `"3"`}, []string{`"5"`, `4`, `null`}}, {"truncatedAlerts", counts, noCounts}, {"receiver", anything, nothing},
		{"commonLabels", anything, nothing}, {"new", anything, nothing}}
	ownAlert   = append(alertFields("starts_at", "ends_at"), writing{"sequence", counts, noCounts})
	ownMessage = []writing{{"sent_by", anything, nothing}, {"version", anything, nothing}}
	apiAlert   = append(alertFields("startsAt", "endsAt")[1:], writing{"updatedAt", someInstants, noInstants}, writing{"receivers", anything, nothing},
		writing{"status", []string{`{"state":"active"}`, `{"silencedBy":[],"state":"suppressed"}`}, []string{`{"state":"x"}`, `{"State":"active"}`, `{}`, `"firing"`, `null`, `{"state":1}`}})
)

// drawObject writes an object of some of these fields in any order, and here and there of one that it should not have.
func drawObject(t *rapid.T, fields []writing, first ...string) string {
	var parts []string
	rarely := func(what string) bool { return rapid.IntRange(0, 80).Draw(t, what) == 80 }
	for _, f := range rapid.Permutation(fields).Draw(t, "fields") {
		key, values := f.key, f.right
		if rapid.IntRange(0, 7).Draw(t, "left out") == 7 {
			continue
		}
		if rarely("wrong") {
			values = f.likely
		}
		part := fmt.Sprintf(`%q:%s`, key, rapid.SampledFrom(values).Draw(t, key))
		switch {
		case rarely("case"):
			part = strings.Replace(part, key, rapid.SampledFrom([]string{strings.ToUpper(key), strings.Replace(key, "s", "ſ", 1), strings.ToUpper(key[:1]) + key[1:]}).Draw(t, "twisted"), 1)
		case rarely("twice"):
			parts = append(parts, part)
		case rarely("spaced"):
			part = "\n\t " + part + "\r "
		case rarely("foreign"):
			parts = append(parts, rapid.SampledFrom([]string{`"orgId":1`, `"orgId":null`, `"holdfast":1`, `"holdfast":null`, `"specversion":"1.0"`, `"ſtate":1`, `"x":"\u212a"`}).Draw(t, "of another format"))
		}
		parts = append(parts, part)
	}
	at := rapid.IntRange(0, len(parts)).Draw(t, "where")
	if rapid.Bool().Draw(t, "in front") {
		at = 0
	}
	parts = append(parts[:at:at], append(first, parts[at:]...)...)
	return "{" + strings.Join(parts, ",") + rapid.SampledFrom([]string{"}", "}", "}", "}", "}", "}", "}", "}", "", ",}"}).Draw(t, "end")
}

func drawAlerts(t *rapid.T, fields []writing) string {
	var all []string
	for range rapid.IntRange(0, 3).Draw(t, "alerts") {
		all = append(all, drawObject(t, fields))
	}
	return "[" + strings.Join(all, ",") + "]"
}

func TestWhatIsReadStraightIsWhatTheFormatsRead(t *testing.T) {
	read := 0
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"webhook", "own", "api"}).Draw(t, "kind")
		var body string
		switch kind {
		case "webhook":
			body = drawObject(t, webhook, `"alerts":`+drawAlerts(t, webhookAlert))
		case "own":
			body = drawObject(t, ownMessage, `"holdfast":1`, `"alerts":`+drawAlerts(t, ownAlert))
		case "api":
			body = drawAlerts(t, apiAlert)
		}
		if agree(t, []byte(body)) {
			read++
		}
	})
	if read == 0 {
		t.Error("nothing was read straight")
	}
}

func TestAnInstantReadPlainlyIsTheOneOfPackageTime(t *testing.T) {
	digits := func(most int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("%02d", rapid.IntRange(0, most).Draw(t, "digits")) })
	}
	plainlyRead := 0
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"2026", "0001", "0000", "9999", "2024", "1900"}).Draw(t, "year") + "-" + digits(13).Draw(t, "month") + "-" + digits(32).Draw(t, "day") +
			rapid.SampledFrom([]string{"T", "T", "T", "t", " "}).Draw(t, "T") + digits(24).Draw(t, "hour") + ":" + digits(60).Draw(t, "minute") + ":" + digits(60).Draw(t, "second") +
			rapid.SampledFrom([]string{"", "", ".5", ".123456789", ".1234567891", ".", ",5", ".x"}).Draw(t, "fraction") +
			rapid.SampledFrom([]string{"Z", "Z", "+01:00", "-23:59", "+24:00", "+00:60", "z", "", "+0100", "Zx"}).Draw(t, "zone")
		if comparePlainly(t, text) {
			plainlyRead++
		}
	})
	if plainlyRead == 0 {
		t.Error("none was")
	}
}

// comparePlainly fails where an instant that is read plainly is another one to package time.
func comparePlainly(t interface{ Fatalf(string, ...any) }, text string) bool {
	got, ok := plainly(text)
	if !ok {
		return false
	}
	want, err := time.Parse(time.RFC3339, text)
	if err != nil || want.UTC() != got {
		t.Fatalf("%q is read plainly as %v; package time says %v, %v", text, got, want, err)
	}
	return true
}
