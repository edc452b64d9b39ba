package detector_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/detector"
	"holdfast/detector/alert"
)

// Found by a property: the shop, which may look back less far than the till does, sees the till give way later than the till
// itself does, and holds out for a while from then on. Whoever looks meanwhile has to be told so, whenever they looked last.
func TestThatAServiceStillHoldsOutIsToldWhenItBeginsToWhoeverLookedBefore(t *testing.T) {
	a := analysis(t, `
observers: {p: {}}
components: {disk: {observers: [p]}}
services:
  store: {rto: 30m, needs: [disk]}
  till: {rto: 32m, needs: [{service: store, tolerates: 20m}]}
  shop: {rto: 30m, needs: [{service: till, tolerates: 4m}]}
`)
	received := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	slow := alert.Alert{Status: alert.Firing, StartsAt: received.Add(-18 * time.Minute),
		Labels: alert.LabelsOf(map[string]string{"component": "disk", "effect": "degraded", "observer": "p"})}
	often, once := detector.New(a), detector.New(a)
	often.Observe(received, "", slow)
	once.Observe(received, "", slow)
	for minute := range 30 {
		now := received.Add(time.Duration(minute) * time.Minute)
		if diff := cmp.Diff(once.Copy().Verdicts(now), often.Verdicts(now)); diff != "" {
			t.Fatalf("after %d minutes (-never looked before +looked every minute):\n%s", minute, diff)
		}
	}
}
