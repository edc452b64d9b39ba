package readiness_test

import (
	"strings"
	"testing"
	"time"

	"holdfast/incident"
	"holdfast/internal/source"
	"holdfast/readiness"
)

func TestWhatMayBeStartedByRuleSaysWhatBecomesOfItWhenItIsCalledOff(t *testing.T) {
	const act = "{id: act, run: {exec: {command: act}}"
	for name, c := range map[string]struct {
		mode, playbook, step string
		found                bool
	}{
		"says nothing":              {"automatic", "", act + "}", true},
		"is undone":                 {"automatic", "", act + ", undo: {run: {exec: {command: back}}}}", false},
		"has no way back":           {"automatic", "", "{id: go, decide: Go?, role: chief}\n  - " + act + ", point_of_no_return: true}", false},
		"is put back by people":     {"automatic", "abort: Put it back\n", act + "}", false},
		"is for exercises alone":    {"automatic", "", "{id: look, do: Look, role: chief}\n  - " + act + ", only: exercise}", false},
		"is started by people only": {"recommend", "", act + "}", false},
		"acts on no machine":        {"automatic", "", "{id: look, do: Look, role: chief}", false},
	} {
		docs, problems := incident.ParseDocuments(map[string]string{
			"bia.yaml":         "organisation: A shop\nservices: {shop: {vital: true, rto: 4h, mtpd: 8h, wrt: 1h, rtc: 1h, needs: [web]}}\ncomponents: {web: {}}\ndeclaration: {authority: chief, mode: " + c.mode + "}\n",
			"playbooks/p.yaml": "playbook: p\nfor: {services: [shop]}\n" + c.playbook + "steps:\n  - " + c.step + "\n"})
		if problems.HasErrors() {
			t.Fatalf("%s: %s", name, problems.Error())
		}
		found := false
		for _, p := range readiness.Check(docs, problems, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)) {
			found = found || p.Rule == "readiness/no-abort" && strings.Contains(p.Message, "nothing says what becomes of act when it is called off")
		}
		if found != c.found {
			t.Errorf("%s: found %v", name, found)
		}
	}
}

// What the authority asks for before anything is declared without a person is no warning any more: by rule the playbook is never started.
func TestAPlaybookWithoutAWayBackIsWrongWhereTheAuthorityAsksForOne(t *testing.T) {
	for require, want := range map[string]source.Severity{"": source.Warning, ", require: {abort: true}": source.Error} {
		docs, problems := incident.ParseDocuments(map[string]string{
			"bia.yaml":         "organisation: A shop\nservices: {shop: {vital: true, rto: 4h, mtpd: 8h, wrt: 1h, rtc: 1h, needs: [web]}}\ncomponents: {web: {}}\ndeclaration: {authority: chief, mode: automatic" + require + "}\n",
			"playbooks/p.yaml": "playbook: p\nfor: {services: [shop]}\nsteps:\n  - {id: act, run: {exec: {command: act}}}\n"})
		if problems.HasErrors() {
			t.Fatal(problems.Error())
		}
		for _, p := range readiness.Check(docs, problems, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)) {
			if p.Rule == "readiness/no-abort" && p.Severity != want {
				t.Errorf("%q: it is %v", require, p.Severity)
			}
		}
	}
}
