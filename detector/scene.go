package detector

import (
	"cmp"
	"maps"
	"slices"
)

// A scene is all troubles of all services, and which belong together. It is drawn on what was known when, so that what
// is heard later never renames a situation, and never takes one apart.
type scene struct {
	d     *Detector
	nodes []node
	joins []join // in order of time

	told   *told   // what was last told of it
	ahead  []int64 // the instants after some instant at which anything can differ, in order
	after  int64   // that instant
	looked looked  // as far as it was looked for a difference
}

// A node is one trouble of a service, or one silence of an observer, as it was known.
type node struct {
	span
	name     string
	j        *judged   // nil: an observer
	late     bool      // over before it was heard of
	heldOut  bool      // at first it was a loss that the service tolerates
	troubles []trouble // what it was, as is known now
	claims   []claim
}

// A join is when two troubles turned out to be one situation.
type join struct {
	at   int64
	a, b int
}

// assemble draws the scene.
func (d *Detector) assemble() *scene {
	sc := &scene{d: d, after: never}
	together, own := d.concurrent(), d.ownClaims()
	for _, id := range sorted(d.judged) {
		sc.nodes = append(sc.nodes, d.judged[id].nodes(slices.Concat(together[id], own[id]))...)
	}
	for _, id := range d.book.observers {
		for _, s := range joined(d.silences(id), d.book.Defaults.RecoverFor) {
			s.to = later(s.to, d.book.Defaults.RecoverFor)
			sc.nodes = append(sc.nodes, node{span: s, name: id, claims: d.watch(id, s)})
		}
	}
	slices.SortFunc(sc.nodes, func(a, b node) int {
		return cmp.Or(cmp.Compare(a.from, b.from), first(!a.heldOut, !b.heldOut), cmp.Compare(a.name, b.name))
	})
	sc.link()
	return sc
}

func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// begins is when there is anything to tell of a node: when it was known, or earlier where it turned out to be.
func (n node) begins() int64 {
	if len(n.troubles) > 0 {
		return min(n.from, n.troubles[0].from)
	}
	return n.from
}

// nodes are a service's troubles as they were known, each with what it really was. What was over before it was heard of
// stands for itself.
func (j *judged) nodes(more []claim) []node {
	var all []node
	for _, k := range j.known {
		all = append(all, node{span: k, name: j.id, j: j, heldOut: j.view.d.heldOut(j.id, k.from)})
	}
	for _, t := range j.troubles {
		mine := slices.IndexFunc(all, func(n node) bool { return n.overlaps(t.span) })
		if mine < 0 {
			all = append(all, node{span: t.span, name: j.id, j: j, late: true})
			mine = len(all) - 1
		}
		all[mine].troubles = append(all[mine].troubles, t)
		for _, c := range slices.Concat(j.claims, more) {
			if c.carrier.from >= t.from && c.carrier.to <= t.to {
				all[mine].claims = append(all[mine].claims, c)
			}
		}
	}
	return all
}

// link finds what joins the nodes: a component that both have lost, a lost failure domain that both have such a component
// in, or silence of both.
func (sc *scene) link() {
	shared := map[string][]touch{}
	for i, n := range sc.nodes {
		if n.j == nil {
			shared["observers"] = append(shared["observers"], touch{n.from, i})
			continue
		}
		if n.late {
			continue
		}
		for _, b := range sc.d.known.losses(n.name, spans{n.span}) {
			shared["component "+b.root] = append(shared["component "+b.root], touch{b.since, i})
			for _, domain := range sc.d.book.domainsOf(b.root) {
				lost := sc.d.known.domain(domain).where(loss.lost)
				if at := lost.begins(b.since); n.has(at) {
					shared["domain "+domain] = append(shared["domain "+domain], touch{at, i})
				}
			}
		}
	}
	for _, what := range sorted(shared) {
		sc.joinAll(shared[what])
	}
	sc.rejoin()
	slices.SortStableFunc(sc.joins, func(a, b join) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.a, b.a), cmp.Compare(a.b, b.b))
	})
}

// A touch is when a node came to have something that others may have too.
type touch struct {
	at   int64
	node int
}

// joinAll joins each node with the one that lasts longest among those that had the same before.
func (sc *scene) joinAll(touches []touch) {
	slices.SortFunc(touches, func(a, b touch) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.node, b.node)) })
	longest := -1
	for _, t := range touches {
		if longest >= 0 && longest != t.node && sc.nodes[longest].has(t.at) {
			sc.joins = append(sc.joins, join{t.at, longest, t.node})
		}
		if longest < 0 || sc.nodes[t.node].to > sc.nodes[longest].to {
			longest = t.node
		}
	}
}

// rejoin joins troubles of one service that turned out to be one.
func (sc *scene) rejoin() {
	last := map[string]int{}
	for i, n := range sc.nodes {
		before, ok := last[n.name]
		last[n.name] = i
		if !ok || n.j == nil {
			continue
		}
		if slices.ContainsFunc(n.j.troubles, func(t trouble) bool { return t.overlaps(sc.nodes[before].span) && t.overlaps(n.span) }) {
			sc.joins = append(sc.joins, join{n.from, before, i})
		}
	}
}

// A situation is the nodes that belong together at an instant.
type situation struct {
	d        *Detector
	nodes    []node // the earliest first
	absorbed []string
}

// key names a situation by the service it began with, and when it was known to begin.
func (s situation) key() string { return s.nodes[0].key() }

func (n node) key() string { return n.name + "@" + exactly(n.from) }

// situations are all that have begun by an instant, in order of their beginning.
func (sc *scene) situations(t int64) []situation {
	parent := make([]int, len(sc.nodes))
	for i := range parent {
		parent[i] = i
	}
	find := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	absorbed, ends := map[int][]string{}, make([]int64, len(sc.nodes))
	for i, n := range sc.nodes {
		ends[i] = n.to
	}
	merge := func(a, b int) {
		a, b = find(a), find(b)
		if a == b {
			return
		}
		if b < a {
			a, b = b, a
		}
		parent[b], ends[a] = a, max(ends[a], ends[b])
		absorbed[a] = append(absorbed[a], append(absorbed[b], sc.nodes[b].key())...)
	}
	next := 0
	lastOf := map[string]int{}
	for i, n := range sc.nodes {
		if n.from > t {
			break
		}
		for ; next < len(sc.joins) && sc.joins[next].at < n.from; next++ {
			merge(sc.joins[next].a, sc.joins[next].b)
		}
		if before, ok := lastOf[n.name]; ok && ends[find(before)] > n.from {
			merge(before, i) // a relapse while the situation is open
		}
		lastOf[n.name] = i
	}
	for ; next < len(sc.joins) && sc.joins[next].at <= t; next++ {
		merge(sc.joins[next].a, sc.joins[next].b)
	}
	members := map[int][]node{}
	for i, n := range sc.nodes {
		if n.begins() <= t {
			members[find(i)] = append(members[find(i)], n)
		}
	}
	var all []situation
	for _, first := range slices.Sorted(maps.Keys(members)) {
		keys := slices.Sorted(slices.Values(absorbed[first]))
		all = append(all, situation{sc.d, members[first], slices.Compact(keys)})
	}
	return all
}

// borders are all instants at which anything is claimed to begin or end.
func (sc *scene) borders() []int64 {
	var all []int64
	for _, n := range sc.nodes {
		all = append(all, n.from, n.to, later(n.to, shown))
		for _, t := range n.troubles {
			all = append(all, t.from, t.back, t.to, later(t.to, shown))
			for _, e := range t.episodes {
				all = append(all, e.from, e.to)
				for _, p := range slices.Concat(e.below, e.confirmed) {
					all = append(all, p.from, p.to)
				}
			}
		}
		for _, c := range n.claims {
			all = append(all, c.carrier.from, c.carrier.to)
			for _, p := range slices.Concat(c.met, c.unsure, c.tells) {
				all = append(all, p.from, p.to)
			}
		}
	}
	return all
}

// openings are the instants after t at which something begins or is joined by itself, in order.
func (sc *scene) openings(t int64) []int64 {
	var all []int64
	for _, n := range sc.nodes {
		if n.begins() > t {
			all = append(all, n.begins())
		}
	}
	for _, j := range sc.joins {
		if j.at > t {
			all = append(all, j.at)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
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
