package bia

import (
	"maps"
	"slices"

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
	var problems []condition.Problem
	u.Condition, problems = condition.Parse(u.When)
	for _, p := range problems {
		rule := "bia/custom"
		if p.Instant {
			rule = "bia/custom-instant"
		}
		r.Problems.Errorf(r.Within(when, p.From, p.To), rule, p.Hint, "%s", p.Message)
	}
	if u.Condition != nil {
		for _, name := range u.Condition.Names() {
			u.named = append(u.named, r.Within(when, name.From, name.To))
		}
	}
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
		for i, name := range u.Condition.Names() {
			c.refer(u.named[i], name.ID, sections[name.Kind]...)
		}
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
