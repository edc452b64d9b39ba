package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"holdfast/incident"
	"holdfast/internal/source"
	"holdfast/readiness"
)

// readDocuments reads the texts of a continuity directory, by the names that the journal keeps them under.
func readDocuments(dir string) (map[string]string, source.Problems, error) {
	files := map[string]string{}
	for _, name := range []string{"bia.yaml", "people.yaml"} {
		if err := readInto(files, dir, name); err != nil {
			return nil, nil, err
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir, "playbooks"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("read the playbooks: %w", err)
	}
	var problems source.Problems
	for _, e := range entries {
		name := "playbooks/" + e.Name()
		switch {
		case e.IsDir() || strings.HasPrefix(e.Name(), "."):
		case strings.HasSuffix(e.Name(), ".yaml"):
			if err := readInto(files, dir, name); err != nil {
				return nil, nil, err
			}
		case strings.HasSuffix(e.Name(), ".yml"):
			problems.Errorf(source.Mark{Position: source.Position{File: name}}, "document/name", "rename it to end in .yaml",
				"this file would not be read: playbooks end in .yaml")
		}
	}
	return files, problems, nil
}

// readInto reads one file; where it does not exist the text stays away, for the parser to say so.
func readInto(files map[string]string, dir, name string) error {
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the documents: %w", err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, source.MaxDocument+1)) // one byte more: the parser says that it is too large
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	files[name] = string(text)
	return nil
}

// loadDocuments reads and checks a continuity directory, each document and all together: everything that `check` finds.
func loadDocuments(dir string) (*incident.Documents, source.Problems, error) {
	docs, _, found, err := openDocuments(dir)
	return docs, found, err
}

// openDocuments tells in addition what of it keeps the documents from being used: only what is wrong in themselves. A plan
// that would not work as it stands is no reason to leave a house without a daemon.
func openDocuments(dir string) (docs *incident.Documents, wrong, found source.Problems, err error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, nil, nil, missing("it holds bia.yaml, people.yaml and playbooks/; name it with `continuity:` in holdfast.yaml",
			"read the documents: %w", err)
	}
	files, named, err := readDocuments(dir)
	if err != nil {
		return nil, nil, nil, err
	}
	docs, problems := incident.ParseDocuments(files)
	if problems = append(named, problems...); problems.HasErrors() {
		problems = placed(problems, dir)
		return docs, problems, problems, nil
	}
	return docs, nil, placed(readiness.Check(docs, problems, time.Now()), dir), nil
}

// placed makes problems name files as they were found from here.
func placed(problems source.Problems, dir string) source.Problems {
	from, err := os.Getwd()
	if err == nil {
		if rel, err := filepath.Rel(from, dir); err == nil && filepath.IsLocal(rel) {
			dir = rel
		}
	}
	out := make(source.Problems, len(problems))
	for i, p := range problems {
		p.File = filepath.Join(dir, filepath.FromSlash(p.File))
		out[i] = p
	}
	return out
}
