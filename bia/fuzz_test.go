package bia_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"holdfast/bia"
)

// FuzzParse looks for a text that makes reading, checking or the arithmetic panic.
func FuzzParse(f *testing.F) {
	scenarios, err := filepath.Glob("../scenarios/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range scenarios {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	documents, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range documents {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(acme))
	f.Fuzz(func(t *testing.T, text []byte) {
		a, problems := bia.Parse("bia.yaml", text)
		_ = problems.Error()
		t0 := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
		for _, id := range a.Judged() {
			a.Below(id)
			a.ImpactThresholdAfter(id)
			c := a.Clocks(id, t0)
			if o := a.Objectives(id); !problems.HasErrors() && (o.RTO < 0 || o.Bound < 0 || o.RTC < 0 || c.Deadline.IsZero() != (o.RTO == 0 && o.Bound == 0) && len(o.Critical) == 0) {
				t.Errorf("%s: %+v and %+v", id, o, c)
			}
		}
		for _, domain := range a.AllDomains() {
			a.Members(domain)
		}
	})
}
