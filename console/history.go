package console

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"holdfast/incident"
	"holdfast/playbooks"
)

// A past is what all incidents add up to, open or closed, for the figures that only ever grow.
type past struct {
	recoveries    map[string]*tally // by service
	decisions     *tally
	waits         map[string]*tally // by role
	missed        map[[2]string]int // service, objective
	risks         map[[2]string]int // service, risk
	steps         map[[2]string]int // kind, outcome
	notifications map[[2]string]int // channel, outcome
}

func newPast() past {
	return past{recoveries: map[string]*tally{}, decisions: newTally(peopleBuckets), waits: map[string]*tally{},
		missed: map[[2]string]int{}, risks: map[[2]string]int{}, steps: map[[2]string]int{}, notifications: map[[2]string]int{}}
}

// copy may be added to.
func (p past) copy() past {
	c := past{recoveries: map[string]*tally{}, decisions: p.decisions.copy(), waits: map[string]*tally{},
		missed: maps.Clone(p.missed), risks: maps.Clone(p.risks), steps: maps.Clone(p.steps), notifications: maps.Clone(p.notifications)}
	for service, t := range p.recoveries {
		c.recoveries[service] = t.copy()
	}
	for role, t := range p.waits {
		c.waits[role] = t.copy()
	}
	return c
}

// Bygones are what the incidents of a desk add up to that are over: to go through ten thousand of them for each scrape, while
// the desk waits, takes longer than all else that it does. What is said of one afterwards has all of them added up anew.
type bygones struct {
	mu      sync.Mutex // while one life of the daemon makes room for the next, two desks are looked at side by side
	desk    *incident.Desk
	records map[string]int // of each incident that is added up
	past    past
}

// all is what all incidents add up to.
func (b *bygones) all(d *incident.Desk, incidents iter.Seq[incident.Incident]) past {
	if b == nil {
		b = &bygones{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.records == nil || b.desk != d {
		b.begin(d)
	}
	open, still := b.addUp(incidents)
	if !still {
		b.begin(d)
		open, _ = b.addUp(incidents)
	}
	p := b.past.copy()
	for _, i := range open {
		p.add(i)
	}
	return p
}

// begin forgets what was added up.
func (b *bygones) begin(d *incident.Desk) { b.desk, b.records, b.past = d, map[string]int{}, newPast() }

// addUp adds what is over and was not before; open are the others. It reports false where one that was added up already is no
// longer as it was.
func (b *bygones) addUp(incidents iter.Seq[incident.Incident]) (open []incident.Incident, still bool) {
	for i := range incidents {
		switch known, added := b.records[i.ID]; {
		case added && (i.Open() || known != len(i.Timeline)):
			return nil, false
		case i.Open():
			open = append(open, i)
		case !added:
			b.past.add(i)
			b.records[i.ID] = len(i.Timeline)
		}
	}
	return open, true
}

func (p past) add(i incident.Incident) {
	steps := map[[2]string]incident.StepState{}
	for _, run := range i.Runs {
		for _, step := range run.Steps {
			steps[[2]string{run.ID, step.ID}] = step
		}
	}
	if !i.DeclaredAt.IsZero() {
		lag := time.Duration(0) // declared by hand before the rules said so: nothing was waited for
		if !i.FirstDisaster.IsZero() {
			lag = max(0, i.DeclaredAt.Sub(i.FirstDisaster))
		}
		p.decisions.add(lag)
	}
	for _, r := range i.Recoveries {
		if rta, back := r.RTA(); back {
			of(p.recoveries, r.Service, recoveryBuckets).add(rta)
		}
	}
	for _, record := range i.Timeline {
		p.read(steps, record)
	}
	for _, step := range steps {
		if asked(step) && !step.Ended.IsZero() && !step.Started.IsZero() {
			of(p.waits, orNone(step.Role), peopleBuckets).add(step.Ended.Sub(step.Started))
		}
	}
}

// asked reports whether a step is a person's to end.
func asked(s incident.StepState) bool {
	return s.Kind.Human() || s.Kind == playbooks.KindNotify && s.Role != ""
}

func (p past) read(steps map[[2]string]incident.StepState, r incident.Record) {
	switch e := r.Event.(type) {
	case incident.ObjectiveAtRisk:
		p.risks[[2]string{e.Service, string(e.Risk)}]++
	case incident.ObjectiveMissed:
		p.missed[[2]string{e.Service, e.Objective}]++
	case incident.Notified:
		p.notifications[[2]string{channel(e), sent(e)}]++
	case incident.StepDone:
		p.ended(steps, e.Run, e.Step, "done")
	case incident.StepFailed:
		p.ended(steps, e.Run, e.Step, string(e.Outcome))
	case incident.StepDeclined:
		p.ended(steps, e.Run, e.Step, "declined")
	case incident.StepSkipped:
		p.ended(steps, e.Run, e.Step, "skipped")
	}
}

func (p past) ended(steps map[[2]string]incident.StepState, run, step, outcome string) {
	kind := steps[[2]string{run, step}].Kind
	p.steps[[2]string{orNone(string(kind)), outcome}]++
}

// channel is the kind of a notice's channel; where it could not even be chosen, "none".
func channel(n incident.Notified) string {
	switch n.Channel {
	case "log", "webhook":
		return n.Channel
	case "":
		return "none"
	}
	return "other"
}

func sent(n incident.Notified) string {
	if n.Error != "" {
		return "failed"
	}
	return "sent"
}

// awaited puts in, at zero, what alert rules wait for: a counter that first appears at one has, to Prometheus, never
// increased, and the first page that reached nobody would be missed.
func (p past) awaited(docs *incident.Documents) {
	for _, went := range [][2]string{{"log", "sent"}, {"webhook", "sent"}, {"none", "failed"}} {
		p.notifications[went] += 0
	}
	if docs == nil {
		return
	}
	for _, service := range docs.BIA.Judged() {
		if o := docs.BIA.Objectives(service); o.Judged() {
			_, objective := o.Tightest()
			p.missed[[2]string{service, objective}] += 0
			for _, risk := range []incident.Risk{incident.RiskPossible, incident.RiskLikely, incident.RiskMTPD} {
				p.risks[[2]string{service, string(risk)}] += 0
			}
		}
	}
}

// history reads off what has happened.
func (m *reading) history(s sight) {
	p := m.bygones.all(m.desk, s.incidents())
	p.awaited(s.documents)
	for _, service := range sorted(p.recoveries) {
		m.histogram(rtaDesc, p.recoveries[service], service, "false") // exercises have figures of their own
	}
	m.histogram(lagDesc, p.decisions)
	for _, role := range sorted(p.waits) {
		m.histogram(waitDesc, p.waits[role], role)
	}
	for _, key := range sortedPairs(p.missed) {
		m.counter(missedDesc, float64(p.missed[key]), key[:]...)
	}
	for _, key := range sortedPairs(p.risks) {
		m.counter(riskDesc, float64(p.risks[key]), key[:]...)
	}
	for _, key := range sortedPairs(p.steps) {
		m.counter(stepsDesc, float64(p.steps[key]), key[:]...)
	}
	for _, key := range sortedPairs(p.notifications) {
		m.counter(notificationDesc, float64(p.notifications[key]), key[:]...)
	}
}

// of is the tally of a label, begun if it is the first.
func of(all map[string]*tally, label string, bounds []float64) *tally {
	if all[label] == nil {
		all[label] = newTally(bounds)
	}
	return all[label]
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func sortedPairs(m map[[2]string]int) [][2]string {
	return slices.SortedFunc(maps.Keys(m), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
}
