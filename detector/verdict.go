package detector

import (
	"cmp"
	"slices"
	"time"
)

// shown is how long a situation is shown after its end.
const shown = 24 * time.Hour

// told is what a scene said at an instant, and until when it says no other.
type told struct {
	number      uint64 // of the reading: what is the same has the same
	from, until int64
	verdicts    []*Verdict // without their instant
}

// tellingsMost is how many readings are remembered: whoever asks for the next change asks for the present and for later.
const tellingsMost = 4

// verdicts reads the scene at an instant. What was said before in the same words is the same value.
func (sc *scene) verdicts(t int64) *told {
	for i, known := range sc.told {
		if known.from <= t && t < known.until {
			sc.told = latest(sc.told, i, known, tellingsMost)
			return known
		}
	}
	is := sc.read(t)
	at := slices.IndexFunc(sc.told, func(o *told) bool { return slices.Equal(o.verdicts, is.verdicts) })
	if at >= 0 {
		is.number = sc.told[at].number
		sc.told = slices.Delete(slices.Clone(sc.told), at, at+1)
	} else {
		sc.d.readings++
		is.number = sc.d.readings
	}
	sc.told = latest(sc.told, -1, is, tellingsMost)
	return is
}

// remembered is what a scene said, for the one after it to say the same in the same values. Its instants are of this scene.
func (sc *scene) remembered() (all []*told, said map[string][]*Verdict) {
	for _, known := range sc.told {
		all = append(all, &told{number: known.number, from: never, until: ever, verdicts: known.verdicts})
	}
	if len(sc.said) <= 2*len(sc.nodes)+tellingsMost {
		return all, sc.said
	}
	said = map[string][]*Verdict{}
	for _, known := range sc.told {
		for _, v := range known.verdicts {
			if !slices.Contains(said[v.Key], v) {
				said[v.Key] = append(said[v.Key], v)
			}
		}
	}
	return all, said
}

// sameUntil is the first instant after t at which a verdict may be another, as long as no silence begins.
func (sc *scene) sameUntil(t int64) int64 { return sc.verdicts(t).until }

func (sc *scene) read(t int64) *told {
	is := &told{from: t, until: sc.next(t), verdicts: make([]*Verdict, 0, len(sc.clusters))}
	for _, c := range sc.clusters {
		a := c.account(sc, t)
		is.verdicts, is.until = append(is.verdicts, a.verdicts...), min(is.until, a.until)
	}
	slices.SortStableFunc(is.verdicts, func(a, b *Verdict) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Key, b.Key)) })
	return is
}

// A course is a situation's levels in time.
type course struct {
	open    spans               // while any trouble in it has not ended
	reached [Disaster + 1]spans // from when on each level had been reached
	kept    [Disaster + 1]spans // while the outage in which it was reached has not ended
	holds   [Disaster + 1]spans // while a criterion of it holds
}

func (s situation) course() course {
	var c course
	for _, n := range s.nodes {
		if n.j == nil {
			c.open = append(c.open, n.span)
		}
		for _, t := range n.troubles {
			c.open = append(c.open, t.span)
		}
		for _, claim := range n.claims {
			if len(claim.met) > 0 {
				from, l := claim.met[0].from, claim.level
				c.reached[l] = append(c.reached[l], span{from, never})
				c.kept[l] = append(c.kept[l], claim.kept(s.d.withdrawn[claim.rests])...)
				c.holds[l] = append(c.holds[l], claim.met...)
			}
		}
	}
	c.open = joined(c.open, 0)
	for l := range c.holds {
		c.reached[l], c.kept[l], c.holds[l] = joined(c.reached[l], 0), joined(c.kept[l], 0), joined(c.holds[l], 0)
	}
	return c
}

// A standing is where a situation stands at an instant.
type standing struct {
	level   Level // the highest reached in an outage that has not ended; after the end of all, the highest reached
	current Level // of what holds now
	open    bool
}

func (c course) at(t int64) standing {
	if !c.open.has(t) {
		return standing{level: highest(c.reached, t)}
	}
	return standing{highest(c.kept, t), highest(c.holds, t), true}
}

func highest(levels [Disaster + 1]spans, t int64) Level {
	for l := Disaster; l > Event; l-- {
		if levels[l].has(t) {
			return l
		}
	}
	return Event
}

// changes are the instants at which a standing can change, in order.
func (c course) changes() []int64 {
	var all []int64
	for _, list := range slices.Concat([]spans{c.open}, c.kept[:], c.holds[:]) {
		for _, p := range list {
			all = append(all, p.from, p.to)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// previous is the level before the one at an instant.
func (c course) previous(t int64) Level {
	was, is := Event, Event
	for _, at := range c.changes() {
		if at > t {
			break
		}
		if l := c.at(at).level; l != is {
			was, is = is, l
		}
	}
	return was
}

// next is the first instant after t at which the standing differs.
func (c course) next(t int64) int64 {
	is := c.at(t)
	for _, at := range c.changes() {
		if at > t && c.at(at) != is {
			return at
		}
	}
	return never
}

// nextChange is when the level can change if nothing else happens: those who are heard go on being heard.
func (s situation) nextChange(c course, t int64) int64 {
	own, is := c.next(t), c.at(t)
	if !s.opens(t) {
		return own
	}
	for _, at := range s.d.scene.openings(t) { // what begins by itself may join, and bring a level with it
		if at < own && s.holding(s.key(), at).course().at(at) != is {
			return at
		}
	}
	return own
}

// ended is when a situation that is over at t ended.
func (c course) ended(t int64) int64 {
	if i := c.open.find(t); i >= 0 {
		return c.open[i].to
	}
	return ever
}

// claims are all of the situation's that are about something that has begun.
func (s situation) claims(t int64) []claim {
	var all []claim
	for _, n := range s.nodes {
		for _, c := range n.claims {
			if c.carrier.from <= t {
				all = append(all, c)
			}
		}
	}
	return all
}

// verdict is a situation's, if it ever was one of level incident or above, and is open or ended within the day. One that
// has fallen below stays in sight until it has ended: whoever follows it has to see the services come back. It is the
// same until an instant, as long as nothing that is known changes; the instant it was asked for is not in it.
func (s situation) verdict(t int64) (v Verdict, until int64, ok bool) {
	c := s.course()
	st := c.at(t)
	if highest(c.reached, t) < Impaired || !st.open && later(c.ended(t), shown) <= t {
		return Verdict{}, never, false
	}
	v = Verdict{Key: s.key(), Absorbed: s.absorbed, At: clock(t), Level: st.level, Current: st.current, Open: st.open,
		Previous: c.previous(t), NextAt: clock(s.nextChange(c, t))}
	v.Services, v.Since = s.outages(t)
	v.Roots = s.roots(t)
	v.Lost = s.lost(t)
	v.Explanation, until = s.explain(v, c, t)
	v.At = time.Time{}
	return v, until, true
}

// outages are the services of a situation, in order of id, and when the first of them went below its MBCO, or else was
// first impaired.
func (s situation) outages(t int64) (all []Outage, since time.Time) {
	var troubled time.Time
	for _, n := range s.nodes {
		for _, tr := range n.troubles {
			if tr.from > t {
				continue
			}
			troubled = earliest(troubled, clock(tr.from))
			for _, e := range tr.episodes {
				if e.from <= t {
					since = earliest(since, clock(e.from))
				}
			}
		}
		if n.j == nil {
			troubled = earliest(troubled, clock(n.from))
		} else if o := n.j.outage(n, t); len(n.troubles) > 0 {
			if i := slices.IndexFunc(all, func(known Outage) bool { return known.Service == o.Service }); i < 0 {
				all = append(all, o)
			} else if !o.Since.IsZero() {
				all[i] = o
			}
		}
	}
	slices.SortFunc(all, func(a, b Outage) int { return cmp.Compare(a.Service, b.Service) })
	if since.IsZero() {
		since = troubled
	}
	return all, since
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// outage is the latest outage of a service within a node.
func (j *judged) outage(n *node, t int64) Outage {
	o := Outage{Service: j.id, State: j.state.state(t), Objectives: j.objectives}
	for _, tr := range n.troubles {
		for _, e := range tr.episodes {
			if e.from > t {
				continue
			}
			o.Since, o.Clocks, o.Recovered, o.StartBy = clock(e.from), e.clocks, e.to <= t, e.movedBy
			o.Confirmed, o.ConfirmedNow, o.UpSince = time.Time{}, e.confirmed.has(t), time.Time{}
			if at, ok := e.confirmed.began(t); ok {
				o.Confirmed = clock(at)
			}
			if j.state.worst.at(t) < down {
				above := j.state.worst.where(func(g grade) bool { return g < down })
				o.UpSince = clock(startOf(above, t))
			}
		}
	}
	return o
}

// roots are the components that explain the situation now; when nothing is impaired any more, those that did last.
func (s situation) roots(t int64) []string {
	found, last := map[string]bool{}, int64(ever)
	for _, n := range s.nodes {
		for _, tr := range n.troubles {
			if tr.from <= t {
				last = max(last, min(t, tr.back-1))
			}
		}
	}
	for _, n := range s.nodes {
		for _, tr := range n.troubles {
			if tr.from <= last {
				for _, root := range n.j.view.roots(n.name, last) {
					found[root] = true
				}
			}
		}
	}
	return sorted(found)
}

// lost are the failure domains that are lost and that a service of the situation has needs in.
func (s situation) lost(t int64) []string {
	places := map[string]bool{}
	for _, n := range s.nodes {
		if n.j != nil {
			for _, domain := range s.d.book.places(n.name) {
				places[domain] = true
			}
		}
	}
	var all []string
	for _, domain := range sorted(places) {
		if s.d.plain.domain(domain).at(t).lost() {
			all = append(all, domain)
		}
	}
	return all
}
