package demo

import (
	"strings"

	"holdfast/console"
	"holdfast/incident"
	"holdfast/playbooks"
)

// sayHowToAnswer tells the reader how to take part.
func (s *stage) sayHowToAnswer() {
	s.say(tonePerson, "your turn", "you answer for everybody: by the commands shown, in another terminal, or at %s\n"+
		"(sign in there with what is in %s)\nthe clocks run %d times as long as without --interactive", s.api.url, s.house.tokens["platform-1"], patience)
}

// sayAnswer prints the exact commands that answer a step.
func (n *narrator) sayAnswer(i console.Incident, run incident.Run, s incident.StepState) {
	people := n.roster.Line(s.Role, i.Now)
	for at := range min(max(s.Needed, 1), len(people)) {
		n.say(tonePerson, "  your turn", "%s", n.command(people[at], n.answerOf(i, run, s)...))
	}
}

// answerOf are the words that answer a step.
func (n *narrator) answerOf(i console.Incident, run incident.Run, s incident.StepState) []string {
	name := s.ID
	if len(i.Runs) > 1 {
		name = run.ID + "/" + s.ID
	}
	switch s.Kind {
	case playbooks.KindDecide:
		return []string{"approve", i.ID, name}
	case playbooks.KindDo:
		words := []string{"done", i.ID, name}
		for answer, value := range habits[s.ID].answers {
			words = append(words, "--answer", answer+"="+value)
		}
		if step, ok := n.plan.Step(s.ID); ok && step.Evidence != "" {
			words = append(words, "--evidence", "'"+habits[s.ID].evidence+"'")
		}
		return words
	}
	return []string{"ack", i.ID, name}
}

// command is a command line with what it needs to reach this daemon as a person.
func (s *stage) command(person string, words ...string) string {
	return strings.Join(append(append([]string{s.Program}, words...), "--server", s.api.url, "--token-file", s.house.tokens[person]), " ")
}
