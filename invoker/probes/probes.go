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

	said map[string]sight // by probe
}

// A sight is what a probe has seen.
type sight struct {
	effect string    // up, down, unknown
	why    string    // it is not up
	since  time.Time // it has been so
	looked time.Time
}

// atOnce is how many probes look at the same time.
const atOnce = 32

// publishPatience is how long a message may take to be stored; the next round says the same again.
const publishPatience = 10 * time.Second

// Run looks until ctx ends.
func (p *Prober) Run(ctx context.Context) error {
	for failed := false; ; {
		now := p.Now()
		next := Next(p.Analysis(), now)
		if !wait(ctx, next.Sub(now)) {
			return nil
		}
		if !p.InCharge() {
			p.said = nil // whoever was in charge meanwhile has said more
			continue
		}
		err := p.Round(ctx, next)
		if err != nil && !failed && ctx.Err() == nil {
			p.Logger.Error().Err(err).Msg("what the probes see cannot be said: their observer will count as silent")
		}
		failed = err != nil
	}
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

// Round lets every probe look that is due at an instant, and says what all of those see. It beats its heart if no probe has been
// kept from looking for long.
func (p *Prober) Round(ctx context.Context, at time.Time) error {
	a := p.Analysis()
	own := a.Own()
	if own == "" {
		return nil
	}
	var due []*bia.Probe
	for _, id := range slices.Sorted(maps.Keys(a.Probes)) {
		if probe := a.Probes[id]; probe.Due(at.Add(-1)).Equal(at) {
			due = append(due, probe)
		}
	}
	p.look(ctx, at, due)
	maps.DeleteFunc(p.said, func(id string, _ sight) bool { return a.Probes[id] == nil })
	body, err := json.Marshal(map[string]any{"holdfast": 1, "alerts": p.alerts(a, own, at, due)})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	return p.Publish(ctx, bia.OwnSubject, body)
}

// look has probes look side by side, and remembers what they see.
func (p *Prober) look(ctx context.Context, at time.Time, due []*bia.Probe) {
	if p.said == nil {
		p.said = map[string]sight{}
	}
	results := make([]error, len(due))
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for n, probe := range due {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			ctx, cancel := context.WithTimeout(ctx, probe.Timeout)
			defer cancel()
			results[n] = p.Look(ctx, probe)
		})
	}
	all.Wait()
	if ctx.Err() != nil { // it is to end: that no look came to an answer says nothing
		return
	}
	for n, probe := range due {
		is := seen(results[n])
		is.since, is.looked = at, at
		if before, known := p.said[probe.ID]; known && before.effect == is.effect {
			is.since = before.since
		}
		if is.effect != p.said[probe.ID].effect && is.effect != "up" {
			p.Logger.Warn().Str("probe", probe.ID).Str("sees", is.effect).Str("why", is.why).Msg("a probe of holdfast's own sees something")
		}
		p.said[probe.ID] = is
	}
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

// alerts are what the probes that looked saw, and the heartbeat.
func (p *Prober) alerts(a *bia.Analysis, own string, at time.Time, due []*bia.Probe) (all []alert) {
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
