package alert_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"holdfast/detector/alert"
)

// bodyOf is a body of Alertmanager's webhook with n alerts, each of about size bytes, its fields in some order.
func bodyOf(n, size, truncated int, countFirst bool) []byte {
	var alerts []string
	for i := range n {
		alerts = append(alerts, fmt.Sprintf(`{"status":"firing","labels":{"alertname":"a%d"},"annotations":{"text":%q},"startsAt":"2026-11-23T12:00:00Z","fingerprint":"%d"}`,
			i, strings.Repeat("ü", size/2), i))
	}
	count, array := fmt.Sprintf(`"truncatedAlerts" : %d`, truncated), `"alerts": [ `+strings.Join(alerts, " , ")+` ]`
	if countFirst {
		count, array = array, count
	}
	return []byte(`{ "version":"4", ` + count + `,"groupLabels":{"b":"ö"}, ` + array + ` ,"receiver":"holdfast"}`)
}

// group is a body without its alerts and its count.
func group(t interface{ Fatal(...any) }, body []byte) map[string]any {
	var all map[string]any
	if err := json.Unmarshal(body, &all); err != nil {
		t.Fatal(err)
	}
	delete(all, "alerts")
	delete(all, "truncatedAlerts")
	return all
}

func TestSplittingLosesNothingAndInventsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := bodyOf(rapid.IntRange(0, 40).Draw(t, "alerts"), rapid.IntRange(0, 2000).Draw(t, "bytes"),
			rapid.IntRange(0, 99).Draw(t, "truncated"), rapid.Bool().Draw(t, "alerts first"))
		most := rapid.IntRange(2400, 9000).Draw(t, "most")
		parts, err := alert.Split(body, most)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := alert.Decode(body)
		if err != nil {
			t.Fatal(err)
		}
		sum := alert.Batch{Format: whole.Format}
		for i, part := range parts {
			if len(part) > most {
				t.Fatalf("part %d has %d bytes, of at most %d", i, len(part), most)
			}
			b, err := alert.Decode(part)
			if err != nil {
				t.Fatalf("part %d: %v", i, err)
			}
			if diff := cmp.Diff(group(t, body), group(t, part)); diff != "" {
				t.Fatalf("part %d is of another group: %s", i, diff)
			}
			sum.Alerts = append(sum.Alerts, b.Alerts...)
			sum.Truncated += b.Truncated
		}
		if diff := cmp.Diff(whole, sum); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestASmallBodyIsNotTouched(t *testing.T) {
	parts, err := alert.Split([]byte("not even JSON"), 100)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]byte{[]byte("not even JSON")}, parts); diff != "" {
		t.Error(diff)
	}
}

func TestThirtyTwoMebibytesAreSplitIntoMessagesThatFit(t *testing.T) {
	body := bodyOf(10_000, 3200, 0, true)
	parts, err := alert.Split(body, 512<<10)
	if err != nil {
		t.Fatal(err)
	}
	alerts := 0
	for _, part := range parts {
		b, err := alert.Decode(part)
		if err != nil {
			t.Fatal(err)
		}
		alerts += len(b.Alerts)
	}
	if want := len(body)/(512<<10) + 2; alerts != 10_000 || len(parts) > want {
		t.Errorf("%d alerts in %d parts; want 10000 in at most %d", alerts, len(parts), want)
	}
}

func TestAnAlertThatFitsNoMessageIsReportedAndTheOthersStillArrive(t *testing.T) {
	huge := strings.Replace(string(bodyOf(5, 100, 0, true)), `"a2"`, `"`+strings.Repeat("x", 3000)+`"`, 1)
	parts, err := alert.Split([]byte(huge), 2000)
	var u *alert.Unreadable
	if !errors.As(err, &u) || u.Reason != alert.TooLarge || !strings.HasPrefix(u.Detail, "alert 3 of 5 ") {
		t.Fatalf("the error is %v", err)
	}
	var heard []string
	for _, part := range parts {
		for _, a := range decode(t, string(part)).Alerts {
			heard = append(heard, a.Fingerprint)
		}
	}
	if diff := cmp.Diff([]string{"0", "1", "3", "4"}, heard); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotBeSplitSaysWhy(t *testing.T) {
	padding := strings.Repeat(" ", 200)
	for body, want := range map[string]alert.Reason{
		"{" + padding:                                 alert.NotJSON,
		`{"version":"4"}` + padding + "x":             alert.UnknownForm,
		`{"version":"4","alerts":[]}` + padding + "x": alert.NotJSON,
		`{"version":"4","alerts":{}}` + padding:       alert.UnknownForm,
		`{"alerts":[],"Alerts":[]}` + padding:         alert.DuplicateKey,
		`{"alerts":[{"a":"\ud800"}]}` + padding:       alert.NotUTF8,
		`{"alerts":[` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + "]}" + padding: alert.TooDeep,
		`{"alerts":[],"receiver":"` + strings.Repeat("r", 200) + `"}`:                      alert.TooLarge,
	} {
		parts, err := alert.Split([]byte(body), 100)
		var u *alert.Unreadable
		if !errors.As(err, &u) || u.Reason != want || len(parts) > 0 {
			t.Errorf("%.40q gives %d parts and error %v; want reason %s", body, len(parts), err, want)
		}
	}
}
