package sim

import (
	"context"
	"time"

	"holdfast/invoker"
)

// A stage is what a daemon lives on here: its loop and all beside it are threads of the world.
type stage struct{ p *process }

var _ invoker.Stage = stage{}

// delivery is something that waits at a door.
type delivery struct {
	ctx   context.Context // of whoever brought it: once that has ended, it is not wanted any more
	knock invoker.Knock
	by    *thread // that waits until it is taken; nil: nobody waits
}

// nap is the longest that the loop of an invoker waits for nothing but a jump of its clock, and poll how often one looks
// that is not in charge. Nothing comes of most of these looks, so only those are played that something can come of.
const (
	nap    = time.Minute
	poll   = time.Second
	beside = poll / 4 // of a standby
)

func (s stage) Now() time.Time { return s.p.w.now }

func (s stage) Wait(ctx context.Context, open invoker.Door, d time.Duration) invoker.Knock {
	p := s.p
	deadline := p.w.now.Add(d)
	switch {
	case d <= 0:
	case d == nap:
		deadline = p.nothingBefore(deadline)
	case d == poll && p.inv.Status().Successor != "":
		deadline = p.w.end.Add(time.Hour)
		p.watching = true
		defer func() { p.watching = false }()
	case p.w.Standby && d == poll && p.inCharge() && p.inv.Ready() == nil:
		deadline = p.nothingBefore(deadline)
		p.watching = true
		defer func() { p.watching = false }()
	case p.w.Standby && d == beside && p.inv.Status().CaughtUp && p.inv.Status().JournalError == "":
		if _, held := (lease{p}).Holder(); held {
			deadline = p.w.end.Add(time.Hour)
			p.watching = true
			defer func() { p.watching = false }()
		}
	}
	for {
		if k := p.take(open); k.Door() != 0 {
			return k
		}
		if !p.w.now.Before(deadline) || ctx.Err() != nil {
			return invoker.Knock{}
		}
		until := deadline
		if at, limited := ctx.Deadline(); limited && at.Before(until) {
			until = at
		}
		p.open = open
		woken := p.looked
		p.sleepUntil(until)
		p.open = 0
		if p.looked != woken { // its clock has jumped, or the log has grown
			return p.take(open)
		}
	}
}

// take is the first delivery at one of the doors that are open.
func (p *process) take(open invoker.Door) invoker.Knock {
	for n := 0; n < len(p.inbox); n++ {
		b := p.inbox[n]
		gone := b.ctx.Err() != nil
		if !gone && b.knock.Door()&open == 0 {
			continue
		}
		p.inbox = append(p.inbox[:n], p.inbox[n+1:]...)
		n--
		if b.by != nil {
			p.rouse(b.by)
		}
		if !gone {
			return b.knock
		}
	}
	return invoker.Knock{}
}

func (s stage) Bring(ctx context.Context, k invoker.Knock) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	b := delivery{ctx: ctx, knock: k}
	if k.Door()&(invoker.Results|invoker.News) != 0 {
		b.by = s.p.w.running
		b.by.naps++
	}
	s.p.inbox = append(s.p.inbox, b)
	if s.p.open&k.Door() != 0 {
		s.p.rouse(s.p.loop)
	}
	if b.by != nil {
		b.by.pause()
	}
	return nil
}

func (s stage) Await(ctx context.Context, done <-chan struct{}) error {
	t := s.p.w.running
	for {
		select {
		case <-done:
			return nil
		default:
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.p.waiting = append(s.p.waiting, t)
		if at, limited := ctx.Deadline(); limited {
			s.p.sleepUntil(at)
		} else {
			t.naps++
			t.pause()
		}
	}
}

func (s stage) Timeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithCancel(ctx)
	return limited{inner, s.p.w, s.p.w.now.Add(d)}, cancel
}

func (s stage) Go(f func()) {
	d := s.p.w.dice
	after := d.between("until an effect is under way", time.Microsecond, time.Millisecond)
	if d.fault("an effect is held up between its record and its dispatch") {
		after = d.between("how long an effect is held up", time.Second, 3*time.Minute)
	}
	s.p.spawn(s.p.w.now.Add(after), f)
}

// limited is a context that ends at an instant of the world.
type limited struct {
	context.Context
	w  *World
	at time.Time
}

func (l limited) Deadline() (time.Time, bool) {
	if at, earlier := l.Context.Deadline(); earlier && at.Before(l.at) {
		return at, true
	}
	return l.at, true
}

func (l limited) Err() error {
	if err := l.Context.Err(); err != nil {
		return err
	}
	if !l.w.now.Before(l.at) {
		return context.DeadlineExceeded
	}
	return nil
}
