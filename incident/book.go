package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"holdfast/bia"
	"holdfast/internal/planted"
	"holdfast/internal/source"
)

// A book is what the records alone add up to. A copy of it is what a decision is tried out on.
type book struct {
	docs      *Documents
	known     *Documents               // read already; nil: none
	secret    *secret                  // what was made since anybody last looked may be changed in place; nil: nothing may
	texts     map[string]*bia.Analysis // by digest: the one in force, and those that open incidents are judged by
	broken    string                   // why the documents adopted last cannot be read
	unread    string                   // what in the log about the house itself is not understood; empty once a person has armed
	gaps      []Gap                    // in the log, that nobody has adopted yet
	incidents table[*Incident]
	ids       []string          // of all, the oldest first
	going     []string          // of the open ones
	stood     []string          // of those that a person stood down
	owing     []string          // of those that are over and have still to be reported to somebody
	over      []string          // of those that were over by themselves
	said      map[string]Record // the last word of people on each subject
	fuses     table[fuse]
	past      history
	epoch     uint64
	epochAt   time.Time
	arming    *Record // the last Armed or Disarmed
	shadow    bool    // the present epoch does nothing
	exercised []Exercised
	busy      *busy     // filled when somebody asks; another one when it may have changed
	about     *registry // filled when somebody asks; another one when it would be another
	trial     bool      // a decision is tried out on it
}

// busy is what the runs that go on keep others from.
type busy struct {
	playbooks, resources, services map[string]string // -> the run; nil: to be looked up
	stranded                       map[string]Strand // by service
	live                           *busy             // what they keep live runs from
}

func newBook() book {
	return book{incidents: newTable[*Incident](0), fuses: newTable[fuse](0), said: map[string]Record{}, texts: map[string]*bia.Analysis{}, past: newHistory(), busy: &busy{}, about: &registry{}}
}

// clone is a book of its own, to try things out on while nothing is recorded in this one. What is in the slices is never changed in
// place; what is tried out is put behind their ends, where this one sees nothing and puts what is recorded.
func (b book) clone() book {
	b.incidents, b.fuses, b.said = b.incidents.clone(), b.fuses.clone(), maps.Clone(b.said)
	b.past.runs = b.past.runs.clone()
	b.trial, b.secret = true, nil
	return b
}

func (b *book) apply(r Record) {
	switch e := r.Event.(type) {
	case TookOver:
		if b.shadow && !e.Shadow {
			b.comeForward()
		}
		b.epoch, b.epochAt, b.shadow = e.Epoch, r.At, e.Shadow
	case DocumentsAdopted:
		b.adopt(r.At, e)
	case Armed:
		b.arming, b.unread = aside(r), ""
	case Disarmed:
		if e.By.Person != "" || b.off() == (Off{}) { // a rule does not take the place of a person's word
			b.arming = aside(r)
		}
	case GapAdopted:
		b.adoptGap(e)
	case word:
		b.heed(r, e)
	case Unrecognised:
		if planted.Is(planted.FutureIgnored) {
			return
		}
		if r.Incident != "" {
			b.incident(r)
			return
		}
		b.unread = fmt.Sprintf("the journal holds an event of the kind %q, which this version of holdfast does not know", e.As)
	default:
		b.incident(r)
	}
}

// aside is a record to point at; the others are not, and need no place of their own.
func aside(r Record) *Record { return &r }

// adopt reads the documents again. An older or newer version of holdfast may have accepted what this one does not: then
// the documents before stay, nothing happens automatically, and the daemon says so.
func (b *book) adopt(at time.Time, e DocumentsAdopted) {
	docs, problems := b.known.again(e)
	if docs == nil {
		docs, problems = ParseDocuments(e.Files)
		docs.Digest, docs.Files = e.Digest, e.Files
		source.Forget(docs.BIA) // they were found good; of a large one the places of its words are half
	}
	if problems.HasErrors() {
		b.broken = fmt.Sprintf("the documents adopted at %s cannot be read by this version of holdfast: %s", stamp(at), problems[0].Message)
		return
	}
	b.docs, b.broken = docs, ""
	b.texts = maps.Clone(b.texts)
	maps.DeleteFunc(b.texts, func(digest string, _ *bia.Analysis) bool { return len(b.judgedBy(digest)) == 0 })
	b.texts[docs.BIA.Digest] = docs.BIA
}

// text is the one that an incident is judged by.
func (b *book) text(i *Incident) *bia.Analysis {
	if a, kept := b.texts[i.JudgedBy]; kept {
		return a
	}
	return b.docs.BIA
}

// knowing is a text in use that knows of something: the one in force, where that does.
func (b *book) knowing(knows func(*bia.Analysis) bool) (*bia.Analysis, bool) {
	if knows(b.docs.BIA) {
		return b.docs.BIA, true
	}
	for _, digest := range slices.Sorted(maps.Keys(b.texts)) {
		if len(b.judgedBy(digest)) > 0 && knows(b.texts[digest]) {
			return b.texts[digest], true
		}
	}
	return b.docs.BIA, false
}

func (b *book) incident(r Record) {
	old, known := b.incidents.find(r.Incident)
	if !known {
		old = &Incident{seat: len(b.ids)}
		b.ids, b.going = append(b.ids, r.Incident), append(b.going, r.Incident)
	}
	now := b.next(old, r)
	if now != old {
		b.incidents.put(r.Incident, now)
	}
	if now.JudgedBy == "" && b.docs != nil { // opened by a version that did not write it down
		now.JudgedBy = b.docs.BIA.Digest
	}
	now.recall(&b.past)
	b.past.read(now, r)
	switch {
	case !known:
		b.reregister(nil, now)
	case now == old: // what it was about before is not known any more
		b.about = &registry{}
	default:
		b.reregister(old, now)
	}
	if !b.private(r) {
		b.busy = &busy{}
	}
	if !now.Open() && slices.Contains(b.going, r.Incident) {
		b.going = slices.DeleteFunc(slices.Clone(b.going), func(id string) bool { return id == r.Incident })
		if now.StoodDown != nil {
			b.stood = append(b.stood, r.Incident)
		} else {
			b.over = append(b.over, r.Incident)
		}
	}
	b.owe(now)
	b.burn(r)
	if e, ok := r.Event.(ExerciseConcluded); ok {
		b.exercised = append(slices.Clip(b.exercised), Exercised{Incident: r.Incident, At: r.At, ExerciseConcluded: e})
	}
	if e, ok := r.Event.(Invoked); ok && e.By.Person == "" && e.Exercise == "" && e.Asks == nil {
		for _, service := range append([]string{e.Service}, e.Covers...) {
			b.fuses.put(service, fuse{at: r.At, incident: r.Incident})
		}
	}
}

// next is an incident after a record: the same one, where nobody else knows of it. The desk's own timelines grow in place:
// nobody but the desk adds to them.
func (b *book) next(old *Incident, r Record) *Incident {
	now := old
	if alone := b.secret.keeps(old.made); !alone { // what others know of stays as it is
		i := *old
		i.runs = nil
		now = &i
	}
	if b.docs != nil {
		now.shelf = b.docs.Playbooks
	}
	if b.trial {
		*now = now.Apply(r)
		return now
	}
	now.secret = b.secret
	now.take(r)
	now.secret, now.made = nil, b.secret // whoever copies it from here on has no right to what is in it
	return now
}

// gate is all that keeps anything from being declared without a person; empty: armed. A fresh house is armed if its bia.yaml says so.
func (b *book) gate() string {
	if b.docs == nil {
		return "no documents have been adopted"
	}
	var all []string
	for _, why := range []string{b.broken, b.unread} {
		if why != "" {
			all = append(all, why)
		}
	}
	for _, g := range b.gaps {
		all = append(all, g.gate())
	}
	if b.arming == nil && b.docs.BIA.Declaration.Mode != "automatic" {
		all = append(all, "declaration.mode is recommend, and nobody has armed")
	}
	if b.arming != nil {
		if e, off := b.arming.Event.(Disarmed); off {
			all = append(all, fmt.Sprintf("disarmed by %s at %s", who(e.By), stamp(b.arming.At)))
		}
	}
	return strings.Join(all, "; ")
}

// off is the last word of a person that disarmed; zero: there is none, or somebody has armed since.
func (b *book) off() Off {
	if b.arming != nil {
		if e, is := b.arming.Event.(Disarmed); is && e.By.Person != "" {
			return Off{e.By, b.arming.At}
		}
	}
	return Off{}
}

// open are the incidents that still go on, the oldest first.
func (b *book) open() (open []Incident) {
	for _, id := range b.going {
		open = append(open, *b.incidents.of(id))
	}
	return open
}

// living are the same, in place.
func (b *book) living() []*Incident {
	open := make([]*Incident, 0, len(b.going))
	for _, id := range b.going {
		open = append(open, b.incidents.of(id))
	}
	return open
}

// held is the run that holds an exclusive resource. A live run is not kept waiting by an exercise, except while hands are
// at one of its steps: it lets go between steps.
func (b *book) held(live bool, resource string) string { return b.present(live).resources[resource] }

// running is the run of a playbook that goes on: one at a time, whatever it is for.
func (b *book) running(live bool, playbook string) string { return b.present(live).playbooks[playbook] }

// bringing is the run that is to bring a service back; empty: none.
func (b *book) bringing(live bool, service string) string { return b.present(live).services[service] }

// stranded is the run that was to bring a service back and that nobody carries out; zero: there is none, or another goes on.
func (b *book) stranded(live bool, service string) Strand {
	p := b.present(live)
	if p.services[service] != "" {
		return Strand{}
	}
	return p.stranded[service]
}

// present is what the runs of open incidents keep others from, the first of them each time.
func (b *book) present(live bool) *busy {
	if b.busy.playbooks == nil {
		*b.busy = newBusy()
		live := newBusy()
		b.busy.live = &live
		for _, id := range b.going {
			i := b.incidents.of(id)
			for _, run := range i.Runs {
				b.busy.add(i, run)
				if !run.yields() {
					b.busy.live.add(i, run)
				}
			}
		}
	}
	if live {
		return b.busy.live
	}
	return b.busy
}

func newBusy() busy {
	return busy{playbooks: map[string]string{}, resources: map[string]string{}, services: map[string]string{}, stranded: map[string]Strand{}}
}

// add takes in what a run keeps others from.
func (b *busy) add(i *Incident, run Run) {
	if !run.Active() {
		return
	}
	name := "run " + run.ID + " of " + i.ID
	if i.HandsOff != "" {
		name += fmt.Sprintf(" (not driven; it ends by holdfast stand-down %s)", i.ID)
	}
	put(b.playbooks, run.Name, name)
	switch {
	case run.Exercise != "": // it brings nothing back
	case i.HandsOff != "":
		put(b.stranded, run.Service, Strand{Incident: i.ID, Run: run.ID, Why: fmt.Sprintf("run %s of %s was to bring it back and was never ended, and %s", run.ID, i.ID, i.undriven())})
	default:
		put(b.services, run.Service, name)
	}
	if run.Playbook != nil {
		for _, resource := range run.Playbook.Exclusive {
			put(b.resources, resource, name)
		}
	}
}

// A Strand is a run that was never ended and that nobody carries out, since its incident is shown and not driven.
type Strand struct {
	Incident, Run string
	Why           string // in words
}

// undriven says of an incident why nobody carries its runs out, and how they end.
func (i Incident) undriven() string {
	return fmt.Sprintf("%[1]s is shown and not driven (%[2]s): nobody carries it out, and it ends by holdfast stand-down %[1]s", i.ID, i.HandsOff)
}

// Keeps are the services that an incident which is shown and not driven keeps from being brought back by another, since runs
// of it were never ended; nil where it is driven.
func (i Incident) Keeps() (services []string) {
	if i.HandsOff == "" || !i.Open() {
		return nil
	}
	for _, run := range i.Runs {
		if run.Active() && run.Exercise == "" {
			services = append(services, run.Service)
		}
	}
	return union(services, nil)
}

func put[V any](in map[string]V, key string, value V) {
	if _, there := in[key]; !there {
		in[key] = value
	}
}

// disaster is the first live disaster that is declared and not over; empty: none is.
func (b *book) disaster() string {
	for _, id := range b.going {
		if i := b.incidents.of(id); i.Exercise == "" && i.Declared != nil {
			return id
		}
	}
	return ""
}
