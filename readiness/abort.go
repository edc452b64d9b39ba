package readiness

import (
	"strings"

	"holdfast/playbooks"
)

// aborts: what is started by rule can be called off. In automatic mode every step that acts on machines says how it is undone
// or that there is no way back, or the playbook says what people do by hand.
func (l *linter) aborts() {
	if l.BIA.Declaration.Mode != "automatic" {
		return
	}
	for _, p := range l.Playbooks {
		if p.Abort != "" {
			continue
		}
		var left []string
		for n := range p.Steps {
			s := &p.Steps[n]
			if s.Kind() == playbooks.KindRun && s.Undo == nil && !s.PointOfNoReturn && s.Only != "exercise" && s.Part == "" {
				left = append(left, s.ID)
			}
		}
		if len(left) > 0 {
			l.found.Warnf(p.Marks.Of("playbook"), "readiness/no-abort", "add undo: to each of them, mark what has no way back with point_of_no_return: true, or say in abort: what people do by hand",
				"%s may be started by rule, and nothing says what becomes of %s when it is called off", p.ID, strings.Join(left, ", "))
		}
	}
}
