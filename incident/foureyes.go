package incident

import (
	"slices"

	"holdfast/internal/planted"
)

// fourEyes refuses an approval by somebody who asked for what is to be approved, or wrote it: the approver is neither who
// declared, nor who invoked the run, nor who ordered a step before the decision done once more, nor the last editor of
// the playbook.
func fourEyes(i Incident, l leg, person string) error {
	if !l.plan().FourEyes || planted.Is(planted.FourEyesShut) {
		return nil
	}
	_, step := l.name()
	switch {
	case i.Declared != nil && i.Declared.By.Person == person:
		return before(i.Declared.By, i.DeclaredAt, "%s declared the disaster at %s, and %s needs somebody else's eyes", person, stamp(i.DeclaredAt), step)
	case l.run.By.Person == person:
		return before(l.run.By, l.run.Started, "%s invoked it at %s, and %s needs somebody else's eyes", person, stamp(l.run.Started), step)
	case slices.Contains(l.editors(), person):
		return before(Actor{Person: person}, l.run.Started, "%s edited the playbook last (edited_by), and %s needs somebody else's eyes", person, step)
	}
	for _, id := range l.upstream() {
		s, _ := l.run.state(id)
		for _, r := range s.Retried {
			if r.By.Person == person {
				return before(r.By, r.At, "%s ordered %s once more at %s, and %s needs somebody else's eyes", person, id, stamp(r.At), step)
			}
		}
	}
	return nil
}

// askedOf has a decision that wants four eyes ask as many as have to approve, of those who may: to wake somebody who will be
// refused costs the time in which another could have answered.
func (i Incident) askedOf(w World, l leg, e Event) Event {
	started, ok := e.(StepStarted)
	if !ok || !l.plan().FourEyes {
		return e
	}
	line := without(w.duty().line(l.plan().Role), i.barred(w, l))
	if len(line) > 0 {
		started.Tell = line[:min(len(line), max(l.plan().Approvals, 1))]
	}
	return started
}

// barred are the people who may not approve a decision for the sake of four eyes, whatever role they hold.
func (i Incident) barred(w World, l leg) (people []string) {
	if !l.plan().FourEyes || w.Documents.People == nil {
		return nil
	}
	for person := range w.Documents.People.People {
		if fourEyes(i, l, person) != nil {
			people = append(people, person)
		}
	}
	return people
}

// unshown is what of the four eyes nobody can show.
func unshown(l leg) string {
	if l.plan().FourEyes && slices.Contains(l.editors(), "") {
		return "the playbook does not say who edited it last, so nobody can show that the approver did not"
	}
	return ""
}

// editors are who changed last what the run is carried out by: its playbook, and those that it invokes.
func (l leg) editors() []string {
	return append([]string{l.run.Playbook.EditedBy}, l.run.Playbook.Editors...)
}

// upstream are the steps that a step comes after, and itself.
func (l leg) upstream() []string {
	all := []string{l.plan().ID}
	for n := 0; n < len(all); n++ {
		if p, ok := l.run.Playbook.Step(all[n]); ok {
			for _, id := range p.After {
				if !slices.Contains(all, id) {
					all = append(all, id)
				}
			}
		}
	}
	return all
}
