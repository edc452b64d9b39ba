package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"
)

const goalStorm = "a site of 1,000 components lost in a storm of %s alerts: from the last alert the verdict needs, stored, to the disaster classified"

// measureStorm loses a site of a thousand components, live: both observers say that nine in ten are down, the last of them
// when half of the storm has been said; the rest of the storm is about the others.
func measureStorm(ctx context.Context, b *bench) ([]Row, error) {
	row := Row{ID: "storm", Goal: fmt.Sprintf(goalStorm, thousands(b.storm)), Unit: "s", Less: true, Target: 1}
	var waits, whole []float64
	for n := range b.rounds {
		wait, all, err := b.storms(ctx, filepath.Join(b.dir, fmt.Sprintf("storm-%d", n)))
		if err != nil {
			return nil, err
		}
		waits, whole = append(waits, wait.Seconds()), append(whole, all.Seconds())
	}
	row.Ours = fmt.Sprintf("%.3f s; the whole storm is in state after %.2f s", median(waits), median(whole))
	return []Row{row.judged(waits...)}, nil
}

const stormSite = 1000

func (b *bench) storms(ctx context.Context, dir string) (wait, whole time.Duration, err error) {
	d, err := startDaemon(ctx, b.kit, dir, organisation{components: stormSite, site: stormSite, confirm: "1m"})
	if err != nil {
		return 0, 0, err
	}
	defer d.stop()
	since := time.Now().UTC().Add(-5 * time.Minute) // confirmed as soon as it is known
	f := feed{components: stormSite, start: since}
	for _, o := range observers {
		if err := d.publish(ctx, o, f.watchdog(o, time.Now().UTC())); err != nil {
			return 0, 0, err
		}
	}
	before, err := d.received()
	if err != nil {
		return 0, 0, err
	}
	first, last, rest := f.stormBodies(b.storm)
	begun := time.Now()
	publish := func(body []byte) error { return d.publish(ctx, spokenBy(body), body) }
	if err := inParallel(inFlight, first, publish); err != nil {
		return 0, 0, err
	}
	failed := make(chan error, 1)
	if err := publish(last); err != nil {
		return 0, 0, err
	}
	stored := time.Now()
	go func() { failed <- inParallel(inFlight, rest, publish) }()
	wait, err = d.classified(ctx, stored)
	if err := <-failed; err != nil {
		return 0, 0, err
	}
	if err != nil {
		return 0, 0, err
	}
	err = d.await(ctx, before+b.storm)
	return wait, time.Since(begun), err
}

// stormBodies are the alerts of a storm: the verdict needs those of first and the one in last.
func (f feed) stormBodies(alerts int) (first [][]byte, last []byte, rest [][]byte) {
	lost := stormSite * 9 / 10
	next := func(n, observer int) said {
		if host := n % lost; host < lost-1 || observer > 0 {
			return said{n: n, host: host, down: true}
		}
		return said{n: n, host: lost} // the last one is still being waited for
	}
	for n := 0; n < alerts-1; n += batch {
		o := n / batch % 2
		var body []said
		for i := n; i < min(n+batch, alerts-1); i++ {
			one := next(i/(2*batch)*batch+i%batch, o)
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
		page, err := d.page("/api/v1/incidents?limit=1")
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
