package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"holdfast/internal/failpoint"
)

const sigTerm = syscall.SIGTERM

// A target is one death: where, and at which of how many hits.
type target struct {
	point string
	about string
	index int
}

func (t target) String() string {
	about := ""
	if t.about != "" {
		about = "[" + t.about + "]"
	}
	return fmt.Sprintf("%s%s@%d", t.point, about, t.index)
}

// planted is what the environment of the daemon says.
func (t target) planted() string {
	before := ""
	if t.point == "invoker/looking-back" { // an append has to go wrong for that
		before = "journal/appending@4=error;"
	}
	return before + t.String() + "=kill"
}

// atTheEnd are the points that only a daemon passes that is asked to end.
var atTheEnd = []string{"serve/stopping", "invoker/ending", "serve/keeping", "serve/kept", "embedded/stopping", "embedded/stopped"}

// effects are the kinds of effect, each a step of the playbook or a notice; commits are the kinds of events that begin commits.
var (
	effectKinds = []string{"http", "nats", "exec", "verify", "notice"}
	commitKinds = []string{"took_over", "documents_adopted", "classified", "step_started", "step_done", "acknowledged", "step_approved",
		"notified", "run_ended", "run_aborted", "undo_started", "stood_down"}
)

// systematic is every point once, then every point for each kind of what it is about, then everything at a later hit.
func systematic() (all []target) {
	var narrowed []target
	for _, p := range failpoint.Points {
		all = append(all, target{p.Name, "", 1})
		kinds := []string(nil)
		if strings.Contains(p.When, "about: its kind") {
			kinds = effectKinds
		} else if strings.Contains(p.When, "about: the kind of the first event") {
			kinds = commitKinds
		}
		for _, kind := range kinds {
			narrowed = append(narrowed, target{p.Name, kind, 1})
		}
	}
	all = append(all, narrowed...)
	for _, t := range slices.Clone(all) {
		if oncePerLife(t) {
			continue
		}
		for _, index := range []int{2, 7} {
			all = append(all, target{t.point, t.about, index})
		}
	}
	return all
}

// oncePerLife are the points that a daemon passes once: when it starts, and when it is asked to end.
func oncePerLife(t target) bool {
	at := slices.IndexFunc(failpoint.Points, func(p failpoint.Point) bool { return p.Name == t.point })
	started := slices.IndexFunc(failpoint.Points, func(p failpoint.Point) bool { return p.Name == "serve/ready" })
	many := []string{"people/sealing", "people/kept", "journal/read/envelope"}
	return t.about == "took_over" || t.point == "invoker/looking-back" || slices.Contains(atTheEnd, t.point) || at <= started && !slices.Contains(many, t.point)
}

// plan is as many deaths as are wanted: the systematic ones in order, then some drawn by the seed.
func plan(cycles int, seed uint64) []target {
	all := systematic()
	if cycles <= len(all) {
		return all[:cycles]
	}
	draw := rand.New(rand.NewPCG(seed, 2))
	for known := len(all); len(all) < cycles; {
		t := all[draw.IntN(known)]
		if !oncePerLife(t) {
			t.index = 1 + draw.IntN(12)
		}
		all = append(all, t)
	}
	return all
}

// A deathRow is what became of all the deaths.
type deaths struct {
	mu     sync.Mutex
	died   map[string]int // point -> SIGKILLs there
	missed []string       // targets that were not reached in time
	cycles int
	gaps   []time.Duration // from a death to the next daemon that is up
	audit  audit
}

const (
	perStore     = 40              // deaths on one store, before it is audited and another is begun
	lifePatience = 4 * time.Second // for a daemon to reach the point that it is to die at
)

// kill runs the harness: SIGKILL at named instants, again and again, with a crowd around.
func kill(o options) row {
	begun := time.Now()
	targets := plan(o.kills, o.seed)
	d := &deaths{died: map[string]int{}}
	batches := make(chan []target)
	var all sync.WaitGroup
	for range o.workers {
		all.Go(func() {
			for batch := range batches {
				d.live(o, batch)
			}
		})
	}
	size := min(perStore, (len(targets)+o.workers-1)/o.workers)
	for batch := range slices.Chunk(targets, size) {
		batches <- batch
	}
	close(batches)
	all.Wait()
	return d.row(o, time.Since(begun))
}

// live is one store and the deaths on it.
func (d *deaths) live(o options, batch []target) {
	d.mu.Lock()
	number := d.cycles
	d.mu.Unlock()
	dir := filepath.Join(o.dir, fmt.Sprintf("kill-%s-%d", strings.NewReplacer("/", "-").Replace(batch[0].String()), number))
	w, err := newWorld(o.program, dir, "", o.seed+uint64(number), nil)
	if err != nil {
		d.found(audit{wrong: []string{err.Error()}}, "")
		return
	}
	w.crowd.gather()
	for _, t := range batch {
		d.die(o, w, t)
	}
	p, err := w.house.start(o.program, "")
	if err != nil {
		d.found(audit{wrong: []string{err.Error()}}, dir)
		return
	}
	d.found(w.finish(p), dir)
	d.mu.Lock()
	keep := len(d.audit.wrong) > 0
	d.mu.Unlock()
	if !keep && !o.keep {
		_ = os.RemoveAll(dir)
	}
}

// die is one life: the daemon is started, lives among its crowd, and dies at the point that it is told.
func (d *deaths) die(o options, w *world, t target) {
	every := time.Duration(0)
	if strings.HasPrefix(t.point, "reload/") || strings.HasPrefix(t.point, "people/") || t.about == "documents_adopted" {
		every = 30 * time.Millisecond
	}
	w.crowd.reload.Store(int64(every))
	w.crowd.wary.Store(t.about == "run_aborted" || t.about == "undo_started")
	_ = os.Remove(w.house.hits())
	start := time.Now()
	p, err := w.house.start(o.program, t.planted())
	if err != nil {
		d.found(audit{wrong: []string{err.Error()}}, w.dir)
		return
	}
	var a audit
	if err := w.house.await(p, 30*time.Second); err != nil {
		a.fail("before %s: %v: %s", t, err, p.lastWords())
	}
	up := time.Since(start)
	if slices.Contains(atTheEnd, t.point) && !p.dead() {
		p.signal(sigTerm)
	}
	missed := !p.within(lifePatience)
	if missed {
		p.kill()
	}
	acted := slices.Contains(w.house.points()[t.point], "kill")
	switch {
	case missed:
	case acted && p.killed():
	default:
		a.fail("the daemon ended at %s by itself (%s): %s", t, p.cmd.ProcessState, p.lastWords())
	}
	d.mu.Lock()
	d.cycles++
	d.gaps = append(d.gaps, up)
	if acted {
		d.died[t.point]++
	} else {
		d.missed = append(d.missed, t.String())
	}
	d.mu.Unlock()
	if len(a.wrong) > 0 {
		d.found(a, w.dir)
	}
	o.say("%s %s", t, map[bool]string{true: "died", false: "NOT REACHED"}[acted])
}

func (d *deaths) found(a audit, dir string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range a.wrong {
		a.wrong[i] += "  [" + dir + "]"
	}
	d.audit.add(a)
}

func (d *deaths) row(o options, took time.Duration) row {
	r := row{Name: "kill -9", Cycles: d.cycles, Took: took, Wrong: d.audit.wrong}
	var never []string
	for _, p := range failpoint.Points {
		if d.died[p.Name] == 0 {
			never = append(never, p.Name)
		}
	}
	if len(never) > 0 && o.kills >= len(failpoint.Points) {
		r.Wrong = append(r.Wrong, fmt.Sprintf("no daemon died at %s: what is said of them is not tested", strings.Join(never, ", ")))
	}
	r.Figures = []figure{{"failpoints died at", fmt.Sprintf("%d of %d", len(failpoint.Points)-len(never), len(failpoint.Points))}, {"not reached in time", fmt.Sprint(len(d.missed))}}
	r.Figures = append(r.Figures, d.audit.figures()...)
	r.Missed = d.missed
	return r
}
