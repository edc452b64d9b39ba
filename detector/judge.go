package detector

import (
	"slices"
	"time"

	"holdfast/bia"
)

// judged is all that was made of one service: its state in time, its outages, and what they mean.
type judged struct {
	id         string
	objectives bia.Objectives
	view       *view   // through which it is seen: late statements count as far back as its max_backdate
	seen       []*view // that, and those by which it counts how long and what rests on nobody having looked
	state      both
	impaired   spans // certainly degraded or down
	counted    spans // the same, as far as it counts towards how long: what a stale statement says only from its receipt
	troubles   []trouble
	known      []span // its troubles, as they were known; later statements never change one that has begun
	claims     []claim
	sober      spans // when it is down without what is only presumed to be; nil: nothing is presumed
	causes     []*cause

	horizon  span    // within which nothing that is told of it can differ
	drawn    []*node // as it was placed in the last scene
	together []claim // that it had there by concurrent_loss
	placed   bool
}

// judge brings every service that was touched up to date, and reports whether there is anything to tell of any of them.
func (d *Detector) judge() (told bool) {
	for domain := range d.shaken {
		for id := range d.judged {
			if d.book.needsAt(id, domain) {
				d.touched[id] = true
			}
		}
	}
	d.shaken = emptied(d.shaken)
	for _, id := range sorted(d.touched) {
		_, before := d.judged[id]
		if j := d.weigh(id); j != nil {
			d.judged[id], told = j, true
			if at, there := slices.BinarySearch(d.troubled, id); !there {
				d.troubled = slices.Insert(d.troubled, at, id)
			}
		} else if before {
			delete(d.judged, id)
			d.troubled = slices.DeleteFunc(d.troubled, func(o string) bool { return o == id })
			told = true
		}
	}
	d.touched = emptied(d.touched)
	return told
}

// weigh judges one service; nil if there is nothing to judge.
func (d *Detector) weigh(id string) *judged {
	j := &judged{id: id, objectives: d.book.objectives[id]}
	view, confirming := d.lenses(id, j.objectives.MaxBackdate)
	j.view, j.seen, j.state = view, append(j.seen, view), view.service(id)
	if confirming != view {
		j.seen = append(j.seen, confirming)
	}
	known := d.known.service(id)
	hurt := d.compromised(id, view.lens)
	if len(j.state.best) == 0 && len(j.state.worst) == 0 && len(known.worst) == 0 && len(hurt) == 0 {
		return nil
	}
	gap := j.objectives.RecoverFor
	j.impaired = j.state.best.where(atLeast(degraded))
	j.counted = confirming.service(id).best.where(atLeast(degraded))
	j.known, _ = blocks(known.best.where(atLeast(degraded)).union(d.compromised(id, asKnown)), known.worst.where(atLeast(degraded)).union(d.compromised(id, asKnown)), gap)
	starts, backs := blocks(j.impaired.union(hurt), j.state.worst.where(atLeast(degraded)).union(hurt), gap)
	for i, s := range starts {
		t := trouble{span: s, back: backs[i]}
		t.episodes = j.outages(t, confirming.service(id))
		j.moveBack(&t)
		j.troubles = append(j.troubles, t)
	}
	if d.book.Defaults.Unknown.DownAfter > 0 {
		sober := d.through(sight{lens: view.lens, sober: true})
		j.seen = append(j.seen, sober)
		j.sober = append(spans{}, sober.service(id).best.where(atLeast(down))...)
	}
	j.claims = d.claims(j)
	j.causes = d.causes(j)
	return j
}

func atLeast(least grade) func(grade) bool { return func(g grade) bool { return g >= least } }

// lenses are the views for a service whose late statements count no further back than backdate: one in which a stale
// one counts from there, and one, for confirmation, in which it counts from its receipt. Where nothing is as late as
// that they are the plain one.
func (d *Detector) lenses(id string, backdate time.Duration) (event, confirming *view) {
	late := d.lateness(id)
	for _, c := range d.book.below(id) {
		late = max(late, d.lateness(c))
	}
	if late <= int64(backdate) {
		return d.plain, d.plain
	}
	return d.through(sight{lens: lens{backdate: int64(backdate)}}), d.through(sight{lens: lens{backdate: int64(backdate), stale: true}})
}

func (d *Detector) lateness(id string) int64 {
	if p := d.parts[id]; p != nil {
		return p.late
	}
	return 0
}

// outages are the episodes within a trouble.
func (j *judged) outages(t trouble, confirming both) []episode {
	var all []episode
	below := j.state.best.where(atLeast(down)).within(t.span)
	starts, backs := blocks(below, j.state.worst.where(atLeast(down)).within(t.span), j.objectives.RecoverFor)
	for i, s := range starts {
		e := episode{span: s, back: backs[i]}
		for _, v := range []*view{j.view.d.felt, j.view.d.mended} {
			e.from = max(e.from, j.told(v, s))
		}
		e.below = below.within(e.span)
		e.counted = confirming.best.where(atLeast(down)).within(e.span)
		e.confirmed = confirmations(e.counted, j.objectives.ConfirmFor)
		e.clocks = j.objectives.Clocks(clock(e.from))
		all = append(all, e)
	}
	return all
}

// told is how early an outage can begin by what was told of it at the time: no message, however late, joins it to one
// that was over, and none moves its start by more than max_backdate.
func (j *judged) told(v *view, outage span) int64 {
	state := v.service(j.id)
	known, _ := blocks(state.best.where(atLeast(down)), state.worst.where(atLeast(down)), j.objectives.RecoverFor)
	for _, k := range slices.Backward(known) {
		if k.overlaps(outage) {
			return later(k.from, -j.objectives.MaxBackdate)
		}
	}
	return ever
}

// compromised is when data that a service holds is.
func (d *Detector) compromised(id string, l lens) spans {
	s, _ := d.book.Service(id)
	var all spans
	for _, data := range sorted(s.Data) {
		all = append(all, worst(d.data[data], l).where(func(c integrity) bool { return c == dataCompromised })...)
	}
	return joined(all, 0)
}

// A blame is a component that explains a service's trouble, and since when it does.
type blame struct {
	root  string
	since int64
}

// blames are the components whose loss explains a service's trouble within some periods, in order of id: while it is down
// those that are down in needs that are down, while it is degraded those that are worse than up.
func (v *view) blames(service string, within spans) []blame {
	b := blaming{v: v, first: map[string]int64{}}
	state := v.service(service).best
	for _, g := range []grade{degraded, down} {
		b.seen = map[string]spans{}
		b.visit(service, state.where(func(is grade) bool { return is == g }).intersect(within), g)
	}
	return b.all()
}

// losses are all components that are worse than up in needs that are, whether or not they explain the whole trouble.
func (v *view) losses(service string, within spans) []blame {
	b := blaming{v: v, first: map[string]int64{}, seen: map[string]spans{}}
	b.visit(service, v.service(service).best.where(atLeast(degraded)).intersect(within), degraded)
	return b.all()
}

// blaming is a walk down the needs that looks for what is at least as bad as grade.
type blaming struct {
	v     *view
	first map[string]int64 // root -> since when
	seen  map[string]spans // service -> when it has been looked at
}

func (b *blaming) all() []blame {
	var all []blame
	for _, root := range sorted(b.first) {
		all = append(all, blame{root, b.first[root]})
	}
	return all
}

func (b *blaming) visit(service string, within spans, g grade) {
	if covered(within, b.seen[service]) {
		return
	}
	b.seen[service] = b.seen[service].union(within)
	for _, n := range b.v.d.book.needs[service] {
		bad := b.v.need(n).best.where(atLeast(g)).intersect(within)
		for _, m := range n.members {
			when := b.v.member(m, false).best.where(atLeast(g)).intersect(bad)
			switch {
			case len(when) == 0:
			case b.v.d.book.isService(m):
				b.visit(m, when, g)
			default:
				b.note(m, when)
			}
		}
	}
	if _, spokenOf := b.v.d.parts[service]; spokenOf {
		b.note(service, b.v.member(service, true).best.where(atLeast(g)).intersect(within))
	}
}

func (b *blaming) note(root string, when spans) {
	if len(when) == 0 {
		return
	}
	if since, ok := b.first[root]; !ok || when[0].from < since {
		b.first[root] = when[0].from
	}
}

// covered reports whether periods lie within others.
func covered(s, by spans) bool {
	return len(s) == 0 || slices.Equal(s.intersect(by), s)
}

// roots are the components that explain a service's trouble at an instant, sorted.
func (v *view) roots(service string, t int64) []string {
	var all []string
	for _, b := range v.blames(service, spans{{t, t + 1}}) {
		all = append(all, b.root)
	}
	return all
}

// heldOut reports whether all that was known to be lost to a service at an instant is tolerated for a while.
func (d *Detector) heldOut(id string, t int64) bool { return !d.feels(id, t, map[string]bool{}) }

// feels reports whether a service has lost anything that nothing on the way to it tolerates.
func (d *Detector) feels(id string, t int64, seen map[string]bool) bool {
	if seen[id] {
		return false
	}
	seen[id] = true
	if p := d.parts[id]; p != nil && d.known.component(id).at(t).best() >= degraded {
		return true
	}
	for _, n := range d.book.needs[id] {
		if n.tolerates > 0 || d.known.need(n).best.at(t) < degraded {
			continue
		}
		for _, m := range n.members {
			if d.known.member(m, false).best.at(t) >= degraded && (!d.book.isService(m) || d.feels(m, t, seen)) {
				return true
			}
		}
	}
	return false
}
