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
	seeds   = flag.Int("seeds", 2, "how many seeds to play, from -from on")
	from    = flag.Uint64("from", 1, "the first seed")
	seed    = flag.Uint64("seed", 0, "play this one seed and tell what happens")
	tells   = flag.Bool("tell", false, "with -seed: tell all of it")
	only    = flag.String("only", "", "with -seed: of its faults only these, with ; between them")
	keeps   = flag.Bool("keeps", false, "daemons keep what they have heard for the lives after them")
	standby = flag.Bool("standby", false, "one daemon decides, the others stand by")
	small   = flag.Int("shrink", 60, "how many worlds to play to find the fewest faults with which a seed fails")
)

// play plays seeds on all processors; each gives the same whoever plays it.
func play(first uint64, n int, with func(*Options), each func(*World, *Failure)) {
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
				o := Swarm(mine)
				with(&o)
				w := New(o)
				f := w.Run()
				all.Lock()
				each(w, f)
				all.Unlock()
			}
		})
	}
	workers.Wait()
}

// enough seeds for everything to be seen that has to be seen sometimes.
const enough = 100

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // worlds are small and short-lived
	os.Exit(m.Run())
}

func TestWhateverGoesWrongTheInvariantsHold(t *testing.T) {
	if *seed != 0 {
		o := Swarm(*seed)
		asked(&o)
		if *only != "" {
			o.Only = strings.Split(*only, ";")
		}
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
	var failed []Options
	start := time.Now()
	play(*from, *seeds, asked, func(w *World, f *Failure) {
		hours += w.Hours
		for what, n := range w.sights {
			sights[what] += n
		}
		if f != nil {
			failed = append(failed, w.Options)
			t.Errorf("seed %d: %v\n  %s", w.Seed, f, w.Command())
		}
	})
	if never := Unseen(sights); len(never) > 0 && *seeds >= enough {
		t.Errorf("never seen in %d seeds: %s", *seeds, strings.Join(never, "; "))
	}
	if len(failed) > 0 && *small > 0 {
		o := failed[0]
		o, f := Shrink(o, New(o).Run().Invariant, *small)
		t.Errorf("seed %d with %d faults is enough: %v\n  %s", o.Seed, len(o.Only), f, o.Command())
	}
	var lines []string
	for what, n := range sights {
		lines = append(lines, fmt.Sprintf("%8d %s", n, what))
	}
	slices.Sort(lines)
	t.Logf("%d seeds, %d simulated hours in %v\n%s", *seeds, hours, time.Since(start), strings.Join(lines, "\n"))
}

func TestWhateverGoesWrongTheInvariantsHoldWhereWhatWasHeardIsKept(t *testing.T) {
	holdWhere(t, func(o *Options) { o.Keeps = true }, *seeds/4, "a daemon began with what a life before it had kept")
}

func TestWhateverGoesWrongTheInvariantsHoldWhereOthersStandBy(t *testing.T) {
	holdWhere(t, func(o *Options) { o.Standby = true }, *seeds/8,
		"a daemon said that it is in charge", "a daemon began anew, since another had taken over", unheard)
}

// holdWhere plays so many seeds, four at least, with an option that no seed has by itself; what comes of it has to be seen.
func holdWhere(t *testing.T, with func(*Options), n int, seen ...string) {
	t.Helper()
	if *seed != 0 {
		return // one seed is played, with what the flags say, by the first test
	}
	sights := map[string]int{}
	play(*from, max(4, n), with, func(w *World, f *Failure) {
		for what, n := range w.sights {
			sights[what] += n
		}
		if f != nil {
			t.Errorf("seed %d: %v\n  %s", w.Seed, f, w.Command())
		}
	})
	for _, what := range seen {
		if sights[what] == 0 {
			t.Errorf("never seen: %s", what)
		}
	}
}

// asked are the options that the flags say.
func asked(o *Options) { o.Keeps, o.Standby = *keeps, *standby }

func TestASeedGivesTheSameCourseOfEventsEachTime(t *testing.T) {
	for seed := range uint64(2) {
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

func TestSeedsThatFailedOnceNoLongerDo(t *testing.T) {
	text, err := os.ReadFile("testdata/corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var seed uint64
		var invariant string
		if strings.HasPrefix(line, "#") {
			continue
		}
		if _, err := fmt.Sscan(line, &seed, &invariant); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		o := Swarm(seed)
		if f := New(o).Run(); f != nil {
			t.Errorf("%s  fails again: %v\n  %s", line, f, o.Command())
		}
	}
}
