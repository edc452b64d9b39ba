package readiness

import (
	"cmp"
	"slices"
	"strings"

	"holdfast/bia"
	"holdfast/internal/source"
	"holdfast/playbooks"
)

// accept leaves out the warnings that somebody decided to live with (`accepted` in bia.yaml), and adds what is wrong with
// the acceptances themselves: those cannot be accepted. An error stays an error, whoever accepts it. Only those acceptances
// are judged that are about what was looked for.
func (l *linter) accept(found source.Problems, judged func(bia.Acceptance) bool) source.Problems {
	places := l.places()
	used := make([]bool, len(l.BIA.Accepted))
	ofError := make([]bool, len(l.BIA.Accepted))
	var open source.Problems
	for _, p := range found {
		names := places.names(p)
		living := false
		for i, a := range l.BIA.Accepted {
			switch {
			case a.Rule != p.Rule || !slices.Contains(names, a.Where):
			case p.Severity == source.Error:
				ofError[i] = true
			default:
				used[i] = true
				living = living || !l.passed(a.Until)
			}
		}
		if !living {
			open = append(open, p)
		}
	}
	l.found = open
	for i, a := range l.BIA.Accepted {
		if judged(a) {
			l.acceptance(a, used[i], ofError[i])
		}
	}
	return l.found
}

// ofRecords reports whether an acceptance is about what only the records of exercises can tell. The rule never-exercised is
// also one of services, whose RTC the documents call an estimate.
func (l *linter) ofRecords(a bia.Acceptance) bool {
	ofPlaybook := slices.ContainsFunc(l.Playbooks, func(p *playbooks.Playbook) bool { return a.Where == p.ID || a.Where == p.File })
	return l.concerns(a, "readiness/needs-verification", "readiness/exercise-expired") || ofPlaybook && l.concerns(a, "readiness/never-exercised")
}

// concerns reports whether an acceptance is of one of some rules.
func (l *linter) concerns(a bia.Acceptance, rules ...string) bool {
	return slices.Contains(rules, a.Rule)
}

// ofDocuments reports whether the documents alone can tell whether an acceptance is about something.
func (l *linter) ofDocuments(a bia.Acceptance) bool { return !l.ofRecords(a) }

func (l *linter) acceptance(a bia.Acceptance, used, ofError bool) {
	switch {
	case ofError:
		l.found.Warnf(a.Marks.Of("rule"), "readiness/acceptance-of-error", "mend it: only warnings can be lived with", "%s at %s is an error, and stays one", a.Rule, a.Where)
	case !used && l.concerns(a, "readiness/single-point-of-failure") && l.covering(a.Where) != "":
		l.found.Warnf(a.Marks.Of("rule"), "readiness/acceptance-unused", "take it out, unless "+l.covering(a.Where)+" is for other losses: then write for: {lost: […]} into it",
			"nothing is left to accept of %s: %s alone still takes services down, and now the playbook %s fits", a.Where, a.Where, l.covering(a.Where))
	case !used:
		l.found.Warnf(a.Marks.Of("rule"), "readiness/acceptance-unused", "take it out, or look at rule and where again", "there is no %s at %s to accept", a.Rule, a.Where)
	case l.passed(a.Until):
		l.found.Warnf(a.Marks.Of("until"), "readiness/acceptance-expired", "have it accepted again, or mend it", "%s at %s was accepted until %s", a.Rule, a.Where, day(a.Until))
	}
}

// covering is a playbook that fits the loss of a single component; empty: none does, or it takes nothing vital down.
func (l *linter) covering(component string) string {
	if l.BIA.Components[component] == nil || l.losses == nil {
		return ""
	}
	loss := l.losses.ofComponent(component)
	for _, service := range loss.vital() {
		if p := l.cover(loss, service); p != nil {
			return p.ID
		}
	}
	return ""
}

// livesWith reports whether somebody accepted, and still does, a rule at one of some places.
func (l *linter) livesWith(rule string, places ...string) bool {
	return slices.ContainsFunc(l.BIA.Accepted, func(a bia.Acceptance) bool {
		return a.Rule == rule && slices.Contains(places, a.Where) && !l.passed(a.Until)
	})
}

// places are where the things that have a name start in the documents, in reading order.
type places []place

type place struct {
	source.Position
	names []string
}

// names are what an acceptance may call the place of a problem: what it stands in, the underlined words, or its file.
func (ps places) names(p source.Problem) []string {
	names := []string{p.File, p.Underlined()}
	i, exact := slices.BinarySearchFunc(ps, p.Position, inReadingOrder)
	for exact && i+1 < len(ps) && ps[i+1].Position == p.Position {
		i++ // the innermost of those that start here
	}
	if !exact {
		i--
	}
	if i >= 0 && ps[i].File == p.File {
		names = append(names, ps[i].names...)
	}
	return names
}

func inReadingOrder(a place, b source.Position) int {
	return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
}

func (l *linter) places() places {
	var all places
	add := func(at source.Mark, names ...string) {
		if at.Written() {
			all = append(all, place{at.Position, names})
		}
	}
	sections := func(marks source.Marks, above ...string) {
		for _, key := range sortedKeys(marks) {
			if key != "" && !strings.ContainsAny(key, ".[:/") {
				add(marks[key], append(slices.Clone(above), key)...)
			}
		}
	}
	a := l.BIA
	sections(a.Marks)
	entries(add, a.Processes, func(s *bia.Service) source.Marks { return s.Marks })
	entries(add, a.Services, func(s *bia.Service) source.Marks { return s.Marks })
	entries(add, a.Sites, func(s *bia.Site) source.Marks { return s.Marks })
	entries(add, a.Observers, func(o *bia.Observer) source.Marks { return o.Marks })
	entries(add, a.Components, func(c *bia.Component) source.Marks { return c.Marks })
	entries(add, a.Risks, func(r *bia.Risk) source.Marks { return r.Marks })
	if p := l.People; p != nil {
		sections(p.Marks)
		for _, id := range sortedKeys(p.People) {
			add(p.People[id].Marks.Of(""), id)
		}
		for _, id := range sortedKeys(p.Roles) {
			add(p.Roles[id].Marks.Of(""), id)
		}
	}
	for _, p := range l.Playbooks {
		sections(p.Marks, p.ID)
		for _, s := range p.Steps {
			add(s.Marks.Of(""), p.ID, p.ID+"/"+s.ID)
		}
	}
	slices.SortStableFunc(all, func(x, y place) int { return inReadingOrder(x, y.Position) })
	return all
}

func entries[T any](add func(source.Mark, ...string), all map[string]T, marks func(T) source.Marks) {
	for _, id := range sortedKeys(all) {
		add(marks(all[id]).Of(""), id)
	}
}
