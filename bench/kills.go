package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Row 12: a daemon is killed with SIGKILL right after the last of its alerts was acknowledged, in the middle of a run of a playbook, and
// started again. So is an Alertmanager, without a run.

const (
	killedAlerts = 10_000
	killedBatch  = 64
	killedSteps  = 20
	killedPause  = 50 * time.Millisecond // that the machine takes for a step, so that the run is not over when the daemon dies
)

// A killed is one round.
type killed struct {
	kept, peer int // alerts that are there after it
	again      float64
	runs       int // invocations for the one disaster
	before     int // steps that had been called for when the daemon died
}

func measureKills(ctx context.Context, b *bench) ([]Row, error) {
	alerts := Row{ID: "12", Goal: fmt.Sprintf("of %s alerts acknowledged, those there after kill -9 and a restart", thousands(killedAlerts)), Target: 1, Floor: 1}
	runs := Row{ID: "12 runs", Goal: "invocations for one disaster, with the daemon killed in the middle of the run", Less: true, Target: 1, Floor: 1}
	var all []killed
	for n := range b.rounds {
		dir := filepath.Join(b.dir, fmt.Sprintf("killed-%d", n))
		one, err := b.kill(ctx, filepath.Join(dir, "holdfast"))
		if err != nil {
			return nil, err
		}
		if b.alertmanager != "" {
			if one.peer, err = b.killPeer(ctx, filepath.Join(dir, "alertmanager")); err != nil {
				return nil, err
			}
		}
		all = append(all, one)
	}
	alerts.Ours = fmt.Sprintf("%.0f, ready after %.2f s", medianOf(all, func(k killed) float64 { return float64(k.kept) }), medianOf(all, func(k killed) float64 { return k.again }))
	if b.alertmanager != "" {
		alerts.Beside = fmt.Sprintf("%.0f", medianOf(all, func(k killed) float64 { return float64(k.peer) }))
	}
	runs.Ours = fmt.Sprintf("%.0f, and each of its %d steps is done", medianOf(all, func(k killed) float64 { return float64(k.runs) }), killedSteps)
	runs.Note = fmt.Sprintf("when the daemon died it had called for %.0f steps", medianOf(all, func(k killed) float64 { return float64(k.before) }))
	return []Row{
		alerts.judged(ratios(all, func(k killed) float64 { return float64(k.kept) / killedAlerts })...),
		runs.judged(ratios(all, func(k killed) float64 { return float64(k.runs) })...),
	}, nil
}

// A slow machine does what it is called for, and remembers the keys.
type slowMachine struct {
	mu    sync.Mutex
	steps map[string]bool
}

func (m *slowMachine) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.steps[r.URL.Path] = true
	m.mu.Unlock()
	time.Sleep(killedPause)
}

func (m *slowMachine) called() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.steps)
}

func (b *bench) kill(ctx context.Context, dir string) (k killed, err error) {
	m := &slowMachine{steps: map[string]bool{}}
	url, stop, err := listening(m)
	if err != nil {
		return k, err
	}
	defer stop()
	d, err := startOn(ctx, b.kit, dir, answering(url))
	if err != nil {
		return k, err
	}
	defer func() { d.stop() }()
	since := time.Now().UTC().Add(-5 * time.Minute) // confirmed as soon as it is known
	f := feed{components: 5000, start: time.Now().UTC()}
	for _, o := range observers {
		if err := d.publish(ctx, o, f.watchdog(o, time.Now().UTC())); err != nil {
			return k, err
		}
	}
	if err := d.publish(ctx, observers[0], f.webhook(nil, observers[0], said{n: killedAlerts, host: loneHost, down: true, since: since})); err != nil {
		return k, err
	}
	for deadline := time.Now().Add(time.Minute); m.called() == 0; {
		if err := d.pause(ctx, deadline, time.Millisecond); err != nil {
			return k, fmt.Errorf("the run does not begin: %w", err)
		}
	}
	before, err := d.received(ctx)
	if err != nil {
		return k, err
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}
	defer client.CloseIdleConnections()
	err = inParallel(4, bodiesOf(f, 0, killedAlerts, killedBatch), func(body []byte) error {
		return postTo(ctx, client, d.http+"/api/v1/alerts/"+spokenBy(body), body)
	})
	if err != nil {
		return k, err
	}
	_ = d.cmd.Process.Kill()
	<-d.done
	d.nats.Close()
	if k.before = m.called(); k.before == killedSteps {
		return k, errors.New("the run was over before the daemon was killed")
	}
	begun := time.Now()
	next, err := startOn(ctx, b.kit, dir, answering(url))
	if err != nil {
		return k, err
	}
	d = next
	k.again = time.Since(begun).Seconds()
	after, err := d.received(ctx)
	if err != nil {
		return k, err
	}
	k.kept = after - before
	k.runs, err = d.carriedThrough(ctx)
	return k, err
}

// loneHost is the number of a component that nothing stands in for.
const loneHost = 999_999

// answering are the files of a house of five thousand components, and one service that is lost with one of them.
func answering(machine string) map[string]string {
	bia := organisation{components: 5000, site: 100}.text()
	bia = strings.Replace(bia, "automatic_for: [site_loss_inferred]", "automatic_for: [decision_point]", 1)
	bia = strings.Replace(bia, "services:\n", "services:\n  lone: {vital: true, mtpd: 4h, rto: 1h, rtc: 55m, needs: [c999999]}\n", 1)
	bia = strings.Replace(bia, "components:\n", "components:\n  c999999: {observers: [prom-a]}\n", 1)
	book := "playbook: bring-back\nversion: 1\nfor: {services: [lone]}\nrtc: 55m\nsteps:\n"
	for n := range killedSteps {
		book += fmt.Sprintf("  - {id: s%d, phase: recovery, run: {http: {url: \"%s/do/%d\", method: POST}}, timeout: 10s, repeat: safe}\n", n, machine, n)
	}
	return map[string]string{
		"holdfast.yaml":                        daemonConfig + fmt.Sprintf("actions: {http: {allow: [%q]}}\n", machine),
		"continuity/people.yaml":               peopleText,
		"continuity/bia.yaml":                  bia,
		"continuity/playbooks/bring-back.yaml": book,
	}
}

// carriedThrough waits until all that was invoked is through, and counts it; every step has to be done.
func (d *daemon) carriedThrough(ctx context.Context) (runs int, err error) {
	for deadline := time.Now().Add(time.Minute); ; {
		page, err := d.page(ctx, "/api/v1/incidents?all=true&limit=100")
		if err != nil {
			return 0, err
		}
		var list struct{ Incidents []struct{ ID string } }
		if err := json.Unmarshal(page, &list); err != nil {
			return 0, err
		}
		runs, left := 0, 0
		for _, named := range list.Incidents {
			page, err := d.page(ctx, "/api/v1/incidents/"+named.ID)
			if err != nil {
				return 0, err
			}
			var i struct {
				Runs []struct {
					Steps []struct{ Status string }
				}
			}
			if err := json.Unmarshal(page, &i); err != nil {
				return 0, err
			}
			for _, run := range i.Runs {
				runs++
				for _, step := range run.Steps {
					if step.Status != "done" {
						left++
					}
				}
			}
		}
		if runs > 0 && left == 0 {
			return runs, nil
		}
		if err := d.pause(ctx, deadline, 20*time.Millisecond); err != nil {
			return 0, fmt.Errorf("%d steps are not done: %w", left, err)
		}
	}
}

// killPeer is the same with an Alertmanager.
func (b *bench) killPeer(ctx context.Context, dir string) (kept int, err error) {
	a, err := startAlertmanager(ctx, b.kit, dir)
	if err != nil {
		return 0, err
	}
	defer func() { a.stop() }()
	f := feed{components: 5000, start: time.Now().UTC()}
	if _, err := a.take(ctx, f, killedAlerts, posting{killedBatch, 4}); err != nil {
		return 0, err
	}
	_ = a.cmd.Process.Kill()
	<-a.done
	again, err := startAlertmanager(ctx, b.kit, dir)
	if err != nil {
		return 0, err
	}
	a = again
	res, err := get(ctx, a.url+"/api/v2/alerts")
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	var alerts []json.RawMessage
	err = json.NewDecoder(res.Body).Decode(&alerts)
	return len(alerts), err
}
