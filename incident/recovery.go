package incident

import (
	"slices"
	"time"

	"holdfast/detector"
)

// Recovery is the latest recovery clock of a service.
func (i Incident) Recovery(service string) (Recovery, bool) {
	if n := i.latest(service); n >= 0 {
		return i.Recoveries[n], true
	}
	return Recovery{}, false
}

func (i Incident) latest(service string) int {
	for n := len(i.Recoveries) - 1; n >= 0; n-- {
		if i.Recoveries[n].Service == service {
			return n
		}
	}
	return -1
}

// recovery changes a copy of a service's latest clock.
func (i *Incident) recovery(service string, change func(*Recovery)) {
	if n := i.latest(service); n >= 0 {
		i.Recoveries = slices.Clone(i.Recoveries)
		change(&i.Recoveries[n])
	}
}

// clock keeps a service's recovery clock in step with what the detector measured: a late message may move its start.
func (i *Incident) clock(o detector.Outage) {
	if o.Since.IsZero() {
		return
	}
	last, known := i.Recovery(o.Service)
	switch {
	case !known, !last.Restored.IsZero() && o.Since.After(last.Restored):
		fresh := Recovery{Service: o.Service, Objectives: o.Objectives, Clocks: o.Clocks, Since: o.Since, Confirmed: o.Confirmed}
		if o.Recovered {
			fresh.Restored = o.UpSince
			if late(Recovery{Objectives: o.Objectives, Clocks: o.Clocks}, o) {
				fresh.Missed = o.Clocks.Deadline
			}
		}
		i.Recoveries = append(slices.Clip(i.Recoveries), fresh)
	case last.Restored.IsZero():
		i.recovery(o.Service, func(c *Recovery) {
			c.Objectives, c.Clocks, c.Since, c.Confirmed = o.Objectives, o.Clocks, o.Since, o.Confirmed
		})
	}
}

func (i *Incident) restored(e Restored) {
	i.recovery(e.Service, func(c *Recovery) { c.Restored = e.At })
	if i.DecisionDue != nil && i.DecisionDue.Service == e.Service {
		i.DecisionDue = nil // its next episode is a decision of its own
	}
}

func (i *Incident) relapsed(e Relapsed) {
	last, known := i.Recovery(e.Service)
	if known && e.Since.After(last.Restored) {
		i.Recoveries = append(slices.Clip(i.Recoveries), Recovery{Service: e.Service, Objectives: last.Objectives, Since: e.Since})
	} else {
		i.recovery(e.Service, func(c *Recovery) { c.Restored = time.Time{} })
	}
	i.withdrawOffers(e.Service)
	i.reconsider()
}

// allRestored reports whether every service is back that the disaster is about: the vital ones, and those declared by
// name. A lesser one that stays down is an incident, and keeps nobody from standing down.
func (i Incident) allRestored() bool { return len(i.notBack()) == 0 }

// withdrawOffers takes back that the rest of a run may be left out, since a service that it covers is down again.
func (i *Incident) withdrawOffers(service string) {
	for _, r := range i.Runs {
		if r.Active() && r.covers(service) && len(r.Offered) > 0 {
			i.run(r.ID, func(run *Run) { run.Offered = nil })
		}
	}
}

// notBack are the services that the disaster is about and that are not back.
func (i Incident) notBack() []string {
	var open []string
	for _, c := range i.Recoveries {
		if c.Restored.IsZero() && (c.Objectives.Vital || i.named(c.Service)) {
			open = append(open, c.Service)
		}
	}
	return union(open, nil)
}

// named reports whether a service was declared.
func (i Incident) named(service string) bool {
	return i.Declared != nil && slices.ContainsFunc(i.Declared.Services, func(p Pinned) bool { return p.Service == service })
}

// missed says which deadlines have passed with the service below its MBCO. A service that came back in time but has not
// yet held for its recover_for is not late: recovered counts from the start of the stable period (domain section 3).
//
// The MTPD is told of by itself: from there on the impact is unacceptable, whatever was missed before.
func (i Incident) missed(w World) []Event {
	var all []ObjectiveMissed
	for _, o := range w.outages() {
		c, ok := i.Recovery(o.Service)
		switch {
		case !ok:
		case late(c, o) && !w.Now.Before(c.Clocks.Deadline):
			all = append(all, ObjectiveMissed{Service: o.Service, Objective: c.Clocks.DeadlineBy, Deadline: c.Clocks.Deadline})
		case overruns(c, o) && !w.Now.Before(c.Clocks.MTPDEnd):
			all = append(all, ObjectiveMissed{Service: o.Service, Objective: objectiveMTPD, Deadline: c.Clocks.MTPDEnd})
		}
	}
	events := make([]Event, len(all))
	for n, e := range all {
		same := func(o ObjectiveMissed) bool { return o.Objective == e.Objective }
		if !slices.ContainsFunc(all[:n], same) {
			e.Tell = w.duty().lines(w.declaration().Authority)
			for _, other := range all[n+1:] {
				if same(other) {
					e.With = append(e.With, other.Service)
				}
			}
		}
		events[n] = e
	}
	return events
}

const objectiveMTPD = "mtpd"

// miss notes an objective that was missed.
func (c *Recovery) miss(e ObjectiveMissed) {
	if e.Objective == objectiveMTPD {
		c.Overrun = e.Deadline
		return
	}
	c.Missed = e.Deadline
}

// overruns reports whether a service's MTPD is passed once its instant is reached, as things are.
func overruns(c Recovery, o detector.Outage) bool {
	if !c.Objectives.Vital || c.Clocks.MTPDEnd.IsZero() || !c.Overrun.IsZero() || !c.Restored.IsZero() {
		return false
	}
	return o.UpSince.IsZero() || o.UpSince.After(c.Clocks.MTPDEnd)
}

// late reports whether a clock is missed once its deadline is reached, as things are.
func late(c Recovery, o detector.Outage) bool {
	if !c.Objectives.Vital || c.Clocks.Deadline.IsZero() || !c.Missed.IsZero() || !c.Restored.IsZero() {
		return false
	}
	return o.UpSince.IsZero() || o.UpSince.After(c.Clocks.Deadline)
}

// measured says what the detector measured of recovery: restored, or down again.
func (i Incident) measured(w World) []Event {
	var events []Event
	first := -1 // of those that are down again: the one that is told of them all
	for _, o := range w.outages() {
		c, ok := i.Recovery(o.Service)
		switch {
		case !ok:
		case c.Restored.IsZero() && o.Recovered && !o.Since.After(o.UpSince):
			events = append(events, Restored{Service: o.Service, At: o.UpSince})
		case !c.Restored.IsZero() && relapse(c, o) && first < 0:
			first = len(events)
			events = append(events, Relapsed{Service: o.Service, Since: o.Since, Tell: w.duty().lines(w.declaration().Authority)})
		case !c.Restored.IsZero() && relapse(c, o):
			told, _ := events[first].(Relapsed)
			told.With = append(told.With, o.Service)
			events[first] = told
			events = append(events, Relapsed{Service: o.Service, Since: o.Since})
		}
	}
	return events
}

// relapse reports whether a restored service is below MBCO again, or turns out never to have held.
func relapse(c Recovery, o detector.Outage) bool {
	if o.Recovered || o.Since.IsZero() {
		return false
	}
	return o.Since.After(c.Restored) || o.UpSince.IsZero() || o.UpSince.After(c.Restored)
}
