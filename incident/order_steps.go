package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/internal/planted"
	"holdfast/internal/source"
	"holdfast/playbooks"
)

// stepOrders are what people can do to a step.
var stepOrders = map[Verb]func(Incident, World, leg, string, Command) ([]Event, error){
	VerbAck:      ack,
	VerbDone:     done,
	VerbFailed:   failedBy(Failed),
	VerbCannot:   failedBy(Cannot),
	VerbApprove:  approve,
	VerbDecline:  decline,
	VerbRetry:    retry,
	VerbSkip:     skip,
	VerbHandOver: handOver,
	VerbOverrule: overrule,
}

// leg finds the step that a command means: "go", or "2/go" where several runs have it. Without a step it is the only one
// that waits.
func (i Incident) leg(c Command) (leg, error) {
	if c.Step == "" {
		return i.onlyWaiting(c.Verb)
	}
	run, step, named := strings.Cut(c.Step, "/")
	if !named {
		run, step = "", c.Step
	}
	var active, ended []leg
	var known []string
	for _, r := range i.Runs {
		for n, s := range r.Steps {
			known = append(known, s.ID)
			switch l := i.legOf(r, n); {
			case s.ID != step || run != "" && r.ID != run:
			case r.Active():
				active = append(active, l)
			default:
				ended = append(ended, l)
			}
		}
	}
	switch {
	case len(active) > 1:
		return leg{}, Refuse("several runs have a step %s: write %s/%s or %s/%s", step, active[0].run.ID, step, active[1].run.ID, step)
	case len(active) == 1:
		return active[0], nil
	case len(ended) > 0:
		return ended[len(ended)-1], nil
	}
	return leg{}, &NotFound{What: "step", ID: c.Step, Hint: source.DidYouMean(step, slices.Compact(slices.Sorted(slices.Values(known))))}
}

// legOf is a step of a run, or its undo where that has begun.
func (i Incident) legOf(r Run, n int) leg {
	return leg{incident: i.ID, run: r, n: n, undo: r.Steps[n].Undo != nil}
}

// onlyWaiting is the step that waits where there is only one. What lets a machine act is named all the same: since it was
// read, another step may have taken its place.
func (i Incident) onlyWaiting(verb Verb) (leg, error) {
	var waiting []leg
	var names []string
	for _, r := range i.Runs {
		for n, s := range r.Steps {
			l := i.legOf(r, n)
			if status := l.state().Status; r.Active() && (status == Waiting || status == Stuck) {
				waiting, names = append(waiting, l), append(names, r.ID+"/"+s.ID)
			}
		}
	}
	switch acts := verb == VerbApprove || verb == VerbRetry || verb == VerbSkip; {
	case len(waiting) == 0:
		return leg{}, Refuse("no step of %s waits for anybody", i.ID)
	case len(waiting) == 1 && acts:
		return leg{}, Refuse("name the step that you mean to %s: %s waits", verb, names[0])
	case len(waiting) == 1:
		return waiting[0], nil
	}
	return leg{}, Refuse("several steps wait: name one of %s", strings.Join(names, ", "))
}

// open refuses what comes after the step or its run has ended: who ended it, when and how.
func open(l leg) error {
	s := l.state()
	run, step := l.name()
	switch {
	case s.ended() && l.run.Active() && l.run.Ending != nil && !l.undo && s.Status == CalledOff:
		return before(l.run.Ending.By, l.run.Ending.At, "%s is called off: run %s was %s by %s at %s%s", stepName(run, step), run,
			l.run.Ending.Result, who(l.run.Ending.By), stamp(l.run.Ending.At), because(l.run.Ending.Reason))
	case s.ended() && planted.Is(planted.AckAfterEnd):
		return nil
	case s.ended():
		r := before(s.By, s.Ended, "%s was already %s", l.called(), endings[s.Status])
		if s.By != (Actor{}) {
			r.Reason += " by " + who(s.By)
		}
		r.Reason += " at " + stamp(s.Ended)
		return r
	case !l.run.Active():
		return before(Actor{}, l.run.Ended, "run %s ended (%s) at %s", run, strings.ReplaceAll(l.run.Result, "_", " "), stamp(l.run.Ended))
	case s.Status == Pending && l.undo:
		return Refuse("%s has not begun yet", l.called())
	case s.Status == Pending:
		return Refuse("%s has not started yet: it comes after %s", stepName(run, step), listed(l.plan().After))
	}
	return nil
}

var endings = map[StepStatus]string{Done: "done", Declined: "declined", Skipped: "left out", Given: "given up", CalledOff: "called off"}

// waiting refuses an answer to a step that does not ask a person.
func waiting(l leg, doing string) error {
	s := l.state()
	switch s.Status {
	case Waiting:
		return nil
	case Done:
		if planted.Is(planted.AckAfterEnd) {
			return nil
		}
	case Stuck:
		return Refuse("%s is stuck (%s): it wants %s, not %s", l.called(), s.Reason, s.wayOut(), doing)
	case Retrying:
		return Refuse("%s goes again by itself at %s; there is nothing to %s", l.called(), stamp(s.Again), doing)
	}
	return Refuse("%s is done by a machine since %s; there is nothing to %s", l.called(), stamp(s.Sent), doing)
}

func ack(i Incident, w World, l leg, person string, c Command) ([]Event, error) {
	s := l.state()
	run, step := l.name()
	if s.Status != Stuck {
		if err := waiting(l, "acknowledge"); err != nil {
			return nil, err
		}
	}
	offered := s.Offered != nil && s.Offered.To == person
	if s.Acked != (Actor{}) && !offered && !planted.Is(planted.SecondAck) {
		return nil, before(s.Acked, s.AckedAt, "%s was already acknowledged by %s at %s", l.called(), who(s.Acked), stamp(s.AckedAt))
	}
	by, err := w.dutyOn(s).entitled(person, "acknowledge "+step, mayAct(w, l))
	if err != nil {
		return nil, err
	}
	if rule, forbidden := i.forbidden(w, l); forbidden && l.plan().Kind() == playbooks.KindDo && s.Status == Waiting {
		return nil, Refuse("%s may not be done now: it would break %s: %s", l.called(), rule.Rule, rule.Reason)
	}
	e := Acknowledged{Run: run, Step: step, By: by}
	if offered {
		e.From = orText(s.Acked.Person, s.Offered.By.Person)
		e.Tell = []string{e.From}
	}
	events := []Event{e}
	if l.plan().Ack != nil && s.Status == Waiting {
		if err := l.heldBack("acknowledge"); err != nil {
			return nil, err
		}
		end := l.done("")
		end.By = by
		events = append(events, end)
	}
	return events, nil
}

// heldBack refuses what would let a step go on that somebody holds.
func (l leg) heldBack(doing string) error {
	held := l.run.Steps[l.n].Held
	if held == nil {
		return nil
	}
	run, step := l.name()
	return before(held.By, held.At, "%s is held by %s since %s%s%s; nobody can %s it before: holdfast resume %s %s/%s", l.called(), who(held.By), stamp(held.At),
		untilWords(held.Until), because(held.Reason), doing, l.incident, run, step)
}

// untilWords says until when, where there is a time.
func untilWords(until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return ", until " + stamp(until)
}

// mayAct are the roles that may act on a step as it stands: its own and those it escalated to; the authority too where
// it is stuck.
func mayAct(w World, l leg) []string {
	roles := l.state().actors()
	if l.state().Status == Stuck {
		roles = join(roles, overseers(w, l))
	}
	return roles
}

// overseers are the roles that say how a run goes on: the authority, and of an exercise also whoever ordered it.
func overseers(w World, l leg) []string {
	roles := authority(w.declaration())
	if l.run.Exercise != "" && l.run.By.Role != "" {
		roles = join(roles, []string{l.run.By.Role})
	}
	return roles
}

func done(i Incident, w World, l leg, person string, c Command) ([]Event, error) {
	s, p := l.state(), l.plan()
	_, step := l.name()
	switch {
	case p.Kind() == playbooks.KindDecide && s.Status == Stuck:
		return nil, Refuse("%s is a decision, and was not asked yet: retry has it asked", step)
	case p.Kind() == playbooks.KindDecide:
		return nil, Refuse("%s is a decision: approve or decline it", step)
	case p.Kind() == playbooks.KindInvoke:
		return nil, Refuse("%s begins the playbook %s, and its steps are said to be done one by one: retry begins them, skip leaves them all out", step, p.Invoke)
	case p.Ack != nil && s.Status == Waiting:
		return nil, Refuse("%s asks to be acknowledged: ack it", step)
	case s.Status != Stuck:
		if err := waiting(l, "report done"); err != nil {
			return nil, err
		}
	}
	by, err := w.dutyOn(l.state()).entitled(person, "report "+step, mayAct(w, l))
	if err != nil {
		return nil, err
	}
	if err := answered(p, c); err != nil {
		return nil, err
	}
	if err := l.heldBack("report"); err != nil {
		return nil, err
	}
	e := l.done("")
	e.By, e.Answers, e.Evidence = by, c.Answers, c.Evidence
	return []Event{l.of(e)}, nil
}

// failedBy says that a person could not do what was asked: tried and failed, or cannot at all.
func failedBy(o Outcome) func(Incident, World, leg, string, Command) ([]Event, error) {
	return func(i Incident, w World, l leg, person string, c Command) ([]Event, error) {
		run, step := l.name()
		if o == Cannot && l.state().Status == Stuck && l.plan().Fallback != "" {
			return fallBack(w, l, person, c)
		}
		if err := waiting(l, "report"); err != nil {
			return nil, err
		}
		switch l.plan().Kind() {
		case playbooks.KindDo:
		case playbooks.KindDecide:
			return nil, Refuse("%s is a decision: decline it with a reason (holdfast decline %s %s/%s), or approve it", step, l.incident, run, step)
		default:
			return nil, Refuse("%s asks to be acknowledged: ack it", step)
		}
		by, err := w.dutyOn(l.state()).entitled(person, "report "+step, mayAct(w, l))
		if err != nil {
			return nil, err
		}
		e := StepFailed{Run: run, Step: step, Attempt: l.state().Attempt, Outcome: o, Reason: c.Reason, By: by,
			NoEffect: o == Failed && l.plan().FailedMeans == playbooks.NothingDone}
		if !passesOver(l.plan(), o) && (!l.undoesRun() || l.braked()) {
			e.Tell = troubled(w, l)
		}
		return []Event{e}, nil
	}
}

// fallBack leaves a stuck step out in favour of its fallback: a person says that what it needs is lost.
func fallBack(w World, l leg, person string, c Command) ([]Event, error) {
	run, step := l.name()
	by, err := w.duty().entitled(person, "report "+step, join(mayAct(w, l), authority(w.declaration())))
	switch {
	case err != nil:
		return nil, err
	case strings.TrimSpace(c.Reason) == "":
		return nil, Refuse("to do %s instead of %s needs a reason: what is lost?", l.plan().Fallback, step)
	}
	by.Rule = ruleNeeds
	return []Event{StepSkipped{Run: run, Step: step, By: by, Reason: c.Reason}}, nil
}

func approve(i Incident, w World, l leg, person string, c Command) ([]Event, error) {
	s := l.state()
	run, step := l.name()
	by, err := decides(w, l, person)
	if err == nil {
		err = l.heldBack("approve")
	}
	if err != nil {
		return nil, err
	}
	if err := fourEyes(i, l, person); err != nil {
		return nil, err
	}
	if why := unwell(w, l.plan().ReturnsTo); why != "" {
		return nil, Refuse("%s cannot be approved: %s", step, why)
	}
	now := i.released(w, l)
	if err := i.meant(l, now, c.Digest); err != nil {
		return nil, err
	}
	have := standing(w, l, now.Digest)
	for _, a := range s.Approvals {
		if a.By.Person == person && !a.lapses(now.Digest) && !planted.Is(planted.SameApprover) {
			return nil, before(a.By, a.At, "%s already approved %s at %s; %d of %d have", person, step, stamp(a.At), have, s.Needed)
		}
	}
	events := []Event{StepApproved{Run: run, Step: step, By: by, Reason: c.Reason, Unproven: unshown(l), Digest: now.Digest}}
	if planted.Is(planted.ApprovesNothing) {
		events = []Event{StepApproved{Run: run, Step: step, By: by, Reason: c.Reason}}
	}
	if have+1 >= s.Needed || planted.Is(planted.OneIsEnough) {
		end := l.done(fmt.Sprintf("approved by %d of %d", have+1, s.Needed))
		end.By, end.Approved = by, i.approvedValues(w, l)
		events = append(events, end)
	}
	return events, nil
}

// standing counts the approvals of what would be done now by people who may still give one: who has lost the role since
// does not carry a decision.
func standing(w World, l leg, digest string) (n int) {
	for _, a := range l.state().Approvals {
		if _, still := w.dutyOn(l.state()).role(a.By.Person, mayAct(w, l)); still && !a.lapses(digest) {
			n++
		}
	}
	return n
}

func decline(i Incident, w World, l leg, person string, c Command) ([]Event, error) {
	run, step := l.name()
	by, err := decides(w, l, person)
	if err != nil {
		return nil, err
	}
	return []Event{StepDeclined{Run: run, Step: step, By: by, Reason: c.Reason}}, nil
}

// decides is the person as one who may decide the step.
func decides(w World, l leg, person string) (Actor, error) {
	_, step := l.name()
	if l.plan().Kind() != playbooks.KindDecide {
		return Actor{}, Refuse("%s is not a decision: there is nothing to approve or decline", step)
	}
	if err := waiting(l, "decide"); err != nil {
		return Actor{}, err
	}
	return w.dutyOn(l.state()).entitled(person, "decide "+step, mayAct(w, l))
}

// retry sends a stuck step again, under a new key: whoever orders it takes the risk that the first one took effect.
func retry(i Incident, w World, l leg, person string, c Command) ([]Event, error) {
	s, p := l.state(), l.plan()
	run, step := l.name()
	roles := join(mayAct(w, l), overseers(w, l))
	if l.undecided() != "" { // to send it is to decide on it
		roles = overseers(w, l)
	}
	by, err := w.dutyOn(s).entitled(person, "retry "+step, roles)
	switch {
	case err != nil:
		return nil, err
	case s.Status == Running && len(s.Retried) > 0:
		last := s.Retried[len(s.Retried)-1]
		return nil, before(last.By, last.At, "%s ordered %s once more at %s, and it is under way", who(last.By), stepName(run, step), stamp(last.At))
	case s.Status != Stuck:
		return nil, Refuse("%s is not stuck: it is %s", l.called(), s.Status)
	case strings.TrimSpace(c.Reason) == "":
		return nil, Refuse("a retry needs a reason")
	case l.run.Paused != nil:
		b := l.run.Paused
		return nil, before(b.By, b.At, "run %s was paused by %s at %s%s; resume it first", run, who(b.By), stamp(b.At), because(b.Reason))
	case l.run.Steps[l.n].Held != nil:
		return nil, l.heldBack("retry")
	case p.Repeat == "never" && s.Attempt > 0 && (s.Outcome == InDoubt || s.Outcome == TimedOut):
		return nil, Refuse("%s must not be repeated (repeat: never), and whether it took effect is not known: look, then report it done or skip it", step)
	}
	if d, waits, refused := l.askedAnew(); waits {
		return nil, Refuse("%s has not been approved as it would be done now: %s is asked about it since %s", stepName(run, step), d.ID, stamp(d.Sent))
	} else if refused {
		return nil, before(d.By, d.Ended, "what %s would do was declined by %s at %s%s", stepName(run, step), who(d.By), stamp(d.Ended), because(d.Reason))
	}
	if rule, forbidden := i.forbidden(w, l); forbidden {
		return nil, Refuse("%s may not be carried out: it would break %s: %s%s", l.called(), rule.Rule, rule.Reason, s.outdated(rule, w.Now))
	}
	e := i.setOff(w, l, by, c.Reason)
	if failed, unclear := e.(StepFailed); unclear {
		return nil, Refuse("%s cannot start: %s", stepName(run, step), failed.Reason)
	}
	return []Event{l.of(e)}, nil
}

// skip leaves a step out. A decision is never left out: that would be an approval by nobody.
func skip(i Incident, w World, l leg, person string, c Command) ([]Event, error) {
	s := l.state()
	run, step := l.name()
	by, err := w.dutyOn(s).entitled(person, "skip "+step, join(mayAct(w, l), overseers(w, l)))
	switch {
	case err != nil:
		return nil, err
	case s.Kind == playbooks.KindDecide && s.Status == Stuck:
		return nil, Refuse("%s is a decision, and is never left out: retry has it asked", step)
	case s.Kind == playbooks.KindDecide:
		return nil, Refuse("%s is a decision: approve or decline it", step)
	case s.Status == Running && effective(l.plan()):
		return nil, Refuse("%s is being carried out since %s; wait for it, at most until %s", l.called(), stamp(s.Sent), stamp(s.Until))
	case strings.TrimSpace(c.Reason) == "":
		return nil, Refuse("to skip a step needs a reason")
	}
	return []Event{l.of(StepSkipped{Run: run, Step: step, By: by, Reason: c.Reason})}, nil
}
