package invoker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/oncall"
)

// An ask is something that somebody waits for.
type ask struct {
	ctx    context.Context // whoever has stopped waiting was told so, and must not get it later
	decide decision
	done   chan struct{} // closed once there is an answer

	changes []incident.Change
	err     error
}

func (a *ask) answer(changes []incident.Change, err error) {
	a.changes, a.err = changes, err
	close(a.done)
}

// orderPatience is how long an order waits for a journal that cannot be written: longer than the election of a leader.
const orderPatience = 15 * time.Second

// Order carries out what a person asks for; it returns when that is in the journal, or a *incident.Refusal. Any other
// error says whether the order may have been recorded; nothing bad comes of repeating it.
func (v *Invoker) Order(ctx context.Context, by *oncall.Person, c incident.Command) ([]incident.Change, error) {
	return v.ask(ctx, string(c.Verb), func(now time.Time) ([]incident.Change, error) { return v.desk.Order(now, by, c) })
}

// Adopt makes documents the ones to live by (reload); it returns when that is in the journal.
func (v *Invoker) Adopt(ctx context.Context, docs *incident.Documents, by incident.Actor) error {
	_, err := v.ask(ctx, "adopt the documents", func(time.Time) ([]incident.Change, error) { return v.desk.Adopt(docs, by), nil })
	return err
}

func (v *Invoker) ask(ctx context.Context, what string, decide decision) ([]incident.Change, error) {
	if err := v.unable(); err != nil {
		return nil, fmt.Errorf("%s: not recorded: %w", what, err)
	}
	ctx, cancel := v.stage.Timeout(ctx, orderPatience)
	defer cancel()
	a := &ask{ctx: ctx, decide: decide, done: make(chan struct{})}
	switch err := v.stage.Bring(ctx, Knock{ask: a}); {
	case errors.Is(err, ErrOver):
		return nil, fmt.Errorf("%s: not recorded: %w", what, err)
	case err != nil:
		return nil, fmt.Errorf("%s: not recorded: %w; try again in a moment", what, errors.Join(v.Ready(), err))
	}
	switch err := v.stage.Await(ctx, a.done); {
	case errors.Is(err, ErrOver):
		return nil, fmt.Errorf("%s: not known whether it was recorded: %w; look before you repeat it", what, err)
	case err != nil:
		return nil, fmt.Errorf("%s: not known whether it was recorded: %w; look before you repeat it", what, errors.Join(v.Ready(), err))
	}
	return a.changes, a.err
}

// carryOut answers an ask once it is in the journal. Each has a commit of its own: the next one is decided on what this
// one has changed.
func (v *Invoker) carryOut(ctx context.Context, a *ask) {
	if err := v.unable(); err != nil {
		a.answer(nil, err)
		return
	}
	failpoint.Hit("invoker/order/taken")
	changes, err := v.commit(ctx, func(now time.Time) ([]incident.Change, error) {
		if err := a.ctx.Err(); err != nil {
			return nil, err
		}
		return a.decide(now)
	})
	failpoint.Hit("invoker/order/committed")
	a.answer(changes, err)
}
