package bia

import (
	"slices"
	"time"
)

// The ids of the criteria (domain section 5), in order of level.
const (
	ServiceImpaired    = "service_impaired"
	MonitoringLost     = "monitoring_lost"
	VitalBelowMBCO     = "vital_below_mbco"
	VitalDegraded      = "vital_degraded"
	AllObserversLost   = "all_observers_lost"
	DecisionPoint      = "decision_point"
	ImpactReached      = "impact_threshold"
	EstimateExceedsRTO = "estimate_exceeds_rto"
	FacilityLost       = "facility_lost"
	FacilityDamaged    = "facility_impaired"
	SiteLoss           = "site_loss_inferred"
	DataLoss           = "data_loss"
	Concurrent         = "concurrent_loss"
	Manual             = "manual"

	DataCompromised = "data_compromised" // of data that somebody has tampered with (domain section 6)
)

// lesserCriteria make an incident or a major incident; disasterCriteria a disaster.
var (
	lesserCriteria   = []string{ServiceImpaired, MonitoringLost, VitalBelowMBCO, VitalDegraded, AllObserversLost}
	disasterCriteria = []string{DecisionPoint, ImpactReached, EstimateExceedsRTO, FacilityLost, FacilityDamaged, SiteLoss, DataLoss, Concurrent, Manual}
)

// On reports whether a criterion applies here.
func (c Criteria) On(id string) bool { return !slices.Contains(c.Off, id) }

// ImpactThresholdAfter is how long an outage of a service may last until its impact reaches the level that makes a
// disaster (criteria.impact_threshold), and in which category first; its activate_after counts too, with no category.
// False if neither is written for the service itself.
func (a *Analysis) ImpactThresholdAfter(id string) (after time.Duration, category string, ok bool) {
	s, known := a.Service(id)
	if !known {
		return 0, "", false
	}
	if s.ActivateAfter > 0 {
		after, ok = s.ActivateAfter, true
	}
	threshold := slices.Index(a.Impact.Scale, a.Criteria.ImpactThreshold.Level)
	for _, c := range sortedKeys(s.ImpactOverTime) {
		for _, band := range s.ImpactOverTime[c] {
			if slices.Index(a.Impact.Scale, band.Level) >= threshold && (!ok || band.After < after) {
				after, category, ok = band.After, c, true
			}
		}
	}
	return after, category, ok
}
