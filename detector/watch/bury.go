package watch

import (
	"context"
	"fmt"
	"time"

	"holdfast/detector/alert"
	"holdfast/journal"
)

// How long one dead letter may take, and how often that may be too short: a cluster that elects a leader takes longer. What
// is refused at once is not tried again, and after a minute the next has its turn.
const (
	buryPatience = 2 * time.Second
	buryTries    = 30
)

// Bury keeps what nobody could read among the dead letters, each once, until ctx ends. unread waits for such messages after
// a sequence, and gives them in order; an error of it is Bury's. tell hears of each one, and why it could not be kept: then
// it is still in the alert log.
func Bury(ctx context.Context, alerts journal.Alerts, unread func(ctx context.Context, after uint64) ([]alert.Unread, error), tell func(alert.Unread, error)) error {
	for after := alerts.Buried(); ; {
		found, err := unread(ctx, after)
		if err != nil {
			return ended(ctx, err)
		}
		for _, u := range found {
			unburied, late := bury(ctx, alerts, u)
			for try := 1; late && try < buryTries && ctx.Err() == nil; try++ { // later letters would hide that it is missing
				unburied, late = bury(ctx, alerts, u)
			}
			if unburied != nil && ctx.Err() != nil {
				return ended(ctx, unburied) // the next start finds it again
			}
			tell(u, unburied)
			after = u.Sequence
		}
	}
}

// bury keeps one; late says that it might have been kept with more time.
func bury(ctx context.Context, alerts journal.Alerts, u alert.Unread) (unburied error, late bool) {
	ctx, cancel := context.WithTimeout(ctx, buryPatience)
	defer cancel()
	m, err := alerts.Message(ctx, u.Sequence)
	if err != nil {
		return fmt.Errorf("bury message %d of %s: %w", u.Sequence, u.Subject, err), ctx.Err() != nil
	}
	err = alerts.Bury(ctx, m, string(u.Why.Reason), u.Why.Detail)
	return err, err != nil && ctx.Err() != nil
}
