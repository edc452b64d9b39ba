package readiness

import (
	"time"

	"holdfast/internal/source"
)

// dates: approvals, reviews and exercises hold for a time (ISO 22301 clauses 7.5.2 and 9.1).
func (l *linter) dates() {
	a := l.BIA
	l.approval(a.Marks, "the analysis", a.ApprovedBy, a.ApprovedOn, a.NextReview)
	for _, p := range l.Playbooks {
		l.approval(p.Marks, "the playbook", p.ApprovedBy, p.ApprovedOn, p.NextReview)
		l.editor(p)
		l.approvers(p)
	}
	for _, id := range a.Judged() {
		s, _ := a.Service(id)
		if a.Objectives(id).Judged() && s.RTC.Known() && s.RTC.Source != "exercise" {
			l.found.Warnf(s.Marks.Of("rtc"), "readiness/never-exercised", "exercise it, and write rtc: {value: what it took, source: exercise, valid_until: a date}",
				"the RTC of %s is an estimate: no exercise has shown it", id)
		}
		if a.Objectives(id).Judged() && s.RTC.Known() && s.RTC.Source == "exercise" && s.RTC.ValidUntil.IsZero() {
			l.found.Warnf(s.Marks.Of("rtc"), "readiness/rtc-undated", "valid_until: a year after the exercise at most, and no later than the next change",
				"nobody says until when what the exercise of %s showed holds", id)
		}
		if l.passed(s.RTC.ValidUntil) {
			l.found.Warnf(s.RTC.Marks.Of("valid_until"), "readiness/rtc-expired", "exercise it, and write what it took", "what %s can do was last known to hold on %s", id, day(s.RTC.ValidUntil))
		}
	}
}

func (l *linter) approval(marks source.Marks, what, by string, on, review time.Time) {
	switch {
	case by == "" || on.IsZero():
		l.found.Warnf(marks.Of("approved_by"), "readiness/unapproved", "approved_by: a role, approved_on: a date", "nobody approved %s", what)
	case on.After(l.now):
		l.found.Warnf(marks.Of("approved_on"), "readiness/approved-ahead", "", "%s is approved from %s on, which is not yet", what, day(on))
	}
	switch {
	case review.IsZero():
		l.found.Warnf(marks.Of("next_review"), "readiness/no-review", "next_review: a date", "nobody says when %s is reviewed next", what)
	case l.passed(review):
		l.found.Warnf(marks.Of("next_review"), "readiness/review-overdue", "review it, and write the next date", "%s was to be reviewed by %s", what, day(review))
	}
}

// passed reports whether an instant, or a whole day that was written without a time, is over.
func (l *linter) passed(t time.Time) bool {
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return !t.IsZero() && !l.now.Before(t.AddDate(0, 0, 1))
	}
	return l.now.After(t)
}

func day(t time.Time) string { return t.Format(time.DateOnly) }
