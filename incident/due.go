package incident

import (
	"slices"
	"time"
)

// Due is what has to be recorded of the incident at w.Now, in order; once it is applied, Due at the same instant is
// empty.
func (i Incident) Due(w World) []Event {
	var all []Event
	i.Timeline = slices.Clip(i.Timeline)
	for {
		events := i.next(w)
		if len(events) == 0 {
			return all
		}
		for n, e := range events {
			events[n] = i.hurried(w, e)
			i = i.apply(Record{At: w.Now, Incident: i.ID, Event: events[n]})
			i.recall(w.Past)
		}
		all = append(all, events...)
	}
}

// next is the first thing that is due. Each rule's events make the rule fall silent, so that Due ends.
func (i Incident) next(w World) []Event {
	if !i.Open() || i.HandsOff != "" {
		return nil
	}
	asked := rules
	if i.Exercise != "" {
		asked = exerciseRules
	}
	for _, rule := range asked {
		if events := rule(i, w); len(events) > 0 {
			return events
		}
	}
	return nil
}

// rules in the order in which they are asked: first what the world did, then what follows from it.
var rules = []func(Incident, World) []Event{
	Incident.missed,
	Incident.measured,
	Incident.heed,
	Incident.declare,
	Incident.decisionDue,
	Incident.reporting,
	Incident.queued,
	Incident.invoke,
	Incident.carryOn,
	Incident.offerRest,
	Incident.atRisk,
	Incident.standDown,
}

// heed records the verdict when it says something new.
func (i Incident) heed(w World) []Event {
	if w.Verdict == nil || !news(w.Verdict, &i.Verdict) {
		return nil
	}
	e := Classified{Verdict: *w.Verdict, JudgedBy: i.JudgedBy}
	if i.endsWith(*w.Verdict) && !w.Shadow {
		e.Tell = i.everTold("")
	}
	return []Event{e}
}

// standDown recommends what only a person decides: a declared disaster never clears itself.
func (i Incident) standDown(w World) []Event {
	if i.Declared == nil || !i.StandDownRecommendedAt.IsZero() || !i.quiet(w) {
		return nil
	}
	return []Event{StandDownRecommended{Tell: w.duty().lines(w.declaration().Authority)}}
}

// NextAt is the next instant after w.Now at which Due has something to say if nothing else happens. The rules name the
// instants at which they might; each is asked whether it really will. An expression of bia.yaml that alone stands in the way of
// standing down names the instant at which it holds.
func (i Incident) NextAt(w World) (time.Time, bool) {
	if !i.Open() || i.HandsOff != "" {
		return time.Time{}, false
	}
	d := deadlines{after: w.Now}
	i.decisionDeadlines(w, &d)
	i.invocationDeadlines(w, &d)
	i.recoveryDeadlines(w, &d)
	i.runDeadlines(w, &d)
	i.reportDeadlines(&d)
	i.riskDeadlines(w, &d)
	slices.SortFunc(d.all, time.Time.Compare)
	turns := i.turns(w)
	w.asking = true
	for _, at := range d.all {
		if !turns.IsZero() && !turns.After(at) {
			break
		}
		w.Now = at
		if len(i.next(w)) > 0 {
			return at, true
		}
	}
	return turns, !turns.IsZero()
}

func (i Incident) recoveryDeadlines(w World, d *deadlines) {
	for _, o := range w.outages() {
		if c, ok := i.Recovery(o.Service); ok && late(c, o) {
			d.add(c.Clocks.Deadline)
		} else if ok && overruns(c, o) {
			d.add(c.Clocks.MTPDEnd)
		}
	}
}
