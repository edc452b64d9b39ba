package readiness_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"holdfast/incident"
	"holdfast/playbooks"
	"holdfast/readiness"
)

// What has to be said of a playbook that nobody has approved yet; everything else would be a mistake in it.
var ofATemplate = []string{"readiness/unapproved", "readiness/no-review"}

func TestThePlaybooksThatShipHaveNoFindingsButThatNobodyApprovedThem(t *testing.T) {
	for _, l := range playbooks.Library() {
		text, err := os.ReadFile(filepath.Join("../exercise/testdata/library", l.Name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		file := "playbooks/" + l.Name + ".yaml"
		files := map[string]string{file: l.Text}
		for _, f := range txtar.Parse(text).Files {
			if strings.HasSuffix(f.Name, ".yaml") {
				files[f.Name] = strings.Replace(string(f.Data), "mode: recommend", "mode: automatic", 1) // what is started by rule has to keep to more
			}
		}
		docs, problems := incident.ParseDocuments(files)
		if problems.HasErrors() {
			t.Fatal(problems.Error())
		}
		for _, p := range readiness.Check(docs, problems, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)) {
			if p.File == file && !slices.Contains(ofATemplate, p.Rule) {
				t.Errorf("%s", p)
			}
		}
	}
}
