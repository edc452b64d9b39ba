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
	places []place // of the texts, by number
	index  index
	seed   maphash.Seed
	lately [labelsMost]uint32 // the numbers of the texts that were asked for last, by their place
}

// A place is where a text stands.
type place struct{ block, from, to uint16 }

const (
	// lexiconBlock is the size of a block; a text is at most as long.
	lexiconBlock = 1<<16 - 1
	// lexiconBlocks is how many there are at most: a sender may make up new labels for as long as it likes.
	lexiconBlocks = 1 << 12
)

// number is the number of a text, which is remembered from now on; false: there is no room for another. Alerts that come together
// say much the same in the same place, and what the one before said there is found without a search.
func (x *lexicon) number(text []byte, place int) (number uint32, ok bool) {
	if number = x.lately[place]; int(number) < len(x.places) && bytes.Equal(x.text(number), text) {
		return number, true
	}
	if number, ok = x.search(text); ok {
		x.lately[place] = number
	}
	return number, ok
}

func (x *lexicon) search(text []byte) (number uint32, ok bool) {
	hash := maphash.Bytes(x.seed, text)
	if number, ok = x.index.find(hash, func(n uint32) bool { return bytes.Equal(x.text(n), text) }); ok {
		return number, true
	}
	if x.full(len(text)) {
		return 0, false
	}
	number = uint32(len(x.places))
	x.places = append(x.places, x.store(text))
	x.index.enter(hash, number, x.hash)
	return number, true
}

func (x *lexicon) hash(number uint32) uint64 { return maphash.Bytes(x.seed, x.text(number)) }

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

// reindex finds all texts anew.
func (x *lexicon) reindex() {
	x.index = indexFor(len(x.places))
	for number := range x.places {
		x.index.put(x.hash(uint32(number)), uint32(number))
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
	c := lexicon{blocks: slices.Clone(x.blocks), places: slices.Clone(x.places), index: x.index.clone(), seed: x.seed}
	for i, b := range c.blocks {
		c.blocks[i] = append(make([]byte, 0, lexiconBlock), b...)
	}
	return c
}
