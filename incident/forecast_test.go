package incident

import (
	"testing"
	"time"

	"holdfast/playbooks"
)

func readPlaybook(t *testing.T, text string) *playbooks.Playbook {
	t.Helper()
	p, problems := playbooks.Parse("playbooks/p.yaml", []byte(text))
	if problems.HasErrors() {
		t.Fatal(problems.Error())
	}
	return p
}

func TestThePlanOfAPlaybookIsTheLongestWayToRecoveryByWhatIsWritten(t *testing.T) {
	p := readPlaybook(t, `
playbook: p
for: {services: [shop]}
steps:
  - {id: page, notify: [on-call], ack: {role: on-call, within: 4m}}
  - {id: assess, do: "Assess", role: on-call, expect: 10m}
  - {id: fence, after: [page], run: {exec: {command: fence}}, expect: 3m, timeout: 5m}
  - {id: go, after: [assess, fence], decide: "Go?", role: director, expect: 5m}
  - {id: promote, run: {exec: {command: promote}}, expect: 5m, timeout: 10m}
  - {id: verified, verify: {service: shop, for: 10m}, milestone: recovered}
  - {id: reconcile, do: "Reconcile", role: on-call, expect: 2h}
`)
	f := ForecastOf(p)
	equal(t, f.Plan, 30*time.Minute) // assess, go, promote, verified; fence is beside them, reconcile after
	// By the clock that stops when the proof begins, and with the two minutes that paging is taken to need: 22m and a little
	// more, for what goes wrong takes longer than what goes well saves.
	if f.P50 < 22*time.Minute || f.P50 > 26*time.Minute || f.P90 < 30*time.Minute || f.P90 > 40*time.Minute {
		t.Errorf("P50 %v, P90 %v", f.P50, f.P90)
	}
	if f.People+f.Machines != f.P50 || f.People < 2*f.Machines {
		t.Errorf("%v are people's and %v machines'", f.People, f.Machines)
	}
}

func TestWithoutAMilestoneThePlanLeavesOutReconstitution(t *testing.T) {
	f := ForecastOf(readPlaybook(t, `
playbook: p
for: {services: [shop]}
steps:
  - {id: one, wait: 1m}
  - {id: two, wait: 2m, expect: 5m}
  - {id: back, phase: reconstitution, wait: 3d}
`))
	equal(t, f.Plan, 6*time.Minute)
}
