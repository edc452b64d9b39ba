package journal

import (
	"context"
	"fmt"
	"iter"

	"github.com/nats-io/nats.go/jetstream"
)

// Recorded gives every message of an alert log as it is when called. Nothing is made and nothing is changed, so it may be
// the log of a daemon that runs. Messages that can no longer be read come as a *Hole, after which it goes on; any other
// error is the last thing it gives.
func Recorded(ctx context.Context, js jetstream.JetStream) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		stream, err := find(ctx, js, AlertsStream)
		if err != nil {
			yield(Message{}, fmt.Errorf("read the alert log: stream %s: %w", AlertsStream, err))
			return
		}
		r := reader{stream: stream, next: 1, through: stream.CachedInfo().State.LastSeq, tries: readTries}
		for m, err := range r.messages(ctx) {
			var message Message
			if err == nil {
				message = m.message()
			}
			if !yield(message, err) {
				return
			}
		}
	}
}
