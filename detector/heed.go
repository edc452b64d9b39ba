package detector

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"holdfast/detector/alert"
)

// heed takes in what a statement says, and reports whether it says anything about what the analysis knows.
func (d *Detector) heed(s statement) bool {
	if s.observer != "" && s.ear == nil {
		return false
	}
	switch {
	case s.effect == "maintenance":
		return d.heedMaintenance(s)
	case s.component != "":
		return d.heedComponent(s)
	case s.site != "":
		return d.heedSite(s)
	case s.data != "":
		return d.heedData(s)
	case s.service != "":
		return d.heedService(s)
	case s.observer != "" && s.alert.Labels.Get("observer") == s.observer && !s.ruled:
		return d.heedObserver(s)
	}
	return false
}

func (d *Detector) heedComponent(s statement) bool {
	c, ok := d.book.Components[s.component]
	if !ok {
		return false
	}
	if s.effect == "intentional" {
		return d.heedIntentional(s, c.Observers)
	}
	w, ok := wordOf(s)
	if !ok {
		return false
	}
	if s.observer != "" && len(c.Observers) > 0 && !slices.Contains(c.Observers, s.observer) {
		d.stranger(s)
		return true
	}
	d.say(s.component, s, w)
	return true
}

// stranger remembers that an observer spoke of a component that it does not watch.
func (d *Detector) stranger(s statement) {
	known := d.strangers[s.component]
	if at, found := slices.BinarySearch(known, s.observer); !found {
		d.strangers[s.component] = slices.Insert(known, at, s.observer)
		d.upset(s.component)
	}
}

// wordOf is what a statement says of a component or service.
func wordOf(s statement) (word, bool) {
	if s.alert.Status == alert.Resolved {
		return resolved, true
	}
	if s.alert.Status == alert.Unknown {
		return unclear, true
	}
	switch State(s.effect) {
	case "", Down:
		return isDown, true
	case Degraded:
		return isDegraded, true
	case Up:
		return isUp, true
	case Unknown:
		return unclear, true
	}
	return nothing, false
}

// heedIntentional takes it that responders have switched a component off, from whoever may say that it is down: its observers,
// and nobody in particular as long as not all of these are known by what they sign or where they speak. What is switched off is no evidence
// of a lost site, so a thief could hide one.
func (d *Detector) heedIntentional(s statement, observers []string) bool {
	switch {
	case s.alert.Vouched:
	case s.observer != "" && len(observers) > 0 && !slices.Contains(observers, s.observer):
		d.stranger(s)
		return true
	case s.observer == "" && d.book.proven(observers):
		return true
	}
	until, err := time.Parse(time.RFC3339, s.alert.Labels.Get("until"))
	by := noted(s.alert.Labels.Get("by"))
	if err != nil || by == "" {
		return false
	}
	m := mark{at: d.at, own: s.own, until: instant(until), by: by}
	if s.alert.Status == alert.Resolved {
		m.until = s.own
	}
	if d.part(s.component).switchOff(m) {
		d.upset(s.component)
	}
	return true
}

func (d *Detector) part(id string) *part {
	p := d.parts[id]
	if p == nil {
		p = &part{}
		d.parts[id] = p
		if d.book.isService(id) { // of which nothing was said as a whole, so that no view has drawn it
			d.upset(id)
		}
	}
	return p
}

// heedSite hears of a site as a whole. It takes an explicit effect: that an alert carries a label "site" says where
// something happened, and must never be taken for the loss of the place.
func (d *Detector) heedSite(s statement) bool {
	if _, ok := d.book.Sites[s.site]; !ok {
		return false
	}
	f, ok := map[string]facility{"lost": facilityLost, "down": facilityLost, "impaired": facilityImpaired, "ok": facilityOK, "up": facilityOK}[s.effect]
	if s.alert.Status == alert.Resolved {
		f, ok = facilityOK, true // of this alert: what others say of the site stands
	}
	if !ok || s.alert.Status == alert.Unknown {
		return ok
	}
	if spoken(d.sites, s.site, s, saidAt(d, s, f)) {
		d.reappraise(s.site)
	}
	return true
}

// reappraise passes on that something was signalled of a site as a whole; a criterion of the user's own may ask about it
// whatever rests on it.
func (d *Detector) reappraise(site string) {
	d.shake(site)
	d.unexcuse(site)
	d.redrawn()
}

func (d *Detector) heedData(s statement) bool {
	holders := d.book.holders[s.data]
	if len(holders) == 0 {
		return false
	}
	if s.effect == "recovery_point" {
		return d.heedPoint(s)
	}
	c, ok := map[string]integrity{"unusable": dataUnusable, "down": dataUnusable, "compromised": dataCompromised, "ok": dataOK, "up": dataOK}[s.effect]
	if s.alert.Status == alert.Resolved {
		c, ok = dataOK, true
	}
	if !ok || s.alert.Status == alert.Unknown {
		return ok
	}
	if spoken(d.data, s.data, s, saidAt(d, s, c)) {
		d.reconsiderAll(holders)
	}
	return true
}

func (d *Detector) reconsiderAll(services []string) {
	for _, service := range services {
		d.reconsider(service)
	}
}

// spoken adds a statement to a subject's, each alert of each speaker told apart; false if it says nothing new.
func spoken[V facility | integrity](subjects map[string]sayings[V], id string, s statement, said saying[V]) bool {
	by := subjects[id]
	if by == nil {
		by = sayings[V]{}
		subjects[id] = by
	}
	key := s.observer + "\x00" + s.alert.Fingerprint
	if _, known := by[key]; !known && len(by) >= alertsEach {
		key = s.observer + "\x00"
	}
	if by[key].says(said, func(int64) bool { return false }) {
		return false
	}
	by[key] = by[key].with(said)
	return true
}

func (d *Detector) heedPoint(s statement) bool {
	at, err := time.Parse(time.RFC3339, s.alert.Labels.Get("instant"))
	if err != nil {
		return false
	}
	said := saidAt(d, s, instant(at))
	said.sequence = 0 // of several speakers, so that sequences do not compare
	if h := d.points[s.data]; !h.says(said, func(int64) bool { return false }) {
		d.points[s.data] = h.place(said)
		d.reconsiderAll(d.book.holders[s.data])
	}
	return true
}

// heedService takes an estimate of the end of an outage, or a state of the service as a whole where the alert says one:
// the label alone is on too many alerts to mean that the service is down.
func (d *Detector) heedService(s statement) bool {
	if !d.book.isService(s.service) {
		return false
	}
	if s.alert.Labels.Get("estimate") != "" {
		return d.heedEstimate(s)
	}
	w, ok := wordOf(s)
	if !ok || s.effect == "" {
		return false
	}
	d.say(s.service, s, w)
	return true
}

// heedEstimate takes an estimate that an alert gives. It counts if its source may give one; else it is only shown.
func (d *Detector) heedEstimate(s statement) bool {
	end := int64(never)
	if text := s.alert.Labels.Get("estimate"); text != "none" {
		length, err := model.ParseDuration(text)
		if err != nil {
			return false
		}
		end = later(s.own, time.Duration(length))
	}
	said := saidAt(d, s, end)
	said.sequence = 0
	counts := s.alert.Vouched || d.book.mayEstimate(s.observer)
	d.estimate(s.service, said, remark{by: s.observer, counts: counts})
	return true
}

func (d *Detector) heedObserver(s statement) bool {
	e := s.ear
	switch {
	case s.effect == "silent" && s.alert.Status == alert.Firing:
		e.hush(d.at)
		d.touchWatched(s.observer)
	case s.effect == "ok", s.effect == "silent", s.alert.Status == alert.Resolved:
		if e.hear(d.at) {
			d.touchWatched(s.observer)
		}
	default:
		return false
	}
	return true
}

func (d *Detector) heedMaintenance(s statement) bool {
	l := s.alert.Labels
	from, badFrom := time.Parse(time.RFC3339, l.Get("from"))
	to, badTo := time.Parse(time.RFC3339, l.Get("to"))
	expect, ok := gradeOf(l.Get("expect"))
	if l.Get("expect") == "impaired" {
		expect, ok = degraded, true
	}
	words := strings.FieldsFunc(strings.ReplaceAll(l.Get("scope"), "site ", "site\x00"), func(r rune) bool { return r == ',' || r == ' ' })
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "site\x00", "site ")
	}
	w := d.book.announced(noted(l.Get("change")), d.at, from, to, words, expect)
	if badFrom != nil || badTo != nil || !ok || len(w.scope) == 0 {
		return false
	}
	if o, known := d.book.Observers[s.observer]; !s.alert.Vouched && (!known || !o.Maintenance) {
		w.void, w.by = true, s.observer
	}
	d.schedule(w, s.alert.Status == alert.Resolved)
	return true
}

// schedule adds an announced window, or calls off the one that it repeats.
func (d *Detector) schedule(w window, off bool) {
	for i, o := range d.windows {
		if !o.repeats(w, off) {
			continue
		}
		if !off {
			return
		}
		d.windows[i].to = min(o.to, d.at)
	}
	alike, most := 0, windowsMost
	if w.void {
		most = voidMost
	}
	for _, o := range d.windows {
		alike += one(o.void == w.void)
	}
	if !off && alike < most {
		d.windows = append(d.windows, w)
	}
	for _, id := range w.scope {
		d.upset(id)
	}
}
