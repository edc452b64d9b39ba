package sim

import (
	"fmt"
	"slices"
	"time"

	"holdfast/incident"
	"holdfast/playbooks"
)

// crew are the people of the house.
type crew struct {
	w     *World
	edits int
}

var (
	everybody  = []string{"ada", "ben", "cem", "dee", "eva", "finn"}
	mayDeclare = []string{"ada", "ben", "cem"}
)

func (w *World) people() {
	w.crew.w = w
	w.after(time.Minute, w.round)
}

// round has somebody look at what is going on, unasked.
func (w *World) round() {
	every := 40 * time.Minute
	if w.dice.calm {
		every = 4 * time.Minute
	}
	w.after(w.dice.evenly("until somebody looks again", every/2, every), w.round)
	w.handsOn()
	for _, i := range w.shown() {
		w.crew.react(one(w.dice, "who looks", everybody), i.ID)
	}
}

// handsOn holds that nobody keeps their hands off a log that is whole: of what is missing there they must not have known.
func (w *World) handsOn() {
	for _, h := range w.hosts {
		if p := h.alive; p != nil && w.store.damaged == "" && p.inv.Status().HandsOff != "" {
			w.fail("I10", "%s keeps its hands off a log that nobody has damaged: %s", p.name, p.inv.Status().HandsOff)
		}
	}
}

// shown are the open incidents, as whoever is in charge shows them.
func (w *World) shown() (open []incident.Incident) {
	p := w.charge()
	if p == nil {
		return nil
	}
	p.inv.Look(func(d *incident.Desk) {
		if armed, _ := d.Armed(); !armed && w.dice.calm && d.Documents() != nil {
			p.order("ada", incident.Command{Verb: incident.VerbArm, Reason: "all is looked at"}, func([]incident.Change, error) {})
		}
		for _, i := range d.Incidents() {
			if i.Open() {
				open = append(open, i)
			}
		}
	})
	return open
}

// charge is who decides; nil: nobody can be asked.
func (w *World) charge() *process {
	for _, h := range w.hosts {
		if p := h.alive; p != nil && p.inCharge() && !w.now.Before(p.frozen) {
			return p
		}
	}
	return nil
}

// notified tells a person, who then reacts, or does not.
func (c *crew) notified(e incident.Effect) {
	d := c.w.dice
	c.w.note("%s is told: %s", e.Notice.Person, e.Notice.Subject)
	if d.fault("a person does not react") {
		return
	}
	after := d.between("until a person reacts", 20*time.Second, 10*time.Minute)
	if d.fault("a person answers hours late") {
		after = d.between("how late a person answers", time.Hour, 8*time.Hour)
	}
	c.w.after(after, func() { c.react(e.Notice.Person, e.Incident) })
	if d.fault("a person says the same twice") {
		c.w.after(after+time.Second, func() { c.react(e.Notice.Person, e.Incident) })
	}
}

// react has a person do what an incident asks of them, as far as they may.
func (c *crew) react(person, id string) {
	d := c.w.dice
	p := c.w.charge()
	if p == nil || c.w.dice.fault("a person asks a daemon that only watches") {
		if p = c.w.somebody(); p == nil || c.w.now.Before(p.frozen) {
			return
		}
	}
	var i incident.Incident
	var found bool
	p.inv.Look(func(d *incident.Desk) { i, found = d.Incident(id) })
	if !found {
		return
	}
	var all []incident.Command
	switch {
	case d.fault("a person calls everything off"):
		all = []incident.Command{c.off(i)}
	case d.fault("a person leaves out what keeps the sites apart"):
		all = c.withoutFence(i)
	case d.fault("a person does something else than was asked"):
		all = []incident.Command{c.anything(i)}
	default:
		all = c.asked(i)
	}
	if len(all) > 0 {
		c.try(p, person, all)
	}
}

// off is how somebody who thinks that it is over calls it off.
func (c *crew) off(i incident.Incident) incident.Command {
	k := incident.Command{Verb: incident.VerbAbort, Incident: i.ID, Reason: "a false alarm"}
	switch c.w.dice.below("how everything is called off", 3) {
	case 0:
		k.Verb = incident.VerbStandDown
	case 1:
		for _, r := range i.Runs {
			if r.Active() {
				k.Run = r.ID
			}
		}
	}
	return k
}

// standDown is somebody who has heard that it is over, and does not look whether a machine is at work.
func (c *crew) standDown(id string) {
	if p := c.w.charge(); p != nil {
		c.try(p, one(c.w.dice, "who stands down in haste", mayDeclare), []incident.Command{{Verb: incident.VerbStandDown, Incident: id, Reason: "it is over"}})
	}
}

// withoutFence is how somebody who is in a hurry leaves out what bia.yaml asserts.
func (c *crew) withoutFence(i incident.Incident) (all []incident.Command) {
	for _, r := range i.Runs {
		for _, s := range r.Steps {
			if r.Active() && s.ID == "fence" {
				all = append(all, incident.Command{Verb: incident.VerbSkip, Incident: i.ID, Step: r.ID + "/" + s.ID, Reason: "the north is gone anyway"})
			}
		}
	}
	return all
}

// try asks for one thing after the other, until something is not refused.
func (c *crew) try(p *process, person string, all []incident.Command) {
	p.order(person, all[0], func(changes []incident.Change, err error) {
		switch _, no := refused(err); {
		case err == nil:
			c.w.note("%s: %s %s", person, all[0].Verb, all[0].Step)
			c.w.saw("a person orders " + string(all[0].Verb))
		case no:
			c.w.saw("a person is refused")
			if len(all) > 1 {
				c.try(p, person, all[1:])
			}
		default:
			c.w.saw("a person is told that an order may or may not be recorded")
		}
	})
}

// asked is what an incident asks for; who may not do it is refused.
func (c *crew) asked(i incident.Incident) (all []incident.Command) {
	add := func(verb incident.Verb, step string, more ...func(*incident.Command)) {
		k := incident.Command{Verb: verb, Incident: i.ID, Step: step, Reason: "it is asked"}
		for _, f := range more {
			f(&k)
		}
		all = append(all, k)
	}
	for _, r := range i.Runs {
		if !r.Active() {
			continue
		}
		if r.Paused != nil {
			add(incident.VerbResume, "", func(k *incident.Command) { k.Run = r.ID })
		}
		for _, s := range r.Steps {
			name := r.ID + "/" + s.ID
			if s.Held != nil {
				add(incident.VerbResume, name)
			}
			if s.Undo != nil {
				s.Status = s.Undo.Status
			}
			switch {
			case s.Status == incident.Stuck:
				if !c.w.dice.calm && c.w.dice.chance("a stuck step is left out", 0.3) {
					add(incident.VerbSkip, name)
				}
				add(incident.VerbRetry, name)
				add(incident.VerbDone, name, func(k *incident.Command) { k.Evidence = "photo" })
				add(incident.VerbSkip, name)
			case s.Status == incident.Waiting && s.Kind == playbooks.KindDecide:
				c.decide(i, r, s, add)
			case s.Status == incident.Waiting && s.Kind == playbooks.KindNotify:
				add(incident.VerbAck, name)
			case s.Status == incident.Waiting:
				if c.w.dice.chance("a task is acknowledged first", 0.5) {
					add(incident.VerbAck, name)
				}
				add(incident.VerbDone, name, func(k *incident.Command) { k.Evidence = "photo" })
			}
		}
	}
	switch {
	case i.HandsOff != "", !i.StandDownRecommendedAt.IsZero() && i.StoodDown == nil:
		add(incident.VerbStandDown, "")
	case i.Recommended != nil && i.Declared == nil:
		add(incident.VerbDeclare, "")
	case i.Aborted != nil && i.Declared != nil && c.w.dice.calm:
		add(incident.VerbStandDown, "")
	}
	return all
}

// decide approves what is shown, unless the person does not look at it.
func (c *crew) decide(i incident.Incident, r incident.Run, s incident.StepState, add func(incident.Verb, string, ...func(*incident.Command))) {
	digest := i.Shown(r.ID + "/" + s.ID)
	if c.w.dice.fault("a person approves what they did not look at") {
		digest = "sha256:0000000000000000"
	}
	if c.w.dice.calm && c.w.now.Sub(s.Started) > time.Hour { // all who may have asked for it themselves
		add(incident.VerbAbort, "", func(k *incident.Command) { k.Run = r.ID })
	}
	add(incident.VerbApprove, r.ID+"/"+s.ID, func(k *incident.Command) { k.Digest = digest })
}

// anything is a command that nobody asked for.
func (c *crew) anything(i incident.Incident) incident.Command {
	d := c.w.dice
	k := incident.Command{Incident: i.ID, Reason: "so", Until: c.w.now.Add(time.Hour)}
	k.Verb = one(d, "what else a person does", []incident.Verb{incident.VerbAck, incident.VerbDone, incident.VerbFailed, incident.VerbCannot, incident.VerbApprove,
		incident.VerbDecline, incident.VerbRetry, incident.VerbSkip, incident.VerbHandOver, incident.VerbDeclare, incident.VerbInvoke, incident.VerbPause, incident.VerbHold,
		incident.VerbResume, incident.VerbStandDown, incident.VerbDisarm, incident.VerbArm, incident.VerbNote, incident.VerbRebase, incident.VerbSkipRest})
	var steps []string
	for _, r := range i.Runs {
		for _, s := range r.Steps {
			steps = append(steps, r.ID+"/"+s.ID)
		}
	}
	switch k.Verb {
	case incident.VerbInvoke:
		k.Services, k.Playbook = []string{one(d, "for which service", []string{"booking", "tracking"})}, one(d, "which playbook", []string{"promote-south", "restore-tracking"})
		k.Supersede, k.Queue = d.chance("superseding", 0.3), d.chance("queueing", 0.5)
	case incident.VerbHandOver:
		k.To = one(d, "to whom", everybody)
	case incident.VerbArm, incident.VerbDisarm:
		k.Incident = ""
		return k
	case incident.VerbDeclare, incident.VerbStandDown, incident.VerbPause, incident.VerbNote, incident.VerbRebase, incident.VerbSkipRest:
		return k
	}
	if len(steps) > 0 && k.Verb != incident.VerbInvoke {
		k.Step = one(d, "which step", steps)
		k.Digest = i.Shown(k.Step)
	}
	return k
}

func (w *World) rehearse() {
	p := w.charge()
	if p == nil {
		return
	}
	w.crew.try(p, one(w.dice, "who rehearses", everybody), []incident.Command{{Verb: incident.VerbRehearse, Reason: "to see whether it works",
		Playbook: one(w.dice, "which playbook is rehearsed", []string{"promote-south", "restore-tracking"}), Exercise: one(w.dice, "how it is rehearsed", incident.Kinds)}})
}

func (w *World) declare() {
	p := w.charge()
	if p == nil {
		return
	}
	w.crew.try(p, one(w.dice, "who declares", mayDeclare), []incident.Command{{Verb: incident.VerbDeclare, Reason: "the phones say so",
		Services: []string{one(w.dice, "what is declared", []string{"booking", "tracking"})}}})
}

// finale is the last disaster, without any fault: it has to be seen, declared, answered and recovered from.
func (w *World) finale() {
	w.after(w.end.Sub(w.quiet)/3, func() {
		for _, i := range w.shown() {
			w.fail("L1", "%s is not over though nothing has gone wrong for %v: %s", i.ID, w.end.Sub(w.quiet)/3, whyOpen(i))
			return
		}
		w.ground.lose(5 * time.Hour)
	})
}

// whyOpen is what an incident waits for.
func whyOpen(i incident.Incident) string {
	text := fmt.Sprintf("level %v, declared %v, stand down recommended %v, hands off %q", i.Verdict.Current, i.Declared != nil, !i.StandDownRecommendedAt.IsZero(), i.HandsOff)
	for _, r := range i.Runs {
		if !r.Active() {
			continue
		}
		text += fmt.Sprintf("; run %s of %s", r.ID, r.Name)
		for _, s := range r.Steps {
			if !slices.Contains([]incident.StepStatus{incident.Done, incident.Skipped, incident.Pending, incident.Given}, s.Status) {
				text += fmt.Sprintf(", %s is %s (%s)", s.ID, s.Status, s.Reason)
			}
		}
	}
	return text
}
