package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"holdfast/cmd/holdfast/config"
	"holdfast/incident"
	"holdfast/internal/source"
	"holdfast/readiness"
)

// readDocuments reads the texts of a continuity directory, by the names that the journal keeps them under.
//
// Where people.yaml is not there or cannot be read, and a copy of it is kept, the copy stands in for it.
func readDocuments(dir string, copied *rosterCopy) (map[string]string, source.Problems, error) {
	files := map[string]string{}
	if err := readInto(files, dir, "bia.yaml"); err != nil {
		return nil, nil, err
	}
	err := readInto(files, dir, "people.yaml")
	if _, read := files["people.yaml"]; !read && copied.standsIn(files, err) {
		err = nil
	}
	if err != nil {
		return nil, nil, err
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
	text, err := io.ReadAll(io.LimitReader(f, source.MaxAnalysis+1)) // one byte more: the parser says that it is too large
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	files[name] = string(text)
	return nil
}

// loadDocuments reads and checks a continuity directory, each document and all together: everything that `check` finds.
func loadDocuments(dir string) (*incident.Documents, source.Problems, error) {
	docs, _, found, err := openDocuments(dir, nil)
	return docs, found, err
}

// openDocuments tells in addition what of it keeps the documents from being used: only what is wrong in themselves. A plan
// that would not work as it stands is no reason to leave a house without a daemon.
func openDocuments(dir string, copied *rosterCopy) (docs *incident.Documents, wrong, found source.Problems, err error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, nil, nil, missing("it holds bia.yaml, people.yaml and playbooks/; name it with `continuity:` in holdfast.yaml",
			"read the documents: %w", err)
	}
	files, named, err := readDocuments(dir, copied)
	if err != nil {
		return nil, nil, nil, err
	}
	docs, problems := incident.ParseDocuments(files)
	if problems = append(named, problems...); problems.HasErrors() {
		problems = placed(append(problems, readiness.Dangling(docs, problems)...).Sorted(), dir)
		return docs, problems, problems, nil
	}
	return docs, nil, placed(readiness.Check(docs, problems, time.Now()), dir), nil
}

// openHouse opens the documents as a daemon lives by them: in addition, whoever they name has to be somebody, and what they
// want touched has to be allowed. The latter is no reason not to start: detection and people are worth more than silence.
// Without a configuration nothing is known of what is allowed.
func openHouse(dir string, cfg *config.Config, copied *rosterCopy) (docs *incident.Documents, wrong, found source.Problems, err error) {
	docs, wrong, found, err = openDocuments(dir, copied)
	if err != nil || wrong != nil {
		return docs, wrong, found, err
	}
	if nobody := nobodyThere(docs); len(nobody) > 0 {
		wrong = placed(nobody, dir)
		found = append(found, wrong...)
	}
	if cfg != nil {
		found = append(found, placed(append(notAllowed(cfg, docs), openSpeakers(cfg, docs)...), dir)...)
	}
	return docs, wrong, found, nil
}

// nobodyThere is wrong with documents that name roles where nobody says who has them. An exercise does without.
func nobodyThere(docs *incident.Documents) (problems source.Problems) {
	if docs.People != nil && len(docs.People.Roles) > 0 {
		return nil
	}
	roles := slices.Clone(docs.BIA.Declaration.Successors)
	if authority := docs.BIA.Declaration.Authority; authority != "" {
		roles = append(roles, authority)
	}
	for _, p := range docs.Playbooks {
		for _, m := range p.Roles() {
			roles = append(roles, m.Name)
		}
	}
	slices.Sort(roles)
	if roles = slices.Compact(roles); len(roles) > 0 {
		problems.Errorf(source.Mark{Position: source.Position{File: "people.yaml"}}, "documents/no-people",
			"write people.yaml beside bia.yaml, with people: and roles:, or name the directory that has it",
			"nobody can be told or approve: no people.yaml says who is %s", strings.Join(roles, ", "))
	}
	return problems
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

// liveWith makes documents that have been found good ready to be kept: nobody asks any more where what was written.
func liveWith(docs *incident.Documents) { source.Forget(docs.BIA) }
