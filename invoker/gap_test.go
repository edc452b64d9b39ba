package invoker_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"holdfast/incident"
)

func TestEnvelopesThatAreMissingLeaveTheOpenIncidentToPeopleAndOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot()
		for time.Since(w.start) < 5*time.Minute { // into the run: it waits for approvals
			w.monitor()
			time.Sleep(time.Second)
		}
		p.end()
		head := p.inv.Status().Head
		w.journal.Tamper(head-2, func([]byte) []byte { return nil })
		w.journal.Tamper(head-3, func([]byte) []byte { return nil })
		acts := actsOf(w)

		p = w.boot()
		time.Sleep(time.Hour)
		if err := p.inv.Ready(); err != nil {
			t.Errorf("it cannot go on: %v", err)
		}
		if s := p.inv.Status(); !strings.Contains(s.Gap, "envelopes") || !strings.Contains(s.Gap, "missing") {
			t.Errorf("its status says %q", s.Gap)
		}
		i, ok := p.incident()
		if !ok || i.Declared == nil || i.HandsOff == "" {
			t.Errorf("the incident that was open: declared %v, hands off %q", i.Declared != nil, i.HandsOff)
		}
		p.wantGate(t, "adopt-gap")
		if got := actsOf(w); got != acts {
			t.Errorf("%d effects were started for it", got-acts)
		}

		gap := ""
		p.inv.Look(func(d *incident.Desk) { gap = d.Gaps()[0].String() })
		order := func(by string, c incident.Command) error {
			_, err := p.inv.Order(t.Context(), person(by), c)
			return err
		}
		if err := order("ada", incident.Command{Verb: incident.VerbAdoptGap, Gap: gap}); err == nil {
			t.Error("it is adopted without a reason")
		}
		if err := order("ada", incident.Command{Verb: incident.VerbAdoptGap, Gap: "1-2", Reason: "x"}); err == nil || !strings.Contains(err.Error(), gap) {
			t.Errorf("another gap than there is: %v", err)
		}
		if err := order("ada", incident.Command{Verb: incident.VerbAdoptGap, Gap: gap, Reason: "the pager's log has all of it"}); err != nil {
			t.Fatal(err)
		}
		if s := p.inv.Status(); s.Gap != "" {
			t.Errorf("once it is adopted its status says %q", s.Gap)
		}
		p.wantGate(t, "")
		if err := order("ada", incident.Command{Verb: incident.VerbStandDown, Incident: i.ID, Reason: "carried through by hand"}); err != nil {
			t.Errorf("the incident cannot be stood down: %v", err)
		}
		p.end()

		p = w.boot() // the gap and its adoption are both read again
		time.Sleep(time.Minute)
		p.wantGate(t, "")
		if s := p.inv.Status(); s.Gap != "" || !s.Live {
			t.Errorf("after another start: %+v", s)
		}
		p.end()
	})
}

// wantGate checks what keeps anything from being declared without a person; empty: nothing does.
func (p *process) wantGate(t *testing.T, words string) {
	t.Helper()
	p.inv.Look(func(d *incident.Desk) {
		armed, why := d.Armed()
		if armed != (words == "") || !strings.Contains(why, words) {
			t.Errorf("armed: %t, for %q", armed, why)
		}
	})
}

// actsOf is how many effects on machines were sent.
func actsOf(w *world) (n int) {
	for _, e := range w.sent() {
		if e.Notice == nil {
			n++
		}
	}
	return n
}
