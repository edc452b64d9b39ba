package standin

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector/alert"
)

// carrier is an organisation with two sites, and what of it is down.
func carrier() *Organisation {
	return Open([]Machine{
		{"web-n", "north", "compute"}, {"db-n", "north", "database"}, {"net-n", "north", "network"},
		{"web-s", "south", "compute"}, {"db-s", "south", "database"}, {"net-s", "south", "network"},
	}, "north")
}

func down(o *Organisation) string {
	well := o.Well()
	return strings.Join(slices.Sorted(func(yield func(string) bool) {
		for id := range maps.Keys(well) {
			if !well[id] && !yield(id) {
				return
			}
		}
	}), " ")
}

func TestALostSiteStaysLostUntilSomebodyChangesSomething(t *testing.T) {
	o := carrier()
	if got := down(o); got != "" {
		t.Fatalf("at first %s are down", got)
	}
	for _, id := range o.Failing("north") {
		o.Stop(id)
	}
	if got, want := down(o), "booking-entrance db-n ledger-writes net-n web-n"; got != want {
		t.Fatalf("after the loss %s are down, want %s", got, want)
	}
	if _, err := o.promote("south"); err == nil {
		t.Error("there are two primaries: north was not cut off")
	}
	must(t)(o.fence("north", true))
	must(t)(o.promote("south"))
	must(t)(o.enter("south"))
	if got, want := down(o), "db-n net-n web-n"; got != want {
		t.Errorf("after the move %s are down, want %s", got, want)
	}
	o.Repair("north")
	if got, want := down(o), "db-n net-n web-n"; got != want {
		t.Errorf("behind the fence %s are down, want %s", got, want)
	}
	must(t)(o.fence("north", false))
	if got, want := down(o), "db-n"; got != want {
		t.Errorf("let back in, %s are down, want %s: it has not caught up with the primary", got, want)
	}
	must(t)(o.follow("north", "south"))
	if got := down(o); got != "" {
		t.Errorf("in the end %s are down", got)
	}
}

func must(t *testing.T) func(string, error) {
	return func(_ string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatComputesOverheatsFirstAndTheNetworkLast(t *testing.T) {
	if diff := cmp.Diff([]string{"web-n", "db-n", "net-n"}, carrier().Failing("north")); diff != "" {
		t.Error(diff)
	}
}

func TestAChangeIsMadeOncePerKey(t *testing.T) {
	o, kept := carrier(), &bytes.Buffer{}
	books := NewBooks(kept)
	h := Calls{Organisation: o, Books: books}.Handler()
	call := func(key, epoch string) int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/sites/north/fence", nil)
		r.Header.Set("Idempotency-Key", key)
		r.Header.Set("Holdfast-Epoch", epoch)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	codes := []int{call("", "1"), call("i/1/fence/1", "1"), call("i/1/fence/1", "2"), call("i/1/fence/2", "1")}
	if diff := cmp.Diff([]int{409, 200, 200, 409}, codes); diff != "" {
		t.Error(diff)
	}
	var outcomes []Outcome
	for _, e := range books.Effects() {
		outcomes = append(outcomes, e.Outcome)
	}
	if diff := cmp.Diff([]Outcome{Refused, Applied, Repeated, Refused}, outcomes); diff != "" {
		t.Error(diff)
	}
	if lines := strings.Count(kept.String(), "\n"); lines != 4 {
		t.Errorf("the books have %d lines, want 4:\n%s", lines, kept)
	}
}

func TestMonitoringPublishesWhatAnAlertmanagerWould(t *testing.T) {
	o := carrier()
	m := &Monitor{Observer: "probes", Organisation: o, groups: map[string]*group{}}
	began := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	o.Stop("web-n")
	m.look(began)
	o.Repair("north")
	o.Stop("db-n")
	m.look(began.Add(time.Minute))

	body, err := json.Marshal(m.body("InstanceDown", m.groups["InstanceDown"]))
	if err != nil {
		t.Fatal(err)
	}
	batch, err := alert.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	type said struct {
		Instance string
		Status   alert.Status
		At       time.Time
	}
	var got []said
	for _, a := range batch.Alerts {
		got = append(got, said{a.Labels.Get("instance"), a.Status, a.At()})
	}
	want := []said{{"db-n", alert.Firing, began.Add(time.Minute)}, {"web-n", alert.Resolved, began.Add(time.Minute)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if batch.Format != "alertmanager" {
		t.Errorf("it is read as %q", batch.Format)
	}
	if !m.groups["LedgerNotWritable"].dirty || !m.groups["BookingProbeFails"].dirty {
		t.Error("what customers see is not reported")
	}
}
