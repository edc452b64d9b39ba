package exercise

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"holdfast/incident"
	"holdfast/internal/source"
	"holdfast/playbooks"
)

// verbs are what people can do in a timeline, and whether it is done to a step.
var verbs = map[string]bool{
	"ack": true, "done": true, "failed": true, "cannot": true, "approve": true, "decline": true, "retry": true, "skip": true,
	"declare": false, "stand-down": false, "arm": false, "disarm": false,
}

// person reads what somebody does, or how a machine step goes: that is done or failed by nobody.
func (t *timeline) person(verb word) {
	toStep, known := verbs[verb.text]
	if !known {
		words := append(slices.Sorted(maps.Keys(subjects)), slices.Sorted(maps.Keys(verbs))...)
		t.problems.Errorf(verb.at, "scenario/what", source.DidYouMean(verb.text, append(words, "end")), "%q is nothing that happens in a timeline", verb.text)
		return
	}
	c := incident.Command{Verb: incident.Verb(verb.text), Reason: cmp.Or(t.now.Note, "as the scenario has it")}
	machine := false
	if toStep && !(verb.text == "decline" && len(t.rest) > 0 && t.rest[0].text == "by") {
		w, ok := t.next("a step")
		if !ok {
			return
		}
		c.Step, machine = w.text, t.machine(w)
	}
	by, named := t.clauses("by")["by"]
	switch {
	case named:
		t.now.Order = &Order{By: t.name(by), Command: c}
		t.details(&t.now.Order.Command)
	case machine && (verb.text == "done" || verb.text == "failed"):
		t.now.Machine = &Machine{Step: c.Step, Failed: verb.text == "failed"}
	case toStep:
		t.next("by, and who did it,")
	default:
		t.now.Order = &Order{Command: c}
		t.details(&t.now.Order.Command)
	}
}

// details reads what follows the person: answers to a step (name=value, evidence=reference), or services to declare.
func (t *timeline) details(c *incident.Command) {
	for len(t.rest) > 0 {
		w, _ := t.next("")
		name, value, isAnswer := strings.Cut(w.text, "=")
		switch {
		case isAnswer && name == "evidence":
			c.Evidence = value
		case isAnswer:
			if c.Answers == nil {
				c.Answers = map[string]string{}
			}
			c.Answers[name] = value
		case c.Verb == incident.VerbDeclare:
			c.Services = append(c.Services, w.text)
		default:
			t.problems.Errorf(w.at, "scenario/words", "a note begins with #", "%q does not belong here", w.text)
		}
	}
}

// machine reports whether the step that a word names ("2/fence" is that of the second run) is ended by a machine's answer.
func (t *timeline) machine(w word) bool {
	id := w.text[strings.LastIndex(w.text, "/")+1:]
	var all []string
	for _, p := range t.scenario.Documents.Playbooks {
		if s, ok := p.Step(id); ok {
			return s.Kind() == playbooks.KindRun || s.Kind() == playbooks.KindVerify && s.Verify.Service == ""
		}
		for _, s := range p.Steps {
			all = append(all, s.ID)
		}
	}
	t.problems.Errorf(w.at, "scenario/step", source.DidYouMean(id, all), "no playbook has a step %q", id)
	return false
}

var freeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// name checks that somebody is who people.yaml knows, or, without one, anybody at all.
func (t *timeline) name(w word) string {
	people := t.scenario.Documents.People
	switch {
	case people == nil && !freeName.MatchString(w.text):
		t.problems.Errorf(w.at, "scenario/person", "", "%q is not a name", w.text)
	case people != nil && people.People[w.text] == nil:
		t.problems.Errorf(w.at, "scenario/person", source.DidYouMean(w.text, slices.Sorted(maps.Keys(people.People))), "people.yaml has nobody called %q", w.text)
	}
	return w.text
}
