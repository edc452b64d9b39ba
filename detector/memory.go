package detector

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
	"strconv"
	"strings"

	"holdfast/detector/alert"
)

// A memory is all that alerts said of components, alert by alert, and their labels. Most alerts say one thing, which takes
// one record without pointers; a million of them are a few blocks that the garbage collector looks past. What an alert
// says after its first statement is kept beside.
type memory struct {
	blocks   [][]remembered
	count    uint32
	index    index           // of the alerts, by speech and identity
	more     []history[word] // of alerts that said more than one thing
	spare    []uint32        // numbers in more that are free
	speeches uint32          // how many there have been
	gone     uint32          // alerts that were forgotten

	repeats index // of alerts by all that they say: for one analysis, and until something is forgotten
	lexicon lexicon
	labels  [][]uint32 // in blocks: of each alert how many, then their numbers in the lexicon
	scratch []byte
	seed    maphash.Seed // by chance, so that no sender can choose what comes to lie where; no answer depends on it
	secret  [2]uint64    // by chance as well, for identities; unlike the seed it can be written down
}

func newMemory() memory {
	seed := maphash.MakeSeed()
	return memory{seed: seed, lexicon: lexicon{seed: seed}, secret: [2]uint64{maphash.String(seed, "one"), maphash.String(seed, "two")}}
}

// remembered is one alert of one speech.
type remembered struct {
	identity   uint64
	own, heard int64  // of its only statement; of a rich alert heard is the number of its history
	speech     uint32 // whose it is
	next       uint32 // the speech's next alert, plus 1; 0: it is the last
	labels     uint32 // where its labels are, plus 1; 0: there are none
	key        uint64 // by which it is recognised, see keyOf
	observer   uint16 // whose it is, where it can be recognised
	word       word
	suspect    bool
	signed     bool
	rich       bool // its statements are kept beside
}

// nobodys is the speech of an alert that was forgotten.
const nobodys = math.MaxUint32

const (
	memoryBlock = 1 << 12
	labelsBlock = 1 << 14
	// labelsMost and labelLongest bound what is remembered of an alert's labels, which is for people to look at.
	labelsMost, labelLongest = 32, 256
)

// identify is an alert's identity within its speech. Fingerprints are mostly sixteen hexadecimal digits.
func (m *memory) identify(fingerprint string) uint64 {
	if len(fingerprint) == 16 {
		if n, err := strconv.ParseUint(fingerprint, 16, 64); err == nil {
			return n
		}
	}
	var secret [16]byte
	binary.LittleEndian.PutUint64(secret[:], m.secret[0])
	binary.LittleEndian.PutUint64(secret[8:], m.secret[1])
	m.scratch = append(append(m.scratch[:0], secret[:]...), fingerprint...)
	sum := sha256.Sum256(m.scratch)
	return binary.LittleEndian.Uint64(sum[:])
}

func (m *memory) at(n uint32) *remembered { return &m.blocks[n/memoryBlock][n%memoryBlock] }

// find is the number of an alert of a speech.
func (m *memory) find(speech uint32, identity uint64) (n uint32, known bool) {
	return m.index.find(m.hash(speech, identity), func(n uint32) bool {
		r := m.at(n)
		return r.identity == identity && r.speech == speech
	})
}

func (m *memory) hash(speech uint32, identity uint64) uint64 {
	return maphash.Comparable(m.seed, [2]uint64{uint64(speech), identity})
}

// add remembers an alert that its speech has not had yet, and the first that it says.
func (m *memory) add(s *speech, identity uint64, said saying[word], labels alert.Labels) uint32 {
	n := m.count
	if n%memoryBlock == 0 {
		m.blocks = append(m.blocks, make([]remembered, memoryBlock))
	}
	m.count++
	*m.at(n) = remembered{identity: identity, speech: s.number, labels: m.keep(labels)}
	m.remember(n, history[word]{said})
	m.index.enter(m.hash(s.number, identity), n, m.hashOf)
	if s.last == 0 {
		s.first = n + 1
	} else {
		m.at(s.last - 1).next = n + 1
	}
	s.last = n + 1
	s.alerts++
	return n
}

// hashOf is by what an alert is found.
func (m *memory) hashOf(n uint32) uint64 { return m.hash(m.at(n).speech, m.at(n).identity) }

// reindex finds all alerts anew.
func (m *memory) reindex() {
	m.index = indexFor(int(m.count))
	for n := range m.count {
		if m.at(n).speech != nobodys {
			m.index.put(m.hashOf(n), n)
		}
	}
}

// said is all that an alert said. The buffer has room for the statement of one that said one thing only.
func (m *memory) said(n uint32, buffer *[1]saying[word]) history[word] {
	r := m.at(n)
	if r.rich {
		return m.more[r.heard]
	}
	buffer[0] = saying[word]{own: r.own, heard: r.heard, suspect: r.suspect, signed: r.signed, value: r.word}
	return buffer[:]
}

// remember puts statements in the place of all that an alert said before.
func (m *memory) remember(n uint32, h history[word]) {
	r, rich := m.at(n), len(h) > 1 || h[0].sequence != 0 || h[0].aged != 0
	switch {
	case !rich:
		m.release(r)
		r.own, r.heard, r.suspect, r.signed, r.word = h[0].own, h[0].heard, h[0].suspect, h[0].signed, h[0].value
	case r.rich:
		m.more[r.heard] = h
	case len(m.spare) > 0:
		last := len(m.spare) - 1
		r.rich, r.heard, m.spare = true, int64(m.spare[last]), m.spare[:last]
		m.more[r.heard] = h
	default:
		r.rich, r.heard = true, int64(len(m.more))
		m.more = append(m.more, h)
	}
}

// release gives back the room of a rich alert's history.
func (m *memory) release(r *remembered) {
	if r.rich {
		m.more[r.heard] = nil
		m.spare = append(m.spare, uint32(r.heard))
		r.rich = false
	}
}

// keep remembers labels, as far as there is room for new ones, and says where they are, plus 1.
func (m *memory) keep(labels alert.Labels) uint32 {
	labels = labels[:min(len(labels), labelsMost)]
	if len(labels) == 0 {
		return 0
	}
	last := len(m.labels) - 1
	if last < 0 || len(m.labels[last])+1+len(labels) > labelsBlock {
		m.labels, last = append(m.labels, make([]uint32, 0, labelsBlock)), last+1
	}
	at := last*labelsBlock + len(m.labels[last])
	m.labels[last] = append(m.labels[last], 0)
	for place, l := range labels {
		m.scratch = append(append(append(m.scratch[:0], cut(l.Name)...), separator), cut(l.Value)...)
		if number, ok := m.lexicon.number(m.scratch, place); ok {
			m.labels[last] = append(m.labels[last], number)
		}
	}
	m.labels[last][at%labelsBlock] = uint32(len(m.labels[last]) - at%labelsBlock - 1)
	return uint32(at) + 1
}

// separator stands between name and value. It is no byte of any text.
const separator = 0xff

// noted is what is remembered of an alert's own words, and told in verdicts: these go into the journal, which takes no more
// than so much at once.
func noted(text string) string { return strings.Clone(cut(text)) }

// bounded are as much of an alert's labels as anything is remembered of.
func bounded(labels alert.Labels) alert.Labels {
	few := slices.Clone(labels[:min(len(labels), labelsMost)])
	for i, l := range few {
		few[i] = alert.Label{Name: cut(l.Name), Value: cut(l.Value)}
	}
	return few
}

func cut(text string) string {
	if len(text) > labelLongest {
		return strings.ToValidUTF8(text[:labelLongest], "") + "…"
	}
	return text
}

// labelsOf are an alert's labels, as far as they are remembered.
func (m *memory) labelsOf(n uint32) alert.Labels {
	at := m.at(n).labels
	if at == 0 {
		return nil
	}
	block, from := m.labels[(at-1)/labelsBlock], (at-1)%labelsBlock
	var labels alert.Labels
	for _, number := range block[from+1 : from+1+block[from]] {
		name, value, _ := strings.Cut(string(m.lexicon.text(number)), string([]byte{separator}))
		labels = append(labels, alert.Label{Name: name, Value: value})
	}
	return labels
}

// revise puts in the place of what each alert of a speech said what is left of that; one of which nothing is left is
// forgotten.
func (m *memory) revise(s *speech, left func(history[word]) history[word]) {
	var last uint32
	s.witness = 0
	for at := s.first; at != 0; {
		var buffer [1]saying[word]
		n, next := at-1, m.at(at-1).next
		if said := left(m.said(n, &buffer)); len(said) > 0 {
			m.remember(n, said)
			last = at
		} else {
			m.release(m.at(n))
			m.at(n).speech = nobodys
			s.alerts--
			m.gone++
			if last == 0 {
				s.first = next
			} else {
				m.at(last - 1).next = next
			}
		}
		at = next
	}
	if s.last = last; last == 0 {
		s.first = 0
	}
}

// pack puts what is remembered together anew once half of it has been forgotten.
func (m *memory) pack(parts map[string]*part) {
	if m.gone == 0 || 2*m.gone < m.count {
		return
	}
	fresh := &memory{speeches: m.speeches, seed: m.seed, secret: m.secret, lexicon: lexicon{seed: m.seed}}
	for _, id := range sorted(parts) {
		for _, s := range parts[id].said {
			old := *s
			s.first, s.last, s.alerts = 0, 0, 0
			m.each(&old, func(n uint32, said history[word]) {
				fresh.remember(fresh.add(s, m.at(n).identity, said[0], m.labelsOf(n)), slices.Clone(said))
			})
		}
	}
	*m = *fresh // which recognises nothing yet
}

func (m *memory) clone() memory {
	c := *m
	c.index, c.more, c.spare, c.lexicon, c.scratch = m.index.clone(), slices.Clone(m.more), slices.Clone(m.spare), m.lexicon.clone(), nil
	c.blocks, c.labels = make([][]remembered, len(m.blocks)), make([][]uint32, len(m.labels))
	for i, b := range m.blocks {
		c.blocks[i] = slices.Clone(b)
	}
	for i, b := range m.labels {
		c.labels[i] = append(make([]uint32, 0, labelsBlock), b...)
	}
	for n, h := range c.more {
		c.more[n] = slices.Clone(h)
	}
	c.unlearn()
	return c
}
