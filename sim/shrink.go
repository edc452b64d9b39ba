package sim

import (
	"fmt"
	"slices"
	"strings"
)

// Shrink leaves out of a failing seed what it fails without: it gives the fewest faults found with which the same invariant
// does not hold. The same one: what else goes wrong with fewer faults is another story. It plays at most so many worlds.
func Shrink(o Options, invariant string, most int) (Options, *Failure) {
	w := New(o)
	best := w.Run()
	faults := slices.Clone(w.dice.fired)
	fails := func(only []string) bool {
		if most--; most < 0 {
			return false
		}
		o := o
		o.Only = only
		f := New(o).Run()
		if f == nil || f.Invariant != invariant {
			return false
		}
		best = f
		return true
	}
	for parts := 2; len(faults) > 0 && most > 0; {
		size := (len(faults) + parts - 1) / parts
		smaller := false
		for start := 0; start < len(faults); start += size {
			rest := slices.Concat(faults[:start], faults[min(len(faults), start+size):])
			if fails(rest) {
				faults, smaller = rest, true
				parts = max(2, parts-1)
				break
			}
		}
		switch {
		case smaller:
		case size == 1:
			most = 0
		default:
			parts = min(2*parts, len(faults))
		}
	}
	o.Only = append([]string{}, faults...)
	return o, best
}

// Command is what repeats a world.
func (o Options) Command() string {
	text := fmt.Sprintf("go test ./sim -run Whatever -seed %d", o.Seed)
	if o.Keeps {
		text += " -keeps"
	}
	if o.Standby {
		text += " -standby"
	}
	if o.Only != nil {
		text += fmt.Sprintf(" -only %q", strings.Join(o.Only, ";"))
	}
	return text
}
