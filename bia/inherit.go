package bia

import (
	"math"
	"slices"
	"strings"
	"time"
)

// Objectives are what holds for a process or service after inheritance; zero for an unknown id.
func (a *Analysis) Objectives(id string) Objectives { return a.graph.objectives[id] }

// inherit computes the effective objectives of every process and service (domain rule 4.5).
func (a *Analysis) inherit() {
	held := make(map[string]*Objectives, len(a.graph.judged))
	for id, s := range a.graph.judged {
		held[id] = s.own()
	}
	a.handDown(held)
	capability := a.capabilities()
	a.graph.objectives = make(map[string]Objectives, len(held))
	for id, o := range held {
		o.RTC = capability[id].value()
		o.MTPD = 0
		if o.Bound > 0 {
			o.MTPD = plus(o.Bound, o.WRT)
		}
		o.MaxBackdate = a.Defaults.MaxBackdate.of(*o)
		a.graph.objectives[id] = *o
	}
}

// own are the objectives that a service has by itself.
func (s *Service) own() *Objectives {
	o := &Objectives{Vital: s.Vital, RTO: s.RTO, WRT: s.WRT, RPO: s.RPO, Margin: s.DecisionMargin, ConfirmFor: s.ConfirmFor, RecoverFor: s.RecoverFor}
	if s.RTO > 0 {
		o.RTOFrom = s.ID
	}
	if s.MTPD > s.WRT {
		o.Bound = s.MTPD - s.WRT
	}
	o.Critical = s.criticalRules()
	return o
}

// handDown lets every service tighten what its full-effect needs must meet, until nothing tightens any more. That ends,
// cycles or not: what is handed on is never tighter than what was received.
func (a *Analysis) handDown(held map[string]*Objectives) {
	open := a.fromAbove()
	waiting := make(map[string]bool, len(open))
	for _, id := range open {
		waiting[id] = true
	}
	for len(open) > 0 {
		id := open[0]
		open = open[1:]
		delete(waiting, id)
		for _, n := range a.graph.judged[id].Needs {
			if n.Partial {
				continue
			}
			for _, member := range n.AnyOf {
				o, judged := held[member]
				if judged && o.tighten(*held[id], n.Tolerates) && !waiting[member] {
					waiting[member] = true
					open = append(open, member)
				}
			}
		}
	}
}

// fromAbove is every process and service, each after those that need it as far as cycles allow: the order in which one
// pass hands everything down.
func (a *Analysis) fromAbove() []string {
	var fromBelow []string
	seen := make(map[string]bool, len(a.graph.judged))
	var visit func(id string)
	visit = func(id string) {
		s, judged := a.graph.judged[id]
		if !judged || seen[id] {
			return
		}
		seen[id] = true
		for _, n := range s.Needs {
			for _, member := range n.AnyOf {
				visit(member)
			}
		}
		fromBelow = append(fromBelow, id)
	}
	for _, id := range a.Judged() {
		visit(id)
	}
	slices.Reverse(fromBelow)
	return fromBelow
}

// tighten takes over whatever a dependent needs sooner, and reports whether there was anything. Tolerates is how long
// the dependent holds out without us, so for all that counts from a loss its clock starts that much later. How old data
// may be has nothing to do with holding out, so an RPO is handed down as it is.
func (o *Objectives) tighten(dependent Objectives, tolerates time.Duration) bool {
	changed := false
	if dependent.Vital && !o.Vital {
		o.Vital, changed = true, true
	}
	if rto := dependent.RTO; rto > 0 && (o.RTO == 0 || plus(rto, tolerates) < o.RTO) {
		o.RTO, o.RTOFrom, changed = plus(rto, tolerates), dependent.RTOFrom, true
	}
	if bound := dependent.Bound; bound > 0 && (o.Bound == 0 || plus(bound, tolerates) < o.Bound) {
		o.Bound, changed = plus(bound, tolerates), true
	}
	if rpo := dependent.RPO; rpo > 0 && (o.RPO == 0 || rpo < o.RPO) {
		o.RPO, changed = rpo, true
	}
	return o.takeOver(dependent.Critical, tolerates) || changed
}

// takeOver adds a dependent's critical periods, or the nearer path to those already known. Both lists are in order.
func (o *Objectives) takeOver(rules []*CriticalRule, tolerates time.Duration) bool {
	changed, own := false, o.Critical
	all := make([]*CriticalRule, 0, len(own)+len(rules))
	for _, rule := range rules {
		for len(own) > 0 && own[0].compare(rule) < 0 {
			all, own = append(all, own[0]), own[1:]
		}
		rule = rule.later(tolerates)
		if len(own) > 0 && own[0].compare(rule) == 0 {
			if own[0].HoldsOut <= rule.HoldsOut {
				rule = own[0]
			}
			changed = changed || rule != own[0]
			own = own[1:]
		} else {
			changed = true
		}
		all = append(all, rule)
	}
	if changed {
		o.Critical = append(all, own...)
	}
	return changed
}

// later is the rule for what the owner holds out without for so much longer.
func (r *CriticalRule) later(tolerates time.Duration) *CriticalRule {
	if tolerates == 0 {
		return r
	}
	later := *r
	later.HoldsOut = plus(r.HoldsOut, tolerates)
	return &later
}

func (r *CriticalRule) compare(other *CriticalRule) int {
	if c := strings.Compare(r.Owner, other.Owner); c != 0 {
		return c
	}
	return strings.Compare(r.Name, other.Name)
}

// of is how far a late alert may move the start of an outage back: min(RTO/4, 1h) unless the author said.
func (b Backdate) of(o Objectives) time.Duration {
	if !b.Auto {
		return b.Limit
	}
	limit := time.Hour
	for _, objective := range []time.Duration{o.RTO, o.Bound} {
		if objective > 0 {
			limit = min(limit, objective/4)
		}
	}
	return limit
}

// plus adds two durations that are not negative; what is too long to be told stays the longest that can.
func plus(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// capability is the longest recovery among what a service waits for, and whether any of it is unknown.
type capability struct {
	longest time.Duration
	unknown bool
}

// value is the RTC, or zero where nobody can tell.
func (c capability) value() time.Duration {
	if c.unknown {
		return 0
	}
	return c.longest
}

// capabilities are the effective RTCs. A service's is its own, else the largest of its full-effect needs; a process's
// also the largest of its needs where that is longer than its own. One need that nobody has timed leaves it unknown.
func (a *Analysis) capabilities() map[string]capability {
	held := make(map[string]capability, len(a.graph.judged))
	open := a.fromAbove()
	slices.Reverse(open)
	for len(open) > 0 {
		id := open[0]
		open = open[1:]
		if c := a.capability(id, held); c != held[id] {
			held[id] = c
			open = append(open, a.graph.dependents[id]...)
		}
	}
	return held
}

func (a *Analysis) capability(id string, held map[string]capability) capability {
	s := a.graph.judged[id]
	own := capability{longest: s.RTC.Value, unknown: !s.RTC.Known()}
	if s.RTC.Known() && !s.Process {
		return own
	}
	var needs capability
	waits := false
	for _, n := range s.Needs {
		for _, member := range n.AnyOf {
			if _, judged := a.graph.judged[member]; judged && !n.Partial {
				waits = true
				needs.longest = max(needs.longest, held[member].longest)
				needs.unknown = needs.unknown || held[member].unknown
			}
		}
	}
	switch {
	case !waits:
		return own
	case s.RTC.Known():
		return capability{longest: max(own.longest, needs.longest)}
	}
	return needs
}
