package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// cutsPerStore is how often the power of one store is cut before it is audited.
const cutsPerStore = 5

// cut runs the harness of power cuts: the disk is a file, the daemon is frozen at a random instant, and it goes on with what
// had reached the file by then. What was acknowledged has to be in it, and whatever the world was asked for its order too.
func cut(o options) row {
	begun := time.Now()
	r := row{Name: "power cut"}
	if err := canMount(o.dir); err != nil {
		if !o.withoutCut {
			r.Wrong = []string{"this machine cannot mount a file as a disk, so no power cut was tested (-without-cut goes without): " + err.Error()}
		}
		r.Figures = []figure{{"not run", err.Error()}}
		r.Took = time.Since(begun)
		return r
	}
	var mu sync.Mutex
	var total audit
	var starts []time.Duration
	var all sync.WaitGroup
	batches := make(chan int)
	for range o.workers {
		all.Go(func() {
			for n := range batches {
				a, took, cuts := cutStore(o, n, min(cutsPerStore, o.cuts-n))
				mu.Lock()
				total.add(a)
				starts = append(starts, took...)
				r.Cycles += cuts
				mu.Unlock()
			}
		})
	}
	for n := 0; n < o.cuts; n += cutsPerStore {
		batches <- n
	}
	close(batches)
	all.Wait()
	r.Took, r.Wrong = time.Since(begun), total.wrong
	r.Figures = append(total.figures(), figure{"up again p50", percentile(starts, 50).String()}, figure{"p99", percentile(starts, 99).String()})
	return r
}

func cutStore(o options, number, cuts int) (a audit, starts []time.Duration, done int) {
	dir := filepath.Join(o.dir, fmt.Sprintf("cut-%d", number))
	defer func() {
		for i := range a.wrong {
			a.wrong[i] += "  [" + dir + "]"
		}
	}()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		a.fail("%v", err)
		return
	}
	d, err := newDisk(dir, 96)
	if err != nil {
		a.fail("%v", err)
		return
	}
	defer func() { _ = d.unmount() }()
	w, err := newWorld(o.program, dir, filepath.Join(d.at, "nats"), o.seed+uint64(number), func(h *house) { h.records = filepath.Join(d.at, "records") })
	if err != nil {
		a.fail("%v", err)
		return
	}
	w.crowd.gather()
	draw := rand.New(rand.NewPCG(o.seed+uint64(number), 3))
	p, err := w.house.start(o.program, "")
	for ; err == nil && done < cuts; done++ {
		if err = w.house.await(p, 30*time.Second); err != nil || p.dead() {
			a.fail("cut %d: it does not come up: %v: %s", done, err, p.lastWords())
			break
		}
		if done%2 == 1 {
			w.crowd.reload.Store(int64(50 * time.Millisecond))
		}
		time.Sleep(time.Duration(100+draw.IntN(900)) * time.Millisecond)
		w.crowd.reload.Store(0)
		if err = p.freeze(); err != nil {
			break
		}
		if err = d.cut(p.kill); err != nil {
			break
		}
		begin := time.Now()
		if p, err = w.house.start(o.program, ""); err == nil && w.house.await(p, 30*time.Second) == nil {
			starts = append(starts, time.Since(begin))
		}
		o.say("cut %d of store %d", done+1, number)
	}
	if err != nil {
		a.fail("%v", err)
		w.crowd.leave()
		w.end()
		return
	}
	a.add(w.finish(p))
	if len(a.wrong) == 0 && !o.keep {
		_ = d.unmount()
		_ = os.RemoveAll(dir)
	}
	return a, slices.Clip(starts), done
}
