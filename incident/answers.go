package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"holdfast/internal/source"
	"holdfast/playbooks"
)

// answered refuses a report that lacks what the playbook asks for, or holds something else. It names all that is wrong at
// once: who types answers at night types them once more, not once for each.
func answered(p *playbooks.Step, c Command) error {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(c.Answers)) {
		asks, asked := p.Answers[name]
		if !asked {
			wrong = append(wrong, fmt.Sprintf("it asks for no answer %q%s", name, because(source.DidYouMean(name, slices.Collect(maps.Keys(p.Answers))))))
		} else if _, err := asks.Read(c.Answers[name]); err != nil {
			wrong = append(wrong, fmt.Sprintf("the answer %q has to be %s: %v", name, asks.Says(), err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Answers)) {
		if _, given := c.Answers[name]; !given && !p.Answers[name].Optional {
			wrong = append(wrong, fmt.Sprintf("it asks for the answer %q: %s%s", name, p.Answers[name].Says(), because(p.Answers[name].Description)))
		}
	}
	if p.Evidence == "required" && strings.TrimSpace(c.Evidence) == "" {
		wrong = append(wrong, "it requires evidence: a link or the number of a ticket")
	}
	if len(wrong) > 0 {
		return Refuse("%s cannot be reported done: %s", p.ID, strings.Join(wrong, "; "))
	}
	return nil
}

// answerOfEnd is the answer that is an estimate of when the services of the run are back (domain section 2).
const answerOfEnd = "estimated_time_to_restore"

// estimates are what a step's answers say of the world: the playbook asks whoever has its role for an estimate, so they may
// give one. What is answered in an exercise is no estimate of anything real.
func estimates(i Incident, events []Event, now time.Time) (all []Change) {
	for _, e := range events {
		done, ok := e.(StepDone)
		if !ok || done.Answers[answerOfEnd] == "" {
			continue
		}
		for _, r := range i.Runs {
			p, known := r.step(done.Step)
			if r.ID != done.Run || !known || r.Exercise != "" || p.Answers[answerOfEnd].Type != "duration" {
				continue
			}
			v, err := p.Answers[answerOfEnd].Read(done.Answers[answerOfEnd])
			if err != nil {
				continue
			}
			length, _ := v.Duration()
			for _, service := range orElse(r.Covers, r.Service) {
				all = append(all, Change{Event: Estimated{Service: service, End: now.Add(length), By: done.By, Reason: "answered in " + stepName(r.ID, done.Step) + " of " + i.ID}})
			}
		}
	}
	return all
}

// step finds a step as the run's playbook has it.
func (r Run) step(id string) (*playbooks.Step, bool) {
	if r.Playbook == nil {
		return nil, false
	}
	return r.Playbook.Step(id)
}
