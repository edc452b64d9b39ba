package incident

import (
	"slices"
	"strings"
	"time"

	"holdfast/bia"
)

// Met says how a figure stands to its objective.
type Met string

// How a figure stands to its objective.
const (
	InTime      Met = "met"
	TooLate     Met = "missed"
	NotYet      Met = "running" // neither yet
	NoObjective Met = "none"
)

// A Figure is a time that was taken, from which instant to which, and what it was to be.
type Figure struct {
	Name      string    `json:"figure"` // "detection_lag", "rta", …
	From      string    `json:"from"`   // what happened at FromAt
	FromAt    time.Time `json:"from_at"`
	To        string    `json:"to"`
	ToAt      time.Time `json:"to_at,omitzero"` // zero: it still runs
	Took      Span      `json:"took"`           // so far, where it still runs
	Objective string    `json:"objective,omitempty"`
	Limit     Span      `json:"limit,omitempty"`
	Met       Met       `json:"met"`
}

// A ServiceReport is one outage of one service against its objectives, by both conventions: from the disruption, and from
// the declaration.
type ServiceReport struct {
	Service    string     `json:"service"`
	Vital      bool       `json:"vital"`
	Objectives Objectives `json:"objectives"`
	Clocks     bia.Clocks `json:"clocks"`
	Since      time.Time  `json:"since"` // t0
	Confirmed  time.Time  `json:"confirmed,omitzero"`
	Restored   time.Time  `json:"restored,omitzero"`
	Missed     time.Time  `json:"missed,omitzero"`  // the deadline, where it passed unrecovered
	Overrun    time.Time  `json:"overrun,omitzero"` // when its MTPD passed unrecovered
	Met        Met        `json:"met"`              // its deadline: the earliest of RTO, MTPD - WRT and critical periods
	Figures    []Figure   `json:"figures"`
}

// Objectives are a service's objectives as they were when it was judged.
type Objectives struct {
	RTO     Span   `json:"rto,omitempty"`
	RTOFrom string `json:"rto_from,omitempty"` // the service whose RTO it is
	MTPD    Span   `json:"mtpd,omitempty"`
	WRT     Span   `json:"wrt,omitempty"`
	RPO     Span   `json:"rpo,omitempty"`
	RTC     Span   `json:"rtc,omitempty"`
	Margin  Span   `json:"decision_margin,omitempty"`
}

// Figure finds a figure by its name.
func (s ServiceReport) Figure(name string) (Figure, bool) { return figure(s.Figures, name) }

// Figure finds a figure of the incident as a whole by its name.
func (r Report) Figure(name string) (Figure, bool) { return figure(r.Figures, name) }

func figure(all []Figure, name string) (Figure, bool) {
	if n := slices.IndexFunc(all, func(f Figure) bool { return f.Name == name }); n >= 0 {
		return all[n], true
	}
	return Figure{}, false
}

// between is the time from a to b; zero unless both are known and in order.
func between(a, b time.Time) Span {
	if a.IsZero() || b.IsZero() || b.Before(a) {
		return 0
	}
	return Span(b.Sub(a))
}

// measured is a figure from one instant to another; where that has not come, it runs until now. False: there is nothing to
// measure.
func (f Figure) measured(now time.Time) (Figure, bool) {
	to := ended(f.ToAt, now)
	if f.FromAt.IsZero() || to.Before(f.FromAt) {
		return f, false
	}
	f.Took, f.Met = Span(to.Sub(f.FromAt)), NoObjective
	switch {
	case f.Limit == 0:
	case f.Took > f.Limit:
		f.Met = TooLate
	case f.ToAt.IsZero():
		f.Met = NotYet
	default:
		f.Met = InTime
	}
	return f, true
}

// lags are the figures of the incident as a whole. What did not happen has none: nobody waited for a declaration that
// nothing called for.
func (r Report) lags() []Figure {
	all, begin := []Figure{}, "disrupted"
	if r.Disrupted.IsZero() {
		begin = "opened"
	}
	for _, f := range []Figure{
		{Name: "detection_lag", From: "disrupted", FromAt: r.Disrupted, To: "opened", ToAt: r.Opened},
		{Name: "confirmation", From: "disrupted", FromAt: r.Disrupted, To: "confirmed", ToAt: r.Confirmed},
		{Name: "decision_lag", From: "first classified disaster", FromAt: r.Classified, To: "declared", ToAt: r.Declared},
		{Name: "invocation_lag", From: "declared", FromAt: r.Declared, To: "invoked", ToAt: r.Invoked},
		{Name: "duration", From: begin, FromAt: ended(r.Disrupted, r.Opened), To: "closed", ToAt: ended(r.Closed, r.As)},
	} {
		if f, ok := f.measured(time.Time{}); ok && !f.ToAt.IsZero() {
			if f.Name == "duration" && r.Open {
				f.To, f.ToAt = "now", time.Time{}
			}
			all = append(all, f)
		}
	}
	return all
}

func (i Incident) serviceReport(c Recovery, now time.Time) ServiceReport {
	o := c.Objectives
	s := ServiceReport{Service: c.Service, Vital: o.Vital, Clocks: c.Clocks, Since: c.Since, Confirmed: c.Confirmed, Restored: c.Restored, Missed: c.Missed, Overrun: c.Overrun,
		Objectives: Objectives{RTO: Span(o.RTO), RTOFrom: o.RTOFrom, MTPD: Span(o.MTPD), WRT: Span(o.WRT), RPO: Span(o.RPO), RTC: Span(o.RTC), Margin: Span(o.Margin)}}
	s.Met, s.Figures = s.verdict(now), []Figure{}
	add := func(f Figure) {
		if f, ok := f.measured(now); ok {
			s.Figures = append(s.Figures, f)
		}
	}
	back := Figure{To: "restored", ToAt: c.Restored}
	from := func(name, what string, at time.Time, objective string, limit Span) Figure {
		f := back
		f.Name, f.From, f.FromAt, f.Objective, f.Limit = name, what, at, objective, limit
		return f
	}
	add(from("rta", "disrupted", c.Since, "RTO", Span(o.RTO)))
	if !i.DeclaredAt.IsZero() && i.within(c, i.DeclaredAt) {
		add(from("rta_from_declaration", "declared", i.DeclaredAt, "RTO", Span(o.RTO)))
	}
	n := slices.IndexFunc(i.Runs, func(r Run) bool { return r.covers(c.Service) && i.within(c, r.Started) })
	if n >= 0 {
		add(from("recovery", "invoked", i.Runs[n].Started, "RTC", Span(o.RTC)))
		if lti := c.Clocks.LTI; !lti.IsZero() {
			add(Figure{Name: "invocation", From: "disrupted", FromAt: c.Since, To: "invoked", ToAt: i.Runs[n].Started, Objective: "latest time to invoke", Limit: between(c.Since, lti)})
		}
	}
	work := i.workRecovered(c, n)
	if !c.Restored.IsZero() && !work.IsZero() {
		add(Figure{Name: "wra", From: "restored", FromAt: c.Restored, To: "work recovered", ToAt: work, Objective: "WRT", Limit: Span(o.WRT)})
	}
	total := Figure{Name: "total", From: "disrupted", FromAt: c.Since, To: "restored", ToAt: c.Restored, Objective: "MTPD", Limit: Span(o.MTPD)}
	if !work.IsZero() && !c.Restored.IsZero() {
		total.To, total.ToAt = "work recovered", later(c.Restored, work)
	}
	add(total)
	for _, f := range i.points(c, n) {
		add(f)
	}
	return s
}

// workRecovered is when a run had the work itself recovered; zero where it did not, or no step says so.
func (i Incident) workRecovered(c Recovery, run int) time.Time {
	if run < 0 {
		return time.Time{}
	}
	for _, step := range i.Runs[run].Steps {
		if step.Milestone == "work_recovered" && step.Status == Done && !step.Ended.Before(c.Restored) {
			return step.Ended
		}
	}
	return time.Time{}
}

// points are the RPA of each set of data that somebody told the recovery point of: from the last good point to the
// disruption. The last word before or during the outage counts, of the incident's people as of a step that asked for it.
func (i Incident) points(c Recovery, run int) (all []Figure) {
	if c.Objectives.RPO == 0 {
		return nil
	}
	last := map[string]time.Time{}
	var order []string
	say := func(data string, point time.Time) {
		if _, known := last[data]; !known {
			order = append(order, data)
		}
		last[data] = point
	}
	for _, record := range i.Timeline {
		if e, ok := record.Event.(DataReported); ok && e.State == stateRecoveryPoint && !e.Point.After(c.Since) {
			say(e.Data, e.Point)
		}
	}
	if run >= 0 {
		for _, step := range i.Runs[run].Steps {
			for name, text := range step.Answers {
				if at, err := time.Parse(time.RFC3339, text); err == nil && strings.HasPrefix(name, "recovery_point") && !at.After(c.Since) {
					say(strings.TrimPrefix(strings.TrimPrefix(name, "recovery_point"), "_"), at)
				}
			}
		}
	}
	slices.Sort(order)
	for _, data := range order {
		of := "last good data"
		if data != "" {
			of += " of " + data
		}
		all = append(all, Figure{Name: "rpa", From: of, FromAt: last[data], To: "disrupted", ToAt: c.Since, Objective: "RPO", Limit: Span(c.Objectives.RPO)})
	}
	return all
}

// verdict says in a word whether the deadline was met.
func (s ServiceReport) verdict(now time.Time) Met {
	switch {
	case s.Clocks.Deadline.IsZero():
		return NoObjective
	case !s.Missed.IsZero() || !s.Restored.IsZero() && s.Restored.After(s.Clocks.Deadline):
		return TooLate
	case !s.Restored.IsZero():
		return InTime
	case now.After(s.Clocks.Deadline):
		return TooLate
	}
	return NotYet
}
