package invoker

import (
	"context"
	"fmt"
	"time"

	"holdfast/incident"
)

// Effects under way at once. Notices and steps do not wait for each other: a hanging webhook must not hold up a failover.
const (
	mostSteps   = 64
	mostNotices = 64
)

// A flight is an effect that was started by this process. It is remembered until the desk no longer wants it, so that
// one attempt is never carried out twice by one process.
type flight struct {
	effect incident.Effect
	cancel context.CancelFunc
	since  time.Time
	over   bool
}

func flightOf(e incident.Effect) string { return fmt.Sprintf("%s#%d", e.Key, e.Attempt) }

// launch starts the effects that the desk wants and stops those that it no longer does. All it starts is in the journal:
// the desk knows nothing that is not.
func (v *Invoker) launch(ctx context.Context) {
	v.mu.Lock()
	defer v.mu.Unlock()
	wants := v.desk.Wants()
	if v.cfg.Shadow { // a second lock: a shadow's desk wants nothing
		wants = nil
	}
	v.land(wants)
	steps, notices := v.underWay()
	for _, e := range wants {
		if v.flights[flightOf(e)] != nil {
			continue
		}
		if e.Notice != nil && notices < mostNotices {
			notices++
		} else if e.Notice == nil && steps < mostSteps {
			steps++
		} else {
			continue
		}
		v.start(ctx, e)
	}
	v.status.InFlight = v.inFlight()
}

func (v *Invoker) start(ctx context.Context, e incident.Effect) {
	ctx, cancel := context.WithCancel(ctx)
	v.flights[flightOf(e)] = &flight{effect: e, cancel: cancel, since: v.last}
	v.flying.Go(func() {
		defer cancel()
		r, may := v.mayStart(e)
		switch {
		case !may:
			return
		case r.Outcome == "":
			r = v.cfg.Hands.Carry(ctx, e)
		}
		select {
		case v.results <- r:
		case <-ctx.Done(): // stopped, or no longer wanted: nobody waits for how it went
		}
	})
}

// mayStart looks once more, right before the effect: whoever took over meanwhile decides what becomes of it, and a rule
// that no run may break can have come to be broken by it since it was ordered. Then that is its result.
func (v *Invoker) mayStart(e incident.Effect) (incident.Result, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.desk.Epoch() != v.status.Epoch || v.status.HandsOff != "" {
		return incident.Result{}, false
	}
	r, _ := v.desk.Forbids(v.cfg.Now().UTC().Round(0), e)
	return r, true
}

// land cancels and forgets the flights that are no longer wanted.
func (v *Invoker) land(wants []incident.Effect) {
	wanted := make(map[string]bool, len(wants))
	for _, e := range wants {
		wanted[flightOf(e)] = true
	}
	for id, f := range v.flights {
		if !wanted[id] {
			f.cancel()
			delete(v.flights, id)
		}
	}
}

// recall stops all that is under way: who may not decide may not act.
func (v *Invoker) recall() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.land(nil)
	v.status.InFlight = v.inFlight()
}

func (v *Invoker) underWay() (steps, notices int) {
	for _, f := range v.flights {
		switch {
		case f.over:
		case f.effect.Notice != nil:
			notices++
		default:
			steps++
		}
	}
	return steps, notices
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
	for _, r := range results {
		if f := v.flights[flightOf(r.Effect)]; f != nil {
			f.over = true
		}
		v.say(r)
	}
	// The error is that this instance is no longer in charge: then these effects are in doubt, and not its to judge.
	_, _ = v.commit(ctx, func(now time.Time) (changes []incident.Change, _ error) {
		for _, r := range results {
			changes = append(changes, v.desk.Finish(now, r)...)
		}
		return changes, nil
	})
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
