package incident

import (
	"testing"
	"time"

	"holdfast/detector/alert"
)

// While nobody decides, what machines and people have to say is recorded as soon as it can be. That says nothing of what was
// over by then.
func TestWhatIsRecordedFirstDoesNotHideWhatWasOverBeforeAnybodyCouldDecide(t *testing.T) {
	for name, first := range map[string]Event{
		"nothing":                        nil,
		"somebody's note":                Armed{By: Actor{Person: "alice"}, Reason: "we are back"},
		"that messages were lost is new": Disarmed{By: Actor{Rule: "alerts were lost"}, Reason: "one message cannot be read"},
	} {
		for _, restarted := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				s := newShift(t, automatic(t))
				if !restarted {
					s.settle()
				}
				for n, effect := range []string{"down", "up"} {
					s.now = t0.Add(time.Duration(10+20*n) * time.Minute)
					s.desk.Hear(uint64(n+1), s.now, "holdfast.alerts.prom", alert.Batch{Alerts: []alert.Alert{{Status: alert.Firing, StartsAt: s.now,
						Labels: alert.LabelsOf(map[string]string{"component": "pay-fra", "effect": effect, "observer": "prom"})}}}, nil)
				}
				s.now = t0.Add(time.Hour)
				if _, ordered := first.(Armed); first != nil && (!restarted || !ordered) { // nobody orders anything of a daemon that has not decided yet
					s.commit(false, Change{Event: first})
				}
				equal(t, kindsOf(s.desk.Due(s.now)), []string{"classified"})
				s.commit(true, s.desk.Due(s.now)...)
				equal(t, len(s.desk.Due(s.now)), 0)
				found := s.desk.Incidents()[0]
				equal(t, found.InRetrospect(), true)
				says(t, found.Report(s.now, Setting{}).Markdown(), "found in retrospect", "nobody was told")
				s.commit(false, Change{Event: Armed{By: Actor{Person: "alice"}, Reason: "again"}})
				equal(t, len(s.desk.Due(s.now.Add(time.Minute))), 0)
			})
		}
	}
}
