package detector

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"holdfast/bia"
)

// A claim is one criterion applied to one service (or to the observers): when it holds, and what carries it.
type claim struct {
	rule    *rule
	level   Level                   // the rule's, unless the service is capped
	service string                  // empty: it is about the observers
	site    string                  // that it counts the components of; empty: none
	rests   string                  // what a person can take back; empty: nothing
	carrier span                    // the outage or trouble that it is about; the level is kept until it ends
	met     spans                   // when it holds
	unsure  spans                   // when it cannot be told
	tells   spans                   // borders at which it may say something else though nothing holds or ends
	least   grade                   // what the service has to be, certainly, for it to hold
	firm    bool                    // and not only because nobody has looked
	would   func(*supposition) bool // whether it would hold, whatever the service is; nil: as it does
	says    func(t int64) string
	doubt   func(t int64) string // why people have to decide, however much was delegated
}

// A rule is one row of the decision function (domain section 5).
type rule struct {
	id    string
	level Level
	needs func(bia.Objectives) bool                       // of a service, for the rule to apply to it
	weigh func(d *Detector, j *judged, t trouble) []claim // nil: it is about more than one service
	none  string                                          // what to say where nothing speaks for it
}

func anyService(bia.Objectives) bool { return true }

// DataCompromised is the criterion of data that somebody has tampered with (domain section 6).
const DataCompromised = bia.DataCompromised

const (
	impairedFor   = 2 * time.Minute
	degradedFor   = 30 * time.Minute
	blindFor      = 15 * time.Minute
	nothingLong   = "no service has been degraded or down for long enough"
	nothingBelow  = "no vital service is below its MBCO"
	nothingThere  = "no site with needs of a vital service that is below its MBCO is signalled so"
	nothingThreat = "no data that a vital service below its MBCO holds is unusable"
)

// rules is the decision function for services, in order of level.
func rules(on func(id string) bool) []*rule {
	judgedOnly := bia.Objectives.Judged
	all := []*rule{
		{bia.ServiceImpaired, Impaired, anyService, weighImpaired, nothingLong},
		{bia.VitalBelowMBCO, MajorIncident, judgedOnly, weighBelow, nothingBelow},
		{bia.VitalDegraded, MajorIncident, judgedOnly, weighDegraded, "no vital service has been degraded or down for long enough"},
		{DataCompromised, MajorIncident, anyService, weighCompromised, "no data is signalled compromised"},
		{bia.DecisionPoint, Disaster, judgedOnly, weighDecision, nothingBelow},
		{bia.ImpactReached, Disaster, judgedOnly, weighImpact, "no vital service below its MBCO has an impact over time that reaches the threshold"},
		{bia.EstimateExceedsRTO, Disaster, judgedOnly, weighEstimate, "nobody has estimated the end of the outage"},
		{bia.FacilityLost, Disaster, judgedOnly, weighFacility(facilityLost), nothingThere},
		{bia.FacilityDamaged, Disaster, judgedOnly, weighFacility(facilityImpaired), nothingThere},
		{bia.SiteLoss, Disaster, judgedOnly, weighSite, "too few components of any site are down"},
		{bia.DataLoss, Disaster, judgedOnly, weighData, nothingThreat},
		{bia.Concurrent, Disaster, judgedOnly, nil, "too few vital services are below their MBCO by different root causes"},
	}
	return slices.DeleteFunc(all, func(r *rule) bool { return !on(r.id) })
}

// claims applies every rule that is about one service.
func (d *Detector) claims(j *judged) []claim {
	var all []claim
	for _, r := range d.book.rules {
		if r.weigh == nil || !r.needs(j.objectives) {
			continue
		}
		for _, t := range j.troubles {
			for _, c := range r.weigh(d, j, t) {
				c.rule, c.service, c.level, c.firm = r, j.id, r.level, r.level == Disaster
				if !j.objectives.Judged() { // neither vital nor with anything to be judged against
					c.level = min(c.level, Impaired)
				}
				all = append(all, c)
			}
		}
	}
	return all
}

func weighImpaired(_ *Detector, j *judged, t trouble) []claim {
	when := j.impaired.within(t.span)
	return []claim{{carrier: t.span, least: degraded, met: j.counted.within(t.span).lasting(impairedFor), unsure: j.blind(t.span), says: func(at int64) string {
		if !when.has(at) {
			return fmt.Sprintf("%s is %s", j.id, j.state.state(at))
		}
		return fmt.Sprintf("%s is degraded or down since %s; this counts from %s of it on", j.id, written(startOf(when, at)), words(impairedFor))
	}}}
}

func weighDegraded(_ *Detector, j *judged, t trouble) []claim {
	when := j.impaired.within(t.span)
	return []claim{{carrier: t.span, least: degraded, met: j.counted.within(t.span).lasting(degradedFor), unsure: j.blind(t.span), says: func(at int64) string {
		if !when.has(at) {
			return fmt.Sprintf("%s is %s", j.id, j.state.state(at))
		}
		return fmt.Sprintf("%s is degraded or down, together, since %s; this counts from %s of it on", j.id, written(startOf(when, at)), words(degradedFor))
	}}}
}

func startOf(s spans, t int64) int64 { return s[s.find(t)].from }

// blind is when a service may be worse than is certain.
func (j *judged) blind(within span) spans {
	return combine([]line[grade]{j.state.best, j.state.worst}, func(g []grade) bool { return g[1] > g[0] }).
		where(func(b bool) bool { return b }).within(within)
}

// each makes a claim of every outage within a trouble.
func each(j *judged, t trouble, weigh func(e episode) claim) []claim {
	var all []claim
	for _, e := range t.episodes {
		c := weigh(e)
		c.carrier, c.least = e.span, down
		if c.doubt == nil {
			c.doubt = j.doubt(down)
		}
		all = append(all, c)
	}
	return all
}

// doubt is why what is known of a service is not enough to act on without people: it would not be as bad as that but for
// what no quorum of observers says now.
func (j *judged) doubt(least grade) func(int64) string {
	return func(t int64) string {
		if j.state.best.at(t) < least {
			return ""
		}
		if data := j.view.d.tainted(j, t); data != "" {
			return data + " is signalled compromised, and copies fed from it are no targets to recover to: never automatic"
		}
		var few []string
		without := func(what marks) grade {
			backed := j.view.d.instantly(t).suppose(supposition{others: func(id string, c cell) cell {
				if c.marks&what&lone != 0 {
					few = append(few, id)
				}
				if c.marks&what != 0 {
					return cell{}
				}
				return c
			}})
			return backed.service(viewpoint{v: j.view, id: j.id})
		}
		if without(held|presumed|unbacked|lone) >= least {
			return ""
		}
		if slices.Sort(few); len(few) > 0 && without(held|presumed|unbacked) >= least {
			return j.view.d.fewSay(j.view, few[0], t)
		}
		return fmt.Sprintf("%s is %s only by what is held down after its observers fell silent, or was switched off by responders", j.id, states[least])
	}
}

// tainted is data that a service, or one that it rests on, holds and that is compromised at an instant; empty: none.
func (d *Detector) tainted(j *judged, t int64) string {
	for _, data := range sorted(d.data) {
		if worst(d.data[data], j.view.lens).at(t) != dataCompromised {
			continue
		}
		for _, holder := range d.book.holders[data] {
			if _, rests := slices.BinarySearch(d.book.above(holder), j.id); rests || holder == j.id {
				return data
			}
		}
	}
	return ""
}

// firm are the confirmed periods of an outage without those that rest on nobody having looked: silence alone is never a
// disaster.
func (j *judged) firm(e episode) spans {
	if j.sober == nil {
		return e.confirmed
	}
	return e.confirmed.intersect(j.sober)
}

func weighBelow(_ *Detector, j *judged, t trouble) []claim {
	all := each(j, t, func(e episode) claim {
		return claim{met: e.confirmed, unsure: j.blind(e.span), says: func(at int64) string {
			if !e.below.has(at) {
				return fmt.Sprintf("%s is %s; its outage began at %s", j.id, j.state.state(at), written(e.from))
			}
			if from, ok := e.confirmed.began(at); ok && e.confirmed.has(at) {
				roots := j.view.roots(j.id, e.from)
				if len(roots) == 0 { // a person moved the start back to before anything was said
					roots = j.view.roots(j.id, from)
				}
				return fmt.Sprintf("%s is certainly below its MBCO; the outage began at %s by %s and was confirmed at %s (confirm_for %s)",
					j.id, written(e.from), and(roots), written(from), words(j.objectives.ConfirmFor))
			}
			return fmt.Sprintf("%s is certainly below its MBCO since %s, and not confirmed yet (confirm_for %s)", j.id, written(startOf(e.below, at)), words(j.objectives.ConfirmFor))
		}}
	})
	if blind := j.blind(t.span); len(blind) > 0 {
		all = append(all, claim{carrier: t.span, unsure: blind, says: func(int64) string {
			return fmt.Sprintf("%s may be below its MBCO: not all that it rests on can be seen", j.id)
		}})
	}
	return all
}

func weighDecision(_ *Detector, j *judged, t trouble) []claim {
	return each(j, t, func(e episode) claim {
		if e.clocks.Deadline.IsZero() {
			return claim{says: func(int64) string { return fmt.Sprintf("%s has no deadline", j.id) }}
		}
		deadline := fmt.Sprintf("%s has to be back by %s (%s)", j.id, written(instant(e.clocks.Deadline)), e.clocks.DeadlineBy)
		if !e.clocks.RTCKnown {
			return claim{met: j.firm(e), says: always(deadline + "; nobody knows how long recovery takes (RTC), so it is decided at confirmation"),
				doubt: always(fmt.Sprintf("the recovery time capability (RTC) of %s is unknown", j.id))}
		}
		lti := instant(e.clocks.LTI)
		return claim{met: j.firm(e).within(span{lti, never}),
			says: always(fmt.Sprintf("%s; the latest time to invoke is %s (RTC %s, margin %s)", deadline, written(lti), words(j.objectives.RTC), words(j.objectives.Margin)))}
	})
}

func always(s string) func(int64) string { return func(int64) string { return s } }

func weighImpact(d *Detector, j *judged, t trouble) []claim {
	after, category, ok := d.book.ImpactThresholdAfter(j.id)
	if !ok {
		return nil
	}
	what := "its activate_after has passed"
	if category != "" {
		what = fmt.Sprintf("the %s impact is %s", category, d.book.Criteria.ImpactThreshold.Level)
	}
	return each(j, t, func(e episode) claim {
		from := later(e.from, after)
		return claim{met: j.firm(e).within(span{from, never}),
			says: always(fmt.Sprintf("%s: %s from %s on, %s after its outage began", j.id, what, written(from), words(after)))}
	})
}

func weighEstimate(d *Detector, j *judged, t trouble) []claim {
	said := d.estimates[j.id].laid(asKnown)
	said = slices.DeleteFunc(said, func(s stretch[int64]) bool { return s.from < t.from })
	if len(said) == 0 {
		return nil
	}
	return each(j, t, func(e episode) claim {
		deadline := instant(e.clocks.Deadline)
		var late spans
		for _, s := range said {
			if e.clocks.Deadline.IsZero() || s.said.value > deadline {
				late = append(late, s.span)
			}
		}
		met := j.firm(e).intersect(joined(late, 0))
		var due spans // until the deadline somebody could estimate the end in time
		if !e.clocks.Deadline.IsZero() {
			due = spans{{ever, deadline}}
		}
		return claim{rests: "estimate " + j.id, tells: due, met: met, would: func(s *supposition) bool { return s.promised != j.id && met.has(s.t) }, says: func(at int64) string {
			i := slices.IndexFunc(said, func(s stretch[int64]) bool { return s.has(at) })
			switch {
			case i < 0:
				return fmt.Sprintf("nobody has estimated the end of %s's outage", j.id)
			case said[i].said.value == never:
				return fmt.Sprintf("there is no estimate of the end of %s's outage, said at %s%s", j.id, written(said[i].from), d.estimator(j.id, said[i].said))
			}
			return fmt.Sprintf("%s is estimated back at %s, said at %s; its deadline is %s", j.id, written(said[i].said.value), written(said[i].from)+d.estimator(j.id, said[i].said), written(deadline))
		}, doubt: func(at int64) string {
			latest := int64(ever) // without a deadline any estimate is too late
			if !e.clocks.Deadline.IsZero() {
				latest = deadline
			}
			return cmp.Or(j.doubt(down)(at), d.alonePromised(j.id, t.from, at, latest))
		}}
	})
}

func weighFacility(least facility) func(*Detector, *judged, trouble) []claim {
	return func(d *Detector, j *judged, t trouble) []claim {
		var all []claim
		for _, site := range d.book.sitesOf(j.id) {
			l := j.view.domain(site)
			if len(l) == 0 {
				continue
			}
			when := l.where(func(l loss) bool {
				return l.signal >= least && (least == facilityLost || l.impaired)
			})
			all = append(all, each(j, t, func(e episode) claim {
				met := j.firm(e).intersect(when)
				return claim{rests: "site " + site, site: site, met: met, would: func(s *supposition) bool {
					if !met.has(s.t) { // nothing gets worse by what is supposed
						return false
					}
					is := s.domain(j.view, site)
					return is.signal >= least && (least == facilityLost || is.impaired)
				}, says: func(at int64) string {
					is := l.at(at)
					s := fmt.Sprintf("%s is signalled %s", site, facilityNames[is.signal])
					if !d.signalled(j.view, site, at) {
						s = "nobody has signalled anything of " + site
					}
					if least == facilityImpaired && !is.impaired {
						s += ", and too few of its components are down"
					}
					return s + fmt.Sprintf("; %s has needs there", j.id)
				}, doubt: func(at int64) string {
					if is := l.at(at); least == facilityImpaired && is.signal < facilityLost && is.shaky {
						return site + " has too many components down by held-down evidence alone"
					}
					return cmp.Or(j.doubt(down)(at), j.view.alone(site, least, at))
				}}
			})...)
		}
		return all
	}
}

// signalled reports whether anything was signalled of a site by an instant.
func (d *Detector) signalled(v *view, site string, at int64) bool {
	for _, h := range d.sites[site] {
		if said := h.laid(v.lens); len(said) > 0 && said[0].from <= at {
			return true
		}
	}
	return false
}

func weighSite(d *Detector, j *judged, t trouble) []claim {
	var all []claim
	for _, site := range d.book.sitesOf(j.id) {
		l := j.view.domain(site)
		when := l.where(func(l loss) bool { return l.inferred })
		if len(when) == 0 {
			continue
		}
		all = append(all, each(j, t, func(e episode) claim {
			met := j.firm(e).intersect(when)
			return claim{site: site, met: met, would: func(s *supposition) bool { return met.has(s.t) && s.domain(j.view, site).inferred }, says: func(at int64) string {
				return d.tallied(j.view, site, at) + fmt.Sprintf("; %s has needs there", j.id)
			}, doubt: func(at int64) string {
				if l.at(at).held {
					return site + " counts as lost by held-down evidence alone"
				}
				return j.doubt(down)(at)
			}}
		})...)
	}
	return all
}

// tallied says how much of a domain is down, and who says so.
func (d *Detector) tallied(v *view, domain string, at int64) string {
	members, t := d.book.membersOf(domain), newTally()
	for _, m := range members {
		t.count(v.witnessing(m, at), +1)
	}
	return fmt.Sprintf("%d of %d components of %s are down, of %s, reported by %s",
		t.down, len(members), domain, count(len(t.classes), "class", "classes"), count(len(t.reporters), "observer", "observers"))
}

func weighData(d *Detector, j *judged, t trouble) []claim {
	var all []claim
	for _, data := range d.held(j) {
		rpo := d.rpo(j, data)
		gone := worst(d.data[data], j.view.lens).where(func(c integrity) bool { return c >= dataUnusable })
		if len(gone) == 0 {
			continue
		}
		points := d.points[data].line(asKnown)
		all = append(all, each(j, t, func(e episode) claim {
			old := points.where(func(at int64) bool { return tooOld(at, e.from, rpo) })
			met := j.firm(e).intersect(gone).intersect(old)
			return claim{rests: "data " + data, met: met, would: func(s *supposition) bool { return s.usable != data && met.has(s.t) }, says: func(at int64) string {
				if !gone.has(at) {
					return fmt.Sprintf("%s is usable", data)
				}
				if point := points.at(at); point != 0 {
					return fmt.Sprintf("%s is unusable; its newest recovery point is %s, the outage of %s began at %s, the RPO is %s", data, written(point), j.id, written(e.from), words(rpo))
				}
				return fmt.Sprintf("%s is unusable, and no recovery point of it is known", data)
			}, doubt: func(at int64) string {
				older := ""
				if newest := d.newestPoint(data, at); newest != 0 && !tooOld(newest, e.from, rpo) {
					older = fmt.Sprintf("a newer recovery point of %s was told of, %s, which is good enough", data, written(newest))
				}
				return cmp.Or(j.doubt(down)(at), d.aloneOf(data, j.view.lens, at), older)
			}}
		})...)
	}
	return all
}

// held is the data that a service holds, sorted.
func (d *Detector) held(j *judged) []string {
	s, _ := d.book.Service(j.id)
	return sorted(s.Data)
}

// rpo is that of data that a service holds: its own, else the service's.
func (d *Detector) rpo(j *judged, data string) time.Duration {
	s, _ := d.book.Service(j.id)
	if rpo := s.Data[data].RPO; rpo > 0 {
		return rpo
	}
	return j.objectives.RPO
}

// tooOld reports whether a recovery point, 0 for none, is not good enough for an outage since an instant.
func tooOld(point, since int64, rpo time.Duration) bool {
	return point == 0 || rpo > 0 && since-point > int64(rpo)
}

func weighCompromised(d *Detector, j *judged, t trouble) []claim {
	when := d.compromised(j.id, j.view.lens).within(t.span)
	if len(when) == 0 {
		return nil
	}
	return []claim{{carrier: t.span, met: when, would: func(s *supposition) bool { return s.compromised(j) }, says: always(fmt.Sprintf("data that %s holds is signalled compromised; copies fed from it are no targets to recover to", j.id)),
		doubt: always("data is compromised: never automatic")}}
}

// compromised reports whether any data that a service holds would be.
func (s *supposition) compromised(j *judged) bool {
	return slices.ContainsFunc(s.d.held(j), func(data string) bool {
		return data != s.usable && worst(s.d.data[data], j.view.lens).at(s.t) == dataCompromised
	})
}
