package playbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"holdfast/internal/source"
)

// What holds where a playbook says nothing.
const (
	defaultTimeout = time.Minute
	defaultBackoff = time.Second
	defaultEvery   = 5 * time.Second

	// defaultExercise is how long an exercise holds: DORA article 11(6) asks for one a year.
	defaultExercise = 365 * 24 * time.Hour

	// verifyPatience is added to a verify's own `for`: a service comes back some minutes after the step that mends it,
	// and monitoring needs its time to see that.
	verifyPatience = 15 * time.Minute
)

// Parse reads and checks one playbook. With an error among the problems it must not be used.
func Parse(file string, text []byte) (*Playbook, source.Problems) {
	sum := sha256.Sum256(text)
	p := &Playbook{File: file, Text: string(text), Digest: "sha256:" + hex.EncodeToString(sum[:])}
	d := document{playbook: p}
	problems := source.Decode(file, text, &d)
	if !d.read {
		return p, problems.Sorted()
	}
	p.fillIn()
	c := checker{p: p}
	c.playbook()
	return p, append(problems, apartFrom(problems, c.found)...).Sorted()
}

// apartFrom leaves out what points at a place that already has a problem: one wrong word is one problem.
func apartFrom(known, more source.Problems) source.Problems {
	return slices.DeleteFunc(more, func(m source.Problem) bool {
		return slices.ContainsFunc(known, func(k source.Problem) bool { return k.Position == m.Position })
	})
}

// document is a playbook as it is decoded; it sees the nodes themselves, for what types cannot tell.
type document struct {
	playbook *Playbook
	read     bool
}

// DecodeDocument decodes the playbook and keeps the places of what stands in free mappings.
func (d *document) DecodeDocument(r *source.Reader, n source.Node) {
	d.read = n.IsMapping()
	r.DecodeInto(n, d.playbook)
	d.refuseExpressions(r, n)
	steps, _ := n.Value("steps")
	for i := range d.playbook.Steps {
		d.mark(r, source.Node{Node: steps.Content[i]}, &d.playbook.Steps[i])
		d.playbook.Steps[i].refer()
	}
	if len(d.playbook.Exercise.CleanUp) == 0 {
		return
	}
	exercise, _ := n.Value("exercise")
	after, _ := exercise.Value("cleanup")
	for i := range d.playbook.Exercise.CleanUp {
		d.mark(r, source.Node{Node: after.Content[i]}, &d.playbook.Exercise.CleanUp[i])
	}
}

// mark keeps the places of a step's keys and its answers.
func (d *document) mark(r *source.Reader, n source.Node, s *Step) {
	markEntries(r, n, "", s.Marks)
	if answers, ok := n.Value("answers"); ok {
		markEntries(r, answers, "answers", s.Marks)
	}
}

// markEntries adds the places of a mapping's keys as "prefix/key", and of its values as "prefix.key".
func markEntries(r *source.Reader, n source.Node, prefix string, marks source.Marks) {
	if !n.IsMapping() || marks == nil {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := source.Node{Node: n.Content[i]}, source.Node{Node: n.Content[i+1]}
		marks[prefix+"/"+key.Node.Value] = r.MarkOf(key)
		marks[prefix+"."+key.Node.Value] = r.MarkOf(value)
	}
}

const expression = "${{"

// refuseExpressions reports every ${{ … }}: taken literally, it would send a placeholder to a machine or to a person.
func (d *document) refuseExpressions(r *source.Reader, n source.Node) {
	if n.IsScalar() && strings.Contains(n.Node.Value, expression) {
		r.Problems.Errorf(d.expressionMark(r.MarkOf(n)), "playbook/expression", "write the value out, or ask a person for it in a do step",
			"expressions are not read yet, and a placeholder is never sent as it stands")
	}
	for _, c := range n.Content {
		d.refuseExpressions(r, source.Node{Node: c})
	}
}

// expressionMark narrows a mark to the expression; a text of several lines has it on a later line than it starts.
func (d *document) expressionMark(start source.Mark) source.Mark {
	lines := strings.Split(d.playbook.Text, "\n")
	for i := start.Line - 1; i >= 0 && i < len(lines); i++ {
		line := strings.TrimRight(lines[i], "\r")
		skip := 0
		if i == start.Line-1 {
			skip = len(string([]rune(line)[:min(start.Column-1, utf8.RuneCountInString(line))]))
		}
		if at := strings.Index(line[skip:], expression); at >= 0 {
			return markAt(start, i+1, line, skip+at)
		}
	}
	return start
}

func markAt(start source.Mark, number int, line string, at int) source.Mark {
	words := line[at:]
	if end := strings.Index(words, "}}"); end >= 0 {
		words = words[:end+len("}}")]
	}
	start.Line, start.Column = number, 1+utf8.RuneCountInString(line[:at])
	start.Width, start.Text = utf8.RuneCountInString(words), line
	return start
}

// fillIn puts in what the author left to the defaults.
func (p *Playbook) fillIn() {
	fillIn(p.Steps, Recovery)
	fillIn(p.Exercise.CleanUp, Reconstitution)
	orElse(&p.Exercise.Every, defaultExercise)
	for i := range p.Preconditions {
		if c := &p.Preconditions[i]; c.Else == "" {
			c.Else = "refuse"
		}
	}
}

// fillIn gives each step the phase of the one before, and lets it wait for that.
func fillIn(steps []Step, phase Phase) {
	for i := range steps {
		s := &steps[i]
		if s.Phase == "" {
			s.Phase = phase
		}
		phase = s.Phase
		if !s.Marks.Has("after") && i > 0 {
			s.After = []string{steps[i-1].ID}
		}
		s.fillIn()
	}
}

func (s *Step) fillIn() {
	orElse(&s.OnFailure, "pause")
	if u := s.Undo; u != nil {
		orElse(&u.Timeout, defaultTimeout)
		orElse(&u.Backoff, defaultBackoff)
		orElse(&u.Repeat, "ask")
		if u.Run != nil && u.Run.HTTP != nil {
			orElse(&u.Run.HTTP.Method, "POST")
		}
	}
	switch s.Kind() {
	case KindDecide:
		if !s.Marks.Has("approvals") {
			s.Approvals = 1
		}
	case KindRun:
		orElse(&s.Timeout, defaultTimeout)
		orElse(&s.Backoff, defaultBackoff)
		orElse(&s.Repeat, "ask")
		if s.Run.HTTP != nil {
			orElse(&s.Run.HTTP.Method, "POST")
		}
	case KindVerify:
		orElse(&s.Timeout, s.Verify.For+verifyPatience)
		orElse(&s.Backoff, defaultBackoff)
		orElse(&s.Repeat, "safe") // asking changes nothing
		orElse(&s.Verify.Every, defaultEvery)
		if s.Verify.Service != "" {
			orElse(&s.Verify.At, "mbco")
		}
		if s.Verify.HTTP != nil {
			orElse(&s.Verify.HTTP.Method, "GET")
		}
	}
}

func orElse[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}
