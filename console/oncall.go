package console

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"holdfast/incident"
	"holdfast/oncall"
)

// OnCall is the answer of GET /api/v1/oncall: who can act for which role now, or at ?at=; of one role with ?role=.
type OnCall struct {
	At    time.Time  `json:"at"`
	Roles []RoleLine `json:"roles"`
}

// RoleLine is a role's line of succession, and what changes it.
type RoleLine struct {
	Role     string    `json:"role"`
	People   []string  `json:"people"`             // who is on duty first
	Nobody   bool      `json:"nobody,omitempty"`   // all are absent, and are asked all the same
	Next     *Handover `json:"next,omitempty"`     // when somebody else comes first
	Absent   []Away    `json:"absent,omitempty"`   // who would be in the line
	Deputies []string  `json:"deputies,omitempty"` // who may act too once a step for the role has escalated
}

// Handover is when who comes first.
type Handover struct {
	At     time.Time `json:"at"`
	Person string    `json:"person"`
}

// Away is somebody who is absent.
type Away struct {
	Person string    `json:"person"`
	Until  time.Time `json:"until"`
	Acting string    `json:"acting,omitempty"` // for them meanwhile
}

func (c *console) oncall(w http.ResponseWriter, r *http.Request) {
	at := c.Now()
	if asked := r.URL.Query().Get("at"); asked != "" {
		parsed, err := time.Parse(time.RFC3339, asked)
		if err != nil {
			writeProblem(w, badRequest("at= is no instant: "+err.Error(), "write it as 2026-11-23T14:05:00Z"))
			return
		}
		at = parsed
	}
	only := r.URL.Query().Get("role")
	c.answer(w, func(_ *incident.Desk, s sight) (any, *Problem) {
		answer := OnCall{At: at, Roles: []RoleLine{}}
		roster := s.people()
		if roster == nil {
			return answer, nil
		}
		roles := slices.Sorted(maps.Keys(roster.Roles))
		if only != "" {
			if !slices.Contains(roles, only) {
				p := notFound(fmt.Sprintf("there is no role %q", only), "there are "+strings.Join(roles, ", "))
				return nil, &p
			}
			roles = []string{only}
		}
		for _, role := range roles {
			answer.Roles = append(answer.Roles, roleLine(roster, role, at))
		}
		return answer, nil
	})
}

func roleLine(roster *oncall.Roster, role string, at time.Time) RoleLine {
	l := RoleLine{Role: role, People: roster.Line(role, at), Deputies: roster.Deputies(role, at)}
	for _, a := range roster.Away(role, at) {
		l.Absent = append(l.Absent, Away(a))
	}
	l.Nobody = len(roster.Holes(role, at, at.Add(1))) > 0
	if when, person, ok := roster.NextHandover(role, at); ok {
		l.Next = &Handover{when, person}
	}
	return l
}
