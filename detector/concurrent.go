package detector

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"holdfast/bia"
)

// A cause is one outage of a vital service, with the components whose loss it had when it was confirmed.
type cause struct {
	j       *judged
	episode episode
	roots   []string
	lasting spans // below MBCO for as long as concurrent_loss asks for
}

// concurrent applies concurrent_loss: enough vital services, of different root causes, below MBCO together for a while.
// Different root causes are disjoint sets of lost components, as they stood when each outage was confirmed.
func (d *Detector) concurrent() map[string][]claim {
	at := slices.IndexFunc(d.book.rules, func(r *rule) bool { return r.id == bia.Concurrent })
	if at < 0 {
		return nil
	}
	all := d.causes()
	c := d.book.Criteria.ConcurrentLoss
	if len(all) < c.Count {
		return nil
	}
	var met spans
	for _, p := range borders(all) {
		if len(different(all, p.from)) >= c.Count {
			met = append(met, p)
		}
	}
	met = joined(met, 0)
	asked, few := int64(ever), "" // once for all claims
	fewSure := func(t int64) string {
		if t != asked {
			asked, few = t, doubtful(all, c.Count, t)
		}
		return few
	}
	claims := map[string][]claim{}
	for _, one := range all {
		when := one.lasting.intersect(met)
		claims[one.j.id] = append(claims[one.j.id], claim{
			rule: d.book.rules[at], level: Disaster, service: one.j.id, carrier: one.episode.span, met: when, tells: one.lasting, least: down, firm: true,
			doubt: func(t int64) string { return cmp.Or(one.j.doubt(down)(t), fewSure(t)) },
			would: func(s *supposition) bool { return one.lasting.has(s.t) && len(s.different(all)) >= c.Count },
			says: func(t int64) string {
				var names []string
				for _, o := range different(all, t) {
					names = append(names, fmt.Sprintf("%s by %s", o.j.id, strings.Join(o.roots, " and ")))
				}
				if len(names) == 0 {
					return fmt.Sprintf("%s has not been below its MBCO for %s", one.j.id, words(c.For))
				}
				return fmt.Sprintf("%d vital services of different root causes are below their MBCO for %s (%d make a disaster): %s", len(names), words(c.For), c.Count, strings.Join(names, "; "))
			},
		})
	}
	return claims
}

// doubtful is why outages that are concurrent are not enough to act on without people: it takes some whose loss is in doubt to
// make up so many of them.
func doubtful(all []cause, count int, t int64) (why string) {
	sure := slices.DeleteFunc(slices.Clone(all), func(c cause) bool {
		doubt := c.j.doubt(down)(t)
		if c.lasting.has(t) {
			why = cmp.Or(why, doubt)
		}
		return doubt != ""
	})
	if len(different(sure, t)) >= count {
		return ""
	}
	return why
}

func (d *Detector) causes() []cause {
	var all []cause
	for _, id := range sorted(d.judged) {
		j := d.judged[id]
		if !j.objectives.Judged() {
			continue
		}
		for _, t := range j.troubles {
			for _, e := range t.episodes {
				if len(e.confirmed) == 0 {
					continue
				}
				lasting := confirmations(e.counted, max(d.book.Criteria.ConcurrentLoss.For, j.objectives.ConfirmFor)).intersect(j.firm(e))
				all = append(all, cause{j, e, j.view.roots(id, e.confirmed[0].from), lasting})
			}
		}
	}
	return all
}

// borders are the periods between which nothing changes about the causes.
func borders(all []cause) spans {
	var at []int64
	for _, c := range all {
		for _, p := range c.lasting {
			at = append(at, p.from, p.to)
		}
	}
	slices.Sort(at)
	at = slices.Compact(at)
	var between spans
	for i := range at {
		if i+1 < len(at) {
			between = append(between, span{at[i], at[i+1]})
		}
	}
	return between
}

// different are as many outages at an instant as have no lost component in common, those with the fewest first.
func different(all []cause, t int64) []cause {
	var open []cause
	for _, c := range all {
		if c.lasting.has(t) {
			open = append(open, c)
		}
	}
	return disjoint(open)
}

// different are those that there would be.
func (s *supposition) different(all []cause) []cause {
	if s.causes == nil {
		s.causes = []cause{}
		for _, c := range all {
			if c.lasting.has(s.t) && s.firmly(c.j) {
				s.causes = append(s.causes, c)
			}
		}
		s.causes = disjoint(s.causes)
	}
	return s.causes
}

func disjoint(open []cause) []cause {
	slices.SortStableFunc(open, func(a, b cause) int { return cmp.Compare(len(a.roots), len(b.roots)) })
	taken, chosen := map[string]bool{}, []cause(nil)
	for _, c := range open {
		if slices.ContainsFunc(c.roots, func(r string) bool { return taken[r] }) {
			continue
		}
		for _, r := range c.roots {
			taken[r] = true
		}
		chosen = append(chosen, c)
	}
	return chosen
}
