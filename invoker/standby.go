package invoker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/journal"
)

// ErrAnew is the error of an instance that has had its time: another one took over from it, or it has read what it should
// not have yet. A new one has to be made in its place, which reads both logs from their start and stands by; so nothing of
// what this one believed remains.
var ErrAnew = errors.New("the journal has to be read anew")

// errOccupied is the error of a take-over that is not called for any more.
var errOccupied = errors.New("another instance is in charge")

// Waits beside a lease.
const (
	standbyEvery = 250 * time.Millisecond // between two looks into the log
	newcomerTime = time.Second            // that who has just taken over may need to say so
	glanceTime   = 2 * time.Second        // that a look into the log may take
	certainFor   = 500 * time.Millisecond // how long it is believed, after a look, that nobody has taken over
)

// succeedWhenFree stands by until nobody seems to be in charge, and takes over. It reports whether there was somebody
// before: then the documents that are in force are theirs, and those on this machine wait for a reload.
func (v *Invoker) succeedWhenFree(ctx context.Context) (inherits bool, err error) {
	for {
		stood, err := v.standBy(ctx)
		if inherits = inherits || stood; err != nil {
			return inherits, err
		}
		v.tooEarly()
		failpoint.Hit("invoker/taking-over")
		err = v.takeOver(ctx)
		if errors.Is(err, errOccupied) {
			continue
		}
		if err != nil {
			return inherits, err
		}
		failpoint.Hit("invoker/took-over")
		if v.cfg.Lease != nil {
			if err := v.cfg.Lease.Hold(v.status.Epoch); err != nil {
				v.cfg.Logger.Error().Err(err).Msg("the others cannot be told that this instance is in charge")
			}
		}
		return inherits && v.desk.Documents() != nil, nil
	}
}

// standBy folds both logs, as they grow, until nobody seems to be in charge. Alerts are heard right after the log was
// looked into, so that they come to the desk as nearly as can be in the order in which they came to who decides.
func (v *Invoker) standBy(ctx context.Context) (stood bool, err error) {
	if v.cfg.Lease == nil {
		return false, nil
	}
	for {
		if err := v.insist(ctx, v.readOn); err != nil {
			return stood, err
		}
		v.journalWorks()
		if err := v.catchUp(ctx); err != nil {
			return stood, err
		}
		v.drain(ctx)
		holder, held := v.cfg.Lease.Holder()
		if !held && v.caughtUp && v.stage.Now().Sub(v.newcomer) > newcomerTime {
			return stood, nil
		}
		if held && holder.Instance != "" {
			if !stood {
				v.cfg.Logger.Info().Str("in_charge", holder.Instance).Str("at", holder.Address).Msg("standing by: another instance is in charge")
			}
			stood = true
		}
		v.note(func(s *Status) { s.Standby = &holder })
		v.isUp()
		v.stage.Wait(ctx, News, standbyEvery)
		if ctx.Err() != nil {
			return stood, ctx.Err()
		}
	}
}

// occupied reports that somebody else has come into charge, or is seen to be there after all, since it was decided to take
// over from who was in charge in an epoch.
func (v *Invoker) occupied(epoch uint64) bool {
	if v.cfg.Lease == nil {
		return false
	}
	_, held := v.cfg.Lease.Holder()
	return held || v.incumbent.Epoch != epoch
}

// misread reports whether an envelope changes the documents by which alerts should have been read that a standby has heard
// already, or a life before this one.
func (v *Invoker) misread(c journal.Committed) bool {
	early := v.status.Standby != nil || v.status.Recalled > 0 && !v.status.Live
	return early && v.heardTo > c.AlertsThrough &&
		slices.ContainsFunc(c.Entries, func(e journal.Entry) bool { return incident.Kind(e.Kind) == incident.DocumentsAdopted{}.Kind() })
}

// glance looks whether the log has moved on without this instance. Whoever does not append would not learn otherwise that
// somebody took over: a process that was stopped, or cut off, wakes and believes that nothing has happened.
func (v *Invoker) glance(ctx context.Context) {
	if v.cfg.Lease == nil || v.idle() || v.stage.Now().Sub(v.contact) < certainFor {
		return
	}
	ctx, cancel := v.stage.Timeout(ctx, glanceTime)
	defer cancel()
	err := v.readOn(ctx)
	switch {
	case errors.Is(err, journal.ErrBroken), errors.Is(err, errShort):
		v.handsOff(err)
	case err != nil:
		v.journalFails(err)
	default:
		v.journalWorks()
	}
}

// listen brings the loop what is said of who is in charge.
func (v *Invoker) listen(ctx context.Context) {
	for v.stage.Await(ctx, v.cfg.Lease.Changed()) == nil {
		_ = v.stage.Bring(ctx, Knock{news: true}) // who is over needs no news
	}
}

// forget makes the next turn look into the log.
func (v *Invoker) forget() { v.note(func(*Status) { v.contact = time.Time{} }) }

// certain waits until it has been seen, a moment ago, that nobody has taken over. What lies between the record of an effect
// and the effect can be as long as a process can be stopped.
func (v *Invoker) certain(ctx context.Context) bool {
	for v.cfg.Lease != nil {
		v.mu.Lock()
		seen := v.stage.Now().Sub(v.contact)
		v.mu.Unlock()
		if seen < certainFor {
			break
		}
		if v.stage.Bring(ctx, Knock{news: true}) != nil {
			return false
		}
	}
	return ctx.Err() == nil
}

func (v *Invoker) release() {
	if v.cfg.Lease != nil {
		v.flying.Wait()
		v.cfg.Lease.Release()
	}
}

// standingBy is why a standby takes no orders.
func standingBy(h journal.Holder) error {
	switch {
	case h.Instance == "":
		return errors.New("it is being found out who is in charge: try again in a moment")
	case h.Address == "":
		return fmt.Errorf("this instance stands by: %s is in charge, ask that one", h.Instance)
	}
	return fmt.Errorf("this instance stands by: %s is in charge, ask that one at %s", h.Instance, h.Address)
}
