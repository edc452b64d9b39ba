package incident

import (
	"maps"
	"slices"
	"strings"
	"time"

	"holdfast/detector"
	"holdfast/internal/planted"
	"holdfast/internal/source"
	"holdfast/oncall"
)

// Order carries out what a person asks for, or refuses with a *Refusal; what it names and does not exist is a *NotFound.
func (d *Desk) Order(now time.Time, by *oncall.Person, c Command) ([]Change, error) {
	switch {
	case by == nil || by.ID == "":
		return nil, Refuse("nobody said who asks; every act carries a name")
	case d.docs == nil:
		return nil, Refuse("no documents have been adopted, so nobody knows who may do what")
	}
	if d.shadow && !harmless(c.Verb) {
		return nil, Refuse(idleShadow)
	}
	return d.draft(now).order(by.ID, c)
}

// harmless reports whether a verb changes only what is known and judged, which a shadow does too.
func harmless(v Verb) bool {
	_, says := wordOrders[v]
	return says || slices.Contains([]Verb{VerbNote, VerbAction, VerbActionDone, VerbArm, VerbDisarm, VerbAdoptGap, VerbRebase}, v)
}

func (f *draft) order(person string, c Command) ([]Change, error) {
	switch {
	case c.Verb == VerbArm || c.Verb == VerbDisarm:
		return f.arms(person, c)
	case c.Verb == VerbAdoptGap:
		return f.adoptsGap(person, c)
	case c.Verb == VerbDeclare && c.Incident == "":
		return f.declareByHand(person, c)
	case c.Verb == VerbRehearse:
		return f.rehearse(person, c)
	}
	if say, ok := wordOrders[c.Verb]; ok {
		e, err := say(f, person, c)
		if err != nil {
			return nil, err
		}
		return []Change{{Event: e}}, nil
	}
	i, ok := f.incidents.find(c.Incident)
	if !ok {
		return nil, &NotFound{What: "incident", ID: c.Incident, Hint: source.DidYouMean(c.Incident, f.ids)}
	}
	events, err := f.orderOn(*i, person, c)
	var changes []Change
	for _, e := range events {
		changes = append(changes, Change{Incident: i.ID, Event: e})
		if queued, ok := e.(InvocationQueued); ok {
			changes = append(changes, f.superseding(*i, queued)...)
		}
	}
	return append(changes, estimates(*i, events, f.now)...), err
}

func (f *draft) orderOn(i Incident, person string, c Command) ([]Event, error) {
	if c.Verb == VerbRebase {
		if err := i.driven(c.Verb); err != nil {
			return nil, err
		}
		return f.orderRebase(i, person, c)
	}
	return i.Order(f.world(i, f.follows(&i)), person, c)
}

// Order is what a person's command does to the incident, or why not.
func (i Incident) Order(w World, person string, c Command) ([]Event, error) {
	switch c.Verb {
	case VerbNote:
		return i.note(person, c)
	case VerbAction:
		return i.orderAction(w, person, c)
	case VerbActionDone:
		return i.orderActionDone(w, person, c)
	case VerbReported:
		return i.orderReported(w, person, c)
	}
	if err := i.driven(c.Verb); err != nil {
		return nil, err
	}
	if i.Exercise != "" {
		if events, err, settled := i.orderOnExercise(w, person, c); settled {
			return events, err
		}
	}
	switch c.Verb {
	case VerbDeclare:
		return i.orderDeclare(w, person, c)
	case VerbDecline:
		if c.Step == "" {
			return i.orderDecline(w, person, c)
		}
	case VerbInvoke:
		return i.orderInvoke(w, person, c)
	case VerbStandDown:
		return i.orderStandDown(w, person, c)
	}
	if events, err, known := i.control(w, person, c); known {
		return events, err
	}
	order, ok := stepOrders[c.Verb]
	if !ok {
		return nil, &NotFound{What: "command", ID: string(c.Verb), Hint: source.DidYouMean(string(c.Verb), verbs())}
	}
	l, err := i.leg(c)
	if err != nil {
		return nil, err
	}
	if err := open(l); err != nil {
		return nil, err
	}
	events, err := order(i, w, l, person, c)
	for n, e := range events {
		events[n] = i.hurried(w, e)
	}
	return events, err
}

func verbs() []string {
	all := []string{string(VerbDeclare), string(VerbInvoke), string(VerbPause), string(VerbHold), string(VerbResume), string(VerbAbort), string(VerbSkipRest), string(VerbStandDown), string(VerbRehearse), string(VerbRebase), string(VerbArm), string(VerbDisarm), string(VerbAdoptGap), string(VerbNote), string(VerbAction), string(VerbActionDone), string(VerbReported)}
	for _, v := range slices.Sorted(maps.Keys(wordOrders)) {
		all = append(all, string(v))
	}
	for _, v := range slices.Sorted(maps.Keys(stepOrders)) {
		all = append(all, string(v))
	}
	return all
}

// driven refuses what can no longer happen to the incident. One that is shown and not driven can still be stood down, or
// it would stay for ever and hold what it holds.
func (i Incident) driven(verb Verb) error {
	switch {
	case i.HandsOff != "" && i.StoodDown == nil && verb != VerbStandDown:
		return Refuse("%[1]s is shown, not driven (%[2]s): nothing would come of it. Carry it through by hand, put down what was done (holdfast note %[1]s WHAT), then holdfast stand-down %[1]s --reason WHY", i.ID, i.HandsOff)
	case i.StoodDown != nil:
		return before(i.StoodDown.By, i.Closed, "%s was stood down by %s at %s", i.ID, who(i.StoodDown.By), stamp(i.Closed))
	case i.Concluded != nil:
		return before(i.Concluded.By, i.Closed, "the exercise %s was concluded at %s", i.ID, stamp(i.Closed))
	case !i.Open():
		return before(Actor{}, i.Closed, "%s ended by itself at %s, without a declaration", i.ID, stamp(i.Closed))
	}
	return nil
}

// before is a Refusal that names who was before, and when.
func before(by Actor, at time.Time, format string, args ...any) *Refusal {
	r := Refuse(format, args...)
	r.By, r.At = by, at
	return r
}

func (i Incident) note(person string, c Command) ([]Event, error) {
	if strings.TrimSpace(c.Reason) == "" {
		return nil, Refuse("a note without a text says nothing")
	}
	return noting(Noted{By: Actor{Person: person}, Text: c.Reason}), nil
}

func (i Incident) orderDeclare(w World, person string, c Command) ([]Event, error) {
	if i.Declared != nil {
		return nil, before(i.Declared.By, i.DeclaredAt, "%s was already declared by %s at %s", i.ID, who(i.Declared.By), stamp(i.DeclaredAt))
	}
	by, err := w.duty().entitled(person, "declare", authority(w.declaration()))
	if err != nil {
		return nil, err
	}
	criteria := union(ids(grounds(w.Verdict)), []string{criterionManual})
	return []Event{i.declaredBy(w, by, criteria, c.Reason)}, nil
}

// orderDecline refuses a declaration before or after it is recommended. It binds for what is known now.
func (i Incident) orderDecline(w World, person string, c Command) ([]Event, error) {
	by, err := w.duty().entitled(person, "decline a declaration", authority(w.declaration()))
	switch {
	case err != nil:
		return nil, err
	case i.Declared != nil:
		return nil, before(i.Declared.By, i.DeclaredAt, "%s was already declared by %s at %s; stand it down, or name the step that you decline", i.ID, who(i.Declared.By), stamp(i.DeclaredAt))
	case !c.Until.IsZero() && !c.Until.After(w.Now):
		return nil, Refuse("until %s is not in the future", stamp(c.Until))
	case i.binding(w):
		return nil, before(i.Declined.By, i.DeclinedAt, "it was already declined by %s at %s", who(i.Declined.By), stamp(i.DeclinedAt))
	}
	criteria := ids(grounds(w.Verdict))
	if i.Recommended != nil {
		criteria = union(criteria, i.Recommended.Criteria)
	}
	if i.DecisionDue != nil {
		criteria = union(criteria, []string{criterionDecisionPoint})
	}
	if len(criteria) == 0 {
		return nil, Refuse("no declaration is recommended or due for %s", i.ID)
	}
	e := DeclarationDeclined{By: by, Criteria: criteria, Services: lostServices(w), Reason: c.Reason, Until: c.Until}
	if w.Verdict != nil {
		e.Lost = w.Verdict.Lost
	}
	return []Event{e}, nil
}

// orderInvoke starts a playbook that a person names, though it may not fit: they see what the documents do not.
func (i Incident) orderInvoke(w World, person string, c Command) ([]Event, error) {
	by, err := w.duty().entitled(person, "invoke a playbook", authority(w.declaration()))
	switch {
	case err != nil:
		return nil, err
	case i.Declared == nil:
		return nil, Refuse("%s is not declared a disaster; declare it first", i.ID)
	case len(c.Services) != 1:
		return nil, Refuse("name the one service that the playbook is to bring back")
	case strings.TrimSpace(c.Reason) == "":
		return nil, Refuse("an invocation by hand needs a reason")
	}
	service := c.Services[0]
	if _, ok := w.Documents.BIA.Service(service); !ok {
		return nil, &NotFound{What: "service", ID: service, Hint: source.DidYouMean(service, w.Documents.BIA.Judged())}
	}
	p, ok := w.Documents.playbook(c.Playbook)
	if !ok {
		return nil, &NotFound{What: "playbook", ID: c.Playbook, Hint: source.DidYouMean(c.Playbook, w.Documents.playbookIDs())}
	}
	if way := i.inTheWay(w, p, service); len(way) > 0 {
		if c.Supersede || c.Queue {
			return i.makeWay(by, c, way)
		}
		first := way[0]
		if first.stranded {
			return nil, before(first.run.By, first.run.Started, "%s cannot start: %s; --queue starts it when that has ended", p.ID, first.why)
		}
		return nil, before(first.run.By, first.run.Started, "%s cannot start: %s since %s, started by %s; --queue starts it when that has ended, --supersede ends that between two steps",
			p.ID, first.why, stamp(first.run.Started), who(first.run.By))
	}
	c0, _ := i.Recovery(service)
	e := i.begin(w, i.want(w, service, c0.Since, c0.Clocks.Deadline), p, by)
	e.Reason = c.Reason
	return []Event{e}, nil
}

// orderStandDown ends the incident. Runs end with it, but not while a machine is at work: nobody would learn how it went.
func (i Incident) orderStandDown(w World, person string, c Command) ([]Event, error) {
	by, err := w.duty().entitled(person, "stand down", authority(w.declaration()))
	switch {
	case err != nil:
		return nil, err
	case i.Declared == nil && i.HandsOff == "":
		return nil, Refuse("%s is not declared; it ends by itself when its outages do", i.ID)
	}
	var events []Event
	for _, r := range i.Runs {
		if !r.Active() {
			continue
		}
		if s, busy := r.busy(); busy && i.HandsOff == "" && !planted.Is(planted.BusyIgnored) {
			return nil, before(Actor{}, s.Sent, "%s is being carried out since %s; wait for it, at most until %s", stepName(r.ID, s.ID), stamp(s.Sent), stamp(s.Until))
		}
		if l, open := i.unsettled(r); open && i.HandsOff == "" {
			return nil, before(r.Ending.By, r.Ending.At, "run %s is being %s since %s: %s is still to come (%s), or leave things as they are: holdfast abort %s %s --keep --reason WHY",
				r.ID, r.Ending.Result, stamp(r.Ending.At), l.called(), l.undoWaits(w), i.ID, r.ID)
		}
		events = append(events, RunEnded{Run: r.ID, Result: "stood_down"})
	}
	if i.StandDownRecommendedAt.IsZero() && i.HandsOff == "" && strings.TrimSpace(c.Reason) == "" {
		return nil, Refuse("standing down is not recommended yet (%s); to do it all the same needs a reason", i.unfinished(w))
	}
	return append(events, StoodDown{By: by, Reason: c.Reason, Tell: join(w.duty().lines(authority(w.declaration())...), i.everTold(""))}), nil
}

// arms lets declarations happen automatically, or leaves them to people.
func (f *draft) arms(person string, c Command) ([]Change, error) {
	roles := authority(f.docs.BIA.Declaration)
	by, err := duty{roster: f.docs.People, at: f.now}.entitled(person, string(c.Verb), roles)
	if err != nil {
		return nil, err
	}
	if f.arming != nil {
		switch e := f.arming.Event.(type) {
		case Armed:
			if c.Verb == VerbArm && f.unread == "" {
				return nil, before(e.By, f.arming.At, "already armed by %s at %s", who(e.By), stamp(f.arming.At))
			}
		case Disarmed:
			if c.Verb == VerbDisarm && e.By.Person != "" { // a rule that disarmed stops no machine; a person's word does
				return nil, before(e.By, f.arming.At, "already disarmed by %s at %s", who(e.By), stamp(f.arming.At))
			}
		}
	}
	if c.Verb == VerbArm {
		return []Change{{Event: Armed{By: by, Reason: c.Reason}}}, nil
	}
	return []Change{{Event: Disarmed{By: by, Reason: c.Reason}}}, nil
}

// declareByHand declares services that a person names: in the incident that has one of them, else in a new one.
func (f *draft) declareByHand(person string, c Command) ([]Change, error) {
	if len(c.Services) == 0 {
		return nil, Refuse("name an incident, or the services that are lost")
	}
	for _, service := range c.Services {
		if _, ok := f.docs.BIA.Service(service); !ok {
			return nil, &NotFound{What: "service", ID: service, Hint: source.DidYouMean(service, f.docs.BIA.Judged())}
		}
		for _, i := range f.open() {
			if i.knows(service) && i.HandsOff != "" {
				return nil, before(Actor{}, i.Opened, "%s belongs to the incident %s since %s, and %s; declare it after that", service, i.ID, stamp(i.Opened), i.undriven())
			}
			if i.knows(service) {
				return nil, before(Actor{}, i.Opened, "%s belongs to the incident %s since %s; declare that", service, i.ID, stamp(i.Opened))
			}
		}
	}
	by, err := duty{roster: f.docs.People, at: f.now}.entitled(person, "declare", authority(f.docs.BIA.Declaration))
	if err != nil {
		return nil, err
	}
	v := f.situationByHand(by, c)
	id := idFor(c.Services[0], f.now, f.taken)
	v.Key = byHand + id
	opening := Classified{Verdict: v, JudgedBy: f.docs.BIA.Digest}
	opened := Incident{}.Apply(Record{At: f.now, Incident: id, Event: opening})
	e := opened.declaredBy(f.world(opened, &v), by, []string{criterionManual}, c.Reason)
	e.Services = f.pinned(c.Services)
	return []Change{{Incident: id, Event: opening}, {Incident: id, Event: e}}, nil
}

// situationByHand is a situation that the detector does not see: the services are lost because a person says so. Their
// recovery clocks start when monitoring measures an outage.
func (f *draft) situationByHand(by Actor, c Command) detector.Verdict {
	why := "declared by hand by " + who(by) + because(c.Reason)
	v := detector.Verdict{At: f.now, Level: detector.Disaster, Current: detector.Disaster, Since: f.now, Open: true}
	for _, service := range c.Services {
		v.Services = append(v.Services, detector.Outage{Service: service, State: f.facts.ServiceState(service).State, Objectives: f.docs.BIA.Objectives(service)})
	}
	v.Explanation = detector.Explanation{Summary: why, Criteria: []detector.Criterion{{ID: criterionManual, Level: detector.Disaster,
		Answer: detector.Met, Evidence: []string{why}, Services: c.Services, MetAt: f.now}}}
	return v
}

// pinned are the services as a declaration by hand measures them: from the declaration on.
func (f *draft) pinned(services []string) (all []Pinned) {
	for _, s := range services {
		all = append(all, Pinned{Service: s, Objectives: f.docs.BIA.Objectives(s), Clocks: f.docs.BIA.Clocks(s, f.now)})
	}
	return all
}
