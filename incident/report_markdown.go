package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Markdown is the report for people: it can be sent, printed and kept.
func (r Report) Markdown() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	r.head(say)
	r.why(say)
	r.recoveries(say)
	for _, run := range r.Runs {
		run.markdown(say)
	}
	r.record(say)
	return b.String()
}

func (r Report) head(say func(string, ...any)) {
	say("# %s: after-action report\n", r.Incident)
	if r.Summary != "" {
		say("%s\n", closed(cell(r.Summary)))
	}
	if r.HandsOff != "" {
		say("**Shown, not driven:** %s\n", closed(cell(r.HandsOff)))
	}
	state := "as of " + stamp(r.As) + ", still open"
	if !r.Open {
		state = "closed " + stamp(r.Closed)
	}
	say("Highest level %s; %s. Judged by the bia.yaml `%s`.\n", r.Level, state, r.JudgedBy)
	say("| | at | lag |\n|---|---|---|")
	row := func(name string, at time.Time, lag string) {
		if !at.IsZero() {
			say("| %s | %s | %s |", name, stamp(at), lag)
		}
	}
	row("disrupted", r.Disrupted, "")
	row("opened", r.Opened, lag("detection lag", r.DetectionLag, r.Disrupted, r.Opened))
	row("first classified disaster", r.Classified, "")
	row("declared", r.Declared, lag("decision lag", r.DecisionLag, r.Classified, r.Declared))
	row("invoked", r.Invoked, "")
	row("closed", r.Closed, "")
	say("")
}

func lag(name string, s Span, from, to time.Time) string {
	if from.IsZero() || to.Before(from) {
		return ""
	}
	return name + " " + s.String()
}

func (r Report) why(say func(string, ...any)) {
	if !r.Declared.IsZero() {
		say("Declared by %s%s.\n", cell(who(r.By)), cell(because(r.Reason)))
	}
	if len(r.Criteria) > 0 {
		say("## Criteria met\n")
		for _, c := range r.Criteria {
			say("- `%s` (%s)", c.ID, c.Level)
			for _, line := range c.Evidence {
				say("  - %s", cell(line))
			}
		}
		say("")
	}
	if len(r.NotCounted) > 0 {
		say("## Not counted\n")
		for _, line := range r.NotCounted {
			say("- %s", cell(line))
		}
		say("")
	}
}

func (r Report) recoveries(say func(string, ...any)) {
	if len(r.Services) == 0 {
		return
	}
	say("## Recovery against objectives\n")
	say("| service | down since | restored | RTA | RTO | from declaration | from invocation | RTC | WRA | WRT | total | MTPD | objective |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, s := range r.Services {
		restored, rta := "not yet", s.Running.String()+" and running"
		if !s.Restored.IsZero() {
			restored, rta = stamp(s.Restored), s.RTA.String()
		}
		o := s.Objectives
		say("| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |", s.Service, stamp(s.Since), restored, rta, orDash(o.RTO),
			orDash(time.Duration(s.FromDeclaration)), orDash(time.Duration(s.FromInvocation)), orDash(o.RTC), orDash(time.Duration(s.WRA)),
			orDash(o.WRT), orDash(time.Duration(s.Total)), orDash(o.MTPD), s.verdict())
	}
	say("")
}

// overrun says that the MTPD was passed as well.
func (s ServiceReport) overrun() string {
	if s.Overrun.IsZero() {
		return ""
	}
	return fmt.Sprintf(", and the **MTPD** (%s)", stamp(s.Overrun))
}

// verdict says in a word whether the objective was met.
func (s ServiceReport) verdict() string {
	switch {
	case s.Clocks.Deadline.IsZero():
		return "none set"
	case !s.Missed.IsZero():
		return fmt.Sprintf("**MISSED** (%s, %s)%s", s.Clocks.DeadlineBy, stamp(s.Missed), s.overrun())
	case s.Restored.IsZero():
		return fmt.Sprintf("due %s (%s)", stamp(s.Clocks.Deadline), s.Clocks.DeadlineBy)
	}
	return fmt.Sprintf("met (%s)", s.Clocks.DeadlineBy)
}

func orDash(d time.Duration) string {
	if d == 0 {
		return "–"
	}
	return span(d)
}

func (r RunReport) markdown(say func(string, ...any)) {
	say("## Run %s: %s\n", r.Run, r.Playbook)
	result := "still going on"
	if r.Result != "" {
		result = strings.ReplaceAll(r.Result, "_", " ") + " " + stamp(r.Ended)
	}
	say("For %s, invoked by %s at %s; %s. It took %s: machines %s, waiting for people %s.\n", listed(r.Services), cell(who(r.By)), stamp(r.Started), result,
		r.Took, r.Machines, r.People)
	say("Pinned to the playbook `%s`.\n", r.Digest)
	say("| step | what | how it ended | started | took | by |\n|---|---|---|---|---|---|")
	for _, s := range r.Steps {
		say("| %s | %s | %s | %s | %s | %s |", s.Step, cell(s.Text), cell(s.ending()), stampOrDash(s.Started), orDash(time.Duration(s.Took)), cell(s.people()))
	}
	say("")
}

func (s StepReport) ending() string {
	text := string(s.Status)
	if s.Attempts > 1 {
		text += fmt.Sprintf(" after %d attempts", s.Attempts)
	}
	text += because(s.Reason)
	for _, name := range slices.Sorted(maps.Keys(s.Answers)) {
		text += fmt.Sprintf("; %s = %s", name, s.Answers[name])
	}
	if s.Evidence != "" {
		text += "; evidence " + s.Evidence
	}
	if s.Milestone != "" && s.Status == Done {
		text += "; milestone " + strings.ReplaceAll(s.Milestone, "_", " ")
	}
	return text
}

func (s StepReport) people() string {
	var names []string
	for _, a := range s.Approved {
		names = join(names, []string{who(a.By)})
	}
	if s.By != (Actor{}) {
		names = join(names, []string{who(s.By)})
	}
	return strings.Join(names, ", ")
}

func stampOrDash(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return stamp(t)
}

// record is the story line by line, and who was told what.
func (r Report) record(say func(string, ...any)) {
	say("## Timeline\n")
	for _, l := range r.Timeline {
		say("- %s (%s) %s", stamp(l.At), l.T, cell(l.Text))
	}
	if len(r.Notices) == 0 {
		return
	}
	say("\n## Who was told\n\n| at | person | what | how |\n|---|---|---|---|")
	for _, n := range r.Notices {
		how := "not yet sent"
		switch {
		case n.Error != "":
			how = "**failed:** " + n.Error
		case !n.Sent.IsZero():
			how = n.Channel + ", " + stamp(n.Sent)
		}
		say("| %s | %s | %s | %s |", stamp(n.At), cell(n.Person), cell(n.Subject), cell(how))
	}
}

// cell makes a text that others wrote fit into one line of a table, as text and nothing else.
func cell(text string) string {
	return strings.NewReplacer("\n", " ", "\r", " ", "|", "\\|", "<", "&lt;", "[", "\\[", "`", "'").Replace(text)
}
