package playbooks

import (
	"strings"
	"testing"
)

// A fallback waits for the step that it stands in for. Where that waits for the fallback, neither would ever start, and the
// run would stand still without a word.
func TestAFallbackThatTheStepItStandsInForWaitsForIsACycle(t *testing.T) {
	for steps, way := range map[string]string{
		"  - {id: restore, do: R, role: r}\n  - {id: promote, run: {exec: {command: p}}, needs: [db], fallback: restore}\n":                                "restore -> promote -> restore",
		"  - {id: restore, do: R, role: r}\n  - {id: mid, do: M, role: r}\n  - {id: promote, run: {exec: {command: p}}, needs: [db], fallback: restore}\n": "restore -> promote -> mid -> restore",
		"  - {id: a, run: {exec: {command: p}}, needs: [x], fallback: b}\n  - {id: b, run: {exec: {command: p}}, needs: [y], fallback: a}\n":               "b -> a -> b",
	} {
		_, problems := Parse("p.yaml", []byte("playbook: p\nfor: {services: [shop]}\nsteps:\n"+steps))
		if text := problems.Error(); !problems.HasErrors() || !strings.Contains(text, "playbook/cycle") || !strings.Contains(text, way) {
			t.Errorf("%s\nfinds no cycle %s: %v", steps, way, problems)
		}
	}
	for _, steps := range []string{
		"  - {id: promote, run: {exec: {command: p}}, needs: [db], fallback: restore}\n  - {id: restore, do: R, role: r}\n",
		"  - {id: restore, after: [], do: R, role: r}\n  - {id: promote, after: [], run: {exec: {command: p}}, needs: [db], fallback: restore}\n",
	} {
		if _, problems := Parse("p.yaml", []byte("playbook: p\nfor: {services: [shop]}\nsteps:\n"+steps)); problems.HasErrors() {
			t.Errorf("%s\nis no cycle: %v", steps, problems)
		}
	}
}
