package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"holdfast/detector/watch"
	"holdfast/incident"
	"holdfast/journal"
)

// atTheEnd holds what has to be true once nothing has gone wrong for long.
func (w *World) atTheEnd() {
	if w.failure != nil {
		return
	}
	p := w.charge()
	if p == nil {
		w.fail("L1", "nobody is in charge")
		return
	}
	w.everythingHasEnded(p)
	w.everyAlertWasHeard(p)
	w.everyReplayIsTheSame(p)
}

func (w *World) everythingHasEnded(p *process) {
	p.inv.Look(func(d *incident.Desk) {
		for _, i := range d.Incidents() {
			if i.Open() {
				w.fail("L1", "%s is not over: %s", i.ID, whyOpen(i))
			}
			for _, n := range i.Notices {
				if n.Sent.IsZero() && i.HandsOff == "" {
					w.fail("L3", "%s was never told what %s has to say: %s", n.Person, i.ID, n.Subject)
				}
			}
		}
	})
}

// everyAlertWasHeard holds that what was acknowledged is either in the state or among the dead letters (I2).
func (w *World) everyAlertWasHeard(p *process) {
	buried := map[uint64]int{}
	for _, b := range w.said.dead {
		buried[b.sequence]++
	}
	var alerts uint64
	for _, m := range w.said.messages {
		if m.Subject == "" {
			continue
		}
		batch, why := watch.MakeOut(nil, m)
		switch {
		case why == nil && buried[m.Sequence] > 0:
			w.fail("I2", "message %d could be read and was buried", m.Sequence)
		case why != nil && buried[m.Sequence] != 1:
			w.fail("I2", "message %d (%s) could not be read and was buried %d times", m.Sequence, why.Reason, buried[m.Sequence])
		case why == nil:
			alerts += uint64(len(batch.Alerts))
		}
	}
	p.inv.Look(func(d *incident.Desk) {
		if got := d.AlertsThrough(); got != uint64(len(w.said.messages)) {
			w.fail("I2", "%s has heard up to message %d, and there are %d", p.name, got, len(w.said.messages))
		}
	})
	_ = alerts
}

// everyReplayIsTheSame reads the log anew, as a restart does, and compares what is there with what everybody has (I6).
func (w *World) everyReplayIsTheSame(p *process) {
	again := incident.NewDesk()
	heard := uint64(0)
	hear := func(through uint64) {
		for ; heard < through; heard++ {
			if m := w.said.messages[heard]; m.Subject != "" {
				batch, why := watch.MakeOut(nil, m)
				again.Hear(m.Sequence, m.Received, m.Subject, batch, why)
			}
		}
	}
	calm := view{&process{w: w}}
	for c, err := range journal.On(calm, nil, nil).Read(context.Background(), 0) {
		if err != nil {
			w.fail("I10", "the log cannot be read again: %v", err)
			return
		}
		hear(c.AlertsThrough)
		for _, entry := range c.Entries {
			event, err := incident.Decode(incident.Kind(entry.Kind), entry.Data)
			if err != nil {
				w.fail("I6", "%v", err)
				return
			}
			again.Apply(incident.Record{Sequence: c.Sequence, Hash: c.Hash, At: c.At, Incident: entry.Incident, Event: event})
		}
	}
	hear(uint64(len(w.said.messages)))
	whole := !slices.ContainsFunc(w.said.messages, func(m journal.Message) bool { return m.Subject == "" })
	want := look(again, whole)
	p.inv.Look(func(d *incident.Desk) {
		if got := look(d, whole); got != want {
			w.fail("I6", "%s has another state than a replay: %s", p.name, difference(got, want))
		}
		if changes := again.Due(w.now); len(changes) > 0 && whole {
			if live := d.Due(w.now); len(live) == 0 {
				w.fail("I6", "a replay has %d changes due, the first %s of %s, and %s none", len(changes), changes[0].Event.Kind(), changes[0].Incident, p.name)
			}
		}
	})
}

// look is all that a desk shows; what it counted only where all is there that it once heard.
func look(d *incident.Desk, whole bool) string {
	text, err := json.Marshal(d.Incidents())
	if err != nil {
		return err.Error()
	}
	if !whole {
		return string(text)
	}
	counts, _ := json.Marshal(d.Counts())
	return string(text) + string(counts)
}

func difference(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	cut := func(s string) string { return s[max(0, n-120):min(len(s), n+80)] }
	return fmt.Sprintf("…%s… and …%s…", cut(a), cut(b))
}
