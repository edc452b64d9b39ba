package detector

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"slices"
)

// What a detector has heard can be put on paper, so that whoever starts anew need not hear all of it again. As with a copy,
// nothing that was made of it is taken along. One function both writes and reads each part, so the two cannot part ways.

// Write adds what the detector has heard to b. It is for this program alone, of this version: see [Recall].
func (d *Detector) Write(b []byte) []byte {
	p := &paper{b: slices.Grow(b, d.memory.size()+1<<10)}
	p.detector(d)
	return p.b
}

// Recall is a detector that has heard what b begins with; and what comes after it in b. It judges by nothing yet: before anything
// else it is to be rebased ([Detector.Rebase]) to the analysis that the one judged by which wrote it. The error is of bytes that
// [Detector.Write] did not write.
func Recall(b []byte) (d *Detector, rest []byte, err error) {
	d = &Detector{memory: newMemory()}
	p := &paper{b: b, reads: true}
	p.detector(d)
	if p.torn || !d.memory.whole() {
		return nil, nil, errors.New("what a detector had heard is not written here")
	}
	d.memory.reindex()
	d.memory.lexicon.reindex()
	return d, p.b[p.at:], nil
}

// A paper is written, or read.
type paper struct {
	b     []byte
	reads bool
	at    int  // up to where it is read
	torn  bool // it ended before what is to be read
}

func (p *paper) detector(d *Detector) {
	figure(p, &d.at)
	flag(p, &d.awake)
	figure(p, &d.tidied)
	figure(p, &d.until)
	figure(p, &d.nobody)
	table(p, &d.count.Received, figure[uint64])
	figure(p, &d.count.Unmapped)
	figure(p, &d.count.Suspect)
	list(p, &d.count.Samples, func(p *paper, s *json.RawMessage) { letters(p, s) })
	table(p, &d.count.Misattributed, figure[uint64])
	list(p, &d.count.Strays, (*paper).stray)
	p.memory(&d.memory)
	table(p, &d.parts, (*paper).part)
	table(p, &d.ears, (*paper).ear)
	table(p, &d.sites, bySpeaker[facility])
	table(p, &d.data, bySpeaker[integrity])
	table(p, &d.points, sayingsOf[int64])
	table(p, &d.estimates, sayingsOf[int64])
	table(p, &d.remarks, func(p *paper, all *[]remark) { list(p, all, (*paper).remark) })
	table(p, &d.moves, func(p *paper, all *[]move) { list(p, all, (*paper).move) })
	list(p, &d.windows, (*paper).window)
	table(p, &d.withdrawn, func(p *paper, all *[]int64) { list(p, all, figure[int64]) })
	table(p, &d.strangers, func(p *paper, all *[]string) { list(p, all, letters[string]) })
	table(p, &d.spokenFor, func(p *paper, all *[]string) { list(p, all, letters[string]) })
}

func (p *paper) stray(s *Stray) {
	letters(p, &s.Observer)
	letters(p, &s.Subject)
	at := s.At.UnixNano()
	figure(p, &at)
	s.At = clock(at)
	letters(p, &s.Labels)
}

func (p *paper) part(to **part) {
	if p.reads {
		*to = &part{}
	}
	q := *to
	list(p, &q.said, (*paper).speech)
	list(p, &q.off, (*paper).mark)
	figure(p, &q.late)
	figure(p, &q.wasLate)
}

func (p *paper) speech(to **speech) {
	if p.reads {
		*to = &speech{}
	}
	s := *to
	letters(p, &s.observer)
	figure(p, &s.number)
	figure(p, &s.first)
	figure(p, &s.last)
	figure(p, &s.alerts)
	figure(p, &s.witness)
}

func (p *paper) mark(m *mark) {
	figure(p, &m.at)
	figure(p, &m.own)
	figure(p, &m.until)
	letters(p, &m.by)
}

func (p *paper) ear(to **ear) {
	if p.reads {
		*to = &ear{}
	}
	e := *to
	letters(p, &e.id)
	figure(p, &e.number)
	figure(p, &e.limit)
	figure(p, &e.last)
	figure(p, &e.open)
	figure(p, &e.told)
	list(p, &e.past, (*paper).span)
	list(p, &e.proofs, figure[int64])
	figure(p, &e.owed)
	figure(p, &e.settled)
	table(p, &e.unproven, figure[int64])
	figure(p, &e.received)
}

func (p *paper) span(s *span) {
	figure(p, &s.from)
	figure(p, &s.to)
}

func (p *paper) remark(r *remark) {
	figure(p, &r.heard)
	figure(p, &r.own)
	figure(p, &r.end)
	letters(p, &r.by)
	flag(p, &r.counts)
	flag(p, &r.person)
}

func (p *paper) move(m *move) {
	figure(p, &m.at)
	figure(p, &m.to)
	letters(p, &m.by)
}

func (p *paper) window(w *window) {
	p.span(&w.span)
	figure(p, &w.until)
	letters(p, &w.change)
	letters(p, &w.by)
	flag(p, &w.void)
	list(p, &w.scope, letters[string])
	list(p, &w.places, letters[string])
	table(p, &w.expect, figure[grade])
}

func bySpeaker[V facility | integrity](p *paper, all *sayings[V]) {
	table(p, (*map[string]history[V])(all), sayingsOf[V])
}

func sayingsOf[V facility | integrity | word | int64](p *paper, h *history[V]) {
	list(p, h, sayingOf[V])
}

func sayingOf[V facility | integrity | word | int64](p *paper, s *saying[V]) {
	figure(p, &s.own)
	figure(p, &s.heard)
	figure(p, &s.sequence)
	flag(p, &s.suspect)
	flag(p, &s.signed)
	figure(p, &s.aged)
	figure(p, &s.value)
}

// memory leaves out what finds an alert again: that is made anew.
func (p *paper) memory(m *memory) {
	figure(p, &m.secret[0])
	figure(p, &m.secret[1])
	figure(p, &m.count)
	figure(p, &m.speeches)
	figure(p, &m.gone)
	for n := range m.count {
		if p.reads && n%memoryBlock == 0 {
			if p.torn = p.torn || len(p.b)-p.at < int(min(memoryBlock, m.count-n))*recordSize; p.torn {
				return
			}
			m.blocks = append(m.blocks, make([]remembered, memoryBlock))
		}
		p.record(m.at(n))
	}
	list(p, &m.more, sayingsOf[word])
	list(p, &m.spare, figure[uint32])
	list(p, &m.lexicon.blocks, func(p *paper, b *[]byte) { block(p, b, lexiconBlock) })
	list(p, &m.lexicon.places, (*paper).place)
	list(p, &m.labels, (*paper).labels)
}

func (p *paper) place(at *place) {
	figure(p, &at.block)
	figure(p, &at.from)
	figure(p, &at.to)
}

// recordSize is the size of an alert in bytes, as it is written.
const recordSize = 3*8 + 3*4 + 1 + 1

// Those of the last byte of an alert.
const (
	suspectBit = 1 << iota
	signedBit
	richBit
)

func (p *paper) record(r *remembered) {
	if !p.reads {
		b := binary.LittleEndian.AppendUint64(p.b, r.identity)
		b = binary.LittleEndian.AppendUint64(b, uint64(r.own))
		b = binary.LittleEndian.AppendUint64(b, uint64(r.heard))
		b = binary.LittleEndian.AppendUint32(b, r.speech)
		b = binary.LittleEndian.AppendUint32(b, r.next)
		b = binary.LittleEndian.AppendUint32(b, r.labels)
		var bits byte
		if r.suspect {
			bits |= suspectBit
		}
		if r.signed {
			bits |= signedBit
		}
		if r.rich {
			bits |= richBit
		}
		p.b = append(b, byte(r.word), bits)
		return
	}
	b := p.b[p.at : p.at+recordSize]
	p.at += recordSize
	*r = remembered{
		identity: binary.LittleEndian.Uint64(b), own: int64(binary.LittleEndian.Uint64(b[8:])), heard: int64(binary.LittleEndian.Uint64(b[16:])),
		speech: binary.LittleEndian.Uint32(b[24:]), next: binary.LittleEndian.Uint32(b[28:]), labels: binary.LittleEndian.Uint32(b[32:]),
		word: word(b[36]), suspect: b[37]&suspectBit != 0, signed: b[37]&signedBit != 0, rich: b[37]&richBit != 0,
	}
}

// labels are a block of them.
func (p *paper) labels(all *[]uint32) {
	n := uint32(len(*all))
	figure(p, &n)
	if !p.reads {
		for _, one := range *all {
			p.b = binary.LittleEndian.AppendUint32(p.b, one)
		}
		return
	}
	if p.torn = p.torn || n > labelsBlock || len(p.b)-p.at < 4*int(n); p.torn {
		return
	}
	*all = make([]uint32, n, labelsBlock)
	for i := range *all {
		(*all)[i] = binary.LittleEndian.Uint32(p.b[p.at:])
		p.at += 4
	}
}

// size is about how many bytes it takes to write a memory.
func (m *memory) size() int {
	return int(m.count)*recordSize + len(m.labels)*labelsBlock*4 + len(m.lexicon.blocks)*lexiconBlock + len(m.lexicon.places)*24 + len(m.more)*64
}

// whole reports whether what a memory points at is there.
func (m *memory) whole() bool {
	for n := range m.count {
		r := m.at(n)
		if r.rich && (r.heard < 0 || r.heard >= int64(len(m.more))) || r.next > m.count || r.labels != 0 && !m.holds(r.labels-1) {
			return false
		}
	}
	for _, at := range m.lexicon.places {
		if int(at.block) >= len(m.lexicon.blocks) || at.from > at.to || int(at.to) > len(m.lexicon.blocks[at.block]) {
			return false
		}
	}
	return true
}

// holds reports whether the labels at a place are there.
func (m *memory) holds(at uint32) bool {
	block, from := int(at/labelsBlock), int(at%labelsBlock)
	if block >= len(m.labels) || from >= len(m.labels[block]) {
		return false
	}
	to := from + 1 + int(m.labels[block][from])
	return to <= len(m.labels[block])
}

type whole interface {
	~int | ~int64 | ~uint64 | ~uint32 | ~uint16 | ~uint8
}

func figure[V whole](p *paper, v *V) {
	if !p.reads {
		p.b = binary.LittleEndian.AppendUint64(p.b, uint64(*v))
		return
	}
	if b := p.take(8); b != nil {
		*v = V(binary.LittleEndian.Uint64(b))
	}
}

func flag(p *paper, v *bool) {
	var n uint8
	if *v {
		n = 1
	}
	figure(p, &n)
	*v = n == 1
}

func letters[V ~string | ~[]byte](p *paper, v *V) {
	n := len(*v)
	figure(p, &n)
	if !p.reads {
		p.b = append(p.b, *v...)
		return
	}
	*v = V(slices.Clone(p.take(n)))
}

// block is bytes with room for more behind them.
func block(p *paper, b *[]byte, room int) {
	if !p.reads {
		letters(p, b)
		return
	}
	var n int
	figure(p, &n)
	if written := p.take(n); !p.torn {
		*b = append(make([]byte, 0, max(room, n)), written...)
	}
}

// take is the next bytes of what is read; nil: there are not so many.
func (p *paper) take(n int) []byte {
	if p.torn = p.torn || n < 0 || n > len(p.b)-p.at; p.torn {
		return nil
	}
	p.at += n
	return p.b[p.at-n : p.at]
}

// length is how many there are, of which each takes a byte at least; one more than that, for none is not nothing.
func length(p *paper, n int, there bool) (int, bool) {
	if there {
		n++
	}
	figure(p, &n)
	if p.torn = p.torn || n < 0 || p.reads && n > 1+len(p.b)-p.at; p.torn || n == 0 {
		return 0, false
	}
	return n - 1, true
}

func list[L ~[]V, V any](p *paper, all *L, one func(*paper, *V)) {
	n, there := length(p, len(*all), *all != nil)
	if !there {
		return
	}
	if p.reads {
		*all = make(L, n)
	}
	for i := range *all {
		if one(p, &(*all)[i]); p.torn {
			return
		}
	}
}

func table[M ~map[string]V, V any](p *paper, all *M, one func(*paper, *V)) {
	n, there := length(p, len(*all), *all != nil)
	if !there {
		return
	}
	if !p.reads {
		for _, key := range slices.Sorted(maps.Keys(*all)) {
			value := (*all)[key]
			letters(p, &key)
			one(p, &value)
		}
		return
	}
	*all = make(M, n)
	for range n {
		var key string
		var value V
		letters(p, &key)
		if one(p, &value); p.torn {
			return
		}
		(*all)[key] = value
	}
}
