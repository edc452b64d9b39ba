package detector

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"time"
)

// Everything the detector knows is a step function of time: what an observer said, how a component and a service are,
// when an outage is confirmed, when a criterion holds. Each is computed from what was heard, for the past and for the
// future in which nothing else is heard. A verdict is a reading of these lines at one instant, and the next instant at
// which it can change is the next step; so questions change nothing, and no answer rests on having been asked before.

// Instants are nanoseconds since 1970, UTC.
const (
	ever  = math.MinInt64 // before anything was heard
	never = math.MaxInt64
)

func instant(t time.Time) int64 { return t.UnixNano() }

// clock is an instant for people; never and ever are the zero time.
func clock(n int64) time.Time {
	if n == never || n == ever {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// exactly is an instant in a key.
func exactly(n int64) string { return clock(n).Format(time.RFC3339Nano) }

// written is an instant in a sentence, as people read it: to the second. Fields carry it to the nanosecond.
func written(n int64) string { return clock(n).Format("2006-01-02 15:04:05Z") }

// later adds a duration; never stays never, and ever stays ever.
func later(n int64, d time.Duration) int64 {
	switch {
	case n == ever:
		return ever
	case n == never, n > 0 && int64(d) > never-n:
		return never
	}
	return n + int64(d)
}

// A step is a value that holds from an instant on.
type step[V comparable] struct {
	from  int64
	value V
}

// A line is a step function: strictly later steps of different values; before the first it is the zero value.
type line[V comparable] []step[V]

func (l line[V]) at(t int64) V {
	i := l.find(t)
	if i < 0 {
		var zero V
		return zero
	}
	return l[i].value
}

// since is when the value at t began; ever if it always held.
func (l line[V]) since(t int64) int64 {
	i := l.find(t)
	if i < 0 {
		return ever
	}
	return l[i].from
}

// next is the first step after t.
func (l line[V]) next(t int64) int64 {
	if i := l.find(t) + 1; i < len(l) {
		return l[i].from
	}
	return never
}

// find is the index of the step that holds at t; -1 before the first.
func (l line[V]) find(t int64) int {
	return sort.Search(len(l), func(i int) bool { return l[i].from > t }) - 1
}

// to adds a step at the end of the line; at the instant of the last step it takes its place.
func (l line[V]) to(from int64, value V) line[V] {
	if n := len(l); n > 0 && l[n-1].from == from {
		l = l[:n-1]
	}
	var last V
	if n := len(l); n > 0 {
		last = l[n-1].value
	}
	if value == last {
		return l
	}
	return append(l, step[V]{from, value})
}

// where is when a line's value is one of those asked for.
func (l line[V]) where(asked func(V) bool) spans {
	var found spans
	var zero V
	open, since := asked(zero), int64(ever)
	for _, s := range l {
		switch {
		case !open && asked(s.value):
			open, since = true, s.from
		case open && !asked(s.value):
			open = false
			found = append(found, span{since, s.from})
		}
	}
	if open {
		found = append(found, span{since, never})
	}
	return found
}

// combine is the line of what f makes of the values of several lines.
func combine[V, W comparable](lines []line[V], f func([]V) W) line[W] {
	values, at := make([]V, len(lines)), make([]int, len(lines))
	out := line[W](nil).to(ever, f(values))
	for {
		now := int64(never)
		for i, l := range lines {
			if at[i] < len(l) {
				now = min(now, l[at[i]].from)
			}
		}
		if now == never {
			return out
		}
		for i, l := range lines {
			if at[i] < len(l) && l[at[i]].from == now {
				values[i] = l[at[i]].value
				at[i]++
			}
		}
		out = out.to(now, f(values))
	}
}

// census is the line of what f makes of how many of several lines have each value; index numbers the values, below kinds.
// Its cost grows with the steps alone, however many lines there are.
func census[V, W comparable](lines []line[V], index func(V) int, f func(counts *[kinds]int) W) line[W] {
	var c counting[V]
	for _, l := range lines {
		c.add(l, index)
	}
	return counted(&c, f)
}

// counting is a census being taken.
type counting[V comparable] struct {
	changes []change
	counts  [kinds]int // before anything changes
}

// A change is that one of many lines goes from a value to another; values by their numbers.
type change struct {
	at       int64
	from, to uint8
}

// add counts one line more.
func (c *counting[V]) add(l line[V], index func(V) int) {
	var value V
	c.counts[index(value)]++
	for _, s := range l {
		c.changes = append(c.changes, change{s.from, uint8(index(value)), uint8(index(s.value))})
		value = s.value
	}
}

// counted is the line of what f makes of the counts.
func counted[V, W comparable](c *counting[V], f func(counts *[kinds]int) W) line[W] {
	byTime := func(a, b change) int { return cmp.Compare(a.at, b.at) }
	if !slices.IsSortedFunc(c.changes, byTime) {
		slices.SortFunc(c.changes, byTime)
	}
	out := line[W](nil).to(ever, f(&c.counts))
	for i, one := range c.changes {
		c.counts[one.from]--
		c.counts[one.to]++
		if i+1 == len(c.changes) || c.changes[i+1].at != one.at {
			out = out.to(one.at, f(&c.counts))
		}
	}
	return out
}

const kinds = 16

// remap is the line of f of each value.
func remap[V, W comparable](l line[V], f func(V) W) line[W] {
	return combine([]line[V]{l}, func(v []V) W { return f(v[0]) })
}

// A span is a period, from its first instant to the first after it.
type span struct{ from, to int64 }

func (s span) has(t int64) bool { return s.from <= t && t < s.to }

func (s span) overlaps(o span) bool { return s.from < o.to && o.from < s.to }

// spans are periods in order that neither touch nor overlap.
type spans []span

func (s spans) find(t int64) int {
	return sort.Search(len(s), func(i int) bool { return s[i].from > t }) - 1
}

func (s spans) has(t int64) bool {
	i := s.find(t)
	return i >= 0 && t < s[i].to
}

// next is the first border after t.
func (s spans) next(t int64) int64 {
	i := s.find(t)
	if i >= 0 && t < s[i].to {
		return s[i].to
	}
	if i+1 < len(s) {
		return s[i+1].from
	}
	return never
}

// begins is the first instant at or after t at which a period begins, or t itself within one.
func (s spans) begins(t int64) int64 {
	if s.has(t) {
		return t
	}
	return s.next(t)
}

// began is the first instant of the first period, if that is at or before t.
func (s spans) began(t int64) (int64, bool) {
	if len(s) == 0 || s[0].from > t {
		return 0, false
	}
	return s[0].from, true
}

func (s spans) intersect(o spans) spans {
	var both spans
	for i, j := 0, 0; i < len(s) && j < len(o); {
		if from, to := max(s[i].from, o[j].from), min(s[i].to, o[j].to); from < to {
			both = append(both, span{from, to})
		}
		if s[i].to < o[j].to {
			i++
		} else {
			j++
		}
	}
	return both
}

func (s spans) within(w span) spans { return s.intersect(spans{w}) }

// union is when either holds.
func (s spans) union(o spans) spans { return joined(slices.Concat(s, o), 0) }

// lasting is from when on each period has lasted d.
func (s spans) lasting(d time.Duration) spans {
	var left spans
	for _, p := range s {
		if from := later(p.from, d); from < p.to {
			left = append(left, span{from, p.to})
		}
	}
	return left
}

// joined puts periods in order and joins those with a gap shorter than gap; a gap of 0 joins those that touch.
func joined(s spans, gap time.Duration) spans {
	s = slices.Clone(s)
	slices.SortFunc(s, func(a, b span) int {
		if a.from != b.from {
			return cmp.Compare(a.from, b.from)
		}
		return cmp.Compare(a.to, b.to)
	})
	out := s[:0]
	for _, p := range s {
		if n := len(out); n > 0 && (p.from <= out[n-1].to || p.from < later(out[n-1].to, gap)) {
			out[n-1].to = max(out[n-1].to, p.to)
			continue
		}
		out = append(out, p)
	}
	return out
}
