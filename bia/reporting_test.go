package bia

import (
	"os"
	"strings"
	"testing"
	"time"
)

const reportingBIA = `
organisation: Acme
services: {pay: {vital: true, rto: 2h, mtpd: 4h, needs: [pay-1]}}
observers: {prom: {heartbeat: {match: {alertname: Watchdog}, every: 1m}}}
components: {pay-1: {observers: [prom]}}
declaration:
  authority: director
  successors: [head]
  reporting:
    - {to: regulator, within: 4h}
    - {id: final, to: regulator, what: final report, within: 30d, from: aware, level: disaster, role: compliance, escalate: [director], remind: 5d, evidence: required}
`

func TestWhatADutyToReportDoesNotSay(t *testing.T) {
	a, problems := Parse("bia.yaml", []byte(reportingBIA))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	r := a.Declaration.Reporting[0]
	if r.ID != "regulator" || r.From != "classified" || r.Level != "major_incident" || r.Role != "director" || r.Remind != time.Hour || len(r.Escalate) != 1 || r.Escalate[0] != "head" {
		t.Errorf("%+v", r)
	}
}

func TestADutyToReportThatCannotBeKeptIsAProblem(t *testing.T) {
	for name, c := range map[string]struct{ old, new, says string }{
		"two of one name":             {"id: final, ", "", `there is already a report called "regulator"`},
		"a name that cannot be typed": {"id: final", `id: "the last"`, `"the last" cannot be typed`},
		"it counts from nowhere":      {"from: aware", "from: awareness", `from cannot be "awareness"`},
		"no level":                    {"level: disaster", "level: event", `level cannot be "event"`},
		"no time":                     {"within: 4h", "within: 0s", "a report is due within a time"},
		"a reminder before it began":  {"remind: 5d", "remind: 40d", "a reminder comes before the deadline"},
		"evidence is required or not": {"evidence: required", "evidence: welcome", `evidence cannot be "welcome"`},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(reportingBIA, c.old, c.new, 1)
			_, problems := Parse("bia.yaml", []byte(text))
			if !strings.Contains(problems.Error(), c.says) || !strings.Contains(problems.Error(), "bia/reporting") {
				t.Errorf("no problem that says %q:\n%v", c.says, problems)
			}
		})
	}
}

// The examples of docs/reporting.md are ones that can be used.
func TestTheExamplesOfThePageAreFine(t *testing.T) {
	page, err := os.ReadFile("../docs/reporting.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```yaml\n")[1:]
	for _, b := range blocks {
		block, _, _ := strings.Cut(b, "```")
		if !strings.HasPrefix(block, "declaration:") {
			block = "declaration:\n  authority: director\n" + block
		}
		head, _, _ := strings.Cut(reportingBIA, "declaration:")
		a, problems := Parse("bia.yaml", []byte(head+block))
		if problems.HasErrors() || len(a.Declaration.Reporting) == 0 {
			t.Errorf("%s\n%v", block, problems)
		}
	}
	if len(blocks) != 3 {
		t.Errorf("there are %d examples", len(blocks))
	}
}
