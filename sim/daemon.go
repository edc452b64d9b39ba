package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"holdfast/detector/alert"
	"holdfast/detector/watch"
	"holdfast/incident"
	"holdfast/invoker"
	"holdfast/journal"
)

// A host is a machine that a daemon runs on. Its clock and its note of the head outlive the daemon.
type host struct {
	w      *World
	name   string
	notes  notes
	ahead  time.Duration // its clock, of the world's time
	stands time.Time     // where its clock stands still; zero: it goes
	lives  int
	kept   *invoker.Kept // what the desk of a life had heard, for the next ones; nil: nothing
	last   time.Time     // when the last message was stored that it had heard
	alive  *process      // nil: nothing runs
}

// clock is what the host takes for the time.
func (h *host) clock() time.Time {
	if !h.stands.IsZero() {
		return h.stands
	}
	return h.w.now.Add(h.ahead)
}

// A process is one life of a daemon: the loop of an invoker, its ears, its undertaker, and what is in flight.
type process struct {
	w    *World
	host *host
	name string
	inv  *invoker.Invoker
	born time.Time

	ctx    context.Context
	stop   context.CancelFunc
	loop   *thread
	others []*thread
	commit int

	inbox    []delivery
	open     invoker.Door // what the loop waits for
	waiting  []*thread    // for an answer of the loop
	watching bool         // it waits for the log to grow
	looked   int          // how often it was told to look again
	listens  *thread      // its ears, where they wait for a message

	frozen  time.Time // stopped until then
	stopped time.Time // when that began
	dead    bool
	died    time.Time

	holds  uint64        // the epoch in which it says to be in charge; 0: it does not
	charge chan struct{} // there may be news of who is
}

// boot starts a daemon.
func (h *host) boot() *process {
	w := h.w
	h.lives++
	p := &process{w: w, host: h, name: fmt.Sprintf("%s-%d", h.name, h.lives), born: w.now}
	p.ctx, p.stop = context.WithCancel(context.Background())
	h.alive = p
	w.lives = append(w.lives, p)
	kept, heard := h.recalls(), uint64(0)
	if kept != nil {
		heard = kept.Heard
	}
	p.charge = make(chan struct{}, 1)
	var beside invoker.Lease
	if w.Standby {
		beside = lease{p}
	}
	p.inv = invoker.New(invoker.Config{
		Lease:     beside,
		Kept:      kept,
		Log:       journal.On(view{p}, &h.notes, p.wait),
		Hands:     hands{p},
		Documents: h.documents(),
		Instance:  p.name,
		Version:   "simulated",
		Now:       h.clock,
		Logger:    zerolog.Nop(),
		Stage:     stage{p},
		CommitID:  func() string { p.commit++; return fmt.Sprintf("%s.%d", p.name, p.commit) },
	})
	p.loop = w.thread(func() {
		err := p.inv.Run(p.ctx)
		if errors.Is(err, invoker.ErrKept) {
			w.saw("what was kept was thrown away, since the logs said otherwise")
			h.kept = nil
			p.kill()
			return
		}
		if errors.Is(err, invoker.ErrAnew) {
			p.anew()
			return
		}
		if err != nil && p.ctx.Err() == nil {
			w.fail("start", "%s does not start: %v", p.name, err)
		}
	})
	p.at(w.now, func() { p.run(p.loop) })
	p.spawn(w.now, func() {
		err := watch.Run(p.ctx, ears{p}, heard, func(ctx context.Context, h watch.Heard) error {
			return p.inv.Hear(ctx, invoker.Heard{Sequence: h.Sequence, Received: h.Received, Subject: h.Subject, Batch: h.Batch,
				Unreadable: h.Unreadable, Lost: h.Lost, CaughtUp: h.CaughtUp})
		})
		if err != nil {
			w.fail("ears", "%s hears no more: %v", p.name, err)
		}
	})
	if heard > 0 {
		w.saw("a daemon began with what a life before it had kept")
		p.spawn(w.now, func() { p.lookThrough(heard) })
	}
	p.spawn(w.now, func() { _ = watch.Bury(p.ctx, ears{p}, p.inv.Unread, func(alert.Unread, error) {}) })
	return p
}

// documents are those on the host's disk. Where others stand by, each has its own: who takes over must not bring them along.
func (h *host) documents() *incident.Documents {
	if !h.w.Standby {
		return h.w.docs
	}
	return documents("organisation: Example Freight", "organisation: Example Freight, as "+h.name+" knows it")
}

// recalls is what was kept, if the alert log is still the one that was heard.
func (h *host) recalls() *invoker.Kept {
	if k := h.kept; k != nil && k.Heard > 0 {
		if all := h.w.said.messages; uint64(len(all)) < k.Heard || all[k.Heard-1].Subject == "" || !all[k.Heard-1].Received.Equal(h.last) {
			h.kept = nil
		}
	}
	return h.kept
}

// keeps keeps what every third life has heard, as it dies: the two after it begin with that.
func (p *process) keeps() {
	if !p.w.Keeps || p.host.lives%3 != 0 {
		return
	}
	if k, ok := p.inv.Keep(); ok {
		p.host.kept = &k
		if k.Heard > 0 {
			p.host.last = p.w.said.messages[k.Heard-1].Received
		}
	}
}

// lookThrough looks for messages that were heard by a life before and can no longer be read.
func (p *process) lookThrough(heard uint64) {
	for n, m := range p.w.said.messages[:heard] {
		if m.Subject == "" && p.inv.Hear(p.ctx, invoker.Heard{Sequence: uint64(n) + 1, Lost: 1, Before: true}) != nil {
			return
		}
	}
}

// at plans something of a process; while it is stopped nothing of it happens, and once it is dead nothing ever.
func (p *process) at(when time.Time, happen func()) {
	p.w.plan(when, func() {
		switch {
		case p.dead:
		case p.w.now.Before(p.frozen):
			p.at(p.frozen, happen)
		default:
			happen()
		}
	})
}

// spawn runs something beside the loop.
func (p *process) spawn(when time.Time, f func()) {
	t := p.w.thread(f)
	p.others = append(p.others, t)
	p.at(when, func() { p.run(t) })
}

// run lets a thread of the process go on, and after the loop whoever waits for it.
func (p *process) run(t *thread) {
	t.run()
	if t == p.loop {
		p.rouseWaiting()
	}
	if len(p.others) > 64 {
		kept := p.others[:0]
		for _, other := range p.others {
			if !other.over {
				kept = append(kept, other)
			}
		}
		p.others = kept
	}
}

// rouseWaiting has whoever waits for something look whether it has come.
func (p *process) rouseWaiting() {
	waiting := p.waiting
	p.waiting = nil
	for _, t := range waiting {
		p.rouse(t)
	}
}

// rouse wakes a thread that sleeps or waits.
func (p *process) rouse(t *thread) {
	nap := t.naps
	p.at(p.w.now, func() {
		if t.naps == nap {
			p.run(t)
		}
	})
}

// sleepUntil is called by the thread that is running.
func (p *process) sleepUntil(when time.Time) {
	t := p.w.running
	t.naps++
	nap := t.naps
	p.at(when, func() {
		if t.naps == nap {
			p.run(t)
		}
	})
	t.pause()
	t.naps++
}

func (p *process) sleep(d time.Duration) { p.sleepUntil(p.w.now.Add(d)) }

// port is a place at which a process may die or be stopped: before or after something of the world outside.
func (p *process) port(what string) {
	d := p.w.dice
	switch {
	case d.fault("a daemon dies at " + what):
		p.die()
	case d.fault("a daemon is stopped at " + what):
		p.freeze(p.w.now.Add(d.between("how long a daemon is stopped", time.Second, 3*time.Minute)))
		p.sleep(0)
	}
}

// die ends a process where it is; it is called by one of its own threads, and does not return.
func (p *process) die() {
	p.kill()
	p.w.running.pause()
}

func (p *process) kill() {
	if p.dead {
		return
	}
	p.keeps()
	p.end()
	p.w.tellOthers(p, leaseGone)
	p.w.died(p)
}

func (p *process) end() {
	p.dead, p.died = true, p.w.now
	p.stop()
	if p.host.alive == p {
		p.host.alive = nil
	}
	p.w.plan(p.w.now, p.bury)
}

// bury ends the threads of a dead process.
func (p *process) bury() {
	p.loop.kill()
	for _, t := range p.others {
		t.kill()
	}
	p.others, p.inbox, p.waiting = nil, nil, nil
}

// cutOff reports whether the process cannot reach the store.
func (p *process) cutOff() bool { return p.w.now.Before(p.w.store.cut) }

// lookAgain wakes a loop that naps.
func (p *process) lookAgain(after time.Duration) {
	p.at(p.w.now.Add(after), func() {
		p.looked++
		if p.open != 0 || p.watching {
			p.rouse(p.loop)
		}
	})
}

// nothingBefore is until when a loop may nap that nothing wakes: its own next instant, where that is later.
func (p *process) nothingBefore(at time.Time) time.Time {
	var next time.Time
	var ok bool
	p.inv.Look(func(d *incident.Desk) { next, ok = d.NextAt() })
	if !ok {
		return p.w.end.Add(time.Hour)
	}
	if wait := next.Sub(p.host.clock()); p.w.now.Add(wait).After(at) && p.host.stands.IsZero() {
		return p.w.now.Add(wait)
	}
	return at
}

// inCharge reports whether the process decides, as far as it knows.
func (p *process) inCharge() bool {
	s := p.inv.Status()
	return !p.dead && s.Live && s.HandsOff == "" && s.Successor == ""
}

// order has a person ask this process for something; then is told how that went, if the process lives to say it.
func (p *process) order(by string, c incident.Command, then func([]incident.Change, error)) {
	p.spawn(p.w.now, func() {
		changes, err := p.inv.Order(p.ctx, p.w.person(by), c)
		then(changes, err)
	})
}

// hands reach the machines and people of the world.
type hands struct{ p *process }

func (h hands) Carry(ctx context.Context, e incident.Effect) incident.Result {
	p := h.p
	if ctx.Err() == nil {
		p.w.shadow.starts(p, e)
	}
	p.port("an effect")
	if ctx.Err() != nil {
		p.w.saw("an effect was called off before it left")
		return incident.Result{Effect: e, Outcome: incident.TimedOut}
	}
	p.w.shadow.effect(e)
	r := p.w.carry(p, ctx, e)
	p.port("a result")
	return r
}

func refused(err error) (*incident.Refusal, bool) {
	var r *incident.Refusal
	return r, errors.As(err, &r)
}
