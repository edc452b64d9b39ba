package incident

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
)

// This file says in words, for every form of the report, what a figure, an ending or a person is called.

// figureNames are what people call a figure.
var figureNames = map[string]string{
	"detection_lag": "detection lag", "confirmation": "confirmation", "decision_lag": "decision lag", "invocation_lag": "invocation lag", "duration": "duration",
	"rta": "RTA", "rta_from_declaration": "RTA, from the declaration", "recovery": "recovery, from the invocation", "invocation": "time to invoke",
	"wra": "WRA", "total": "total", "rpa": "RPA",
}

// Title is what people call the figure.
func (f Figure) Title() string { return orText(figureNames[f.Name], f.Name) }

// Length is how long it took, and whether it still runs.
func (f Figure) Length() string {
	if f.ToAt.IsZero() {
		return f.Took.String() + " and running"
	}
	return f.Took.String()
}

// Against is the objective, with what it was to be.
func (f Figure) Against() string {
	if f.Limit == 0 {
		return "–"
	}
	return fmt.Sprintf("%s %s", f.Objective, f.Limit)
}

// Verdict says how the figure stands to its objective, and by how much.
func (f Figure) Verdict() string {
	switch f.Met {
	case InTime:
		return fmt.Sprintf("met, %s to spare", f.Limit-f.Took)
	case TooLate:
		return fmt.Sprintf("MISSED by %s", f.Took-f.Limit)
	case NotYet:
		return fmt.Sprintf("running, %s left", f.Limit-f.Took)
	}
	return "–"
}

// Verdict says how the service stands to its deadline.
func (s ServiceReport) Verdict() string {
	by := fmt.Sprintf("%s (%s)", stamp(s.Clocks.Deadline), s.Clocks.DeadlineBy)
	text := ""
	switch s.Met {
	case InTime:
		text = "met: the deadline was " + by
	case TooLate:
		text = "MISSED: the deadline was " + by
	case NotYet:
		text = "running: the deadline is " + by
	default:
		return "no objective"
	}
	if !s.Overrun.IsZero() {
		text += ", and the MTPD ended " + stamp(s.Overrun)
	}
	return text
}

// ending says how a step ended.
func (s StepReport) ending() string {
	text := strings.ReplaceAll(string(s.Status), "_", " ")
	if s.Attempts > 1 {
		text += fmt.Sprintf(" after %d attempts", s.Attempts)
	}
	text += because(s.Reason)
	if u := s.Undo; u != nil {
		text += "; its undo: " + strings.ReplaceAll(string(u.Status), "_", " ") + because(u.Reason)
	}
	return text
}

func (b BrakeReport) line() string {
	what := "Paused"
	if b.Step != "" {
		what = upper(b.Step) + " held"
	}
	until := "still on"
	if !b.To.IsZero() {
		until = fmt.Sprintf("until %s, for %s", stamp(b.To), between(b.From, b.To))
	}
	return fmt.Sprintf("%s at %s by %s%s; %s.", what, stamp(b.From), who(b.By), because(b.Reason), until)
}

// called says why a run ended before its last step.
func (r RunReport) called() string {
	e := r.Ending
	if e == nil {
		return ""
	}
	text := fmt.Sprintf("Called off at %s by %s%s.", stamp(e.At), who(e.By), because(e.Reason))
	if e.For != "" {
		text += fmt.Sprintf(" It made way for %s.", e.For)
	}
	if e.Undo {
		text += " What it had done was to be undone, the last first."
	}
	return text
}

// gave is what a step brought to light: answers, evidence, a milestone.
func (s StepReport) gave() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s.Answers)) {
		parts = append(parts, name+" = "+s.Answers[name])
	}
	if s.Evidence != "" {
		parts = append(parts, "evidence "+s.Evidence)
	}
	for _, text := range slices.Sorted(maps.Keys(s.Values)) {
		parts = append(parts, fmt.Sprintf("put in %s = %s", text, s.Values[text]))
	}
	if s.Released != nil && len(s.Approved) > 0 {
		parts = append(parts, "approved as "+brief(s.Released.Digest))
	}
	if s.Milestone != "" && s.Status == Done {
		parts = append(parts, "milestone "+strings.ReplaceAll(s.Milestone, "_", " "))
	}
	return strings.Join(parts, "; ")
}

// people are those who ended a step, or who have taken it.
func (s StepReport) people() string {
	var names []string
	for _, a := range s.Approved {
		names = join(names, []string{who(a.By)})
	}
	switch {
	case s.By != (Actor{}):
		names = join(names, []string{who(s.By)})
	case s.AckedBy != (Actor{}):
		names = join(names, []string{who(s.AckedBy)})
	}
	return strings.Join(names, ", ")
}

// foretold are the lines of what was forecast, and how that compares with what came.
func (r RunReport) foretold() (lines []string) {
	for _, f := range r.Forecasts {
		text := fmt.Sprintf("%s: back %s, by %s in 9 cases of 10", stamp(f.At), stamp(f.Expected.P50), stamp(f.Expected.P90))
		if actual := f.Expected.P50.Add(time.Duration(f.Off)); f.Off != 0 || f.Kept {
			text += fmt.Sprintf("; it was back %s, %s", stamp(actual), off(f.Off))
			if !f.Kept {
				text += ", LATER than forecast for 9 in 10"
			}
		}
		if len(f.HeldUpBy) > 0 {
			text += "; held up by " + listed(f.HeldUpBy)
		}
		lines = append(lines, text+". After: "+f.After)
	}
	return lines
}

func off(s Span) string {
	switch {
	case s > 0:
		return s.String() + " later"
	case s < 0:
		return (-s).String() + " earlier"
	}
	return "as forecast"
}

// released are the lines of what the decisions of a run let happen, as it was approved.
func (r RunReport) released() (lines []string) {
	for _, s := range r.Steps {
		if s.Released == nil || len(s.Approved) == 0 {
			continue
		}
		for _, next := range s.Released.Steps {
			lines = append(lines, fmt.Sprintf("%s: %s: %s", s.Step, next.Step, next.Does))
		}
	}
	return lines
}

func (p StepProblem) line() string {
	return fmt.Sprintf("%s %s%s", stamp(p.At), strings.ReplaceAll(p.What, "_", " "), because(p.Text))
}

func (c Checked) result() string {
	parts := []string{string(c.Status)}
	if c.Result != "" {
		parts = append(parts, c.Result)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Answers)) {
		parts = append(parts, name+" = "+c.Answers[name])
	}
	if c.Evidence != "" {
		parts = append(parts, "evidence "+c.Evidence)
	}
	return strings.Join(parts, "; ")
}

func (d DataWord) line() string {
	text := fmt.Sprintf("%s is %s", d.Data, strings.ReplaceAll(d.State, "_", " "))
	if !d.Point.IsZero() {
		text = fmt.Sprintf("%s can be recovered to %s", d.Data, stamp(d.Point))
	}
	return fmt.Sprintf("%s %s, says %s%s.", stamp(d.At), text, who(d.By), because(d.Reason))
}

// state says how an action stands.
func (a Action) state() string {
	if a.Open() {
		return "open"
	}
	return fmt.Sprintf("done %s by %s%s", stamp(a.Done), who(a.DoneBy), because(a.Result))
}

// how says how a notice went.
func (n Notice) how() string {
	switch {
	case n.Error != "":
		return fmt.Sprintf("FAILED%s: %s", in(n.Channel), n.Error)
	case !n.Sent.IsZero():
		return fmt.Sprintf("%s, %s", orText(n.Channel, "an unnamed channel"), stamp(n.Sent))
	}
	return "not sent"
}

func in(channel string) string {
	if channel == "" {
		return ""
	}
	return " over " + channel
}

// stands says what the incident is at the report's instant.
func (r Report) stands() string {
	level := strings.ReplaceAll(r.Level.String(), "_", " ")
	if r.Open {
		return fmt.Sprintf("Highest level %s; still open as of %s.", level, stamp(r.As))
	}
	if r.Retrospect {
		return fmt.Sprintf("Highest level %s; found in retrospect %s: it was over before anybody could decide, so nobody was told and nothing was declared.", level, stamp(r.Closed))
	}
	return fmt.Sprintf("Highest level %s; closed %s.", level, stamp(r.Closed))
}

// times says what the report's instants are counted in.
func (r Report) times() string {
	text := "All instants are in UTC."
	for _, z := range r.Setting.Zones {
		text += fmt.Sprintf(" %s keeps the time of %s", z.Site, z.Zone)
		if z.Offset != "" {
			text += fmt.Sprintf(", which was UTC%s when it began", z.Offset)
		}
		text += "."
	}
	return text + " Durations are elapsed time."
}

// exercise is said first, where it was none of it in earnest.
func (e Exercise) said() string {
	if e == "" {
		return ""
	}
	return fmt.Sprintf("EXERCISE (%s): this was practised, not suffered.", strings.ReplaceAll(string(e), "_", " "))
}

// warning says first where it was none of it in earnest.
func (r Report) warning() string {
	if r.Setting.Scenario == "" {
		return r.Exercise.said()
	}
	played := fmt.Sprintf("SCENARIO: this was played, and nothing of it happened (%s).", r.Setting.Scenario)
	return strings.TrimSpace(played + " " + r.Exercise.said())
}

// lines say what an exercise was to show, and what it showed.
func (r Rehearsal) lines() []string {
	lines := []string{fmt.Sprintf("%s exercise of %s for %s, ordered by %s%s.", upper(string(r.Kind)), r.Playbook, r.Service, who(r.By), because(r.Reason))}
	if r.Interrupted != "" {
		lines = append(lines, fmt.Sprintf("It was broken off for the disaster %s.", r.Interrupted))
	}
	c := r.Concluded
	if c == nil {
		return append(lines, "It is not concluded.")
	}
	recovered := "the milestone recovered was not reached"
	switch {
	case c.Exercise == Tabletop:
		recovered = "a tabletop measures no time to recovery"
	case c.Recovered > 0:
		recovered = fmt.Sprintf("the milestone recovered was reached after %s", c.Recovered)
	}
	lines = append(lines, fmt.Sprintf("The run took %s, from %s to %s: %s; %s.", between(c.Started, c.Ended), stamp(c.Started), stamp(c.Ended), strings.ReplaceAll(c.Result, "_", " "), recovered))
	for _, o := range c.Objectives {
		met := "MISSED"
		if o.Met {
			met = "met"
		}
		lines = append(lines, fmt.Sprintf("%s: %s of %s allowed: %s.", strings.ToUpper(o.Objective), o.Measured, o.Allowed, met))
	}
	shown := map[string][]string{}
	for _, s := range c.Steps {
		shown[s.Shown] = append(shown[s.Shown], s.Step)
	}
	for _, how := range slices.Sorted(maps.Keys(shown)) {
		lines = append(lines, fmt.Sprintf("%s: %s.", upper(strings.ReplaceAll(orText(how, "not reached"), "_", " ")), listed(shown[how])))
	}
	if len(c.TookPart) > 0 {
		lines = append(lines, fmt.Sprintf("Took part: %s.", listed(c.TookPart)))
	}
	lines = append(lines, fmt.Sprintf("Cleaning up: %s.", strings.ReplaceAll(c.CleanUp.State, "_", " ")))
	for _, w := range c.CleanUp.Waived {
		lines = append(lines, fmt.Sprintf("Not put back: %s, by %s%s.", w.Step, who(w.By), because(w.Reason)))
	}
	return lines
}

// verify says how to check that the log of decisions still is the one that this report was written from.
func (r Range) verify() string {
	text := fmt.Sprintf("%d records, in the envelopes %d to %d of the log of decisions.", r.Records, r.First, r.Last)
	if r.LastHash != "" {
		text += fmt.Sprintf(" The hash of envelope %d is %s; it stands for all before it.", r.Last, r.LastHash)
	}
	return text
}

// spent says how the time of a run passed.
func (r RunReport) spent() string {
	return fmt.Sprintf("It took %s: machines %s, waiting for people alone %s.", r.Took, r.Machines, r.People)
}

func (r RunReport) head() string {
	does := "For"
	if r.CleanUp {
		does = "To put back what the exercise did for"
	}
	result := "still going on"
	if r.Result != "" {
		result = strings.ReplaceAll(r.Result, "_", " ") + " " + stamp(r.Ended)
	}
	return fmt.Sprintf(does+" %s, invoked by %s at %s; %s.", listed(r.Services), who(r.By), stamp(r.Started), result)
}

func stampOrDash(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return stamp(t)
}

func orDash(d Span) string {
	if d == 0 {
		return "–"
	}
	return d.String()
}

func dashed(text string) string { return cmp.Or(text, "–") }

// readable drops from a text what could drive a terminal, or hide and reorder what people read; line ends stay.
func readable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\u2028', r == '\u2029', r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
}
