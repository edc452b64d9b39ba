package detector

import (
	"slices"
	"sort"
	"time"

	"holdfast/bia"
)

// An ear is what is known of one observer's being there: when it was silent, and when a heartbeat proved it well.
//
// An observer is silent when nothing that matches its heartbeat was received for 2.5 times its interval, or when it is
// said to be. A heartbeat, a statement or being said to be well ends that, at an instant after the silence began.
type ear struct {
	id      string
	number  uint16 // among the observers of the analysis
	match   bia.Matchers
	limit   time.Duration // 2.5 x every; 0: no heartbeat
	last    int64         // from when on it is waited for; ever: not yet
	open    int64         // when it was announced to be silent, or the silence was noticed; never: it is not
	told    int64         // when it was last announced to be silent; ever: not
	past    spans         // silences that ended
	proofs  []int64       // the first heartbeat after each time that something was resolved
	owed    int64         // when something was first resolved that no heartbeat has followed; never: nothing
	settled int64         // when something was last resolved

	unproven map[string]int64 // components of which something was resolved since the last heartbeat, and when it last was

	received uint64 // alerts
}

func newEar(id string) *ear {
	return &ear{id: id, last: ever, open: never, told: ever, owed: never, settled: ever, unproven: map[string]int64{}}
}

// silentFrom is when the observer's silence began, or will if nothing is heard of it; never: it has no heartbeat.
func (e *ear) silentFrom() int64 {
	switch {
	case e.open != never:
		return e.open
	case e.limit == 0 || e.last == ever:
		return never
	}
	return later(e.last, e.limit)
}

// wake starts waiting for an observer that has not been heard yet.
func (e *ear) wake(now int64) {
	if e.last == ever {
		e.last = now
	}
}

// beat hears a heartbeat, and reports whether it ends a silence, and whether it proves that something was resolved.
func (e *ear) beat(now int64) (ends, proves bool) {
	ends = e.hear(now)
	e.last = max(e.last, now)
	if e.owed >= now {
		return ends, false
	}
	e.proofs, e.owed = append(e.proofs, now), never
	if e.settled == now { // in the same instant; the order within it must not matter
		e.owed = now
	}
	return ends, true
}

// settle hears that an alert about a component was resolved, which the next heartbeat proves.
func (e *ear) settle(now int64, component string) {
	e.owed, e.settled = min(e.owed, now), now
	e.unproven[component] = now
}

// proven are the components of which something was resolved before an instant and had no proof until then.
func (e *ear) proven(now int64) (components []string) {
	for id, at := range e.unproven {
		if components = append(components, id); at < now {
			delete(e.unproven, id)
		}
	}
	return components
}

// hear ends a silence, and reports whether there was one.
func (e *ear) hear(now int64) bool {
	from := e.silentFrom()
	if from >= now {
		return false
	}
	e.past = append(e.past, span{from, now})
	e.open, e.last = never, now
	if e.told == now { // in the same instant; the order within it must not matter
		e.open = now
	}
	return true
}

// hush hears that the observer is silent.
func (e *ear) hush(now int64) {
	e.told = now
	if e.silentFrom() >= now {
		e.open = now
	}
}

// silences are all that began by until; one that goes on is last. Nobody is never silent.
func (e *ear) silences(until int64) spans {
	if e == nil {
		return nil
	}
	if from := e.silentFrom(); from <= until && from != never {
		return append(slices.Clip(e.past), span{from, never})
	}
	return e.past
}

// fellSilent reports whether a silence began at or after an instant, and before now.
func (e *ear) fellSilent(after, now int64) bool {
	if e == nil {
		return false
	}
	if from := e.silentFrom(); from != never && from >= after && from < now {
		return true
	}
	return begun(e.past, after) < now
}

// silentBetween asks for a silence that began at or after an instant, and before now.
func (e *ear) silentBetween(now int64) func(int64) bool {
	return func(after int64) bool { return e.fellSilent(after, now) }
}

// begun is the first silence that began at or after an instant: what is said in the instant counts as before it.
func begun(silences spans, at int64) int64 {
	i := sort.Search(len(silences), func(i int) bool { return silences[i].from >= at })
	if i == len(silences) {
		return never
	}
	return silences[i].from
}

// proof is the first heartbeat after something that was resolved at an instant; never: none yet.
func (e *ear) proof(after int64) int64 {
	i := sort.Search(len(e.proofs), func(i int) bool { return e.proofs[i] > after })
	if i == len(e.proofs) {
		return never
	}
	return e.proofs[i]
}

// spare is before when silences and proofs can be forgotten: an instant, or later where there are too many.
func (e *ear) spare(before int64) int64 {
	if n := len(e.past); n > most {
		before = max(before, e.past[n-most].from)
	}
	if n := len(e.proofs); n > most {
		before = max(before, e.proofs[n-most])
	}
	return before
}

// trim forgets what lies before an instant, and reports whether there was any.
func (e *ear) trim(before int64) bool {
	silences, proofs := len(e.past), len(e.proofs)
	e.past = slices.DeleteFunc(slices.Clone(e.past), func(s span) bool { return s.from < before })
	e.proofs = slices.DeleteFunc(slices.Clone(e.proofs), func(at int64) bool { return at < before })
	return len(e.past) < silences || len(e.proofs) < proofs
}
