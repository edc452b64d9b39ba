package readiness

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"holdfast/internal/source"
	"holdfast/oncall"
	"holdfast/playbooks"
)

// rota is how far ahead a rota is looked at for times in which nobody is there.
const rota = 92 * 24 * time.Hour

// people: every role that is named falls to at least two people, so that one may be away, and at every instant of the
// next three months one of them is there. Each role is told once, where it is named first.
func (l *linter) people() {
	if l.People == nil {
		return
	}
	told := map[string]bool{}
	check := func(at source.Mark, role string) {
		if _, known := l.People.Roles[role]; known && !told[role] {
			told[role] = true
			l.role(at, role)
		}
	}
	d := l.BIA.Declaration
	check(d.Marks.Of("authority"), d.Authority)
	for i, role := range d.Successors {
		check(d.Marks.Of(fmt.Sprintf("successors[%d]", i)), role)
	}
	for i, role := range d.Responders {
		check(d.Marks.Of(fmt.Sprintf("responders[%d]", i)), role)
	}
	for _, r := range d.Reporting {
		check(r.Marks.Of("role"), r.Role)
		for i, role := range r.Escalate {
			check(item(r.Marks, "escalate", i), role)
		}
	}
	for _, p := range l.Playbooks {
		for _, m := range p.Roles() {
			check(m.At, m.Name)
		}
	}
	l.calendars()
	l.channels()
}

// channels: who is told through one provider alone is not told on the day that this is down (reliability: two independent channels).
// Where nobody has an address yet, and the log is all there is, nothing is said.
func (l *linter) channels() {
	providers := func(p *oncall.Person) (all []string) {
		for _, c := range p.Channels {
			if u, err := url.Parse(c.Webhook); err == nil && u.Host != "" {
				all = append(all, u.Hostname())
			}
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	if !slices.ContainsFunc(sortedKeys(l.People.People), func(id string) bool { return len(providers(l.People.People[id])) > 0 }) {
		return
	}
	for _, id := range sortedKeys(l.People.People) {
		p := l.People.People[id]
		const hint = "a second channel through another provider: channels: [{webhook: …}, {webhook: …}]"
		switch all := providers(p); len(all) {
		case 0:
			l.found.Warnf(p.Marks.Of("channels"), "readiness/one-channel", hint, "nothing but the log of the daemon tells %s anything", id)
		case 1:
			l.found.Warnf(p.Marks.Of("channels"), "readiness/one-channel", hint, "%s is told through %s alone, and not while that is down", id, all[0])
		}
	}
}

func (l *linter) role(at source.Mark, role string) {
	if holders := l.People.Holders(role); len(holders) == 1 {
		l.found.Warnf(at, "readiness/one-person", "name a second in people.yaml, so that one may be away", "%s alone holds the role %q", holders[0], role)
	}
	holes := l.People.Holes(role, l.now, l.now.Add(rota))
	if len(holes) == 0 {
		return
	}
	l.found.Warnf(l.People.Roles[role].Marks.Of(""), "readiness/nobody-there", "name a deputy, an override or a stand-in for that time; until then those who are absent are asked all the same",
		"everybody who holds the role %q is absent %s", role, listed(holes))
}

// listed are the first few holes.
func listed(holes []oncall.Hole) string {
	const most = 3
	var words []string
	for _, h := range holes[:min(most, len(holes))] {
		words = append(words, fmt.Sprintf("from %s to %s", h.From.UTC().Format(time.RFC3339), h.To.UTC().Format(time.RFC3339)))
	}
	text := strings.Join(words, ", ")
	if more := len(holes) - most; more > 0 {
		text += fmt.Sprintf(" and %d times more", more)
	}
	return text
}

// calendars: a calendar whose last day is over moves no duty any more, and nobody notices.
func (l *linter) calendars() {
	for _, id := range sortedKeys(l.People.Roles) {
		h := l.People.Roles[id].Holidays
		if h == nil {
			continue
		}
		c := l.People.Calendars[h.Calendar]
		last := time.Time{}
		for _, d := range c.Days {
			if d.After(last) {
				last = d
			}
		}
		if l.passed(last) {
			l.found.Warnf(h.Marks.Of("calendar"), "readiness/calendar-over", "write the days of the years to come", "the last day of the calendar %q was %s", h.Calendar, day(last))
		}
	}
}

// approvers: a decision that asks for more people than there are is never taken. Where it asks for four eyes too, somebody
// of them will have declared, invoked or edited.
func (l *linter) approvers(p *playbooks.Playbook) {
	for _, s := range p.Steps {
		if s.Kind() != playbooks.KindDecide || l.People == nil {
			continue
		}
		var people []string
		for _, role := range append([]string{s.Role, l.BIA.Declaration.Authority}, s.Escalate...) {
			people = append(people, l.People.Holders(role)...)
		}
		slices.Sort(people)
		have, need := len(slices.Compact(people)), max(s.Approvals, 1)
		if s.FourEyes {
			need++
		}
		if have < need {
			l.found.Warnf(s.Marks.Of("decide"), "readiness/too-few-approvers", "name more people for its role, or a role in escalate:",
				"the decision %s needs %d people to choose from, and there are %d", s.ID, need, have)
		}
	}
}

// editor: four eyes bar a person, so the last editor has to be one that holdfast knows. Who has left bars nobody.
func (l *linter) editor(p *playbooks.Playbook) {
	if p.EditedBy != "" && l.People != nil && l.People.People[p.EditedBy] == nil {
		l.found.Warnf(p.Marks.Of("edited_by"), "readiness/unknown-editor", source.DidYouMean(p.EditedBy, sortedKeys(l.People.People)),
			"people.yaml has nobody called %q, so nobody is kept from approving their own change", p.EditedBy)
	}
}
