package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"holdfast/playbooks"
)

// noticePatience is how long hands try to reach a person before they say that they could not.
const noticePatience = 2 * time.Minute

// open reports whether the notice still has to go out.
func (n Notice) open() bool { return n.Sent.IsZero() }

// tell makes a notice for everyone whom a record is to be told.
func (i *Incident) tell(r Record) {
	people, run, step := told(r.Event)
	if len(people) == 0 {
		return
	}
	subject, body := i.words(r, run, step)
	i.Notices = slices.Clip(i.Notices)
	for _, person := range people {
		i.Notices = append(i.Notices, Notice{N: len(i.Notices) + 1, At: r.At, Person: person, Subject: subject, Body: body, Run: run, Step: step})
		i.unsent++
	}
}

// everTold are all whom something of the incident, or of one of its runs, was told: who was called is told when it is over.
func (i Incident) everTold(run string) (people []string) {
	for _, n := range i.Notices {
		if run == "" || n.Run == run {
			people = join(people, []string{n.Person})
		}
	}
	return people
}

// plain makes one line of a text that does nothing but be read. What a target answered may be in it, or what somebody
// typed; and a notice goes into mail, onto terminals and locked screens.
func plain(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "")))
}

// told are the people whom an event names, and the step it is about.
func told(e Event) (people []string, run, step string) {
	switch e := e.(type) {
	case Classified:
		people = e.Tell
	case DecisionDue:
		people = e.Tell
	case Recommended:
		people = e.Tell
	case Declared:
		people = e.Tell
	case NoPlaybookFits:
		people = e.Tell
	case StepStarted:
		people, run, step = e.Tell, e.Run, e.Step
	case StepFailed:
		people, run, step = e.Tell, e.Run, e.Step
	case RestOffered:
		people, run = e.Tell, e.Run
	case StepForbidden:
		people, run, step = e.Tell, e.Run, e.Step
	case RuleOverruled:
		people, run, step = e.Tell, e.Run, e.Step
	case ReleaseChanged:
		people, run, step = e.Tell, e.Run, e.Step
	case Escalated:
		people, run, step = e.Tell, e.Run, e.Step
	case ReportingDue:
		people = e.Tell
	case Reminded:
		people = e.Tell
	case ReportingMissed:
		people = e.Tell
	case AcknowledgementLapsed:
		people, run, step = e.Tell, e.Run, e.Step
	case HandOverOffered:
		people, run, step = e.Tell, e.Run, e.Step
	case Acknowledged:
		people, run, step = e.Tell, e.Run, e.Step
	case RunPaused:
		people, run = e.Tell, e.Run
	case StillHeld:
		people, run, step = e.Tell, e.Run, e.Step
	case RunSuperseded:
		people, run = e.Tell, e.Run
	case RunAborted:
		people, run = e.Tell, e.Run
	case UndoStarted:
		people, run, step = e.Tell, e.Run, e.Step
	case UndoFailed:
		people, run, step = e.Tell, e.Run, e.Step
	case ObjectiveAtRisk:
		people, run = e.Tell, e.Run
	case ObjectiveMissed:
		people = e.Tell
	case Relapsed:
		people = e.Tell
	case StandDownRecommended:
		people = e.Tell
	case StoodDown:
		people = e.Tell
	case Rebased:
		people = e.Tell
	case ExerciseStarted:
		people = e.Tell
	case ExerciseInterrupted:
		people = e.Tell
	case ExerciseConcluded:
		people = e.Tell
	}
	return people, run, step
}

// words are what a notice says: what happened, what to do, by when.
func (i *Incident) words(r Record, run, step string) (subject, body string) {
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, plain(fmt.Sprintf(format, args...))) }
	subject = fmt.Sprintf("[%s] %s", i.ID, plain(i.headline(r, run, step)))
	if i.Exercise != "" {
		subject = fmt.Sprintf("EXERCISE (%s) %s", i.Exercise, subject)
		say("EXERCISE, EXERCISE, EXERCISE: nobody is in trouble, this is practised. What is really wrong is reported and answered as always.")
	}
	say("%s", i.Verdict.Explanation.Summary)
	if with := alongside(r.Event); len(with) > 0 {
		say("The same holds for %s.", listed(with))
	}
	i.countdown(say)
	i.whatToDo(r.Event, run, step, say)
	return subject, strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), "\n")
}

// alongside are the services of which an event tells beside its own: one message for all.
func alongside(e Event) []string {
	switch e := e.(type) {
	case ObjectiveAtRisk:
		return e.With
	case ObjectiveMissed:
		return e.With
	case Relapsed:
		return e.With
	}
	return nil
}

// countdown says by when each vital service has to be back, and the latest time to invoke.
func (i *Incident) countdown(say func(string, ...any)) {
	for _, c := range i.Recoveries {
		switch {
		case !c.Restored.IsZero() || !c.Objectives.Vital || c.Clocks.Deadline.IsZero():
		case c.Clocks.LTI.IsZero():
			say("%s is below its MBCO since %s; it has to be back by %s; what its plan can do is not known.", c.Service, stamp(c.Since), stamp(c.Clocks.Deadline))
		default:
			say("%s is below its MBCO since %s; it has to be back by %s; latest time to invoke %s.", c.Service, stamp(c.Since), stamp(c.Clocks.Deadline), stamp(c.Clocks.LTI))
		}
	}
}

// whatToDo ends with the command to type, since that is the shortest way to say it.
func (i *Incident) whatToDo(e Event, run, step string, say func(string, ...any)) {
	switch e := e.(type) {
	case DecisionDue, Recommended:
		if i.Declined != nil {
			say("It was declined by %s at %s: %s", who(i.Declined.By), stamp(i.DeclinedAt), orText(i.Declined.Reason, "no reason given"))
		}
		say("Decide: holdfast declare %[1]s --reason WHY, or holdfast decline %[1]s --reason WHY", i.ID)
	case NoPlaybookFits:
		if e.Keeper != "" {
			say("Look at how far it got (holdfast incident %[1]s), see it through or take it back by hand, then end it: holdfast stand-down %[1]s --reason WHY. After that a playbook is started here as usual.", e.Keeper)
			return
		}
		say("Act by hand, or start one all the same: holdfast invoke %s %s --service %s --reason WHY", i.ID, orText(e.Nearest, "PLAYBOOK"), e.Service)
	case Relapsed:
		if i.Declared != nil {
			say("A playbook that has run does not start again by itself: holdfast invoke %s PLAYBOOK --service %s --reason WHY", i.ID, e.Service)
		}
	case ReportingDue:
		i.reportWords(e.Report, say)
	case Reminded:
		i.reportWords(e.Report, say)
	case ReportingMissed:
		i.reportWords(e.Report, say)
	case ExerciseInterrupted:
		say("Leave the exercise and turn to the disaster: holdfast incident %s", e.Disaster)
	case ExerciseConcluded:
		say("Look at what it showed: holdfast report %s", i.ID)
	case ObjectiveAtRisk:
		for _, line := range e.Advice {
			say("%s.", upper(line))
		}
	case StandDownRecommended:
		say("Stand down: holdfast stand-down %s --reason WHY", i.ID)
	case StepStarted, Escalated, ReleaseChanged:
		i.stepWords(run, step, say)
	case AcknowledgementLapsed:
		say("%s took it at %s and was not heard of since: it counts as not taken.", who(e.By), stamp(e.Since))
		i.stepWords(run, step, say)
	case HandOverOffered:
		say("Take it: holdfast ack %s %s/%s. Until then it is not yours.", i.ID, run, step)
	case StillHeld:
		i.brakeWords(run, step, say)
	case RunPaused:
		say("Let it go on: holdfast resume %s %s --reason WHY, or call it off: holdfast abort %[1]s %[2]s --reason WHY", i.ID, run)
	case Classified, StoodDown:
		say("What you were told of it is over: nothing more is asked of you, and what you have not begun is not to be begun.")
	case RunSuperseded:
		say("RETRACTED: what you were asked to do in it is called off, unless you are asked anew.")
	case RunAborted:
		say("RETRACTED: what you were asked to do in it is called off, unless you are asked anew.")
		for _, what := range e.ByHand {
			say("By hand: %s", what)
		}
		say("Look how it goes: holdfast incident %s", i.ID)
	case RestOffered:
		say("Leave it out: holdfast skip-rest %s %s --reason WHY. Until somebody does, the run goes on as planned.", i.ID, run)
	case RuleOverruled:
		if e.Second {
			say("It may be carried out now: holdfast retry %s %s/%s --reason WHY", i.ID, run, step)
			say("The words of both count for %s each, and only as long as things stand as they do now.", span(overruleHolds))
		} else {
			say("It takes a second person to agree within %s: holdfast overrule %s %s/%s --reason WHY", span(overruleHolds), i.ID, run, step)
		}
	case StepForbidden:
		say("It is asked again when you say: holdfast retry %s %s/%s --reason WHY; or leave it out (skip), or say that you did it by hand (done)", i.ID, run, step)
	case StepFailed, UndoFailed:
		if _, p := i.planned(run, step); p != nil && p.Fallback != "" && e.Kind() == KindStepFailed {
			say("If what it needs is lost, %s is done instead: holdfast cannot %s %s/%s --reason WHY", p.Fallback, i.ID, run, step)
		}
		s, _ := i.planned(run, step)
		say("Say how it goes on: holdfast %s %s %s/%s --reason WHY", s.wayOut(), i.ID, run, step)
	}
}

// brakeWords say who keeps a run or a step from going on, and how it goes on.
func (i *Incident) brakeWords(run, step string, say func(string, ...any)) {
	r, _ := i.runOf(run)
	b, target := r.Paused, run
	if s, ok := r.state(step); ok {
		b, target = s.Held, run+"/"+step
	}
	if b == nil {
		return
	}
	say("%s has kept it from going on since %s%s", who(b.By), stamp(b.At), because(b.Reason))
	say("Let it go on: holdfast resume %s %s, or call the run off: holdfast abort %s %s --reason WHY", i.ID, target, i.ID, run)
}

// headline is what a person reads on a locked screen: what is asked of them, or what happened.
func (i *Incident) headline(r Record, run, step string) string {
	if e, ok := r.Event.(ObjectiveAtRisk); ok {
		return e.headline()
	}
	s, p := i.planned(run, step)
	if p == nil {
		return Sentence(r)
	}
	text := orText(s.Text, step)
	if p.Kind() == playbooks.KindNotify { // whom it tells is no news to them
		text = orText(p.Message, i.Verdict.Explanation.Summary)
	}
	switch r.Event.(type) {
	case StepStarted:
		if p.Kind() == playbooks.KindNotify {
			return text
		}
		return fmt.Sprintf("%s (step %s/%s)", text, run, step)
	case Escalated:
		if p.Kind() == playbooks.KindNotify && p.Ack == nil { // nothing waits for them: somebody else could not be reached
			return text
		}
		return fmt.Sprintf("Still waiting: %s (step %s/%s)", text, run, step)
	case AcknowledgementLapsed:
		return fmt.Sprintf("Still waiting, and nobody is at it: %s (step %s/%s)", text, run, step)
	case HandOverOffered:
		e := r.Event.(HandOverOffered)
		return fmt.Sprintf("%s hands over to you: %s (step %s/%s)%s", who(e.By), text, run, step, because(e.Reason))
	}
	return Sentence(r)
}

// planned is a step as it stands and as its playbook has it; nil where there is none.
func (i *Incident) planned(run, step string) (StepState, *playbooks.Step) {
	for _, r := range i.Runs {
		if s, ok := r.state(step); ok && r.ID == run && r.Playbook != nil {
			p, _ := r.Playbook.Step(step)
			return s, p
		}
	}
	return StepState{}, nil
}

func (i *Incident) stepWords(run, step string, say func(string, ...any)) {
	s, p := i.planned(run, step)
	if p == nil {
		return
	}
	for line := range strings.Lines(p.Message) {
		say("%s", line)
	}
	switch {
	case p.Ack != nil:
		say("%s", answer(s.Until, fmt.Sprintf("holdfast ack %s %s/%s", i.ID, run, step)))
	case p.Decide != "":
		i.releaseWords(s, say)
		digest := ""
		if !s.Changed.IsZero() {
			digest = " --digest " + brief(s.Release.Digest)
		}
		say("%s", answer(s.Until, fmt.Sprintf("holdfast approve %[1]s %[2]s/%[3]s%[4]s, or holdfast decline %[1]s %[2]s/%[3]s --reason WHY", i.ID, run, step, digest)))
	case p.Do != "":
		say("%s", answer(s.Until, fmt.Sprintf("holdfast ack %s %s/%s, then holdfast done (or failed, cannot)", i.ID, run, step)))
	}
}

// mostReleased is how many of the steps that a decision lets happen stand in a notice.
const mostReleased = 8

// releaseWords say what a decision lets happen: nobody approves a name.
func (i *Incident) releaseWords(s StepState, say func(string, ...any)) {
	if s.Release == nil || len(s.Release.Steps) == 0 {
		return
	}
	say("It lets happen (%s):", brief(s.Release.Digest))
	for n, r := range s.Release.Steps {
		if n == mostReleased {
			say("- and %d more: holdfast incident %s", len(s.Release.Steps)-n, i.ID)
			break
		}
		say("- %s: %s", r.Step, cut(r.Does, 300))
	}
}

// cut keeps the beginning of a text, in characters.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + " …"
	}
	return text
}

func answer(until time.Time, command string) string {
	if until.IsZero() {
		return "Answer: " + command
	}
	return fmt.Sprintf("Answer by %s: %s", stamp(until), command)
}

// nobodyReached reports whether people who were told of the incident as a whole at an instant were all tried, in vain.
func (i *Incident) nobodyReached(at time.Time, people []string) bool {
	tried := false
	for _, n := range i.Notices {
		if n.Run != "" || !n.At.Equal(at) || !slices.Contains(people, n.Person) {
			continue
		}
		if n.Error == "" {
			return false
		}
		tried = true
	}
	return tried
}
