package bia

import (
	"time"

	"holdfast/internal/source"
)

// complete puts in what the author left out. What was written stays, zero or not.
func (a *Analysis) complete() {
	d := &a.Defaults
	unwritten(d.Marks, "confirm_for", &d.ConfirmFor, 5*time.Minute)
	unwritten(d.Marks, "recover_for", &d.RecoverFor, 10*time.Minute)
	unwritten(d.Marks, "decision_margin", &d.DecisionMargin, 15*time.Minute)
	unwritten(d.Marks, "max_backdate", &d.MaxBackdate, Backdate{Auto: true})
	unwritten(d.Marks, "max_future_skew", &d.MaxFutureSkew, 2*time.Minute)
	unwritten(d.Marks, "max_age", &d.MaxAge, 24*time.Hour)

	unwritten(a.Impact.Marks, "scale", &a.Impact.Scale, []string{"negligible", "minor", "moderate", "major", "intolerable"})
	unwritten(a.Impact.Marks, "categories", &a.Impact.Categories, []string{"financial", "customer", "regulatory", "safety", "reputation"})

	a.completeServices()
	for _, c := range a.Components {
		unwritten(c.Marks, "quorum", &c.Quorum, 1)
	}
	a.completeProbes()
	for i := range a.Maintenance {
		unwritten(a.Maintenance[i].Marks, "grace", &a.Maintenance[i].Grace, 15*time.Minute)
	}
	a.completeCriteria()

	l := &a.Declaration
	unwritten(l.Marks, "decision_time_objective", &l.DecisionTimeObjective, 20*time.Minute)
	unwritten(l.Marks, "mode", &l.Mode, "recommend")
	unwritten(l.Marks, "on_no_decision", &l.OnNoDecision, "escalate")
	unwritten(l.Marks, "rearm_after", &l.RearmAfter, 24*time.Hour)
	l.completeReporting()
}

func (a *Analysis) completeServices() {
	for _, p := range a.Processes {
		p.Process = true
	}
	for _, all := range []map[string]*Service{a.Processes, a.Services} {
		for _, s := range all {
			unwritten(s.Marks, "confirm_for", &s.ConfirmFor, a.Defaults.ConfirmFor)
			unwritten(s.Marks, "recover_for", &s.RecoverFor, a.Defaults.RecoverFor)
			unwritten(s.Marks, "decision_margin", &s.DecisionMargin, a.Defaults.DecisionMargin)
		}
	}
}

func (a *Analysis) completeCriteria() {
	c := &a.Criteria
	unwritten(c.SiteLossInferred.Marks, "share", &c.SiteLossInferred.Share, 0.9)
	unwritten(c.SiteLossInferred.Marks, "components", &c.SiteLossInferred.Components, 3)
	unwritten(c.SiteLossInferred.Marks, "classes", &c.SiteLossInferred.Classes, 2)
	unwritten(c.SiteLossInferred.Marks, "observers", &c.SiteLossInferred.Observers, 2)
	unwritten(c.FacilityImpaired.Marks, "share", &c.FacilityImpaired.Share, 0.5)
	if scale := a.Impact.Scale; len(scale) > 0 {
		unwritten(c.ImpactThreshold.Marks, "level", &c.ImpactThreshold.Level, scale[len(scale)-1])
	}
	unwritten(c.ConcurrentLoss.Marks, "count", &c.ConcurrentLoss.Count, 3)
	unwritten(c.ConcurrentLoss.Marks, "for", &c.ConcurrentLoss.For, 15*time.Minute)
}

func unwritten[T any](marks source.Marks, key string, into *T, standard T) {
	if !marks.Has(key) {
		*into = standard
	}
}
