package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"
)

const (
	goal2 = "HTTP ingest, %d alerts a request, %d at a time, synced, until in state / Alertmanager, the same, kept in memory"
	goal3 = "HTTP ingest, 1 alert a request, %d at a time, synced by group commit, until in state / Alertmanager, the same, kept in memory"
)

// posted is a row of HTTP ingest.
type posted struct {
	id            string
	how           posting
	alerts        func(*bench) int
	target, floor float64
}

var postings = []posted{
	{"2 batch 500", posting{500, 4}, func(b *bench) int { return b.alerts }, 8, 2},
	{"2 batch 64", posting{64, 4}, func(b *bench) int { return b.alerts }, 4, 2},
	{"3", posting{1, 32}, func(b *bench) int { return b.alerts / 5 }, 1.5, 1},
}

func (p posted) goal() string {
	if p.how.batch == 1 {
		return fmt.Sprintf(goal3, p.how.concurrency)
	}
	return fmt.Sprintf(goal2, p.how.batch, p.how.concurrency)
}

// measurePosts is rows 2 and 3: alerts by HTTP, into a new daemon and a new Alertmanager in turn, by the same client.
func measurePosts(ctx context.Context, b *bench) (rows []Row, err error) {
	for _, p := range postings {
		row := Row{ID: p.id, Goal: p.goal(), Target: p.target, Floor: p.floor}
		var ours, peers []load
		for n := range b.rounds {
			dir := filepath.Join(b.dir, fmt.Sprintf("post-%d-%d", p.how.batch, n))
			f := feed{components: 5000, start: time.Now().UTC()}
			if b.alertmanager != "" {
				peer, err := b.postToPeer(ctx, dir, f, p)
				if err != nil {
					return nil, err
				}
				peers = append(peers, peer)
			}
			one, err := b.post(ctx, dir, f, p)
			if err != nil {
				return nil, err
			}
			ours = append(ours, one)
		}
		row.Ours = loadWords(ours)
		if b.alertmanager == "" {
			rows = append(rows, row.withoutPeers())
			continue
		}
		row.Beside = loadWords(peers)
		var all []float64
		for n := range ours {
			all = append(all, ours[n].rate()/peers[n].rate())
		}
		rows = append(rows, row.judged(all...))
	}
	return rows, nil
}

func loadWords(all []load) string {
	return fmt.Sprintf("%.1fk/s (%.1f us CPU)", medianOf(all, load.rate)/1e3, medianOf(all, load.micros))
}

func (b *bench) postToPeer(ctx context.Context, dir string, f feed, p posted) (load, error) {
	a, err := startAlertmanager(ctx, b.kit, filepath.Join(dir, "alertmanager"))
	if err != nil {
		return load{}, err
	}
	defer a.stop()
	return a.take(ctx, f, p.alerts(b), p.how)
}

// post is the same for a daemon, until every alert is in the detector's state.
func (b *bench) post(ctx context.Context, dir string, f feed, p posted) (load, error) {
	d, err := startDaemon(ctx, b.kit, filepath.Join(dir, "holdfast"), organisation{components: f.components, site: 100})
	if err != nil {
		return load{}, err
	}
	defer d.stop()
	bodies := bodiesOf(f, 0, p.alerts(b), p.how.batch)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: p.how.concurrency}}
	defer client.CloseIdleConnections()
	before, err := d.received(ctx)
	if err != nil {
		return load{}, err
	}
	cpu, begun := d.cpu(), time.Now()
	err = inParallel(p.how.concurrency, bodies, func(body []byte) error {
		return postTo(ctx, client, d.http+"/api/v1/alerts/"+spokenBy(body), body)
	})
	if err != nil {
		return load{}, err
	}
	if err := d.await(ctx, before+p.alerts(b)); err != nil {
		return load{}, err
	}
	return load{p.alerts(b), time.Since(begun), d.cpu() - cpu}, nil
}

// postTo posts a body; anything but 200 is an error.
func postTo(ctx context.Context, client *http.Client, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	answer, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", url, res.Status, answer)
	}
	return nil
}
