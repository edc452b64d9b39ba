package exercise

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"holdfast/incident"
)

// anything draws a line of a timeline for the house of site-lost.txtar.
var anything = rapid.OneOf(
	rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("component %s %s",
			rapid.SampledFrom([]string{"pay-north", "pay-south", "ledger-north", "ledger-south", "nobody-knows"}).Draw(t, "component"),
			rapid.SampledFrom([]string{"down", "up", "degraded", "unknown", "down from probe-north", "up from probe-south"}).Draw(t, "state"))
	}),
	rapid.SampledFrom([]string{
		"site north lost", "site north ok", "site south lost", "site south impaired", "observer probe-north silent", "observer probe-north ok",
		"service payments-api estimate none", "service payments-api estimate 30m", "intentional pay-north by pay-1 until 5h",
		"ack page by pay-1", "ack page by operations-1", "done assess by pay-2 estimated_time_to_restore=1h", "failed assess by pay-1", "cannot assess by pay-1",
		"approve go by director-1", "approve go by director-2", "decline go by director-1", "approve go by pay-1",
		"failed fence", "done fence", "failed promote", "done promote", "retry promote by director-1", "skip promote by director-1",
		"declare by director-1", "declare by director-1 core-ledger", "decline by director-1", "stand-down by director-2", "stand-down", "disarm by director-1", "arm by director-1",
	}),
)

// aTimeline draws what happens to that house in some hours.
func aTimeline(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("start 2026-01-05T08:00:00Z\n")
	for range rapid.IntRange(1, 25).Draw(t, "lines") {
		minute := rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(0, 600)).Draw(t, "minute")
		fmt.Fprintf(&b, "%dm %s\n", minute, anything.Draw(t, "line"))
	}
	b.WriteString("12h end\n")
	return b.String()
}

func TestWhateverIsSaidTheRehearsalComesToRestAndTellsTheSameAgain(t *testing.T) {
	archive, err := os.ReadFile("testdata/site-lost.txtar")
	if err != nil {
		t.Fatal(err)
	}
	documents, _, _ := strings.Cut(string(archive), "-- timeline --")
	rapid.Check(t, func(t *rapid.T) {
		s, problems := Parse("drawn.txtar", []byte(documents+"-- timeline --\n"+aTimeline(t)))
		if len(problems) > 0 {
			t.Fatalf("%v", problems)
		}
		story, err := Run(s)
		if err != nil {
			t.Fatalf("%v\n%s", err, story.Text())
		}
		again, _ := Run(s)
		if diff := cmp.Diff(string(story.JSON()), string(again.JSON())); diff != "" {
			t.Fatalf("told twice:\n%s", diff)
		}
		keepsTheLaws(t, story)
	})
}

// keepsTheLaws checks what must hold of every story.
func keepsTheLaws(t *rapid.T, story Story) {
	declared, invoked, over := map[string]bool{}, map[string]bool{}, map[string]bool{}
	approvals := map[string]map[string]bool{}
	for _, c := range story.Changes {
		if over[c.Incident] && c.Event != nil && c.Event.Kind() != incident.KindNotified {
			t.Fatalf("at %v: %s after the end of %s", c.T, c.Event.Kind(), c.Incident)
		}
		switch e := c.Event.(type) {
		case incident.Declared:
			declared[c.Incident] = true
		case incident.Invoked:
			if !declared[c.Incident] {
				t.Fatalf("at %v: invoked before it was declared", c.T)
			}
			invoked[c.Incident+"/"+e.Run] = true
		case incident.StepApproved:
			run := c.Incident + "/" + e.Run
			if approvals[run] == nil {
				approvals[run] = map[string]bool{}
			}
			approvals[run][e.By.Person] = true
		case incident.StepStarted:
			run := c.Incident + "/" + e.Run
			if !invoked[run] {
				t.Fatalf("at %v: step %s of a run that was not invoked", c.T, e.Step)
			}
			if e.Step == "promote" && len(approvals[run]) < 2 && e.By.Person == "" {
				t.Fatalf("at %v: promoted on %d approvals", c.T, len(approvals[run]))
			}
		case incident.StoodDown:
			over[c.Incident] = true
		}
	}
}

// steps are the changes of one step in a story, as "offset status".
func steps(story Story, step string) []string {
	var out []string
	for _, c := range story.Changes {
		if e, ok := story.entry(c); ok && e.Kind == "step" && e.Step == step {
			out = append(out, brief(c.T)+" "+e.Status)
		}
	}
	return out
}

// lost plays what happens to a shop whose site is lost, with a playbook of one machine step.
func lost(t *testing.T, step, timeline string) Story {
	t.Helper()
	archive := `-- bia.yaml --
organisation: House
services:
  shop: {owner: shop, vital: true, rto: 2h, mtpd: 4h, wrt: 30m, rtc: 30m, needs: [web]}
sites: {here: {}}
observers: {probe: {heartbeat: {match: {alertname: Watchdog, prober: here}, every: 2m}}}
components: {web: {site: here, observers: [probe]}}
declaration: {authority: director, mode: automatic, automatic_for: [facility_lost]}
-- playbooks/mend.yaml --
playbook: mend
for: {services: [shop]}
steps:
  - ` + step + `
-- timeline --
start 2026-01-05T08:00:00Z
0s component web down
0s site here lost
` + timeline
	s, problems := Parse("test.txtar", []byte(archive))
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	story, err := Run(s)
	if err != nil {
		t.Fatalf("%v\n%s", err, story.Text())
	}
	return story
}

const fence = `{id: fence, run: {exec: {command: fence}}, timeout: 2m, retry: 2, backoff: 1m, jitter: 0, repeat: safe}`

func TestAMachineStepSucceedsAtOnceUnlessTheScenarioSaysOtherwise(t *testing.T) {
	for timeline, want := range map[string][]string{
		"10m end":                    {"5m started", "5m done"},
		"0s failed fence\n10m end":   {"5m started", "5m failed", "6m started", "6m done"},
		"5m failed fence\n10m end":   {"5m started", "5m failed", "6m started", "6m done"},
		"6m failed 1/fence\n10m end": {"5m started", "6m failed", "7m started", "7m done"},
		"6m done fence\n10m end":     {"5m started", "6m done"},
		"9m done fence\n10m end":     {"5m started", "7m timed_out", "8m started", "9m done"},
		"0s failed fence\n0s failed fence\n0s failed fence\n10m end": {"5m started", "5m failed", "6m started", "6m failed", "7m started", "7m failed"},
	} {
		if diff := cmp.Diff(want, steps(lost(t, fence, timeline), "fence")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", timeline, diff)
		}
	}
}

func TestObserversBeatUntilTheyAreSaidToBeSilent(t *testing.T) {
	silences := func(timeline string) (found bool) {
		for _, c := range lost(t, fence, timeline).Changes {
			v, ok := c.verdict()
			found = found || ok && strings.Contains(strings.Join(v.MetCriteria(), " "), "monitoring_lost")
		}
		return found
	}
	if silences("3h end") {
		t.Error("an observer that nobody said anything about was taken for silent")
	}
	if !silences("1h observer probe silent\n3h end") {
		t.Error("an observer said to be silent was not taken for silent")
	}
}

func TestWithoutPeopleRolesAndPeopleAreFreeNames(t *testing.T) {
	story := lost(t, `{id: go, decide: "Go?", role: shopkeeper}`, "10m approve go by whoever-is-there\n20m end")
	want := []string{"5m started", "10m approved", "10m done"}
	if diff := cmp.Diff(want, steps(story, "go")); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, story.Text())
	}
}

func TestARefusalIsPartOfTheStory(t *testing.T) {
	var refused []time.Duration
	for _, c := range lost(t, fence, "10m approve fence by ann\n11m done fence by ann\n12m end").Changes {
		if c.Refusal != nil {
			refused = append(refused, c.T)
		}
	}
	if diff := cmp.Diff([]time.Duration{10 * time.Minute, 11 * time.Minute}, refused); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnEstimateCountsFromAPersonOrASourceThatMayGiveOne(t *testing.T) {
	for line, want := range map[string]bool{
		"service shop estimate none":                     true, // of a source that may
		"service shop estimate none from probe":          false,
		"service shop estimate none by ann # says so":    true,
		"service shop estimate 1h by ann":                false, // before the deadline
		"service shop estimate 1h\n11m note by ann # no": false,
	} {
		story := lost(t, fence, "10m "+line+"\n20m end")
		met := false
		for _, c := range story.Changes {
			v, ok := c.verdict()
			met = met || ok && strings.Contains(strings.Join(v.MetCriteria(), " "), "estimate_exceeds_rto")
		}
		if met != want {
			t.Errorf("%q: estimate_exceeds_rto met: %v, expected %v\n%s", line, met, want, story.Text())
		}
	}
	said := `{"t":"10m0s","kind":"estimated","service":"shop","by":"ann","reason":"says so"}`
	if got := string(lost(t, fence, "10m service shop estimate none by ann # says so\n20m end").JSON()); !strings.Contains(got, said) {
		t.Errorf("%s does not tell %s", got, said)
	}
}
