package detector

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"holdfast/bia"
)

// What a single change is of. A program compares with these words; they never change.
const (
	IfUp             = "up"               // a component, or a service as a whole, were up
	IfCleared        = "site_ok"          // nothing were signalled of a site
	IfUsable         = "data_ok"          // data were well
	IfPromised       = "estimate_in_time" // the newest estimate of a service's end were before its deadline
	IfHeard          = "heard"            // an observer were heard
	IfNothingChanges = "wait"             // nothing else happened until an instant
	IfSiteLost       = "site_lost"        // a site were signalled lost
	IfSiteImpaired   = "site_impaired"    // a site were signalled impaired
	IfNoEstimate     = "estimate_none"    // whoever may say so had no estimate of a service's end
	IfDataUnusable   = "data_unusable"    // data were signalled unusable
)

// A Change is one thing that would make the level another, all else staying as it is. The changes of an explanation are its
// counterfactual: they are worked out by the rules that the verdict was given by, and every component whose recovery
// alone would lower what holds is among them.
type Change struct {
	If      string    `json:"if"`               // what would be otherwise
	AnyOf   []string  `json:"any_of,omitempty"` // of what, any one of these; sorted
	At      time.Time `json:"at,omitzero"`      // of wait: when
	Level   Level     `json:"level"`            // the verdict's then: what was reached is kept until the outage has ended
	Current Level     `json:"current"`          // what would hold
	By      []string  `json:"by,omitempty"`     // the criteria that would carry it, sorted; for what would make it worse, one that would
	Over    bool      `json:"over,omitempty"`   // everything would have ended
}

// changes is the counterfactual of a situation that is open, and until when it is the same as far as criteria of the
// user's own can tell.
func (s situation) changes(v Verdict, c course, criteria []Criterion, t int64) (all []Change, until int64) {
	if !v.Open {
		return nil, never
	}
	f := flips{situation: s, verdict: v, now: s.d.instantly(t)}
	for _, n := range s.nodes {
		for _, c := range n.claims {
			if c.carrier.has(t) {
				f.open = append(f.open, c)
			}
		}
	}
	slices.SortStableFunc(f.open, func(a, b claim) int { return cmp.Compare(b.level, a.level) })
	if v.Current > Event {
		f.better()
	}
	f.wait(c, criteria)
	if v.Current < Disaster {
		f.worse()
	}
	return f.found, f.now.until
}

// flips looks for what would make the level of a situation another.
type flips struct {
	situation
	verdict Verdict
	now     *instantly
	open    []claim // about what goes on, the highest level first
	found   []Change
}

// better tries each single thing that could mend.
func (f *flips) better() {
	if f.nodes[0].j == nil {
		for _, n := range f.nodes {
			if n.has(f.now.t) {
				f.suppose(IfHeard, n.name, supposition{heard: n.name})
			}
		}
		return
	}
	for _, id := range f.suspects() {
		f.suppose(IfUp, id, supposition{up: id})
	}
	for _, site := range f.d.book.sites {
		if worst(f.d.sites[site], plain).at(f.now.t) > facilityOK {
			f.suppose(IfCleared, site, supposition{cleared: site})
		}
	}
	for _, data := range sorted(f.d.data) {
		if worst(f.d.data[data], plain).at(f.now.t) > dataOK {
			f.suppose(IfUsable, data, supposition{usable: data})
		}
	}
	for _, o := range f.verdict.Services {
		if len(f.d.estimates[o.Service]) > 0 && !o.Clocks.Deadline.Before(f.verdict.At) {
			f.suppose(IfPromised, o.Service, supposition{promised: o.Service})
		}
	}
}

// suppose notes what would hold if one thing were otherwise, if that is not what holds.
func (f *flips) suppose(what, id string, otherwise supposition) {
	s := f.now.suppose(otherwise)
	change := Change{If: what, AnyOf: []string{id}, Level: f.verdict.Level}
	for _, c := range f.open {
		if c.level == Event || c.level < change.Current {
			break
		}
		if c.rule == nil || c.level == change.Current && slices.Contains(change.By, c.rule.id) || !s.stands(c) {
			continue
		}
		if c.level == f.verdict.Current {
			return
		}
		change.Current = c.level
		change.By = append(change.By, c.rule.id)
	}
	change.Level = max(change.Level, change.Current)
	slices.Sort(change.By)
	change.By = slices.Compact(change.By)
	f.note(change)
}

// note adds a change to those found; several things of one kind that would come to the same are one.
func (f *flips) note(c Change) {
	for i, o := range f.found {
		if o.If == c.If && o.At.Equal(c.At) && o.Current == c.Current && slices.Equal(o.By, c.By) {
			for _, id := range c.AnyOf {
				if at, known := slices.BinarySearch(o.AnyOf, id); !known {
					o.AnyOf = slices.Insert(o.AnyOf, at, id)
				}
			}
			f.found[i] = o
			return
		}
	}
	f.found = append(f.found, c)
}

// suspects are the components, and services spoken of as a whole, whose recovery could make a difference: those that
// explain the situation, those that count towards the loss of a site, and those that a criterion of the user's own may
// ask about.
func (f *flips) suspects() []string {
	all := map[string]bool{}
	for _, id := range f.verdict.Roots {
		all[id] = true
	}
	asked := map[*rule]bool{}
	for _, c := range f.open {
		asked[c.rule] = true
		if c.site != "" && c.met.has(f.now.t) {
			f.ill(all, f.d.book.membersOf(c.site))
		}
	}
	for _, r := range f.d.book.own {
		if asked[r.rule] {
			f.ill(all, r.rests(f.d))
		}
	}
	return sorted(all)
}

// ill adds those that are not plainly up.
func (f *flips) ill(all map[string]bool, ids []string) {
	for _, id := range ids {
		if is := f.d.plain.component(id).at(f.now.t); is.grade > wellUp || is.unknown {
			all[id] = true
		}
	}
}

// rests is all that a criterion of the user's own asks about, down to components.
func (r *ownRule) rests(d *Detector) []string {
	var all []string
	services := []string{}
	if r.counts {
		services = d.book.judged
	}
	for _, n := range r.names {
		if _, ok := d.book.Components[n.ID]; ok {
			all = append(all, n.ID)
		} else if d.book.isService(n.ID) {
			services = append(slices.Clip(services), n.ID)
		} else {
			all = append(all, d.book.membersOf(n.ID)...)
		}
	}
	for _, id := range services {
		all = append(all, d.book.below(id)...)
		for _, on := range append(slices.Clip(d.book.restsOn(id)), id) {
			if _, spokenOf := d.parts[on]; spokenOf {
				all = append(all, on)
			}
		}
	}
	return all
}

// wait notes what comes by itself: at the next instant at which anything does, and when it first gets worse.
func (f *flips) wait(c course, criteria []Criterion) {
	next, worse := f.verdict.NextAt, time.Time{}
	for _, criterion := range criteria {
		if criterion.Answer != Met && criterion.Level > f.verdict.Current && !criterion.WouldAt.IsZero() {
			worse = earliest(worse, criterion.WouldAt)
		}
	}
	then := func(at int64) (situation, standing) {
		if !f.opens(f.now.t) {
			return f.situation, c.at(at)
		}
		held := f.holding(f.key(), at) // what begins by itself may join
		return held, held.course().at(at)
	}
	foreseen := f.verdict.Current
	for _, when := range []time.Time{next, worse} {
		if when.IsZero() || foreseen > f.verdict.Current {
			continue
		}
		at := instant(when)
		s, st := then(at)
		foreseen = st.current
		f.note(Change{If: IfNothingChanges, At: when, Level: st.level, Current: st.current, By: s.carrying(st.current, at), Over: !st.open})
	}
}

// carrying are the rules by which a level holds at an instant.
func (s situation) carrying(l Level, t int64) []string {
	var by []string
	for _, n := range s.nodes {
		for _, c := range n.claims {
			if l > Event && c.level == l && c.met.has(t) {
				by = append(by, c.rule.id)
			}
		}
	}
	slices.Sort(by)
	return slices.Compact(by)
}

// worse notes what people could say that would make it a disaster at once.
func (f *flips) worse() {
	on := f.d.book.Criteria.On
	disaster := func(what, id, by string) {
		if on(by) {
			f.note(Change{If: what, AnyOf: []string{id}, Level: Disaster, Current: Disaster, By: []string{by}})
		}
	}
	for _, e := range f.confirmed() {
		for _, site := range f.d.book.sites {
			if f.d.book.needsAt(e.j.id, site) {
				disaster(IfSiteLost, site, bia.FacilityLost)
				if e.j.view.domain(site).at(f.now.t).impaired {
					disaster(IfSiteImpaired, site, bia.FacilityDamaged)
				}
			}
		}
		disaster(IfNoEstimate, e.j.id, bia.EstimateExceedsRTO)
		for _, data := range f.d.held(e.j) {
			if tooOld(f.d.points[data].line(asKnown).at(f.now.t), e.from, f.d.rpo(e.j, data)) {
				disaster(IfDataUnusable, data, bia.DataLoss)
			}
		}
	}
}

// A suffering is an outage of a service.
type suffering struct {
	j *judged
	episode
}

// confirmed are the outages of vital services that a disaster can be carried by now.
func (f *flips) confirmed() []suffering {
	var all []suffering
	for _, n := range f.nodes {
		if n.j == nil || !n.j.objectives.Judged() {
			continue
		}
		for _, t := range n.troubles {
			for _, e := range t.episodes {
				if n.j.firm(e).has(f.now.t) {
					all = append(all, suffering{n.j, e})
				}
			}
		}
	}
	return all
}

// Counterfactual is what single change would make the level another, a line for each.
func (v Verdict) Counterfactual() []string {
	var all []string
	changes := v.Explanation.Changes
	if len(changes) == 0 && v.Explanation.Unless != "" {
		return []string{v.Explanation.Unless}
	}
	mends := func(c Change) bool { return c.If == IfUp && c.Current < v.Current }
	if v.Open && v.Current >= MajorIncident && len(v.Services) > 0 && !slices.ContainsFunc(changes, mends) {
		all = append(all, "no single component being up would lower it")
	}
	for _, c := range changes {
		all = append(all, c.String())
	}
	return all
}

// String is the change in words.
func (c Change) String() string {
	what := and(c.AnyOf)
	if len(c.AnyOf) > 1 {
		what = "any one of " + what
	}
	by := ""
	if len(c.By) > 0 {
		by = " by " + and(c.By)
	}
	then := "it would be " + c.Current.String() + by
	if c.Current == Event {
		then = "no criterion would hold"
	}
	switch c.If {
	case IfUp:
		return fmt.Sprintf("if %s were up, %s", what, then)
	case IfCleared:
		return fmt.Sprintf("if the signal of %s were taken back, %s", what, then)
	case IfUsable:
		return fmt.Sprintf("if %s were well, %s", what, then)
	case IfPromised:
		return fmt.Sprintf("if %s were estimated back in time, %s", what, then)
	case IfHeard:
		return fmt.Sprintf("if %s were heard, %s", what, then)
	case IfSiteLost:
		return fmt.Sprintf("if %s were signalled lost, %s", what, then)
	case IfSiteImpaired:
		return fmt.Sprintf("if %s were signalled impaired, %s", what, then)
	case IfNoEstimate:
		return fmt.Sprintf("if nobody could estimate the end of %s's outage, %s", what, then)
	case IfDataUnusable:
		return fmt.Sprintf("if %s were unusable, %s", what, then)
	}
	return c.comes(by)
}

// comes is what comes if nothing changes.
func (c Change) comes(by string) string {
	at := written(instant(c.At))
	switch {
	case c.Over:
		return "if nothing changes, it is over at " + at
	case c.Current == Event:
		return fmt.Sprintf("if nothing changes, no criterion holds from %s on", at)
	case c.Current < c.Level:
		return fmt.Sprintf("if nothing changes, what holds from %s on is %s%s", at, c.Current, by)
	}
	return fmt.Sprintf("if nothing changes, it is %s%s from %s on", c.Current, by, at)
}
