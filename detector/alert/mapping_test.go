package alert_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"holdfast/detector/alert"
)

// legacy is what the owner of an old monitor may write.
func legacy() alert.Mapping {
	return alert.Mapping{
		Subject:     "holdfast.alerts.legacy.>",
		Each:        `body.items`,
		Status:      `{"bad": "firing", "good": "resolved"}[?item.state].orValue("unknown")`,
		Labels:      map[string]string{"component": `item.host.split(".")[0].lowerAscii()`, "rack": `item.?rack`},
		Annotations: map[string]string{"summary": `item.?detail.text`},
		At:          `item.?when`,
	}
}

// compiled fails the test where a mapping has problems.
func compiled(t testing.TB, written alert.Mapping) *alert.Mapping {
	t.Helper()
	m, problems := alert.NewMapping(written)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return m
}

func mapped(t *testing.T, written alert.Mapping, body string) []alert.Alert {
	t.Helper()
	b, err := compiled(t, written).Read([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return b.Alerts
}

// unmapped is why a mapping cannot read a message.
func unmapped(t *testing.T, written alert.Mapping, body string) *alert.Unreadable {
	t.Helper()
	b, err := compiled(t, written).Read([]byte(body))
	var u *alert.Unreadable
	if !errors.As(err, &u) || len(b.Alerts) > 0 {
		t.Fatalf("%.200s: got %v and error %v", body, b, err)
	}
	return u
}

func TestAMappingMakesAlertsOfWhatNobodyElseSends(t *testing.T) {
	got := mapped(t, legacy(), `{"items": [
		{"host": "PAY-FRA-1.example", "state": "bad", "when": 1795435207, "rack": 7, "detail": {"text": "no answer"}},
		{"host": "pay-fra-2.example", "state": "good", "when": "2026-11-23T12:00:08Z", "rack": null},
		{"host": "pay-fra-3.example", "state": "who knows", "when": "2026-11-23 12:00:09"}]}`)
	for i := range got {
		if got[i].Fingerprint == "" {
			t.Errorf("alert %d has no identity", i+1)
		}
		got[i].Fingerprint = ""
	}
	want := []alert.Alert{
		{Status: alert.Firing, Labels: alert.LabelsOf(map[string]string{"component": "pay-fra-1", "rack": "7"}),
			Annotations: alert.LabelsOf(map[string]string{"summary": "no answer"}), StartsAt: at(t, "2026-11-23T12:00:07Z")},
		{Status: alert.Resolved, Labels: alert.LabelsOf(map[string]string{"component": "pay-fra-2"}),
			Annotations: alert.LabelsOf(map[string]string{}), EndsAt: at(t, "2026-11-23T12:00:08Z")},
		{Status: alert.Unknown, Labels: alert.LabelsOf(map[string]string{"component": "pay-fra-3"}),
			Annotations: alert.LabelsOf(map[string]string{})}, // the time has no zone
	}
	same(t, want, got)
}

func TestAMappingWithoutAListReadsTheWholeMessageAsOne(t *testing.T) {
	got := mapped(t, alert.Mapping{
		Subject: "holdfast.alerts.ups", Status: `item == body && body.load > 0.9 ? "firing" : "resolved"`,
		Labels: map[string]string{"site": `body.site`, "n": `body.n`, "load": `body.load`, "on": `body.on`}, Fingerprint: `"ups-" + body.site`,
	}, `{"site": "fra1", "load": 0.95, "n": 12345678901234567, "on": true}`)
	same(t, []alert.Alert{{Status: alert.Firing, Fingerprint: "ups-fra1",
		Labels: alert.LabelsOf(map[string]string{"site": "fra1", "load": "0.95", "n": "12345678901234567", "on": "true"})}}, got)
}

func TestAMappingReadsJSONThatIsWrittenInAString(t *testing.T) {
	m := alert.Mapping{Subject: "holdfast.alerts.a", Each: `json(body.payload)`, Status: `"firing"`, Labels: map[string]string{"component": `item`}}
	if got := mapped(t, m, `{"payload": "[\"a\",\"b\"]"}`); len(got) != 2 || got[1].Labels.Get("component") != "b" {
		t.Errorf("read as %v", got)
	}
	for body, want := range map[string]string{
		`{"payload": "[{\"a\":1,\"A\":2}]"}`: "duplicate_key",
		`{"payload": "["}`:                   "not_json",
		`{"payload": 7}`:                     "no such overload",
	} {
		if u := unmapped(t, m, body); u.Reason != alert.Malformed {
			t.Errorf("%s is %v, want %s within", body, u, want)
		}
	}
}

func TestAnObjectIsGoneThroughInTheOrderOfItsKeys(t *testing.T) {
	m := compiled(t, alert.Mapping{Subject: "holdfast.alerts.a", Each: `body.map(k, [k, body[k]])`, Status: `"firing"`,
		Labels: map[string]string{"component": `item[0]`, "all": `body.exists(k, k == "z") ? "z" : "none"`}})
	first, err := m.Read([]byte(`{"z":1,"b":2,"a":3,"y":4,"c":5,"x":6}`))
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, a := range first.Alerts {
		keys = append(keys, a.Labels.Get("component"))
	}
	same(t, []string{"a", "b", "c", "x", "y", "z"}, keys)
}

func TestAMappingIsForTheSubjectsThatItNames(t *testing.T) {
	for _, c := range []struct {
		pattern, subject string
		want             bool
	}{
		{"holdfast.alerts.legacy", "holdfast.alerts.legacy", true},
		{"holdfast.alerts.legacy", "holdfast.alerts.legacy.a", false},
		{"holdfast.alerts.legacy", "holdfast.alerts.legacy2", false},
		{"holdfast.alerts.*", "holdfast.alerts.legacy", true},
		{"holdfast.alerts.*", "holdfast.alerts.legacy.a", false},
		{"holdfast.alerts.*.b", "holdfast.alerts.a.b", true},
		{"holdfast.alerts.*.b", "holdfast.alerts.a", false},
		{"holdfast.alerts.legacy.>", "holdfast.alerts.legacy.a.b", true},
		{"holdfast.alerts.legacy.>", "holdfast.alerts.legacy", false},
		{"holdfast.alerts.>", "holdfast.alerts.legacy", true},
		{">", "holdfast.alerts.legacy", true},
		{"monitoring.*", "monitoring.nagios", true},
		{"holdfast.alerts.>", "holdfast.alerts.a.*", true}, // all that a pattern matches
		{"holdfast.alerts.*", "holdfast.alerts.*", true},
		{"holdfast.alerts.*", "holdfast.alerts.>", false},
		{"holdfast.alerts.a", "holdfast.alerts.*", false},
	} {
		m := legacy()
		m.Subject = c.pattern
		if got := compiled(t, m).Covers(c.subject); got != c.want {
			t.Errorf("%s covers %s: %v", c.pattern, c.subject, got)
		}
	}
	for _, pattern := range []string{"", "holdfast.alerts", "holdfast.alerts.", "holdfast.alerts..a", "holdfast.alerts.a*",
		"holdfast.alerts.>.a", "holdfast.alerts.a b", "holdfast.log.0", "holdfast.alerts.a\n"} {
		m := legacy()
		m.Subject = pattern
		if _, problems := alert.NewMapping(m); len(problems) != 1 || problems[0].Field != "subject" {
			t.Errorf("%q has problems %v", pattern, problems)
		}
	}
}

func TestEverythingThatIsWrongWithAMappingIsSaidAtOnceAndWhere(t *testing.T) {
	_, problems := alert.NewMapping(alert.Mapping{
		Subject: "holdfast.log.0",
		Each:    "item.things",                               // there is no item yet
		Status:  "item.state == 'bad' ?\n  'firing' : fixed", // a word that means nothing
		Labels: map[string]string{
			"component": "item.host +",
			"rack":      "[item.rack]",
			"zone":      " ",
		},
		At:          "item.when == 7",
		Fingerprint: "{'a': item}.map(k, k)[0]",
	})
	var got []string
	for _, p := range problems {
		got = append(got, fmt.Sprintf("%s %d-%d", p.Field, p.From, p.To))
		if p.Message == "" {
			t.Errorf("%v says nothing", p)
		}
	}
	same(t, []string{"subject 0-14", "each 0-4", "status 35-40", "at 0-14", "fingerprint 0-1", "labels.component 10-11", "labels.rack 0-11", "labels.zone 0-1"}, got)
}

func TestAMappingHasToSayWhatAnAlertIsAbout(t *testing.T) {
	_, problems := alert.NewMapping(alert.Mapping{Subject: "holdfast.alerts.a"})
	same(t, []alert.MappingProblem{{Field: "status"}, {Field: "labels"}}, problems, cmpopts.IgnoreFields(alert.MappingProblem{}, "From", "To", "Message", "Hint"))
}

func TestWhatAMappingCannotMakeOutIsRefusedWhole(t *testing.T) {
	for body, want := range map[string]string{
		`{"items": [{"host": "a", "state": "bad"}, {"state": "bad"}]}`: `item 2: labels.component cannot be made out: "no such key: host"`,
		`{"things": []}`:                                          `each cannot be made out: "no such key: items"`,
		`{"items": {"a": 1}}`:                                     `each is not a list`,
		`{"items": [{"host": "", "state": "bad"}]}`:               `item 1: status is of an alert without labels, which is about nothing`,
		`{"items": [{"host": "a", "state": "bad", "rack": []}]}`:  `item 1: labels.rack is a list, not a text, number or truth`,
		`{"items": [{"host": "a", "state": "bad", "when": "x"}]}`: `item 1: at is not an instant: "x"`,
		`{"items": [{"host": "a", "state": "bad", "when": {}}]}`:  `item 1: at is a map, not an instant`,
	} {
		if u := unmapped(t, legacy(), body); u.Reason != alert.Malformed || u.Detail != want {
			t.Errorf("%s:\ngot  %v\nwant %s", body, u, want)
		}
	}
	guess := legacy()
	guess.Status = `item.state`
	if u := unmapped(t, guess, `{"items": [{"host": "a", "state": "up"}]}`); u.Reason != alert.Malformed {
		t.Errorf("a status of its own is %v", u)
	}
}

func TestAMappingReadsAsStrictlyAsEveryFormat(t *testing.T) {
	for body, want := range map[string]alert.Reason{
		`{"items": [], "Items": [1]}`: alert.DuplicateKey,
		`{"items": [NaN]}`:            alert.NotANumber,
		"{\"items\": \"\xff\"}":       alert.NotUTF8,
		`{"items": `:                  alert.NotJSON,
	} {
		if u := unmapped(t, legacy(), body); u.Reason != want {
			t.Errorf("%q is %v, want %s", body, u, want)
		}
	}
}

func TestAMappingCannotBeMadeToComputeForEver(t *testing.T) {
	list := "[" + strings.Repeat("1,", 999) + "1]"
	m := legacy()
	m.Each = `body.items`
	m.Status = `body.items.all(a, body.items.all(b, body.items.all(c, a + b + c > 0))) ? "firing" : "resolved"`
	m.Labels = map[string]string{"component": `"a"`}
	m.Annotations, m.At = nil, ""
	if u := unmapped(t, m, `{"items": `+list+`}`); u.Reason != alert.TooCostly {
		t.Errorf("three nested loops: %v", u)
	}
	m.Status = `body.items.all(a, a > 0) ? "firing" : "resolved"` // fine for one, not for each
	if u := unmapped(t, m, `{"items": `+list+`}`); u.Reason != alert.TooCostly {
		t.Errorf("a loop for each item: %v", u)
	}
	m.Status, m.Each = `"firing"`, `json(body.text)`
	if u := unmapped(t, m, `{"text": "[`+strings.Repeat(" ", 900_000)+`]"}`); u.Reason != alert.TooCostly {
		t.Errorf("a long text: %v", u)
	}
	m.Each, m.Labels = `body.items`, map[string]string{"component": `body.text`}
	if u := unmapped(t, m, `{"items": `+list+`, "text": "`+strings.Repeat("a", 900_000)+`"}`); u.Reason != alert.TooCostly {
		t.Errorf("a long label a thousand times: %v", u)
	}
	m.Each = `body.text.matches("(a|a)*b") ? [1] : []`
	if u := unmapped(t, m, `{"text": "`+strings.Repeat("a", 900_000)+`"}`); u.Reason != alert.TooCostly {
		t.Errorf("a long match: %v", u)
	}
}

func TestAMappingKnowsNoClockAndNoZones(t *testing.T) {
	for _, written := range []string{`now`, `timestamp("2026-11-23T12:00:00Z").getHours("Local") > 1 ? "firing" : "resolved"`} {
		m := legacy()
		m.Status = written
		if _, problems := alert.NewMapping(m); len(problems) == 0 {
			t.Errorf("%s compiles", written)
		}
	}
}

func TestAnObjectWrittenInAnExpressionIsOnlyLookedUpIn(t *testing.T) {
	for written, fine := range map[string]bool{
		`{"a": "firing"}[item.a]`:                                   true,
		`item.a in {"a": 1} ? "firing" : "resolved"`:                true,
		`{"a": "firing"}[?item.a].orValue("unknown")`:               true,
		`{"a": 1, "b": 2}.map(k, k)[0]`:                             false,
		`[{"a": 1, "b": 2}].map(m, m.map(k, k))[0][0]`:              false,
		`(item.a ? {"a": 1} : {"b": 1}).map(k, k)[0]`:               false,
		`google.protobuf.Struct{fields: {}}.size() > 0 ? "a" : "b"`: false,
	} {
		m := legacy()
		m.Status = written
		if _, problems := alert.NewMapping(m); (len(problems) == 0) != fine {
			t.Errorf("%s has problems %v", written, problems)
		}
	}
}

// No message makes a mapping panic, and none is read twice in two ways.
func FuzzMapping(f *testing.F) {
	m := compiled(f, legacy())
	for _, seed := range []string{`{"items":[{"host":"A.b","state":"bad","when":1795435207,"rack":7,"detail":{"text":"x"}}]}`,
		`{"items":[{"host":"a","state":{},"rack":[1.5,null,{"b":-0}]}]}`, `{"items":{"a":"b"}}`, `[]`, `7`, `"\u0000"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		first, err := m.Read(body)
		second, again := m.Read(body)
		if diff := cmp.Diff(first, second); diff != "" || fmt.Sprint(err) != fmt.Sprint(again) {
			t.Fatalf("read in two ways: %v, %v %s", err, again, diff)
		}
		known(t, first, err)
	})
}

// No expression makes the compiler panic, nor a message go on for ever.
func FuzzMappingExpression(f *testing.F) {
	for _, seed := range []string{`item.state`, `{"a":"firing"}[?item.a].orValue("unknown")`, `body.items.map(i, i.host)`, `json("[1]")[0]`,
		`timestamp(0)`, `"a".split("")`, `optional.none()`, `b"\xff"`, `body.exists_one(k, k.matches("(a*)*"))`, `type(body)`, `1/0`, `duration("1s")`} {
		f.Add(seed, `{"items":[{"host":"a","state":"bad"}]}`)
	}
	f.Fuzz(func(t *testing.T, expression, body string) {
		for _, written := range []alert.Mapping{
			{Subject: "holdfast.alerts.a", Each: expression, Status: `"firing"`, Labels: map[string]string{"a": `"a"`}},
			{Subject: "holdfast.alerts.a", Status: expression, Labels: map[string]string{"a": `"a"`}, At: expression},
			{Subject: "holdfast.alerts.a", Status: `"firing"`, Labels: map[string]string{"a": expression}, Fingerprint: expression},
		} {
			m, problems := alert.NewMapping(written)
			if (m == nil) != (len(problems) > 0) {
				t.Fatalf("%q: a mapping %v with problems %v", expression, m, problems)
			}
			if m == nil {
				continue
			}
			first, err := m.Read([]byte(body))
			second, again := m.Read([]byte(body))
			if diff := cmp.Diff(first, second); diff != "" || fmt.Sprint(err) != fmt.Sprint(again) {
				t.Fatalf("%q reads %q in two ways: %v, %v %s", expression, body, err, again, diff)
			}
			known(t, first, err)
		}
	})
}

// known fails for alerts that are none, and for reasons that are none.
func known(t *testing.T, b alert.Batch, err error) {
	t.Helper()
	var u *alert.Unreadable
	if err != nil && (!errors.As(err, &u) || u.Reason == "" || !utf8.ValidString(u.Detail) || len(u.Detail) > 400) {
		t.Fatalf("not a reason for the dead letters: %#v", err)
	}
	for _, a := range b.Alerts {
		if a.Status != alert.Firing && a.Status != alert.Resolved && a.Status != alert.Unknown || len(a.Labels) == 0 || a.Fingerprint == "" {
			t.Fatalf("not an alert: %v", a)
		}
	}
}
