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
	to     Publisher
	mu     sync.Mutex
	queues map[string]*queue // by subject
}

// A queue is what waits for a subject while a message is under way. One is enough: two at a time wait for the same disk, and carry
// half as much each.
type queue struct {
	flies   bool
	waiting []waiter
}

type waiter struct {
	body   []byte
	format string // bodies of one format go into one message; "": by itself
	done   chan outcome
}

type outcome struct {
	sequence uint64
	err      error
}

const (
	// worthwhile is how long a body may be, in bytes, to wait for others: a longer one is worth a sync.
	worthwhile = 128 << 10
	// storePatience is how long storing a message of several bodies may take before their senders are told to send again: longer
	// than the election of a new leader takes.
	storePatience = 10 * time.Second
)

func newTogether(to Publisher) *together {
	return &together{to: to, queues: map[string]*queue{}}
}

// publish stores a body and returns the sequence of the message that it is in. What is alone goes as it came. What has to wait is
// looked into meanwhile: only what can be read goes with others, for what cannot is to be buried by itself.
func (t *together) publish(ctx context.Context, subject string, body []byte) (uint64, error) {
	if len(body) > worthwhile {
		return t.to.Publish(ctx, subject, nil, body)
	}
	w := waiter{body: body, done: make(chan outcome, 1)}
	q, waits := t.line(ctx, subject, w, false)
	if waits {
		if batch, err := alert.Decode(body); err == nil {
			w.format = batch.Format
		}
		q, _ = t.line(ctx, subject, w, true)
	}
	select {
	case s := <-w.done:
		return s.sequence, s.err
	case <-ctx.Done():
		t.leave(q, w)
		return 0, ctx.Err()
	}
}

// line puts a body into the queue of its subject, if it goes at once or is ready to wait.
func (t *together) line(ctx context.Context, subject string, w waiter, ready bool) (q *queue, waits bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	q = t.queues[subject]
	if q == nil {
		q = &queue{}
		t.queues[subject] = q
	}
	if q.flies && !ready {
		return q, true
	}
	q.waiting = append(q.waiting, w)
	if !q.flies {
		q.flies = true
		go t.fly(context.WithoutCancel(ctx), subject, q)
	}
	return q, false
}

// leave takes out of a line the body of a sender who does not wait any more, and sends it again if at all: while nothing can be
// stored, the repetitions would pile up.
func (t *together) leave(q *queue, gone waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	q.waiting = slices.DeleteFunc(q.waiting, func(w waiter) bool { return w.done == gone.done })
}

// fly stores what waits for a subject until nothing does.
func (t *together) fly(ctx context.Context, subject string, q *queue) {
	for group := t.board(subject, q); len(group) > 0; group = t.board(subject, q) {
		s := t.store(ctx, subject, group)
		for _, w := range group {
			w.done <- s
		}
	}
}

// board takes as much of what waits as fits into a message with the first.
func (t *together) board(subject string, q *queue) (group []waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var left []waiter
	bytes := 0
	for n, w := range q.waiting {
		fits := n == 0 || w.format != "" && w.format == group[0].format && bytes+len(w.body) <= maxInline && len(group) < alert.MaxBodies
		if !fits {
			left = append(left, w)
			continue
		}
		bytes += len(w.body)
		group = append(group, w)
	}
	q.waiting = left
	if len(group) == 0 {
		delete(t.queues, subject)
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
