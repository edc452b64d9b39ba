package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast/detector"
	"holdfast/internal/planted"
	"holdfast/playbooks"
)

// invoke starts a playbook for every vital service of a declared disaster that no run is to bring back, or says loudly
// that none fits.
func (i Incident) invoke(w World) []Event {
	if i.Declared == nil || i.Aborted != nil {
		return nil
	}
	var events []Event
	for _, s := range i.wanting(w) {
		fits := i.applicable(w, s)
		if strand := w.Stranded(s.service); strand != (Strand{}) {
			events = append(events, i.unlessSaid(w, i.kept(w, s, fits, strand))...)
			continue
		}
		if len(fits) > 0 && len(fits[0].Missing) == 0 {
			return append(events, i.invocation(w, s, fits)) // what is left for the others changes by it
		}
		if i.underWay(fits) {
			continue // it may bring this service back too; when it has ended, it is asked again
		}
		events = append(events, i.unlessSaid(w, i.nothingFits(w, s, fits))...)
	}
	return events
}

// underWay reports whether a playbook that fits runs already in this incident, for another service of the same cause.
func (i Incident) underWay(fits []playbooks.Fit) bool {
	return slices.ContainsFunc(fits, func(f playbooks.Fit) bool {
		return f.Fits && i.goingOn(func(r Run) bool { return r.Name == f.Playbook.ID }) != ""
	})
}

// A want is a vital service that has to be brought back.
type want struct {
	service  string
	since    time.Time
	deadline time.Time
	roots    []string // what explains its loss
}

// wanting are the vital services below MBCO, and those declared by hand, that no run has been started for, the most
// urgent first. What a run of another incident is to bring back is asked for again when that has ended; where that incident is not
// driven, nobody but a person ends it, and it is said.
func (i Incident) wanting(w World) []want {
	var all []want
	for _, o := range w.outages() {
		if lostNow(o) {
			all = append(all, i.want(w, o.Service, o.Since, o.Clocks.Deadline))
		}
	}
	for _, p := range i.Declared.Services {
		if w.Verdict == nil || !has(*w.Verdict, p.Service) {
			all = append(all, i.want(w, p.Service, p.Clocks.Start, p.Clocks.Deadline))
		}
	}
	all = slices.DeleteFunc(all, func(x want) bool {
		c, clocked := i.Recovery(x.service)
		return clocked && !c.Restored.IsZero() || i.treated(x) || w.Bringing(x.service) != "" && !planted.Is(planted.TreatedIgnored)
	})
	slices.SortStableFunc(all, func(a, b want) int {
		return cmp.Or(first(!a.deadline.IsZero(), !b.deadline.IsZero()), a.deadline.Compare(b.deadline), strings.Compare(a.service, b.service))
	})
	return all
}

func (i Incident) want(w World, service string, since, deadline time.Time) want {
	return want{service: service, since: since, deadline: deadline, roots: w.roots(service)}
}

// treated reports whether a run was started for the service, or goes on with a playbook that is for it.
func (i Incident) treated(x want) bool {
	if planted.Is(planted.TreatedIgnored) {
		return false
	}
	return slices.ContainsFunc(i.Runs, func(r Run) bool {
		return r.covers(x.service) && !r.declinedAtStart() || r.Active() && r.Playbook != nil && brings(r.Playbook, x, nil)
	})
}

// declinedAtStart reports whether the run ended by a no to the question whether to start it.
func (r Run) declinedAtStart() bool {
	q, asked := r.state(r.Question)
	return asked && q.Status == Declined && !r.Active()
}

// declinedStart says that a person did not want the playbook started for the service.
func (i Incident) declinedStart(p *playbooks.Playbook, x want) (missing []string) {
	for _, r := range i.Runs {
		if r.Name == p.ID && r.covers(x.service) && r.declinedAtStart() {
			q, _ := r.state(r.Question)
			missing = append(missing, fmt.Sprintf("%s declined to start it at %s", who(q.By), stamp(q.Ended)))
		}
	}
	return missing
}

// refusing and asking are a playbook's preconditions by what is done where they do not hold.
func refusing(p *playbooks.Playbook) []playbooks.Precondition {
	return slices.DeleteFunc(slices.Clone(p.Preconditions), playbooks.Precondition.Asks)
}

func asking(p *playbooks.Playbook) []playbooks.Precondition {
	return slices.DeleteFunc(slices.Clone(p.Preconditions), func(c playbooks.Precondition) bool { return !c.Asks() })
}

// brings reports whether a playbook brings a service back: it names it or one of its roots, or it mends everything that
// explains the loss.
func brings(p *playbooks.Playbook, x want, mended []string) bool {
	if slices.Contains(p.For.Services, x.service) {
		return true
	}
	return len(x.roots) > 0 && (subset(x.roots, mended) || subset(x.roots, p.For.Services))
}

// applicable are the playbooks that are for a service, by how well they fit it, each with what is missing: those without anything
// missing come first.
func (i Incident) applicable(w World, x want) []playbooks.Fit {
	fits := playbooks.Nearest(w.Documents.Playbooks, i.situation(w, x))
	for n := range fits {
		f := &fits[n]
		if f.Fits {
			f.Missing = slices.Concat(w.unsure(f.Playbook), i.lone(w, x, f.Playbook), i.tainted(w, x), unmet(w, refusing(f.Playbook), x.since), i.declinedStart(f.Playbook, x), i.taken(w, f.Playbook), i.blown(w, x))
		}
	}
	slices.SortStableFunc(fits, func(a, b playbooks.Fit) int { return first(len(a.Missing) == 0, len(b.Missing) == 0) })
	return fits
}

// lone says of a playbook that would not fit but for the loss of a domain that one voice alone speaks of: whoever has stolen one credential
// must not choose what is done to machines, where nobody but a rule has declared.
func (i Incident) lone(w World, x want, p *playbooks.Playbook) (missing []string) {
	if !i.Declared.Automatic {
		return nil
	}
	var voices []string
	for _, domain := range p.For.Lost {
		if why := w.Facts.Alone(domain); why != "" {
			voices = append(voices, why)
		}
	}
	if len(voices) == 0 {
		return nil
	}
	s := i.situation(w, x)
	s.Lost = func(domain string) bool { return w.domainLost(domain) && w.Facts.Alone(domain) == "" }
	if playbooks.Match([]*playbooks.Playbook{p}, s)[0].Fits {
		return nil
	}
	return []string{strings.Join(voices, "; ") + "; so a person has to invoke it"}
}

// tainted says that a service, or one that it rests on, holds data that is compromised, where nobody but a rule has declared: what recovers it
// may be fed from that, so a person looks first (domain section 6).
func (i Incident) tainted(w World, x want) []string {
	if !i.Declared.Automatic {
		return nil
	}
	seen, open := map[string]bool{x.service: true}, []string{x.service}
	for len(open) > 0 {
		s, is := w.Documents.BIA.Service(open[0])
		open = open[1:]
		if !is {
			continue
		}
		for _, data := range sortedIDs(s.Data) {
			if w.Facts.Compromised(data) {
				return []string{fmt.Sprintf("%s is signalled compromised, and copies fed from it are no targets to recover to, so a person has to invoke it", data)}
			}
		}
		for _, n := range s.Needs {
			for _, id := range n.AnyOf {
				if !seen[id] {
					seen[id], open = true, append(open, id)
				}
			}
		}
	}
	return nil
}

// unsure are the domains that a playbook does not fit without, and of which nobody sees anything: that they are not known to
// be lost does not make them a place to go to.
func (w World) unsure(p *playbooks.Playbook) (missing []string) {
	for _, domain := range p.For.NotWhenLost {
		if !w.domainLost(domain) && w.unseen(domain) {
			missing = append(missing, fmt.Sprintf("it needs %s, and nobody can see whether that is lost", domain))
		}
	}
	return missing
}

// situation is what a playbook for a service has to fit. Services whose loss has the same roots belong to it: a playbook
// that names the service underneath is the one for the process on top.
func (i Incident) situation(w World, x want) playbooks.Situation {
	s := playbooks.Situation{Services: []string{x.service}, Roots: x.roots, Domain: w.Documents.BIA.Members}
	s.Lost = func(domain string) bool {
		return w.domainLost(domain)
	}
	if w.Verdict == nil {
		return s
	}
	if len(s.Roots) == 0 {
		s.Roots = w.Verdict.Roots
	}
	for _, o := range w.outages() {
		y := i.want(w, o.Service, o.Since, o.Clocks.Deadline)
		if lost(o) && o.Service != x.service && len(y.roots) > 0 && (subset(y.roots, x.roots) || subset(x.roots, y.roots)) {
			s.Services = append(s.Services, o.Service)
		}
	}
	return s
}

// unmet are the preconditions that do not hold, or of which nobody knows whether they do.
func unmet(w World, all []playbooks.Precondition, since time.Time) (missing []string) {
	for _, c := range conditions(w, all, since) {
		if c.Answer != detector.Met {
			missing = append(missing, c.Why)
		}
	}
	return missing
}

// A Condition is a precondition of a playbook with its answer at an instant.
type Condition struct {
	Needs  string          `json:"needs"`
	Answer detector.Answer `json:"answer"`
	Why    string          `json:"why,omitempty"`  // where it is not met
	Else   string          `json:"else,omitempty"` // what the playbook says is done then: ask or refuse
}

// Conditions are the preconditions of a playbook for an incident as they stand at now, for outages since an instant.
func (d *Desk) Conditions(now time.Time, i Incident, p *playbooks.Playbook, since time.Time) []Condition {
	if d.detector == nil {
		return nil
	}
	w := d.draft(now).world(i, nil)
	all := conditions(w, p.Preconditions, since)
	for _, why := range w.unsure(p) {
		all = append(all, Condition{Needs: "what it goes to seen", Answer: detector.CannotTell, Why: why, Else: "refuse"})
	}
	return all
}

func conditions(w World, preconditions []playbooks.Precondition, since time.Time) (all []Condition) {
	for _, c := range preconditions {
		for _, id := range c.ComponentUp {
			condition := Condition{Needs: id + " up", Answer: detector.Met, Else: c.Else}
			switch state, up := isUp(w, id); {
			case !up:
				condition.Answer, condition.Why = detector.NotMet, fmt.Sprintf("it needs %s up, which is %s", id, state)
				if state == detector.Unknown {
					condition.Answer = detector.CannotTell
				}
			case w.Facts.Doubt(id) != "":
				condition.Answer, condition.Why = detector.CannotTell, fmt.Sprintf("it needs %s up, which is %s", id, w.Facts.Doubt(id))
			}
			all = append(all, condition)
		}
		if r := c.RecoveryPointWithin; r != nil {
			condition := Condition{Needs: fmt.Sprintf("a recovery point of %s no older than %s", r.Data, span(r.Age)), Answer: detector.Met, Else: c.Else}
			if w.Facts.Compromised(r.Data) {
				condition.Answer, condition.Why = detector.CannotTell, fmt.Sprintf("%s is signalled compromised, so that nobody knows which of its recovery points is clean", r.Data)
				all = append(all, condition)
				continue
			}
			if why := tooOld(w, r, since); why != "" {
				condition.Answer, condition.Why = detector.NotMet, why
				if _, known := w.Facts.RecoveryPointBy(r.Data, orNow(w, since)); !known {
					condition.Answer = detector.CannotTell
				}
			}
			all = append(all, condition)
		}
	}
	return all
}

// isUp reports whether a component is up, or a service at or above its MBCO.
func isUp(w World, id string) (detector.State, bool) {
	if _, ok := w.Documents.BIA.Service(id); ok {
		state := w.Facts.ServiceState(id).State
		return state, state == detector.Up || state == detector.Degraded
	}
	state := w.Facts.ComponentState(id)
	return state, state == detector.Up
}

func orNow(w World, at time.Time) time.Time {
	if at.IsZero() {
		return w.Now
	}
	return at
}

// tooOld is why a recovery point is not good enough, measured at the start of the disruption. What was kept later may hold
// what the disruption left of the data, so it does not count.
func tooOld(w World, r *playbooks.RecoveryPointWithin, since time.Time) string {
	since = orNow(w, since)
	at, known := w.Facts.RecoveryPointBy(r.Data, since)
	newest, any := w.Facts.RecoveryPoint(r.Data)
	switch age := since.Sub(at); {
	case !known && any:
		return fmt.Sprintf("it needs a recovery point of %s from before %s, and the only one known is from %s: nobody knows whether it is good", r.Data, stamp(since), stamp(newest))
	case !known:
		return fmt.Sprintf("it needs a recovery point of %s, and none is known", r.Data)
	case age > r.Age:
		return fmt.Sprintf("it needs a recovery point of %s no older than %s; the newest is from %s", r.Data, span(r.Age), stamp(at))
	}
	return ""
}

// taken is what keeps a playbook from being started now: a run of it that goes on, and the exclusive resources that
// another run holds. The incident's own runs are asked first: what it has just decided is not in the book yet.
func (i Incident) taken(w World, p *playbooks.Playbook) (missing []string) {
	running := i.goingOn(func(r Run) bool { return r.Name == p.ID })
	if run := orText(running, w.Running(p.ID)); run != "" {
		missing = append(missing, fmt.Sprintf("it is already carried out: %s", run))
	}
	for _, resource := range p.Exclusive {
		holding := i.goingOn(func(r Run) bool { return r.Playbook != nil && slices.Contains(r.Playbook.Exclusive, resource) })
		if holder := orText(holding, w.Held(resource)); holder != "" {
			missing = append(missing, fmt.Sprintf("it needs %s, which %s holds", resource, holder))
		}
	}
	return missing
}

// goingOn names the first of the incident's runs that goes on and is as asked; empty: none.
func (i Incident) goingOn(asked func(Run) bool) string {
	for _, run := range i.Runs {
		if run.Active() && asked(run) {
			return fmt.Sprintf("run %s of %s", run.ID, i.ID)
		}
	}
	return ""
}

// blown says that the service's fuse is, or that somebody has disarmed, where nobody but a rule has declared.
func (i Incident) blown(w World, x want) []string {
	again, before := w.rearm(x.service)
	switch {
	case !i.Declared.Automatic:
		return nil
	case w.Disarmed != "":
		return []string{w.Disarmed + ", so a person has to invoke it"}
	case again.IsZero():
		return nil
	}
	return []string{fmt.Sprintf("%s %s automatically in %s; a second time before %s needs a person", x.service, w.invokedWords(), before, stamp(again))}
}

// invocation starts the first of the playbooks that fit and offers the others.
func (i Incident) invocation(w World, x want, fits []playbooks.Fit) Event {
	e := i.begin(w, x, fits[0].Playbook, i.Declared.By)
	e.orderedAt(i.DeclaredAt, w.Now)
	if open := unmet(w, asking(fits[0].Playbook), x.since); len(open) > 0 {
		e.Asks = &Question{Unmet: open, Role: w.declaration().Authority, Within: w.declaration().DecisionTimeObjective}
	}
	for _, f := range fits[1:] {
		if len(f.Missing) == 0 {
			e.Others = append(e.Others, f.Playbook.ID)
		}
	}
	return e
}

func (i Incident) begin(w World, x want, p *playbooks.Playbook, by Actor) Invoked {
	return Invoked{Run: strconv.Itoa(len(i.Runs) + 1), Service: x.service, Covers: i.covered(w, x, p),
		Playbook: p.ID, File: p.File, Text: p.Text, Digest: p.Digest, By: by, Children: p.Children}
}

// orderedAt notes when the person said so by whom a run begins, where that was not just now.
func (e *Invoked) orderedAt(at, now time.Time) {
	if e.By.Person != "" && at.Before(now) {
		e.Ordered = at
	}
}

// covered are the services that one run brings back: the one it is for, those that its playbook names, and those whose
// loss has no other root.
func (i Incident) covered(w World, x want, p *playbooks.Playbook) []string {
	services := []string{x.service}
	for _, o := range w.outages() {
		if y := i.want(w, o.Service, o.Since, o.Clocks.Deadline); lost(o) && brings(p, y, x.roots) {
			services = append(services, o.Service)
		}
	}
	return union(services, nil)
}

// nothingFits names the nearest playbook and what it lacks.
func (i Incident) nothingFits(w World, x want, fits []playbooks.Fit) NoPlaybookFits {
	e := NoPlaybookFits{Service: x.service, Tell: w.duty().lines(w.declaration().Authority)}
	if len(fits) == 0 {
		e.Missing = []string{"there is no playbook at all"}
		return e
	}
	e.Nearest, e.Missing = fits[0].Playbook.ID, fits[0].Missing
	return e
}

// kept says that a run stands in the way of which nobody knows how far it got, and that nobody carries out: a second one beside
// it is for people to order.
func (i Incident) kept(w World, x want, fits []playbooks.Fit, by Strand) NoPlaybookFits {
	e := i.nothingFits(w, x, fits)
	e.Keeper, e.Missing = by.Incident, []string{by.Why}
	return e
}

// unlessSaid is an event that says that no playbook is started for a service, unless the same was said before and nothing is
// worse since: a component that comes and goes pages nobody twice, and another site that is lost pages once more.
func (i Incident) unlessSaid(w World, e NoPlaybookFits) []Event {
	e.Level = detector.Impaired // by a person's word alone
	if v := w.Verdict; v != nil {
		e.Level, e.Lost = max(e.Level, v.Level), v.Lost
	}
	if slices.ContainsFunc(i.NoPlaybook, e.repeats) {
		return nil
	}
	return []Event{e}
}

// Unanswered are the services for which no playbook was started, each as it was said last.
func (i Incident) Unanswered() (all []NoPlaybookFits) {
	for _, n := range i.NoPlaybook {
		all = append(slices.DeleteFunc(all, func(before NoPlaybookFits) bool { return before.Service == n.Service }), n)
	}
	return all
}

// repeats reports whether the event says nothing that an earlier one did not. Of one that was written by a version that did not
// keep the situation it was said in, it is taken that the situation was as bad.
func (e NoPlaybookFits) repeats(before NoPlaybookFits) bool {
	same := before.Service == e.Service && before.Nearest == e.Nearest && slices.Equal(before.Missing, e.Missing)
	return same && (before.Level == detector.Event || e.Level <= before.Level && subset(e.Lost, before.Lost))
}

// invocationDeadlines are the instants at which a blown fuse is whole again.
func (i Incident) invocationDeadlines(w World, d *deadlines) {
	if i.Declared == nil || i.Aborted != nil {
		return
	}
	for _, x := range i.wanting(w) {
		again, _ := w.rearm(x.service)
		d.add(again)
	}
}
