package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/playbooks"
)

// overruleHolds is for how long a word to overrule counts. Whoever has looked an hour ago has not looked.
const overruleHolds = time.Hour

// stands reports whether a word to overrule a rule still counts: it was said within the hour, and of what would be broken now.
func (o Overruling) stands(rule, broken string, now time.Time) bool {
	return o.Rule == rule && now.Before(o.At.Add(overruleHolds)) && (o.Broken == "" || o.Broken == broken)
}

// overrules reports whether two different people have said that a rule shall not stop the step, as it would be broken now.
func (s *StepState) overrules(rule, broken string, now time.Time) bool {
	var people []string
	for _, o := range s.Overruled {
		if o.stands(rule, broken, now) && !slices.Contains(people, o.By.Person) {
			people = append(people, o.By.Person)
		}
	}
	return len(people) > 1
}

// outdated says whose words to overrule a rule count no longer; empty: nobody's. Who said so should not wonder.
func (s *StepState) outdated(p Prohibition, now time.Time) string {
	var people []string
	for _, o := range s.Overruled {
		if o.Rule != p.Rule {
			continue
		}
		people = without(people, []string{o.By.Person}) // the last word is what they go by
		if !o.stands(p.Rule, p.Reason, now) {
			people = append(people, o.By.Person)
		}
	}
	if len(people) == 0 {
		return ""
	}
	return fmt.Sprintf("; that %s wanted it all the same counts no longer: such a word holds for %s, and only as long as things stand as they did", listed(people), span(overruleHolds))
}

func (i *Incident) overruled(at time.Time, e RuleOverruled) {
	note := func(_ *playbooks.Step, s *StepState) {
		s.Overruled = append(slices.Clip(s.Overruled), Overruling{Rule: e.Rule, Broken: e.Broken, By: e.By, At: at, Reason: e.Reason})
	}
	if e.Undo {
		i.undo(e.Run, e.Step, note)
		return
	}
	i.step(e.Run, e.Step, note)
}

// overrule takes one person's word that a step shall be carried out although it would break a rule of bia.yaml. It is for the
// authority, takes two of them, and is for this step alone, for an hour, and for the facts as they are. That nothing goes back
// to a side that is not known to be well is no such rule.
func overrule(i Incident, w World, l leg, person string, c Command) ([]Event, error) {
	s := l.state()
	run, step := l.name()
	by, err := w.duty().entitled(person, "overrule a rule for "+step, overseers(w, l))
	if err != nil {
		return nil, err
	}
	rule, forbidden := i.forbidden(w, l)
	switch {
	case !forbidden:
		return nil, Refuse("no rule forbids %s now", l.called())
	case rule.Rule == ruleReturns:
		return nil, Refuse("nobody overrules %s: %s", ruleReturns, rule.Reason)
	case strings.TrimSpace(c.Reason) == "":
		return nil, Refuse("to overrule %s needs a reason", rule.Rule)
	}
	e := RuleOverruled{Run: run, Step: step, Undo: l.undo, Rule: rule.Rule, Broken: rule.Reason, By: by, Reason: c.Reason}
	for _, o := range s.Overruled {
		if !o.stands(rule.Rule, rule.Reason, w.Now) {
			continue
		}
		if o.By.Person == person {
			return nil, before(o.By, o.At, "%s already said so at %s, and it takes a second person to overrule %s", person, stamp(o.At), rule.Rule)
		}
		e.Second = true
	}
	e.Tell = without(w.duty().lines(overseers(w, l)...), []string{person})
	if e.Second {
		e.Tell = troubled(w, l)
	}
	return []Event{e}, nil
}

func (e RuleOverruled) sentence() string {
	what := stepName(e.Run, e.Step)
	if e.Undo {
		what = "the undo of " + what
	}
	if e.Second {
		return fmt.Sprintf("%s agreed that %s may break %s%s.", who(e.By), what, e.Rule, because(e.Reason))
	}
	return fmt.Sprintf("%s wants %s to break %s%s; it takes a second person within %s.", who(e.By), what, e.Rule, because(e.Reason), span(overruleHolds))
}
