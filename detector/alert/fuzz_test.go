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

// lax is what encoding/json makes of a message of either format.
type lax struct {
	Alerts []struct {
		Status string            `json:"status"`
		Labels map[string]string `json:"labels"`
	} `json:"alerts"`
}

// What is decoded here must mean the same to the reader that everybody else uses: no message may say one thing to
// holdfast and another to those who look at it afterwards.
func FuzzDecode(f *testing.F) {
	good, _ := filepath.Glob("testdata/alertmanager/*.json")
	hostile, _ := filepath.Glob("testdata/hostile/*/*.json")
	if len(good) == 0 || len(hostile) == 0 {
		f.Fatal("no seeds")
	}
	for _, file := range append(good, hostile...) {
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
			if !errors.As(err, &u) || u.Reason == "" || !utf8.ValidString(u.Detail) || len(u.Detail) > 400 {
				t.Fatalf("not a reason for the dead letters: %#v", err)
			}
			return
		}
		var same lax
		if err := json.Unmarshal(body, &same); err != nil {
			t.Fatalf("decoded, but encoding/json says %v", err)
		}
		if len(same.Alerts) != len(b.Alerts) {
			t.Fatalf("%d alerts, but encoding/json sees %d", len(b.Alerts), len(same.Alerts))
		}
		for i, a := range b.Alerts {
			if diff := cmp.Diff(same.Alerts[i].Labels, a.Labels); diff != "" || same.Alerts[i].Status != string(a.Status) {
				t.Fatalf("alert %d is another one to encoding/json: %q %s", i, same.Alerts[i].Status, diff)
			}
		}
	})
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
