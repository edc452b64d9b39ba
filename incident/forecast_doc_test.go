package incident

import (
	"os"
	"strings"
	"testing"
	"time"

	"holdfast/playbooks"
)

// The example of docs/forecast.md, to the second.
func TestThePencilExampleOfTheDocumentationHolds(t *testing.T) {
	text, err := os.ReadFile("../docs/forecast.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	p := readPlaybook(t, example)
	f := ForecastOf(p)
	says(t, string(text), "**"+span(f.P50)+"**", "**"+span(f.P90)+"**", "Of the "+span(f.P50)+", "+span(f.People)+" are people's")

	i, run := Incident{}, Run{Playbook: p, Started: t0, plan: &rememberedPlan{of: p}}
	for n := range p.Steps {
		run.Steps = append(run.Steps, pending(&p.Steps[n]))
	}
	run.Steps[0].Status, run.Steps[0].Started = Waiting, t0
	run.Steps[1].Status, run.Steps[1].Started = Running, t0
	clock := func(at time.Time) string { return at.Format("15:04:05") }
	for _, at := range []time.Duration{0, 5 * time.Minute, 20 * time.Minute, 40 * time.Minute} {
		if at == 5*time.Minute {
			run.Steps[1].Status, run.Steps[1].Ended = Done, t0.Add(4*time.Minute)
		}
		e := i.Forecast(run, t0.Add(at)).Recovered
		says(t, string(text), "| "+t0.Add(at).Format("15:04")+" |", "| "+clock(e.P50)+" | "+clock(e.P90)+" |")
	}
	c := Recovery{Service: "shop"}
	c.Clocks.Deadline = t0.Add(time.Hour)
	risks := run.risks(c)
	says(t, string(text), "`possible` is said at about "+risks[0].at.Format("15:04"), "`likely` at about "+risks[1].at.Format("15:04"))

	past := pastRun{took: map[string]pastStep{"assess": {playbooks.KindDo, 10 * time.Minute}, "fence": {playbooks.KindRun, 4 * time.Minute}, "go": {playbooks.KindDecide, 25 * time.Minute},
		"start": {playbooks.KindRun, 5 * time.Minute}, "look": {playbooks.KindVerify, 10 * time.Minute}}}
	again := foresee(p, planOf(p, map[string][]pastRun{p.ID: {past}}))
	says(t, strings.ReplaceAll(string(text), "\n", " "), "forecast at "+span(again.P50)+" (P90 "+span(again.P90)+")")
}
