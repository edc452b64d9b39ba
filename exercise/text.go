package exercise

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"holdfast/detector"
	"holdfast/incident"
)

// Text is the story for people: a line for each thing that happened, what the scenario says behind a ">". Times are
// offsets from the start of the scenario.
func (s Story) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nstarts %s\n\n", cmp.Or(s.Title, "A scenario"), s.Start.Format(time.RFC3339))
	var before time.Duration
	for n, c := range s.Changes {
		sentence := s.sentence(c)
		if sentence == "" {
			continue
		}
		when := ""
		if n == 0 || c.T != before {
			when = brief(c.T)
		}
		before = c.T
		fmt.Fprintf(&b, "%10s  %s\n", when, sentence)
	}
	return b.String()
}

func (s Story) sentence(c Change) string {
	switch {
	case c.Line != nil && c.Line.Note != "":
		return "> " + c.Line.Text + "   # " + c.Line.Note
	case c.Line != nil:
		return "> " + c.Line.Text
	case c.Refusal != nil:
		return "refused: " + c.Refusal.Reason
	}
	for _, tell := range []func(Change) string{s.tellDecision, s.tellStep, s.tellRun, s.tellRecovery} {
		if sentence := tell(c); sentence != "" {
			return sentence
		}
	}
	return ""
}

func (s Story) tellDecision(c Change) string {
	switch e := c.Event.(type) {
	case incident.Classified:
		return c.Incident + ": " + s.level(e.Verdict)
	case incident.DecisionDue:
		if e.LTI.IsZero() {
			return fmt.Sprintf("a decision about %s is due at once: nobody knows how long its recovery takes%s", e.Service, told(e.Tell))
		}
		return fmt.Sprintf("a decision about %s is due by %s%s", e.Service, s.when(e.LTI), told(e.Tell))
	case incident.Recommended:
		return fmt.Sprintf("recommended: declare a disaster by %s; not by itself, because %s%s", listed(e.Criteria), e.Gate, told(e.Tell))
	case incident.Declared:
		return fmt.Sprintf("DECLARED a disaster by %s%s%s", actor(e.By), because(e.Reason), told(e.Tell))
	case incident.DeclarationDeclined:
		return fmt.Sprintf("the declaration is declined by %s%s", actor(e.By), because(e.Reason))
	case incident.Armed:
		return fmt.Sprintf("armed by %s%s", actor(e.By), because(e.Reason))
	case incident.Disarmed:
		return fmt.Sprintf("disarmed by %s%s", actor(e.By), because(e.Reason))
	case incident.StandDownRecommended:
		return "recommended: stand down" + told(e.Tell)
	case incident.StoodDown:
		return fmt.Sprintf("STOOD DOWN by %s%s%s", actor(e.By), because(e.Reason), told(e.Tell))
	case incident.Noted:
		return fmt.Sprintf("%s notes: %s", actor(e.By), e.Text)
	}
	return ""
}

// level is a verdict in a sentence.
func (s Story) level(v detector.Verdict) string {
	if !v.Open {
		return "over"
	}
	var states []string
	for _, o := range v.Services {
		states = append(states, fmt.Sprintf("%s %s", o.Service, o.State))
	}
	text := v.Level.String()
	if criteria := met(v); len(criteria) > 0 {
		text += " by " + listed(criteria)
	}
	text += ": " + strings.Join(states, ", ")
	if len(v.Lost) > 0 {
		text += "; lost: " + strings.Join(v.Lost, ", ")
	}
	return text
}

func (s Story) tellStep(c Change) string {
	said := func(run, step, format string, args ...any) string {
		return fmt.Sprintf("  run %s, %s: ", run, step) + fmt.Sprintf(format, args...)
	}
	switch e := c.Event.(type) {
	case incident.StepStarted:
		what := fmt.Sprintf("attempt %d", e.Attempt)
		if c.Step != nil && e.Attempt == 1 {
			what = c.Step.Text
		}
		return said(e.Run, e.Step, "%s%s%s", what, s.by(e.Until), told(e.Tell))
	case incident.Acknowledged:
		return said(e.Run, e.Step, "taken by %s", actor(e.By))
	case incident.StepApproved:
		return said(e.Run, e.Step, "approved by %s", actor(e.By))
	case incident.StepDeclined:
		return said(e.Run, e.Step, "declined by %s%s", actor(e.By), because(e.Reason))
	case incident.StepDone:
		return said(e.Run, e.Step, "done%s", byWhom(e.By))
	case incident.StepFailed:
		then := ""
		if !e.Again.IsZero() {
			then = "; again at " + s.when(e.Again)
		}
		return said(e.Run, e.Step, "%s%s%s%s%s", e.Outcome, byWhom(e.By), because(e.Reason), then, told(e.Tell))
	case incident.StepSkipped:
		return said(e.Run, e.Step, "skipped%s%s", byWhom(e.By), because(e.Reason))
	}
	return ""
}

func (s Story) tellRun(c Change) string {
	switch e := c.Event.(type) {
	case incident.Invoked:
		return fmt.Sprintf("INVOKED %s for %s by %s (run %s)", e.Playbook, listed(cmpOr(e.Covers, e.Service)), actor(e.By), e.Run)
	case incident.NoPlaybookFits:
		text := "NO PLAYBOOK FITS " + e.Service
		if e.Nearest != "" {
			text += fmt.Sprintf(": the nearest is %s, but %s", e.Nearest, strings.Join(e.Missing, "; and "))
		}
		return text + told(e.Tell)
	case incident.Escalated:
		what := "the decision"
		if e.Step != "" {
			what = fmt.Sprintf("  run %s, %s", e.Run, e.Step)
		}
		return fmt.Sprintf("%s: nobody answers; escalated to %s%s%s", what, e.Role, s.by(e.Until), told(e.Tell))
	case incident.RunEnded:
		return fmt.Sprintf("run %s: %s", e.Run, e.Result)
	}
	return ""
}

func (s Story) tellRecovery(c Change) string {
	switch e := c.Event.(type) {
	case incident.ObjectiveMissed:
		return fmt.Sprintf("%s is not back by its deadline (%s)%s", e.Service, e.Objective, told(e.Tell))
	case incident.Restored:
		return fmt.Sprintf("%s has been back since %s%s", e.Service, s.when(e.At), s.measuredBy(c.Recovery))
	case incident.Relapsed:
		return fmt.Sprintf("%s is lost again, since %s%s", e.Service, s.when(e.Since), told(e.Tell))
	}
	return ""
}

// measuredBy is a recovery time with what it is measured against.
func (s Story) measuredBy(r *incident.Recovery) string {
	if r == nil {
		return ""
	}
	rta, ok := r.RTA()
	switch {
	case !ok:
		return ""
	case r.Objectives.RTO == 0:
		return "; recovery took " + brief(rta)
	}
	return fmt.Sprintf("; recovery took %s of an RTO of %s", brief(rta), brief(r.Objectives.RTO))
}

func (s Story) when(t time.Time) string { return brief(t.Sub(s.Start)) }

func (s Story) by(until time.Time) string {
	if until.IsZero() {
		return ""
	}
	return ", by " + s.when(until)
}

// brief is a duration without zeroes at its end: 5m, 1h51m, 40h.
func brief(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func told(people []string) string {
	if len(people) == 0 {
		return ""
	}
	return " (tells " + strings.Join(people, ", ") + ")"
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func byWhom(a incident.Actor) string {
	if who := actor(a); who != "" {
		return " by " + who
	}
	return ""
}

func listed(words []string) string { return strings.Join(words, ", ") }

func cmpOr(words []string, otherwise string) []string {
	if len(words) == 0 {
		return []string{otherwise}
	}
	return words
}
