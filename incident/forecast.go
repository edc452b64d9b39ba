package incident

import (
	"slices"
	"time"

	"holdfast/detector"
	"holdfast/forecast"
	"holdfast/playbooks"
)

// A Forecast is when a run is expected to bring back what it is for, as it stands, from what its playbook plans and from
// what its steps took in runs of the same playbook that had ended when it began. It is never a criterion.
type Forecast struct {
	At            time.Time `json:"at"`
	Past          int       `json:"past_runs"` // how many runs are known
	Recovered     *Expected `json:"recovered,omitempty"`
	WorkRecovered *Expected `json:"work_recovered,omitempty"`
	Never         string    `json:"never,omitempty"`      // why it will not recover anything as it stands
	Critical      []string  `json:"critical,omitempty"`   // steps still to do that hold everybody up, in the playbook's order
	HeldUpBy      []string  `json:"held_up_by,omitempty"` // those of them that are under way
	Services      []Slack   `json:"services,omitempty"`   // that it is to bring back and that have a deadline
	Untimed       []string  `json:"untimed,omitempty"`    // steps on the way of which nobody says how long they take
}

// Expected is an instant of which P50 is as likely too early as too late, and P90 too early once in ten times.
type Expected struct {
	P50      time.Time `json:"p50"`
	P90      time.Time `json:"p90"`
	People   Span      `json:"people"`           // of the time to P50, what is waiting for people
	Machines Span      `json:"machines"`         // the rest
	Actual   bool      `json:"actual,omitempty"` // it has happened
}

// Slack is what is left of a service's objective when it is expected back; negative: too late.
type Slack struct {
	Service    string    `json:"service"`
	Deadline   time.Time `json:"deadline"`
	DeadlineBy string    `json:"deadline_by"` // as in bia.Clocks.DeadlineBy, or mtpd once that is missed
	Expected   time.Time `json:"expected"`    // P50; where the service is back, when it came back
	P50        Span      `json:"p50"`
	P90        Span      `json:"p90"`
	Actual     bool      `json:"actual,omitempty"`
	Back       bool      `json:"back,omitempty"` // it is back since Expected, and has to hold for its recover_for
}

// Milestones of a playbook.
const (
	milestoneRecovered     = "recovered"
	milestoneWorkRecovered = "work_recovered"
)

// mostShare of the courses a step has to hold up to be marked; so has whatever is under way and holds up the most.
const mostShare = 0.5

// A backSince says since when a service is at or above its MBCO, if only just; false: it is not.
type backSince func(service string) (time.Time, bool)

// Forecast is what is forecast of a run at now, with the facts as they are. A service that is back is no forecast any more: see
// Services.
func (d *Desk) Forecast(now time.Time, i Incident, run Run) Forecast {
	return i.forecast(run, now, d.backSince())
}

// Slacks are the slacks of a run alone, for those who ask of very many.
func (d *Desk) Slacks(now time.Time, i Incident, run Run) []Slack {
	f := i.recovering(run, now)
	i.slack(&f, run, d.backSince())
	return f.Services
}

func (d *Desk) backSince() backSince {
	facts := d.Facts()
	return func(service string) (time.Time, bool) {
		if facts == nil {
			return time.Time{}, false
		}
		s := facts.ServiceState(service)
		return s.Since, s.State == detector.Up || s.State == detector.Degraded
	}
}

// Forecast is what is forecast of a run at now, from the records alone.
func (i Incident) Forecast(run Run, now time.Time) Forecast {
	return i.forecast(run, now, func(string) (time.Time, bool) { return time.Time{}, false })
}

func (i Incident) forecast(run Run, now time.Time, back backSince) Forecast {
	f := i.recovering(run, now)
	if f.Recovered != nil {
		goal, _ := run.goal(milestoneRecovered)
		f.mark(run, run.outlook(f.At, goal))
		i.slack(&f, run, back)
	}
	if run.Playbook == nil {
		return f
	}
	if work, without := run.goal(milestoneWorkRecovered); without == "" {
		f.WorkRecovered = reachedAt(run.courses().Outlook(f.At, work), run.reached(work))
	}
	return f
}

// recovering is when a run is expected to recover what it is for.
func (i Incident) recovering(run Run, now time.Time) Forecast {
	if !run.Active() {
		now = run.Ended
	}
	f := Forecast{At: now, Past: run.known}
	if run.Playbook == nil {
		f.Never = "its playbook cannot be read by this version of holdfast"
		return f
	}
	goal, never := run.goal(milestoneRecovered)
	if f.Never = never; never == "" {
		f.Recovered = reachedAt(run.outlook(now, goal), run.reached(goal))
	}
	return f
}

// outlook plays out what is left of a run up to its recovery, as of the full second: several ask within one, and get the same.
func (r Run) outlook(now time.Time, goal forecast.Goal) forecast.Outlook {
	k := r.cast
	now = now.Truncate(time.Second)
	if k != nil && k.seen && k.at.Equal(now) {
		return k.outlook
	}
	o := r.courses().Outlook(now, goal)
	if k != nil {
		k.seen, k.at, k.outlook = true, now, o
	}
	return o
}

func reachedAt(o forecast.Outlook, actual bool) *Expected {
	e := &Expected{P50: o.P50.Round(time.Second), P90: o.P90.Round(time.Second), Actual: actual}
	if left := (o.People + o.Machines).Round(time.Second); !actual {
		e.People = Span(o.People.Round(time.Second))
		e.Machines = Span(left) - e.People
	}
	return e
}

// mark names the steps that hold everybody up, and those on the way that nobody has timed.
func (f *Forecast) mark(run Run, o forecast.Outlook) {
	most := 0.0
	for n, s := range run.Steps {
		if s.begun() {
			most = max(most, o.Share[n])
		}
	}
	for n, s := range run.Steps {
		share := o.Share[n]
		if share == 0 {
			continue
		}
		if share >= mostShare || s.begun() && share == most {
			f.Critical = append(f.Critical, s.ID)
			if s.begun() {
				f.HeldUpBy = append(f.HeldUpBy, s.ID)
			}
		}
		if untimed(&run.Playbook.Steps[n]) {
			f.Untimed = append(f.Untimed, s.ID)
		}
	}
}

// slack is what is left for each service that the run is to bring back.
func (i Incident) slack(f *Forecast, run Run, back backSince) {
	if f.Recovered == nil {
		return
	}
	for _, service := range orElse(run.Covers, run.Service) {
		c, ok := i.Recovery(service)
		deadline, by := c.aim()
		if !ok || deadline.IsZero() {
			continue
		}
		s := Slack{Service: service, Deadline: deadline, DeadlineBy: by, Expected: f.Recovered.P50, Actual: !c.Restored.IsZero()}
		late := f.Recovered.P90
		if s.Actual {
			s.Expected, late = c.Restored, c.Restored
		} else if since, up := back(service); up && since.After(c.Since) {
			s.Expected, late, s.Back = since, since, true
		}
		s.P50, s.P90 = Span(deadline.Sub(s.Expected)), Span(deadline.Sub(late))
		f.Services = append(f.Services, s)
	}
}

// aim is the deadline that a service can still be back by: its own, and once that is missed, the end of its MTPD.
func (c Recovery) aim() (at time.Time, by string) {
	if c.Restored.IsZero() && !c.Missed.IsZero() && !c.Clocks.MTPDEnd.IsZero() {
		return c.Clocks.MTPDEnd, objectiveMTPD
	}
	return c.Clocks.Deadline, c.Clocks.DeadlineBy
}

// begun reports whether a step is under way, or stuck.
func (s StepState) begun() bool { return s.Status != Pending && !s.ended() }

// goal are the steps whose last end is a milestone; without one of "recovered", all but reconstitution. Else why it will not be
// reached as things stand.
func (r Run) goal(milestone string) (g forecast.Goal, never string) {
	g.Proven = milestone == milestoneRecovered
	if r.Ending != nil {
		return g, "the run is being ended"
	}
	var lost string
	add := func(is func(StepState) bool) {
		for n, s := range r.Steps {
			switch {
			case !is(s):
			case s.Status == Declined || s.Status == Skipped:
				lost = s.ID + " was left out"
				if s.Status == Declined {
					lost = s.ID + " was declined"
				}
			case s.Status == Given:
				lost = s.ID + " failed"
			default:
				g.Steps = append(g.Steps, n)
			}
		}
	}
	add(func(s StepState) bool { return s.Milestone == milestone })
	if len(g.Steps) == 0 && lost == "" && g.Proven {
		add(func(s StepState) bool { return s.Phase != playbooks.Reconstitution })
	}
	switch {
	case len(g.Steps) > 0:
		return g, ""
	case lost != "":
		return g, lost
	}
	return g, "no step of the playbook reaches it"
}

// reached reports whether every step of a goal has ended.
func (r Run) reached(g forecast.Goal) bool {
	return !slices.ContainsFunc(g.Steps, func(n int) bool { return !r.Steps[n].ended() })
}

// courses is the run as it is forecast.
func (r Run) courses() forecast.Run {
	plan := r.plan
	if plan == nil { // folded without a book: nothing is known of the past
		plan = &rememberedPlan{of: r.Playbook}
	}
	c := forecast.Run{Plan: plan.laidOut(), Began: r.Started, Marks: make([]forecast.Mark, len(r.Steps))}
	for n, s := range r.Steps {
		c.Marks[n] = s.mark()
		if c.Marks[n].Standing == forecast.Ahead {
			c.Marks[n].NotBefore = later(r.Paused.until(), s.Held.until())
			c.Marks[n].Unneeded = r.unneeded(n)
		}
	}
	return c
}

// unneeded reports whether a step is not expected to be done: it is the fallback of steps of which none is known to be out of
// reach, or it is for exercises alone, or for live runs.
func (r Run) unneeded(n int) bool {
	l := leg{run: r, n: n}
	standsInFor, lost := l.replaces()
	live := r.Exercise == ""
	return len(standsInFor) > 0 && !lost || l.plan().Only == "exercise" && live || l.plan().Only == "live" && !live
}

// until is until when a brake keeps a step from beginning: what a person has to take off is taken to be taken off at any moment.
func (b *Brake) until() time.Time {
	if b == nil {
		return time.Time{}
	}
	return b.Until
}

func (s StepState) mark() forecast.Mark {
	switch {
	case s.ended():
		return forecast.Mark{Standing: forecast.Over, Since: s.Ended}
	case s.Status == Stuck:
		return forecast.Mark{Standing: forecast.Stuck, Since: s.FailedAt}
	case s.Status == Pending || s.Started.IsZero():
		return forecast.Mark{}
	case s.Kind == playbooks.KindWait:
		return forecast.Mark{Standing: forecast.Going, Since: s.Started, Until: s.Until}
	}
	return forecast.Mark{Standing: forecast.Going, Since: s.Started, NotBefore: s.Again}
}
