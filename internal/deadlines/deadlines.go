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
//
// To call one off is to take its bit away: it lies where it lay until the wheel comes there. One that is put off stays there, too, and
// moves on from there. So neither goes to memory for neighbours, and no number lies in two places.
type Wheel struct {
	pins    []*[block]pin        // by number, in blocks: a list that grows has room for a quarter more
	stands  []uint64             // by number, a bit each: whether its deadline is to come
	rings   [rings][slots]uint32 // the first bundle of a slot, plus 1; all behind it are full
	some    [rings]uint64        // which slots of a ring may have a bundle
	bundles []bundle
	spare   uint32   // the first bundle that no slot has, plus 1
	near    []uint32 // heap of those at or before the present tick, the first in front
	tick    int64    // the present one: whatever lies in a ring is later
	held    int
}

// A pin is one deadline.
type pin struct {
	at    int64  // nanoseconds since 1970
	where uint32 // place in the bundles, or in the heap
	place uint16 // ring and slot, plus 1; inHeap; 0: it is nowhere
}

// A bundle is some numbers that lie in a slot: a cache line.
type bundle struct {
	next    uint32 // plus 1; 0: it is the last of its slot
	many    uint32
	numbers [inBundle]uint32
}

const (
	tickBits = 23 // a tick is 2^23 ns, 8.4 ms
	slotBits = 6
	slots    = 1 << slotBits
	rings    = (63 - tickBits + slotBits - 1) / slotBits // so that every instant of int64 has a slot
	inHeap   = rings*slots + 1
	block    = 1 << 8 // pins
	inBundle = 14

	farthest = (1<<63-1)/1_000_000_000 - 1 // seconds that an int64 of nanoseconds has for certain
)

// Len is how many deadlines there are.
func (w *Wheel) Len() int { return w.held }

// Set gives a number a deadline, in the place of the one that it had. An instant that no int64 of nanoseconds has counts as the
// nearest that one has.
func (w *Wheel) Set(number int, at time.Time) {
	for number >= len(w.pins)*block {
		w.pins = append(w.pins, new([block]pin))
		w.stands = append(w.stands, make([]uint64, block/64)...)
	}
	n, until := uint32(number), nanoseconds(at) //nolint:gosec // there is a pin for each number up to it
	p := w.pin(n)
	if !w.standing(n) {
		w.stands[n/64] |= 1 << (n % 64)
		w.held++
	}
	switch {
	case p.place == inHeap:
		w.take(int(p.where))
	case p.place != 0 && p.at <= until:
		p.at = until
		return
	case p.place != 0:
		w.leave(p)
	}
	p.at = until
	w.lay(n)
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
	if number < len(w.pins)*block && w.standing(uint32(number)) { //nolint:gosec // there is a pin for each number up to it
		w.stands[number/64] &^= 1 << (number % 64)
		w.held--
	}
}

// Next is the earliest deadline; false: there is none.
func (w *Wheel) Next() (at time.Time, ok bool) {
	if p, some := w.first(); some {
		return time.Unix(0, p.at).UTC(), true
	}
	return at, false
}

// Due takes a deadline out that has come by an instant, the earliest one first; false: there is none.
func (w *Wheel) Due(now time.Time) (number int, ok bool) {
	p, ok := w.first()
	if !ok || p.at > nanoseconds(now) {
		return 0, false
	}
	number = int(w.near[0])
	w.take(0)
	w.Drop(number)
	return number, true
}

// first moves on to the earliest deadline, which is in front of the heap then; false: there is none.
func (w *Wheel) first() (p *pin, ok bool) {
	for w.held > 0 {
		switch {
		case len(w.near) == 0:
			w.turn()
		case w.standing(w.near[0]):
			return w.pin(w.near[0]), true
		default:
			w.take(0)
		}
	}
	return nil, false
}

func (w *Wheel) pin(n uint32) *pin { return &w.pins[n/block][n%block] }

func (w *Wheel) standing(n uint32) bool { return w.stands[n/64]>>(n%64)&1 == 1 }

// lay puts a number that lies nowhere where it belongs as of the present tick.
func (w *Wheel) lay(n uint32) {
	p := w.pin(n)
	tick := p.at >> tickBits
	if tick <= w.tick {
		p.place = inHeap
		w.near = append(w.near, n)
		w.rise(len(w.near) - 1)
		return
	}
	ring := uint(bits.Len64(uint64(tick^w.tick))-1) / slotBits
	slot := uint64(tick) >> (ring * slotBits) % slots
	first := &w.rings[ring][slot]
	if *first == 0 || w.bundles[*first-1].many == inBundle {
		*first = w.bundle(*first)
		w.some[ring] |= 1 << slot
	}
	b := &w.bundles[*first-1]
	b.numbers[b.many] = n
	p.where, p.place = (*first-1)*inBundle+b.many, uint16(ring*slots)+uint16(slot)+1
	b.many++
}

// bundle is an empty one, plus 1, in front of another.
func (w *Wheel) bundle(next uint32) uint32 {
	if w.spare == 0 {
		w.bundles = append(w.bundles, bundle{})
		w.spare = uint32(len(w.bundles)) //nolint:gosec // there are fewer than numbers
	}
	first := w.spare
	b := &w.bundles[first-1]
	w.spare, b.next, b.many = b.next, next, 0
	return first
}

// leave takes a pin out of its slot; the last one of the first bundle goes where it was.
func (w *Wheel) leave(p *pin) {
	ring, slot := (p.place-1)/slots, (p.place-1)%slots
	first := w.rings[ring][slot]
	b := &w.bundles[first-1]
	b.many--
	last := b.numbers[b.many]
	w.bundles[p.where/inBundle].numbers[p.where%inBundle] = last
	w.pin(last).where = p.where
	if b.many == 0 {
		w.rings[ring][slot] = b.next
		b.next, w.spare = w.spare, first
	}
}

// turn moves on to the first slot that may have any, and lays those of them anew that are to come.
func (w *Wheel) turn() {
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
			b := w.bundles[first-1]
			w.bundles[first-1].next, w.spare = w.spare, first
			for _, n := range b.numbers[:b.many] {
				w.pin(n).place = 0 // all before any is laid: then one does not wait until memory has given the one before
			}
			for _, n := range b.numbers[:b.many] {
				if w.standing(n) {
					w.lay(n)
				}
			}
			first = b.next
		}
		return
	}
}

// take takes out what is at a place of the heap.
func (w *Wheel) take(at int) {
	w.pin(w.near[at]).place = 0
	last := len(w.near) - 1
	w.near[at] = w.near[last]
	w.near = w.near[:last]
	if at < last {
		w.pin(w.near[at]).where = uint32(at) //nolint:gosec // it is a place in a list
		w.sink(w.rise(at))
	}
}

func (w *Wheel) earlier(a, b int) bool { return w.pin(w.near[a]).at < w.pin(w.near[b]).at }

func (w *Wheel) swap(a, b int) {
	w.near[a], w.near[b] = w.near[b], w.near[a]
	w.pin(w.near[a]).where, w.pin(w.near[b]).where = uint32(a), uint32(b) //nolint:gosec // they are places in a list
}

func (w *Wheel) rise(at int) int {
	w.pin(w.near[at]).where = uint32(at) //nolint:gosec // it is a place in a list
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
