package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// leaseSubject is where the instance in charge answers whoever asks whether it is still there, and where it says that it has
// come into charge, or gone out of it.
const (
	leaseSubject = "holdfast.charge.0"
	leaseNews    = "holdfast.charge.0.news"
)

// How a lease is watched.
const (
	probeEvery = 50 * time.Millisecond
	// probePatience is how long one answer may take. It is short, so that one that is lost costs little of leaseSilence.
	probePatience = 250 * time.Millisecond
	// leaseSilence without an answer is taken for the end of who was in charge: it hangs, or its machine does.
	leaseSilence = time.Second
	// leaseGone is how often in a row the server has to say that nobody is there to answer: a process that has died is
	// found out by that at once.
	leaseGone = 2
)

// A Holder is an instance that is in charge of a journal, or was.
type Holder struct {
	Instance string `json:"instance"`
	Epoch    uint64 `json:"epoch"`
	Address  string `json:"address,omitempty"` // where people reach it
}

// A Lease says who seems to be in charge, by asking: whoever is in charge answers. It is a hint that keeps others quiet, and
// no more: nothing is stored for it, and if it is wrong, the compare-and-set of [Log.Append] refuses whoever comes too late.
type Lease struct {
	nc   *nats.Conn
	self Holder

	mu      sync.Mutex
	answers *nats.Subscription // while this instance is in charge
	seen    Holder             // who answered last
	sign    time.Time          // when anybody did, or when silence began to count
	gone    int                // how often in a row there was nobody to answer
	changed chan struct{}
}

// NewLease is the lease of an instance that can be reached by people at an address. It knows nothing until it is
// watched.
func NewLease(nc *nats.Conn, instance, address string) *Lease {
	return &Lease{nc: nc, self: Holder{Instance: instance, Address: address}, sign: time.Now(), changed: make(chan struct{}, 1)}
}

// Watch asks who is in charge, again and again, until ctx ends. Then it answers no more either.
func (l *Lease) Watch(ctx context.Context) error {
	news, err := l.nc.Subscribe(leaseNews, l.hear)
	if err != nil {
		return fmt.Errorf("watch who is in charge: %w", err)
	}
	defer func() { _ = news.Unsubscribe() }()
	defer l.Release()
	for pause(ctx, probeEvery) {
		if !l.mine() {
			l.probe(ctx)
		}
	}
	return nil
}

func (l *Lease) mine() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.answers != nil
}

// probe asks once.
func (l *Lease) probe(ctx context.Context) {
	waiting, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	m, err := l.nc.RequestWithContext(waiting, leaseSubject, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.free()
	switch {
	case err == nil:
		var h Holder
		if json.Unmarshal(m.Data, &h) == nil {
			l.heardFrom(h)
		}
	case errors.Is(err, nats.ErrNoResponders):
		l.gone++
	case !errors.Is(err, context.DeadlineExceeded):
		l.sign, l.gone = time.Now(), 0 // NATS itself is not there: that says nothing of anybody
	}
	if l.free() != before {
		signal(l.changed)
	}
}

func (l *Lease) heardFrom(h Holder) { l.seen, l.sign, l.gone = h, time.Now(), 0 }

// free reports that nobody seems to be in charge.
func (l *Lease) free() bool {
	return l.answers == nil && (l.gone >= leaseGone || time.Since(l.sign) > leaseSilence)
}

// hear takes in what another instance says of itself.
func (l *Lease) hear(m *nats.Msg) {
	var h Holder
	if json.Unmarshal(m.Data, &h) != nil || h.Instance == l.self.Instance {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if h.Epoch == 0 && h.Instance == l.seen.Instance {
		l.gone = leaseGone // it has gone out of charge
	} else if h.Epoch != 0 {
		l.heardFrom(h)
	}
	signal(l.changed)
}

// Holder is who seems to be in charge; false: nobody.
func (l *Lease) Holder() (Holder, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answers != nil {
		return l.self, true
	}
	return l.seen, !l.free()
}

// Changed tells that there may be something new: it came free, or somebody else is in charge.
func (l *Lease) Changed() <-chan struct{} { return l.changed }

// Hold says to everybody that this instance is in charge, from an epoch on.
func (l *Lease) Hold(epoch uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.self.Epoch = epoch
	text, err := json.Marshal(l.self)
	if err != nil {
		return err
	}
	if l.answers == nil {
		if l.answers, err = l.nc.Subscribe(leaseSubject, l.answer); err != nil {
			return fmt.Errorf("say who is in charge: %w", err)
		}
	}
	return l.nc.Publish(leaseNews, text)
}

func (l *Lease) answer(m *nats.Msg) {
	l.mu.Lock()
	text, err := json.Marshal(l.self)
	l.mu.Unlock()
	if err == nil {
		_ = m.Respond(text) // who does not hear it asks again
	}
}

// Release says to everybody that this instance is not in charge any more.
func (l *Lease) Release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.answers == nil {
		return
	}
	_ = l.answers.Unsubscribe()
	l.answers, l.sign, l.gone, l.seen = nil, time.Now(), 0, Holder{}
	text, err := json.Marshal(Holder{Instance: l.self.Instance})
	if err == nil {
		_ = l.nc.Publish(leaseNews, text)
		_ = l.nc.FlushTimeout(probePatience)
	}
}
