package detector

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// words is a duration as documents write it.
func words(d time.Duration) string { return model.Duration(d).String() }

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// explain says why a verdict is what it is. No sentence names how long something has lasted, so that an explanation
// changes only when what it explains does; until says when the counterfactual may, though nothing else does.
func (s situation) explain(v Verdict, c course, t int64) (e Explanation, until int64) {
	e = Explanation{Criteria: s.criteria(t), NotCounted: s.notCounted(t)}
	e.Summary = s.summary(v, e.Criteria)
	e.Origin = s.origin(v, t)
	e.Changes, until = s.changes(v, c, e.Criteria, t)
	v.Explanation = e
	e.Unless = strings.Join(v.Counterfactual(), "; ")
	return e, until
}

// criteria answers every rule.
func (s situation) criteria(t int64) []Criterion {
	rules := s.d.book.rules
	if s.nodes[0].j == nil {
		rules = s.d.book.watching
	}
	byRule := map[*rule][]claim{}
	for _, c := range s.claims(t) {
		byRule[c.rule] = append(byRule[c.rule], c)
	}
	var all []Criterion
	for _, r := range rules {
		all = append(all, r.answer(byRule[r], t))
	}
	return all
}

// answer is what the claims to a rule come to at an instant.
func (r *rule) answer(claims []claim, t int64) Criterion {
	c := Criterion{ID: r.id, Level: r.level, Answer: NotMet}
	var met, open []claim
	for _, one := range claims {
		if at, ok := one.met.began(t); ok {
			c.MetAt = earliest(c.MetAt, clock(at))
		}
		if t < one.carrier.to {
			open = append(open, one)
			if one.met.has(t) {
				met = append(met, one)
			}
		}
	}
	if len(met) > 0 {
		c.holds(met, t)
	} else {
		c.waits(open, t)
	}
	slices.Sort(c.Services)
	c.Services = slices.Compact(c.Services)
	if len(c.Evidence) == 0 {
		c.Evidence = []string{r.none}
	}
	return c
}

// holds is the answer where some claims are met. It is in doubt if each of them is.
func (c *Criterion) holds(met []claim, t int64) {
	c.Answer, c.Level = Met, Event
	firm := false
	for _, one := range met {
		c.Level = max(c.Level, one.level)
		c.says(one, t)
		if one.service != "" {
			c.Services = append(c.Services, one.service)
		}
		doubt := ""
		if one.doubt != nil {
			doubt = one.doubt(t)
		}
		firm = firm || doubt == ""
		if c.Doubt == "" {
			c.Doubt = doubt
		}
	}
	if firm {
		c.Doubt = ""
	}
}

// waits is the answer where none is met.
func (c *Criterion) waits(open []claim, t int64) {
	for _, one := range open {
		if one.unsure.has(t) {
			c.Answer = CannotTell
		}
		if at := one.met.begins(t); at != never {
			c.WouldAt = earliest(c.WouldAt, clock(at))
		}
		c.says(one, t)
	}
}

// sentencesMost bounds the evidence of a criterion: nobody reads a thousand sentences, and a verdict goes into the journal.
const sentencesMost = 12

func (c *Criterion) says(one claim, t int64) {
	if len(c.Evidence) >= sentencesMost {
		return
	}
	if says := one.says(t); !slices.Contains(c.Evidence, says) {
		c.Evidence = append(c.Evidence, says)
	}
}

// summary is the explanation in one sentence.
func (s situation) summary(v Verdict, criteria []Criterion) string {
	subject := s.subject(v)
	if !v.Open {
		return fmt.Sprintf("over: %s; it had reached %s", subject, v.Level)
	}
	var by []string
	for _, c := range criteria {
		if c.Answer == Met && c.Level == v.Current {
			by = append(by, c.ID)
		}
	}
	switch {
	case v.Current == Event:
		return fmt.Sprintf("%s until the outage has ended: %s; no criterion holds now", v.Level, subject)
	case v.Current < v.Level:
		return fmt.Sprintf("%s until the outage has ended: %s; now %s by %s", v.Level, subject, v.Current, and(by))
	}
	return fmt.Sprintf("%s by %s: %s", v.Level, and(by), subject)
}

// subject is what a verdict is about.
func (s situation) subject(v Verdict) string {
	var lost, worse, well []string
	for _, o := range v.Services {
		switch o.State {
		case Down:
			lost = append(lost, o.Service)
		case Degraded, Unknown:
			worse = append(worse, o.Service+" "+string(o.State))
		default:
			well = append(well, o.Service)
		}
	}
	var parts []string
	if len(lost) > 0 {
		parts = append(parts, and(lost)+" below MBCO")
	}
	if len(worse) > 0 {
		parts = append(parts, and(worse))
	}
	if len(well) > 0 {
		parts = append(parts, and(well)+" up")
	}
	if len(v.Services) == 0 {
		var silent []string
		for _, n := range s.nodes {
			silent = append(silent, n.name)
		}
		slices.Sort(silent)
		return and(slices.Compact(silent)) + " not heard"
	}
	return strings.Join(parts, ", ")
}

// and joins a few names; of many it counts the rest.
func and(names []string) string {
	const few = 5
	if len(names) > few {
		return strings.Join(names[:few], ", ") + fmt.Sprintf(" and %d more", len(names)-few)
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}
