package console

import (
	"fmt"
	"strings"
	"time"

	"holdfast/incident"
)

// Told is one line of an incident's story.
type Told struct {
	At   time.Time     `json:"at"`
	Kind incident.Kind `json:"kind"`
	What string        `json:"what"`
}

// storyOf is everything that happened to an incident, in order.
func storyOf(i incident.Incident) []Told {
	story := []Told{}
	for _, r := range i.Timeline {
		story = append(story, Told{At: r.At, Kind: r.Event.Kind(), What: Tell(r.Event)})
	}
	return story
}

// Tell says in one line what an event means, for pages, reports and terminals. It quotes what people wrote, so a
// terminal must be kept safe from it.
func Tell(event incident.Event) string {
	if line, ok := tellLife(event); ok {
		return line
	}
	if line, ok := tellRun(event); ok {
		return line
	}
	return string(event.Kind())
}

func tellLife(event incident.Event) (string, bool) {
	switch e := event.(type) {
	case incident.Classified:
		return tellClassified(e), true
	case incident.DecisionDue:
		return fmt.Sprintf("a decision is due for %s by %s, round %d; told %s", e.Service, instant(e.LTI), e.Round, names(e.Tell)), true
	case incident.Recommended:
		return fmt.Sprintf("declaring was recommended (%s), not done by itself: %s; told %s", names(e.Criteria), e.Gate, names(e.Tell)), true
	case incident.Declared:
		return tellDeclared(e), true
	case incident.DeclarationDeclined:
		line := fmt.Sprintf("%s declined to declare for %s%s", actorName(e.By), names(e.Criteria), because(e.Reason))
		if !e.Until.IsZero() {
			line += ", until " + instant(e.Until)
		}
		return line, true
	case incident.ObjectiveMissed:
		return fmt.Sprintf("%s was not back by its deadline %s (%s)", e.Service, instant(e.Deadline), e.Objective), true
	case incident.Restored:
		return fmt.Sprintf("%s is back, since %s", e.Service, instant(e.At)), true
	case incident.Relapsed:
		return fmt.Sprintf("%s went down again, since %s", e.Service, instant(e.Since)), true
	case incident.StandDownRecommended:
		return "standing down was recommended; told " + names(e.Tell), true
	case incident.StoodDown:
		return actorName(e.By) + " stood down" + because(e.Reason), true
	case incident.Noted:
		return actorName(e.By) + " noted: " + e.Text, true
	}
	return "", false
}

func tellClassified(e incident.Classified) string {
	v := e.Verdict
	if !v.Open {
		return "all outages have ended"
	}
	return fmt.Sprintf("classified %s: %s", strings.ReplaceAll(v.Current.String(), "_", " "), v.Explanation.Summary)
}

func tellDeclared(e incident.Declared) string {
	how := "declared a disaster"
	if e.Automatic {
		how += " automatically, as delegated"
	}
	return fmt.Sprintf("%s %s (%s)%s; told %s", actorName(e.By), how, names(e.Criteria), because(e.Reason), names(e.Tell))
}

func tellRun(event incident.Event) (string, bool) {
	switch e := event.(type) {
	case incident.Invoked:
		return fmt.Sprintf("run %s: %s was invoked for %s by %s", e.Run, e.Playbook, e.Service, actorName(e.By)), true
	case incident.NoPlaybookFits:
		return tellNoPlaybook(e), true
	case incident.StepStarted:
		return tellStarted(e), true
	case incident.Acknowledged:
		return fmt.Sprintf("%s took %s", actorName(e.By), step(e.Run, e.Step)), true
	case incident.StepApproved:
		return fmt.Sprintf("%s approved %s%s", actorName(e.By), step(e.Run, e.Step), because(e.Reason)), true
	case incident.StepDeclined:
		return fmt.Sprintf("%s declined %s%s", actorName(e.By), step(e.Run, e.Step), because(e.Reason)), true
	case incident.StepDone:
		return tellDone(e), true
	case incident.StepFailed:
		return tellFailed(e), true
	case incident.StepSkipped:
		return fmt.Sprintf("%s skipped %s%s", actorName(e.By), step(e.Run, e.Step), because(e.Reason)), true
	case incident.Escalated:
		return tellEscalated(e), true
	case incident.Notified:
		return tellNotified(e), true
	case incident.RunEnded:
		return fmt.Sprintf("run %s ended: %s", e.Run, e.Result), true
	}
	return "", false
}

func tellNoPlaybook(e incident.NoPlaybookFits) string {
	line := "no applicable playbook exists for " + e.Service
	if e.Nearest != "" {
		line += fmt.Sprintf("; nearest is %s, but %s", e.Nearest, strings.Join(e.Missing, ", "))
	}
	return line
}

func tellStarted(e incident.StepStarted) string {
	line := step(e.Run, e.Step) + " started"
	if e.Attempt > 1 {
		line += fmt.Sprintf(", attempt %d", e.Attempt)
	}
	if len(e.Tell) > 0 {
		line += "; told " + names(e.Tell)
	}
	return line
}

func tellDone(e incident.StepDone) string {
	line := step(e.Run, e.Step) + " done"
	if by := actorName(e.By); by != "" {
		line = by + " finished " + step(e.Run, e.Step)
	}
	for _, name := range sorted(e.Answers) {
		line += fmt.Sprintf(", %s: %s", name, e.Answers[name])
	}
	if e.Evidence != "" {
		line += ", evidence: " + e.Evidence
	}
	return line
}

func tellFailed(e incident.StepFailed) string {
	line := fmt.Sprintf("%s: %s%s", step(e.Run, e.Step), strings.ReplaceAll(string(e.Outcome), "_", " "), because(e.Reason))
	if !e.Again.IsZero() {
		line += ", goes again " + instant(e.Again)
	}
	return line
}

func tellEscalated(e incident.Escalated) string {
	what := "the declaration"
	if e.Step != "" {
		what = step(e.Run, e.Step)
	}
	return fmt.Sprintf("%s still waits and was escalated to %s; told %s", what, e.Role, names(e.Tell))
}

func tellNotified(e incident.Notified) string {
	if e.Error != "" {
		return fmt.Sprintf("notice %d did not reach %s: %s", e.Notice, e.Person, e.Error)
	}
	return fmt.Sprintf("notice %d went to %s by %s", e.Notice, e.Person, e.Channel)
}

func step(run, id string) string { return run + "/" + id }

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func names(list []string) string {
	if len(list) == 0 {
		return "nobody"
	}
	return strings.Join(list, ", ")
}
