package sim

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"
)

// Dice are all that is random in a world. Every purpose has a stream of its own, told by the seed and its name, so that a
// fault which is left out does not change what the others do more than it must.
type dice struct {
	seed    uint64
	streams map[string]*stream
	rates   map[string]float64 // of faults: how likely each is at each occasion; missing: never
	only    map[string]bool    // faults that may happen, if the dice say so; nil: all
	fired   []string           // faults that happened, in order: "name#n"
	saw     func(string)       // is told of each
	calm    bool               // no fault happens any more
}

type stream struct {
	*rand.Rand
	drawn int
}

func newDice(seed uint64) *dice {
	return &dice{seed: seed, streams: map[string]*stream{}, rates: map[string]float64{}}
}

func (d *dice) of(name string) *stream {
	s := d.streams[name]
	if s == nil {
		h := fnv.New64a()
		h.Write([]byte(name))
		s = &stream{Rand: rand.New(rand.NewPCG(d.seed, h.Sum64()))}
		d.streams[name] = s
	}
	return s
}

// fault reports whether a fault happens now, and keeps that it did.
func (d *dice) fault(name string) bool {
	rate, on := d.rates[name]
	if !on || d.calm {
		return false
	}
	s := d.of("fault " + name)
	s.drawn++
	if s.Float64() >= rate {
		return false
	}
	id := fmt.Sprintf("%s#%d", name, s.drawn)
	if !d.fires(id) {
		return false
	}
	if d.saw != nil {
		d.saw(name)
	}
	return true
}

// fires keeps that a fault happens, unless it was left out.
func (d *dice) fires(id string) bool {
	if d.only != nil && !d.only[id] {
		return false
	}
	d.fired = append(d.fired, id)
	return true
}

// chance is a choice that is no fault: how people and the weather are.
func (d *dice) chance(name string, p float64) bool { return d.of(name).Float64() < p }

func (d *dice) below(name string, n int) int { return d.of(name).IntN(n) }

// between draws a duration, evenly on a scale of orders of magnitude: most are short, some are long.
func (d *dice) between(name string, low, high time.Duration) time.Duration {
	l, h := math.Log(float64(low)), math.Log(float64(high))
	return time.Duration(math.Exp(l + d.of(name).Float64()*(h-l)))
}

// evenly draws a duration.
func (d *dice) evenly(name string, low, high time.Duration) time.Duration {
	return low + time.Duration(d.of(name).Float64()*float64(high-low))
}

func one[T any](d *dice, name string, of []T) T { return of[d.below(name, len(of))] }
