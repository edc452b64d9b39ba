package bia_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/bia"
)

// asserting is an organisation with an assertion, and something that has to hold before it stands down.
const asserting = `organisation: A house
services: {ledger: {vital: true, rto: 4h, rtc: 1h, needs: [db-1]}}
components: {db-1: {observers: [prom]}}
observers: {prom: {}}
sites: {fra: {}}
declaration: {deactivate: {when: DEACTIVATE}}
assertions:
  never-both-sites: {never: NEVER, why: WHY}
`

func TestWhatIsWrongInAnAssertionIsUnderlinedWhereItStands(t *testing.T) {
	var all strings.Builder
	for _, written := range []struct{ never, why, deactivate string }{
		{`next.id == 'promote' && !step('fence').done && playbook('failover').running && resource('ams2').held`, "so", "site('fra').lost"},
		{`"next.phase == 'recovry'"`, "so", "vital_down == 0"},
		{`next.name == 'promote'`, "so", "vital_down == 0"},
		{`next == 'promote'`, "so", "vital_down == 0"},
		{`next('promote').undo`, "so", "vital_down == 0"},
		{`step('fence').state == 'done'`, "so", "vital_down == 0"},
		{`component('db-2').state == 'up'`, "so", "vital_down == 0"},
		{`"true"`, `" "`, "vital_down == 0"},
		{`"true"`, "so", "playbook('failover').running"},
		{`"true"`, "so", "service('ledgr').state == 'up'"},
		{`"true"`, "so", "now.getHours() > 8"},
	} {
		text := strings.NewReplacer("NEVER", written.never, "WHY", written.why, "DEACTIVATE", written.deactivate).Replace(asserting)
		_, problems := bia.Parse("bia.yaml", []byte(text))
		all.WriteString("# " + written.never + "\n")
		for _, p := range problems {
			if p.Severity == "error" {
				all.WriteString(p.String() + "\n")
			}
		}
	}
	golden := "testdata/assertion.golden" // bia/assertion, bia/deactivate
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
		t.Errorf("(-want +got; -update writes it anew)\n%s", diff)
	}
}

func TestACriterionKnowsNothingOfWhatARunIsAboutToDo(t *testing.T) {
	for _, written := range []string{`next.id == 'promote'`, `playbook('failover').running`} {
		_, problems := bia.Parse("bia.yaml", []byte(strings.Replace(ownCriterion, "EXPRESSION", written, 1)))
		if !problems.HasErrors() {
			t.Errorf("a criterion may ask %s", written)
		}
	}
}
