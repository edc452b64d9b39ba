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

// A concurrence applies concurrent_loss: enough vital services, of different root causes, below MBCO together for a while.
// Different root causes are disjoint sets of lost components, as they stood when each outage was confirmed.
type concurrence struct {
	rule *rule // nil: it does not apply
	most bia.ConcurrentLoss
	all  []*cause
	met  spans // when enough last

	still     bool       // they last when they did in the scene before
	companies []*company // the last few that were asked for
	at        int64      // the instant that was asked about last
	lasting   *company   // the outages that lasted then
	different []*cause   // as many of them as have no lost component in common
	few       *string    // why they are not enough to act on without people; nil: nobody has asked
}

// A company is outages that last at the same time. The same outages are the same company.
type company struct{ causes []*cause }

// companiesMost is how many are remembered.
const companiesMost = 8

// concurrence looks at the services of some ids, in order.
func (d *Detector) concurrence(ids []string) *concurrence {
	c := &concurrence{most: d.book.Criteria.ConcurrentLoss, at: ever}
	at := slices.IndexFunc(d.book.rules, func(r *rule) bool { return r.id == bia.Concurrent })
	if at < 0 {
		return c
	}
	c.rule = d.book.rules[at]
	c.all = make([]*cause, 0, len(ids))
	for _, id := range ids {
		c.all = append(c.all, d.judged[id].causes...)
	}
	c.met = enough(c.all, c.most.Count)
	return c
}

// together are the claims of a service by concurrent_loss. What they say they ask the scene that they are asked in.
func (c *concurrence) together(j *judged) []claim {
	if c.rule == nil || len(c.all) < c.most.Count {
		return nil
	}
	if c.still && j.placed && len(j.together) == len(j.causes) {
		return j.together
	}
	var claims []claim
	for i, one := range j.causes {
		when := one.lasting.intersect(c.met)
		if i < len(j.together) && slices.Equal(j.together[i].met, when) { // all else about it is of the service alone
			claims = append(claims, j.together[i])
			continue
		}
		claims = append(claims, one.claim(c.rule, when))
	}
	return claims
}

func (one *cause) claim(r *rule, when spans) claim {
	d := one.j.view.d
	return claim{
		rule: r, level: Disaster, service: one.j.id, carrier: one.episode.span, met: when, tells: one.lasting, least: down, firm: true,
		doubt: func(t int64) string { return cmp.Or(one.j.doubt(down)(t), d.scene.losses.doubtful(t)) },
		would: func(s *supposition) bool {
			return one.lasting.has(s.t) && len(s.different(d.scene.losses.all)) >= d.scene.losses.most.Count
		},
		says: func(t int64) string {
			c := d.scene.losses
			var names []string
			for _, o := range c.differentAt(t) {
				names = append(names, fmt.Sprintf("%s by %s", o.j.id, strings.Join(o.roots, " and ")))
			}
			if len(names) == 0 {
				return fmt.Sprintf("%s has not been below its MBCO for %s", one.j.id, words(c.most.For))
			}
			return fmt.Sprintf("%d vital services of different root causes are below their MBCO for %s (%d make a disaster): %s", len(names), words(c.most.For), c.most.Count, strings.Join(names, "; "))
		},
	}
}

// look brings what is kept to an instant.
func (c *concurrence) look(t int64) {
	if c.lasting != nil && c.at == t {
		return
	}
	c.at, c.few = t, nil
	var open []*cause
	for _, one := range c.all {
		if one.lasting.has(t) {
			open = append(open, one)
		}
	}
	same := func(a, b *cause) bool { return a.j == b.j && a.episode.from == b.episode.from }
	at := slices.IndexFunc(c.companies, func(o *company) bool { return slices.EqualFunc(o.causes, open, same) })
	if at < 0 {
		c.companies = slices.Insert(slices.Clone(c.companies), 0, &company{open})
		c.companies, at = c.companies[:min(len(c.companies), companiesMost)], 0
	}
	c.lasting = c.companies[at]
	c.different = disjoint(slices.Clone(open))
}

// company are the outages that last at an instant.
func (c *concurrence) company(t int64) *company {
	c.look(t)
	return c.lasting
}

// differentAt are as many of them as have no lost component in common, those with the fewest first.
func (c *concurrence) differentAt(t int64) []*cause {
	c.look(t)
	return c.different
}

// doubtful is why outages that are concurrent are not enough to act on without people: it takes some whose loss is in doubt to
// make up so many of them.
func (c *concurrence) doubtful(t int64) string {
	c.look(t)
	if c.few == nil {
		why := c.without(t)
		c.few = &why
	}
	return *c.few
}

func (c *concurrence) without(t int64) (why string) {
	sure := slices.DeleteFunc(slices.Clone(c.lasting.causes), func(one *cause) bool {
		doubt := one.j.doubt(down)(t)
		why = cmp.Or(why, doubt)
		return doubt != ""
	})
	if len(disjoint(sure)) >= c.most.Count {
		return ""
	}
	return why
}

// causes are the outages of a service that can be one of several.
func (d *Detector) causes(j *judged) []*cause {
	if !j.objectives.Judged() || !d.book.Criteria.On(bia.Concurrent) {
		return nil
	}
	var all []*cause
	for _, t := range j.troubles {
		for _, e := range t.episodes {
			if len(e.confirmed) == 0 {
				continue
			}
			lasting := confirmations(e.counted, max(d.book.Criteria.ConcurrentLoss.For, j.objectives.ConfirmFor)).intersect(j.firm(e))
			all = append(all, &cause{j, e, j.view.roots(j.id, e.confirmed[0].from), lasting})
		}
	}
	return all
}

// enough is when so many outages of different root causes last.
func enough(all []*cause, count int) spans {
	if len(all) < count {
		return nil
	}
	type border struct {
		at    int64
		rank  int32
		opens bool
	}
	ranked := slices.Clone(all) // in the order in which they are chosen
	slices.SortStableFunc(ranked, func(a, b *cause) int { return cmp.Compare(len(a.roots), len(b.roots)) })
	borders := make([]border, 0, len(ranked)) // most go on
	for rank, one := range ranked {
		for _, p := range one.lasting {
			if borders = append(borders, border{p.from, int32(rank), true}); p.to != never {
				borders = append(borders, border{p.to, int32(rank), false})
			}
		}
	}
	slices.SortFunc(borders, func(a, b border) int { return cmp.Compare(a.at, b.at) })
	open := make([]int32, 0, len(ranked)) // ranks, in order
	var met spans
	for i, b := range borders {
		switch at, _ := slices.BinarySearch(open, b.rank); b.opens {
		case true:
			open = slices.Insert(open, at, b.rank)
		default:
			open = slices.Delete(open, at, at+1)
		}
		until := int64(never)
		if i+1 < len(borders) {
			until = borders[i+1].at
		}
		switch n := len(met); {
		case until == b.at || !differ(ranked, open, count):
		case n > 0 && met[n-1].to == b.at:
			met[n-1].to = until
		default:
			met = append(met, span{b.at, until})
		}
	}
	return joined(met, 0)
}

// differ reports whether so many of the outages of some ranks have no lost component in common.
func differ(ranked []*cause, ranks []int32, count int) bool {
	chosen, taken := 0, map[string]bool{}
	for _, rank := range ranks {
		roots := ranked[rank].roots
		if slices.ContainsFunc(roots, func(r string) bool { return taken[r] }) {
			continue
		}
		if chosen++; chosen >= count {
			return true
		}
		for _, r := range roots {
			taken[r] = true
		}
	}
	return false
}

// different are those that there would be.
func (s *supposition) different(all []*cause) []*cause {
	if s.causes == nil {
		s.causes = []*cause{}
		for _, c := range all {
			if c.lasting.has(s.t) && s.firmly(c.j) {
				s.causes = append(s.causes, c)
			}
		}
		s.causes = disjoint(s.causes)
	}
	return s.causes
}

func disjoint(open []*cause) []*cause {
	slices.SortStableFunc(open, func(a, b *cause) int { return cmp.Compare(len(a.roots), len(b.roots)) })
	taken, chosen := map[string]bool{}, []*cause(nil)
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
