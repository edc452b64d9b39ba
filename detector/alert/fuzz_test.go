package alert_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector/alert"
)

// lax is what encoding/json makes of a message in holdfast's own format or Alertmanager's.
type lax struct {
	Alerts []struct {
		Status string            `json:"status"`
		Labels map[string]string `json:"labels"`
	} `json:"alerts"`
	SpecVersion, Type, Subscription json.RawMessage // of what is around another message
}

// around reports whether the alerts may be those of another message within this one.
func (l lax) around() bool { return l.SpecVersion != nil || l.Type != nil || l.Subscription != nil }

// What is decoded here must mean the same to the reader that everybody else uses: no message may say one thing to
// holdfast and another to those who look at it afterwards.
func FuzzDecode(f *testing.F) {
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
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := alert.Decode(body)
		if err != nil {
			var u *alert.Unreadable
			if !errors.As(err, &u) || u.Reason == "" || !utf8.ValidString(u.Detail) || len(u.Detail) > 500 {
				t.Fatalf("not a reason for the dead letters: %#v", err)
			}
			return
		}
		if !json.Valid(body) {
			t.Fatal("decoded, but not JSON to encoding/json")
		}
		for i, a := range b.Alerts {
			checkAlert(t, i, a)
		}
		if b.Format == "holdfast" || b.Format == "alertmanager" {
			compare(t, body, b)
		}
	})
}

// checkAlert checks what holds of every alert, whatever the format.
func checkAlert(t *testing.T, i int, a alert.Alert) {
	t.Helper()
	if a.Status != alert.Firing && a.Status != alert.Resolved && a.Status != alert.Unknown {
		t.Fatalf("alert %d is %q", i, a.Status)
	}
	if len(a.Labels) == 0 {
		t.Fatalf("alert %d says nothing of what it is about", i)
	}
	if _, err := json.Marshal(a); err != nil {
		t.Fatalf("alert %d cannot be written: %v", i, err)
	}
	for _, l := range a.Labels {
		if !utf8.ValidString(l.Name) || !utf8.ValidString(l.Value) {
			t.Fatalf("alert %d has label %q: %q", i, l.Name, l.Value)
		}
	}
}

// compare holds a batch against what encoding/json sees, unless there is a message around it.
func compare(t *testing.T, body []byte, b alert.Batch) {
	t.Helper()
	var same lax
	if err := json.Unmarshal(body, &same); err != nil {
		t.Fatalf("decoded, but encoding/json says %v", err)
	}
	if same.around() {
		return
	}
	if len(same.Alerts) != len(b.Alerts) {
		t.Fatalf("%d alerts, but encoding/json sees %d", len(b.Alerts), len(same.Alerts))
	}
	for i, a := range b.Alerts {
		if diff := cmp.Diff(alert.LabelsOf(same.Alerts[i].Labels), a.Labels); diff != "" || same.Alerts[i].Status != string(a.Status) {
			t.Fatalf("alert %d is another one to encoding/json: %q %s", i, same.Alerts[i].Status, diff)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(bodyOf(3, 50, 7, true), 300)
	f.Add(bodyOf(1, 50, 7, false), 1)
	f.Fuzz(func(t *testing.T, body []byte, most int) {
		parts, err := alert.Split(body, most)
		if err != nil {
			return
		}
		whole, unreadable := alert.Decode(body)
		if unreadable != nil {
			return // the parts will be found out one by one
		}
		var outer lax
		if json.Unmarshal(body, &outer) != nil || outer.around() || whole.Format != "alertmanager" && whole.Format != "grafana" {
			return // the alerts that were split are not those that are read
		}
		alerts := 0
		for _, part := range parts {
			b, err := alert.Decode(part)
			if err != nil || len(part) > most {
				t.Fatalf("a part of %d bytes, of at most %d: %v", len(part), most, err)
			}
			alerts += len(b.Alerts)
		}
		if alerts != len(whole.Alerts) {
			t.Fatalf("%d alerts became %d", len(whole.Alerts), alerts)
		}
	})
}
