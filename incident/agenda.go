package incident

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"holdfast/detector"
	clocks "holdfast/internal/deadlines"
)

// An agenda knows who has to be asked what is due. An incident that had nothing to say is asked again only when something
// was recorded of it, when an instant that it named has come, or when anything that it was told when it was asked is no
// longer so: its situation, a fact, what the rest of the house holds. What would be decided by asking everybody is decided
// in the same order.
//
// Only what was said of the committed state is kept; a decision that is tried out leaves nothing here.
type agenda struct {
	quiet   map[string]*quiet // of the open incidents that had nothing to say
	curious map[string]*quiet // those of them that were told a fact of the world
	social  map[string]*quiet // those of them that were told something of the rest of the house
	touched map[string]bool   // those that have to be asked
	all     bool              // everybody has to be
	moved   bool              // something was recorded that may concern others than its own incident
	clock   clocks.Wheel      // of those who are quiet, by seat
	pairing *pairing          // as things stand; nil, or where it rests on others than are open now: to be made anew
	at      time.Time
}

// quiet is an incident that had nothing to say, and what it was told then.
type quiet struct {
	id      string
	verdict *detector.Verdict
	facts   []func(detector.Facts) bool // each reports whether an answer is still the same
	house   []func(*book) bool
	all     bool      // it was told of everybody: it is asked every time
	next    time.Time // when it may speak by the clock alone; zero: never
	seat    int
}

func newAgenda() agenda {
	return agenda{quiet: map[string]*quiet{}, curious: map[string]*quiet{}, social: map[string]*quiet{}, touched: map[string]bool{}, all: true}
}

// note takes in a committed record, which the book has applied.
func (a *agenda) note(r Record, b *book) {
	switch {
	case r.Incident == "": // about the house, or the world
		a.all = true
	case !b.private(r):
		a.moved = true
		if a.pairing != nil && !a.pairing.plain {
			a.pairing = nil
		}
		fallthrough
	default:
		a.touch(r.Incident)
	}
}

func (a *agenda) touch(id string) {
	a.touched[id] = true
	if q := a.quiet[id]; q != nil {
		a.clock.Drop(q.seat)
		delete(a.quiet, id)
		delete(a.curious, id)
		delete(a.social, id)
	}
}

// private reports whether a record concerns nobody but its own incident. What an exercise holds, others may have between its
// steps; and of an incident that is not driven the record may be the one by which it is not.
func (b *book) private(r Record) bool {
	i := b.incidents.of(r.Incident)
	return i.Exercise == "" && i.HandsOff == "" && private(r.Event)
}

// private reports whether an event of what is live concerns nobody but its own incident: not which situation anybody
// follows, and not what runs, holds a resource or has blown a fuse.
func private(e Event) bool {
	switch e := e.(type) {
	case Recommended:
		return e.Would == nil
	case DecisionDue, NoPlaybookFits, StepStarted, ReleaseChanged, Acknowledged, StepApproved, StepDeclined, StepDone, StepFailed, StepSkipped,
		Escalated, Notified, ObjectiveMissed, StandDownRecommended, Noted, AcknowledgementLapsed, HandOverOffered,
		ReportingDue, Reminded, ReportingMissed, Reported,
		StepForbidden, RuleOverruled, RestOffered, RestSkipped, RunPaused, RunResumed, StepHeld, StepReleased, StillHeld, InvocationQueued, RunSuperseded, RunAborted, UndoStarted, UndoDone, UndoFailed, UndoSkipped:
		return true
	case ObjectiveAtRisk:
		return true
	}
	return false
}

// settle asks all who may have something to say until nobody has: what one does may concern another (an exclusive resource
// given back, a situation merged).
func (a *agenda) settle(f *draft) {
	f.asked = a.concerned(f)
	for moved := true; moved; {
		p := a.follow(f)
		moved = f.begin(p.fresh)
		for seat, ok := f.asked.after(-1); ok; seat, ok = f.asked.after(seat) {
			i := f.incidents.of(f.ids[seat])
			v, paired := p.of(i.seat)
			if !paired || !i.Open() {
				continue
			}
			moved = a.ask(f, *i, v) || moved
		}
	}
}

// ask has an incident say what is due, and reports whether anything is.
func (a *agenda) ask(f *draft, i Incident, v *detector.Verdict) bool {
	q := &quiet{id: i.ID, seat: i.seat, verdict: v}
	w := f.listening(i, v, q)
	events := i.Due(w)
	for _, e := range events {
		f.commit(i.ID, e)
	}
	if len(f.changes) == 0 {
		a.keep(q, i, w)
	}
	return len(events) > 0
}

// keep remembers an incident that has nothing to say as things stand.
func (a *agenda) keep(q *quiet, i Incident, w World) {
	a.touch(i.ID)
	if q.next, _ = i.NextAt(w); q.all {
		return
	}
	delete(a.touched, i.ID)
	a.quiet[i.ID] = q
	if len(q.facts) > 0 {
		a.curious[i.ID] = q
	}
	if len(q.house) > 0 {
		a.social[i.ID] = q
	}
	if !q.next.IsZero() {
		a.clock.Set(q.seat, q.next)
	}
}

// nextAt is the first instant at which any incident has something to say by the clock alone.
func (a *agenda) nextAt(f *draft) (next time.Time, ok bool) {
	asked, p := a.concerned(f), a.follow(f)
	for seat, more := asked.after(-1); more; seat, more = asked.after(seat) {
		i := *f.incidents.of(f.ids[seat])
		v, _ := p.of(seat)
		if at, due := i.NextAt(f.world(i, v)); due && (!ok || at.Before(next)) {
			next, ok = at, true
		}
	}
	if at, due := a.clock.Next(); due && (!ok || at.Before(next)) {
		next, ok = at, true
	}
	return next, ok
}

// concerned are those who may have something to say at an instant.
func (a *agenda) concerned(f *draft) *round {
	if f.now.Before(a.at) { // what was quiet later says nothing about earlier
		a.all = true
	}
	a.at = f.now
	if a.all {
		*a = newAgenda()
		a.at, a.all = f.now, false
		for _, id := range f.going {
			a.touched[id] = true
		}
	}
	a.follow(f)
	for {
		seat, due := a.clock.Due(f.now)
		if !due {
			break
		}
		a.touch(f.ids[seat])
	}
	for id, q := range a.curious {
		if !q.holds(f) {
			a.touch(id)
		}
	}
	if a.moved { // everybody was told something of the house: of ten thousand who wait for people nobody is asked for nothing
		for id, q := range a.social {
			if !q.agrees(&f.book) {
				a.touch(id)
			}
		}
	}
	a.moved = false
	r := &round{}
	for id := range a.touched {
		if i := f.incidents.of(id); i.Open() {
			*r = append(*r, i.seat)
		} else {
			delete(a.touched, id)
		}
	}
	slices.Sort(*r)
	return r
}

// holds reports whether the world is as an incident was told.
func (q *quiet) holds(f *draft) bool {
	facts := f.sight(f.incidents.of(q.id)).facts
	return !slices.ContainsFunc(q.facts, func(same func(detector.Facts) bool) bool { return !same(facts) })
}

// agrees reports whether the rest of the house is as it was.
func (q *quiet) agrees(b *book) bool {
	return !slices.ContainsFunc(q.house, func(same func(*book) bool) bool { return !same(b) })
}

// follow says which situation each incident follows, and lets those be asked who follow another one than before. It is
// made anew only when the situations or those who follow them have changed.
func (a *agenda) follow(f *draft) *pairing {
	switch {
	case f.crossed: // tried out
		if f.tried = cmp.Or(f.tried, a.pairing); f.tried == nil || !f.tried.plain || f.tried.about != f.about {
			p := f.pair()
			f.tried = &p
		}
		f.asked.add(a.strayed(f.tried, f)...)
		return f.tried
	case a.pairing == nil, a.pairing.reading != f.reading, f.reading == 0, !a.pairing.lasts(f.now), a.pairing.plain && a.pairing.about != f.about:
		p := f.pair()
		p.reading = f.reading
		a.pairing = &p
		for _, seat := range a.strayed(&p, f) {
			a.touch(f.ids[seat])
		}
	}
	return a.pairing
}

// strayed are the seats of those who follow another situation than when they were asked.
func (a *agenda) strayed(p *pairing, f *draft) (seats []int) {
	for id, q := range a.quiet {
		if v, _ := p.of(q.seat); v != q.verdict && f.incidents.of(id).Open() && !reflect.DeepEqual(v, q.verdict) {
			seats = append(seats, q.seat)
		}
	}
	return seats
}

// crossed lets those be asked whom something concerns that is tried out.
func (a *agenda) crossed(f *draft) {
	for _, q := range a.social {
		if !q.agrees(&f.book) {
			f.asked.add(q.seat)
		}
	}
}

// A round is who is asked, by seat: the oldest first.
type round []int

func (r *round) add(seats ...int) {
	for _, seat := range seats {
		if at, there := slices.BinarySearch(*r, seat); !there {
			*r = slices.Insert(*r, at, seat)
		}
	}
}

// after is the next seat after one.
func (r *round) after(seat int) (next int, ok bool) {
	at, _ := slices.BinarySearch(*r, seat+1)
	if at == len(*r) {
		return 0, false
	}
	return (*r)[at], true
}
