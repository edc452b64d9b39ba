package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"time"
)

// A Shelf is where the envelopes of a log stand, and all that is asked of it. It promises little: [On] makes a Log of it.
// The simulation brings one on which everything goes wrong.
type Shelf interface {
	// Put stores body directly after the sequence prev. Of [ErrConflict] and [ErrFull] nothing was stored; of any other
	// error it may have been.
	Put(ctx context.Context, prev uint64, body []byte) (uint64, error)
	// Head is the newest sequence; 0 if there is none.
	Head(ctx context.Context) (uint64, error)
	// Page is what stands at a sequence; fs.ErrNotExist if nothing does.
	Page(ctx context.Context, sequence uint64) ([]byte, error)
}

// Slots keep the newest head of a log outside it, as a file does ([Options.HeadFile]): what was noted in it comes back, or
// what was there before.
type Slots interface {
	Load() ([]byte, error)
	Store(slot []byte, at int64)
}

// On is the log on a shelf. Each process has one of its own; they agree through the shelf alone. The head is noted in slots
// (nil: nowhere). It waits between two attempts by wait (nil: by the clock of this machine), which reports false once its
// context has ended.
func On(s Shelf, slots Slots, wait func(context.Context, time.Duration) bool) Log {
	return &chain{shelf: outside{s}, note: noteIn(slots), wait: wait}
}

// outside is a shelf that is not of this package.
type outside struct{ Shelf }

func (o outside) put(ctx context.Context, prev uint64, body []byte) (uint64, error) {
	sequence, err := o.Put(ctx, prev, body)
	if errors.Is(err, ErrFull) {
		err = fmt.Errorf("%w: %w", errRefused, err)
	}
	return sequence, err
}

func (o outside) head(ctx context.Context) (uint64, error) { return o.Head(ctx) }

func (o outside) page(ctx context.Context, sequence uint64) (page, error) {
	body, err := o.Page(ctx, sequence)
	if errors.Is(err, fs.ErrNotExist) {
		err = errNoPage
	}
	return page{sequence, body}, err
}

func (o outside) pages(ctx context.Context, after, through uint64) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		for sequence := after + 1; sequence <= through; sequence++ {
			p, err := o.page(ctx, sequence)
			if errors.Is(err, errNoPage) {
				continue // the page after it will not follow from the one before
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

func noteIn(s Slots) note {
	if s == nil {
		return note{}
	}
	return note{file: "its note", slots: s}
}
