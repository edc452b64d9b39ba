package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"holdfast/incident"
	"holdfast/journal"
	"holdfast/oncall"
)

// What people and machines wait for while very much goes on.

const (
	runsAtOnce  = 1000
	stepsOfEach = 30
	acksOfRound = 400
	timersHeld  = 33_334 // incidents with so many timers each
	timersEach  = 30
	timersTimed = 200 // of a run
	timersApart = 50 * time.Millisecond
)

// An acking house has a thousand runs that wait for people, who acknowledge one step after the other.
type acking struct {
	house
	Rounds int
}

type acked struct {
	Ours, Bare [][]float64 // ms, by round
	Busy       []float64   // ms, while everybody was still being told of every step
}

func measureAck(ctx context.Context, b *bench) ([]Row, error) {
	a, err := ask[acked](ctx, "ack", acking{house{Store: filepath.Join(b.dir, "ack"), Incidents: runsAtOnce, Steps: stepsOfEach,
		Step: `  - {id: s%d, after: [], do: "Look", role: engineer}`}, b.rounds})
	if err != nil {
		return nil, err
	}
	var ratios, ours, bare []float64
	for n := range a.Ours {
		ratios = append(ratios, percentile(a.Ours[n], 99)/percentile(a.Bare[n], 99))
		ours, bare = append(ours, a.Ours[n]...), append(bare, a.Bare[n]...)
	}
	p99 := percentile(ours, 99)
	show := func(all []float64) string {
		return fmt.Sprintf("p50 %.2f ms, p99 %.2f ms", percentile(all, 50), percentile(all, 99))
	}
	goal := fmt.Sprintf("an acknowledgement is on disk and visible, beside %d runs of %d steps", runsAtOnce, stepsOfEach)
	note := fmt.Sprintf("while %d notices were going out: %s", runsAtOnce*stepsOfEach, show(a.Busy))
	return []Row{
		Row{ID: "ack", Goal: goal + ", p99", Unit: "ms", Less: true, Target: 5, Ours: show(ours), Note: note}.judged(p99),
		Row{ID: "ack", Goal: "the same beside a bare synchronous publish, p99", Less: true, Target: 3, Ours: show(ours), Beside: show(bare)}.judged(ratios...),
	}, nil
}

func (o acking) run(ctx context.Context) (a acked, err error) {
	l, err := o.start(ctx, willing{}, nil)
	if err != nil {
		return a, err
	}
	defer l.end()
	if _, err := l.js.CreateStream(ctx, jetstream.StreamConfig{Name: plainStream, Subjects: []string{plainSubject}}); err != nil {
		return a, err
	}
	if err := l.await(ctx, func(i incident.Incident) bool { return i.Runs[0].Steps[o.Steps-1].Status == incident.Waiting }); err != nil {
		return a, err
	}
	n := 0
	for range acksOfRound {
		took, err := l.ack(ctx, l.ids[n%o.Incidents], fmt.Sprintf("s%d", n/o.Incidents))
		if err != nil {
			return a, err
		}
		a.Busy = append(a.Busy, took)
		n++
	}
	told := func(i incident.Incident) bool {
		return !slices.ContainsFunc(i.Notices, func(n incident.Notice) bool { return n.Sent.IsZero() })
	}
	if err := l.await(ctx, told); err != nil {
		return a, err
	}
	for range o.Rounds {
		var ours, bare []float64
		for range acksOfRound {
			id, step := l.ids[n%o.Incidents], fmt.Sprintf("s%d", n/o.Incidents)
			n++
			took, err := l.ack(ctx, id, step)
			if err != nil {
				return a, err
			}
			ours = append(ours, took)
			begun := time.Now()
			if _, err := l.js.Publish(ctx, plainSubject, make([]byte, 512)); err != nil {
				return a, err
			}
			bare = append(bare, millis(time.Since(begun)))
		}
		a.Ours, a.Bare = append(a.Ours, ours), append(a.Bare, bare)
	}
	return a, nil
}

// ack acknowledges a step and looks for it.
func (l *lived) ack(ctx context.Context, id, step string) (took float64, err error) {
	begun := time.Now()
	if _, err := l.inv.Order(ctx, &oncall.Person{ID: "ann"}, incident.Command{Verb: incident.VerbAck, Incident: id, Step: step}); err != nil {
		return 0, err
	}
	visible := false
	l.inv.Look(func(d *incident.Desk) {
		i, _ := d.Incident(id)
		visible = slices.ContainsFunc(i.Runs[0].Steps, func(s incident.StepState) bool { return s.ID == step && s.Acked.Person == "ann" })
	})
	took = millis(time.Since(begun))
	if !visible {
		return 0, fmt.Errorf("%s of %s is not shown as acknowledged", step, id)
	}
	return took, nil
}

// await waits until all incidents are as they should.
func (l *lived) await(ctx context.Context, as func(incident.Incident) bool) error {
	for deadline := time.Now().Add(5 * time.Minute); ; {
		waiting := 0
		l.inv.Look(func(d *incident.Desk) {
			for _, id := range l.ids {
				if i, _ := d.Incident(id); !as(i) {
					waiting++
				}
			}
		})
		switch {
		case waiting == 0:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("%d incidents are not as they should be", waiting)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

type ran struct {
	Wall, CPU, Peak float64 // seconds, bytes
}

// measureRuns is a thousand runs at once, from the first step to the last.
func measureRuns(ctx context.Context, b *bench) ([]Row, error) {
	var all []ran
	for n := range min(b.rounds, 3) {
		r, err := ask[ran](ctx, "runs", house{Store: filepath.Join(b.dir, fmt.Sprintf("runs-%d", n)), Incidents: runsAtOnce, Steps: stepsOfEach,
			Step: `  - {id: s%d, run: {exec: {command: go}}, repeat: safe}`})
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	effects := float64(runsAtOnce * stepsOfEach)
	var walls []float64
	for _, r := range all {
		walls = append(walls, r.Wall)
	}
	cpu := medianOf(all, func(r ran) float64 { return r.CPU })
	row := Row{ID: "runs", Goal: fmt.Sprintf("%d runs of %d steps at once, by machines that answer at once", runsAtOnce, stepsOfEach), Unit: "s", Less: true,
		Ours: fmt.Sprintf("%.1f s, %.1f s CPU, %.0f steps/s, %.0f us CPU a step, %.0f MB at most", median(walls), cpu, effects/median(walls), cpu*1e6/effects,
			medianOf(all, func(r ran) float64 { return r.Peak })/1e6)}
	return []Row{row.judged(walls...)}, nil
}

func (h house) run(ctx context.Context) (r ran, err error) {
	l, err := h.start(ctx, willing{}, nil)
	if err != nil {
		return r, err
	}
	defer l.end()
	begun, cpu := time.Now(), ownCPU()
	if err := l.await(ctx, func(i incident.Incident) bool { return !i.Runs[0].Active() }); err != nil {
		return r, err
	}
	r.Wall, r.CPU = time.Since(begun).Seconds(), (ownCPU() - cpu).Seconds()
	_, r.Peak = memory(os.Getpid())
	return r, nil
}

type timed struct {
	Late    []float64 // ms
	Held    int       // timers that were pending meanwhile
	Reading float64   // seconds, of the journal
	Peak    float64
}

// timing is a house with very many timers, in which some of one more run come due.
type timing struct{ house }

func measureTimers(ctx context.Context, b *bench) ([]Row, error) {
	later := "playbook: " + laterWork + "\nfor: {services: [" + laterWork + "]}\nsteps:\n"
	for n := range timersTimed {
		later += fmt.Sprintf("  - {id: t%d, after: [], wait: %dms}\n", n, (2*time.Second + time.Duration(n)*timersApart).Milliseconds())
	}
	t, err := ask[timed](ctx, "timers", timing{house{Store: filepath.Join(b.dir, "timers"), Incidents: timersHeld, Steps: timersEach,
		Step: `  - {id: s%d, after: [], wait: 100h}`, Begun: true, For: 100 * time.Hour, Playbook: later}})
	if err != nil {
		return nil, err
	}
	row := Row{ID: "timers", Goal: fmt.Sprintf("from when a timer is due until what follows is on disk, with %s pending, p99", thousands(t.Held)), Unit: "ms", Less: true, Target: 50,
		Ours: fmt.Sprintf("p50 %.2f ms, p99 %.2f ms, at most %.2f ms", percentile(t.Late, 50), percentile(t.Late, 99), percentile(t.Late, 100)),
		Note: fmt.Sprintf("%d were timed; the journal was read in %.0f s, %.1f GB at most", len(t.Late), t.Reading, t.Peak/1e9)}
	return []Row{row.judged(percentile(t.Late, 99))}, nil
}

func (o timing) run(ctx context.Context) (t timed, err error) {
	due, all := map[string]time.Time{}, make(chan struct{})
	l, err := o.start(ctx, willing{}, func(c journal.Committed) {
		now := time.Now()
		for _, entry := range c.Entries {
			if e, ok := event[incident.StepStarted](entry); ok {
				due[e.Step] = e.Until
			}
			if e, ok := event[incident.StepDone](entry); ok {
				t.Late = append(t.Late, millis(now.Sub(due[e.Step])))
				if len(t.Late) == timersTimed {
					close(all)
				}
			}
		}
	})
	if err != nil {
		return t, err
	}
	defer l.end()
	if _, err := l.inv.Order(ctx, &oncall.Person{ID: "ann"}, incident.Command{Verb: incident.VerbDeclare, Services: []string{laterWork}, Reason: "bench"}); err != nil {
		return t, err
	}
	select {
	case <-all:
	case <-time.After(2 * time.Minute):
		return t, fmt.Errorf("of %d timers %d came", timersTimed, len(t.Late))
	}
	t.Held, t.Reading = o.Incidents*o.Steps, l.reading.Seconds()
	_, t.Peak = memory(os.Getpid())
	return t, nil
}

func millis(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// percentile is the value below which so many of a hundred are.
func percentile(all []float64, p int) float64 {
	sorted := slices.Sorted(slices.Values(all))
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}
