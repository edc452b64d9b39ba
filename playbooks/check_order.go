package playbooks

import (
	"cmp"
	"fmt"
	"strings"

	"holdfast/internal/source"
)

// order checks how the steps hang together.
func (c *checker) order() {
	first := map[string]int{}
	for i := range c.p.Steps {
		s := &c.p.Steps[i]
		if j, twice := first[s.ID]; twice && s.ID != "" {
			c.found.Errorf(s.Marks.Of("id"), "playbook/duplicate-step", "call one of them something else",
				"there is already a step %q, on line %d", s.ID, c.p.Steps[j].Marks.Of("id").Line)
			continue
		}
		first[s.ID] = i
	}
	for i := range c.p.Steps {
		c.after(i)
		c.returnable(&c.p.Steps[i])
	}
}

// after checks what one step waits for. Only a wait for itself or for a later step can close a cycle, so the caret is
// under that word.
func (c *checker) after(i int) {
	s := &c.p.Steps[i]
	if !s.Marks.Has("after") {
		return
	}
	for n, id := range s.After {
		c.knownStep(s.Marks, item("after", n), id)
		if c.p.Index(id) < i {
			continue
		}
		if way := c.p.path(id, s.ID); way != nil {
			c.found.Errorf(s.Marks.Of(item("after", n)), "playbook/cycle", "",
				"the steps wait for each other and none can start: %s", strings.Join(append([]string{s.ID}, way...), " -> "))
		}
	}
}

// returnable checks that somebody decides before a point of no return.
func (c *checker) returnable(s *Step) {
	if !s.PointOfNoReturn || s.Kind() == KindDecide || c.p.decidedBefore(s.ID) {
		return
	}
	at := s.Marks.Of("point_of_no_return")
	if c.p.Unattended {
		c.found.Warnf(at, "playbook/unattended", "", "%q cannot be undone and nobody is asked, because the playbook is unattended", s.ID)
		return
	}
	c.found.Errorf(at, "playbook/undecided", "let it come after a decide step, or say unattended: true for the whole playbook",
		"%q cannot be undone, and no decide step comes before it", s.ID)
}

func item(key string, i int) string { return fmt.Sprintf("%s[%d]", key, i) }

func inReadingOrder(a, b source.Mark) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// either lists alternatives: "a, b or c".
func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
