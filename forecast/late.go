package forecast

import (
	"math"
	"slices"
	"time"
)

// forever is further away than anything.
const forever = time.Duration(math.MaxInt64 / 4)

// Holds says until when, if nothing happens, a goal is still forecast for a deadline: from the instant after on, P50, or P90,
// lies behind the deadline. It is [Run.Outlook] the other way round, worked out at once: in each course every step that is
// under way or could be may still end by some instant, and the first of them counts; of the courses the order statistic.
func (r Run) Holds(g Goal, deadline time.Time) (p50, p90 time.Time) {
	var last [Courses]time.Duration
	tails := make([]time.Duration, len(r.Marks))
	for course := range Courses {
		r.tails(g, course, tails)
		last[course] = r.holds(g, course, r.since(deadline), tails)
	}
	slices.Sort(last[:])
	return r.Began.Add(last[Courses-1-rank50]), r.Began.Add(last[Courses-1-rank90])
}

// Behind is the median of what lies behind a step, from its end to a goal; false: nothing of the goal waits for it.
func (r Run) Behind(g Goal, step int) (time.Duration, bool) {
	var behind [Courses]time.Duration
	tails := make([]time.Duration, len(r.Marks))
	if !slices.ContainsFunc(r.Plan.behind[step], func(next int) bool { return r.Marks[next].Standing == Ahead }) { // the same in every course
		r.tails(g, 0, tails)
		if tails[step] == -forever {
			return 0, false
		}
		return tails[step], true
	}
	for course := range Courses {
		r.tails(g, course, tails)
		if tails[step] == -forever {
			return 0, false
		}
		behind[course] = tails[step]
	}
	slices.Sort(behind[:])
	return behind[rank50], true
}

// tails fills in how long, in a course, it takes from the end of each step to the goal; minus forever: the goal does not wait
// for it.
func (r Run) tails(g Goal, course int, tails []time.Duration) {
	for _, n := range slices.Backward(r.Plan.order) {
		tails[n] = -forever
		if slices.Contains(g.Steps, n) {
			tails[n] = 0
			if g.Proven {
				tails[n] = -r.Plan.Steps[n].Work.Proof
			}
		}
		for _, next := range r.Plan.behind[n] {
			if r.Marks[next].Standing == Ahead && tails[next] != -forever {
				tails[n] = max(tails[n], r.takes(next, course)+tails[next])
			}
		}
	}
}

// holds is the last instant at which a course still reaches the goal by a deadline.
func (r Run) holds(g Goal, course int, deadline time.Duration, tails []time.Duration) time.Duration {
	last := forever
	for n := range r.Marks {
		m := &r.Marks[n]
		if tails[n] == -forever {
			continue
		}
		switch m.Standing {
		case Over:
			if slices.Contains(g.Steps, n) && r.reaches(g, n, r.since(m.Since)) > deadline {
				return -forever
			}
		case Ahead:
			by := deadline - tails[n] - r.takes(n, course)
			if !m.NotBefore.IsZero() && r.since(m.NotBefore) > by {
				return -forever
			}
			last = min(last, by)
		case Going, Stuck:
			last = min(last, r.endsBy(n, course, deadline-tails[n]))
		}
	}
	return last
}

// endsBy is the last instant at which a step that is under way is still taken to end by another one.
func (r Run) endsBy(n, course int, by time.Duration) time.Duration {
	m, s, span, level := &r.Marks[n], &r.Plan.Steps[n], r.Plan.spans[course][n], r.Plan.level(n, course)
	began := r.since(m.Since)
	w, quantile := &s.Work, span
	if m.Standing == Stuck {
		w, quantile, by = &r.Plan.reaction, r.Plan.reaction.quantile(level), by-span
	}
	by -= s.Work.Proof
	switch {
	case !m.Until.IsZero():
		by += s.Work.Proof
		if r.since(m.Until) > by {
			return -forever
		}
		return by
	case !m.NotBefore.IsZero() && r.since(m.NotBefore) > by+s.Work.Proof:
		return -forever
	}
	passed := w.within(level, by-began, quantile)
	if passed < 0 {
		return -forever
	}
	return began + passed
}
