package readiness

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/incident"
	"holdfast/playbooks"
)

// A State says how a vital service stands to the loss of a failure domain.
type State string

const (
	Survives State = "survives" // redundancy carries it
	Covered  State = "covered"  // a playbook fits, and brings it back in time by its own plan
	Late     State = "late"     // a playbook fits, but not in time, or nobody knows how long it takes
	Accepted State = "accepted" // nothing fits, and somebody decided to live with that for now
	Open     State = "open"     // nothing fits
)

// Proof says how well it is known what a plan can do: by the records of exercises where there are some to ask, else by what
// the analysis says of its RTC.
type Proof = incident.Proof

// The proofs, as package incident has them.
const (
	Verified          = incident.Verified
	NeedsVerification = incident.NeedsVerification
	Expired           = incident.Expired
	NotVerified       = incident.NotVerified
)

// Written is what the documents alone can say for an RTC at the most: somebody wrote that an exercise showed it, and its day
// has not passed. Only the record of an exercise verifies.
const Written Proof = "as written"

// A Row is one vital service and one failure domain that it rests on.
type Row struct {
	Service string
	Domain  string // "": components that are in none, each by itself
	State   State

	Playbook   string         // that covers the loss, or is written for it where redundancy carries the service; "" if none
	Loss       playbooks.Loss // the kind of loss that the playbook says it treats; "" if it says none
	Forecast   time.Duration  // from invocation to recovered, as likely longer as not; 0: unknown
	NineInTen  time.Duration  // what it takes less than in nine cases of ten, by its steps; 0: they say nothing
	ForecastBy string         // "exercise": what the last one took; "steps" or "rtc" of the playbook; "bia": the RTC of the service
	Deadline   time.Duration  // after t0, the tightest there is; cutoffs are not counted
	DeadlineBy string         // "rto", "mtpd-wrt" or a critical period
	Slack      time.Duration  // what remains of the deadline after confirmation, margin and forecast; negative: late

	SinglePoints []string // components whose loss alone takes the service down, in this domain
	Proof        Proof
	ProofUntil   time.Time // the day until which what is written, or what an exercise showed, holds; zero: neither holds
	Gaps         []string  // sentences; whatever somebody accepted is not among them
}

// Table says for each vital service and each failure domain that it rests on what its loss would mean: what recovers from
// it, in what time, and what is missing. Sorted by service, then domain, the rows without a domain first.
func Table(docs *incident.Documents, now time.Time) []Row {
	return (&linter{Documents: docs, now: now, losses: foresee(docs.BIA)}).table()
}

// TableExercised is the same, with what the records of exercises show of each playbook.
func TableExercised(docs *incident.Documents, records []incident.Exercised, now time.Time) []Row {
	l := &linter{Documents: docs, now: now, losses: foresee(docs.BIA)}
	l.shown = func(p *playbooks.Playbook) incident.Verification { return docs.Verify(p, records, now) }
	return l.table()
}

func (l *linter) table() []Row {
	points := l.losses.singlePoints()
	var rows []Row
	for _, id := range l.BIA.Judged() {
		if !l.BIA.Objectives(id).Judged() {
			continue
		}
		bearers, single := l.losses.bearersOf(id), points[id]
		if alone := l.undomained(single); len(alone) > 0 {
			rows = append(rows, l.rowOfParts(id, alone))
		}
		for _, domain := range l.BIA.AllDomains() {
			if members := l.BIA.Members(domain); overlap(members, bearers) {
				rows = append(rows, l.row(id, domain, both(single, members)))
			}
		}
	}
	return rows
}

// row is a service and a failure domain that is lost as a whole.
func (l *linter) row(service, domain string, single []string) Row {
	r := l.begin(service, domain, single)
	loss := l.losses.ofDomains(domain)
	switch p := l.cover(loss, service); {
	case !loss.down[service]:
		l.survives(&r)
		return r
	case p != nil:
		l.covered(&r, p)
		l.unproven(&r, p)
		l.byExercises(&r, p)
	case l.accepted(domain) || l.livesWith("readiness/no-fitting-playbook", domain):
		r.State = Accepted
		return r
	default:
		r.miss("%s", l.nearest(loss, service))
	}
	l.exposedParts(&r)
	l.recoveryNeedsLost(&r, loss)
	return r
}

// survives notes the playbook that is there all the same, should more be lost than the documents know of.
func (l *linter) survives(r *Row) {
	r.State = Survives
	for _, p := range l.Playbooks {
		if slices.Contains(p.For.Lost, r.Domain) && !slices.Contains(p.For.NotWhenLost, r.Domain) && l.recovers(p, r.Service) {
			plan := Row{Service: r.Service, Deadline: r.Deadline}
			l.covered(&plan, p)
			r.Playbook, r.Loss, r.Forecast, r.NineInTen, r.ForecastBy, r.Slack = p.ID, p.Loss, plan.Forecast, plan.NineInTen, plan.ForecastBy, plan.Slack
			l.provenAs(r, p)
			return
		}
	}
}

// rowOfParts is a service and the single points of failure that are in no failure domain.
func (l *linter) rowOfParts(service string, single []string) Row {
	r := l.begin(service, "", single)
	r.State = Accepted
	for _, c := range single {
		switch p := l.cover(l.losses.ofComponent(c), service); {
		case p != nil && r.State == Accepted:
			l.covered(&r, p)
			l.byExercises(&r, p)
		case p == nil && !l.livesWith("readiness/single-point-of-failure", c):
			r.State = Open
			r.miss("no playbook fits when %s alone is lost", c)
		}
	}
	return r
}

func (l *linter) begin(service, domain string, single []string) Row {
	r := Row{Service: service, Domain: domain, State: Open, SinglePoints: single}
	r.Proof, r.ProofUntil = l.proof(service)
	r.Deadline, r.DeadlineBy = l.BIA.Objectives(service).Tightest()
	return r
}

func (r *Row) miss(format string, args ...any) { r.Gaps = append(r.Gaps, fmt.Sprintf(format, args...)) }

// covered forecasts the recovery by a playbook. What its steps are forecast to take and what it says of itself are two answers
// to one question; the longer counts, since a plan with some steps untimed is forecast by guesses. One of which no step is
// timed says nothing.
func (l *linter) covered(r *Row, p *playbooks.Playbook) {
	o := l.BIA.Objectives(r.Service)
	r.State, r.Playbook = Covered, p.ID
	f := l.forecast(p)
	if f.Plan > 0 {
		r.NineInTen = f.P90
	}
	switch {
	case l.measured(p) > 0:
		r.Forecast, r.ForecastBy = l.measured(p), "exercise"
	case f.Plan == 0 && p.RTC == 0:
		r.Forecast, r.ForecastBy = o.RTC, "bia"
	case f.Plan > 0 && f.P50 >= p.RTC:
		r.Forecast, r.ForecastBy = f.P50, "steps"
	default:
		r.Forecast, r.ForecastBy = p.RTC, "rtc"
	}
	if r.Forecast == 0 {
		r.State, r.ForecastBy = Late, ""
		r.miss("nobody says how long %s takes", p.ID)
		return
	}
	if r.Deadline == 0 { // cutoffs alone
		return
	}
	r.Slack = r.Deadline - o.ConfirmFor - o.Margin - r.Forecast
	if r.Slack < 0 {
		r.State = Late
		r.miss("confirm_for %s + margin %s + %s of %s is %s more than %s (%s)", span(o.ConfirmFor), span(o.Margin), span(r.Forecast), p.ID, span(-r.Slack), span(r.Deadline), r.DeadlineBy)
	}
}

// measured is what the exercise took that verifies a playbook; 0: none does, or it left something out that takes time too.
func (l *linter) measured(p *playbooks.Playbook) time.Duration {
	if l.shown == nil {
		return 0
	}
	if v := l.shown(p); v.State == Verified && len(v.LeftOut) == 0 {
		return time.Duration(v.RTC)
	}
	return 0
}

// provenAs puts what exercises have shown of a playbook in the place of what is written.
func (l *linter) provenAs(r *Row, p *playbooks.Playbook) (v incident.Verification) {
	if l.shown == nil {
		return v
	}
	v = l.shown(p)
	r.Proof, r.ProofUntil = v.State, time.Time{}
	if v.State == Verified {
		r.ProofUntil = v.Until
	}
	return v
}

// byExercises says how well exercises have shown what a playbook can do.
func (l *linter) byExercises(r *Row, p *playbooks.Playbook) {
	if l.shown == nil {
		return
	}
	v := l.provenAs(r, p)
	told := &linter{}
	told.exercised(p, v)
	if len(told.found) > 0 && !l.livesWith(told.found[0].Rule, p.ID, p.File) {
		r.miss("%s: %s", p.ID, v.Why)
	}
}

// unproven says what keeps a plan that fits from being relied on.
func (l *linter) unproven(r *Row, p *playbooks.Playbook) {
	if p.ApprovedBy == "" || p.ApprovedOn.IsZero() || p.ApprovedOn.After(l.now) {
		if !l.livesWith("readiness/unapproved", p.ID, p.File) {
			r.miss("%s is not approved", p.ID)
		}
	}
	if l.passed(p.NextReview) && !l.livesWith("readiness/review-overdue", p.ID, p.File) {
		r.miss("%s was to be reviewed by %s", p.ID, day(p.NextReview))
	}
}

// proof is how well the RTC of a service is known by what is written of it, and until when. Of a process it is that of what
// it waits for, unless it has its own.
func (l *linter) proof(service string) (Proof, time.Time) {
	s, _ := l.BIA.Service(service)
	c := s.RTC
	switch {
	case !c.Known():
		return l.proofBelow(service)
	case c.Source != "exercise":
		return NotVerified, time.Time{}
	case c.ValidUntil.IsZero() || l.passed(c.ValidUntil):
		return NeedsVerification, time.Time{}
	}
	return Written, c.ValidUntil
}

// proofBelow is the weakest proof among those that have an RTC of their own nearest below a service, and the first day on
// which one of them runs out.
func (l *linter) proofBelow(service string) (Proof, time.Time) {
	seen, open, proofs, until := map[string]bool{service: true}, []string{service}, []Proof(nil), time.Time{}
	for len(open) > 0 {
		s, _ := l.BIA.Service(open[0])
		open = open[1:]
		for _, n := range s.Needs {
			for _, id := range n.AnyOf {
				below, judged := l.BIA.Service(id)
				switch {
				case !judged || n.Partial || seen[id]:
				case below.RTC.Known():
					proof, holds := l.proof(id)
					proofs = append(proofs, proof)
					if until.IsZero() || holds.Before(until) {
						until = holds
					}
				default:
					open = append(open, id)
				}
				seen[id] = true
			}
		}
	}
	for _, weak := range []Proof{NotVerified, NeedsVerification} {
		if slices.Contains(proofs, weak) {
			return weak, time.Time{}
		}
	}
	if len(proofs) == 0 {
		return NotVerified, time.Time{}
	}
	return Written, until
}

// nearest says why nothing fits: the nearest playbook, and what it lacks.
func (l *linter) nearest(loss loss, service string) string {
	for _, f := range playbooks.Match(l.Playbooks, loss.situation(service)) {
		switch lost := loss.targets(f.Playbook); {
		case !l.recovers(f.Playbook, service):
			continue
		case f.Fits:
			return fmt.Sprintf("%s fits, but needs %s, which is lost as well", f.Playbook.ID, strings.Join(lost, ", "))
		default:
			return fmt.Sprintf("no playbook fits; the nearest is %s: %s", f.Playbook.ID, f.Missing[0])
		}
	}
	return "no playbook recovers it"
}

// exposedParts are single points of failure within the domain that have no plan of their own.
func (l *linter) exposedParts(r *Row) {
	if r.State == Open {
		return // said of the whole domain
	}
	for _, c := range r.SinglePoints {
		if l.cover(l.losses.ofComponent(c), r.Service) == nil && !l.livesWith("readiness/single-point-of-failure", c) {
			r.miss("no playbook fits when %s alone is lost", c)
		}
	}
}

// recoveryNeedsLost are what has to be there to recover the service, or what it rests on, and is lost with the domain.
func (l *linter) recoveryNeedsLost(r *Row, loss loss) {
	bearers := l.losses.bearersOf(r.Service)
	for _, id := range l.BIA.Judged() {
		s, _ := l.BIA.Service(id)
		if !loss.down[id] || id != r.Service && !within(l.losses.bearersOf(id), bearers) {
			continue
		}
		for _, need := range s.RecoveryNeeds {
			if loss.lost(need) && !l.livesWith("readiness/recovery-need-is-lost", id, need) {
				r.miss("%s, needed to recover %s, is lost as well", need, id)
			}
		}
	}
}

// undomained are the components that are in no failure domain.
func (l *linter) undomained(components []string) []string {
	return slices.DeleteFunc(slices.Clone(components), func(c string) bool { return len(l.BIA.Domains(c)) > 0 })
}

// overlap reports whether some of a is in b, which is sorted.
func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return sortedHas(b, x) })
}

// both is what of a is in b, which is sorted.
func both(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return !sortedHas(b, x) })
}
