package main

import (
	"os"
	"strings"
	"testing"
)

func TestTheChangelogNamesEveryCommand(t *testing.T) {
	text, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := newRoot().Commands()
	if len(commands) < 30 {
		t.Fatalf("there are only %d commands", len(commands))
	}
	for _, c := range commands {
		name := "`" + c.Name()
		if len(c.Commands()) > 0 {
			name += " " + c.Commands()[0].Name()
		}
		if text := string(text); !strings.Contains(text, name+"`") && !strings.Contains(text, "`holdfast "+name[1:]+"`") {
			t.Errorf("CHANGELOG.md does not name %s`", name)
		}
	}
}
