package detector

import (
	"slices"
	"strings"
)

// A supposition is an instant as it would be if one thing were otherwise. It can only tell of things getting better.
type supposition struct {
	*instantly
	up       string // a component that would be up
	cleared  string // a site of which nothing would be signalled
	usable   string // data that would be well
	promised string // a service whose end would be estimated in time
	heard    string // an observer that would be heard
	others   func(component string, is cell) cell
	graded   map[viewpoint]grade
	inert    map[*view]bool    // no need comes to anything else
	causes   []*cause          // of different root causes, that would last; nil: not asked yet
	holding  map[*ownRule]bool // criteria of the user's own
}

// instantly is what all suppositions about an instant share: the ways of seeing that each would have to draw anew.
type instantly struct {
	d      *Detector
	t      int64
	until  int64             // from when on an answer may be another, though nothing that is known is
	masked map[masking]*view // without what maintenance takes away from a service
	tested map[territory]survey
	counts map[viewpoint][][2][kinds]int // of the members of each need of a service, unknown taken as up and as down
}

// A viewpoint is a service as one view sees it, unknown taken as up or as down.
type viewpoint struct {
	v     *view
	id    string
	worst bool
}

// A masking is a service of which maintenance is taken away, and the site of which nothing would be signalled.
type masking struct {
	v           *view
	id, cleared string
}

func (d *Detector) instantly(t int64) *instantly {
	return &instantly{d: d, t: t, until: never, masked: map[masking]*view{}, tested: map[territory]survey{}, counts: map[viewpoint][][2][kinds]int{}}
}

func (i *instantly) suppose(s supposition) *supposition {
	s.instantly, s.graded, s.inert, s.holding = i, map[viewpoint]grade{}, map[*view]bool{}, map[*ownRule]bool{}
	return &s
}

// cell is a component's state.
func (s *supposition) cell(v *view, id string) cell {
	switch is := v.component(id).at(s.t); {
	case id == s.up:
		return cell{}
	case s.others != nil:
		return s.others(id, is)
	default:
		return is
	}
}

func (s *supposition) member(p viewpoint) grade {
	if s.d.book.isService(p.id) {
		return s.service(p)
	}
	return s.itself(p)
}

func (s *supposition) itself(p viewpoint) grade {
	if p.worst {
		return s.cell(p.v, p.id).worst()
	}
	return s.cell(p.v, p.id).best()
}

// service is a service's state; like [view.service], at one instant.
func (s *supposition) service(p viewpoint) grade {
	if g, ok := s.graded[p]; ok {
		return g
	}
	if s.idle(p.v) {
		best, worst := p.v.service(p.id).at(s.t)
		s.graded[p] = best
		if p.worst {
			s.graded[p] = worst
		}
		return s.graded[p]
	}
	ring, cyclic := s.d.book.rings[p.id]
	if !cyclic {
		s.graded[p] = s.counted(p)
		return s.graded[p]
	}
	one := func(id string) viewpoint { return viewpoint{p.v, id, p.worst} }
	for _, id := range ring {
		s.graded[one(id)] = wellUp
	}
	for changed := true; changed; {
		changed = false
		for _, id := range ring {
			if g := s.counted(one(id)); g != s.graded[one(id)] {
				s.graded[one(id)], changed = g, true
			}
		}
	}
	return s.graded[p]
}

// idle reports whether one component being up would come to nothing for all who need it, as where many more are missing.
func (s *supposition) idle(v *view) bool {
	if s.others != nil || v.mask != nil || s.d.book.isService(s.up) || s.excuses() {
		return false
	}
	if known, asked := s.inert[v]; asked {
		return known
	}
	s.inert[v] = !slices.ContainsFunc(s.d.book.Dependents(s.up), func(service string) bool { return s.moves(v, service) })
	return s.inert[v]
}

// excuses reports whether maintenance would be excused again if nothing were signalled of a site.
func (s *supposition) excuses() bool {
	ended := func(w window) bool { return !w.void && w.has(s.t) && slices.Contains(w.places, s.cleared) }
	return s.cleared != "" && (slices.ContainsFunc(s.d.book.windows, ended) || slices.ContainsFunc(s.d.windows, ended))
}

// moves reports whether a component being up can make another of any need of a service.
func (s *supposition) moves(v *view, service string) bool {
	if _, cyclic := s.d.book.rings[service]; cyclic || len(s.d.expecting(service)) > 0 {
		return true // it would have to be worked out
	}
	was := v.component(s.up).at(s.t)
	counts := s.census(v, service)
	for i, n := range s.d.book.needs[service] {
		if !slices.Contains(n.members, s.up) {
			continue
		}
		for way, g := range []grade{was.best(), was.worst()} {
			with := counts[i][way]
			before := n.of(&with)
			with[g]--
			with[wellUp]++
			if n.of(&with) != before {
				return true
			}
		}
	}
	return false
}

// census counts the members of each need of a service by their state.
func (i *instantly) census(v *view, service string) [][2][kinds]int {
	p := viewpoint{v: v, id: service}
	if known, ok := i.counts[p]; ok {
		return known
	}
	var all [][2][kinds]int
	for _, n := range i.d.book.needs[service] {
		var counts [2][kinds]int
		for _, m := range n.members {
			best, worst := v.member(m, false).at(i.t)
			counts[0][best]++
			counts[1][worst]++
		}
		all = append(all, counts)
	}
	i.counts[p] = all
	return all
}

// counted is a service's state without what planned maintenance was expected to do to it.
func (s *supposition) counted(p viewpoint) grade {
	full := s.raw(p)
	if p.v.mask != nil || full == wellUp {
		return full
	}
	allowed, planned := wellUp, s.d.expecting(p.id)
	seen := &view{d: s.d, sight: p.v.sight, cleared: s.cleared}
	for _, w := range planned {
		if seen.excused(w).has(s.t) {
			allowed = max(allowed, w.expect[p.id])
		}
	}
	if full > allowed {
		return full
	}
	of := masking{p.v, p.id, s.cleared}
	rest, ok := s.masked[of]
	if !ok {
		rest = newView(s.d, p.v.sight)
		rest.mask, rest.cleared = planned, s.cleared
		s.masked[of] = rest
	}
	return min(full, s.service(viewpoint{rest, p.id, p.worst}))
}

func (s *supposition) raw(p viewpoint) grade {
	g := wellUp
	for _, n := range s.d.book.needs[p.id] {
		g = max(g, s.need(p, n))
	}
	if _, spokenOf := s.d.parts[p.id]; spokenOf {
		g = max(g, s.itself(p))
	}
	return g
}

func (s *supposition) need(p viewpoint, n need) grade {
	var members [kinds]int
	for _, m := range n.members {
		members[s.member(viewpoint{p.v, m, p.worst})]++
	}
	g := n.of(&members)
	if n.tolerates == 0 || g == wellUp {
		return g
	}
	held := p.v.need(n) // nothing is lost for longer by getting better
	if p.worst {
		return min(g, held.worst.at(s.t))
	}
	return min(g, held.best.at(s.t))
}

// concerns reports whether what is supposed can make a difference to a service's state.
func (s *supposition) concerns(service string) bool {
	if s.others != nil || s.up == service || s.excuses() {
		return true
	}
	_, rests := slices.BinarySearch(s.d.book.above(s.up), service)
	return s.up != "" && rests
}

// stays reports whether a service that certainly is as bad as that, as far as it counts, still would be.
func (s *supposition) stays(j *judged, least grade) bool {
	return least == wellUp || !s.concerns(j.id) || s.service(viewpoint{v: s.confirming(j), id: j.id}) >= least
}

// confirming is the view in which what is said of a service counts towards how long it lasts.
func (i *instantly) confirming(j *judged) *view {
	if j.view == i.d.plain {
		return j.view
	}
	_, confirming := i.d.lenses(j.id, j.objectives.MaxBackdate)
	return confirming
}

// firmly reports whether a service that is below its MBCO would still be, and not only because nobody has looked.
func (s *supposition) firmly(j *judged) bool {
	if !s.stays(j, down) {
		return false
	}
	if j.sober == nil || !s.concerns(j.id) {
		return true
	}
	return s.service(viewpoint{v: s.d.through(sight{lens: j.view.lens, sober: true}), id: j.id}) >= down
}

// A territory is a failure domain, or a component, as a view sees it.
type territory struct {
	v  *view
	id string
}

// A survey is what would be known of a failure domain by its components if one of them were up. Most of them are like others.
type survey map[string]*loss // by component

// likeness is what two components have in common that add the same to a tally.
type likeness struct {
	cell  cell
	class string
	by    string
	seers int
	seer  string
}

func (i *instantly) survey(v *view, domain string) survey {
	if known, ok := i.tested[territory{v, domain}]; ok {
		return known
	}
	all, t := newTally(), survey{}
	members := i.d.book.membersOf(domain)
	witnessed := make([]witnessing, len(members))
	for n, m := range members {
		witnessed[n] = v.witnessing(m, i.t)
		all.count(witnessed[n], +1)
	}
	alike := map[likeness]*loss{}
	for n, w := range witnessed {
		as := likeness{w.cell, w.class, strings.Join(w.by, " "), w.seers, w.seer}
		if alike[as] == nil {
			all.count(w, -1)
			left := v.test(len(members), all)
			all.count(w, +1)
			alike[as] = &left
		}
		t[members[n]] = alike[as]
	}
	i.tested[territory{v, domain}] = t
	return t
}

// domain is what would be known of a failure domain.
func (s *supposition) domain(v *view, id string) loss {
	l := v.domain(id).at(s.t)
	if id == s.cleared {
		l.signal = facilityOK
	}
	if s.up == "" {
		return l
	}
	if left, within := s.survey(v, id)[s.up]; within {
		signal := l.signal
		l = *left
		l.signal = signal
	}
	return l
}

// stands reports whether a claim that is about something that goes on would hold.
func (s *supposition) stands(c claim) bool {
	if !c.carrier.has(s.t) {
		return false
	}
	holds := c.met.has(s.t)
	if c.would != nil {
		holds = c.would(s)
	}
	j := s.d.judged[c.service]
	switch {
	case !holds || j == nil:
		return holds
	case c.firm:
		return s.firmly(j)
	}
	return s.stays(j, c.least)
}
