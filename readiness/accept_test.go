package readiness_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"holdfast/incident"
	"holdfast/internal/source"
	"holdfast/readiness"
)

// review is what is said of the ready organisation with changes to its text, the parsers' warnings included.
func review(t *testing.T, now time.Time, changes ...string) source.Problems {
	t.Helper()
	files := map[string]string{}
	for _, f := range txtar.Parse([]byte(ready)).Files {
		files[f.Name] = string(f.Data)
	}
	for i := 0; i < len(changes); i += 3 {
		if !strings.Contains(files[changes[i]], changes[i+1]) {
			t.Fatalf("%s has no %q to change", changes[i], changes[i+1])
		}
		files[changes[i]] = strings.Replace(files[changes[i]], changes[i+1], changes[i+2], 1)
	}
	docs, parsed := incident.ParseDocuments(files)
	if parsed.HasErrors() {
		t.Fatalf("the documents have errors:\n%v", parsed)
	}
	return readiness.Check(docs, parsed, now)
}

// accepting adds an acceptance to the analysis.
func accepting(rule, where, until string) []string {
	return []string{"bia.yaml", "organisation: Acme\n", "organisation: Acme\naccepted: [{rule: " + rule + ", where: " + where + ", reason: it is cheap, by: coo, until: " + until + "}]\n"}
}

func TestAWarningThatSomebodyAcceptedIsNotToldUntilThen(t *testing.T) {
	for where, c := range map[string]struct{ file, old, new, rule, where string }{
		"at a component, of the parser":     {"bia.yaml", "dns:    {observers: [prom]}", "dns: {}", "bia/unobserved", "dns"},
		"at a service":                      {"bia.yaml", "source: exercise, ", "", "readiness/never-exercised", "api"},
		"at a risk":                         {"bia.yaml", ", treatment: move-west", "", "readiness/open-risk", "fire"},
		"at a site":                         {"bia.yaml", "flood: {lost: [west]", "flood: {lost: [east, west]", "readiness/no-fitting-playbook", "west"},
		"at a key of the document":          {"bia.yaml", "next_review: 2027-11-03", "next_review: 2026-11-03", "readiness/review-overdue", "next_review"},
		"at the underlined word":            {"people.yaml", "head: {people: [bert, anna]}", "head: {people: [bert]}", "readiness/one-person", "head"},
		"at a playbook":                     {"playbooks/move-west.yaml", "rtc: 40m", "rtc: 20m", "readiness/path-longer-than-rtc", "move-west"},
		"at a step of a playbook":           {"playbooks/move-west.yaml", "role: head, expect: 30m", "point_of_no_return: true, role: head, expect: 30m}\n  - {id: never, wait: 1m", "playbook/unattended", "move-west/move"},
		"in a file, where nothing is named": {"bia.yaml", "approved_on: 2026-11-03\n", "", "readiness/unapproved", "approved_by"},
	} {
		t.Run(where, func(t *testing.T) {
			change := []string{c.file, c.old, c.new}
			if c.rule == "playbook/unattended" {
				change = append(change, c.file, "rtc: 40m\n", "rtc: 40m\nunattended: true\n")
			}
			if diff := cmp.Diff([]string{c.rule}, said(review(t, today, change...))); diff != "" {
				t.Fatalf("without acceptance (-want +got):\n%s", diff)
			}
			until := append(accepting(c.rule, c.where, "2026-11-23"), change...)
			if found := said(review(t, today, until...)); len(found) > 0 {
				t.Errorf("accepted, and told: %v", found)
			}
			tomorrow := said(review(t, today.AddDate(0, 0, 1), until...))
			if !strings.Contains(strings.Join(tomorrow, " "), c.rule) || !strings.Contains(strings.Join(tomorrow, " "), "readiness/acceptance-expired") {
				t.Errorf("the acceptance has run out, and it said only %v", tomorrow)
			}
		})
	}
}

func said(found source.Problems) []string {
	var all []string
	for _, p := range found {
		all = append(all, p.Rule)
	}
	return all
}

func TestAnAcceptanceThatAcceptsNothingIsTold(t *testing.T) {
	want := []string{"readiness/acceptance-unused"}
	for name, change := range map[string][]string{
		"there is nothing to accept": accepting("bia/rtc-late", "pay", "2027-01-01"),
		"it is somewhere else":       append(accepting("bia/unobserved", "west-1", "2027-01-01"), "bia.yaml", "dns:    {observers: [prom]}", "dns: {}"),
	} {
		found := said(review(t, today, change...))
		if len(found) == 0 || found[0] != want[0] {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// What is found in documents and what is found in records are looked for apart; neither calls unused what is the other's.
func TestAnAcceptanceIsJudgedWhereWhatItAcceptsIsLookedFor(t *testing.T) {
	for name, c := range map[string]struct {
		rule, where      string
		change           []string
		check, exercises []string
	}{
		"of what the documents tell":    {"bia/unobserved", "dns", []string{"dns:    {observers: [prom]}", "dns: {}"}, nil, []string{"readiness/never-exercised"}},
		"of nothing in the documents":   {"bia/unobserved", "dns", nil, []string{"readiness/acceptance-unused"}, []string{"readiness/never-exercised"}},
		"of what the records tell":      {"readiness/never-exercised", "move-west", nil, nil, nil},
		"of nothing in the records":     {"readiness/needs-verification", "move-west", nil, nil, []string{"readiness/acceptance-unused", "readiness/never-exercised"}},
		"of an RTC that is an estimate": {"readiness/never-exercised", "api", []string{"source: exercise, ", ""}, nil, []string{"readiness/never-exercised"}},
	} {
		t.Run(name, func(t *testing.T) {
			accepted := accepting(c.rule, c.where, "2027-01-01")
			docs := with(t, append(accepted[1:], c.change...)...)
			if c.change != nil {
				accepted = append(accepted, append([]string{"bia.yaml"}, c.change...)...)
			}
			if diff := cmp.Diff(c.check, said(review(t, today, accepted...))); diff != "" {
				t.Errorf("of the documents (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.exercises, said(readiness.Exercises(docs, nil, today))); diff != "" {
				t.Errorf("of the records (-want +got):\n%s", diff)
			}
		})
	}
}

// A playbook that says nothing of what is lost fits everything, single points of failure among it: whoever accepted one is
// told which playbook that is.
func TestAnAcceptanceOfASinglePointSaysWhichPlaybookMadeItNeedless(t *testing.T) {
	change := append(accepting("readiness/single-point-of-failure", "dns", "2027-01-01"),
		"bia.yaml", "minimum: 2}]", "minimum: 2}, dns]",
		"playbooks/move-west.yaml", ", lost: [east], not_when_lost: [west]", "", "playbooks/move-west.yaml", "component_up: [west-1, dns]", "component_up: [west-1]")
	for _, p := range review(t, today, change...) {
		if p.Rule == "readiness/acceptance-unused" && strings.Contains(p.Message, "dns alone still takes services down, and now the playbook move-west fits") {
			return
		}
	}
	t.Errorf("found %v", review(t, today, change...))
}

func TestAnErrorCannotBeAccepted(t *testing.T) {
	found := review(t, today, append(accepting("readiness/dangling", "move-west", "2027-01-01"),
		"playbooks/move-west.yaml", "services: [api]", "services: [api, apo]")...)
	if diff := cmp.Diff([]string{"readiness/acceptance-of-error", "readiness/dangling"}, said(found)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !found.HasErrors() {
		t.Error("the error was taken for a warning")
	}
}
