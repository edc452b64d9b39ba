package detector_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the tests must not depend on the machine's zones

	"holdfast/detector"
	"holdfast/exercise"
)

// A scenario is played on the detector alone: its lines are observed, and between them it is asked exactly when it said
// that something would differ.
func TestTheDetectorAloneReachesWhatEachScenarioExpects(t *testing.T) {
	files, err := filepath.Glob("../scenarios/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios found: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, problems := exercise.Parse(file, text)
			if problems.HasErrors() {
				t.Fatal(problems)
			}
			first := firstReached(s)
			for _, e := range s.Expected {
				r, reached := first[e.Level]
				switch {
				case e.Never && reached:
					t.Errorf("expected never %s; it was reached at %s by %v", e.Level, r.at, r.by)
				case !e.Never && (!reached || r.at != e.Offset || e.By != "" && !slices.Contains(r.by, e.By)):
					t.Errorf("expected %s at %s by %s; reached: %v at %s by %v", e.Level, e.Offset, e.By, reached, r.at, r.by)
				}
			}
		})
	}
}

type reached struct {
	at time.Duration
	by []string
}

func firstReached(s *exercise.Scenario) map[detector.Level]reached {
	first := map[detector.Level]reached{}
	d := detector.New(s.Documents.BIA)
	ask := func(now time.Time) {
		for _, v := range d.Verdicts(now) {
			for l := detector.Impaired; l <= v.Level && v.Open; l++ {
				if _, already := first[l]; !already {
					first[l] = reached{now.Sub(s.Start), v.MetCriteria()}
				}
			}
		}
	}
	now := s.Lines[0].At
	for i := range s.Lines {
		for {
			next, ok := d.NextAt(now)
			if !ok || !next.Before(s.Lines[i].At) {
				break
			}
			now = next
			ask(now)
		}
		now = s.Lines[i].At
		d.Observe(now, "holdfast.alerts.scenario", s.Lines[i].Alerts...)
		if i+1 == len(s.Lines) || s.Lines[i+1].At.After(now) {
			ask(now)
		}
	}
	for {
		next, ok := d.NextAt(now)
		if !ok || next.After(s.End) {
			return first
		}
		now = next
		ask(now)
	}
}
