// Package watch is the ears: it follows the alert log, makes out what each message says, and hands everything on in the
// order in which it was stored; and it buries what the hearer could not read either. It judges nothing and forgets nothing:
// the position is the hearer's to keep.
package watch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"holdfast/detector/alert"
	"holdfast/journal"
)

// Heard is one message of the alert log, made out.
//
// One without a Subject is no message: it says only that nothing is waiting (CaughtUp), or that messages up to Sequence
// are Lost.
type Heard struct {
	Sequence   uint64
	Received   time.Time // when the log stored it
	Subject    string
	Batch      alert.Batch
	Unreadable *alert.Unreadable // why no format reads it, or one of its bodies; the batch has the body then, for a mapping to read, and what others say
	Lost       uint64            // messages up to Sequence that were stored and can no longer be read
	CaughtUp   bool              // nothing that was waiting is left; until then the present is not known
}

// stale is how old a message may be before it is taken for one of a backlog: after a break in the connection the present is
// not known until that is worked off.
const stale = 5 * time.Second

// Run follows the alert log after a sequence until ctx ends, and calls hear with one message at a time, in order. It
// returns nil when ctx ends, else the error of the log, or of hear.
func Run(ctx context.Context, alerts journal.Alerts, after uint64, hear func(context.Context, Heard) error) error {
	head, err := alerts.Head(ctx)
	if err != nil {
		return ended(ctx, fmt.Errorf("follow the alert log: %w", err))
	}
	if head <= after {
		if err := hear(ctx, Heard{Sequence: after, CaughtUp: true}); err != nil {
			return ended(ctx, err)
		}
	}
	e := ear{alerts: alerts, waiting: head}
	for m, err := range alerts.Follow(ctx, after) {
		var hole *journal.Hole
		var h Heard
		switch {
		case errors.As(err, &hole):
			h = Heard{Sequence: hole.Through, CaughtUp: hole.Through >= e.waiting}
			if !hole.Expired {
				h.Lost = hole.Through - hole.From + 1
			}
		case err != nil:
			return ended(ctx, fmt.Errorf("follow the alert log: %w", err))
		default:
			h = e.makeOut(ctx, m)
		}
		if err := hear(ctx, h); err != nil {
			return ended(ctx, err)
		}
	}
	return ended(ctx, errors.New("follow the alert log: it ended"))
}

// ended is nil if what went wrong is only that it is time to stop.
func ended(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// An ear remembers between two messages.
type ear struct {
	alerts  journal.Alerts
	waiting uint64 // the head of the log when it was last asked
	reader  alert.Reader
}

func (e *ear) makeOut(ctx context.Context, m journal.Message) Heard {
	h := Heard{Sequence: m.Sequence, Received: m.Received, Subject: m.Subject, CaughtUp: e.caughtUp(ctx, m)}
	h.Batch, h.Unreadable = MakeOut(&e.reader, m)
	return h
}

// MakeOut says what a message of the alert log says by what it holds, or why no format reads it; the batch has nothing but
// the body then. Live, on replay and in a backtest it is the same. Mappings are not asked: those in force are the hearer's.
//
// Whoever makes out one message after the other has a reader, and says the same sooner; nil is no reader.
func MakeOut(reader *alert.Reader, m journal.Message) (alert.Batch, *alert.Unreadable) {
	if why := beginning(m.Header); why != nil {
		return alert.Batch{}, why
	}
	if encoding := m.Header[journal.HeaderEncoding]; len(encoding) > 0 {
		return alert.Batch{}, &alert.Unreadable{Reason: alert.Malformed, Detail: fmt.Sprintf("header %s says %q, and the body is not that: it may be one block of snappy, of at most %d bytes, or be sent as it is",
			journal.HeaderEncoding, shorten(strings.Join(encoding, ", ")), journal.MaxMessage)}
	}
	if m.Borrowed() && strings.HasPrefix(m.Subject, journal.OwnPrefix) {
		return alert.Batch{}, &alert.Unreadable{Reason: alert.Malformed, Detail: "it came by another stream, and holdfast itself says nothing there: somebody else speaks as holdfast"}
	}
	batch, err := reader.DecodeMessage(m.Header, m.Body)
	batch = batch.ReceivedAt(m.Received)
	batch.Body, batch.Signature = m.Body, alert.SignatureOf(m.Subject, m.Header)
	if err == nil {
		return batch, nil
	}
	var why *alert.Unreadable
	if !errors.As(err, &why) {
		why = &alert.Unreadable{Reason: alert.Malformed, Detail: err.Error()}
	}
	return batch, why
}

// beginning is why a message holds only the beginning of what was sent: it was too large for any message, and whoever
// stored it (the bridge of package console) says so in headers. It is nil for a whole one.
func beginning(header map[string][]string) *alert.Unreadable {
	if len(header["Holdfast-Reason"]) == 0 {
		return nil
	}
	why := []string{"only the beginning was kept"}
	for _, name := range []string{"Holdfast-Reason", "Holdfast-Detail", "Holdfast-Original-Length", "Holdfast-Original-SHA256"} {
		if values := header[name]; len(values) > 0 {
			why = append(why, strings.TrimPrefix(name, "Holdfast-")+": "+values[0])
		}
	}
	return &alert.Unreadable{Reason: alert.TooLarge, Detail: strings.Join(why, ", ")}
}

// shorten is as much of a text as a reason has room for.
func shorten(text string) string { return strings.ToValidUTF8(text[:min(len(text), 32)], "") }

// caughtUp reports whether nothing waits behind a message. A message that is old when it arrives shows that others may
// be waiting behind it too.
func (e *ear) caughtUp(ctx context.Context, m journal.Message) bool {
	if m.Sequence > e.waiting && time.Since(m.Received) > stale {
		if head, err := e.alerts.Head(ctx); err == nil {
			e.waiting = head
		}
	}
	return m.Sequence >= e.waiting
}
