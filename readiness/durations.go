package readiness

import (
	"time"

	"holdfast/playbooks"
)

// durations: a playbook has to be as quick as its own RTC says, and that as quick as the analysis counts on, because the
// latest time to invoke follows from it.
func (l *linter) durations() {
	for _, p := range l.Playbooks {
		path := l.forecast(p).Plan
		if p.RTC > 0 && path > p.RTC {
			l.found.Warnf(p.Marks.Of("rtc"), "readiness/path-longer-than-rtc", "raise the rtc to what the steps take, or let more of them run side by side",
				"the steps are expected to take %s, longer than the RTC of %s", span(path), span(p.RTC))
		}
		l.promised(p, max(p.RTC, path))
	}
}

// promised compares what a playbook takes with the capability that the analysis counts on for what it recovers.
func (l *linter) promised(p *playbooks.Playbook, takes time.Duration) {
	for i, id := range p.For.Services {
		o := l.BIA.Objectives(id)
		if o.Judged() && o.RTC > 0 && takes > o.RTC {
			l.found.Warnf(item(p.For.Marks, "services", i), "readiness/slower-than-rtc", "raise the rtc of "+id+" in bia.yaml: the latest time to invoke is counted from it",
				"the playbook takes %s, but bia.yaml counts on %s for %s", span(takes), span(o.RTC), id)
		}
	}
}
