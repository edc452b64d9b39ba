package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
)

// standstills are where a leader stands still: it has decided, or may act, and does not know that another has taken over.
var standstills = []target{
	{"invoker/allowed", "http", 1}, {"invoker/decided", "step_started", 1}, {"actions/nats/sending", "", 1}, {"journal/put", "", 2},
	{"invoker/committed", "", 3}, {"invoker/allowed", "exec", 1}, {"invoker/effect-over", "http", 1}, {"invoker/result", "", 2},
	{"actions/http/sending", "", 2}, {"invoker/order/taken", "", 2}, {"invoker/allowed", "notice", 1}, {"journal/appending", "", 5},
	{"actions/exec/claimed", "", 1}, {"invoker/launching", "", 3}, {"invoker/folded", "acknowledged", 1},
}

// stopsPerStore is how often a leader stands still on one store.
const stopsPerStore = 15

// standStill runs the harness of stale leaders: a leader is stopped at an instant at which it is about to act or to append,
// another takes over, and then the first goes on where it stood.
func standStill(o options) row {
	begun := time.Now()
	r := row{Name: "SIGSTOP ex-leader"}
	var mu sync.Mutex
	var all sync.WaitGroup
	var total audit
	var gaps []time.Duration
	stood, watching := 0, 0
	batches := make(chan int)
	for range o.workers {
		all.Go(func() {
			for n := range batches {
				s := stale{o: o, number: n, rounds: min(stopsPerStore, o.stops-n)}
				s.run()
				mu.Lock()
				total.add(s.audit)
				gaps = append(gaps, s.gaps...)
				r.Cycles += s.done
				stood += s.stood
				watching += s.watching
				mu.Unlock()
			}
		})
	}
	for n := 0; n < o.stops; n += stopsPerStore {
		batches <- n
	}
	close(batches)
	all.Wait()
	r.Took, r.Wrong = time.Since(begun), total.wrong
	if stood < r.Cycles*3/4 {
		r.Wrong = append(r.Wrong, fmt.Sprintf("only %d of %d leaders stood still where they were told to", stood, r.Cycles))
	}
	r.Figures = append(total.figures(), figure{"stood still where told", fmt.Sprint(stood)}, figure{"woke and saw that they are replaced", fmt.Sprint(watching)},
		figure{"stale effects that fenced targets refused", fmt.Sprint(total.stale)},
		figure{"takeover to next effect p50", percentile(gaps, 50).String()}, figure{"p99", percentile(gaps, 99).String()})
	return r
}

// stale is one store and the leaders that stand still on it.
type stale struct {
	o              options
	number, rounds int

	audit                 audit
	gaps                  []time.Duration // from the start of the successor to its first effect
	done, stood, watching int
}

func (s *stale) run() {
	dir := filepath.Join(s.o.dir, fmt.Sprintf("stop-%d", s.number))
	defer func() {
		for i := range s.audit.wrong {
			s.audit.wrong[i] += "  [" + dir + "]"
		}
	}()
	if err := s.leaders(dir); err != nil {
		s.audit.fail("%v", err)
	}
	if len(s.audit.wrong) == 0 && !s.o.keep {
		_ = os.RemoveAll(dir)
	}
}

func (s *stale) leaders(dir string) error {
	n, err := newNode(dir, "nats")
	if err != nil {
		return err
	}
	if err := errors.Join(n.start(nil), n.await()); err != nil {
		return err
	}
	defer n.kill()
	w, err := newWorldOn(s.o.program, dir, []string{n.url()}, 1, s.o.seed+uint64(s.number))
	if err != nil {
		return err
	}
	// Two houses with the same documents and tokens; whoever leads is the one that people turn to.
	houses := [2]*house{w.house, nil}
	second := *w.house
	second.dir, second.httpPort = filepath.Join(dir, "second"), 0
	houses[1] = &second
	if err := second.build(); err != nil {
		return err
	}
	w.crowd.gather()
	draw := rand.New(rand.NewPCG(s.o.seed+uint64(s.number), 4))
	leader, err := w.house.start(s.o.program, standstills[s.number%len(standstills)].String()+"=stop")
	if err != nil {
		return err
	}
	for ; s.done < s.rounds; s.done++ {
		now, next := houses[s.done%2], houses[(s.done+1)%2]
		if err := now.await(leader, 30*time.Second); err != nil || leader.dead() {
			return fmt.Errorf("leader %d is not up: %w: %s", s.done, errors.Join(err), leader.lastWords())
		}
		w.crowd.to.Store(newAPI(now.url()))
		if until(4*time.Second, "it stands still", func() error { return standsStill(leader) }) == nil {
			s.stood++
		} else if err := leader.freeze(); err != nil {
			return err
		}
		successor, err := s.succeed(w, next)
		if err != nil {
			return err
		}
		w.crowd.to.Store(newAPI(next.url()))
		time.Sleep(time.Duration(50+draw.IntN(300)) * time.Millisecond)
		leader.signal(syscall.SIGCONT)
		if until(5*time.Second, "it sees that it is replaced", func() error { return replaced(now.url()) }) == nil {
			s.watching++
		}
		leader.signal(sigTerm)
		if !leader.within(10 * time.Second) {
			s.audit.fail("the leader that was replaced did not end within 10 s of SIGTERM")
			leader.kill()
		}
		leader = successor
		s.o.say("stale leader %d: %s", s.done+1, standstills[(s.number+s.done)%len(standstills)])
	}
	return s.finish(w, houses[s.done%2], leader, n)
}

func standsStill(p *process) error {
	if p.dead() || p.stopped() {
		return nil
	}
	return errors.New("it moves")
}

// succeed starts the successor and waits for its first effect.
func (s *stale) succeed(w *world, next *house) (*process, error) {
	planted := standstills[(s.number+s.done+1)%len(standstills)].String() + "=stop"
	if s.done+1 == s.rounds {
		planted = ""
	}
	begun := time.Now()
	successor, err := next.start(s.o.program, planted)
	if err != nil {
		return nil, err
	}
	if err := next.await(successor, 30*time.Second); err != nil || successor.dead() {
		return nil, fmt.Errorf("successor %d is not up: %w: %s", s.done, errors.Join(err), successor.lastWords())
	}
	w.crowd.to.Store(newAPI(next.url()))
	err = until(10*time.Second, "its first effect", func() error {
		all, err := readBook(filepath.Join(w.dir, callsFile))
		if standsStill(successor) == nil { // before it acted
			return nil
		}
		for _, e := range all {
			if e.At.After(begun) && !e.Stale {
				s.gaps = append(s.gaps, e.At.Sub(begun))
				return nil
			}
		}
		return errors.Join(err, errors.New("none"))
	})
	return successor, err
}

// replaced is nil once a daemon says that another has taken over.
func replaced(url string) error {
	if said := notReady(url); !strings.Contains(said, "journal") {
		return fmt.Errorf("it says %q", said)
	}
	return nil
}

// finish settles, ends the last leader, and audits.
func (s *stale) finish(w *world, h *house, leader *process, n *node) error {
	defer w.end()
	w.house = h
	if err := w.settle(leader, 40*time.Second); err != nil {
		s.audit.fail("STUCK: %v", err)
	}
	w.crowd.leave()
	w.stop(leader, &s.audit)
	v, verifyErr := verify(s.o.program, h.config())
	nc, err := nats.Connect(n.url())
	if err != nil {
		return err
	}
	defer nc.Close()
	l, err := readLogs(context.Background(), nc)
	if err != nil {
		return err
	}
	s.audit.whole(l, v, verifyErr)
	s.audit.books(w, l, true)
	return nil
}
