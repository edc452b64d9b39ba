package incident

import (
	"strings"
	"testing"
	"time"

	"holdfast/detector"
	"holdfast/playbooks"
)

func linked(t *testing.T, texts ...string) *playbooks.Playbook {
	t.Helper()
	var all []*playbooks.Playbook
	for _, text := range texts {
		p, problems := playbooks.Parse("p.yaml", []byte(text))
		if problems.HasErrors() {
			t.Fatal(problems.Error())
		}
		all = append(all, p)
	}
	whole, problems := playbooks.Link(all)
	if problems.HasErrors() {
		t.Fatal(problems.Error())
	}
	return whole[0]
}

const promotes = `
playbook: promote
for: {services: [shop]}
steps:
  - {id: promote, run: {exec: {command: promote}}, timeout: 30m, expect: 10m, needs: [copy]%s}
  - {id: restore, do: Restore, role: on-call, expect: 2h}
  - {id: open, run: {exec: {command: open}}, timeout: 30m, expect: 10m}
`

func TestAForecastCountsAStepOrItsFallbackAndNotBoth(t *testing.T) {
	both := ForecastOf(linked(t, strings.Replace(promotes, "%s", "", 1)))
	one := ForecastOf(linked(t, strings.Replace(promotes, "%s", ", fallback: restore", 1)))
	equal(t, one.Plan, 20*time.Minute)
	if one.P90 >= both.P50-time.Hour {
		t.Errorf("with its fallback counted it is %v, without %v", both.P50, one.P90)
	}
}

func TestTheFallbackCountsOnceItIsDoneInstead(t *testing.T) {
	h := runWith(t, `
  - {id: first, wait: 1m}
  - {id: promote, run: {exec: {command: promote}}, timeout: 30m, expect: 10m, needs: [ledger-db-ams], fallback: restore}
  - {id: restore, do: Restore, role: on-call-pay, expect: 2h}
`)
	expected := func() time.Duration { return h.only().Forecast(h.only().Runs[0], h.now).Recovered.P50.Sub(h.now) }
	if e := expected(); e > 30*time.Minute {
		t.Errorf("before: %v", e)
	}
	h.facts.components["ledger-db-ams"] = detector.Down
	h.at(8 * time.Minute)
	if e := expected(); e < time.Hour {
		t.Errorf("after: %v", e)
	}
}

func TestAStepForTheOtherKindOfRunTakesNoTime(t *testing.T) {
	p := linked(t, "playbook: one\nfor: {services: [shop]}\nsteps:\n  - {id: pretend, do: Pretend, role: on-call, expect: 2h, only: exercise}\n  - {id: act, run: {exec: {command: act}}, expect: 30s}\n")
	equal(t, ForecastOf(p).Plan, 30*time.Second)
}

func TestAPlaybookWithinLearnsFromItsOwnRuns(t *testing.T) {
	p := linked(t, "playbook: outer\nfor: {services: [shop]}\nsteps:\n  - {id: in, invoke: inner}\n",
		"playbook: inner\nfor: {services: [ledger]}\nsteps:\n  - {id: copy, run: {exec: {command: copy}}, timeout: 3h, expect: 10m}\n")
	took := func(id string, d time.Duration) pastRun {
		return pastRun{took: map[string]pastStep{id: {playbooks.KindRun, d}}}
	}
	h := newHistory()
	plan, known := h.plan(p)
	before := foresee(p, plan.laidOut())
	equal(t, known, 0)
	h.runs.put("inner", []pastRun{took("copy", 90*time.Minute), took("copy", 90*time.Minute)})
	plan, _ = h.plan(p)
	after := foresee(p, plan.laidOut())
	if after.P50 < before.P50+30*time.Minute {
		t.Errorf("%v, then %v", before.P50, after.P50)
	}
	h.runs.put("elsewhere", []pastRun{took("copy", time.Second)})
	again, _ := h.plan(p)
	equal(t, foresee(p, again.laidOut()), after)
}
