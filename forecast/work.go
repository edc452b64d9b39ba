// Package forecast says when what is left of a plan will be done: steps that wait for each other, each with what is known
// of how long it takes, played out in a fixed number of courses. Values in, values out: the same plan gives the same
// answer, whoever asks and however often.
package forecast

import (
	"math"
	"slices"
	"time"
)

// A Sample is how long a step took once.
type Sample struct {
	Took   time.Duration
	Weight int // of Whole
}

// Whole is the weight of a sample that says as much as the plan does: a live run. An exercise may say less.
const Whole = 4

const (
	// leastSpread is how far P90 lies above P50 at least, and where little is known: twice as long, once in ten times.
	leastSpread = 2.0
	// mostSpread bounds what one strange run can make of a step.
	mostSpread = 10.0
	// mostSamples is how many past runs count: the newest.
	mostSamples = 20
	// shortest is the least that any step is taken to need where it needs anything: a scale cannot be zero.
	shortest = time.Second
)

// Work is how long a step takes: Proof on top of a time of which the median and the ninth decile are known. The zero value
// takes no time.
type Work struct {
	P50, P90 time.Duration
	Proof    time.Duration // certain, at the end: how long a verify step has to see that it is true, or what a wait step waits

	spread float64 // P90 over P50 as the step's own runs have it, without the floor
}

// Judge is how long a step takes by what is planned and by what it took before, the newest sample first.
//
// The plan counts as one live run. P50 is the mean of the plan and the median of the past, each by its weight: without any
// run it is the plan, after one run the middle between both, after five the plan is a sixth of it. Where nothing is planned
// the past stands alone. P90 is P50 times the spread, which is what the past shows (its upper order statistic, ⌈0.9(n+1)⌉
// of n and so the longest of fewer than nine, over its median), at least 2 and at most 10; and it is never less than that
// order statistic itself: nobody is promised nine times in ten what was not kept the last time.
func Judge(planned time.Duration, past []Sample) Work {
	past = slices.DeleteFunc(slices.Clone(past), func(s Sample) bool { return s.Weight <= 0 })
	past = past[:min(len(past), mostSamples)]
	w := Work{P50: planned, spread: leastSpread}
	var upper time.Duration
	if len(past) > 0 {
		median, weight := middle(past)
		upper = high(past)
		w.spread = min(max(float64(upper)/float64(max(median, shortest)), leastSpread), mostSpread)
		w.P50 = median
		if planned > 0 {
			w.P50 = blend(planned, Whole, median, weight)
		}
	}
	if w.P50 <= 0 && upper <= 0 {
		return Work{}
	}
	w.P50 = max(w.P50, shortest)
	w.P90 = max(time.Duration(float64(w.P50)*w.spread), upper)
	return w
}

// blend is a mean by weight.
func blend(a time.Duration, wa int, b time.Duration, wb int) time.Duration {
	return time.Duration((float64(a)*float64(wa) + float64(b)*float64(wb)) / float64(wa+wb))
}

// middle is the weighted median of samples (of two in the middle the mean), and their weight in all.
func middle(past []Sample) (median time.Duration, weight int) {
	sorted := byTime(past)
	for _, s := range sorted {
		weight += s.Weight
	}
	below := 0
	for n, s := range sorted {
		below += s.Weight
		switch {
		case 2*below > weight:
			return s.Took, weight
		case 2*below == weight:
			return (s.Took + sorted[n+1].Took) / 2, weight
		}
	}
	return 0, 0
}

// high is the upper order statistic: of n samples the ⌈0.9(n+1)⌉th, or the longest where there are too few for one.
func high(past []Sample) time.Duration {
	sorted := byTime(past)
	weight, below := Whole, 0 // the run that is forecast is one more
	for _, s := range sorted {
		weight += s.Weight
	}
	for _, s := range sorted {
		if below += s.Weight; 10*below >= 9*weight {
			return s.Took
		}
	}
	return sorted[len(sorted)-1].Took
}

func byTime(past []Sample) []Sample {
	return slices.SortedStableFunc(slices.Values(past), func(a, b Sample) int { return int(min(max(a.Took-b.Took, -1), 1)) })
}

// nothing reports whether the work takes no time but for its proof.
func (w *Work) nothing() bool { return w.P50 <= 0 }

// A level is one of the equally likely shares of all that may come, from quick to slow.
type level struct {
	u float64 // the share of what is quicker
	z float64 // the same on a scale on which the median is 0, the ninth decile 1 and the first -1
}

// Courses is how many courses are played out. Of 125 equally likely ones, the 63rd is the median and the 113th the ninth
// decile, exactly.
const (
	Courses = 125
	rank50  = 62
	rank90  = 112
)

var ln9 = math.Log(9)

// levels are those of all courses, from quick to slow.
var levels = func() (all [Courses]level) {
	for k := range all {
		u := (float64(k) + 0.5) / Courses
		all[k] = level{u: u, z: math.Log(u/(1-u)) / ln9}
	}
	return all
}()

// quantile is how long the work takes at a level, without its proof: between P50 and P90 in proportion, and beyond both by the
// step's spread for each further tenfold. It grows with P50 and with P90, wherever one looks.
func (w *Work) quantile(l level) time.Duration {
	switch {
	case w.nothing():
		return 0
	case l.z <= 0:
		return time.Duration(float64(w.P50) * math.Pow(w.spread, l.z))
	case l.z <= 1:
		return time.Duration(float64(w.P50) * math.Pow(float64(w.P90)/float64(w.P50), l.z))
	}
	return time.Duration(float64(w.P90) * math.Pow(w.spread, l.z-1))
}

// shape is the exponent of the log-logistic law that has the step's spread.
func (w *Work) shape() float64 { return ln9 / math.Log(w.spread) }

// lasting is how long work takes in all, without its proof, that has gone on for a while and is not done: the level counts among
// what takes longer than that. It is always more than has passed, and once that is more than was expected, the more has
// passed, the more is to come: a step that is far beyond its time takes, once in ten times, as long again. (Given that
// a log-logistic time X exceeds e, its level u is m·((u + (e/m)^β) / (1-u))^(1/β).)
func (w *Work) lasting(l level, passed, quantile time.Duration) time.Duration {
	if passed <= 0 {
		return quantile
	}
	m, shape := float64(max(w.P50, shortest)), w.scaled()
	longer := m * math.Pow((l.u+math.Pow(float64(passed)/m, shape))/(1-l.u), 1/shape)
	return max(quantile, time.Duration(longer), passed+1)
}

// within is how long work may have gone on, at most, to take no longer than so long in all; negative: it takes longer
// whatever happens. It is lasting the other way round.
func (w *Work) within(l level, most, quantile time.Duration) time.Duration {
	if most < quantile {
		return -1
	}
	m, shape := float64(max(w.P50, shortest)), w.scaled()
	share := (1-l.u)*math.Pow(float64(most)/m, shape) - l.u
	if share < 0 {
		return 0
	}
	return min(time.Duration(m*math.Pow(share, 1/shape)), most-1)
}

// scaled is the shape, also of work of which nothing is known: it is not done, so it takes some time.
func (w *Work) scaled() float64 {
	if w.spread < leastSpread {
		return ln9 / math.Log(leastSpread)
	}
	return w.shape()
}
