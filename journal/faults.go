package journal

import "errors"

// A Fault is what goes wrong with one append to a [Memory]: what a network does.
type Fault int

const (
	Whole       Fault = iota // nothing goes wrong
	AckLost                  // stored, but nobody hears of it
	PublishLost              // never arrives, and nobody hears of that either
)

var errNoAnswer = errors.New("no answer")

// Fail gives the next appends one fault each. An append is tried again until its outcome is known, so one call of Append
// may use up several; a Whole between them lets one pass.
func (m *Memory) Fail(next ...Fault) {
	m.pages.mu.Lock()
	defer m.pages.mu.Unlock()
	m.pages.faults = append(m.pages.faults, next...)
}

// Tamper changes the bytes stored at a sequence of the log of decisions; nil takes them away.
func (m *Memory) Tamper(sequence uint64, change func(stored []byte) []byte) {
	m.pages.mu.Lock()
	defer m.pages.mu.Unlock()
	if changed := change(m.pages.bodies[sequence]); changed != nil {
		m.pages.bodies[sequence] = changed
	} else {
		delete(m.pages.bodies, sequence)
	}
}

func (p *pile) nextFault() Fault {
	if len(p.faults) == 0 {
		return Whole
	}
	fault := p.faults[0]
	p.faults = p.faults[1:]
	return fault
}
