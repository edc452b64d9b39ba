package playbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"holdfast/internal/source"
)

// A Child is a playbook that another one invokes, as a run of that is pinned to it.
type Child struct {
	Playbook string `json:"playbook"` // id
	File     string `json:"file"`
	Text     string `json:"text"`
	Digest   string `json:"digest"`
}

// Link puts the steps of playbooks that are invoked by others into those: step restore that invokes a playbook with the
// steps copy and check becomes restore, restore.copy and restore.check, and what waits for restore waits for what ends its
// playbook. So a run is one list of steps, with one kind of key, one forecast and one report. Playbooks that invoke nothing
// are returned as they are. With an error among the problems the result must not be used.
func Link(all []*Playbook) ([]*Playbook, source.Problems) {
	l := linker{known: map[string]*Playbook{}}
	for _, p := range all {
		if _, twice := l.known[p.ID]; !twice {
			l.known[p.ID] = p
		}
	}
	out := make([]*Playbook, 0, len(all))
	for _, p := range all {
		out = append(out, l.link(p, []string{p.ID}))
	}
	return out, l.found
}

type linker struct {
	known map[string]*Playbook
	found source.Problems
}

// link is a playbook with everything put in that it invokes; way is how it was come to.
func (l *linker) link(p *Playbook, way []string) *Playbook {
	if !slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Invoke != "" }) {
		return p
	}
	out, ends := *p, map[string][]string{}
	parts := map[string][]Step{}
	var cleanUp []Step
	for i := range p.Steps {
		s := &p.Steps[i]
		child := l.child(p, s, way)
		if s.Invoke == "" || child == nil {
			continue
		}
		parts[s.ID], ends[s.ID] = child.partsOf(s), child.endsOf(s)
		out.take(child)
		for _, id := range child.Exercise.Skip {
			out.Exercise.Skip = append(slices.Clip(out.Exercise.Skip), within(s.ID, id))
		}
		for _, c := range child.Exercise.CleanUp {
			c.ID, c.Part = within(s.ID, c.ID), within(s.ID, c.Part)
			cleanUp = append(cleanUp, c)
		}
	}
	out.Exercise.CleanUp = append(cleanUp, p.Exercise.CleanUp...)
	out.Steps = nil
	for _, s := range p.Steps {
		s.After = replaced(s.After, ends)
		if child := l.known[s.Invoke]; s.Invoke != "" && child != nil {
			s.Preconditions, s.Abort = child.Preconditions, child.Abort
		}
		out.Steps = append(append(out.Steps, s), parts[s.ID]...)
	}
	l.whole(&out)
	return &out
}

// child is the playbook that a step invokes, linked; nil: there is none, or it would invoke itself.
func (l *linker) child(p *Playbook, s *Step, way []string) *Playbook {
	if s.Invoke == "" {
		return nil
	}
	at := s.Marks.Of("invoke")
	child, known := l.known[s.Invoke]
	switch {
	case !known:
		l.told(at, "playbook/unknown-playbook", source.DidYouMean(s.Invoke, l.ids(p.ID)), "there is no playbook %q", s.Invoke)
		return nil
	case slices.Contains(way, s.Invoke):
		l.told(at, "playbook/invokes-itself", "", "the playbooks invoke each other and none could end: %s", strings.Join(append(slices.Clone(way), s.Invoke), " -> "))
		return nil
	}
	return l.link(child, append(slices.Clone(way), s.Invoke))
}

// told reports a problem once, though a playbook is come to on several ways.
func (l *linker) told(at source.Mark, rule, hint, format string, args ...any) {
	if !slices.ContainsFunc(l.found, func(p source.Problem) bool { return p.Position == at.Position && p.Rule == rule }) {
		l.found.Errorf(at, rule, hint, format, args...)
	}
}

func (l *linker) ids(but string) (ids []string) {
	for id := range l.known {
		if id != but {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// whole checks what only the linked playbook shows.
func (l *linker) whole(p *Playbook) {
	size := len(p.Text)
	for _, c := range p.Children {
		size += len(c.Text)
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Part != "" && s.PointOfNoReturn && s.Kind() != KindDecide && !p.Unattended && !p.decidedBefore(s.ID) {
			top, _, _ := strings.Cut(s.ID, ".")
			above, _ := p.Step(top)
			l.told(above.Marks.Of("invoke"), "playbook/undecided", "let the step come after a decide step, or say unattended: true for this playbook too",
				"%q cannot be undone, and no decide step comes before it", s.ID)
		}
	}
	switch {
	case len(p.Steps) > mostSteps:
		l.told(p.Marks.Of("steps"), "playbook/too-many-steps", "split it up: nobody follows so many", "with the playbooks that it invokes it has %d steps, which are more than %d", len(p.Steps), mostSteps)
	case size > source.MaxDocument:
		l.told(p.Marks.Of("steps"), "document/size", "split it up: a run is pinned to all of it", "with the playbooks that it invokes it is larger than %d KiB", source.MaxDocument>>10)
	}
}

// take notes what a playbook gets from one that it invokes: its text, what it holds, and what it asks about.
func (p *Playbook) take(child *Playbook) {
	own := Child{child.ID, child.File, child.Text, child.own()}
	for _, c := range append([]Child{own}, child.Children...) {
		if !slices.ContainsFunc(p.Children, func(x Child) bool { return x.Playbook == c.Playbook }) {
			p.Children = append(slices.Clip(p.Children), c)
		}
	}
	p.Editors = append(append(slices.Clip(p.Editors), child.EditedBy), child.Editors...)
	for _, resource := range child.Exclusive {
		if !slices.Contains(p.Exclusive, resource) {
			p.Exclusive = append(slices.Clip(p.Exclusive), resource)
		}
	}
	p.Asked = append(slices.Clip(p.Asked), child.Asked...)
	p.Digest = p.own()
	for _, c := range p.Children {
		p.Digest += "\n" + c.Playbook + " " + c.Digest
	}
	p.Digest = digestOf(p.Digest)
}

// own is the digest of the playbook's own text.
func (p *Playbook) own() string { return digestOf(p.Text) }

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// partsOf are the steps of a linked playbook as parts of the step that invokes it.
func (p *Playbook) partsOf(s *Step) []Step {
	parts := slices.Clone(p.Steps)
	for i := range parts {
		c := &parts[i]
		c.Part = within(s.ID, c.Part)
		c.ID = within(s.ID, c.ID)
		if c.Fallback != "" {
			c.Fallback = within(s.ID, c.Fallback)
		}
		after := []string{s.ID} // each waits for it, directly or through others
		if len(c.After) > 0 {
			after = nil
			for _, id := range c.After {
				after = append(after, within(s.ID, id))
			}
		}
		c.After = after
	}
	return parts
}

func within(above, id string) string {
	if id == "" {
		return above
	}
	return above + "." + id
}

// endsOf are the steps that nothing within the playbook waits for, as parts of the step that invokes it.
func (p *Playbook) endsOf(s *Step) (ends []string) {
	for i := range p.Steps {
		id := p.Steps[i].ID
		if !slices.ContainsFunc(p.Steps, func(o Step) bool { return slices.Contains(o.After, id) }) {
			ends = append(ends, within(s.ID, id))
		}
	}
	return ends
}

// replaced is what a step waits for, with the ends of a playbook in the place of the step that invokes it.
func replaced(after []string, ends map[string][]string) (out []string) {
	for _, id := range after {
		if e, ok := ends[id]; ok {
			out = append(out, e...)
		} else {
			out = append(out, id)
		}
	}
	return out
}
