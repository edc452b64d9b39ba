package bia

import "time"

// Clocks are the instants that follow from an outage of a service that started at t0; with no objectives, the start alone.
func (a *Analysis) Clocks(id string, t0 time.Time) Clocks { return a.Objectives(id).Clocks(t0) }

// Clocks are the instants that follow from an outage that started at t0 (domain section 3).
func (o Objectives) Clocks(t0 time.Time) Clocks {
	t0 = t0.UTC()
	c := Clocks{Start: t0, RTCKnown: o.RTC > 0}
	if o.RTO > 0 {
		c.sooner(t0.Add(o.RTO), "rto")
	}
	if o.Bound > 0 {
		c.sooner(t0.Add(o.Bound), "mtpd-wrt")
	}
	for _, rule := range o.Critical {
		if deadline, ok := rule.Deadline(t0); ok {
			c.sooner(deadline, rule.Name)
		}
	}
	if o.MTPD > 0 {
		c.MTPDEnd = t0.Add(o.MTPD)
	}
	if c.RTCKnown && !c.Deadline.IsZero() {
		c.LTI = c.Deadline.Add(-o.RTC - o.Margin)
	}
	return c
}

// sooner makes an instant the deadline if it is before the one known so far.
func (c *Clocks) sooner(deadline time.Time, by string) {
	if c.Deadline.IsZero() || deadline.Before(c.Deadline) {
		c.Deadline, c.DeadlineBy = deadline, by
	}
}

// Tightest is how long after t0 the deadline can come at the earliest, and what sets it: "rto", "mtpd-wrt", or the name of
// an elevated period; 0 where there is none. Cutoffs are not counted: they are instants, and one may lie any time ahead.
func (o Objectives) Tightest() (after time.Duration, by string) {
	sooner := func(d time.Duration, name string) {
		if d > 0 && (after == 0 || d < after) {
			after, by = d, name
		}
	}
	sooner(o.RTO, "rto")
	sooner(o.Bound, "mtpd-wrt")
	for _, r := range o.Critical {
		if length, elevated := r.length(); elevated && r.rto < length {
			sooner(plus(r.HoldsOut, r.rto), r.Name)
		}
	}
	return after, by
}
