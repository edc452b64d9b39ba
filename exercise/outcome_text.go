package exercise

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Text is the outcome for people.
func (o Outcome) Text() string {
	var b strings.Builder
	if o.Messages == 0 {
		return "nothing was recorded\n"
	}
	fmt.Fprintf(&b, "%s to %s: %s, %s", stamp(o.From), stamp(o.Through), number(o.Messages, "message"), number(o.Alerts, "alert"))
	if o.Unmapped > 0 {
		fmt.Fprintf(&b, ", %d of them about nothing that the analysis knows", o.Unmapped)
	}
	if o.Unreadable > 0 {
		fmt.Fprintf(&b, "; %s cannot be read", number(o.Unreadable, "message"))
	}
	fmt.Fprintf(&b, "\njudged by %s\n", o.judge())
	if len(o.Incidents) == 0 {
		b.WriteString("\nno incident\n")
	}
	for _, c := range o.Incidents {
		c.tell(&b)
	}
	return b.String()
}

// judge names the analysis.
func (o Outcome) judge() string {
	digest := strings.TrimPrefix(o.BIA, "sha256:")
	return fmt.Sprintf("%s, version %s (%s)", o.Organisation, cmp.Or(o.Version, "unnamed"), digest[:min(12, len(digest))])
}

// tell writes an incident: what it reached, what would have been decided, what was measured.
func (c Case) tell(b *strings.Builder) {
	end := "still open at the end"
	if !c.Closed.IsZero() {
		end = fmt.Sprintf("over at %s, after %s", stamp(c.Closed), brief(c.Closed.Sub(c.Opened)))
	}
	fmt.Fprintf(b, "\n%s: %s; %s\n", c.Incident, c.Level, end)
	line := func(at time.Time, format string, args ...any) {
		fmt.Fprintf(b, "  %s  %s\n", stamp(at), fmt.Sprintf(format, args...))
	}
	more := func(format string, args ...any) { fmt.Fprintf(b, "  %20s  %s\n", "", fmt.Sprintf(format, args...)) }
	next := c.Reached
	levels := func(before time.Time) {
		for ; len(next) > 0 && !next[0].At.After(before); next = next[1:] {
			line(next[0].At, "%s by %s", next[0].Level, strings.Join(next[0].Criteria, ", "))
		}
	}
	for _, d := range c.Decisions {
		levels(d.At)
		line(d.At, "%s", d.sentence())
		for _, p := range d.Invoke {
			more("%s", p.Sentence())
		}
	}
	if len(next) > 0 {
		levels(next[len(next)-1].At)
	}
	for _, m := range c.Services {
		fmt.Fprintf(b, "  %s\n", m.sentence())
	}
}

// sentence tells a decision.
func (d Decision) sentence() string {
	switch d.Kind {
	case asked:
		return "the authority would have been asked for a decision on " + d.Service + d.ahead(": ")
	case askedSuccessors:
		return "its successors would have been asked for the decision on " + d.Service + d.ahead(": ")
	case tooLate:
		return "the latest time to invoke for " + d.Service + " has come without a declaration"
	case declared:
		return "DECLARED, by the rule " + d.Rule + d.ahead(": ")
	}
	return "a declaration would have been recommended (" + strings.Join(d.Criteria, ", ") + ")" + d.ahead(": ") + "; not automatic: " + d.Gate
}

// ahead tells how far a decision is ahead of the latest time to invoke, or behind it; empty where that is not known.
func (d Decision) ahead(before string) string {
	if d.Margin == nil {
		return ""
	}
	which := fmt.Sprintf("the latest time to invoke for %s (%s)", d.Service, stamp(d.LTI))
	switch m := time.Duration(*d.Margin); {
	case m > 0:
		return before + brief(m) + " ahead of " + which
	case m < 0:
		return before + brief(-m) + " BEHIND " + which
	}
	return before + "at " + which
}

// sentence tells what was measured of a service.
func (m Measured) sentence() string {
	text := fmt.Sprintf("%s: below its MBCO since %s", m.Service, stamp(m.Since))
	if m.RTA != nil {
		text += ", back after " + brief(time.Duration(*m.RTA))
	} else {
		text += ", not back by the end"
	}
	if m.Deadline.IsZero() {
		return text
	}
	text += "; " + m.due()
	if m.Missed {
		text += ", MISSED"
	}
	return text
}

// Text is the comparison for people: first what differs, then the outcome by the new analysis.
func (c Comparison) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "old: %s\nnew: %s\n\n", c.Old.judge(), c.New.judge())
	if len(c.Differences) == 0 {
		b.WriteString("both make the same of this recording\n")
	}
	for _, d := range c.Differences {
		switch {
		case d.New == "":
			fmt.Fprintf(&b, "only old  %s\n", c.Old.brief(d.Old))
		case d.Old == "":
			fmt.Fprintf(&b, "only new  %s\n", c.New.brief(d.New))
		case d.Old == d.New:
			fmt.Fprintf(&b, "changed   %s\n", d.New)
		default:
			fmt.Fprintf(&b, "changed   %s (old: %s)\n", d.New, d.Old)
		}
		for _, x := range d.Changes {
			fmt.Fprintf(&b, "            %s\n              old  %s\n              new  %s\n", x.What, x.Old, x.New)
		}
	}
	b.WriteString("\nby the new analysis\n")
	return b.String() + c.New.Text()
}

// brief is an incident in a few words.
func (o Outcome) brief(id string) string {
	for _, c := range o.Incidents {
		if c.Incident == id {
			return fmt.Sprintf("%s: %s, opened at %s", id, c.Level, stamp(c.Opened))
		}
	}
	return id
}

// number counts things in words.
func number(n uint64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// stamp writes an instant for people, to the second and in UTC.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }
