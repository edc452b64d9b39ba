package detector

import (
	"math/bits"
	"slices"
)

// An index finds things by a hash: it holds their numbers, in open addressing. Beside each number stands a byte of its hash,
// and these bytes lie close together: whoever looks for what is not there, as for a label of a new alert, looks at a few of them
// and hardly ever at a thing itself, which lies anywhere.
type index struct {
	marks   []uint8  // of what is there, a byte of its hash; 0: the place is free
	numbers []uint32 // of what is there
	count   int
}

// indexFor is an index with room for so many things.
func indexFor(things int) index {
	size := max(64, 1<<bits.Len(uint(things+things/3+1)))
	return index{marks: make([]uint8, size), numbers: make([]uint32, size)}
}

// full reports whether one more thing would have too many others beside it.
func (x *index) full() bool { return 4*(x.count+1) > 3*len(x.marks) }

// markOf is the byte of a hash that stands in the index. The place is made of other bits.
func markOf(hash uint64) uint8 { return uint8(hash>>56) | 1 }

// find is the number of what has a hash, and of which is holds.
func (x *index) find(hash uint64, is func(number uint32) bool) (number uint32, known bool) {
	if x.count == 0 {
		return 0, false
	}
	mask, mark := uint64(len(x.marks)-1), markOf(hash)
	for place := hash & mask; x.marks[place] != 0; place = (place + 1) & mask {
		if x.marks[place] == mark && is(x.numbers[place]) {
			return x.numbers[place], true
		}
	}
	return 0, false
}

// enter adds what has a hash and is not there. The hashes of all numbers are asked for where the index has to grow.
func (x *index) enter(hash uint64, number uint32, hashOf func(number uint32) uint64) {
	if x.full() {
		old := *x
		*x = indexFor(max(64, len(old.marks)))
		for place, n := range old.numbers {
			if old.marks[place] != 0 {
				x.put(hashOf(n), n)
			}
		}
	}
	x.put(hash, number)
}

func (x *index) put(hash uint64, number uint32) {
	mask := uint64(len(x.marks) - 1)
	place := hash & mask
	for x.marks[place] != 0 {
		place = (place + 1) & mask
	}
	x.marks[place], x.numbers[place] = markOf(hash), number
	x.count++
}

func (x *index) clone() index {
	return index{slices.Clone(x.marks), slices.Clone(x.numbers), x.count}
}
