package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/bia"
	"holdfast/detector"
	"holdfast/internal/planted"
	"holdfast/playbooks"
)

// Criteria that are spelled out here; the others are only passed on.
const (
	criterionDecisionPoint = "decision_point"
	criterionManual        = "manual"
)

// declare answers a disaster: declared automatically as far as the authority delegated that in writing, else recommended
// with the gate that keeps it from happening by itself (domain section 5, "After the verdict").
func (i Incident) declare(w World) []Event {
	if i.Declared != nil || i.binding(w) {
		return nil
	}
	met := grounds(w.Verdict)
	if len(met) == 0 {
		return nil
	}
	rule, gates := i.delegated(w, met)
	if len(gates) > 0 && i.noDecision(w, met) {
		rule, gates = "on_no_decision", nil
	}
	gate := strings.Join(gates, "; ")
	if w.Shadow {
		return i.foreseen(w, ids(met), rule, gate)
	}
	if gate == "" {
		return []Event{i.declaredBy(w, Actor{Rule: rule}, ids(met), "")}
	}
	if i.Recommended != nil && subset(ids(met), i.Recommended.Criteria) {
		return nil
	}
	return []Event{Recommended{Criteria: ids(met), Gate: gate, Tell: w.duty().lines(w.declaration().Authority)}}
}

// declaredBy pins what the disaster will be measured against.
func (i Incident) declaredBy(w World, by Actor, criteria []string, reason string) Declared {
	e := Declared{By: by, Automatic: by.Person == "", Criteria: criteria, Reason: reason, Tell: w.duty().lines(authority(w.declaration())...)}
	for _, o := range w.outages() {
		if lost(o) {
			e.Services = append(e.Services, Pinned{Service: o.Service, Objectives: o.Objectives, Clocks: o.Clocks})
		}
	}
	if w.Verdict != nil {
		e.Explanation = w.Verdict.Explanation
	}
	return e
}

// lost reports whether a vital service is in an outage that has not ended.
func lost(o detector.Outage) bool {
	return o.Objectives.Vital && !o.Since.IsZero() && !o.Recovered
}

// lostNow is lost, and not even back for a while.
func lostNow(o detector.Outage) bool { return lost(o) && o.UpSince.IsZero() }

// grounds are the criteria met that call for a declaration: those of a disaster, and compromised data, which is a major
// incident at once and recommended to the authority, though never more than that (domain section 6).
func grounds(v *detector.Verdict) []detector.Criterion {
	if v == nil || !v.Open {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(v.Explanation.Criteria), func(c detector.Criterion) bool {
		return c.Answer != detector.Met || c.Level < detector.Disaster && c.ID != detector.DataCompromised
	})
}

func ids(criteria []detector.Criterion) []string {
	var ids []string
	for _, c := range criteria {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// subset reports whether every one of some is among all.
func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// delegated is the rule by which a disaster is declared automatically, or all that keeps it from that: who mends the first of
// several gates should know of the next.
func (i Incident) delegated(w World, met []detector.Criterion) (rule string, gates []string) {
	l := w.declaration()
	if l.Mode != "automatic" {
		return "", []string{"declaration.mode is recommend"}
	}
	if w.Gate != "" && !planted.Is(planted.GateIgnored) {
		gates = append(gates, w.Gate)
	}
	ours := slices.DeleteFunc(slices.Clone(met), func(c detector.Criterion) bool { return !slices.Contains(l.AutomaticFor, c.ID) })
	if len(ours) == 0 {
		return "", append(gates, "automatic_for does not name "+strings.Join(ids(met), ", "))
	}
	var passed []detector.Criterion
	var blocked []string
	for _, c := range ours {
		if why := i.blocked(w, c); len(why) == 0 {
			passed = append(passed, c)
		} else {
			blocked = join(blocked, why)
		}
	}
	if len(passed) == 0 {
		gates = append(gates, blocked...)
	}
	if len(gates) > 0 {
		return "", gates
	}
	return "automatic_for " + strings.Join(ids(passed), ", "), nil
}

// Gate is all that keeps a disaster that is recommended from being declared by itself, as things stand now: what was in the way when it was
// recommended may have been mended, or something else have come. Empty: none is recommended.
func (d *Desk) Gate(now time.Time, i Incident) string {
	switch {
	case i.Recommended == nil || i.Declared != nil:
		return ""
	case d.detector == nil || d.shadow || !i.Open() || i.HandsOff != "":
		return i.Recommended.Gate
	}
	f := d.draft(now)
	w := f.world(i, f.follows(&i))
	met := grounds(w.Verdict)
	if len(met) == 0 {
		return i.Recommended.Gate
	}
	_, gates := i.delegated(w, met)
	return orText(strings.Join(gates, "; "), i.Recommended.Gate)
}

// blocked is all that keeps a criterion from declaring by itself: the detector doubts it, or each service that carries it has a
// gate of its own. Empty: nothing does.
func (i Incident) blocked(w World, c detector.Criterion) (gates []string) {
	var ofServices []string
	var carriers []detector.Outage
	free := false
	for _, o := range w.outages() {
		if !lostNow(o) || len(c.Services) > 0 && !slices.Contains(c.Services, o.Service) {
			continue
		}
		own := i.gatesOf(w, c, o)
		carriers, free = append(carriers, o), free || len(own) == 0
		ofServices = join(ofServices, own)
	}
	if c.Doubt != "" {
		gates = []string{c.Doubt}
	}
	switch {
	case free:
		return gates
	case len(carriers) == 0:
		return join(gates, []string{"no vital service carries " + c.ID})
	}
	return join(gates, i.seenApart(w, carriers, ofServices))
}

// gatesOf is all that keeps a service that carries a criterion from being declared for without a person: its RTC is not known, what its
// loss rests on is not signed or not seen, its playbook was not exercised or cannot be called off, or its fuse is blown.
func (i Incident) gatesOf(w World, c detector.Criterion, o detector.Outage) (gates []string) {
	if !o.Clocks.RTCKnown {
		gates = append(gates, fmt.Sprintf("the RTC of %s is not known", o.Service))
	}
	for _, why := range []string{i.unsigned(w, c, o), i.unseen(w, o), i.unexercised(w, o), i.noWayBack(w, o)} {
		if why != "" {
			gates = append(gates, why)
		}
	}
	if again, before := w.rearm(o.Service); !again.IsZero() {
		gates = append(gates, fmt.Sprintf("%s %s automatically in %s; a second time within %s needs a person", o.Service, w.invokedWords(), before, span(w.declaration().RearmAfter)))
	}
	return gates
}

// seenApart leaves out that no probe looks at a service where one looks at another that carries the same: what it sees says more,
// and is one of these gates itself.
func (i Incident) seenApart(w World, carriers []detector.Outage, gates []string) []string {
	ofLookedAt := map[string]bool{}
	for _, o := range carriers {
		if looksAt(w.Documents.BIA, o.Service) {
			ofLookedAt[i.unseen(w, o)] = true
		}
	}
	delete(ofLookedAt, "")
	return slices.DeleteFunc(slices.Clone(gates), func(gate string) bool {
		return len(ofLookedAt) > 0 && strings.HasPrefix(gate, ownProbeGate) && !ofLookedAt[gate]
	})
}

// unsigned is why `signed` keeps a declaration from happening without a person: what the loss of the service rests on, or that
// its site is lost, was not said by enough of those who sign; empty: nothing does.
func (i Incident) unsigned(w World, c detector.Criterion, o detector.Outage) string {
	if !w.declaration().Require.Signed {
		return ""
	}
	rests := restsOn(w, o.Service)
	if strings.HasPrefix(c.ID, "facility_") {
		for _, site := range w.Verdict.Lost {
			if _, is := w.Documents.BIA.Sites[site]; is {
				rests = append(slices.Clip(rests), site)
			}
		}
	}
	if c.ID == bia.DataLoss {
		for _, id := range append(w.Documents.BIA.Below(o.Service), o.Service) {
			if s, is := w.Documents.BIA.Service(id); is {
				rests = append(slices.Clip(rests), sortedIDs(s.Data)...)
			}
		}
	}
	for _, id := range rests {
		if why := w.Facts.Unsigned(id); why != "" {
			return why
		}
	}
	return i.unsignedAround(w, c, o)
}

// restsOn is what explains the loss of a service; where nothing does, the service itself.
func restsOn(w World, service string) []string {
	if roots := w.roots(service); len(roots) > 0 {
		return roots
	}
	return []string{service}
}

// unsignedAround is the same of what a criterion rests on beside the service itself: the components of its site, or other
// services.
func (i Incident) unsignedAround(w World, c detector.Criterion, o detector.Outage) string {
	a := w.Documents.BIA
	switch c.ID {
	case bia.SiteLoss:
		r := a.Criteria.SiteLossInferred
		return unsignedSites(w, o.Service, func(site string, down, all int) bool {
			return slices.Contains(w.Verdict.Lost, site) && down >= r.Components && float64(down) >= r.Share*float64(all)
		})
	case bia.FacilityDamaged:
		return unsignedSites(w, o.Service, func(site string, down, all int) bool {
			return w.Facts.Unsigned(site) == "" && float64(down) >= a.Criteria.FacilityImpaired.Share*float64(all)
		})
	case bia.Concurrent:
		signed := 0
		for _, service := range c.Services {
			if !slices.ContainsFunc(restsOn(w, service), func(id string) bool { return w.Facts.Unsigned(id) != "" }) {
				signed++
			}
		}
		if least := a.Criteria.ConcurrentLoss.Count; signed < least {
			return fmt.Sprintf("of %d services %d are lost by the word of who signs, and it takes %d", len(c.Services), signed, least)
		}
	}
	return ""
}

// unsignedSites is why no site that a service rests on is as a criterion wants it by the word of who signs: of all its
// components so many are down. Empty: one is.
func unsignedSites(w World, service string, is func(site string, down, all int) bool) string {
	a, seen := w.Documents.BIA, map[string]bool{}
	for _, id := range a.Below(service) {
		site := a.Components[id].Site
		if seen[site] || site == "" {
			continue
		}
		seen[site] = true
		members := a.Members(site)
		down := len(slices.DeleteFunc(slices.Clone(members), func(id string) bool { return w.Facts.Unsigned(id) != "" }))
		if is(site, down, len(members)) {
			return ""
		}
	}
	return "what is said of the sites of " + service + " and of what is there was not said by enough of those who sign"
}

// unseen is why `own_probe` keeps a declaration from happening without a person: no probe of holdfast's own sees that the service
// as a whole is down, nor that each component is that explains its loss; empty: nothing does.
func (i Incident) unseen(w World, o detector.Outage) string {
	if !w.declaration().Require.OwnProbe {
		return ""
	}
	whole := w.Facts.Unseen(o.Service)
	if whole == "" {
		return ""
	}
	why := ""
	for _, root := range w.roots(o.Service) {
		if why = w.Facts.Unseen(root); why != "" {
			break
		}
	}
	switch {
	case why == "" && len(w.roots(o.Service)) > 0:
		return ""
	case why == "" || looksAt(w.Documents.BIA, o.Service):
		why = whole
	}
	return ownProbeGate + why
}

// ownProbeGate begins the gate that a missing look of holdfast's own is.
const ownProbeGate = "own_probe is asked for, and "

// looksAt reports whether a probe of holdfast's own looks at a service as a whole.
func looksAt(a *bia.Analysis, service string) bool {
	for _, p := range a.Probes {
		if p.Service == service {
			return true
		}
	}
	return false
}

// unexercised is why `exercised_within` keeps a declaration from happening without a person: the playbook that would be
// invoked for the service is not verified, or was exercised too long ago; empty: nothing does.
func (i Incident) unexercised(w World, o detector.Outage) string {
	within := w.declaration().Require.ExercisedWithin
	if within == 0 {
		return ""
	}
	fits := playbooks.Nearest(w.Documents.Playbooks, i.situation(w, i.want(w, o.Service, o.Since, o.Clocks.Deadline)))
	if len(fits) == 0 || !fits[0].Fits {
		return fmt.Sprintf("no playbook fits %s, so none was exercised within %s", o.Service, span(within))
	}
	p := fits[0].Playbook
	switch v := w.Documents.Verify(p, w.Exercised(), w.Now); {
	case v.State != Verified:
		return fmt.Sprintf("%s is not verified: %s", p.ID, v.Why)
	case !w.Now.Before(v.Last.At.Add(within)):
		return fmt.Sprintf("%s was exercised last on %s, not within %s", p.ID, day(v.Last.At), span(within))
	}
	return ""
}

// noWayBack is why `abort` keeps a declaration from happening without a person: the playbook that would be invoked for the service does
// things to machines of which it does not say what becomes of them when it is called off; empty: nothing does.
func (i Incident) noWayBack(w World, o detector.Outage) string {
	if !w.declaration().Require.Abort {
		return ""
	}
	fits := playbooks.Nearest(w.Documents.Playbooks, i.situation(w, i.want(w, o.Service, o.Since, o.Clocks.Deadline)))
	if len(fits) == 0 || !fits[0].Fits {
		return ""
	}
	p := fits[0].Playbook
	for _, part := range w.Documents.Playbooks {
		within := slices.ContainsFunc(p.Children, func(c playbooks.Child) bool { return c.Playbook == part.ID })
		if left := part.LeftBehind(); len(left) > 0 && (part.ID == p.ID || within) {
			return fmt.Sprintf("%s does not say what becomes of %s when it is called off (require: abort)", part.ID, strings.Join(left, ", "))
		}
	}
	return ""
}

// noDecision reports whether the authority has said in writing that no decision by the latest time to invoke is a yes.
// Nobody has to have armed for that, but whoever disarmed has taken it back.
func (i Incident) noDecision(w World, met []detector.Criterion) bool {
	l := w.declaration()
	if l.Mode == "automatic" || l.OnNoDecision != "declare" || w.Disarmed != "" {
		return false
	}
	return slices.ContainsFunc(met, func(c detector.Criterion) bool {
		return c.ID == criterionDecisionPoint && len(i.blocked(w, c)) == 0
	})
}

// binding reports whether the last decline still holds: for the criteria, services and domains it knew of, until its
// stated instant. A new recommendation after it has ended it for good.
func (i Incident) binding(w World) bool {
	d := i.Declined
	switch {
	case d == nil, i.Recommended != nil:
		return false
	case !d.Until.IsZero() && !w.Now.Before(d.Until):
		return false
	case w.Verdict == nil:
		return true
	}
	return subset(ids(grounds(w.Verdict)), d.Criteria) && subset(lostServices(w), d.Services) && subset(w.Verdict.Lost, d.Lost)
}

// lostServices are the vital services in an outage, sorted.
func lostServices(w World) []string {
	var services []string
	for _, o := range w.outages() {
		if lost(o) {
			services = append(services, o.Service)
		}
	}
	return union(services, nil)
}

// Rounds of paging for a decision.
const (
	roundAuthority  = 1
	roundSuccessors = 2
	roundTooLate    = 3 // the latest time to invoke has passed
)

// decisionDue pages the authority before it is too late, its successors one decision time objective later, and both when
// the latest time to invoke has passed without a declaration.
func (i Incident) decisionDue(w World) []Event {
	if i.Declared != nil || i.wouldHave() != nil {
		return nil
	}
	l, binds := w.declaration(), i.binding(w)
	o, ok := i.urgent(w)
	switch {
	case !ok:
		return nil
	case !o.Clocks.LTI.IsZero() && !w.Now.Before(o.Clocks.LTI) && !i.paged(o, roundTooLate):
		return []Event{i.page(w, o, roundTooLate, authority(l)...)}
	case binds:
		return nil
	case !i.paged(o, roundAuthority):
		return []Event{i.page(w, o, roundAuthority, l.Authority)}
	case i.DecisionDue.Round == roundAuthority && (!w.Now.Before(i.DecisionDueAt.Add(l.DecisionTimeObjective)) || i.nobodyReached(i.DecisionDueAt, i.DecisionDue.Tell)):
		return []Event{i.page(w, o, roundSuccessors, orElse(l.Successors, l.Authority)...)}
	}
	return nil
}

func (i Incident) page(w World, o detector.Outage, round int, roles ...string) DecisionDue {
	return DecisionDue{Service: o.Service, LTI: o.Clocks.LTI, Round: round, Tell: w.duty().lines(roles...)}
}

func orElse(roles []string, otherwise string) []string {
	if len(roles) > 0 {
		return roles
	}
	return []string{otherwise}
}

// paged reports whether a round was held already: for this service, or for another whose time is not later.
func (i Incident) paged(o detector.Outage, round int) bool {
	if i.DecisionDue == nil {
		return false
	}
	sooner := o.Service != i.DecisionDue.Service && soonest(o.Clocks.LTI, i.DecisionDue.LTI) < 0
	return !sooner && i.DecisionDue.Round >= round
}

// urgent is the vital service, certainly below its MBCO, whose decision is due and whose time runs out first.
func (i Incident) urgent(w World) (most detector.Outage, ok bool) {
	for _, o := range w.outages() {
		if !undecided(o) || w.Now.Before(DecideBy(w.declaration(), o)) {
			continue
		}
		if !ok || soonest(o.Clocks.LTI, most.Clocks.LTI) < 0 {
			most, ok = o, true
		}
	}
	return most, ok
}

func undecided(o detector.Outage) bool {
	return lostNow(o) && o.State == detector.Down && !o.Clocks.Deadline.IsZero()
}

// DecideBy is when the authority is paged: max(t0 + confirm_for, LTI - 2 x decision_time_objective). An unknown RTC makes
// it the confirmation.
func DecideBy(l bia.Declaration, o detector.Outage) time.Time {
	confirmed := o.Since.Add(o.Objectives.ConfirmFor)
	if o.Clocks.LTI.IsZero() {
		return confirmed
	}
	return later(confirmed, o.Clocks.LTI.Add(-2*l.DecisionTimeObjective))
}

// soonest orders latest times to invoke; an unknown one (zero) is due at once.
func soonest(a, b time.Time) int { return a.Compare(b) }

// decisionDeadlines are the instants at which declare and decisionDue can change their answer by the clock alone.
func (i Incident) decisionDeadlines(w World, d *deadlines) {
	if i.Declared != nil {
		return
	}
	for _, o := range w.outages() {
		if undecided(o) {
			d.add(DecideBy(w.declaration(), o))
			d.add(o.Clocks.LTI)
		}
		if lostNow(o) {
			again, _ := w.rearm(o.Service)
			d.add(again)
		}
	}
	if i.DecisionDue != nil && i.DecisionDue.Round == roundAuthority {
		d.add(i.DecisionDueAt.Add(w.declaration().DecisionTimeObjective))
	}
	if i.Declined != nil {
		d.add(i.Declined.Until)
	}
}
