package incident

import (
	"slices"
	"strings"
	"time"

	"holdfast/bia"
	"holdfast/oncall"
)

// duty says who holds which role at an instant. Without a roster roles and people are free names: a role is told by its
// own name, and everyone may act for it.
type duty struct {
	roster *oncall.Roster
	at     time.Time
	untold bool // nobody is told anything
	beside bool // deputies stand beside the line, for something has escalated
}

// several reports whether more than one person holds a role, whenever.
func (d duty) several(role string) bool {
	return d.roster != nil && len(d.roster.Holders(role)) > 1
}

// deputised reports whether anybody who holds a role has a deputy who stands beside them after an escalation.
func (d duty) deputised(role string) bool {
	return d.roster != nil && slices.ContainsFunc(d.roster.Holders(role), func(id string) bool {
		p := d.roster.People[id]
		return p != nil && p.Deputy != nil && p.Deputy.AfterEscalation
	})
}

// deputies are who stands beside the line of a role after an escalation.
func (d duty) deputies(role string) []string {
	if d.roster == nil {
		return nil
	}
	return d.roster.Deputies(role, d.at)
}

// holds reports whether a person may act for a role.
func (d duty) holds(person, role string) bool {
	return d.roster == nil || d.roster.Holds(person, role, d.at) || d.beside && slices.Contains(d.deputies(role), person)
}

// line is a role's line of succession.
func (d duty) line(role string) []string {
	switch {
	case role == "":
		return nil
	case d.roster == nil:
		return []string{role}
	}
	return d.roster.Line(role, d.at)
}

// lines are all who hold any of the roles, each person once; none where nobody is told anything.
func (d duty) lines(roles ...string) []string {
	var people []string
	for _, role := range roles {
		if !d.untold {
			people = join(people, d.line(role))
		}
	}
	return people
}

// first are those on duty for the roles, each person once.
func (d duty) first(roles ...string) []string {
	var people []string
	for _, role := range roles {
		if line := d.line(role); len(line) > 0 {
			people = join(people, line[:1])
		}
	}
	return people
}

// role is the first of roles that a person may act for.
func (d duty) role(person string, roles []string) (string, bool) {
	for _, role := range roles {
		if role != "" && d.holds(person, role) {
			return role, true
		}
	}
	return "", false
}

// entitled is the person as an actor in one of the roles, or the refusal. Where no role is named anybody may act.
func (d duty) entitled(person string, doing string, roles []string) (Actor, error) {
	roles = slices.DeleteFunc(slices.Clone(roles), func(r string) bool { return r == "" })
	if role, ok := d.role(person, roles); ok || len(roles) == 0 {
		return Actor{Person: person, Role: role}, nil
	}
	refusal := Refuse("%s may not %s: that is for %s", person, doing, strings.Join(roles, " or "))
	if holders := d.lines(roles...); len(holders) > 0 {
		refusal.Reason += " (" + strings.Join(holders, ", ") + ")"
	}
	return Actor{}, refusal
}

// authority are the roles that may declare: the authority, then its successors.
func authority(l bia.Declaration) []string {
	return append([]string{l.Authority}, l.Successors...)
}

// join adds to people whoever is not among them yet.
func join(people, more []string) []string {
	people = slices.Clip(people)
	for _, p := range more {
		if !slices.Contains(people, p) {
			people = append(people, p)
		}
	}
	return people
}
