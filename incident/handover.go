package incident

import (
	"maps"
	"slices"
	"strings"

	"holdfast/internal/source"
)

// handOver offers a step to another person who may act on it. Whoever has taken it gives it away, or where nobody has,
// whoever may act on it; the authority may in any case, for people fall ill.
func handOver(i Incident, w World, l leg, person string, c Command) ([]Event, error) {
	s := l.state()
	run, step := l.name()
	if l.undo {
		return nil, Refuse("%s is for whoever is there: it cannot be handed over", l.called())
	}
	if s.Status != Stuck {
		if err := waiting(l, "hand over"); err != nil {
			return nil, err
		}
	}
	by, err := w.dutyOn(s).entitled(person, "hand over "+step, join(mayAct(w, l), authority(w.declaration())))
	if err != nil {
		return nil, err
	}
	if err := givable(w, l, person); err != nil {
		return nil, err
	}
	if err := takable(i, w, l, c.To); err != nil {
		return nil, err
	}
	if strings.TrimSpace(c.Reason) == "" {
		return nil, Refuse("to hand a step over needs a reason")
	}
	return []Event{HandOverOffered{Run: run, Step: step, By: by, To: c.To, Reason: c.Reason, Tell: []string{c.To}}}, nil
}

// givable refuses to give away what somebody else has taken.
func givable(w World, l leg, person string) error {
	s := l.state()
	run, step := l.name()
	if s.Acked == (Actor{}) || s.Acked.Person == person {
		return nil
	}
	if _, may := w.duty().role(person, authority(w.declaration())); may {
		return nil
	}
	return before(s.Acked, s.AckedAt, "%s was taken by %s at %s: they hand it over, or the authority does", stepName(run, step), who(s.Acked), stamp(s.AckedAt))
}

// takable refuses to give a step to somebody who has it, is being asked already, or could do nothing with it.
func takable(i Incident, w World, l leg, to string) error {
	s := l.state()
	run, step := l.name()
	people := w.Documents.People
	switch {
	case to == "":
		return Refuse("say to whom %s is handed over", stepName(run, step))
	case people != nil && people.People[to] == nil:
		return &NotFound{What: "person", ID: to, Hint: source.DidYouMean(to, slices.Sorted(maps.Keys(people.People)))}
	case s.Acked.Person == to:
		return before(s.Acked, s.AckedAt, "%s has had %s since %s", to, stepName(run, step), stamp(s.AckedAt))
	case s.Offered != nil && s.Offered.To == to:
		return before(s.Offered.By, s.Offered.At, "%s was already offered to %s by %s at %s, and waits for their acknowledgement",
			stepName(run, step), to, who(s.Offered.By), stamp(s.Offered.At))
	}
	if _, err := w.dutyOn(s).entitled(to, "act on "+step, mayAct(w, l)); err != nil {
		return err
	}
	return fourEyes(i, l, to)
}
