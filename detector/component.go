package detector

import (
	"cmp"
	"slices"
)

// A word is what a speaker says of a component, the worse the greater.
type word uint8

const (
	nothing  word = iota // never spoke of it
	isUp                 // up
	unproven             // resolved, by an observer that no heartbeat vouches for
	unclear              // a third state, or what it said has aged
	isDegraded
	heldDown // was down when the speaker fell silent
	isDown
	resolved // as heard; laid out as up, unproven or unclear
)

var wordNames = [...]string{"nothing", "up", "up", "unknown", "degraded", "held down", "down", "resolved"}

// An utterance is a speaker's word at an instant, and whether the speaker is silent then.
type utterance struct {
	word     word
	silent   bool
	suspect  bool
	nameless bool // nobody owns up to it, where the component has several observers, or those are known by what they sign or where they speak
	void     bool // and it is no word at all, since they are
}

// grade is the state of a component or service when each unknown is taken one way.
type grade uint8

const (
	wellUp grade = iota
	degraded
	down
)

// A cell is the state of a component at an instant.
type cell struct {
	grade   grade
	unknown bool // nobody can see it: up or down
	marks   marks
}

func (c cell) best() grade { return c.grade }

func (c cell) worst() grade {
	if c.unknown {
		return down
	}
	return c.grade
}

func (c cell) state() State {
	if c.unknown {
		return Unknown
	}
	return states[c.grade]
}

var states = [...]State{Up, Degraded, Down}

// marks qualify a component's state.
type marks uint8

const (
	disputed    marks = 1 << iota // some observer says worse
	held                          // rests on what was said before its observers fell silent
	unvouched                     // resolved by an observer without a heartbeat
	suspected                     // by a statement whose time is not to be believed
	intentional                   // switched off by responders
	presumed                      // unknown for so long that it counts as down
	unbacked                      // switched off, and no quorum of observers says that it is down
	lone                          // of a service as a whole: fewer observers than its quorum say that it is down
)

var markNames = [...]string{"disputed", "held_down", "unproven", "clock_suspect", "intentional", "presumed_down"}

func (m marks) names() []string {
	var names []string
	for i, name := range markNames {
		if m&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// A part is what was said of one component, or of a service as a whole.
type part struct {
	said    []*speech // in order of observer
	off     []mark    // in order of receipt
	late    int64     // how late a statement was heard, at most
	wasLate int64     // the same, as it was passed on
}

// A mark says that responders switched a component off.
type mark struct {
	at, own, until int64 // when it was heard, its sender's time of it, and until when it holds
	by             string
}

func (m mark) order(o mark) int {
	return cmp.Or(cmp.Compare(m.at, o.at), cmp.Compare(m.until, o.until), cmp.Compare(m.by, o.by))
}

// marksMost bounds the marks of one component; the oldest are forgotten.
const marksMost = 64

// switchOff adds a mark in order of receipt, unless it was heard already; of those heard in the same instant the one that
// lasts longest counts.
func (p *part) switchOff(m mark) bool {
	if slices.ContainsFunc(p.off, func(o mark) bool { return o.own == m.own && o.until == m.until && o.by == m.by }) {
		return false
	}
	at := len(p.off)
	for at > 0 && p.off[at-1].order(m) > 0 {
		at--
	}
	p.off = slices.Insert(p.off, at, m)
	p.off = p.off[max(0, len(p.off)-marksMost):]
	return true
}

// switchedOff is the mark that holds at an instant, and when.
func (p *part) switchedOff() (when spans, marks []mark) {
	for i, m := range p.off {
		to := m.until
		if i+1 < len(p.off) {
			to = min(to, p.off[i+1].at)
		}
		if m.at < to {
			when, marks = append(when, span{m.at, to}), append(marks, m)
		}
	}
	return when, marks
}

// A voice is one speaker's utterances about one component in time.
type voice struct {
	observer string
	line     line[utterance]
}

func (v voice) equal(o voice) bool {
	return v.observer == o.observer && slices.Equal(v.line, o.line)
}

// voices are all who count for the component: its declared observers, and whoever else has spoken of it. What nobody owns
// up to is the word of a sole observer; beside several it only raises a doubt: a sender without a name must not make up a
// quorum.
func (v *view) voices(id string, p *part) []voice {
	declared := v.d.book.observersOf(id)
	speakers := declared
	if p != nil {
		speakers = slices.Clone(declared)
		for _, s := range p.said {
			speakers = append(speakers, s.observer)
		}
	}
	if !slices.IsSorted(speakers) || len(speakers) > len(declared) {
		speakers = slices.Compact(slices.Sorted(slices.Values(speakers)))
	}
	all := make([]voice, 0, len(speakers))
	proven := v.d.book.proven(declared)
	for _, o := range speakers {
		said := v.voice(o, p)
		if o == "" && (len(declared) > 1 || proven) {
			said = remap(said, func(u utterance) utterance { u.nameless, u.void = true, proven; return u })
		}
		all = append(all, voice{o, said})
	}
	release(all)
	return all
}

// voice is the worst of what one observer's alerts say, and its silences.
func (v *view) voice(observer string, p *part) line[utterance] {
	e := v.d.ears[observer]
	silences := e.silences(v.d.until)
	var said line[utterance]
	if p != nil {
		if s := p.speechBy(observer); s != nil {
			said = v.worstOf(s, e, silences)
		}
	}
	if len(silences) == 0 {
		return said
	}
	return combine([]line[utterance]{said, hushed(silences)}, func(u []utterance) utterance {
		u[0].silent = u[1].silent
		return u[0]
	})
}

// worstOf is the worst of what the alerts of a speech say.
func (v *view) worstOf(s *speech, e *ear, silences spans) line[utterance] {
	var c counting[utterance]
	var one line[utterance]
	v.d.memory.each(s, func(_ uint32, said history[word]) {
		one = one[:0]
		if l, only := said.only(v.lens); only {
			one = uttered(one, l, e, silences)
		} else {
			for _, l := range said.laid(v.lens) {
				one = uttered(one, l, e, silences)
			}
		}
		c.add(one, utterance.index)
	})
	return counted(&c, worstSaid)
}

func (u utterance) index() int {
	if u.suspect {
		return 2*int(u.word) + 1
	}
	return 2 * int(u.word)
}

// worstSaid is the worst word of several alerts; it is suspect if any that says it is.
func worstSaid(counts *[kinds]int) utterance {
	for w := isDown; w > nothing; w-- {
		if firm, suspect := counts[2*w], counts[2*w+1]; firm+suspect > 0 {
			return utterance{word: w, suspect: suspect > 0}
		}
	}
	return utterance{}
}

func hushed(silences spans) line[utterance] {
	var l line[utterance]
	for _, s := range silences {
		l = l.to(s.from, utterance{silent: true})
		if s.to != never {
			l = l.to(s.to, utterance{})
		}
	}
	return l
}

// uttered adds to one alert's line of words what it said next: aged by silence, and resolved only when proven (domain
// rule 4.3).
func uttered(l line[utterance], s stretch[word], e *ear, silences spans) line[utterance] {
	age := s.said.aged
	if age == 0 {
		age = begun(silences, s.said.heard)
	}
	now := s.said.value
	if now == resolved {
		var proven int64
		now, proven = answered(s.said.heard, age, e)
		if proven < min(s.to, age) && proven > s.from {
			l = l.to(s.from, utterance{word: now, suspect: s.said.suspect})
			s.from, now = proven, isUp
		} else if proven <= s.from {
			now = isUp
		}
	}
	l = l.to(s.from, utterance{word: now, suspect: s.said.suspect})
	if age < s.to {
		l = l.to(max(age, s.from), utterance{word: now.aged(), suspect: s.said.suspect})
	}
	return l
}

// answered is what a resolve counts as at first, and when a heartbeat proves it.
func answered(heard, age int64, e *ear) (word, int64) {
	if e == nil || e.limit == 0 {
		return unproven, never
	}
	if at := e.proof(heard); at <= age {
		return unclear, at
	}
	return unclear, never
}

// aged is what is left of a word when its speaker has fallen silent since.
func (w word) aged() word {
	switch w {
	case isDown, heldDown:
		return heldDown
	case isDegraded, unclear:
		return unclear
	}
	return nothing
}

// release ends the holding down by one observer where another, which is there, says anew that the component is up.
func release(all []voice) {
	var ups []int64
	for _, v := range all {
		for _, s := range v.line {
			if s.value.word == isUp && !s.value.silent {
				ups = append(ups, s.from)
			}
		}
	}
	slices.Sort(ups)
	for i := range all {
		all[i].line = released(all[i].line, ups)
	}
}

func released(l line[utterance], ups []int64) line[utterance] {
	var out line[utterance]
	since := int64(never)
	for i, s := range l {
		if s.value.word != heldDown {
			since = never
			out = out.to(s.from, s.value)
			continue
		}
		since = min(since, s.from)
		to := int64(never)
		if i+1 < len(l) {
			to = l[i+1].from
		}
		at, _ := slices.BinarySearch(ups, since)
		if at == len(ups) || ups[at] >= to {
			out = out.to(s.from, s.value)
			continue
		}
		if ups[at] > s.from {
			out = out.to(s.from, s.value)
		}
		s.value.word = unclear
		out = out.to(max(s.from, ups[at]), s.value)
	}
	return out
}

// state is what the voices make of a component at an instant.
func state(said []utterance, quorum int) cell {
	var downs, live, worse int
	var c cell
	vouched := len(said) == 0
	doubted := false
	for _, u := range said {
		if u.void || u.nameless && quorum > 1 {
			doubted = doubted || u.word >= isDegraded
			continue
		}
		switch u.word {
		case isDown:
			downs, live, worse = downs+1, live+1, worse+1
		case heldDown:
			downs, worse = downs+1, worse+1
		case isDegraded:
			worse++
		case nothing, isUp, unproven:
			vouched = vouched || !u.silent && (!u.nameless || u.word != nothing)
			if u.word == unproven {
				c.marks |= unvouched
			}
		}
		if u.suspect {
			c.marks |= suspected
		}
	}
	switch {
	case downs >= quorum:
		c.grade = down
		if live < quorum {
			c.marks |= held
		}
	case worse >= quorum:
		c.grade = degraded
	case vouched:
		if worse > 0 || doubted {
			c.marks |= disputed
		}
	default:
		c.unknown = true
	}
	if c.grade != wellUp || c.unknown {
		c.marks &^= unvouched
	}
	return c
}
