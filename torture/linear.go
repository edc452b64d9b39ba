package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"holdfast/incident"
)

// Clients who answer the same steps at once, and the steps of each incident that they answer.
const (
	clients   = 50
	tasks     = 10 // steps to be claimed and done, and as many decisions that two have to approve
	contended = "contended"
)

func contention() string {
	var b strings.Builder
	fmt.Fprintf(&b, "playbook: %s\nversion: 1\nfor: {services: [%s]}\nrtc: 1m\nsteps:\n", contended, contended)
	for n := range tasks {
		fmt.Fprintf(&b, "  - {id: do-%d, after: [], do: Do it, role: director}\n  - {id: go-%d, after: [], decide: Go on?, role: director, approvals: 2}\n", n, n)
	}
	return b.String()
}

// What a client asks of a step, and what it is told.
type asked struct {
	step, verb, person string
}

type outcome int

const (
	yes outcome = iota
	no
	unknown // the answer was lost: it was done, or not, or will be
)

// stepState is what the model knows of a step: who has claimed it, who has approved it, and that it is over.
type stepState struct {
	claimed  string
	approved string // people, each followed by a space
	over     bool
}

// may says whether an answer of a person is taken by a step as it stands, and what the step is then. It is the rule of a
// single desk that takes one after the other.
func (s stepState) may(a asked) (stepState, bool) {
	switch {
	case s.over:
		return s, false
	case a.verb == "ack":
		if s.claimed != "" {
			return s, false
		}
		s.claimed = a.person
	case a.verb == "done":
		s.over = true
	case a.verb == "approve":
		if strings.Contains(s.approved, a.person+" ") {
			return s, false
		}
		s.approved += a.person + " "
		s.over = strings.Count(s.approved, " ") == 2
	}
	return s, true
}

// model is one step; every step is a history of its own.
var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		by := map[string][]porcupine.Operation{}
		for _, op := range history {
			step := op.Input.(asked).step
			by[step] = append(by[step], op)
		}
		var all [][]porcupine.Operation
		for _, step := range slices.Sorted(maps.Keys(by)) {
			all = append(all, by[step])
		}
		return all
	},
	Init: func() any { return stepState{} },
	Step: func(state, input, output any) (bool, any) {
		next, taken := state.(stepState).may(input.(asked))
		switch output.(outcome) {
		case yes:
			return taken, next
		case no:
			return !taken, state
		}
		return true, next // it may have come at the very end, when nobody asks any more
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %v", input, output) },
}

// linear runs the harness of answers at once: fifty clients claim, report and approve the same steps while the daemon dies
// again and again; what they were told has to be what a single desk could have told them, one after the other.
func linear(o options) row {
	begun := time.Now()
	r := row{Name: "linearizable answers"}
	l := &contest{o: o, rand: rand.New(rand.NewPCG(o.seed, 5)), counts: map[outcome]int{}}
	if err := l.run(); err != nil {
		r.Wrong = append(r.Wrong, err.Error())
	}
	r.Wrong = append(r.Wrong, l.audit.wrong...)
	r.Cycles = len(l.history)
	if len(l.history) > 0 {
		switch result, _ := porcupine.CheckOperationsVerbose(model, l.history, time.Minute); result {
		case porcupine.Illegal:
			r.Wrong = append(r.Wrong, "ILLEGAL: no order of the answers explains what was told")
		case porcupine.Unknown:
			r.Wrong = append(r.Wrong, "the history could not be checked within a minute")
		}
	}
	r.Took = time.Since(begun)
	r.Figures = []figure{{"clients", fmt.Sprint(clients)}, {"taken", fmt.Sprint(l.counts[yes])}, {"refused", fmt.Sprint(l.counts[no])},
		{"answer lost", fmt.Sprint(l.counts[unknown])}, {"deaths meanwhile", fmt.Sprint(l.deaths)}}
	if l.counts[yes] == 0 || l.counts[no] == 0 || l.counts[unknown] == 0 {
		r.Wrong = append(r.Wrong, "nothing was taken, or refused, or lost: this proves nothing")
	}
	return r
}

type contest struct {
	o      options
	world  *world
	audit  audit
	deaths int

	mu      sync.Mutex
	rand    *rand.Rand
	history []porcupine.Operation
	counts  map[outcome]int
}

var deadlyToOrders = []string{"console/order/received", "invoker/order/taken", "invoker/order/committed", "console/order/decided", "journal/stored", "invoker/committed", "journal/put"}

func (l *contest) run() error {
	dir := filepath.Join(l.o.dir, "linear")
	w, err := newWorld(l.o.program, dir, "", l.o.seed, func(h *house) { h.more = map[string]string{"continuity/playbooks/contended.yaml": contention()} })
	if err != nil {
		return err
	}
	defer w.end()
	l.world = w
	over := make(chan struct{})
	var dying sync.WaitGroup
	var last *process
	dying.Go(func() { last = l.mortal(over) })
	for wave := 0; len(l.history) < l.o.linear && wave < 1000; wave++ {
		if err := l.wave(wave); err != nil {
			close(over)
			dying.Wait()
			return err
		}
	}
	close(over)
	dying.Wait()
	if last == nil {
		return errors.New("the daemon does not start")
	}
	w.stop(last, &l.audit)
	v, verifyErr := verify(l.o.program, w.house.config())
	logs, err := readStore(context.Background(), w.house.store)
	if err != nil {
		return err
	}
	l.audit.whole(logs, v, verifyErr)
	l.audit.obeyed(l.audit.judged(logs), w.crowd.ordered())
	if !l.o.keep && len(l.audit.wrong) == 0 {
		_ = os.RemoveAll(dir)
	}
	return nil
}

// mortal keeps a daemon alive, each for a while, and gives the last one.
func (l *contest) mortal(over chan struct{}) *process {
	for {
		l.mu.Lock()
		t := target{deadlyToOrders[l.rand.IntN(len(deadlyToOrders))], "", 20 + l.rand.IntN(150)}
		l.mu.Unlock()
		select {
		case <-over:
			p, err := l.world.house.start(l.o.program, "")
			if err != nil || l.world.house.await(p, 30*time.Second) != nil {
				return nil
			}
			return p
		default:
		}
		p, err := l.world.house.start(l.o.program, t.planted())
		if err != nil {
			return nil
		}
		select {
		case <-p.ended:
			l.deaths++
		case <-over:
			p.kill()
		}
	}
}

// wave is one incident and everybody who answers in it.
func (l *contest) wave(number int) error {
	id, digests, err := l.open()
	if err != nil {
		return err
	}
	var left atomic.Int64
	left.Store(int64(clients * 12))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var all sync.WaitGroup
	for n := range clients {
		all.Go(func() {
			draw := rand.New(rand.NewPCG(l.o.seed+uint64(number), uint64(n)))
			a := newAPI(l.world.house.url())
			a.client.Timeout = 5 * time.Second
			for left.Add(-1) >= 0 && ctx.Err() == nil {
				l.answer(ctx, a, n, id, digests, draw)
			}
		})
	}
	all.Wait()
	return l.end(id)
}

// answer is one client's one answer, with the instants before and after.
func (l *contest) answer(ctx context.Context, a *api, client int, id string, digests map[string]string, draw *rand.Rand) {
	step, verb := fmt.Sprintf("do-%d", draw.IntN(tasks)), []string{"ack", "ack", "ack", "done"}[draw.IntN(4)]
	if draw.IntN(2) == 0 {
		step, verb = fmt.Sprintf("go-%d", draw.IntN(tasks)), "approve"
	}
	in := asked{step: id + "/" + step, verb: verb, person: people[client%len(people)]}
	call := time.Now().UnixNano()
	answer, err := a.order(ctx, l.world.house.tokens[in.person], incident.Command{Verb: incident.Verb(verb), Incident: id, Step: step, Digest: digests[step]})
	back := time.Now().UnixNano()
	out := yes
	var refused *refusal
	switch {
	case err == nil:
	case errors.As(err, &refused) && (refused.status == http.StatusConflict || refused.status == http.StatusForbidden):
		out = no
	case errors.As(err, &refused) && strings.Contains(refused.said, "not recorded") && !strings.Contains(refused.said, "not known"):
		return // it says that nothing was done; there is nothing to explain
	case strings.Contains(err.Error(), "connection refused"):
		rest(ctx, 5*time.Millisecond)
		return // it never left
	default:
		out, back = unknown, int64(1)<<62
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[out]++
	l.history = append(l.history, porcupine.Operation{ClientId: len(l.history), Input: in, Call: call, Output: out, Return: back})
	if out == yes {
		l.world.crowd.orders = append(l.world.crowd.orders, answer.Changes...)
	}
}

// open declares an incident and waits until all its steps wait for somebody.
func (l *contest) open() (id string, digests map[string]string, err error) {
	a := newAPI(l.world.house.url())
	ctx := context.Background()
	err = until(40*time.Second, "an incident in which all steps wait", func() error {
		s, err := a.status(ctx)
		if err != nil {
			return err
		}
		if len(s.Incidents) > 0 {
			i := s.Incidents[0]
			id, digests = i.ID, map[string]string{}
			for _, r := range i.Runs {
				for _, w := range r.Waiting {
					if digests[w.Step] = ""; w.Release != nil {
						digests[w.Step] = w.Release.Digest
					}
				}
			}
			if len(digests) == 2*tasks {
				return nil
			}
			if len(i.Runs) == 0 { // by rule it is brought back once in a while only
				_, err = a.order(ctx, l.world.house.tokens[people[0]], incident.Command{Verb: incident.VerbInvoke, Incident: id, Services: []string{contended}, Playbook: contended, Reason: "torture"})
			}
			return errors.Join(err, fmt.Errorf("%d steps wait", len(digests)))
		}
		_, err = a.order(ctx, l.world.house.tokens[people[0]], incident.Command{Verb: incident.VerbDeclare, Services: []string{contended}, Reason: "torture"})
		return errors.Join(err, errors.New("none is open"))
	})
	return id, digests, err
}

// end stands the incident down.
func (l *contest) end(id string) error {
	a := newAPI(l.world.house.url())
	ctx := context.Background()
	return until(40*time.Second, "the incident is over", func() error {
		s, err := a.status(ctx)
		if err != nil || len(s.Incidents) == 0 {
			return err
		}
		_, err = a.order(ctx, l.world.house.tokens[people[0]], incident.Command{Verb: incident.VerbStandDown, Incident: id, Reason: "torture"})
		return errors.Join(err, errors.New("it is open"))
	})
}
