package incident

import (
	"slices"
	"strings"

	"holdfast/internal/source"
	"holdfast/playbooks"
)

// control is what people can do to a run as a whole; false: the verb is none of these.
func (i Incident) control(w World, person string, c Command) (events []Event, err error, known bool) {
	switch c.Verb {
	case VerbPause:
		events, err = i.orderPause(w, person, c)
	case VerbHold:
		if c.Step == "" {
			events, err = i.orderPause(w, person, c)
		} else {
			events, err = i.orderHold(w, person, c)
		}
	case VerbResume:
		events, err = i.orderResume(w, person, c)
	case VerbAbort:
		events, err = i.orderAbort(w, person, c)
	case VerbSkipRest:
		events, err = i.orderSkipRest(w, person, c)
	default:
		return nil, nil, false
	}
	return events, err, true
}

// runMeant finds the run that a command names, or the only one that goes on.
func (i Incident) runMeant(c Command) (Run, error) {
	var active []string
	for _, r := range i.Runs {
		if c.Run == r.ID {
			if !r.Active() {
				return r, before(Actor{}, r.Ended, "run %s of %s ended (%s) at %s", r.ID, i.ID, strings.ReplaceAll(r.Result, "_", " "), stamp(r.Ended))
			}
			return r, nil
		}
		if r.Active() {
			active = append(active, r.ID)
		}
	}
	switch {
	case c.Run != "":
		return Run{}, &NotFound{What: "run", ID: c.Run, Hint: source.DidYouMean(c.Run, active)}
	case len(active) == 0:
		return Run{}, Refuse("no run of %s goes on", i.ID)
	case len(active) > 1:
		return Run{}, Refuse("several runs of %s go on: name one of %s", i.ID, strings.Join(active, ", "))
	}
	run, _ := i.runOf(active[0])
	return run, nil
}

// brakers are the roles that may keep a run from going on: whoever has a part in it, responders, and the authority. To
// stop is always safer than to go on, so it is for many; to let it go on is for fewer.
func brakers(w World, run Run) []string {
	roles := authority(w.declaration())
	for _, s := range run.Steps {
		roles = join(roles, s.actors())
	}
	if run.Playbook != nil {
		for _, m := range run.Playbook.Roles() {
			roles = join(roles, []string{m.Name})
		}
	}
	return join(roles, w.declaration().Responders)
}

// restrain checks what pausing and holding have in common.
func restrain(w World, run Run, person string, c Command) (Actor, error) {
	by, err := w.duty().entitled(person, string(c.Verb)+" run "+run.ID, brakers(w, run))
	switch {
	case err != nil:
		return by, err
	case strings.TrimSpace(c.Reason) == "":
		return by, Refuse("to %s needs a reason", c.Verb)
	case !c.Until.IsZero() && !c.Until.After(w.Now):
		return by, Refuse("until %s is not in the future", stamp(c.Until))
	}
	return by, nil
}

func (i Incident) orderPause(w World, person string, c Command) ([]Event, error) {
	run, err := i.runMeant(c)
	if err != nil {
		return nil, err
	}
	by, err := restrain(w, run, person, c)
	if err != nil {
		return nil, err
	}
	if b := run.Paused; b != nil {
		return nil, before(b.By, b.At, "run %s was already paused by %s at %s%s%s", run.ID, who(b.By), stamp(b.At), untilWords(b.Until), because(b.Reason))
	}
	return []Event{RunPaused{Run: run.ID, Until: c.Until, By: by, Reason: c.Reason, Tell: w.duty().first(affected(w, run)...)}}, nil
}

// affected are the roles that have to know what becomes of a run: the authority, and whoever has a step under way.
func affected(w World, run Run) []string {
	return join([]string{w.declaration().Authority}, run.waitingRoles())
}

func (i Incident) orderHold(w World, person string, c Command) ([]Event, error) {
	l, err := i.leg(c)
	if err != nil {
		return nil, err
	}
	run, step := l.name()
	by, err := restrain(w, l.run, person, c)
	s := l.state()
	switch {
	case err != nil:
		return nil, err
	case s.Status != Pending || !l.run.Active():
		if err := open(l); err != nil {
			return nil, err
		}
	case l.run.Ending != nil:
		return nil, open(l)
	}
	switch {
	case s.Held != nil:
		return nil, l.heldBack("hold")
	case s.Status == Running:
		return nil, before(Actor{}, s.Sent, "%s is under way since %s; pause the run and it is the last, or abort it", l.called(), stamp(s.Sent))
	}
	return []Event{StepHeld{Run: run, Step: step, Until: c.Until, By: by, Reason: c.Reason}}, nil
}

// orderResume takes a brake off: whoever put it on, or the authority.
func (i Incident) orderResume(w World, person string, c Command) ([]Event, error) {
	var b *Brake
	var run Run
	var step string
	if c.Step != "" {
		l, err := i.leg(c)
		if err != nil {
			return nil, err
		}
		if b = l.run.Steps[l.n].Held; b == nil {
			return nil, Refuse("nobody holds %s", l.called())
		}
		run, step = l.run, l.run.Steps[l.n].ID
	} else {
		var err error
		if run, err = i.runMeant(c); err != nil {
			return nil, err
		}
		if b = run.Paused; b == nil && i.disarmedRun(w, run) != "" {
			b = &Brake{By: w.Off.By, At: w.Off.At}
		}
		if b == nil {
			return nil, Refuse("nobody has paused run %s of %s", run.ID, i.ID)
		}
	}
	by, err := w.duty().entitled(person, "resume run "+run.ID, authority(w.declaration()))
	if err != nil && b.By.Person == person {
		by, err = b.By, nil
	}
	switch {
	case err != nil:
		return nil, err
	case step != "":
		return []Event{StepReleased{Run: run.ID, Step: step, By: by, Reason: c.Reason}}, nil
	}
	return []Event{RunResumed{Run: run.ID, By: by, Reason: c.Reason}}, nil
}

// orderAbort calls a run off, or with no run named everything in the incident. It is honoured in every state: before
// anything was invoked, while something is under way, and again to stop an undo that does more harm than good.
func (i Incident) orderAbort(w World, person string, c Command) ([]Event, error) {
	by, err := w.duty().entitled(person, "abort", authority(w.declaration()))
	switch {
	case err != nil:
		return nil, err
	case strings.TrimSpace(c.Reason) == "":
		return nil, Refuse("to abort needs a reason")
	}
	e := RunAborted{Run: c.Run, Keep: c.Keep, By: by, Reason: c.Reason}
	going, roles := i.Aborted == nil, authority(w.declaration())
	if c.Run != "" {
		run, err := i.runMeant(c)
		if err != nil {
			return nil, err
		}
		going = false
		if done := run.Ending; done != nil && !abortable(run, c) {
			return nil, before(done.By, done.At, "run %s was already %s by %s at %s%s", run.ID, done.Result, who(done.By), stamp(done.At), because(done.Reason))
		}
	}
	for _, r := range i.Runs {
		if r.Active() && (c.Run == "" || r.ID == c.Run) {
			going = going || abortable(r, c)
			e.ByHand = append(e.ByHand, r.byHand()...)
			roles = join(roles, affected(w, r))
		}
	}
	if !going {
		return nil, before(i.Aborted.By, i.Aborted.At, "%s was already aborted by %s at %s%s", i.ID, who(i.Aborted.By), stamp(i.Aborted.At), because(i.Aborted.Reason))
	}
	e.Tell = join(w.duty().lines(roles...), i.everTold(c.Run))
	return []Event{e}, nil
}

// abortable reports whether an abort changes anything for a run: it goes on, or makes way for another, or is being undone
// and is now to be kept as it is.
func abortable(run Run, c Command) bool {
	return run.Ending == nil || run.Ending.Result == resultSuperseded || c.Keep && run.Ending.Undo
}

// queued starts what people have ordered once nothing stands in its way any more.
func (i Incident) queued(w World) []Event {
	for _, q := range i.Queued {
		p, ok := w.Documents.playbook(q.Playbook)
		mine := i.goingOn(func(r Run) bool { return r.Service == q.Service })
		if !ok || mine != "" || w.Bringing(q.Service) != "" || w.Stranded(q.Service) != (Strand{}) || len(i.taken(w, p)) > 0 {
			continue
		}
		c, _ := i.Recovery(q.Service)
		e := i.begin(w, i.want(w, q.Service, c.Since, c.Clocks.Deadline), p, q.By)
		e.Reason = q.Reason
		e.orderedAt(q.At, w.Now)
		return []Event{e}
	}
	return nil
}

// A hindrance is a run that another invocation has to wait for.
type hindrance struct {
	RunRef
	why string
	run Run

	stranded bool // nobody carries it out
}

// inTheWay are the runs, of any incident, that keep a playbook from being invoked for a service.
func (i Incident) inTheWay(w World, p *playbooks.Playbook, service string) (all []hindrance) {
	look := func(of Incident) {
		for _, r := range of.Runs {
			if why := i.hinders(of, r, p, service); r.Active() && why != "" {
				if of.HandsOff != "" {
					why += ", and " + of.undriven()
				}
				all = append(all, hindrance{RunRef{of.ID, r.ID}, why, r, of.HandsOff != ""})
			}
		}
	}
	look(i)
	for _, other := range w.others(i.ID) {
		look(other)
	}
	return all
}

func (i Incident) hinders(of Incident, r Run, p *playbooks.Playbook, service string) string {
	name := "run " + r.ID + " of " + of.ID
	switch {
	case r.Name == p.ID, r.Service == service && (of.ID == i.ID || r.Exercise == ""):
		return name + " (" + r.Name + " for " + r.Service + ") still goes on"
	case r.Playbook != nil:
		for _, resource := range p.Exclusive {
			if slices.Contains(r.Playbook.Exclusive, resource) {
				return "it needs " + resource + ", which " + name + " holds"
			}
		}
	}
	return ""
}

// others are the open incidents beside one.
func (w World) others(id string) []Incident {
	if w.Open == nil {
		return nil
	}
	return slices.DeleteFunc(w.Open(), func(i Incident) bool { return i.ID == id })
}

// makeWay orders an invocation that has to wait, and ends what stands in its way where that is ordered too.
func (i Incident) makeWay(by Actor, c Command, hindrances []hindrance) ([]Event, error) {
	service := c.Services[0]
	if n := slices.IndexFunc(i.Queued, func(q Queued) bool { return q.Playbook == c.Playbook && q.Service == service }); n >= 0 && !c.Supersede {
		q := i.Queued[n]
		return nil, before(q.By, q.At, "%s already waits for its turn: %s ordered it at %s", c.Playbook, who(q.By), stamp(q.At))
	}
	e := InvocationQueued{Service: service, Playbook: c.Playbook, By: by, Reason: c.Reason}
	for _, h := range hindrances {
		e.Behind = append(e.Behind, h.why)
		if !c.Supersede || h.run.Ending != nil {
			continue
		}
		if h.run.Playbook == nil || h.stranded {
			return nil, Refuse("run %s of %s is shown, not driven, so nobody can end it between steps: see what was done of it, then holdfast stand-down %[2]s --reason WHY", h.Run, h.Incident)
		}
		e.Supersedes = append(e.Supersedes, h.RunRef)
	}
	return []Event{e}, nil
}

// superseding are the changes by which runs make way for an invocation that was queued.
func (f *draft) superseding(i Incident, e InvocationQueued) (changes []Change) {
	for _, ref := range e.Supersedes {
		of := *f.incidents.of(ref.Incident)
		run, _ := of.runOf(ref.Run)
		duty := duty{roster: f.docs.People, at: f.now}
		roles := append([]string{f.docs.BIA.Declaration.Authority}, run.waitingRoles()...)
		changes = append(changes, Change{Incident: ref.Incident, Event: RunSuperseded{Run: ref.Run, For: e.Playbook, Incident: i.ID, By: e.By, Reason: e.Reason,
			Tell: join(duty.first(roles...), of.everTold(ref.Run))}})
	}
	return changes
}

// waitingRoles are the roles that a run waits for.
func (r Run) waitingRoles() (roles []string) {
	for _, s := range r.Steps {
		if s.Status == Waiting || s.Status == Stuck {
			roles = join(roles, s.actors())
		}
	}
	return roles
}
