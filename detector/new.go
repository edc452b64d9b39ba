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
	watching  []*ear           // in the order of the observers
	nobody    uint64           // alerts that nobody owned up to
	memory    memory           // of alerts, by what the parts say
	parts     map[string]*part // of components, and of services that something was said of as a whole
	sites     map[string]sayings[facility]
	data      map[string]sayings[integrity]
	points    map[string]history[int64] // newest recovery point of data
	estimates map[string]history[int64] // end of a service's outage; never: no estimate
	remarks   map[string][]remark       // who estimated the end of a service's outage, whether or not it counts
	moves     map[string][]move         // of the start of a service's outage, by people
	windows   []window                  // of maintenance, as announced
	withdrawn map[string][]int64        // when a person took back what was said of a subject
	strangers map[string][]string       // component -> observers that spoke of it though they do not watch it
	spokenFor map[string][]string       // component -> observers that somebody else spoke of it as
	owners    []string                  // of the subject that is being heard
	count     Heard

	// What was made of it, kept until something is heard that changes it.
	until    int64 // silences that begin by then are foreseen
	views    []*view
	plain    *view
	known    *view
	felt     *view // as known, with what services tolerate
	mended   *view // as felt, recoveries that were heard of late put right
	judged   map[string]*judged
	troubled []string           // those, in order
	stale    map[string]bool    // parts of which something was heard; true: whatever rests on them is to be judged anew
	touched  map[string]bool    // services to be judged anew
	shaken   map[string]bool    // failure domains of which something changed
	scene    *scene             // nil: to be drawn anew
	tallies  map[string]tallies // what the scene was drawn with

	// Empty, for whoever draws a scene: to make them anew for each alert of a storm would cost more than to draw it.
	alone map[string]touching
	last  map[string]int

	readings uint64 // how often situations were read off a scene
}

// New is a detector for an analysis that has heard nothing yet.
func New(a *bia.Analysis) *Detector {
	d := &Detector{
		at: ever, tidied: ever, until: ever, memory: newMemory(),
		ears: map[string]*ear{}, parts: map[string]*part{}, sites: map[string]sayings[facility]{}, data: map[string]sayings[integrity]{},
		points: map[string]history[int64]{}, estimates: map[string]history[int64]{}, remarks: map[string][]remark{}, moves: map[string][]move{}, strangers: map[string][]string{}, spokenFor: map[string][]string{}, withdrawn: map[string][]int64{},
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
			e = newEar(id)
			d.ears[id] = e
		}
		if e.limit == 0 {
			e.last = ever // nobody has waited for a heartbeat until now
		}
		e.match, e.limit = o.Heartbeat.Match, o.Heartbeat.Every*5/2
		if d.awake {
			e.wake(d.at)
		}
	}
	d.memory.unlearn()
	d.watching = nil
	for _, id := range d.book.observers {
		d.ears[id].number = uint16(len(d.watching))
		d.watching = append(d.watching, d.ears[id])
	}
	for id, e := range d.ears {
		if _, ok := a.Observers[id]; !ok {
			d.count.Received[id] += e.received
			delete(d.ears, id)
		}
	}
	d.views = nil
	d.plain, d.known = d.through(sight{lens: plain}), d.through(sight{lens: asKnown})
	d.felt = d.through(sight{lens: asKnown, holding: true})
	d.felt.drawn, d.felt.lost = d.known.drawn, d.known.lost
	d.mended = d.through(sight{lens: lens{known: true, mended: true, backdate: never}, holding: true})
	d.judged, d.troubled, d.scene = map[string]*judged{}, nil, nil
	d.stale, d.touched, d.shaken = map[string]bool{}, map[string]bool{}, map[string]bool{}
	d.alone, d.last = map[string]touching{}, map[string]int{}
	for _, id := range d.book.judged {
		d.touched[id] = true
	}
}

// Observe takes in alerts received together from one subject ("holdfast.alerts." and what follows it names the sender).
func (d *Detector) Observe(received time.Time, subject string, alerts ...alert.Alert) {
	d.at = max(d.at, instant(received))
	d.owners = d.book.ownersOf(subject)
	for i := range alerts {
		d.take(subject, &alerts[i])
	}
	d.tidy()
}

// Verdicts are the situations that have reached level "incident" and are open at now, also if their level has fallen
// since, and those that ended within the day before (Open is false), in order of Since, then Key.
func (d *Detector) Verdicts(now time.Time) []Verdict {
	all, _ := d.Reading(now)
	var dated []Verdict
	for _, v := range all {
		one := *v
		one.At = clock(instant(now))
		dated = append(dated, one)
	}
	return dated
}

// Reading is Verdicts without their instant, and the number of the reading that they come from: two answers with the same
// number are the same, and so are two verdicts that are the same value. Neither the answer nor what is in it may be changed.
func (d *Detector) Reading(now time.Time) ([]*Verdict, uint64) {
	t := instant(now)
	d.settle(t)
	is := d.scene.verdicts(t)
	return is.verdicts, is.number
}

// Heard counts what came in.
func (d *Detector) Heard() Heard {
	h := d.count
	h.Received, h.Samples = maps.Clone(h.Received), slices.Clone(h.Samples)
	h.Misattributed, h.Strays = maps.Clone(h.Misattributed), slices.Clone(h.Strays)
	if d.nobody > 0 {
		h.Received[""] = d.nobody
	}
	for id, e := range d.ears {
		if e.received > 0 {
			h.Received[id] += e.received
		}
	}
	return h
}

// ComponentReport is what is known of one component.
type ComponentReport struct {
	Component string                     `json:"component"`
	State     State                      `json:"state"`
	Since     time.Time                  `json:"since,omitzero"`
	Flags     []string                   `json:"flags,omitempty"`  // disputed, held_down, unproven, clock_suspect, intentional, presumed_down
	By        map[string]json.RawMessage `json:"by,omitempty"`     // observer -> what it says
	Alerts    []ActiveAlert              `json:"alerts,omitempty"` // some of those that say that it is not up, the first heard first
}

// ActiveAlert is an alert that stands, as it was first heard.
type ActiveAlert struct {
	Observer string       `json:"observer,omitempty"`
	Says     string       `json:"says"`
	Heard    time.Time    `json:"heard"`
	Labels   alert.Labels `json:"labels,omitempty"` // as far as they are remembered
}

// touch notes that something was heard of a component, or of a service as a whole, that may change it.
func (d *Detector) touch(id string) {
	if !d.stale[id] {
		d.stale[id] = false
	}
}

// upset notes that something was heard of a component that what rests on it has to be judged by, changed or not.
func (d *Detector) upset(id string) { d.stale[id] = true }

// refresh draws anew what was touched, and passes on what has changed: most of what is heard in a storm changes nothing.
func (d *Detector) refresh() {
	for id, upset := range d.stale {
		p := d.parts[id]
		later := p != nil && p.late > max(p.wasLate, d.book.latitude) // services may have to be seen through other lenses
		if later {
			p.wasLate = p.late
		}
		if d.redraw(id) || upset || later {
			d.passOn(id)
		}
	}
	d.stale = emptied(d.stale)
}

// emptied is a set, or a map, with nothing in it. One that was large is made anew: to look through it would cost as much for ever as when
// it was full.
func emptied[V any](set map[string]V) map[string]V {
	if len(set) > 1<<10 {
		return map[string]V{}
	}
	clear(set)
	return set
}

// redraw draws a component anew in every view in which it was drawn, and reports whether that changed anything.
func (d *Detector) redraw(id string) (changed bool) {
	for _, v := range d.views {
		if was, drawn := v.drawn[id]; drawn && v != d.felt { // which has the drawings of what was known
			v.drawn[id] = v.draw(id)
			changed = changed || !was.equal(v.drawn[id])
		}
	}
	return changed
}

// passOn lets everything that rests on a component be judged anew.
func (d *Detector) passOn(id string) {
	for _, domain := range d.book.domainsOf(id) {
		d.shake(domain)
	}
	if d.book.isService(id) {
		d.disturb(id)
	}
	for _, service := range d.book.above(id) {
		d.disturb(service)
	}
	if len(d.book.own) > 0 {
		d.redrawn()
	}
}

func (d *Detector) disturb(service string) {
	for _, v := range d.views {
		delete(v.services, service)
	}
	d.touched[service] = true
}

// reconsider judges a service anew though its state has not changed.
func (d *Detector) reconsider(service string) {
	d.touched[service] = true
	d.redrawn()
}

// shake passes on that something changed about a failure domain: the services that are in trouble and have needs there
// are judged anew, though they may not rest on what changed.
func (d *Detector) shake(domain string) {
	for _, v := range d.views {
		delete(v.lost, domain)
		delete(v.ahead, domain)
	}
	d.shaken[domain] = true
}

// settle brings what was computed up to date for a question about an instant: silences that have begun by then are
// seen, later ones are not foreseen.
func (d *Detector) settle(t int64) {
	if t != d.until {
		from, to := min(d.until, t), max(d.until, t)
		for _, e := range d.watching {
			if at := e.silentFrom(); at != never && at > from && at <= to {
				d.touchWatched(e.id)
			}
		}
		d.until = t
	}
	d.refresh()
	if d.scene != nil {
		d.scene.revise()
	}
	if d.judge() || d.scene == nil || d.scene.void {
		d.scene = d.assemble()
	}
}

// touchWatched touches whatever an observer watches, or spoke of.
func (d *Detector) touchWatched(observer string) {
	for _, id := range d.book.watchers[observer] {
		d.touch(id)
	}
	for id, p := range d.parts {
		if p.speechBy(observer) != nil {
			d.touch(id)
		}
	}
	d.redrawn()
}
