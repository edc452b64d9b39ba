package playbooks

import "holdfast/internal/source"

// A Mention is a name in a playbook that another document has to know, and where it stands.
type Mention struct {
	Name string
	At   source.Mark
}

// Roles are all mentions of roles, in reading order of the steps; people.yaml has to know each.
func (p *Playbook) Roles() []Mention {
	var all []Mention
	one := func(marks source.Marks, key, name string) {
		if marks.Has(key) {
			all = append(all, Mention{name, marks.Of(key)})
		}
	}
	each := func(marks source.Marks, key string, names []string) {
		for i, name := range names {
			one(marks, item(key, i), name)
		}
	}
	for _, s := range p.All() {
		each(s.Marks, "notify", s.Notify)
		one(s.Marks, "role", s.Role)
		each(s.Marks, "escalate", s.Escalate)
		if s.Ack != nil {
			one(s.Ack.Marks, "role", s.Ack.Role)
			each(s.Ack.Marks, "escalate", s.Ack.Escalate)
		}
	}
	return all
}

// All are the steps, and after them those that clean up after an exercise.
func (p *Playbook) All() (all []*Step) {
	for i := range p.Steps {
		all = append(all, &p.Steps[i])
	}
	for i := range p.Exercise.CleanUp {
		all = append(all, &p.Exercise.CleanUp[i])
	}
	return all
}
