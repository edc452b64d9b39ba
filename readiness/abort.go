package readiness

import "strings"

// aborts: what is started by rule can be called off. In automatic mode every step that acts on machines says how it is undone
// or that there is no way back, or the playbook says what people do by hand. Where the authority asks for that before
// anything is declared without a person (require: abort), a playbook that does not is wrong: by rule it is never started.
func (l *linter) aborts() {
	d := l.BIA.Declaration
	if d.Mode != "automatic" {
		return
	}
	for _, p := range l.Playbooks {
		left := p.LeftBehind()
		if len(left) == 0 {
			continue
		}
		at, steps := p.Marks.Of("playbook"), strings.Join(left, ", ")
		const hint = "add undo: to each of them, mark what has no way back with point_of_no_return: true, or say in abort: what people do by hand"
		if d.Require.Abort {
			l.found.Errorf(at, "readiness/no-abort", hint, "%s is never started by rule, for require: {abort: true} is asked for and nothing says what becomes of %s when it is called off", p.ID, steps)
		} else {
			l.found.Warnf(at, "readiness/no-abort", hint, "%s may be started by rule, and nothing says what becomes of %s when it is called off", p.ID, steps)
		}
	}
}
