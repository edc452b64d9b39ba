package invoker

import (
	"context"
	"fmt"
	"time"

	"holdfast/incident"
	"holdfast/internal/failpoint"
)

// wake brings a new process up to the present and puts it in charge. Until then it decides nothing and does nothing: an
// outage that is already over must not be answered.
func (v *Invoker) wake(ctx context.Context) error {
	v.note(func(*Status) { v.desk.Alone(true) })
	err := v.insist(ctx, v.readOn)
	v.note(func(*Status) { v.desk.Alone(false) })
	if err != nil {
		return err
	}
	if err := v.catchUp(ctx); err != nil {
		return err
	}
	inherits, err := v.succeedWhenFree(ctx)
	if err != nil {
		return err
	}
	if !inherits {
		_, err := v.commit(ctx, func(time.Time) ([]incident.Change, error) {
			return v.desk.Adopt(v.cfg.Documents, incident.Actor{Rule: "start of " + v.cfg.Instance}), nil
		})
		if err != nil {
			return fmt.Errorf("adopt the documents: %w", err)
		}
	}
	v.note(func(s *Status) { s.Live, s.Standby = true, nil; v.stir() })
	v.isUp()
	failpoint.Hit("invoker/live")
	if v.cfg.InCharge != nil {
		v.cfg.InCharge()
	}
	v.cfg.Logger.Info().Uint64("epoch", v.status.Epoch).Uint64("envelopes", v.head.sequence).Uint64("alerts", v.heardTo).
		Msg("caught up and in charge")
	if v.cfg.Shadow {
		v.cfg.Logger.Warn().Msg("SHADOW: this instance judges and records; it declares nothing, invokes nothing and tells nobody")
	}
	return nil
}

// catchUp hears what waits in the alert log.
func (v *Invoker) catchUp(ctx context.Context) error {
	for !v.caughtUp || v.ahead != nil {
		h, err := v.next(ctx)
		if err != nil {
			return err
		}
		v.take(h)
	}
	return nil
}

// isUp notes how long it took to read both logs, the first time that it is ready to decide, or to take over.
func (v *Invoker) isUp() {
	v.note(func(s *Status) {
		if s.StartTook == 0 {
			s.StartTook = v.stage.Now().Sub(v.born)
		}
	})
}

func (v *Invoker) takeOver(ctx context.Context) error {
	before := v.incumbent.Epoch
	changes, err := v.commit(ctx, func(time.Time) ([]incident.Change, error) {
		if v.occupied(before) {
			return nil, errOccupied
		}
		if v.cfg.Shadow {
			return v.desk.Shadow(v.cfg.Instance, v.cfg.Version)
		}
		return v.desk.TakeOver(v.cfg.Instance, v.cfg.Version), nil
	})
	if err != nil {
		return fmt.Errorf("take over: %w", err)
	}
	for _, c := range changes {
		if took, ok := c.Event.(incident.TookOver); ok {
			v.note(func(s *Status) { s.Epoch = took.Epoch; v.succeed() })
		}
	}
	if v.idle() { // somebody took over before it was known that this one had
		return fmt.Errorf("take over: %w", v.unable())
	}
	return nil
}

// How far the wall clock may be behind the desk's time: without anybody noticing, and so that it is waited for.
const (
	clockPatience = 2 * time.Second
	clockLimit    = time.Minute
)

// tooEarly reports that nothing is to be decided until the wall clock, which was put back a little, has caught up with the
// desk's time. That stands still meanwhile: an alert that comes in now would seem to be as old as the clock is behind, and
// a blip a disaster. Where the clock is far behind, or was far ahead before, nobody can wait for it; then what is under way
// goes on, and declarations are left to people.
func (v *Invoker) tooEarly() bool {
	behind := v.last.Sub(v.cfg.Now())
	if behind <= clockPatience {
		behind = 0
	}
	switch before := v.status.ClockBehind; {
	case behind > 0 && before == 0:
		v.cfg.Logger.Error().Dur("behind", behind).Time("journal", v.last).
			Msg("this machine's clock is behind the journal: deadlines wait until it has caught up; check NTP")
	case behind == 0 && before > 0:
		v.cfg.Logger.Info().Msg("this machine's clock has caught up with the journal")
	}
	v.note(func(s *Status) { s.ClockBehind = behind })
	if behind > clockLimit {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.doubt(clockRule, "this machine's clock is behind the journal, which stands at "+v.last.Format(time.RFC3339))
		return false
	}
	return behind > 0
}

// watch keeps an instance that is not in charge up to date with what the one in charge does.
func (v *Invoker) watch(ctx context.Context) {
	if v.status.HandsOff != "" {
		return
	}
	v.recall()
	if err := v.insist(ctx, v.readOn); err == nil {
		v.journalWorks()
	}
}
