package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
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

// roundsPerStore is how often a leader is lost on one store.
const roundsPerStore = 15

// standStill runs the harness of stale leaders: a leader is stopped at an instant at which it is about to act or to append, a
// standby takes over, and then the first goes on where it stood.
func standStill(o options) row {
	return changeLeaders(o, "SIGSTOP ex-leader", o.stops, func(s *succession) { s.wakes = true })
}

// failOver runs the harness of lost leaders: the leader is killed at any instant, and it is measured how long it takes until the
// world is asked for something again.
func failOver(o options) row {
	return changeLeaders(o, "failover, leader killed", o.failovers, func(*succession) {})
}

func changeLeaders(o options, name string, count int, of func(*succession)) row {
	begun := time.Now()
	r := row{Name: name}
	var mu sync.Mutex
	var all sync.WaitGroup
	var total audit
	var gaps []time.Duration
	stood, watching := 0, 0
	batches := make(chan int)
	for range o.workers {
		all.Go(func() {
			for n := range batches {
				s := &succession{o: o, number: n, rounds: min(roundsPerStore, count-n)}
				of(s)
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
	for n := 0; n < count; n += roundsPerStore {
		batches <- n
	}
	close(batches)
	all.Wait()
	r.Took, r.Wrong = time.Since(begun), total.wrong
	if p99 := percentile(gaps, 99); p99 > 5*time.Second {
		r.Wrong = append(r.Wrong, fmt.Sprintf("from a lost leader to the next effect it took %s", p99))
	}
	r.Figures = append(total.figures(), figure{"stale effects that fenced targets refused", fmt.Sprint(total.stale)},
		figure{"lost leader to next effect p50", percentile(gaps, 50).String()}, figure{"p99", percentile(gaps, 99).String()}, figure{"n", fmt.Sprint(len(gaps))})
	if name == "SIGSTOP ex-leader" {
		r.Figures = append(r.Figures, figure{"stood still where told", fmt.Sprint(stood)}, figure{"woke and stood by", fmt.Sprint(watching)})
		if stood < r.Cycles*3/4 {
			r.Wrong = append(r.Wrong, fmt.Sprintf("only %d of %d leaders stood still where they were told to", stood, r.Cycles))
		}
	}
	return r
}

// A succession is one store, two daemons, and the leaders that are lost.
type succession struct {
	o              options
	number, rounds int
	wakes          bool // the leader is stopped and woken; else it is killed

	houses   [2]*house
	daemons  [2]*process
	programs [2]string // of two versions; empty: the one that is tortured

	audit                 audit
	gaps                  []time.Duration
	done, stood, watching int
}

func (s *succession) run() {
	dir := filepath.Join(s.o.dir, fmt.Sprintf("leaders-%v-%d", s.wakes, s.number))
	if err := s.leaders(dir); err != nil {
		s.audit.fail("%v", err)
	}
	for i := range s.audit.wrong {
		s.audit.wrong[i] += "  [" + dir + "]"
	}
	if len(s.audit.wrong) == 0 && !s.o.keep {
		_ = os.RemoveAll(dir)
	}
}

func (s *succession) leaders(dir string) error {
	n, w, err := s.begin(dir)
	if n != nil {
		defer n.kill()
	}
	if err != nil {
		return err
	}
	draw := rand.New(rand.NewPCG(s.o.seed+uint64(s.number), 4))
	leader := 0
	for ; s.done < s.rounds; s.done++ {
		w.crowd.turn(s.houses[leader].url())
		lost, err := s.lose(leader, draw)
		if err != nil {
			return err
		}
		successor := 1 - leader
		if err := s.succeed(w, successor, lost); err != nil {
			return err
		}
		s.recover(leader, draw)
		if err := s.start(leader, s.done+2); err != nil {
			return err
		}
		s.o.say("leader %d is lost: %s", s.done+1, s.planted(s.done))
		leader = successor
	}
	return s.finish(w, leader, n)
}

// begin starts the store, everybody around it, and two daemons, the first of which is in charge.
func (s *succession) begin(dir string) (n *node, w *world, err error) {
	if n, err = newNode(dir, "nats"); err != nil {
		return nil, nil, err
	}
	if err := errors.Join(n.start(nil), n.await()); err != nil {
		return nil, nil, err
	}
	w, err = newWorldOn(s.o.program, dir, []string{n.url()}, 1, s.o.seed+uint64(s.number))
	if err != nil {
		return n, nil, err
	}
	second := *w.house // the same documents and tokens
	second.dir = filepath.Join(dir, "second")
	if err := second.build(); err != nil {
		return n, nil, err
	}
	s.houses = [2]*house{w.house, &second}
	w.crowd.gather()
	for i := range s.houses {
		if err := s.start(i, i); err != nil {
			return n, nil, err
		}
	}
	return n, w, nil
}

// planted is where the leader of a round stands still.
func (s *succession) planted(round int) string {
	if !s.wakes || round >= s.rounds {
		return ""
	}
	return standstills[(s.number+round)%len(standstills)].String() + "=stop"
}

// start starts one of the two daemons, which is to be the leader of a round.
func (s *succession) start(which, round int) (err error) {
	h := s.houses[which]
	if s.daemons[which], err = h.start(cmp.Or(s.programs[which], s.o.program), s.planted(round)); err != nil {
		return err
	}
	if err := h.await(s.daemons[which], 30*time.Second); err != nil || s.daemons[which].dead() {
		return fmt.Errorf("a daemon is not up: %w: %s", errors.Join(err, errors.New("see its log")), s.daemons[which].lastWords())
	}
	return nil
}

// lose stops or kills the leader, and says when.
func (s *succession) lose(leader int, draw *rand.Rand) (time.Time, error) {
	p := s.daemons[leader]
	if !s.wakes {
		time.Sleep(time.Duration(200+draw.IntN(600)) * time.Millisecond)
		p.kill()
		return time.Now(), nil
	}
	for deadline := time.Now().Add(4 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if p.stopped() {
			s.stood++
			return time.Now(), nil
		}
	}
	return time.Now(), p.freeze()
}

// succeed waits until the standby is in charge, turns everybody to it, and waits for its first effect.
func (s *succession) succeed(w *world, successor int, lost time.Time) error {
	api := newAPI(s.houses[successor].url())
	api.client.Timeout = time.Second // it may stand still as well
	var epoch uint64
	if err := until(20*time.Second, "the standby is in charge", func() error {
		if s.daemons[successor].stopped() {
			return nil
		}
		status, err := api.status(context.Background())
		if err == nil && (status.Charge == nil || !status.Charge.Here) {
			err = fmt.Errorf("in charge is %+v", status.Charge)
		}
		epoch = status.Epoch
		return err
	}); err != nil {
		return err
	}
	w.crowd.turn(s.houses[successor].url())
	return until(20*time.Second, "the first effect of the successor", func() error {
		all, err := readBook(filepath.Join(w.dir, callsFile))
		for _, e := range all {
			if epoch == 0 || e.Epoch != epoch {
				continue
			}
			if gap := e.At.Sub(lost); gap > 0 { // else the loss was noticed late
				s.gaps = append(s.gaps, gap)
			}
			return nil
		}
		if s.daemons[successor].stopped() { // before it acted
			return nil
		}
		return errors.Join(err, errors.New("none"))
	})
}

// recover wakes a leader that was stopped, and looks whether it stands by; then it ends.
func (s *succession) recover(which int, draw *rand.Rand) {
	p := s.daemons[which]
	if p.dead() {
		return
	}
	time.Sleep(time.Duration(draw.IntN(300)) * time.Millisecond)
	p.signal(syscall.SIGCONT)
	if err := until(5*time.Second, "a leader that was replaced stands by", func() error {
		w := world{crowd: &crowd{}}
		w.crowd.turn(s.houses[which].url())
		status, err := w.rawStatus()
		if err == nil && (status.Charge == nil || status.Charge.Here) {
			err = fmt.Errorf("in charge is %+v", status.Charge)
		}
		return err
	}); err == nil {
		s.watching++
	}
	p.signal(sigTerm)
	if !p.within(10 * time.Second) {
		s.audit.fail("a leader that was replaced did not end within 10 s of SIGTERM: %s", p.lastWords())
		p.kill()
	}
}

// finish settles, ends both, and audits.
func (s *succession) finish(w *world, leader int, n *node) error {
	defer w.end()
	s.daemons[1-leader].kill()
	if p := s.daemons[leader]; p.stopped() {
		p.signal(syscall.SIGCONT)
	}
	w.house = s.houses[leader]
	w.crowd.turn(w.house.url())
	if err := w.settle(s.daemons[leader], 40*time.Second); err != nil {
		s.audit.fail("STUCK: %v", err)
	}
	w.crowd.leave()
	w.stop(s.daemons[leader], &s.audit)
	v, verifyErr := verify(s.o.program, w.house.config())
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
