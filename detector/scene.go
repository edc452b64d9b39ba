package detector

import (
	"cmp"
	"slices"
)

// A scene is all troubles of all services, and which belong together. It is drawn on what was known when, so that what
// is heard later never renames a situation, and never takes one apart.
//
// One that is drawn after something was heard has in common with the one before what nothing was heard of: the nodes, the
// clusters, and what was read off them.
type scene struct {
	d        *Detector
	nodes    []*node
	joins    []join // in order of time
	clusters []*cluster
	losses   *concurrence
	void     bool            // it is to be drawn anew, with nothing in common
	restated map[string]bool // components of which an alert said once more what it had said

	told    []*told // what was read off last, the latest first
	said    map[string][]*Verdict
	opened  opened
	horizon span   // nothing can differ within it
	looked  looked // as far as it was looked for a difference
}

// A node is one trouble of a service, or one silence of an observer, as it was known. It is never changed.
type node struct {
	span
	name     string
	j        *judged   // nil: an observer
	late     bool      // over before it was heard of
	heldOut  bool      // at first it was a loss that the service tolerates
	troubles []trouble // what it was, as is known now
	claims   []claim

	of      *cluster // that it was found in last
	touches []touch  // what it came to have that others may have too
	touched bool     // that is known
	named   string   // its key; empty: nobody has asked
}

// A join is when two troubles turned out to be one situation.
type join struct {
	at   int64
	a, b int
}

// assemble draws the scene.
func (d *Detector) assemble() *scene {
	ids := d.troubled
	sc := &scene{d: d, losses: d.concurrence(ids), said: map[string][]*Verdict{}, restated: map[string]bool{}}
	before := d.scene
	if before != nil {
		sc.told, sc.said = before.remembered()
		if before.void {
			before = nil
		} else {
			sc.losses.companies = before.losses.companies
			sc.losses.still = slices.Equal(sc.losses.met, before.losses.met)
		}
	}
	own := d.ownClaims()
	sc.nodes = make([]*node, 0, len(ids)+len(d.book.observers))
	for _, id := range ids {
		j := d.judged[id]
		sc.nodes = append(sc.nodes, j.nodes(before != nil, sc.losses.together(j), own[id])...)
	}
	for _, id := range d.book.observers {
		for _, s := range joined(d.silences(id), d.book.Defaults.RecoverFor) {
			s.to = later(s.to, d.book.Defaults.RecoverFor)
			sc.nodes = append(sc.nodes, &node{span: s, name: id, claims: d.watch(id, s)})
		}
	}
	slices.SortFunc(sc.nodes, func(a, b *node) int {
		return cmp.Or(cmp.Compare(a.from, b.from), first(!a.heldOut, !b.heldOut), cmp.Compare(a.name, b.name))
	})
	relapses := sc.relapses()
	sc.link(relapses)
	sc.gather(relapses)
	return sc
}

// redrawn has the scene drawn anew with nothing in common with this one: what was heard may concern any of it.
func (d *Detector) redrawn() {
	if d.scene != nil {
		d.scene.void = true
	}
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
func (n *node) begins() int64 {
	if len(n.troubles) > 0 {
		return min(n.from, n.troubles[0].from)
	}
	return n.from
}

// nodes are a service's troubles as they were known, each with what it really was. What was over before it was heard of
// stands for itself. Where nothing was heard of the service they are those of the scene before.
func (j *judged) nodes(again bool, together, own []claim) []*node {
	same := func(a, b claim) bool { return slices.Equal(a.met, b.met) }
	if again && len(own) == 0 && j.placed && slices.EqualFunc(j.together, together, same) {
		return j.drawn
	}
	var all []*node
	for _, k := range j.known {
		all = append(all, &node{span: k, name: j.id, j: j, heldOut: j.view.d.heldOut(j.id, k.from)})
	}
	for _, t := range j.troubles {
		mine := slices.IndexFunc(all, func(n *node) bool { return n.overlaps(t.span) })
		if mine < 0 {
			all = append(all, &node{span: t.span, name: j.id, j: j, late: true})
			mine = len(all) - 1
		}
		all[mine].troubles = append(all[mine].troubles, t)
		for _, c := range slices.Concat(j.claims, together, own) {
			if c.carrier.from >= t.from && c.carrier.to <= t.to {
				all[mine].claims = append(all[mine].claims, c)
			}
		}
	}
	j.drawn, j.together, j.placed = all, together, true
	return all
}

// link finds what joins the nodes: a component that both have lost, a lost failure domain that both have such a component
// in, or silence of both.
func (sc *scene) link(relapses []relapse) {
	alone, shared := sc.d.alone, map[string][]touching{} // most have what nobody else has
	defer func() { sc.d.alone = emptied(alone) }()
	come := func(what string, t touching) {
		first, any := alone[what]
		switch {
		case !any:
			alone[what] = t
		case shared[what] == nil:
			shared[what] = []touching{first, t}
		default:
			shared[what] = append(shared[what], t)
		}
	}
	for i, n := range sc.nodes {
		if n.j == nil {
			come("observers", touching{n.from, i})
			continue
		}
		if n.late {
			continue
		}
		for _, t := range sc.d.touches(n) {
			come(t.what, touching{t.at, i})
		}
	}
	for _, touches := range shared {
		sc.joinAll(touches)
	}
	sc.rejoin(relapses)
	slices.SortStableFunc(sc.joins, func(a, b join) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.a, b.a), cmp.Compare(a.b, b.b))
	})
}

// A touch is when a node came to have something that others may have too.
type touch struct {
	what string
	at   int64
}

// touches are all that a node came to have.
func (d *Detector) touches(n *node) []touch {
	if n.touched {
		return n.touches
	}
	for _, b := range d.known.losses(n.name, spans{n.span}) {
		n.touches = append(n.touches, touch{"component " + b.root, b.since})
		for _, domain := range d.book.domainsOf(b.root) {
			lost := d.known.domain(domain).where(loss.lost)
			if at := lost.begins(b.since); n.has(at) {
				n.touches = append(n.touches, touch{"domain " + domain, at})
			}
		}
	}
	n.touched = true
	return n.touches
}

// A touching is when which node came to have something.
type touching struct {
	at   int64
	node int
}

// joinAll joins each node with the one that lasts longest among those that had the same before.
func (sc *scene) joinAll(touches []touching) {
	slices.SortFunc(touches, func(a, b touching) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.node, b.node)) })
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

// A relapse is a node, and the last one before it that has the same name.
type relapse struct{ before, node int }

func (sc *scene) relapses() (all []relapse) {
	last := sc.d.last
	for i, n := range sc.nodes {
		if before, any := last[n.name]; any {
			all = append(all, relapse{before, i})
		}
		last[n.name] = i
	}
	sc.d.last = emptied(last)
	return all
}

// rejoin joins troubles of one service that turned out to be one.
func (sc *scene) rejoin(relapses []relapse) {
	for _, r := range relapses {
		before, n := sc.nodes[r.before], sc.nodes[r.node]
		if n.j != nil && slices.ContainsFunc(n.j.troubles, func(t trouble) bool { return t.overlaps(before.span) && t.overlaps(n.span) }) {
			sc.joins = append(sc.joins, join{n.from, r.before, r.node})
		}
	}
}
