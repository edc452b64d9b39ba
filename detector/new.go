package detector

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"holdfast/bia"
	"holdfast/detector/alert"
)

// A Detector holds what observers said and judges it. It is not safe for concurrent use.
//
// What was observed is kept as a history, and a verdict at T is a function of that history and T alone: asking for the
// verdict at one instant never changes the answer for another, so replay, any order of arrival within a source's
// latitude, and any spacing of questions give the same verdicts.
type Detector struct {
	book *book

	// What was heard.
	at        int64 // the last time of receipt; the log's time never runs backwards
	awake     bool  // something was heard that means anything
	tidied    int64
	ears      map[string]*ear
	parts     map[string]*part // of components, and of services that something was said of as a whole
	sites     map[string]sayings[facility]
	data      map[string]sayings[integrity]
	points    map[string]history[int64] // newest recovery point of data
	estimates map[string]history[int64] // end of a service's outage; never: no estimate
	windows   []window                  // of maintenance, as announced
	strangers map[string][]string       // component -> observers that spoke of it though they do not watch it
	count     Heard

	// What was made of it, kept until something is heard that changes it.
	until   int64 // silences that begin by then are foreseen
	plain   *view
	known   *view
	felt    *view // as known, with what services tolerate
	mended  *view // as felt, recoveries that were heard of late put right
	judged  map[string]*judged
	stale   map[string]bool // parts whose change has been passed on
	touched map[string]bool // services to be judged anew
	shaken  map[string]bool // failure domains of which something changed
	scene   *scene
	tallies map[string]tallies // what the scene was drawn with
}

// New is a detector for an analysis that has heard nothing yet.
func New(a *bia.Analysis) *Detector {
	d := &Detector{
		at: ever, tidied: ever, until: ever,
		ears: map[string]*ear{}, parts: map[string]*part{}, sites: map[string]sayings[facility]{}, data: map[string]sayings[integrity]{},
		points: map[string]history[int64]{}, estimates: map[string]history[int64]{}, strangers: map[string][]string{},
		count: Heard{Received: map[string]uint64{}},
	}
	d.Rebase(a)
	return d
}

// Rebase judges from now on by another text; what was observed stays.
func (d *Detector) Rebase(a *bia.Analysis) {
	d.book = newBook(a)
	for id, o := range a.Observers {
		e := d.ears[id]
		if e == nil {
			e = newEar()
			d.ears[id] = e
		}
		e.match, e.limit = matchersOf(o.Heartbeat.Match), o.Heartbeat.Every*5/2
		if d.awake {
			e.wake(d.at)
		}
	}
	maps.DeleteFunc(d.ears, func(id string, _ *ear) bool { _, ok := a.Observers[id]; return !ok })
	d.plain, d.known = newView(d, plain), newView(d, asKnown)
	felt := *d.known
	felt.holding, felt.services = true, map[string]both{}
	d.felt = &felt
	d.mended = newView(d, lens{known: true, mended: true, backdate: never})
	d.mended.holding = true
	d.judged, d.scene = map[string]*judged{}, nil
	d.stale, d.touched, d.shaken = map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, id := range d.book.judged {
		d.touched[id] = true
	}
}

// Observe takes in alerts received together from one subject ("holdfast.alerts." and what follows it names the sender).
func (d *Detector) Observe(received time.Time, subject string, alerts ...alert.Alert) {
	d.at = max(d.at, instant(received))
	for _, a := range alerts {
		d.take(subject, a)
	}
	d.tidy()
}

// Verdicts are the situations that have reached level "incident" and are open at now, also if their level has fallen
// since, and those that ended within the day before (Open is false), in order of Since, then Key.
func (d *Detector) Verdicts(now time.Time) []Verdict {
	t := instant(now)
	d.settle(t)
	return d.scene.verdicts(t)
}

// Heard counts what came in.
func (d *Detector) Heard() Heard {
	h := d.count
	h.Received, h.Samples = maps.Clone(h.Received), slices.Clone(h.Samples)
	return h
}

// ComponentReport is what is known of one component.
type ComponentReport struct {
	Component string                     `json:"component"`
	State     State                      `json:"state"`
	Since     time.Time                  `json:"since,omitzero"`
	Flags     []string                   `json:"flags,omitempty"` // disputed, held_down, unproven, clock_suspect, intentional, presumed_down
	By        map[string]json.RawMessage `json:"by,omitempty"`    // observer -> what it says
}

// touch passes on that something changed about a component, or about a service as a whole.
func (d *Detector) touch(id string) {
	d.scene = nil
	if d.stale[id] {
		return
	}
	d.stale[id] = true
	for _, v := range []*view{d.plain, d.known, d.mended} {
		delete(v.cells, id)
		delete(v.spoken, id)
	}
	for _, domain := range d.book.Domains(id) {
		d.shake(domain)
	}
	if d.book.isService(id) {
		d.disturb(id)
	}
	for _, service := range d.book.above(id) {
		d.disturb(service)
	}
}

func (d *Detector) disturb(service string) {
	delete(d.plain.services, service)
	delete(d.known.services, service)
	delete(d.felt.services, service)
	delete(d.mended.services, service)
	d.reconsider(service)
}

// reconsider judges a service anew though its state has not changed.
func (d *Detector) reconsider(service string) {
	d.touched[service] = true
	d.scene = nil
}

// shake passes on that something changed about a failure domain: the services that are in trouble and have needs there
// are judged anew, though they may not rest on what changed.
func (d *Detector) shake(domain string) {
	delete(d.plain.lost, domain)
	delete(d.known.lost, domain)
	d.shaken[domain] = true
	d.scene = nil
}

// settle brings what was computed up to date for a question about an instant: silences that have begun by then are
// seen, later ones are not foreseen.
func (d *Detector) settle(t int64) {
	if t != d.until {
		from, to := min(d.until, t), max(d.until, t)
		for _, id := range d.book.observers {
			if at := d.ears[id].silentFrom(); at != never && at > from && at <= to {
				d.touchWatched(id)
			}
		}
		d.until, d.plain.until, d.known.until, d.felt.until, d.mended.until = t, t, t, t, t
	}
	clear(d.stale)
	if d.scene == nil {
		d.judge()
	}
}

func (d *Detector) touchWatched(observer string) {
	for _, id := range d.book.watchers[observer] {
		d.touch(id)
	}
	for id, p := range d.parts {
		if _, spoke := p.said[observer]; spoke {
			d.touch(id)
		}
	}
	d.scene = nil
}
