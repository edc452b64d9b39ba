package main

import (
	"bufio"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/detector/alert"
	"holdfast/detector/watch"
	"holdfast/internal/source"
	"holdfast/journal"
)

// holding is a detector in a process of its own to which so many alerts are active. It then obeys: each line of standard
// input is a wish.
type holding struct {
	Components, Active int
	Profile            string
}

// A wish is something to do, and an answer what it took.
type wish struct {
	Settle bool // collect garbage and see what is left in memory
	Touch  int  // so many alerts, of 64 of which 63 are sent again and one has changed
	Change int  // so many changes of one component, each up to the verdict
}

type answer struct {
	CPU               float64 `json:",omitempty"` // seconds
	Alerts            int     `json:",omitempty"`
	RSS, Peak, Heap   float64 `json:",omitempty"` // bytes
	Returned          float64 `json:",omitempty"` // RSS once all that can be was given back
	LoadMicros        float64 `json:",omitempty"` // CPU for each alert as they came in, making them included
	AnalysisSeconds   float64 `json:",omitempty"` // reading bia.yaml
	BaselineBytes     float64 `json:",omitempty"` // RSS before the first alert
	VerdictsAfterLoad int     `json:",omitempty"`
}

// verdictEvery is after how many messages the verdict is asked for.
const verdictEvery = 16

// settling is how long the runtime may take to give back what a collection freed.
const settling = 15 * time.Second

// A holder is the detector and the time it lives in.
type holder struct {
	holding
	feed
	d        *detector.Detector
	reader   alert.Reader
	now      time.Time
	messages uint64
	random   *rand.Rand
	fired    map[int]bool // alerts that were resolved and fired anew
}

func (o holding) run(in io.Reader, out io.Writer) error {
	begun := time.Now()
	a, problems := bia.Parse("bia.yaml", []byte(organisation{components: o.Components, site: 100}.text()))
	if problems.HasErrors() {
		return problems
	}
	read := time.Since(begun)
	source.Forget(a) // as the daemon does
	collectAsTheDaemon(a)
	h := &holder{holding: o, d: detector.New(a), now: time.Now().UTC(), random: rand.New(rand.NewPCG(1, 2)), fired: map[int]bool{}}
	h.feed = feed{components: o.Components, start: h.now.Add(-time.Minute)}
	before, _ := memory(os.Getpid())
	cpu := ownCPU()
	if err := h.load(); err != nil {
		return err
	}
	first := answer{Alerts: o.Active, AnalysisSeconds: read.Seconds(), BaselineBytes: before, VerdictsAfterLoad: len(h.d.Verdicts(h.now)),
		LoadMicros: (ownCPU() - cpu).Seconds() * 1e6 / float64(o.Active)}
	answers := json.NewEncoder(out)
	if err := answers.Encode(first); err != nil {
		return err
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var w wish
		if err := json.Unmarshal(lines.Bytes(), &w); err != nil {
			return err
		}
		done, err := h.grant(w)
		if err != nil {
			return err
		}
		if err := answers.Encode(done); err != nil {
			return err
		}
	}
	return nil
}

// load makes every alert active.
func (h *holder) load() error {
	body := make([]byte, 0, 1<<17)
	for n := 0; n < h.Active; n += batch {
		body = h.webhook(body[:0], observers[n/batch%2], several(n, min(batch, h.Active-n))...)
		if err := h.hear(observers[n/batch%2], body); err != nil {
			return err
		}
	}
	return nil
}

// hear is a message from its bytes to the state; a heartbeat comes with it every minute.
func (h *holder) hear(observer string, body []byte) error {
	h.now = h.now.Add(10 * time.Millisecond)
	h.messages++
	if h.messages%(6000/uint64(len(observers))) == 1 {
		for _, o := range observers {
			if err := h.bring(o, h.watchdog(o, h.now)); err != nil {
				return err
			}
		}
	}
	return h.bring(observer, body)
}

func (h *holder) bring(observer string, body []byte) error {
	m := journal.Message{Sequence: h.messages, Received: h.now, Subject: "holdfast.alerts." + observer, Body: body}
	b, unreadable := watch.MakeOut(&h.reader, m)
	if unreadable != nil {
		return unreadable
	}
	h.d.Observe(m.Received, m.Subject, b.Alerts...)
	return nil
}

func (h *holder) grant(w wish) (answer, error) {
	switch {
	case w.Settle:
		return h.settle(), nil
	case w.Change > 0:
		return h.change(w.Change)
	}
	return h.touch(w.Touch)
}

// settle collects garbage as a running program does, waits, and sees what is left.
func (h *holder) settle() (a answer) {
	runtime.GC()
	time.Sleep(settling)
	a.RSS, a.Peak = memory(os.Getpid())
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	a.Heap = float64(m.HeapAlloc)
	debug.FreeOSMemory()
	a.Returned, _ = memory(os.Getpid())
	return a
}

// touch is what alerts cost when so many are active: bodies made before, from their bytes to the verdict. There are enough
// of them for collections of garbage to be in it as often as they are in the life of a daemon.
func (h *holder) touch(alerts int) (done answer, err error) {
	var spoken [verdictEvery]int
	var bodies [verdictEvery][]byte
	for done.Alerts < alerts {
		at := h.now
		for i := range bodies {
			at = at.Add(10 * time.Millisecond)
			spoken[i] = h.random.IntN(len(observers))
			bodies[i] = h.webhook(bodies[i][:0], observers[spoken[i]], h.mixed(spoken[i], at)...)
		}
		cpu := ownCPU()
		for i, body := range bodies {
			if err := h.hear(observers[spoken[i]], body); err != nil {
				return answer{}, err
			}
		}
		h.d.Verdicts(h.now)
		done.CPU += (ownCPU() - cpu).Seconds()
		done.Alerts += verdictEvery * batch
	}
	return done, nil
}

// mixed is a body of one observer: 63 alerts that are sent again, and one that has changed. What changes is always about the
// first two services, so that there is as much to judge anew in an organisation of any size.
func (h *holder) mixed(observer int, at time.Time) []said {
	n := h.any(observer, 2)
	changed := said{n: n, host: -1, since: at}
	if h.fired[n] = !h.fired[n]; h.fired[n] {
		changed.resolved = at
	}
	all := []said{changed}
	for len(all) < batch {
		all = append(all, said{n: h.any(observer, h.Components/each), host: -1})
	}
	return all
}

// any is some alert of an observer about one of the first so many services.
func (h *holder) any(observer, services int) int {
	for {
		n := h.random.IntN(h.Active)
		if around := h.Components / each * (each - 1); around > 0 {
			n += n%around%(services*(each-1)) - n%around
		}
		if n/batch%len(observers) == observer {
			return n
		}
	}
}

// change is what one component that goes down or comes back costs, up to the verdict.
func (h *holder) change(times int) (answer, error) {
	runtime.GC() // so that the few changes are not charged with it, or are, by chance
	cpu := ownCPU()
	for i := range times {
		one := said{n: h.Active + each, host: 0, down: true, since: h.now}
		if i%2 == 1 {
			one.resolved = h.now
		}
		if err := h.hear(observers[0], h.webhook(nil, observers[0], one)); err != nil {
			return answer{}, err
		}
		h.d.Verdicts(h.now)
	}
	return answer{CPU: (ownCPU() - cpu).Seconds(), Alerts: times}, nil
}

func (a answer) micros() float64 { return a.CPU * 1e6 / float64(a.Alerts) }
