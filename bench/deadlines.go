package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"holdfast/internal/deadlines"
)

// Row 14: what very many deadlines cost, in the wheel on which incidents have theirs, and with a timer of the runtime for each.

const (
	manyDeadlines = 1_000_000
	notBefore     = time.Hour      // nobody comes before they are all set
	withinADay    = 24 * time.Hour // deadlines lie anywhere in it
	tidying       = 100 * time.Millisecond
	firingIn      = 2 * time.Second // of what is let come, where time cannot be had for the asking
)

// A pending is a process of its own that holds deadlines, one way or the other.
type pending struct{ Timers bool }

// A pended is what one deadline takes.
type pended struct{ Bytes, Set, Cancel, Fire float64 } // bytes of heap; ns of CPU

func measureDeadlines(ctx context.Context, b *bench) ([]Row, error) {
	var ours, timers []pended
	for range b.rounds {
		for _, side := range []struct {
			timers bool
			into   *[]pended
		}{{true, &timers}, {false, &ours}} {
			one, err := ask[pended](ctx, "pending", pending{side.timers})
			if err != nil {
				return nil, err
			}
			*side.into = append(*side.into, one)
		}
	}
	row := func(id, what, unit string, target, floor float64, figure func(pended) float64) Row {
		var ratios []float64
		for n := range ours {
			ratios = append(ratios, figure(ours[n])/figure(timers[n]))
		}
		words := func(all []pended) string { return fmt.Sprintf("%.4g %s", medianOf(all, figure), unit) }
		return Row{ID: id, Goal: fmt.Sprintf("%s, one of %s / time.AfterFunc", what, thousands(manyDeadlines)), Ours: words(ours), Beside: words(timers), Less: true, Target: target, Floor: floor}.judged(ratios...)
	}
	return []Row{
		row("14", "memory of a deadline", "B", 0.2, 0.3, func(p pended) float64 { return p.Bytes }),
		row("14 cancel", "to call a deadline off", "ns CPU", 1.0/20, 1.0/5, func(p pended) float64 { return p.Cancel }),
		row("14 fire", "to let a deadline come", "ns CPU", 1.0/8, 1.0/3, func(p pended) float64 { return p.Fire }),
		row("14 set", "to set a deadline", "ns CPU", 0, 0, func(p pended) float64 { return p.Set }),
	}, nil
}

func (o pending) run() (p pended, err error) {
	random := rand.New(rand.NewPCG(14, 14))
	offsets := make([]time.Duration, manyDeadlines)
	for n := range offsets {
		offsets[n] = notBefore + time.Duration(random.Int64N(int64(withinADay)))
	}
	half := random.Perm(manyDeadlines)[:manyDeadlines/2] // are called off; the others come
	before := liveHeap()
	if o.Timers {
		return o.timers(offsets, half, before)
	}
	var w deadlines.Wheel
	now := time.Now()
	p.Set = perOne(manyDeadlines, func() {
		for n, in := range offsets {
			w.Set(n, now.Add(in))
		}
	})
	p.Bytes = (liveHeap() - before) / manyDeadlines
	p.Cancel = perOne(len(half), func() {
		for _, n := range half {
			w.Drop(n)
		}
	})
	came := 0
	p.Fire = perOne(manyDeadlines-len(half), func() {
		for at, some := w.Next(); some; at, some = w.Next() {
			for _, due := w.Due(at); due; _, due = w.Due(at) {
				came++
			}
		}
	})
	if came != manyDeadlines-len(half) {
		return p, fmt.Errorf("of %d deadlines %d came", manyDeadlines-len(half), came)
	}
	runtime.KeepAlive(offsets)
	return p, nil
}

// timers is the same with a timer of the runtime for each. Those that are to come are set anew, so near that they do.
func (pending) timers(offsets []time.Duration, half []int, before float64) (p pended, err error) {
	var came atomic.Int64
	come := func() { came.Add(1) }
	all := make([]*time.Timer, len(offsets))
	p.Set = perOne(len(offsets), func() {
		for n, in := range offsets {
			all[n] = time.AfterFunc(in, come)
		}
	})
	p.Bytes = (liveHeap() - before) / float64(len(offsets))
	p.Cancel = perOne(len(half), func() {
		for _, n := range half {
			all[n].Stop()
		}
		time.Sleep(tidying) // a timer that is stopped stays where it is until the runtime finds too many of them
	})
	var rest []*time.Timer
	called := map[int]bool{}
	for _, n := range half {
		called[n] = true
	}
	for n, timer := range all {
		if !called[n] {
			timer.Reset(firingIn + (offsets[n]-notBefore)/(withinADay/firingIn))
			rest = append(rest, timer)
		}
	}
	runtime.GC()
	if came.Load() > 0 {
		return p, fmt.Errorf("%d timers came before they were waited for: the machine is too busy", came.Load())
	}
	begun := time.Now()
	p.Fire = perOne(len(rest), func() {
		for came.Load() < int64(len(rest)) && time.Since(begun) < time.Minute {
			time.Sleep(10 * time.Millisecond)
		}
	})
	if int(came.Load()) != len(rest) {
		return p, fmt.Errorf("of %d timers %d came", len(rest), came.Load())
	}
	return p, nil
}

// perOne is the CPU of the whole process for each of so many, in nanoseconds.
func perOne(many int, do func()) float64 {
	runtime.GC()
	cpu := ownCPU()
	do()
	return float64((ownCPU() - cpu).Nanoseconds()) / float64(many)
}

// liveHeap is what is in use after a collection, in bytes.
func liveHeap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
