package sim

import (
	"fmt"
	"iter"
	"runtime/debug"
)

// A thread is production code that blocks: it runs only while the world has it run, until it pauses. So one thing happens
// at a time, in the order of the queue.
type thread struct {
	w      *World
	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	naps   uint64 // how often it paused: what is to wake it from an earlier pause comes too late
	killed bool
	over   bool
}

// killed unwinds a thread that will never run again.
type killed struct{}

func (w *World) thread(run func()) *thread {
	t := &thread{w: w}
	t.resume, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		defer func() {
			t.over = true
			switch bad := recover(); {
			case bad == nil || t.killed:
			default: // here it can still be seen where
				panic(fmt.Sprintf("%v\n%s", bad, debug.Stack()))
			}
		}()
		run()
	})
	return t
}

// run lets the thread go on until it pauses or ends.
func (t *thread) run() {
	if t.over || t.killed {
		return
	}
	before := t.w.running
	t.w.running = t
	defer func() { t.w.running = before }()
	t.resume()
}

// pause hands the world on. It returns when something runs the thread again.
func (t *thread) pause() {
	if !t.yield(struct{}{}) {
		panic(killed{})
	}
}

// kill ends the thread where it is.
func (t *thread) kill() {
	t.killed = true
	t.stop()
	t.over = true
}
