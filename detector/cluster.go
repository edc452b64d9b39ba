package detector

import (
	"maps"
	"reflect"
	"slices"
)

// A cluster is the nodes that are joined at any instant: what its situations come to rests on nothing of other clusters, but
// for whose outages last together (concurrent_loss), and when anything begins. So of three hundred disasters that are open at
// once only those are explained anew that something was heard of.
type cluster struct {
	d     *Detector
	nodes []*node
	joins []join // of places among its nodes, in order of time

	accounts []*account // the last few, the latest first
	ahead    []int64    // the instants after some instant at which anything of it begins or ends, in order
	after    int64      // that instant
}

// An account is what a cluster came to at an instant, and what that rested on beside the cluster.
type account struct {
	from, until int64    // it comes to the same as long as time alone goes on
	company     *company // of its outages; nil: it has none that count
	openings    []int64  // of the whole scene, where something of the cluster itself is still to begin
	verdicts    []*Verdict
	of          []situation // each verdict's
}

// accountsMost is how many accounts of a cluster are kept: whoever asks for the next change asks for the present and for later.
const accountsMost = 2

// parents say of each of some things with which other it belongs together; who is its own parent stands for all of them.
type parents []int

// apart are so many things of which none belongs to another.
func apart(n int) parents {
	p := make(parents, n)
	for i := range p {
		p[i] = i
	}
	return p
}

// find is who stands for those to whom i belongs.
func (p parents) find(i int) int {
	for p[i] != i {
		p[i] = p[p[i]]
		i = p[i]
	}
	return i
}

// gather finds the clusters. One that was in the scene before with the same nodes and joins is that one.
func (sc *scene) gather(relapses []relapse) {
	parent := apart(len(sc.nodes))
	merge := func(a, b int) { a, b = parent.find(a), parent.find(b); parent[max(a, b)] = min(a, b) }
	for _, j := range sc.joins {
		merge(j.a, j.b)
	}
	for _, r := range relapses { // they may belong to what went before
		merge(r.before, r.node)
	}
	many := make([]int, len(sc.nodes))
	for i := range sc.nodes {
		many[parent.find(i)]++
	}
	place, of := make([]int, len(sc.nodes)), make([]*cluster, len(sc.nodes))
	sc.clusters = make([]*cluster, 0, len(sc.nodes))
	for i, n := range sc.nodes {
		first := parent.find(i)
		if many[first] == 1 && n.of != nil && len(n.of.nodes) == 1 { // it was by itself, and is
			sc.clusters = append(sc.clusters, n.of)
			continue
		}
		if of[first] == nil {
			of[first] = &cluster{d: sc.d, after: never}
			sc.clusters = append(sc.clusters, of[first])
		}
		c := of[first]
		place[i], c.nodes = len(c.nodes), append(c.nodes, n)
	}
	for _, j := range sc.joins {
		c := of[parent.find(j.a)]
		c.joins = append(c.joins, join{j.at, place[j.a], place[j.b]})
	}
	for i, c := range sc.clusters {
		if was := c.nodes[0].of; was != nil && slices.Equal(was.nodes, c.nodes) && slices.Equal(was.joins, c.joins) {
			sc.clusters[i] = was
			continue
		}
		for _, n := range c.nodes {
			n.of = c
		}
	}
}

// account is what a cluster comes to at an instant.
func (c *cluster) account(sc *scene, t int64) *account {
	var with *company
	if c.counted() {
		with = sc.losses.company(t)
	}
	var openings []int64
	if c.opens(t) {
		openings = sc.openings(t)
	}
	for i, a := range c.accounts {
		if a.from <= t && t < a.until && a.company == with && slices.Equal(a.openings, openings) {
			c.accounts = latest(c.accounts, i, a, accountsMost)
			return a
		}
	}
	a := &account{from: t, until: min(c.next(t), sc.signals(t)), company: with, openings: openings}
	if with != nil { // what is in doubt about any of them is in doubt about all
		for _, one := range with.causes {
			a.until = min(a.until, one.j.next(t))
		}
	}
	if len(c.d.book.own) > 0 { // they may ask about anything
		a.until = min(a.until, sc.next(t))
	}
	for _, s := range c.situations(t) {
		if v, until, ok := s.verdict(t); ok {
			a.verdicts, a.of, a.until = append(a.verdicts, sc.once(v)), append(a.of, s), min(a.until, until)
		}
	}
	c.accounts = latest(c.accounts, -1, a, accountsMost)
	return a
}

// restate notes that an alert said once more what it had said of a component. That may change nothing about the component, and
// yet who was the first to say so.
func (d *Detector) restate(id string) {
	if d.scene != nil {
		d.scene.restated[id] = true
	}
}

// revise drops what was made of clusters in which something else set the start since.
func (sc *scene) revise() {
	if len(sc.restated) == 0 {
		return
	}
	rests := map[*cluster]bool{}
	for id := range sc.restated {
		for _, service := range append(slices.Clip(sc.d.book.above(id)), id) {
			if j := sc.d.judged[service]; j != nil {
				for _, n := range j.drawn {
					rests[n.of] = true
				}
			}
		}
	}
	sc.restated = emptied(sc.restated)
	for c := range rests {
		if c == nil || !slices.ContainsFunc(c.accounts, (*account).misled) {
			continue
		}
		c.accounts, sc.looked = nil, looked{}
		for _, known := range sc.told {
			known.from, known.until = never, ever
		}
	}
}

// misled reports whether a verdict would now tell of another origin.
func (a *account) misled() bool {
	for i, s := range a.of {
		if v := *a.verdicts[i]; !reflect.DeepEqual(v.Explanation.Origin, s.origin(v, a.from)) {
			return true
		}
	}
	return false
}

// counted reports whether any outage of the cluster can be one of several that last together.
func (c *cluster) counted() bool {
	return slices.ContainsFunc(c.nodes, func(n *node) bool { return n.j != nil && len(n.j.causes) > 0 })
}

// opens reports whether anything of the cluster itself begins or is joined after an instant.
func (c *cluster) opens(t int64) bool {
	return slices.ContainsFunc(c.nodes, func(n *node) bool { return n.begins() > t }) || len(c.joins) > 0 && c.joins[len(c.joins)-1].at > t
}

// next is the first instant after t at which anything of a cluster can differ.
func (c *cluster) next(t int64) int64 {
	if t < c.after {
		c.ahead, c.after = c.borders(t), t
	}
	next := following(c.ahead, t)
	for _, n := range c.nodes {
		if n.j != nil {
			next = min(next, n.j.next(t))
		}
	}
	return next
}

// following is the first of some instants, in order, after t.
func following(all []int64, t int64) int64 {
	i, found := slices.BinarySearch(all, t)
	if found {
		i++
	}
	if i == len(all) {
		return never
	}
	return all[i]
}

// borders are the instants after t at which anything is claimed to begin or end, or is joined, in order.
func (c *cluster) borders(t int64) []int64 {
	var all []int64
	for _, n := range c.nodes {
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
	for _, j := range c.joins {
		all = append(all, j.at)
	}
	all = slices.DeleteFunc(all, func(at int64) bool { return at <= t || at == never })
	slices.Sort(all)
	return slices.Compact(all)
}

// A situation is the nodes that belong together at an instant.
type situation struct {
	*cluster
	nodes    []*node // the earliest first
	absorbed []string
}

// key names a situation by the service it began with, and when it was known to begin.
func (s situation) key() string { return s.nodes[0].key() }

func (n *node) key() string {
	if n.named == "" {
		n.named = n.name + "@" + exactly(n.from)
	}
	return n.named
}

// situations are all that have begun by an instant, in order of their beginning.
func (c *cluster) situations(t int64) []situation {
	if len(c.nodes) == 1 {
		if c.nodes[0].begins() > t {
			return nil
		}
		return []situation{{c, c.nodes, nil}}
	}
	parent := apart(len(c.nodes))
	absorbed, ends := map[int][]string{}, make([]int64, len(c.nodes))
	for i, n := range c.nodes {
		ends[i] = n.to
	}
	merge := func(a, b int) {
		a, b = parent.find(a), parent.find(b)
		if a == b {
			return
		}
		if b < a {
			a, b = b, a
		}
		parent[b], ends[a] = a, max(ends[a], ends[b])
		absorbed[a] = append(absorbed[a], append(absorbed[b], c.nodes[b].key())...)
	}
	next := 0
	lastOf := map[string]int{}
	for i, n := range c.nodes {
		if n.from > t {
			break
		}
		for ; next < len(c.joins) && c.joins[next].at < n.from; next++ {
			merge(c.joins[next].a, c.joins[next].b)
		}
		if before, ok := lastOf[n.name]; ok && ends[parent.find(before)] > n.from {
			merge(before, i) // a relapse while the situation is open
		}
		lastOf[n.name] = i
	}
	for ; next < len(c.joins) && c.joins[next].at <= t; next++ {
		merge(c.joins[next].a, c.joins[next].b)
	}
	members := map[int][]*node{}
	for i, n := range c.nodes {
		if n.begins() <= t {
			members[parent.find(i)] = append(members[parent.find(i)], n)
		}
	}
	var all []situation
	for _, first := range slices.Sorted(maps.Keys(members)) {
		keys := slices.Sorted(slices.Values(absorbed[first]))
		all = append(all, situation{c, members[first], slices.Compact(keys)})
	}
	return all
}

// holding is the situation that holds another at an instant.
func (c *cluster) holding(key string, t int64) situation {
	for _, s := range c.situations(t) {
		if s.key() == key || slices.Contains(s.absorbed, key) {
			return s
		}
	}
	return situation{}
}

// opened are the openings of a scene after an instant, as they were asked for last.
type opened struct {
	asked bool
	after int64
	at    []int64
}

// openings are the instants after t at which something begins or is joined by itself, in order.
func (sc *scene) openings(t int64) []int64 {
	if sc.opened.asked && sc.opened.after == t {
		return sc.opened.at
	}
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
	sc.opened = opened{true, t, slices.Compact(all)}
	return sc.opened.at
}

// once is a verdict, or what said the same before: whoever follows it sees at once that nothing has changed.
func (sc *scene) once(v Verdict) *Verdict {
	said := sc.said[v.Key]
	at := slices.IndexFunc(said, func(o *Verdict) bool { return reflect.DeepEqual(*o, v) })
	one := &v
	if at >= 0 {
		one = said[at]
	}
	sc.said[v.Key] = latest(said, at, one, tellingsMost)
	return one
}

// latest puts one in front of others, and keeps so many; at is its place among them, less than 0 where it is new.
func latest[V any](all []V, at int, one V, most int) []V {
	switch {
	case at == 0:
		return all
	case at > 0:
		all = slices.Delete(slices.Clone(all), at, at+1)
	}
	all = append([]V{one}, all...)
	return all[:min(len(all), most)]
}
