package sim

import (
	"container/heap"
	"time"
)

// A queue holds what is going to happen: in order of time, and at one instant in the order in which it was planned.
type queue struct {
	events  []event
	planned uint64
}

type event struct {
	at     time.Time
	number uint64
	happen func()
}

func (q *queue) plan(at time.Time, happen func()) {
	q.planned++
	heap.Push((*pending)(q), event{at, q.planned, happen})
}

// next takes the first event; false: nothing is going to happen any more.
func (q *queue) next() (event, bool) {
	if len(q.events) == 0 {
		return event{}, false
	}
	return heap.Pop((*pending)(q)).(event), true
}

type pending queue

func (p *pending) Len() int { return len(p.events) }
func (p *pending) Less(i, j int) bool {
	a, b := &p.events[i], &p.events[j]
	if !a.at.Equal(b.at) {
		return a.at.Before(b.at)
	}
	return a.number < b.number
}
func (p *pending) Swap(i, j int) { p.events[i], p.events[j] = p.events[j], p.events[i] }
func (p *pending) Push(e any)    { p.events = append(p.events, e.(event)) }
func (p *pending) Pop() any {
	last := len(p.events) - 1
	e := p.events[last]
	p.events[last] = event{}
	p.events = p.events[:last]
	return e
}
