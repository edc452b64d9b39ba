package watch

import (
	"context"
	"fmt"
	"time"

	"holdfast/detector/alert"
	"holdfast/journal"
)

// How long one dead letter may take before it is asked anew, and how often something may go wrong with it that has nothing to do
// with whether the journal can be reached: then the next has its turn. The next hides for ever that one is missing, so while the
// journal cannot be reached nothing is passed over, however long that is; and what is refused is not tried again.
const (
	buryPatience = 2 * time.Second
	buryAgain    = 250 * time.Millisecond
	buryTries    = 120
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
			unburied := insist(ctx, alerts, u)
			if unburied != nil && ctx.Err() != nil {
				return ended(ctx, unburied) // the next start finds it again
			}
			tell(u, unburied)
			after = u.Sequence
		}
	}
}

// insist tries to keep one for as long as that may help.
func insist(ctx context.Context, alerts journal.Alerts, u alert.Unread) (unburied error) {
	for wrong := 0; ; {
		unburied = bury(ctx, alerts, u)
		if unburied == nil || journal.Refused(unburied) {
			return unburied
		}
		if !journal.Unavailable(unburied) {
			wrong++
		}
		if wrong == buryTries {
			return unburied
		}
		select {
		case <-ctx.Done():
			return unburied
		case <-time.After(buryAgain):
		}
	}
}

// bury keeps one.
func bury(ctx context.Context, alerts journal.Alerts, u alert.Unread) error {
	ctx, cancel := context.WithTimeout(ctx, buryPatience)
	defer cancel()
	m, err := alerts.Message(ctx, u.Sequence)
	if err != nil {
		return fmt.Errorf("bury message %d of %s: %w", u.Sequence, u.Subject, err)
	}
	return alerts.Bury(ctx, m, string(u.Why.Reason), u.Why.Detail)
}
