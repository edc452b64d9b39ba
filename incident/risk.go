package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/detector"
	"holdfast/forecast"
	"holdfast/playbooks"
)

// A cast is what a run's standing says of the future for as long as nothing happens to it: worked out once, when it is first
// asked for, so that the clock is looked at a thousand times for nothing. Whoever copies a run shares it.
type cast struct {
	known          bool
	deadline, mtpd time.Time // that it was asked about
	risks          []risky   // in order of time

	behind map[int]ahead // by step

	seen    bool
	at      time.Time        // when it was looked at last, to the second
	outlook forecast.Outlook // what was seen
}

// asked reports whether anything was worked out yet.
func (c *cast) asked() bool { return c.known || c.seen || c.behind != nil }

// risky is the first instant at which a risk is there.
type risky struct {
	risk Risk
	at   time.Time
}

// ahead is the median of what lies between a step's end and the recovery.
type ahead struct {
	takes time.Duration
	leads bool
}

// foreseen is what was worked out of a run as it stood: of what stands the same the same comes.
type foreseen struct {
	run            forecast.Run
	goal           forecast.Goal
	deadline, mtpd time.Time
	risks          []risky
}

func (f *foreseen) of(run forecast.Run, goal forecast.Goal, c Recovery) bool {
	return f.run.Plan == run.Plan && f.run.Began.Equal(run.Began) && slices.Equal(f.run.Marks, run.Marks) &&
		slices.Equal(f.goal.Steps, goal.Steps) && f.goal.Proven == goal.Proven && f.deadline.Equal(c.Clocks.Deadline) && f.mtpd.Equal(c.Clocks.MTPDEnd)
}

// rank orders risks, from none to the worst.
func (r Risk) rank() int { return slices.Index([]Risk{"", RiskPossible, RiskLikely, RiskMTPD}, r) }

// atRisk says of the services that a run is to bring back that it is forecast to come too late: once for each risk that is
// worse than what was said in this episode. What was said is not taken back: when the forecast gets better, the state shows
// it, and when it gets as bad again, nobody is paged anew.
func (i Incident) atRisk(w World) (events []Event) {
	type same struct{ run, objective, risk string }
	first := map[same]int{} // the one that is told of all services of which the same holds
	for _, o := range w.outages() {
		run, c, ok := i.endangered(o)
		if !ok {
			continue
		}
		for _, r := range slices.Backward(run.risks(c)) {
			if r.risk.rank() <= c.Risk.rank() || w.Now.Before(r.at) || c.over(r.risk, w.Now) {
				continue
			}
			if w.asking {
				return []Event{ObjectiveAtRisk{Run: run.ID, Service: o.Service, Risk: r.risk}}
			}
			e := i.objectiveAtRisk(w, run, c, r.risk)
			of := same{run.ID, e.Objective, string(e.Risk)}
			if n, ok := first[of]; ok {
				told, _ := events[n].(ObjectiveAtRisk)
				told.With = append(told.With, o.Service)
				events[n], e.Tell = told, nil
			} else {
				first[of] = len(events)
			}
			events = append(events, e)
			break
		}
	}
	return events
}

// riskDeadlines are the instants at which a forecast comes to be too late if nothing happens.
func (i Incident) riskDeadlines(w World, d *deadlines) {
	for _, o := range w.outages() {
		if run, c, ok := i.endangered(o); ok {
			for _, r := range run.risks(c) {
				if r.risk.rank() > c.Risk.rank() && !c.over(r.risk, r.at) {
					d.add(r.at)
				}
			}
		}
	}
}

// endangered is the run that is to bring a service back which is out, and its clock; false: nothing is to be forecast.
func (i Incident) endangered(o detector.Outage) (Run, Recovery, bool) {
	c, ok := i.Recovery(o.Service)
	if !ok || !c.Objectives.Vital || c.Clocks.Deadline.IsZero() || !c.Restored.IsZero() || !o.UpSince.IsZero() {
		return Run{}, c, false
	}
	for _, run := range slices.Backward(i.Runs) {
		if run.Active() && run.Ending == nil && run.Playbook != nil && run.covers(o.Service) {
			return run, c, true
		}
	}
	return Run{}, c, false
}

// over reports whether it is too late to warn: the objective itself has passed, and that it was missed is said by itself.
func (c Recovery) over(r Risk, now time.Time) bool {
	if r == RiskMTPD {
		return !c.Overrun.IsZero() || !now.Before(c.Clocks.MTPDEnd)
	}
	return !c.Missed.IsZero() || !now.Before(c.Clocks.Deadline)
}

// risks are when, if nothing happens to the run, each risk is there, to the second: the forecast is only ever later then.
func (r Run) risks(c Recovery) []risky {
	k := r.cast
	if k == nil {
		k = &cast{}
	}
	if k.known && k.deadline.Equal(c.Clocks.Deadline) && k.mtpd.Equal(c.Clocks.MTPDEnd) {
		return k.risks
	}
	k.known, k.deadline, k.mtpd, k.risks = true, c.Clocks.Deadline, c.Clocks.MTPDEnd, nil
	goal, never := r.goal(milestoneRecovered)
	if never != "" {
		return nil
	}
	run := r.courses()
	if r.plan != nil {
		if last := r.plan.last; last != nil && last.of(run, goal, c) {
			k.risks = last.risks
			return k.risks
		}
		defer func() { r.plan.last = &foreseen{run, goal, k.deadline, k.mtpd, k.risks} }()
	}
	add := func(risk Risk, holds time.Time) {
		at := holds.Truncate(time.Second).Add(time.Second)
		k.risks = append(k.risks, risky{risk, later(at, r.Started)})
	}
	p50, p90 := run.Holds(goal, k.deadline)
	add(RiskPossible, p90)
	add(RiskLikely, p50)
	if !k.mtpd.IsZero() {
		p50, _ = run.Holds(goal, k.mtpd)
		add(RiskMTPD, p50)
	}
	return k.risks
}

func (i Incident) objectiveAtRisk(w World, run Run, c Recovery, risk Risk) ObjectiveAtRisk {
	f := i.Forecast(run, w.Now)
	e := ObjectiveAtRisk{Run: run.ID, Service: c.Service, Risk: risk, Objective: c.Clocks.DeadlineBy, Deadline: c.Clocks.Deadline,
		P50: f.Recovered.P50, P90: f.Recovered.P90, HeldUpBy: f.HeldUpBy}
	if risk == RiskMTPD {
		e.Objective, e.Deadline = objectiveMTPD, c.Clocks.MTPDEnd
	}
	e.Tell = w.duty().lines(w.declaration().Authority)
	if p := run.Paused; p != nil {
		e.Advice = append(e.Advice, fmt.Sprintf("run %s is paused by %s since %s: holdfast resume %s %s", run.ID, who(p.By), stamp(p.At), i.ID, run.ID))
	}
	for _, id := range f.HeldUpBy {
		s, _ := run.state(id)
		e.Advice = append(e.Advice, i.advice(w, run, s)...)
		if !w.Shadow {
			e.Tell = join(e.Tell, w.duty().first(s.actors()...))
		}
	}
	e.Advice = append(e.Advice, i.quicker(w, run, c, f.Recovered.P50)...)
	return e
}

// advice is what could be done about a step that holds everybody up.
func (i Incident) advice(w World, run Run, s StepState) []string {
	name := run.ID + "/" + s.ID
	people := listed(w.duty().lines(s.actors()...))
	switch {
	case s.Held != nil:
		return []string{fmt.Sprintf("%s is held by %s since %s: holdfast resume %s %s", s.ID, who(s.Held.By), stamp(s.Held.At), i.ID, name)}
	case s.Status == Stuck:
		return []string{fmt.Sprintf("%s is stuck: say how it goes on (holdfast %s %s %s --reason WHY)", s.ID, s.wayOut(), i.ID, name)}
	case s.Kind == playbooks.KindDecide:
		given := ""
		if len(s.Approvals) > 0 {
			given = fmt.Sprintf(" (%d of %d approvals are there)", len(s.Approvals), s.Needed)
		}
		return []string{fmt.Sprintf("%s waits for a decision by %s%s: holdfast approve or decline %s %s", s.ID, i.stillToApprove(w, s), given, i.ID, name)}
	case s.Status == Waiting && s.Acked == (Actor{}):
		return []string{fmt.Sprintf("nobody has taken %s: %s could (holdfast ack %s %s)", s.ID, people, i.ID, name)}
	case s.Status == Waiting:
		return []string{fmt.Sprintf("%s is at %s since %s: ask what is missing, or leave it out (holdfast skip %s %s --reason WHY)", who(s.Acked), s.ID, stamp(s.AckedAt), i.ID, name)}
	}
	if s.Kind == playbooks.KindVerify {
		return []string{fmt.Sprintf("%s waits since %s for what it verifies to be true: see what keeps it from that", s.ID, stamp(s.Started))}
	}
	return []string{fmt.Sprintf("%s is at work since %s: see how far it has come where it runs", s.ID, stamp(s.Started))}
}

// stillToApprove are those who may approve a decision and have not.
func (i Incident) stillToApprove(w World, s StepState) string {
	left := slices.DeleteFunc(w.duty().lines(s.actors()...), func(person string) bool {
		return slices.ContainsFunc(s.Approvals, func(a Approval) bool { return a.By.Person == person })
	})
	return listed(left)
}

// quicker are other playbooks that fit and would be through before the run is expected to be.
func (i Incident) quicker(w World, run Run, c Recovery, expected time.Time) (advice []string) {
	for _, f := range i.applicable(w, i.want(w, c.Service, c.Since, c.Clocks.Deadline)) {
		if f.Playbook.ID == run.Name || len(f.Missing) > 0 {
			continue
		}
		takes := foresee(f.Playbook, w.planOf(f.Playbook)).P50
		if takes = max(takes, f.Playbook.RTC); w.Now.Add(takes).Before(expected) {
			advice = append(advice, fmt.Sprintf("the playbook %s fits too and takes %s: holdfast invoke %s %s --service %s --reason WHY", f.Playbook.ID, span(takes), i.ID, f.Playbook.ID, c.Service))
		}
	}
	return advice
}

// planOf is how a playbook would be forecast that began now.
func (w World) planOf(p *playbooks.Playbook) *forecast.Plan {
	if w.Past == nil {
		return planOf(p, nil)
	}
	plan, _ := w.Past.plan(p)
	return plan.laidOut()
}

// leastPatience is how long nobody is passed over, however little slack is left.
const leastPatience = 2 * time.Minute

// leastWork is how long nobody who has taken a step is called silent whose playbook names no time for it.
const leastWork = 10 * time.Minute

// hurried is an event that asks something of a person with the time they have cut to what the slack allows: half of what is
// left for their step when they are asked, and two minutes at least, where the playbook gives them longer. So the next is told
// while there is time for them to act. The slack of a step is what lies between now and the instant at which it has to end
// for the deadline to be kept, by the median of what lies behind it.
func (i Incident) hurried(w World, e Event) Event {
	switch e := e.(type) {
	case StepStarted:
		e.Until = i.cut(w, e.Run, e.Step, e.Until)
		return e
	case Escalated:
		e.Until = i.cut(w, e.Run, e.Step, e.Until)
		return e
	case AcknowledgementLapsed:
		e.Until = i.cut(w, e.Run, e.Step, e.Until)
		return e
	case Acknowledged:
		s, p := i.planned(e.Run, e.Step)
		if p == nil || s.Status != Waiting || !p.Kind().Human() {
			return e
		}
		var until time.Time
		if within(p) > 0 {
			until = w.Now.Add(within(p))
		}
		switch cut := i.cut(w, e.Run, e.Step, until); {
		case until.IsZero() && (cut.IsZero() || p.Expect == 0): // it takes as long as it takes
		case until.IsZero(): // whoever is at it is not called silent for working as long as that
			e.Until = later(cut, w.Now.Add(max(p.Expect, leastWork)))
		case cut.Before(until):
			e.Until = cut
		}
		return e
	}
	return e
}

// cut is until when a person is waited for.
func (i Incident) cut(w World, run, step string, until time.Time) time.Time {
	n := slices.IndexFunc(i.Runs, func(r Run) bool { return r.ID == run && r.Playbook != nil })
	if n < 0 {
		return until
	}
	r := i.Runs[n]
	if p, asked := r.Playbook.Step(step); !asked || !asks(p) {
		return until
	}
	deadline, ok := i.pressing(w, r)
	behind := r.behind(step)
	if !ok || !behind.leads {
		return until
	}
	slack := deadline.Add(-behind.takes).Sub(w.Now)
	by := w.Now.Add(max(slack/2, leastPatience)).Truncate(time.Second)
	if until.IsZero() { // the playbook would have them wait for ever
		return by
	}
	return earlier(until, by)
}

// pressing is the first deadline that a run still has to keep.
func (i Incident) pressing(w World, run Run) (first time.Time, ok bool) {
	for _, o := range w.outages() {
		other, c, out := i.endangered(o)
		if at, _ := c.aim(); out && other.ID == run.ID && at.After(w.Now) && (!ok || at.Before(first)) {
			first, ok = at, true
		}
	}
	return first, ok
}

// behind is what lies between a step and the recovery.
func (r Run) behind(step string) ahead {
	n := slices.IndexFunc(r.Steps, func(s StepState) bool { return s.ID == step })
	if n < 0 {
		return ahead{}
	}
	if r.cast != nil {
		if a, known := r.cast.behind[n]; known {
			return a
		}
	}
	var a ahead
	if goal, never := r.goal(milestoneRecovered); never == "" {
		a.takes, a.leads = r.courses().Behind(goal, n)
	}
	if r.cast != nil {
		if r.cast.behind == nil {
			r.cast.behind = map[int]ahead{}
		}
		r.cast.behind[n] = a
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// headline is what fits onto a locked screen.
func (e ObjectiveAtRisk) headline() string {
	switch e.Risk {
	case RiskPossible:
		return fmt.Sprintf("%s may come back too late: %s by %s, and perhaps not before %s.", e.Service, e.Objective, stamp(e.Deadline), stamp(e.P90))
	case RiskLikely:
		return fmt.Sprintf("%s is expected back too late: %s by %s, and not before %s.", e.Service, e.Objective, stamp(e.Deadline), stamp(e.P50))
	}
	return fmt.Sprintf("%s is expected back only after the end of its MTPD, %s: not before %s.", e.Service, stamp(e.Deadline), stamp(e.P50))
}

func (e ObjectiveAtRisk) sentence() string {
	late := map[Risk]string{
		RiskPossible: "may come back too late for its " + e.Objective + ", by " + stamp(e.Deadline),
		RiskLikely:   "is expected back too late for its " + e.Objective + ", by " + stamp(e.Deadline),
		RiskMTPD:     "is expected back only after the end of its MTPD, " + stamp(e.Deadline),
	}
	text := fmt.Sprintf("%s %s: run %s is forecast to bring it back at %s, nine times in ten by %s.", e.Service, orText(late[e.Risk], "is at risk"), e.Run, stamp(e.P50), stamp(e.P90))
	if len(e.HeldUpBy) > 0 {
		text += " Everybody waits for " + listed(e.HeldUpBy) + "."
	}
	if len(e.Advice) > 0 {
		text += " What could be done: " + strings.Join(e.Advice, "; ") + "."
	}
	return text
}
