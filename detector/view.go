package detector

import (
	"slices"
	"time"
)

// A view is everything through one lens: components, services and failure domains in time. What it has computed it
// keeps until something is heard that changes it.
type view struct {
	d *Detector
	sight
	mask     []window // maintenance whose scope is taken as up within it
	cleared  string   // a site whose signals put no end to maintenance, as is supposed; empty: none
	drawn    map[string]*drawing
	services map[string]both
	lost     map[string]line[loss]
	ahead    map[string]span // by failure domain: in which nothing of it differs
}

// A sight is how a view sees.
type sight struct {
	lens
	sober   bool // nothing counts as down because nobody has seen it for long
	holding bool // what was known when is what services felt, after what they tolerate
}

func newView(d *Detector, s sight) *view {
	return &view{d: d, sight: s, drawn: map[string]*drawing{}, services: map[string]both{}, lost: map[string]line[loss]{}, ahead: map[string]span{}}
}

// through is the view of everything by a sight. It is drawn once, and kept up to date.
func (d *Detector) through(s sight) *view {
	at := slices.IndexFunc(d.views, func(v *view) bool { return v.sight == s })
	if at < 0 {
		at = len(d.views)
		d.views = append(d.views, newView(d, s))
	}
	return d.views[at]
}

// A drawing is one component in time, and what that was made of.
type drawing struct {
	line   line[cell]
	voices []voice
	member both
}

func (g *drawing) equal(o *drawing) bool {
	return slices.Equal(g.line, o.line) && slices.EqualFunc(g.voices, o.voices, voice.equal)
}

// both is a service in time, every unknown taken as up and as down.
type both struct{ best, worst line[grade] }

func (b both) at(t int64) (best, worst grade) { return b.best.at(t), b.worst.at(t) }

// state is certain, or unknown.
func (b both) state(t int64) State {
	best, worst := b.at(t)
	if best == wellUp && worst > wellUp {
		return Unknown
	}
	return states[best]
}

// since is when the state at t began.
func (b both) since(t int64) int64 { return max(b.best.since(t), b.worst.since(t)) }

// component is one component in time.
func (v *view) component(id string) line[cell] { return v.drawing(id).line }

// spoken are the voices that a component is seen by.
func (v *view) spoken(id string) []voice { return v.drawing(id).voices }

func (v *view) drawing(id string) *drawing {
	g, ok := v.drawn[id]
	if !ok {
		g = v.draw(id)
		v.drawn[id] = g
	}
	return g
}

func (v *view) draw(id string) *drawing {
	p := v.d.parts[id]
	voices, quorum := v.voices(id, p), v.d.book.quorum(id)
	lines := make([]line[utterance], len(voices))
	for i, voice := range voices {
		lines[i] = voice.line
	}
	l := combine(lines, func(said []utterance) cell { return state(said, quorum) })
	if p != nil && v.d.book.isService(id) {
		l = v.asWhole(id, voices, lines)
	}
	l = v.presume(id, l)
	if p != nil {
		l = switchedOff(l, p)
	}
	for _, w := range v.mask {
		if w.covers(id) {
			l = overlay(l, v.excused(w), func(cell) cell { return cell{} })
		}
	}
	g := &drawing{line: l, voices: voices}
	g.member.best = remap(l, cell.best)
	g.member.worst = g.member.best
	if len(l.where(func(c cell) bool { return c.unknown })) > 0 {
		g.member.worst = remap(l, cell.worst)
	}
	return g
}

// asWhole is what is said of a service as a whole: one is enough for it to count as down, and not to declare by.
func (v *view) asWhole(id string, voices []voice, lines []line[utterance]) line[cell] {
	most := v.d.book.wholeQuorum(id)
	anybody := most == 1 && !v.d.book.provenBelow(id)
	return combine(lines, func(said []utterance) cell {
		c, downs := state(said, 1), 0
		for i, u := range said {
			if u.word == isDown && (anybody || voices[i].observer != "") {
				downs++
			}
		}
		if c.grade == down && downs < most {
			c.marks |= lone
		}
		return c
	})
}

// presume counts a component as down that nobody has been able to see for defaults.unknown.down_after. It takes more
// than one observer to have lost sight of it.
func (v *view) presume(id string, l line[cell]) line[cell] {
	after := v.d.book.Defaults.Unknown.DownAfter
	if after == 0 || v.sober || len(v.d.book.observersOf(id)) < 2 {
		return l
	}
	blind := l.where(func(c cell) bool { return c.unknown }).lasting(after)
	return overlay(l, blind, func(c cell) cell { return cell{grade: down, marks: c.marks | presumed} })
}

// switchedOff counts a component as down while responders have it switched off.
func switchedOff(l line[cell], p *part) line[cell] {
	when, _ := p.switchedOff()
	return overlay(l, joined(when, 0), func(c cell) cell {
		if c.grade != down {
			c.marks |= unbacked
		}
		return cell{grade: down, marks: c.marks | intentional}
	})
}

// overlay changes a line within some periods.
func overlay[V comparable](l line[V], when spans, change func(V) V) line[V] {
	if len(when) == 0 {
		return l
	}
	type pair struct {
		value V
		in    bool
	}
	marked := combine([]line[pair]{
		remap(l, func(value V) pair { return pair{value: value} }),
		remap(flags(when), func(in bool) pair { return pair{in: in} }),
	}, func(p []pair) pair { return pair{p[0].value, p[1].in} })
	return remap(marked, func(p pair) V {
		if p.in {
			return change(p.value)
		}
		return p.value
	})
}

// flags is the line that is true within the periods.
func flags(when spans) line[bool] {
	var l line[bool]
	for _, s := range when {
		l = l.to(s.from, true)
		if s.to != never {
			l = l.to(s.to, false)
		}
	}
	return l
}

// service is one process or service in time, maintenance that goes as planned not counted.
func (v *view) service(id string) both {
	if b, ok := v.services[id]; ok {
		return b
	}
	ring, cyclic := v.d.book.rings[id]
	if !cyclic {
		b := v.counted(id)
		v.services[id] = b
		return b
	}
	v.settle(ring)
	return v.services[id]
}

// settle finds the least bad state of services that need each other: all begin as up and get worse only by what is
// outside of the cycle, so that a cycle cannot hold itself down (domain rule 4.4).
func (v *view) settle(ring []string) {
	for _, id := range ring {
		v.services[id] = both{}
	}
	for round := 0; round <= 2*len(ring)+2; round++ {
		changed := false
		for _, id := range ring {
			b := v.counted(id)
			if was := v.services[id]; !slices.Equal(was.best, b.best) || !slices.Equal(was.worst, b.worst) {
				v.services[id], changed = b, true
			}
		}
		if !changed {
			return
		}
	}
}

// counted is a service's state without what planned maintenance was expected to do to it.
func (v *view) counted(id string) both {
	full := v.raw(id)
	if v.mask != nil {
		return full
	}
	windows := v.d.expecting(id)
	if len(windows) == 0 {
		return full
	}
	rest := newView(v.d, v.sight)
	rest.mask = windows
	without := rest.service(id)
	allowed := v.allowance(windows, id)
	pick := func(full, rest line[grade]) line[grade] {
		return combine([]line[grade]{full, rest, allowed}, func(g []grade) grade {
			if g[0] > g[2] {
				return g[0]
			}
			return min(g[0], g[1])
		})
	}
	return both{pick(full.best, without.best), pick(full.worst, without.worst)}
}

// raw is the worst of a service's needs, and of what is said of itself.
func (v *view) raw(id string) both {
	needs := v.d.book.needs[id]
	best, worst := make([]line[grade], 0, len(needs)+1), make([]line[grade], 0, len(needs)+1)
	sure := true
	add := func(b both) {
		best, worst = append(best, b.best), append(worst, b.worst)
		sure = sure && slices.Equal(b.best, b.worst)
	}
	for _, n := range needs {
		add(v.need(n))
	}
	if _, spokenOf := v.d.parts[id]; spokenOf {
		add(v.member(id, true))
	}
	b := both{best: combine(best, worstOf)}
	b.worst = b.best
	if !sure {
		b.worst = combine(worst, worstOf)
	}
	return b
}

func worstOf(all []grade) grade {
	worst := wellUp
	for _, g := range all {
		worst = max(worst, g)
	}
	return worst
}

// member is a component, or a service, in time.
func (v *view) member(id string, itself bool) both {
	if !itself && v.d.book.isService(id) {
		return v.service(id)
	}
	return v.drawing(id).member
}

// need is a group in time.
func (v *view) need(n need) both {
	best, worst := make([]line[grade], len(n.members)), make([]line[grade], len(n.members))
	sure := true
	for i, id := range n.members {
		b := v.member(id, false)
		best[i], worst[i] = b.best, b.worst
		sure = sure && slices.Equal(b.best, b.worst)
	}
	b := both{best: v.heldOut(n, census(best, grade.index, n.of))}
	b.worst = b.best
	if !sure {
		b.worst = v.heldOut(n, census(worst, grade.index, n.of))
	}
	return b
}

// of is what the members' states make of a need (domain rules 4.1 and 4.2). Degraded members count for the minimum, not
// for full; a partial need that is lost degrades, and does nothing while it is only degraded.
func (n need) of(counts *[kinds]int) grade {
	well, alive := counts[wellUp], counts[wellUp]+counts[degraded]
	g := wellUp
	switch {
	case alive < n.minimum:
		g = down
	case well < n.full:
		g = degraded
	}
	if n.partial {
		if g == down {
			return degraded
		}
		return wellUp
	}
	return g
}

func (g grade) index() int { return int(g) }

// heldOut counts a loss only once it has lasted for as long as the dependent tolerates it. What was known when is about
// the loss itself, unless asked otherwise: how long it had lasted may turn out later.
func (v *view) heldOut(n need, l line[grade]) line[grade] {
	if n.tolerates == 0 || v.known && !v.holding {
		return l
	}
	hold := time.Duration(n.tolerates)
	impaired := flags(l.where(func(g grade) bool { return g >= degraded }).lasting(hold))
	lost := flags(l.where(func(g grade) bool { return g == down }).lasting(hold))
	return combine([]line[bool]{impaired, lost}, func(is []bool) grade {
		switch {
		case is[1]:
			return down
		case is[0]:
			return degraded
		}
		return wellUp
	})
}
