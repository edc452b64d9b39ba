package invoker

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"holdfast/incident"
	"holdfast/journal"
)

// A reading is an envelope with what its entries say.
type reading struct {
	journal.Committed
	events []incident.Event
	err    error // why they cannot be read
}

func (r *reading) decode(by func(incident.Kind, json.RawMessage) (incident.Event, error)) {
	r.events = make([]incident.Event, len(r.Entries))
	for i, entry := range r.Entries {
		event, err := by(incident.Kind(entry.Kind), entry.Data)
		if err != nil {
			r.err = fmt.Errorf("%w: envelope %d: %w", journal.ErrBroken, r.Sequence, err)
			return
		}
		r.events[i] = event
	}
}

// Bounds of what is read ahead of the desk: several envelopes are handed over at once, for to hand over each by itself would
// cost as much as to read it.
const (
	readTogether      = 64 // envelopes
	readTogetherBytes = 256 << 10
	readAhead         = 8 // times that
)

// readings are the envelopes after a sequence, in order. On a machine they are read, verified and made out beside the loop,
// which folds them meanwhile: of a start on a long history each of the two is about half.
func (v *Invoker) readings(ctx context.Context, after uint64) iter.Seq2[reading, error] {
	if v.cfg.Stage != nil {
		return v.readHere(ctx, after)
	}
	return func(yield func(reading, error) bool) {
		reads, stop := context.WithCancel(ctx)
		all := make(chan []read, readAhead)
		go v.readBeside(reads, after, all)
		defer func() {
			stop()
			for range all { // until it has ended
			}
		}()
		for some := range all {
			for _, one := range some {
				if !yield(one.reading, one.err) {
					return
				}
			}
		}
		if err := ctx.Err(); err != nil {
			yield(read{}.reading, err) // who reads to the end must not take this for it
		}
	}
}

// read is what reading the log gives: an envelope, or why there is none.
type read struct {
	reading
	err error
}

func (v *Invoker) readHere(ctx context.Context, after uint64) iter.Seq2[reading, error] {
	return func(yield func(reading, error) bool) {
		for c, err := range v.cfg.Log.Read(ctx, after) {
			r := reading{Committed: c}
			r.decode(v.reader.Decode)
			if !yield(r, err) {
				return
			}
		}
	}
}

func (v *Invoker) readBeside(ctx context.Context, after uint64, all chan<- []read) {
	defer close(all)
	some, bytes := make([]read, 0, readTogether), 0
	hand := func() bool {
		select {
		case all <- some:
			some, bytes = make([]read, 0, readTogether), 0
			return true
		case <-ctx.Done():
			return false
		}
	}
	for r, err := range v.readHere(ctx, after) {
		some = append(some, read{r, err})
		for _, entry := range r.Entries {
			bytes += len(entry.Data)
		}
		if (len(some) == readTogether || bytes > readTogetherBytes) && !hand() {
			return
		}
	}
	if len(some) > 0 {
		hand()
	}
}
