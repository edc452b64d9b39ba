package journal

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/nats-io/nats.go/jetstream"

	"holdfast/internal/quick"
)

// Decided gives every envelope of a log of decisions as it is when called, each checked against the one before; none,
// where there is no such log. Nothing is made and nothing is changed, so it may be the log of a daemon that runs. A
// *[Gap] is given in its place, and reading goes on behind it; any other error is the last thing it gives.
func Decided(ctx context.Context, js jetstream.JetStream) iter.Seq2[Committed, error] {
	return func(yield func(Committed, error) bool) {
		stream, err := find(ctx, js, LogStream)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return
		}
		if err != nil {
			yield(Committed{}, fmt.Errorf("read the log: stream %s: %w", LogStream, err))
			return
		}
		r := reader{stream: stream, next: 1, through: stream.CachedInfo().State.LastSeq, tries: readTries}
		var prev link
		words := &quick.Words{}
		for m, err := range r.messages(ctx) {
			var hole *Hole
			if errors.As(err, &hole) {
				continue // the envelope behind it names what is missing
			}
			var e Committed
			if err == nil {
				var gap *Gap
				if gap, e = leap(prev, page{sequence: m.sequence, body: m.Data()}, words); gap == nil {
					e, err = follow(prev, page{sequence: m.sequence, body: m.Data()}, words)
				} else if !yield(Committed{}, gap) {
					return
				}
			}
			if err != nil {
				yield(Committed{}, fmt.Errorf("read the log: %w", err))
				return
			}
			if prev = (link{e.Sequence, e.Hash}); !yield(e, nil) {
				return
			}
		}
		if prev.sequence < r.through {
			yield(Committed{}, fmt.Errorf("read the log: %w", broken(prev.sequence+1, fmt.Sprintf("is missing; the log goes on to %d", r.through))))
		}
	}
}
