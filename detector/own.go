package detector

import (
	"fmt"
	"strings"

	"holdfast/bia"
	"holdfast/bia/condition"
)

// An ownRule is a criterion of the user's own (criteria.custom): a condition over the facts that the other criteria are
// judged by. It is judged for the services that it is about, while they are in trouble; like every row of a disaster it
// takes a vital service that is confirmed below its MBCO.
type ownRule struct {
	*rule
	when     string // the expression on one line
	names    []condition.Name
	counts   bool
	concerns []string // services, sorted
	question *condition.Question
	facts    *factSheet
}

func ownRules(a *bia.Analysis) []*ownRule {
	var all []*ownRule
	for _, id := range sorted(a.Criteria.Custom) {
		u := a.Criteria.Custom[id]
		level, err := ParseLevel(u.Level)
		if err != nil || u.Condition == nil { // Parse has reported it
			continue
		}
		r := &ownRule{rule: &rule{id: id, level: level, needs: anyService, none: "no service that it is about is in trouble"},
			when: strings.Join(strings.Fields(u.When), " "), names: u.Condition.Names(), counts: u.Condition.Counts(), concerns: a.Concerns(u), facts: &factSheet{}}
		if level == Disaster {
			r.needs, r.none = bia.Objectives.Judged, "no vital service that it is about is below its MBCO"
		}
		r.question = u.Condition.Of(r.facts)
		all = append(all, r)
	}
	return all
}

// A reply is what a condition comes to, every unknown taken as up and as down.
type reply struct {
	holds  bool // both ways
	unsure bool // it does one way only, or cannot be answered
	why    string
}

// ownClaims judges the criteria of the user's own, by service.
func (d *Detector) ownClaims() map[string][]claim {
	claims := map[string][]claim{}
	d.tallies = map[string]tallies{}
	for _, r := range d.book.own {
		from, found := int64(never), false
		for _, id := range r.concerns {
			if j := d.judged[id]; j != nil && r.needs(j.objectives) && len(j.troubles) > 0 {
				from, found = min(from, j.troubles[0].from), true
			}
		}
		if !found {
			continue
		}
		replies := r.replies(d, from)
		for _, id := range r.concerns {
			if j := d.judged[id]; j != nil && r.needs(j.objectives) {
				claims[id] = append(claims[id], r.claims(d, j, replies)...)
			}
		}
	}
	return claims
}

// replies asks from an instant on, each time as soon as the reply can be another.
func (r *ownRule) replies(d *Detector, from int64) line[reply] {
	var l line[reply]
	r.facts.d = d
	for t := from; t != never; {
		is, until := r.reply(t)
		l, t = l.to(t, is), until
	}
	return l
}

// reply is what the condition comes to at an instant, and until when.
func (r *ownRule) reply(t int64) (reply, int64) {
	r.facts.worst, r.facts.blind = false, false
	best := r.question.At(t)
	if best.Err != nil || !r.facts.blind {
		return replied(best), best.Until
	}
	r.facts.worst = true
	worst := r.question.At(t)
	is := replied(worst)
	if worst.Err == nil && worst.Holds != best.Holds {
		is = reply{unsure: true, why: "it depends on what nobody who is heard can see"}
	}
	return is, min(best.Until, worst.Until)
}

// would is whether the condition would hold.
func (r *ownRule) would(s *supposition) bool {
	holds, asked := s.holding[r]
	if !asked {
		r.facts.d, r.facts.supposed = s.d, s
		is, until := r.reply(s.t)
		r.facts.supposed, s.until = nil, min(s.until, until)
		holds, s.holding[r] = is.holds, is.holds
	}
	return holds
}

func replied(a condition.Answer) reply {
	if a.Err != nil {
		return reply{unsure: true, why: a.Err.Error()}
	}
	return reply{holds: a.Holds}
}

// claims are what the replies mean for one service.
func (r *ownRule) claims(d *Detector, j *judged, replies line[reply]) []claim {
	holds := replies.where(func(is reply) bool { return is.holds })
	unsure := unclearTimes(replies)
	says := func(at int64) string {
		switch is := replies.at(at); {
		case is.holds:
			return fmt.Sprintf("%s holds since %s", r.when, written(startOf(holds, at)))
		case is.unsure:
			return fmt.Sprintf("%s cannot be answered: %s", r.when, is.why)
		}
		return r.when + " does not hold"
	}
	var all []claim
	for _, t := range j.troubles {
		if r.level < Disaster {
			level := r.level
			if !j.objectives.Judged() {
				level = min(level, Impaired)
			}
			all = append(all, claim{rule: r.rule, level: level, service: j.id, carrier: t.span, met: holds.within(t.span), unsure: unsure.within(t.span), says: says, would: r.would})
			continue
		}
		all = append(all, each(j, t, func(e episode) claim {
			firm := j.firm(e)
			return claim{rule: r.rule, level: r.level, service: j.id, met: firm.intersect(holds), unsure: unsure.within(e.span), firm: true,
				would: func(s *supposition) bool { return firm.has(s.t) && r.would(s) }, says: func(at int64) string {
					if replies.at(at).holds && !e.confirmed.has(at) {
						return says(at) + fmt.Sprintf("; %s is not confirmed below its MBCO", j.id)
					}
					return says(at)
				}, doubt: func(at int64) string {
					if why := j.doubt(down)(at); why != "" {
						return why
					}
					return r.doubt(d, at)
				}}
		})...)
	}
	return all
}

// unclearTimes are when there is no reply, each reason for itself.
func unclearTimes(replies line[reply]) spans {
	var all spans
	for i, s := range replies {
		to := int64(never)
		if i+1 < len(replies) {
			to = replies[i+1].from
		}
		if s.value.unsure {
			all = append(all, span{s.from, to})
		}
	}
	return all
}

// doubt is why what a condition asks about is not enough to act on without people.
func (r *ownRule) doubt(d *Detector, t int64) string {
	if r.counts {
		for _, id := range d.book.judged {
			if why := d.judged[id].doubtIfAny(t); why != "" {
				return why
			}
		}
	}
	for _, n := range r.names {
		switch n.Kind {
		case condition.Service:
			if why := d.judged[n.ID].doubtIfAny(t); why != "" {
				return why
			}
		case condition.Component:
			if d.plain.component(n.ID).at(t).marks&(held|presumed|unbacked) != 0 {
				return fmt.Sprintf("%s is down only by what was said before its observers fell silent, or was switched off by responders", n.ID)
			}
		case condition.Site:
			if l := d.plain.domain(n.ID).at(t); l.held || l.shaky {
				return n.ID + " counts as damaged by held-down evidence alone"
			}
			if why := d.plain.alone(n.ID, facilityImpaired, t); why != "" {
				return why
			}
		case condition.Data:
			if why := d.aloneOf(n.ID, plain, t); why != "" {
				return why
			}
			if at, newest := d.points[n.ID].line(asKnown).at(t), d.newestPoint(n.ID, t); at < newest {
				return fmt.Sprintf("a newer recovery point of %s than %s was told of, %s", n.ID, written(at), written(newest))
			}
		}
	}
	return ""
}

func (j *judged) doubtIfAny(t int64) string {
	if j == nil {
		return ""
	}
	return j.doubt(degraded)(t)
}

// ownNext is the first instant after t at which what a criterion of the user's own asks about can differ.
func (d *Detector) ownNext(r *ownRule, t int64) int64 {
	next := int64(never)
	for _, n := range r.names {
		switch n.Kind {
		case condition.Component:
			next = min(next, d.plain.component(n.ID).next(t))
		case condition.Site:
			next = min(next, d.plain.domain(n.ID).next(t))
		}
	}
	return next
}
