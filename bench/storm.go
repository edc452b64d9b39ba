package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const goalStorm = "a site of 1,000 components lost in a storm of %s alerts: from the last alert the verdict needs, stored, to the disaster classified"

// A stormed is one round: what a storm took, and the peer beside it.
type stormed struct {
	wait, step, whole, cpu float64 // seconds
	told                   float64 // bytes that people were sent
	peer                   *peerStormed
}

// measureStorm loses a site of a thousand components, live: both observers say that nine in ten are down, the last of them
// when half of the storm has been said; the rest of the storm is about the others. A playbook is invoked for what is lost, and people are
// told. The peer is sent as many alerts, all of one group.
func measureStorm(ctx context.Context, b *bench) ([]Row, error) {
	var all []stormed
	for n := range b.rounds {
		dir := filepath.Join(b.dir, fmt.Sprintf("storm-%d", n))
		one, err := b.storms(ctx, filepath.Join(dir, "holdfast"))
		if err != nil {
			return nil, err
		}
		if b.alertmanager != "" {
			if one.peer, err = b.stormsPeer(ctx, filepath.Join(dir, "alertmanager")); err != nil {
				return nil, err
			}
		}
		all = append(all, one)
	}
	many := thousands(b.storm)
	row := func(id, goal, unit string, target, floor float64, words func(float64) string, figure func(stormed) float64, beside string, of func(peerStormed) float64) Row {
		r := Row{ID: id, Goal: goal, Unit: unit, Less: true, Target: target, Floor: floor, Ours: words(medianOf(all, figure))}
		if b.alertmanager != "" {
			r.Beside = beside + words(medianOf(all, func(s stormed) float64 { return of(*s.peer) }))
		}
		return r.judged(ratios(all, figure)...)
	}
	seconds := func(s float64) string { return fmt.Sprintf("%.3f s", s) }
	milliseconds := func(ms float64) string { return fmt.Sprintf("%.0f ms", ms) }
	kilobytes := func(kb float64) string { return fmt.Sprintf("%.1f KB", kb) }
	storm := Row{ID: "storm", Goal: fmt.Sprintf(goalStorm, many), Unit: "s", Less: true, Target: 1}
	storm.Ours = fmt.Sprintf("%.3f s; the whole storm is in state after %.2f s", medianOf(all, func(s stormed) float64 { return s.wait }), medianOf(all, func(s stormed) float64 { return s.whole }))
	return []Row{
		storm.judged(ratios(all, func(s stormed) float64 { return s.wait })...),
		row("8", "in the same storm, from that alert, stored, to the first step of a playbook, received", "ms", 50, 500, milliseconds,
			func(s stormed) float64 { return s.step * 1e3 }, "first notification, of a part, ", func(p peerStormed) float64 { return p.first * 1e3 }),
		row("8 whole", fmt.Sprintf("all %s are in state", many), "s", 1, 2, seconds, func(s stormed) float64 { return s.whole }, "all are posted ", func(p peerStormed) float64 { return p.posted }),
		row("8 CPU", "CPU of the daemon until then", "s", 1.6, 0, seconds, func(s stormed) float64 { return s.cpu }, "until one notification holds all ", func(p peerStormed) float64 { return p.cpu }),
		row("8 bytes", "what people are sent about it", "KB", 64, 0, kilobytes, func(s stormed) float64 { return s.told / 1e3 }, "the notification that holds all ", func(p peerStormed) float64 { return p.largest / 1e3 }),
	}, nil
}

const stormSite = 1000

// Those who are called and told when a site is lost.
type called struct {
	mu    sync.Mutex
	first time.Time     // that a machine was called
	some  chan struct{} // closed then
	told  int           // bytes that people were sent
}

func (c *called) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	now := time.Now()
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case strings.HasPrefix(r.URL.Path, "/tell"):
		c.told += len(body)
	case c.first.IsZero():
		c.first = now
		close(c.some)
	}
}

// ready are the files of a house that has a plan for the loss of its site, and people to be told.
func ready(url string) map[string]string {
	services := make([]string, stormSite/each)
	for n := range services {
		services[n] = fmt.Sprintf("s%d", n)
	}
	people := strings.ReplaceAll(peopleText, "{log: true}", fmt.Sprintf("{webhook: %q}", url+"/tell"))
	return map[string]string{
		"holdfast.yaml":          daemonConfig + fmt.Sprintf("actions: {http: {allow: [%q]}}\n", url),
		"continuity/bia.yaml":    organisation{components: stormSite, site: stormSite, confirm: "1m"}.text(),
		"continuity/people.yaml": people,
		"continuity/playbooks/elsewhere.yaml": fmt.Sprintf("playbook: elsewhere\nversion: 1\nfor: {services: [%s]}\nrtc: 1h\nsteps:\n  - {id: call, phase: recovery, run: {http: {url: \"%s/do\", method: POST}}, timeout: 10s, repeat: safe}\n",
			strings.Join(services, ", "), url),
	}
}

func (b *bench) storms(ctx context.Context, dir string) (s stormed, err error) {
	c := &called{some: make(chan struct{})}
	url, stop, err := listening(c)
	if err != nil {
		return s, err
	}
	defer stop()
	d, err := startOn(ctx, b.kit, dir, ready(url))
	if err != nil {
		return s, err
	}
	defer d.stop()
	since := time.Now().UTC().Add(-5 * time.Minute) // confirmed as soon as it is known
	f := feed{components: stormSite, start: since}
	for _, o := range observers {
		if err := d.publish(ctx, o, f.watchdog(o, time.Now().UTC())); err != nil {
			return s, err
		}
	}
	before, err := d.received(ctx)
	if err != nil {
		return s, err
	}
	first, last, rest := f.stormBodies(b.storm)
	cpu, begun := d.cpu(), time.Now()
	publish := func(body []byte) error { return d.publish(ctx, spokenBy(body), body) }
	if err := inParallel(inFlight, first, publish); err != nil {
		return s, err
	}
	failed := make(chan error, 1)
	if err := publish(last); err != nil {
		return s, err
	}
	stored := time.Now()
	go func() { failed <- inParallel(inFlight, rest, publish) }()
	wait, err := d.classified(ctx, stored)
	if err := <-failed; err != nil {
		return s, err
	}
	if err != nil {
		return s, err
	}
	if err := d.await(ctx, before+b.storm); err != nil {
		return s, err
	}
	s.wait, s.whole, s.cpu = wait.Seconds(), time.Since(begun).Seconds(), (d.cpu() - cpu).Seconds()
	select {
	case <-c.some:
	case <-time.After(reactionEnd):
		return s, errors.New("no machine is called though the site is lost")
	}
	time.Sleep(time.Second) // whoever is told of it is told by now
	c.mu.Lock()
	defer c.mu.Unlock()
	s.step, s.told = c.first.Sub(stored).Seconds(), float64(c.told)
	if c.told == 0 {
		return s, errors.New("nobody is told though the site is lost")
	}
	return s, nil
}

// A peerStormed is what the same number of alerts in one group takes an Alertmanager.
type peerStormed struct {
	first, posted, cpu float64 // seconds: until the first notification, until all are posted; of CPU until one notification holds all
	largest            float64 // bytes of that one
}

// A flooded receiver counts the alerts of each notification.
type flooded struct {
	mu      sync.Mutex
	first   time.Time
	alerts  int // of the largest one
	largest int // its bytes
}

func (f *flooded) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	now := time.Now()
	body, _ := io.ReadAll(r.Body)
	alerts := bytes.Count(body, []byte(`"fingerprint":`))
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first.IsZero() {
		f.first = now
	}
	if alerts > f.alerts {
		f.alerts, f.largest = alerts, len(body)
	}
}

func (b *bench) stormsPeer(ctx context.Context, dir string) (*peerStormed, error) {
	there := &flooded{}
	url, stop, err := listening(there)
	if err != nil {
		return nil, err
	}
	defer stop()
	a, err := startAlertmanagerOn(ctx, b.kit, dir, fmt.Sprintf("route: {receiver: there, group_wait: 0s, group_interval: 30s}\nreceivers: [{name: there, webhook_configs: [{url: %q, send_resolved: false}]}]\n", url))
	if err != nil {
		return nil, err
	}
	defer a.stop()
	cpu, begun := a.cpu(), time.Now()
	took, err := a.take(ctx, feed{components: 5000, start: time.Now().UTC()}, b.storm, posting{500, 4})
	if err != nil {
		return nil, err
	}
	for deadline := begun.Add(3 * time.Minute); ; {
		there.mu.Lock()
		p := &peerStormed{there.first.Sub(begun).Seconds(), took.wall.Seconds(), (a.cpu() - cpu).Seconds(), float64(there.largest)}
		all := there.alerts == b.storm
		there.mu.Unlock()
		if all {
			return p, nil
		}
		if err := a.pause(ctx, deadline, 20*time.Millisecond); err != nil {
			return nil, fmt.Errorf("no notification holds all alerts: %w", err)
		}
	}
}

// stormBodies are the alerts of a storm: the verdict needs those of first and the one in last.
func (f feed) stormBodies(alerts int) (first [][]byte, last []byte, rest [][]byte) {
	lost := stormSite * 9 / 10
	next := func(n int) said {
		if host := n % lost; host < lost-1 {
			return said{n: n, host: host, down: true}
		}
		return said{n: n, host: lost} // of the last one nobody says it yet: one observer would be enough
	}
	for n := 0; n < alerts-1; n += batch {
		o := n / batch % 2
		var body []said
		for i := n; i < min(n+batch, alerts-1); i++ {
			one := next(i/(2*batch)*batch + i%batch)
			if n >= alerts/2 && len(rest)%4 > 0 {
				one = said{n: i, host: lost + i%(stormSite-lost)}
			}
			body = append(body, one)
		}
		text := f.webhook(nil, observers[o], body...)
		if n < alerts/2 {
			first = append(first, text)
		} else {
			rest = append(rest, text)
		}
	}
	return first, f.webhook(nil, observers[0], said{n: alerts, host: lost - 1, down: true}), rest
}

// classified waits until an incident is a disaster because its site is lost.
func (d *daemon) classified(ctx context.Context, since time.Time) (time.Duration, error) {
	for deadline := time.Now().Add(5 * time.Minute); ; {
		page, err := d.page(ctx, "/api/v1/incidents?limit=1")
		if err != nil {
			return 0, err
		}
		var list struct {
			Incidents []struct{ Level, Summary string }
		}
		if err := json.Unmarshal(page, &list); err != nil {
			return 0, err
		}
		if len(list.Incidents) > 0 && list.Incidents[0].Level == "disaster" {
			return time.Since(since), nil
		}
		if err := d.pause(ctx, deadline, 5*time.Millisecond); err != nil {
			return 0, fmt.Errorf("no disaster in %s: %w", page, err)
		}
	}
}
