package exercise

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"holdfast/detector"
	"holdfast/detector/alert"
	"holdfast/incident"
	"holdfast/internal/source"
)

// A Question is what if something were lost, all of it at one instant, and nothing changed after that.
type Question struct {
	Documents *incident.Documents
	Down      []string // failure domains, components, and services as a whole
	Signalled bool     // whoever runs a site that is lost says so too
	At        time.Time
}

// An Answer is what would come of it.
type Answer struct {
	At        time.Time `json:"at"`
	Through   time.Time `json:"through"` // how far was looked: past every clock that began to run
	Down      []Downed  `json:"down"`
	Signalled bool      `json:"signalled,omitempty"` // whoever runs a lost site says so too
	Services  []Loss    `json:"services"`            // those that are not up, in order of time, then id
	Moments   []Moment  `json:"moments"`             // in order of time
	Incidents []Foresee `json:"incidents"`           // in the order in which they are opened
}

// Downed is what was asked about.
type Downed struct {
	ID         string   `json:"id"`
	Kind       string   `json:"kind"` // site, failure domain, component, service
	Components []string `json:"components"`
	Observers  []string `json:"observers,omitempty"` // that stand in the site; they are taken to go on seeing
}

// A Loss is a service that is not up.
type Loss struct {
	Service string         `json:"service"`
	Vital   bool           `json:"vital"`
	State   detector.State `json:"state"` // the worst it comes to
	After   Span           `json:"after"` // until it comes to that
	RTO     Span           `json:"rto"`   // 0: none
}

// A Moment is an instant that matters.
type Moment struct {
	T       Span      `json:"t"` // from the loss
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"` // t0, confirmed, decide_by, lti, deadline, mtpd_end; level; decision_due, escalated, too_late, recommended, declared
	Service string    `json:"service,omitempty"`
	Text    string    `json:"text"`
}

// Foresee is one incident that would come of it, and what a declaration would invoke.
type Foresee struct {
	Case
	Playbooks []incident.Prospect `json:"playbooks"`
	Forecasts []Foretold          `json:"forecasts,omitempty"` // of those that would be invoked
	Summary   string              `json:"summary"`             // at the end
	Changes   []detector.Change   `json:"changes,omitempty"`   // what single change would flip it
	Unless    []string            `json:"unless,omitempty"`    // the same, a sentence for each
}

// Foretold is how long a playbook is forecast to take from its invocation to the recovery.
type Foretold struct {
	Playbook string `json:"playbook"`
	P50      Span   `json:"p50"`    // as likely longer as not
	P90      Span   `json:"p90"`    // longer once in ten times
	People   Span   `json:"people"` // of P50, what is waiting for people
}

// farthest is how far is looked at most.
const farthest = 31 * 24 * time.Hour

// WhatIf answers a question with the desk of the daemon, as a shadow: every component that is lost is reported down by
// all who watch it, a service as a whole by whoever measures it, observers go on beating, and nothing else is heard but, where that is asked, that a site is lost. What is asked about and does not exist is an
// *incident.NotFound.
func WhatIf(q Question) (Answer, error) {
	q.At = q.At.UTC()
	w := &whatIf{Question: q, backtest: NewBacktest(q.Documents), answer: Answer{At: q.At, Signalled: q.Signalled, Services: []Loss{}, Moments: []Moment{}, Incidents: []Foresee{}},
		worst: map[string]detector.State{}, after: map[string]time.Duration{}}
	for _, id := range q.Down {
		d, err := w.downed(id)
		if err != nil {
			return Answer{}, err
		}
		w.answer.Down = append(w.answer.Down, d)
	}
	if err := w.live(); err != nil {
		return Answer{}, err
	}
	w.conclude()
	return w.answer, nil
}

type whatIf struct {
	Question
	backtest *Backtest
	answer   Answer
	worst    map[string]detector.State // by service
	after    map[string]time.Duration
}

// downed is what an id stands for.
func (w *whatIf) downed(id string) (Downed, error) {
	a := w.Documents.BIA
	d := Downed{ID: id, Kind: "component", Components: []string{id}}
	if a.Components[id] != nil {
		return d, nil
	}
	if _, ok := a.Service(id); ok {
		d.Kind, d.Components = "service", nil
		return d, nil
	}
	if !slices.Contains(a.AllDomains(), id) {
		known := slices.Concat(a.AllDomains(), slices.Sorted(maps.Keys(a.Components)), a.Judged())
		return d, &incident.NotFound{What: "failure domain, component or service", ID: id, Hint: source.DidYouMean(id, known)}
	}
	d.Kind, d.Components = "failure domain", a.Members(id)
	slices.Sort(d.Components)
	if _, ok := a.Sites[id]; ok {
		d.Kind = "site"
		for _, o := range slices.Sorted(maps.Keys(a.Observers)) {
			if a.Observers[o].Site == id {
				d.Observers = append(d.Observers, o)
			}
		}
	}
	return d, nil
}

// alerts are what monitoring says of the loss.
func (w *whatIf) alerts() []alert.Alert {
	t := timeline{reader: &reader{}, now: Line{At: w.At}}
	for _, d := range w.answer.Down {
		for _, id := range d.Components {
			t.say("down", map[string]string{"component": id}, nil, w.Documents.BIA.Components[id].Observers...)
		}
		if d.Kind == "service" {
			t.say("down", map[string]string{"service": d.ID}, nil)
		}
		if d.Kind == "site" && w.Signalled {
			t.say("lost", map[string]string{"site": d.ID}, nil)
		}
	}
	return t.now.Alerts
}

// live goes from instant to instant until every clock that runs has run out.
func (w *whatIf) live() error {
	p := newPulse(&Scenario{Documents: w.Documents})
	hear := func(at time.Time, alerts []alert.Alert) error {
		return w.backtest.Hear(Message{Received: at, Subject: subject, Batch: alert.Batch{Format: "holdfast", Alerts: spoken(alerts)}})
	}
	if err := hear(w.At, append(p.beats(w.At), w.alerts()...)); err != nil {
		return err
	}
	desk := w.backtest.desk
	for now := w.At; ; {
		w.backtest.now = now
		w.backtest.commit(desk.Due(now))
		w.look(now)
		end := w.horizon()
		next, ok := p.nextAt()
		if at, due := desk.NextAt(); due && (!ok || at.Before(next)) {
			next, ok = at, true
		}
		if !ok || next.After(end) {
			w.answer.Through = end
			return nil
		}
		if !next.After(now) {
			return fmt.Errorf("the question came to a stop at %s: what is due next does not lie ahead", stamp(now))
		}
		if now = next; len(p.observers) > 0 {
			if beats := p.beats(now); len(beats) > 0 {
				w.backtest.heard++
				desk.Hear(w.backtest.heard, now, subject, alert.Batch{Format: "holdfast", Alerts: spoken(beats)}, nil)
			}
		}
	}
}

// horizon is past every clock that runs now.
func (w *whatIf) horizon() time.Time {
	end := w.At.Add(time.Hour)
	for _, i := range w.backtest.desk.Incidents() {
		for _, o := range i.Verdict.Services {
			for _, at := range []time.Time{o.Clocks.LTI, o.Clocks.Deadline, o.Clocks.MTPDEnd} {
				if at.After(end) {
					end = at
				}
			}
		}
	}
	if last := w.At.Add(farthest); end.After(last) {
		return last
	}
	return end
}

// look notes which services are worse than before.
func (w *whatIf) look(now time.Time) {
	facts := w.backtest.desk.Facts()
	for _, id := range w.Documents.BIA.Judged() {
		state := facts.ServiceState(id).State
		if state != detector.Up && w.worst[id] != detector.Down && w.worst[id] != state {
			w.worst[id], w.after[id] = state, now.Sub(w.At)
		}
	}
}

// conclude makes the answer of what was seen.
func (w *whatIf) conclude() {
	for id, state := range w.worst {
		o := w.Documents.BIA.Objectives(id)
		w.answer.Services = append(w.answer.Services, Loss{Service: id, Vital: o.Vital, State: state, After: Span(w.after[id]), RTO: Span(o.RTO)})
	}
	slices.SortFunc(w.answer.Services, func(a, b Loss) int {
		return cmp.Or(cmp.Compare(a.After, b.After), strings.Compare(a.Service, b.Service))
	})
	desk := w.backtest.desk
	for _, i := range slices.Backward(desk.Incidents()) {
		f := Foresee{Case: caseOf(i, true), Playbooks: append([]incident.Prospect{}, desk.Prospects(w.backtest.now, i.ID)...), Summary: i.Verdict.Explanation.Summary,
			Changes: i.Verdict.Explanation.Changes, Unless: i.Verdict.Counterfactual()}
		f.forecasts(desk)
		w.moments(f.Case)
		for _, o := range i.Verdict.Services {
			w.clocks(o)
		}
		w.answer.Incidents = append(w.answer.Incidents, f)
	}
	slices.SortStableFunc(w.answer.Moments, func(a, b Moment) int { return a.At.Compare(b.At) })
}

// forecasts are how long what would be invoked is forecast to take.
func (f *Foresee) forecasts(desk *incident.Desk) {
	for _, p := range f.Playbooks {
		if takes, known := desk.Foresight(p.Playbook); known {
			f.Forecasts = append(f.Forecasts, Foretold{Playbook: p.Playbook, P50: Span(takes.P50), P90: Span(takes.P90), People: Span(takes.People)})
		}
	}
}

// moments are the levels and decisions of an incident.
func (w *whatIf) moments(c Case) {
	for _, r := range c.Reached {
		w.moment(r.At, "level", "", "%s by %s", r.Level, strings.Join(r.Criteria, ", "))
	}
	for _, d := range c.Decisions {
		w.moment(d.At, d.Kind, d.Service, "%s", d.sentence())
	}
}

// clocks are the instants that follow from the outage of a vital service.
func (w *whatIf) clocks(o detector.Outage) {
	if !o.Objectives.Vital || o.Since.IsZero() {
		return
	}
	w.moment(o.Since, "t0", o.Service, "below its MBCO")
	w.moment(o.Confirmed, "confirmed", o.Service, "its outage is confirmed")
	if !o.Clocks.Deadline.IsZero() {
		w.moment(incident.DecideBy(w.Documents.BIA.Declaration, o), "decide_by", o.Service, "a decision is due")
	}
	w.moment(o.Clocks.LTI, "lti", o.Service, "the latest time to invoke")
	w.moment(o.Clocks.Deadline, "deadline", o.Service, "has to be back (%s)", o.Clocks.DeadlineBy)
	w.moment(o.Clocks.MTPDEnd, "mtpd_end", o.Service, "the MTPD ends")
}

func (w *whatIf) moment(at time.Time, kind, service, format string, args ...any) {
	if !at.IsZero() {
		w.answer.Moments = append(w.answer.Moments, Moment{T: Span(at.Sub(w.At)), At: at, Kind: kind, Service: service, Text: fmt.Sprintf(format, args...)})
	}
}
