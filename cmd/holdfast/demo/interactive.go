package demo

import (
	"cmp"
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"holdfast/console"
	"holdfast/incident"
	"holdfast/playbooks"
)

// sayHowToAnswer tells the reader how to take part.
func (s *stage) sayHowToAnswer() {
	s.say(tonePerson, "your turn", "you answer for everybody: by the commands shown, in another terminal, or at %s\n"+
		"(sign in there as whoever is asked, platform-1 first: their tokens are in %s)\n"+
		"the clocks run %d times as long as without --interactive", s.api.url, filepath.Dir(s.house.tokens["platform-1"]), patience)
}

// repairWhenAsked puts the site right where the reader answers for everybody: answering is theirs, the wrench is not.
func (s *stage) repairWhenAsked(ctx context.Context) {
	for sleep(ctx, 100*time.Millisecond) {
		list, err := s.api.incidents(ctx)
		if err != nil {
			continue // the daemon may be down; it is asked again
		}
		for _, status := range list.Incidents {
			i, err := s.api.incident(ctx, status.ID)
			if err != nil {
				continue
			}
			if site := repairOf(i.Incident); site != "" {
				s.organisation.Repair(site)
				s.say(toneGood, "site", "the cooling runs again in the data centre %s, and so do its machines", site)
				return
			}
		}
	}
}

// repairOf is the site that somebody is asked to put right; also once they have said that it is, for who answers at once
// is never seen to wait. Empty if nobody is.
func repairOf(i incident.Incident) string {
	for _, run := range i.Runs {
		for _, step := range run.Steps {
			asked := step.Status == incident.Waiting || step.Status == incident.Done
			if site := habits[step.ID].repair; site != "" && asked {
				return site
			}
		}
	}
	return ""
}

// sayAnswer prints the exact commands that answer a step.
func (n *narrator) sayAnswer(i console.Incident, run incident.Run, s incident.StepState) {
	people := n.roster.Line(s.Role, i.Now)
	for at := range min(max(s.Needed, 1), len(people)) {
		n.say(tonePerson, "  your turn", "%s", n.command(people[at], n.answerOf(i, run, s)...))
	}
}

// sayUnstick prints the exact commands by which somebody gets a stuck step going again: those that the daemon offers for it.
func (n *narrator) sayUnstick(i console.Incident, run incident.Run, s incident.StepState) {
	people := n.roster.Line(cmp.Or(s.Role, n.analysis.Declaration.Authority), i.Now)
	name := nameOf(i, run, s)
	var ways, lines []string
	for _, verb := range offered(i, name) {
		out, known := waysOut[verb]
		if !known || len(people) == 0 {
			continue
		}
		words := []string{string(verb), i.ID, name, "--reason", out.reason}
		if verb == incident.VerbDone {
			words = n.doneWords(i.ID, name, s)
		}
		ways, lines = append(ways, out.it), append(lines, n.command(people[0], words...))
	}
	if len(ways) > 0 {
		n.say(tonePerson, "  your turn", "%s is stuck: the run goes on once it is %s\n%s", name, strings.Join(ways, " or "), strings.Join(lines, "\n"))
	}
}

// waysOut are what becomes of a stuck step by what is said of it, and a reason where one is asked for.
var waysOut = map[incident.Verb]struct{ it, reason string }{
	incident.VerbDone:   {it: "done by hand"},
	incident.VerbRetry:  {"tried again", "'the cause is removed'"},
	incident.VerbSkip:   {"left out", "'it is not needed'"},
	incident.VerbCannot: {"given up for what can be done instead", "'what it needs is lost'"},
}

// offered are what the daemon offers to say of a step, by the name that a command gives it.
func offered(i console.Incident, name string) []incident.Verb {
	for _, run := range i.Status.Runs {
		for _, w := range run.Waiting {
			if w.Step == name {
				return w.Verbs
			}
		}
	}
	return nil
}

// nameOf names a step as a command does: behind its run where there are several.
func nameOf(i console.Incident, run incident.Run, s incident.StepState) string {
	if len(i.Runs) > 1 {
		return run.ID + "/" + s.ID
	}
	return s.ID
}

// answerOf are the words that answer a step.
func (n *narrator) answerOf(i console.Incident, run incident.Run, s incident.StepState) []string {
	name := nameOf(i, run, s)
	switch s.Kind {
	case playbooks.KindDecide:
		return []string{"approve", i.ID, name}
	case playbooks.KindDo:
		return n.doneWords(i.ID, name, s)
	}
	return []string{"ack", i.ID, name}
}

// doneWords are the words that say a step is done, with all that it asks for.
func (n *narrator) doneWords(id, name string, s incident.StepState) []string {
	words := []string{"done", id, name}
	for _, answer := range slices.Sorted(maps.Keys(habits[s.ID].answers)) {
		words = append(words, "--answer", answer+"="+habits[s.ID].answers[answer])
	}
	if step, ok := n.plan.Step(s.ID); ok && step.Evidence != "" {
		words = append(words, "--evidence", "'"+habits[s.ID].evidence+"'")
	}
	return words
}

// command is a command line with what it needs to reach this daemon as a person.
func (s *stage) command(person string, words ...string) string {
	return strings.Join(append(append([]string{s.Program}, words...), "--server", s.api.url, "--token-file", s.house.tokens[person]), " ")
}
