package detector

import (
	"hash/maphash"
	"math"

	"holdfast/detector/alert"
)

// Nearly all that monitoring sends it has sent before: whoever watches repeats what stands, every few minutes. Such an
// alert is recognised by all that it says but its time, without asking what it is about; if it also says since when as it
// did, and its speaker has not been silent in between, nothing is to be done but to note that the speaker is there.

// keyOf is a key of all that a firing alert says and whence, but its times; 0: it is none that can be recognised.
func (m *memory) keyOf(subject string, a *alert.Alert) uint64 {
	if a.Status != alert.Firing || a.Sequence != 0 || a.Vouched {
		return 0
	}
	all := m.scratch[:0]
	write := func(text string) { all = append(append(all, text...), separator) }
	write(subject)
	write(a.Signer)
	write(a.Fingerprint)
	for i := range a.Labels {
		write(a.Labels[i].Name)
		write(a.Labels[i].Value)
	}
	m.scratch = all[:0]
	return max(maphash.Bytes(m.seed, all), 1)
}

// recognise is the alert that was entered under a key.
func (m *memory) recognise(key uint64) (n uint32, known bool) {
	if key == 0 {
		return 0, false
	}
	return m.repeats.find(key, func(n uint32) bool { return m.at(n).key == key })
}

// enterRepeat lets an alert be recognised by a key.
func (m *memory) enterRepeat(n uint32, key uint64, observer uint16) {
	m.at(n).key, m.at(n).observer = key, observer
	m.repeats.enter(key, n, func(n uint32) uint64 { return m.at(n).key })
}

// unlearn recognises nothing any more.
func (m *memory) unlearn() {
	m.repeats = index{}
	for n := range m.count {
		m.at(n).key = 0
	}
}

// repeated hears an alert that says nothing but what it said before, and reports whether it is one.
func (d *Detector) repeated(key uint64, a *alert.Alert) bool {
	n, known := d.memory.recognise(key)
	if !known {
		return false
	}
	r := d.memory.at(n)
	e := d.watching[r.observer]
	own, suspect := d.ownTime(a)
	if r.rich || r.suspect || suspect || own != r.own || e.fellSilent(r.heard, d.at) {
		return false
	}
	e.received++
	if e.hear(d.at) {
		d.touchWatched(e.id)
	}
	return true
}

// learn lets the alert of a statement be recognised from now on, by what it said first. Only that of an observer is.
func (d *Detector) learn(n uint32, s *statement) {
	if r := d.memory.at(n); s.key != 0 && r.key == 0 && !r.rich && s.ear != nil && len(d.watching) <= math.MaxUint16 {
		d.memory.enterRepeat(n, s.key, s.ear.number)
	}
}
