package journal

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A ledger is the shelf that is a stream of its own. The bytes of an envelope are the message's, without headers.
type ledger struct {
	js     jetstream.JetStream
	stream jetstream.Stream
}

func (l *ledger) put(ctx context.Context, prev uint64, body []byte) (uint64, error) {
	// The subject is exact: with a wildcard a replicated stream does not see what is still in flight.
	return send(ctx, l.js, &nats.Msg{Subject: LogSubject, Data: body},
		jetstream.WithExpectStream(LogStream), jetstream.WithExpectLastSequencePerSubject(prev))
}

// What is asked here is asked once: whoever asks has more to do before it is asked again (see [ask] for all other questions).
//
// head is asked of the stream first and of its messages then: what was stored before the first question has to be there
// at the second.
func (l *ledger) head(ctx context.Context) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	info, err := l.stream.Info(ctx)
	if err != nil {
		return 0, err
	}
	if info.State.LastSeq == 0 {
		return 0, nil
	}
	last, err := l.stream.GetLastMsgForSubject(ctx, LogSubject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, broken(info.State.LastSeq, "was stored, and now the log is empty")
	}
	if err != nil {
		return 0, err
	}
	if last.Sequence < info.State.LastSeq {
		return 0, broken(last.Sequence+1, fmt.Sprintf("is missing: the log went up to %d", info.State.LastSeq))
	}
	return last.Sequence, nil
}

func (l *ledger) page(ctx context.Context, sequence uint64) (page, error) {
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	m, err := l.stream.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return page{}, errNoPage
	}
	if err != nil {
		return page{}, err
	}
	return page{m.Sequence, m.Data}, nil
}

func (l *ledger) pages(ctx context.Context, after, through uint64) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		r := reader{stream: l.stream, next: after + 1, through: through, tries: readTries}
		for m, err := range r.messages(ctx) {
			var hole *Hole
			if errors.As(err, &hole) {
				continue // the page after it will not follow from the one before
			}
			if err != nil {
				yield(page{}, err)
				return
			}
			if !yield(page{m.sequence, m.Data()}, nil) {
				return
			}
		}
	}
}
