package incident

import (
	"time"

	"holdfast/bia/condition"
	"holdfast/detector"
)

// What an incident is told of the rest of the world when it is asked is kept, as questions with their answers: as long as
// they are the same, so is what it says. A question that is not asked through here is one that nobody would ask again.

// ofHouse answers a question about the house, and keeps the answer.
func ofHouse[A comparable](q *quiet, f *draft, ask func(*book) A) A {
	answer := ask(&f.book)
	q.house = append(q.house, func(b *book) bool { return ask(b) == answer })
	return answer
}

// A listener answers questions about the world, and keeps the answers.
type listener struct {
	facts detector.Facts
	quiet *quiet
}

func ofWorld[A comparable](l listener, ask func(detector.Facts) A) A {
	answer := ask(l.facts)
	l.quiet.facts = append(l.quiet.facts, func(facts detector.Facts) bool { return ask(facts) == answer })
	return answer
}

func (l listener) ComponentState(id string) detector.State {
	return ofWorld(l, func(f detector.Facts) detector.State { return f.ComponentState(id) })
}

func (l listener) ServiceState(id string) detector.ServiceState {
	return ofWorld(l, func(f detector.Facts) detector.ServiceState { return f.ServiceState(id) })
}

func (l listener) DomainLost(id string) bool {
	return ofWorld(l, func(f detector.Facts) bool { return f.DomainLost(id) })
}

func (l listener) Disputed(component string) bool {
	return ofWorld(l, func(f detector.Facts) bool { return f.Disputed(component) })
}

func (l listener) Unsigned(id string) string {
	return ofWorld(l, func(f detector.Facts) string { return f.Unsigned(id) })
}

func (l listener) Unseen(id string) string {
	return ofWorld(l, func(f detector.Facts) string { return f.Unseen(id) })
}

func (l listener) Compromised(data string) bool {
	return ofWorld(l, func(f detector.Facts) bool { return f.Compromised(data) })
}

func (l listener) Alone(domain string) string {
	return ofWorld(l, func(f detector.Facts) string { return f.Alone(domain) })
}

func (l listener) Doubt(component string) string {
	return ofWorld(l, func(f detector.Facts) string { return f.Doubt(component) })
}

// Ask keeps what the condition came to; when it can turn is for the clock.
func (l listener) Ask(c *condition.Condition, others condition.Facts) (detector.Reply, time.Time) {
	is, until := l.facts.Ask(c, others)
	l.quiet.facts = append(l.quiet.facts, func(facts detector.Facts) bool {
		again, _ := facts.Ask(c, others)
		return again == is
	})
	return is, until
}

// point is a recovery point, if one is known.
type point struct {
	at    time.Time
	known bool
}

func (l listener) RecoveryPoint(data string) (time.Time, bool) {
	p := ofWorld(l, func(f detector.Facts) point {
		at, known := f.RecoveryPoint(data)
		return point{at, known}
	})
	return p.at, p.known
}

func (l listener) RecoveryPointBy(data string, by time.Time) (time.Time, bool) {
	p := ofWorld(l, func(f detector.Facts) point {
		at, known := f.RecoveryPointBy(data, by)
		return point{at, known}
	})
	return p.at, p.known
}
