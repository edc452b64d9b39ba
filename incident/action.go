package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"holdfast/internal/source"
)

// An Action is what somebody undertook so that it goes better next time (ISO 22301 clause 10.1: nonconformity and
// corrective action).
type Action struct {
	N      int       `json:"n"`
	At     time.Time `json:"at"` // when it was agreed upon
	Text   string    `json:"text"`
	Owner  string    `json:"owner"`
	Due    string    `json:"due"` // the last day on which it is in time, in UTC
	By     Actor     `json:"by"`
	Done   time.Time `json:"done,omitzero"`
	DoneBy Actor     `json:"done_by,omitzero"`
	Result string    `json:"result,omitempty"`
}

// Open reports whether it is still to be done.
func (a Action) Open() bool { return a.Done.IsZero() }

// Overdue reports whether its day has passed at now, in UTC, with nothing done.
func (a Action) Overdue(now time.Time) bool {
	return a.Open() && now.UTC().Format(time.DateOnly) > a.Due
}

func (i *Incident) actionDone(at time.Time, e ActionDone) {
	if e.Action < 1 || e.Action > len(i.Actions) {
		i.HandsOff = fmt.Sprintf("the journal speaks of action %d, which was never agreed upon", e.Action)
		return
	}
	i.Actions = slices.Clone(i.Actions)
	a := &i.Actions[e.Action-1]
	a.Done, a.DoneBy, a.Result = at, e.By, e.Result
}

// orderAction puts an action on the record. Whoever may speak may propose one; it is its owner who is held to it.
func (i Incident) orderAction(w World, person string, c Command) ([]Event, error) {
	due, err := time.Parse(time.DateOnly, c.Due)
	switch {
	case strings.TrimSpace(c.Reason) == "":
		return nil, Refuse("an action without a text says nothing")
	case strings.TrimSpace(c.Owner) == "":
		return nil, Refuse("an action without an owner is done by nobody: name a person or a role")
	case err != nil:
		return nil, Refuse("an action is due on a day, written as 2026-12-24, not %q", c.Due)
	case due.Before(w.Now.UTC().Truncate(24 * time.Hour)):
		return nil, Refuse("an action cannot be due on %s, which is over", c.Due)
	}
	if err := w.ownable(c.Owner); err != nil {
		return nil, err
	}
	return []Event{ActionAgreed{Action: len(i.Actions) + 1, Text: c.Reason, Owner: c.Owner, Due: c.Due, By: Actor{Person: person}}}, nil
}

// ownable reports whether somebody of people.yaml answers to a name; without one every name is free.
func (w World) ownable(owner string) error {
	roster := w.Documents.People
	if roster == nil || roster.People[owner] != nil || roster.Roles[owner] != nil {
		return nil
	}
	known := slices.Concat(slices.Sorted(maps.Keys(roster.People)), slices.Sorted(maps.Keys(roster.Roles)))
	return &NotFound{What: "person or role", ID: owner, Hint: source.DidYouMean(owner, known)}
}

// orderActionDone closes an action: its owner, whoever proposed it, or the authority says so.
func (i Incident) orderActionDone(w World, person string, c Command) ([]Event, error) {
	if c.Action < 1 || c.Action > len(i.Actions) {
		return nil, &NotFound{What: "action", ID: fmt.Sprint(c.Action), Hint: fmt.Sprintf("%s has %d", i.ID, len(i.Actions))}
	}
	a := i.Actions[c.Action-1]
	switch {
	case !a.Open():
		return nil, before(a.DoneBy, a.Done, "action %d was already done by %s at %s", a.N, who(a.DoneBy), stamp(a.Done))
	case strings.TrimSpace(c.Reason) == "":
		return nil, Refuse("say what was done, or where it can be seen")
	}
	by := Actor{Person: person}
	if person != a.Owner && person != a.By.Person {
		var err error
		if by, err = w.duty().entitled(person, fmt.Sprintf("close action %d", a.N), append([]string{a.Owner}, authority(w.declaration())...)); err != nil {
			return nil, err
		}
	}
	return []Event{ActionDone{Action: a.N, By: by, Result: c.Reason}}, nil
}

func actionSentence(e Event) string {
	switch e := e.(type) {
	case ActionAgreed:
		return fmt.Sprintf("%s put down action %d: %s Owner %s, due %s.", who(e.By), e.Action, closed(e.Text), e.Owner, e.Due)
	case ActionDone:
		return fmt.Sprintf("%s closed action %d%s.", who(e.By), e.Action, because(e.Result))
	}
	return ""
}
