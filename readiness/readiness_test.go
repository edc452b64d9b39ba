package readiness_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests must not depend on the machine's zones

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"holdfast/incident"
	"holdfast/readiness"
)

var update = flag.Bool("update", false, "write the golden findings anew")

var today = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// read parses the documents of an archive, which must be free of errors.
func read(t *testing.T, archive *txtar.Archive) *incident.Documents {
	t.Helper()
	files := map[string]string{}
	for _, f := range archive.Files {
		if f.Name != "findings" {
			files[f.Name] = string(f.Data)
		}
	}
	docs, problems := incident.ParseDocuments(files)
	if problems.HasErrors() {
		t.Fatalf("the documents have errors:\n%v", problems)
	}
	return docs
}

// TestFindings is the golden test: each archive in testdata is a set of documents, and what is said of it on 23 November
// 2026.
func TestFindings(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents found: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := readiness.Check(read(t, archive), nil, today).Error() + "\n"
			last := len(archive.Files) - 1
			if archive.Files[last].Name != "findings" {
				archive.Files = append(archive.Files, txtar.File{Name: "findings"})
				last++
			}
			if *update {
				archive.Files[last].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[last].Data), got); diff != "" {
				t.Errorf("found otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

// ready is a small organisation of whose plans there is nothing to say.
const ready = `
-- bia.yaml --
organisation: Acme
approved_by: coo
approved_on: 2026-11-03
next_review: 2027-11-03
processes:
  pay: {vital: true, rto: 4h, needs: [api]}
services:
  api: {rtc: {value: 40m, source: exercise, valid_until: 2027-01-01}, needs: [{any_of: [east-1, west-1], full: 2, minimum: 2}], recovery_needs: [dns]}
sites: {east: {}, west: {}}
risks:
  fire:  {lost: [east], treatment: move-west}
  flood: {lost: [west], accepted_by: board, until: 2027-06-30}
observers: {prom: {heartbeat: {match: {alertname: Watchdog}, every: 2m}}}
components:
  east-1: {site: east, observers: [prom]}
  west-1: {site: west, observers: [prom]}
  dns:    {observers: [prom]}
declaration: {authority: director, successors: [head]}
-- people.yaml --
people: {anna: {}, bert: {}}
roles: {director: {people: [anna, bert]}, head: {people: [bert, anna]}}
-- playbooks/move-west.yaml --
playbook: move-west
approved_by: head
approved_on: 2026-10-01
next_review: 2027-04-01
for: {services: [api], lost: [east], not_when_lost: [west]}
rtc: 40m
preconditions: [{component_up: [west-1, dns]}]
steps:
  - {id: move, do: Move it, role: head, expect: 30m}
  - {id: seen, verify: {service: api}, milestone: recovered}
`

// with is the ready organisation with changes to its text: pairs of what was and what is.
func with(t *testing.T, changes ...string) *incident.Documents {
	t.Helper()
	text := ready
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("there is no %q to change", changes[i])
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	return read(t, txtar.Parse([]byte(text)))
}

func rules(t *testing.T, docs *incident.Documents, now time.Time) []string {
	t.Helper()
	var all []string
	for _, p := range readiness.Check(docs, nil, now) {
		all = append(all, string(p.Severity)+" "+p.Rule)
	}
	return all
}

func TestNothingIsSaidOfPlansThatWouldWork(t *testing.T) {
	docs := read(t, txtar.Parse([]byte(ready)))
	if found := readiness.Check(docs, nil, today); len(found) > 0 {
		t.Errorf("found:\n%v", found)
	}
}

func TestEachOfTheseIsFound(t *testing.T) {
	for name, c := range map[string]struct{ old, new, rule string }{
		"the analysis was never approved":           {"approved_by: coo\n", "", "warning readiness/unapproved"},
		"the approval has no date":                  {"approved_on: 2026-11-03\n", "", "warning readiness/unapproved"},
		"the approval is yet to come":               {"approved_on: 2026-11-03", "approved_on: 2026-12-03", "warning readiness/approved-ahead"},
		"the analysis was to be reviewed":           {"next_review: 2027-11-03", "next_review: 2026-11-22", "warning readiness/review-overdue"},
		"no review is planned":                      {"next_review: 2027-11-03\n", "", "warning readiness/no-review"},
		"the playbook was to be reviewed":           {"next_review: 2027-04-01", "next_review: 2026-04-01", "warning readiness/review-overdue"},
		"the exercise is too old":                   {"valid_until: 2027-01-01", "valid_until: 2026-01-01", "warning readiness/rtc-expired"},
		"an exercise holds for ever":                {", valid_until: 2027-01-01", "", "warning readiness/rtc-undated"},
		"a role is held by one person":              {"head: {people: [bert, anna]}", "head: {people: [bert]}", "warning readiness/one-person"},
		"the last editor is nobody":                 {"approved_by: head\n", "approved_by: head\nedited_by: anne\n", "warning readiness/unknown-editor"},
		"a decision needs more than there are":      {"  - {id: move,", "  - {id: go, decide: Go, role: head, approvals: 3}\n  - {id: move,", "warning readiness/too-few-approvers"},
		"everybody is away for a time":              {"{anna: {}, bert: {}}", "{anna: {absences: [{from: 2026-12-24, to: 2026-12-27}]}, bert: {deputy: {person: anna}, absences: [{from: 2026-12-26, to: 2026-12-28}]}}", "warning readiness/nobody-there"},
		"the holidays of a role are last year's":    {"head: {people: [bert, anna]}}", "head: {people: [bert, anna], holidays: {calendar: east}}}\ncalendars: {east: {days: [2025-12-25]}}", "warning readiness/calendar-over"},
		"a playbook names no service":               {"services: [api], lost", "services: [api, apo], lost", "error readiness/dangling"},
		"a playbook names no domain":                {"not_when_lost: [west]", "not_when_lost: [west, wast]", "error readiness/dangling"},
		"a precondition names nothing":              {"component_up: [west-1, dns]", "component_up: [west-1, dsn]", "error readiness/dangling"},
		"a precondition names no data":              {"[{component_up: [west-1, dns]}]", "[{recovery_point_within: {data: ledger, age: 5m}}]", "error readiness/dangling"},
		"a step returns to no domain":               {"steps:", "steps:\n  - {id: back, phase: reconstitution, returns_to: [wast], do: Return, role: head}", "error readiness/dangling"},
		"a verify names no service":                 {"verify: {service: api}", "verify: {service: pai}", "error readiness/dangling"},
		"the steps take longer than the RTC":        {"expect: 30m", "expect: 41m", "warning readiness/path-longer-than-rtc"},
		"the playbook is slower than is counted on": {"rtc: 40m", "rtc: 41m", "warning readiness/slower-than-rtc"},
		"the target is lost with the source":        {"component_up: [west-1, dns]", "component_up: [east-1, dns]", "error readiness/target-is-lost"},
		"a recovery need is lost with the source":   {"dns:    {obs", "dns:    {site: east, obs", "warning readiness/recovery-need-is-lost"},
		"a risk is left open":                       {", treatment: move-west", "", "warning readiness/open-risk"},
		"a risk is treated by nothing":              {"treatment: move-west", "treatment: move-wes", "error readiness/unknown-treatment"},
		"a risk is treated by what does not fit":    {"fire:  {lost: [east]", "fire:  {lost: [east, west]", "warning readiness/treatment-does-not-fit"},
		"an acceptance has run out":                 {"until: 2027-06-30", "until: 2026-06-30", "warning readiness/acceptance-expired"},
		"a loss has no plan":                        {", accepted_by: board, until: 2027-06-30", ", treatment: move-west", "warning readiness/no-fitting-playbook"},
		"a service has no plan":                     {"services: [api], lost", "services: [dns], lost", "warning readiness/no-playbook"},
		"no exercise has shown what a plan takes":   {"source: exercise", "source: estimate", "warning readiness/never-exercised"},
		"one component takes a service down":        {"minimum: 2}]", "minimum: 2}, dns]", "warning readiness/single-point-of-failure"},
	} {
		t.Run(name, func(t *testing.T) {
			if found := rules(t, with(t, c.old, c.new), today); !contains(found, c.rule) {
				t.Errorf("no %s among %v", c.rule, found)
			}
		})
	}
}

func contains(all []string, one string) bool {
	return strings.Contains("\n"+strings.Join(all, "\n")+"\n", "\n"+one+"\n")
}

func TestADateHoldsToItsEnd(t *testing.T) {
	docs := read(t, txtar.Parse([]byte(ready)))
	lastMoment := time.Date(2027, 1, 1, 23, 59, 59, 0, time.UTC) // of the RTC, the first to run out
	if found := rules(t, docs, lastMoment); len(found) > 0 {
		t.Errorf("found before the day is over: %v", found)
	}
	if found := rules(t, docs, lastMoment.Add(time.Second)); !contains(found, "warning readiness/rtc-expired") {
		t.Errorf("not found once the day is over: %v", found)
	}
}

func TestRolesAreFreeNamesWithoutPeople(t *testing.T) {
	archive := txtar.Parse([]byte(ready))
	archive.Files = append(archive.Files[:1], archive.Files[2:]...)
	if found := readiness.Check(read(t, archive), nil, today); len(found) > 0 {
		t.Errorf("found:\n%v", found)
	}
}

func TestAnAcceptedRiskNeedsNoPlan(t *testing.T) {
	found := rules(t, with(t, "treatment: move-west", "accepted_by: board"), today)
	if len(found) > 0 {
		t.Errorf("found %v", found)
	}
}

func TestAcceptingTheLossOfBothSitesAcceptsNeitherAlone(t *testing.T) {
	found := rules(t, with(t, "flood: {lost: [west]", "flood: {lost: [east, west]"), today)
	if diff := cmp.Diff([]string{"warning readiness/no-fitting-playbook"}, found); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// openToFlood leaves the loss of the western site without a plan and without acceptance.
var openToFlood = []string{"flood: {lost: [west]", "flood: {lost: [west, east]"}

func TestALossThatRedundancyCoversNeedsNoPlan(t *testing.T) {
	docs := with(t, append(openToFlood, "full: 2, minimum: 2}]", "full: 2, minimum: 1}]")...)
	if found := rules(t, docs, today); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}

func TestALossThatOnlyDegradesNeedsNoPlan(t *testing.T) {
	docs := with(t, append(openToFlood, "{any_of: [east-1, west-1], full: 2, minimum: 2}", "east-1, {component: west-1, effect: partial}")...)
	if found := rules(t, docs, today); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}

func TestAGroupThatFailsAsOneIsNoRedundancy(t *testing.T) {
	grouped := []string{"full: 2, minimum: 2}]", "full: 2, minimum: 1}]", "west-1: {site: west,", "west-1: {site: west, domains: [agent],"}
	if found := rules(t, with(t, grouped...), today); contains(found, "warning readiness/common-mode") {
		t.Errorf("one of the two stands outside of agent, and it said %v", found)
	}
	both := append(grouped, "east-1: {site: east,", "east-1: {site: east, domains: [agent],")
	if found := rules(t, with(t, both...), today); !contains(found, "warning readiness/common-mode") {
		t.Errorf("both fail with agent, and it said only %v", found)
	}
	planned := append(both, "risks:\n", "risks:\n  update: {lost: [agent], accepted_by: board, until: 2027-06-30}\n")
	if found := rules(t, with(t, planned...), today); contains(found, "warning readiness/common-mode") {
		t.Errorf("the loss of agent is accepted, and it said %v", found)
	}
}

func TestATargetThatFailsTogetherWithThePrimaryIsTold(t *testing.T) {
	// The standby is no need of the service, so its loss does not show that more than the east is gone.
	standby := []string{
		"full: 2, minimum: 2}", "full: 2, minimum: 1}",
		"{any_of: [east-1, west-1], full: 2, minimum: 1}", "east-1",
		"east-1: {site: east,", "east-1: {site: east, domains: [agent],",
		"west-1: {site: west,", "west-1: {site: west, domains: [agent],",
	}
	if found := rules(t, with(t, standby...), today); !contains(found, "warning readiness/target-shares-domain") {
		t.Errorf("found only %v", found)
	}
	known := append(standby, "not_when_lost: [west]", "not_when_lost: [west, agent]")
	if found := rules(t, with(t, known...), today); contains(found, "warning readiness/target-shares-domain") {
		t.Errorf("the playbook says so, and found %v", found)
	}
}

func TestASinglePointThatAPlaybookFitsIsNoGap(t *testing.T) {
	if found := rules(t, with(t, "full: 2, minimum: 2}", "full: 2, minimum: 2}, east-1"), today); len(found) > 0 {
		t.Errorf("east-1 alone takes it down, but the playbook for the east fits: %v", found)
	}
}

func TestWithoutDocumentsThereIsNothingToSay(t *testing.T) {
	if found := readiness.Check(nil, nil, today); found != nil {
		t.Errorf("found %v", found)
	}
	if found := readiness.Check(&incident.Documents{}, nil, today); found != nil {
		t.Errorf("found %v", found)
	}
}
