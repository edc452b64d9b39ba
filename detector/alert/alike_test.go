package alert

import (
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sameWithMemory fails where a reader that remembers what it has read reads a body otherwise than one that never read any.
func sameWithMemory(t interface{ Fatalf(string, ...any) }, reader *Reader, body []byte) (read bool) {
	want, ok := readStraight(body, nil)
	got, same := readStraight(body, reader)
	if ok != same {
		t.Fatalf("%.500q is read straight: %t; after others like it: %t", body, ok, same)
	}
	if ok && !reflect.DeepEqual(want, got) {
		t.Fatalf("%.500q is something else after others like it: %s", body, cmp.Diff(want, got))
	}
	return ok
}

// bent is a body with a few bytes left out, put in or changed: mostly it is still JSON, and mostly says something else.
func bent(t *rapid.T, body string) string {
	bits := []string{`"`, `\`, `,`, `}`, `{`, `]`, ` `, "\n", "\x00", "0", "1", "a", "Z", "ü", "\xff", `\u0041`, `\"`, `","x":"`, `{}`, `"4"`, `firing`, `resolved`}
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		at := rapid.IntRange(0, len(body)).Draw(t, "at")
		out := rapid.IntRange(0, min(2, len(body)-at)).Draw(t, "left out")
		body = body[:at] + rapid.SampledFrom(append(bits, "")).Draw(t, "put in") + body[at+out:]
	}
	return body
}

func drawBody(t *rapid.T) string {
	switch rapid.SampledFrom([]string{"webhook", "own", "api"}).Draw(t, "kind") {
	case "webhook":
		return drawObject(t, webhook, `"alerts":`+drawAlerts(t, webhookAlert))
	case "own":
		return drawObject(t, ownMessage, `"holdfast":1`, `"alerts":`+drawAlerts(t, ownAlert))
	default:
		return drawAlerts(t, apiAlert)
	}
}

func TestWhoRemembersWhatWasReadReadsNothingOtherwise(t *testing.T) {
	read := 0
	rapid.Check(t, func(t *rapid.T) {
		var reader Reader
		for range rapid.IntRange(1, 3).Draw(t, "kinds") {
			body := drawBody(t)
			for range rapid.IntRange(1, 6).Draw(t, "like it") {
				if sameWithMemory(t, &reader, []byte(bent(t, body))) {
					read++
				}
			}
		}
	})
	if read == 0 {
		t.Error("nothing was read straight")
	}
}

func FuzzAlike(f *testing.F) {
	for _, file := range []string{"alertmanager/v4.json", "alertmanager/v3.json", "alertmanager-api/got.json", "alertmanager-api/posted.json", "holdfast/own.json"} {
		if seed, err := os.ReadFile("testdata/" + file); err == nil {
			f.Add(seed, seed)
		}
	}
	for _, body := range [][]byte{groupOf(2), postedOf(1), ownOf(1)} {
		f.Add(body, body)
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var reader Reader
		for _, body := range [][]byte{first, second, first} {
			sameWithMemory(t, &reader, body)
		}
	})
}

// Of these the second looks like the first, and is not to be read as if it were.
func TestWhatOnlyLooksAlikeIsReadByItself(t *testing.T) {
	const a = `{"status":"firing","labels":{"a":"b"},"starts_at":"2026-12-01T00:00:00Z","startsAt":"2026-12-01T01:00:00Z"}`
	many := func(n int) string { return strings.TrimSuffix(strings.Repeat("0,", n), ",") }
	for name, c := range map[string][2]string{
		"a key for the second time": {`{"receiver":"x","alerts":[` + a + `],"version":"4"}`, `{"version":"4","alerts":[` + a + `],"version":"4"}`},
		"another format's":          {`{"holdfast":1,"alerts":[` + a + `]}`, `{"version":"4","alerts":[` + a + `]}`},
		"another version":           {`{"alerts":[` + a + `],"version":"4","x":"y"}`, `{"alerts":[` + a + `],"version":"5","x":"y"}`},
		"another number left out":   {`{"alerts":[` + a + `],"version":"4","truncatedAlerts":1}`, `{"alerts":[` + a + `],"version":"4","truncatedAlerts":2}`},
		"another status":            {`{"alerts":[` + a + `],"version":"4"}`, `{"alerts":[` + strings.Replace(a, "firing", "broken", 1) + `],"version":"4"}`},
		"an instant that is none":   {`{"alerts":[` + a + `],"version":"4"}`, `{"alerts":[` + strings.Replace(a, "T01:", "T25:", 1) + `],"version":"4"}`},
		"another instant of change": {`[{"labels":{"a":"b"},"endsAt":"2026-12-01T01:00:00Z","updatedAt":"2026-12-01T00:00:00Z"}]`, `[{"labels":{"a":"b"},"endsAt":"2026-12-01T01:00:00Z","updatedAt":"2026-12-01T02:00:00Z"}]`},
		"too much before the end":   {`{"receiver":[` + many(9) + `],"alerts":[],"version":"4","x":[` + many(900) + `]}`, `{"receiver":[` + many(200) + `],"alerts":[],"version":"4","x":[` + many(900) + `]}`},
		"what follows the end":      {`{"alerts":[` + a + `],"version":"4"}`, `{"alerts":[` + a + `],"version":"4"}}`},
	} {
		var reader Reader
		if !sameWithMemory(t, &reader, []byte(c[0])) {
			t.Errorf("%s: the first is not read straight", name)
		}
		sameWithMemory(t, &reader, []byte(c[1]))
	}
}

// What the shapes save is only saved where they fit: what one sender sends, whatever it says.
func TestWhatOneSenderSendsFitsTheShapeOfWhatItSentBefore(t *testing.T) {
	const alert = `{"status":"firing","labels":{"alertname":%q,"host":%q},"annotations":{"summary":"a\nb"},"startsAt":"2026-12-01T00:00:0%dZ","generatorURL":"http://p\u0026","fingerprint":"%x"}`
	body := func(n int, group string, alerts ...string) []byte {
		return fmt.Appendf(nil, `{"receiver":"holdfast","status":"firing","alerts":[%s],"groupLabels":{"alertname":%q},"externalURL":"http://am","version":"4","groupKey":"{}:{a=\"%d\"}","truncatedAlerts":0}`,
			strings.Join(alerts, ","), group, n)
	}
	var reader Reader
	sameWithMemory(t, &reader, body(1, "Down", fmt.Sprintf(alert, "Down", "a", 1, 1)))
	for n := range 9 {
		a := fmt.Sprintf(alert, "Slow", strings.Repeat("h", n), n, n)
		sameWithMemory(t, &reader, body(n, "Slow", a, a, a))
	}
	if reader.alerts.missed != 1 || reader.endings.missed != 1 {
		t.Errorf("%d alerts and %d endings did not fit", reader.alerts.missed, reader.endings.missed)
	}
}

// Whoever sends something else each time takes no more room than a few shapes, and not that of those whose alerts are alike.
func TestFewShapesAreRemembered(t *testing.T) {
	var reader Reader
	for n := range 1000 {
		sameWithMemory(t, &reader, fmt.Appendf(nil, `{"version":"4","alerts":[{"status":"firing","labels":{"k%d":"v"}}],"x%d":"y"}`, n, n))
	}
	if a, e := len(reader.alerts.known), len(reader.endings.known); a != shapesMost || e != shapesMost {
		t.Errorf("%d shapes of alerts and %d of endings are remembered", a, e)
	}
	long := fmt.Appendf(nil, `{"version":"4","alerts":[{"status":"firing","labels":{"k":"v"},"annotations":{"long":%q}}]}`, strings.Repeat("x", shapeLength))
	sameWithMemory(t, &reader, long)
	for _, sh := range reader.alerts.known {
		if len(sh.parts) > 1 {
			t.Error("a long one is remembered")
		}
	}
	behind := fmt.Appendf(nil, `{"version":"4",%q:1,"alerts":[],"z":"z"}`, strings.Repeat("x", shapeLength))
	for range 2 * shapeEvery {
		sameWithMemory(t, &reader, behind)
	}
	for _, sh := range reader.endings.known {
		if len(sh.behind) > 2 {
			t.Error("one behind long keys is remembered")
		}
	}
}

// Whoever sends one key fewer each time would else have each body kept by its last key.
func TestNothingOfABodyIsKeptOnceItWasRead(t *testing.T) {
	var reader Reader
	var bodies []weak.Pointer[byte]
	for keys := 40; keys > 0; keys-- {
		all := make([]string, keys)
		for n := range all {
			all[n] = fmt.Sprintf(`"k%d":"v"`, n)
		}
		body := fmt.Appendf(nil, `{"version":"4",%s,"alerts":[{"status":"firing","labels":{"a":"b"}}]}`, strings.Join(all, ","))
		bodies = append(bodies, weak.Make(&body[0]))
		sameWithMemory(t, &reader, body)
	}
	runtime.GC()
	kept := 0
	for _, body := range bodies {
		if body.Value() != nil {
			kept++
		}
	}
	if kept > 0 {
		t.Errorf("%d of %d bodies are kept", kept, len(bodies))
	}
	runtime.KeepAlive(&reader)
}
