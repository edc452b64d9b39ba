package sim

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	seeds = flag.Int("seeds", 4, "how many seeds to play, from -from on")
	from  = flag.Uint64("from", 1, "the first seed")
	seed  = flag.Uint64("seed", 0, "play this one seed and tell what happens")
	tells = flag.Bool("tell", false, "tell all of it")
)

// play plays seeds on all processors; each gives the same whoever plays it.
func play(first uint64, n int, each func(*World, *Failure)) {
	var next, all sync.Mutex
	seed := first
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for {
				next.Lock()
				mine := seed
				seed++
				next.Unlock()
				if mine >= first+uint64(n) {
					return
				}
				w := New(Swarm(mine))
				f := w.Run()
				all.Lock()
				each(w, f)
				all.Unlock()
			}
		})
	}
	workers.Wait()
}

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // worlds are small and short-lived
	os.Exit(m.Run())
}

func TestWhateverGoesWrongTheInvariantsHold(t *testing.T) {
	if *seed != 0 {
		o := Swarm(*seed)
		t.Log(o)
		w := New(o)
		if *tells {
			w.tell = func(line string) { fmt.Println(line) }
		}
		if f := w.Run(); f != nil {
			t.Fatal(f)
		}
		return
	}
	sights := map[string]int{}
	hours := 0
	start := time.Now()
	play(*from, *seeds, func(w *World, f *Failure) {
		hours += w.Hours
		for what, n := range w.sights {
			sights[what] += n
		}
		if f != nil {
			t.Errorf("seed %d: %v\n  go test ./sim -run Whatever -seed %d -tell", w.Seed, f, w.Seed)
		}
	})
	var lines []string
	for what, n := range sights {
		lines = append(lines, fmt.Sprintf("%8d %s", n, what))
	}
	slices.Sort(lines)
	t.Logf("%d seeds, %d simulated hours in %v\n%s", *seeds, hours, time.Since(start), strings.Join(lines, "\n"))
}

func TestASeedGivesTheSameCourseOfEventsEachTime(t *testing.T) {
	for seed := range uint64(3) {
		o := Swarm(seed + 1)
		o.Traced = true
		first, again := New(o), New(o)
		if a, b := first.Run(), again.Run(); (a == nil) != (b == nil) {
			t.Errorf("seed %d: %v and then %v", o.Seed, a, b)
		}
		if first.trace != again.trace || first.trace == 0 {
			t.Errorf("seed %d: %x and then %x", o.Seed, first.trace, again.trace)
		}
	}
}
