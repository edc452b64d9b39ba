package incident

import (
	"errors"
	"testing"
	"time"
)

func TestAnActionIsAgreedUponAndClosedByItsOwnerAlsoAfterTheIncident(t *testing.T) {
	h := story(t)
	if h.only().Open() {
		t.Fatal("the story has not ended")
	}
	equal(t, h.order("dave", Command{Verb: VerbAction, Incident: acmeIncident, Owner: "head-of-operations", Due: "2026-05-31", Reason: "Rehearse at night"}), []string{"action_agreed"})
	refusal := h.refuses("dave2", Command{Verb: VerbActionDone, Incident: acmeIncident, Action: 1, Reason: "done"})
	says(t, refusal.Reason, "dave2 may not close action 1", "head-of-operations", "carol")
	equal(t, h.order("carol", Command{Verb: VerbActionDone, Incident: acmeIncident, Action: 1, Reason: "TCK-9"}), []string{"action_done"})

	refusal = h.refuses("alice", Command{Verb: VerbActionDone, Incident: acmeIncident, Action: 1, Reason: "TCK-9"})
	says(t, refusal.Reason, "already done by carol (head-of-operations)")
	a := h.only().Actions[0]
	equal(t, a, Action{N: 1, At: h.now, Text: "Rehearse at night", Owner: "head-of-operations", Due: "2026-05-31", By: Actor{Person: "dave"},
		Done: h.now, DoneBy: Actor{Person: "carol", Role: "head-of-operations"}, Result: "TCK-9"})
	if h.only().Open() {
		t.Error("an action opened the incident again")
	}
}

func TestWhoeverPutAnActionDownMayCloseItToo(t *testing.T) {
	h := invoked(t, automatic(t))
	h.order("frank", Command{Verb: VerbAction, Incident: acmeIncident, Owner: "dave", Due: "2026-04-12", Reason: "Look at the disks"})
	h.order("frank", Command{Verb: VerbActionDone, Incident: acmeIncident, Action: 1, Reason: "they are fine"})
}

func TestAnActionThatNobodyCouldBeHeldToIsRefused(t *testing.T) {
	h := invoked(t, automatic(t))
	whole := Command{Verb: VerbAction, Incident: acmeIncident, Owner: "dave", Due: "2026-05-31", Reason: "Look at the disks"}
	for want, spoil := range map[string]func(*Command){
		"without a text":     func(c *Command) { c.Reason = " " },
		"without an owner":   func(c *Command) { c.Owner = "" },
		"2026-12-24, not":    func(c *Command) { c.Due = "soon" },
		"which is over":      func(c *Command) { c.Due = "2026-04-11" },
		"what was done":      func(c *Command) { c.Verb, c.Action, c.Reason = VerbActionDone, 1, "" },
		"already done by da": func(c *Command) { c.Verb, c.Action = VerbActionDone, 2 },
	} {
		if len(h.only().Actions) == 0 {
			h.order("dave", whole)
			h.order("dave", whole)
			h.order("dave", Command{Verb: VerbActionDone, Incident: acmeIncident, Action: 2, Reason: "done"})
		}
		c := whole
		spoil(&c)
		says(t, h.refuses("dave", c).Reason, want)
	}
	whole.Owner = "dav"
	_, err := h.draft().order("dave", whole)
	var missing *NotFound
	if !errors.As(err, &missing) {
		t.Fatalf("an owner whom nobody knows was taken: %v", err)
	}
	says(t, missing.Error(), "person or role", "dave")
	_, err = h.draft().order("dave", Command{Verb: VerbActionDone, Incident: acmeIncident, Action: 7, Reason: "x"})
	if !errors.As(err, &missing) {
		t.Fatalf("an action that nobody agreed upon was closed: %v", err)
	}
}

func TestAnActionIsOverdueOnceItsDayHasPassed(t *testing.T) {
	a := Action{Due: "2026-05-31"}
	equal(t, a.Overdue(time.Date(2026, 5, 31, 23, 59, 59, 0, time.UTC)), false)
	equal(t, a.Overdue(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)), true)
	a.Done = t0
	equal(t, a.Overdue(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)), false)
}
