package incident

import (
	"time"

	"holdfast/detector"
)

// A draft is a decision tried out on the book: changes that nobody has committed yet. The first of them makes a copy.
type draft struct {
	book
	now      time.Time
	facts    detector.Facts      // as the text in force shows them, like the verdicts
	verdicts []*detector.Verdict // without their instant; they belong to the detector
	reading  uint64              // of the verdicts: the same number, the same verdicts; 0: it is not known
	older    []sight             // through the texts that open incidents are judged by else
	changes  []Change

	agenda  *agenda  // of the desk
	asked   *round   // whom it asks; nil where nobody is
	crossed bool     // something is tried out that concerns others than its own incident
	tried   *pairing // as it was then; nil: nobody has asked
}

func (d *Desk) draft(now time.Time) *draft {
	f := &draft{book: d.book, now: now, facts: d.detector.FactsAt(now), older: d.seen(now), agenda: &d.agenda}
	f.verdicts, f.reading = d.detector.Reading(now)
	if len(f.older) > 0 {
		f.reading = 0
	}
	return f
}

// settle decides all that is due.
func (f *draft) settle() {
	f.agenda.settle(f)
	f.settleReports()
}

// nextAt is the first instant at which any incident has something to say by the clock alone.
func (f *draft) nextAt() (time.Time, bool) {
	next, ok := f.agenda.nextAt(f)
	return f.reportsNextAt(next, ok)
}

// follows is the situation that an incident follows; nil: none.
func (f *draft) follows(i *Incident) *detector.Verdict {
	v, _ := f.agenda.follow(f).of(i.seat)
	return v
}

// begin opens an incident for each of some situations.
func (f *draft) begin(fresh []*detector.Verdict) (any bool) {
	for _, v := range fresh {
		f.commit(idFor(opening(*v), f.now, f.taken), Classified{Verdict: *f.dated(v), JudgedBy: f.docs.BIA.Digest})
	}
	return len(fresh) > 0
}

// commit tries a change out. Whom it may concern is asked what follows.
func (f *draft) commit(id string, e Event) {
	if len(f.changes) == 0 {
		f.book = f.clone()
	}
	f.changes = append(f.changes, Change{Incident: id, Event: e})
	r := Record{At: f.now, Incident: id, Event: e}
	f.apply(r)
	if f.asked == nil {
		return
	}
	f.asked.add(f.incidents.of(id).seat)
	if !f.private(r) {
		f.crossed = true
		f.agenda.crossed(f)
	}
}

func (f *draft) taken(id string) bool { return f.incidents.of(id) != nil }

// world is what an incident that follows v has to know.
func (f *draft) world(i Incident, v *detector.Verdict) World { return f.listening(i, v, &quiet{}) }

// listening is that world, and keeps what the incident is told of it.
func (f *draft) listening(i Incident, v *detector.Verdict, q *quiet) World {
	s, live := f.sight(&i), i.Exercise == ""
	w := World{Now: f.now, Epoch: f.epoch, Documents: f.docs.judging(s.text), Facts: listener{s.facts, q}, Shadow: f.shadow, Verdict: f.dated(v), Gate: f.gate(), found: map[string][]string{},
		Open: func() []Incident {
			q.all = true
			return f.open()
		},
		Held: func(resource string) string {
			return ofHouse(q, f, func(b *book) string { return b.held(live, resource) })
		},
		Running: func(playbook string) string {
			return ofHouse(q, f, func(b *book) string { return b.running(live, playbook) })
		},
		Bringing: func(service string) string {
			return ofHouse(q, f, func(b *book) string { return b.bringing(live, service) })
		},
		Stranded: func(service string) Strand {
			return ofHouse(q, f, func(b *book) Strand { return b.stranded(live, service) })
		},
		Blown: func(service string) (time.Time, string, bool) {
			last := ofHouse(q, f, func(b *book) fuse { return b.fuses.of(service) })
			return last.at, last.incident, last != fuse{}
		},
		Exercised: func() []Exercised {
			return f.exercised[:ofHouse(q, f, func(b *book) int { return len(b.exercised) })]
		},
		Disaster: func() string { return ofHouse(q, f, (*book).disaster) }}
	w.Off = ofHouse(q, f, (*book).off)
	w.Past = &f.past
	if f.arming != nil || f.broken != "" || f.unread != "" {
		w.Disarmed = w.Gate
	}
	return w
}

// dated is a situation as it stands now.
func (f *draft) dated(v *detector.Verdict) *detector.Verdict {
	if v == nil || !v.At.IsZero() {
		return v
	}
	now := *v
	now.At = f.now
	return &now
}
