package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/internal/source"
)

// A ReportClock is a statutory clock: by when an incident has to be reported to whom, and what became of that.
type ReportClock struct {
	ReportingDue
	Began      time.Time `json:"began"` // when it was put on record
	Round      int       `json:"round,omitempty"`
	Missed     time.Time `json:"missed,omitzero"` // when the deadline passed unreported
	Reported   *Reported `json:"reported,omitempty"`
	ReportedAt time.Time `json:"recorded,omitzero"` // when that was put on record
}

// Open reports whether the report is still to be made.
func (c ReportClock) Open() bool { return c.Reported == nil }

// Late reports whether it was made, or still is not, after its deadline.
func (c ReportClock) Late() bool {
	if c.Reported != nil {
		return !c.Reported.NotRequired && c.Reported.At.After(c.Deadline)
	}
	return !c.Missed.IsZero()
}

// Ending is what became of the report, in words.
func (c ReportClock) Ending() string {
	switch r := c.Reported; {
	case r == nil && c.Missed.IsZero():
		return "not yet"
	case r == nil:
		return "NOT REPORTED"
	case r.NotRequired:
		return "not required" + because(r.Reason)
	case c.Late():
		return stamp(r.At) + ", LATE by " + span(r.At.Sub(c.Deadline))
	default:
		return stamp(r.At) + ", in time"
	}
}

// ReportedBy is who has settled it, with their role; empty: nobody yet.
func (c ReportClock) ReportedBy() string {
	if c.Reported == nil {
		return ""
	}
	return who(c.Reported.By)
}

// Receipt is where the evidence of the report is.
func (c ReportClock) Receipt() string {
	if c.Reported == nil {
		return ""
	}
	return c.Reported.Evidence
}

// half is when half of the time of the reminder is left.
func (c ReportClock) half() time.Time { return c.Deadline.Add(-c.Deadline.Sub(c.Remind) / 2) }

// applyReporting folds what concerns statutory clocks; false: the event is none of these.
func (i *Incident) applyReporting(r Record) bool {
	switch e := r.Event.(type) {
	case ReportingDue:
		e.Tell = nil
		i.Reports = append(slices.Clip(i.Reports), ReportClock{ReportingDue: e, Began: r.At})
	case Reminded:
		i.report(e.Report, func(c *ReportClock) { c.Round = e.Round })
	case ReportingMissed:
		i.report(e.Report, func(c *ReportClock) { c.Missed = r.At })
	case Reported:
		i.report(e.Report, func(c *ReportClock) { c.Reported, c.ReportedAt = &e, r.At })
	default:
		return false
	}
	return true
}

// report changes a copy of one clock.
func (i *Incident) report(id string, change func(*ReportClock)) {
	n := slices.IndexFunc(i.Reports, func(c ReportClock) bool { return c.Report == id })
	if n < 0 {
		i.HandsOff = fmt.Sprintf("the journal speaks of a report %q, which was never due", id)
		return
	}
	i.Reports = slices.Clone(i.Reports)
	change(&i.Reports[n])
}

// reporting starts the clocks whose time has come, and keeps them. Clocks that have begun go on when the incident is over:
// a disaster that was mended in an hour has to be reported all the same.
func (i Incident) reporting(w World) []Event {
	if w.Shadow || i.Exercise != "" {
		return nil
	}
	if i.Open() {
		for _, duty := range w.declaration().Reporting {
			if since, begins := i.reportedFrom(duty); begins {
				return []Event{i.reportingDue(w, duty, since)}
			}
		}
	}
	for _, c := range i.Reports {
		if e := reportDue(w, c); e != nil {
			return []Event{e}
		}
	}
	return nil
}

// reportedFrom is what the clock of a duty counts from, where it begins now.
func (i Incident) reportedFrom(duty bia.Reporting) (since time.Time, begins bool) {
	level, err := detector.ParseLevel(duty.Level)
	switch {
	case err != nil || i.Level < level && i.Declared == nil:
		return since, false
	case slices.ContainsFunc(i.Reports, func(c ReportClock) bool { return c.Report == duty.ID }):
		return since, false
	case duty.From == "declared":
		return i.DeclaredAt, i.Declared != nil
	case duty.From == "aware":
		return i.Opened, true
	}
	for _, r := range i.Timeline {
		if e, ok := r.Event.(Classified); ok && e.Verdict.Level >= level {
			return r.At, true
		}
	}
	return i.DeclaredAt, true
}

func (i Incident) reportingDue(w World, r bia.Reporting, since time.Time) ReportingDue {
	deadline := since.Add(r.Within)
	return ReportingDue{Report: r.ID, To: r.To, What: r.What, From: r.From, Since: since, Deadline: deadline, Remind: deadline.Add(-r.Remind),
		Role: r.Role, Escalate: r.Escalate, Evidence: r.Evidence == "required", Tell: w.duty().first(r.Role)}
}

// reportDue is what the clock says of one report: the deadline has passed, or those who report are reminded before.
func reportDue(w World, c ReportClock) Event {
	d := w.duty()
	switch {
	case !c.Open() || !c.Missed.IsZero():
		return nil
	case !w.Now.Before(c.Deadline):
		return ReportingMissed{Report: c.Report, Deadline: c.Deadline, Tell: d.lines(append([]string{c.Role, w.declaration().Authority}, c.Escalate...)...)}
	case c.Round < 2 && !w.Now.Before(c.half()):
		return Reminded{Report: c.Report, Round: 2, Deadline: c.Deadline, Tell: d.lines(append([]string{c.Role}, c.Escalate...)...)}
	case c.Round < 1 && !w.Now.Before(c.Remind):
		return Reminded{Report: c.Report, Round: 1, Deadline: c.Deadline, Tell: d.lines(c.Role)}
	}
	return nil
}

func (i *Incident) reportDeadlines(d *deadlines) {
	for _, c := range i.Reports {
		if c.Open() && c.Missed.IsZero() {
			d.add(c.Remind)
			d.add(c.half())
			d.add(c.Deadline)
		}
	}
}

// owes reports whether something has still to be said to somebody by a deadline that has not passed.
func (i *Incident) owes() bool {
	return i.HandsOff == "" && slices.ContainsFunc(i.Reports, func(c ReportClock) bool { return c.Open() && c.Missed.IsZero() })
}

// owe keeps the list of incidents that are over and owe a report.
func (b *book) owe(i *Incident) {
	owes, listed := !i.Open() && i.owes(), slices.Contains(b.owing, i.ID)
	switch {
	case owes && !listed:
		b.owing = append(slices.Clip(b.owing), i.ID)
	case !owes && listed:
		b.owing = without(b.owing, []string{i.ID})
	}
}

// settleReports decides what is due of reports of incidents that are over.
func (f *draft) settleReports() {
	for _, id := range slices.Clone(f.owing) {
		for {
			i := *f.incidents.of(id)
			events := i.reporting(f.world(i, nil))
			if len(events) == 0 {
				break
			}
			f.commit(id, events[0])
		}
	}
}

// reportsNextAt is the next instant at which that has something to say, or the one given where that comes first.
func (f *draft) reportsNextAt(next time.Time, ok bool) (time.Time, bool) {
	if f.shadow {
		return next, ok
	}
	d := deadlines{after: f.now}
	for _, id := range f.owing {
		f.incidents.of(id).reportDeadlines(&d)
	}
	for _, at := range d.all {
		if !ok || at.Before(next) {
			next, ok = at, true
		}
	}
	return next, ok
}

// orderReported stops a clock: the report was made, or the authority says that there is no duty to make it. That is a fact
// whether or not the incident is over, or driven.
func (i Incident) orderReported(w World, person string, c Command) ([]Event, error) {
	var ids []string
	for _, r := range i.Reports {
		ids = append(ids, r.Report)
	}
	n := slices.Index(ids, c.Report)
	if n < 0 {
		hint := "nothing has to be reported of " + i.ID
		switch {
		case i.HandsOff != "":
			hint = fmt.Sprintf("holdfast does not know all that happened in it; put it down: holdfast note %s WHAT", i.ID)
		case len(ids) > 0:
			hint = source.DidYouMean(c.Report, ids)
		}
		return nil, &NotFound{What: "report", ID: c.Report, Hint: hint}
	}
	r := i.Reports[n]
	if !r.Open() {
		return nil, before(r.Reported.By, r.ReportedAt, "%s was already settled by %s at %s", r.Report, who(r.Reported.By), stamp(r.ReportedAt))
	}
	return settled(w, r, person, c)
}

func settled(w World, r ReportClock, person string, c Command) ([]Event, error) {
	may := authority(w.declaration())
	if !c.Over {
		may = join([]string{r.Role}, may)
	}
	by, err := w.duty().entitled(person, "report to "+r.To, may)
	e := Reported{Report: r.Report, By: by, At: ended(c.At, w.Now).UTC(), Evidence: c.Evidence, Reason: c.Reason, NotRequired: c.Over}
	switch {
	case err != nil:
		return nil, err
	case c.Over && strings.TrimSpace(c.Reason) == "":
		return nil, Refuse("that nothing has to be reported needs a reason")
	case !c.Over && r.Evidence && strings.TrimSpace(c.Evidence) == "":
		return nil, Refuse("%s requires evidence: where the receipt can be found", r.Report)
	case e.At.After(w.Now) || e.At.Before(r.Since):
		return nil, Refuse("the report was made between %s, when its clock began, and now", stamp(r.Since))
	}
	return []Event{e}, nil
}

// reportWords end with what to type.
func (i *Incident) reportWords(id string, say func(string, ...any)) {
	for _, c := range i.Reports {
		if c.Report != id {
			continue
		}
		what, evidence := "", ""
		if c.What != "" {
			what = "(" + c.What + ") "
		}
		if c.Evidence {
			evidence = " --evidence WHERE"
		}
		say("Report %sto %s by %s, then say so: holdfast reported %s %s%s", what, c.To, stamp(c.Deadline), i.ID, c.Report, evidence)
	}
}

func reportingSentence(e Event) string {
	switch e := e.(type) {
	case ReportingDue:
		what := ""
		if e.What != "" {
			what = " (" + e.What + ")"
		}
		return fmt.Sprintf("%s%s has to be made to %s by %s, counted from %s (%s): it is for %s.", upper("report "+e.Report), what, e.To, stamp(e.Deadline), stamp(e.Since), e.From, e.Role)
	case Reminded:
		return fmt.Sprintf("The report %s is still to be made, by %s: %s told.", e.Report, stamp(e.Deadline), listed(e.Tell))
	case ReportingMissed:
		return fmt.Sprintf("NOT REPORTED: nobody has said by %s that the report %s was made.", stamp(e.Deadline), e.Report)
	case Reported:
		if e.NotRequired {
			return fmt.Sprintf("%s found that the report %s does not have to be made%s.", who(e.By), e.Report, because(e.Reason))
		}
		text := fmt.Sprintf("%s made the report %s at %s", who(e.By), e.Report, stamp(e.At))
		if e.Evidence != "" {
			text += ", evidence " + e.Evidence
		}
		return text + because(e.Reason) + "."
	}
	return ""
}
