package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"holdfast/journal"
)

var errNoAnswer = errors.New("no answer")

// A store is the log of decisions as it is on the disks that all daemons share.
type store struct {
	w       *World
	bodies  map[uint64][]byte
	newest  uint64
	damaged string    // what was done to it; empty: it is whole
	since   time.Time // when
	hole    uint64    // which envelope is lost, where one is
	cut     time.Time // until when nobody reaches it
}

// put is where one body is stored after another: the only place where anything is decided for good.
func (s *store) put(by *process, prev uint64, body []byte) (uint64, error) {
	if prev != s.newest {
		s.w.saw("an append was refused, since the log had moved on")
		return 0, fmt.Errorf("%w: the last sequence is %d", journal.ErrConflict, s.newest)
	}
	s.newest++
	s.bodies[s.newest] = bytes.Clone(body)
	s.w.shadow.appended(by, s.newest, body)
	s.w.wakeWatchers()
	return s.newest, nil
}

// A view is the store as one process reaches it.
type view struct{ p *process }

// Put is where an append may go wrong in every way that a network and a disk have.
func (v view) Put(ctx context.Context, prev uint64, body []byte) (uint64, error) {
	p, d, s := v.p, v.p.w.dice, v.p.w.store
	p.port("an append")
	took := d.between("latency of an append", time.Millisecond, 20*time.Millisecond)
	if d.fault("the store is slow") {
		took = d.between("how slow", time.Second, 9*time.Second)
	}
	p.sleep(took)
	switch {
	case p.cutOff() || d.fault("an append never arrives"):
		return 0, errNoAnswer
	case d.fault("an append arrives late"):
		late := d.between("how late an append", 10*time.Millisecond, 20*time.Second)
		kept := bytes.Clone(body)
		p.w.plan(p.w.now.Add(late), func() {
			if _, err := s.put(p, prev, kept); err == nil {
				p.w.saw("an append that was given up was stored after all")
			}
		})
		return 0, errNoAnswer
	case d.fault("an append is refused though nothing is there"):
		return 0, fmt.Errorf("%w: something is in flight", journal.ErrConflict)
	}
	sequence, err := s.put(p, prev, body)
	if err == nil && d.fault("an append is stored and nobody hears of it") {
		err = errNoAnswer
	}
	p.port("an acknowledgement")
	if err == nil && ctx.Err() != nil {
		err = errNoAnswer
	}
	return sequence, err
}

// Head is the newest sequence, or, of a node that lags behind, an older one.
func (v view) Head(context.Context) (uint64, error) {
	s := v.p.w.store
	if err := v.reach(); err != nil {
		return 0, err
	}
	if s.newest > 1 && v.p.w.dice.fault("a read is answered by a node that lags behind") {
		return s.newest - 1, nil
	}
	return s.newest, nil
}

// Page is what stands at a sequence.
func (v view) Page(_ context.Context, sequence uint64) ([]byte, error) {
	s := v.p.w.store
	if v.p.cutOff() {
		return nil, errNoAnswer
	}
	body, ok := s.bodies[sequence]
	if !ok || sequence > s.newest {
		return nil, fs.ErrNotExist
	}
	return body, nil
}

func (v view) reach() error {
	if v.p.cutOff() || v.p.w.dice.fault("a read is not answered") {
		return errNoAnswer
	}
	return nil
}

// wait is how a process waits between two attempts of one append.
func (p *process) wait(ctx context.Context, d time.Duration) bool {
	if at, limited := ctx.Deadline(); limited && at.Sub(p.w.now) < d {
		d = at.Sub(p.w.now)
	}
	p.sleep(d)
	return ctx.Err() == nil
}

// harm damages the log, as a disk, an operator or a misconfigured server does.
func (s *store) harm(how string) {
	if s.damaged != "" || s.newest < 8 {
		return
	}
	d := s.w.dice
	switch how {
	case flipped:
		n := s.newest - uint64(d.below("which envelope is hit", int(s.newest)))
		if n == s.newest && s.notedByAll() < n {
			n-- // of the newest one nobody can tell who has not noted it, but for the checksum that a real store has of each message
		}
		body := bytes.Clone(s.bodies[n])
		body[d.below("which byte is hit", len(body))] ^= 1 << d.below("which bit is hit", 8)
		s.bodies[n] = body
	case lost:
		s.hole = 1 + uint64(d.below("which envelope is lost", int(s.newest-1)))
		delete(s.bodies, s.hole)
	case tail:
		noted := s.notedByAll()
		keep := noted - min(noted, 1+uint64(d.below("how many envelopes are lost", 4)))
		if keep == 0 {
			return
		}
		for n := keep + 1; n <= s.newest; n++ {
			delete(s.bodies, n)
		}
		s.newest = keep
	case purged:
		for _, h := range s.w.hosts {
			if h.notes.head() == 0 {
				return
			}
		}
		clear(s.bodies)
		s.newest = 0
	}
	s.damaged, s.since = how, s.w.now
	s.w.saw(how)
}

// notedByAll is how far every host has noted the log.
func (s *store) notedByAll() uint64 {
	noted := s.newest
	for _, h := range s.w.hosts {
		noted = min(noted, h.notes.head())
	}
	return noted
}

// What can be done to a log.
const (
	flipped = "a bit of an envelope is flipped on the disk"
	lost    = "an envelope in the middle of the log is lost"
	tail    = "the newest envelopes are lost with the power"
	purged  = "the log is purged"
)

// restore brings the log back from its mirror, which has all that was ever stored.
func (s *store) restore() {
	s.damaged = ""
	s.newest = uint64(len(s.w.shadow.stored))
	clear(s.bodies)
	for n, body := range s.w.shadow.stored {
		s.bodies[uint64(n)+1] = body
	}
}

// Notes are the file in which a host notes the head of the log.
type notes struct{ text []byte }

func (n *notes) Load() ([]byte, error) {
	if n.text == nil {
		return nil, fs.ErrNotExist
	}
	return n.text, nil
}

func (n *notes) Store(slot []byte, at int64) {
	if end := int(at) + len(slot); len(n.text) < end {
		n.text = append(n.text, make([]byte, end-len(n.text))...)
	}
	copy(n.text[at:], slot)
}

// head is what the file says, read by other means than production reads it.
func (n *notes) head() (newest uint64) {
	for line := range strings.Lines(string(n.text)) {
		word, _, _ := strings.Cut(strings.Trim(line, "\x00 \n"), " ")
		if sequence, err := strconv.ParseUint(word, 10, 64); err == nil {
			newest = max(newest, sequence)
		}
	}
	return newest
}
