package detector

import (
	"bytes"
	"hash/maphash"
	"slices"
)

// A lexicon keeps texts, each once, in a few large blocks without pointers: the labels of a million alerts are mostly the
// same few words, and the garbage collector looks past what has no pointers.
type lexicon struct {
	blocks [][]byte
	places []place  // of the texts, by number
	index  []uint32 // open addressing: the number of a text, plus 1; 0: free
	seed   maphash.Seed
}

// A place is where a text stands.
type place struct{ block, from, to uint16 }

const (
	// lexiconBlock is the size of a block; a text is at most as long.
	lexiconBlock = 1<<16 - 1
	// lexiconBlocks is how many there are at most: a sender may make up new labels for as long as it likes.
	lexiconBlocks = 1 << 12
)

// number is the number of a text, which is remembered from now on; false: there is no room for another.
func (x *lexicon) number(text []byte) (number uint32, ok bool) {
	if 4*(len(x.places)+1) > 3*len(x.index) {
		x.grow()
	}
	slot, known := x.slot(text)
	if !known {
		if x.full(len(text)) {
			return 0, false
		}
		x.places = append(x.places, x.store(text))
		x.index[slot] = uint32(len(x.places))
	}
	return x.index[slot] - 1, true
}

// full reports whether a text of so many bytes finds no room.
func (x *lexicon) full(length int) bool {
	n := len(x.blocks)
	return n == lexiconBlocks && len(x.blocks[n-1])+length > lexiconBlock
}

// text is a text by its number, not to be changed.
func (x *lexicon) text(number uint32) []byte {
	p := x.places[number]
	return x.blocks[p.block][p.from:p.to]
}

// slot is where a text's number is in the index, or where it belongs.
func (x *lexicon) slot(text []byte) (slot int, known bool) {
	mask := len(x.index) - 1
	for slot = int(maphash.Bytes(x.seed, text)) & mask; x.index[slot] != 0; slot = (slot + 1) & mask {
		if bytes.Equal(x.text(x.index[slot]-1), text) {
			return slot, true
		}
	}
	return slot, false
}

func (x *lexicon) grow() { x.reindex(max(64, 2*len(x.index))) }

func (x *lexicon) reindex(size int) {
	x.index = make([]uint32, size)
	for number := range x.places {
		slot, _ := x.slot(x.text(uint32(number)))
		x.index[slot] = uint32(number) + 1
	}
}

func (x *lexicon) store(text []byte) place {
	n := len(x.blocks) - 1
	if n < 0 || len(x.blocks[n])+len(text) > lexiconBlock {
		x.blocks, n = append(x.blocks, make([]byte, 0, lexiconBlock)), n+1
	}
	from := len(x.blocks[n])
	x.blocks[n] = append(x.blocks[n], text...)
	return place{uint16(n), uint16(from), uint16(len(x.blocks[n]))}
}

func (x *lexicon) clone() lexicon {
	c := lexicon{slices.Clone(x.blocks), slices.Clone(x.places), slices.Clone(x.index), x.seed}
	for i, b := range c.blocks {
		c.blocks[i] = append(make([]byte, 0, lexiconBlock), b...)
	}
	return c
}
