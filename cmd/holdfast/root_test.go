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

func TestEveryCommandIsInAChapterOfTheHelp(t *testing.T) {
	known := map[string]bool{}
	for _, c := range newRoot().Commands() {
		known[c.Name()] = true
		if c.GroupID == "" {
			t.Errorf("%s is in no chapter", c.Name())
		}
	}
	for _, chapter := range chapters {
		for _, name := range chapter.commands {
			if !known[name] {
				t.Errorf("%q names %s, which is no command", chapter.title, name)
			}
		}
	}
}
