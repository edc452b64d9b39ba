package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"holdfast/internal/failpoint"
	"holdfast/internal/planted"
	"holdfast/internal/quick"
)

// ErrUnknown is the error of an append whose outcome could not be found out before its context ended: it may be in the
// log now, or later. Nothing may be decided on the state from before it; read the log first.
var ErrUnknown = errors.New("it is not known whether the commit was stored")

// A shelf is where envelopes stand: a stream, or a slice in memory. It promises little; chain makes the Log of it.
type shelf interface {
	// put stores body directly after the sequence prev. ErrConflict and errRefused: nothing was stored. Any other
	// error: it may have been.
	put(ctx context.Context, prev uint64, body []byte) (uint64, error)
	// head is the newest sequence; 0 if there is none.
	head(ctx context.Context) (uint64, error)
	// page is the one at a sequence; errNoPage if it is not there.
	page(ctx context.Context, sequence uint64) (page, error)
	// pages are those after a sequence through another, in order, as they are found.
	pages(ctx context.Context, after, through uint64) iter.Seq2[page, error]
}

// A page is what is stored at one sequence.
type page struct {
	sequence uint64
	body     []byte
}

var (
	errRefused = errors.New("refused")
	errNoPage  = errors.New("no such page")
)

// A chain is the log of decisions on a shelf: each envelope names the sequence and the hash of the one before it.
type chain struct {
	shelf shelf
	note  note
	wait  func(context.Context, time.Duration) bool // between two attempts; nil: pause

	mu      sync.Mutex // one append in flight
	looking sync.Mutex // guards head beside it
	head    link       // the newest that this process appended or verified against
}

// A link is what the next envelope has to name.
type link struct {
	sequence uint64
	hash     string
}

// Waits between the attempts to find out about, or repeat, an append.
const (
	firstWait = 20 * time.Millisecond
	longWait  = time.Second
)

func (c *chain) Append(ctx context.Context, e Envelope) (Committed, error) {
	body, err := encode(e)
	if err != nil {
		return Committed{}, err
	}
	if err := failpoint.Fail("journal/appending"); err != nil {
		return Committed{}, fmt.Errorf("append to the log: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.standsOn(ctx, e); err != nil {
		return Committed{}, err
	}
	sequence, err := c.settle(ctx, e, body)
	if err != nil {
		return Committed{}, err
	}
	c.isAt(link{sequence, HashOf(body)})
	failpoint.Hit("journal/note")
	c.note.write(c.head)
	failpoint.Hit("journal/noted")
	return decode(page{sequence, body}, nil) // exactly what a reader will get
}

// standsOn reports ErrConflict unless the envelope names the hash of what stands at the sequence it names; whether that
// is still the newest is for the compare-and-set to say.
func (c *chain) standsOn(ctx context.Context, e Envelope) error {
	if c.head.sequence != e.PrevSequence {
		head, err := c.linkAt(ctx, e.PrevSequence)
		if errors.Is(err, errNoPage) {
			return fmt.Errorf("%w: it has no envelope %d", ErrConflict, e.PrevSequence)
		}
		if err != nil {
			return fmt.Errorf("append to the log: %w", err)
		}
		c.isAt(head)
	}
	if c.head.hash != e.PrevHash {
		return fmt.Errorf("%w: envelope %d is another one than it was decided on", ErrConflict, e.PrevSequence)
	}
	return nil
}

// settle stores the body, or finds out that it cannot be. A lost acknowledgement leaves it open whether the body was
// stored: what follows the sequence it was decided on tells. If that is nothing, the same bytes are sent again, which is
// safe because only one envelope can ever follow a sequence.
func (c *chain) settle(ctx context.Context, e Envelope, body []byte) (uint64, error) {
	doubt := false
	for wait := firstWait; ; wait = min(2*wait, longWait) {
		failpoint.Hit("journal/put")
		onto := e.PrevSequence
		if planted.Is(planted.NoCompareAndSet) {
			onto, _ = c.shelf.head(ctx)
		}
		sequence, err := c.shelf.put(ctx, onto, body)
		if lost := failpoint.Fail("journal/stored"); err == nil && lost != nil {
			err = lost
		}
		if err == nil {
			return sequence, nil
		}
		if errors.Is(err, errRefused) && !doubt {
			return 0, fmt.Errorf("append to the log: %w", err)
		}
		doubt = doubt || !errors.Is(err, ErrConflict)
		next, lookErr := c.shelf.page(ctx, e.PrevSequence+1)
		switch {
		case lookErr == nil && bytes.Equal(next.body, body):
			return next.sequence, nil
		case lookErr == nil:
			return 0, fmt.Errorf("%w: decided on envelope %d, and there is another after it", ErrConflict, e.PrevSequence)
		case !doubt:
			return 0, fmt.Errorf("%w: another append to it is under way", ErrConflict)
		}
		if !c.rest(ctx, wait) {
			return 0, fmt.Errorf("append to the log: %w: %w", ErrUnknown, err)
		}
	}
}

func (c *chain) Read(ctx context.Context, after uint64) iter.Seq2[Committed, error] {
	return func(yield func(Committed, error) bool) {
		err := c.read(ctx, after, func(e Committed, gap error) bool { return yield(e, gap) })
		if err != nil {
			yield(Committed{}, fmt.Errorf("read the log: %w", err))
		}
	}
}

// many envelopes say the same things over and over again.
const many = 256

// read hands on envelope by envelope, each checked against the one before, until the head as it was at the start.
func (c *chain) read(ctx context.Context, after uint64, hand func(Committed, error) bool) error {
	failpoint.Hit("journal/read")
	noted, err := c.note.read()
	if err != nil {
		return err
	}
	head, err := c.newest(ctx, max(noted.sequence, after))
	if err != nil {
		return err
	}
	if err := c.note.holds(noted, head); err != nil {
		return err
	}
	prev, err := c.linkAt(ctx, after)
	if errors.Is(err, errNoPage) {
		return broken(after, fmt.Sprintf("is gone; the log ends at %d", head))
	}
	if err == nil {
		err = c.sameAs(noted, prev)
	}
	if err != nil || head == after {
		return err
	}
	var words *quick.Words
	if head-after > many {
		words = &quick.Words{}
	}
	for p, err := range c.shelf.pages(ctx, after, head) {
		if err != nil {
			return err
		}
		gap, e := leap(prev, p, words)
		if gap == nil {
			e, err = follow(prev, p, words)
		} else if err = c.note.is(noted, link{e.PrevSequence, e.PrevHash}); err == nil && !hand(Committed{}, gap) {
			return nil
		}
		if err != nil {
			return err
		}
		prev = link{e.Sequence, e.Hash}
		if err := c.note.is(noted, prev); err != nil {
			return err
		}
		failpoint.Hit("journal/read/envelope")
		if !hand(e, nil) {
			return nil
		}
	}
	if prev.sequence < head {
		return broken(prev.sequence+1, fmt.Sprintf("is missing; the log goes on to %d", head))
	}
	if prev.sequence > noted.sequence {
		c.note.write(prev)
	}
	return nil
}

// isAt notes the newest envelope that was appended or verified against; whoever calls it has the append in flight.
func (c *chain) isAt(head link) {
	c.looking.Lock()
	defer c.looking.Unlock()
	c.head = head
}

// was is that for who reads: an append in flight may take seconds to find out what became of it, and nobody waits for that.
func (c *chain) was() link {
	c.looking.Lock()
	defer c.looking.Unlock()
	return c.head
}

// sameAs holds that what stands at a sequence is what this process knows to have stood there, and what was noted. A log that
// was cut and has grown again since may be as long as before.
func (c *chain) sameAs(noted, stands link) error {
	known := c.was()
	if known.sequence == stands.sequence && known.hash != stands.hash {
		return broken(stands.sequence, fmt.Sprintf("has hash %s, and had %s when this process last saw it", stands.hash, known.hash))
	}
	return c.note.is(noted, stands)
}

// lagPatience is how long a log may seem to end before what is known to have stood in it. A node that leads it since a moment
// ago, or does not know yet that it no longer does, answers with what it has; that is not what the log has.
const lagPatience = 2 * time.Second

// newest is the newest sequence; asked again, for a while, where that is before what has to be there.
func (c *chain) newest(ctx context.Context, known uint64) (uint64, error) {
	waited := time.Duration(0)
	for wait := firstWait; ; wait = min(2*wait, longWait) {
		head, err := c.shelf.head(ctx)
		if err != nil || head >= known || waited >= lagPatience {
			return head, err
		}
		if !c.rest(ctx, wait) {
			return 0, ctx.Err()
		}
		waited += wait
	}
}

// follow reads a page as the one after prev. Sequences have no gaps: the stream holds this one log only.
func follow(prev link, p page, words *quick.Words) (Committed, error) {
	if p.sequence != prev.sequence+1 {
		return Committed{}, broken(prev.sequence+1, fmt.Sprintf("is missing: after %d comes %d", prev.sequence, p.sequence))
	}
	e, err := decode(p, words)
	switch {
	case err != nil:
		return Committed{}, err
	case e.PrevSequence != prev.sequence:
		return Committed{}, broken(p.sequence, fmt.Sprintf("was decided on envelope %d, not on %d", e.PrevSequence, prev.sequence))
	case e.PrevHash != prev.hash && !planted.Is(planted.ChainNotFollowed):
		return Committed{}, broken(p.sequence, fmt.Sprintf("names hash %s for envelope %d, which has %s", e.PrevHash, prev.sequence, prev.hash))
	}
	return e, nil
}

// linkAt is what an envelope after a sequence has to name.
func (c *chain) linkAt(ctx context.Context, sequence uint64) (link, error) {
	if sequence == 0 {
		return link{}, nil
	}
	p, err := c.shelf.page(ctx, sequence)
	if err != nil {
		return link{}, err
	}
	return link{sequence, HashOf(p.body)}, nil
}

func (c *chain) rest(ctx context.Context, d time.Duration) bool {
	if c.wait != nil {
		return c.wait(ctx, d)
	}
	return pause(ctx, d)
}

// pause waits, or reports false if the context ended before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
