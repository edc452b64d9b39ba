package demo

import (
	"context"
	"slices"
	"time"

	"holdfast/console"
	"holdfast/incident"
)

// An engineer is one person of people.yaml who answers when asked: by the same API as everybody, with a token of their
// own, and only where the API says that it is theirs to answer.
type engineer struct {
	*stage
	person string
	token  string
	seen   map[string]time.Time // when each thing that waits was first seen
	did    map[string]bool      // what was answered and accepted
	told   map[string]bool      // refusals that were reported
}

// A habit is what people do when asked for a step.
type habit struct {
	takes    time.Duration // to do it, once they have taken it
	answers  map[string]string
	evidence string
	repair   string // the site where they put things right
}

// habits are what the duties of the example take. Where the site's machines have to run again, somebody repairs it.
var habits = map[string]habit{
	"assess":    {takes: 2500 * time.Millisecond, answers: map[string]string{"estimated_time_to_restore": "45m"}},
	"reconcile": {takes: 2 * time.Second, evidence: "ledger comparison north/south: nothing missing"},
	"repair":    {takes: 3 * time.Second, repair: lost},
}

// People do not answer at once, and not all at the same time.
const (
	reaction = 1200 * time.Millisecond
	second   = 800 * time.Millisecond // later, for each further in line
)

// engineers are everybody who has a token.
func (s *stage) engineers() []*engineer {
	var all []*engineer
	for person := range s.house.tokens {
		token, err := s.house.token(person)
		if err != nil {
			continue
		}
		all = append(all, &engineer{stage: s, person: person, token: token, seen: map[string]time.Time{}, did: map[string]bool{}, told: map[string]bool{}})
	}
	return all
}

func (e *engineer) work(ctx context.Context) {
	for sleep(ctx, 300*time.Millisecond) {
		status, err := e.api.status(ctx)
		if err != nil {
			continue // the daemon may be down; whoever is on call tries again
		}
		for _, i := range status.Incidents {
			e.attend(ctx, i)
		}
	}
}

// attend looks at everything in an incident that waits for somebody.
func (e *engineer) attend(ctx context.Context, i console.IncidentStatus) {
	for _, run := range i.Runs {
		for _, w := range run.Waiting {
			at := slices.Index(w.Who, e.person)
			if at < 0 || at >= max(w.Needed, 1) {
				continue // not mine, or somebody is before me
			}
			e.answer(ctx, i, run, w, reaction+time.Duration(at)*second)
		}
	}
	e.standDown(ctx, i)
}

// answer does what is asked, after the time it takes.
func (e *engineer) answer(ctx context.Context, i console.IncidentStatus, run console.RunStatus, w console.WaitingStep, after time.Duration) {
	verb := expected(w)
	habit := habits[w.Step]
	if verb == incident.VerbDone {
		after = habit.takes
	}
	what := i.ID + "/" + run.Run + "/" + w.Step + "/" + string(verb) + w.Asked.String()
	if !e.ripe(what, after) {
		return
	}
	order := incident.Command{Verb: verb, Incident: i.ID, Step: w.Step}
	if w.Release != nil && verb == incident.VerbApprove {
		order.Digest = w.Release.Digest
	}
	if verb == incident.VerbDone {
		order.Answers, order.Evidence = habit.answers, habit.evidence
		if habit.repair != "" {
			e.organisation.Repair(habit.repair)
		}
	}
	e.order(ctx, what, order)
}

// expected is what the API offers first.
func expected(w console.WaitingStep) incident.Verb {
	if len(w.Verbs) == 0 {
		return incident.VerbAck
	}
	return w.Verbs[0]
}

// standDown ends the incident once holdfast recommends it and nothing runs any more.
func (e *engineer) standDown(ctx context.Context, i console.IncidentStatus) {
	if len(i.Runs) == 0 || slices.ContainsFunc(i.Runs, func(r console.RunStatus) bool { return r.Ended.IsZero() }) {
		return
	}
	line := e.roster.Line(e.analysis.Declaration.Authority, time.Now())
	if len(line) == 0 || line[0] != e.person {
		return
	}
	full, err := e.api.incident(ctx, i.ID)
	if err != nil || full.StandDownRecommendedAt.IsZero() || full.StoodDown != nil || !e.ripe(i.ID+"/stand-down", reaction) {
		return
	}
	e.order(ctx, i.ID+"/stand-down", incident.Command{Verb: incident.VerbStandDown, Incident: i.ID, Reason: "parcel booking runs in the south, and the north is a copy again"})
}

// ripe reports whether something that was not answered yet has been waiting for a while since it was first seen.
func (e *engineer) ripe(what string, after time.Duration) bool {
	if _, known := e.seen[what]; !known {
		e.seen[what] = time.Now()
	}
	return !e.did[what] && time.Since(e.seen[what]) >= after
}

// order sends a command. A refusal is worth a line: somebody else was faster, or the example is wrong.
func (e *engineer) order(ctx context.Context, what string, c incident.Command) {
	err := e.api.order(ctx, e.token, c)
	if err == nil {
		e.did[what] = true
		return
	}
	if said := what + err.Error(); ctx.Err() == nil && !e.told[said] {
		e.told[said] = true
		e.say(toneWarn, e.person, "%s %s: %v", c.Verb, c.Step, err)
	}
}
