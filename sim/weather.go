package sim

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"holdfast/incident"
	"holdfast/journal"
)

// weather plans what happens to the house: losses, which are its daily bread, and what goes wrong beside them.
func (w *World) weather() {
	if w.Attack {
		thief := one(w.dice, "whose credential is stolen", w.sources)
		w.often("an attacker speaks", 2, w.quiet, thief.lie)
		if w.besieged() {
			w.often("a component fails beside an attacker", 1.0/8, w.quiet, w.failBeside)
		}
	} else {
		w.losses()
	}
	all := map[string]func(){
		"a daemon is killed":                     w.kill,
		"a daemon is stopped":                    w.stopSomebody,
		"the store cannot be reached":            w.cut,
		"a clock jumps ahead":                    func() { w.jump(w.dice.between("how far ahead", time.Second, time.Hour)) },
		"a clock is put back":                    func() { w.jump(-w.dice.between("how far back", time.Second, time.Minute)) },
		"a clock is put back far":                func() { w.jump(-w.dice.between("how very far back", time.Minute, time.Hour)) },
		"a clock stands still":                   w.freeze,
		flipped:                                  func() { w.harm(flipped) },
		lost:                                     func() { w.harm(lost) },
		tail:                                     func() { w.harm(tail) },
		purged:                                   func() { w.harm(purged) },
		"a stored alert can no longer be read":   w.loseAlert,
		"somebody sends what nobody can read":    w.sendNonsense,
		"a storm begins":                         func() { one(w.dice, "who storms", w.sources).storm() },
		"a monitor falls silent":                 w.silence,
		"the documents are edited":               w.edit,
		"the documents are edited into nonsense": w.nonsense,
		"a newer version writes what this one does not know": w.fromTheFuture,
		"somebody orders an exercise":                        w.rehearse,
		"somebody declares by hand":                          w.declare,
	}
	for _, name := range sortedKeys(all) {
		n := 0
		w.oftenFault(name, w.dice.rates[name], &n, all[name])
	}
}

// oftenFault is often for a fault: it can be left out.
func (w *World) oftenFault(name string, rate float64, n *int, happen func()) {
	w.often(name, rate, w.quiet, func() {
		*n++
		id := fmt.Sprintf("%s#%d", name, *n)
		if w.dice.calm || !w.dice.fires(id) {
			return
		}
		w.saw(name)
		happen()
	})
}

func (w *World) losses() {
	d := w.dice
	w.often("the north is lost", 1.0/90, w.quiet, func() { w.ground.lose(d.between("how long the north is lost", time.Hour, 20*time.Hour)) })
	w.often("a component fails", 1.0/40, w.quiet, func() {
		w.saw("a component fails for long")
		w.ground.fault(one(d, "which component fails", components), d.between("how long a component fails", 10*time.Minute, 8*time.Hour))
	})
	w.often("a component blips", 1.0/40, w.quiet, func() {
		w.saw("a component blips")
		w.ground.fault(one(d, "which component blips", components), d.between("how long a component blips", 10*time.Second, 4*time.Minute))
	})
}

// besieged reports whether the attacker has real losses to make more of: they are recommended, and over before their time to
// decide runs out, so nothing of them is declared without a person but by what the attacker adds.
func (w *World) besieged() bool { return w.Attack && w.Seed%2 == 1 }

// failBeside takes one component down for a while, where no other is.
func (w *World) failBeside() {
	d := w.dice
	which, lasts := one(d, "which component fails beside an attacker", components), d.between("how long a component fails beside an attacker", 10*time.Minute, 45*time.Minute)
	for _, c := range components {
		if !w.ground.up(c) {
			return
		}
	}
	w.saw("a component fails beside an attacker")
	w.ground.fault(which, lasts)
}

// somebody is a daemon that runs.
func (w *World) somebody() *process {
	var all []*process
	for _, h := range w.hosts {
		if h.alive != nil {
			all = append(all, h.alive)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return one(w.dice, "which daemon", all)
}

func (w *World) kill() {
	if p := w.somebody(); p != nil {
		p.kill()
	}
}

func (w *World) stopSomebody() {
	if p := w.somebody(); p != nil {
		p.freeze(w.now.Add(w.dice.between("how long somebody is stopped", time.Second, 10*time.Minute)))
	}
}

func (w *World) cut() {
	w.store.cut = w.now.Add(w.dice.between("how long the store cannot be reached", time.Second, 15*time.Minute))
}

func (w *World) jump(by time.Duration) {
	h := w.whoseClock()
	h.ahead += by
	w.looked(h)
	w.after(w.dice.between("until a clock is set right", time.Minute, 2*time.Hour), func() {
		h.ahead = 0
		w.looked(h)
	})
}

// whoseClock goes wrong: most often that of whoever is in charge, where it matters.
func (w *World) whoseClock() *host {
	if p := w.charge(); p != nil && w.dice.chance("the clock that matters", 0.6) {
		return p.host
	}
	return one(w.dice, "whose clock", w.hosts)
}

func (w *World) freeze() {
	h := w.whoseClock()
	h.stands = h.clock()
	w.after(w.dice.between("how long a clock stands still", 10*time.Second, 20*time.Minute), func() {
		h.stands = time.Time{}
		w.looked(h)
	})
}

// looked has a daemon notice within a nap that its clock has jumped.
func (w *World) looked(h *host) {
	if h.alive != nil {
		h.alive.lookAgain(w.dice.evenly("until a jump of the clock is noticed", 0, nap))
	}
}

// harm damages the log; after a while somebody has noticed, and mends it.
func (w *World) harm(how string) {
	w.store.harm(how)
	if w.store.damaged == "" {
		return
	}
	if how == flipped || how == lost { // nobody reads it before somebody starts
		w.after(w.dice.between("until a daemon starts on a damaged log", time.Minute, time.Hour), func() {
			if p := w.somebody(); p != nil && w.store.damaged != "" {
				w.restart(p)
			}
		})
	}
	w.after(w.dice.between("until the log is mended", 20*time.Minute, 4*time.Hour), w.repairStore)
}

// repairStore brings back the log, and starts every daemon anew that has read of the damage.
func (w *World) repairStore() {
	if w.store.damaged == "" {
		return
	}
	w.store.restore()
	for _, h := range w.hosts {
		if p := h.alive; p != nil && (p.inv.Status().HandsOff != "" || p.inv.Status().Gap != "") {
			w.saw("a daemon keeps its hands off a damaged log")
			w.restart(p)
		}
	}
	w.ensureCharge()
}

func (w *World) loseAlert() {
	if len(w.said.messages) == 0 {
		return
	}
	m := &w.said.messages[w.dice.below("which alert is lost", len(w.said.messages))]
	m.Subject, m.Body = "", nil
}

func (w *World) sendNonsense() {
	m := one(w.dice, "who sends nonsense", w.sources)
	m.deliver([]byte(one(w.dice, "which nonsense", hostile)))
}

func (w *World) silence() {
	m := one(w.dice, "who falls silent", w.sources)
	m.mute = w.now.Add(w.dice.between("how long a monitor is silent", 2*time.Hour, 12*time.Hour))
}

func (w *World) edit() {
	w.crew.edits++
	docs := documents("version: \"1\"", fmt.Sprintf("version: \"%d\"", w.crew.edits+1), "rto: 2h, wrt: 30m", fmt.Sprintf("rto: %dm, wrt: 30m", 120+w.crew.edits%3*10))
	w.docs = docs
	for _, h := range w.hosts {
		if p := h.alive; p != nil && p.inCharge() {
			p.spawn(w.now, func() { _ = p.inv.Adopt(p.ctx, docs, incident.Actor{Rule: "reload"}) })
		}
	}
}

func (w *World) nonsense() {
	files := map[string]string{}
	for name, text := range w.docs.Files {
		files[name] = strings.Replace(text, one(w.dice, "what is broken", []string{"services:", "rto: 4h", "steps:", "director", "every: 1d"}), "%&", 1)
	}
	if docs, problems := incident.ParseDocuments(files); !problems.HasErrors() && docs.Digest != w.docs.Digest {
		w.fail("I6", "broken documents were read without an error")
	}
}

// fromTheFuture lets a newer version take over for a moment and write an event that this one does not know.
func (w *World) fromTheFuture() {
	if w.store.damaged != "" || w.store.newest == 0 || w.now.Before(w.store.cut) {
		return
	}
	var about string
	for _, h := range w.hosts {
		if p := h.alive; p != nil && p.inCharge() {
			p.inv.Look(func(d *incident.Desk) {
				for _, i := range d.Incidents() {
					if i.Open() {
						about = i.ID
					}
				}
			})
		}
	}
	if about == "" && w.dice.chance("what the future writes is about the house", 0.7) {
		return
	}
	s := w.shadow
	entries := []journal.Entry{
		{Kind: "took_over", Data: fmt.Appendf(nil, `{"epoch":%d,"instance":"next","version":"next"}`, s.epoch+1)},
		{Incident: about, Kind: "entangled", Data: []byte(`{"with":"what nobody knows yet"}`)},
	}
	body, err := encoded(journal.Envelope{Epoch: s.epoch + 1, CommitID: fmt.Sprintf("next.%d", w.store.newest), PrevSequence: w.store.newest, PrevHash: s.hash,
		AlertsThrough: s.through, At: s.at, Entries: entries})
	if err != nil {
		w.fail("sim", "%v", err)
		return
	}
	if _, err := w.store.put(nil, w.store.newest, body); err != nil {
		w.fail("sim", "%v", err)
	}
	w.ensureCharge()
}

// encoded are the bytes of an envelope, as another program writes them.
func encoded(e journal.Envelope) ([]byte, error) {
	e.Version = journal.FormatVersion
	return json.Marshal(e)
}
