// Package readiness asks of the documents whether the plans would work: who would be there, whether each loss that can
// be foreseen has a plan that fits it, whether a plan rests on what is lost with it, and what is out of date. It is the
// linter across all documents; what is wrong within one of them, its own parser says.
//
// Sources: ISO 22301 clauses 8.4 and 8.6 (plans and their evaluation), NIST SP 800-34 r1 section 3.5 (plan testing and
// maintenance), DORA article 11.
package readiness

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"holdfast/incident"
	"holdfast/internal/source"
	"holdfast/playbooks"
)

// Check finds what would keep the plans from working, in reading order, together with the warnings that the parsers of the
// documents had already; without those that somebody decided to live with. Now tells what is out of date. The documents
// are those that parsed without errors. Without a people.yaml, roles are free names and are not looked at.
//
// Roles that nobody has, and steps without return that nobody decides on, are errors of incident.ParseDocuments and
// playbooks.Parse already, and not told again.
func Check(docs *incident.Documents, parsed source.Problems, now time.Time) source.Problems {
	if docs == nil || docs.BIA == nil {
		return parsed
	}
	l := &linter{Documents: docs, now: now, losses: foresee(docs.BIA)}
	l.references()
	l.people()
	l.durations()
	l.targets()
	l.aborts()
	l.coverage()
	l.singlePoints()
	l.commonModes()
	l.risks()
	l.dates()
	return l.accept(append(slices.Clone(parsed), l.found...), l.ofDocuments).Sorted()
}

// Dangling finds what playbooks and assertions name and the analysis does not have, where nothing is wrong with the documents but
// roles that nobody has: all that is wrong is told in one go. Otherwise it finds nothing, for half of what is named may be missing.
func Dangling(docs *incident.Documents, parsed source.Problems) source.Problems {
	for _, p := range parsed {
		if p.Severity == source.Error && p.Rule != "documents/unknown-role" {
			return nil
		}
	}
	if docs == nil || docs.BIA == nil {
		return nil
	}
	l := &linter{Documents: docs}
	l.references()
	return l.found
}

// Exercises finds which playbooks cannot be relied on by the records of exercises, in reading order; without those that
// somebody decided to live with. It is what the documents alone cannot say, and comes beside what Check finds.
func Exercises(docs *incident.Documents, records []incident.Exercised, now time.Time) source.Problems {
	l := &linter{Documents: docs, now: now}
	for _, p := range docs.Playbooks {
		l.exercised(p, docs.Verify(p, records, now))
	}
	return l.accept(l.found, l.ofRecords).Sorted()
}

func (l *linter) exercised(p *playbooks.Playbook, v incident.Verification) {
	at := p.Marks.Of("playbook")
	switch v.State {
	case incident.NotVerified:
		l.found.Warnf(at, "readiness/never-exercised", "holdfast rehearse "+p.ID+" --kind tabletop, then simulation, then parallel or full", "%s was never exercised", p.ID)
	case incident.NeedsVerification:
		l.found.Warnf(at, "readiness/needs-verification", "holdfast rehearse "+p.ID+" --kind parallel or full", "what %s can do has to be shown anew: %s", p.ID, v.Why)
	case incident.Expired:
		l.found.Warnf(at, "readiness/exercise-expired", "holdfast rehearse "+p.ID, "%s was exercised too long ago: %s", p.ID, v.Why)
	}
}

// A linter collects what it finds in one set of documents.
type linter struct {
	*incident.Documents
	now    time.Time
	losses *losses
	shown  func(*playbooks.Playbook) incident.Verification // by the records of exercises; nil where there are none to ask
	found  source.Problems
	known  map[*playbooks.Playbook]incident.Foresight
	named  map[string][]*playbooks.Playbook // by what they are for; made when it is asked for
	open   map[string][]string              // failure domain -> vital services that nothing recovers from its loss
}

// forecast is what is forecast of a playbook, by the function that forecasts a run of it.
func (l *linter) forecast(p *playbooks.Playbook) incident.Foresight {
	if l.known == nil {
		l.known = map[*playbooks.Playbook]incident.Foresight{}
	}
	f, asked := l.known[p]
	if !asked {
		f = incident.ForecastOf(p)
		l.known[p] = f
	}
	return f
}

// item is where an item of a list is written.
func item(marks source.Marks, key string, i int) source.Mark {
	if at, ok := marks[fmt.Sprintf("%s[%d]", key, i)]; ok {
		return at
	}
	return marks.Of(key)
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

// span writes a duration as the documents do.
func span(d time.Duration) string { return model.Duration(d).String() }
