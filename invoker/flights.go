package invoker

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/incident"
)

// Effects under way at once. Steps and notices do not wait for each other: a hanging webhook must not hold up a failover.
// Nor does one run wait for another's: beyond the places that all share, each run has some of its own, and so has each
// incident for its notices. However many machines hang, every other run goes on.
const (
	mostSteps   = 64
	mostNotices = 64
	ownPlaces   = 4
)

// A flight is an effect that was started by this process. It is remembered until the desk no longer wants it, so that
// one attempt is never carried out twice by one process.
type flight struct {
	effect incident.Effect
	cancel context.CancelFunc
	since  time.Time
	over   bool
}

// flights are all of them, and what waits for a place.
type flights struct {
	of      map[string]map[string]*flight // incident -> what is carried out -> the flight
	waiting []incident.Effect             // in the order in which they were wanted
	taken   map[string]int                // places by lane
	steps   int                           // under way
	notices int
}

func newFlights() flights {
	return flights{of: map[string]map[string]*flight{}, taken: map[string]int{}}
}

func flightOf(e incident.Effect) string { return fmt.Sprintf("%s#%d", e.Key, e.Attempt) }

// laneOf is what shares places of its own.
func laneOf(e incident.Effect) string {
	if e.Notice != nil {
		return "notices of " + e.Incident
	}
	return "run " + e.Run + " of " + e.Incident
}

func (f *flights) flight(e incident.Effect) *flight { return f.of[e.Incident][flightOf(e)] }

// hasPlace reports whether an effect may start.
func (f *flights) hasPlace(e incident.Effect) bool {
	if f.taken[laneOf(e)] < ownPlaces {
		return true
	}
	if e.Notice != nil {
		return f.notices < mostNotices
	}
	return f.steps < mostSteps
}

// take counts the places under way: n is one more, or one less.
func (f *flights) take(e incident.Effect, n int) {
	lane := laneOf(e)
	if f.taken[lane] += n; f.taken[lane] == 0 {
		delete(f.taken, lane)
	}
	if e.Notice != nil {
		f.notices += n
	} else {
		f.steps += n
	}
}

// end gives a flight's place back.
func (f *flights) end(of *flight) {
	if !of.over {
		of.over = true
		f.take(of.effect, -1)
	}
}

// want cancels and forgets the flights of an incident that are no longer wanted, and lets wait what is wanted and has not
// been started.
func (f *flights) want(id string, wants []incident.Effect) {
	f.waiting = slices.DeleteFunc(f.waiting, func(e incident.Effect) bool { return e.Incident == id })
	wanted := make(map[string]*flight, len(wants))
	for _, e := range wants {
		if of := f.flight(e); of != nil {
			wanted[flightOf(e)] = of
		} else {
			f.waiting = append(f.waiting, e)
		}
	}
	for name, of := range f.of[id] {
		if wanted[name] == nil {
			of.cancel()
			f.end(of)
		}
	}
	f.of[id] = wanted
	if len(wanted) == 0 {
		delete(f.of, id)
	}
}

// next are the effects that have a place now. Whoever has the fewest under way comes first.
func (f *flights) next() (starts []incident.Effect) {
	if len(f.waiting) == 0 {
		return nil
	}
	turns, turn := map[string]int{}, map[string]int{} // by lane; by effect
	for _, e := range f.waiting {
		turn[flightOf(e)] = f.taken[laneOf(e)] + turns[laneOf(e)]
		turns[laneOf(e)]++
	}
	slices.SortStableFunc(f.waiting, func(a, b incident.Effect) int { return turn[flightOf(a)] - turn[flightOf(b)] })
	f.waiting = slices.DeleteFunc(f.waiting, func(e incident.Effect) bool {
		may := f.hasPlace(e)
		if may {
			f.take(e, 1)
			starts = append(starts, e)
		}
		return may
	})
	return starts
}

// launch starts the effects that the desk wants and stops those that it no longer does. All it starts is in the journal:
// the desk knows nothing that is not.
func (v *Invoker) launch(ctx context.Context) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, id := range v.desk.Stirred() {
		wants := v.desk.WantsOf(id)
		if v.cfg.Shadow { // a second lock: a shadow's desk wants nothing
			wants = nil
		}
		v.flights.want(id, wants)
	}
	for _, e := range v.flights.next() {
		v.start(ctx, e)
	}
}

func (v *Invoker) start(ctx context.Context, e incident.Effect) {
	ctx, cancel := context.WithCancel(ctx)
	if v.flights.of[e.Incident] == nil {
		v.flights.of[e.Incident] = map[string]*flight{}
	}
	v.flights.of[e.Incident][flightOf(e)] = &flight{effect: e, cancel: cancel, since: v.last}
	v.flying.Go(func() {
		defer cancel()
		if !v.mayStart() {
			return
		}
		r := v.cfg.Hands.Carry(ctx, e)
		select {
		case v.results <- r:
		case <-ctx.Done(): // stopped, or no longer wanted: nobody waits for how it went
		}
	})
}

// mayStart looks once more, right before the effect: whoever took over meanwhile decides what becomes of it.
func (v *Invoker) mayStart() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.desk.Epoch() == v.status.Epoch && v.status.HandsOff == ""
}

// recall stops all that is under way: who may not decide may not act.
func (v *Invoker) recall() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id := range v.flights.of {
		v.flights.want(id, nil)
	}
	v.flights.waiting = nil
}

// inFlight is what is being carried out, in order of the keys.
func (f *flights) inFlight() []InFlight {
	all := []InFlight{}
	for _, flights := range f.of {
		for _, of := range flights {
			if e := of.effect; !of.over {
				all = append(all, InFlight{e.Key, e.Incident, e.Step, e.Attempt, of.since, e.Until})
			}
		}
	}
	slices.SortFunc(all, func(a, b InFlight) int { return strings.Compare(a.Key, b.Key) })
	return all
}

// mostResults is how many results go into one commit; with the longest outputs they still fit.
const mostResults = 32

// finish records how effects went: all that have come back, in one commit. What the desk says of one is not changed by
// another; each is about an attempt of its own.
func (v *Invoker) finish(ctx context.Context, first incident.Result) {
	if v.idle() {
		return
	}
	results := v.collect(first)
	v.mu.Lock()
	for _, r := range results {
		if of := v.flights.flight(r.Effect); of != nil {
			v.flights.end(of)
		}
	}
	v.mu.Unlock()
	for _, r := range results {
		v.say(r)
	}
	// In as many envelopes as it takes: what is recorded says nothing any more. The error is that this instance is no longer
	// in charge: then these effects are in doubt, and not its to judge.
	for {
		changes, err := v.commit(ctx, func(now time.Time) (changes []incident.Change, _ error) {
			for _, r := range results {
				changes = append(changes, v.desk.Finish(now, r)...)
			}
			return envelopeful(changes), nil
		})
		if err != nil || len(changes) == 0 {
			return
		}
	}
}

// collect takes the results that wait.
func (v *Invoker) collect(first incident.Result) []incident.Result {
	results := []incident.Result{first}
	for len(results) < mostResults {
		select {
		case r := <-v.results:
			results = append(results, r)
		default:
			return results
		}
	}
	return results
}

func (v *Invoker) say(r incident.Result) {
	line := v.cfg.Logger.Info()
	if r.Outcome != "" {
		line = v.cfg.Logger.Warn().Str("outcome", string(r.Outcome)).Str("reason", r.Reason)
	}
	line.Str("incident", r.Effect.Incident).Str("run", r.Effect.Run).Str("step", r.Effect.Step).Str("key", r.Effect.Key).
		Int("attempt", r.Effect.Attempt).Msg("an effect is over")
}
