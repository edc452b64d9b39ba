// Package deadlines holds very many instants at which somebody has to be asked, and says which of them come first. Nearly all of
// them are moved or called off before they come, so that is what has to be cheap: a timing wheel, exact to the nanosecond.
package deadlines

import (
	"math/bits"
	"time"
)

// A Wheel is a set of deadlines, at most one for each number; numbers are small and used again. What it holds has no pointers. The
// zero value is empty.
//
// Time is cut into ticks, and ticks into rings of 64 slots each, a slot of a ring as long as all of the ring below. A deadline lies in the
// lowest ring on which it can be told from the present tick. It moves down, ring by ring, only when all before it are gone;
// those of the present tick, and of what is earlier, lie in a heap.
type Wheel struct {
	pins  [][]pin // by number, in blocks: a list that grows has room for a quarter more
	rings [rings][slots]uint32
	some  [rings]uint64 // which slots of a ring hold any
	near  []uint32      // heap of those at or before the present tick, the first in front
	tick  int64         // the present one: whatever lies in a ring is later
	held  int
}

// A pin is one deadline.
type pin struct {
	at     int64  // nanoseconds since 1970
	next   uint32 // in its slot: the number plus 1; 0: it is the last
	before uint32 // in its slot, likewise; in the heap its place
	place  uint16 // ring and slot, plus 1; inHeap; 0: there is none
}

const (
	tickBits = 23 // a tick is 2^23 ns, 8.4 ms
	slotBits = 6
	slots    = 1 << slotBits
	rings    = (63 - tickBits + slotBits - 1) / slotBits // so that every instant of int64 has a slot
	inHeap   = rings*slots + 1
	block    = 1 << 8 // pins

	farthest = (1<<63-1)/1_000_000_000 - 1 // seconds that an int64 of nanoseconds has for certain
)

// Len is how many deadlines there are.
func (w *Wheel) Len() int { return w.held }

// Set gives a number a deadline, in the place of the one that it had. An instant that no int64 of nanoseconds has counts as the
// nearest that one has.
func (w *Wheel) Set(number int, at time.Time) {
	for number >= len(w.pins)*block {
		w.pins = append(w.pins, make([]pin, block))
	}
	w.Drop(number)
	w.pin(uint32(number)).at = nanoseconds(at) //nolint:gosec // there is a pin for each number up to it
	w.lay(uint32(number))                      //nolint:gosec // there is a pin for each number up to it
	w.held++
}

// nanoseconds is an instant since 1970.
func nanoseconds(at time.Time) int64 {
	switch seconds := at.Unix(); {
	case seconds > farthest:
		return 1<<63 - 1
	case seconds < -farthest:
		return -1 << 63
	}
	return at.UnixNano()
}

// Drop calls a number's deadline off, if it has one.
func (w *Wheel) Drop(number int) {
	if number >= len(w.pins)*block {
		return
	}
	p := w.pin(uint32(number)) //nolint:gosec // there is a pin for each number up to it
	switch p.place {
	case 0:
		return
	case inHeap:
		w.take(int(p.before))
	default:
		ring, slot := (p.place-1)/slots, (p.place-1)%slots
		if p.next != 0 {
			w.pin(p.next - 1).before = p.before
		}
		if p.before != 0 {
			w.pin(p.before - 1).next = p.next
		} else if w.rings[ring][slot] = p.next; p.next == 0 {
			w.some[ring] &^= 1 << slot
		}
	}
	p.place = 0
	w.held--
}

// Next is the earliest deadline; false: there is none.
func (w *Wheel) Next() (at time.Time, ok bool) {
	for len(w.near) == 0 {
		if !w.turn() {
			return at, false
		}
	}
	return time.Unix(0, w.pin(w.near[0]).at).UTC(), true
}

// Due takes a deadline out that has come by an instant, the earliest one first; false: there is none.
func (w *Wheel) Due(now time.Time) (number int, ok bool) {
	at, ok := w.Next()
	if !ok || at.After(now) {
		return 0, false
	}
	number = int(w.near[0])
	w.Drop(number)
	return number, true
}

func (w *Wheel) pin(n uint32) *pin { return &w.pins[n/block][n%block] }

// lay puts a pin where it belongs as of the present tick.
func (w *Wheel) lay(n uint32) {
	p := w.pin(n)
	tick := p.at >> tickBits
	if tick <= w.tick {
		p.place = inHeap
		w.near = append(w.near, n)
		w.rise(len(w.near) - 1)
		return
	}
	ring := (bits.Len64(uint64(tick^w.tick)) - 1) / slotBits
	slot := tick >> (ring * slotBits) % slots
	first := &w.rings[ring][slot]
	if p.next, p.before = *first, 0; p.next != 0 {
		w.pin(p.next - 1).before = n + 1
	}
	*first = n + 1
	w.some[ring] |= 1 << slot
	p.place = uint16(ring*slots) + uint16(slot) + 1
}

// turn moves on to the first slot that holds any, and lays those anew; false: none does.
func (w *Wheel) turn() bool {
	for ring := range w.some {
		if w.some[ring] == 0 {
			continue
		}
		slot := bits.TrailingZeros64(w.some[ring])
		low := ring * slotBits
		w.tick = w.tick>>(low+slotBits)<<(low+slotBits) | int64(slot)<<low
		first := w.rings[ring][slot]
		w.rings[ring][slot] = 0
		w.some[ring] &^= 1 << slot
		for first != 0 {
			n := first - 1
			first = w.pin(n).next
			w.lay(n)
		}
		return true
	}
	return false
}

// take takes out what is at a place of the heap.
func (w *Wheel) take(at int) {
	last := len(w.near) - 1
	w.near[at] = w.near[last]
	w.near = w.near[:last]
	if at < last {
		w.pin(w.near[at]).before = uint32(at) //nolint:gosec // it is a place in a list
		w.sink(w.rise(at))
	}
}

func (w *Wheel) earlier(a, b int) bool { return w.pin(w.near[a]).at < w.pin(w.near[b]).at }

func (w *Wheel) swap(a, b int) {
	w.near[a], w.near[b] = w.near[b], w.near[a]
	w.pin(w.near[a]).before, w.pin(w.near[b]).before = uint32(a), uint32(b) //nolint:gosec // they are places in a list
}

func (w *Wheel) rise(at int) int {
	w.pin(w.near[at]).before = uint32(at) //nolint:gosec // it is a place in a list
	for at > 0 && w.earlier(at, (at-1)/2) {
		w.swap(at, (at-1)/2)
		at = (at - 1) / 2
	}
	return at
}

func (w *Wheel) sink(at int) {
	for {
		first := at
		for child := 2*at + 1; child <= 2*at+2 && child < len(w.near); child++ {
			if w.earlier(child, first) {
				first = child
			}
		}
		if first == at {
			return
		}
		w.swap(at, first)
		at = first
	}
}
