package incident

import (
	"reflect"
	"testing"
	"time"

	"holdfast/detector"
)

// walk decides all that is due by asking every incident everything, until none has anything to say: what the agenda has to
// come to in another way.
func (f *draft) walk() {
	for moved := true; moved; {
		p := f.pair()
		moved = f.begin(p.fresh)
		for _, i := range f.living() {
			v, paired := p.of(i.seat)
			if !paired {
				continue
			}
			events := i.Due(f.world(*f.incidents.of(i.ID), v))
			for _, e := range events {
				f.commit(i.ID, e)
			}
			moved = moved || len(events) > 0
		}
	}
	f.settleReports()
}

func (f *draft) walkNextAt() (next time.Time, ok bool) {
	p := f.pair()
	for _, i := range f.living() {
		v, _ := p.of(i.seat)
		if at, due := i.NextAt(f.world(*i, v)); due && (!ok || at.Before(next)) {
			next, ok = at, true
		}
	}
	return f.reportsNextAt(next, ok)
}

// agrees fails unless the agenda decides what everybody would who is asked, and wakes when one of them would.
func (h *house) agrees(decided []Change) {
	h.Helper()
	if kept, anew := h.book.registered(), registerOf(h.book.living()); !reflect.DeepEqual(kept, anew) {
		h.Fatalf("at %v the register of what open incidents are about is\n%v\nand would be\n%v", h.now.Sub(t0), kept, anew)
	}
	all := h.probe(h.now)
	all.walk()
	if got, want := asJSON(h, decided), asJSON(h, all.changes); got != want {
		h.Fatalf("at %v the agenda decides\n%v\nand whoever asks everybody\n%v\n%s\n%s", h.now.Sub(t0), kindsOf(decided), kindsOf(all.changes), got, want)
	}
}

func (h *house) wakesAgree() {
	h.Helper()
	next, ok := h.draft().nextAt()
	if walked, due := h.probe(h.now).walkNextAt(); ok != due || !next.Equal(walked) {
		h.Fatalf("at %v the agenda wakes at %v, and whoever asks everybody at %v", h.now.Sub(t0), next.Sub(t0), walked.Sub(t0))
	}
}

// An alert about one of two incidents lets nobody else be asked.
func TestOnlyThoseAreAskedWhomSomethingConcerns(t *testing.T) {
	h := newHouse(t, acme())
	h.verdicts = []detector.Verdict{
		h.situation(detector.MajorIncident, []detector.Outage{h.down("payments-api", 0)}),
		h.situation(detector.MajorIncident, []detector.Outage{h.down("reporting", 0)}),
	}
	h.due()
	h.verdicts[0] = h.situation(detector.MajorIncident, []detector.Outage{confirmed(h.down("payments-api", 0))})
	f := h.draft()
	equal(t, len(*f.agenda.concerned(f)), 1)
	h.at(time.Minute)
	f = h.draft()
	equal(t, len(*f.agenda.concerned(f)), 0)
	h.commit(Change{Event: Disarmed{By: Actor{Person: "alice"}}})
	f = h.draft()
	equal(t, len(*f.agenda.concerned(f)), 2)
}

// A run of one incident ends, and another incident has waited for what it held.
func TestWhoWaitsForWhatARunHoldsIsAskedWhenItEnds(t *testing.T) {
	files := acme()
	files["playbooks/failover.yaml"], files["playbooks/reporting.yaml"] = propertyFailover, propertyReporting
	h := newHouse(t, files)
	h.facts.lost["fra1"] = true
	h.verdicts = []detector.Verdict{
		h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("payments-api", 0))}, "facility_lost"),
		h.situation(detector.Disaster, []detector.Outage{confirmed(h.down("reporting", 0))}, "facility_lost"),
	}
	h.at(5 * time.Minute)
	first, second := h.book.ids[0], h.book.ids[1]
	h.order("alice", Command{Verb: VerbDeclare, Incident: first})
	h.order("alice", Command{Verb: VerbDeclare, Incident: second})
	equal(t, len(h.book.incidents.of(second).Runs), 0)
	h.at(6 * time.Minute)
	f := h.draft()
	equal(t, len(*f.agenda.concerned(f)), 0)
	h.order("alice", Command{Verb: VerbStandDown, Incident: first, Reason: "there is another way"}) // nobody is at work
	equal(t, len(h.book.incidents.of(second).Runs), 1)
	says(t, h.book.incidents.of(second).Runs[0].Name, "reporting")
}

// Of thirty thousand incidents that wait for people none is looked at because a step of another one ended: a second of the
// desk's time went into that for every twenty steps.
func TestWhatConcernsOneIncidentAloneHasNobodyElseLookedAt(t *testing.T) {
	h := newHouse(t, acme())
	h.verdicts = []detector.Verdict{
		h.situation(detector.MajorIncident, []detector.Outage{h.down("payments-api", 0)}),
		h.situation(detector.MajorIncident, []detector.Outage{h.down("reporting", 0)}),
	}
	h.due()
	f := h.draft()
	looked := 0
	for _, q := range f.agenda.social {
		q.house = append(q.house, func(*book) bool { looked++; return true })
	}
	equal(t, len(f.agenda.social), 2)
	f.agenda.concerned(f)
	h.commit(Change{Incident: h.book.ids[0], Event: Noted{By: Actor{Person: "alice"}, Text: "the phones are quiet"}})
	f.agenda.concerned(f)
	equal(t, looked, 0)
	f.agenda.moved = true
	f.agenda.concerned(f)
	equal(t, looked, 1) // the one that has nothing to be asked for anyway
}

// What would be decided at another instant is thought through on a copy of the book, and thrown away.
func TestWhatADraftFindsOutAboutIncidentsStaysWithTheDraft(t *testing.T) {
	h := invoked(t, automatic(t))
	for name, event := range map[string]Event{"one that is over there": StoodDown{By: Actor{Person: "alice"}}, "one that only opens there": ExerciseStarted{Exercise: Tabletop}} {
		h.book.about = &registry{} // nobody has asked yet
		f := h.draft()
		f.commit(map[Kind]string{KindStoodDown: acmeIncident, KindExerciseStarted: exerciseID}[event.Kind()], event)
		f.registered()
		if kept, anew := h.book.registered(), registerOf(h.book.living()); !reflect.DeepEqual(kept, anew) {
			t.Errorf("%s: the book has %v, and would have %v", name, kept, anew)
		}
	}
}
