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

// objects of what people do.
const (
	toStep     = "a step"
	toPlaybook = "a playbook"
	toRun      = "a run, or a step"
	toReport   = "a report"
	toIncident = ""
)

// verbs are what people can do in a timeline, and to what.
var verbs = map[string]string{
	"ack": toStep, "done": toStep, "failed": toStep, "cannot": toStep, "approve": toStep, "decline": toStep, "retry": toStep, "skip": toStep, "hand-over": toStep, "overrule": toStep,
	"pause": toRun, "hold": toRun, "resume": toRun, "abort": toRun, "skip-rest": toRun,
	"declare": toIncident, "stand-down": toIncident, "note": toIncident, "arm": toIncident, "disarm": toIncident,
	"invoke": toPlaybook, "rehearse": toPlaybook, "reported": toReport,
}

// justified are the verbs that holdfast wants a reason for; the note of the line is the reason.
var justified = []string{"failed", "cannot", "decline", "retry", "skip", "hand-over", "overrule", "invoke", "rehearse", "note", "pause", "hold", "abort", "skip-rest"}

// unsaid is the reason where the scenario gives none.
const unsaid = "as the scenario has it"

// person reads what somebody does, or how a machine step goes: that is done or failed by nobody.
func (t *timeline) person(verb word) {
	to, known := verbs[verb.text]
	if !known {
		words := append(slices.Sorted(maps.Keys(subjects)), slices.Sorted(maps.Keys(verbs))...)
		t.problems.Errorf(verb.at, "scenario/what", source.DidYouMean(verb.text, append(words, "end")), "%q is nothing that happens in a timeline", verb.text)
		return
	}
	c := incident.Command{Verb: incident.Verb(verb.text), Reason: t.now.Note}
	if c.Reason == "" && slices.Contains(justified, verb.text) {
		c.Reason = unsaid
	}
	if verb.text == "decline" && len(t.rest) > 0 && t.rest[0].text == "by" { // the declaration
		to = toIncident
	}
	machine, ok := t.object(to, &c)
	if !ok {
		return
	}
	said := t.clauses("by", "until", "to", "as")
	if kind, ok := said["as"]; ok {
		c.Exercise = t.kind(verb, kind)
	}
	if until, ok := said["until"]; ok {
		c.Until = t.instant(until)
	}
	if to, ok := said["to"]; ok {
		c.To = t.name(to)
	}
	by, named := said["by"]
	switch {
	case machine && !named && (verb.text == "done" || verb.text == "failed"):
		t.now.Machine = &Machine{Step: c.Step, Failed: verb.text == "failed", Reason: cmp.Or(t.now.Note, unsaid)}
		return
	case !named && to != toIncident && to != toRun:
		t.next("by, and who did it,")
		return
	}
	t.now.Order = &Order{Command: c}
	if named {
		t.now.Order.By = t.name(by)
	}
	t.details(&t.now.Order.Command)
}

// object reads what a verb is done to, and reports whether that is a step that a machine's answer ends.
func (t *timeline) object(to string, c *incident.Command) (machine, ok bool) {
	if to == toIncident {
		return false, true
	}
	if to == toRun {
		t.brake(c)
		return false, true
	}
	w, ok := t.next(to)
	switch {
	case !ok:
		return false, false
	case to == toStep:
		c.Step = w.text
		return t.machine(w), true
	case to == toReport:
		c.Report = w.text
		return false, true
	}
	c.Playbook = w.text
	t.playbook(w)
	return false, true
}

// brake reads a run, which has a number, or a step; with neither it is the only run, or everything.
func (t *timeline) brake(c *incident.Command) {
	if len(t.rest) == 0 || t.rest[0].text == "by" || t.rest[0].text == "until" {
		return
	}
	w, _ := t.next("")
	if strings.Trim(w.text, "0123456789") == "" {
		c.Run = w.text
		return
	}
	c.Step = w.text
	t.machine(w)
}

// details reads what follows the person: answers to a step (name=value, evidence=reference), or services.
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
		case c.Verb == incident.VerbAbort && w.text == "keep":
			c.Keep = true
		case c.Verb == incident.VerbInvoke && (w.text == "queue" || w.text == "supersede"):
			c.Queue, c.Supersede = w.text == "queue", w.text == "supersede"
		case c.Verb == incident.VerbDeclare || c.Verb == incident.VerbInvoke || c.Verb == incident.VerbRehearse:
			c.Services = append(c.Services, w.text)
		default:
			t.problems.Errorf(w.at, "scenario/words", "a note begins with #", "%q does not belong here", w.text)
		}
	}
}

// machine reports whether the step that a word names ("2/fence" is that of the second run, "fence/undo" takes it back) is ended by a machine's answer.
func (t *timeline) machine(w word) bool {
	name, undo := strings.CutSuffix(w.text, "/undo")
	id := name[strings.LastIndex(name, "/")+1:]
	var all []string
	for _, p := range t.scenario.Documents.Playbooks {
		for _, s := range p.All() {
			if s.ID == id {
				return undo && s.Undo != nil || s.Kind() == playbooks.KindRun || s.Kind() == playbooks.KindVerify && s.Verify.Service == ""
			}
			all = append(all, s.ID)
		}
	}
	if id == "clean-up" || id == playbooks.QuestionID { // what an exercise's playbook leaves to a person; whether a run is to start
		return false
	}
	t.problems.Errorf(w.at, "scenario/step", source.DidYouMean(id, all), "no playbook has a step %q", id)
	return false
}

// kind is that of an exercise that is ordered.
func (t *timeline) kind(verb, w word) incident.Exercise {
	kind := incident.Exercise(w.text)
	switch {
	case verb.text != "rehearse":
		t.problems.Errorf(w.at, "scenario/words", "", "only an exercise is one as %s", w.text)
	case !slices.Contains(incident.Kinds, kind):
		t.problems.Errorf(w.at, "scenario/exercise", "tabletop, simulation, parallel or full", "%q is no kind of exercise", w.text)
	}
	return kind
}

func (t *timeline) playbook(w word) {
	var ids []string
	for _, p := range t.scenario.Documents.Playbooks {
		ids = append(ids, p.ID)
	}
	if !slices.Contains(ids, w.text) {
		t.problems.Errorf(w.at, "scenario/playbook", source.DidYouMean(w.text, ids), "there is no playbook %q", w.text)
	}
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

// reach reads whether messages reach somebody from here on: "person anna unreachable", "person anna reachable".
func (t *timeline) reach() {
	id, ok := t.next("a person")
	if !ok {
		return
	}
	if how, ok := t.oneOf("whether somebody can be reached", "unreachable", "reachable"); ok {
		t.now.Reach = &Reach{Person: t.name(id), Lost: how == "unreachable"}
	}
}
