package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// full runs the harness of full disks: while a crowd is busy its disk fills up. Nothing may be acknowledged that is not stored,
// the daemon has to say that it cannot go on, and with room and a new start all has to be there.
func full(o options) row {
	begun := time.Now()
	r := row{Name: "disk full"}
	var total audit
	var said []time.Duration
	if err := canMount(o.dir); err != nil {
		total.fail("no disk can be mounted here, so none was filled: %v", err)
	} else {
		for n := range o.fulls {
			a, took := fill(o, n)
			total.add(a)
			said = append(said, took)
			r.Cycles++
		}
	}
	r.Took, r.Wrong = time.Since(begun), total.wrong
	r.Figures = append(total.figures(), figure{"full to said p50", percentile(said, 50).String()}, figure{"most", percentile(said, 100).String()})
	return r
}

func fill(o options, number int) (a audit, said time.Duration) {
	dir := filepath.Join(o.dir, fmt.Sprintf("full-%d", number))
	defer func() {
		for i := range a.wrong {
			a.wrong[i] += "  [" + dir + "]"
		}
	}()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		a.fail("%v", err)
		return
	}
	d, err := newDisk(dir, 32)
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
	p, err := w.house.start(o.program, "")
	if err != nil {
		a.fail("%v", err)
		return
	}
	if err := w.house.await(p, 30*time.Second); err != nil {
		a.fail("%v", err)
	}
	time.Sleep(time.Second)
	ballast := filepath.Join(d.at, "ballast")
	_ = run1("dd", "if=/dev/zero", "of="+ballast, "bs=64K") // ends when there is no room
	begin := time.Now()
	if err := until(30*time.Second, "it says that it cannot go on", func() error {
		if p.dead() || notReady(w.house.url()) != "" {
			return nil
		}
		return fmt.Errorf("it is ready")
	}); err != nil {
		a.fail("%v", err)
	}
	said = time.Since(begin)
	time.Sleep(time.Second) // whoever goes on publishing is not to be told that it is stored
	if err := os.Remove(ballast); err != nil {
		a.fail("%v", err)
	}
	p.signal(sigTerm)
	if !p.within(15 * time.Second) {
		a.fail("with a full disk it did not end within 15 s of SIGTERM")
		p.kill()
	}
	if p, err = w.house.start(o.program, ""); err != nil {
		a.fail("%v", err)
		return
	}
	if err := w.house.await(p, 30*time.Second); err != nil {
		a.fail("%v", err)
	}
	time.Sleep(500 * time.Millisecond)
	a.add(w.finish(p))
	o.say("disk %d was full", number)
	return a, said
}
