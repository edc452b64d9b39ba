package playbooks

import (
	"strings"
	"testing"

	"holdfast/bia/condition"
)

// What a person answers is taken whole or not at all, and what is wrong with it is said.
func TestAnAnswerIsTakenOnlyAsItIsAskedFor(t *testing.T) {
	for _, c := range []struct {
		asked Answer
		text  string
		wrong string // empty: it is taken
	}{
		{Answer{Type: typeEnum, Enum: []string{"power", "water"}}, "water", ""},
		{Answer{Type: typeEnum, Enum: []string{"power", "water"}}, "Water", "is not one of power or water"},
		{Answer{Type: "string", Pattern: "CHG-[0-9]+|none"}, "CHG-12", ""},
		{Answer{Type: "string", Pattern: "CHG-[0-9]+|none"}, "CHG-12; rm", "does not fit"},
		{Answer{Type: "string", Pattern: "CHG-[0-9]+|none"}, "or none", "does not fit"},
		{Answer{Type: "string", MaxLength: 3}, "äöü", ""},
		{Answer{Type: "string", MaxLength: 3}, "äöüß", "at most 3 are taken"},
		{Answer{Type: "string"}, strings.Repeat("x", mostAnswer+1), "at most 4096 are taken"},
		{Answer{Type: "duration", Minimum: "1h", Maximum: "2d"}, "90m", ""},
		{Answer{Type: "duration", Minimum: "1h", Maximum: "2d"}, "59m", "is less than 1h"},
		{Answer{Type: "duration", Minimum: "1h", Maximum: "2d"}, "49h", "is more than 2d"},
		{Answer{Type: "instant", Minimum: "2026-01-01T00:00:00Z"}, "2026-01-01T00:30:00+01:00", "is less than"},
		{Answer{Type: "integer", Maximum: "7"}, "7", ""},
		{Answer{Type: "integer", Maximum: "7"}, "7.5", "7.5"},
		{Answer{Type: "number"}, "NaN", "NaN"},
		{Answer{Type: "boolean"}, "yes", "yes"},
	} {
		_, err := c.asked.Read(c.text)
		switch {
		case c.wrong == "" && err != nil:
			t.Errorf("%s, answered %q: %v", c.asked.Says(), c.text, err)
		case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
			t.Errorf("%s, answered %.40q: %v; want %q", c.asked.Says(), c.text, err, c.wrong)
		}
	}
}

// Some servers take a path apart once more when it is decoded, others have parameters behind a semicolon in it.
func TestAValueInAPathIsOnePartOfItToEveryServer(t *testing.T) {
	p := read(t, "playbook: p\nfor: {services: [shop]}\nsteps:\n  - {id: ask, do: Which?, role: boss, answers: {hall: string}}\n"+
		"  - {id: open, run: {http: {url: \"https://guards.internal/halls/${{ step('ask').answers.hall }}/open\"}}}\n")
	for value, taken := range map[string]bool{"north 2": true, "nörd": true, "a&b=c": true, "": false, "..": false, "a/b": false, `a\b`: false, "a%2fb": false, "a;admin=1": false, "a\nb": false} {
		v, err := condition.ReadValue(condition.String, value)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := step(t, p, "open").With(map[string]condition.Value{"step('ask').answers.hall": v}); (err == nil) != taken {
			t.Errorf("%q: %v", value, err)
		}
	}
}
