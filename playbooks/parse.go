package playbooks

import (
	"slices"
	"time"

	"holdfast/internal/source"
)

// What holds where a playbook says nothing.
const (
	defaultTimeout = time.Minute
	defaultBackoff = time.Second
	defaultEvery   = 5 * time.Second
	defaultJitter  = 0.1

	// defaultExercise is how long an exercise holds: DORA article 11(6) asks for one a year.
	defaultExercise = 365 * 24 * time.Hour

	// verifyPatience is added to a verify's own `for`: a service comes back some minutes after the step that mends it,
	// and monitoring needs its time to see that.
	verifyPatience = 15 * time.Minute
)

// Parse reads and checks one playbook. With an error among the problems it must not be used.
func Parse(file string, text []byte) (*Playbook, source.Problems) {
	p := &Playbook{File: file, Text: string(text), Digest: digestOf(string(text))}
	d := document{playbook: p}
	problems := source.Decode(file, text, &d)
	if !d.read {
		return p, problems.Sorted()
	}
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
	steps, _ := n.Value("steps")
	for i := range d.playbook.Steps {
		d.mark(r, source.Node{Node: steps.Content[i]}, &d.playbook.Steps[i])
		d.playbook.Steps[i].refer()
	}
	d.playbook.fillIn()
	d.expressions(r, n)
	if len(d.playbook.Exercise.CleanUp) == 0 {
		return
	}
	exercise, _ := n.Value("exercise")
	after, _ := exercise.Value("cleanup")
	for i := range d.playbook.Exercise.CleanUp {
		d.mark(r, source.Node{Node: after.Content[i]}, &d.playbook.Exercise.CleanUp[i])
		d.playbook.Exercise.CleanUp[i].refer()
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

// fillIn puts in what the author left to the defaults.
func (p *Playbook) fillIn() {
	fillIn(p.Steps, Recovery)
	fillIn(p.Exercise.CleanUp, Reconstitution)
	orElse(&p.Exercise.Every, defaultExercise)
	p.fallBack()
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

// fallBack lets a fallback wait for the step that it stands in for, since that one's turn decides.
func (p *Playbook) fallBack() {
	for i := range p.Steps {
		s := &p.Steps[i]
		if n := p.Index(s.Fallback); s.Fallback != "" && n >= 0 && !slices.Contains(p.Steps[n].After, s.ID) {
			p.Steps[n].After = append(slices.Clip(p.Steps[n].After), s.ID)
		}
	}
}

func (s *Step) fillIn() {
	if s.Kind() == KindNotify {
		orElse(&s.OnFailure, "continue") // who cannot be reached holds up no recovery
	}
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
	case KindDo:
		orElse(&s.FailedMeans, MaybeDone)
	case KindRun:
		orElse(&s.FailedMeans, MaybeDone)
		orElse(&s.Timeout, defaultTimeout)
		s.fillInRetry()
		orElse(&s.Repeat, "ask")
		if s.Run.HTTP != nil {
			orElse(&s.Run.HTTP.Method, "POST")
		}
	case KindVerify:
		orElse(&s.Timeout, s.Verify.For+verifyPatience)
		s.fillInRetry()
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

func (s *Step) fillInRetry() {
	orElse(&s.Backoff, defaultBackoff)
	if !s.Marks.Has("jitter") {
		s.Jitter = defaultJitter
	}
}

func orElse[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}
