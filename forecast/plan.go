package forecast

import (
	"hash/fnv"
	"slices"
	"time"
)

// A Plan is what is known of all runs of a plan: its steps in an order in which each stands behind those it waits for, and how
// long each takes in each course. Many runs may share one.
type Plan struct {
	Steps []Step

	reaction Work
	order    []int             // indexes of Steps, what is waited for first
	behind   [][]int           // by step: those that wait for it
	spans    [][]time.Duration // by course, step: how long it takes
	ranks    [][Courses]int    // by step, course: at which level
}

// A Step is a piece of work.
type Step struct {
	ID     string
	After  []int // indexes of the steps that it waits for
	Work   Work
	People bool // a person ends it
}

// New lays out a plan. In each course every step takes its time at another level, and over all courses each step passes
// through all levels once (a Latin hypercube), so a plan of one step is forecast exactly as that step is known. Which levels
// meet is drawn from the names of plan and step alone: times of different steps are taken to be independent, and nothing
// else is left to chance. A circle among the steps is cut where it closes.
//
// Reaction is how long people take to say how a step goes on that is stuck; zero: [Reaction].
func New(name string, steps []Step, reaction time.Duration) *Plan {
	if reaction <= 0 {
		reaction = Reaction
	}
	p := &Plan{Steps: steps, reaction: Judge(reaction, nil), behind: make([][]int, len(steps)), spans: make([][]time.Duration, Courses), ranks: make([][Courses]int, len(steps))}
	p.order = ordered(steps)
	for course := range p.spans {
		p.spans[course] = make([]time.Duration, len(steps))
	}
	for n, s := range steps {
		for _, before := range s.After {
			p.behind[before] = append(p.behind[before], n)
		}
		p.ranks[n] = shuffled(name + "/" + s.ID)
		for course, k := range p.ranks[n] {
			p.spans[course][n] = s.Work.quantile(levels[k])
		}
	}
	return p
}

func (p *Plan) level(step, course int) level { return levels[p.ranks[step][course]] }

// shuffled are the numbers of all courses in an order that a name determines.
func shuffled(name string) (order [Courses]int) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	state := h.Sum64()
	next := func() uint64 { // splitmix64
		state += 0x9e3779b97f4a7c15
		z := state
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return z ^ z>>31
	}
	for n := range order {
		order[n] = n
	}
	for n := Courses - 1; n > 0; n-- {
		m := int(next() % uint64(n+1))
		order[n], order[m] = order[m], order[n]
	}
	return order
}

// ordered are the indexes of steps, each behind those that it waits for.
func ordered(steps []Step) (order []int) {
	seen := make([]bool, len(steps))
	var visit func(n int)
	visit = func(n int) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, before := range steps[n].After {
			visit(before)
		}
		order = append(order, n)
	}
	for n := range steps {
		visit(n)
	}
	return order
}

// Longest is how long steps take by their medians: the longest way to any of some of them, with what proves it.
func Longest(steps []Step, goal []int) (longest time.Duration) {
	ends := make([]time.Duration, len(steps))
	for _, n := range ordered(steps) {
		for _, before := range steps[n].After {
			ends[n] = max(ends[n], ends[before])
		}
		ends[n] += steps[n].Work.P50 + steps[n].Work.Proof
	}
	for _, n := range goal {
		longest = max(longest, ends[n])
	}
	return longest
}

// A Standing is how far a step of a run has come.
type Standing int

// Standings of a step.
const (
	Ahead Standing = iota // not begun
	Going                 // begun at Since
	Stuck                 // failed at Since: somebody has to say how it goes on, and then it is taken to be done once more
	Over                  // ended at Since
)

// A Mark is where a step of a run stands.
type Mark struct {
	Standing  Standing
	Since     time.Time
	NotBefore time.Time // of a Going one: when it is tried again; of one Ahead: until when it is kept from beginning; zero: it is not
	Until     time.Time // of a Going one: when it is certain to end, if that is known
	Unneeded  bool      // of one Ahead: it is not expected to be done, and takes no time where it stands
}

// A Goal is what a run is to reach: the end of the last of some steps; Proven: less what proves that one, since a recovery
// clock stops when the proof begins (domain section 3).
type Goal struct {
	Steps  []int
	Proven bool
}

// Reaction is how long it takes until somebody says how a step goes on that is stuck, where a plan gives nobody any time.
const Reaction = 10 * time.Minute

// A Run is a plan under way.
type Run struct {
	Plan  *Plan
	Began time.Time
	Marks []Mark // by step
}

// since is an instant as what passed since the run began.
func (r Run) since(at time.Time) time.Duration { return at.Sub(r.Began) }

// An Outlook is when a goal will be reached if nobody knows more than at an instant.
type Outlook struct {
	P50, P90 time.Time
	People   time.Duration // of the time up to P50, what is spent waiting for people
	Machines time.Duration // the rest
	Share    []float64     // by step: in what part of the courses it lies on the longest way, and so holds everybody up
}

// Outlook plays out what is left at an instant. In each course no step ends before now that has not ended; so the later one
// asks with nothing new, the later the answer.
func (r Run) Outlook(now time.Time, g Goal) Outlook {
	o := Outlook{Share: make([]float64, len(r.Marks))}
	begins, ends := make([]time.Duration, len(r.Marks)), make([]time.Duration, len(r.Marks))
	reached := make([]time.Duration, Courses)
	var people, all time.Duration
	for course := range Courses {
		r.play(r.since(now), course, begins, ends)
		last := g.Steps[0]
		for _, n := range g.Steps {
			if r.reaches(g, n, ends[n]) >= r.reaches(g, last, ends[last]) {
				last = n
			}
		}
		reached[course] = r.reaches(g, last, ends[last])
		p, a := r.walk(r.since(now), last, reached[course], begins, ends, o.Share)
		people, all = people+p, all+a
	}
	slices.Sort(reached)
	o.P50, o.P90 = r.Began.Add(reached[rank50]), r.Began.Add(reached[rank90])
	if left := max(o.P50.Sub(now), 0); all > 0 {
		o.People = time.Duration(float64(left) * float64(people) / float64(all))
		o.Machines = left - o.People
	}
	return o
}

// reaches is when a goal is reached by a step that ends.
func (r Run) reaches(g Goal, n int, end time.Duration) time.Duration {
	if g.Proven {
		end -= r.Plan.Steps[n].Work.Proof
	}
	return end
}

// takes is how long a step that is ahead takes in a course.
func (r Run) takes(n, course int) time.Duration {
	if r.Marks[n].Unneeded {
		return 0
	}
	return r.Plan.spans[course][n] + r.Plan.Steps[n].Work.Proof
}

// play fills in when each step begins and ends in a course.
func (r Run) play(now time.Duration, course int, begins, ends []time.Duration) {
	for _, n := range r.Plan.order {
		m, w := &r.Marks[n], &r.Plan.Steps[n].Work
		span := r.Plan.spans[course][n]
		switch m.Standing {
		case Over:
			begins[n] = r.since(m.Since)
			ends[n] = begins[n]
		case Ahead:
			begins[n] = now
			for _, before := range r.Plan.Steps[n].After {
				begins[n] = max(begins[n], ends[before])
			}
			if !m.NotBefore.IsZero() {
				begins[n] = max(begins[n], r.since(m.NotBefore))
			}
			ends[n] = begins[n] + r.takes(n, course)
		case Going:
			begins[n] = r.since(m.Since)
			if !m.Until.IsZero() {
				ends[n] = max(now, r.since(m.Until))
				continue
			}
			ends[n] = begins[n] + w.lasting(r.Plan.level(n, course), now-begins[n], span) + w.Proof
			if !m.NotBefore.IsZero() {
				ends[n] = max(ends[n], r.since(m.NotBefore))
			}
		case Stuck:
			begins[n] = r.since(m.Since)
			level := r.Plan.level(n, course)
			ends[n] = begins[n] + r.Plan.reaction.lasting(level, now-begins[n], r.Plan.reaction.quantile(level)) + span + w.Proof
		}
	}
}

// walk goes the longest way back from a step, counts it for each step that is not over, and says how much of it is waiting for
// people.
func (r Run) walk(now time.Duration, last int, reached time.Duration, begins, ends []time.Duration, share []float64) (people, all time.Duration) {
	until := reached
	for n := last; n >= 0 && r.Marks[n].Standing != Over; {
		share[n] += 1.0 / Courses
		took := max(until-max(begins[n], now), 0)
		all += took
		if r.Plan.Steps[n].People || r.Marks[n].Standing == Stuck {
			people += took
		}
		until = min(until, begins[n])
		next := -1
		for _, before := range r.Plan.Steps[n].After {
			if r.Marks[n].Standing == Ahead && r.Marks[before].Standing != Over && (next < 0 || ends[before] > ends[next]) {
				next = before
			}
		}
		n = next
	}
	return people, all
}
