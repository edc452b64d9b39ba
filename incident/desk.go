package incident

import (
	"iter"
	"maps"
	"slices"
	"sort"
	"time"

	"holdfast/detector"
	"holdfast/detector/alert"
	"holdfast/internal/planted"
)

// A Desk is the duty desk: it hears alerts, follows every incident, and knows what is due. It holds the detector and all
// incidents; everything else (the daemon, a rehearsal, a backtest) only brings it inputs and time.
//
// What it hears and the records it applies are all its state. Decisions come out as Changes, which do nothing until they
// are committed and come back through Apply; so the past is never decided again. It is not safe for concurrent use.
type Desk struct {
	book
	agenda   agenda
	stirred  map[string]bool    // incidents that may want other effects than when it was last asked which; nil: all
	detector *detector.Detector // judges by the text in force; nil until documents are adopted
	lost     []Gap              // in the journal
	older    []older            // what open incidents are judged by else, the text adopted first in front
	early    []heard            // what came in before that

	through    uint64
	received   time.Time // the latest time at which anything was that was heard
	read       uint64    // alerts
	unreadable map[alert.Reason]uint64
	unread     []alert.Unread // the last ones
	truncated  uint64

	asked   time.Time // the last instant Due was asked for, or that stands in the journal
	decided time.Time // the last instant at which nothing was due any more, or that stands in the journal, but for what a start alone writes
	decides bool      // Due was asked for
	latest  time.Time // the latest instant seen at all
}

// heard is one message of the alert log, made out by its format.
type heard struct {
	sequence   uint64
	received   time.Time
	from       string
	batch      alert.Batch
	unreadable *alert.Unreadable
}

// NewDesk is an empty desk.
func NewDesk() *Desk {
	return &Desk{book: newBook(), agenda: newAgenda(), unreadable: map[alert.Reason]uint64{}}
}

// Know tells the desk of documents that were read without an error, so that it does not read them once more where the log has
// them adopted. That takes as long as all else in a log of a day.
func (d *Desk) Know(docs *Documents) { d.book.known = docs }

// Apply folds one committed record into the desk. It is total: what is in the journal has happened.
func (d *Desk) Apply(r Record) {
	d.asked = later(d.asked, r.At)
	d.latest = later(d.latest, r.At)
	before := d.docs
	d.book.apply(r)
	d.agenda.note(r, &d.book)
	d.stir(r)
	switch e := r.Event.(type) {
	case DocumentsAdopted:
		if d.docs != nil {
			d.judgeBy(before)
		}
	case word:
		for _, judge := range d.detectors() {
			e.tell(judge, r.At)
		}
	}
	switch r.Event.(type) {
	case TookOver, DocumentsAdopted, Disarmed: // a start writes them, before it has decided anything
	default:
		if !d.decides { // who decides knows when; what people order and what comes of a step is recorded whenever it comes
			d.decided = later(d.decided, r.At)
		}
	}
	d.release()
}

// detectors are all that judge: by the text in force, then by older ones. All of them hear everything.
func (d *Desk) detectors() (all []*detector.Detector) {
	if d.detector != nil {
		all = append(all, d.detector)
	}
	for _, o := range d.older {
		all = append(all, o.detector)
	}
	return all
}

// Hear takes in one message of the alert log, as it was received: the alerts that its format says it holds, or why no
// format reads it; and its body, which a mapping of the documents in force reads where it is for the subject.
func (d *Desk) Hear(sequence uint64, received time.Time, from string, batch alert.Batch, unreadable *alert.Unreadable) {
	d.through = max(d.through, sequence)
	d.received, d.latest = later(d.received, received), later(d.latest, received)
	m := heard{sequence, received, from, batch, unreadable}
	if d.detector == nil {
		d.early = append(d.early, m)
		return
	}
	d.take(m)
}

// take makes out a message by the documents in force, and observes what it says. What older texts make of it is observed by
// those who judge by them.
func (d *Desk) take(m heard) {
	for _, o := range d.older {
		if batch, why := o.docs.makeOut(m.from, m.batch, m.unreadable); why == nil || len(batch.Alerts) > 0 {
			o.detector.Observe(m.received, m.from, o.docs.signed(m, batch.Alerts)...)
		}
	}
	batch, why := d.docs.makeOut(m.from, m.batch, m.unreadable)
	if why != nil {
		d.unreadable[why.Reason]++
		if len(d.unread) >= 2*mostUnread {
			d.unread = slices.Clone(d.unread[mostUnread:])
		}
		d.unread = append(d.unread, alert.Unread{Sequence: m.sequence, Subject: m.from, Why: *why})
		if len(batch.Alerts) == 0 {
			return
		}
	}
	d.read += uint64(len(batch.Alerts))
	d.truncated += uint64(max(batch.Truncated, 0))
	d.detector.Observe(m.received, m.from, d.docs.signed(m, batch.Alerts)...)
}

// signed are the alerts of a message with the observer who signed it, by the key that the documents have of them.
// Of a message of several bodies nobody is: where it is to be cut, its signature does not say.
func (d *Documents) signed(m heard, alerts []alert.Alert) []alert.Alert {
	by := m.batch.Signature
	o, known := d.BIA.Observers[by.Observer]
	if !known || m.batch.Lengths != nil || !by.Holds(o.PublicKey(), m.batch.Body, m.received) {
		return alerts
	}
	alerts = slices.Clone(alerts) // older texts may have other keys
	for n := range alerts {
		alerts[n].Signer = by.Observer
	}
	return alerts
}

// mostUnread is how many of the last messages that nobody could read are kept at least.
const mostUnread = 1 << 15

// Unread are the messages after a sequence that nobody could read, in order: the last ones, where there are very many.
func (d *Desk) Unread(after uint64) []alert.Unread {
	first := sort.Search(len(d.unread), func(i int) bool { return d.unread[i].Sequence > after })
	return slices.Clip(d.unread[first:])
}

// AlertsThrough is the sequence of the last message heard.
func (d *Desk) AlertsThrough() uint64 { return d.through }

// Due is everything that has to be recorded at now: what the world and the clock say of all incidents. It is a fixed
// point: once its changes are committed, Due at the same instant is empty.
func (d *Desk) Due(now time.Time) []Change {
	d.asked, d.latest = later(d.asked, now), later(d.latest, now)
	if d.detector == nil {
		return nil
	}
	d.decides = true
	f := d.draft(now)
	f.lookBack(d.decided)
	f.settle()
	if len(f.changes) == 0 { // else it is decided once they are recorded
		d.decided = later(d.decided, now)
	}
	return f.changes
}

// NextAt is the next instant at which Due can have something to say if nothing else happens; exact. It counts from the
// last instant that Due was asked for.
func (d *Desk) NextAt() (time.Time, bool) {
	if d.detector == nil {
		return time.Time{}, false
	}
	next, ok := d.draft(d.asked).nextAt()
	for _, judge := range d.detectors() {
		if at, changes := judge.NextAt(d.asked); changes && (!ok || at.Before(next)) {
			next, ok = at, true
		}
	}
	return next, ok
}

// TakeOver is what an instance commits first: a new epoch.
func (d *Desk) TakeOver(instance, version string) []Change {
	if planted.Is(planted.EpochNotRaised) && d.epoch > 0 {
		return []Change{{Event: TookOver{Epoch: d.epoch, Instance: instance, Version: version}}}
	}
	return []Change{{Event: TookOver{Epoch: d.epoch + 1, Instance: instance, Version: version}}}
}

// Epoch is the present one; 0 before the first instance took over.
func (d *Desk) Epoch() uint64 { return d.epoch }

// Adopt makes documents the ones to live by; empty if they already are. Open incidents go on being judged by the text
// that they are judged by, as far as so many older ones are kept.
func (d *Desk) Adopt(docs *Documents, by Actor) []Change {
	if d.docs != nil && d.docs.Digest == docs.Digest && d.broken == "" {
		return nil
	}
	changes := []Change{{Event: DocumentsAdopted{Digest: docs.Digest, Files: docs.Files, By: by}}}
	if d.docs != nil {
		changes = append(changes, d.crowdedOut(docs)...)
	}
	return changes
}

// Wants are the effects that have to be under way now, in a stable order. An effect that is no longer among them is
// finished, or nobody wants it any more.
func (d *Desk) Wants() []Effect { return d.wants() }

// WantsOf are those of them that are an incident's.
func (d *Desk) WantsOf(incident string) []Effect { return d.wantsOf(incident) }

// Stirred are the incidents that may want other effects than when this was last asked, the oldest first.
func (d *Desk) Stirred() (ids []string) {
	for _, id := range d.ids {
		if d.stirred == nil {
			ids = append(ids, id)
		}
	}
	for id := range d.stirred {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return d.incidents.of(a).seat - d.incidents.of(b).seat })
	d.stirred = map[string]bool{}
	return ids
}

func (d *Desk) stir(r Record) {
	switch {
	case r.Incident == "":
		d.stirred = nil
	case d.stirred != nil:
		d.stirred[r.Incident] = true
	}
}

// Finish records how an effect went; empty if it came too late to matter.
func (d *Desk) Finish(now time.Time, r Result) []Change { return d.finish(now, r) }

// Incidents are all incidents, the newest first.
func (d *Desk) Incidents() []Incident {
	return slices.AppendSeq(make([]Incident, 0, len(d.ids)), d.Newest())
}

// Newest goes through all incidents, the newest first: who wants a hundred of ten thousand does not pay for the rest.
func (d *Desk) Newest() iter.Seq[Incident] {
	return func(yield func(Incident) bool) {
		for _, id := range slices.Backward(d.ids) {
			if !yield(*d.incidents.of(id)) {
				return
			}
		}
	}
}

// Incident finds one incident.
func (d *Desk) Incident(id string) (Incident, bool) {
	if i, ok := d.incidents.find(id); ok {
		return *i, true
	}
	return Incident{}, false
}

// Verdicts are the situations open at now, also those that are no incident yet.
func (d *Desk) Verdicts(now time.Time) []detector.Verdict {
	if d.detector == nil {
		return nil
	}
	return stillOpen(d.detector.Verdicts(now))
}

// VerdictsOn are the situations open at now as the text shows them that an incident is judged by.
func (d *Desk) VerdictsOn(i Incident, now time.Time) []detector.Verdict {
	for _, o := range d.older {
		if o.docs.BIA.Digest == i.JudgedBy {
			return stillOpen(o.detector.Verdicts(now))
		}
	}
	return d.Verdicts(now)
}

func stillOpen(verdicts []detector.Verdict) (open []detector.Verdict) {
	for _, v := range verdicts {
		if v.Open {
			open = append(open, v)
		}
	}
	return open
}

// Documents are the ones adopted last, as the journal keeps them; nil before the first.
func (d *Desk) Documents() *Documents { return d.docs }

// Armed reports whether declarations may happen automatically, and why not.
func (d *Desk) Armed() (bool, string) {
	if d.shadow {
		return false, idleShadow
	}
	gate := d.gate()
	return gate == "", gate
}

// Facts answers questions about components and services at the last instant the desk was brought to; nil before
// documents were adopted.
func (d *Desk) Facts() detector.Facts {
	if d.detector == nil {
		return nil
	}
	return d.detector.FactsAt(d.latest)
}

// Components are what is known of each component at the last instant the desk was brought to.
func (d *Desk) Components() []detector.ComponentReport {
	if d.detector == nil {
		return nil
	}
	return d.detector.Components(d.latest)
}

// Counts are the numbers of what came in.
func (d *Desk) Counts() Counts {
	c := Counts{Alerts: d.read, Unreadable: maps.Clone(d.unreadable), Truncated: d.truncated}
	if d.detector != nil {
		c.Heard = d.detector.Heard()
	}
	return c
}

// Counts are part of the state: a restart counts the same.
type Counts struct {
	detector.Heard
	Alerts     uint64                  `json:"alerts"` // that were read
	Unreadable map[alert.Reason]uint64 `json:"unreadable"`
	Truncated  uint64                  `json:"truncated"`
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
