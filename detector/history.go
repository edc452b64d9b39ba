package detector

import (
	"cmp"
	"slices"
)

// A saying is one statement as it was heard.
type saying[V cmp.Ordered] struct {
	own      int64  // the speaker's time of it; the time of receipt where that is not to be believed
	heard    int64  // time of receipt
	sequence uint64 // the speaker's own; 0: none
	suspect  bool   // the speaker's time is not to be believed (clock_suspect)
	signed   bool   // as it was heard: by the key that its speaker had then
	aged     int64  // when its speaker fell silent, where the record of that is gone; 0: see the speaker's silences
	value    V
}

// order is the order of two statements of one speaker on one subject: its own sequence, else its own time, or receipt
// where one of the clocks is suspect (domain section 6). What is equal in all that is ordered by value, the worse last.
func (s saying[V]) order(o saying[V]) int {
	if s.sequence != 0 && o.sequence != 0 && s.sequence != o.sequence {
		return cmp.Compare(s.sequence, o.sequence)
	}
	if s.suspect || o.suspect {
		return cmp.Or(cmp.Compare(s.heard, o.heard), s.tie(o))
	}
	return cmp.Or(cmp.Compare(s.own, o.own), s.tie(o))
}

func (s saying[V]) tie(o saying[V]) int {
	return cmp.Or(cmp.Compare(s.heard, o.heard), cmp.Compare(s.own, o.own), cmp.Compare(s.value, o.value))
}

// repeats reports whether a statement says nothing that an earlier one did not. To sign what was said without is to say more.
func (s saying[V]) repeats(o saying[V]) bool {
	return (o.signed || !s.signed) && s.value == o.value && s.sequence == o.sequence && s.suspect == o.suspect && (s.suspect || s.own == o.own)
}

// lateness is how long after its own time a statement was heard.
func (s saying[V]) lateness() int64 { return s.heard - s.own }

// A history is what one speaker said on one subject, in the order of receipt; of one instant, in the speaker's order.
type history[V cmp.Ordered] []saying[V]

// most bounds a history; beyond it the oldest statements but the first are forgotten.
const most = 512

// with adds what was just heard.
func (h history[V]) with(s saying[V]) history[V] {
	at := len(h)
	for at > 0 && h[at-1].heard == s.heard && s.order(h[at-1]) < 0 {
		at--
	}
	h = slices.Insert(h, at, s)
	if len(h) > most {
		h = slices.Delete(h, 1, 1+most/4)
	}
	return h
}

// says reports whether a statement is only a repetition. One whose time is suspect repeats the last statement only.
func (h history[V]) says(s saying[V], silentSince func(int64) bool) bool {
	for i := len(h) - 1; i >= 0; i-- {
		if s.repeats(h[i]) {
			return !silentSince(h[i].heard)
		}
		if s.suspect {
			return false
		}
	}
	return false
}

// inOrder is the history in the speaker's order.
func (h history[V]) inOrder() history[V] {
	if slices.IsSortedFunc(h, saying[V].order) {
		return h
	}
	out := make(history[V], 0, len(h))
	for _, s := range h {
		at := len(out)
		for at > 0 && s.order(out[at-1]) < 0 {
			at--
		}
		out = slices.Insert(out, at, s)
	}
	return out
}

// A lens is a way of laying statements out in time.
type lens struct {
	// known lays each statement where it was heard, as far as it was news then. What is known at an instant never
	// changes by what is heard later.
	known bool
	// mended lays, of what is known, each statement that something is better at its own time, news or not: what somebody
	// who knew of every recovery as it came, and of every loss as it was heard, could have told.
	mended bool
	// backdate is how far before its receipt a statement counts; an older one is stale.
	backdate int64
	// stale lays stale statements where they were heard; otherwise they count from as far back as they may.
	stale bool
}

// plain is the lens of what most likely was: every statement at its own time.
var plain, asKnown = lens{backdate: never}, lens{known: true, backdate: never}

func (l lens) begins(own, heard int64, suspect bool) int64 {
	if suspect || own > heard {
		return heard
	}
	if l.backdate == never || own >= heard-l.backdate {
		return own
	}
	if l.stale {
		return heard
	}
	return heard - l.backdate
}

// A stretch is how long a statement stood.
type stretch[V cmp.Ordered] struct {
	span
	said saying[V]
}

// laid is the history through a lens. A state never begins before the one it replaces.
func (h history[V]) laid(l lens) []stretch[V] {
	switch {
	case l.mended:
		return h.mended()
	case l.known:
		return h.asHeard()
	}
	out := make([]stretch[V], 0, len(h))
	for _, s := range h.inOrder() {
		from := l.begins(s.own, s.heard, s.suspect)
		if n := len(out); n > 0 {
			from = max(from, out[n-1].from)
			out[n-1].to = from
		}
		out = append(out, stretch[V]{span{from, never}, s})
	}
	return slices.DeleteFunc(out, func(s stretch[V]) bool { return s.from == s.to })
}

// only is the history through a lens, where it is a single statement.
func (h history[V]) only(l lens) (stretch[V], bool) {
	if len(h) != 1 {
		return stretch[V]{}, false
	}
	s := h[0]
	switch {
	case l.mended && isLoss(s.value), l.known && !l.mended:
		return stretch[V]{span{s.heard, never}, s}, true
	case l.mended:
		l = plain
	}
	return stretch[V]{span{l.begins(s.own, s.heard, s.suspect), never}, s}, true
}

// asHeard is what was the latest statement, at each instant of receipt.
func (h history[V]) asHeard() []stretch[V] {
	out := make([]stretch[V], 0, len(h))
	for _, s := range h {
		n := len(out)
		if n > 0 && s.order(out[n-1].said) < 0 {
			continue
		}
		if n > 0 {
			out[n-1].to = s.heard
		}
		out = append(out, stretch[V]{span{s.heard, never}, s})
	}
	return slices.DeleteFunc(out, func(s stretch[V]) bool { return s.from == s.to })
}

// mended is the history with each loss laid where it was first heard of, if it was news then, and each recovery at its own
// time.
func (h history[V]) mended() []stretch[V] {
	var out []stretch[V]
	for _, s := range h.inOrder() {
		from := plain.begins(s.own, s.heard, s.suspect)
		if n := len(out); isLoss(s.value) && (n == 0 || out[n-1].said.value != s.value) {
			if from = s.heard; slices.ContainsFunc(h, func(o saying[V]) bool { return o.heard < s.heard && s.order(o) < 0 }) {
				continue
			}
		}
		if n := len(out); n > 0 {
			from = max(from, out[n-1].from)
			out[n-1].to = from
		}
		out = append(out, stretch[V]{span{from, never}, s})
	}
	return slices.DeleteFunc(out, func(s stretch[V]) bool { return s.from == s.to })
}

func isLoss[V cmp.Ordered](value V) bool {
	w, ok := any(value).(word)
	return !ok || w == isDown || w == isDegraded || w == heldDown
}

// line is the history's values in time.
func (h history[V]) line(l lens) line[V] {
	var out line[V]
	for _, s := range h.laid(l) {
		out = out.to(s.from, s.said.value)
	}
	return out
}

// valueAt is the history's value at an instant.
func (h history[V]) valueAt(l lens, t int64) (value V) {
	if s, one := h.only(l); one {
		if s.has(t) {
			value = s.said.value
		}
		return value
	}
	return h.line(l).at(t)
}

// trim forgets what no longer shows after an instant: whatever was heard and replaced before it.
func (h history[V]) trim(before int64) history[V] {
	if len(h) == 1 {
		return slices.Clone(h)
	}
	kept := map[saying[V]]bool{}
	for _, s := range h.laid(plain) {
		kept[s.said] = s.to > before
	}
	return slices.DeleteFunc(slices.Clone(h), func(s saying[V]) bool { return s.heard < before && !kept[s] })
}
