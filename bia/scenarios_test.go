package bia_test

import (
	"path/filepath"
	"testing"
	_ "time/tzdata" // the tests must not depend on the machine's zones

	"golang.org/x/tools/txtar"

	"holdfast/bia"
)

func TestEveryScenarioHasAnAnalysisWithoutErrors(t *testing.T) {
	files, err := filepath.Glob("../scenarios/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios found: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text := fileOf(t, archive, "bia.yaml")
			_, problems := bia.Parse("bia.yaml", text)
			if problems.HasErrors() {
				t.Errorf("errors in the analysis:\n%v", problems)
			}
		})
	}
}

func fileOf(t *testing.T, archive *txtar.Archive, name string) []byte {
	t.Helper()
	for _, f := range archive.Files {
		if f.Name == name {
			return f.Data
		}
	}
	t.Fatalf("the archive has no %s", name)
	return nil
}
