package exercise

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"holdfast/incident"
	"holdfast/internal/source"
)

// timelineFile is the member of the archive that says what happens when; the others are the documents.
const timelineFile = "timeline"

// Parse reads a scenario: a txtar archive of bia.yaml, optionally people.yaml and playbooks/*.yaml, and a timeline.
// Problems point into the archive. With an error among them the scenario must not be used.
func Parse(name string, archive []byte) (*Scenario, source.Problems) {
	archive = bytes.ReplaceAll(archive, []byte("\r\n"), []byte("\n"))
	r := &reader{name: name, lines: strings.Split(string(archive), "\n"), scenario: &Scenario{}}
	r.comment(txtar.Parse(archive))
	files, starts := r.members(txtar.Parse(archive))
	r.documents(files, starts)
	if text, ok := files[timelineFile]; ok && r.scenario.Documents != nil {
		r.timeline(text, starts[timelineFile])
	}
	return r.scenario, r.problems.Sorted()
}

// reader reads one archive.
type reader struct {
	name     string
	lines    []string // of the whole archive
	scenario *Scenario
	problems source.Problems
}

// mark is a stretch of a line of the archive; line and column count from 1.
func (r *reader) mark(line, column, width int) source.Mark {
	m := source.Mark{Position: source.Position{File: r.name, Line: line, Column: column}, Width: max(width, 1)}
	if line >= 1 && line <= len(r.lines) {
		m.Text = strings.TrimRight(r.lines[line-1], " \t")
	}
	return m
}

// members are the files of the archive, and the line before the first of each.
func (r *reader) members(a *txtar.Archive) (files map[string]string, starts map[string]int) {
	files, starts = map[string]string{}, map[string]int{}
	line := bytes.Count(a.Comment, []byte("\n"))
	for _, f := range a.Files {
		line++
		if _, twice := files[f.Name]; twice {
			r.problems.Errorf(r.mark(line, 1, len(f.Name)+6), "scenario/twice", "keep one of the two", "%s is there twice", f.Name)
		}
		files[f.Name], starts[f.Name] = string(f.Data), line
		line += bytes.Count(f.Data, []byte("\n"))
	}
	if _, ok := files[timelineFile]; !ok {
		r.problems.Errorf(r.mark(len(r.lines), 1, 1), "scenario/no-timeline", "add a part that begins with -- timeline --", "the scenario has no timeline")
	}
	return files, starts
}

// documents reads the documents. They are read twice: once moved down to where they stand in the archive, so that every
// error points there, and once as they are, for their digests. What they are merely warned about is no matter here.
func (r *reader) documents(files map[string]string, starts map[string]int) {
	moved, texts := map[string]string{}, map[string]string{}
	for name, text := range files {
		if name != timelineFile {
			moved[name], texts[name] = strings.Repeat("\n", starts[name])+text, text
		}
	}
	_, problems := incident.ParseDocuments(moved)
	for _, p := range problems {
		if p.Severity != source.Error {
			continue
		}
		if p.Line == 0 {
			p.Message = fmt.Sprintf("%s: %s", p.File, p.Message)
		}
		p.File = r.name
		r.problems = append(r.problems, p)
	}
	if !problems.HasErrors() {
		r.scenario.Documents, _ = incident.ParseDocuments(texts)
	}
}

// comment reads the title and what is expected.
func (r *reader) comment(a *txtar.Archive) {
	for i, text := range strings.Split(strings.TrimSuffix(string(a.Comment), "\n"), "\n") {
		words := r.words(i+1, strings.TrimPrefix(text, "#"), len(text)-len(strings.TrimPrefix(text, "#")))
		switch {
		case len(words) == 0:
		case words[0].text == "expect":
			r.expectation(words)
		case r.scenario.Title == "":
			r.scenario.Title = strings.TrimSpace(strings.TrimPrefix(text, "#"))
		}
	}
}

// timeline reads what happens.
func (r *reader) timeline(text string, before int) {
	t := &timeline{reader: r}
	for i, line := range strings.Split(text, "\n") {
		t.line(before+i+1, line)
	}
	t.finish(before)
	slices.SortStableFunc(r.scenario.Lines, func(a, b Line) int { return a.At.Compare(b.At) })
}
