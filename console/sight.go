package console

import (
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"holdfast/detector"
	"holdfast/incident"
	"holdfast/oncall"
	"holdfast/playbooks"
)

// A sight is what the desk shows at one instant. Everything the console says is computed from one, while the desk is
// looked at, and is written to the network after that: nobody who reads slowly holds the house up.
type sight struct {
	now             time.Time
	newest          iter.Seq[incident.Incident] // live ones and exercises, the newest first
	documents       *incident.Documents         // nil before the first are adopted
	armed           bool
	disarmed        string // why not armed
	shadow          bool   // nothing is done, whatever is judged
	epoch           uint64
	counts          incident.Counts
	exerciseRecords []incident.Exercised // records of exercises, the oldest first
	forecast        func(incident.Incident, incident.Run) incident.Forecast
	slacks          func(incident.Incident, incident.Run) []incident.Slack
	components      func() []detector.ComponentReport         // all, in order of id; of a large house that takes a while, so only who shows them asks
	gate            func(incident.Incident) string            // all that keeps what is recommended from being declared by itself
	waits           func(incident.Incident) map[string]string // steps, as "run/step", that wait for something else than those before them
	stopped         func(incident.Incident) map[string]string // runs of which nothing that acts on machines starts, since somebody has disarmed
	forbidden       func(incident.Incident) map[string]string // stuck steps, as "run/step", that a rule forbids to send again now, and why
}

// look shows the desk as it stands now.
func (c *console) look(see func(*incident.Desk, sight)) {
	c.House.Look(func(d *incident.Desk) { see(d, sightOf(d, c.Now())) })
}

// answer writes as JSON what a view makes of the desk. The value may share memory with the desk, so it is encoded while
// the desk is looked at, and written after.
func (c *console) answer(w http.ResponseWriter, view func(*incident.Desk, sight) (any, *Problem)) {
	var body *written
	var problem *Problem
	c.look(func(d *incident.Desk, s sight) {
		var v any
		if v, problem = view(d, s); problem == nil {
			body, problem = encode(v)
		}
	})
	if problem != nil {
		writeProblem(w, *problem)
		return
	}
	body.answer(w)
}

func sightOf(d *incident.Desk, now time.Time) sight {
	s := sight{now: now, newest: d.Newest(), documents: d.Documents(), exerciseRecords: d.Exercises(), counts: d.Counts(), epoch: d.Epoch(), components: d.Components}
	s.forecast = func(i incident.Incident, run incident.Run) incident.Forecast { return d.Forecast(now, i, run) }
	s.slacks = func(i incident.Incident, run incident.Run) []incident.Slack { return d.Slacks(now, i, run) }
	s.armed, s.disarmed = d.Armed()
	s.shadow = d.IsShadow()
	s.forbidden = func(i incident.Incident) map[string]string { return d.ForbiddenNow(now, i) }
	s.gate = func(i incident.Incident) string { return d.Gate(now, i) }
	s.waits = func(i incident.Incident) map[string]string { return d.Waits(now, i) }
	s.stopped = func(i incident.Incident) map[string]string { return d.Disarmed(now, i) }
	return s
}

// incidents are the live ones, the newest first: no figure and no list of them has an exercise in it.
func (s sight) incidents() iter.Seq[incident.Incident] {
	return s.those(func(i incident.Incident) bool { return i.Exercise == "" })
}

// exercises are the newest first.
func (s sight) exercises() iter.Seq[incident.Incident] {
	return s.those(func(i incident.Incident) bool { return i.Exercise != "" })
}

func (s sight) those(are func(incident.Incident) bool) iter.Seq[incident.Incident] {
	return func(yield func(incident.Incident) bool) {
		for i := range s.newest {
			if are(i) && !yield(i) {
				return
			}
		}
	}
}

// olderText reports whether an open incident is judged by another bia.yaml than the one in force.
func (s sight) olderText(i incident.Incident) bool {
	return i.Open() && s.documents != nil && i.JudgedBy != s.documents.BIA.Digest
}

// open are the incidents that are not over, the worst first, then the oldest.
func (s sight) open() []incident.Incident {
	var open []incident.Incident
	for i := range s.incidents() {
		if i.Open() {
			open = append(open, i)
		}
	}
	slices.SortStableFunc(open, func(a, b incident.Incident) int {
		if a.Level != b.Level {
			return int(b.Level - a.Level)
		}
		return a.Opened.Compare(b.Opened)
	})
	return open
}

// retrospectFor is how long a finding in retrospect is shown beside what is open.
const retrospectFor = 24 * time.Hour

// inRetrospect are the incidents of the last day that were over before anybody could decide, the newest first. Whoever looks after the
// daemon was away, or cut off, is to see what it missed.
func (s sight) inRetrospect() (found []incident.Incident) {
	for i := range s.incidents() {
		if i.Opened.Before(s.now.Add(-retrospectFor)) {
			break
		}
		if i.InRetrospect() {
			found = append(found, i)
		}
	}
	return found
}

// underExercise are the exercises that are not concluded, the oldest first.
func (s sight) underExercise() (open []incident.Incident) {
	for i := range s.exercises() {
		if i.Open() {
			open = append(open, i)
		}
	}
	slices.Reverse(open)
	return open
}

// people are the roster that is lived by; nil where there is none.
func (s sight) people() *oncall.Roster {
	if s.documents == nil {
		return nil
	}
	return s.documents.People
}

// line is who can act for a role, who is on duty first.
func (s sight) line(role string) []string {
	if role == "" || s.people() == nil {
		return nil
	}
	return s.people().Line(role, s.now)
}

// who can act on a step: the people of its role, then of those that it was escalated to; where it is stuck, the
// authority too.
func (s sight) who(step incident.StepState) []string {
	roles := append([]string{step.Role}, step.Escalated...)
	if step.Status == incident.Stuck {
		roles = append(roles, s.authority()...)
	}
	var who []string
	for _, role := range roles {
		line := s.line(role)
		if len(step.Escalated) > 0 && s.people() != nil {
			line = append(line, s.people().Deputies(role, s.now)...)
		}
		for _, person := range line {
			if !slices.Contains(who, person) {
				who = append(who, person)
			}
		}
	}
	return who
}

// holds reports whether a person can act for a role now.
func (s sight) holds(p *oncall.Person, role string) bool {
	return p != nil && s.people() != nil && s.people().Holds(p.ID, role, s.now)
}

// authority are the roles that may declare, decline and stand down.
func (s sight) authority() []string {
	if s.documents == nil {
		return nil
	}
	d := s.documents.BIA.Declaration
	return append([]string{d.Authority}, d.Successors...)
}

// notUp are the components that are anything but up.
func (s sight) notUp() []detector.ComponentReport {
	not := []detector.ComponentReport{}
	for _, c := range s.components() {
		if c.State != detector.Up {
			not = append(not, c)
		}
	}
	return not
}

// waits reports whether a step waits for somebody to say something, if only how to go on.
func waits(s incident.StepState) bool {
	return s.Status == incident.Waiting || s.Status == incident.Stuck
}

// Verbs are what can be ordered of a step as it stands, the expected one first; whether a person may is for the desk.
func Verbs(s incident.StepState) []incident.Verb {
	switch {
	case s.Status == incident.Stuck:
		return s.WaysOut()
	case s.Status != incident.Waiting:
		return nil
	case s.Kind == playbooks.KindDecide:
		return unlessTaken(s, incident.VerbApprove, incident.VerbDecline, incident.VerbAck)
	case s.Kind == playbooks.KindDo:
		return unlessTaken(s, incident.VerbAck, incident.VerbDone, incident.VerbFailed, incident.VerbCannot)
	}
	return []incident.Verb{incident.VerbAck}
}

// verbsOf are what can be ordered of a step of a run as it stands, or of its undo once that has begun. A stuck step that
// something else can be done instead of is also given up by saying that it cannot be done.
func verbsOf(run incident.Run, s incident.StepState) []incident.Verb {
	verbs := unbraked(run, s, Verbs(undone(s)))
	if s.Undo != nil || s.Status != incident.Stuck || run.Playbook == nil {
		return verbs
	}
	if written, found := run.Playbook.Step(s.ID); found && written.Fallback != "" {
		verbs = append(verbs, incident.VerbCannot)
	}
	return verbs
}

// unbraked leaves out what would be refused while somebody keeps the run, or the step, from going on.
func unbraked(run incident.Run, s incident.StepState, verbs []incident.Verb) []incident.Verb {
	if run.Paused != nil || s.Held != nil {
		verbs = without(verbs, incident.VerbRetry)
	}
	if s.Held == nil {
		return verbs
	}
	verbs = without(verbs, incident.VerbDone, incident.VerbApprove)
	if s.Kind != playbooks.KindDo && s.Kind != playbooks.KindDecide && s.Status != incident.Stuck {
		verbs = without(verbs, incident.VerbAck) // to acknowledge it would end it
	}
	return verbs
}

// without are the verbs but for some.
func without(verbs []incident.Verb, refused ...incident.Verb) []incident.Verb {
	return slices.DeleteFunc(slices.Clone(verbs), func(v incident.Verb) bool { return slices.Contains(refused, v) })
}

// unlessTaken leaves out acknowledging where somebody has.
func unlessTaken(s incident.StepState, verbs ...incident.Verb) []incident.Verb {
	if s.Acked == (incident.Actor{}) {
		return verbs
	}
	return slices.DeleteFunc(verbs, func(v incident.Verb) bool { return v == incident.VerbAck })
}

// stepName names a step of an incident as an order does: by its id, behind its run where there are several.
func stepName(i incident.Incident, run incident.Run, s incident.StepState) string {
	if len(i.Runs) > 1 {
		return run.ID + "/" + s.ID
	}
	return s.ID
}

// CommandLine is what one would type to order the same.
func CommandLine(verb incident.Verb, words ...string) string {
	line := append([]string{"holdfast", string(verb)}, words...)
	switch verb {
	case incident.VerbDecline, incident.VerbRetry, incident.VerbSkip, incident.VerbFailed, incident.VerbCannot, incident.VerbStandDown, incident.VerbDeclare, incident.VerbRebase,
		incident.VerbPause, incident.VerbHold, incident.VerbAbort, incident.VerbSkipRest, incident.VerbRehearse, incident.VerbHandOver, incident.VerbOverrule:
		line = append(line, `--reason "…"`)
	}
	return strings.Join(line, " ")
}
