package incident

import (
	"errors"
	"testing"
	"time"

	"holdfast/oncall"
)

// newShadow is a house at t0 whose first instance judges and does nothing.
func newShadow(t *testing.T, files map[string]string) *house {
	t.Helper()
	h := newHouse(t, files)
	h.commit(Change{Event: TookOver{Epoch: 2, Instance: "shadow", Version: "test", Shadow: true}})
	return h
}

func TestAShadowWritesDownWhatItWouldHaveDeclaredAndInvoked(t *testing.T) {
	h := newShadow(t, automatic(t))
	h.disaster("facility_lost")
	equal(t, h.at(6*time.Minute), []string{"classified", "recommended"})
	r := last[Recommended](h)
	equal(t, r, Recommended{Criteria: []string{"facility_lost"}, Gate: "shadow mode: would have been declared by the rule automatic_for facility_lost",
		Would: &Would{Rule: "automatic_for facility_lost", Tell: []string{"alice", "bob", "carol"},
			Invoke: []Prospect{{Service: "payments-api", Covers: []string{"payments-api"}, Playbook: "failover-to-ams2"}}}})
	says(t, Sentence(Record{Event: r}), "A shadow declares nothing", "automatic_for facility_lost", "failover-to-ams2")
	equal(t, len(h.at(3*time.Hour)), 1) // the objective is missed; nobody is paged for what would have been declared long ago
	equal(t, count[Declared](h)+count[Invoked](h)+count[StepStarted](h)+count[DecisionDue](h), 0)
}

func TestAShadowNamesTheGateWhereAPersonWouldHaveHadToDeclare(t *testing.T) {
	h := newShadow(t, acme())
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	r := last[Recommended](h)
	equal(t, r.Gate, "declaration.mode is recommend")
	equal(t, r.Would.Rule, "")
	equal(t, r.Would.Invoke[0].Playbook, "failover-to-ams2")
}

func TestAShadowTellsNobodyAndWantsNothingDone(t *testing.T) {
	h := newShadow(t, automatic(t))
	h.disaster("facility_lost")
	for _, at := range []time.Duration{6 * time.Minute, time.Hour, 2 * time.Hour, 5 * time.Hour} {
		h.at(at)
		equal(t, len(h.book.wants()), 0)
	}
	equal(t, len(h.book.incidents.of("payments-api-0412").Notices), 0)
}

func TestInAShadowTooOneAutomaticInvocationPerServiceBlowsTheFuse(t *testing.T) {
	h := newShadow(t, automatic(t))
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.verdicts[0].Open = false
	h.at(30 * time.Minute)
	h.disaster("facility_lost")
	h.verdicts[0].Key = "again"
	h.at(2 * time.Hour)
	equal(t, h.book.ids, []string{"payments-api-0412", "payments-api-0412-2"})
	says(t, last[Recommended](h).Gate, "payments-api would have been invoked automatically in payments-api-0412")
}

func TestWhatAShadowKeptToItselfIsSaidOnceTheHouseActs(t *testing.T) {
	h := newShadow(t, automatic(t))
	h.disaster("facility_lost")
	h.at(6 * time.Minute)
	h.commit(Change{Event: TookOver{Epoch: 3, Instance: "three", Version: "test"}})
	equal(t, h.at(7 * time.Minute)[:2], []string{"declared", "invoked"})
	equal(t, len(last[Declared](h).Tell), 3)
	if len(h.book.wants()) == 0 {
		t.Error("nothing is wanted of a disaster that was declared")
	}
}

func TestAShadowIsRefusedOnTheLogOfADaemonThatActs(t *testing.T) {
	s := newShift(t, acme())
	_, err := s.desk.Shadow("shadow", "test")
	var refused *Refusal
	if !errors.As(err, &refused) {
		t.Fatalf("%v is no refusal", err)
	}
	says(t, refused.Reason, "a daemon that acts (epoch 1)", "a log of its own")
}

func TestAShadowTakesNoOrdersButNotesAndArming(t *testing.T) {
	d := NewDesk()
	changes, err := d.Shadow("shadow", "test")
	if err != nil {
		t.Fatal(err)
	}
	docs, _ := ParseDocuments(acme())
	for _, c := range append(changes, d.Adopt(docs, Actor{Rule: "start"})...) {
		d.Apply(Record{At: t0, Event: c.Event})
	}
	armed, why := d.Armed()
	equal(t, armed, false)
	says(t, why, "shadow mode")
	for _, verb := range []Verb{VerbDeclare, VerbDecline, VerbInvoke, VerbStandDown, VerbAck, VerbApprove, VerbRetry} {
		_, err := d.Order(t0, &oncall.Person{ID: "alice"}, Command{Verb: verb, Services: []string{"payments-api"}, Reason: "why not"})
		var refused *Refusal
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v is no refusal", verb, err)
			continue
		}
		says(t, refused.Reason, "shadow mode")
	}
	if _, err := d.Order(t0, &oncall.Person{ID: "alice"}, Command{Verb: VerbArm, Reason: "what would happen if"}); err != nil {
		t.Error(err)
	}
}
