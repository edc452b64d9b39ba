package invoker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"holdfast/detector/alert"
	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/internal/planted"
)

// Heard is one message of the alert log, made out (watch.Heard).
//
// One without a Subject is no message: it says only that nothing waits (CaughtUp), or that messages up to Sequence are
// Lost.
type Heard struct {
	Sequence   uint64
	Received   time.Time
	Subject    string
	Batch      alert.Batch
	Unreadable *alert.Unreadable // why no format reads it; a mapping may
	Lost       uint64            // messages up to Sequence that were stored and can no longer be read
	CaughtUp   bool              // nothing that was waiting is left
	Before     bool              // it is about messages that were heard in a life before this one: Lost since, or only looked at
}

// Hear takes in what the ears bring, in order; the same message twice does no harm. It waits while the loop is busy.
func (v *Invoker) Hear(ctx context.Context, h Heard) error {
	return v.stage.Bring(ctx, Knock{heard: &h})
}

// drain takes what the ears have brought meanwhile, so that a storm is judged in few turns. It reports whether that is anything.
func (v *Invoker) drain(ctx context.Context) (any bool) {
	for range mostWaiting {
		k := v.stage.Wait(ctx, Ears, 0)
		if k.heard == nil {
			break
		}
		v.take(*k.heard)
		any = true
	}
	return any
}

// take lets the desk hear.
func (v *Invoker) take(h Heard) {
	failpoint.Hit("invoker/hearing")
	v.mu.Lock()
	defer v.mu.Unlock()
	if !h.Before {
		v.caughtUp = h.CaughtUp
	}
	if h.Lost > 0 {
		v.doubt(lossRule, fmt.Sprintf("%d messages of the alert log up to %d were stored and can no longer be read", h.Lost, h.Sequence))
	}
	if h.Subject != "" && h.Sequence > v.heardTo {
		v.desk.Hear(h.Sequence, h.Received, h.Subject, h.Batch, h.Unreadable)
	}
	v.heardTo = max(v.heardTo, h.Sequence)
	v.status.AlertsThrough, v.status.CaughtUp = v.heardTo, v.caughtUp
	v.stir()
}

// stir wakes whoever waits for messages that nobody could read, if there are any new ones.
func (v *Invoker) stir() {
	if len(v.desk.Unread(v.unreadTo)) == 0 || !v.status.Live {
		return
	}
	select {
	case v.unread <- struct{}{}:
	default: // somebody is awake
	}
}

// Unread waits for messages after a sequence that could not be read, in order, for whoever buries them. Only who is in
// charge, as far as it knows, tells: what another instance can read is its to say, and every start finds those again that
// are not buried.
func (v *Invoker) Unread(ctx context.Context, after uint64) ([]alert.Unread, error) {
	for {
		if found := v.unreadAfter(after); len(found) > 0 {
			return found, nil
		}
		if err := v.stage.Await(ctx, v.unread); err != nil {
			return nil, err
		}
	}
}

func (v *Invoker) unreadAfter(after uint64) []alert.Unread {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.unreadTo = after
	if !v.status.Live || v.idle() || planted.Is(planted.DeadNotBuried) {
		return nil
	}
	return v.desk.Unread(after)
}

// errShort is the error of an alert log that ends before what was decided on it.
var errShort = errors.New("the alert log is shorter than what was decided on it")

// earsPatience is how long a message may still be on its way that another instance has already decided on.
const earsPatience = 15 * time.Second

// hearThrough hears all that a decision was made on. While the journal is being read nothing beyond is heard, so that a
// replay brings the desk alerts and records in the order in which they came.
func (v *Invoker) hearThrough(ctx context.Context, through uint64) error {
	for v.heardTo < through {
		h, err := v.next(ctx)
		if errors.Is(err, errShort) {
			return fmt.Errorf("%w: it ends at message %d, and an envelope was decided on message %d", errShort, v.heardTo, through)
		}
		if err != nil {
			return err
		}
		if h.Sequence > through && !v.status.Live {
			v.ahead = &h // those between have reached the age at which they expire
			return nil
		}
		v.take(h)
	}
	return nil
}

// next waits for the ears.
func (v *Invoker) next(ctx context.Context) (Heard, error) {
	if h := v.ahead; h != nil {
		v.ahead = nil
		return *h, nil
	}
	for {
		switch k := v.stage.Wait(ctx, Ears, earsPatience); {
		case k.heard != nil:
			return *k.heard, nil
		case ctx.Err() != nil:
			return Heard{}, ctx.Err()
		case v.caughtUp:
			return Heard{}, errShort
		}
	}
}

// Rules that disarm.
const (
	lossRule  = "alerts were lost"
	clockRule = "the clock was put back"
)

// doubt is a reason to leave declarations to people: what automatic decisions would rest on is not whole.
func (v *Invoker) doubt(rule, reason string) {
	if !v.told[reason] && !slices.ContainsFunc(v.doubts, func(d incident.Disarmed) bool { return d.Reason == reason }) {
		v.doubts = append(v.doubts, incident.Disarmed{By: incident.Actor{Rule: rule}, Reason: reason})
	}
}

// disarming brings doubts into the journal. What is under way goes on, and a person who knows of it arms again.
func (v *Invoker) disarming(time.Time) ([]incident.Change, error) {
	var changes []incident.Change
	for _, d := range v.doubts {
		if !v.told[d.Reason] {
			changes = append(changes, incident.Change{Event: d})
		}
	}
	return changes, nil
}
