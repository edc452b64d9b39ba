package exercise

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"holdfast/detector/alert"
	"holdfast/incident"
)

// A Message is one message of the alert log as it was recorded, made out.
type Message struct {
	Received   time.Time
	Subject    string
	Batch      alert.Batch
	Said       incident.Event    // what a person said then, in place of a message; nil: it is one
	Unreadable *alert.Unreadable // why no format reads it; the batch has nothing but the body then, for a mapping to read
}

// A Backtest judges recorded alerts by documents that may not have been in force then: the same desk as the daemon's, as
// a shadow, on the clock of the recording. Nobody acts in it: what people said of the world is heard, as far as it was
// recorded, what they did is not, and a disaster
// that would have been declared is over when its outage is. Recordings may be of any length; what is kept are the
// incidents.
type Backtest struct {
	desk    *incident.Desk
	docs    *incident.Documents
	first   time.Time // zero: nothing was heard yet
	now     time.Time
	heard   uint64
	commits uint64
}

// NewBacktest is one that has heard nothing.
func NewBacktest(docs *incident.Documents) *Backtest {
	return &Backtest{desk: incident.NewDesk(), docs: docs}
}

// Hear takes in the next message. What was received in one instant is heard before anything is judged. A message that
// was received before the one heard last is an error: a recording is in the order of the alert log.
func (b *Backtest) Hear(m Message) error {
	at := m.Received.UTC()
	switch {
	case b.first.IsZero():
		if err := b.begin(at); err != nil {
			return err
		}
	case at.Before(b.now):
		return fmt.Errorf("message %d was received at %s, before the one ahead of it (%s)", b.heard+1, stamp(at), stamp(b.now))
	case at.After(b.now):
		if err := b.live(at); err != nil {
			return err
		}
	}
	if m.Said != nil {
		b.commit([]incident.Change{{Event: m.Said}})
		return nil
	}
	b.heard++
	b.desk.Hear(b.heard, at, m.Subject, m.Batch, m.Unreadable)
	return nil
}

// begin makes the documents the ones to judge by.
func (b *Backtest) begin(at time.Time) error {
	b.first, b.now = at, at
	changes, err := b.desk.Shadow("backtest", "")
	if err != nil {
		return fmt.Errorf("begin the backtest: %w", err)
	}
	b.commit(changes)
	b.commit(b.desk.Adopt(b.docs, incident.Actor{Rule: "backtest"}))
	return nil
}

// live judges the present instant, then every one at which something is due before the next.
func (b *Backtest) live(until time.Time) error {
	for {
		b.commit(b.desk.Due(b.now))
		next, ok := b.desk.NextAt()
		if !ok || !next.Before(until) {
			b.now = until
			return nil
		}
		if !next.After(b.now) {
			return fmt.Errorf("the backtest came to a stop at %s: what is due next does not lie ahead", stamp(b.now))
		}
		b.now = next
	}
}

func (b *Backtest) commit(changes []incident.Change) {
	if len(changes) == 0 {
		return
	}
	b.commits++
	for _, c := range changes {
		b.desk.Apply(incident.Record{Sequence: b.commits, At: b.now, Incident: c.Incident, Event: c.Event})
	}
}

// Outcome ends the backtest at an instant and says what came of it. Nothing is foreseen beyond what was recorded: where
// the end is zero or lies before the last message, it is the instant of that message. Incidents that were over before
// from are left out; what was heard before it counts all the same.
func (b *Backtest) Outcome(from, end time.Time) (Outcome, error) {
	if !b.first.IsZero() {
		if end.After(b.now) {
			if err := b.live(end.UTC()); err != nil {
				return Outcome{}, err
			}
		}
		b.commit(b.desk.Due(b.now))
	}
	counts := b.desk.Counts()
	o := Outcome{From: b.first, Through: b.now, Organisation: b.docs.BIA.Organisation, Version: b.docs.BIA.Version, BIA: b.docs.BIA.Digest,
		Messages: b.heard, Alerts: counts.Alerts, Unmapped: counts.Unmapped, Incidents: []Case{}}
	for _, n := range counts.Unreadable {
		o.Unreadable += n
	}
	if from.After(o.From) {
		o.From = from.UTC()
	}
	all := b.desk.Incidents()
	for n := len(all) - 1; n >= 0; n-- {
		if i := all[n]; i.Open() || !i.Closed.Before(from) {
			o.Incidents = append(o.Incidents, caseOf(i, len(b.docs.Playbooks) > 0))
		}
	}
	return o, nil
}

// Messages are the alerts of a scenario as an alert log would have them, the heartbeats among them. What people do in it
// is left out.
func (s *Scenario) Messages() iter.Seq[Message] {
	return func(yield func(Message) bool) {
		p, now := newPulse(s), s.Start
		if len(s.Lines) > 0 && s.Lines[0].At.Before(now) {
			now = s.Lines[0].At
		}
		say := func(alerts []alert.Alert) bool {
			return len(alerts) == 0 || yield(Message{Received: now, Subject: subject, Batch: alert.Batch{Format: "holdfast", Alerts: spoken(alerts)}})
		}
		for lines := s.Lines; !now.After(s.End); {
			if !say(p.beats(now)) {
				return
			}
			for ; len(lines) > 0 && !lines[0].At.After(now); lines = lines[1:] {
				if !say(lines[0].Alerts) {
					return
				}
				p.heard(lines[0].Alerts, now)
			}
			next, beats := p.nextAt()
			switch {
			case len(lines) > 0 && (!beats || lines[0].At.Before(next)):
				next = lines[0].At
			case !beats:
				return
			}
			now = next
		}
	}
}

// spoken are alerts as those say them whom they name: a scenario speaks for everybody, whatever binds them in earnest.
func spoken(alerts []alert.Alert) []alert.Alert {
	alerts = slices.Clone(alerts)
	for n := range alerts {
		alerts[n].Signer = alerts[n].Labels.Get("observer")
	}
	return alerts
}

// subject is what alerts of a scenario are published under.
const subject = "holdfast.alerts.exercise"
