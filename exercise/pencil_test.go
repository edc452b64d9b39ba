package exercise

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/incident"
)

// pencil is the worked example of docs/deciding.md: the scenario, and the table that a reader follows with a pencil.
func pencil(t *testing.T) (scenario string, table map[string]string) {
	t.Helper()
	page, err := os.ReadFile("../docs/deciding.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(page), "### By pencil\n")
	_, scenario, framed := strings.Cut(text, "```\n# expect")
	scenario, _, closed := strings.Cut(scenario, "\n```\n")
	if !found || !framed || !closed {
		t.Fatal("docs/deciding.md has no worked example any more")
	}
	table = map[string]string{}
	clock := regexp.MustCompile(`\d\d:\d\d`)
	for _, row := range regexp.MustCompile(`(?m)^\| (.+) \| (.+) \|$`).FindAllStringSubmatch(text, -1) {
		if at := clock.FindString(row[2]); at != "" {
			table[row[1]] = at
		}
	}
	return "# expect" + scenario + "\n", table
}

// row is the instant that the table gives for what begins like that.
func row(t *testing.T, table map[string]string, begins string) time.Duration {
	t.Helper()
	for what, at := range table {
		if strings.HasPrefix(what, begins) {
			clock, err := time.Parse("15:04", at)
			if err != nil {
				t.Fatal(err)
			}
			return clock.Sub(time.Date(0, 1, 1, 10, 0, 0, 0, time.UTC))
		}
	}
	t.Fatalf("the table of docs/deciding.md has no row that begins with %q", begins)
	return 0
}

// of is when a story has events of a kind.
func (s Story) of(kind incident.Kind) (at []time.Duration) {
	for _, c := range s.Changes {
		if c.Event != nil && c.Event.Kind() == kind && !slices.Contains(at, c.T) {
			at = append(at, c.T)
		}
	}
	return at
}

func TestTheWorkedExampleComesOutAsThePageSays(t *testing.T) {
	text, table := pencil(t)
	s, problems := Parse("pencil.txtar", []byte(text))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	story, err := Run(s)
	if err != nil {
		t.Fatal(err)
	}
	if failures := s.Check(story); len(s.Expected) == 0 || len(failures) > 0 {
		t.Errorf("%d expectations: %v", len(s.Expected), failures)
	}
	o := outageOf(t, story)
	expect := func(what string, got time.Duration, begins string) {
		t.Helper()
		if want := row(t, table, begins); got != want {
			t.Errorf("%s: the page says %s after 10:00, it came at %s", what, want, got)
		}
	}
	from := func(at time.Time) time.Duration { return at.Sub(s.Start) }
	expect("t0", from(o.Since), "both servers")
	expect("t0 + RTO", o.Objectives.RTO, "t0 + RTO")
	expect("t0 + MTPD - WRT", o.Objectives.Bound, "t0 + MTPD")
	expect("the deadline", from(o.Clocks.Deadline), "the deadline is the earlier")
	expect("the LTI", from(o.Clocks.LTI), "LTI =")
	for begins, level := range map[string]detector.Level{"two minutes of it": detector.Impaired, "confirmed": detector.MajorIncident, "nobody decided, still down": detector.Disaster} {
		at, _ := story.firstAt(level)
		expect(level.String(), at, begins)
	}
	due := story.of(incident.KindDecisionDue)
	if len(due) < 2 {
		t.Fatalf("nobody was told in time: %v", due)
	}
	expect("the authority is told", due[0], "the authority is told")
	expect("its successors are told", due[1], "nobody decided: its successors")
	expect("the objective is missed", append(story.of(incident.KindObjectiveMissed), -1)[0], "not back by the deadline")
}

func outageOf(t *testing.T, story Story) detector.Outage {
	t.Helper()
	for _, c := range slices.Backward(story.Changes) {
		if v, ok := c.verdict(); ok && len(v.Services) > 0 && !v.Services[0].Clocks.Deadline.IsZero() {
			return v.Services[0]
		}
	}
	t.Fatal("nothing was lost")
	return detector.Outage{}
}

func TestTheSlowerPlanOfTheWorkedExampleIsDecidedAtConfirmation(t *testing.T) {
	text, _ := pencil(t)
	text = strings.Replace(strings.Replace(text, "rtc: 40m", "rtc: 110m", 1), "at 1h5m by", "at 5m by", 1)
	s, problems := Parse("pencil.txtar", []byte(text))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	story, err := Run(s)
	if err != nil {
		t.Fatal(err)
	}
	if failures := s.Check(story); len(failures) > 0 {
		t.Error(failures)
	}
	if got := outageOf(t, story).Clocks.LTI.Sub(s.Start); got != -5*time.Minute {
		t.Errorf("the page says 09:55, the LTI is %s from 10:00", got)
	}
	_, found := bia.Parse("bia.yaml", []byte(s.Documents.Files["bia.yaml"]))
	if !strings.Contains(found.Error(), "bia/rtc-late") {
		t.Errorf("check says nothing of it beforehand: %v", found)
	}
}
