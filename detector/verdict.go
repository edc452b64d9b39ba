package detector

import (
	"cmp"
	"slices"
	"time"
)

// shown is how long a situation is shown after its end.
const shown = 24 * time.Hour

// verdicts reads the scene at an instant.
func (sc *scene) verdicts(t int64) []Verdict {
	var all []Verdict
	for _, s := range sc.situations(t) {
		if v, ok := s.verdict(sc, t); ok {
			all = append(all, v)
		}
	}
	slices.SortStableFunc(all, func(a, b Verdict) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Key, b.Key)) })
	return all
}

// A standing is where a situation stands at an instant.
type standing struct {
	level   Level // the highest reached in an outage that has not ended; after the end of all, the highest reached
	current Level // of what holds now
	open    bool
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

// ends is when everything in the situation has ended, as far as it has begun.
func (s situation) ends(t int64) int64 {
	end := int64(ever)
	for _, n := range s.nodes {
		if n.j == nil {
			end = max(end, n.to)
		}
		for _, tr := range n.troubles {
			if tr.from <= t {
				end = max(end, tr.to)
			}
		}
	}
	return end
}

func (s situation) standing(t int64) standing {
	st := standing{open: t < s.ends(t)}
	highest := Event
	for _, c := range s.claims(t) {
		if _, reached := c.met.began(t); !reached {
			continue
		}
		highest = max(highest, c.level)
		if t < c.carrier.to {
			st.level = max(st.level, c.level)
		}
		if c.met.has(t) {
			st.current = max(st.current, c.level)
		}
	}
	if !st.open {
		st.level, st.current = highest, Event
	}
	return st
}

// changes are the instants at which a situation's standing can change by itself.
func (s situation) changes() []int64 {
	var all []int64
	for _, n := range s.nodes {
		for _, c := range n.claims {
			for _, p := range c.met {
				all = append(all, p.from, p.to)
			}
			all = append(all, c.carrier.from, c.carrier.to)
		}
		for _, t := range n.troubles {
			all = append(all, t.to)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// previous is the level before the present one.
func (s situation) previous(t int64) Level {
	was, is := Event, Event
	for _, at := range s.changes() {
		if at > t {
			break
		}
		if l := s.standing(at).level; l != is {
			was, is = is, l
		}
	}
	return was
}

// nextChange is when the level can change if nothing else happens: those who are heard go on being heard.
func (s situation) nextChange(sc *scene, t int64) int64 {
	is := s.standing(t)
	at := slices.DeleteFunc(append(s.changes(), sc.openings(t)...), func(at int64) bool { return at <= t || at == never })
	slices.Sort(at)
	for _, at := range slices.Compact(at) {
		then := s
		if len(sc.openings(t)) > 0 {
			then = sc.holding(s.key(), at)
		}
		if then.standing(at) != is {
			return at
		}
	}
	return never
}

// openings are the instants after t at which something begins or is joined by itself.
func (sc *scene) openings(t int64) []int64 {
	var all []int64
	for _, n := range sc.nodes {
		if n.from > t {
			all = append(all, n.from)
		}
	}
	for _, j := range sc.joins {
		if j.at > t {
			all = append(all, j.at)
		}
	}
	return all
}

// holding is the situation that holds another at an instant.
func (sc *scene) holding(key string, t int64) situation {
	for _, s := range sc.situations(t) {
		if s.key() == key || slices.Contains(s.absorbed, key) {
			return s
		}
	}
	return situation{}
}

// verdict is a situation's, if it is one of level incident or above that is open or ended within the day.
func (s situation) verdict(sc *scene, t int64) (Verdict, bool) {
	st := s.standing(t)
	if st.level < Impaired || !st.open && later(s.ends(t), shown) <= t {
		return Verdict{}, false
	}
	v := Verdict{Key: s.key(), Absorbed: s.absorbed, At: clock(t), Level: st.level, Current: st.current, Open: st.open,
		Previous: s.previous(t), NextAt: clock(s.nextChange(sc, t))}
	v.Services, v.Since = s.outages(t)
	v.Roots = s.roots(t)
	v.Lost = s.lost(t)
	v.Explanation = s.explain(v, t)
	return v, true
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
	return all, earliest(since, sinceOr(since, troubled))
}

func sinceOr(since, otherwise time.Time) time.Time {
	if since.IsZero() {
		return otherwise
	}
	return since
}

func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// outage is the latest outage of a service within a node.
func (j *judged) outage(n node, t int64) Outage {
	o := Outage{Service: j.id, State: j.state.state(t), Objectives: j.objectives}
	for _, tr := range n.troubles {
		for _, e := range tr.episodes {
			if e.from > t {
				continue
			}
			o.Since, o.Clocks, o.Recovered = clock(e.from), e.clocks, e.to <= t
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
	var all []string
	for _, domain := range s.d.book.domains {
		if s.d.plain.domain(domain).at(t).lost() && slices.ContainsFunc(s.nodes, func(n node) bool { return n.j != nil && s.d.needsAt(n.name, domain) }) {
			all = append(all, domain)
		}
	}
	return all
}
