package bia

import (
	"maps"
	"slices"
	"strings"

	"holdfast/bia/condition"
	"holdfast/internal/source"
)

// DecodeDocument reads {when, level} and keeps the place of each part of the expression.
func (u *Custom) DecodeDocument(r *source.Reader, n source.Node) {
	type written Custom // without this method
	r.DecodeInto(n, (*written)(u))
	when, ok := n.Value("when")
	if !ok || !when.IsScalar() {
		return
	}
	u.Condition, u.named = compile(r, when, u.When, "bia/custom", condition.Parse)
}

// DecodeDocument reads {never, why} and keeps the place of each part of the expression.
func (a *Assertion) DecodeDocument(r *source.Reader, n source.Node) {
	type written Assertion // without this method
	r.DecodeInto(n, (*written)(a))
	if never, ok := n.Value("never"); ok && never.IsScalar() {
		a.Condition, a.named = compile(r, never, a.Never, "bia/assertion", condition.ParseRule)
	}
}

// DecodeDocument reads {when} and keeps the place of each part of the expression.
func (d *Deactivation) DecodeDocument(r *source.Reader, n source.Node) {
	type written Deactivation // without this method
	r.DecodeInto(n, (*written)(d))
	if when, ok := n.Value("when"); ok && when.IsScalar() {
		d.Condition, d.named = compile(r, when, d.When, "bia/deactivate", condition.Parse)
	}
}

// compile reads an expression, and reports what is wrong with it where it is written.
func compile(r *source.Reader, at source.Node, text, rule string, parse func(string) (*condition.Condition, []condition.Problem)) (c *condition.Condition, named []source.Mark) {
	c, problems := parse(text)
	for _, p := range problems {
		as := rule
		if p.Instant {
			as = "bia/custom-instant"
		}
		r.Problems.Errorf(r.Within(at, p.From, p.To), as, p.Hint, "%s", p.Message)
	}
	if c != nil {
		for _, name := range c.Names() {
			named = append(named, r.Within(at, name.From, name.To))
		}
	}
	return c, named
}

// checkRules looks at what no run may bring about, and at what has to hold before standing down.
func (c *checker) checkRules() {
	for _, id := range sortedKeys(c.Assertions) {
		a := c.Assertions[id]
		c.checkName(a.Marks.Of(""), "assertion", id)
		if a.Marks.Has("why") && strings.TrimSpace(a.Why) == "" {
			c.Errorf(a.Marks.Of("why"), "bia/assertion", "say what it protects", "whoever is told that a step was not carried out has to know why")
		}
		c.referAll(a.Condition, a.named)
	}
	if d := c.Declaration.Deactivate; d != nil {
		c.referAll(d.Condition, d.named)
	}
}

// referAll checks the ids that an expression asks about; playbooks and what they hold are for other documents.
func (c *checker) referAll(condition *condition.Condition, named []source.Mark) {
	if condition == nil {
		return
	}
	for i, name := range condition.Names() {
		if in := sections[name.Kind]; in != nil {
			c.refer(named[i], name.ID, in...)
		}
	}
}

// A Mention is a thing of the playbooks that an assertion asks about, and where.
type Mention struct {
	Kind string // playbook, resource or step
	ID   string
	At   source.Mark
}

// Mentions are the things of the playbooks that an assertion asks about.
func (a Assertion) Mentions() (all []Mention) {
	if a.Condition == nil {
		return nil
	}
	for i, name := range a.Condition.Names() {
		if sections[name.Kind] == nil {
			all = append(all, Mention{string(name.Kind), name.ID, a.named[i]})
		}
	}
	return all
}

// sections are where the things that an expression can ask about are defined.
var sections = map[condition.Kind][]string{
	condition.Service: {"services", "processes"}, condition.Component: {"components"}, condition.Site: {"sites"},
	condition.Data: {"data"}, condition.Observer: {"observers"},
}

var levels = []string{"event", "incident", "major_incident", "disaster"}

// checkCustom looks at the criteria of one's own.
func (c *checker) checkCustom() {
	known := slices.Concat(lesserCriteria, disasterCriteria, []string{DataCompromised})
	for _, id := range sortedKeys(c.Criteria.Custom) {
		u := c.Criteria.Custom[id]
		c.checkName(u.Marks.Of(""), "criterion", id)
		if slices.Contains(known, id) {
			c.Errorf(u.Marks.Of(""), "bia/custom", "call it otherwise", "%q is a criterion already", id)
		}
		if u.Marks.Has("level") && !slices.Contains(levels, u.Level) {
			c.Errorf(u.Marks.Of("level"), "bia/custom", source.DidYouMean(u.Level, levels), "level cannot be %q", u.Level)
		}
		if u.Condition == nil {
			continue
		}
		dangling := len(c.Problems)
		c.referAll(u.Condition, u.named)
		if len(c.Problems) == dangling && u.Level == "disaster" && !c.unreadable && !slices.ContainsFunc(c.Concerns(u), func(id string) bool { return c.Objectives(id).Judged() }) {
			c.Errorf(u.Marks.Of("when"), "bia/custom", "a disaster takes a vital service that is below its MBCO: name one, or something that one rests on", "it can never be a disaster: no vital service rests on what it asks about")
		}
	}
}

// Concerns are the processes and services that a criterion of one's own is about: those that it names, those that rest
// on what it names or have needs there, and those that hold the data; all, where it names nothing but observers or counts.
func (a *Analysis) Concerns(u Custom) []string {
	found, named := map[string]bool{}, false
	for _, n := range u.Condition.Names() {
		named = named || n.Kind != condition.Observer
		switch n.Kind {
		case condition.Service:
			found[n.ID] = true
			a.restingOn(n.ID, found)
		case condition.Component:
			a.restingOn(n.ID, found)
		case condition.Site:
			for _, member := range a.Members(n.ID) {
				a.restingOn(member, found)
			}
		case condition.Data:
			for id, s := range a.graph.judged {
				if _, holds := s.Data[n.ID]; holds {
					found[id] = true
				}
			}
		}
	}
	if !named || u.Condition.Counts() {
		return a.Judged()
	}
	return slices.Sorted(maps.Keys(found))
}

// restingOn adds whatever rests on an id, directly or through others.
func (a *Analysis) restingOn(id string, found map[string]bool) {
	for _, above := range a.Dependents(id) {
		if !found[above] {
			found[above] = true
			a.restingOn(above, found)
		}
	}
}

// customAt is the level that a criterion of one's own makes; "" where there is none of the name.
func (c Criteria) customAt(id string) string { return c.Custom[id].Level }
