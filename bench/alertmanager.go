package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// An alertmanager is the peer, alerts posted to it as Prometheus does.
type alertmanager struct {
	*process
	url string
}

// alertmanagerConfig groups as its documentation does; the feed makes up to 32,000 groups.
const alertmanagerConfig = `route: {receiver: nobody, group_by: [alertname, cluster, service]}
receivers: [{name: nobody}]
`

func startAlertmanager(ctx context.Context, k kit, dir string) (*alertmanager, error) {
	return startAlertmanagerOn(ctx, k, dir, alertmanagerConfig)
}

func startAlertmanagerOn(ctx context.Context, k kit, dir, text string) (*alertmanager, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	p, err := start(dir, "alertmanager", k.alertmanager, "--config.file="+config, "--storage.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--cluster.listen-address=", "--log.level=warn")
	if err != nil {
		return nil, err
	}
	a := &alertmanager{p, "http://" + address}
	if err := p.answers(ctx, a.url+"/-/ready"); err != nil {
		p.stop()
		return nil, err
	}
	return a, nil
}

// A load is what taking in so many alerts took: time, and the server's CPU.
type load struct {
	alerts int
	wall   time.Duration
	cpu    time.Duration
}

func (l load) rate() float64   { return float64(l.alerts) / l.wall.Seconds() }
func (l load) micros() float64 { return float64(l.cpu.Nanoseconds()) / 1e3 / float64(l.alerts) }

// posting is how the peer is fed: so many alerts to a request, so many requests at once.
type posting struct{ batch, concurrency int }

// take posts alerts and waits for every answer.
func (a *alertmanager) take(ctx context.Context, f feed, alerts int, how posting) (load, error) {
	var bodies [][]byte
	for n := 0; n < alerts; n += how.batch {
		bodies = append(bodies, f.posted(nil, observers[n/how.batch%2], several(n, min(how.batch, alerts-n))...))
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: how.concurrency}}
	defer client.CloseIdleConnections()
	cpu, begun := a.cpu(), time.Now()
	err := inParallel(how.concurrency, bodies, func(body []byte) error { return postTo(ctx, client, a.url+"/api/v2/alerts", body) })
	return load{alerts, time.Since(begun), a.cpu() - cpu}, err
}

// collect makes it collect its garbage, so that what is in memory is in use.
func (a *alertmanager) collect(ctx context.Context) error {
	res, err := get(ctx, a.url+"/debug/pprof/heap?gc=1")
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// inParallel does something with every body, so many at a time; it returns the first error.
func inParallel(workers int, bodies [][]byte, do func([]byte) error) error {
	next := make(chan []byte)
	failed := make(chan error, workers)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for body := range next {
				if err := do(body); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	var err error
feeding:
	for _, body := range bodies {
		select {
		case next <- body:
		case err = <-failed:
			break feeding
		}
	}
	close(next)
	all.Wait()
	if err == nil && len(failed) > 0 {
		err = <-failed
	}
	return err
}
