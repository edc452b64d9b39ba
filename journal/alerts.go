package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/internal/failpoint"
)

// Publish stores a message. It tries until it is acknowledged or refused, or ctx ends; the id that it gives a message
// keeps the tries from being stored twice.
func (s *Streams) Publish(ctx context.Context, subject string, header map[string][]string, body []byte) (uint64, error) {
	if err := publishable(subject, header, body); err != nil {
		return 0, err
	}
	m := &nats.Msg{Subject: subject, Header: cloneHeader(header)}
	if m.Header == nil {
		m.Header = nats.Header{}
	}
	var squeezed bool
	if m.Data, squeezed = squeeze(body); squeezed {
		m.Header.Set(HeaderEncoding, snappy)
	}
	if m.Header.Get(msgIDHeader) == "" {
		m.Header.Set(msgIDHeader, rand.Text())
	}
	for wait := firstWait; ; wait = min(2*wait, longWait) {
		failpoint.Hit("journal/publishing")
		sequence, err := send(ctx, s.js, m, jetstream.WithExpectStream(AlertsStream))
		failpoint.Hit("journal/published")
		if err == nil {
			return sequence, nil
		}
		if errors.Is(err, errRefused) || !pause(ctx, wait) {
			return 0, fmt.Errorf("publish to %s: %w", subject, err)
		}
	}
}

// Head is the sequence of the last message stored.
func (s *Streams) Head(ctx context.Context) (uint64, error) {
	info, err := ask(ctx, func(ctx context.Context) (*jetstream.StreamInfo, error) { return s.alerts.Info(ctx) })
	if err != nil {
		return 0, fmt.Errorf("head of the alert log: %w", err)
	}
	return info.State.LastSeq, nil
}

// Message is one message that is stored.
func (s *Streams) Message(ctx context.Context, sequence uint64) (Message, error) {
	m, err := ask(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) { return s.alerts.GetMsg(ctx, sequence) })
	if err != nil {
		return Message{}, fmt.Errorf("read message %d of the alert log: %w", sequence, err)
	}
	return asItCame(Message{Sequence: m.Sequence, Received: m.Time.UTC(), Subject: m.Subject, Header: m.Header, Body: m.Data}), nil
}

// Follow gives every message after a sequence, then waits for more, until ctx ends. It outlasts restarts of the server.
func (s *Streams) Follow(ctx context.Context, after uint64) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		r := reader{stream: s.alerts, next: after + 1, through: math.MaxUint64}
		for m, err := range r.messages(ctx) {
			if ctx.Err() != nil {
				return
			}
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
