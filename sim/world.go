package sim

import (
	"embed"
	"fmt"
	"hash/fnv"
	"io/fs"
	"runtime/debug"
	"strings"
	"time"

	"holdfast/incident"
	"holdfast/oncall"
)

//go:embed house
var houseFiles embed.FS

// documents are those that the house of the simulation lives by.
func documents(change ...string) *incident.Documents {
	files := map[string]string{}
	_ = fs.WalkDir(houseFiles, "house", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			text, _ := houseFiles.ReadFile(path)
			files[strings.TrimPrefix(path, "house/")] = strings.NewReplacer(change...).Replace(string(text))
		}
		return err
	})
	docs, problems := incident.ParseDocuments(files)
	if problems.HasErrors() {
		panic(problems.Error())
	}
	return docs
}

// began is when every world begins. It lies in the past of whoever runs it: nothing in it is new by a real clock.
var began = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// A World is all of it: what outlives every daemon, and the daemons.
type World struct {
	Options
	dice    *dice
	queue   queue
	now     time.Time
	quiet   time.Time // from when on nothing goes wrong any more
	end     time.Time
	running *thread // that is running now

	docs    *incident.Documents
	store   *store
	said    said
	hosts   []*host
	lives   []*process
	shadow  *shadow
	ground  ground
	sources []*monitor
	crew    crew
	targets targets

	sights  map[string]int
	failure *Failure
	trace   uint64
	tell    func(string) // what happens, as it happens; nil: nobody asks
}

// A Failure is an invariant that did not hold.
type Failure struct {
	Invariant string // I1 to I16, L1 to L5
	What      string
	At        time.Duration // since the world began
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s after %v: %s", f.Invariant, f.At.Round(time.Millisecond), f.What)
}

// fail ends the world: an invariant does not hold.
func (w *World) fail(invariant, format string, args ...any) {
	if w.failure == nil {
		w.failure = &Failure{invariant, fmt.Sprintf(format, args...), w.now.Sub(began)}
	}
	w.note("FAILED %s: %s", invariant, w.failure.What)
}

// saw notes that something has happened that has to happen sometimes.
func (w *World) saw(what string) {
	w.sights[what]++
	w.note("%s", what)
}

// note adds to the trace by which two runs of a seed are compared.
func (w *World) note(format string, args ...any) {
	if w.tell == nil && !w.Traced {
		return
	}
	line := fmt.Sprintf("%v ", w.now.Sub(began)) + fmt.Sprintf(format, args...)
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s", w.trace, line)
	w.trace = h.Sum64()
	if w.tell != nil {
		w.tell(line)
	}
}

func (w *World) plan(at time.Time, happen func()) {
	if at.Before(w.now) {
		at = w.now
	}
	w.queue.plan(at, happen)
}

func (w *World) after(d time.Duration, happen func()) { w.plan(w.now.Add(d), happen) }

func (w *World) person(id string) *oncall.Person { return &oncall.Person{ID: id} }

// New is a world that has not begun.
func New(o Options) *World {
	w := &World{Options: o, dice: newDice(o.Seed), now: began, docs: documents(), sights: map[string]int{}}
	w.end = began.Add(time.Duration(o.Hours) * time.Hour)
	w.quiet = began.Add(w.end.Sub(began) / 4 * 3)
	w.dice.rates, w.dice.saw = o.Rates, w.saw
	if o.Only != nil {
		w.dice.only = map[string]bool{}
		for _, id := range o.Only {
			w.dice.only[id] = true
		}
	}
	w.store = &store{w: w, bodies: map[uint64][]byte{}}
	w.shadow = newShadow(w)
	for _, name := range []string{"a", "b", "c"} {
		w.hosts = append(w.hosts, &host{w: w, name: name})
	}
	w.ground = ground{w: w, faulty: map[string]int{}}
	w.targets = targets{w: w, done: map[string]int{}}
	return w
}

// Run lets the world go on until its end, or until an invariant does not hold.
func (w *World) Run() (f *Failure) {
	defer func() {
		if r := recover(); r != nil {
			w.fail("panic", "%v\n%s", r, debug.Stack())
			f = w.failure
		}
	}()
	w.begin()
	instant, events := w.now, 0
	for w.failure == nil {
		e, any := w.queue.next()
		if !any || e.at.After(w.end) {
			w.now = w.end
			w.atTheEnd()
			break
		}
		w.now = e.at
		if events++; !w.now.Equal(instant) {
			instant, events = w.now, 0
		}
		if events > mostAtOnce {
			w.fail("L1", "something happens for ever at one instant")
		}
		e.happen()
	}
	for _, p := range w.lives {
		if p.loop != nil && !p.dead {
			p.dead = true
			p.stop()
			p.bury()
		}
	}
	return w.failure
}

// mostAtOnce is more than can happen at one instant.
const mostAtOnce = 100_000

// begin plans all that happens by itself.
func (w *World) begin() {
	for n, h := range w.hosts {
		w.after(time.Duration(n)*20*time.Second, func() { w.start(h) })
	}
	w.monitors()
	w.people()
	w.weather()
	w.caretaker()
	w.plan(w.quiet, w.calm)
}

// caretaker looks from time to time whether anybody is in charge.
func (w *World) caretaker() {
	w.after(15*time.Minute, w.caretaker)
	if w.charge() == nil {
		w.ensureCharge()
	}
}

// calm ends everything that goes wrong by itself, and mends what nobody else will.
func (w *World) calm() {
	w.dice.calm = true
	w.store.cut = time.Time{}
	if w.store.damaged != "" {
		w.repairStore()
	}
	for _, h := range w.hosts {
		h.ahead, h.stands = 0, time.Time{}
		if h.alive == nil {
			w.start(h)
		} else {
			h.alive.lookAgain(time.Minute)
		}
	}
	w.ground.mend()
	w.makeTrueAgain()
	w.finale()
}

// start boots a daemon on a host where none runs.
func (w *World) start(h *host) {
	if h.alive == nil {
		w.note("%s starts", h.name)
		h.boot()
	}
}

// died has whatever looks after a host start its daemon again.
func (w *World) died(p *process) {
	w.note("%s dies", p.name)
	back := w.dice.between("until a daemon is started again", 2*time.Second, 20*time.Minute)
	if w.dice.calm {
		back = 5 * time.Second
	}
	w.after(back, func() { w.start(p.host) })
	w.ensureCharge()
}

// supervise has somebody else take over from a daemon that is stopped for long.
func (w *World) supervise(p *process, until time.Time) {
	w.note("%s is stopped until %v", p.name, until.Sub(began))
	if until.Sub(w.now) > 10*time.Second {
		w.ensureCharge()
	}
}

// ensureCharge has one of the daemons that only watch started anew where nobody is in charge for long: it takes over.
func (w *World) ensureCharge() {
	w.after(w.dice.between("until somebody else is started", 5*time.Second, 2*time.Minute), func() {
		for _, h := range w.hosts {
			if p := h.alive; p != nil && p.inCharge() && !w.now.Before(p.frozen) {
				return
			}
		}
		for _, h := range w.hosts {
			if p := h.alive; p != nil && !w.now.Before(p.frozen) && p.inv.Status().Live {
				w.saw("another daemon took over from one that did not answer")
				w.restart(p)
				return
			}
		}
	})
}

// restart ends a daemon and starts it again at once.
func (w *World) restart(p *process) {
	h := p.host
	p.kill()
	w.after(time.Second, func() { w.start(h) })
}

// wakeWatchers lets daemons that only watch see that the log has grown.
func (w *World) wakeWatchers() {
	for _, h := range w.hosts {
		if p := h.alive; p != nil && p.watching {
			p.lookAgain(poll)
		}
	}
}
