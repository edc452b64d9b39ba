package console

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"holdfast/detector"
)

// markdown writes a report for people. What it quotes is kept from acting as Markdown, and from hiding or reordering.
func markdown(r Report) []byte {
	var b bytes.Buffer
	title(&b, r)
	why(&b, r)
	recoveries(&b, r)
	for _, run := range r.Runs {
		runSteps(&b, run)
	}
	notices(&b, r)
	story(&b, r)
	return bytes.Map(harmless, b.Bytes())
}

func title(b *bytes.Buffer, r Report) {
	fmt.Fprintf(b, "# After-action report: %s\n\n%s\n\n", md(r.Incident), md(r.Summary))
	rows := [][]string{{"Organisation", r.Organisation}, {"Highest level", strings.ReplaceAll(r.Level.String(), "_", " ")}, {"Opened", instant(r.Opened)}}
	if r.Closed.IsZero() {
		rows = append(rows, []string{"Closed", "still open"})
	} else {
		rows = append(rows, []string{"Closed", instant(r.Closed)})
	}
	if d := r.Declaration; d != nil {
		how := "by hand"
		if d.Automatic {
			how = "automatically, as delegated"
		}
		rows = append(rows, []string{"Declared", fmt.Sprintf("%s by %s, %s%s", instant(d.At), actorName(d.By), how, because(d.Reason))},
			[]string{"On the criteria", strings.Join(d.Criteria, ", ")}, []string{"Decision lag", lagText(r.Decision)})
	} else {
		rows = append(rows, []string{"Declared", "no"})
	}
	rows = append(rows, []string{"Detection lag", lagText(r.Detection)},
		[]string{"BIA", fmt.Sprintf("%s, %s", r.Documents.BIA, r.Documents.BIADigest)}, []string{"Documents", r.Documents.Digest}, []string{"Report written", instant(r.Written)})
	grid(b, []string{"", ""}, rows)
}

func lagText(l Lag) string {
	if l.From.IsZero() || l.To.IsZero() {
		return "none"
	}
	return Span(time.Duration(l.Seconds * float64(time.Second)))
}

func why(b *bytes.Buffer, r Report) {
	fmt.Fprintf(b, "\n## Why\n\n%s\n\n", md(r.Explanation.Summary))
	for _, c := range r.Explanation.Criteria {
		if c.Answer == detector.NotMet {
			continue
		}
		fmt.Fprintf(b, "- **%s** (%s): %s\n", md(c.ID), strings.ReplaceAll(c.Level.String(), "_", " "), strings.ReplaceAll(string(c.Answer), "_", " "))
		for _, evidence := range c.Evidence {
			fmt.Fprintf(b, "  - %s\n", md(evidence))
		}
	}
	for _, n := range r.Explanation.NotCounted {
		fmt.Fprintf(b, "- not counted: %s\n", md(n))
	}
	for _, n := range r.NoPlaybook {
		fmt.Fprintf(b, "- **no applicable playbook** for %s\n", md(n.Service))
	}
}

func recoveries(b *bytes.Buffer, r Report) {
	if len(r.Recoveries) == 0 {
		return
	}
	b.WriteString("\n## Recovery\n\n")
	var rows [][]string
	for _, m := range r.Recoveries {
		rows = append(rows, []string{m.Service, instant(m.Since), instant(m.Restored), seconded(m.Actual), seconded(m.RTO), seconded(m.MTPD), seconded(m.SinceInvoked), seconded(m.Capability), m.Verdict})
	}
	grid(b, []string{"Service", "Down since", "Back since", "RTA", "RTO", "MTPD", "After invocation", "RTC", "Objective"}, rows)
}

// seconded writes a number of seconds for people; none as "–".
func seconded(s float64) string {
	if s == 0 {
		return "–"
	}
	return Span(time.Duration(s * float64(time.Second)))
}

func runSteps(b *bytes.Buffer, run RunReport) {
	result := run.Result
	if result == "" {
		result = "under way"
	}
	fmt.Fprintf(b, "\n## Run %s: %s for %s, %s\n\n", md(run.Run), md(run.Playbook), md(run.Service), md(result))
	fmt.Fprintf(b, "Started %s. Machines were at it for %s, people were waited for %s. Text: %s\n\n", instant(run.Started), seconded(run.Machines), seconded(run.People), md(run.Digest))
	var rows [][]string
	for _, s := range run.Steps {
		took := "–"
		if !s.Started.IsZero() && !s.Ended.IsZero() {
			took = Span(s.Ended.Sub(s.Started))
		}
		rows = append(rows, []string{s.ID, string(s.Phase), string(s.Kind), string(s.Status), instant(s.Started), took, actorName(s.By), strings.TrimSpace(s.Reason + " " + s.Evidence)})
	}
	grid(b, []string{"Step", "Phase", "Kind", "Status", "Started", "Took", "By", "Remarks"}, rows)
}

func notices(b *bytes.Buffer, r Report) {
	if len(r.Told) == 0 {
		return
	}
	b.WriteString("\n## Who was told\n\n")
	var rows [][]string
	for _, n := range r.Told {
		how := "by " + n.Channel
		switch {
		case n.Error != "":
			how = "not reached: " + n.Error
		case n.Sent.IsZero():
			how = "not sent yet"
		}
		rows = append(rows, []string{instant(n.At), n.Person, n.Subject, how})
	}
	grid(b, []string{"At", "Who", "What", "How"}, rows)
}

func story(b *bytes.Buffer, r Report) {
	b.WriteString("\n## What happened\n\n")
	var rows [][]string
	for _, t := range r.Story {
		rows = append(rows, []string{instant(t.At), t.What})
	}
	grid(b, []string{"At", ""}, rows)
}

// grid writes a table; the cells are text.
func grid(b *bytes.Buffer, head []string, rows [][]string) {
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for _, row := range rows {
		for i := range row {
			row[i] = md(row[i])
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
	}
}

var mdEscapes = strings.NewReplacer(`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "\n", " ", "\r", " ", "\t", " ")

// md makes text safe to stand in a line of Markdown.
func md(s string) string { return mdEscapes.Replace(s) }
