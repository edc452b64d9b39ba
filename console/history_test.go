package console

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/incident"
)

// drawHistory draws an incident that goes on from before: records are only ever added.
func drawHistory(t *rapid.T, i incident.Incident) incident.Incident {
	for range rapid.IntRange(0, 3).Draw(t, "records") {
		e := rapid.SampledFrom([]incident.Event{
			incident.ObjectiveMissed{Service: "booking", Objective: "rto"}, incident.Notified{Channel: "log"}, incident.StepDone{Run: "1", Step: "page"},
			incident.ObjectiveAtRisk{Service: "ledger", Risk: incident.RiskLikely}, incident.Noted{Text: "looked at"},
		}).Draw(t, "event")
		i.Timeline = append(slices.Clip(i.Timeline), incident.Record{Event: e})
	}
	return i
}

func TestWhatIsOverIsAddedUpOnceAndComesToTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		desk, seen := incident.NewDesk(), &bygones{}
		all := map[string]incident.Incident{}
		for range rapid.IntRange(1, 6).Draw(t, "scrapes") {
			for _, id := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), rapid.ID).Draw(t, "changed") {
				i := drawHistory(t, all[id])
				i.ID = id
				if rapid.Bool().Draw(t, "over") {
					i.Closed = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
				}
				all[id] = i
			}
			got := seen.all(desk, maps.Values(all))
			if want := (*bygones)(nil).all(desk, maps.Values(all)); !reflect.DeepEqual(got, want) {
				t.Fatalf("it comes to %v, and all of it to %v", got, want)
			}
		}
	})
}

func TestWhatIsOverIsNotGoneThroughOnceMore(t *testing.T) {
	seen, desk := &bygones{}, incident.NewDesk()
	i := incident.Incident{ID: "a", Closed: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), Timeline: []incident.Record{{Event: incident.Notified{Channel: "log"}}}}
	seen.all(desk, slices.Values([]incident.Incident{i}))
	i.Timeline[0].Event = incident.Notified{Channel: "webhook"} // which nobody may do, and nobody notices
	if got := seen.all(desk, slices.Values([]incident.Incident{i})).notifications; got[[2]string{"webhook", "sent"}] != 0 {
		t.Errorf("it was gone through once more: %v", got)
	}
}

// While one life of the daemon makes room for the next, one scrape may still look at the desk of the one before.
func TestTwoScrapesOfTwoDesksComeToWhatEachHas(t *testing.T) {
	seen := &bygones{}
	var both sync.WaitGroup
	for n := range 2 {
		desk, all := incident.NewDesk(), []incident.Incident{}
		for range 100 * (n + 1) {
			all = append(all, incident.Incident{ID: fmt.Sprint(len(all)), Closed: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), Timeline: []incident.Record{{Event: incident.Notified{Channel: "log"}}}})
		}
		both.Go(func() {
			for range 200 {
				if got := seen.all(desk, slices.Values(all)).notifications[[2]string{"log", "sent"}]; got != len(all) {
					t.Errorf("%d notices of %d incidents", got, len(all))
					return
				}
			}
		})
	}
	both.Wait()
}
