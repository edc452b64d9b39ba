package bia_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/bia"
)

// ownCriterion is an organisation with one criterion of its own; EXPRESSION stands for what its `when` is written as.
const ownCriterion = `organisation: A house
services: {payroll: {vital: true, rto: 4h, rtc: 1h, needs: [db-1]}, wiki: {}}
components: {db-1: {observers: [prom]}}
observers: {prom: {}}
sites: {fra: {}}
criteria:
  custom:
    payday:
      level: disaster
      when: EXPRESSION
`

func TestWhatIsWrongInACriterionOfOnesOwnIsUnderlinedWhereItStands(t *testing.T) {
	var all strings.Builder
	for _, written := range []string{
		`service('payrol').down_for > duration('20m')`,
		`"service('payroll').down_for > duration('twenty')"`,
		`'service(''payroll'').down_fro > duration(''20m'')'`,
		"|\n        service('payroll').down_for > duration('20m')\n        && component('db-2').state == 'down'",
		">-\n        service('payroll').down_for > duration('20m') &&\n        site('fra').signal == 'dwon'",
		`service('payroll').down_for`,
		`service('payroll').down_for > 20`,
		`service('payroll').certainly_down &&`,
		`service('payroll').certainly_down && now.getHours() > 8`,
		`int(service('payroll').down_for) > 1200`,
		`servce('payroll').certainly_down`,
		`services_dwn > 2`,
		`service('pay' + 'roll').certainly_down`,
		`"['payroll', 'wikki'].exists(s, service(s).certainly_down)"`,
		`service('wiki').certainly_down`,
		`"{'a': service('payroll').certainly_down}['a']"`,
		`now > timestamp('2026-11-27')`,
		`observer(12).silent`,
		`service('payroll').certainly_down )`,
		`service('payroll') down`,
		`""`,
		"\"\\x73ervice('pay').vital\"",
		`"[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, services_down > a))))"`,
	} {
		_, problems := bia.Parse("bia.yaml", []byte(strings.Replace(ownCriterion, "EXPRESSION", written, 1)))
		for _, p := range problems {
			if p.Severity == "error" {
				all.WriteString(p.String() + "\n")
			}
		}
		if !problems.HasErrors() {
			t.Errorf("nothing is found wrong with %s", written)
		}
	}
	golden := "testdata/custom.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), all.String()); diff != "" {
		t.Errorf("drawn differently (-want +got):\n%s", diff)
	}
}

func TestACriterionOfOnesOwnHasANameOfItsOwnAndALevel(t *testing.T) {
	for text, want := range map[string]string{
		"criteria: {custom: {decision_point: {when: services_down > 1, level: disaster}}}": `"decision_point" is a criterion already`,
		"criteria: {custom: {big: {when: services_down > 1, level: catastrophe}}}":         `level cannot be "catastrophe"`,
		"criteria: {custom: {big: {when: services_down > 1, level: ''}}}":                  `level cannot be ""`,
		"criteria: {custom: {'big one': {when: services_down > 1, level: incident}}}":      `"big one" cannot be the id of a criterion`,
		"criteria: {custom: {big: {when: services_down > 1}}}":                             `level`,
		"criteria: {custom: {big: {level: incident}}}":                                     `when`,
	} {
		_, problems := bia.Parse("bia.yaml", []byte("organisation: A house\nservices: {s: {vital: true, rto: 1h}}\n"+text+"\n"))
		if !problems.HasErrors() || !strings.Contains(problems.Error(), want) {
			t.Errorf("%s: expected %q, got %v", text, want, problems)
		}
	}
}

func TestACriterionOfOnesOwnCanBeDelegatedIfItMakesADisaster(t *testing.T) {
	text := strings.Replace(ownCriterion, "EXPRESSION", "services_down > 1", 1) + "declaration: {authority: board, mode: automatic, automatic_for: [payday]}\n"
	if _, problems := bia.Parse("bia.yaml", []byte(text)); problems.HasErrors() {
		t.Error(problems)
	}
	_, problems := bia.Parse("bia.yaml", []byte(strings.Replace(text, "level: disaster", "level: major_incident", 1)))
	if !strings.Contains(problems.Error(), `"payday" does not make a disaster`) {
		t.Error(problems)
	}
}

func TestACriterionOfOnesOwnIsAboutWhatRestsOnWhatItNames(t *testing.T) {
	for when, want := range map[string]string{
		"component('db-1').state == 'down'":                                  "payroll",
		"service('wiki').certainly_down":                                     "wiki",
		"site('fra').lost || data('ledger').condition != 'ok'":               "books payroll",
		"observer('prom').silent && now > timestamp('2026-11-27T00:00:00Z')": "books payroll wiki",
		"services_down > 1 && component('db-1').state == 'down'":             "books payroll wiki",
	} {
		a, problems := bia.Parse("bia.yaml", []byte(`organisation: A house
services: {payroll: {vital: true, rto: 4h, rtc: 1h, needs: [db-1]}, wiki: {}, books: {rpo: 5m, data: {ledger: {}}}}
components: {db-1: {site: fra}}
observers: {prom: {}}
sites: {fra: {}}
criteria: {custom: {own: {level: incident, when: "`+when+`"}}}
`))
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		if got := strings.Join(a.Concerns(a.Criteria.Custom["own"]), " "); got != want {
			t.Errorf("%s is about %q, expected %q", when, got, want)
		}
	}
}
