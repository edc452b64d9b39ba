package incident

import (
	"time"

	"holdfast/forecast"
	"holdfast/playbooks"
)

// planOf lays out a playbook with what its past runs took.
func planOf(p *playbooks.Playbook, known past) *forecast.Plan {
	return forecast.New(p.ID, stepsOf(p, func(s *playbooks.Step) forecast.Work { return workOf(p, s, known) }), reaction(p))
}

func stepsOf(p *playbooks.Playbook, work func(*playbooks.Step) forecast.Work) []forecast.Step {
	steps := make([]forecast.Step, len(p.Steps))
	for n := range p.Steps {
		s := &p.Steps[n]
		steps[n] = forecast.Step{ID: s.ID, Work: work(s), People: asks(s)}
		for _, id := range s.After {
			for _, id := range []string{id, p.StandIn(s.ID, id)} {
				if before := p.Index(id); before >= 0 {
					steps[n].After = append(steps[n].After, before)
				}
			}
		}
	}
	return steps
}

// workOf is how long a step takes.
func workOf(p *playbooks.Playbook, s *playbooks.Step, known past) forecast.Work {
	switch s.Kind() {
	case playbooks.KindWait:
		return forecast.Work{Proof: s.Wait}
	case playbooks.KindVerify:
		w := forecast.Judge(max(s.Expect-s.Verify.For, 0), samples(p, s, known))
		w.Proof = s.Verify.For
		return w
	}
	return forecast.Judge(planned(p, s), samples(p, s, known))
}

// reaction is how long people take who are given no time, or to say how a step goes on that is stuck: half of the most that
// the playbook gives anybody, else ten minutes.
func reaction(p *playbooks.Playbook) time.Duration {
	var most time.Duration
	for n := range p.Steps {
		most = max(most, within(&p.Steps[n])/2)
	}
	if most == 0 {
		return forecast.Reaction
	}
	return most
}

// planned is how long a step is planned to take: what it is expected to, else half of what it is given, so that P90 is all of
// it; a person who is given no time takes as long as others. To tell somebody, where nobody has to answer, takes no time.
func planned(p *playbooks.Playbook, s *playbooks.Step) time.Duration {
	switch {
	case s.Expect > 0:
		return s.Expect
	case untimed(s):
		return reaction(p)
	case asks(s):
		return within(s) / 2
	case s.Kind() == playbooks.KindRun:
		return s.Timeout / 2
	}
	return 0
}

// untimed reports whether nobody says how long a step takes that is a person's.
func untimed(s *playbooks.Step) bool { return asks(s) && s.Expect == 0 && within(s) == 0 }

// scheduled is how long a step takes by what is written of it alone.
func scheduled(s *playbooks.Step) forecast.Work {
	proof := s.Wait
	if s.Verify != nil {
		proof = s.Verify.For
	}
	return forecast.Work{P50: max(s.Expect-proof, 0), Proof: proof}
}

// ForecastOf is the forecast of a playbook that has not been invoked yet, from its text alone.
func ForecastOf(p *playbooks.Playbook) Foresight { return foresee(p, planOf(p, nil)) }

func foresee(p *playbooks.Playbook, plan *forecast.Plan) Foresight {
	run := Run{Playbook: p, plan: &rememberedPlan{plan: plan}}
	for n := range p.Steps {
		run.Steps = append(run.Steps, pending(&p.Steps[n]))
	}
	goal, never := run.goal(milestoneRecovered)
	if never != "" {
		return Foresight{}
	}
	o := run.courses().Outlook(time.Time{}, goal)
	f := Foresight{Plan: forecast.Longest(stepsOf(p, func(s *playbooks.Step) forecast.Work {
		if run.unneeded(p.Index(s.ID)) {
			return forecast.Work{}
		}
		return scheduled(s)
	}), goal.Steps), People: o.People.Round(time.Second),
		P50: o.P50.Sub(time.Time{}).Round(time.Second), P90: o.P90.Sub(time.Time{}).Round(time.Second)}
	f.Machines = f.P50 - f.People
	return f
}

// Foresight is what is forecast of a playbook before it is invoked, in time from the invocation to the recovery.
type Foresight struct {
	Plan     time.Duration // its longest way, adding up what is written of each step (expect, wait, for), with what proves it
	P50, P90 time.Duration
	People   time.Duration // of P50, what is waiting for people
	Machines time.Duration // the rest
}
