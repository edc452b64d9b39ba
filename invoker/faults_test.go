package invoker_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"holdfast/incident"
	"holdfast/invoker"
	"holdfast/journal"
)

func TestLostAcknowledgementsChangeNothing(t *testing.T) {
	for name, faults := range map[string][]journal.Fault{
		"stored, not acknowledged": {journal.AckLost},
		"never arrived":            {journal.PublishLost},
		"one after the other":      {journal.PublishLost, journal.PublishLost, journal.AckLost},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				for range 40 {
					w.journal.Fail(append(faults, journal.Whole)...)
				}
				p := w.live(w.boot())
				w.check(p)
				p.end()
				if len(w.sent()) != len(w.done) {
					t.Errorf("%d effects were sent %d times", len(w.done), len(w.sent()))
				}
			})
		})
	}
}

// An unreliable journal fails, lies or stays away for a while.
type unreliable struct {
	journal.Log
	away   atomic.Bool                   // neither read nor written
	broken atomic.Bool                   // what is read is not what was written
	before func(journal.Envelope) error  // in place of an append
	after  func(journal.Committed) error // in place of its acknowledgement
}

var errAway = errors.New("nats: no response from stream")

func (u *unreliable) Append(ctx context.Context, e journal.Envelope) (journal.Committed, error) {
	if u.away.Load() {
		return journal.Committed{}, errAway
	}
	if u.before != nil {
		if err := u.before(e); err != nil {
			return journal.Committed{}, err
		}
	}
	c, err := u.Log.Append(ctx, e)
	if err == nil && u.after != nil {
		err = u.after(c)
	}
	return c, err
}

func (u *unreliable) Read(ctx context.Context, after uint64) iter.Seq2[journal.Committed, error] {
	if u.away.Load() {
		return func(yield func(journal.Committed, error) bool) { yield(journal.Committed{}, errAway) }
	}
	if u.broken.Load() {
		return func(yield func(journal.Committed, error) bool) { yield(journal.Committed{}, journal.ErrBroken) }
	}
	return u.Log.Read(ctx, after)
}

func TestACommitThatIsStoredWithoutAWordIsFoundAndNotMadeTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		n := 0
		log := &unreliable{Log: w.journal, after: func(journal.Committed) error {
			if n++; n%2 == 0 {
				return errAway
			}
			return nil
		}}
		p := w.live(w.boot(func(c *invoker.Config) { c.Log = log }))
		w.check(p)
		if n < 10 {
			t.Errorf("only %d appends were acknowledged", n)
		}
	})
}

func TestACommitThatFailsIsDecidedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		n := 0
		log := &unreliable{Log: w.journal, before: func(journal.Envelope) error {
			if n++; n%3 != 0 {
				return errAway
			}
			return nil
		}}
		p := w.live(w.boot(func(c *invoker.Config) { c.Log = log }))
		w.check(p)
	})
}

func TestWithoutAJournalNothingIsDecidedAndNothingStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		log := &unreliable{Log: w.journal}
		p := w.boot(func(c *invoker.Config) { c.Log = log })
		time.Sleep(time.Second)
		if err := p.inv.Ready(); err != nil {
			t.Fatal(err)
		}
		log.away.Store(true)
		time.Sleep(9 * time.Second)
		w.monitor() // the ledger is down
		time.Sleep(10 * time.Minute)

		if len(w.sent()) > 0 {
			t.Errorf("%s was started", w.sent()[0].Key)
		}
		if _, ok := p.incident(); ok {
			t.Error("an incident that is not in the journal is shown")
		}
		if err := p.inv.Ready(); err == nil || !strings.Contains(err.Error(), errAway.Error()) {
			t.Errorf("ready: %v", err)
		}
		if n := strings.Count(w.log.String(), "the journal cannot be used"); n != 1 {
			t.Errorf("it was said %d times:\n%s", n, w.log.String())
		}
		w.say("firing")
		time.Sleep(10 * time.Second)
		if s := p.inv.Status(); s.AlertsThrough != 2 {
			t.Errorf("while the journal is away the desk is deaf: heard %d of 2", s.AlertsThrough)
		}
		start := time.Now()
		_, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbDisarm, Reason: "x"})
		if err == nil || !strings.Contains(err.Error(), "not recorded") || !strings.Contains(err.Error(), errAway.Error()) || time.Since(start) > time.Minute {
			t.Errorf("after %s: %v", time.Since(start), err)
		}

		log.away.Store(false)
		p = w.live(p)
		w.check(p)
		p.inv.Look(func(d *incident.Desk) {
			if armed, why := d.Armed(); !armed {
				t.Errorf("an order that was answered as failed was carried out later: %s", why)
			}
		})
	})
}

func TestAJournalThatIsAwayAtTheStartIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		log := &unreliable{Log: w.journal}
		log.away.Store(true)
		p := w.boot(func(c *invoker.Config) { c.Log = log })
		time.Sleep(5 * time.Minute)
		if err := p.inv.Ready(); err == nil || !strings.Contains(err.Error(), errAway.Error()) {
			t.Errorf("ready: %v", err)
		}
		log.away.Store(false)
		time.Sleep(10 * time.Second)
		if err := p.inv.Ready(); err != nil {
			t.Error(err)
		}
		p.end()
	})
}

func TestABrokenJournalIsShownAndNotDriven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		p := w.boot()
		for time.Since(w.start) < 5*time.Minute { // into the run: it waits for approvals
			w.monitor()
			time.Sleep(time.Second)
		}
		p.end()
		sends := len(w.sent())
		head := p.inv.Status().Head
		w.journal.Tamper(head, func(stored []byte) []byte { return bytes.Replace(stored, []byte("booking"), []byte("bookinG"), 1) })
		w.journal.Tamper(head-1, func(stored []byte) []byte { return append(stored, ' ') })

		p = w.boot()
		time.Sleep(time.Hour)
		if err := p.inv.Ready(); err == nil || !strings.Contains(err.Error(), "hands off") || !strings.Contains(err.Error(), "broken") {
			t.Errorf("ready: %v", err)
		}
		if i, ok := p.incident(); !ok || i.Declared == nil {
			t.Error("what could be read is not shown")
		}
		if _, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbDisarm, Reason: "x"}); err == nil || !strings.Contains(err.Error(), "hands off") {
			t.Errorf("an order was answered with %v", err)
		}
		if len(w.sent()) != sends {
			t.Error("an effect was started on a broken journal")
		}
		p.end()
	})
}

func TestTheSecondInstanceWinsAndTheFirstOnlyWatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		first := w.boot()
		for time.Since(w.start) < 5*time.Minute { // into the run: it waits for approvals
			w.monitor()
			time.Sleep(time.Second)
		}
		second := w.boot()
		time.Sleep(time.Second)
		mark := len(w.sent())
		i, _ := first.incident()
		_, err := first.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbApprove, Incident: i.ID, Step: "go", Digest: i.Shown("go")})
		if err == nil || !strings.Contains(err.Error(), "daemon-2 has taken over") {
			t.Errorf("the first instance answered an order with %v", err)
		}
		if err := first.inv.Ready(); err == nil || !strings.Contains(err.Error(), "daemon-2 has taken over") {
			t.Errorf("the first instance is ready: %v", err)
		}
		w.live(second)
		time.Sleep(5 * time.Second)
		for _, e := range w.sent()[mark:] {
			if e.Epoch != 2 {
				t.Errorf("%s was sent by epoch %d", e.Key, e.Epoch)
			}
		}
		if got, want := records(t, first), records(t, second); got != want {
			t.Error("who watches sees something else than who decides")
		}
		first.end()
		w.check(second)
	})
}

// A rival commits between a decision and its append.
func TestADecisionThatLostTheRaceIsMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var p *process
		raced := 0
		log := &unreliable{Log: w.journal}
		log.before = func(e journal.Envelope) error {
			if e.Entries[0].Kind != string(incident.KindStepApproved) || raced > 0 {
				return nil
			}
			raced++
			rival := e
			rival.CommitID = "rival"
			_, err := w.journal.Append(t.Context(), rival)
			return err
		}
		p = w.boot(func(c *invoker.Config) { c.Log = log })
		var waiting incident.Incident
		for waiting.ID == "" || len(waiting.Runs) == 0 || waiting.Runs[0].Steps[2].Status != incident.Waiting {
			w.monitor()
			time.Sleep(time.Second)
			waiting, _ = p.incident()
		}
		_, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbApprove, Incident: waiting.ID, Step: "go", Digest: waiting.Shown("go")})
		var refused *incident.Refusal
		if !errors.As(err, &refused) {
			t.Errorf("an approval that somebody else's overtook was answered with %v", err)
		}
		if raced != 1 {
			t.Errorf("raced %d times", raced)
		}
		w.check(w.live(p))
	})
}

func TestTimeNeverGoesBackInTheJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var skew atomic.Int64
		p := w.boot(func(c *invoker.Config) {
			c.Now = func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
		})
		skews := []time.Duration{0, -40 * time.Second, 15 * time.Second, -2 * time.Minute, time.Second}
		for n := range 300 {
			skew.Store(int64(skews[n%len(skews)]))
			w.monitor()
			p.people()
			time.Sleep(7 * time.Second)
		}
		var last journal.Committed
		for c, err := range w.journal.Read(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			if c.At.Before(last.At) {
				t.Errorf("envelope %d is of %s, the one before of %s", c.Sequence, c.At, last.At)
			}
			last = c
		}
		if last.Sequence < 10 {
			t.Errorf("only %d envelopes", last.Sequence)
		}
		w.check(p)
	})
}

func TestAClockBehindTheJournalWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.boot().endAfter(time.Minute)
		p := w.boot(func(c *invoker.Config) { c.Now = func() time.Time { return time.Now().Add(-time.Hour) } })
		time.Sleep(time.Second)
		var ats []time.Time
		var kinds []string
		for c, err := range w.journal.Read(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			ats, kinds = append(ats, c.At), append(kinds, c.Entries[0].Kind)
		}
		if want := []string{"took_over", "documents_adopted", "took_over", "disarmed"}; !slices.Equal(kinds, want) || !slices.IsSortedFunc(ats, time.Time.Compare) {
			t.Errorf("envelopes are %v, of %v", kinds, ats)
		}
		if !strings.Contains(w.log.String(), "clock is behind the journal") {
			t.Errorf("it was not said:\n%s", w.log.String())
		}
		p.end()
	})
}

// An order is the first to meet a journal that does not answer: who was told that nobody knows must not get it later.
func TestAJournalThatBreaksCallsOffWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.hang = "fence"
		log := &unreliable{Log: w.journal}
		p := w.boot(func(c *invoker.Config) { c.Log = log })
		s := reaches(t, w, p, "fence", incident.Running)
		synctest.Wait() // it is on record, and has to be under way as well
		log.after = func(c journal.Committed) error {
			w.journal.Tamper(c.Sequence, func([]byte) []byte { return []byte("{}") })
			return errAway
		}
		_, err := p.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbDisarm, Reason: "x"})
		if err == nil || !strings.Contains(err.Error(), "hands off") {
			t.Errorf("%v", err)
		}
		time.Sleep(5 * time.Second)
		if !w.calledOff(s.Key) || len(p.inv.Status().InFlight) > 0 {
			t.Errorf("still under way: %+v", p.inv.Status().InFlight)
		}
	})
}

func TestWhoIsSucceededCallsOffWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.hang = "fence"
		first := w.boot()
		s := reaches(t, w, first, "fence", incident.Running)
		synctest.Wait() // it is on record, and has to be under way as well
		w.hang = ""
		w.boot()
		time.Sleep(time.Second)
		i, _ := first.incident()
		if _, err := first.inv.Order(t.Context(), person("ada"), incident.Command{Verb: incident.VerbNote, Incident: i.ID, Reason: "x"}); err == nil {
			t.Error("an order was taken by who is no longer in charge")
		}
		time.Sleep(5 * time.Second)
		if !w.calledOff(s.Key) || len(first.inv.Status().InFlight) > 0 {
			t.Errorf("still under way: %+v", first.inv.Status().InFlight)
		}
	})
}

// An alert that came after documents were adopted is judged by them on a replay too, also where alerts before it have
// reached the age at which they expire.
// A backlog in the middle of life is like one at the start: until it is worked off, what the present is is not known.
