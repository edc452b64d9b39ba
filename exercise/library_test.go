package exercise

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"holdfast/incident"
	"holdfast/playbooks"
)

// Every playbook that ships is carried through by a scenario of its own, as it ships: until what it is for has recovered.
func TestEveryPlaybookThatShipsIsCarriedThrough(t *testing.T) {
	for _, l := range playbooks.Library() {
		t.Run(l.Name, func(t *testing.T) {
			scenario, err := os.ReadFile(filepath.Join("testdata/library", l.Name+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			at := strings.Index(string(scenario), "-- timeline --\n")
			archive := string(scenario[:at]) + "-- playbooks/" + l.Name + ".yaml --\n" + l.Text + string(scenario[at:])
			s, problems := Parse(l.Name+".txtar", []byte(archive))
			if len(problems) > 0 {
				t.Fatal(problems.Error())
			}
			story, err := Run(s)
			if err != nil {
				t.Fatalf("%v\n%s", err, story.Text())
			}
			carriedThrough(t, l.Name, story)
			golden(t, filepath.Join("testdata/library", l.Name+".story"), story.Text())
		})
	}
}

// carriedThrough fails unless the playbook ran to its end and everything in it was done.
func carriedThrough(t *testing.T, name string, s Story) {
	t.Helper()
	ended := false
	for _, c := range s.Changes {
		switch e := c.Event.(type) {
		case incident.RunEnded:
			ended = true
			if e.Result != "completed" {
				t.Errorf("the run of %s ended: %s", name, e.Result)
			}
		case incident.StepSkipped:
			t.Errorf("%s was left out: %s", e.Step, e.Reason)
		}
		if c.Refusal != nil && !strings.Contains(c.Refusal.Reason, "may not decide") {
			t.Errorf("at %v somebody was refused: %s", c.T, c.Refusal.Reason)
		}
	}
	if !ended {
		t.Errorf("the run of %s did not come to its end", name)
	}
}
