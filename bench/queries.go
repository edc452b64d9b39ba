package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

const goal11 = "the 100 newest incidents with %s alerts active, over HTTP, p99"

// incidentsWanted is how many incidents there are to choose from.
const incidentsWanted = 150

// measureQueries is row 11: a daemon with few, and then with many active alerts, is asked for the newest incidents.
func measureQueries(ctx context.Context, b *bench) ([]Row, error) {
	const components = 7500
	d, err := startDaemon(ctx, b.kit, filepath.Join(b.dir, "queries"), organisation{components: components, site: each, confirm: "1s"})
	if err != nil {
		return nil, err
	}
	defer d.stop()
	f := feed{components: components, start: time.Now().UTC().Add(-5 * time.Minute)}
	if err := d.fail(ctx, f, incidentsWanted); err != nil {
		return nil, err
	}
	var rows []Row
	have := 0
	for _, active := range []int{few, b.active} {
		if _, err := d.take(ctx, f, have, active-have, batch); err != nil {
			return nil, err
		}
		have = active
		const newest = "/api/v1/incidents?all=true&limit=100"
		if n, err := d.incidents(ctx, newest); err != nil {
			return nil, err
		} else if n != 100 {
			return nil, fmt.Errorf("it answers with %d incidents of 100", n)
		}
		took, size, err := d.query(ctx, newest, b.queries)
		if err != nil {
			return nil, err
		}
		p50, p99 := took[len(took)/2], took[len(took)*99/100]
		row := Row{ID: "11", Goal: fmt.Sprintf(goal11, thousands(active)), Unit: "ms", Less: true, Target: 5, Floor: 50,
			Ours: fmt.Sprintf("p50 %.2f ms, p99 %.2f ms, %d KB", p50, p99, size>>10)}
		rows = append(rows, row.judged(p99))
	}
	return rows, nil
}

// fail loses so many services, each by itself, and waits until each is an incident.
func (d *daemon) fail(ctx context.Context, f feed, services int) error {
	for s := range services {
		for o, observer := range observers {
			var body []said
			for c := range each {
				body = append(body, said{n: 1<<40 + s*each*2 + o*each + c, host: s*each + c, down: true, since: f.start.Add(time.Duration(s) * time.Second)})
			}
			if err := d.publish(ctx, observer, f.webhook(nil, observer, body...)); err != nil {
				return err
			}
		}
	}
	for deadline := time.Now().Add(5 * time.Minute); ; {
		n, err := d.incidents(ctx, "/api/v1/incidents?all=true")
		if err != nil || n >= services*9/10 {
			return err
		}
		if err := d.pause(ctx, deadline, 200*time.Millisecond); err != nil {
			return fmt.Errorf("%d incidents of %d: %w", n, services, err)
		}
	}
}

// incidents is how many a page lists.
func (d *daemon) incidents(ctx context.Context, path string) (int, error) {
	page, err := d.page(ctx, path)
	if err != nil {
		return 0, err
	}
	var list struct{ Incidents []json.RawMessage }
	err = json.Unmarshal(page, &list)
	return len(list.Incidents), err
}

// query asks one thing after the other for a page; it returns how long each took in milliseconds, sorted, and its size.
func (d *daemon) query(ctx context.Context, path string, times int) (took []float64, size int, err error) {
	var page bytes.Buffer // used again, or what is measured is how this process collects its garbage
	for range times {
		begun := time.Now()
		page.Reset()
		if err := d.read(ctx, &page, path); err != nil {
			return nil, 0, err
		}
		took, size = append(took, float64(time.Since(begun).Microseconds())/1e3), page.Len()
	}
	slices.Sort(took)
	return took, size, nil
}
