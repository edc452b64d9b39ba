package invoker

import (
	"context"
	"fmt"
	"time"

	"holdfast/incident"
)

// wake brings a new process up to the present and puts it in charge. Until then it decides nothing and does nothing: an
// outage that is already over must not be answered.
func (v *Invoker) wake(ctx context.Context) error {
	if err := v.insist(ctx, v.readOn); err != nil {
		return err
	}
	for !v.caughtUp || v.ahead != nil {
		h, err := v.next(ctx)
		if err != nil {
			return err
		}
		v.take(h)
	}
	v.checkClock()
	if err := v.takeOver(ctx); err != nil {
		return err
	}
	_, err := v.commit(ctx, func(time.Time) ([]incident.Change, error) {
		return v.desk.Adopt(v.cfg.Documents, incident.Actor{Rule: "start of " + v.cfg.Instance}), nil
	})
	if err != nil {
		return fmt.Errorf("adopt the documents: %w", err)
	}
	v.note(func(s *Status) { s.Live = true })
	v.cfg.Logger.Info().Uint64("epoch", v.status.Epoch).Uint64("envelopes", v.head.sequence).Uint64("alerts", v.heardTo).
		Msg("caught up and in charge")
	if v.cfg.Shadow {
		v.cfg.Logger.Warn().Msg("SHADOW: this instance judges and records; it declares nothing, invokes nothing and tells nobody")
	}
	return nil
}

func (v *Invoker) takeOver(ctx context.Context) error {
	changes, err := v.commit(ctx, func(time.Time) ([]incident.Change, error) {
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
	return nil
}

// checkClock says it when the wall clock is behind the journal: another machine's clock was ahead, or this one's is
// wrong. The desk's time stands still until the clock has caught up.
func (v *Invoker) checkClock() {
	if behind := v.last.Sub(v.cfg.Now()); behind > 2*time.Second {
		v.cfg.Logger.Error().Dur("behind", behind).Time("journal", v.last).
			Msg("this machine's clock is behind the journal: deadlines wait until it has caught up; check NTP")
	}
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
