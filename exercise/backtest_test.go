package exercise

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"holdfast/detector"
	"holdfast/incident"
)

// A reporter ends a test that went wrong: *testing.T or *rapid.T.
type reporter interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// backtest judges the alerts of a scenario by some documents.
func backtest(t reporter, s *Scenario, docs *incident.Documents) Outcome {
	t.Helper()
	b := NewBacktest(docs)
	for m := range s.Messages() {
		if err := b.Hear(m); err != nil {
			t.Fatal(err)
		}
	}
	o, err := b.Outcome(time.Time{}, s.End)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// scenario reads a scenario of a file.
func scenario(t reporter, file string) *Scenario {
	t.Helper()
	archive, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return written(t, string(archive))
}

func written(t reporter, archive string) *Scenario {
	t.Helper()
	s, problems := Parse("test.txtar", []byte(archive))
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	return s
}

// by are the documents of a scenario with the words of its analysis replaced.
func by(t reporter, s *Scenario, oldnew ...string) *incident.Documents {
	t.Helper()
	files := map[string]string{}
	for name, text := range s.Documents.Files {
		files[name] = text
	}
	changed := strings.NewReplacer(oldnew...).Replace(files["bia.yaml"])
	if changed == files["bia.yaml"] {
		t.Fatalf("bia.yaml has nothing of %q", oldnew)
	}
	files["bia.yaml"] = changed
	docs, problems := incident.ParseDocuments(files)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return docs
}

// summary is when a story or an outcome first reaches each level, and when it is first declared by a rule.
func (s Story) summary() (lines []string) {
	for level := detector.Impaired; level <= detector.Disaster; level++ {
		if first, met := s.firstAt(level); met != nil {
			slices.Sort(met)
			lines = append(lines, fmt.Sprintf("%s at %v by %v", level, first, slices.Compact(met)))
		}
	}
	for _, c := range s.Changes {
		if e, ok := c.Event.(incident.Declared); ok && e.Automatic {
			return append(lines, fmt.Sprintf("declared at %v by %s", c.T, e.By.Rule))
		}
	}
	return lines
}

// alone is a story that nobody takes part in.
func alone(s *Scenario) *Scenario {
	quiet := *s
	quiet.Lines = slices.DeleteFunc(slices.Clone(s.Lines), func(l Line) bool { return len(l.Alerts) == 0 })
	return &quiet
}

// sameAsExercise holds a backtest of a scenario's alerts against the exercise of it.
func sameAsExercise(t reporter, s *Scenario) {
	t.Helper()
	s = alone(s)
	story, err := Run(s)
	if err != nil {
		t.Fatalf("%v", err)
	}
	b := NewBacktest(s.Documents)
	for m := range s.Messages() {
		if err := b.Hear(m); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Outcome(time.Time{}, s.End); err != nil {
		t.Fatal(err)
	}
	judged := Story{Start: s.Start}
	all := b.desk.Incidents()
	for n := len(all) - 1; n >= 0; n-- {
		for _, r := range all[n].Timeline {
			if e, ok := r.Event.(incident.Recommended); ok && e.Would.Rule != "" {
				r.Event = incident.Declared{Automatic: true, By: incident.Actor{Rule: e.Would.Rule}}
			}
			judged.Changes = append(judged.Changes, Change{T: r.At.Sub(s.Start), Incident: r.Incident, Event: r.Event})
		}
	}
	slices.SortStableFunc(judged.Changes, func(a, b Change) int { return int(a.T - b.T) })
	if diff := cmp.Diff(story.summary(), judged.summary()); diff != "" {
		t.Fatalf("(-exercise +backtest)\n%s", diff)
	}
}

func TestABacktestOfAScenariosAlertsIsJudgedAsItsExercise(t *testing.T) {
	for _, file := range append(stories(t), scenarios(t, "../scenarios/*.txtar")...) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			sameAsExercise(t, scenario(t, file))
		})
	}
}

func TestWhateverIsSaidABacktestIsJudgedAsTheExercise(t *testing.T) {
	archive, err := os.ReadFile("testdata/site-lost.txtar")
	if err != nil {
		t.Fatal(err)
	}
	documents, _, _ := strings.Cut(string(archive), "-- timeline --")
	rapid.Check(t, func(t *rapid.T) {
		sameAsExercise(t, written(t, documents+"-- timeline --\n"+aTimeline(t)))
	})
}

func TestABacktestTellsWhatWouldHaveBeenDeclaredAndHowFarAhead(t *testing.T) {
	s := scenario(t, "testdata/site-lost.txtar")
	o := backtest(t, s, s.Documents)
	golden(t, "testdata/site-lost.backtest", o.Text())
	golden(t, "testdata/site-lost.backtest.json", pretty(t, o))
}

func TestTwoAnalysesAreHeldAgainstEachOther(t *testing.T) {
	s := scenario(t, "testdata/site-lost.txtar")
	old := backtest(t, s, s.Documents)
	c := Compare(old, backtest(t, s, by(t, s, "mode: automatic", "mode: recommend", "rto: 2h", "rto: 1h")))
	golden(t, "testdata/site-lost.compared", c.Text())
	golden(t, "testdata/site-lost.compared.json", pretty(t, c.Differences))
	if same := Compare(old, old); len(same.Differences) > 0 {
		t.Errorf("an outcome differs from itself: %+v", same.Differences)
	}
}

func pretty(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func TestTwoBacktestsOfARecordingAreTheSameToTheByte(t *testing.T) {
	for _, file := range scenarios(t, "../scenarios/*.txtar") {
		s := scenario(t, file)
		one, two := backtest(t, s, s.Documents), backtest(t, s, s.Documents)
		if pretty(t, one) != pretty(t, two) || one.Text() != two.Text() {
			t.Errorf("%s: judged twice, two outcomes", file)
		}
	}
}

// shop is a house of one vital service on one component, with nobody to act in it.
const shop = `-- bia.yaml --
organisation: House
services:
  shop: {owner: shop, vital: true, rto: 2h, mtpd: 4h, wrt: 30m, rtc: 30m, needs: [web]}
  blog: {owner: shop, vital: true, rto: 8h, mtpd: 24h, wrt: 30m, rtc: 30m, needs: [page]}
sites: {here: {}}
observers: {probe: {}}
components: {web: {site: here, observers: [probe]}, page: {site: here, observers: [probe]}}
declaration: {authority: director, mode: automatic, automatic_for: [decision_point]}
-- timeline --
start 2026-01-05T08:00:00Z
`

func TestADisasterOfABacktestIsOverWhenItsOutageIs(t *testing.T) {
	s := written(t, shop+"0s component web down\n3h component web up\n30h component web down\n40h end\n")
	o := backtest(t, s, s.Documents)
	if len(o.Incidents) != 2 {
		t.Fatalf("%d incidents\n%s", len(o.Incidents), o.Text())
	}
	for _, c := range o.Incidents {
		d, ok := c.decided(declared)
		if !ok || *d.Margin != 0 || !c.Services[0].Missed || d.Invoke != nil {
			t.Errorf("%s", o.Text())
		}
	}
}

func TestWithinADayASecondInvocationWouldHaveNeededAPerson(t *testing.T) {
	plan := "-- playbooks/mend.yaml --\nplaybook: mend\nfor: {services: [shop]}\nsteps:\n  - {id: page, notify: [director]}\n-- timeline --"
	s := written(t, strings.Replace(shop, "-- timeline --", plan, 1)+"0s component web down\n3h component web up\n6h component web down\n16h end\n")
	o := backtest(t, s, s.Documents)
	if len(o.Incidents) != 2 {
		t.Fatalf("%d incidents\n%s", len(o.Incidents), o.Text())
	}
	first, _ := o.Incidents[0].decided(declared)
	second, ok := o.Incidents[1].decided(recommended)
	if len(first.Invoke) != 1 || first.Invoke[0].Playbook != "mend" || !ok || !strings.Contains(second.Gate, "would have been invoked automatically in "+o.Incidents[0].Incident) {
		t.Errorf("%s", o.Text())
	}
}

func TestIncidentsThatWereOverBeforeThePeriodAreLeftOutAndWhatWasSaidThenCounts(t *testing.T) {
	s := written(t, shop+"0s component web down\n1h component web up\n2h component page down\n30h end\n")
	b := NewBacktest(s.Documents)
	for m := range s.Messages() {
		if err := b.Hear(m); err != nil {
			t.Fatal(err)
		}
	}
	o, err := b.Outcome(s.Start.Add(5*time.Hour), s.End)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Incidents) != 1 || o.Incidents[0].Services[0].Service != "blog" || !o.From.Equal(s.Start.Add(5*time.Hour)) {
		t.Errorf("%s", o.Text())
	}
}

func TestNothingIsForeseenBeyondTheRecording(t *testing.T) {
	s := written(t, shop+"0s component web down\n10m component page degraded\n")
	o := backtest(t, s, s.Documents)
	if o.Incidents[0].Level != detector.MajorIncident || !o.Through.Equal(s.Start.Add(10*time.Minute)) {
		t.Errorf("%s", o.Text())
	}
}

func TestARecordingIsInTheOrderOfTheAlertLog(t *testing.T) {
	s := written(t, shop+"0s component web down\n10m component web up\n")
	messages := slices.Collect(s.Messages())
	slices.Reverse(messages)
	b := NewBacktest(s.Documents)
	if err := b.Hear(messages[0]); err != nil {
		t.Fatal(err)
	}
	if err := b.Hear(messages[1]); err == nil || !strings.Contains(err.Error(), "message 2 was received at 2026-01-05 08:00:00Z") {
		t.Errorf("%v", err)
	}
}

func TestIncidentsThatOnlyOneAnalysisSeesAreNamed(t *testing.T) {
	s := written(t, shop+"0s component web down\n3h component web up\n30h component page down\n31h component page up\n40h end\n")
	old := backtest(t, s, by(t, s, ", needs: [page]", ", needs: [web]"))
	now := backtest(t, s, by(t, s, "needs: [web]", "needs: [page]"))
	want := []Difference{{Old: old.Incidents[0].Incident}, {New: now.Incidents[0].Incident}}
	if diff := cmp.Diff(want, Compare(old, now).Differences); diff != "" {
		t.Error(diff)
	}
}
