package invoker

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/internal/planted"
)

// Effects under way at once. Steps and notices do not wait for each other: a hanging webhook must not hold up a failover.
// Nor does one run wait for another's: beyond the places that all share, each run has some of its own, and so has each
// incident for its notices. However many machines hang, every other run goes on.
const (
	mostShared = 64 // steps, and as many notices
	ownPlaces  = 4
)

// A flight is an effect that was started by this process. It is remembered until the desk no longer wants it, so that
// one attempt is never carried out twice by one process.
type flight struct {
	effect incident.Effect
	lane   *lane
	cancel context.CancelFunc
	since  time.Time
	over   bool
}

func flightOf(e incident.Effect) string { return fmt.Sprintf("%s#%d", e.Key, e.Attempt) }

// A lane is what has places of its own: a run, or the notices of an incident.
type lane struct {
	incident, run string // run is empty for notices
	taken         int    // places
	waiting       []incident.Effect
}

// flights are all of them, and what waits for a place.
type flights struct {
	of             map[string]*fleet // by incident
	hungry         map[*lane]bool    // where something waits
	stirred        map[*lane]bool    // where something waits or has ended that did not before
	steps, notices int               // under way
}

// A fleet is what an incident wants: started, or waiting.
type fleet struct {
	flights map[string]*flight // what is carried out -> the flight
	lanes   map[string]*lane
}

func newFlights() flights {
	return flights{of: map[string]*fleet{}, hungry: map[*lane]bool{}, stirred: map[*lane]bool{}}
}

func (f *flights) flight(e incident.Effect) *flight {
	if fleet := f.of[e.Incident]; fleet != nil {
		return fleet.flights[flightOf(e)]
	}
	return nil
}

// lane is the one that an effect takes its place from.
func (t *fleet) lane(e incident.Effect) *lane {
	run := e.Run
	if e.Notice != nil {
		run = ""
	}
	if t.lanes[run] == nil {
		t.lanes[run] = &lane{incident: e.Incident, run: run}
	}
	return t.lanes[run]
}

// shared is how many are under way in lanes of a kind.
func (f *flights) shared(l *lane) *int {
	if l.run == "" {
		return &f.notices
	}
	return &f.steps
}

// take counts the places of a lane: n is one more, or one less.
func (f *flights) take(l *lane, n int) {
	*f.shared(l) += n
	l.taken += n
	f.stirred[l] = true
}

// end gives a flight's place back.
func (f *flights) end(of *flight) {
	if !of.over {
		of.over = true
		f.take(of.lane, -1)
	}
}

// want cancels and forgets the flights of an incident that are no longer wanted, and lets wait what is wanted and has not
// been started.
func (f *flights) want(id string, wants []incident.Effect) {
	t := f.of[id]
	if t == nil {
		t = &fleet{lanes: map[string]*lane{}}
	}
	for _, l := range t.lanes {
		l.waiting = nil
		delete(f.hungry, l)
	}
	wanted := make(map[string]*flight, len(wants))
	for _, e := range wants {
		name := flightOf(e)
		if of := t.flights[name]; of != nil && !planted.Is(planted.SentTwice) {
			wanted[name] = of
			continue
		}
		l := t.lane(e)
		l.waiting = append(l.waiting, e)
		f.hungry[l], f.stirred[l] = true, true
	}
	for name, of := range t.flights {
		if wanted[name] == nil && !planted.Is(planted.NotLookedAgain) {
			of.cancel()
			f.end(of)
		}
	}
	t.flights, f.of[id] = wanted, t
	if len(wants) == 0 {
		delete(f.of, id)
	}
}

// next are the effects that have a place now: first those that have one of their own, then whoever has the fewest.
func (f *flights) next() (starts []incident.Effect) {
	for _, l := range slices.SortedFunc(maps.Keys(f.stirred), ahead) {
		for len(l.waiting) > 0 && l.taken < ownPlaces {
			starts = append(starts, f.board(l))
		}
	}
	clear(f.stirred)
	for {
		var first *lane
		for l := range f.hungry {
			if *f.shared(l) < mostShared && (first == nil || ahead(l, first) < 0) {
				first = l
			}
		}
		if first == nil {
			return starts
		}
		starts = append(starts, f.board(first))
	}
}

// ahead orders lanes: whoever has the fewest under way comes first, and steps come before notices.
func ahead(a, b *lane) int {
	return cmp.Or(a.taken-b.taken, strings.Compare(a.incident, b.incident), strings.Compare(b.run, a.run))
}

// board takes a place for the first that waits in a lane.
func (f *flights) board(l *lane) incident.Effect {
	e := l.waiting[0]
	if l.waiting = l.waiting[1:]; len(l.waiting) == 0 {
		delete(f.hungry, l)
	}
	f.take(l, 1)
	return e
}

// launch starts the effects that the desk wants and stops those that it no longer does. All it starts is in the journal:
// the desk knows nothing that is not.
func (v *Invoker) launch(ctx context.Context) {
	failpoint.Hit("invoker/launching")
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
	t := v.flights.of[e.Incident]
	t.flights[flightOf(e)] = &flight{effect: e, lane: t.lane(e), cancel: cancel, since: v.last}
	v.looking.Add(1)
	v.stage.Go(func() {
		defer cancel()
		r, may := v.lookAgain(ctx, e)
		switch {
		case !may:
			return
		case r.Outcome == "":
			failpoint.Hit("invoker/allowed", kindOf(e))
			if planted.Is(planted.OldFence) && e.Epoch > 1 {
				e.Epoch--
			}
			r = v.cfg.Hands.Carry(ctx, e)
			failpoint.Hit("invoker/effect-over", kindOf(e))
		}
		_ = v.stage.Bring(ctx, Knock{result: &r}) // stopped, or no longer wanted: nobody waits for how it went
	})
}

// kindOf is how an effect reaches the world.
func kindOf(e incident.Effect) string {
	switch {
	case e.Notice != nil:
		return "notice"
	case e.Verify != nil:
		return "verify"
	case e.Do == nil:
		return ""
	case e.Do.HTTP != nil:
		return "http"
	case e.Do.NATS != nil:
		return "nats"
	}
	return "exec"
}

// lookAgain looks once more, right before the effect: whoever took over meanwhile decides what becomes of it, its run may have
// been called off, and a rule that no run may break can have come to be broken by it since it was ordered. Then that is its
// result.
func (v *Invoker) lookAgain(ctx context.Context, e incident.Effect) (r incident.Result, may bool) {
	defer v.looking.Add(-1)
	if !v.certain(ctx) {
		return r, false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if planted.Is(planted.NotLookedAgain) {
		return incident.Result{}, true
	}
	if v.desk.Epoch() != v.status.Epoch || v.status.HandsOff != "" || !v.wanted(e) {
		return incident.Result{}, false
	}
	r, _ = v.desk.Forbids(v.cfg.Now().UTC().Round(0), e)
	return r, true
}

// wanted reports whether the desk still wants an effect.
func (v *Invoker) wanted(e incident.Effect) bool {
	return slices.ContainsFunc(v.desk.WantsOf(e.Incident), func(w incident.Effect) bool { return flightOf(w) == flightOf(e) })
}

// recall stops all that is under way: who may not decide may not act.
func (v *Invoker) recall() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id := range v.flights.of {
		v.flights.want(id, nil)
	}
}

// inFlight is what is being carried out, in order of the keys.
func (f *flights) inFlight() []InFlight {
	all := []InFlight{}
	for _, t := range f.of {
		for _, of := range t.flights {
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
	results := v.collect(ctx, first)
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
	failpoint.Hit("invoker/result")
	for {
		changes, err := v.commit(ctx, func(now time.Time) (changes []incident.Change, _ error) {
			for _, r := range results {
				changes = append(changes, v.desk.Finish(now, r)...)
			}
			return envelopeful(changes), nil
		})
		failpoint.Hit("invoker/result-committed")
		if err != nil || len(changes) == 0 {
			return
		}
	}
}

// collect takes the results that wait.
func (v *Invoker) collect(ctx context.Context, first incident.Result) []incident.Result {
	results := []incident.Result{first}
	for len(results) < mostResults {
		k := v.stage.Wait(ctx, Results, 0)
		if k.result == nil {
			break
		}
		results = append(results, *k.result)
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
