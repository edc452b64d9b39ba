package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

const goal7 = "from an alert, published, to the first step of a playbook, received, p50 / Alertmanager at group_wait 0s, from its POST to its webhook"

const (
	reactions   = 300                  // outages, each of a service of its own, and for the peer each a group of its own
	reactEvery  = 5 * time.Millisecond // one alert after the other
	reactionEnd = 30 * time.Second     // how long the last one is waited for
)

// measureReaction is row 7: one alert loses a service for good, holdfast declares a disaster, invokes its playbook and calls a
// machine, all of it recorded and synced before; the peer notifies.
func measureReaction(ctx context.Context, b *bench) ([]Row, error) {
	p50 := Row{ID: "7", Goal: goal7, Less: true, Target: 1}
	p99 := Row{ID: "7b", Goal: "the same, p99", Less: true}
	bare := Row{ID: "7 bare", Goal: "two synced publishes one after the other and the call, nothing judged, p50 / as 7", Less: true}
	var ours, peers, bares [][]float64
	for n := range b.rounds {
		dir := filepath.Join(b.dir, fmt.Sprintf("reaction-%d", n))
		if b.alertmanager != "" {
			took, err := b.notifies(ctx, filepath.Join(dir, "alertmanager"))
			if err != nil {
				return nil, err
			}
			peers = append(peers, took)
		}
		took, err := b.reacts(ctx, filepath.Join(dir, "holdfast"))
		if err != nil {
			return nil, err
		}
		ours = append(ours, took)
		if took, err = b.relays(ctx, filepath.Join(dir, "bare")); err != nil {
			return nil, err
		}
		bares = append(bares, took)
	}
	words := func(rounds [][]float64) string {
		return fmt.Sprintf("p50 %.2f ms, p99 %.2f ms", medianOf(rounds, func(r []float64) float64 { return percentile(r, 50) }),
			medianOf(rounds, func(r []float64) float64 { return percentile(r, 99) }))
	}
	p50.Ours, p99.Ours, bare.Ours = words(ours), words(ours), words(bares)
	if b.alertmanager == "" {
		return []Row{p50.withoutPeers(), p99.withoutPeers(), bare.withoutPeers()}, nil
	}
	p50.Beside, p99.Beside, bare.Beside = words(peers), words(peers), words(peers)
	ratio := func(of [][]float64, p int) (all []float64) {
		for n := range of {
			all = append(all, percentile(of[n], p)/percentile(peers[n], p))
		}
		return all
	}
	return []Row{p50.judged(ratio(ours, 50)...), p99.judged(ratio(ours, 99)...), bare.judged(ratio(bares, 50)...)}, nil
}

// Arrivals are where what is reacted with comes in: the nth at the path or in the body.
type arrivals struct {
	url string

	mu   sync.Mutex
	sent map[int]time.Time
	took []float64 // milliseconds
	all  chan struct{}
	stop func()
}

// named is how a body or a path says which alert it is about.
var named = regexp.MustCompile(`(?:/do/|"host":"c)(\d+)`)

func awaitArrivals() (a *arrivals, err error) {
	a = &arrivals{sent: map[int]time.Time{}, all: make(chan struct{})}
	a.url, a.stop, err = listening(a)
	return a, err
}

// listening is the address of somebody who answers by HTTP until stopped.
func listening(h http.Handler) (url string, stop func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(l) }()
	return "http://" + l.Addr().String(), func() { _ = s.Close() }, nil
}

func (a *arrivals) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	now := time.Now()
	body, _ := io.ReadAll(r.Body)
	m := named.FindStringSubmatch(r.URL.Path + string(body))
	if m == nil {
		return
	}
	n, _ := strconv.Atoi(m[1])
	a.mu.Lock()
	defer a.mu.Unlock()
	if at, waiting := a.sent[n]; waiting {
		delete(a.sent, n)
		if a.took = append(a.took, float64(now.Sub(at).Microseconds())/1e3); len(a.took) == reactions {
			close(a.all)
		}
	}
}

// pace sends one alert after the other and waits until each has arrived.
func (a *arrivals) pace(ctx context.Context, send func(n int) error) ([]float64, error) {
	failed := make(chan error, reactions)
	begun := time.Now()
	for n := range reactions {
		time.Sleep(time.Until(begun.Add(time.Duration(n) * reactEvery)))
		a.mu.Lock()
		a.sent[n] = time.Now()
		a.mu.Unlock()
		go func() {
			if err := send(n); err != nil {
				failed <- err
			}
		}()
	}
	select {
	case <-a.all:
		return a.took, nil
	case err := <-failed:
		return nil, err
	case <-time.After(reactionEnd):
		return nil, fmt.Errorf("of %d alerts %d were reacted to", reactions, len(a.took))
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// notifies is how soon the peer reacts.
func (b *bench) notifies(ctx context.Context, dir string) ([]float64, error) {
	a, err := awaitArrivals()
	if err != nil {
		return nil, err
	}
	defer a.stop()
	peer, err := startAlertmanagerOn(ctx, b.kit, dir, fmt.Sprintf("route: {receiver: there, group_by: [pod], group_wait: 0s, group_interval: 5m}\nreceivers: [{name: there, webhook_configs: [{url: %q, send_resolved: false}]}]\n", a.url))
	if err != nil {
		return nil, err
	}
	defer peer.stop()
	f := feed{components: reactions, start: time.Now().UTC()}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	defer client.CloseIdleConnections()
	return a.pace(ctx, func(n int) error {
		return postTo(ctx, client, peer.url+"/api/v2/alerts", f.posted(nil, observers[0], said{n: n, host: n, down: true}))
	})
}

// reacts is how soon a daemon reacts.
func (b *bench) reacts(ctx context.Context, dir string) ([]float64, error) {
	a, err := awaitArrivals()
	if err != nil {
		return nil, err
	}
	defer a.stop()
	d, err := startOn(ctx, b.kit, dir, reactive(a.url))
	if err != nil {
		return nil, err
	}
	defer d.stop()
	since := time.Now().UTC().Add(-5 * time.Minute) // confirmed as soon as it is known
	f := feed{components: reactions, start: since}
	if err := d.publish(ctx, observers[0], f.watchdog(observers[0], time.Now().UTC())); err != nil {
		return nil, err
	}
	return a.pace(ctx, func(n int) error {
		return d.publish(ctx, observers[0], f.webhook(nil, observers[0], said{n: n, host: n, down: true}))
	})
}

// reactive are the files of a house of so many services, each on a component of its own, whose recovery takes so long that it
// has to begin as soon as the outage is confirmed.
func reactive(machine string) map[string]string {
	files := map[string]string{
		"holdfast.yaml":          daemonConfig + fmt.Sprintf("actions: {http: {allow: [%q]}}\n", machine),
		"continuity/people.yaml": peopleText,
	}
	var services, components strings.Builder
	for n := range reactions {
		fmt.Fprintf(&services, "  s%d: {vital: true, mtpd: 4h, rto: 1h, rtc: 55m, needs: [c%d]}\n", n, n)
		fmt.Fprintf(&components, "  c%d: {observers: [prom-a]}\n", n)
		files[fmt.Sprintf("continuity/playbooks/p%d.yaml", n)] = fmt.Sprintf("playbook: p%d\nversion: 1\nfor: {services: [s%d]}\nrtc: 55m\nsteps:\n"+
			"  - {id: call, phase: recovery, run: {http: {url: \"%s/do/%d\", method: POST}}, timeout: 10s, repeat: safe}\n", n, n, machine, n)
	}
	files["continuity/bia.yaml"] = `organisation: Many outages
version: "1"
defaults: {confirm_for: 1m, max_backdate: 15m, decision_margin: 10m}
observers:
  prom-a: {heartbeat: {match: {alertname: Watchdog, cluster: prom-a}, every: 2m}}
signals:
  - {match: {alertname: NodeDown}, component: "${host}", effect: down}
declaration: {authority: director, mode: automatic, automatic_for: [decision_point]}
services:
` + services.String() + "components:\n" + components.String()
	return files
}
