//go:build planted

package sim

import (
	"flag"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"holdfast/internal/planted"
)

var (
	budget = flag.Duration("budget", 60*time.Second, "how much processor time a planted bug may take to be found")
	bug    = flag.String("bug", "", "plant this one only")
)

// cpu is the processor time that this process has taken.
func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(os.NewSyscallError("getrusage", err))
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func TestEveryPlantedBugIsFound(t *testing.T) {
	found := 0
	for _, b := range planted.All {
		if *bug != "" && string(b) != *bug {
			continue
		}
		t.Run(string(b), func(t *testing.T) {
			planted.Plant(b)
			defer planted.Plant("")
			start := cpu()
			for first := uint64(1); cpu()-start < *budget; first += uint64(runtime.GOMAXPROCS(0)) {
				var by *Failure
				var seed uint64
				play(first, runtime.GOMAXPROCS(0), func(*Options) {}, func(w *World, f *Failure) {
					if f != nil && (by == nil || w.Seed < seed) {
						by, seed = f, w.Seed
					}
				})
				if by != nil {
					found++
					t.Logf("found by seed %d, in %v of processor time: %v", seed, (cpu() - start).Round(time.Millisecond), by)
					return
				}
			}
			t.Errorf("nobody has noticed it within %v of processor time", *budget)
		})
	}
	t.Logf("%d of %d found", found, len(planted.All))
}

func TestShrinkingLeavesOutFaultsAndKeepsTheInvariant(t *testing.T) {
	planted.Plant(planted.AskedNobody)
	defer planted.Plant("")
	for seed := uint64(1); seed < 100; seed++ {
		w := New(Swarm(seed))
		f := w.Run()
		if f == nil {
			continue
		}
		o, again := Shrink(w.Options, f.Invariant, 40)
		if again.Invariant != f.Invariant || len(o.Only) >= len(w.dice.fired) {
			t.Errorf("seed %d fails %s with %d faults, and shrunk %s with %d", seed, f.Invariant, len(w.dice.fired), again.Invariant, len(o.Only))
		}
		if last := New(o).Run(); last == nil || last.Invariant != f.Invariant {
			t.Errorf("what is left does not fail: %v", last)
		}
		return
	}
	t.Error("no seed fails")
}
