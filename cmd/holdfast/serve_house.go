package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/rs/zerolog"

	"holdfast/console"
	"holdfast/detector/alert"
	"holdfast/detector/watch"
	"holdfast/incident"
	"holdfast/invoker"
	"holdfast/journal"
	"holdfast/oncall"
)

// A house is the invoker of this daemon, with its ears. One that has had its time, because another instance took over or it
// has to read the journal anew, makes room for a new one; the old one is looked at until that has read the journal.
type house struct {
	config    invoker.Config
	documents func() *incident.Documents // as they are on disk
	alerts    journal.Alerts
	lease     *journal.Lease // nil: nobody else can be in charge
	keeper    *keeper        // of what was heard, from one life to the next
	log       zerolog.Logger

	mu     sync.Mutex
	now    *invoker.Invoker
	up     chan struct{}    // closed once an invoker of this daemon is in charge
	heard  uint64           // by a life before this one: it hears what came after that
	before *invoker.Invoker // whose time is over; nil: there is none, or the present one is as far
}

var _ console.House = (*house)(nil)

func newHouse(ctx context.Context, c invoker.Config, documents func() *incident.Documents, alerts journal.Alerts, lease *journal.Lease, keeper *keeper, log zerolog.Logger) *house {
	c.AlertsHead = alerts.Head
	h := &house{config: c, documents: documents, alerts: alerts, lease: lease, keeper: keeper, log: log, up: make(chan struct{})}
	h.config.InCharge = sync.OnceFunc(func() { close(h.up) })
	if lease != nil {
		h.config.Lease = lease
	}
	h.renew(ctx)
	return h
}

func (h *house) renew(ctx context.Context) *invoker.Invoker {
	c := h.config
	c.Kept = h.keeper.load(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = 0
	if c.Kept != nil {
		h.heard = c.Kept.Heard
	}
	c.Documents = h.documents()
	h.before, h.now = h.now, invoker.New(c)
	return h.now
}

// Run lives until ctx ends, or something has gone wrong that a new start may mend.
func (h *house) Run(ctx context.Context) error {
	var watching sync.WaitGroup
	defer watching.Wait()
	last, end := context.WithCancel(context.WithoutCancel(ctx)) // the others are told of the end when it has come
	defer end()
	if h.lease != nil {
		watching.Go(func() {
			if err := h.lease.Watch(last); err != nil {
				h.log.Error().Err(err).Msg("it is not known who is in charge: this instance takes over")
			}
		})
	}
	for will := h.invoker(); ; will = h.renew(ctx) {
		err := h.live(ctx, will)
		if !errors.Is(err, invoker.ErrAnew) || ctx.Err() != nil {
			h.keeper.save(context.WithoutCancel(ctx), will)
			return err
		}
		if errors.Is(err, invoker.ErrKept) {
			h.keeper.discard(err)
			continue
		}
		h.log.Warn().Err(err).Msg("the journal is read anew, to stand by")
	}
}

// live is the life of one invoker: its loop, its ears, and who buries what it cannot read.
func (h *house) live(ctx context.Context, will *invoker.Invoker) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	h.mu.Lock()
	heard := h.heard
	h.mu.Unlock()
	var all sync.WaitGroup
	for name, part := range map[string]func() error{
		"loop":       func() error { return will.Run(ctx) },
		"ears":       func() error { return listen(ctx, h.alerts, will, heard) },
		"keeper":     func() error { return h.keeper.run(ctx, will, heard) },
		"undertaker": func() error { return bury(ctx, h.alerts, will, h.log) },
	} {
		all.Go(func() {
			err := part()
			if errors.Is(err, invoker.ErrOver) {
				return // the loop says why it has ended
			}
			if err != nil && name != "loop" {
				err = fmt.Errorf("%s: %w", name, err)
			}
			end(err) // the first one counts; nil: it was asked to end
		})
	}
	all.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (h *house) invoker() *invoker.Invoker {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// shown is the invoker to be looked at: the one before, as long as the present one reads the journal.
func (h *house) shown() *invoker.Invoker {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.before != nil {
		if s := h.now.Status(); !s.Live && s.Standby == nil && s.HandsOff == "" {
			return h.before
		}
		h.before = nil
	}
	return h.now
}

// Look shows the desk.
func (h *house) Look(see func(*incident.Desk)) { h.shown().Look(see) }

// Status is how the present invoker is.
func (h *house) Status() invoker.Status { return h.invoker().Status() }

// litter is how much garbage may pile up while the logs are read, in percent of the bytes in use: a start makes a lot of it, and
// of what it builds up little ever becomes any.
func (h *house) litter(inUse uint64) (percent int) {
	const bytes, most = 512 << 20, 10_000
	if h.Status().StartTook > 0 {
		return 0
	}
	return int(min(bytes*100/max(inUse, 1), most))
}

// lastStart is how the present invoker came up.
func (h *house) lastStart() console.Start {
	s := h.Status()
	return console.Start{Took: s.StartTook, Recalled: s.Recalled}
}

// Ready says why nothing can be decided and recorded here now.
func (h *house) Ready() error { return h.invoker().Ready() }

// charge says who is in charge of the journal.
func (h *house) charge() console.Charge {
	holder, _ := h.lease.Holder()
	return console.Charge{Here: h.inCharge(), Instance: holder.Instance, Address: holder.Address}
}

// othersInCharge reports whether another daemon answers that it is.
func (h *house) othersInCharge() bool {
	if h.lease == nil || h.inCharge() {
		return false
	}
	holder, held := h.lease.Holder()
	return held && holder.Instance != ""
}

// inCharge reports whether this daemon is.
func (h *house) inCharge() bool {
	s := h.Status()
	return s.Live && s.Successor == "" && s.HandsOff == ""
}

// Order carries out what a person asks for.
func (h *house) Order(ctx context.Context, by *oncall.Person, c incident.Command) ([]incident.Change, error) {
	return h.invoker().Order(ctx, by, c)
}

// Adopt makes documents the ones to live by.
func (h *house) Adopt(ctx context.Context, docs *incident.Documents, by incident.Actor) error {
	return h.invoker().Adopt(ctx, docs, by)
}

// listen brings every alert after one to the invoker.
func listen(ctx context.Context, alerts journal.Alerts, will *invoker.Invoker, after uint64) error {
	return watch.Run(ctx, alerts, after, func(ctx context.Context, h watch.Heard) error {
		return will.Hear(ctx, invoker.Heard{Sequence: h.Sequence, Received: h.Received, Subject: h.Subject, Batch: h.Batch,
			Unreadable: h.Unreadable, Lost: h.Lost, CaughtUp: h.CaughtUp})
	})
}

// bury keeps what neither a format nor a mapping reads.
func bury(ctx context.Context, alerts journal.Alerts, will *invoker.Invoker, log zerolog.Logger) error {
	return watch.Bury(ctx, alerts, will.Unread, func(u alert.Unread, err error) {
		log.Warn().Uint64("sequence", u.Sequence).Str("subject", u.Subject).Str("reason", string(u.Why.Reason)).Str("detail", printable(u.Why.Detail)).
			AnErr("unburied", err).Msg("an alert cannot be read; it is kept among the dead letters")
	})
}
