package readiness_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/incident"
	"holdfast/readiness"
)

// exercised is the record of an exercise of the ready organisation's playbook, of the day before.
func exercised(docs *incident.Documents, kind incident.Exercise, took time.Duration) incident.Exercised {
	p := docs.Playbooks[0]
	return incident.Exercised{Incident: "exercise-move-west-1122", At: today.AddDate(0, 0, -1), ExerciseConcluded: incident.ExerciseConcluded{Exercise: kind,
		Playbook: p.ID, Digest: p.Digest, Touches: docs.Touches(p), Result: "completed", Recovered: incident.Span(took)}}
}

func TestWhatExercisesShowIsFoundOfThePlaybook(t *testing.T) {
	docs := with(t)
	full, tabletop := exercised(docs, incident.Full, 25*time.Minute), exercised(docs, incident.Tabletop, 0)
	old, changed := full, full
	old.At, changed.Digest = today.AddDate(-1, 0, -1), "sha256:00"
	for name, c := range map[string]struct {
		records []incident.Exercised
		rule    string
		row     string // of api/east
	}{
		"no exercise":           {nil, "readiness/never-exercised", "not verified, 40m0s (rtc), move-west: it was never exercised"},
		"a tabletop":            {[]incident.Exercised{tabletop}, "readiness/needs-verification", "needs verification, 40m0s (rtc), move-west: the last exercise, a tabletop on 2026-11-22, does not show how long it takes"},
		"another text":          {[]incident.Exercised{changed}, "readiness/needs-verification", "needs verification, 40m0s (rtc), move-west: the full exercise on 2026-11-22 was of another text of the playbook"},
		"more than a year old":  {[]incident.Exercised{old}, "readiness/exercise-expired", "expired, 40m0s (rtc), move-west: the full exercise on 2025-11-22 is older than 365d"},
		"a full exercise":       {[]incident.Exercised{full}, "", "verified, 25m0s (exercise)"},
		"a tabletop after that": {[]incident.Exercised{full, tabletop}, "", "verified, 25m0s (exercise)"},
	} {
		t.Run(name, func(t *testing.T) {
			var rule string
			for _, p := range readiness.Exercises(docs, c.records, today) {
				rule = p.Rule
			}
			if rule != c.rule {
				t.Errorf("found %q, want %q", rule, c.rule)
			}
			for _, r := range readiness.TableExercised(docs, c.records, today) {
				if r.Service != "api" || r.Domain != "east" {
					continue
				}
				row := fmt.Sprintf("%s, %s (%s)", r.Proof, r.Forecast, r.ForecastBy)
				for _, gap := range r.Gaps {
					row += ", " + gap
				}
				if diff := cmp.Diff(c.row, row); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}
