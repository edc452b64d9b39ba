package alert_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"holdfast/detector/alert"
)

var someNames = rapid.SampledFrom([]string{"", "a", "b", "B", "alertname", "ö", "component", "zone", "zones"})

func TestLabelsAnswerAsAMapWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOf(someNames, rapid.String()).Draw(t, "labels")
		for i := range rapid.SampledFrom([]int{0, 30}).Draw(t, "more") { // more than are looked through one by one
			want[fmt.Sprintf("name%02d", i)] = "more"
		}
		l := alert.LabelsOf(want)
		further := rapid.MapOf(someNames, rapid.String()).Draw(t, "further")
		l = l.With(alert.LabelsOf(further)...)
		maps.Copy(want, further)
		name := someNames.Draw(t, "name")
		if got := l.Get(name); got != want[name] {
			t.Fatalf("%q is %q, not %q", name, got, want[name])
		}
		l = l.Without(name)
		delete(want, name)
		if diff := cmp.Diff(alert.LabelsOf(want), l); len(want)+len(l) > 0 && diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestLabelsAreWrittenAsTheMapTheyAreAndReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.MapOf(rapid.StringMatching(`[a-z<&"é]{0,4}`), rapid.String()).Draw(t, "labels")
		want, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(alert.LabelsOf(all))
		if err != nil || string(got) != string(want) {
			t.Fatalf("%s, not %s: %v", got, want, err)
		}
		var again alert.Labels
		if err := json.Unmarshal(got, &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(alert.LabelsOf(all), again); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestLabelsThatAreNoneAreNotRead(t *testing.T) {
	for _, written := range []string{`["a"]`, `{"a": 1}`, `{"a": "b", "a": "c"}`, `{"a": "b", "A": "c"}`} {
		var l alert.Labels
		if err := json.Unmarshal([]byte(written), &l); err == nil {
			t.Errorf("%s is read as %v", written, l)
		}
	}
}
