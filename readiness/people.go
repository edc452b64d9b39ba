package readiness

import (
	"fmt"

	"holdfast/internal/source"
)

// people: every role that is named falls to at least two people, so that one may be away. Each role is told once, where
// it is named first.
func (l *linter) people() {
	if l.People == nil {
		return
	}
	told := map[string]bool{}
	check := func(at source.Mark, role string) {
		if _, known := l.People.Roles[role]; !known || told[role] {
			return
		}
		told[role] = true
		if holders := l.People.Line(role, l.now); len(holders) == 1 {
			l.found.Warnf(at, "readiness/one-person", "name a second in people.yaml, so that one may be away", "%s alone holds the role %q", holders[0], role)
		}
	}
	d := l.BIA.Declaration
	check(d.Marks.Of("authority"), d.Authority)
	for i, role := range d.Successors {
		check(d.Marks.Of(fmt.Sprintf("successors[%d]", i)), role)
	}
	for i, role := range d.Responders {
		check(d.Marks.Of(fmt.Sprintf("responders[%d]", i)), role)
	}
	for _, p := range l.Playbooks {
		for _, m := range p.Roles() {
			check(m.At, m.Name)
		}
	}
}
