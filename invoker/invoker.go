// Package invoker is the will: it carries incidents through. It brings the desk its inputs and the time, commits what
// the desk decides, decides anew on a conflict, and sets the hands to work only after their orders are in the journal.
//
// One loop owns the desk ([Invoker.Run]). A restart reads the journal again from the start and arrives at the same desk,
// whatever instant the process died at: decisions come from the log, and what was under way is found in doubt.
package invoker

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"holdfast/incident"
	"holdfast/internal/failpoint"
	"holdfast/internal/planted"
	"holdfast/journal"
)

// Hands carry out effects on the world (package actions).
type Hands interface {
	// Carry carries out one effect and says how it went. It returns by e.Until, and when ctx ends at the latest.
	Carry(ctx context.Context, e incident.Effect) incident.Result
}

// Config is what an Invoker is made of. All of it is required but the Logger, and what says otherwise.
type Config struct {
	Log       journal.Log
	Hands     Hands
	Documents *incident.Documents // to live by from the start on, as they are on disk
	Instance  string              // names this process in the journal; another one needs another name
	Version   string
	Lease     Lease // who else seems to be in charge of this log; nil: nobody else can be
	Shadow    bool  // judge and record, and do nothing: no Hands are needed; never on the log of an instance that acts
	Now       func() time.Time
	Logger    zerolog.Logger

	AlertsHead func(context.Context) (uint64, error) // newest message of the alert log; nil: the ears say by themselves when they have missed any

	InCharge func()        // called by the loop as soon as this instance is, before it decides anything; nil: nobody wants to know
	Kept     *Kept         // what the desk of a life before this one had heard; nil: all is heard from the beginning
	Stage    Stage         // nil: this machine
	CommitID func() string // a name that no other commit has; nil: drawn at random
}

// A Lease says who seems to be in charge (*journal.Lease). It is a hint that keeps an instance quiet while another decides;
// what makes one the only one is that the log takes its envelopes and refuses the others'.
type Lease interface {
	// Holder is who seems to be in charge; false: nobody.
	Holder() (journal.Holder, bool)
	// Changed tells that there may be something new.
	Changed() <-chan struct{}
	// Hold says to everybody that this instance is in charge from an epoch on; Release, that it is not any more.
	Hold(epoch uint64) error
	Release()
}

// An Invoker is the single writer of one house.
type Invoker struct {
	cfg    Config
	stage  Stage
	unread chan struct{} // there may be messages that nobody could read
	over   chan struct{} // closed when Run has ended

	// The loop writes these under the lock; everybody else also reads them under it. It is never held while something
	// waits for a disk or a network. Readers exclude each other too: a question makes the detector compute and keep.
	mu       sync.Mutex
	desk     *incident.Desk
	status   Status
	unreadTo uint64 // up to where messages that nobody could read were asked for
	flights  flights
	contact  time.Time // when the log was last seen to hold nothing that is not known here

	looking atomic.Int32 // flights that have not looked yet whether they may start

	// These are the loop's alone.
	kept      *Kept               // to be put in the place of what was not heard; nil: nothing is
	gaps      []incident.Gap      // that the log has, as it was read, also those that were adopted
	ahead     *Heard              // taken from the ears, not yet due to be heard
	heardTo   uint64              // how far the ears have come, holes included
	caughtUp  bool                // no alert that was waiting is left
	owed      uint64              // how far the ears have to come before anything is decided
	looked    time.Time           // when that was found out
	blind     bool                // that the journal cannot be used is known from there alone
	doubts    []incident.Disarmed // why declarations are to be left to people
	told      map[string]bool     // reasons of those that are in the journal
	head      link
	incumbent incident.TookOver // who took over last
	newcomer  time.Time         // when that was seen, while this instance stood by
	born      time.Time         // when it began to read
	last      time.Time         // given to the desk, or in the journal; time never goes back behind it
	attempts  []attempt         // of the commit under way
	landed    *attempt          // the one of them that is in the log
	entries   []journal.Entry   // of what was decided last, as far as it was written already to see whether it fits
	unfit     map[string]bool
	reader    incident.Reader // of what the log holds
	flying    sync.WaitGroup
}

// A link is the newest envelope: what the next one has to name.
type link struct {
	sequence uint64
	hash     string
}

// New makes an invoker that has read nothing yet. [Invoker.Run] brings it to life.
func New(c Config) *Invoker {
	v := &Invoker{
		cfg:     c,
		stage:   c.Stage,
		unread:  make(chan struct{}, 1),
		over:    make(chan struct{}),
		desk:    incident.NewDesk(),
		status:  Status{Instance: c.Instance, Shadow: c.Shadow},
		told:    map[string]bool{},
		unfit:   map[string]bool{},
		flights: newFlights(),
	}
	v.desk.Know(c.Documents)
	if v.stage == nil {
		v.stage = newMachine(v.over, &v.flying)
	}
	if k := c.Kept; k != nil {
		v.kept, v.heardTo, v.status.AlertsThrough = k, k.Heard, k.Heard
	}
	if v.cfg.CommitID == nil {
		v.cfg.CommitID = rand.Text
	}
	return v
}

// Look shows the desk to a reader. The desk must not be kept or changed; looking never waits for a disk.
func (v *Invoker) Look(see func(*incident.Desk)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	see(v.desk)
	v.desk.Seen()
}

// Run reads the journal, takes over, and then decides, commits and acts until ctx ends. Where another instance is in charge
// it stands by until that is gone. Effects still under way at the end are cancelled and awaited; how they went is left to
// the next start.
//
// The error is of a start that cannot be: documents that do not fit into the journal, or a shadow on the log of an instance
// that acts. It is [ErrAnew] where this instance has had its time, and a new one has to be made.
func (v *Invoker) Run(ctx context.Context) error {
	defer v.release()
	defer close(v.over)
	acting, cancel := context.WithCancel(ctx)
	defer v.flying.Wait()
	defer cancel()
	if v.cfg.Lease != nil {
		v.stage.Go(func() { v.listen(acting) })
	}
	v.born = v.stage.Now()
	if err := v.wake(ctx); err != nil && ctx.Err() == nil && !v.idle() {
		return err
	}
	for ctx.Err() == nil {
		v.turn(ctx, acting)
		if v.attend(ctx) {
			v.turn(ctx, acting) // a nap does not end for what is due already
		}
		if v.cfg.Lease != nil && v.status.Successor != "" {
			v.recall()
			return fmt.Errorf("%s has taken over: %w", v.status.Successor, ErrAnew)
		}
		v.takeIn(ctx, acting, v.stage.Wait(ctx, Ears|Asks|Results|News, v.untilNext()))
	}
	failpoint.Hit("invoker/ending")
	return nil
}

// takeIn takes in what came. What was heard may be a disaster: it is answered before it is recorded how anything went.
func (v *Invoker) takeIn(ctx, acting context.Context, k Knock) {
	switch k.Door() {
	case Ears:
		v.take(*k.heard)
		v.drain(ctx)
	case Asks:
		v.carryOut(ctx, k.ask)
	case Results:
		if v.drain(ctx) {
			v.turn(ctx, acting)
		}
		v.finish(ctx, *k.result)
	case News:
		v.forget()
	}
}

// turn commits what is due and starts what is wanted, until nothing is left to do at this instant.
func (v *Invoker) turn(ctx, acting context.Context) {
	v.glance(ctx)
	if v.idle() {
		v.watch(ctx)
		return
	}
	if !v.caughtUp || !v.present(ctx) { // a backlog is no present to act upon
		return
	}
	if v.tooEarly() {
		v.launch(acting)
		return
	}
	for {
		if _, err := v.commit(ctx, v.disarming); err != nil {
			return
		}
		changes, err := v.commit(ctx, v.due)
		if err != nil {
			return
		}
		v.launch(acting)
		if len(changes) == 0 {
			return
		}
		v.letLook()
		v.attend(ctx)
	}
}

// mostGiving is how often it is given way to what was just started.
const mostGiving = 100

// letLook gives way until what was just started has looked once more whether it may, which it cannot while the desk is taken again.
func (v *Invoker) letLook() {
	for n := 0; n < mostGiving && v.looking.Load() > 0; n++ {
		runtime.Gosched()
	}
}

// attend carries out what somebody waits for. People come between two envelopes of what is due, and before what machines
// have to say: however much goes on, they wait for one or two appends.
func (v *Invoker) attend(ctx context.Context) (asked bool) {
	k := v.stage.Wait(ctx, Asks, 0)
	if k.ask == nil {
		return false
	}
	v.carryOut(ctx, k.ask)
	return true
}

// Waits of the loop. The longest nap bounds how late a jump of the wall clock is noticed.
const (
	longestNap = time.Minute
	watchEvery = time.Second // while another instance is in charge, or the clock is behind
)

// untilNext is how long nothing will be due unless something comes in.
func (v *Invoker) untilNext() time.Duration {
	if v.idle() || v.status.ClockBehind > 0 {
		return watchEvery
	}
	nap := longestNap
	if v.cfg.Lease != nil {
		nap = watchEvery
	}
	switch {
	case v.standing().JournalError != "":
		return watchEvery
	case !v.caughtUp || v.heardTo < v.owed:
		return nap
	}
	v.mu.Lock()
	at, ok := v.desk.NextAt()
	v.mu.Unlock()
	if !ok {
		return nap
	}
	return min(at.Sub(v.cfg.Now()), nap)
}

// now is the desk's time: the wall clock's, and never earlier than what the desk has seen.
func (v *Invoker) now() time.Time {
	if t := v.cfg.Now().UTC().Round(0); t.After(v.last) || planted.Is(planted.TimeGoesBack) {
		v.last = t
	}
	return v.last
}
