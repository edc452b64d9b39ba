package sim

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Options are what a world is made of. The seed alone gives all the others.
type Options struct {
	Seed    uint64
	Hours   int
	Attack  bool // somebody has stolen a credential, and all else is well
	Rates   map[string]float64
	Only    []string // faults that may happen, of those that the seed says: what shrinking leaves; nil: all
	Keeps   bool     // daemons keep what they have heard for the lives after them
	Standby bool     // daemons share a lease: one decides, the others stand by
	Traced  bool     // keep a trace of all that happens
}

// atAnOccasion are the faults that may happen each time that something is done, and how often they do, by default.
var atAnOccasion = map[string]float64{
	"a daemon dies at an append":                0.004,
	"a daemon dies at an acknowledgement":       0.004,
	"a daemon dies at an effect":                0.01,
	"a daemon dies at a result":                 0.01,
	"a daemon dies at a burial":                 0.1,
	"a daemon is stopped at an append":          0.004,
	"a daemon is stopped at an acknowledgement": 0.004,
	"a daemon is stopped at an effect":          0.01,
	"a daemon is stopped at a result":           0.01,
	"a daemon is stopped at a burial":           0.1,

	"a loss takes the store along":                             0.5,
	"the store is slow":                                        0.01,
	"an append never arrives":                                  0.01,
	"an append arrives late":                                   0.01,
	"an append is stored and nobody hears of it":               0.02,
	"an append is refused though nothing is there":             0.01,
	"a read is not answered":                                   0.02,
	"a read is answered by a node that lags behind":            0.002,
	"an effect is held up between its record and its dispatch": 0.02,

	"a person cannot be reached":                  0.1,
	"a machine says no":                           0.2,
	"a machine does nothing and says that it did": 0.05,
	"a machine does it and says no":               0.05,
	"a machine does it and its answer is lost":    0.05,
	"a machine hangs":                             0.05,

	"an alert is overtaken by later ones":        0.1,
	"an alert comes hours late":                  0.03,
	"an alert is delivered twice":                0.1,
	"an alert carries a clock that is far ahead": 0.05,

	"a person does not react":                     0.3,
	"a person answers hours late":                 0.05,
	"a person says the same twice":                0.2,
	"a person does something else than was asked": 0.1,
	"a person asks a daemon that only watches":    0.2,
	"a person approves what they did not look at": 0.2,
	"a person calls everything off":               0.03,
}

// inHaste is what people do, each time that there is occasion. It is drawn after all else: seeds stay what they were.
var inHaste = map[string]float64{
	"a person stands down while a machine is at work": 0.05,
	"a person leaves out what keeps the sites apart":  0.05,
}

// byItself are the faults that happen at any time, and how often an hour.
var byItself = map[string]float64{
	"a daemon is killed":                     0.03,
	"a daemon is stopped":                    0.03,
	"the store cannot be reached":            0.03,
	"a clock jumps ahead":                    0.02,
	"a clock is put back":                    0.06,
	"a clock is put back far":                0.03,
	"a clock stands still":                   0.02,
	flipped:                                  0.006,
	lost:                                     0.006,
	tail:                                     0.006,
	purged:                                   0.006,
	"a stored alert can no longer be read":   0.01,
	"somebody sends what nobody can read":    0.04,
	"a storm begins":                         0.01,
	"a monitor falls silent":                 0.02,
	"the documents are edited":               0.02,
	"the documents are edited into nonsense": 0.02,
	"a newer version writes what this one does not know": 0.008,
	"somebody orders an exercise":                        0.03,
	"somebody declares by hand":                          0.01,
}

// Swarm are the options of a seed: about half of all faults, each at a rate of its own.
func Swarm(seed uint64) Options {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	o := Options{Seed: seed, Hours: 168 + r.IntN(169), Rates: map[string]float64{}, Attack: r.IntN(8) == 0}
	for _, all := range []map[string]float64{atAnOccasion, byItself, inHaste, besideALease} {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			on, rate := r.IntN(2) == 0, all[name]*math.Pow(10, r.Float64()*1.4-0.7)
			if on {
				o.Rates[name] = math.Min(rate, 0.5)
			}
		}
	}
	return o
}

// String is what a seed has come to.
func (o Options) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d hours", o.Seed, o.Hours)
	if o.Attack {
		b.WriteString(", an attacker")
	}
	for _, name := range slices.Sorted(maps.Keys(o.Rates)) {
		fmt.Fprintf(&b, "\n  %-60s %.3g", name, o.Rates[name])
	}
	return b.String()
}

// often plans what happens at random instants, so often an hour.
func (w *World) often(name string, perHour float64, until time.Time, happen func()) {
	if perHour <= 0 {
		return
	}
	next := time.Duration(w.dice.of("when: "+name).ExpFloat64() / perHour * float64(time.Hour))
	if w.now.Add(next).After(until) {
		return
	}
	w.after(next, func() {
		happen()
		w.often(name, perHour, until, happen)
	})
}
