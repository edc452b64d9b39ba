package incident

import (
	"fmt"
	"slices"
	"time"

	"holdfast/internal/planted"
	"holdfast/playbooks"
)

// A rung is one more who is told that a step still waits.
type rung struct {
	role   string
	people []string
}

// ladder is who is told in turn: the next in the role's line, its deputies who stand beside it after an escalation, the
// roles that the playbook escalates to, and, where a person has to do or decide, the declaration authority. Nothing is
// ever approved by running out of time.
//
// How many rungs there are is for the documents alone to say, not for who happens to be there: a rung that came and went
// would have the ones above it passed over. On each stand the first who were not told yet: a handover may have put
// somebody new at the head of the line since. Where all were told, they are told again.
func ladder(w World, p *playbooks.Step, told []string) (rungs []rung) {
	role, escalate := duties(p)
	d := w.duty()
	if d.several(role) {
		line := d.line(role)
		if next := without(line, told); len(next) > 0 {
			line = next[:1]
		}
		rungs = append(rungs, rung{role, line})
	}
	if d.deputised(role) {
		people := without(d.deputies(role), told)
		if len(people) == 0 {
			people = d.line(role)
		}
		rungs = append(rungs, rung{role, people})
	}
	last := w.declaration().Authority
	for _, r := range escalate {
		rungs = append(rungs, rung{r, d.first(r)})
		if r == last {
			last = ""
		}
	}
	if p.Kind().Human() && last != "" && last != role {
		rungs = append(rungs, rung{last, d.first(last)})
	}
	return rungs
}

// ladder is that of a step, without those who would be refused, as long as others are left.
func (i Incident) ladder(w World, l leg) []rung {
	barred := i.barred(w, l)
	rungs := ladder(w, l.plan(), join(i.toldOf(l), barred))
	for n := range rungs {
		if may := without(rungs[n].people, barred); len(may) > 0 {
			rungs[n].people = may
		}
	}
	return rungs
}

// duties are the role that a step asks, and those that it escalates to.
func duties(p *playbooks.Step) (role string, escalate []string) {
	if p.Ack != nil {
		return p.Ack.Role, p.Ack.Escalate
	}
	return p.Role, p.Escalate
}

// without are people who are not among others.
func without(people, others []string) []string {
	return slices.DeleteFunc(slices.Clone(people), func(p string) bool { return slices.Contains(others, p) })
}

// escalates tells the next when a person's time is up, or when too few of those who were told could be reached.
func (i Incident) escalates(w World, l leg) Event {
	s := l.state()
	if s.Held != nil {
		return nil
	}
	if at, failed := i.outOfReach(w, l); failed {
		if e := i.passesOn(w, l, at); e != nil {
			return e
		}
	}
	if s.Until.IsZero() || w.Now.Before(s.Until) {
		return nil
	}
	if planted.Is(planted.SilenceApproves) && l.plan().Kind() == playbooks.KindDecide {
		return l.done("nobody said no")
	}
	rungs := i.ladder(w, l)
	if s.silent() {
		return i.lapse(w, l, rungs)
	}
	if s.Rung >= len(rungs) {
		return nil
	}
	return i.climb(w, l, s.Rung, rungs[s.Rung], "")
}

// climb tells the people of a rung.
func (i Incident) climb(w World, l leg, n int, next rung, why string) Event {
	run, step := l.name()
	e := Escalated{Run: run, Step: step, Rung: n + 1, Role: next.role, Why: why, Tell: next.people}
	if d := within(l.plan()); d > 0 {
		e.Until = w.Now.Add(d)
	}
	return e
}

// unreachable is why somebody is told though nobody's time is up.
const unreachable = "too few of those who were told could be reached"

// outOfReach reports whether, of those who were told of a step that nobody has taken and could act on it, fewer were
// reached than have to act, and nobody is being tried any more, since when. Each was tried by all their channels.
//
// Who could act is asked as of when they were told, and who is next as of when that failed: nothing of it changes by the
// clock alone.
func (i Incident) outOfReach(w World, l leg) (at time.Time, failed bool) {
	s := l.state()
	if s.Acked != (Actor{}) {
		return at, false
	}
	run, step := l.name()
	d := w.dutyOn(s)
	var reached []string
	for _, a := range s.Approvals {
		reached = join(reached, []string{a.By.Person})
	}
	for _, n := range i.Notices {
		if n.Run != run || n.Step != step || n.At.Before(s.Sent) {
			continue
		}
		d.at = n.At
		if _, may := d.role(n.Person, s.actors()); !may {
			continue
		}
		switch {
		case n.open():
			return at, false
		case n.Error != "":
			at, failed = later(at, n.Sent), true
		default:
			reached = join(reached, []string{n.Person})
		}
	}
	return at, failed && len(reached) < max(s.Needed, 1)
}

// passesOn tells the next in line at once, then a deputy, then the next rung with somebody new: whoever cannot be reached
// must not cost the time that they would have had.
func (i Incident) passesOn(w World, l leg, at time.Time) Event {
	s, told := l.state(), i.toldOf(l)
	run, step := l.name()
	role, _ := duties(l.plan())
	d := w.duty()
	d.at = at
	next := without(without(append(d.line(role), d.deputies(role)...), told), i.barred(w, l))
	if len(next) > 0 {
		return Escalated{Run: run, Step: step, Rung: s.Rung, Role: role, Until: s.Until, Why: unreachable, Tell: next[:1]}
	}
	then := w
	then.Now = at
	for n, r := range i.ladder(then, l) {
		if n >= s.Rung && len(without(r.people, told)) > 0 {
			return i.climb(w, l, n, r, unreachable)
		}
	}
	return nil // everybody was tried; the clock goes on
}

// spread is what becomes of a notify. Where nobody of a role could be reached all others of its line are told at once, since the
// run waits for it; where nobody of it is left it has failed. It is done when all its notices are out.
func (i Incident) spread(w World, l leg) Event {
	run, step := l.name()
	var tried, open, reached, lost []string
	why := ""
	for _, n := range i.Notices {
		if n.Run != run || n.Step != step || n.At.Before(l.state().Sent) {
			continue
		}
		tried = join(tried, []string{n.Person})
		switch {
		case n.open():
			open = join(open, []string{n.Person})
		case n.Error == "":
			reached = join(reached, []string{n.Person})
		default:
			why = n.Error
		}
	}
	d := w.duty()
	d.at = l.state().Sent // nothing of it changes by the clock alone
	for _, role := range l.plan().Notify {
		line := join(d.line(role), d.deputies(role))
		next := without(line, tried)
		switch {
		case len(tried) == 0, len(line) == 0, len(without(line, join(reached, open))) < len(line):
		case len(next) > 0:
			return Escalated{Run: run, Step: step, Rung: l.state().Rung, Role: role, Why: unreachable, Tell: next}
		default:
			lost = append(lost, role)
		}
	}
	switch {
	case len(open) > 0:
		return nil
	case len(lost) > 0:
		return fail(w, l, Failed, fmt.Sprintf("nobody of %s could be reached: %s", listed(lost), why))
	}
	return l.done("")
}

// silent reports whether somebody has taken a step and not been heard of since. An approval is a word.
func (s *StepState) silent() bool {
	return s.Acked.Person != "" && !slices.ContainsFunc(s.Approvals, func(a Approval) bool { return a.By.Person == s.Acked.Person })
}

// lapse takes a step back from who was silent for as long as it may take, and tells the next; where everybody was told,
// the whole line again. Who had it is told too.
func (i Incident) lapse(w World, l leg, rungs []rung) Event {
	s := l.state()
	run, step := l.name()
	role, _ := duties(l.plan())
	next := rung{role, w.duty().line(role)}
	e := AcknowledgementLapsed{Run: run, Step: step, By: s.Acked, Since: s.AckedAt, Rung: s.Rung}
	if d := within(l.plan()); d > 0 {
		e.Until = w.Now.Add(d)
	}
	if s.Rung < len(rungs) {
		next, e.Rung = rungs[s.Rung], s.Rung+1
	}
	e.Role, e.Tell = next.role, join(without(next.people, []string{s.Acked.Person}), []string{s.Acked.Person})
	return e
}

func (s *StepState) lapsed(e AcknowledgementLapsed) {
	s.Acked, s.AckedAt, s.Offered = Actor{}, time.Time{}, nil
	s.Rung, s.Until = e.Rung, e.Until
	s.Escalated = join(s.Escalated, []string{e.Role})
}

// toldOf are the people who were told of a step.
func (i Incident) toldOf(l leg) (people []string) {
	run, step := l.name()
	for _, n := range i.Notices {
		if n.Run == run && n.Step == step {
			people = join(people, []string{n.Person})
		}
	}
	return people
}
