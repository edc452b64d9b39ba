package incident

import (
	"slices"
	"time"

	"holdfast/detector"
)

// Findings in retrospect: what became bad enough to be answered and was over again while nobody decided (the daemon was
// stopped, or the journal out of reach). Nobody is told and nothing is declared: there is nothing left to answer. It is put
// on record as an incident that is opened and closed by one record, so that it is shown, reported and counted.

// lookBack records what was over before anybody could decide; since is when somebody decided last.
func (f *draft) lookBack(since time.Time) {
	for _, v := range f.verdicts {
		if v.Open || v.Level < detector.Impaired || !overAt(*v).After(since) || f.answered(*v) {
			continue
		}
		f.commit(idFor(opening(*v), f.now, f.taken), Classified{Verdict: *f.dated(v), JudgedBy: f.docs.BIA.Digest})
	}
}

// overAt is when the last service of a situation came back.
func overAt(v detector.Verdict) (end time.Time) {
	for _, o := range v.Services {
		end = later(end, o.UpSince)
	}
	return end
}

// answered reports whether some incident was about a situation that is over: it has its key, or one that was merged into it,
// or a service of it and was open then.
func (f *draft) answered(v detector.Verdict) bool {
	for _, id := range f.ids {
		i := f.incidents.of(id)
		switch {
		case i.Exercise != "":
		case i.Key == v.Key, slices.Contains(v.Absorbed, i.Key):
			return true
		case !i.Open() && i.Closed.Before(v.Since):
		case slices.ContainsFunc(i.services(), func(service string) bool { return has(v, service) }):
			return true
		}
	}
	return false
}

// InRetrospect reports whether the incident was over before anybody could decide.
func (i Incident) InRetrospect() bool { return !i.Closed.IsZero() && i.Closed.Equal(i.Opened) }
