package alert_test

import (
	"encoding/json"
	"testing"

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
