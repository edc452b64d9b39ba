package incident

import (
	"time"

	"holdfast/detector"
)

// A draft is a decision tried out on the book: changes that nobody has committed yet. The first of them makes a copy.
type draft struct {
	book
	now      time.Time
	facts    detector.Facts // as the text in force shows them, like the verdicts
	verdicts []detector.Verdict
	older    []sight // through the texts that open incidents are judged by else
	changes  []Change
}

func (d *Desk) draft(now time.Time) *draft {
	return &draft{book: d.book, now: now, facts: d.detector.FactsAt(now), verdicts: d.detector.Verdicts(now), older: d.seen(now)}
}

// settle goes over all incidents until none has anything to say: what one does may concern another (an exclusive
// resource given back, a situation merged).
func (f *draft) settle() {
	for moved := true; moved; {
		moved = false
		p := f.pair()
		for _, v := range p.fresh {
			f.commit(idFor(opening(v), f.now, f.taken), Classified{Verdict: v, JudgedBy: f.docs.BIA.Digest})
			moved = true
		}
		for _, i := range f.open() {
			if _, paired := p.follows[i.ID]; !paired {
				continue
			}
			events := i.Due(f.world(i, p.follows[i.ID]))
			for _, e := range events {
				f.commit(i.ID, e)
			}
			moved = moved || len(events) > 0
		}
	}
}

func (f *draft) commit(id string, e Event) {
	if len(f.changes) == 0 {
		f.book = f.clone()
	}
	f.changes = append(f.changes, Change{Incident: id, Event: e})
	f.apply(Record{At: f.now, Incident: id, Event: e})
}

// nextAt is the first instant at which any incident has something to say by the clock alone.
func (f *draft) nextAt() (next time.Time, ok bool) {
	p := f.pair()
	for _, i := range f.open() {
		if at, due := i.NextAt(f.world(i, p.follows[i.ID])); due && (!ok || at.Before(next)) {
			next, ok = at, true
		}
	}
	return next, ok
}

func (f *draft) taken(id string) bool { return f.incidents[id] != nil }

// world is what an incident that follows v has to know.
func (f *draft) world(i Incident, v *detector.Verdict) World {
	s := f.sight(i)
	w := World{Now: f.now, Epoch: f.epoch, Documents: f.docs.judging(s.text), Facts: s.facts, Shadow: f.shadow, Verdict: v, Gate: f.gate(), Held: f.held, Running: f.running, Past: &f.past, found: map[string][]string{},
		Blown: func(service string) (time.Time, string, bool) {
			b, ok := f.fuses[service]
			return b.at, b.incident, ok
		}}
	if f.arming != nil || f.broken != "" || f.unread != "" {
		w.Disarmed = w.Gate
	}
	return w
}
