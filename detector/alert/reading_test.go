package alert_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector/alert"
)

// expect compares what a message holds with what it should.
func expect(t *testing.T, body, format string, want ...alert.Alert) {
	t.Helper()
	if diff := cmp.Diff(alert.Batch{Format: format, Alerts: want}, decode(t, body)); diff != "" {
		t.Error(diff)
	}
}

// sole is the one alert of a message.
func sole(t *testing.T, body string) alert.Alert {
	t.Helper()
	b := decode(t, body)
	if len(b.Alerts) != 1 {
		t.Fatalf("%.200s holds %d alerts", body, len(b.Alerts))
	}
	return b.Alerts[0]
}

// changed is a recorded message with some of its words replaced, each of which must be there.
func changed(t *testing.T, file string, words ...string) string {
	t.Helper()
	body := string(read(t, file))
	for i := 0; i < len(words); i += 2 {
		if !strings.Contains(body, words[i]) {
			t.Fatalf("%s has no %s", file, words[i])
		}
		body = strings.ReplaceAll(body, words[i], words[i+1])
	}
	return body
}

// A variant is a recorded message with one thing changed, and what becomes of it.
type variant struct {
	from, to string
	want     alert.Status // or
	refused  alert.Reason
}

func tell(t *testing.T, file string, variants []variant) {
	t.Helper()
	for _, v := range variants {
		body := changed(t, file, v.from, v.to)
		if v.refused != "" {
			if got := reason(t, body); got != v.refused {
				_, err := alert.Decode([]byte(body))
				t.Errorf("with %s it is %s, want %s (%v)", v.to, got, v.refused, err)
			}
			continue
		}
		for _, a := range decode(t, body).Alerts {
			if a.Status != v.want {
				t.Errorf("with %s it is %s, want %s", v.to, a.Status, v.want)
			}
		}
	}
}

func changedText(body, from, to string) string { return strings.Replace(body, from, to, 1) }

func same[T any](t *testing.T, want, got T, but ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, but...); diff != "" {
		t.Error(diff)
	}
}
