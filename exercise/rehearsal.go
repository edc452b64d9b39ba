package exercise

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"holdfast/detector/alert"
	"holdfast/incident"
	"holdfast/oncall"
)

// Run plays a scenario: every line is heard or ordered at its instant, everything that is due is put on record when it
// is due, and every effect is carried out by a rehearsing hand. Machine steps succeed at once unless the scenario says
// how they go, messages are delivered, and observers that have a heartbeat beat until they are said to be silent. What
// the playbooks leave out of exercises is not left out: nothing here reaches the world.
func Run(s *Scenario) (Story, error) {
	r := &rehearsal{
		scenario: s,
		desk:     incident.NewDesk(),
		now:      s.Start,
		story:    Story{Title: s.Title, Start: s.Start},
		pulse:    newPulse(s),
		hand:     newHand(s),
	}
	if len(s.Lines) > 0 && s.Lines[0].At.Before(s.Start) {
		r.now = s.Lines[0].At
	}
	r.story.desk, r.story.scenario = r.desk, s
	r.commit(r.desk.TakeOver("exercise", ""))
	r.commit(r.desk.Adopt(s.Documents, incident.Actor{Rule: "exercise"}))
	for {
		if err := r.instant(); err != nil {
			return r.story, err
		}
		next := r.next()
		if next.After(s.End) {
			return r.story, nil
		}
		if !next.After(r.now) {
			return r.story, fmt.Errorf("the rehearsal came to a stop at %v: what is due next does not lie ahead", r.now.Sub(s.Start))
		}
		r.now = next
	}
}

// rehearsal is a scenario being played.
type rehearsal struct {
	scenario *Scenario
	desk     *incident.Desk
	now      time.Time
	story    Story
	played   int    // lines
	heard    uint64 // messages
	commits  uint64
	pulse    *pulse
	hand     *hand
}

// instant plays everything that happens now. A verdict is a function of all that was said up to now, so everything that
// monitoring says in one instant is heard before anything is judged.
func (r *rehearsal) instant() error {
	if beats := r.pulse.beats(r.now); len(beats) > 0 {
		r.hear(beats)
	}
	for r.played < len(r.scenario.Lines) && !r.scenario.Lines[r.played].At.After(r.now) {
		line := &r.scenario.Lines[r.played]
		r.played++
		if len(line.Alerts) == 0 { // what people answer has been asked before
			if err := r.settle(); err != nil {
				return err
			}
		}
		r.tell(Change{Line: line})
		r.play(line)
	}
	return r.settle()
}

// play lets a line happen.
func (r *rehearsal) play(line *Line) {
	switch {
	case line.Order != nil:
		r.order(line.Order)
	case line.Reach != nil:
		r.hand.lost[line.Reach.Person] = line.Reach.Lost
	case line.Machine != nil:
		r.hand.said(*line.Machine)
	default:
		r.hear(line.Alerts)
		r.pulse.heard(line.Alerts, r.now)
	}
}

func (r *rehearsal) hear(alerts []alert.Alert) {
	r.heard++
	r.desk.Hear(r.heard, r.now, subject, alert.Batch{Format: "holdfast", Alerts: spoken(alerts)}, nil)
}

// order asks the desk for what a person wants; a refusal is a part of the story.
func (r *rehearsal) order(o *Order) {
	command := o.Command
	switch command.Verb {
	case incident.VerbArm, incident.VerbDisarm, incident.VerbEstimate:
	case incident.VerbDeclare:
		if len(command.Services) == 0 {
			command.Incident = r.addressed("")
		}
	default:
		command.Incident = r.addressed(command.Step)
		command.Digest = r.shown(command)
	}
	changes, err := r.desk.Order(r.now, r.person(o.By), command)
	var refusal *incident.Refusal
	switch {
	case errors.As(err, &refusal):
		r.tell(Change{Incident: command.Incident, Refusal: refusal})
	case err != nil:
		r.tell(Change{Incident: command.Incident, Refusal: incident.Refuse("%v", err)})
	default:
		r.commit(changes)
	}
}

// shown is what an approval is for: a line of a scenario speaks for somebody who sees at that instant what a decision lets
// happen.
func (r *rehearsal) shown(c incident.Command) string {
	i, found := r.desk.Incident(c.Incident)
	if !found || c.Verb != incident.VerbApprove {
		return c.Digest
	}
	return i.Shown(c.Step)
}

// person is who orders; without a name it is the first in the authority's line.
func (r *rehearsal) person(name string) *oncall.Person {
	d := r.scenario.Documents
	if name == "" {
		name = d.BIA.Declaration.Authority
		if d.People != nil {
			if line := d.People.Line(name, r.now); len(line) > 0 {
				name = line[0]
			}
		}
	}
	if d.People != nil {
		if p, ok := d.People.People[name]; ok {
			return p
		}
	}
	return &oncall.Person{ID: name}
}

// addressed is the incident that a person means: the oldest open one whose runs have the step, else the oldest open one,
// else, to be refused with the reason why, the newest of all. What is live comes before an exercise.
func (r *rehearsal) addressed(step string) string {
	live := r.among(step, func(i incident.Incident) bool { return i.Exercise == "" })
	return cmp.Or(live.with, r.among(step, func(i incident.Incident) bool { return i.Exercise != "" }).with, live.open,
		r.among(step, func(incident.Incident) bool { return true }).any())
}

// candidates are the incidents that could be meant.
type candidates struct{ newest, open, with string }

func (c candidates) any() string { return cmp.Or(c.open, c.newest) }

func (r *rehearsal) among(step string, meant func(incident.Incident) bool) candidates {
	var newest, open, with string
	for _, i := range r.desk.Incidents() {
		if !meant(i) {
			continue
		}
		if newest == "" {
			newest = i.ID
		}
		if !i.Open() {
			continue
		}
		open = i.ID
		if slices.ContainsFunc(i.Runs, func(run incident.Run) bool { return hasStep(run, step) }) {
			with = i.ID
		}
	}
	return candidates{newest, open, with}
}

func hasStep(run incident.Run, step string) bool {
	if !run.Active() && run.Exercise != "" {
		return false // what comes after it has the name now
	}
	return slices.ContainsFunc(run.Steps, func(s incident.StepState) bool { return s.ID == step || run.ID+"/"+s.ID == step })
}

// mostRounds is how often the desk may have something more to say about one instant.
const mostRounds = 10_000

// settle puts on record what is due and carries out what has to be done, until nothing is left.
func (r *rehearsal) settle() error {
	for range mostRounds {
		changes := r.desk.Due(r.now)
		r.commit(changes)
		results := r.hand.carry(r.desk.Wants(), r.now, r.desk.Forbids)
		for _, result := range results {
			r.commit(r.desk.Finish(r.now, result))
		}
		if len(changes)+len(results) == 0 {
			return nil
		}
	}
	return fmt.Errorf("the rehearsal does not come to rest at %v: something is always due", r.now.Sub(r.scenario.Start))
}

func (r *rehearsal) commit(changes []incident.Change) {
	if len(changes) == 0 {
		return
	}
	r.commits++
	for _, c := range changes {
		r.desk.Apply(incident.Record{Sequence: r.commits, At: r.now, Incident: c.Incident, Event: c.Event})
		r.tell(r.change(c))
	}
}

// change is a change with what the incident shows after it.
func (r *rehearsal) change(c incident.Change) Change {
	out := Change{Incident: c.Incident, Event: c.Event}
	i, _ := r.desk.Incident(c.Incident)
	run, step, service := about(c.Event)
	for _, known := range i.Runs {
		n := slices.IndexFunc(known.Steps, func(s incident.StepState) bool { return s.ID == step })
		if known.ID == run && n >= 0 {
			out.Step = &known.Steps[n]
		}
	}
	if clock, ok := i.Recovery(service); ok && service != "" {
		out.Recovery = &clock
	}
	out.Forecast = foretold(i, c.Event)
	return out
}

// foretold is the first forecast of the run that an event begins, or that brought back what the event says is restored.
func foretold(i incident.Incident, event incident.Event) *incident.Foretold {
	id := ""
	switch e := event.(type) {
	case incident.Invoked:
		id = e.Run
	case incident.Restored:
		for _, run := range i.Runs {
			if run.Service == e.Service && run.Started.Before(e.At) {
				id = run.ID
			}
		}
	}
	if all := i.Forecasts(id); len(all) > 0 {
		return &all[0]
	}
	return nil
}

func (r *rehearsal) tell(c Change) {
	c.T = r.now.Sub(r.scenario.Start)
	r.story.Changes = append(r.story.Changes, c)
}

// next is the next instant at which anything happens; after the end, if nothing does.
func (r *rehearsal) next() time.Time {
	next := r.scenario.End.Add(1)
	sooner := func(at time.Time, ok bool) {
		if ok && at.Before(next) {
			next = at
		}
	}
	if r.played < len(r.scenario.Lines) {
		sooner(r.scenario.Lines[r.played].At, true)
	}
	sooner(r.desk.NextAt())
	sooner(r.hand.nextAt())
	sooner(r.pulse.nextAt())
	if r.now.Before(r.scenario.Start) {
		sooner(r.scenario.Start, true)
	}
	return next
}
