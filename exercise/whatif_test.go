package exercise

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"holdfast/detector"
	"holdfast/incident"
)

// noon is when the tests lose things.
var noon = time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)

func answer(t reporter, docs *incident.Documents, down ...string) Answer {
	t.Helper()
	a, err := WhatIf(Question{Documents: docs, Down: down, At: noon})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTheLossOfASiteIsToldToTheEndOfItsClocks(t *testing.T) {
	a, err := WhatIf(Question{Documents: scenario(t, "testdata/site-lost.txtar").Documents, Down: []string{"north", "ledger-south"}, Signalled: true, At: noon})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/site-lost.whatif", a.Text())
	golden(t, "testdata/site-lost.whatif.json", pretty(t, a))
}

func TestAPlaybookWhoseTargetIsLostTooDoesNotFit(t *testing.T) {
	a := answer(t, scenario(t, "testdata/site-lost.txtar").Documents, "north", "south")
	golden(t, "testdata/both-lost.whatif", a.Text())
	for _, p := range a.Incidents[0].Playbooks {
		if p.Playbook != "" || len(p.Missing) == 0 {
			t.Errorf("%+v", p)
		}
	}
}

// moments are those of a kind, as "service offset".
func (a Answer) kind(kind string) (found []string) {
	for _, m := range a.Moments {
		if m.Kind == kind {
			found = append(found, strings.TrimSpace(m.Service+" "+brief(time.Duration(m.T))))
		}
	}
	return found
}

func TestEveryClockOfAVitalServiceIsOnTheTimeline(t *testing.T) {
	a := answer(t, written(t, shop+"0s component web up\n").Documents, "web")
	want := map[string]string{"t0": "shop 0s", "confirmed": "shop 5m", "decide_by": "shop 35m", "lti": "shop 1h15m", "deadline": "shop 2h", "mtpd_end": "shop 4h"}
	for kind, want := range want {
		if diff := cmp.Diff([]string{want}, a.kind(kind)); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
	if diff := cmp.Diff([]string{"shop 1h15m"}, a.kind("declared")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"2m", "5m", "1h15m"}, a.kind("level")); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutALossNothingComesOfIt(t *testing.T) {
	files := written(t, shop+"0s component web up\n").Documents.Files
	docs, problems := incident.ParseDocuments(map[string]string{"bia.yaml": strings.Replace(files["bia.yaml"], "sites: {here: {}}", "sites: {here: {}, empty: {}}", 1)})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	text := answer(t, docs, "empty").Text()
	for _, want := range []string{"it has no components", "every service stays up", "no incident comes of it"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

func TestWhatCannotBeLostIsNamedWithWhatCould(t *testing.T) {
	docs := scenario(t, "testdata/site-lost.txtar").Documents
	for id, hint := range map[string]string{"nroth": `"north"`, "payments-ap": `"payments-api"`} {
		_, err := WhatIf(Question{Documents: docs, Down: []string{id}, At: noon})
		var unknown *incident.NotFound
		if !errors.As(err, &unknown) || unknown.ID != id || !strings.Contains(unknown.Hint, hint) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestAServiceCanBeLostAsAWholeWhateverItRestsOn(t *testing.T) {
	docs := scenario(t, "testdata/site-lost.txtar").Documents
	a := answer(t, docs, "payments-api")
	if len(a.Services) == 0 || a.Services[0].State != detector.Down {
		t.Errorf("%+v", a.Services)
	}
	if text := a.Text(); !strings.Contains(text, "payments-api (service) as a whole, whatever it rests on") {
		t.Error(text)
	}
}

func TestALossInACriticalPeriodRunsOnItsTighterClock(t *testing.T) {
	s := written(t, strings.Replace(shop, "rtc: 30m, needs: [web]", "rtc: 5m, needs: [web], critical_periods: {sale: {kind: elevated, from: 2026-01-05T11:00:00Z, to: 2026-01-05T18:00:00Z, rto: 40m}}", 1)+"0s component web up\n")
	if diff := cmp.Diff([]string{"shop 40m"}, answer(t, s.Documents, "web").kind("deadline")); diff != "" {
		t.Error(diff)
	}
}

// What is asked is what an exercise of the same loss tells.
func TestAnAnswerIsWhatTheExerciseOfTheSameLossTells(t *testing.T) {
	docs := scenario(t, "testdata/site-lost.txtar").Documents
	var components []string
	for id := range docs.BIA.Components {
		components = append(components, id)
	}
	slices.Sort(components)
	rapid.Check(t, func(t *rapid.T) {
		down := rapid.SliceOfNDistinct(rapid.SampledFrom(components), 1, len(components), rapid.ID).Draw(t, "down")
		a := answer(t, docs, down...)
		s := &Scenario{Documents: docs, Start: noon, End: a.Through}
		for _, id := range down {
			line := timeline{reader: &reader{}, now: Line{At: noon}}
			line.say("down", map[string]string{"component": id}, nil, docs.BIA.Components[id].Observers...)
			s.Lines = append(s.Lines, line.now)
		}
		story, err := Run(s)
		if err != nil {
			t.Fatalf("%v", err)
		}
		for level := detector.Impaired; level <= detector.Disaster; level++ {
			told, met := story.firstAt(level)
			var asked time.Duration = -1
			for _, i := range a.Incidents {
				if r, ok := i.first(level); ok && (asked < 0 || r.At.Sub(noon) < asked) {
					asked = r.At.Sub(noon)
				}
			}
			if (met != nil) != (asked >= 0) || met != nil && told != asked {
				t.Fatalf("%s: the exercise has it at %v (%v), the answer at %v\n%s", level, told, met, asked, a.Text())
			}
		}
	})
}
