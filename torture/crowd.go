package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"holdfast/console"
	"holdfast/incident"
)

// A crowd is everybody around a daemon who goes on while it dies: monitoring that publishes numbered alerts over NATS and
// HTTP, engineers who answer what waits for them, directors who declare, invoke, abort and stand down, and somebody who edits
// the documents and reloads. What was acknowledged to them they remember; that is what must not be lost.
type crowd struct {
	house   *house
	api     *api
	natsURL string

	calm   atomic.Bool  // nothing new is begun; what goes on is brought to its end
	reload atomic.Int64 // nanoseconds between two reloads; 0: none
	wary   atomic.Bool  // runs are called off again and again
	sites  atomic.Bool  // the site is lost again and again
	number atomic.Int64 // of the last alert

	mu      sync.Mutex
	rand    *rand.Rand
	acked   []acked
	orders  []console.Changed // acknowledged
	sent    int
	refused map[string]int // orders, by what was said

	stop context.CancelFunc
	all  sync.WaitGroup
}

// acked is an alert that was acknowledged.
type acked struct {
	sequence   uint64
	text       string
	unreadable bool
}

func newCrowd(h *house, natsURL string, seed uint64) *crowd {
	c := &crowd{house: h, api: newAPI(h.url()), natsURL: natsURL, rand: rand.New(rand.NewPCG(seed, 1)), refused: map[string]int{}}
	c.sites.Store(true)
	return c
}

// gather lets everybody begin.
func (c *crowd) gather() {
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	for _, part := range []func(context.Context){c.publish, c.post, c.engineers, c.directors, c.editor, c.site} {
		c.all.Go(func() { part(ctx) })
	}
}

func (c *crowd) leave() {
	c.stop()
	c.all.Wait()
}

func rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (c *crowd) chance(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rand.IntN(n) == 0
}

// alert is a numbered one: of a component that nobody needs, or one that nobody can read.
func (c *crowd) alert() (text string, unreadable bool) {
	n := c.number.Add(1)
	c.mu.Lock()
	c.sent++
	c.mu.Unlock()
	if n%20 == 0 {
		return fmt.Sprintf(`{"torture": %d, "broken": `, n), true
	}
	return alertmanager("TortureAlert", "", n, true), false
}

// alertmanager is a webhook body, version 4.
func alertmanager(name, component string, number int64, firing bool) string {
	status, ends := "firing", time.Time{}
	if !firing {
		status, ends = "resolved", time.Now().UTC()
	}
	labels := map[string]string{"alertname": name, "observer": "prom", "severity": "critical"}
	if component != "" {
		labels["component"] = component
	}
	body, _ := json.Marshal(map[string]any{
		"version": "4", "groupKey": "{}:{}", "status": status, "receiver": "holdfast", "groupLabels": map[string]string{}, "commonLabels": labels,
		"commonAnnotations": map[string]string{}, "externalURL": "http://prom.example", "truncatedAlerts": 0,
		"alerts": []any{map[string]any{"status": status, "labels": labels, "annotations": map[string]string{"number": fmt.Sprint(number)},
			"startsAt": time.Now().UTC().Add(-time.Second), "endsAt": ends, "generatorURL": "", "fingerprint": fmt.Sprintf("%016x", len(component)+1)}},
	})
	return string(body)
}

const (
	betweenAlerts = 12 * time.Millisecond
	betweenLooks  = 12 * time.Millisecond
)

// publish sends alerts over NATS as a monitoring does that wants to know that they are stored.
func (c *crowd) publish(ctx context.Context) {
	nc, err := nats.Connect(c.natsURL, nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond),
		nats.ReconnectJitter(0, 0), nats.ReconnectBufSize(-1))
	if err != nil {
		panic(err)
	}
	defer nc.Close()
	for rest(ctx, betweenAlerts) {
		if c.calm.Load() {
			continue
		}
		text, unreadable := c.alert()
		asking, cancel := context.WithTimeout(ctx, 2*time.Second)
		reply, err := nc.RequestWithContext(asking, "holdfast.alerts.prom", []byte(text))
		cancel()
		if err != nil {
			continue
		}
		var ack struct {
			Seq   uint64          `json:"seq"`
			Error json.RawMessage `json:"error"`
		}
		if json.Unmarshal(reply.Data, &ack) == nil && ack.Seq > 0 && len(ack.Error) == 0 {
			c.remember(acked{ack.Seq, text, unreadable})
		}
	}
}

// post sends them over HTTP.
func (c *crowd) post(ctx context.Context) {
	for rest(ctx, betweenAlerts) {
		if c.calm.Load() {
			continue
		}
		text, unreadable := c.alert()
		if stored, err := c.api.post(ctx, "prom", []byte(text)); err == nil {
			c.remember(acked{stored.Sequence, text, unreadable})
		}
	}
}

func (c *crowd) remember(a acked) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acked = append(c.acked, a)
}

// acks are those that had been seen by now.
func (c *crowd) acks() []acked {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.acked)
}

func (c *crowd) ordered() []console.Changed {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.orders)
}

// site is lost and comes back, as monitoring says it: what is declared then is declared by rule.
func (c *crowd) site(ctx context.Context) {
	say := func(firing bool) {
		for _, machine := range []string{"site-1", "site-2", "site-net"} {
			text := alertmanager("Down", machine, c.number.Add(1), firing)
			for ctx.Err() == nil {
				stored, err := c.api.post(ctx, "prom", []byte(text))
				if err == nil {
					c.remember(acked{stored.Sequence, text, false})
					break
				}
				rest(ctx, betweenAlerts)
			}
		}
	}
	for rest(ctx, 300*time.Millisecond) {
		if c.calm.Load() || !c.sites.Load() {
			continue
		}
		say(true)
		rest(ctx, 2500*time.Millisecond)
		say(false)
		rest(ctx, 3*time.Second)
	}
}

// editor writes other editions of bia.yaml and people.yaml, and reloads.
func (c *crowd) editor(ctx context.Context) {
	for edition := 1; rest(ctx, 20*time.Millisecond); {
		every := time.Duration(c.reload.Load())
		if every == 0 {
			continue
		}
		rest(ctx, every)
		err := errors.Join(c.house.write("continuity/people.yaml", c.house.people(edition)), c.house.write("continuity/bia.yaml", c.house.bia(edition)))
		if err == nil && c.api.reload(ctx) == nil {
			edition++
		}
	}
}

// directors declare what is lost, invoke what fits, call a run off now and then, and stand down what is over.
func (c *crowd) directors(ctx context.Context) {
	lost := 0
	for rest(ctx, betweenLooks) {
		s, err := c.api.status(ctx)
		if err != nil {
			continue
		}
		if !c.calm.Load() && len(s.Incidents) < 3 {
			lost++
			c.order(ctx, people[0], incident.Command{Verb: incident.VerbDeclare, Services: []string{fmt.Sprintf("shop-%d", 1+lost%services)}, Reason: "torture"})
			continue
		}
		for _, i := range s.Incidents {
			c.direct(ctx, i)
		}
	}
}

func (c *crowd) direct(ctx context.Context, i console.IncidentStatus) {
	if i.Declared.IsZero() {
		return
	}
	open := slices.ContainsFunc(i.Runs, func(r console.RunStatus) bool { return r.Ended.IsZero() })
	switch {
	case len(i.Runs) == 0 && i.Awaits == "" && len(i.Services) > 0 && i.Services[0].Service != "shop-site":
		c.order(ctx, people[1], incident.Command{Verb: incident.VerbInvoke, Incident: i.ID, Services: []string{i.Services[0].Service}, Playbook: "recover", Reason: "torture"})
	case open && (c.chance(600) || c.wary.Load() && c.chance(10)):
		c.order(ctx, people[1], incident.Command{Verb: incident.VerbAbort, Incident: i.ID, Run: i.Runs[0].Run, Reason: "torture"})
	case len(i.Runs) > 0 && !open:
		c.order(ctx, people[0], incident.Command{Verb: incident.VerbStandDown, Incident: i.ID, Reason: "torture is over"})
	}
}

// engineers answer what waits, each their own.
func (c *crowd) engineers(ctx context.Context) {
	for rest(ctx, betweenLooks) {
		s, err := c.api.status(ctx)
		if err != nil {
			continue
		}
		for _, i := range s.Incidents {
			for _, run := range i.Runs {
				for _, w := range run.Waiting {
					c.answer(ctx, i.ID, w)
				}
			}
		}
	}
}

func (c *crowd) answer(ctx context.Context, id string, w console.WaitingStep) {
	c.mu.Lock()
	who := people[c.rand.IntN(len(people))]
	verb := incident.Verb("")
	if len(w.Verbs) > 0 {
		verb = w.Verbs[0]
		if w.Reason != "" { // it is stuck: somebody looked, and it was done, or it is to be tried again
			verb = w.Verbs[c.rand.IntN(len(w.Verbs))]
		}
	}
	c.mu.Unlock()
	if !slices.Contains([]incident.Verb{incident.VerbAck, incident.VerbDone, incident.VerbApprove, incident.VerbRetry, incident.VerbSkip}, verb) {
		return
	}
	order := incident.Command{Verb: verb, Incident: id, Step: w.Step, Reason: "torture"}
	if w.Release != nil && verb == incident.VerbApprove {
		order.Digest = w.Release.Digest
	}
	c.order(ctx, who, order)
}

func (c *crowd) order(ctx context.Context, who string, o incident.Command) {
	answer, err := c.api.order(ctx, c.house.tokens[who], o)
	c.mu.Lock()
	defer c.mu.Unlock()
	var no *refusal
	switch {
	case err == nil:
		c.orders = append(c.orders, answer.Changes...)
	case errors.As(err, &no):
		c.refused[fmt.Sprintf("%s %d", o.Verb, no.status)]++
	}
}
