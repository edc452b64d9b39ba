package bia

import (
	"slices"

	"holdfast/internal/source"
)

// checkImpact looks at the scale that impacts are told in.
func (c *checker) checkImpact() {
	marks := c.Impact.Marks
	if marks.Has("scale") && len(c.Impact.Scale) < 2 {
		c.Errorf(marks.Of("scale"), "bia/impact", "mildest first, such as [minor, major, intolerable]", "a scale has at least two levels")
	}
	c.distinct(c.Impact.Scale, items(marks, "scale"))
	c.distinct(c.Impact.Categories, items(marks, "categories"))
}

// checkService looks at a process or service by itself.
func (c *checker) checkService(s *Service) {
	c.positive(s.Marks, "mtpd", s.MTPD)
	c.positive(s.Marks, "rto", s.RTO)
	c.positive(s.Marks, "rpo", s.RPO)
	c.positive(s.RTC.Marks, "value", s.RTC.Value)
	c.positive(s.Marks, "activate_after", s.ActivateAfter)
	c.positive(s.Marks, "confirm_for", s.ConfirmFor)
	c.positive(s.Marks, "recover_for", s.RecoverFor)
	if s.Marks.Has("quorum") && s.Quorum < 1 {
		c.Errorf(s.Marks.Of("quorum"), "bia/quorum", "at least 1", "quorum: %d would declare it when nobody says so", s.Quorum)
	}
	c.checkTolerable(s)
	c.checkBands(s)
	c.word(s.Marks, "recovery_option", "bia/recovery-option", s.RecoveryOption, recoveryOptions...)
	c.word(s.RTC.Marks, "source", "bia/rtc-source", s.RTC.Source, rtcSources...)
	for _, name := range sortedKeys(s.CriticalPeriods) {
		c.checkPeriod(s.CriticalPeriods[name])
	}
	for _, n := range s.Needs {
		c.checkNeed(n)
	}
	for i, id := range s.RecoveryNeeds {
		c.refer(item(s.Marks, "recovery_needs", i), id, "components", "services", "processes")
	}
	c.distinct(s.RecoveryNeeds, items(s.Marks, "recovery_needs"))
	for _, id := range sortedKeys(s.Data) {
		d := s.Data[id]
		c.checkName(d.Marks.Of(""), "set of data", id)
		c.positive(d.Marks, "rpo", d.RPO)
	}
}

// checkTolerable: the service has to be back, and the work after it done, before the impact becomes unacceptable
// (NIST SP 800-34 r1 section 3.2.1: RTO + WRT within the MTD).
func (c *checker) checkTolerable(s *Service) {
	switch {
	case s.MTPD == 0:
	case s.RTO+s.WRT > s.MTPD && s.RTO > 0:
		c.Errorf(s.Marks.Of("rto"), "bia/rto-wrt-mtpd", "lower the RTO or the WRT, or have the MTPD raised by whoever owns the impact",
			"RTO %s + WRT %s is longer than the MTPD of %s", span(s.RTO), span(s.WRT), span(s.MTPD))
	case s.WRT >= s.MTPD:
		c.Errorf(s.Marks.Of("wrt"), "bia/rto-wrt-mtpd", "the service has to be back before the work on it starts",
			"a WRT of %s leaves nothing of the MTPD of %s to recover in", span(s.WRT), span(s.MTPD))
	}
}

// checkBands: the MTPD is when the impact becomes unacceptable (ISO/TS 22317), so it cannot be later than that.
func (c *checker) checkBands(s *Service) {
	worst := ""
	if scale := c.Impact.Scale; len(scale) > 0 {
		worst = scale[len(scale)-1]
	}
	for _, category := range sortedKeys(s.ImpactOverTime) {
		if !slices.Contains(c.Impact.Categories, category) {
			c.Errorf(s.Marks.Of("impact_over_time."+category+":"), "bia/impact-category", source.DidYouMean(category, c.Impact.Categories), "%q is no category of impact", category)
		}
		bands := s.ImpactOverTime[category]
		intolerable := false
		for i, b := range bands {
			if !slices.Contains(c.Impact.Scale, b.Level) {
				c.Errorf(b.LevelAt, "bia/impact-level", source.DidYouMean(b.Level, c.Impact.Scale), "%q is no level of impact", b.Level)
			}
			if i > 0 && b.After == bands[i-1].After && b.At != bands[i-1].At {
				c.Errorf(b.At, "bia/twice", "keep one of the two", "the impact after %s is written twice", span(b.After))
			}
			if b.Level == worst && !intolerable && s.MTPD > b.After {
				intolerable = true
				c.Errorf(s.Marks.Of("mtpd"), "bia/mtpd-after-intolerable", "lower the MTPD, or look at the impact again",
					"the MTPD of %s is later than %s, when the %s impact is %s", span(s.MTPD), span(b.After), category, worst)
			}
		}
	}
}

// checkNeed looks at what a need names.
func (c *checker) checkNeed(n Need) {
	c.distinct(n.AnyOf, n.Member)
	for i, id := range n.AnyOf {
		at := n.Member(i)
		switch n.only {
		case "service":
			c.refer(at, id, "services", "processes")
		case "component":
			c.refer(at, id, "components")
		default:
			c.refer(at, id, "components", "services", "processes")
		}
	}
}

// Member is where a member of the need is written.
func (n Need) Member(i int) source.Mark {
	if n.only != "" {
		return n.Marks.Of(n.only)
	}
	return item(n.Marks, "any_of", i)
}
