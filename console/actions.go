package console

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"holdfast/incident"
)

// Actions is the answer of GET /api/v1/actions: what was undertaken after all incidents; with ?open=true only what is still
// to be done. What is open comes first, what is due first before the rest.
type Actions struct {
	Now     time.Time      `json:"now"`
	Actions []ActionStatus `json:"actions"`
}

// ActionStatus is one action, and whether its day has passed.
type ActionStatus struct {
	Incident string `json:"incident"`
	incident.Action
	Overdue bool `json:"overdue"`
}

func (c *console) actions(w http.ResponseWriter, r *http.Request) {
	open := r.URL.Query().Get("open") == "true"
	c.answer(w, func(_ *incident.Desk, s sight) (any, *Problem) {
		list := Actions{Now: s.now, Actions: []ActionStatus{}}
		for i := range s.newest {
			for _, a := range i.Actions {
				if a.Open() || !open {
					list.Actions = append(list.Actions, ActionStatus{Incident: i.ID, Action: a, Overdue: a.Overdue(s.now)})
				}
			}
		}
		slices.SortStableFunc(list.Actions, func(a, b ActionStatus) int {
			return cmp.Or(openFirst(a.Action, b.Action), cmp.Compare(a.Due, b.Due), cmp.Compare(a.Incident, b.Incident), cmp.Compare(a.N, b.N))
		})
		return list, nil
	})
}

func openFirst(a, b incident.Action) int {
	switch {
	case a.Open() == b.Open():
		return 0
	case a.Open():
		return -1
	}
	return 1
}
