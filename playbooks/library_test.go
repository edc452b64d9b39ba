package playbooks

import (
	"strings"
	"testing"
)

func TestEveryPlaybookThatShipsIsWithoutProblems(t *testing.T) {
	all := Library()
	if len(all) < 8 {
		t.Fatalf("only %d playbooks ship", len(all))
	}
	for _, l := range all {
		t.Run(l.Name, func(t *testing.T) {
			p, problems := Parse("playbooks/"+l.Name+".yaml", []byte(l.Text))
			if len(problems) > 0 {
				t.Fatal(problems.Error())
			}
			if p.ID != l.Name || p.Title == "" || p.Owner == "" {
				t.Errorf("it is called %q, titled %q, owned by %q", p.ID, p.Title, p.Owner)
			}
			if !strings.Contains(l.Text, "# To adapt:") || !strings.Contains(l.Text, "FILL IN") {
				t.Error("it does not say what to fill in")
			}
			if strings.Contains(l.Text, "\napproved_by") {
				t.Error("it says that somebody approved it, and nobody did")
			}
			for _, s := range p.Steps {
				if s.Kind().Human() && s.Within == 0 && s.Phase != Reconstitution && s.Milestone == "" {
					t.Errorf("nobody is asked again when %s waits: it has no within", s.ID)
				}
			}
		})
	}
}
