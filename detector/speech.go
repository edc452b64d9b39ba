package detector

import (
	"cmp"
	"slices"
)

// A speech is all that one speaker said of one component, alert by alert; its alerts are in the memory.
type speech struct {
	observer    string
	number      uint32
	first, last uint32 // of its alerts, plus 1; 0: there is none
	alerts      int
	// witness is an alert, plus 1, that has said nothing but that the component is as bad as any alert of the speech says
	// it is, and for as long; 0: none is known. While it stands, what others say who were heard later is no news.
	witness uint32
}

// each goes through what each alert of a speech said, in the order in which they were first heard.
func (m *memory) each(s *speech, visit func(n uint32, said history[word])) {
	var buffer [1]saying[word]
	for at := s.first; at != 0; at = m.at(at - 1).next {
		visit(at-1, m.said(at-1, &buffer))
	}
}

// speechBy is what a speaker said of a component; nil if that is nothing.
func (p *part) speechBy(observer string) *speech {
	if at, found := p.find(observer); found {
		return p.said[at]
	}
	return nil
}

func (p *part) find(observer string) (int, bool) {
	return slices.BinarySearchFunc(p.said, observer, func(s *speech, observer string) int { return cmp.Compare(s.observer, observer) })
}

// speech is what a speaker says of a component; it begins to if it never did.
func (d *Detector) speech(p *part, observer string) *speech {
	at, found := p.find(observer)
	if !found {
		p.said = slices.Insert(p.said, at, &speech{observer: observer, number: d.memory.speeches})
		d.memory.speeches++
	}
	return p.said[at]
}

// alertsEach bounds the alerts told apart for one observer and component; further ones count as one.
const alertsEach = 1024

// say takes in what one alert says of a component, and touches that if it is news.
func (d *Detector) say(id string, s statement, w word) {
	if w == resolved && s.ear != nil { // who has no heartbeat now may be given one by another text
		s.ear.settle(d.at, id)
	}
	p := d.part(id)
	by, said := d.speech(p, s.observer), saidAt(d, s, w)
	identity := d.memory.identify(s.alert.Fingerprint)
	n, known := d.memory.find(by.number, identity)
	forgot := false
	if !known && by.alerts >= alertsEach {
		identity = d.memory.identify("")
		n, known = d.memory.find(by.number, identity)
	}
	if !known {
		n = d.memory.add(by, identity, said, s.alert.Labels)
		d.learn(n, &s)
	} else {
		var buffer [1]saying[word]
		before := d.memory.said(n, &buffer)
		if before.says(said, s.ear.silentBetween(d.at)) {
			d.learn(n, &s)
			return
		}
		now := before.with(said)
		forgot = len(now) <= len(before) // what it said before may have been news
		d.memory.remember(n, now)
		d.restate(id)
	}
	p.late = max(p.late, said.lateness())
	if !d.witnessed(by, n, s.ear) || forgot {
		d.touch(id)
	}
}

// witnessed reports whether another alert of the same speaker makes all that one said no news: whichever way statements are
// laid out in time, the other has said before, and goes on saying, what is at least as bad. Where the witness is no good any
// more, or the one that spoke is a better one, that becomes it.
func (d *Detector) witnessed(by *speech, n uint32, e *ear) bool {
	m, latitude := &d.memory, d.book.latitude
	if by.witness == 0 || by.witness == n+1 || !m.testifies(by.witness-1) || e.fellSilent(m.at(by.witness-1).heard, d.at) {
		by.witness = 0
		if m.testifies(n) {
			by.witness = n + 1
		}
		return false
	}
	w := m.at(by.witness - 1)
	var buffer [1]saying[word]
	for _, s := range m.said(n, &buffer) {
		loss := s.value == isDown || s.value == isDegraded
		if loss && s.value > w.word && m.testifies(n) {
			by.witness = n + 1
		}
		after := s.own >= w.heard // the witness was heard by then, and was right by then at the latest
		between := loss && s.own >= w.own && s.heard >= w.heard && s.lateness() <= latitude && w.heard-w.own <= latitude
		if s.suspect || loss && s.value > w.word || !after && !between {
			return false
		}
	}
	return true
}

// testifies reports whether an alert has said one thing only: that the component is down or degraded.
func (m *memory) testifies(n uint32) bool {
	r := m.at(n)
	return !r.rich && !r.suspect && (r.word == isDown || r.word == isDegraded)
}
