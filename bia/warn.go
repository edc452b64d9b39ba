package bia

import (
	"slices"
	"strings"
	"time"

	"holdfast/internal/source"
)

// warn says what somebody should know about an analysis that can be used.
func (c *checker) warn() {
	for _, id := range c.Judged() {
		s, o := c.graph.judged[id], c.Objectives(id)
		c.warnOfObjectives(s, o)
		c.warnOfCapability(s, o)
		c.warnOfPeriods(s, o)
		c.warnOfNeeds(s, o)
	}
	c.warnOfCycles()
	c.warnOfObservers()
	c.warnOfQuorums()
	c.warnOfOne()
	c.warnOfRights()
	c.warnOfUnprobed()
	c.warnOfUnsigned()
	if c.Declaration.Authority == "" {
		c.Warnf(c.Marks.Of("declaration"), "bia/no-authority", "declaration: {authority: a role}", "nobody is named who may declare a disaster")
	}
	if d := c.Declaration; d.Mode == "automatic" && len(d.AutomaticFor) == 0 {
		c.Warnf(d.Marks.Of("mode"), "bia/nothing-delegated", "automatic_for: [decision_point]", "automatic, but no criterion is delegated: everything is recommended")
	}
	for _, m := range c.Maintenance {
		if m.ApprovedBy == "" {
			c.Warnf(m.Marks.Of(""), "bia/maintenance-unapproved", "approved_by: who let it happen", "nobody approved the maintenance")
		}
	}
}

func (c *checker) warnOfObjectives(s *Service, o Objectives) {
	if o.Vital && !o.Judged() {
		c.Warnf(s.Marks.Of("vital"), "bia/no-objectives", "give it an RTO or an MTPD", "%s is vital, but has nothing to be judged against: its loss is never more than an incident", s.ID)
	}
	if o.Vital && len(s.Needs) == 0 {
		c.Warnf(s.Marks.Of("needs"), "bia/no-needs", "write what it cannot do without", "%s is vital, but needs nothing: nobody would see it fail", s.ID)
	}
	if s.ActivateAfter > o.RTO && o.RTO > 0 {
		c.Warnf(s.Marks.Of("activate_after"), "bia/activation-late", "activate early enough that the plan can still meet the RTO",
			"activation after %s is later than the RTO of %s", span(s.ActivateAfter), o.rto(s.ID))
	}
}

// rto is a service's RTO, and whose it is where it was handed down.
func (o Objectives) rto(id string) string {
	if o.RTOFrom == id {
		return span(o.RTO)
	}
	return span(o.RTO) + " (handed down by " + o.RTOFrom + ")"
}

// warnOfCapability: a plan that takes longer than there is time is late whenever it starts.
func (c *checker) warnOfCapability(s *Service, o Objectives) {
	if !o.Judged() {
		return
	}
	at := s.Marks.Of("rtc")
	if o.RTC == 0 {
		c.Warnf(at, "bia/rtc-unknown", "rtc: what the plan was seen to take; without it a disaster is never declared automatically", "nobody says how long it takes to recover %s", s.ID)
		return
	}
	spent := o.RTC + o.Margin + o.ConfirmFor
	switch {
	case o.RTO > 0 && spent > o.RTO:
		c.Warnf(at, "bia/rtc-late", "the decision is due at confirmation, and late even so: a faster plan, or a longer RTO",
			"RTC %s + margin %s + confirm_for %s of %s is longer than the RTO of %s", span(o.RTC), span(o.Margin), span(o.ConfirmFor), s.ID, o.rto(s.ID))
	case o.Bound > 0 && spent > o.Bound:
		c.Warnf(at, "bia/rtc-late", "the decision is due at confirmation, and late even so: a faster plan, or a longer MTPD",
			"RTC %s + margin %s + confirm_for %s of %s is longer than the %s that MTPD - WRT leaves", span(o.RTC), span(o.Margin), span(o.ConfirmFor), s.ID, span(o.Bound))
	}
}

// warnOfPeriods looks at the service's own critical periods.
func (c *checker) warnOfPeriods(s *Service, o Objectives) {
	for _, r := range s.criticalRules() {
		p := s.CriticalPeriods[r.Name]
		if length, ok := r.length(); ok && r.rto >= length {
			c.Warnf(p.Marks.Of("rto"), "bia/period-without-effect", "an RTO counts only where it ends within the period", "an RTO of %s never falls within %s, which lasts %s", span(r.rto), r.Name, span(length))
			continue
		}
		spent := o.RTC + o.Margin + o.ConfirmFor
		if o.Judged() && o.RTC > 0 && !r.cutoff && spent > r.rto {
			c.Warnf(p.Marks.Of("rto"), "bia/rtc-late", "in that period the decision is due at confirmation, and late even so",
				"RTC %s + margin %s + confirm_for %s of %s is longer than the RTO of %s in %s", span(o.RTC), span(o.Margin), span(o.ConfirmFor), s.ID, span(r.rto), r.Name)
		}
	}
}

// warnOfNeeds: a need that may take longer than what needs it (RTO inversion), and groups that look like choices and are none.
func (c *checker) warnOfNeeds(s *Service, o Objectives) {
	for _, n := range s.Needs {
		if len(n.AnyOf) > 1 && !n.Marks.Has("minimum") {
			c.Warnf(n.At, "bia/group-minimum", "minimum: how many must be healthy", "without a minimum all of %s are needed", strings.Join(n.AnyOf, ", "))
		}
		if n.Partial || o.RTO == 0 {
			continue
		}
		for i, id := range n.AnyOf {
			if need, judged := c.graph.judged[id]; judged && id != s.ID && need.RTO > plus(o.RTO, n.Tolerates) {
				c.Warnf(n.Member(i), "bia/rto-inversion", "lower its RTO, or say how long it can be missed: {service: "+id+", tolerates: …} or effect: partial",
					"%s may take %s by its own RTO, but %s needs it after %s", id, span(need.RTO), s.ID, withTolerance(o.RTO, n.Tolerates))
			}
		}
	}
}

func withTolerance(rto, tolerates time.Duration) string {
	if tolerates == 0 {
		return span(rto)
	}
	return span(rto) + " + " + span(tolerates)
}

// warnOfObservers: whoever has no heartbeat can fall silent unnoticed, and its "resolved" proves nothing.
func (c *checker) warnOfObservers() {
	used := map[string]bool{}
	for _, id := range sortedKeys(c.Components) {
		x := c.Components[id]
		if len(x.Observers) == 0 {
			c.Warnf(x.Marks.Of(""), "bia/unobserved", "observers: [who reports on it]", "nobody is said to watch %s", id)
		}
		for _, o := range x.Observers {
			used[o] = true
		}
	}
	for _, id := range sortedKeys(c.Observers) {
		if o := c.Observers[id]; used[id] && !o.Own && !o.Marks.Has("heartbeat") {
			c.Warnf(o.Marks.Of(""), "bia/no-heartbeat", "heartbeat: {match: {alertname: Watchdog}, every: 2m}", "%s has no heartbeat: its silence cannot be told from all being well", id)
		}
	}
}

// warnOfCycles tells each cycle of needs once. They are legal (domain rule 4.4), but rarely meant.
func (c *checker) warnOfCycles() {
	done, told := map[string]bool{}, map[string]bool{}
	for _, id := range c.Judged() {
		if !done[id] {
			c.walk(id, nil, done, told)
		}
	}
}

// walk goes down the needs; path is how it came here.
func (c *checker) walk(id string, path []string, done, told map[string]bool) {
	path = append(path, id)
	for _, n := range c.graph.judged[id].Needs {
		for i, need := range n.AnyOf {
			if _, judged := c.graph.judged[need]; !judged || done[need] {
				continue
			}
			if start := slices.Index(path, need); start >= 0 {
				c.warnOfCycle(n.Member(i), path[start:], told)
				continue
			}
			c.walk(need, path, done, told)
		}
	}
	done[id] = true
}

func (c *checker) warnOfCycle(at source.Mark, cycle []string, told map[string]bool) {
	if slices.ContainsFunc(cycle, func(id string) bool { return told[id] }) {
		return
	}
	for _, id := range cycle {
		told[id] = true
	}
	c.Warnf(at, "bia/cycle", "it is judged as if it started healthy; say which of the needs is effect: partial", "these need each other: %s", strings.Join(append(slices.Clone(cycle), cycle[0]), " -> "))
}
