// Package probes is holdfast's own eyes: it looks at what bia.yaml says under `probes`, and says what it sees in the alert log,
// as an observer among the others. What it says is heard, journaled and judged like every other alert.
package probes

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"holdfast/bia"
	"holdfast/invoker/actions"
)

// A Prober looks, as long as it is in charge: of several daemons one speaks.
type Prober struct {
	Analysis func() *bia.Analysis // as it is lived by now
	InCharge func() bool
	Look     func(ctx context.Context, p *bia.Probe) error // nil: it is well; [actions.ErrNotAllowed]: nobody can tell
	Publish  func(ctx context.Context, subject string, body []byte) error
	Now      func() time.Time
	Logger   zerolog.Logger

	mu      sync.Mutex       // over what follows: rounds go on beside each other
	said    map[string]sight // by probe
	looking map[string]bool  // probes whose look has not been said yet
}

// A sight is what a probe has seen.
type sight struct {
	effect string    // up, down, unknown
	why    string    // it is not up
	since  time.Time // it has been so
	looked time.Time
}

// atOnce is how many probes of a round look at the same time.
const atOnce = 32

// together is how long a sight waits for others to be said with: most looks take about as long.
const together = 50 * time.Millisecond

// publishPatience is how long a message may take to be stored; the next round says the same again.
const publishPatience = 10 * time.Second

// Run looks until ctx ends. No round waits for the one before: what hangs holds up nothing but itself.
func (p *Prober) Run(ctx context.Context) error {
	var rounds sync.WaitGroup
	defer rounds.Wait()
	var failed atomic.Bool
	for {
		now := p.Now()
		next := Next(p.Analysis(), now)
		if !wait(ctx, next.Sub(now)) {
			return nil
		}
		if !p.InCharge() {
			p.forget() // whoever was in charge meanwhile has said more
			continue
		}
		rounds.Go(func() {
			err := p.Round(ctx, next)
			if err != nil && ctx.Err() == nil && !failed.Load() {
				p.Logger.Error().Err(err).Msg("what the probes see cannot be said: their observer will count as silent")
			}
			failed.Store(err != nil)
		})
	}
}

func (p *Prober) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = nil
}

// whenIdle is how often it is looked whether there are probes by now.
const whenIdle = time.Minute

// Next is the first instant after another at which a probe is due, or the heartbeat where there is none.
func Next(a *bia.Analysis, after time.Time) time.Time {
	next := after.UTC().Truncate(whenIdle).Add(whenIdle)
	for _, probe := range a.Probes {
		if at := probe.Due(after); at.Before(next) {
			next = at
		}
	}
	return next
}

// Round lets every probe look that is due at an instant, and says what each of them sees as soon as it has seen it, with what others
// see at about the same time. It beats its heart with each, if no probe has been kept from looking for long. A probe that is
// still at its look of a round before is left out.
func (p *Prober) Round(ctx context.Context, at time.Time) error {
	a := p.Analysis()
	own := a.Own()
	if own == "" {
		return nil
	}
	due := p.begin(a, at)
	if len(due) == 0 {
		return p.say(ctx, a, own, at, nil)
	}
	sights := make(chan *bia.Probe, len(due))
	places := make(chan struct{}, atOnce)
	var looks sync.WaitGroup
	defer looks.Wait()
	for _, probe := range due {
		looks.Go(func() {
			places <- struct{}{}
			p.look(ctx, at, probe)
			<-places
			sights <- probe
		})
	}
	var failed error
	for left := len(due); left > 0; {
		ready := gather(sights, left)
		left -= len(ready)
		failed = errors.Join(failed, p.say(ctx, a, own, at, ready))
	}
	return failed
}

// gather waits for one sight, and for those that come at about the same time, of so many.
func gather(sights <-chan *bia.Probe, left int) []*bia.Probe {
	ready := []*bia.Probe{<-sights}
	patience := time.NewTimer(together)
	defer patience.Stop()
	for len(ready) < left {
		select {
		case probe := <-sights:
			ready = append(ready, probe)
		case <-patience.C:
			return ready
		}
	}
	return ready
}

// begin is which probes look at an instant, in order of id.
func (p *Prober) begin(a *bia.Analysis, at time.Time) (due []*bia.Probe) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.said == nil {
		p.said = map[string]sight{}
	}
	if p.looking == nil {
		p.looking = map[string]bool{}
	}
	maps.DeleteFunc(p.said, func(id string, _ sight) bool { return a.Probes[id] == nil })
	for _, id := range slices.Sorted(maps.Keys(a.Probes)) {
		if probe := a.Probes[id]; probe.Due(at.Add(-1)).Equal(at) && !p.looking[id] {
			p.looking[id] = true
			due = append(due, probe)
		}
	}
	return due
}

// say publishes what some probes have just seen, and the heartbeat. Only then do they look again.
func (p *Prober) say(ctx context.Context, a *bia.Analysis, own string, at time.Time, ready []*bia.Probe) error {
	defer p.looked(ready)
	if ctx.Err() != nil || !p.InCharge() {
		return nil
	}
	body, err := json.Marshal(map[string]any{"holdfast": 1, "alerts": p.alerts(a, own, at, ready)})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	return p.Publish(ctx, bia.OwnSubject, body)
}

func (p *Prober) looked(ready []*bia.Probe) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, probe := range ready {
		delete(p.looking, probe.ID)
	}
}

// look has a probe look, and remembers what it sees.
func (p *Prober) look(ctx context.Context, at time.Time, probe *bia.Probe) {
	limited, cancel := context.WithTimeout(ctx, probe.Timeout)
	defer cancel()
	is := seen(p.Look(limited, probe))
	if ctx.Err() != nil { // it is to end: that no look came to an answer says nothing
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.said == nil { // it is not in charge any more
		return
	}
	is.since, is.looked = at, at
	if before, known := p.said[probe.ID]; known && before.effect == is.effect {
		is.since = before.since
	}
	if is.effect != p.said[probe.ID].effect && is.effect != "up" {
		p.Logger.Warn().Str("probe", probe.ID).Str("sees", is.effect).Str("why", is.why).Msg("a probe of holdfast's own sees something")
	}
	p.said[probe.ID] = is
}

func seen(err error) sight {
	switch {
	case err == nil:
		return sight{effect: "up"}
	case errors.Is(err, actions.ErrNotAllowed):
		return sight{effect: "unknown", why: err.Error()}
	}
	return sight{effect: "down", why: err.Error()}
}

// An alert is one of holdfast's own format.
type alert struct {
	Status      string            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
	StartsAt    time.Time         `json:"starts_at"`
	Fingerprint string            `json:"fingerprint"`
}

// alerts are what probes that looked saw, and the heartbeat.
func (p *Prober) alerts(a *bia.Analysis, own string, at time.Time, due []*bia.Probe) (all []alert) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, probe := range due {
		is, looked := p.said[probe.ID]
		if !looked || !is.looked.Equal(at) {
			continue
		}
		one := alert{Status: "firing", StartsAt: is.since, Fingerprint: "probe/" + probe.ID,
			Labels: map[string]string{"alertname": "HoldfastProbe", "probe": probe.ID, "observer": own, "effect": is.effect}}
		if probe.Component != "" {
			one.Labels["component"] = probe.Component
		} else {
			one.Labels["service"] = probe.Service
		}
		if is.why != "" {
			one.Annotations = map[string]string{"summary": clip(is.why)}
		}
		all = append(all, one)
	}
	if p.fresh(a, at) {
		all = append(all, alert{Status: "firing", StartsAt: at, Fingerprint: "probes", Labels: map[string]string{"alertname": bia.OwnHeartbeat, "observer": own}})
	}
	if all == nil {
		all = []alert{}
	}
	return all
}

// fresh reports whether each probe has looked within two of its intervals: only then is their observer there.
func (p *Prober) fresh(a *bia.Analysis, at time.Time) bool {
	for id, probe := range a.Probes {
		if is, looked := p.said[id]; looked && at.Sub(is.looked) > 2*probe.Every {
			return false
		}
	}
	return true
}

// clip keeps a reason short: it goes into the alert log each time.
func clip(text string) string {
	const most = 300
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(text, "")
}

// wait waits; false: ctx ended before.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// With looks with the hands of the daemon, at what they are allowed to touch.
func With(hands *actions.Hands) func(context.Context, *bia.Probe) error {
	return func(ctx context.Context, p *bia.Probe) error {
		if p.HTTP != nil {
			return hands.Look(ctx, p.HTTP.URL, p.HTTP.Status, p.HTTP.Says)
		}
		return hands.Knock(ctx, p.TCP)
	}
}
