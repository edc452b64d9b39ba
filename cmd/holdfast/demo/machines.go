package demo

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"holdfast/bia"
	"holdfast/cmd/holdfast/standin"
	"holdfast/examples"
	"holdfast/internal/source"
)

// exampleMachines are the machines that the example's bia.yaml knows: every component that stands in a site.
func exampleMachines() ([]standin.Machine, error) {
	text, err := fs.ReadFile(examples.Parcels, "parcels/continuity/bia.yaml")
	if err != nil {
		return nil, err
	}
	analysis, problems := bia.Parse("bia.yaml", text)
	if problems.HasErrors() {
		return nil, fmt.Errorf("the example's documents are wrong:\n%w", problems)
	}
	var machines []standin.Machine
	for id, c := range analysis.Components {
		if c.Site != "" {
			machines = append(machines, standin.Machine{ID: id, Site: c.Site, Class: c.Class})
		}
	}
	return machines, nil
}

// document reads one of the documents that were written.
func document[T any](s *stage, all *source.Problems, name string, parse func(string, []byte) (T, source.Problems)) T {
	text, err := os.ReadFile(filepath.Join(s.dir, "continuity", filepath.FromSlash(name)))
	if err != nil {
		all.Errorf(source.Mark{Position: source.Position{File: name}}, "demo/unreadable", "", "%v", err)
	}
	doc, problems := parse(name, text)
	*all = append(*all, problems...)
	return doc
}
