package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"

	"holdfast/detector"
	"holdfast/incident"
)

// What a load is: alerts a second in bodies of so many, each synced to disk before it is acknowledged; and a storm on top of the
// last minute of it.
const (
	loadRate   = 2000
	loadBody   = 16
	loadSeries = 20_000 // that are active: what is said again and again
	stormSize  = 100_000
	stormTime  = time.Minute
	inTheAir   = 64 // bodies that wait for their acknowledgement at most
)

// What has to hold of it.
const (
	mostToVerdict = 250 * time.Millisecond // p99, from publishing an alert to the verdict that shows it
	mostGrowth    = 1.25                   // of memory, from the first third to the end
	growthFree    = 64 << 20               // bytes of growth that are nothing
)

// markers are components that nobody needs: how soon their state is seen is how soon a verdict is there. In turn, for a state
// that is said to have begun before the one before it has ended is none.
const markers = 10

func markerOf(n int) string { return fmt.Sprintf("marker-%d", n%markers) }

// A load is what is published, and what came of it.
type load struct {
	w  *world
	nc *nats.Conn

	mu       sync.Mutex
	acks     []acked
	failed   []error
	verdicts []time.Duration
	behind   time.Duration // by how much the last body was late
}

// burden runs the harness of load for as long as is asked: nothing is lost, verdicts are there in time, memory stays level, and
// a storm of a hundred thousand alerts about one site is one invocation.
func burden(o options) row {
	syscall.Sync() // what the harnesses before left to be written is no part of this load
	begun := time.Now()
	r := row{Name: fmt.Sprintf("load, %d alerts/s in bodies of %d, and a storm of %d", loadRate, loadBody, stormSize), Cycles: 1}
	a, figures := bear(o)
	r.Took, r.Wrong = time.Since(begun), a.wrong
	r.Figures = figures
	return r
}

func bear(o options) (a audit, figures []figure) {
	dir := filepath.Join(o.dir, "load")
	defer func() {
		for i := range a.wrong {
			a.wrong[i] += "  [" + dir + "]"
		}
	}()
	w, err := newWorld(o.program, dir, "", o.seed, func(h *house) {
		more := "components:\n  noise: {observers: [prom]}\n"
		for n := range markers {
			more += "  " + markerOf(n) + ": {observers: [prom]}\n"
		}
		h.more = map[string]string{"continuity/bia.yaml": strings.Replace(h.bia(0), "components:\n", more, 1)}
	})
	if err != nil {
		a.fail("%v", err)
		return a, nil
	}
	defer w.end()
	p, err := w.house.start(o.program, "")
	if err == nil {
		err = w.house.await(p, 30*time.Second)
	}
	if err != nil {
		a.fail("%v", err)
		return a, nil
	}
	l := &load{w: w}
	if l.nc, err = nats.Connect(w.crowd.natsURL); err != nil {
		a.fail("%v", err)
		return a, nil
	}
	defer l.nc.Close()
	early, late := l.carry(o.load, p, &a)
	w.stop(p, &a)
	a.borne(l)
	mb := func(n int64) string { return fmt.Sprintf("%d MB", n>>20) }
	return a, append(a.figures()[:3:3], figure{"invocations", strconv.Itoa(a.invocations)},
		figure{"publish to verdict p50", percentile(l.verdicts, 50).String()}, figure{"p99", percentile(l.verdicts, 99).String()}, figure{"n", strconv.Itoa(len(l.verdicts))},
		figure{"memory after a third", mb(early)}, figure{"in the end", mb(late)}, figure{"the last body was late by", l.behind.Round(time.Millisecond).String()})
}

// carry publishes for so long; it says what memory the daemon had after a third, and in the end.
func (l *load) carry(d time.Duration, p *process, a *audit) (early, late int64) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { l.watch(ctx) })
	var streams sync.WaitGroup
	streams.Go(func() {
		l.stream(d, loadRate, func(n int) []byte { return l.body("Noise", "noise", n*loadBody%loadSeries) })
	})
	streams.Go(func() {
		time.Sleep(max(0, d-stormTime))
		storm := min(d, stormTime)
		machines := []string{"site-1", "site-2", "site-net"}
		l.stream(storm, int(stormSize/stormTime.Seconds()), func(n int) []byte { return l.body("Storm", machines[n%3], n*loadBody) })
	})
	time.Sleep(d / 3)
	early = resident(p)
	streams.Wait()
	late = resident(p)
	if err := until(10*time.Second, "the site is recovered by a playbook", func() error {
		s, err := l.w.crowd.api().status(ctx)
		if err == nil && (len(s.Incidents) != 1 || len(s.Incidents[0].Runs) != 1) {
			err = fmt.Errorf("%d incidents are open", len(s.Incidents))
		}
		return err
	}); err != nil {
		a.fail("%v", err)
	}
	cancel()
	all.Wait()
	for _, err := range l.failed {
		a.fail("%v", err)
	}
	switch {
	case l.behind > time.Second:
		a.fail("the pace was not kept: the last body was %v late", l.behind)
	case percentile(l.verdicts, 99) > mostToVerdict:
		a.fail("from publishing to the verdict it took %v in 99 of 100 cases, and may take %v", percentile(l.verdicts, 99), mostToVerdict)
	case len(l.verdicts) < int(d.Seconds()):
		a.fail("only %d verdicts were waited for", len(l.verdicts))
	case late > int64(float64(early)*mostGrowth)+growthFree:
		a.fail("memory grew from %d MB to %d MB", early>>20, late>>20)
	}
	return early, late
}

// stream publishes bodies at a pace; a body that is late is sent at once, and the pace made up for.
func (l *load) stream(d time.Duration, rate int, body func(int) []byte) {
	begun := time.Now()
	slots := make(chan struct{}, inTheAir)
	var flying sync.WaitGroup
	between := time.Second * loadBody / time.Duration(rate)
	for n := 0; ; n++ {
		due := begun.Add(time.Duration(n) * between)
		if due.Sub(begun) >= d {
			break
		}
		time.Sleep(time.Until(due))
		slots <- struct{}{}
		late := time.Since(due)
		l.mu.Lock()
		l.behind = late
		l.mu.Unlock()
		text := body(n)
		flying.Go(func() {
			l.publish(text)
			<-slots
		})
	}
	flying.Wait()
}

// publish stores a body and remembers what it was acknowledged as.
func (l *load) publish(body []byte) {
	m, err := l.nc.Request("holdfast.alerts.prom", body, 10*time.Second)
	var ack struct {
		Seq   uint64          `json:"seq"`
		Error json.RawMessage `json:"error"`
	}
	if err == nil {
		err = json.Unmarshal(m.Data, &ack)
	}
	if err == nil && ack.Seq == 0 {
		err = fmt.Errorf("the answer is %s", m.Data)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed = append(l.failed, fmt.Errorf("an alert was not stored: %w", err))
		return
	}
	l.acks = append(l.acks, acked{ack.Seq, string(body[len(body)-60:]), false}) // it ends with its number
}

// body is a webhook body of several alerts about one component.
func (l *load) body(name, component string, first int) []byte {
	number := l.w.crowd.number.Add(1)
	b := []byte(`{"version":"4","groupKey":"{}:{}","status":"firing","receiver":"holdfast","groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://prom.example","truncatedAlerts":0,"alerts":[`)
	starts := time.Now().UTC().Add(-time.Second).Format(time.RFC3339Nano)
	for n := range loadBody {
		if n > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"status":"firing","labels":{"alertname":"%s","observer":"prom","severity":"critical","component":"%s","instance":"10.0.%d.%d:9100","job":"node","region":"eu-central-1"},`+
			`"annotations":{"summary":"p99 latency of a request is above its objective","number":"%025d"},"startsAt":"%s","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"%016x"}`,
			name, component, (first+n)>>8, (first+n)&255, number, starts, uint64(first+n)<<8|uint64(len(name)))
	}
	return fmt.Appendf(b, `],"x":"%025d"}`, number)
}

// watch has the markers go down and come back, and waits each time until that is seen.
func (l *load) watch(ctx context.Context) {
	for n := 0; rest(ctx, 120*time.Millisecond); n++ {
		marker, down, begun := markerOf(n), n/markers%2 == 0, time.Now()
		l.publish([]byte(alertmanager("Marker", marker, l.w.crowd.number.Add(1), down)))
		for ctx.Err() == nil {
			s, err := l.w.crowd.api().status(ctx)
			seen := false
			for _, c := range s.Components {
				seen = seen || c.Component == marker && c.State == detector.Down
			}
			if err == nil && seen == down {
				l.mu.Lock()
				l.verdicts = append(l.verdicts, time.Since(begun))
				l.mu.Unlock()
				break
			}
			rest(ctx, 5*time.Millisecond)
		}
	}
}

// borne holds what was acknowledged, and what came of the storm, against the logs.
func (a *audit) borne(l *load) {
	v, err := verify(l.w.program, l.w.house.config())
	logs, readErr := readStore(context.Background(), l.w.house.store)
	if readErr != nil {
		a.fail("the store cannot be read: %v", errors.Join(readErr, err))
		return
	}
	a.whole(logs, v, err)
	a.heard(logs, l.acks, true)
	a.judged(logs)
	for _, c := range logs.decided {
		for _, entry := range c.Entries {
			if entry.Kind == string(incident.Invoked{}.Kind()) {
				a.invocations++
			}
		}
	}
	if a.invocations != 1 {
		a.fail("the storm had %d invocations", a.invocations)
	}
}

// resident is the memory of a process in bytes.
func resident(p *process) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}
