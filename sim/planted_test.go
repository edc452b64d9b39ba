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
				play(first, runtime.GOMAXPROCS(0), func(w *World, f *Failure) {
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
