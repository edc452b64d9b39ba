package console

import (
	"context"
	"slices"
	"sync"
	"time"

	"holdfast/detector/alert"
)

// together stores what many send at once in few messages (group commit). The disk is synced for each message that is stored,
// which takes longer than all else; so what comes in while some are being synced waits for them, and then goes as one message.
// Nothing waits for others to come.
type together struct {
	to    Publisher
	mu    sync.Mutex
	lines map[line]*queue
}

// A line is what may go into one message: bodies of one format for one subject.
type line struct{ subject, format string }

// A queue is what is under way in a line, and what waits.
type queue struct {
	flying  int
	waiting []waiter
}

type waiter struct {
	body []byte
	done chan outcome
}

type outcome struct {
	sequence uint64
	err      error
}

const (
	// mostFlying is how many messages of a line are under way at a time: while one is being synced the next is on its way.
	mostFlying = 2
	// worthwhile is how long a body may be, in bytes, for it to be looked into before it is stored: a longer one is worth a sync.
	worthwhile = 128 << 10
	// storePatience is how long storing a message of several bodies may take before their senders are told to send again.
	storePatience = 30 * time.Second
)

func newTogether(to Publisher) *together {
	return &together{to: to, lines: map[line]*queue{}}
}

// publish stores a body and returns the sequence of the message that it is in. Only what can be read goes with others: one that
// cannot is to be buried by itself.
func (t *together) publish(ctx context.Context, subject string, body []byte) (uint64, error) {
	if len(body) > worthwhile {
		return t.to.Publish(ctx, subject, nil, body)
	}
	batch, err := alert.Decode(body)
	if err != nil {
		return t.to.Publish(ctx, subject, nil, body)
	}
	of := line{subject, batch.Format}
	w := waiter{body: body, done: make(chan outcome, 1)}
	t.mu.Lock()
	q := t.lines[of]
	if q == nil {
		q = &queue{}
		t.lines[of] = q
	}
	q.waiting = append(q.waiting, w)
	if q.flying < mostFlying {
		q.flying++
		go t.fly(context.WithoutCancel(ctx), of, q)
	}
	t.mu.Unlock()
	select {
	case s := <-w.done:
		return s.sequence, s.err
	case <-ctx.Done():
		t.leave(q, w)
		return 0, ctx.Err()
	}
}

// leave takes out of a line the body of a sender who does not wait any more, and sends it again if at all: while nothing can be
// stored, the repetitions would pile up.
func (t *together) leave(q *queue, gone waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	q.waiting = slices.DeleteFunc(q.waiting, func(w waiter) bool { return w.done == gone.done })
}

// fly stores what waits in a line until nothing does.
func (t *together) fly(ctx context.Context, of line, q *queue) {
	for group := t.board(of, q); len(group) > 0; group = t.board(of, q) {
		s := t.store(ctx, of.subject, group)
		for _, w := range group {
			w.done <- s
		}
	}
}

// board takes as much of what waits as fits into a message.
func (t *together) board(of line, q *queue) (group []waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	bytes := 0
	for _, w := range q.waiting {
		if bytes += len(w.body); len(group) > 0 && (bytes > maxInline || len(group) == alert.MaxBodies) {
			break
		}
		group = append(group, w)
	}
	q.waiting = q.waiting[len(group):]
	if len(group) == 0 {
		if q.flying--; q.flying == 0 {
			delete(t.lines, of)
		}
	}
	return group
}

func (t *together) store(ctx context.Context, subject string, group []waiter) (s outcome) {
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	if len(group) == 1 {
		s.sequence, s.err = t.to.Publish(ctx, subject, nil, group[0].body)
		return s
	}
	bodies := make([][]byte, len(group))
	for i, w := range group {
		bodies[i] = w.body
	}
	lengths, body := alert.Together(bodies)
	s.sequence, s.err = t.to.Publish(ctx, subject, map[string][]string{alert.HeaderBodies: {lengths}}, body)
	return s
}
