package incident

import (
	"slices"
	"strings"

	"holdfast/detector"
	"holdfast/internal/source"
	"holdfast/playbooks"
)

// rehearse starts an exercise of a playbook: an incident of its own, with a run that is marked in everything it does.
func (f *draft) rehearse(person string, c Command) ([]Change, error) {
	p, service, err := f.rehearsal(c)
	if err != nil {
		return nil, err
	}
	by, err := duty{roster: f.docs.People, at: f.now}.entitled(person, "order an exercise", rehearsers(f.docs))
	if err != nil {
		return nil, err
	}
	if err := f.inTheWay(p); err != nil {
		return nil, err
	}
	id := idFor("exercise-"+p.ID, f.now, f.taken)
	opening := ExerciseStarted{Exercise: c.Exercise, Playbook: p.ID, Service: service, JudgedBy: f.docs.BIA.Digest, By: by, Reason: c.Reason, Tell: f.announced(p, by)}
	run := Invoked{Run: "1", Service: service, Playbook: p.ID, File: p.File, Text: p.Text, Digest: p.Digest, By: by, Reason: c.Reason, Exercise: c.Exercise, Children: p.Children}
	return []Change{{Incident: id, Event: opening}, {Incident: id, Event: run}}, nil
}

// rehearsers are the roles that may order and end an exercise.
func rehearsers(d *Documents) []string {
	return join(authority(d.BIA.Declaration), d.BIA.Declaration.Rehearsers)
}

// rehearsal is the playbook and the service that an order names.
func (f *draft) rehearsal(c Command) (*playbooks.Playbook, string, error) {
	p, ok := f.docs.playbook(c.Playbook)
	switch {
	case !ok:
		return nil, "", &NotFound{What: "playbook", ID: c.Playbook, Hint: source.DidYouMean(c.Playbook, f.docs.playbookIDs())}
	case !slices.Contains(Kinds, c.Exercise):
		return nil, "", Refuse("%q is no kind of exercise: tabletop, simulation, parallel or full", c.Exercise)
	case strings.TrimSpace(c.Reason) == "":
		return nil, "", Refuse("an exercise needs a reason: say what it is to show")
	case len(c.Services) > 1:
		return nil, "", Refuse("name the one service that the playbook is to bring back")
	}
	service := p.For.Services[0]
	if len(c.Services) == 1 {
		service = c.Services[0]
	}
	if _, ok := f.docs.BIA.Service(service); !ok {
		return nil, "", &NotFound{What: "service", ID: service, Hint: source.DidYouMean(service, f.docs.BIA.Judged())}
	}
	return p, service, nil
}

// inTheWay refuses an exercise while a disaster goes on, or while something holds what the playbook needs.
func (f *draft) inTheWay(p *playbooks.Playbook) error {
	for _, i := range f.living() {
		switch {
		case i.Exercise != "":
		case i.Declared != nil:
			return before(i.Declared.By, i.DeclaredAt, "%s is a declared disaster: no exercise starts while it goes on", i.ID)
		case i.Verdict.Current == detector.Disaster:
			return before(Actor{}, i.FirstDisaster, "%s is classified a disaster: no exercise starts until that is decided", i.ID)
		}
	}
	if run := f.running(false, p.ID); run != "" {
		return Refuse("%s is already carried out: %s", p.ID, run)
	}
	for _, resource := range p.Exclusive {
		if run := f.held(false, resource); run != "" {
			return Refuse("%s needs %s, which %s holds", p.ID, resource, run)
		}
	}
	return nil
}

// announced are those who are told that an exercise begins: all who will have a part in it, and the authority.
func (f *draft) announced(p *playbooks.Playbook, by Actor) []string {
	roles := []string{f.docs.BIA.Declaration.Authority}
	for _, m := range p.Roles() {
		roles = join(roles, []string{m.Name})
	}
	return join([]string{by.Person}, duty{roster: f.docs.People, at: f.now}.first(roles...))
}

// orderOnExercise is what is different about orders to an exercise; settled: it is not an order like any other.
func (i Incident) orderOnExercise(w World, person string, c Command) (events []Event, err error, settled bool) {
	switch {
	case c.Verb == VerbStandDown && i.HandsOff != "":
		return nil, nil, false // nothing of it is driven any more, so nobody concludes it either: it is stood down like any other
	case c.Verb == VerbStandDown:
		events, err = i.endExercise(w, person, c)
		return events, err, true
	case c.Verb == VerbDeclare, c.Verb == VerbInvoke, c.Verb == VerbRebase, c.Verb == VerbDecline && c.Step == "":
		return nil, Refuse("%s is an exercise: nothing is declared, invoked or judged in it", i.ID), true
	}
	return nil, nil, false
}

// endExercise ends the run of an exercise before its end. Cleaning up is never ended: each of its steps is done, or left out
// with a reason.
func (i Incident) endExercise(w World, person string, c Command) ([]Event, error) {
	by, err := w.duty().entitled(person, "end an exercise", rehearsers(w.Documents))
	if err != nil {
		return nil, err
	}
	if open := i.OpenCleanUp(); len(open) > 0 {
		return nil, Refuse("what the exercise did is not put back yet (%s): do it, or leave it out with a reason: holdfast skip %s %s --reason WHY",
			listed(stepIDs(open)), i.ID, open[0].ID)
	}
	run, ok := i.rehearsed()
	switch {
	case !ok || !run.Active():
		return nil, Refuse("the exercise is over; what it did is put back once %s is", orText(w.Disaster(), "nothing else is in the way"))
	case strings.TrimSpace(c.Reason) == "":
		return nil, Refuse("to end an exercise before its end needs a reason")
	}
	if s, busy := run.busy(); busy {
		return nil, before(Actor{}, s.Sent, "%s is being carried out since %s; wait for it, at most until %s", stepName(run.ID, s.ID), stamp(s.Sent), stamp(s.Until))
	}
	return []Event{Noted{By: by, Text: "the exercise is ended before its end" + because(c.Reason)}, RunEnded{Run: run.ID, Result: "stood_down"}}, nil
}

func stepIDs(steps []StepState) (ids []string) {
	for _, s := range steps {
		ids = append(ids, s.ID)
	}
	return ids
}
