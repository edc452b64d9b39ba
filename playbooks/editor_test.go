package playbooks

import (
	"strings"
	"testing"
)

func TestFourEyesAskWhoEditedThePlaybookLast(t *testing.T) {
	text := "playbook: short\nfor: {services: [shop]}\nsteps:\n  - {id: go, decide: \"Go?\", role: director, four_eyes: true}\n"
	_, problems := Parse("short.yaml", []byte(text))
	if len(problems) != 1 || problems[0].Rule != "playbook/no-editor" || problems.HasErrors() {
		t.Errorf("expected the warning playbook/no-editor:\n%v", problems)
	}
	if p := read(t, strings.Replace(text, "short\n", "short\nedited_by: anna\n", 1)); p.EditedBy != "anna" {
		t.Errorf("edited by %q", p.EditedBy)
	}
}
