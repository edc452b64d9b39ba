package oncall

import (
	"os"
	"strings"
	"testing"
)

// The example of docs/people.md is one that can be used.
func TestTheExampleOfThePageIsFine(t *testing.T) {
	page, err := os.ReadFile("../docs/people.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "```yaml\n")
	text, _, _ = strings.Cut(text, "```")
	text = strings.Replace(text, "sha256:…", "sha256:"+strings.Repeat("0f", 32), 1)
	r := read(t, text)
	for when, want := range map[string]string{
		"2026-12-21T08:00:00Z": "anna",
		"2026-12-24T16:00:00Z": "carl", // anna's deputy
		"2026-12-25T12:00:00Z": "dora", // the stand-in of the holiday
		"2026-12-31T12:00:00Z": "carl", // by name
	} {
		if line := r.Line("on-call", at(t, when)); line[0] != want {
			t.Errorf("at %s %v are asked, the page says %s", when, line, want)
		}
	}
}
