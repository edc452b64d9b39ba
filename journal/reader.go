package journal

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A reader reads a stream in order, without acknowledgements: the position is its own. It believes no silence: a
// consumer of a damaged store skips what it cannot read and says nothing, so each gap is found, looked into at the
// stream's leader, and reported as a *Hole if the messages are really gone.
type reader struct {
	stream  jetstream.Stream
	next    uint64 // the sequence to read next
	through uint64 // where to end
	tries   int    // failures in a row before it gives up; 0: never

	taken, atHand []arrival // of the present consumer: all that was taken last, and what of it is left

	known  uint64 // stored, by what the stream last said of itself
	failed int    // in a row
}

const (
	readTries = 5
	// silence is how long nothing may come while something is known to be there.
	silence = 2 * time.Second
	// calm is how long nothing may come before the stream is asked whether there is anything: what was sent into a
	// connection that was breaking is lost, and the server takes it for delivered.
	calm = 5 * time.Second
	// atHand bounds what is asked for ahead, and as much again may wait to be taken.
	atHandMessages, atHandBytes = 2048, 8 << 20
)

// A stored message, with its place in the stream.
type stored struct {
	jetstream.Msg
	sequence uint64
	at       time.Time
}

// message is what is stored, as it was sent.
func (s stored) message() Message {
	return asItCame(Message{Sequence: s.sequence, Received: s.at, Subject: s.Subject(), Header: s.Headers(), Body: s.Data()})
}

// messages gives what is stored from next on. A *Hole is reported in its place, and reading goes on behind it; any other
// error is the last thing given.
func (r *reader) messages(ctx context.Context) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		for ctx.Err() == nil && !r.done() {
			more, err := r.stretch(ctx, yield)
			if !more {
				return
			}
			if r.failed++; err == nil {
				r.failed = 0
			}
			if final(err) || r.tries > 0 && r.failed >= r.tries {
				yield(stored{}, err)
				return
			}
			if err != nil && !pause(ctx, firstWait<<min(r.failed, 6)) {
				break
			}
		}
		if err := ctx.Err(); err != nil && !r.done() {
			yield(stored{}, err) // who reads to an end must not take this for it
		}
	}
}

func (r *reader) done() bool { return r.next > r.through }

// final reports an error that no further try will mend.
func final(err error) bool {
	return errors.Is(err, nats.ErrConnectionClosed) || errors.Is(err, jetstream.ErrConnectionClosed) ||
		errors.Is(err, jetstream.ErrStreamNotFound)
}

// stretch reads with one consumer for as long as that gives every message. It reports false if the reading is over.
func (r *reader) stretch(ctx context.Context, yield func(stored, error) bool) (bool, error) {
	if more, err := r.jump(ctx, yield); !more || err != nil || r.done() {
		return more, err
	}
	consumer, err := r.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       r.next,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: time.Minute,
	})
	if err != nil {
		return true, err
	}
	in, stop, err := listen(consumer)
	if err != nil {
		return true, err
	}
	defer stop()
	r.taken, r.atHand = nil, nil
	for !r.done() {
		m, err := r.await(ctx, in)
		if errors.Is(err, errGap) {
			return true, nil // the next stretch jumps over what is gone, and reads what is not
		}
		if ctx.Err() != nil {
			return true, nil
		}
		if err != nil {
			return true, err
		}
		r.next, r.failed = m.sequence+1, 0
		if !yield(m, nil) {
			return false, nil
		}
	}
	return true, nil
}

var errGap = errors.New("a gap")

// An arrival is what a consumer gives: a message, or why none comes.
type arrival struct {
	message jetstream.Msg
	err     error
}

// An inbox is where a consumer puts what it gives until somebody takes it, all at once: to hand over each by itself would
// cost more than to read it.
type inbox struct {
	mu       sync.Mutex
	arrivals []arrival
	bytes    int
	some     chan struct{} // something may be there
	room     chan struct{} // there may be room again
	over     chan struct{} // nobody takes anything any more
}

// listen lets a consumer fill an inbox until stop is called.
func listen(consumer jetstream.Consumer) (in *inbox, stop func(), err error) {
	in = &inbox{some: make(chan struct{}, 1), room: make(chan struct{}, 1), over: make(chan struct{})}
	reading, err := consumer.Consume(func(m jetstream.Msg) { in.put(arrival{message: m}, len(m.Data())) },
		jetstream.PullMaxMessagesWithBytesLimit(atHandMessages, atHandBytes), jetstream.PullExpiry(10*time.Second), jetstream.PullHeartbeat(2*time.Second),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) { in.put(arrival{err: err}, 0) }))
	if err != nil {
		return nil, nil, err
	}
	return in, func() { close(in.over); reading.Stop() }, nil
}

// put waits for room.
func (in *inbox) put(a arrival, bytes int) {
	in.mu.Lock()
	for len(in.arrivals) >= atHandMessages || in.bytes >= atHandBytes {
		in.mu.Unlock()
		select {
		case <-in.room:
		case <-in.over:
			return
		}
		in.mu.Lock()
	}
	in.arrivals, in.bytes = append(in.arrivals, a), in.bytes+bytes
	first := len(in.arrivals) == 1
	in.mu.Unlock()
	if first { // what comes on top of it is taken with it
		signal(in.some)
	}
}

// take is all that is there; into is used again.
func (in *inbox) take(into []arrival) []arrival {
	in.mu.Lock()
	all := in.arrivals
	in.arrivals, in.bytes = into[:0], 0
	in.mu.Unlock()
	signal(in.room)
	return all
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// await is the next message of a consumer, if it is the next of the stream.
func (r *reader) await(ctx context.Context, in *inbox) (stored, error) {
	for {
		m, err := r.within(ctx, in)
		switch {
		case err == nil:
			return m, nil
		case ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
			return stored{}, err
		case r.next <= r.known:
			return stored{}, errGap // something is there, and the consumer has passed over it without a word
		}
		info, err := r.stream.Info(ctx)
		if err != nil {
			return stored{}, err
		}
		r.known = info.State.LastSeq
	}
}

// within waits for as long as silence is to be believed.
func (r *reader) within(ctx context.Context, in *inbox) (stored, error) {
	if len(r.atHand) == 0 {
		if err := r.refill(ctx, in); err != nil {
			return stored{}, err
		}
	}
	next := r.atHand[0]
	r.atHand = r.atHand[1:]
	return r.place(next)
}

// refill takes what has come, or waits for the next to come.
func (r *reader) refill(ctx context.Context, in *inbox) error {
	clear(r.taken)
	r.taken = in.take(r.taken)
	if r.atHand = r.taken; len(r.atHand) > 0 {
		return nil
	}
	wait := calm
	if r.next <= r.known {
		wait = silence
	}
	waiting, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for len(r.atHand) == 0 {
		select {
		case <-in.some:
			r.taken = in.take(r.taken)
			r.atHand = r.taken
		case <-waiting.Done():
			return waiting.Err()
		}
	}
	return nil
}

// place finds where in the stream a message stands.
func (r *reader) place(a arrival) (stored, error) {
	if a.err != nil {
		return stored{}, a.err
	}
	sequence, at, ok := placeIn(a.message.Reply())
	if !ok {
		meta, err := a.message.Metadata()
		if err != nil {
			return stored{}, fmt.Errorf("a message without its place in the stream: %w", err)
		}
		sequence, at = meta.Sequence.Stream, meta.Timestamp.UTC()
	}
	if sequence != r.next {
		return stored{}, errGap
	}
	return stored{a.message, sequence, at}, nil
}

// placeIn reads a message's place out of the subject that it would be acknowledged on, in the shape that it has without a
// domain (NATS ADR-15): $JS.ACK.stream.consumer.delivered.sequence.sequence of the consumer.nanoseconds.pending. Of any
// other shape it knows nothing. It is asked for every message, and the general way costs as much as to judge an alert.
func placeIn(reply string) (sequence uint64, at time.Time, ok bool) {
	rest, ours := strings.CutPrefix(reply, "$JS.ACK.")
	if !ours || strings.Count(rest, ".") != 6 {
		return 0, time.Time{}, false
	}
	var token [7]string
	for i := range token {
		token[i], rest, _ = strings.Cut(rest, ".")
	}
	sequence, err := strconv.ParseUint(token[3], 10, 64)
	nanoseconds, also := strconv.ParseInt(token[5], 10, 64)
	return sequence, time.Unix(0, nanoseconds).UTC(), err == nil && also == nil
}

// jump asks the stream's leader what comes next, and moves there if that is not what was expected.
func (r *reader) jump(ctx context.Context, yield func(stored, error) bool) (bool, error) {
	info, err := r.stream.Info(ctx)
	if err != nil {
		return true, err
	}
	r.known = info.State.LastSeq
	if r.next > r.known {
		return true, nil
	}
	found := r.known + 1 // where nothing is found there is nothing up to the end
	m, err := r.stream.GetMsg(ctx, r.next, jetstream.WithGetMsgSubject(">"))
	if err == nil {
		found = m.Sequence
	} else if !errors.Is(err, jetstream.ErrMsgNotFound) {
		return true, err
	}
	if found == r.next {
		return true, nil
	}
	hole := &Hole{From: r.next, Through: found - 1}
	r.next = found
	if hole.Expired = expired(info, hole.Through); hole.Expired && hole.Through < r.known {
		return true, nil // what comes next tells enough
	}
	return yield(stored{}, hole), nil
}

// expired reports whether age explains that the messages through a sequence are gone: they were the oldest, and the
// stream has existed for as long as it keeps messages.
func expired(info *jetstream.StreamInfo, through uint64) bool {
	age := info.Config.MaxAge
	return age > 0 && through < info.State.FirstSeq && info.TimeStamp.Sub(info.Created) >= age
}
