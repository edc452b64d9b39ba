package sim

import (
	"time"

	"holdfast/invoker"
	"holdfast/journal"
)

// A lease is what a daemon learns of who is in charge by asking, where the others stand by: late, and now and then wrongly.
type lease struct{ p *process }

var _ invoker.Lease = lease{}

// How long it takes until it is known that nobody is in charge.
const (
	leaseGone    = 100 * time.Millisecond // after a death
	leaseSilence = time.Second            // after which whoever does not answer is taken for gone
	unheard      = "nobody answers who asks who is in charge"
)

// besideALease is what goes wrong only where others stand by.
var besideALease = map[string]float64{unheard: 0.01}

func (l lease) Holder() (journal.Holder, bool) {
	w := l.p.w
	if l.p.holds > 0 {
		return l.p.holder(), true
	}
	var answers *process
	for n := len(w.lives) - 1; n >= 0; n-- {
		q := w.lives[n]
		if q.holds > 0 && w.now.Before(q.silentFrom().Add(leaseSilence)) && (!q.dead || w.now.Before(q.died.Add(leaseGone))) &&
			(answers == nil || q.holds > answers.holds) {
			answers = q
		}
	}
	switch {
	case answers == nil && l.p.cutOff(): // that nobody can be asked says nothing of anybody
		return journal.Holder{}, true
	case answers == nil:
		return journal.Holder{}, false
	case !l.p.cutOff() && w.dice.fault(unheard):
		return answers.holder(), false
	}
	return answers.holder(), true
}

func (l lease) Changed() <-chan struct{} { return l.p.charge }

func (l lease) Hold(epoch uint64) error {
	l.p.holds = epoch
	l.p.w.saw("a daemon said that it is in charge")
	l.p.w.tellOthers(l.p, 0)
	return nil
}

func (l lease) Release() {
	if l.p.holds > 0 {
		l.p.holds = 0
		l.p.w.tellOthers(l.p, 0)
	}
}

func (p *process) holder() journal.Holder { return journal.Holder{Instance: p.name, Epoch: p.holds} }

// silentFrom is since when a process answers nobody; one that runs does until now.
func (p *process) silentFrom() time.Time {
	switch {
	case p.dead:
		return p.died
	case p.w.now.Before(p.frozen):
		return p.stopped
	}
	return p.w.now
}

// freeze stops a process until an instant.
func (p *process) freeze(until time.Time) {
	p.frozen, p.stopped = until, p.w.now
	p.w.supervise(p, until)
	if p.holds > 0 {
		p.w.tellOthers(p, leaseSilence)
	}
}

// tellOthers has those who stand by look, after a while, who is in charge.
func (w *World) tellOthers(by *process, after time.Duration) {
	if !w.Standby {
		return
	}
	for _, h := range w.hosts {
		p := h.alive
		if p == nil || p == by {
			continue
		}
		p.at(w.now.Add(after+w.dice.between("until it is noticed who is in charge", time.Millisecond, 100*time.Millisecond)), func() {
			select {
			case p.charge <- struct{}{}:
			default:
			}
			p.rouseWaiting()
		})
	}
}

// anew ends a daemon that has had its time; what it is part of makes another one at once.
func (p *process) anew() {
	p.w.saw("a daemon began anew, since another had taken over")
	h := p.host
	p.end()
	p.w.after(time.Millisecond, func() { p.w.start(h) })
}
