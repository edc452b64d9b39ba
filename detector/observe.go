package detector

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"holdfast/detector/alert"
	"holdfast/internal/planted"
)

// An integrity is the state of data, the worse the greater.
type integrity uint8

const (
	dataOK integrity = iota
	dataUnusable
	dataCompromised
)

// A statement is an alert read by the analysis: what it is about, and what it says of it.
type statement struct {
	component, site, data, service string
	observer                       string
	ear                            *ear // the observer's; nil: nobody who is known speaks
	effect                         string
	alert                          *alert.Alert
	key                            uint64 // of all that it says but its times; 0: it is not to be recognised
	own                            int64
	suspect                        bool
	ruled                          bool // a signal of the analysis said so
	stray                          bool // it claims to be of an observer that does not speak where it came
}

// take hears one alert.
func (d *Detector) take(subject string, a *alert.Alert) {
	key := d.memory.keyOf(subject, a)
	if d.repeated(key, a) || d.heartbeat(subject, a) {
		return
	}
	s := d.read(subject, a)
	if s.stray {
		d.stray(s, subject)
		return
	}
	s.key = key
	d.receive(s.ear)
	if s.suspect {
		d.count.Suspect++
	}
	if !d.heed(s) {
		d.unmapped(a)
		return
	}
	d.wake()
	if s.ear != nil && s.effect != "silent" && s.ear.hear(d.at) {
		d.touchWatched(s.observer)
	}
}

// wake starts waiting for every observer, once anything that means something was heard.
func (d *Detector) wake() {
	if d.awake {
		return
	}
	d.awake = true
	for _, e := range d.watching {
		if e.wake(d.at); e.silentFrom() <= d.until { // its silence is foreseen
			d.touchWatched(e.id)
		}
	}
}

// receive counts an alert; who is no observer counts as nobody, so that no sender can make up names to be remembered.
func (d *Detector) receive(e *ear) {
	if e == nil {
		d.nobody++
		return
	}
	e.received++
}

// heartbeat hears an observer's sign of life. One that is resolved is no sign of life, and nothing else either.
func (d *Detector) heartbeat(subject string, a *alert.Alert) bool {
	matched, elsewhere := false, ""
	for _, e := range d.watching {
		if !e.match.Match(a.Labels.Get) {
			continue
		}
		if !d.speaksHere(e.id, a) {
			elsewhere = cmp.Or(elsewhere, e.id)
			continue
		}
		matched = true
		if d.book.forged(e.id, a) {
			d.nobody++
			continue
		}
		d.receive(e)
		if a.Status == alert.Firing {
			d.beat(e)
		}
	}
	if !matched && elsewhere != "" { // of one that beats like others, where another speaks, it is that other's
		d.stray(statement{alert: a, observer: elsewhere}, subject)
	}
	return matched || elsewhere != ""
}

// speaksHere reports whether what came on the present subject can be an observer's word: it does if the subject is its own,
// or nobody's while it has none. A signature, where there is one, proves more than where it came.
func (d *Detector) speaksHere(observer string, a *alert.Alert) bool {
	o, known := d.book.Observers[observer]
	if !known || a.Signer == observer || a.Vouched || planted.Is(planted.LabelIsEnough) {
		return true
	}
	if len(o.SpeaksOn) == 0 {
		return len(d.owners) == 0
	}
	_, found := slices.BinarySearch(d.owners, observer)
	return found
}

// stray counts an alert that claims to be of an observer that does not speak where it came. It says nothing, neither as that
// observer's word nor as anybody's: whoever is let in to speak for one is not heard about what another watches.
func (d *Detector) stray(s statement, subject string) {
	d.nobody++
	if d.count.Misattributed == nil {
		d.count.Misattributed = map[string]uint64{}
	}
	d.count.Misattributed[s.observer]++
	labels, err := json.Marshal(bounded(s.alert.Labels))
	if err != nil {
		return
	}
	d.count.Strays = append(d.count.Strays, Stray{s.observer, noted(subject), clock(d.at), labels})
	d.count.Strays = slices.Delete(d.count.Strays, 0, max(0, len(d.count.Strays)-samples))
	if _, known := d.book.Components[s.component]; !known {
		return
	}
	as := d.spokenFor[s.component]
	if at, found := slices.BinarySearch(as, s.observer); !found {
		d.spokenFor[s.component] = slices.Insert(as, at, s.observer)
		d.upset(s.component)
	}
}

func (d *Detector) beat(e *ear) {
	d.wake()
	foreseen := e.silentFrom() <= d.until
	ends, proves := e.beat(d.at)
	if ends || foreseen || e.silentFrom() <= d.until {
		d.touchWatched(e.id)
	}
	if proves {
		for _, id := range e.proven(d.at) {
			d.touch(id)
		}
	}
}

func (d *Detector) unmapped(a *alert.Alert) {
	d.count.Unmapped++
	sample, err := json.Marshal(bounded(a.Labels))
	if err != nil {
		return
	}
	d.count.Samples = append(d.count.Samples, sample)
	if n := len(d.count.Samples); n > samples {
		d.count.Samples = slices.Delete(d.count.Samples, 0, n-samples)
	}
}

// samples is how many unmapped alerts are kept for people to look at.
const samples = 20

// read maps an alert: the first signal whose matchers all match says what it is about, else its labels do.
func (d *Detector) read(subject string, a *alert.Alert) statement {
	s := statement{alert: a}
	s.own, s.suspect = d.ownTime(a)
	for i := range d.book.Signals {
		signal := &d.book.Signals[i]
		if !signal.Match.Match(a.Labels.Get) {
			continue
		}
		s.ruled = true
		s.component, s.site, s.data = fill(signal.Component, a.Labels), fill(signal.Site, a.Labels), fill(signal.Data, a.Labels)
		s.effect, s.observer = signal.Effect, signal.Observer
		break
	}
	if !s.ruled {
		s.component, s.site, s.data, s.service = a.Labels.Get("component"), a.Labels.Get("site"), a.Labels.Get("data"), a.Labels.Get("service")
	}
	s.component, s.site, s.data, s.service = d.book.name(s.component), d.book.name(s.site), d.book.name(s.data), d.book.name(s.service)
	if s.effect == "" {
		s.effect = a.Labels.Get("effect")
	}
	s.observer = d.book.name(d.speaker(&s, subject))
	if sole := d.book.observersOf(s.component); s.observer == "" && len(sole) == 1 {
		s.observer = sole[0]
	}
	if !d.speaksHere(s.observer, a) {
		s.stray = true
		return s
	}
	if d.book.forged(s.observer, a) { // heard, and nobody's: it makes up no quorum of those who are known, and is no sign that its observer is there
		s.observer = ""
	}
	s.ear = d.ears[s.observer]
	return s
}

// forged reports whether an alert claims to be of an observer that signs what it says, and is not signed by it.
func (b *book) forged(observer string, a *alert.Alert) bool {
	o, known := b.Observers[observer]
	return known && o.Key != "" && a.Signer != observer && !a.Vouched
}

// signed reports whether a statement bears the signature of its speaker. It is asked when it is heard, and never again: a key
// that an observer is given later makes no word signed that was said before.
func (b *book) signed(s statement) bool {
	o, known := b.Observers[s.observer]
	return known && o.Key != "" && (s.alert.Signer == s.observer || s.alert.Vouched)
}

// speaker is the observer that an alert is from: the signal's, else its label, else the one whose own the subject is, else the
// subject's last token or the source of the CloudEvent where that is an observer; empty where nobody owned up. A label that names nobody is nobody's where a signal mapped the alert;
// else it stays, and the alert is unmapped.
func (d *Detector) speaker(s *statement, subject string) string {
	if s.observer != "" {
		return s.observer
	}
	if o := s.alert.Labels.Get("observer"); o != "" && (d.ears[o] != nil || !s.ruled) {
		return o
	}
	if len(d.owners) == 1 {
		return d.owners[0]
	}
	if token := subject[strings.LastIndexByte(subject, '.')+1:]; d.ears[token] != nil {
		return token
	}
	if source := s.alert.Labels.Get("ce_source"); d.ears[source] != nil {
		return source
	}
	return ""
}

// ownTime is the sender's own time of what an alert says, or the time of receipt where that cannot be: none, in the
// future, or further back than anybody believes (domain section 6).
func (d *Detector) ownTime(a *alert.Alert) (own int64, suspect bool) {
	t := a.StartsAt
	if a.Status == alert.Resolved {
		t = a.EndsAt
	}
	received := clock(d.at)
	if t.IsZero() || t.After(received.Add(d.book.Defaults.MaxFutureSkew)) || t.Before(received.Add(-d.book.Defaults.MaxAge)) {
		return d.at, true
	}
	return min(instant(t), d.at), false
}

func saidAt[V cmp.Ordered](d *Detector, s statement, value V) saying[V] {
	return saying[V]{own: s.own, heard: d.at, sequence: s.alert.Sequence, suspect: s.suspect, signed: d.book.signed(s), value: value}
}
