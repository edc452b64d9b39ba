package sim

import (
	"context"
	"fmt"
	"iter"
	"time"

	"holdfast/journal"
)

// said is the alert log, and what was buried of it.
type said struct {
	messages []journal.Message // at sequence-1; one that was lost on the disk has no subject
	dead     []buried
}

type buried struct {
	sequence uint64
	reason   string
}

// publish stores a message of a monitor; it is acknowledged with that.
func (w *World) publish(subject string, body []byte) uint64 {
	m := journal.Message{Sequence: uint64(len(w.said.messages)) + 1, Received: w.now, Subject: subject, Body: body}
	w.said.messages = append(w.said.messages, m)
	for _, h := range w.hosts {
		if p := h.alive; p != nil && p.listens != nil {
			t := p.listens
			p.listens = nil
			nap := t.naps
			p.at(w.now.Add(w.dice.between("latency of a message", time.Millisecond, 50*time.Millisecond)), func() {
				if t.naps == nap {
					p.run(t)
				}
			})
		}
	}
	return m.Sequence
}

// ears are the alert log as one process reaches it.
type ears struct{ p *process }

var _ journal.Alerts = ears{}

func (e ears) Publish(context.Context, string, map[string][]string, []byte) (uint64, error) {
	return 0, fmt.Errorf("daemons publish nothing here")
}

func (e ears) Head(context.Context) (uint64, error) {
	return uint64(len(e.p.w.said.messages)), nil
}

func (e ears) Follow(ctx context.Context, after uint64) iter.Seq2[journal.Message, error] {
	return func(yield func(journal.Message, error) bool) {
		for ctx.Err() == nil {
			for after < uint64(len(e.p.w.said.messages)) {
				after++
				m := e.p.w.said.messages[after-1]
				var hole error
				if m.Subject == "" {
					hole = &journal.Hole{From: after, Through: after}
				}
				if !yield(m, hole) {
					return
				}
			}
			t := e.p.w.running
			e.p.listens = t
			t.naps++
			t.pause()
		}
	}
}

func (e ears) Message(_ context.Context, sequence uint64) (journal.Message, error) {
	if sequence == 0 || sequence > uint64(len(e.p.w.said.messages)) {
		return journal.Message{}, fmt.Errorf("there is no message %d", sequence)
	}
	return e.p.w.said.messages[sequence-1], nil
}

func (e ears) Buried() (through uint64) {
	for _, b := range e.p.w.said.dead {
		through = max(through, b.sequence)
	}
	return through
}

func (e ears) Bury(_ context.Context, m journal.Message, reason, _ string) error {
	e.p.port("a burial")
	for _, b := range e.p.w.said.dead {
		if b.sequence == m.Sequence {
			return nil
		}
	}
	e.p.w.said.dead = append(e.p.w.said.dead, buried{m.Sequence, reason})
	e.p.w.saw("a message that nobody could read was buried with the reason")
	return nil
}
