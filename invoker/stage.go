package invoker

import (
	"context"
	"errors"
	"sync"
	"time"

	"holdfast/incident"
)

// A Stage is what an invoker lives on: where its loop waits, and what runs beside the loop. Without one ([Config.Stage]
// nil) that is this machine, its goroutines and its clock. The simulation has a stage with one thread and a clock of its
// own, on which one seed gives one course of events.
type Stage interface {
	// Now is by a clock that nobody puts forward or back: how long something has taken, not what time it is.
	Now() time.Time
	// Wait gives what comes in first by one of the doors that are open; nothing once d is over, or ctx. Where d is not
	// positive it gives only what is there.
	Wait(ctx context.Context, open Door, d time.Duration) Knock
	// Bring brings something to its door and waits until it is taken in.
	Bring(ctx context.Context, k Knock) error
	// Await waits until something comes from done, or it is closed.
	Await(ctx context.Context, done <-chan struct{}) error
	// Timeout is a context that ends after d.
	Timeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)
	// Go runs something beside the loop. It must not begin before Go has returned: the caller may hold a lock.
	Go(func())
}

// A Door is where something comes in; several are or-ed.
type Door uint8

// Doors.
const (
	Ears    Door = 1 << iota // messages of the alert log
	Asks                     // what somebody waits for
	Results                  // how effects went
	News                     // somebody wants it known whether another instance has taken over
)

// A Knock is what came in by one door; empty: nothing.
type Knock struct {
	heard  *Heard
	ask    *ask
	result *incident.Result
	news   bool
}

// Door is the one that it comes in by; 0: nothing came.
func (k Knock) Door() Door {
	switch {
	case k.heard != nil:
		return Ears
	case k.ask != nil:
		return Asks
	case k.result != nil:
		return Results
	case k.news:
		return News
	}
	return 0
}

// ErrOver is the error of speaking to an invoker that has ended.
var ErrOver = errors.New("holdfast is stopping, or has just lost the charge")

// mostWaiting is how many messages the ears may be ahead of the loop.
const mostWaiting = 1024

// A machine is the stage that this process runs on.
type machine struct {
	ears    chan *Heard
	asks    chan *ask
	results chan *incident.Result
	news    chan bool
	over    <-chan struct{} // closed when the loop has ended
	flying  *sync.WaitGroup
}

func newMachine(over <-chan struct{}, flying *sync.WaitGroup) *machine {
	return &machine{make(chan *Heard, mostWaiting), make(chan *ask), make(chan *incident.Result), make(chan bool), over, flying}
}

func (m *machine) Now() time.Time { return time.Now() }

func (m *machine) Wait(ctx context.Context, open Door, d time.Duration) (k Knock) {
	ears, asks, results, news := m.ears, m.asks, m.results, m.news
	if open&Ears == 0 {
		ears = nil
	}
	if open&Asks == 0 {
		asks = nil
	}
	if open&Results == 0 {
		results = nil
	}
	if open&News == 0 {
		news = nil
	}
	if d <= 0 {
		select {
		case k.heard = <-ears:
		case k.ask = <-asks:
		case k.result = <-results:
		case k.news = <-news:
		default:
		}
		return k
	}
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case k.heard = <-ears:
	case k.ask = <-asks:
	case k.result = <-results:
	case k.news = <-news:
	case <-over.C:
	case <-ctx.Done():
	}
	return k
}

func (m *machine) Bring(ctx context.Context, k Knock) error {
	select {
	case <-m.over:
		return ErrOver
	default:
	}
	var ears chan<- *Heard
	var asks chan<- *ask
	var results chan<- *incident.Result
	var news chan<- bool
	switch k.Door() {
	case Ears:
		ears = m.ears
	case Asks:
		asks = m.asks
	case Results:
		results = m.results
	case News:
		news = m.news
	}
	select {
	case ears <- k.heard:
	case asks <- k.ask:
	case results <- k.result:
	case news <- k.news:
	case <-ctx.Done():
		return ctx.Err()
	case <-m.over:
		return ErrOver
	}
	return nil
}

func (m *machine) Await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-m.over:
		return ErrOver
	}
}

func (m *machine) Timeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

func (m *machine) Go(f func()) { m.flying.Go(f) }
